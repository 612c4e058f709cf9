package dlt698

import "encoding/binary"

// Bounds that keep a hostile frame cheap: how deep values may lie in each other, and how many there may be in one APDU.
const (
	maxDepth = 16
	maxItems = 8192
)

// coder walks over the fields of a message and either takes them off b or appends them to it. Each type has one such walk, so
// that reading and printing cannot disagree. After the first error it does nothing more; what was read since is zero.
type coder struct {
	b       []byte
	at      int // of the next byte to read
	writing bool
	depth   int
	items   int
	err     *Error
}

// walker is a type that has its walk.
type walker[T any] interface {
	*T
	code(*coder)
}

// read makes a value by its walk.
func read[T any, P walker[T]](c *coder) T {
	var v T
	P(&v).code(c)
	return v
}

// fail refuses at an offset; when writing, at the end of what was written.
func (c *coder) fail(at int, clause, zh, en string) {
	if c.writing {
		at = len(c.b)
	}
	if c.err == nil {
		c.err = refuse(at, clause, zh, en)
	}
}

// take reads n bytes. They are a part of b.
func (c *coder) take(n int) []byte {
	if c.err != nil {
		return nil
	}
	if n < 0 || n > len(c.b)-c.at {
		c.fail(len(c.b), "7.3.1", "数据不完整", "the data end too early")
		return nil
	}
	c.at += n
	return c.b[c.at-n : c.at : c.at]
}

// num is a big-endian number of width bytes.
func (c *coder) num(p *uint64, width int) {
	if c.writing {
		for i := width - 1; i >= 0; i-- {
			c.b = append(c.b, byte(*p>>(8*i)))
		}
		return
	}
	*p = 0
	for _, x := range c.take(width) {
		*p = *p<<8 | uint64(x)
	}
}

func u8[T ~uint8](c *coder, p *T) {
	if c.writing {
		c.b = append(c.b, byte(*p))
	} else if b := c.take(1); b != nil {
		*p = T(b[0])
	}
}

func u16[T ~uint16](c *coder, p *T) {
	if c.writing {
		c.b = binary.BigEndian.AppendUint16(c.b, uint16(*p))
	} else if b := c.take(2); b != nil {
		*p = T(binary.BigEndian.Uint16(b))
	}
}

func u32[T ~uint32](c *coder, p *T) {
	if c.writing {
		c.b = binary.BigEndian.AppendUint32(c.b, uint32(*p))
	} else if b := c.take(4); b != nil {
		*p = T(binary.BigEndian.Uint32(b))
	}
}

// choice is one byte that must be at most top.
func choice[T ~uint8](c *coder, p *T, top T, clause string) {
	at := c.at
	u8(c, p)
	if c.err == nil && *p > top {
		c.fail(at, clause, "选项代码未定义", "no such choice")
	}
}

// flag is a byte that is 0 or 1.
func (c *coder) flag(p *bool) {
	var n uint8
	if *p {
		n = 1
	}
	choice(c, &n, 1, "7.2")
	*p = n == 1
}

// fixed is an array of bytes of known length.
func (c *coder) fixed(p []byte) {
	if c.writing {
		c.b = append(c.b, p...)
		return
	}
	copy(p, c.take(len(p)))
}

// length is a length in A-XDR's form: one byte below 128, or the number of bytes that follow.
func (c *coder) length(n int) int {
	if c.writing {
		switch {
		case n < 0x80:
			c.b = append(c.b, byte(n))
		case n < 0x100:
			c.b = append(c.b, 0x81, byte(n))
		case n < 0x10000:
			c.b = append(c.b, 0x82, byte(n>>8), byte(n))
		default:
			c.fail(0, "7.3.1", "长度超过 65535", "a length is over 65535")
		}
		return n
	}
	at := c.at
	var first uint8
	if u8(c, &first); first < 0x80 {
		return int(first)
	}
	width := int(first & 0x7F)
	if width < 1 || width > 4 {
		c.fail(at, "7.3.1", "长度编码无效", "the coded length is not valid")
		return 0
	}
	// A-XDR lets a sender pad, and terminals do: 82 00 90 for 144. Printed it becomes the shortest form.
	var v uint64
	c.num(&v, width)
	if c.err == nil && v > 0xFFFF {
		c.fail(at, "7.3.1", "长度超过 65535", "a length is over 65535")
	}
	return int(v)
}

// bytes is a string of bytes behind its length. Read, it is a part of b.
func (c *coder) bytes(p *[]byte) {
	n := c.length(len(*p))
	if c.writing {
		c.b = append(c.b, *p...)
		return
	}
	*p = c.take(n)
}

// list is a number of elements behind their count; each has at least least bytes.
func list[T any](c *coder, p *[]T, least int, one func(*T, *coder)) {
	at := c.at
	n := c.length(len(*p))
	if !c.writing {
		if c.err != nil {
			return
		}
		if n*least > len(c.b)-c.at {
			c.fail(at, "7.3.1", "元素个数超出数据长度", "more elements than the data can hold")
			return
		}
		if c.items += n; c.items > maxItems {
			c.fail(at, "7.3.1", "元素过多", "too many elements")
			return
		}
		*p = make([]T, n)
	}
	for i := range *p {
		if one(&(*p)[i], c); c.err != nil {
			return
		}
	}
}

// single is a list of exactly one element that has no count.
func single[T any](c *coder, p *[]T, clause string, one func(*T, *coder)) {
	if !c.writing {
		*p = make([]T, 1)
	}
	if len(*p) != 1 {
		c.fail(0, clause, "服务方式与内容不符", "form and content of the service do not fit")
		return
	}
	one(&(*p)[0], c)
}

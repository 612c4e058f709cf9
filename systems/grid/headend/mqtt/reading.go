package mqtt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// Bounds of a message of readings.
const (
	maxReadings = 1000
	maxID       = 64
)

// Error is a refusal of a message of readings: near which byte, and why.
type Error struct {
	Offset int64
	Reason lang.Text
}

// Error gives the offset and the English reason.
func (e *Error) Error() string { return fmt.Sprintf("readings: offset %d: %s", e.Offset, e.Reason.En) }

// Message is readings that a gateway tells: ID is its own, to know the answer by. Bad is how many its meters say themselves are not right.
type Message struct {
	ID   string
	Rows []book.Reading
	At   []int // of each row, its place in the message
	Bad  int
}

// Parse reads a message of readings:
//
//	{"id":"42","readings":[{"meter":"000000000001","time":"2026-11-23T09:15:00+08:00","register":1234.5678,"power":1.2345,"voltage":220.1,"quality":"good"}]}
//
// meter has 12 digits; time is RFC 3339 with its zone; register is the forward active energy in kWh and power the active power in kW, of at most four
// decimals, voltage that of phase A in V, of one; quality is good or bad. id, power, voltage and quality may be left out. A message with
// anything else in it, or anything twice, is refused as a whole. An error is an *Error.
func Parse(b []byte) (m Message, err error) {
	p := &parser{json.NewDecoder(bytes.NewReader(b))}
	p.UseNumber()
	err = p.object(func(key string) (err error) {
		switch key {
		case "id":
			m.ID, err = p.text()
			if err == nil && len(m.ID) > maxID {
				err = p.refuse("id 超过 64 字节", "id is longer than 64 bytes")
			}
		case "readings":
			err = p.list(&m)
		default:
			err = p.unknown(key)
		}
		return err
	})
	if err == nil {
		if _, end := p.Token(); !errors.Is(end, io.EOF) {
			err = p.refuse("报文之后还有内容", "something stands behind the message")
		}
	}
	if err == nil && len(m.Rows) == 0 && m.Bad == 0 {
		err = p.refuse("没有读数", "there are no readings")
	}
	if err != nil {
		return Message{}, err
	}
	return m, nil
}

// parser reads tokens and refuses what is not meant.
type parser struct{ *json.Decoder }

func (p *parser) refuse(zh, en string) error {
	return &Error{Offset: p.InputOffset(), Reason: lang.T(zh, en)}
}

func (p *parser) unknown(key string) error {
	key = strings.ToValidUTF8(key[:min(len(key), 40)], "?")
	return p.refuse(fmt.Sprintf("字段 %q 未定义", key), fmt.Sprintf("there is no field %q", key))
}

// token is the next token; malformed JSON is refused.
func (p *parser) token() (json.Token, error) {
	t, err := p.Token()
	if err != nil {
		return nil, p.refuse("不是完整的 JSON", "this is no complete JSON")
	}
	return t, nil
}

func (p *parser) text() (string, error) {
	t, err := p.token()
	s, ok := t.(string)
	if err == nil && !ok {
		err = p.refuse("应为字符串", "a string is wanted here")
	}
	return s, err
}

func (p *parser) object(field func(key string) error) error {
	if t, err := p.token(); err != nil || t != json.Delim('{') {
		return cmpErr(err, p.refuse("应为对象", "an object is wanted here"))
	}
	seen := map[string]bool{}
	for p.More() {
		key, err := p.text()
		if err != nil {
			return err
		}
		if seen[key] {
			return p.refuse("字段重复", "a field stands there twice")
		}
		seen[key] = true
		if err := field(key); err != nil {
			return err
		}
	}
	_, err := p.token()
	return err
}

func cmpErr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

func (p *parser) list(m *Message) error {
	if t, err := p.token(); err != nil || t != json.Delim('[') {
		return cmpErr(err, p.refuse("readings 应为数组", "readings is a list"))
	}
	for n := 0; p.More(); n++ {
		if n == maxReadings {
			return p.refuse("一条报文最多 1000 个读数", "a message has at most 1000 readings")
		}
		x, bad, err := p.reading()
		switch {
		case err != nil:
			return err
		case bad:
			m.Bad++
		default:
			m.Rows, m.At = append(m.Rows, x), append(m.At, n)
		}
	}
	_, err := p.token()
	return err
}

// reading reads one reading; bad is what the meter says itself is not right.
func (p *parser) reading() (x book.Reading, bad bool, err error) {
	x = book.Reading{Energy: series.Null, Power: series.Null, Voltage: series.Null}
	timed := false
	err = p.object(func(key string) (err error) {
		switch key {
		case "meter":
			x.Address, err = p.text()
			if err == nil && !address(x.Address) {
				err = p.refuse("meter 应为 12 位数字", "meter has 12 digits")
			}
		case "time":
			var s string
			if s, err = p.text(); err == nil {
				t, terr := time.Parse(time.RFC3339, s)
				if x.At, timed = t.UnixMicro(), true; terr != nil {
					err = p.refuse("time 应为带时区的 RFC 3339 时间", "time is one of RFC 3339 with its zone")
				}
			}
		case "register":
			x.Energy, err = p.number(4, 0, 1e12)
		case "power":
			x.Power, err = p.number(4, -1e10, 1e10)
		case "voltage":
			x.Voltage, err = p.number(1, 0, 1e7)
		case "quality":
			var s string
			if s, err = p.text(); err == nil && s != "good" && s != "bad" {
				err = p.refuse("quality 应为 good 或 bad", "quality is good or bad")
			}
			bad = s == "bad"
		default:
			err = p.unknown(key)
		}
		return err
	})
	if err == nil && (x.Address == "" || !timed || x.Energy == series.Null) {
		err = p.refuse("缺少 meter、time 或 register", "meter, time or register is missing")
	}
	return x, bad, err
}

// number reads a number of at most so many decimals as a whole number of the last of them.
func (p *parser) number(decimals int, least, most int64) (int64, error) {
	t, err := p.token()
	if err != nil {
		return 0, err
	}
	n, isNumber := t.(json.Number)
	whole, part, _ := strings.Cut(string(n), ".")
	bad := p.refuse(fmt.Sprintf("应为不超过 %d 位小数的数，不用指数", decimals), fmt.Sprintf("a number of at most %d decimals without an exponent is wanted", decimals))
	if !isNumber || len(part) > decimals || len(whole) > 14 {
		return 0, bad
	}
	v, neg := int64(0), strings.HasPrefix(whole, "-")
	for _, r := range strings.TrimPrefix(whole, "-") + part + strings.Repeat("0", decimals-len(part)) {
		if r < '0' || r > '9' {
			return 0, bad
		}
		v = v*10 + int64(r-'0')
	}
	if neg {
		v = -v
	}
	if v < least || v > most {
		return 0, p.refuse("数值超出范围", "the number is out of its range")
	}
	return v, nil
}

// address tells whether a text has 12 digits.
func address(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return len(s) == 12
}

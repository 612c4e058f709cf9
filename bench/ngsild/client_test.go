package ngsild

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// client is one kept connection that costs little: it writes the bytes of a request and reads of the answer's head what it must.
type client struct {
	host string
	base string // path before each path
	conn net.Conn
	r    *bufio.Reader
	out  []byte
	body []byte                   // of the last answer; overwritten by the next
	link []byte                   // Link headers of the last answer, one after the other
	seen func(name, value []byte) // looks at each header, where it is set
}

func dial(base string) (*client, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	c := &client{host: u.Host, base: u.Path}
	return c, c.open()
}

func (c *client) open() (err error) {
	if c.conn != nil {
		_ = c.conn.Close()
	}
	if c.conn, err = net.DialTimeout("tcp", c.host, 10*time.Second); err != nil {
		return err
	}
	c.r = bufio.NewReaderSize(c.conn, 32<<10)
	return nil
}

func (c *client) close() { _ = c.conn.Close() }

// do sends a request and reads its whole answer into c.body. A connection that the server ended is opened again for the next.
func (c *client) do(method, path string, body []byte) (status int, err error) {
	return c.as(method, path, "application/json", body)
}

func (c *client) as(method, path, media string, body []byte) (status int, err error) {
	o := append(c.out[:0], method...)
	o = append(o, ' ')
	o = append(o, c.base...)
	o = append(o, path...)
	o = append(o, " HTTP/1.1\r\nHost: "...)
	o = append(o, c.host...)
	o = append(o, "\r\nAccept: application/json\r\n"...)
	if body != nil {
		o = append(o, "Content-Type: "...)
		o = append(o, media...)
		o = append(o, "\r\nContent-Length: "...)
		o = strconv.AppendInt(o, int64(len(body)), 10)
		o = append(o, "\r\n"...)
	}
	o = append(o, "\r\n"...)
	c.out = append(o, body...)
	if err := c.conn.SetDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		return 0, err
	}
	if _, err := c.conn.Write(c.out); err != nil {
		return 0, errors.Join(err, c.open())
	}
	status, again, err := c.answer(method)
	if err != nil || !again {
		err = errors.Join(err, c.open())
	}
	return status, err
}

// answer reads status line, head and body; again tells whether the connection goes on.
func (c *client) answer(method string) (status int, again bool, err error) {
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		return 0, false, err
	}
	if len(line) < 13 {
		return 0, false, fmt.Errorf("status line %q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, false, err
	}
	length, chunked := -1, false
	again, c.link, c.body = true, c.link[:0], c.body[:0]
	for {
		if line, err = c.r.ReadSlice('\n'); err != nil {
			return status, false, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		if c.seen != nil {
			c.seen(name, value)
		}
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return status, false, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = true
		case bytes.EqualFold(name, []byte("Connection")):
			again = !bytes.EqualFold(value, []byte("close"))
		case bytes.EqualFold(name, []byte("Link")):
			c.link = append(append(c.link, value...), ',')
		}
	}
	switch {
	case method == "HEAD" || status == 204 || status == 304:
	case chunked:
		err = c.chunks()
	case length > 0:
		c.body = grow(c.body, length)
		_, err = io.ReadFull(c.r, c.body)
	case length < 0:
		return status, false, errors.New("an answer without length")
	}
	return status, again, err
}

func (c *client) chunks() error {
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return err
		}
		at := len(c.body)
		c.body = append(c.body, make([]byte, n)...)
		if _, err := io.ReadFull(c.r, c.body[at:]); err != nil {
			return err
		}
		if _, err := c.r.Discard(2); err != nil || n == 0 {
			return err
		}
	}
}

func grow(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n)
	}
	return b[:n]
}

// next gives the path of the next page out of the Link headers, relative to the base; "" where there is none.
func (c *client) next() string {
	for _, l := range strings.Split(string(c.link), ",") {
		target, rest, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(l), "<"), ">")
		if ok && strings.Contains(rest, `rel="next"`) {
			if u, err := url.Parse(target); err == nil {
				return strings.TrimPrefix(u.RequestURI(), c.base)
			}
		}
	}
	return ""
}

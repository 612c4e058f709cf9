package mqtt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/safety/register"
)

// Bounds of a message.
const (
	maxValues = 1000
	maxFactor = 200
)

// Error is a refusal of a message: near which byte, and why.
type Error struct {
	Offset int64
	Reason lang.Text
}

// Error gives the offset and the English reason.
func (e *Error) Error() string { return fmt.Sprintf("readings: offset %d: %s", e.Offset, e.Reason.En) }

var qualities = map[string]rule.Quality{"good": rule.Good, "uncertain": rule.Uncertain, "bad": rule.Faulty}

// Parse reads a message:
//
//	{"t":"2026-11-23T09:15:00+08:00","v":{"LT-101":3.21,"PT-102":null},"q":{"LT-101":"good","TT-1":"bad"}}
//
// t is the time of all values, RFC 3339 with its zone, or milliseconds since 1970. v holds 1 to 1000 values by the factors of the register's points: a number,
// true or false as 1 and 0, or null for one that the device does not have. q is good, uncertain or bad: one word for all, or by factor; what it does not
// name is good. It may be left out. A message with anything else in it, or anything twice, is refused as a whole. An error is an *Error.
func Parse(b []byte) ([]register.Value, error) {
	p := &parser{Decoder: json.NewDecoder(bytes.NewReader(b))}
	p.UseNumber()
	err := p.object(func(key string) error {
		switch key {
		case "t":
			return p.time()
		case "v":
			return p.values()
		case "q":
			return p.quality()
		}
		return p.unknown(key)
	})
	if err == nil {
		if _, end := p.Token(); !errors.Is(end, io.EOF) {
			err = p.refuse("报文之后还有内容", "something stands behind the message")
		}
	}
	switch {
	case err != nil:
	case p.at.IsZero():
		err = p.refuse("缺少时间 t", "the time t is missing")
	case len(p.list) == 0:
		err = p.refuse("没有读数", "there are no readings")
	}
	if err != nil {
		return nil, err
	}
	for i := range p.list {
		v := &p.list[i]
		v.At = p.at
		q, named := p.by[v.Factor]
		if !named {
			q = p.all
		}
		delete(p.by, v.Factor)
		if v.Quality = q; math.IsNaN(v.Value) {
			v.Quality = rule.Faulty
		}
	}
	for factor := range p.by {
		return nil, p.refuse("q 中的 "+factor+" 不在 v 中", "q names "+factor+", which v does not")
	}
	return p.list, nil
}

// parser reads tokens and refuses what is not meant.
type parser struct {
	*json.Decoder
	at   time.Time
	list []register.Value
	all  rule.Quality
	by   map[string]rule.Quality
}

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

func (p *parser) object(field func(key string) error) error {
	t, err := p.token()
	if err != nil {
		return err
	}
	if t != json.Delim('{') {
		return p.refuse("应为对象", "an object is wanted here")
	}
	return p.fields(field)
}

// fields reads an object whose brace was read.
func (p *parser) fields(field func(key string) error) error {
	seen := map[string]bool{}
	for p.More() {
		t, err := p.token()
		if err != nil {
			return err
		}
		key, _ := t.(string) // the decoder lets nothing else stand there
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

func (p *parser) time() error {
	t, err := p.token()
	if err != nil {
		return err
	}
	switch t := t.(type) {
	case string:
		p.at, err = time.Parse(time.RFC3339, t)
	case json.Number:
		var ms int64
		if ms, err = t.Int64(); err == nil {
			p.at = time.UnixMilli(ms)
		}
	default:
		err = errors.New("neither text nor number")
	}
	if err != nil || p.at.Year() < 2000 || p.at.Year() > 2200 {
		return p.refuse("时间 t 应为 RFC 3339 或毫秒数", "t must be of RFC 3339 or milliseconds")
	}
	return nil
}

func (p *parser) values() error {
	return p.object(func(key string) error {
		if key == "" || len(key) > maxFactor {
			return p.refuse("因子应为 1 至 200 字节", "a factor has 1 to 200 bytes")
		}
		if len(p.list) == maxValues {
			return p.refuse("读数超过 1000 个", "there are more than 1000 readings")
		}
		t, err := p.token()
		if err != nil {
			return err
		}
		v := math.NaN()
		switch t := t.(type) {
		case nil:
		case bool:
			if v = 0; t {
				v = 1
			}
		case json.Number:
			if v, err = t.Float64(); err != nil {
				return p.refuse("数值超出范围", "the number is out of range")
			}
		default:
			return p.refuse("读数应为数值、布尔值或 null", "a reading is a number, a boolean or null")
		}
		p.list = append(p.list, register.Value{Factor: key, Value: v})
		return nil
	})
}

func (p *parser) quality() error {
	word := func(t json.Token) (rule.Quality, error) {
		s, _ := t.(string)
		q, ok := qualities[s]
		if !ok {
			return 0, p.refuse("质量应为 good、uncertain 或 bad", "a quality is good, uncertain or bad")
		}
		return q, nil
	}
	t, err := p.token()
	if err != nil {
		return err
	}
	if t != json.Delim('{') {
		p.all, err = word(t)
		return err
	}
	p.by = map[string]rule.Quality{}
	return p.fields(func(key string) error {
		t, err := p.token()
		if err == nil {
			p.by[key], err = word(t)
		}
		return err
	})
}

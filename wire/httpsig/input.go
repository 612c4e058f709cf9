package httpsig

import (
	"slices"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/lang"
)

// Component is a covered component. RFC 9421 2
type Component struct {
	Name string // field name in lower case, or "@method" and its kind
	Key  string // of a dictionary's member, "" where the whole field is meant. RFC 9421 2.1.2
	Req  bool   // of the request that this answers. RFC 9421 2.4
}

// Input is what a Signature-Input field says of its one signature. RFC 9421 4.1
type Input struct {
	Label      string
	Components []Component

	// The parameters of RFC 9421 2.3; zero where they are not there.
	Created, Expires       int64 // Unix seconds
	Nonce, KeyID, Alg, Tag string

	text string // the inner list with its parameters as it stood in the field
}

// maxComponents bounds what a signature covers.
const maxComponents = 32

func (c Component) text() (string, bool) {
	s, ok := quote(c.Name)
	if c.Req {
		s += ";req"
	}
	if c.Key != "" {
		k, fine := quote(c.Key)
		s, ok = s+";key="+k, ok && fine
	}
	return s, ok
}

// Text gives the inner list with its parameters: what was parsed, else the parameters in the order created, expires, nonce, keyid, alg,
// tag. An Error where a value cannot be written.
func (in *Input) Text() (string, error) {
	if in.text != "" {
		return in.text, nil
	}
	var b strings.Builder
	b.Grow(320)
	b.WriteByte('(')
	fine := true
	for i, c := range in.Components {
		if i > 0 {
			b.WriteByte(' ')
		}
		s, ok := c.text()
		fine = fine && ok
		b.WriteString(s)
	}
	b.WriteByte(')')
	for _, p := range []struct {
		name string
		n    int64
	}{{";created=", in.Created}, {";expires=", in.Expires}} {
		if p.n != 0 {
			b.WriteString(p.name + strconv.FormatInt(p.n, 10))
		}
	}
	for _, p := range [][2]string{{";nonce=", in.Nonce}, {";keyid=", in.KeyID}, {";alg=", in.Alg}, {";tag=", in.Tag}} {
		if p[1] != "" {
			s, ok := quote(p[1])
			fine = fine && ok
			b.WriteString(p[0] + s)
		}
	}
	if !fine {
		return "", &Error{Clause: "RFC 9421 2.3", Reason: lang.T("参数含有不可见或非 ASCII 字符", "a parameter holds what is no visible ASCII")}
	}
	return b.String(), nil
}

// Field gives the value of the Signature-Input field.
func (in *Input) Field() (string, error) {
	s, err := in.Text()
	return in.Label + "=" + s, err
}

// Base gives the text that is signed. value gives a component's value; false: the message has none, which is an Error. RFC 9421 2.5
func (in *Input) Base(value func(Component) (string, bool)) ([]byte, error) {
	text, err := in.Text()
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, 512+len(text))
	for i, c := range in.Components {
		name, ok := c.text()
		if !ok || slices.Contains(in.Components[:i], c) {
			return nil, &Error{Clause: "RFC 9421 2.5", Reason: lang.T("签名覆盖的项重复或不可写："+c.Name, "a covered component stands twice or cannot be written: "+c.Name)}
		}
		v, ok := value(c)
		if !ok || strings.ContainsAny(v, "\r\n") {
			return nil, &Error{Clause: "RFC 9421 2.5", Reason: lang.T("消息缺少签名覆盖的项："+c.Name, "the message has no component "+c.Name+", which the signature covers")}
		}
		out = append(append(append(append(out, name...), ": "...), v...), '\n')
	}
	return append(append(out, `"@signature-params": `...), text...), nil
}

// ParseInput reads a Signature-Input field that describes one signature.
func ParseInput(field string) (*Input, error) {
	r, err := bounded(field)
	if err != nil {
		return nil, err
	}
	in := &Input{}
	if in.Label, err = r.key(); err != nil {
		return nil, err
	}
	if !r.eat('=') || !r.eat('(') {
		return nil, r.fail("RFC 9421 4.1", "标签之后应为“=(”", "=( was to follow the label")
	}
	from := r.i - 1
	for !r.eat(')') {
		if len(in.Components) > 0 && !r.eat(' ') {
			return nil, r.fail("RFC 8941 3.1.1", "各项之间应为一个空格", "one space was to stand between components")
		}
		c, err := r.component()
		if err != nil {
			return nil, err
		}
		if slices.Contains(in.Components, c) { // RFC 9421 2: each at most once
			return nil, r.fail("RFC 9421 2", "同一项出现两次", "the same component stands twice")
		}
		if in.Components = append(in.Components, c); len(in.Components) > maxComponents {
			return nil, r.fail("RFC 9421 2", "签名覆盖的项过多", "too many components")
		}
	}
	seen := map[string]bool{}
	for !r.done() {
		if err := r.parameter(in, seen); err != nil {
			return nil, err
		}
	}
	in.text = r.s[from:]
	return in, nil
}

func (r *reader) component() (c Component, err error) {
	if c.Name, err = r.text(); err != nil {
		return c, err
	}
	if c.Name == "" || c.Name != strings.ToLower(c.Name) {
		return c, r.fail("RFC 9421 2.1", "项名须为小写", "names of components are in lower case")
	}
	for r.eat(';') {
		name, err := r.key()
		switch {
		case err != nil:
			return c, err
		case name == "req" && !c.Req && c.Key == "":
			c.Req = true
		case name == "key" && c.Key == "" && r.eat('='):
			if c.Key, err = r.text(); err != nil {
				return c, err
			}
			if c.Key == "" {
				return c, r.fail("RFC 9421 2.1.2", "key 为空", "an empty key")
			}
		default:
			return c, r.fail("RFC 9421 2.1", "不支持的项参数", "a component parameter that is not spoken here: "+name)
		}
	}
	return c, nil
}

// parameter reads one parameter of the signature. RFC 9421 2.3
func (r *reader) parameter(in *Input, seen map[string]bool) error {
	if !r.eat(';') {
		return r.fail("RFC 9421 4.1", "只接受一个签名", "one signature is taken and no more")
	}
	name, err := r.key()
	if err != nil {
		return err
	}
	if seen[name] || !r.eat('=') {
		return r.fail("RFC 9421 2.3", "参数重复或无值", "a parameter stands twice or has no value")
	}
	seen[name] = true
	numbers := map[string]*int64{"created": &in.Created, "expires": &in.Expires}
	texts := map[string]*string{"nonce": &in.Nonce, "keyid": &in.KeyID, "alg": &in.Alg, "tag": &in.Tag}
	if into := numbers[name]; into != nil {
		*into, err = r.integer()
		return err
	}
	if into := texts[name]; into != nil {
		*into, err = r.text()
		return err
	}
	return r.fail("RFC 9421 2.3", "未知的签名参数", "an unknown parameter of the signature: "+name)
}

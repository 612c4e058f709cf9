package jsonld

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/haihe-city/haihe/errs"
)

// Bounds on one context with all that it refers to.
const (
	maxTerms = 20_000
	maxDepth = 16      // of contexts that refer to contexts
	maxLoads = 64      // documents
	maxBytes = 4 << 20 // of all of them
	maxIRI   = 1024    // bytes of a term or an IRI
	maxOdd   = 64      // prefixes that do not end with a delimiter: each is tried when an IRI is made short
)

// Loader gives the JSON document {"@context": ...} at a URL. It is never asked for a core context.
type Loader func(url string) (json.RawMessage, error)

// Error says what is wrong in a context, and where: the URL of a document and the term, as far as they are known. It wraps an
// error of kind errs.Invalid with the message in both languages.
type Error struct {
	Where string
	What  error
}

// Error gives the place and the fault.
func (e *Error) Error() string { return "@context " + e.Where + ": " + e.What.Error() }

// Unwrap gives the message.
func (e *Error) Unwrap() error { return e.What }

// Compile compiles the value of an @context member: a URL, an object, or an array of these. The core context has the last word
// (5.5.7). Errors: *Error{What, Where} for what is wrong in it, the loader's own error unchanged (wrapped) where a URL cannot be had.
//
// What a term is coerced to (@type, @container) says nothing about its name and is passed over; NGSI-LD says itself of what kind
// each member is.
func Compile(value json.RawMessage, load Loader) (*Context, error) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, value); err != nil {
		return nil, &Error{"", errs.Say(errs.Invalid, "@context 不是合规的 JSON", "the @context is not valid JSON")}
	}
	c := compiler{load: load, terms: map[string]term{}}
	if err := c.value(compact.Bytes(), "", 0); err != nil {
		return nil, err
	}
	odd := 0
	for _, t := range c.terms {
		if t.prefix && !endsPrefix(t.iri) {
			odd++
		}
	}
	if odd > maxOdd {
		return nil, fail("", "以 @prefix 声明的前缀过多，至多 %d 个", "too many prefixes are declared by @prefix, at most %d", maxOdd)
	}
	return c.context(compact.Bytes()), nil
}

// term is one definition.
type term struct {
	iri    string
	prefix bool
}

// compiler gathers the definitions of a context, in order.
type compiler struct {
	load         Loader
	terms        map[string]term
	vocab        string
	open         []string // URLs that are being read: a context must not lead to itself
	loads, bytes int
}

// fail makes an *Error at a place.
func fail(where, zh, en string, args ...any) error {
	return &Error{where, errs.Say(errs.Invalid, zh, en, args...)}
}

// value reads one value of an @context member.
func (c *compiler) value(raw json.RawMessage, where string, depth int) error {
	if c.bytes += len(raw); c.bytes > maxBytes || depth > maxDepth {
		return fail(where, "上下文过大，或引用层次过深", "the @context is too large, or refers too deep")
	}
	switch raw = bytes.TrimLeft(raw, " \t\r\n"); {
	case len(raw) == 0:
		return fail(where, "上下文为空", "the @context is empty")
	case raw[0] == '"':
		var url string
		if err := json.Unmarshal(raw, &url); err != nil {
			return fail(where, "上下文地址不是合规的 JSON 字符串", "the URL of an @context is not a valid JSON string")
		}
		return c.fetch(url, where, depth)
	case raw[0] == '[':
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			return fail(where, "上下文不是合规的 JSON", "the @context is not valid JSON")
		}
		for _, item := range list {
			if err := c.value(item, where, depth+1); err != nil {
				return err
			}
		}
		return nil
	case raw[0] == '{':
		return c.object(raw, where, depth)
	case string(raw) == "null": // JSON-LD 1.1 4.1.2: forget what was said before
		clear(c.terms)
		c.vocab = ""
		return nil
	}
	return fail(where, "上下文须为地址、对象或其数组", "an @context is a URL, an object, or an array of these")
}

// fetch reads the document at a URL.
func (c *compiler) fetch(url, where string, depth int) error {
	if IsCore(url) {
		return nil // it comes last, whatever its place: ETSI GS CIM 009 V1.9.1 5.5.7
	}
	if i := strings.Index(url, "://"); i <= 0 || len(url) > maxIRI {
		return fail(where, "上下文地址 %q 不是绝对地址", "the @context URL %q is not absolute", clip(url))
	}
	if slices.Contains(c.open, url) {
		return fail(url, "上下文循环引用自身", "the @context refers to itself")
	}
	if c.loads++; c.loads > maxLoads {
		return fail(where, "上下文引用过多，至多 %d 个", "the @context refers to too many others, at most %d", maxLoads)
	}
	doc, err := c.load(url)
	if err != nil {
		return fmt.Errorf("load @context %s: %w", clip(url), err)
	}
	var body struct {
		Context json.RawMessage `json:"@context"`
	}
	if err := json.Unmarshal(doc, &body); err != nil || body.Context == nil {
		return fail(url, "该地址给出的不是上下文文档：须为带 @context 成员的 JSON 对象",
			"what this URL gives is no context document: it must be a JSON object with an @context member")
	}
	c.open = append(c.open, url)
	err = c.value(body.Context, url, depth+1)
	c.open = c.open[:len(c.open)-1]
	return err
}

// local is one context object while it is read.
type local struct {
	*compiler
	members map[string]json.RawMessage
	state   map[string]bool // terms that are begun (false) and done (true)
	where   string
}

// object reads one context object.
func (c *compiler) object(raw json.RawMessage, where string, depth int) error {
	l := local{compiler: c, where: where, state: map[string]bool{}}
	if err := json.Unmarshal(raw, &l.members); err != nil {
		return fail(where, "上下文不是合规的 JSON", "the @context is not valid JSON")
	}
	if len(l.members)+len(c.terms) > maxTerms {
		return fail(where, "上下文的术语过多，至多 %d 个", "the @context has too many terms, at most %d", maxTerms)
	}
	if url, ok := l.members["@import"]; ok { // JSON-LD 1.1 4.1.10
		if err := c.value(url, where, depth+1); err != nil {
			return err
		}
	}
	if v, ok := l.members["@version"]; ok && string(v) != "1.1" {
		return fail(where, "@version 须为 1.1", "@version must be 1.1")
	}
	if v, ok := l.members["@vocab"]; ok {
		if err := l.setVocab(v); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.members)) {
		if err := l.define(name); err != nil {
			return err
		}
	}
	return nil
}

// setVocab reads @vocab, which counts for the definitions of this context; the core's counts for everything else.
func (l *local) setVocab(raw json.RawMessage) error {
	l.vocab = ""
	if string(raw) == "null" {
		return nil
	}
	var v string
	if err := json.Unmarshal(raw, &v); err != nil {
		return fail(l.where, "@vocab 须为字符串", "@vocab must be a string")
	}
	if v == "" {
		return nil
	}
	iri, err := l.resolve(v, "@vocab")
	l.vocab = iri
	return err
}

// define reads one term, and before it those that it builds on.
func (l *local) define(name string) error {
	raw, here := l.members[name]
	if !here || name == "" || name[0] == '@' || coreTerms[name] != "" {
		return nil
	}
	if done, begun := l.state[name]; done {
		return nil
	} else if begun {
		return fail(l.where, "术语 %q 循环定义", "the term %q is defined by itself", clip(name))
	}
	l.state[name] = false
	t, err := l.term(name, raw)
	if err != nil {
		return err
	}
	l.state[name] = true
	if t.iri == "" || isKeyword(t.iri) {
		delete(l.terms, name)
	} else {
		l.terms[name] = t
	}
	return nil
}

// term reads a definition; one of null, or of an alias of a keyword, is none.
func (l *local) term(name string, raw json.RawMessage) (t term, err error) {
	var id *string
	simple := false
	switch raw[0] {
	case 'n':
		return t, nil
	case '"':
		simple = true
		err = json.Unmarshal(raw, &id)
	case '{':
		var def map[string]json.RawMessage
		if err = json.Unmarshal(raw, &def); err != nil {
			break
		}
		if _, scoped := def["@context"]; scoped { // 5.5.7
			return t, fail(l.where, "术语 %q 带有限定范围的 @context，NGSI-LD 不允许",
				"the term %q has a scoped @context, which NGSI-LD does not allow", clip(name))
		}
		if _, reverse := def["@reverse"]; reverse {
			return t, fail(l.where, "术语 %q 为反向属性（@reverse），NGSI-LD 无此用法", "the term %q is a reverse property (@reverse), which NGSI-LD has no use for", clip(name))
		}
		if v, ok := def["@id"]; ok {
			if string(v) == "null" {
				return t, nil
			}
			err = json.Unmarshal(v, &id)
		}
		t.prefix = string(def["@prefix"]) == "true"
	default:
		err = errors.New("not a definition")
	}
	if err != nil {
		return t, fail(l.where, "术语 %q 的定义须为字符串或对象", "the definition of the term %q must be a string or an object", clip(name))
	}
	if id == nil {
		id = &name
	}
	if t.iri, err = l.resolve(*id, name); err == nil && simple {
		t.prefix = endsPrefix(t.iri)
	}
	return t, err
}

// resolve gives the IRI of what a definition of the term name refers to.
func (l *local) resolve(v, name string) (iri string, err error) {
	if isKeyword(v) {
		return v, nil
	}
	i := strings.IndexByte(v, ':')
	if v != name && i < 0 {
		if err := l.define(v); err != nil {
			return "", err
		}
		if t, ok := l.terms[v]; ok {
			return t.iri, nil
		}
	}
	switch {
	case i < 0 && l.vocab != "":
		iri = l.vocab + v
	case i < 0:
		iri = IRI(v)
	default:
		if iri, err = l.prefixed(v, i); err != nil {
			return "", err
		}
	}
	if len(iri) > maxIRI || len(name) > maxIRI || !strings.Contains(iri, ":") || iri[0] == '_' || strings.ContainsAny(iri, " <>\"{}|\\^`\n\r\t") || v == "" {
		return "", fail(l.where, "术语 %q 未给出合规的 IRI：%q", "the term %q does not lead to a valid IRI: %q", clip(name), clip(iri))
	}
	return iri, nil
}

// prefixed resolves prefix:rest by the prefixes known so far.
func (l *local) prefixed(v string, i int) (string, error) {
	prefix, rest := v[:i], v[i+1:]
	if strings.HasPrefix(rest, "//") || prefix == "_" {
		return v, nil
	}
	if err := l.define(prefix); err != nil {
		return "", err
	}
	if t, ok := l.terms[prefix]; ok && t.prefix {
		return t.iri + rest, nil
	}
	if start := core.prefixes[prefix]; start != "" {
		return start + rest, nil
	}
	return v, nil
}

func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// context makes the tables.
func (c *compiler) context(value json.RawMessage) *Context {
	out := &Context{
		terms: make(map[string]string, len(c.terms)), names: make(map[string]string, len(c.terms)),
		prefixes: map[string]string{"ngsi-ld": ngsiLD, "geojson": geoJSON},
		starts:   map[string]string{ngsiLD: "ngsi-ld", geoJSON: "geojson"},
	}
	better := func(a, b string) bool { return len(a) < len(b) || len(a) == len(b) && a < b }
	for name, t := range c.terms {
		full := Name(t.iri)
		out.terms[name] = full
		if old, ok := out.names[full]; coreTerms[full] == "" && (!ok || better(name, old)) {
			out.names[full] = name
		}
		if !t.prefix {
			continue
		}
		out.prefixes[name] = t.iri
		old, ok := out.starts[t.iri]
		if !ok || better(name, old) {
			out.starts[t.iri] = name
		}
		if !ok && !endsPrefix(t.iri) {
			out.odd = append(out.odd, t.iri)
		}
	}
	out.value, out.url = shown(value)
	return out
}

// shown gives the @context member of bodies, and the one URL that stands for it.
func shown(value json.RawMessage) (json.RawMessage, string) {
	var list []json.RawMessage
	if json.Unmarshal(value, &list) != nil {
		list = []json.RawMessage{value}
	}
	var urls []string
	others := 0
	for _, item := range list {
		var url string
		switch err := json.Unmarshal(item, &url); {
		case err != nil:
			others++
		case string(item) == "null" || IsCore(url):
		default:
			urls = append(urls, url)
		}
	}
	switch {
	case others == 0 && len(urls) == 0:
		return core.value, CoreURL
	case others == 0 && len(urls) == 1:
		return value, urls[0]
	}
	return value, ""
}

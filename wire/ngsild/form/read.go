package form

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/wire/ngsild/jsonld"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// Input says what a body may be. Normalized, concise and simplified input may be mixed in one body (4.5.2 to 4.5.4).
type Input struct {
	Context    *jsonld.Context
	Fragment   bool // id and type may be missing; NGSI-LD Null is a value (ngsi.IsNull): merge, update, partial update
	Merge      bool // a fragment of a merge (5.5.12): NGSI-LD Null may stand within compound values and language maps too
	Temporal   bool // an attribute is an array of instances that need not differ in datasetId (4.5.6)
	Simplified bool // format=simplified / keyValues of Merge: objects are values, not attributes
}

// Split takes the @context member out of a body (an object); nil where it bears none. The body is not changed; readers below pass
// @context over.
func Split(body []byte) (context json.RawMessage, err error) {
	s := ngsi.Scan(body)
	if s.Peek() != '{' {
		return nil, notAnObject(body)
	}
	err = s.Object(func(key string) error {
		raw, err := s.Next()
		if key == "@context" {
			context = raw
		}
		return err
	})
	if err == nil {
		err = s.End()
	}
	if err != nil {
		return nil, syntax(err)
	}
	return context, nil
}

// notAnObject tells a body that is no object from one that is no JSON.
func notAnObject(body []byte) error {
	if err := valid(body); err != nil {
		return syntax(err)
	}
	return fault("", "5.5.4", "请求体须为 JSON 对象", "the body must be a JSON object")
}

func valid(body []byte) error {
	s := ngsi.Scan(body)
	if _, err := s.Next(); err != nil {
		return err
	}
	return s.End()
}

// MaxElements bounds a batch. Sixteen megabytes of nothing are millions of elements, each with a problem of its own.
const MaxElements = 50_000

// Elements cuts a JSON array of entities into its elements (batch operations); more than MaxElements are errs.TooLarge.
func Elements(body []byte) ([]json.RawMessage, error) {
	if err := valid(body); err != nil {
		return nil, syntax(err)
	}
	s := ngsi.Scan(body)
	if s.Peek() != '[' {
		return nil, fault("", "5.6.7", "请求体须为 JSON 数组", "the body must be a JSON array")
	}
	list := []json.RawMessage{}
	if err := s.Array(func() error {
		if len(list) == MaxElements {
			return errs.Say(errs.TooLarge, "批量操作至多 %d 项，请分批提交", "a batch has at most %d elements: send several", MaxElements)
		}
		raw, err := s.Next()
		list = append(list, raw)
		return err
	}); errs.KindOf(err) == errs.TooLarge {
		return nil, err
	} else if err != nil {
		return nil, syntax(err)
	}
	return list, nil
}

// reader reads one body.
type reader struct {
	in    Input
	s     ngsi.Scanner
	path  []step
	n     int    // attributes read
	arena []byte // plain values: one piece of memory for all of them
}

// step is one part of the way to what is being read: a key, or an index.
type step struct {
	key   string
	index int
}

// Entity reads an entity or a fragment of one. Names in it are stored names (jsonld.Expand). Faults are *Error: JSON pointer of the
// place, what is wrong (Chinese and English), clause.
//
// Where NGSI-LD Null takes something away, it stands in the result: an attribute's Value is the Null (its Kind Unsaid, where the
// body does not say it), Scope is the Null alone, a time is ngsi.NullTime, UnitCode and members are the Null's text. Values of a
// simplified fragment have Kind Unsaid: they take the kind of the attribute that they change, a Property where there is none.
func Entity(body []byte, in Input) (*ngsi.Entity, error) {
	r := reader{in: in, s: ngsi.Scan(body)}
	r.arena = make([]byte, 0, min(len(body), 1<<16))
	e := &ngsi.Entity{Attrs: make([]ngsi.Attr, 0, min(1+len(body)/64, 32))}
	if r.s.Peek() != '{' {
		return nil, notAnObject(body)
	}
	err := r.s.Object(func(key string) error {
		return r.within(key, func() error { return r.member(e, key) })
	})
	if err == nil {
		err = r.s.End()
	}
	if err == nil {
		err = r.whole(e)
	}
	if err != nil {
		return nil, r.explain(body, err)
	}
	return e, nil
}

// Attr reads the body of an operation on one attribute (O11, O12), whose name is given: one instance, or an array of instances.
// An attribute whose kind the body does not betray has Kind ngsi.Unsaid; one without value has Value nil.
func Attr(body []byte, name string, in Input) ([]ngsi.Attr, error) {
	r := reader{in: in, s: ngsi.Scan(body)}
	var list []ngsi.Attr
	var err error
	one := func() error {
		if r.s.Peek() != '{' {
			return r.fault("5.5.8", "须为属性对象", "an attribute's object is expected")
		}
		a := ngsi.Attr{Name: name}
		err := r.instance(&a, 0)
		list = append(list, a)
		return err
	}
	if r.s.Peek() == '[' {
		err = r.each(one)
	} else {
		err = one()
	}
	if err == nil {
		err = r.s.End()
	}
	if err == nil && len(list) == 0 {
		err = r.fault("5.5.8", "属性实例为空", "there is no instance of the attribute")
	}
	if err == nil {
		ngsi.Order(list)
		err = r.unique(list)
	}
	if err != nil {
		return nil, r.explain(body, err)
	}
	return list, nil
}

// explain makes an *Error of whatever stopped the reading. A body that breaks JSON anywhere is no JSON, whatever came first.
func (r *reader) explain(body []byte, err error) error {
	if bad := valid(body); bad != nil {
		return syntax(bad)
	}
	var f *Error
	if errors.As(err, &f) {
		return f
	}
	return r.fault("5.5.4", "%v", "%v", err)
}

// within reads what stands under a key.
func (r *reader) within(key string, fn func() error) error {
	r.path = append(r.path, step{key: key})
	err := fn()
	if err == nil {
		r.path = r.path[:len(r.path)-1]
	}
	return err
}

// each reads an array.
func (r *reader) each(item func() error) error {
	r.path = append(r.path, step{})
	at := &r.path[len(r.path)-1]
	depth := len(r.path)
	err := r.s.Array(func() error {
		err := item()
		if err == nil {
			at = &r.path[depth-1]
			at.index++
		}
		return err
	})
	if err == nil {
		r.path = r.path[:depth-1]
	}
	return err
}

// fault makes an *Error at the place that is being read.
func (r *reader) fault(clause, zh, en string, args ...any) error {
	var b []byte
	for _, s := range r.path {
		b = append(b, '/')
		if s.key == "" {
			b = strconv.AppendInt(b, int64(s.index), 10)
		} else {
			b = append(b, escapes.Replace(s.key)...)
		}
	}
	return fault(string(b), clause, zh, en, args...)
}

// member reads one member of an entity.
func (r *reader) member(e *ngsi.Entity, key string) (err error) {
	switch key {
	case "id", "@id":
		if e.ID != "" {
			return r.fault("4.4", "id 重复", "the id is there twice")
		}
		if e.ID, err = r.text(); err == nil && (!ngsi.IsURI(e.ID) || e.ID == ngsi.Null) {
			err = r.fault("4.5.1", "%q 不是合规的 URI（例：urn:ngsi-ld:Meter:0001）", "%q is not a URI (example: urn:ngsi-ld:Meter:0001)", ngsi.Clip(e.ID))
		}
	case "type", "@type":
		if e.Types != nil {
			return r.fault("4.4", "type 重复", "the type is there twice")
		}
		e.Types, err = r.types()
	case "scope":
		e.Scope, err = r.scope()
	case "expiresAt":
		e.ExpiresAt, err = r.time()
	case "@context", "createdAt", "modifiedAt", "deletedAt": // 5.2.2: the broker's own are passed over
		_, err = r.s.Next()
	default:
		name := r.in.Context.Expand(key)
		if name != ngsi.Proof { // which is reserved, and yet may stand here
			name, err = r.name(key)
		}
		if err == nil {
			e.Attrs, err = r.attribute(e.Attrs, name, 0)
		}
	}
	return err
}

// whole holds an entity that is read to what only shows in the end.
func (r *reader) whole(e *ngsi.Entity) error {
	if !r.in.Fragment {
		if e.ID == "" {
			return r.fault("4.5.1", "缺少 id", "the id is missing")
		}
		if len(e.Types) == 0 {
			return r.fault("4.5.1", "缺少 type", "the type is missing")
		}
	}
	if r.in.Temporal {
		slices.SortStableFunc(e.Attrs, courses)
		return nil
	}
	ngsi.Order(e.Attrs)
	return r.unique(e.Attrs)
}

// unique refuses two instances of one name and dataset: ETSI GS CIM 009 V1.9.1 4.5.5.1. attrs are in order.
func (r *reader) unique(attrs []ngsi.Attr) error {
	if r.in.Temporal {
		return nil
	}
	for i := 1; i < len(attrs); i++ {
		if a, b := &attrs[i-1], &attrs[i]; a.Name == b.Name && a.DatasetID == b.DatasetID {
			return r.fault("4.5.5", "属性 %s 有两个实例的 datasetId 相同（%q）", "the attribute %s has two instances of one datasetId (%q)", a.Name, a.DatasetID)
		}
	}
	return nil
}

// text reads a string.
func (r *reader) text() (string, error) {
	if r.s.Peek() != '"' {
		return "", r.fault("5.5.4", "须为字符串", "a string is expected")
	}
	return r.s.Text()
}

// texts reads a string or an array of strings.
func (r *reader) texts(item func(string) error) error {
	one := func() error {
		v, err := r.text()
		if err != nil {
			return err
		}
		return item(v)
	}
	if r.s.Peek() == '[' {
		return r.each(one)
	}
	return one()
}

// maxListed bounds the types and the scopes that are read: ngsi takes 16 of each, the seventeenth makes it refuse the entity.
const maxListed = 17

// types reads the types of an entity, each once.
func (r *reader) types() (list []string, err error) {
	list = []string{}
	err = r.texts(func(v string) error {
		name, err := r.name(v)
		if err == nil && len(list) < maxListed && !slices.Contains(list, name) {
			list = append(list, name)
		}
		return err
	})
	if err == nil && len(list) == 0 {
		err = r.fault("4.5.1", "类型为空", "there is no type")
	}
	return list, err
}

// name expands the name of a type or an attribute, and holds it to the grammar of 4.6.2: a term, prefix:term, or a URI.
func (r *reader) name(term string) (string, error) {
	name := r.in.Context.Expand(term)
	if ngsi.IsTerm(term) || isQualified(term) {
		if err := ngsi.CheckName(name); err == nil && !nonReified[name] {
			return name, nil
		}
	}
	if nonReified[name] {
		return "", r.fault("4.5.1", "%s 为 NGSI-LD 保留字，不得用作名称", "%s is reserved by NGSI-LD and cannot be a name here", name)
	}
	if len(term) > 0 && term[0] == '@' {
		return "", r.fault("5.5.7", "此处不得出现 %s", "%s may not stand here", ngsi.Clip(term))
	}
	return "", r.fault("4.6.2", "名称 %q 不合规：须以字母开头，只含字母、数字和下划线，或为 prefix:name、完整 URI",
		"%q is not a valid name: begin with a letter, then letters, digits and underscores, or write prefix:name or a full URI", ngsi.Clip(term))
}

// isQualified tells whether a name is prefix:term or a URI.
func isQualified(s string) bool {
	for i := range len(s) {
		if s[i] == ':' {
			return i > 0 && ngsi.IsURI(s) || ngsi.IsTerm(s[:i]) && ngsi.IsTerm(s[i+1:])
		}
	}
	return false
}

// scope reads the scopes of an entity (4.18); in a temporal body each may be an instance (4.5.6), of which the last counts.
func (r *reader) scope() (list []string, err error) {
	if s := r.s; r.in.Temporal && (s.Peek() == '{' || s.Peek() == '[' && holdsObject(s)) {
		one := func() error {
			a := ngsi.Attr{Name: "scope"}
			if err := r.instance(&a, ngsi.MaxNest); err != nil {
				return err
			}
			sub := reader{in: Input{Context: r.in.Context, Fragment: true}, s: ngsi.Scan(a.Value), path: r.path}
			list, err = sub.scope()
			return err
		}
		if r.s.Peek() == '[' {
			return list, r.each(one)
		}
		return list, one()
	}
	list = []string{}
	err = r.texts(func(v string) error {
		if v == ngsi.Null && r.in.Fragment {
			list = []string{ngsi.Null}
			return nil
		}
		if !isScope(v) {
			return r.fault("4.18", "范围（scope）%q 不合规：应形如 /tianjin/heping，每级以字母开头，只含字母、数字和下划线",
				"%q is not a valid scope: write it like /tianjin/heping, each level a letter, then letters, digits and underscores", ngsi.Clip(v))
		}
		if len(list) < maxListed && !slices.Contains(list, v) {
			list = append(list, v)
		}
		return nil
	})
	return list, err
}

// holdsObject tells whether the array that a scanner stands before begins with an object.
func holdsObject(s ngsi.Scanner) bool {
	found := false
	_ = s.Array(func() error {
		found = s.Peek() == '{'
		return errStop
	})
	return found
}

// errStop ends a look ahead.
var errStop = errors.New("seen enough")

func isScope(s string) bool {
	if s != "" && s[0] == '/' {
		s = s[1:]
	}
	for {
		level, rest, more := cut(s)
		if !ngsi.IsTerm(level) {
			return false
		}
		if !more {
			return true
		}
		s = rest
	}
}

func cut(s string) (level, rest string, more bool) {
	for i := range len(s) {
		if s[i] == '/' {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// time reads a DateTime, or the Null where a fragment may bear it.
func (r *reader) time() (time.Time, error) {
	v, err := r.text()
	if err != nil {
		return time.Time{}, err
	}
	if v == ngsi.Null && r.in.Fragment {
		return ngsi.NullTime(), nil
	}
	t, ok := ParseTime(v)
	if !ok {
		return t, r.fault("4.6.3", "%q 不是合规的时间：须形如 2026-11-23T08:00:00Z，世界时，秒的小数至多六位",
			"%q is not a valid DateTime: write it like 2026-11-23T08:00:00Z, in UTC, at most six decimals of a second", ngsi.Clip(v))
	}
	return t, nil
}

// ParseTime reads a DateTime (4.6.3): all parts, Z at the end, at most six decimals after a point or a comma.
func ParseTime(v string) (time.Time, bool) {
	const whole = len("2006-01-02T15:04:05")
	if len(v) < whole+1 || v[len(v)-1] != 'Z' || v[10] != 'T' {
		return time.Time{}, false
	}
	if frac := v[whole : len(v)-1]; frac != "" {
		if len(frac) < 2 || len(frac) > 7 || frac[0] != '.' && frac[0] != ',' {
			return time.Time{}, false
		}
	}
	t, err := time.Parse("2006-01-02T15:04:05.999999Z", v) // takes a comma too
	if err != nil || t.Year() < 1 {
		return time.Time{}, false
	}
	return t, true
}

package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/big"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// Model is a type that a system owns.
type Model struct {
	Type, Owner string
	Index       []string // attributes marked "x-index": true
	schema      *jsonschema.Schema
}

// closed refuses to load what is not among the files.
type closed struct{}

// Load refuses.
func (closed) Load(url string) (any, error) {
	return nil, fmt.Errorf("%s is not among the files, and nothing is loaded from elsewhere", url)
}

// Read reads the models of an owner (a system's name): every *.json in schemas is the JSON Schema of one entity type in its key-values
// form ("title" is the type). A file without a title is only there for others to refer to. A schema may refer to the other files by name
// or by "$id"; nothing is loaded from the network.
func Read(owner string, schemas fs.FS) ([]*Model, error) {
	bad := func(file string, err error) error {
		return errs.Say(errs.Invalid, "系统 %s 的数据模型 %s 有误：%v", "system %s: the model %s is not valid: %v", owner, file, err)
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(closed{})
	c.AssertFormat()
	c.DefaultDraft(jsonschema.Draft2020)
	type file struct {
		name, url string
		doc       map[string]any
	}
	var files []file
	err := fs.WalkDir(schemas, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(p) != ".json" {
			return err
		}
		b, err := fs.ReadFile(schemas, p)
		if err != nil {
			return err
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		doc, ok := v.(map[string]any)
		if err == nil && !ok {
			err = fmt.Errorf("not an object")
		}
		if err != nil {
			return bad(p, err)
		}
		url, _ := doc["$id"].(string)
		if !ngsi.IsURI(url) {
			url = "haihe:///" + owner + "/" + p
		}
		files = append(files, file{p, url, doc})
		if err := c.AddResource(url, doc); err != nil {
			return bad(p, err)
		}
		return nil
	})
	if err != nil {
		return nil, errs.Wrap("read models of "+owner, err)
	}
	var out []*Model
	for _, f := range files {
		m := &Model{Owner: owner}
		if m.Type, _ = f.doc["title"].(string); m.Type == "" {
			continue
		}
		if err := ngsi.CheckName(m.Type); err != nil {
			return nil, errs.Wrap("model "+f.name, err)
		}
		if slices.ContainsFunc(out, func(o *Model) bool { return o.Type == m.Type }) {
			return nil, bad(f.name, fmt.Errorf("%s is described twice", m.Type))
		}
		if m.schema, err = c.Compile(f.url); err != nil {
			return nil, bad(f.name, err)
		}
		m.Index = indexed(f.doc)
		for _, a := range m.Index {
			if err := ngsi.CheckName(a); err != nil {
				return nil, errs.Wrap("model "+f.name, err)
			}
		}
		out = append(out, m)
	}
	return out, nil
}

// indexed lists the properties of a schema that are marked, also inside allOf.
func indexed(doc map[string]any) (out []string) {
	properties, _ := doc["properties"].(map[string]any)
	for name, p := range properties {
		if p, ok := p.(map[string]any); ok && p["x-index"] == true {
			out = append(out, name)
		}
	}
	all, _ := doc["allOf"].([]any)
	for _, part := range all {
		if part, ok := part.(map[string]any); ok {
			out = append(out, indexed(part)...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Check holds an entity to models (errs.Invalid).
func Check(models []*Model, e *ngsi.Entity) error {
	if len(models) == 0 {
		return nil
	}
	// Every instance of an attribute is held to the schema of its name: one view with the first of each, one more for each other.
	view := map[string]any{"id": e.ID}
	if len(e.Scope) > 0 {
		view["scope"] = scopes(e.Scope)
	}
	var others []*ngsi.Attr
	for i := range e.Attrs {
		a := &e.Attrs[i]
		if _, there := view[a.Name]; there {
			others = append(others, a)
			continue
		}
		view[a.Name] = a.Plain()
	}
	for _, m := range models {
		view["type"] = m.Type
		if err := m.check(view); err != nil {
			return err
		}
		for _, a := range others {
			first := view[a.Name]
			view[a.Name] = a.Plain()
			err := m.check(view)
			view[a.Name] = first
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// scopes is the scope in the key-values form: one as a text, several as an array.
func scopes(list []string) any {
	if len(list) == 1 {
		return list[0]
	}
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

func (m *Model) check(view map[string]any) error {
	err := m.schema.Validate(view)
	if err == nil {
		return nil
	}
	leaf, ok := err.(*jsonschema.ValidationError)
	if !ok {
		return errs.As(errs.Invalid, "check against model "+m.Type, err)
	}
	for len(leaf.Causes) > 0 {
		leaf = leaf.Causes[0]
	}
	where := strings.Join(leaf.InstanceLocation, ".")
	if r, ok := leaf.ErrorKind.(*kind.Required); ok {
		where = strings.TrimPrefix(where+"."+r.Missing[0], ".")
	}
	why := reason(leaf.ErrorKind)
	return &errs.Error{Kind: errs.Invalid, Op: "check against model " + m.Type, Msg: lang.T(
		fmt.Sprintf("%s 的属性 %s 不符合数据模型：%s", m.Type, where, why.Zh),
		fmt.Sprintf("%s: the attribute %s does not fit the model: %s", m.Type, where, why.En)), Err: leaf}
}

// reason says why a value breaks its schema.
func reason(k jsonschema.ErrorKind) lang.Text {
	both := func(zh, en string, args ...any) lang.Text {
		return lang.T(fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...))
	}
	switch k := k.(type) {
	case *kind.Required:
		return lang.T("缺少该属性", "it is missing")
	case *kind.Type:
		return both("类型应为 %s，实为 %s", "it should be %s and is %s", strings.Join(k.Want, "/"), k.Got)
	case *kind.Enum:
		return both("取值须为 %s 之一", "it must be one of %s", show(k.Want))
	case *kind.Const:
		return both("取值须为 %s", "it must be %s", show(k.Want))
	case *kind.Format:
		return both("格式应为 %s", "it must have the format %s", k.Want)
	case *kind.Pattern:
		return both("须匹配格式 %s", "it must match %s", k.Want)
	case *kind.Minimum:
		return both("不得小于 %s", "it must be at least %s", rat(k.Want))
	case *kind.Maximum:
		return both("不得大于 %s", "it must be at most %s", rat(k.Want))
	case *kind.ExclusiveMinimum:
		return both("须大于 %s", "it must be greater than %s", rat(k.Want))
	case *kind.ExclusiveMaximum:
		return both("须小于 %s", "it must be less than %s", rat(k.Want))
	case *kind.MinLength:
		return both("至少 %d 个字符", "it must have at least %d characters", k.Want)
	case *kind.MaxLength:
		return both("至多 %d 个字符", "it must have at most %d characters", k.Want)
	case *kind.MinItems:
		return both("至少 %d 项", "it must have at least %d items", k.Want)
	case *kind.MaxItems:
		return both("至多 %d 项", "it must have at most %d items", k.Want)
	case *kind.AdditionalProperties:
		return both("模型中没有 %s", "the model has no %s", strings.Join(k.Properties, ", "))
	}
	return both("不符合规定（%s）", "it breaks a rule (%s)", k.LocalizedString(message.NewPrinter(language.English)))
}

func show(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return ngsi.Clip(string(b))
}

func rat(r *big.Rat) string {
	f, _ := r.Float64()
	return strconv.FormatFloat(f, 'g', -1, 64)
}

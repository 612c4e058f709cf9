// Package source reads the rows of a resource where they lie (数据源适配): an upstream's REST interface, a view of a PostgreSQL, a file in
// the folder of files, the entities of this node, the targets of the plan.
//
// A source gives rows one by one in an order that stays, each with a mark to go on behind; it may leave out what the conditions
// leave out, and need not: whoever asks decides on every row again. Values come as their field's kind says (package policy); what
// does not fit is nil. No source knows who asks.
package source

import (
	"context"
	"encoding/json"
	"math"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/sharing/policy"
)

// The kinds of source.
const (
	REST   = "rest"
	SQL    = "sql"
	File   = "file"
	Entity = "entity"
	Plan   = "plan"
)

// Kinds are all of them.
var Kinds = []string{Entity, SQL, REST, File, Plan}

// KindText names a kind.
func KindText(k string) lang.Text {
	switch k {
	case REST:
		return lang.T("REST 接口", "REST interface")
	case SQL:
		return lang.T("数据库视图", "database view")
	case File:
		return lang.T("文件", "file")
	case Entity:
		return lang.T("本平台实体（NGSI-LD）", "entities of this platform (NGSI-LD)")
	case Plan:
		return lang.T("方案目标", "the plan's targets")
	}
	return lang.Same(k)
}

// Spec says where a resource's rows lie.
type Spec struct {
	Kind  string `json:"kind"`
	Where string `json:"where"`           // REST: the URL; SQL: database/view; file: its name; entity: the type
	Items string `json:"items,omitempty"` // REST, JSON files: dotted path to the list of rows; "" where the whole is the list
	Key   string `json:"key,omitempty"`   // field that orders the rows and is different in each; entities and targets need none
}

// Field is a field as a source reads it.
type Field struct {
	Name string
	Kind policy.Kind
	From string // column, member or attribute; "" where it is called as the field
}

func (f Field) from() string {
	if f.From == "" {
		return f.Name
	}
	return f.From
}

// Query is what is wanted. Narrow may be used to leave rows out.
type Query struct {
	Spec   Spec
	Fields []Field
	After  string // mark of a row; "" from the start
	Narrow []policy.Cond
}

// Row is one row: values by field.
type Row struct {
	Values map[string]any
	Mark   string
}

// Options are where sources may look.
type Options struct {
	Entities   *entity.Store
	Indicators *indicator.Board
	Folder     string   // of the files; "" for none
	Upstreams  []string // origins that REST sources may call: https://host:port
	Databases  []string // name=connection string
	Wait       time.Duration
}

// Bounds of what a source may bring, so that an upstream cannot fill the memory.
const (
	maxBody = 32 << 20 // bytes of a file or of an upstream's answer
	maxRows = 200_000  // rows of one
)

// Sources reads all kinds.
type Sources struct {
	o     Options
	rest  *rest
	bases map[string]database
}

// New readies the sources; databases are not dialled yet.
func New(o Options) (*Sources, error) {
	s := &Sources{o: o, bases: map[string]database{}}
	var err error
	if s.rest, err = newREST(o.Upstreams, o.Wait); err != nil {
		return nil, err
	}
	for _, line := range o.Databases {
		if err := s.addDatabase(line); err != nil {
			_ = s.Close() // the first error is the one to tell
			return nil, err
		}
	}
	return s, nil
}

// Close ends what was opened.
func (s *Sources) Close() error {
	var first error
	for _, d := range s.bases {
		if err := d.Close(); err != nil && first == nil {
			first = err
		}
	}
	s.rest.close()
	return first
}

// Check holds a spec to what this node may reach, before it is published.
func (s *Sources) Check(q Query) error {
	if key := q.Spec.Key; key == "" && q.Spec.Kind != Entity && q.Spec.Kind != Plan {
		return errs.Say(errs.Invalid, "请指定主键信息项", "name the field that is the key")
	} else if key != "" {
		if f, ok := q.field(key); !ok || f.Kind != policy.Text && f.Kind != policy.Integer {
			return errs.Say(errs.Invalid, "主键“%s”应为文本或整数信息项", "the key %q is to be a field of text or integers", key)
		}
	}
	switch q.Spec.Kind {
	case REST:
		_, err := s.rest.address(q)
		return err
	case SQL:
		_, _, err := s.view(q.Spec)
		return err
	case File:
		return s.checkFile(q.Spec)
	case Entity, Plan:
		return nil
	}
	return errs.Say(errs.Invalid, "没有“%s”这种数据源", "there is no source of kind %q", q.Spec.Kind)
}

func (q Query) field(name string) (Field, bool) {
	for _, f := range q.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}

// Each calls fn with the rows behind q.After, in their order. An error of fn ends the reading and is returned.
func (s *Sources) Each(ctx context.Context, q Query, fn func(Row) error) error {
	switch q.Spec.Kind {
	case Entity:
		return s.entities(ctx, q, fn)
	case Plan:
		return s.targets(ctx, q, fn)
	case SQL:
		return s.rows(ctx, q, fn)
	case REST:
		list, err := s.rest.fetch(ctx, q)
		if err != nil {
			return err
		}
		return hand(q, list, fn)
	case File:
		list, err := s.file(q)
		if err != nil {
			return err
		}
		return hand(q, list, fn)
	}
	return errs.Say(errs.Unavailable, "数据源类型“%s”不可用", "there is no source of kind %q", q.Spec.Kind)
}

// hand gives out rows that were read whole, in the order of their key. Of rows with one key the first is kept: paging could not tell them apart.
func hand(q Query, list []map[string]any, fn func(Row) error) error {
	key, _ := q.field(q.Spec.Key)
	rows := make([]Row, 0, len(list))
	for _, raw := range list {
		values := map[string]any{}
		for _, f := range q.Fields {
			values[f.Name] = Coerce(f.Kind, raw[f.from()])
		}
		mark := markOf(key, values[key.Name])
		if mark != "" && (q.After == "" || mark > q.After) {
			rows = append(rows, Row{values, mark})
		}
	}
	sort.SliceStable(rows, func(i, j int) bool { return rows[i].Mark < rows[j].Mark })
	for i, r := range rows {
		if i > 0 && rows[i-1].Mark == r.Mark {
			continue
		}
		if err := fn(r); err != nil {
			return err
		}
	}
	return nil
}

// markOf makes a text of a key that sorts as the key does. Integers are shifted above zero and padded.
func markOf(f Field, v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int64:
		n := strconv.FormatUint(uint64(v)+1<<63, 10)
		return strings.Repeat("0", 20-len(n)) + n
	}
	return "" // no key: such a row cannot be paged and is left out
}

// keyOf is the reverse of markOf for integers.
func keyOf(mark string) (int64, bool) {
	n, err := strconv.ParseUint(mark, 10, 64)
	return int64(n - 1<<63), err == nil
}

// Coerce makes a value one of a kind; nil where it is none.
func Coerce(k policy.Kind, v any) any {
	switch x := v.(type) {
	case []byte:
		return Coerce(k, string(x))
	case json.Number:
		return coerceText(k, x.String())
	case string:
		return coerceText(k, x)
	case bool:
		return either[any](k == policy.Boolean, x, coerceText(k, strconv.FormatBool(x)))
	case int64:
		return either[any](k == policy.Integer, x, coerceText(k, strconv.FormatInt(x, 10)))
	case float64:
		return coerceNumber(k, x)
	case time.Time:
		switch k {
		case policy.Date:
			return x.Format(time.DateOnly)
		case policy.DateTime, policy.Text:
			return x.UTC().Format(time.RFC3339)
		}
	}
	return nil
}

func either[T any](cond bool, a, b T) T {
	if cond {
		return a
	}
	return b
}

func coerceNumber(k policy.Kind, x float64) any {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	switch {
	case k == policy.Number:
		return x
	case k == policy.Integer && x == math.Trunc(x) && math.Abs(x) < 1<<53:
		return int64(x)
	case k == policy.Text:
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return nil
}

func coerceText(k policy.Kind, s string) any {
	switch k {
	case policy.Text:
		return s
	case policy.Integer:
		if n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64); err == nil {
			return n
		}
		if x, err := strconv.ParseFloat(strings.TrimSpace(s), 64); err == nil {
			return coerceNumber(k, x)
		}
	case policy.Number:
		if x, err := strconv.ParseFloat(strings.TrimSpace(s), 64); err == nil {
			return coerceNumber(k, x)
		}
	case policy.Boolean:
		switch strings.ToLower(strings.TrimSpace(s)) {
		case "true", "t", "1":
			return true
		case "false", "f", "0":
			return false
		}
	case policy.Date:
		if len(s) >= 10 {
			if t, err := time.Parse(time.DateOnly, s[:10]); err == nil {
				return t.Format(time.DateOnly)
			}
		}
	case policy.DateTime:
		if t, err := time.Parse(time.RFC3339, s); err == nil {
			return t.UTC().Format(time.RFC3339)
		}
	}
	return nil
}

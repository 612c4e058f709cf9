// Package serve is the gate that every call for a resource passes (共享网关): is there a grant, which fields and rows does it open, what of
// them is personal, how often today; then the rows are read, sifted, masked and cut to a page, and what happened is noted.
//
// A call is read strictly (ask.go). What a field says may be had in three ways, by its value, by filtering on it, and by the order of
// the rows; all three ask the same policy. A field that is not granted and one that is not there are refused alike. A count counts what the
// caller may see. A cursor is sealed and bound to its question.
//
// What is noted of a call holds ids, names of fields and numbers, no values. A call that shows personal fields in clear is an act of the
// journal as well.
package serve

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/sharing/apply"
	"github.com/haihe-city/haihe/systems/sharing/call"
	"github.com/haihe-city/haihe/systems/sharing/catalogue"
	"github.com/haihe-city/haihe/systems/sharing/mask"
	"github.com/haihe-city/haihe/systems/sharing/policy"
	"github.com/haihe-city/haihe/systems/sharing/source"
	"github.com/haihe-city/haihe/web/sheet"
)

//go:embed table/*.sql
var tables embed.FS

// Options are what the gate works with.
type Options struct {
	DB        *store.DB
	Journal   *journal.Journal
	People    *identity.Service
	Catalogue *catalogue.Part
	Apply     *apply.Part
	Sources   *source.Sources
	Log       *slog.Logger
	Now       func() time.Time // the plan's clock: terms and days
	Wall      func() time.Time // the machine's: how long a call took
	Wait      time.Duration    // for a source
	Bytes     int              // of an answer
	PerMinute int64            // of a unit and a resource where no grant says it
	PerDay    int64
}

// Part is the gate.
type Part struct {
	o      Options
	base   *policy.Set
	seal   *seal
	limits *limits
	told   func(call.Call, call.Answer, time.Duration) // after each call, for who shows it

	mu    sync.Mutex
	tally tally
}

// New opens the gate. told is called after each call, and is quick.
func New(ctx context.Context, o Options, told func(call.Call, call.Answer, time.Duration)) (*Part, error) {
	if err := o.DB.Migrate(ctx, "sharing.serve", tables); err != nil {
		return nil, errs.Wrap("open the gate", err)
	}
	p := &Part{o: o, limits: &limits{db: o.DB, use: map[string]*usage{}}, told: told, tally: newTally()}
	var err error
	if p.base, err = policy.Compile(""); err != nil {
		return nil, err
	}
	p.seal, err = openSeal(ctx, o.DB)
	return p, err
}

// view is a decided call: the resource as this caller sees it.
type view struct {
	ctx      context.Context
	r        *catalogue.Resource
	grant    *apply.Grant // nil: shared unconditionally, or one's own
	asked    *policy.Asked
	clear    map[string]bool
	masked   map[string]bool
	ask      ask
	fields   []catalogue.Field
	tests    []test
	narrow   []policy.Cond
	needed   []string // fields that row conditions look at
	bound    []string // what a cursor is bound to
	personal []string // shown in clear although personal
	subjects []string // whom the rows of the answer are about
}

// refusal is why a call is not served.
type refusal struct {
	status int
	code   string
	said   lang.Text
}

func refuse(status int, code, zh, en string) *refusal {
	return &refusal{status, code, lang.T(zh, en)}
}

// Serve decides a call and answers it.
func (p *Part) Serve(ctx context.Context, c call.Call) call.Answer {
	began := p.o.Wall()
	v, no := p.decide(ctx, c)
	if no == nil {
		no = p.count(v, c)
	}
	var out call.Answer
	if no == nil {
		ctx, stop := context.WithTimeout(ctx, p.o.Wait)
		defer stop()
		v.ctx = ctx
		out, no = p.answer(v)
	}
	if no != nil {
		out = call.Refuse(no.status, no.code, no.said)
	}
	if v != nil && v.grant != nil {
		out.Grant = v.grant.ID
	}
	took := p.o.Wall().Sub(began)
	note := p.note(c, v, out, took)
	out.Keep = func(tx *store.Tx) error { return p.keep(tx, note) }
	p.told(c, out, took)
	return out
}

// decide finds what the caller may see. Its refusals say nothing of what they may not.
func (p *Part) decide(ctx context.Context, c call.Call) (*view, *refusal) {
	r, err := p.o.Catalogue.Get(ctx, c.Resource)
	if errs.Is(err, errs.NotFound) || err == nil && r.State != catalogue.Published {
		return nil, refuse(404, call.NoResource, "没有这项资源，或资源未发布、已撤回", "there is no such resource, or it is not published")
	}
	if err != nil {
		return nil, p.failed("read the catalogue", err)
	}
	v := &view{ctx: ctx, r: r, clear: map[string]bool{}, masked: map[string]bool{}}
	if !slices.ContainsFunc(call.Purposes(), func(x call.Purpose) bool { return x.Code == c.Purpose }) {
		return v, refuse(400, call.Malformed, "请在参数 purpose 中给出用途代码", "state the purpose's code in the parameter purpose")
	}
	unit, err := p.o.People.Unit(c.Unit)
	if err != nil {
		return v, refuse(403, call.NoGrant, "调用单位不明", "the calling unit is not known")
	}
	if v.grant, err = p.o.Apply.Live(ctx, r.ID, c.Unit, c.Purpose); err != nil {
		return v, p.failed("read the grants", err)
	}
	set := p.base
	if v.grant != nil && v.grant.Set != nil {
		set = v.grant.Set
	}
	v.asked = set.Ask(policy.Request{Unit: c.Unit, District: unit.District, Purpose: c.Purpose, Now: p.o.Now(), Resource: r.Policy()})
	if ok, _ := v.asked.Call(); !ok {
		return v, refuse(403, call.NoGrant, "贵单位未获此用途的授权，或授权已到期、已收回", "your unit has no grant for this purpose, or it has ended")
	}
	if len(c.Body) > 0 {
		return v, refuse(400, call.Malformed, "读取资源不带请求正文", "a resource is read without a body")
	}
	if v.ask, err = parse(c.Params); err != nil {
		return v, wrong(err)
	}
	return v, p.see(v, c)
}

// see decides on the fields, and holds the ask to them.
func (p *Part) see(v *view, c call.Call) *refusal {
	for _, f := range v.r.Fields {
		switch {
		case v.asked.Clear(f.Name):
			v.clear[f.Name] = true
			if f.Personal != mask.None {
				v.personal = append(v.personal, f.Name)
			}
		case v.asked.Masked(f.Name):
			v.masked[f.Name] = true
		default:
			continue
		}
		if v.ask.fields == nil || slices.Contains(v.ask.fields, f.Name) {
			v.fields = append(v.fields, f)
		}
	}
	none := refuse(403, call.NoField, "请求的信息项不存在或未获授权；未授权和脱敏的信息项也不能用于筛选和排序", "a field is not there or not granted; one that is not granted in clear can be neither filtered nor sorted by")
	for _, name := range v.ask.fields {
		if !v.clear[name] && !v.masked[name] {
			return none
		}
	}
	for _, name := range v.ask.used() {
		if !v.clear[name] {
			return none
		}
	}
	if len(v.fields) == 0 {
		return none
	}
	var err error
	if v.tests, err = v.ask.ready(v.r); err != nil {
		return wrong(err)
	}
	v.personal = slices.DeleteFunc(v.personal, func(name string) bool {
		return !slices.ContainsFunc(v.fields, func(f catalogue.Field) bool { return f.Name == name })
	})
	v.narrow = v.ask.narrow()
	id := ""
	if v.grant != nil {
		id = v.grant.ID
		v.narrow = append(v.narrow, v.grant.Terms.Rows...)
		for _, cond := range v.grant.Terms.Rows {
			v.needed = append(v.needed, cond.Field)
		}
	}
	v.bound = []string{c.Unit, c.Member, c.Purpose, v.r.ID, id, v.ask.shape()}
	return nil
}

func wrong(err error) *refusal {
	said, ok := errs.MsgOf(err)
	if !ok {
		said = call.RefusalText(call.Malformed)
	}
	return &refusal{400, call.Malformed, said}
}

// failed is a failure of ours: the caller learns that there was one, the log what it was.
func (p *Part) failed(op string, err error) *refusal {
	if !errors.Is(err, context.Canceled) {
		p.o.Log.Error("a call was not served", "op", op, "error", err)
	}
	return refuse(503, call.Failed, "平台暂时无法应答，请稍后再试", "the platform cannot answer now, try again later")
}

// count holds the call to the rates.
func (p *Part) count(v *view, c call.Call) *refusal {
	key, minute, day := "unit:"+c.Unit+"|"+v.r.ID, p.o.PerMinute, p.o.PerDay
	if v.grant != nil {
		key, minute, day = v.grant.ID, v.grant.Terms.PerMinute, v.grant.Terms.PerDay
	}
	code, err := p.limits.take(v.ctx, key, minute, day, p.o.Now())
	switch {
	case err != nil:
		return p.failed("count the call", err)
	case code == call.Rate:
		return refuse(429, call.Rate, "超过每分钟 "+strconv.FormatInt(minute, 10)+" 次的授权频率", "more than the "+strconv.FormatInt(minute, 10)+" calls a minute that are granted")
	case code == call.Quota:
		return refuse(429, call.Quota, "超过每日 "+strconv.FormatInt(day, 10)+" 次的授权限额", "more than the "+strconv.FormatInt(day, 10)+" calls a day that are granted")
	}
	return nil
}

// answer reads, sifts and writes the rows.
func (p *Part) answer(v *view) (out call.Answer, no *refusal) {
	pg, err := p.page(v)
	switch {
	case errs.Is(err, errs.Invalid):
		return out, wrong(err)
	case errs.Is(err, errs.TooLarge):
		said, _ := errs.MsgOf(err)
		return out, &refusal{413, call.TooLarge, said}
	case err != nil:
		p.o.Log.Warn("a source of shared data did not answer", "resource", v.r.ID, "error", err)
		return out, refuse(502, call.Source, "数据源暂无应答", "the source of the data does not answer")
	}
	out = call.Answer{Status: 200, Type: "application/json", Rows: int64(len(pg.rows)), Body: pg.write(v)}
	if v.ask.csv {
		out.Type = sheet.Type
		if out.Body, err = pg.csv(v); err != nil {
			return out, p.failed("write the answer", err)
		}
	}
	if len(out.Body) > p.o.Bytes {
		return out, &refusal{413, call.TooLarge, lang.T("结果超过 "+strconv.Itoa(p.o.Bytes>>10)+" KiB，请减少每页行数或信息项", "the answer is larger than "+strconv.Itoa(p.o.Bytes>>10)+" KiB: ask for fewer rows or fields")}
	}
	v.subjects = pg.subjects
	return out, nil
}

// seen is what the caller gets of a row: granted fields, masked where they are not granted in clear.
func (v *view) seen(values map[string]any) []any {
	out := make([]any, len(v.fields))
	for i, f := range v.fields {
		if out[i] = values[f.Name]; !v.clear[f.Name] {
			out[i] = mask.Value(f.Personal, out[i])
			if f.Personal == mask.None { // masked without a class: nothing of it
				out[i] = nil
			}
		}
	}
	return out
}

// write makes the JSON of a page.
func (g *got) write(v *view) []byte {
	var b bytes.Buffer
	put := func(x any) {
		text, err := json.Marshal(x)
		if err != nil { // texts, numbers and booleans always marshal
			text = []byte("null")
		}
		b.Write(text)
	}
	b.WriteString(`{"resource":`)
	put(v.r.ID)
	b.WriteString(`,"version":` + strconv.FormatInt(v.r.Version, 10) + `,"fields":[`)
	for i, f := range v.fields {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"name":`)
		put(f.Name)
		b.WriteString(`,"kind":`)
		put(f.Kind)
		b.WriteString(`,"masked":` + strconv.FormatBool(!v.clear[f.Name]) + `}`)
	}
	b.WriteString(`],"rows":[`)
	for i, row := range g.rows {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('{')
		for j, f := range v.fields {
			if j > 0 {
				b.WriteByte(',')
			}
			put(f.Name)
			b.WriteByte(':')
			put(row[j])
		}
		b.WriteByte('}')
	}
	b.WriteByte(']')
	if v.ask.count {
		b.WriteString(`,"count":` + strconv.FormatInt(g.count, 10))
	}
	if g.next != "" {
		b.WriteString(`,"next":`)
		put(g.next)
	}
	b.WriteString("}\n")
	return b.Bytes()
}

// csv makes the table of a page; its cursor does not fit in, so that one who pages takes JSON.
func (g *got) csv(v *view) ([]byte, error) {
	var b bytes.Buffer
	w := sheet.New(&b, false)
	head := make([]string, len(v.fields))
	for i, f := range v.fields {
		head[i] = f.Name
	}
	_ = w.Write(head...) // errors are kept for Flush
	for _, row := range g.rows {
		cells := make([]string, len(row))
		for i, x := range row {
			if s, ok := source.Coerce(policy.Text, x).(string); ok {
				cells[i] = s
			}
		}
		_ = w.Write(cells...)
	}
	err := w.Flush()
	return b.Bytes(), err
}

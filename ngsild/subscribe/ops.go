package subscribe

import (
	"encoding/json"
	"hash/crc32"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/subscription"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/jsonld"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// ops are the operations on an engine.
type ops struct {
	s *Service
	g *subscription.Engine

	one [64]sync.Mutex // held while a subscription of this share of ids is updated
}

// Ops are operations O25 to O29.
// ETSI GS CIM 009 V1.9.1 6.10, 6.11
func (s *Service) Ops(engine *subscription.Engine) []exchange.Op {
	o := &ops{s: s, g: engine}
	op := func(id, name, zh, en, method, path, clause string, act exchange.Act, body exchange.Body, params string, answers []int, run func(*exchange.Exchange) error) exchange.Op {
		return exchange.Op{ID: id, Name: name, Title: lang.T(zh, en), Method: method, Path: path, Clause: clause, Act: act, Body: body,
			Params: exchange.Params(params), Answers: answers, Run: run}
	}
	const all, one = "/subscriptions", "/subscriptions/{subscriptionId}"
	const act, none, object = exchange.Subscribe, exchange.None, exchange.Object
	return []exchange.Op{
		op("O25", "createSubscription", "创建订阅", "Create a subscription", "POST", all, "5.8.1, 6.10.3.1", act, object, "", []int{201, 400, 409}, o.create),
		op("O26", "querySubscriptions", "查询订阅", "Query subscriptions", "GET", all, "5.8.4, 6.10.3.2", act, none, "limit offset count pageAfter options=[sysAttrs]", []int{200, 400}, o.list),
		op("O27", "retrieveSubscription", "读取订阅", "Retrieve a subscription", "GET", one, "5.8.3, 6.11.3.1", act, none, "options=[sysAttrs]", []int{200, 400, 404}, o.retrieve),
		op("O28", "updateSubscription", "更新订阅", "Update a subscription", "PATCH", one, "5.8.2, 6.11.3.2", act, exchange.MergePatch, "", []int{204, 400, 404}, o.update),
		op("O29", "deleteSubscription", "删除订阅", "Delete a subscription", "DELETE", one, "5.8.5, 6.11.3.3", act, none, "", []int{204, 400, 404}, o.remove),
	}
}

// typeWord tells whether a type says that a body is a subscription.
func typeWord(raw json.RawMessage) bool {
	s := string(raw)
	return s == `"Subscription"` || s == `"https://uri.etsi.org/ngsi-ld/Subscription"` || s == `["Subscription"]`
}

// create is ETSI GS CIM 009 V1.9.1 5.8.1.
func (o *ops) create(x *exchange.Exchange) error {
	list, err := members(x.Body, "")
	if err != nil {
		return err
	}
	now := o.s.o.Now()
	src := &source{Members: map[string]json.RawMessage{}, Terms: map[string]map[string]string{}, Created: now, Modified: now}
	id, typed := "", false
	for _, m := range list {
		switch {
		case isNGSINull(m.raw):
			return wrong(m.name, "不得为 urn:ngsi-ld:null", "must not be urn:ngsi-ld:null")
		case isNull(m.raw): // in JSON-LD as if it were not there
		case m.name == "id" || m.name == "@id":
			if id, err = text(m.raw, m.name); err != nil {
				return err
			}
			if err := checkID(id); err != nil {
				return err
			}
		case m.name == "type" || m.name == "@type":
			if typed = typeWord(m.raw); !typed {
				return wrong(m.name, "须为 Subscription", "must be Subscription")
			}
		case known(m.name):
			src.Members[m.name] = m.raw
		}
	}
	if !typed {
		return wrong("type", "缺少该成员", "it is missing")
	}
	if id == "" {
		id = "urn:ngsi-ld:Subscription:" + store.NewID(now)
	}
	owner := ""
	if o.s.o.Owner != nil {
		owner = o.s.o.Owner(x)
	} else if x.Who != nil {
		owner = x.Who.Unit
	}
	sub, err := o.make(x, src, id, owner, src.learn(x.Ctx))
	if err == nil {
		err = o.future(sub)
	}
	if err == nil {
		err = o.g.Create(x.R.Context(), sub)
	}
	if err != nil {
		return err
	}
	return x.Created("/subscriptions/" + exchange.Segment(id))
}

// make builds the subscription of a source whose terms names expands, and settles the @context of its notifications where it is
// new.
func (o *ops) make(x *exchange.Exchange, src *source, id, owner string, names func(member string) query.Names) (*subscription.Subscription, error) {
	if _, err := build(src, x.Tenant, id, owner, names); err != nil { // which learns the terms
		return nil, err
	}
	c, err := settleContext(x, src)
	if err != nil {
		return nil, err
	}
	sub, err := build(src, x.Tenant, id, owner, src.recall)
	if err != nil {
		return nil, err
	}
	if p, ok := sub.Form.(*plan); ok && c != nil {
		p.context.Store(c)
	}
	return sub, nil
}

// settleContext fills in the @context of notifications: jsonldContext, or that of the request. It gives nil where it was settled
// before.
func settleContext(x *exchange.Exchange, src *source) (*jsonld.Context, error) {
	raw, given := src.Members["jsonldContext"]
	switch {
	case src.Context != nil:
		return nil, nil
	case given:
		url, err := text(raw, "jsonldContext")
		if err != nil {
			return nil, err
		}
		// 5.8.1.4: what cannot be had is LdContextNotAvailable, what is no @context BadRequestData; ByURL tells them apart.
		src.URL, src.Context = url, quote(url)
		return x.Kit.Contexts.ByURL(x.R, url)
	}
	if src.URL = x.Kit.Contexts.Served(x.Ctx); src.URL != "" && src.URL[0] == '/' {
		src.URL = exchange.Base(x.R) + src.URL
	}
	src.Context = x.Ctx.Value()
	return x.Ctx, nil
}

// future holds expiresAt to lie in the future.
func (o *ops) future(sub *subscription.Subscription) error {
	if !sub.ExpiresAt.IsZero() && !sub.ExpiresAt.After(o.s.o.Now()) {
		return wrong("expiresAt", "不得早于当前时间", "must not lie in the past")
	}
	return nil
}

func known(name string) bool {
	for _, f := range fields {
		if f.name == name {
			return true
		}
	}
	return false
}

func checkID(id string) error {
	if !ngsi.IsURI(id) || len(id) > 1024 {
		return wrong("id", "须为 URI，实为 %q", "must be a URI, it is %q", ngsi.Clip(id))
	}
	return nil
}

// target reads the id in the path.
func target(x *exchange.Exchange) (string, error) {
	id := x.Path("subscriptionId")
	return id, checkID(id)
}

// update is ETSI GS CIM 009 V1.9.1 5.8.2: members of the fragment replace those of the subscription, a null takes one away (5.5.8).
func (o *ops) update(x *exchange.Exchange) error {
	id, err := target(x)
	// Updates of one subscription wait for each other: one that comes while another is being flushed would find what is to be
	// replaced, again and again. Other instances are faster or slower still, hence the tries.
	one := &o.one[crc32.ChecksumIEEE([]byte(x.Tenant+"\x1f"+id))%uint32(len(o.one))]
	one.Lock()
	defer one.Unlock()
	for try := 0; err == nil; try++ {
		if err = o.patch(x, id); err == nil {
			return x.NoContent()
		}
		if errs.Is(err, errs.Conflict) && try < patches { // somebody else was faster: once more, on what stands now
			err = nil
		}
	}
	return err
}

// mine finds a subscription that who asks may change. A fragment may leave a receiver's keys as they are and lead them elsewhere.
func (o *ops) mine(x *exchange.Exchange, id string) (*subscription.Subscription, error) {
	sub, _, err := o.g.Get(x.R.Context(), x.Tenant, id)
	if err == nil && o.s.o.Own != nil && !o.s.o.Own(x, sub.Owner) {
		return nil, errs.Say(errs.Denied, "订阅 %s 属于其他单位，不能修改或删除", "the subscription %s is another unit's and cannot be changed or deleted", ngsi.Clip(id))
	}
	return sub, err
}

// patches is how often an update is tried that others were faster than.
const patches = 5

func (o *ops) patch(x *exchange.Exchange, id string) error {
	old, err := o.mine(x, id)
	if err != nil {
		return err
	}
	p, err := planOf(old)
	if err != nil {
		return err
	}
	list, err := members(x.Body, "")
	if err != nil {
		return err
	}
	src := p.src.clone()
	src.Modified = o.s.o.Now()
	dated := false
	for _, m := range list {
		gone := isNull(m.raw) || isNGSINull(m.raw)
		if m.name == "jsonldContext" {
			src.Context = nil // to be settled anew
		}
		switch {
		case m.name == "id" || m.name == "@id":
			if v, err := text(m.raw, m.name); err != nil || v != id {
				return wrong(m.name, "不可更改，须与路径中的标识一致", "cannot be changed: it must be the id of the path")
			}
		case m.name == "type" || m.name == "@type":
			if !typeWord(m.raw) {
				return wrong(m.name, "须为 Subscription", "must be Subscription")
			}
		case !known(m.name):
		case gone:
			delete(src.Members, m.name)
			delete(src.Terms, m.name)
		default:
			src.Members[m.name] = m.raw
			delete(src.Terms, m.name)
			dated = dated || m.name == "expiresAt"
		}
	}
	return o.change(x, src, old, changed(list), dated)
}

// changed are the members that a fragment touches.
func changed(list []member) map[string]bool {
	out := map[string]bool{}
	for _, m := range list {
		out[m.name] = true
	}
	return out
}

func (o *ops) change(x *exchange.Exchange, src *source, old *subscription.Subscription, touched map[string]bool, dated bool) error {
	// Terms of the fragment are expanded by its @context, the others stand for what they stood for.
	fresh := src.learn(x.Ctx)
	for name := range touched {
		if _, ok := src.Members[name]; ok {
			src.Terms[name] = nil
		}
	}
	kept := src.Context != nil
	sub, err := o.make(x, src, old.ID, old.Owner, func(member string) query.Names {
		if touched[member] {
			return fresh(member)
		}
		return src.recall(member)
	})
	if err == nil && dated {
		err = o.future(sub)
	}
	if err != nil {
		return err
	}
	if was, ok := old.Form.(*plan); ok && kept {
		sub.Form.(*plan).context.Store(was.context.Load())
	}
	return o.g.Replace(x.R.Context(), sub, old)
}

// view is how this request wants subscriptions written.
func (o *ops) view(x *exchange.Exchange) *view {
	return &view{own: func(unit string) bool { return o.s.o.Own == nil || o.s.o.Own(x, unit) }, c: x.Ctx, inBody: x.Accept == exchange.LD, sysAttrs: x.Option("sysAttrs"), now: o.s.o.Now()}
}

// settle is how long a request for a subscription waits for a delivery under way: a receiver may ask before its answer has come
// through.
const settle = 100 * time.Millisecond

// retrieve is ETSI GS CIM 009 V1.9.1 5.8.3.
func (o *ops) retrieve(x *exchange.Exchange) error {
	id, err := target(x)
	if err != nil {
		return err
	}
	o.g.Settle(x.R.Context(), x.Tenant, id, settle)
	sub, st, err := o.g.Get(x.R.Context(), x.Tenant, id)
	if err != nil {
		return err
	}
	b, err := o.view(x).append(nil, sub, st)
	if err != nil {
		return err
	}
	return x.Answer(200, b)
}

// list is ETSI GS CIM 009 V1.9.1 5.8.4.
func (o *ops) list(x *exchange.Exchange) error {
	p, err := x.Paging()
	if err != nil {
		return err
	}
	list, states, next, total, err := o.g.List(x.R.Context(), x.Tenant, p.After, p.Offset, p.Limit)
	if err != nil {
		return err
	}
	v := o.view(x)
	b := []byte{'['}
	for i, sub := range list {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = v.append(b, sub, states[i]); err != nil {
			return err
		}
	}
	if !p.Count {
		total = -1
	}
	x.Page(next, p.Offset, p.Limit, len(list), total)
	return x.Answer(200, append(b, ']'))
}

// remove is ETSI GS CIM 009 V1.9.1 5.8.5.
func (o *ops) remove(x *exchange.Exchange) error {
	id, err := target(x)
	if err != nil {
		return err
	}
	if _, err := o.mine(x, id); err != nil {
		return err
	}
	if err := o.g.Delete(x.R.Context(), x.Tenant, id); err != nil {
		return errs.Wrap("delete subscription", err)
	}
	return x.NoContent()
}

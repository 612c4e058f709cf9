package serve

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/sharing/call"
	"github.com/haihe-city/haihe/systems/sharing/catalogue"
	"github.com/haihe-city/haihe/systems/sharing/page"
	"github.com/haihe-city/haihe/web"
)

// Routes are the gate's own: the call within this node.
func (p *Part) Routes() []web.Route {
	return []web.Route{{Pattern: "GET /api/sharing/call/{resource}", Grant: page.GrantCall, API: p.apiCall}}
}

// apiCall calls a resource in the name of the unit of whoever is signed in, or of a token's. The purpose is a parameter besides those of the
// call itself.
func (p *Part) apiCall(r *web.Request) (any, error) {
	query, err := url.ParseQuery(r.HTTP.URL.RawQuery)
	if err != nil { // a part that cannot be read is refused, never passed over
		return nil, malformed("查询参数有误", "the query cannot be read")
	}
	c := call.Call{ID: store.NewID(p.o.Now()), Unit: r.Who.Unit, Person: r.Who.ID, Resource: r.Path("resource"), Params: map[string][]string{}, At: r.Now}
	for name, values := range query {
		if name == "purpose" && len(values) == 1 {
			c.Purpose = values[0]
			continue
		}
		c.Params[name] = values
	}
	if r.HTTP.ContentLength != 0 {
		c.Body = []byte{0} // said to have a body: refused whatever is in it
	}
	out, err := p.Local(r.Context(), c)
	if err != nil {
		return nil, err
	}
	return web.Reply{Status: out.Status, Type: out.Type, Body: out.Body, Header: map[string]string{"Cache-Control": "no-store"}}, nil
}

// Local serves a call of this node and notes it before it is answered.
func (p *Part) Local(ctx context.Context, c call.Call) (call.Answer, error) {
	out := p.Serve(ctx, c)
	if err := p.o.DB.Write(ctx, out.Keep); err != nil { // what cannot be noted is not answered
		return call.Answer{}, errs.Wrap("note the call", err)
	}
	return out, nil
}

// Trial is what a unit would see of a resource.
type Trial struct {
	Allowed bool
	Said    call.Answer // the refusal where it is not allowed
	Why     []string    // ids of the policies that allow it
	Fields  []Shown
	Rows    []map[string]any // the first ones, as that unit would see them
	Grant   string
}

// Shown is how a field would be seen: clear, masked or not at all.
type Shown struct {
	Field catalogue.Field
	How   string // "clear", "masked", ""
}

// Try tells what a unit would see, to the resource's owner or to that unit itself; rows only to who may see them anyway: the owner.
// Nothing is counted, and the journal says who tried.
func (p *Part) Try(ctx context.Context, who *identity.Principal, resource, unit, purpose string) (t Trial, err error) {
	r, err := p.o.Catalogue.Seen(ctx, who, resource)
	if err != nil {
		return t, err
	}
	if who.Unit != r.Unit && who.Unit != unit || who.Unit == "" {
		return t, errs.Say(errs.Denied, "只能测试本单位的资源，或本单位能看到什么", "only one's own unit's resource, or what one's own unit sees, can be tried")
	}
	v, no := p.decide(ctx, call.Call{Unit: unit, Purpose: purpose, Resource: resource, Params: map[string][]string{"limit": {"10"}}})
	if no != nil {
		t.Said = call.Refuse(no.status, no.code, no.said)
		return t, nil
	}
	t.Allowed = true
	_, t.Why = v.asked.Call()
	if v.grant != nil {
		t.Grant = v.grant.ID
	}
	for _, f := range r.Fields {
		s := Shown{Field: f}
		switch {
		case v.clear[f.Name]:
			s.How = "clear"
		case v.masked[f.Name]:
			s.How = "masked"
		}
		t.Fields = append(t.Fields, s)
	}
	if who.Unit != r.Unit || !who.Can(page.GrantAllow) {
		return t, nil
	}
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		return p.o.Journal.Append(tx, journal.Act{Actor: who.ID, Unit: who.Unit, Authority: page.GrantAllow, Verb: "preview-grant", Object: "sharing.resource:" + r.ID, Detail: map[string]any{"unit": unit, "purpose": purpose}})
	})
	if err != nil {
		return t, err
	}
	ctx, stop := context.WithTimeout(ctx, p.o.Wait)
	defer stop()
	v.ctx = ctx
	g, err := p.page(v)
	if err != nil {
		return t, err
	}
	for _, row := range g.rows {
		m := map[string]any{}
		for i, f := range v.fields {
			m[f.Name] = row[i]
		}
		t.Rows = append(t.Rows, m)
	}
	return t, nil
}

var (
	qLink   = store.Q("sharing_subject_link_put", `INSERT INTO sharing_subject_link (person, subject, at, actor) VALUES ($1, $2, $3, $4) ON CONFLICT (person, subject) DO NOTHING`)
	qUnlink = store.Q("sharing_subject_link_drop", `DELETE FROM sharing_subject_link WHERE person = $1`)
)

// Find searches the log for the security office; the search itself is an act of the journal.
func (p *Part) Find(ctx context.Context, who *identity.Principal, s Search) (out []Use, next string, err error) {
	if !who.Can(page.GrantLog) {
		return nil, "", errs.Say(errs.Denied, "只有安全管理部门可以检索调用日志", "only the security office searches the log of calls")
	}
	if s.Limit < 1 || s.Limit > 10_000 {
		s.Limit = 50
	}
	detail, err := json.Marshal(map[string]any{"resource": bounded(s.Resource), "unit": bounded(s.Unit), "owner": bounded(s.Owner), "purpose": bounded(s.Purpose), "outcome": bounded(s.Outcome), "person": bounded(s.Person), "from": s.From, "to": s.To})
	if err != nil {
		return nil, "", errs.Wrap("write the search", err)
	}
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		return p.o.Journal.Append(tx, journal.Act{Actor: who.ID, Unit: who.Unit, Authority: page.GrantLog, Verb: "search-call-log", Object: "sharing.log", Detail: json.RawMessage(detail)})
	})
	if err != nil {
		return nil, "", err
	}
	limit := s.Limit
	s.Limit++
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error { out, err = uses(tx, qSearch, s.args()...); return err })
	if len(out) > limit {
		out = out[:limit]
		next = out[limit-1].ID
	}
	return out, next, errs.Wrap("search the log of calls", err)
}

// Link ties a citizen's account to an identity number that an officer has seen proof of. The number itself is not kept.
func (p *Part) Link(ctx context.Context, who *identity.Principal, login, number string) error {
	if !who.Can(page.GrantLink) {
		return errs.Say(errs.Denied, "您没有核验关联的权限", "you may not tie accounts to records")
	}
	if number = strings.TrimSpace(number); len(number) < 6 || len(number) > 40 {
		return errs.Say(errs.Invalid, "请填写身份证件号", "give the number of the identity paper")
	}
	id, err := p.o.People.Citizen(ctx, strings.TrimSpace(login))
	if err != nil {
		return err
	}
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qLink, id, p.seal.subject(number), store.Micros(p.o.Now()), who.ID); err != nil {
			return err
		}
		return p.o.Journal.Append(tx, journal.Act{Actor: who.ID, Unit: who.Unit, Authority: page.GrantLink, Verb: "link-subject", Object: "person:" + id})
	})
}

// About lists the calls that spoke of a citizen, newest first: what is tied to their account, and what names the account itself.
func (p *Part) About(ctx context.Context, person, after string, limit int) (out []Use, next string, err error) {
	if after == "" {
		after = "~"
	}
	own := p.seal.subject("person:" + person)
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error { // the account itself is a subject; tied at the first look
		_, err := tx.Exec(qLink, person, own, store.Micros(p.o.Now()), "system:sharing")
		return err
	})
	if err != nil {
		return nil, "", errs.Wrap("read what was shared", err)
	}
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error { out, err = uses(tx, qAbout, person, after, int64(limit+1)); return err })
	if len(out) > limit {
		out = out[:limit]
		next = out[limit-1].ID
	}
	return out, next, errs.Wrap("read what was shared", err)
}

// Forget drops what ties a person to records of calls, in the transaction that deletes their account.
func (p *Part) Forget(tx *store.Tx, person string) error {
	_, err := tx.Exec(qUnlink, person)
	return errs.Wrap("forget a person", err)
}

// Since is how far back a call counts for the sharing rate.
const Since = 90 * 24 * time.Hour

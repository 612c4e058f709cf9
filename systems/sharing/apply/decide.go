package apply

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/sharing/catalogue"
	"github.com/haihe-city/haihe/systems/sharing/page"
	"github.com/haihe-city/haihe/systems/sharing/policy"
)

// Decision is the owner's answer: To is Granted, Refused or More; Terms those granted, which may be narrower than asked for.
type Decision struct {
	To, Answer string
	Terms      policy.Terms
}

// lead moves the case of an application along.
func (p *Part) lead(tx *store.Tx, a *Application, stage, text string) error {
	by := identity.System("sharing")
	c, err := p.o.Cases.In(tx, by, a.Case)
	if err != nil {
		return err
	}
	_, err = p.o.Cases.Do(tx, by, a.Case, c.Version, casework.Change{Verb: "advance", Stage: stage, Text: text})
	return err
}

// Decide answers an application.
func (p *Part) Decide(ctx context.Context, who *identity.Principal, id string, d Decision) (a Application, err error) {
	if d.Answer = strings.TrimSpace(d.Answer); len(d.Answer) > mostText || d.Answer == "" && d.To != Granted {
		return a, errs.Say(errs.Invalid, "请写明理由，不超过 %d 字节", "give the reason, in at most %d bytes", mostText)
	}
	if a, err = p.Seen(ctx, who, id); err != nil {
		return a, err
	}
	r, err := p.o.Catalogue.Get(ctx, a.Resource)
	if err != nil {
		return a, err
	}
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if a, err = one(tx, who, id); err != nil {
			return err
		}
		if !who.Can(page.GrantAllow) || who.Unit != a.Owner || who.ID == a.Person {
			return errs.Say(errs.Denied, "只有资源提供单位可以答复申请", "only the unit that provides the resource answers the application")
		}
		if a.State != Open {
			return errs.Say(errs.Conflict, "申请当前为“%[1]s”，不能答复", "the application is in the state %[1]q and cannot be answered", a.State)
		}
		switch d.To {
		case Granted:
			g, err := p.grant(tx, who, &a, r, d.Terms)
			if err != nil {
				return err
			}
			a.Grant = g.ID
		case Refused, More:
		default:
			return errs.Say(errs.Invalid, "请选择授权、不予授权或要求补正", "grant, refuse, or ask for more")
		}
		a.State, a.Answer, a.Decided, a.Judge = d.To, d.Answer, p.o.Now(), who.ID
		if err := p.put(tx, &a); err != nil {
			return err
		}
		if err := p.lead(tx, &a, d.To, d.Answer); err != nil {
			return err
		}
		return p.act(tx, who, page.GrantAllow, "answer-application", "sharing.application:"+a.ID, map[string]any{"state": a.State, "grant": a.Grant})
	})
	return a, err
}

// grant writes a grant and its policy; the sum of the text stands in the journal, so that a text that was changed afterwards shows.
func (p *Part) grant(tx *store.Tx, who *identity.Principal, a *Application, r *catalogue.Resource, t policy.Terms) (*Grant, error) {
	now := p.o.Now()
	g := &Grant{ID: store.NewID(now), Application: a.ID, Resource: r.ID, Owner: r.Unit, Unit: a.Unit, Purpose: a.Purpose, Terms: t, State: Live, At: now, Until: t.Until}
	g.Terms.ID, g.Terms.Resource, g.Terms.Unit, g.Terms.Purpose = g.ID, r.ID, a.Unit, a.Purpose
	if err := p.check(g.Terms, r); err != nil {
		return nil, err
	}
	var err error
	if g.Cedar, err = policy.Render(g.Terms, r.Policy()); err != nil {
		return nil, err
	}
	if _, err := policy.Compile(g.Cedar); err != nil { // what was rendered is read before it is in force
		return nil, err
	}
	terms, err := json.Marshal(g.Terms)
	if err != nil {
		return nil, errs.Wrap("write the terms", err)
	}
	if _, err := tx.Exec(qGrantPut, g.ID, g.Application, g.Resource, g.Owner, g.Unit, g.Purpose, string(terms), g.Cedar, g.State, store.Micros(g.At), store.Micros(g.Until), int64(0), ""); err != nil {
		return nil, err
	}
	if _, err := tx.Exec(qGrantAfter, g.Resource, g.Unit, g.Purpose, g.ID, store.Micros(now)); err != nil {
		return nil, err
	}
	if err := p.kept.Changed(tx); err != nil {
		return nil, err
	}
	return g, p.act(tx, who, page.GrantAllow, "grant-resource", "sharing.grant:"+g.ID, map[string]any{"resource": g.Resource, "unit": g.Unit, "purpose": g.Purpose, "until": g.Until, "cedar_sha256": sum(g.Cedar), "unmasked": g.Terms.Unmasked})
}

// Complete hands an application in again with what was asked for.
func (p *Part) Complete(ctx context.Context, who *identity.Principal, id, reason string) error {
	if reason = strings.TrimSpace(reason); reason == "" || len(reason) > mostText {
		return errs.Say(errs.Invalid, "请填写补正内容，不超过 %d 字节", "say what was asked for, in at most %d bytes", mostText)
	}
	return p.own(ctx, who, id, []string{More}, func(tx *store.Tx, a *Application) error {
		a.State, a.Reason = Open, a.Reason+"\n"+reason
		if len(a.Reason) > 5*mostText {
			return errs.Say(errs.TooLarge, "事由过长，请重新申请", "the text has become too long: apply anew")
		}
		if err := p.lead(tx, a, Open, reason); err != nil {
			return err
		}
		return p.act(tx, who, page.GrantApply, "complete-application", "sharing.application:"+a.ID, nil)
	})
}

// Cancel takes an application back.
func (p *Part) Cancel(ctx context.Context, who *identity.Principal, id string) error {
	return p.own(ctx, who, id, []string{Open, More}, func(tx *store.Tx, a *Application) error {
		a.State = Cancelled
		if err := p.lead(tx, a, Cancelled, ""); err != nil {
			return err
		}
		return p.act(tx, who, page.GrantApply, "cancel-application", "sharing.application:"+a.ID, nil)
	})
}

// own changes an application of one's own unit.
func (p *Part) own(ctx context.Context, who *identity.Principal, id string, in []string, fn func(tx *store.Tx, a *Application) error) error {
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		a, err := one(tx, who, id)
		if err != nil {
			return err
		}
		if !who.Can(page.GrantApply) || a.Unit != who.Unit {
			return errs.Say(errs.Denied, "只有申请单位可以这样做", "only the unit that applied may do that")
		}
		ok := false
		for _, s := range in {
			ok = ok || a.State == s
		}
		if !ok {
			return errs.Say(errs.Conflict, "申请当前为“%[1]s”", "the application is in the state %[1]q", a.State)
		}
		if err := fn(tx, &a); err != nil {
			return err
		}
		return p.put(tx, &a)
	})
}

// Grants lists the grants of a reader's unit: for its resources, or to it.
func (p *Part) Grants(ctx context.Context, who *identity.Principal) (out []*Grant, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error { out, err = grants(tx, qGrantList, who.Unit); return err })
	return out, errs.Wrap("read the grants", err)
}

// Grant finds one for a reader of either unit, or of the security office.
func (p *Part) Grant(ctx context.Context, who *identity.Principal, id string) (g *Grant, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error { g, err = oneGrant(tx, who, id); return err })
	return g, err
}

func oneGrant(tx *store.Tx, who *identity.Principal, id string) (*Grant, error) {
	list, err := grants(tx, qGrantGet, id)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 || list[0].Unit != who.Unit && list[0].Owner != who.Unit && !who.Can(page.GrantLog) {
		return nil, errs.Say(errs.NotFound, "没有这项授权", "there is no such grant")
	}
	return list[0], nil
}

// Revoke ends a grant at once, with a reason.
func (p *Part) Revoke(ctx context.Context, who *identity.Principal, id, reason string) error {
	if reason = strings.TrimSpace(reason); reason == "" || len(reason) > mostText {
		return errs.Say(errs.Invalid, "请写明收回理由，不超过 %d 字节", "say why it is revoked, in at most %d bytes", mostText)
	}
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		g, err := oneGrant(tx, who, id)
		if err != nil {
			return err
		}
		if !who.Can(page.GrantAllow) || g.Owner != who.Unit {
			return errs.Say(errs.Denied, "只有资源提供单位可以收回授权", "only the unit that provides the resource revokes a grant")
		}
		n, err := tx.Exec(qGrantEnd, id, Revoked, store.Micros(p.o.Now()), reason)
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.Say(errs.Conflict, "授权已终止", "the grant has ended already")
		}
		if err := p.kept.Changed(tx); err != nil {
			return err
		}
		return p.act(tx, who, page.GrantAllow, "revoke-grant", "sharing.grant:"+id, map[string]any{"resource": g.Resource, "unit": g.Unit})
	})
}

package inspect

import (
	"context"
	"slices"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/calendar"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/store"
)

// Extend asks for more time for a rectification.
func (p *Part) Extend(ctx context.Context, who *identity.Principal, caseID string, until calendar.Date, reason string) error {
	if err := need(who, GrantDo); err != nil {
		return err
	}
	if !fit(reason, 500) {
		return errs.Say(errs.Invalid, "请填写延期理由（1 至 500 字）", "give the reason in 1 to 500 characters")
	}
	return errs.Wrap("ask for more time", p.o.DB.Write(ctx, func(tx *store.Tx) error {
		c, err := p.finding(tx, who, caseID)
		if err != nil {
			return err
		}
		now, err := calendar.Parse(c.Fields[fieldDeadline])
		if err != nil {
			return err
		}
		if !c.Closed.IsZero() || until <= now || until > now+maxSpan {
			return errs.Say(errs.Invalid, "新期限应晚于现期限且不超过一年", "the new day lies after the present one, by a year at most")
		}
		before, err := extensions(tx, caseID)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(before, func(x Extension) bool { return x.State == "asked" }) {
			return errs.Say(errs.Conflict, "已有延期申请待审批", "a request waits already")
		}
		x := Extension{ID: store.NewID(p.o.Now()), Case: caseID, State: "asked", Until: until, Reason: reason, Asker: who.ID, Asked: p.o.Now()}
		if err := putExtension(tx, &x); err != nil {
			return err
		}
		if _, err := p.o.Cases.Record(tx, who, caseID, "ask-extension", reason, map[string]string{fieldDeadline: until.String()}); err != nil {
			return err
		}
		return p.o.Journal.Append(tx, act(who, GrantDo, "ask-extension", "case:"+caseID, map[string]any{"until": until.String()}))
	}))
}

// finding reads a rectification.
func (p *Part) finding(tx *store.Tx, who *identity.Principal, id string) (casework.Case, error) {
	c, err := p.o.Cases.In(tx, who, id)
	if err == nil && c.Kind != KindName {
		err = errs.Say(errs.NotFound, "没有这项整改", "there is no such rectification")
	}
	if d := p.o.Scope(who); err == nil && d != "" && d != c.Area {
		err = errs.Say(errs.NotFound, "没有这项整改", "there is no such rectification")
	}
	return c, err
}

// Decide approves or refuses the request that waits; never who asked.
func (p *Part) Decide(ctx context.Context, who *identity.Principal, caseID string, approve bool) error {
	if err := need(who, GrantApprove); err != nil {
		return err
	}
	return errs.Wrap("decide on more time", p.o.DB.Write(ctx, func(tx *store.Tx) error {
		c, err := p.finding(tx, who, caseID)
		if err != nil {
			return err
		}
		list, err := extensions(tx, caseID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(x Extension) bool { return x.State == "asked" })
		if i < 0 {
			return errs.Say(errs.Conflict, "没有待审批的延期申请", "no request waits")
		}
		x := list[i]
		if x.Asker == who.ID {
			return errs.Say(errs.Denied, "申请人不能审批自己的申请", "nobody decides on their own request")
		}
		x.State, x.Decider, x.Decided = "refused", who.ID, p.o.Now()
		if approve {
			x.State = "approved"
			if _, err := p.o.Cases.Do(tx, who, caseID, c.Version, casework.Change{Verb: verbEdit, Fields: map[string]string{fieldDeadline: x.Until.String(), fieldOverdue: ""}}); err != nil {
				return err
			}
		}
		if err := putExtension(tx, &x); err != nil {
			return err
		}
		return p.o.Journal.Append(tx, act(who, GrantApprove, "decide-extension", "case:"+caseID, map[string]any{"approved": approve, "until": x.Until.String()}))
	}))
}

// Escalate raises the level of rectifications whose day of grace has passed, once for each such day.
func (p *Part) Escalate(ctx context.Context) error {
	open, err := p.findings(ctx, self, casework.Filter{Open: true})
	if err != nil {
		return err
	}
	for _, c := range open {
		if !p.overdue(&c) || c.Fields[fieldOverdue] == c.Fields[fieldDeadline] {
			continue
		}
		level := max(1, c.Level-1)
		err := p.o.DB.Write(ctx, func(tx *store.Tx) error {
			raised, err := p.o.Cases.Do(tx, self, c.ID, c.Version, casework.Change{Verb: verbLevel, Level: &level})
			if err == nil {
				_, err = p.o.Cases.Do(tx, self, c.ID, raised.Version, casework.Change{Verb: verbEdit, Fields: map[string]string{fieldOverdue: c.Fields[fieldDeadline]}})
			}
			return err
		})
		if err != nil && !errs.Is(err, errs.Conflict) { // somebody was quicker: the next round sees it
			return errs.Wrap("escalate a rectification", err)
		}
	}
	return nil
}

// overdue tells whether an open rectification was not put right by its day. What was rectified in time and waits for the office is not late.
func (p *Part) overdue(c *casework.Case) bool {
	day, err := calendar.Parse(c.Fields[fieldDeadline])
	return err == nil && c.Closed.IsZero() && (c.Stage == Ordered || c.Stage == Planned) && p.today() > day
}

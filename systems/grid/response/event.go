package response

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/response/record"
	"github.com/haihe-city/haihe/systems/grid/response/rule"
)

const (
	maxReason = 300
	maxAhead  = 60 * 24 * time.Hour
	maxAreas  = 64
)

// check holds a draft to what an event may be: whole quarter hours of one day, ahead of now.
func (p *Part) check(e Event) error {
	if err := record.CheckName(e.Name); err != nil {
		return err
	}
	if err := record.Between(e.Target, 1, record.MaxKW*10, "目标（千瓦）", "the target (kW)"); err != nil {
		return err
	}
	now := p.o.Clock.Now()
	switch {
	case !e.Begins.Truncate(book.SlotLength).Equal(e.Begins) || !e.Ends.Truncate(book.SlotLength).Equal(e.Ends):
		return errs.Say(errs.Invalid, "起止时间应为整刻钟", "an event begins and ends at quarter hours")
	case !e.Ends.After(e.Begins) || book.DayOf(e.Ends.UnixMicro()-1) != book.DayOf(e.Begins.UnixMicro()):
		return errs.Say(errs.Invalid, "结束时间应晚于开始时间，且在同一日内", "an event ends after it begins, within the same day")
	case !e.Begins.After(now) || e.Begins.After(now.Add(maxAhead)):
		return errs.Say(errs.Invalid, "事件应在今后 60 日内开始", "an event begins within sixty days from now")
	case len(e.Districts) > maxAreas || len(e.Feeders) > maxAreas:
		return errs.Say(errs.Invalid, "区和线路各不超过 %d 个", "name at most %d districts and feeders each", maxAreas)
	}
	for _, d := range e.Districts {
		if region.Index(d) < 0 {
			return errs.Say(errs.Invalid, "“%s”不是本市的行政区划代码", "%q is no district code of this city", d)
		}
	}
	for _, f := range e.Feeders {
		if len(p.o.Book.OnFeeder(f)) == 0 {
			return errs.Say(errs.Invalid, "档案中没有线路 %s", "the archive does not know feeder %s", f)
		}
	}
	return nil
}

// Preview says who would be asked for a draft, and what is expected of them in kW.
func (p *Part) Preview(ctx context.Context, e Event) (choices []rule.Choice, met int64, err error) {
	choices, err = record.Read(ctx, p.o.DB, func(tx *store.Tx) ([]rule.Choice, error) {
		out, m, _, _, err := p.choose(tx, e)
		met = m
		return out, err
	})
	return choices, met, err
}

func (p *Part) choose(tx *store.Tx, e Event) (out []rule.Choice, met int64, meters map[string][]int64, known map[string]Participant, err error) {
	all, meters, known, err := p.candidates(tx, e)
	if err != nil {
		return nil, 0, nil, nil, err
	}
	out, met = rule.Choose(all, rule.Ask{Target: e.Target, Minutes: int64(e.Ends.Sub(e.Begins) / time.Minute), Ahead: int64(e.Begins.Sub(p.o.Clock.Now()) / time.Minute)})
	return out, met, meters, known, nil
}

// Draft makes an event and chooses its participants; nobody is told yet.
func (p *Part) Draft(ctx context.Context, who *identity.Principal, e Event) (id string, err error) {
	if err := deny(who, GrantManage); err != nil {
		return "", err
	}
	if err := p.check(e); err != nil {
		return "", err
	}
	now := p.o.Clock.Now()
	e.ID, e.State, e.MadeBy, e.Made, e.Changed = store.NewID(now), Draft, who.ID, now, now
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		list, err := record.Programmes(tx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(list, func(x Programme) bool { return x.Code == e.Programme && x.State == "open" }) {
			return errs.Say(errs.Invalid, "没有开放的项目“%s”", "there is no open programme %q", e.Programme)
		}
		choices, met, meters, known, err := p.choose(tx, e)
		if err != nil {
			return err
		}
		if met == 0 {
			return errs.Say(errs.Conflict, "没有可参与的主体，请检查范围、通知时间和合同次数", "no participant can take part: look at the area, the notice and the contracts")
		}
		if err := record.PutEvent(tx, e); err != nil {
			return err
		}
		n := 0
		for _, c := range choices {
			if c.Why != rule.Chosen {
				continue
			}
			n++
			if err := record.PutCall(tx, Call{Event: e.ID, Participant: c.Code, KW: c.Capacity, Price: known[c.Code].Price, Expected: c.Expected, Meters: meters[c.Code]}); err != nil {
				return err
			}
		}
		return p.act(tx, who, GrantManage, "draft-response", "grid.response.event:"+e.ID, map[string]any{"programme": e.Programme, "target": e.Target, "expected": met, "participants": n, "begins": e.Begins.UTC().Format(time.RFC3339), "ends": e.Ends.UTC().Format(time.RFC3339)})
	})
	return e.ID, err
}

// change alters an event in a state that allows it.
func (p *Part) change(ctx context.Context, id string, fn func(tx *store.Tx, e *Event) error) error {
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		e, err := record.OneEvent(tx, id)
		if err != nil {
			return err
		}
		if err := fn(tx, &e); err != nil {
			return err
		}
		e.Changed = p.o.Clock.Now()
		return record.PutEvent(tx, e)
	})
}

// Approve takes an event that another person drafted, and tells its participants: from then on their page and the interface show it. It is
// refused where it would tell one of them later than their contract says.
func (p *Part) Approve(ctx context.Context, who *identity.Principal, id string) error {
	if err := deny(who, GrantApprove); err != nil {
		return err
	}
	return p.change(ctx, id, func(tx *store.Tx, e *Event) error {
		now := p.o.Clock.Now()
		switch {
		case e.State != Draft:
			return errs.Say(errs.Conflict, "只有草稿可以批准", "only a draft can be approved")
		case e.MadeBy == who.ID:
			return errs.Say(errs.Denied, "起草人不得批准自己起草的事件，请由他人批准", "who drafted an event does not approve it: another person does")
		case !now.Before(e.Begins):
			return errs.Say(errs.Conflict, "事件开始时间已过", "the event's beginning is past")
		}
		list, err := record.Calls(tx, record.QCalls, id)
		if err != nil {
			return err
		}
		for _, c := range list {
			x, err := record.OneParticipant(tx, c.Participant)
			if err != nil {
				return err
			}
			if e.Begins.Sub(now) < time.Duration(x.Notice)*time.Minute {
				return errs.Say(errs.Conflict, "通知主体 %s 已晚于合同规定的 %d 分钟，请取消后重新起草", "participant %s would be told later than the %d minutes of the contract: cancel it and draft another", x.Code, x.Notice)
			}
			if c.Meters, err = record.Numbers(tx, record.QMeters, c.Participant); err != nil {
				return err
			}
			c.Told = now
			if err := record.PutCall(tx, c); err != nil {
				return err
			}
		}
		e.State, e.Approver, e.Approved = Notified, who.ID, now
		return p.act(tx, who, GrantApprove, "approve-response", "grid.response.event:"+id, map[string]any{"participants": len(list), "draftedBy": e.MadeBy})
	})
}

// Cancel ends an event before its end, with a reason.
func (p *Part) Cancel(ctx context.Context, who *identity.Principal, id, reason string) error {
	if err := deny(who, GrantManage); err != nil {
		return err
	}
	if reason = strings.TrimSpace(reason); reason == "" || len(reason) > maxReason {
		return errs.Say(errs.Invalid, "请填写取消理由（不超过 %d 字节）", "give a reason of at most %d bytes", maxReason)
	}
	return p.change(ctx, id, func(tx *store.Tx, e *Event) error {
		if e.State != Draft && e.State != Notified && e.State != Running {
			return errs.Say(errs.Conflict, "事件已结束，不能取消", "the event is over and cannot be cancelled")
		}
		e.State, e.Reason = Cancelled, reason
		return p.act(tx, who, GrantManage, "cancel-response", "grid.response.event:"+id, map[string]any{"reason": reason})
	})
}

// Answer takes a participant's yes or no before the event begins: from an account of theirs, or noted down by an officer who was told it.
func (p *Part) Answer(ctx context.Context, who *identity.Principal, id, code, answer string) error {
	if err := deny(who, GrantAnswer); err != nil {
		return err
	}
	if answer != "in" && answer != "out" {
		return errs.Say(errs.Invalid, "答复应为 in（参与）或 out（不参与）", "an answer is in or out")
	}
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		e, err := record.OneEvent(tx, id)
		if err != nil {
			return err
		}
		own, err := mine(tx, who)
		if err != nil {
			return err
		}
		if code == "" {
			code = own
		}
		if (code == "" || code != own) && !who.Can(GrantManage) {
			return errs.Say(errs.Denied, "您的账户未绑定该主体", "your account is not this participant's")
		}
		list, err := record.Calls(tx, record.QCalls, id)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(c Call) bool { return c.Participant == code && !c.Told.IsZero() })
		if i < 0 {
			return errs.Say(errs.NotFound, "没有向主体 %s 发出此邀约", "participant %q was not asked", code)
		}
		now := p.o.Clock.Now()
		if e.State != Notified || !now.Before(e.Begins) {
			return errs.Say(errs.Conflict, "事件已开始、结束或取消，不再接受答复", "the event has begun, or is over: it takes no answers")
		}
		c := list[i]
		c.Answered, c.Answer, c.Answerer = now, answer, who.ID
		if c.Seen.IsZero() && code == own {
			c.Seen = now
		}
		if err := record.PutCall(tx, c); err != nil {
			return err
		}
		return p.act(tx, who, GrantAnswer, "answer-response", "grid.response.event:"+id, map[string]any{"participant": code, "answer": answer})
	})
}

// seen notes that a participant has fetched what they were told.
func (p *Part) seen(ctx context.Context, list []Call) error {
	if !slices.ContainsFunc(list, func(c Call) bool { return c.Seen.IsZero() }) {
		return nil
	}
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		for _, c := range list {
			if !c.Seen.IsZero() {
				continue
			}
			now, err := record.Calls(tx, record.QCalls, c.Event) // an answer may have come meanwhile
			if err != nil {
				return err
			}
			for _, x := range now {
				if x.Participant == c.Participant && x.Seen.IsZero() {
					x.Seen = p.o.Clock.Now()
					if err := record.PutCall(tx, x); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
}

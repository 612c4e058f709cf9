package order

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/store"
)

// Bounds of what is asked: meters of a batch, bytes of a reason.
const (
	maxBatch  = 200
	maxReason = 500
)

// Ask takes orders of one kind to one or more meters. Those to a relay wait for another person; to read or set a clock needs none. All are
// taken or none.
func (p *Part) Ask(ctx context.Context, who *identity.Principal, kind Kind, meters []string, reason string) ([]Order, error) {
	if !who.Can(GrantAsk) {
		return nil, errs.Say(errs.Denied, "您没有申请电表指令的权限", "you may not ask for orders to meters")
	}
	if kind.at() < 0 {
		return nil, errs.Say(errs.Invalid, "指令“%s”无法识别", "there is no order %q", string(kind))
	}
	// A token is nobody of its own: its owner could approve what it asked.
	if kind.relay() && who.Person() == "" {
		return nil, errs.Say(errs.Denied, "停复电指令须由本人登录后申请，不接受令牌", "orders to a relay are asked by a person who has signed in, not by a token")
	}
	if reason = strings.TrimSpace(reason); kind.relay() && reason == "" || len(reason) > maxReason {
		return nil, errs.Say(errs.Invalid, "请填写理由（不超过 %d 字节）", "give the reason, at most %d bytes", maxReason)
	}
	meters = slices.Compact(slices.Sorted(slices.Values(meters)))
	if len(meters) == 0 || len(meters) > maxBatch {
		return nil, errs.Say(errs.Invalid, "请填写 1 至 %d 只电表", "name 1 to %d meters", maxBatch)
	}
	conf, err := p.setting(ctx)
	if err != nil {
		return nil, err
	}
	now := p.o.Clock.Now()
	batch := ""
	if len(meters) > 1 {
		batch = store.NewID(now)
	}
	var out []Order
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		out = nil
		for _, address := range meters {
			o, err := p.ask(tx, who.ID, kind, address, reason, batch, now, conf["hours-to-live"])
			if err != nil {
				return err
			}
			out = append(out, o)
			if err := p.journal(tx, who, GrantAsk, "ask-order", o.object(), map[string]any{"kind": string(kind), "meter": address, "batch": batch}); err != nil {
				return err
			}
		}
		return nil
	})
	p.rouse()
	return out, err
}

// ask writes one order.
func (p *Part) ask(tx *store.Tx, who string, kind Kind, address, reason, batch string, now time.Time, hours int64) (o Order, err error) {
	_, m, ok := p.o.Book.Find(address)
	if !ok {
		return o, errs.Say(errs.NotFound, "档案中没有电表 %s", "meter %s is not in the archive", address)
	}
	var open int64
	if err := tx.Get(qOpen, []any{address, string(kind)}, &open); err != nil {
		return o, err
	}
	if open > 0 {
		return o, errs.Say(errs.Conflict, "电表 %s 已有一条未办结的同类指令", "an order of this kind to meter %s has not come to its end", address)
	}
	o = Order{ID: store.NewID(now), Kind: kind, Meter: address, Concentrator: m.Concentrator, Batch: batch, Reason: reason, State: Approved, Asker: who, Asked: now, Deadline: now.Add(time.Duration(hours) * time.Hour)}
	guarded := int64(0)
	if kind.relay() {
		o.State = Asked
	}
	if kind == Disconnect {
		var why string
		switch err := tx.Get(qGuard, []any{address}, &why); {
		case err == nil:
			o.Guarded, guarded = true, 1
		case !errs.Is(err, errs.NotFound):
			return o, err
		}
	}
	if _, err := tx.Exec(qAdd, o.ID, string(kind), address, o.Concentrator, batch, reason, string(o.State), who, guarded, store.Micros(now), store.Micros(o.Deadline), []byte{}); err != nil {
		return o, err
	}
	return o, p.step(tx, o.ID, o.State, who, "", nil)
}

// decision is what a person says about an order that is asked for.
type decision struct {
	verb  string
	state State // that the order comes to
	note  string
}

// Approve lets an order go: by another person than asked, and where the customer is protected by a third one after the second.
func (p *Part) Approve(ctx context.Context, who *identity.Principal, id string) error {
	if !who.Can(GrantApprove) {
		return errs.Say(errs.Denied, "您没有审批电表指令的权限", "you may not approve orders to meters")
	}
	if who.Person() == "" {
		return errs.Say(errs.Denied, "审批须由本人登录后进行，不接受令牌", "orders are approved by a person who has signed in, not by a token")
	}
	return p.decide(ctx, who, GrantApprove, id, func(o *Order) (d decision, err error) {
		switch {
		case o.Asker == who.ID:
			return d, errs.Say(errs.Denied, "不能审批自己申请的指令，须由另一人审批", "nobody approves their own order: it needs another person")
		case o.Deadline.Before(p.o.Clock.Now()):
			return d, errs.Say(errs.Conflict, "指令已过期，请重新申请", "the order has expired, ask anew")
		case o.Approver == "" && o.Guarded:
			o.Approver = who.ID
			return decision{"approve-order", Asked, ""}, nil
		case o.Approver == "":
			o.Approver = who.ID
			return decision{"approve-order", Approved, ""}, nil
		case o.Approver == who.ID:
			return d, errs.Say(errs.Denied, "对重要用户停电须由第三人确认", "cutting off a protected customer needs a third person's confirmation")
		}
		o.Confirmer = who.ID
		return decision{"confirm-order", Approved, ""}, nil
	})
}

// ApproveBatch approves every order of a batch that waits and that the person may approve; n is how many.
func (p *Part) ApproveBatch(ctx context.Context, who *identity.Principal, batch string) (n int, err error) {
	waiting, err := p.orders(ctx, qBatch, batch)
	if err == nil && (batch == "" || len(waiting) == 0) {
		err = errs.Say(errs.NotFound, "这一批没有待审批的指令", "no order of this batch waits for approval")
	}
	for _, o := range waiting {
		if err = p.Approve(ctx, who, o.ID); err != nil {
			return n, err
		}
		n++
	}
	return n, err
}

// Refuse says no to an order that is asked for.
func (p *Part) Refuse(ctx context.Context, who *identity.Principal, id, note string) error {
	if !who.Can(GrantApprove) {
		return errs.Say(errs.Denied, "您没有审批电表指令的权限", "you may not approve orders to meters")
	}
	if note = strings.TrimSpace(note); note == "" || len(note) > maxReason {
		return errs.Say(errs.Invalid, "请填写驳回理由（不超过 %d 字节）", "give the reason, at most %d bytes", maxReason)
	}
	return p.decide(ctx, who, GrantApprove, id, func(*Order) (decision, error) { return decision{"refuse-order", Refused, note}, nil })
}

// Withdraw takes an order back that has not been sent: whoever asked for it may, and who approves.
func (p *Part) Withdraw(ctx context.Context, who *identity.Principal, id string) error {
	return p.decide(ctx, who, GrantAsk, id, func(o *Order) (d decision, err error) {
		if o.Asker != who.ID && !who.Can(GrantApprove) {
			return d, errs.Say(errs.Denied, "只有申请人或审批人可以撤回指令", "only who asked for an order, or who approves, takes it back")
		}
		return decision{"withdraw-order", Withdrawn, ""}, nil
	})
}

// decide moves an order that is asked for, or approved and not sent, by what a person says.
func (p *Part) decide(ctx context.Context, who *identity.Principal, grant, id string, say func(o *Order) (decision, error)) error {
	err := p.o.DB.Write(ctx, func(tx *store.Tx) error {
		var o Order
		err := tx.Each(qGet, []any{id}, func(scan func(...any) error) (err error) { o, err = read(scan); return err })
		if err != nil {
			return err
		}
		if o.ID == "" {
			return errs.Say(errs.NotFound, "没有这条指令", "there is no such order")
		}
		was, approver := o.State, o.Approver
		d, err := say(&o)
		if err != nil {
			return err
		}
		if was != Asked && (was != Approved || d.state != Withdrawn) {
			return errs.Say(errs.Conflict, "指令已下发或已办结，不能再作此处理", "the order was sent or has come to its end: this cannot be done any more")
		}
		ended := int64(0)
		if d.state != Asked && d.state != Approved {
			ended = store.Micros(p.o.Clock.Now())
		}
		n, err := tx.Exec(qDecide, id, string(was), string(d.state), o.Approver, o.Confirmer, ended, approver)
		if err == nil && n != 1 {
			err = errs.Say(errs.Conflict, "指令已被他人处理，请刷新", "somebody else has decided, load the page again")
		}
		if err != nil {
			return err
		}
		if err := p.step(tx, id, d.state, who.ID, d.note, nil); err != nil {
			return err
		}
		return p.journal(tx, who, grant, d.verb, o.object(), map[string]any{"kind": string(o.Kind), "meter": o.Meter, "state": string(d.state)})
	})
	p.rouse()
	return err
}

// Guard puts meters on the list of protected customers, or takes them off where why is empty.
func (p *Part) Guard(ctx context.Context, who *identity.Principal, meters []string, why string) error {
	if !who.Can(GrantApprove) {
		return errs.Say(errs.Denied, "您没有维护重要用户名单的权限", "you may not change the list of protected customers")
	}
	if why = strings.TrimSpace(why); len(why) > maxReason || len(meters) == 0 || len(meters) > maxBatch {
		return errs.Say(errs.Invalid, "请填写 1 至 %d 只电表，说明不超过 %d 字节", "name 1 to %d meters, and why in at most %d bytes", maxBatch, maxReason)
	}
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		for _, m := range meters {
			if _, _, ok := p.o.Book.Find(m); !ok {
				return errs.Say(errs.NotFound, "档案中没有电表 %s", "meter %s is not in the archive", m)
			}
			var err error
			if why == "" {
				_, err = tx.Exec(qGuardCut, m)
			} else {
				_, err = tx.Exec(qGuardPut, m, why, who.ID, store.Micros(p.o.Clock.Now()))
			}
			if err != nil {
				return err
			}
			if err := p.journal(tx, who, GrantApprove, "guard-meter", "grid.meter:"+m, map[string]any{"protected": why != ""}); err != nil {
				return err
			}
		}
		return nil
	})
}

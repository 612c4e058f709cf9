package alarm

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/store"
)

// Held is something whose alarms are kept out of the list: one device or all of one plant, out of service or suppressed by design.
type Held struct {
	ID       string
	Kind     Hold   // OutOfService or ByDesign
	Scope    string // URI of a device or of a group
	Reason   string
	Asker    string
	Asked    time.Time
	Approver string // of OutOfService: another person; it holds from then on
	Approved time.Time
	Until    time.Time // zero: until it is returned
	Ender    string
	Ended    time.Time
}

// active tells whether it keeps alarms out now.
func (h *Held) active() bool { return h.Ended.IsZero() && (h.Kind == ByDesign || h.Approver != "") }

// holdOf gives the hold that an alarm's device or group stands under; that of a person's shelf stays.
func (b *Board) holdOf(a *Alarm) Hold {
	if a.Hold == Shelved {
		return Shelved
	}
	hold := None
	for _, h := range *b.holds.Load() {
		if h.active() && (h.Scope == a.Entity || h.Scope == a.Group) {
			if h.Kind == OutOfService {
				return OutOfService
			}
			hold = ByDesign
		}
	}
	return hold
}

// AskOutOfService asks that a device's or a group's alarms be taken out of service until a time, or until they are returned where until
// is zero. It holds when another person approves.
func (b *Board) AskOutOfService(ctx context.Context, by *identity.Principal, scope, reason string, until time.Time) (id string, err error) {
	return b.newHold(ctx, by, Held{Kind: OutOfService, Scope: scope, Reason: reason, Until: until}, "ask-out-of-service")
}

// Suppress declares that a device's or a group's alarms are expected by design: the plant is stopped. A system says so for itself.
func (b *Board) Suppress(ctx context.Context, by *identity.Principal, scope, reason string, until time.Time) (id string, err error) {
	return b.newHold(ctx, by, Held{Kind: ByDesign, Scope: scope, Reason: reason, Until: until}, "suppress-alarms")
}

func (b *Board) newHold(ctx context.Context, by *identity.Principal, h Held, verb string) (string, error) {
	h.Reason = strings.TrimSpace(h.Reason)
	switch {
	case !by.Can(GrantHold):
		return "", errs.Say(errs.Denied, "您无权退出或抑制告警", "you may not take alarms out of service")
	case h.Scope == "":
		return "", errs.Say(errs.Invalid, "请指明设备或企业", "name the device or the plant")
	case h.Reason == "" || len([]rune(h.Reason)) > maxNote:
		return "", errs.Say(errs.Invalid, "请填写原因，不超过 %[1]d 字", "say why, in at most %[1]d characters", maxNote)
	case !h.Until.IsZero() && !h.Until.After(b.now()):
		return "", errs.Say(errs.Invalid, "截止时间已过", "the end lies in the past")
	}
	h.ID, h.Asker, h.Asked = store.NewID(b.now()), by.ID, b.now()
	return h.ID, b.holding(ctx, by, verb, h.ID, func(tx *store.Tx) error {
		_, err := tx.Exec(qHoldPut, h.ID, string(h.Kind), h.Scope, h.Reason, h.Asker, store.Micros(h.Asked), "", int64(0), store.Micros(h.Until))
		return err
	})
}

// Approve lets what another person asked for hold.
func (b *Board) Approve(ctx context.Context, by *identity.Principal, id string) error {
	h, ok := b.held(id)
	switch {
	case !by.Can(GrantHold):
		return errs.Say(errs.Denied, "您无权批准", "you may not approve this")
	case !ok || h.Kind != OutOfService || !h.Ended.IsZero():
		return errs.Say(errs.NotFound, "没有待批准的申请 %[1]s", "there is no request %[1]s to approve", id)
	case h.Asker == by.ID:
		return errs.Say(errs.Denied, "退出告警须由另一人批准", "somebody else approves this than who asked")
	case h.Approver != "":
		return errs.Say(errs.Conflict, "该申请已批准", "this was approved before")
	}
	return b.holding(ctx, by, "approve-out-of-service", id, func(tx *store.Tx) error {
		n, err := tx.Exec(qHoldApprove, by.ID, store.Micros(b.now()), id)
		if err == nil && n == 0 {
			err = errs.Say(errs.Conflict, "该申请已批准或已结束", "this was approved or ended meanwhile")
		}
		return err
	})
}

// Return ends a hold, or refuses a request.
func (b *Board) Return(ctx context.Context, by *identity.Principal, id string) error {
	if !by.Can(GrantHold) {
		return errs.Say(errs.Denied, "您无权恢复告警", "you may not return alarms to service")
	}
	if _, ok := b.held(id); !ok {
		return errs.Say(errs.NotFound, "没有记录 %[1]s", "there is no record %[1]s", id)
	}
	return b.holding(ctx, by, "end-hold", id, func(tx *store.Tx) error {
		_, err := tx.Exec(qHoldEnd, by.ID, store.Micros(b.now()), id)
		return err
	})
}

func (b *Board) held(id string) (Held, bool) {
	for _, h := range *b.holds.Load() {
		if h.ID == id {
			return h, true
		}
	}
	return Held{}, false
}

// Holds gives what is held or asked for, and what ended within a month, newest first.
func (b *Board) Holds(ctx context.Context) (list []Held, err error) {
	err = b.db.Read(ctx, func(tx *store.Tx) (err error) {
		list, err = readHolds(tx, b.now().Add(-30*24*time.Hour))
		return err
	})
	return list, errs.Wrap("read holds", err)
}

// holding changes what is held, and then the alarms that it speaks of.
func (b *Board) holding(ctx context.Context, by *identity.Principal, verb, id string, fn func(tx *store.Tx) error) error {
	return b.db.Write(ctx, func(tx *store.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		if err := b.loadHolds(tx); err != nil {
			return err
		}
		if err := b.rehold(tx, by.ID); err != nil {
			return err
		}
		return b.journal.Append(tx, journal.Act{Actor: by.ID, Unit: by.Unit, Authority: GrantHold, Verb: verb, Object: "hold:" + id})
	})
}

// loadHolds reads what is held; a transaction that fails takes it back.
func (b *Board) loadHolds(tx *store.Tx) error {
	list, err := readHolds(tx, time.Time{})
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(h Held) bool { return !h.Ended.IsZero() })
	before := b.holds.Swap(&list)
	tx.OnRollback(func() { b.holds.Store(before) })
	return nil
}

// rehold gives every open alarm the hold that it stands under now.
func (b *Board) rehold(tx *store.Tx, actor string) error {
	b.mu.RLock()
	ids := make([]string, 0, len(b.seen))
	for id := range b.seen {
		ids = append(ids, id)
	}
	b.mu.RUnlock()
	slices.Sort(ids)
	return b.amend(tx, ids, func(a *Alarm) *change {
		hold := b.holdOf(a)
		if a.State == Closed || hold == a.Hold {
			return nil
		}
		verb := verbHold
		if hold == None {
			verb = verbRelease
		}
		a.Hold = hold
		return &change{verb: verb, actor: actor, note: string(hold)}
	})
}

// endHolds ends what has come to its time.
func (b *Board) endHolds(ctx context.Context, now time.Time) error {
	var due []string
	for _, h := range *b.holds.Load() {
		if !h.Until.IsZero() && !h.Until.After(now) {
			due = append(due, h.ID)
		}
	}
	for _, id := range due {
		err := b.holding(ctx, identity.System("alarm"), "end-hold", id, func(tx *store.Tx) error {
			_, err := tx.Exec(qHoldEnd, "system:alarm", store.Micros(now), id)
			return err
		})
		if err != nil {
			return errs.Wrap("end a hold", err)
		}
	}
	return nil
}

// readHolds gives what has not ended, or ended since a time.
func readHolds(tx *store.Tx, since time.Time) (list []Held, err error) {
	from := int64(1)
	if !since.IsZero() {
		from = store.Micros(since)
	}
	err = tx.Each(qHolds, []any{from}, func(scan func(...any) error) error {
		var h Held
		var kind string
		var asked, approved, until, ended int64
		err := scan(&h.ID, &kind, &h.Scope, &h.Reason, &h.Asker, &asked, &h.Approver, &approved, &until, &h.Ender, &ended)
		h.Kind, h.Asked, h.Approved, h.Until, h.Ended = Hold(kind), store.Time(asked), store.Time(approved), store.Time(until), store.Time(ended)
		list = append(list, h)
		return err
	})
	return list, err
}

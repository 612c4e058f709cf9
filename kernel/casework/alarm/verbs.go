package alarm

import (
	"context"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// The grants that alarms ask for.
const (
	GrantRead = "alarm.read"   // see alarms
	GrantAck  = "alarm.answer" // acknowledge, shelve, remark
	GrantHold = "alarm.hold"   // ask for and approve that something is out of service, suppress by design
)

// maxShelf is the longest shelving: a shift and a half (ISA-18.2-2016 11.7 asks for a limit).
const maxShelf = 12 * time.Hour

// maxNote bounds a remark, in characters.
const maxNote = 500

// Acts are the words of what this package records.
func Acts() []journal.Word {
	return []journal.Word{
		{Verb: "acknowledge-alarm", Title: lang.T("确认告警", "Acknowledged alarms")},
		{Verb: "shelve-alarm", Title: lang.T("搁置告警", "Shelved alarms")},
		{Verb: "unshelve-alarm", Title: lang.T("取消搁置", "Took alarms from the shelf")},
		{Verb: "remark-alarm", Title: lang.T("备注告警", "Remarked on an alarm")},
		{Verb: "ask-out-of-service", Title: lang.T("申请退出告警", "Asked for alarms out of service")},
		{Verb: "approve-out-of-service", Title: lang.T("批准退出告警", "Approved alarms out of service")},
		{Verb: "suppress-alarms", Title: lang.T("设计抑制告警", "Suppressed alarms by design")},
		{Verb: "end-hold", Title: lang.T("恢复告警", "Returned alarms to service")},
	}
}

// Acknowledge answers for alarms; those that are not there or were acknowledged before are left alone. It gives how many it changed.
// note may be empty.
func (b *Board) Acknowledge(ctx context.Context, by *identity.Principal, ids []string, note string) (n int, err error) {
	now := b.now()
	err = b.act(ctx, by, "acknowledge-alarm", ids, note, false, func(a *Alarm) bool {
		switch a.State {
		case Unacknowledged:
			a.State = Acknowledged
		case Returned:
			a.State = Closed
		default:
			return false
		}
		a.Acker, a.AckedAt, a.Note = by.ID, now, note
		n++
		return true
	}, verbAcknowledge)
	return n, err
}

// Shelve takes alarms out of the list until a time, at most twelve hours ahead, with a reason. They come back by themselves.
func (b *Board) Shelve(ctx context.Context, by *identity.Principal, ids []string, until time.Time, reason string) error {
	now := b.now()
	if !until.After(now) || until.After(now.Add(maxShelf)) {
		return errs.Say(errs.Invalid, "搁置时间应在现在之后、12 小时以内", "an alarm is shelved until a time within the next 12 hours")
	}
	return b.act(ctx, by, "shelve-alarm", ids, reason, true, func(a *Alarm) bool {
		if a.Hold != None && a.Hold != Shelved || a.State == Closed {
			return false
		}
		a.Hold, a.Until, a.Note = Shelved, until, reason
		return true
	}, verbShelve)
}

// Unshelve brings them back.
func (b *Board) Unshelve(ctx context.Context, by *identity.Principal, ids []string) error {
	return b.act(ctx, by, "unshelve-alarm", ids, "", false, func(a *Alarm) bool {
		if a.Hold != Shelved {
			return false
		}
		a.Until = time.Time{}
		a.Hold = None
		a.Hold = b.holdOf(a)
		return true
	}, verbUnshelve)
}

// Remark adds a line to alarms.
func (b *Board) Remark(ctx context.Context, by *identity.Principal, ids []string, note string) error {
	return b.act(ctx, by, "remark-alarm", ids, note, true, func(a *Alarm) bool {
		a.Note = note
		return true
	}, verbNote)
}

// act is what a person does to alarms, with one entry in the journal for all of them.
func (b *Board) act(ctx context.Context, by *identity.Principal, act string, ids []string, note string, needsNote bool, fn func(a *Alarm) bool, verb string) error {
	note = strings.TrimSpace(note)
	switch {
	case !by.Can(GrantAck):
		return errs.Say(errs.Denied, "您无权处置告警", "you may not answer for alarms")
	case len(ids) == 0:
		return errs.Say(errs.Invalid, "请先选择告警", "choose alarms first")
	case len(ids) > 10_000:
		return errs.Say(errs.TooLarge, "一次最多处置 10000 条告警", "at most 10000 alarms at a time")
	case needsNote && note == "":
		return errs.Say(errs.Invalid, "请填写原因", "say why")
	case len([]rune(note)) > maxNote:
		return errs.Say(errs.TooLarge, "说明不超过 %[1]d 字", "at most %[1]d characters of text", maxNote)
	}
	return b.db.Write(ctx, func(tx *store.Tx) error {
		var did []string
		err := b.amend(tx, ids, func(a *Alarm) *change {
			if !fn(a) {
				return nil
			}
			did = append(did, a.ID)
			return &change{verb: verb, actor: by.ID, note: note}
		})
		if err != nil || len(did) == 0 {
			return err
		}
		object, detail := "alarm:"+did[0], map[string]any{"alarms": len(did)}
		if len(did) > 1 {
			detail["first"], detail["last"] = did[0], did[len(did)-1]
		}
		return b.journal.Append(tx, journal.Act{Actor: by.ID, Unit: by.Unit, Authority: GrantAck, Verb: act, Object: object, Detail: detail})
	})
}

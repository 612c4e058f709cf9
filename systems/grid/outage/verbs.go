package outage

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/outage/index"
	"github.com/haihe-city/haihe/systems/grid/outage/join"
	"github.com/haihe-city/haihe/systems/grid/outage/list"
)

func deny(who *identity.Principal) error {
	if who.Can(GrantEdit) {
		return nil
	}
	return errs.Say(errs.Denied, "您没有登记和更正停电记录的权限", "you may not record or correct outages")
}

func (p *Part) act(tx *store.Tx, who *identity.Principal, verb, object string, detail map[string]any) error {
	return p.o.Journal.Append(tx, journal.Act{Actor: who.ID, Unit: who.Unit, Authority: GrantEdit, Verb: verb, Object: object, Detail: detail})
}

// Tell takes an outage that a person reports. Where meters or a switch have told of the same one already, it becomes part of that;
// its id is given in any case.
func (p *Part) Tell(ctx context.Context, who *identity.Principal, t list.Tale) (string, error) {
	if err := deny(who); err != nil {
		return "", err
	}
	if err := t.Check(p.o.Clock.Now()); err != nil {
		return "", err
	}
	nums, err := t.Customers(p.o.Book)
	if err != nil {
		return "", err
	}
	var signals []join.Signal
	for _, n := range nums {
		signals = append(signals, join.Signal{Kind: join.Told, Meter: n, At: t.From.Unix()})
		if !t.To.IsZero() {
			signals = append(signals, join.Signal{Kind: join.ToldBack, Meter: n, At: t.To.Unix()})
		}
	}
	id := ""
	_, err = p.take(ctx, signals, func(tx *store.Tx, changed []*join.Outage) error {
		for _, o := range changed {
			if o.Cause == index.Unknown {
				o.Cause = t.Cause
			}
			if o.Note == "" {
				o.Note = t.Note
			}
			if err := put(tx, o, p.now()); err != nil {
				return err
			}
			id = o.ID
			if err := p.act(tx, who, "report-outage", "grid.outage:"+o.ID, map[string]any{"customers": len(nums), "cause": list.CauseNames[t.Cause]}); err != nil {
				return err
			}
		}
		if id == "" {
			return errs.Say(errs.Conflict, "这些用户此时的停电已有记录", "the outage of these customers at that time is known already")
		}
		return nil
	})
	return id, err
}

// Switch takes the opening or closing of a feeder's switch.
func (p *Part) Switch(ctx context.Context, who *identity.Principal, feeder string, opened bool, at time.Time) error {
	if err := deny(who); err != nil {
		return err
	}
	if now := p.o.Clock.Now(); at.After(now) || at.Before(list.Earliest) {
		return errs.Say(errs.Invalid, "操作时间应在 1990 年以后、当前时间以前", "a switch operates after 1990 and before now")
	}
	if _, err := (list.Tale{Feeder: feeder}).Customers(p.o.Book); err != nil {
		return err
	}
	s := join.Signal{Kind: join.SwitchClose, Feeder: feeder, At: at.Unix()}
	if opened {
		s.Kind = join.SwitchOpen
	}
	_, err := p.take(ctx, []join.Signal{s}, func(tx *store.Tx, changed []*join.Outage) error {
		return p.act(tx, who, "switch-feeder", book.FeederID(feeder), map[string]any{"opened": opened, "at": at.UTC().Format(time.RFC3339), "outages": len(changed)})
	})
	return err
}

// Edit is a correction: of what is not nil. Reason is needed.
type Edit struct {
	Cause  *index.Cause
	From   *time.Time // the beginning of everybody who went dark with the first
	To     *time.Time // the end of everybody who came back with the last, or is still in the dark
	Note   *string
	Void   *bool
	Reason string
}

// Correct changes an outage; both values are kept with the reason.
func (p *Part) Correct(ctx context.Context, who *identity.Principal, id string, e Edit) error {
	if err := deny(who); err != nil {
		return err
	}
	if e.Reason == "" || len(e.Reason) > list.MaxNote {
		return errs.Say(errs.Invalid, "请填写更正理由（不超过 %d 字节）", "give the reason of the correction, at most %d bytes", list.MaxNote)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	old, err := p.get(ctx, id)
	if err != nil {
		return err
	}
	o := old.Clone()
	fields, err := correct(o, e, p.o.Clock.Now())
	if err != nil {
		return err
	}
	if len(fields) == 0 {
		return errs.Say(errs.Conflict, "没有需要更正的内容", "nothing is different")
	}
	verb := "edit-outage"
	if e.Void != nil && *e.Void {
		verb = "void-outage"
	}
	p.known(old)
	err = p.store(ctx, []*join.Outage{o}, func(tx *store.Tx, _ []*join.Outage) error {
		names := []string{}
		for _, f := range fields {
			f.At, f.Who, f.Reason = p.o.Clock.Now(), who.ID, e.Reason
			names = append(names, f.Field)
			if err := addChange(tx, id, f); err != nil {
				return err
			}
		}
		return p.act(tx, who, verb, "grid.outage:"+id, map[string]any{"fields": names, "reason": e.Reason})
	})
	return errs.Wrap("correct an outage", err)
}

// known sees to it that what an outage was is known when it changes, so that its years count anew. p.mu is held.
func (p *Part) known(old *join.Outage) {
	p.seen.Lock()
	defer p.seen.Unlock()
	p.version++
	p.mark(old, p.o.Clock.Now())
}

// get reads one outage.
func (p *Part) get(ctx context.Context, id string) (*join.Outage, error) {
	all, err := wholes(ctx, p.o.DB, qGet, id)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errs.Say(errs.NotFound, "没有这条停电记录", "there is no such outage")
	}
	return all[0], nil
}

// correct applies a correction and gives the fields that it changed.
func correct(o *join.Outage, e Edit, now time.Time) (fields []Change, err error) {
	note := func(field, was, becomes string) {
		if was != becomes {
			fields = append(fields, Change{Field: field, Was: was, Becomes: becomes})
		}
	}
	was := *o
	if e.Cause != nil {
		o.Cause = *e.Cause
	}
	if e.Note != nil {
		if o.Note = *e.Note; len(o.Note) > list.MaxNote {
			return nil, errs.Say(errs.Invalid, "备注不超过 %d 字节", "a note has at most %d bytes", list.MaxNote)
		}
	}
	if e.Void != nil {
		o.State = join.Ended // settle says whether it is open
		if *e.Void {
			o.State = join.Void
		}
	}
	for i := range o.Dark {
		d := &o.Dark[i]
		if e.From != nil && d.From == was.Began {
			d.From, d.Begun = e.From.Unix(), join.ByReport
		}
		if e.To != nil && d.To == was.Ended {
			d.To, d.Ended = e.To.Unix(), join.ByReport
		}
		if d.To != 0 && d.To <= d.From || d.From > now.Unix() || d.To > now.Unix() {
			return nil, errs.Say(errs.Invalid, "更正后的停电时间应早于恢复时间，且都不晚于当前时间", "after the correction the beginning must lie before the end, and neither after now")
		}
	}
	o.Settle()
	note("cause", list.CauseNames[was.Cause], list.CauseNames[o.Cause])
	note("began", list.Stamp(was.Began), list.Stamp(o.Began))
	note("ended", list.Stamp(was.Ended), list.Stamp(o.Ended))
	note("note", was.Note, o.Note)
	note("state", string(was.State), string(o.State))
	return fields, nil
}

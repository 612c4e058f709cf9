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
)

// Tale is an outage as a person tells it: a feeder, a concentrator's meters, or meters by their numbers. To is zero while it lasts.
type Tale struct {
	Feeder, Concentrator string
	Meters               []string
	From, To             time.Time
	Cause                index.Cause
	Note                 string
}

// earliest is the time before which no outage is believed: the archive knows nothing of it.
var earliest = time.Date(1990, 1, 1, 0, 0, 0, 0, book.China)

// customers gives the keys of the meters that a tale means. What is told most closely counts: meters, then concentrator, then feeder.
func (t Tale) customers(b *book.Book) (nums []int64, err error) {
	switch {
	case len(t.Meters) > 0:
		for _, address := range t.Meters {
			_, m, ok := b.Find(address)
			if !ok || t.Feeder != "" && m.Feeder != t.Feeder {
				return nil, errs.Say(errs.Invalid, "档案中没有电表 %s，或它不在所填线路上", "meter %s is not in the archive, or not on that feeder", address)
			}
			nums = append(nums, m.Num)
		}
	case t.Concentrator != "":
		for _, address := range b.Addresses(t.Concentrator) {
			if _, m, _ := b.Find(address); t.Feeder == "" || m.Feeder == t.Feeder {
				nums = append(nums, m.Num)
			}
		}
		if len(nums) == 0 {
			return nil, errs.Say(errs.Invalid, "档案中没有集中器 %s，或它不在所填线路上", "concentrator %s is not in the archive, or not on that feeder", t.Concentrator)
		}
	case t.Feeder != "":
		if nums = b.OnFeeder(t.Feeder); len(nums) == 0 {
			return nil, errs.Say(errs.Invalid, "档案中没有线路 %s", "feeder %s is not in the archive", t.Feeder)
		}
	default:
		return nil, errs.Say(errs.Invalid, "请填写线路、集中器或电表", "give a feeder, a concentrator or meters")
	}
	return nums, nil
}

// check holds a tale's times to each other and to now.
func (t Tale) check(now time.Time) error {
	switch {
	case t.From.Before(earliest) || t.From.After(now):
		return errs.Say(errs.Invalid, "停电开始时间应在 1990 年以后、当前时间以前", "an outage begins after 1990 and before now")
	case !t.To.IsZero() && !t.To.After(t.From):
		return errs.Say(errs.Invalid, "恢复时间应晚于停电时间", "supply returns after it was lost")
	case t.To.After(now):
		return errs.Say(errs.Invalid, "恢复时间不能晚于当前时间；尚未恢复请留空", "supply cannot have returned in the future; leave it empty while the outage lasts")
	case len(t.Note) > maxNote:
		return errs.Say(errs.Invalid, "备注不超过 %d 字节", "a note has at most %d bytes", maxNote)
	}
	return nil
}

const maxNote = 1000

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
func (p *Part) Tell(ctx context.Context, who *identity.Principal, t Tale) (string, error) {
	if err := deny(who); err != nil {
		return "", err
	}
	if err := t.check(p.o.Clock.Now()); err != nil {
		return "", err
	}
	nums, err := t.customers(p.o.Book)
	if err != nil {
		return "", err
	}
	var signals []Signal
	for _, n := range nums {
		signals = append(signals, Signal{Kind: Told, Meter: n, At: t.From.Unix()})
		if !t.To.IsZero() {
			signals = append(signals, Signal{Kind: ToldBack, Meter: n, At: t.To.Unix()})
		}
	}
	id := ""
	_, err = p.take(ctx, signals, func(tx *store.Tx, changed []*Outage) error {
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
			if err := p.act(tx, who, "report-outage", "grid.outage:"+o.ID, map[string]any{"customers": len(nums), "cause": causeNames[t.Cause]}); err != nil {
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
	if now := p.o.Clock.Now(); at.After(now) || at.Before(earliest) {
		return errs.Say(errs.Invalid, "操作时间应在 1990 年以后、当前时间以前", "a switch operates after 1990 and before now")
	}
	if _, err := (Tale{Feeder: feeder}).customers(p.o.Book); err != nil {
		return err
	}
	s := Signal{Kind: SwitchClose, Feeder: feeder, At: at.Unix()}
	if opened {
		s.Kind = SwitchOpen
	}
	_, err := p.take(ctx, []Signal{s}, func(tx *store.Tx, changed []*Outage) error {
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
	if e.Reason == "" || len(e.Reason) > maxNote {
		return errs.Say(errs.Invalid, "请填写更正理由（不超过 %d 字节）", "give the reason of the correction, at most %d bytes", maxNote)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	old, err := p.get(ctx, id)
	if err != nil {
		return err
	}
	o := old.clone()
	fields, err := o.correct(e, p.o.Clock.Now())
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
	err = p.store(ctx, []*Outage{o}, func(tx *store.Tx, _ []*Outage) error {
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
func (p *Part) known(old *Outage) {
	p.seen.Lock()
	defer p.seen.Unlock()
	p.version++
	p.mark(old, p.o.Clock.Now())
}

// get reads one outage.
func (p *Part) get(ctx context.Context, id string) (*Outage, error) {
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
func (o *Outage) correct(e Edit, now time.Time) (fields []Change, err error) {
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
		if o.Note = *e.Note; len(o.Note) > maxNote {
			return nil, errs.Say(errs.Invalid, "备注不超过 %d 字节", "a note has at most %d bytes", maxNote)
		}
	}
	if e.Void != nil {
		o.State = Ended // settle says whether it is open
		if *e.Void {
			o.State = Void
		}
	}
	for i := range o.Dark {
		d := &o.Dark[i]
		if e.From != nil && d.From == was.Began {
			d.From, d.Begun = e.From.Unix(), ByReport
		}
		if e.To != nil && d.To == was.Ended {
			d.To, d.Ended = e.To.Unix(), ByReport
		}
		if d.To != 0 && d.To <= d.From || d.From > now.Unix() || d.To > now.Unix() {
			return nil, errs.Say(errs.Invalid, "更正后的停电时间应早于恢复时间，且都不晚于当前时间", "after the correction the beginning must lie before the end, and neither after now")
		}
	}
	o.settle()
	note("cause", causeNames[was.Cause], causeNames[o.Cause])
	note("began", stamp(was.Began), stamp(o.Began))
	note("ended", stamp(was.Ended), stamp(o.Ended))
	note("note", was.Note, o.Note)
	note("state", string(was.State), string(o.State))
	return fields, nil
}

// stamp writes a time as changes and files bear it; "" for none.
func stamp(unix int64) string {
	if unix == 0 {
		return ""
	}
	return time.Unix(unix, 0).In(book.China).Format(time.DateTime)
}

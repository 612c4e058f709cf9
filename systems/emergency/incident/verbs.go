package incident

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/store"
)

// change does something to an incident and its case in one transaction.
func (p *Part) change(ctx context.Context, who *identity.Principal, id string, version int64, grant string, fn func(tx *store.Tx, x *Incident) (casework.Change, error)) error {
	if err := need(who, grant); err != nil {
		return err
	}
	err := p.o.DB.Write(ctx, func(tx *store.Tx) error {
		x, err := one(tx, id)
		if err != nil {
			return err
		}
		c, err := fn(tx, &x)
		if err != nil {
			return err
		}
		switch c.Verb {
		case "advance", "level", "edit":
			if version == 0 { // it rests on nothing that was seen
				now, err := p.o.Cases.In(tx, who, id)
				if err != nil {
					return err
				}
				version = now.Version
			}
			_, err = p.o.Cases.Do(tx, who, id, version, c)
		default:
			_, err = p.o.Cases.Record(tx, who, id, c.Verb, c.Text, c.Fields)
		}
		if err != nil {
			return err
		}
		return put(tx, x)
	})
	p.changed.Store(true)
	return err
}

// Advance leads an incident to its next stage, with a word about how it is known.
func (p *Part) Advance(ctx context.Context, who *identity.Principal, id string, version int64, stage, text string) error {
	grant := GrantHandle
	if stage == Closed {
		grant = GrantClose
	}
	if stage == Merged {
		return errs.Say(errs.Invalid, "请用“并入”并指明并入哪起事件", "merge it, and say into which")
	}
	return p.change(ctx, who, id, version, grant, func(_ *store.Tx, x *Incident) (casework.Change, error) {
		now := p.o.Clock.Now()
		switch stage {
		case Verified:
			x.Verified = now
		case Controlled:
			x.Controlled = now
		case Responding:
			x.Controlled = time.Time{} // it has flared up
		case Closed, False:
			x.Closed = now
		}
		if stage == False && strings.TrimSpace(text) == "" {
			return casework.Change{}, errs.Say(errs.Invalid, "请填写判为虚报误报的依据", "say how it is known to be false")
		}
		return casework.Change{Verb: "advance", Stage: stage, Text: text}, nil
	})
}

// Judge sets the level, with its reason.
func (p *Part) Judge(ctx context.Context, who *identity.Principal, id string, version int64, level int, reason string) error {
	if level < 1 || level > 4 {
		return errs.Say(errs.Invalid, "级别为 1 至 4", "the level is 1 to 4")
	}
	if strings.TrimSpace(reason) == "" {
		return errs.Say(errs.Invalid, "请填写定级依据", "give the reason for the level")
	}
	return p.change(ctx, who, id, version, GrantHandle, func(*store.Tx, *Incident) (casework.Change, error) {
		return casework.Change{Verb: "level", Level: &level, Text: reason}, nil
	})
}

// Amend sets what is known of an incident: class, place, harm. What it was stays in the timeline.
func (p *Part) Amend(ctx context.Context, who *identity.Principal, id string, version int64, t Tell, reason string) error {
	return p.change(ctx, who, id, version, GrantHandle, func(tx *store.Tx, x *Incident) (casework.Change, error) {
		t.Drill, t.Occurred = x.Drill, x.Occurred // neither is ever changed: a drill stays one
		if err := t.Check(x.Occurred); err != nil {
			return casework.Change{}, err
		}
		fields := map[string]string{}
		note := func(name, was, becomes string) {
			if was != becomes {
				fields[name] = becomes
			}
		}
		note("class", x.Class, t.Class)
		note("district", x.District, t.District)
		note("place", x.Place, t.Place)
		note("substance", x.Substance, t.Substance)
		if t.Located && (!x.Located || t.At != x.At) {
			fields["at"] = t.At.Text()
		}
		for i, n := range harmOf(t.Harm) {
			note(harmNames[i], strconv.FormatInt(harmOf(x.Harm)[i], 10), strconv.FormatInt(n, 10))
		}
		if len(fields) == 0 {
			return casework.Change{}, errs.Say(errs.Conflict, "没有需要更正的内容", "nothing is different")
		}
		x.Class, x.Substance, x.Where, x.Harm = t.Class, t.Substance, t.Where, t.Harm
		names := []string{}
		for n := range fields {
			names = append(names, n)
		}
		slices.Sort(names)
		if err := p.act(tx, who, GrantHandle, "amend-incident", id, map[string]any{"fields": names}); err != nil {
			return casework.Change{}, err
		}
		return casework.Change{Verb: "edit", Title: t.title(), Text: reason, Fields: fields}, nil
	})
}

var harmNames = []string{"dead", "missing", "trapped", "serious", "injured"}

func harmOf(h Harm) []int64 { return []int64{h.Dead, h.Missing, h.Trapped, h.Serious, h.Injured} }

// Note writes a line.
func (p *Part) Note(ctx context.Context, who *identity.Principal, id, text string) error {
	if text = strings.TrimSpace(text); text == "" || len(text) > mostWords {
		return errs.Say(errs.Invalid, "请填写内容（不超过 %d 字节）", "write something, at most %d bytes", mostWords)
	}
	if err := need(who, GrantIntake); err != nil {
		return err
	}
	return p.o.DB.Write(ctx, func(tx *store.Tx) error { return p.Line(tx, who, id, "note", text, nil) })
}

// Wrote notes that the written report has gone up, and to whom.
func (p *Part) Wrote(ctx context.Context, who *identity.Principal, id, to string) error {
	if strings.TrimSpace(to) == "" {
		return errs.Say(errs.Invalid, "请填写报送单位", "say to whom it went")
	}
	return p.change(ctx, who, id, 0, GrantHandle, func(_ *store.Tx, x *Incident) (casework.Change, error) {
		if !x.Written.IsZero() {
			return casework.Change{}, errs.Say(errs.Conflict, "书面报告已登记", "the written report has been noted")
		}
		x.Written = p.o.Clock.Now()
		return casework.Change{Verb: "written", Text: to}, nil
	})
}

// Dispatched notes when the first order went out, in the order's transaction.
func (p *Part) Dispatched(tx *store.Tx, id string) error {
	x, err := one(tx, id)
	if err != nil || !x.Dispatched.IsZero() {
		return err
	}
	x.Dispatched = p.o.Clock.Now()
	return put(tx, x)
}

// Merge makes one incident part of another: its reports, orders and tasks move there.
func (p *Part) Merge(ctx context.Context, who *identity.Principal, id, into string) error {
	if id == into {
		return errs.Say(errs.Invalid, "不能并入自身", "an incident is not merged into itself")
	}
	return p.change(ctx, who, id, 0, GrantHandle, func(tx *store.Tx, x *Incident) (casework.Change, error) {
		other, err := one(tx, into)
		if err != nil {
			return casework.Change{}, err
		}
		if !other.Closed.IsZero() || x.Drill != other.Drill {
			return casework.Change{}, errs.Say(errs.Conflict, "只能并入未结束的事件；演练与真实事件不得合并", "it is merged into an open incident only; a drill never with something real")
		}
		x.Merged, x.Closed = into, p.o.Clock.Now()
		if _, err := tx.Exec(qMoveReport, id, into); err != nil {
			return casework.Change{}, err
		}
		for _, move := range p.movers {
			if err := move(tx, id, into); err != nil {
				return casework.Change{}, err
			}
		}
		if err := p.Line(tx, who, into, "related", "", map[string]string{"merged": id}); err != nil {
			return casework.Change{}, err
		}
		if err := p.act(tx, who, GrantHandle, "merge-incident", id, map[string]any{"into": into}); err != nil {
			return casework.Change{}, err
		}
		return casework.Change{Verb: "advance", Stage: Merged, Fields: map[string]string{"into": into}}, nil
	})
}

// Split opens an incident of its own from reports of one that turned out to be two.
func (p *Part) Split(ctx context.Context, who *identity.Principal, id string, ids []string) (made string, err error) {
	if len(ids) == 0 {
		return "", errs.Say(errs.Invalid, "请选择要分出的来报", "choose the reports that are about something else")
	}
	if err := need(who, GrantHandle); err != nil {
		return "", err
	}
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		x, err := one(tx, id)
		if err != nil {
			return err
		}
		list, err := reports(tx, qReports, id)
		if err != nil {
			return err
		}
		list = slices.DeleteFunc(list, func(r Report) bool { return !slices.Contains(ids, r.ID) })
		if len(list) != len(ids) || !x.Closed.IsZero() {
			return errs.Say(errs.Conflict, "来报不属于这起事件，或事件已结束", "a report is not of this incident, or the incident is over")
		}
		r := list[0]
		y, err := p.start(tx, who, Tell{Class: r.Class, Where: r.Where, Occurred: r.Came, Drill: x.Drill}, nil, "")
		if err != nil {
			return err
		}
		made = y.ID
		for _, r := range list {
			if _, err := tx.Exec(qJoin, r.ID, made); err != nil {
				return err
			}
		}
		for _, side := range [][2]string{{id, made}, {made, id}} {
			if err := p.Line(tx, who, side[0], "related", "", map[string]string{"split": side[1]}); err != nil {
				return err
			}
		}
		return p.act(tx, who, GrantHandle, "split-incident", id, map[string]any{"made": made, "reports": len(list)})
	})
	return made, err
}

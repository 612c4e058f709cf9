package incident

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/store"
)

// Intake is a report as it is taken in. Join names the incident that it is about; Apart says that it is about none of those nearby.
type Intake struct {
	Tell
	Personal
	Source string
	Join   string
	Apart  bool
}

// Taken is what became of it: the incident, or those that it may be about, between which somebody must choose.
type Taken struct {
	Incident, Receipt string
	Near              []Near
}

// Take takes a report in. Where incidents are near in place and time and the intake neither joins one nor keeps apart, nothing is written
// and they are given back.
func (p *Part) Take(ctx context.Context, who *identity.Principal, in Intake) (Taken, error) {
	if err := need(who, GrantIntake); err != nil {
		return Taken{}, err
	}
	now := p.o.Clock.Now()
	if err := in.Tell.Check(now); err != nil {
		return Taken{}, err
	}
	if err := in.Personal.check(); err != nil {
		return Taken{}, err
	}
	if in.Join == "" && !in.Apart {
		near, err := p.Nearest(ctx, in.Tell)
		if err != nil || len(near) > 0 {
			return Taken{Near: near}, err
		}
	}
	out := Taken{Incident: in.Join}
	err := p.o.DB.Write(ctx, func(tx *store.Tx) error {
		r := p.report(in, who, now)
		if out = (Taken{Incident: in.Join, Receipt: r.Receipt}); in.Join == "" {
			x, err := p.start(tx, who, in.Tell, nil, "")
			if err != nil {
				return err
			}
			out.Incident = x.ID
		} else if err := p.joined(tx, who, in.Join, r); err != nil {
			return err
		}
		r.Incident = out.Incident
		if err := putReport(tx, r); err != nil {
			return err
		}
		return p.act(tx, who, GrantIntake, "take-report", r.ID, map[string]any{"incident": out.Incident, "source": r.Source, "joined": in.Join != ""})
	})
	return out, err
}

// Nearest gives the open incidents that a report may be about.
func (p *Part) Nearest(ctx context.Context, t Tell) ([]Near, error) {
	if t.Occurred.IsZero() {
		t.Occurred = p.o.Clock.Now()
	}
	open, err := read(ctx, p.o.DB, func(tx *store.Tx) ([]Incident, error) { return incidents(tx, qOpen) })
	return nearest(t, open), errs.Wrap("look for incidents nearby", err)
}

func (p *Part) report(in Intake, who *identity.Principal, now time.Time) Report {
	if in.Source == "" {
		in.Source = ByCall
	}
	return Report{ID: store.NewID(now), Receipt: newReceipt(), Source: in.Source, Came: now, Taker: who.ID, Class: in.Class, Where: in.Where, Personal: in.Personal}
}

// newReceipt makes a number that nobody guesses: ten letters and digits, 50 bits.
func newReceipt() string {
	var b [7]byte
	_, _ = rand.Read(b[:]) // it never fails
	return base32.StdEncoding.EncodeToString(b[:])[:10]
}

// start opens an incident with its case.
func (p *Part) start(tx *store.Tx, who *identity.Principal, t Tell, alarms []string, text string) (Incident, error) {
	unit := who.Unit
	if unit == "" {
		unit = home
	}
	drill := ""
	if t.Drill {
		drill = "1"
	}
	c, err := p.o.Cases.Start(tx, who, casework.Case{Kind: KindName, Title: t.title(), Unit: unit, Area: t.District, Group: t.Plant,
		Fields: map[string]string{"class": t.Class, "drill": drill}}, alarms, text)
	if err != nil {
		return Incident{}, err
	}
	x := Incident{ID: c.ID, Class: t.Class, Substance: t.Substance, Where: t.Where, Harm: t.Harm, Drill: t.Drill, Times: Times{Occurred: t.Occurred, Opened: p.o.Clock.Now()}}
	p.changed.Store(true)
	return x, put(tx, x)
}

// home is the unit that holds what the program itself opens.
const home = "emergency-office"

// joined writes that a report was about an incident that is known.
func (p *Part) joined(tx *store.Tx, who *identity.Principal, id string, r Report) error {
	x, err := one(tx, id)
	if err != nil {
		return err
	}
	if !x.Closed.IsZero() {
		return errs.Say(errs.Conflict, "该事件已结束，不能并入新的来报", "the incident is over; no report joins it")
	}
	return p.Line(tx, who, id, "report", "", map[string]string{"source": r.Source, "receipt": r.Receipt})
}

// one reads an incident within a change.
func one(tx *store.Tx, id string) (Incident, error) {
	list, err := incidents(tx, qGet, id)
	if err != nil {
		return Incident{}, err
	}
	if len(list) == 0 {
		return Incident{}, missing()
	}
	return list[0], nil
}

// Line writes a line into an incident's timeline, whatever else happens to it at the moment. It is for the other parts of the room.
func (p *Part) Line(tx *store.Tx, who *identity.Principal, id, verb, text string, fields map[string]string) error {
	p.changed.Store(true)
	_, err := p.o.Cases.Record(tx, who, id, verb, text, fields)
	return err
}

// Settle decides about a report that waits: it joins an incident, opens one (join empty), or is dismissed with a reason.
func (p *Part) Settle(ctx context.Context, who *identity.Principal, report, join, dismiss string) (incident string, err error) {
	if err := need(who, GrantIntake); err != nil {
		return "", err
	}
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		list, err := reports(tx, qReportGet, report)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return errs.Say(errs.NotFound, "没有这条来报", "there is no such report")
		}
		r := list[0]
		if r.Incident != "" || r.Dismissed != "" {
			return errs.Say(errs.Conflict, "这条来报已处理", "the report has been dealt with")
		}
		if incident = join; dismiss != "" {
			if _, err := tx.Exec(qDismiss, report, dismiss); err != nil {
				return err
			}
			return p.act(tx, who, GrantIntake, "dismiss-report", report, map[string]any{"reason": dismiss})
		}
		if join != "" {
			err = p.joined(tx, who, join, r)
		} else {
			var x Incident
			x, err = p.start(tx, who, Tell{Class: r.Class, Where: r.Where, Occurred: r.Came}, nil, "")
			incident = x.ID
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(qJoin, report, incident); err != nil {
			return err
		}
		return p.act(tx, who, GrantIntake, "join-report", report, map[string]any{"incident": incident})
	})
	p.changed.Store(true)
	return incident, err
}

// Waiting gives the reports that nobody has dealt with, oldest first.
func (p *Part) Waiting(ctx context.Context) ([]Report, error) {
	return read(ctx, p.o.DB, func(tx *store.Tx) ([]Report, error) { return reports(tx, qWaiting) })
}

// Reports gives those of an incident, without what is personal.
func (p *Part) Reports(ctx context.Context, id string) ([]Report, error) {
	return read(ctx, p.o.DB, func(tx *store.Tx) ([]Report, error) { return reports(tx, qReports, id) })
}

// Reveal gives a report with what is personal in it. The look is in the journal before the words are on the page.
func (p *Part) Reveal(ctx context.Context, who *identity.Principal, id string) (r Report, err error) {
	if err := need(who, GrantPersonal); err != nil {
		return r, err
	}
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		list, err := reports(tx, qReportGet, id)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return errs.Say(errs.NotFound, "没有这条来报", "there is no such report")
		}
		r = list[0]
		if err := tx.Get(qPersonal, []any{id}, &r.Caller, &r.Phone, &r.Words, &r.Hurt); err != nil {
			return err
		}
		return p.act(tx, who, GrantPersonal, "read-report", id, map[string]any{"incident": r.Incident})
	})
	return r, err
}

// Follow finds a report by its receipt number, for whoever sent it.
func (p *Part) Follow(ctx context.Context, receipt string) (r Report, stage string, err error) {
	list, err := read(ctx, p.o.DB, func(tx *store.Tx) ([]Report, error) {
		return reports(tx, qReceipt, strings.ToUpper(strings.TrimSpace(receipt)))
	})
	if err != nil {
		return r, "", err
	}
	if len(list) == 0 {
		return r, "", errs.Say(errs.NotFound, "没有这个回执编号，请核对后重试", "there is no such receipt number; check it and try again")
	}
	if r = list[0]; r.Incident == "" {
		return r, "", nil
	}
	c, err := p.o.Cases.Get(ctx, identity.System("emergency"), r.Incident)
	return r, c.Stage, err
}

func need(who *identity.Principal, grant string) error {
	if who.Can(grant) {
		return nil
	}
	return errs.Say(errs.Denied, "您没有此项权限（%s）", "you may not do this (%s)", grant)
}

func (p *Part) act(tx *store.Tx, who *identity.Principal, authority, verb, object string, detail map[string]any) error {
	return p.o.Journal.Append(tx, journal.Act{Actor: who.ID, Unit: who.Unit, Authority: authority, Verb: verb, Object: "emergency.report:" + object, Detail: detail})
}

// Hear takes a citizen's report from the public page. It opens no incident: a person looks at it first.
func (p *Part) Hear(ctx context.Context, addr string, in Intake) (receipt string, err error) {
	now := p.o.Clock.Now()
	if err := in.Tell.Check(now); err != nil {
		return "", err
	}
	if err := in.Personal.check(); err != nil {
		return "", err
	}
	if in.Words == "" {
		return "", errs.Say(errs.Invalid, "请说明发生了什么", "say what has happened")
	}
	if err := p.door.Enter(addr); err != nil {
		return "", err
	}
	who := identity.System("emergency")
	in.Source, in.Drill, in.Plant = ByWeb, false, ""
	r := p.report(in, who, now)
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if err := putReport(tx, r); err != nil {
			return err
		}
		return p.act(tx, who, GrantIntake, "take-report", r.ID, map[string]any{"source": ByWeb})
	})
	p.changed.Store(true)
	return r.Receipt, err
}

package vee

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/vee/rule"
)

// Value is what stands in a slot. A value that is not there is series.Null.
type Value struct {
	At       int64 // microseconds UTC; 0 where nothing stood
	Quality  series.Quality
	Register int64 // 0.0001 kWh
	Power    int64 // 0.0001 kW
	Voltage  int64 // 0.1 V
}

func (v Value) values() []int64 { return []int64{v.Register, v.Power, v.Voltage} }

// Edit is a value that a person put into a slot. Was stays readable for ever, and comes back when the edit is taken back.
type Edit struct {
	ID        string
	Meter     int64
	Day       book.Day
	Slot      int
	At        time.Time
	Who       string
	Reason    string
	State     string // stands, undone
	Was, Now  Value
	UndoneAt  time.Time
	UndoneBy  string
	UndoneWhy string
}

func (e *Edit) scan(scan func(...any) error) error {
	var at, undone int64
	if err := scan(&e.ID, &e.Meter, &e.Day, &e.Slot, &at, &e.Who, &e.Reason, &e.State, &e.Was.At, &e.Was.Quality, &e.Was.Register, &e.Was.Power, &e.Was.Voltage,
		&e.Now.Quality, &e.Now.Register, &e.Now.Power, &e.Now.Voltage, &undone, &e.UndoneBy, &e.UndoneWhy); err != nil {
		return err
	}
	if e.At = store.Time(at); undone > 0 {
		e.UndoneAt = store.Time(undone)
	}
	if e.Now.At = e.Was.At; e.Now.At == 0 {
		e.Now.At = e.slotAt()
	}
	return nil
}

func (e *Edit) slotAt() int64 { return e.Day.Start() + int64(e.Slot)*book.SlotMicros }

// Wish is what a person wants to stand in a slot. Power is series.Null where it is to stay as it is.
type Wish struct {
	Address  string
	Day      book.Day
	Slot     int
	Register int64
	Power    int64
	Reason   string
}

// The bounds of a wish: no register of twelve digits is known, no meter carries a gigawatt.
const (
	mostRegister = 1_000_000_0000
	mostPower    = 1_000_000_0000
	shortReason  = 4
	longReason   = 500
)

func reasonOf(text string) (string, error) {
	text = strings.TrimSpace(text)
	if n := utf8.RuneCountInString(text); n < shortReason || n > longReason {
		return "", errs.Say(errs.Invalid, "请写明理由：%d 至 %d 个字", "give a reason of %d to %d characters", shortReason, longReason)
	}
	return text, nil
}

func (p *Part) check(by *identity.Principal, w *Wish) (m book.Meter, err error) {
	if !by.Can(GrantEdit) {
		return m, errs.Say(errs.Denied, "您没有编辑读数的权限", "you may not edit readings")
	}
	_, m, ok := p.o.Book.Find(w.Address)
	switch {
	case !ok:
		return m, errs.Say(errs.NotFound, "档案中没有电表 %s", "meter %s is not in the archive", w.Address)
	case w.Slot < 0 || w.Slot >= rule.Slots:
		return m, errs.Say(errs.Invalid, "时段应为 00:00 至 23:45 的整刻", "the slot is a quarter hour from 00:00 to 23:45")
	case w.Register < 0 || w.Register >= mostRegister:
		return m, errs.Say(errs.Invalid, "示数应在 0 至 999999.9999 kWh 之间", "a register lies between 0 and 999999.9999 kWh")
	case w.Power != series.Null && (w.Power <= -mostPower || w.Power >= mostPower):
		return m, errs.Say(errs.Invalid, "功率应在正负 999999.9999 kW 之间", "a power lies between plus and minus 999999.9999 kW")
	case w.Day.Start()+int64(w.Slot)*book.SlotMicros > p.o.Clock.Now().UnixMicro():
		return m, errs.Say(errs.Conflict, "该时段尚未到来", "this slot has not come yet")
	}
	w.Reason, err = reasonOf(w.Reason)
	return m, err
}

// Edit puts a value into a slot. In a reading's place it is a substitute and stays until it is taken back; in a gap it is an
// estimate by a person, which the reading replaces should it come. The value before is kept with it.
func (p *Part) Edit(ctx context.Context, by *identity.Principal, w Wish) (Edit, error) {
	m, err := p.check(by, &w)
	if err != nil {
		return Edit{}, err
	}
	now := p.o.Clock.Now()
	e := Edit{ID: store.NewID(now), Meter: m.Num, Day: w.Day, Slot: w.Slot, At: now, Who: by.ID, Reason: w.Reason, State: "stands"}
	err = p.o.Ledger.Decide(ctx, func(tx *store.Tx) ([]series.Sample, error) {
		var n int64
		if err := tx.Get(qEditStands, []any{e.Meter, int64(e.Day), int64(e.Slot), system}, &n); err != nil {
			return nil, err
		}
		if n > 0 {
			return nil, errs.Say(errs.Conflict, "该时段已有一次编辑，请先撤销再改", "this slot was edited already: take that edit back first")
		}
		if e.Was, err = p.standing(ctx, e.Meter, e.Day, e.Slot); err != nil {
			return nil, err
		}
		e.Now = Value{At: e.slotAt(), Quality: series.Estimated, Register: w.Register, Power: w.Power, Voltage: series.Null}
		if e.Was.At != 0 {
			e.Now.At, e.Now.Voltage = e.Was.At, e.Was.Voltage
			if e.Now.Power == series.Null {
				e.Now.Power = e.Was.Power
			}
			if isReading(e.Was.Quality) {
				e.Now.Quality = series.Substituted | e.Was.Quality&series.Late
			}
		}
		if err := p.account(tx, &e); err != nil {
			return nil, err
		}
		if err := p.manual(tx, &e, true); err != nil {
			return nil, err
		}
		return []series.Sample{{Key: e.Meter, At: e.Now.At, Quality: e.Now.Quality, Values: e.Now.values()}}, p.o.Journal.Append(tx, journal.Act{
			Actor: by.ID, Unit: by.Unit, Authority: GrantEdit, Verb: "edit-reading", Object: book.MeterID(w.Address),
			Detail: map[string]any{"edit": e.ID, "slot": slotName(e.Day, e.Slot), "was": text4(e.Was.Register), "now": text4(e.Now.Register)}})
	})
	if err != nil {
		return Edit{}, err
	}
	p.again(e.Day, e.Meter)
	return e, nil
}

// account writes an edit down.
func (p *Part) account(tx *store.Tx, e *Edit) error {
	_, err := tx.Exec(qEditAdd, e.ID, e.Meter, int64(e.Day), int64(e.Slot), store.Micros(e.At), e.Who, e.Reason,
		e.Was.At, int64(e.Was.Quality), e.Was.Register, e.Was.Power, e.Was.Voltage, int64(e.Now.Quality), e.Now.Register, e.Now.Power, e.Now.Voltage)
	return err
}

// Undo compares what stands with what the edit put there, since a reading may have taken an estimate's place meanwhile. It takes an edit back: what stood before stands again. Where something else came since, that stays.
func (p *Part) Undo(ctx context.Context, by *identity.Principal, id, reason string) (Edit, error) {
	if !by.Can(GrantEdit) {
		return Edit{}, errs.Say(errs.Denied, "您没有编辑读数的权限", "you may not edit readings")
	}
	reason, err := reasonOf(reason)
	if err != nil {
		return Edit{}, err
	}
	var e Edit
	err = p.o.Ledger.Decide(ctx, func(tx *store.Tx) ([]series.Sample, error) {
		found := false
		err := tx.Each(qEditGet, []any{id}, func(scan func(...any) error) error { found = true; return e.scan(scan) })
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, errs.Say(errs.NotFound, "没有这次编辑", "there is no such edit")
		}
		if e.State != "stands" {
			return nil, errs.Say(errs.Conflict, "这次编辑已经撤销", "this edit was taken back already")
		}
		m, ok := p.o.Book.ByNum(e.Meter)
		if !ok {
			return nil, errs.Say(errs.NotFound, "档案中没有这只电表", "the archive does not know this meter")
		}
		stands, err := p.standing(ctx, e.Meter, e.Day, e.Slot)
		if err != nil {
			return nil, err
		}
		if _, err := tx.Exec(qEditUndo, id, store.Micros(p.o.Clock.Now()), by.ID, reason); err != nil {
			return nil, err
		}
		if err := p.manual(tx, &e, false); err != nil {
			return nil, err
		}
		err = p.o.Journal.Append(tx, journal.Act{Actor: by.ID, Unit: by.Unit, Authority: GrantEdit, Verb: "undo-edit", Object: book.MeterID(m.Address),
			Detail: map[string]any{"edit": e.ID, "slot": slotName(e.Day, e.Slot)}})
		if err != nil || !e.byPass() && (stands.Quality != e.Now.Quality || stands.Register != e.Now.Register) || e.byPass() && isReading(stands.Quality) {
			return nil, err // a reading came since and stays
		}
		if e.Was.At == 0 { // nothing stood there: a sample cannot be taken out, but it can be said that it is none
			return []series.Sample{{Key: e.Meter, At: e.slotAt(), Quality: series.Invalid, Values: []int64{series.Null, series.Null, series.Null}}}, nil
		}
		return []series.Sample{{Key: e.Meter, At: e.Was.At, Quality: e.Was.Quality, Values: e.Was.values()}}, nil
	})
	if err != nil {
		return Edit{}, err
	}
	p.again(e.Day, e.Meter)
	return e, nil
}

// standing reads what stands in a slot; At is 0 where nothing does.
func (p *Part) standing(ctx context.Context, key int64, day book.Day, slot int) (v Value, err error) {
	v = Value{Register: series.Null, Power: series.Null, Voltage: series.Null}
	samples, err := p.o.Ledger.Meter(ctx, key, day)
	for _, x := range samples {
		if d, i, ok := book.SlotAt(x.At, p.o.Tolerance); ok && d == day && i == slot && x.Quality&^series.Late != series.Invalid {
			v = Value{x.At, x.Quality, x.Values[0], x.Values[1], x.Values[2]}
		}
	}
	return v, err
}

// manual notes that a slot was estimated by a person, or is not any more.
func (p *Part) manual(tx *store.Tx, e *Edit, add bool) error {
	if isReading(e.Now.Quality) {
		return nil
	}
	of := dayOf{e.Meter, e.Day}
	all, err := methodsOf(tx, of)
	if err != nil {
		return err
	}
	for m, set := range all {
		set.Remove(e.Slot)
		all[m] = set
	}
	if add {
		set := all[rule.Manual]
		set.Add(e.Slot)
		all[rule.Manual] = set
	}
	if _, err := tx.Exec(qEstimateCut, of.key, int64(of.day)); err != nil {
		return err
	}
	var args []any
	for m, set := range all {
		if !set.Empty() {
			args = append(args, of.key, int64(of.day), string(m), int64(set[0]), int64(set[1]), store.Micros(p.o.Clock.Now()))
		}
	}
	_, err = tx.ExecBulk(bulkEstimate, args)
	return err
}

// edits reads edits.
func edits(ctx context.Context, db *store.DB, q store.Stmt, args ...any) (out []Edit, err error) {
	err = db.Read(ctx, func(tx *store.Tx) error {
		return tx.Each(q, args, func(scan func(...any) error) error {
			var e Edit
			if err := e.scan(scan); err != nil {
				return err
			}
			out = append(out, e)
			return nil
		})
	})
	return out, errs.Wrap("read edits", err)
}

func slotName(d book.Day, slot int) string { return d.String() + " " + clock(slot) }

func clock(slot int) string { return fmt.Sprintf("%02d:%02d", slot/4, slot%4*15) }

// text4 writes a value of 0.0001 exactly; a dash for none.
func text4(v int64) string {
	if v == series.Null {
		return "—"
	}
	sign := ""
	if v < 0 {
		sign, v = "-", -v
	}
	return fmt.Sprintf("%s%d.%04d", sign, v/1e4, v%1e4)
}

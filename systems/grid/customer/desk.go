package customer

import (
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/customer/usage"
	"github.com/haihe-city/haihe/systems/grid/outage/index"
	"github.com/haihe-city/haihe/systems/grid/outage/list"
)

// Bounds of what people write.
const (
	longNote    = 200 // characters
	openReports = 5   // of one account that wait
	oldReport   = 7 * 24 * time.Hour
)

func noteOf(text string) (string, error) {
	text = strings.TrimSpace(text)
	if utf8.RuneCountInString(text) > longNote || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return "", errs.Say(errs.Invalid, "说明不超过 %d 个字，写在一行内", "a note has at most %d characters, on one line", longNote)
	}
	return text, nil
}

// Report takes an outage that a customer tells of at one of their meters. It waits for an officer.
func (p *Part) Report(ctx context.Context, who *identity.Principal, m book.Meter, began time.Time, text string) error {
	note, err := noteOf(text)
	if err != nil {
		return err
	}
	now := p.o.Clock.Now()
	if began.After(now) || began.Before(now.Add(-oldReport)) {
		return errs.Say(errs.Invalid, "停电时间应在最近 7 天内，且不晚于现在", "the outage began within the last seven days, and not after now")
	}
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		var waiting int64
		if err := tx.Get(qReportOpen, []any{who.Person()}, &waiting); err != nil {
			return err
		}
		if waiting >= openReports {
			return errs.Say(errs.Conflict, "您已有 %d 份报告待受理，请等待处理", "%d of your reports wait to be taken up; please wait for them", waiting)
		}
		_, err := tx.Exec(qReportAdd, store.NewID(now), who.Person(), m.Num, store.Micros(began), store.Micros(now), note)
		return err
	})
	return errs.Wrap("report an outage", err)
}

// Settle takes a report up as an outage, or sets it aside.
func (p *Part) Settle(ctx context.Context, who *identity.Principal, id string, take bool) error {
	if err := serve(who); err != nil {
		return err
	}
	all, err := p.reports(ctx, qReport, id)
	if err != nil {
		return err
	}
	if len(all) == 0 || all[0].state != "open" {
		return errs.Say(errs.Conflict, "该报告已处理或已撤销", "this report was settled, or its account is gone")
	}
	state, verb, outage := "dismissed", "dismiss-report", ""
	if take {
		m, ok := p.o.Book.ByNum(all[0].meter)
		if !ok {
			return errs.Say(errs.Conflict, "该电表已不在档案中", "the meter is not in the archive any more")
		}
		state, verb = "taken", "take-report"
		outage, err = p.o.Tell(ctx, who, list.Tale{Meters: []string{m.Address}, From: all[0].began, Cause: index.Unknown})
		if err != nil && !errs.Is(err, errs.Conflict) { // a conflict says that it is known already
			return err
		}
	}
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(qReportEnd, id, state, outage, store.Micros(p.o.Clock.Now()), who.ID)
		if err != nil || n == 0 {
			return err
		}
		return p.act(tx, who, GrantServe, verb, "grid.report:"+id, map[string]any{"outage": outage})
	})
	return errs.Wrap("settle a report", err)
}

// Announce tells the customers of a feeder of an interruption to come.
func (p *Part) Announce(ctx context.Context, who *identity.Principal, feeder string, starts, ends time.Time, text string) error {
	if err := serve(who); err != nil {
		return err
	}
	note, err := noteOf(text)
	switch {
	case err != nil:
		return err
	case len(p.o.Book.OnFeeder(feeder)) == 0:
		return errs.Say(errs.Invalid, "档案中没有线路 %s", "feeder %s is not in the archive", feeder)
	case !ends.After(starts) || ends.Sub(starts) > 7*24*time.Hour || !ends.After(p.o.Clock.Now()):
		return errs.Say(errs.Invalid, "停电预告须在将来结束，结束晚于开始，且不超过 7 天", "an interruption ends in the future, after its beginning, and within seven days")
	}
	now := p.o.Clock.Now()
	id := store.NewID(now)
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qNoticeAdd, id, feeder, store.Micros(starts), store.Micros(ends), note, store.Micros(now), who.ID); err != nil {
			return err
		}
		return p.act(tx, who, GrantServe, "announce-outage", book.FeederID(feeder), map[string]any{"from": starts.UTC().Format(time.RFC3339), "to": ends.UTC().Format(time.RFC3339)})
	})
	return errs.Wrap("announce an interruption", err)
}

// Withdraw takes an announcement back.
func (p *Part) Withdraw(ctx context.Context, who *identity.Principal, id string) error {
	if err := serve(who); err != nil {
		return err
	}
	err := p.o.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(qNoticeGone, id, store.Micros(p.o.Clock.Now()))
		if err != nil || n == 0 {
			return err
		}
		return p.act(tx, who, GrantServe, "withdraw-announcement", "grid.announcement:"+id, nil)
	})
	return errs.Wrap("withdraw an announcement", err)
}

// SetTariff puts in what a kind of customer pays; an empty text ends the estimates of that kind.
func (p *Part) SetTariff(ctx context.Context, who *identity.Principal, c book.Category, kind, text string) error {
	if err := serve(who); err != nil {
		return err
	}
	if !c.Known() {
		return errs.Say(errs.Invalid, "没有这一用电类别", "there is no such kind of customer")
	}
	if text = strings.TrimSpace(text); text != "" {
		if _, err := usage.ParseTariff(kind, text); err != nil {
			return err
		}
	}
	now := p.o.Clock.Now()
	err := p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qTariffAdd, store.NewID(now), string(c), kind, text, store.Micros(now), who.ID); err != nil {
			return err
		}
		return p.act(tx, who, GrantServe, "set-tariff", "grid.tariff:"+string(c), map[string]any{"kind": kind, "set": text != ""})
	})
	return errs.Wrap("set a tariff", err)
}

// tariff is what a kind of customer pays; set is false where nobody has put it in.
func (p *Part) tariff(ctx context.Context, c book.Category) (t usage.Tariff, text string, set bool, err error) {
	var kind string
	var at int64
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error { return tx.Get(qTariff, []any{string(c)}, &kind, &text, &at) })
	if errs.Is(err, errs.NotFound) || err == nil && text == "" {
		return t, "", false, nil
	}
	if err == nil {
		t, err = usage.ParseTariff(kind, text)
	}
	return t, text, err == nil, errs.Wrap("read the tariff", err)
}

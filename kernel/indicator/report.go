package indicator

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// The grants that reports ask for; systems/plan declares them.
const (
	GrantSubmit  = "plan.submit"
	GrantApprove = "plan.approve"
)

// The states of a report.
const (
	Submitted  = "submitted"
	Approved   = "approved"
	Rejected   = "rejected"
	Superseded = "superseded" // was approved; a later report for the same day took its place
)

// Bounds of what a report may hold, in characters.
const (
	maxEvidence = 500
	maxNote     = 2000
	maxReports  = 1000
)

// Report is a figure that an owner submits.
type Report struct {
	ID, Target        string
	Value             float64   // in the target's unit
	Period            time.Time // the day that the figure is for, China time
	Evidence          string    // what it rests on: a document number, an address
	Note              string
	By, Unit          string
	At                time.Time
	State             string // Submitted, Approved, Rejected or Superseded
	DecidedBy, Reason string
	DecidedAt         time.Time
	Replaces          string      // the report for the same day that this one corrects
	Flags             []lang.Text // what looks implausible, where it is not decided yet
}

// Submit takes a report by an officer of an owner unit. What looks implausible is flagged, not blocked: whoever approves sees it.
func (b *Board) Submit(ctx context.Context, by *identity.Principal, r Report) (Report, error) {
	b.mu.Lock()
	e, err := b.entry(r.Target)
	b.mu.Unlock()
	if err != nil {
		return Report{}, err
	}
	t := e.target
	if err := maySubmit(by, t); err != nil {
		return Report{}, err
	}
	now := b.now()
	if r, err = b.checkReport(r, t, now); err != nil {
		return Report{}, err
	}
	r.ID, r.By, r.Unit, r.At, r.State = store.NewID(now), by.ID, by.Unit, now.UTC(), Submitted
	err = b.db.Write(ctx, func(tx *store.Tx) error {
		var other string
		err := tx.Get(qReportSame, []any{r.Target, store.Micros(r.Period), Submitted}, &other)
		if err == nil {
			return errs.Say(errs.Conflict, "该日期已有一份填报待审核，请先处理后再报", "a report for this day waits for approval already; have it decided first")
		}
		if !errs.Is(err, errs.NotFound) {
			return err
		}
		if r.Flags, err = b.flags(tx, r); err != nil {
			return err
		}
		_, err = tx.Exec(qReportPut, r.ID, r.Target, r.Value, store.Micros(r.Period), r.Evidence, r.Note, r.By, r.Unit,
			store.Micros(r.At), r.State, "", "", int64(0), "")
		if err != nil {
			return err
		}
		return b.journal.Append(tx, journal.Act{Actor: by.ID, Unit: by.Unit, Authority: GrantSubmit, Verb: "submit", Object: "target:" + r.Target,
			Detail: actDetail{Report: r.ID, Value: r.Value, Period: r.Period.In(China).Format(time.DateOnly), Flags: len(r.Flags)}})
	})
	if err != nil {
		return Report{}, errs.Wrap("submit a report on "+r.Target, err)
	}
	return r, nil
}

// actDetail is what the journal keeps of a report besides who and when. Evidence and reason may name people, so they stay out.
type actDetail struct {
	Report   string  `json:"report"`
	Value    float64 `json:"value"`
	Period   string  `json:"period"`
	Flags    int     `json:"flags"`
	Replaces string  `json:"replaces,omitempty"`
}

func maySubmit(by *identity.Principal, t Target) error {
	switch {
	case by.Anonymous():
		return errs.Say(errs.Unauthenticated, "请先登录再填报", "sign in to submit a figure")
	case !t.Reported:
		return errs.Say(errs.Conflict, "“%s”由系统测量，不接受填报", "%s is measured by a system and takes no reports", t.ID)
	case !by.Can(GrantSubmit):
		return errs.Say(errs.Denied, "您没有填报指标的权限（%s）", "you may not submit figures (%s)", GrantSubmit)
	case !slices.Contains(t.Owners, by.Unit):
		return errs.Say(errs.Denied, "只有该目标的责任单位可以填报", "only the units responsible for this target may submit its figures")
	}
	return nil
}

// checkReport holds a report's fields to their bounds and brings them to the form in which they are kept.
func (b *Board) checkReport(r Report, t Target, now time.Time) (Report, error) {
	r.Evidence, r.Note = strings.TrimSpace(r.Evidence), strings.TrimSpace(r.Note)
	switch {
	case !sound(r.Value) || r.Value < 0:
		return r, errs.Say(errs.Invalid, "数值应为不小于 0 的数", "the value must be a number, 0 or more")
	case t.Unit == "%" && r.Value > 100:
		return r, errs.Say(errs.Invalid, "比率不能超过 100%", "a share cannot exceed 100 %")
	case r.Period.IsZero():
		return r, errs.Say(errs.Invalid, "请填写数据日期", "say which day the figure is for")
	case chinaDay(r.Period) > chinaDay(now):
		return r, errs.Say(errs.Invalid, "数据日期不能晚于今天", "the day of the figure must not lie in the future")
	case r.Evidence == "":
		return r, errs.Say(errs.Invalid, "请填写数据依据（文号或地址）", "say what the figure rests on: a document number or an address")
	case len([]rune(r.Evidence)) > maxEvidence:
		return r, errs.Say(errs.Invalid, "数据依据不能超过 %d 个字", "the evidence must not exceed %d characters", maxEvidence)
	case len([]rune(r.Note)) > maxNote:
		return r, errs.Say(errs.Invalid, "说明不能超过 %d 个字", "the note must not exceed %d characters", maxNote)
	}
	r.Period = chinaMidnight(r.Period).UTC()
	return r, nil
}

// Decide approves or rejects a report. It takes a second person, of the unit that leads the target or that coordinates the
// plan. Approved for a day that has a figure already, it corrects that figure: the old one stays, superseded from now on.
func (b *Board) Decide(ctx context.Context, by *identity.Principal, id string, approve bool, reason string) (Report, error) {
	reason = strings.TrimSpace(reason)
	switch {
	case !approve && reason == "":
		return Report{}, errs.Say(errs.Invalid, "退回填报应说明理由", "give a reason when you reject a report")
	case len([]rune(reason)) > maxNote:
		return Report{}, errs.Say(errs.Invalid, "审核意见不能超过 %d 个字", "the opinion must not exceed %d characters", maxNote)
	}
	now := b.now()
	var r Report
	err := b.db.Write(ctx, func(tx *store.Tx) (err error) {
		if r, err = b.decidable(tx, by, id); err != nil {
			return err
		}
		if r.Flags, err = b.flags(tx, r); err != nil {
			return err
		}
		r.State, r.DecidedBy, r.Reason, r.DecidedAt = Rejected, by.ID, reason, now.UTC()
		if approve {
			r.State = Approved
			if err := b.enact(tx, &r, now); err != nil {
				return err
			}
		}
		n, err := tx.Exec(qReportDecide, r.State, r.DecidedBy, r.Reason, store.Micros(now), r.Replaces, id)
		if err == nil && n != 1 {
			err = alreadyDecided()
		}
		if err != nil {
			return err
		}
		verb := map[bool]string{true: "approve", false: "reject"}[approve]
		return b.journal.Append(tx, journal.Act{Actor: by.ID, Unit: by.Unit, Authority: GrantApprove, Verb: verb, Object: "target:" + r.Target,
			Detail: actDetail{Report: r.ID, Value: r.Value, Period: r.Period.In(China).Format(time.DateOnly), Flags: len(r.Flags), Replaces: r.Replaces}})
	})
	if err != nil {
		return Report{}, errs.Wrap("decide on report "+id, err)
	}
	if approve {
		if err := b.reload(ctx, r.Target); err != nil {
			return r, errs.Wrap("read the figures of "+r.Target, err)
		}
		b.notify(r.Target)
	}
	return r, nil
}

// decidable reads a report that by may decide on.
func (b *Board) decidable(tx *store.Tx, by *identity.Principal, id string) (Report, error) {
	r, err := scanReport(func(dest ...any) error { return tx.Get(qReport, []any{id}, dest...) })
	if errs.Is(err, errs.NotFound) {
		return r, errs.Say(errs.NotFound, "没有这份填报", "there is no such report")
	}
	if err != nil {
		return r, err
	}
	b.mu.Lock()
	e, err := b.entry(r.Target)
	b.mu.Unlock()
	if err != nil {
		return r, err
	}
	if err := b.MayDecide(by, e.target, r); err != nil {
		return r, err
	}
	if r.State != Submitted {
		return r, alreadyDecided()
	}
	return r, nil
}

// MayDecide says why by may not decide on a report of t; nil where they may.
func (b *Board) MayDecide(by *identity.Principal, t Target, r Report) error {
	switch {
	case by.Anonymous():
		return errs.Say(errs.Unauthenticated, "请先登录再审核", "sign in to decide on a report")
	case !by.Can(GrantApprove):
		return errs.Say(errs.Denied, "您没有审核填报的权限（%s）", "you may not decide on reports (%s)", GrantApprove)
	case by.Person() == "":
		return errs.Say(errs.Denied, "填报须由本人审核，接口令牌无效", "a report is decided on by a person, not by a token")
	case by.ID == r.By:
		return errs.Say(errs.Conflict, "填报与审核不能为同一人", "who submitted a figure cannot approve it")
	case by.Unit != t.Owners[0] && !slices.Contains(b.plan.Coordinators, by.Unit):
		return errs.Say(errs.Denied, "只有牵头单位或统筹单位可以审核该目标的填报", "only the unit that leads this target, or the one that coordinates the plan, may decide")
	}
	return nil
}

// MaySubmit says why by may not submit a figure for t; nil where they may.
func (b *Board) MaySubmit(by *identity.Principal, t Target) error { return maySubmit(by, t) }

func alreadyDecided() error {
	return errs.Say(errs.Conflict, "该填报已经审核", "this report has been decided on already")
}

// enact makes an approved report the target's figure for its day.
func (b *Board) enact(tx *store.Tx, r *Report, now time.Time) error {
	err := tx.Get(qReportSame, []any{r.Target, store.Micros(r.Period), Approved}, &r.Replaces)
	switch {
	case err == nil:
		if _, err := tx.Exec(qReportOld, r.Replaces); err != nil {
			return err
		}
		if _, err := tx.Exec(qSupersede, store.Micros(now), r.Target, store.Micros(r.Period)); err != nil {
			return err
		}
	case !errs.Is(err, errs.NotFound):
		return err
	}
	return putFigure(tx, r.Target, Figure{Value: r.Value, At: r.Period}, now, SourceReport, r.ID)
}

// reload reads a target again after its rows changed.
func (b *Board) reload(ctx context.Context, target string) error {
	return b.db.Read(ctx, func(tx *store.Tx) error {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.load(tx, b.entries[target])
	})
}

// Reports lists reports, newest first; an empty target or state does not narrow. Those that wait bear their flags.
func (b *Board) Reports(ctx context.Context, target, state string) ([]Report, error) {
	var out []Report
	err := b.db.Read(ctx, func(tx *store.Tx) error {
		out = nil
		err := tx.Each(qReports, []any{target, state, int64(maxReports)}, func(scan func(dest ...any) error) error {
			r, err := scanReport(scan)
			out = append(out, r)
			return err
		})
		for i := range out {
			if err == nil && out[i].State == Submitted {
				out[i].Flags, err = b.flags(tx, out[i])
			}
		}
		return err
	})
	return out, errs.Wrap("list reports", err)
}

// Report finds one report (errs.NotFound).
func (b *Board) Report(ctx context.Context, id string) (Report, error) {
	var r Report
	err := b.db.Read(ctx, func(tx *store.Tx) (err error) {
		r, err = scanReport(func(dest ...any) error { return tx.Get(qReport, []any{id}, dest...) })
		if errs.Is(err, errs.NotFound) {
			return errs.Say(errs.NotFound, "没有这份填报", "there is no such report")
		}
		if err == nil && r.State == Submitted {
			r.Flags, err = b.flags(tx, r)
		}
		return err
	})
	return r, errs.Wrap("read report "+id, err)
}

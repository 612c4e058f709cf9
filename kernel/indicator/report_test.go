package indicator

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
)

func person(id, unit string, grants ...string) *identity.Principal {
	return identity.NewPrincipal("person:"+id, unit, nil, grants...)
}

var (
	officer = func() *identity.Principal { return person("wang", "power", GrantSubmit) }
	leader  = func() *identity.Principal { return person("li", "power", GrantSubmit, GrantApprove) }
)

// approveAt submits and approves a figure for a day.
func approveAt(t *testing.T, r *rig, id string, v float64, day time.Time) Report {
	t.Helper()
	rep, err := r.Submit(t.Context(), officer(), Report{Target: id, Value: v, Period: day, Evidence: "津经信〔2015〕1 号"})
	if err != nil {
		t.Fatal(err)
	}
	if rep, err = r.Decide(t.Context(), leader(), rep.ID, true, ""); err != nil {
		t.Fatal(err)
	}
	return rep
}

func TestSubmit(t *testing.T) {
	r := open(t, small())
	good := Report{Target: "a", Value: 8e8, Period: china(2015, 9, 30, 15, 0), Evidence: "津经信〔2015〕1 号"}
	with := func(fn func(*Report)) Report { x := good; fn(&x); return x }
	for _, c := range []struct {
		name string
		by   *identity.Principal
		r    Report
		want errs.Kind
	}{
		{"nobody", &identity.Principal{}, good, errs.Unauthenticated},
		{"without the grant", person("wang", "power"), good, errs.Denied},
		{"another unit", person("wang", "education", GrantSubmit), good, errs.Denied},
		{"no such target", officer(), with(func(r *Report) { r.Target = "none" }), errs.NotFound},
		{"a measured target", officer(), with(func(r *Report) { r.Target = "coverage" }), errs.Conflict},
		{"without evidence", officer(), with(func(r *Report) { r.Evidence = "  " }), errs.Invalid},
		{"without a day", officer(), with(func(r *Report) { r.Period = time.Time{} }), errs.Invalid},
		{"tomorrow", officer(), with(func(r *Report) { r.Period = china(2015, 11, 21, 0, 0) }), errs.Invalid},
		{"negative", officer(), with(func(r *Report) { r.Value = -1 }), errs.Invalid},
		{"no number", officer(), with(func(r *Report) { r.Value = math.NaN() }), errs.Invalid},
		{"endless note", officer(), with(func(r *Report) { r.Note = strings.Repeat("字", maxNote+1) }), errs.Invalid},
	} {
		if _, err := r.Submit(t.Context(), c.by, c.r); !errs.Is(err, c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		} else if _, ok := errs.MsgOf(err); !ok {
			t.Errorf("%s: no message for the user", c.name)
		}
	}
	rep, err := r.Submit(t.Context(), officer(), good)
	if err != nil || rep.State != Submitted || !rep.Period.Equal(china(2015, 9, 30, 0, 0)) {
		t.Fatal(rep, err)
	}
	if _, err := r.Submit(t.Context(), officer(), good); !errs.Is(err, errs.Conflict) {
		t.Errorf("a second report for the same day while the first waits: %v", err)
	}
	if s := r.get(t, "a"); s.State != NotConnected {
		t.Error("a figure counts before it is approved")
	}
}

func TestDecide(t *testing.T) {
	r := open(t, small())
	rep, err := r.Submit(t.Context(), leader(), Report{Target: "a", Value: 8e8, Period: china(2015, 9, 30, 0, 0), Evidence: "x"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		by      *identity.Principal
		approve bool
		reason  string
		want    errs.Kind
	}{
		{"nobody", nil, true, "", errs.Unauthenticated},
		{"who submitted it", leader(), true, "", errs.Conflict},
		{"without the grant", person("x", "power"), true, "", errs.Denied},
		{"an owner that does not lead", person("x", "education", GrantApprove), true, "", errs.Denied},
		{"a token", identity.NewPrincipal("token:1", "power", nil, GrantApprove), true, "", errs.Denied},
		{"a rejection without a reason", person("x", "power", GrantApprove), false, " ", errs.Invalid},
	} {
		if _, err := r.Decide(t.Context(), c.by, rep.ID, c.approve, c.reason); !errs.Is(err, c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	if _, err := r.Decide(t.Context(), person("x", "power", GrantApprove), "none", true, ""); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
	// The coordinating unit may, too.
	got, err := r.Decide(t.Context(), person("zhao", "economy", GrantApprove), rep.ID, true, "")
	if err != nil || got.State != Approved || got.DecidedBy != "person:zhao" {
		t.Fatal(got, err)
	}
	if _, err := r.Decide(t.Context(), person("zhao", "economy", GrantApprove), rep.ID, false, "再看"); !errs.Is(err, errs.Conflict) {
		t.Errorf("decided twice: %v", err)
	}
	s := r.get(t, "a")
	if s.Figure == nil || s.Figure.Value != 8e8 || s.Source != SourceReport || s.Report != rep.ID || !s.Figure.At.Equal(china(2015, 9, 30, 0, 0)) || s.State != OnPace {
		t.Errorf("%+v %+v", s, s.Figure)
	}
	r.again(t)
	if s := r.get(t, "a"); s.Figure == nil || s.Report != rep.ID {
		t.Error("an approved figure is lost at a restart")
	}
	rejected, err := r.Submit(t.Context(), officer(), Report{Target: "a", Value: 1, Period: china(2015, 10, 31, 0, 0), Evidence: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Decide(t.Context(), leader(), rejected.ID, false, "单位有误"); err != nil {
		t.Fatal(err)
	}
	if s := r.get(t, "a"); s.Figure.Value != 8e8 {
		t.Error("a rejected figure counts")
	}
	acts, _, err := r.journal.List(t.Context(), journal.Filter{Object: "target:a"})
	if err != nil {
		t.Fatal(err)
	}
	verbs := ""
	for _, a := range acts {
		verbs += a.Verb + " by " + a.Actor + " under " + a.Authority + ", "
	}
	want := "reject by person:li under plan.approve, submit by person:wang under plan.submit, approve by person:zhao under plan.approve, submit by person:li under plan.submit, "
	if verbs != want {
		t.Errorf("journal: %s", verbs)
	}
}

// TestCorrect shows that a correction supersedes and keeps both, each as it was known.
func TestCorrect(t *testing.T) {
	r := open(t, small())
	day := china(2015, 9, 30, 0, 0)
	first := approveAt(t, r, "a", 8e8, day)
	known := r.clock.now()
	r.clock.add(24 * time.Hour)
	second := approveAt(t, r, "a", 7e8, day)
	if second.Replaces != first.ID {
		t.Errorf("the correction replaces %q, want %q", second.Replaces, first.ID)
	}
	if s := r.get(t, "a"); s.Figure.Value != 7e8 {
		t.Errorf("%v", s.Figure)
	}
	if p := history(t, r, "a", known); len(p) != 1 || p[0].Value != 8e8 || p[0].Report != first.ID {
		t.Errorf("as known before the correction: %v", p)
	}
	if p := history(t, r, "a", time.Time{}); len(p) != 1 || p[0].Value != 7e8 {
		t.Errorf("as known today: %v", p)
	}
	if old, err := r.Report(t.Context(), first.ID); err != nil || old.State != Superseded {
		t.Errorf("the corrected report: %v %v", old.State, err)
	}
	all, err := r.Reports(t.Context(), "a", "")
	if err != nil || len(all) != 2 || all[0].ID != second.ID {
		t.Errorf("%v %v", all, err)
	}
	if waiting, err := r.Reports(t.Context(), "", Submitted); err != nil || len(waiting) != 0 {
		t.Errorf("%v %v", waiting, err)
	}
	// An older day, learnt later, is not the newest figure.
	approveAt(t, r, "a", 5e8, china(2015, 6, 30, 0, 0))
	if s := r.get(t, "a"); s.Figure.Value != 7e8 {
		t.Errorf("a figure for an older day took the place of the newest: %v", s.Figure)
	}
}

// TestSums holds the figures to 10 + 20 = 30, and shows that a wrong leaf is flagged and not blocked.
func TestSums(t *testing.T) {
	r := open(t, small())
	day := china(2015, 9, 30, 0, 0)
	state := func() SumStatus {
		t.Helper()
		s, err := r.Sums(t.Context())
		if err != nil || len(s) != 1 {
			t.Fatal(s, err)
		}
		return s[0]
	}
	if s := state(); s.Complete || s.Flagged || s.Goals != 30e8 || s.Whole.Value != 30e8 {
		t.Errorf("with nothing known: %+v", s)
	}
	approveAt(t, r, "a", 8e8, day)
	approveAt(t, r, "b", 12e8, day)
	if s := state(); s.Complete || s.Flagged || s.Total != 20e8 {
		t.Errorf("without the whole: %+v", s)
	}
	approveAt(t, r, "whole", 20e8, day)
	if s := state(); !s.Complete || s.Flagged || s.Difference != 0 {
		t.Errorf("it adds up: %+v", s)
	}
	later := china(2015, 10, 31, 0, 0)
	rep, err := r.Submit(t.Context(), officer(), Report{Target: "b", Value: 13e8, Period: later, Evidence: "x"})
	if err != nil || len(rep.Flags) != 1 || !strings.Contains(rep.Flags[0].Zh, "21 亿元") {
		t.Errorf("a wrong leaf is flagged: %v %v", rep.Flags, err)
	}
	if waiting, err := r.Reports(t.Context(), "b", Submitted); err != nil || len(waiting) != 1 || len(waiting[0].Flags) != 1 {
		t.Errorf("who approves sees the flag: %v %v", waiting, err)
	}
	if _, err := r.Decide(t.Context(), leader(), rep.ID, true, ""); err != nil {
		t.Errorf("flagged, not blocked: %v", err)
	}
	if s := state(); !s.Flagged || s.Difference != -1e8 {
		t.Errorf("20 is not 8 + 13: %+v", s)
	}
	// Yuan for 亿元: a hundred million times too small.
	rep, err = r.Submit(t.Context(), officer(), Report{Target: "a", Value: 9, Period: later, Evidence: "x"})
	if err != nil || len(rep.Flags) != 2 || !strings.Contains(rep.Flags[0].Zh, "计量单位") {
		t.Errorf("a slip of the unit is flagged: %v %v", rep.Flags, err)
	}
}

// TestPartial shows that parts which exceed the whole are flagged even where one is missing.
func TestPartial(t *testing.T) {
	r := open(t, small())
	day := china(2015, 9, 30, 0, 0)
	approveAt(t, r, "whole", 20e8, day)
	rep, err := r.Submit(t.Context(), officer(), Report{Target: "b", Value: 19e8, Period: day, Evidence: "x"})
	if err != nil || len(rep.Flags) != 0 {
		t.Errorf("nothing speaks against 19 of 20: %v %v", rep.Flags, err)
	}
	rep, err = r.Submit(t.Context(), officer(), Report{Target: "a", Value: 21e8, Period: day, Evidence: "x"})
	if err != nil || len(rep.Flags) != 1 || !strings.Contains(rep.Flags[0].En, "more than") {
		t.Errorf("a part beyond the whole: %v %v", rep.Flags, err)
	}
}

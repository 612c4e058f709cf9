package early

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/safety/early/model"
	"github.com/haihe-city/haihe/systems/safety/register"
	"github.com/haihe-city/haihe/web/ui"
)

// The rules of learning.
const (
	maxWarned  = 0.05                // share of a window in which the model at work may warn
	tryAgain   = 6 * time.Hour       // after the schedule was refused
	atOnce     = 5                   // plants that the schedule learns in one go
	leastPart  = 3                   // the schedule waits until one part in so many of its window is there
	maxWindow  = 31 * 24 * time.Hour // of a lesson
	alarmsBack = 31 * 24 * time.Hour // alarms that came so long before a window may reach into it
)

// Lesson is a window to learn from.
type Lesson struct {
	From, To time.Time
	Reason   string
	Accept   bool // although the window is not steady, or the model at work would have warned in it
}

// window is what the series hold of a lesson.
type window struct {
	points  []PointOf
	rows    [][]float64 // nil: left out
	leftOut int
}

// Learn learns a plant anew in a person's name and sets the new version to work.
func (p *Part) Learn(ctx context.Context, who *identity.Principal, code string, l Lesson) (v Version, err error) {
	if err := deny(who); err != nil {
		return v, err
	}
	if l.Reason == "" || len(l.Reason) > 400 {
		return v, errs.Say(errs.Invalid, "请填写训练理由（不超过 400 字节）", "give the reason, at most 400 bytes")
	}
	if _, err := p.site(who, code); err != nil {
		return v, err
	}
	v, err = p.prepare(ctx, code, l)
	if err != nil {
		return v, err
	}
	v.Who, v.Reason = who.ID, l.Reason
	act := journal.Act{Actor: who.ID, Unit: who.Unit, Authority: GrantEdit, Verb: "learn-early", Object: register.PlantURI(code),
		Detail: map[string]any{"since": l.From.UTC().Format(time.RFC3339), "until": l.To.UTC().Format(time.RFC3339), "accept": l.Accept, "rows": v.Rows, "reason": l.Reason}}
	return p.begin(ctx, v, &act)
}

// begin keeps a version and sets it to work.
func (p *Part) begin(ctx context.Context, v Version, act *journal.Act) (Version, error) {
	err := p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if err := putVersion(tx, &v); err != nil {
			return err
		}
		if act == nil {
			return nil
		}
		return p.o.Journal.Append(tx, *act)
	})
	if err != nil {
		return v, errs.Wrap("keep a model", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.adopt(v)
	return v, nil
}

// prepare learns from a window and holds what was learnt to the guards.
func (p *Part) prepare(ctx context.Context, code string, l Lesson) (v Version, err error) {
	site, ok := p.o.Register.Site(code)
	if !ok {
		return v, errs.Say(errs.NotFound, "没有企业 %[1]s", "there is no plant %[1]s", code)
	}
	if !l.From.Before(l.To) || l.To.Sub(l.From) > maxWindow || l.To.After(p.o.Now()) {
		return v, errs.Say(errs.Invalid, "训练时段应早于当前时间，且不超过 31 天", "the window must lie before now and last at most 31 days")
	}
	w, err := p.read(ctx, site, l)
	if err != nil {
		return v, errs.Wrap("read a window", err)
	}
	m, err := model.Train(w.rows, model.Default())
	switch {
	case errors.Is(err, model.ErrShort):
		need := model.Least * len(w.points) * (model.Default().Lags + 1)
		return v, errs.Say(errs.Conflict, "可用数据不足：%[1]d 个测点约需 %[2]d 个完整时段", "too little data: %[1]d points want about %[2]d whole slots", len(w.points), need)
	case errors.Is(err, model.ErrStill):
		return v, errs.Say(errs.Conflict, "该时段内有变化的测点不足两个", "fewer than two points move in this window")
	case err != nil:
		return v, err
	}
	v = Version{Plant: code, Learnt: p.o.Now(), Since: l.From, Until: l.To, Key: site.Num, Points: w.points, Rows: m.Rows, LeftOut: w.leftOut, Strain: m.Strain, model: m}
	v.Warned = p.warnedIn(code, w)
	if l.Accept {
		return v, nil
	}
	if m.Strain > model.MaxStrain {
		return v, errs.Say(errs.Conflict, "该时段不平稳：测点 %[1]s 的水平移动了 %[2]s 倍标准差。请换一个正常时段，或确认后仍然采用", "the window is not steady: %[1]s moved by %[2]s deviations. Choose a normal window, or take it all the same", w.points[m.Worst].Name, ui.Num(m.Strain, 1))
	}
	if v.Warned > maxWarned {
		return v, errs.Say(errs.Conflict, "现用模型在该时段有 %[1]s%% 的时间预警，可能把异常学成正常。请换一个时段，或确认后仍然采用", "the model at work warns in %[1]s %% of this window: a fault might become normal. Choose another, or take it all the same", ui.Num(100*v.Warned, 1))
	}
	return v, nil
}

// warnedIn is the share of a window in which the model at work would have warned.
func (p *Part) warnedIn(code string, w window) float64 {
	p.mu.Lock()
	old := p.watches[code]
	p.mu.Unlock()
	if old == nil {
		return 0
	}
	place := make([]int, len(old.of.Points)) // of the old model's points in the window's rows
	for i, pt := range old.of.Points {
		place[i] = slices.IndexFunc(w.points, func(n PointOf) bool { return n.Num == pt.Num })
	}
	s, row, warned, all := old.of.model.Start(), make([]float64, len(place)), 0, 0
	for _, r := range w.rows {
		if r == nil {
			s = old.of.model.Start()
			continue
		}
		for i, j := range place {
			if row[i] = math.NaN(); j >= 0 {
				row[i] = r[j]
			}
		}
		if all++; s.Step(row).Alarm {
			warned++
		}
	}
	return float64(warned) / float64(max(1, all))
}

// statistical points are those whose values have a distribution: no switches, nothing that reports by event.
func statistical(pt *register.Point) bool {
	return pt.Every > 0 && pt.Kind != register.Fire && pt.Kind != register.Switch
}

// read gives the rows of a window.
func (p *Part) read(ctx context.Context, site *register.Site, l Lesson) (w window, err error) {
	from, to := l.From.UnixMicro()/p.step, l.To.UnixMicro()/p.step
	column, keys := map[int64]int{}, []int64(nil)
	run := -1
	p.mu.Lock()
	set := p.set[site.Code]
	p.mu.Unlock()
	for i := range site.Points {
		if pt := &site.Points[i]; statistical(pt) {
			column[pt.Num], keys = len(w.points), append(keys, pt.Num)
			w.points = append(w.points, PointOf{pt.Num, pt.Name})
			if pt.Name == set.Run {
				run = len(w.points) - 1
			}
		}
	}
	if len(keys) == 0 {
		return w, nil
	}
	slots := make([]slot, to-from)
	err = p.o.Readings.Scan(ctx, keys, from*p.step, to*p.step, func(x series.Sample) error {
		s := &slots[x.At/p.step-from]
		if s.sum == nil {
			*s = newSlot(len(keys))
		}
		if x.Values[0] != series.Null && x.Quality&^series.Late != series.Invalid {
			s.add(column[x.Key], float64(x.Values[0])*p.scale)
		}
		return nil
	})
	if err != nil {
		return w, err
	}
	spans, err := p.disturbed(ctx, site.URI, l)
	if err != nil {
		return w, err
	}
	fill := newFiller(len(keys))
	for i := range slots {
		var row []float64
		if at := (from + int64(i)) * p.step; slots[i].sum != nil {
			row = make([]float64, len(keys))
			missing := fill.row(&slots[i], row)
			if missing*missingPart > len(row) || run >= 0 && !(row[run] >= set.Least) || within(spans, at, at+p.step) {
				row, w.leftOut = nil, w.leftOut+1
			}
		}
		w.rows = append(w.rows, row)
	}
	return w, nil
}

// span is a stretch of time in µs.
type span struct{ from, to int64 }

func within(spans []span, from, to int64) bool {
	return slices.ContainsFunc(spans, func(s span) bool { return s.from < to && from < s.to })
}

// disturbed gives the stretches in which an alarm of the plant stood. A warning that was judged false disturbs nothing.
func (p *Part) disturbed(ctx context.Context, uri string, l Lesson) (out []span, err error) {
	for _, class := range []alarm.Class{alarm.Process, alarm.Quality, alarm.Device} {
		for _, states := range [][]alarm.State{nil, {alarm.Closed}} {
			f := alarm.Filter{System: "safety", Group: uri, Classes: []alarm.Class{class}, States: states, From: l.From.Add(-alarmsBack), To: l.To, Limit: 1000, Order: "newest",
				Holds: []alarm.Hold{alarm.None, alarm.Shelved, alarm.ByDesign, alarm.OutOfService}}
			list, _, err := p.o.Alarms.List(ctx, f)
			if err != nil {
				return nil, err
			}
			for _, a := range list {
				s := span{a.First.UnixMicro(), l.To.UnixMicro()}
				if !a.Gone.IsZero() {
					s.to = a.Gone.UnixMicro()
				}
				out = append(out, s)
			}
		}
	}
	code := register.CodeOf(uri)
	warnings, err := p.readWarnings(ctx, qWarnOf, code, l.From.UnixMicro(), l.To.UnixMicro())
	for _, w := range warnings {
		if w.Verdict == False {
			continue
		}
		s := span{w.Came.UnixMicro(), l.To.UnixMicro()}
		if !w.Gone.IsZero() {
			s.to = w.Gone.UnixMicro()
		}
		out = append(out, s)
	}
	return out, err
}

// LearnDue learns the plants that have no model, or an old one; a few at a time.
func (p *Part) LearnDue(ctx context.Context) error {
	now := p.o.Now()
	for _, site := range p.due(now) {
		v, err := p.prepare(ctx, site.Code, Lesson{From: now.Add(-p.o.Window), To: now})
		if err == nil && v.Rows < int(p.o.Window/p.o.Interval)/leastPart {
			err = errs.Say(errs.Conflict, "正在积累数据：已有 %[1]d 个完整时段", "data are still coming together: %[1]d whole slots so far", v.Rows)
		}
		if err == nil {
			_, err = p.begin(ctx, v, nil)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		msg, said := errs.MsgOf(err)
		if err != nil && !said {
			return err
		}
		if err == nil {
			msg = lang.Text{}
		}
		if err := p.note(ctx, site.Code, now, msg); err != nil {
			return err
		}
	}
	return nil
}

// due gives plants whose turn it is.
func (p *Part) due(now time.Time) (out []*register.Site) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, site := range p.o.Register.Sites(register.Filter{State: register.Running}) {
		set, w := p.set[site.Code], p.watches[site.Code]
		if set.Off || now.Sub(set.Tried) < tryAgain && !set.Tried.After(now) {
			continue
		}
		if w != nil && (p.o.Renew == 0 || now.Sub(w.of.Learnt) < p.o.Renew || w.warning != nil) {
			continue
		}
		if out = append(out, site); len(out) == atOnce {
			break
		}
	}
	return out
}

// note keeps what the schedule was told.
func (p *Part) note(ctx context.Context, code string, now time.Time, refused lang.Text) error {
	p.mu.Lock()
	set := p.set[code]
	set.Tried, set.Refused = now, refused
	p.set[code] = set
	p.mu.Unlock()
	return errs.Wrap("note a lesson", p.o.DB.Write(ctx, func(tx *store.Tx) error { return putSetting(tx, code, set) }))
}

package early

import (
	"context"
	"math"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/safety/early/model"
	"github.com/haihe-city/haihe/systems/safety/register"
)

// The rules of watching.
const (
	grace       = 20 * time.Second // after the end of a slot its readings are waited for
	missingPart = 3                // a row of which more than one in so many points is missing is not scored
	emptySlots  = 3                // after so many slots without a reading rows are not joined any more
	maxParts    = 5                // contributing points that a warning names
	maxWaiting  = 50_000           // scores that wait for a commit; beyond that the oldest are given up
)

// watch is one plant with its model at work.
type watch struct {
	code    string
	of      Version
	state   *model.State
	slot    int64 // number of the present slot; 0 before the first reading
	now     slot
	next    slot
	fill    filler
	row     []float64
	empty   int
	score   model.Score
	scored  int64        // end of the last scored slot, µs; 0: none
	parts   []model.Part // of the last scored slot
	why     lang.Text    // why the last slot was not scored; empty where it was
	warning *Warning     // that stands, nil for none
}

// news is what became of a warning.
type news struct {
	warning Warning
	signal  alarm.Signal
}

// adopt sets a version to work, in the place of the one before. p.mu is held.
func (p *Part) adopt(v Version) {
	w := &watch{code: v.Plant, of: v, state: v.model.Start(), row: make([]float64, len(v.Points))}
	w.now, w.next, w.fill = newSlot(len(v.Points)), newSlot(len(v.Points)), newFiller(len(v.Points))
	if old := p.watches[v.Plant]; old != nil {
		for _, pt := range old.of.Points {
			delete(p.seats, pt.Num)
		}
		if w.warning = old.warning; w.warning != nil {
			w.state.Stand(true)
		}
	}
	p.watches[v.Plant] = w
	for i, pt := range v.Points {
		p.seats[pt.Num] = seat{w, i}
	}
}

// Observe takes readings that were stored. It costs a look at a map for each and never waits for the database.
func (p *Part) Observe(readings []rule.Reading) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range readings {
		s, ok := p.seats[r.Key]
		if !ok || r.Quality == rule.Faulty {
			continue
		}
		at := r.At / p.step
		w := s.w
		if w.slot == 0 {
			w.slot = at
		}
		switch at - w.slot {
		case 0:
			w.now.add(s.column, r.Value)
		case 1:
			w.next.add(s.column, r.Value)
		default: // back-fill is stored and not scored; what lies far ahead is a clock that is wrong, or the first after a silence
			if at > w.slot && w.now.empty() && w.next.empty() {
				w.slot = at
				w.state.Forget()
				w.now.add(s.column, r.Value)
			}
		}
	}
}

// Tick scores the slots that are over and writes what they say.
func (p *Part) Tick(ctx context.Context) error {
	batch, list := p.score()
	if batch.Len() == 0 && len(list) == 0 {
		return nil
	}
	if err := p.write(ctx, &batch, list); err != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		for i, key := range p.batch.Keys { // what was scored meanwhile goes behind what waits already
			batch.Add(key, p.batch.Times[i], p.batch.Quality[i], p.batch.Values[0][i], p.batch.Values[1][i], p.batch.Values[2][i], p.batch.Values[3][i])
		}
		p.batch, p.news = batch, append(list, p.news...)
		return errs.Wrap("write early warnings", err)
	}
	return nil
}

// score closes what is over, and gives what waits to be written.
func (p *Part) score() (series.Batch, []news) {
	now := p.o.Now().UnixMicro()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refresh()
	for _, w := range p.watches {
		for range 2 {
			end := (w.slot + 1) * p.step
			if w.slot == 0 || now < end+grace.Microseconds() {
				break
			}
			p.close(w, end)
		}
		if behind := now/p.step - 1; w.slot != 0 && w.slot < behind { // the program stood still, or the clock leapt
			w.slot = behind
			w.state.Forget()
		}
	}
	batch, list := p.batch, p.news
	p.batch, p.news = series.Batch{}, nil
	return batch, list
}

// refresh looks up which plants run, where the register has changed. p.mu is held.
func (p *Part) refresh() {
	v := p.o.Register.Version()
	if v == p.seen {
		return
	}
	clear(p.states)
	for _, s := range p.o.Register.Sites(register.Filter{}) {
		p.states[s.Code] = s.State
	}
	p.seen = v
}

// close ends the present slot of a plant and scores it.
func (p *Part) close(w *watch, end int64) {
	done := w.now
	w.now, w.next = w.next, done
	w.slot++
	missing := w.fill.row(&w.next, w.row)
	silent := w.next.empty()
	w.next.reset()
	if w.empty++; !silent {
		w.empty = 0
	}
	w.why = p.unwatched(w, missing, silent)
	if !w.why.Empty() {
		if w.empty >= emptySlots || !silent {
			w.state.Forget()
		}
		p.still(w, end)
		return
	}
	w.score = w.state.Step(w.row)
	if !w.score.Ready {
		return
	}
	w.scored, w.parts = end, w.state.Parts(w.score.Which, len(w.of.Points))
	if p.batch.Len() < maxWaiting {
		over := w.score.Over
		p.batch.Add(w.of.Key, end, series.Measured, kept(over[0]), kept(over[1]), kept(over[2]), kept(over[3]))
	}
	switch {
	case w.score.Came && w.warning == nil:
		p.warn(w, end)
	case w.score.Went && w.warning != nil:
		p.end(w, end)
	}
}

// kept is a ratio as the series keeps it.
func kept(v float64) int64 { return int64(math.Round(math.Min(v, 1e6) * 1000)) }

// unwatched says why a slot is not scored.
func (p *Part) unwatched(w *watch, missing int, silent bool) lang.Text {
	set, state := p.set[w.code], p.states[w.code]
	switch {
	case set.Off:
		return lang.T("预警已停用", "the warning is switched off")
	case state == "":
		return lang.T("企业已不在台账", "the plant is no longer registered")
	case state != register.Running:
		return lang.T("企业"+state.Text().Zh, "the plant is "+state.Text().En)
	case silent:
		return lang.T("没有数据", "no data")
	case missing*missingPart > len(w.row):
		return lang.T("缺数测点超过三分之一", "more than a third of the points are missing")
	case set.Run != "":
		for i, pt := range w.of.Points {
			if pt.Name == set.Run && !(w.row[i] >= set.Least) {
				return lang.T("装置未运行（"+pt.Name+"）", "not in operation ("+pt.Name+")")
			}
		}
	}
	return lang.Text{}
}

// still ends the warning of a plant that does not run any more; one whose data are missing keeps it.
func (p *Part) still(w *watch, end int64) {
	state := p.states[w.code]
	if w.warning != nil && (p.set[w.code].Off || state != register.Running) {
		w.state.Stand(false)
		p.end(w, end)
	}
}

// warn raises the warning of a plant.
func (p *Part) warn(w *watch, end int64) {
	site, ok := p.o.Register.Site(w.code)
	if !ok {
		return
	}
	n := Warning{ID: store.NewID(p.o.Now()), Plant: w.code, Version: w.of.Version, Came: store.Time(end), Index: w.score.Index, Which: statisticNames[w.score.Which]}
	s := p.signal(site, &n, end)
	for _, c := range w.parts[:min(maxParts, len(w.parts))] {
		name := w.of.Points[c.Input].Name
		n.Parts = append(n.Parts, Share{Point: name, Share: c.Share, Sigma: c.Sigma})
		s.Reasons = append(s.Reasons, rule.Named{Name: name, Value: math.Round(1000*c.Share) / 10})
	}
	s.Came, s.Value, s.Limit = true, &n.Index, &one
	w.warning = &n
	p.news = append(p.news, news{n, s})
}

// one is the limit of the index.
var one = 1.0

func (p *Part) end(w *watch, end int64) {
	n := *w.warning
	n.Gone = store.Time(end)
	w.warning = nil
	site, ok := p.o.Register.Site(w.code)
	if !ok {
		site = &register.Site{}
	}
	p.news = append(p.news, news{n, p.signal(site, &n, end)})
}

// signal is the alarm of a warning.
func (p *Part) signal(site *register.Site, n *Warning, at int64) alarm.Signal {
	return alarm.Signal{Key: "early:" + n.Plant, Source: "early:" + n.Plant, Class: alarm.Early, At: store.Time(at), Priority: rule.Medium,
		Title:  lang.T("统计预警：多个测点偏离正常关系", "Early warning: points leave what they usually do together"),
		Advice: lang.T("先核对列出的测点（数值为其贡献，%）的仪表和工艺，确认后在统计预警页评定真伪。", "Look first at the points that are named (their contributions in %), at instrument and process; then judge the warning on its page."),
		Entity: site.URI, Name: site.Name, Group: site.URI, Unit: site.Plant.Unit, Area: site.District, System: "safety"}
}

// write keeps scores, warnings and alarms in one transaction; where that fails they wait for the next.
func (p *Part) write(ctx context.Context, batch *series.Batch, list []news) error {
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if batch.Len() > 0 {
			if err := p.scores.Append(tx, batch); err != nil {
				return err
			}
		}
		signals := make([]alarm.Signal, len(list))
		for i, n := range list {
			signals[i] = n.signal
			if err := putWarning(tx, &n.warning); err != nil {
				return err
			}
		}
		return p.o.Alarms.Apply(tx, signals)
	})
}

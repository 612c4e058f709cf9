package outage

import (
	"context"
	"sync"
	"time"

	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/outage/index"
)

// The areas of a report, in its order: the city, the core, the districts, then the feeders.
const (
	areaCity = iota
	areaCore
	areaDistricts
)

// Area is a part of the city with its indices over a report's period.
type Area struct {
	Kind     string // city, core, district, feeder
	Code     string // of a district or feeder
	Name     lang.Text
	District string // of a feeder
	ByRule   [rules]index.Figures
}

// The rules of a report, as they stand in Area.ByRule.
const (
	byIEEE   = iota
	byNormal // IEEE without major event days
	byRS1
	byRS2
	byRS3
	byRS4
	byFault
	byPlan
	rules
)

// Report is the indices of all areas over one period.
type Report struct {
	Period    index.Period // as it was asked for
	Until     int64        // how far it has passed: the indices are of the time up to then
	Areas     []Area
	Threshold index.Threshold
	Major     map[int64]bool  // days
	Daily     map[int64]int64 // customer-seconds of the city by day, IEEE
	Core      map[int64]int64 // of the core
	made      time.Time
	took      time.Duration // to count
	version   int64
}

// Year is the calendar year of China that holds a moment.
func Year(t time.Time) index.Period {
	y := t.In(book.China).Year()
	return index.Period{From: time.Date(y, 1, 1, 0, 0, 0, 0, book.China).Unix(), To: time.Date(y+1, 1, 1, 0, 0, 0, 0, book.China).Unix()}
}

// figures keeps what was counted until the outages under it change.
type figures struct {
	counting sync.Mutex // held while something is counted, so that it is counted once
	mu       sync.Mutex
	reports  map[index.Period]*Report
	days     map[int]yearDays
}

type yearDays struct {
	version int64
	daily   map[int64]int64
}

func newFigures() figures {
	return figures{reports: map[index.Period]*Report{}, days: map[int]yearDays{}}
}

// Times for which a report is good: while its period runs, and afterwards, when only the archive can change under it.
const (
	goodRunning = time.Minute
	goodOver    = 10 * time.Minute
	keptReports = 64
)

// Report counts a period that lies in one year. It is counted anew where its outages have changed, or after a while.
func (p *Part) Report(ctx context.Context, period index.Period) (*Report, error) {
	if r := p.keptReport(period); r != nil {
		return r, nil
	}
	p.kept.counting.Lock()
	defer p.kept.counting.Unlock()
	if r := p.keptReport(period); r != nil {
		return r, nil
	}
	r, err := p.count(ctx, period)
	if err != nil {
		return nil, err
	}
	p.kept.mu.Lock()
	defer p.kept.mu.Unlock()
	if len(p.kept.reports) >= keptReports {
		clear(p.kept.reports)
	}
	p.kept.reports[period] = r
	return r, nil
}

// versionOf is that of the newest change to a year's outages, or to those of the five years before, which set its threshold.
func (p *Part) versionOf(year int) (v int64) {
	p.seen.RLock()
	defer p.seen.RUnlock()
	for y := year - thresholdYears; y <= year; y++ {
		v = max(v, p.years[y])
	}
	return v
}

func (p *Part) keptReport(period index.Period) *Report {
	version := p.versionOf(yearOf(period.From))
	p.kept.mu.Lock()
	defer p.kept.mu.Unlock()
	r := p.kept.reports[period]
	if r == nil {
		return nil
	}
	good := goodOver
	if r.Until < period.To {
		good = goodRunning
	}
	if r.version != version { // changed since: at once where counting costs nothing, else so that a storm of news costs a tenth of a core
		good = min(good, 9*r.took)
		if good == 0 {
			return nil
		}
	}
	if age := p.o.Clock.Now().Sub(r.made); age > good || age < 0 {
		return nil
	}
	return r
}

func yearOf(unix int64) int { return time.Unix(unix, 0).In(book.China).Year() }

// count makes a report.
func (p *Part) count(ctx context.Context, period index.Period) (*Report, error) {
	now := p.o.Clock.Now()
	r := &Report{Period: period, Until: max(period.From, min(period.To, now.Unix())), made: now, version: p.versionOf(yearOf(period.From))}
	spells, err := p.spells(ctx, period)
	if err != nil {
		return nil, err
	}
	places := p.layOut(r)
	place := func(customer int64) [index.Areas]int32 {
		m, _ := p.o.Book.ByNum(customer)
		return places.of(m)
	}
	record := index.Lay(spells)
	passed := index.Period{From: period.From, To: r.Until}
	inCore := func(customer int64) bool { return place(customer)[1] == areaCore }
	r.Daily, r.Core = record.Daily(index.IEEE, passed, nil), record.Daily(index.IEEE, passed, inCore)
	if err := p.threshold(ctx, r); err != nil {
		return nil, err
	}
	for i, rule := range [rules]index.Rule{index.IEEE, index.IEEE, index.RS1, index.RS2, index.RS3, index.RS4, index.RSFault, index.RSPlanned} {
		var without map[int64]bool
		if i == byNormal {
			without = r.Major
		}
		for a, sum := range record.Tally(rule, passed, len(r.Areas), place, without) {
			r.Areas[a].ByRule[i].Sum = sum
		}
	}
	r.took = p.o.Clock.Now().Sub(now)
	return r, nil
}

// thresholdYears is how many years the threshold of major event days is taken from. IEEE 1366-2012 3.5
const thresholdYears = 5

// threshold finds the major event days of a report's period by the years before it. The customers of today stand for those of every
// year: a constant factor moves the threshold and the days alike and so decides nothing.
func (p *Part) threshold(ctx context.Context, r *Report) error {
	year := yearOf(r.Period.From)
	before := map[int64]int64{}
	for y := year - thresholdYears; y < year; y++ {
		daily, err := p.yearDays(ctx, y)
		if err != nil {
			return err
		}
		for d, s := range daily {
			before[d] += s
		}
	}
	customers := r.Areas[areaCity].ByRule[byIEEE].Customers
	r.Threshold = index.ThresholdOf(before, customers)
	r.Major = r.Threshold.Major(r.Daily, customers)
	return nil
}

// yearDays gives the city's customer-seconds by day of a year that is over.
func (p *Part) yearDays(ctx context.Context, year int) (map[int64]int64, error) {
	p.seen.RLock()
	version := p.years[year]
	p.seen.RUnlock()
	p.kept.mu.Lock()
	k, known := p.kept.days[year]
	p.kept.mu.Unlock()
	if known && k.version == version {
		return k.daily, nil
	}
	span := Year(time.Date(year, 6, 1, 0, 0, 0, 0, book.China))
	spells, err := p.spells(ctx, span)
	if err != nil {
		return nil, err
	}
	k = yearDays{version, index.Lay(spells).Daily(index.IEEE, span, nil)}
	p.kept.mu.Lock()
	p.kept.days[year] = k
	p.kept.mu.Unlock()
	return k.daily, nil
}

// places knows the numbers of the areas.
type places struct{ feeders map[string]int32 }

// of gives a meter's areas: district, core, feeder, city.
func (x places) of(m book.Meter) [index.Areas]int32 {
	out := [index.Areas]int32{-1, -1, -1, areaCity}
	if k := region.Index(m.District); k >= 0 {
		out[0] = areaDistricts + int32(k)
		if region.Districts[k].Core {
			out[1] = areaCore
		}
	}
	if n, ok := x.feeders[m.Feeder]; ok {
		out[2] = n
	}
	return out
}

// layOut makes a report's areas and counts their customers: the meters in service that were installed by the end of the period.
func (p *Part) layOut(r *Report) places {
	r.Areas = []Area{{Kind: "city", Name: lang.T("全市", "City")}, {Kind: "core", Name: lang.T("核心区", "Core")}}
	for _, d := range region.Districts {
		r.Areas = append(r.Areas, Area{Kind: "district", Code: d.Code, Name: d.Name})
	}
	x := places{feeders: map[string]int32{}}
	until := time.Unix(r.Until, 0)
	var served []int64
	var last book.Meter // neighbours in the archive mostly hang on one feeder
	var areas [index.Areas]int32
	p.o.Book.Each(func(m book.Meter) {
		if m.Installed.After(until) {
			return
		}
		if last.Feeder != m.Feeder || last.District != m.District || served == nil {
			if _, known := x.feeders[m.Feeder]; !known && m.Feeder != "" {
				x.feeders[m.Feeder] = int32(len(r.Areas))
				r.Areas = append(r.Areas, Area{Kind: "feeder", Code: m.Feeder, Name: lang.Same(m.Feeder), District: m.District})
			}
			served = append(served, make([]int64, len(r.Areas)-len(served))...)
			last, areas = m, x.of(m)
		}
		for _, a := range areas {
			if a >= 0 {
				served[a]++
			}
		}
	})
	for a := range served {
		for i := range r.Areas[a].ByRule {
			r.Areas[a].ByRule[i].Customers, r.Areas[a].ByRule[i].Span = served[a], r.Until-r.Period.From
		}
	}
	return x
}

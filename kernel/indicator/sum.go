package indicator

import (
	"context"
	"slices"
	"strconv"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// SumStatus is an identity of the plan's arithmetic: the goals, and the figures as they stand now.
type SumStatus struct {
	Whole      Status
	Parts      []Status
	Goals      float64 // sum of the parts' goals; Check holds it to the whole's
	Total      float64 // sum of the parts' figures, of those that are there
	Complete   bool    // the whole and all parts have figures
	Difference float64 // whole - total, where Complete
	Flagged    bool    // Complete, and they differ
}

// Sums says how the plan's arithmetic stands.
func (b *Board) Sums(context.Context) ([]SumStatus, error) {
	now := b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []SumStatus
	for _, s := range b.plan.Sums {
		x := SumStatus{Whole: b.status(b.entries[s.Whole], now)}
		x.Complete = x.Whole.Figure != nil
		for _, id := range s.Parts {
			p := b.status(b.entries[id], now)
			x.Parts = append(x.Parts, p)
			x.Goals += p.Value
			if p.Figure == nil {
				x.Complete = false
				continue
			}
			x.Total += p.Figure.Value
		}
		if x.Complete {
			x.Difference = x.Whole.Figure.Value - x.Total
			x.Flagged = !same(x.Whole.Figure.Value, x.Total)
		}
		out = append(out, x)
	}
	return out, nil
}

// jump is by how many times a figure may differ from the one before it; more looks like a slip of the unit (yuan for 亿元).
const jump = 10

// flags holds a report against the plan's arithmetic and against the figure before it. The figures that it is held against
// are those for the report's day or the newest before it.
func (b *Board) flags(tx *store.Tx, r Report) ([]lang.Text, error) {
	until := func(id string) (Point, bool, error) {
		p, err := getPoint(tx, qUntil, id, store.Micros(r.Period))
		if errs.Is(err, errs.NotFound) {
			return p, false, nil
		}
		return p, err == nil, err
	}
	var out []lang.Text
	before, ok, err := until(r.Target)
	if err != nil {
		return nil, err
	}
	if ok && before.Value > 0 && r.Value > 0 && (r.Value > jump*before.Value || before.Value > jump*r.Value) {
		out = append(out, lang.T("与上一期相差 10 倍以上，请核对计量单位", "more than ten times off the figure before it: check the unit"))
	}
	for _, s := range b.plan.Sums {
		if s.Whole != r.Target && !slices.Contains(s.Parts, r.Target) {
			continue
		}
		flag, err := b.flagSum(s, r, until)
		if err != nil {
			return nil, err
		}
		if !flag.Empty() {
			out = append(out, flag)
		}
	}
	return out, nil
}

// flagSum puts the report's value into an identity; the flag is empty where nothing speaks against it.
func (b *Board) flagSum(s Sum, r Report, until func(id string) (Point, bool, error)) (lang.Text, error) {
	complete, total, whole, haveWhole := true, 0.0, 0.0, false
	for i, id := range append([]string{s.Whole}, s.Parts...) {
		v, ok := r.Value, true
		if id != r.Target {
			p, found, err := until(id)
			if err != nil {
				return lang.Text{}, err
			}
			v, ok = p.Value, found
		}
		switch {
		case !ok:
			complete = false
		case i == 0:
			whole, haveWhole = v, true
		default:
			total += v
		}
	}
	// Parts that are missing can only add to the total.
	if !haveWhole || same(whole, total) || !complete && total <= whole {
		return lang.Text{}, nil
	}
	t, _ := b.plan.Target(s.Whole)
	if !complete {
		return lang.T("已有分项合计 "+amount(total, t.Unit).Zh+"，超过“"+t.Name.Zh+"”的 "+amount(whole, t.Unit).Zh,
			"the parts so far make "+amount(total, t.Unit).En+", more than the "+amount(whole, t.Unit).En+" of "+t.Name.En), nil
	}
	return lang.T("分项合计 "+amount(total, t.Unit).Zh+"，与“"+t.Name.Zh+"”的 "+amount(whole, t.Unit).Zh+" 不等",
		"the parts make "+amount(total, t.Unit).En+", "+t.Name.En+" is given as "+amount(whole, t.Unit).En), nil
}

// amount writes a value for a flag: money in the units that people reckon output in.
func amount(v float64, unit string) lang.Text {
	if unit == "CNY/year" {
		return lang.T(strconv.FormatFloat(v/1e8, 'f', -1, 64)+" 亿元", strconv.FormatFloat(v/1e9, 'f', -1, 64)+" bn CNY")
	}
	s := strconv.FormatFloat(v, 'f', -1, 64)
	return lang.T(s+" "+unit, s+" "+unit)
}

package judge

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/simulate/grid/fault"
	"github.com/haihe-city/haihe/simulate/grid/town"
)

// Get asks the platform for a path of its interface.
type Get func(ctx context.Context, path string) (io.ReadCloser, error)

// Row is what became of one kind. Found and Missed add up to Made, but for days that were not checked yet, which are not in Made.
type Row struct {
	Kind                       fault.Kind
	By                         string // what of the platform answers for it; "" where nothing does
	Made, Found, Missed, False int64
	Answerable                 bool
}

// Recall is Found over Made; 1 where nothing was made.
func (r Row) Recall() float64 {
	if r.Made == 0 {
		return 1
	}
	return float64(r.Found) / float64(r.Made)
}

// Report is the outcome. A meter-day is clean where none of its meter's faults lasts on that day.
type Report struct {
	Days      []string // that were checked
	Rows      []Row
	Clean     int64 // meter-days
	Disturbed int64 // clean meter-days with a finding
}

// FalseAlarms is the share of the clean meter-days about which a rule spoke.
func (r Report) FalseAlarms() float64 {
	if r.Clean == 0 {
		return 0
	}
	return float64(r.Disturbed) / float64(r.Clean)
}

// Passes tells whether every answerable kind reaches a recall and the false alarms stay within a bound.
func (r Report) Passes(recall, alarms float64) bool {
	return r.FalseAlarms() <= alarms && !slices.ContainsFunc(r.Rows, func(x Row) bool { return x.Answerable && x.Recall() < recall })
}

// rules are the rules of validation that answer for a kind.
var rules = map[fault.Kind][]string{
	fault.Missing: {"missing"}, fault.Silent: {"missing"}, fault.Clock: {"drift"}, fault.Repeat: {"duplicate"}, fault.Spike: {"spike"}, fault.Negative: {"negative"},
	fault.Stuck: {"sum", "zero", "multiplier"}, fault.RollOver: {"rollover"}, fault.Reversed: {"reversed"}, fault.Multiplier: {"multiplier"},
}

// place is a meter on a day.
type place struct{ meter, day string }

// court is one judgement.
type court struct {
	ctx    context.Context
	get    Get
	made   map[fault.Kind][]fault.Truth
	begun  map[place][]fault.Kind // that strike on that day
	sick   map[string][]fault.Truth
	spoken map[place][]string // rules
	days   []string
	meters int64 // meter-days of all passes
}

// Judge reads the truth and asks the platform.
func Judge(ctx context.Context, truth io.Reader, get Get) (Report, error) {
	c := &court{ctx: ctx, get: get, made: map[fault.Kind][]fault.Truth{}, begun: map[place][]fault.Kind{}, sick: map[string][]fault.Truth{}, spoken: map[place][]string{}}
	if err := c.read(truth); err != nil {
		return Report{}, err
	}
	if err := c.findings(); err != nil {
		return Report{}, err
	}
	out := Report{Days: c.days}
	for _, k := range fault.Kinds() {
		row, err := c.kind(k)
		if err != nil {
			return Report{}, err
		}
		out.Rows = append(out.Rows, row)
	}
	out.Clean, out.Disturbed = c.clean()
	return out, nil
}

// read takes in the truth, a line a fault.
func (c *court) read(truth io.Reader) error {
	lines := bufio.NewScanner(truth)
	for n := 1; lines.Scan(); n++ {
		var x fault.Truth
		err := json.Unmarshal(lines.Bytes(), &x)
		if err == nil {
			_, err = time.Parse(time.RFC3339, x.Slot)
		}
		if err != nil {
			return errs.Because(err, errs.Invalid, "真值文件第 %d 行无法识别", "line %d of the truth cannot be read", n)
		}
		c.made[x.Kind] = append(c.made[x.Kind], x)
		switch x.Kind {
		case fault.Late, fault.Duplicate, fault.Garbled: // the readings come, and rightly
			continue
		}
		c.sick[x.Meter] = append(c.sick[x.Meter], x)
		p := place{x.Meter, day(x.Slot)}
		c.begun[p] = append(c.begun[p], x.Kind)
	}
	return errs.Wrap("read the truth", lines.Err())
}

// day is the day of a moment in China.
func day(stamp string) string {
	t, _ := time.Parse(time.RFC3339, stamp)
	return t.In(town.China()).Format(time.DateOnly)
}

func (c *court) ask(path string, into any) error {
	body, err := c.get(c.ctx, path)
	if err != nil {
		return err
	}
	defer body.Close()
	return errs.Wrap("read "+path, json.NewDecoder(body).Decode(into))
}

// findings reads what the rules of validation said of every day that was checked.
func (c *court) findings() error {
	var list struct {
		Passes []struct {
			Day, State string
			Meters     int64
		}
	}
	if err := c.ask("/api/grid/vee/passes", &list); err != nil {
		return err
	}
	for _, p := range list.Passes { // the newest first; a day that was checked twice counts once
		if p.State != "done" || slices.Contains(c.days, p.Day) {
			continue
		}
		c.days, c.meters = append(c.days, p.Day), c.meters+p.Meters
		for after := ""; ; {
			var page struct {
				Findings []struct{ Meter, Rule string }
				Next     string
			}
			if err := c.ask("/api/grid/vee/findings?"+url.Values{"day": {p.Day}, "sort": {"meter"}, "after": {after}}.Encode(), &page); err != nil {
				return err
			}
			for _, f := range page.Findings {
				at := place{f.Meter, p.Day}
				c.spoken[at] = append(c.spoken[at], f.Rule)
			}
			if after = page.Next; after == "" {
				break
			}
		}
	}
	return nil
}

// ill tells whether one of a meter's faults lasts on a day.
func (c *court) ill(at place) bool {
	return slices.ContainsFunc(c.sick[at.meter], func(x fault.Truth) bool { return lasts(x, at.day) })
}

// lasts: a step or a roll-over is over with its day, a theft or a meter that never answers stays.
func lasts(x fault.Truth, on string) bool {
	from := day(x.Slot)
	switch x.Kind {
	case fault.Negative, fault.RollOver:
		return on == from
	case fault.Outage:
		end, _ := time.Parse(time.RFC3339, x.Slot)
		return on >= from && on <= day(end.Add(time.Duration(x.Seconds)*time.Second).Format(time.RFC3339))
	}
	return on >= from && (x.End == "" || on <= day(x.End))
}

// clean counts the meter-days without a fault, and those of them of which something was said.
func (c *court) clean() (clean, disturbed int64) {
	clean = c.meters
	for meter := range c.sick {
		for _, d := range c.days {
			if c.ill(place{meter, d}) {
				clean--
			}
		}
	}
	for at := range c.spoken {
		if !c.ill(at) {
			disturbed++
		}
	}
	return max(clean, 0), disturbed
}

// kind judges one kind.
func (c *court) kind(k fault.Kind) (Row, error) {
	r := Row{Kind: k}
	switch k {
	case fault.Outage:
		return c.outages()
	case fault.TheftDay:
		return c.thefts()
	case fault.Garbled, fault.Duplicate:
		return c.frames(k)
	case fault.Late:
		return c.late()
	case fault.Dead:
		return c.dead()
	case fault.TheftNight, fault.LowVoltage:
		r.Made = int64(len(c.made[k]))
		r.Missed = r.Made
		return r, nil
	}
	r.By, r.Answerable = "vee:"+strings.Join(rules[k], "|"), true
	for at, kinds := range c.begun {
		if !slices.Contains(kinds, k) || !slices.Contains(c.days, at.day) {
			continue
		}
		r.Made++
		if said(c.spoken[at], rules[k]) {
			r.Found++
		}
	}
	for at, spoken := range c.spoken {
		if said(spoken, rules[k]) && !c.ill(at) {
			r.False++
		}
	}
	r.Missed = r.Made - r.Found
	return r, nil
}

func said(spoken, any []string) bool {
	return slices.ContainsFunc(spoken, func(s string) bool { return slices.Contains(any, s) })
}

// outages are judged by feeder.
func (c *court) outages() (Row, error) {
	r := Row{Kind: fault.Outage, By: "outages", Answerable: true}
	truth, told := map[string]bool{}, map[string]bool{}
	for _, x := range c.made[fault.Outage] {
		truth[x.Feeder] = true
	}
	if len(truth) == 0 {
		return r, nil
	}
	for after := ""; ; {
		var page struct {
			Outages []struct{ Feeder string }
			Next    string
		}
		if err := c.ask("/api/grid/outages?"+url.Values{"limit": {"1000"}, "after": {after}}.Encode(), &page); err != nil {
			return r, err
		}
		for _, o := range page.Outages {
			told[o.Feeder] = true
		}
		if after = page.Next; after == "" {
			break
		}
	}
	return r.compare(truth, told), nil
}

// compare counts what was made and told, each by its name.
func (r Row) compare(truth, told map[string]bool) Row {
	for name := range truth {
		if r.Made++; told[name] {
			r.Found++
		}
	}
	for name := range told {
		if !truth[name] {
			r.False++
		}
	}
	r.Missed = r.Made - r.Found
	return r
}

// thefts are held against the meters worth a look.
func (c *court) thefts() (Row, error) {
	r := Row{Kind: fault.TheftDay, By: "suspects"}
	truth, told := map[string]bool{}, map[string]bool{}
	for _, k := range []fault.Kind{fault.TheftDay, fault.TheftNight} {
		for _, x := range c.made[k] {
			truth[x.Meter] = true
		}
	}
	if len(c.made[fault.TheftDay]) == 0 {
		return r, nil
	}
	for after := ""; ; {
		var page struct {
			Meters []struct{ Meter string }
			Next   string
		}
		if err := c.ask("/api/grid/suspects?"+url.Values{"after": {after}}.Encode(), &page); err != nil {
			return r, err
		}
		for _, m := range page.Meters {
			told[m.Meter] = true
		}
		if after = page.Next; after == "" {
			break
		}
	}
	for _, x := range c.made[fault.TheftNight] { // one that is found by night is no false alarm
		if !told[x.Meter] {
			delete(truth, x.Meter)
		}
	}
	return r.compare(truth, told), nil
}

// frames are counted: the platform counts what it refused and what came twice, and does not know which readings a spoilt frame was of.
func (c *court) frames(k fault.Kind) (Row, error) {
	r := Row{Kind: k, By: "metrics:" + counters[k][0]}
	frames := map[place]bool{}
	for _, x := range c.made[k] {
		frames[place{x.Concentrator, x.Slot}] = true
	}
	r.Made = int64(len(frames))
	if k == fault.Duplicate {
		r.Made = int64(len(c.made[k]))
	}
	body, err := c.get(c.ctx, "/metrics")
	if err != nil {
		return r, err
	}
	defer body.Close()
	seen := int64(0)
	lines := bufio.NewScanner(body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if strings.HasPrefix(name, "haihe_grid_"+counters[k][0]+"{") && strings.Contains(name, counters[k][1]) {
			v, err := strconv.ParseFloat(value, 64)
			if err != nil {
				return r, errs.Wrap("read the metrics", err)
			}
			seen += int64(v)
		}
	}
	r.Answerable, r.Found = true, min(r.Made, seen)
	r.Missed = r.Made - r.Found
	return r, errs.Wrap("read the metrics", lines.Err())
}

// late readings are found when the day is whole in the end: what was late lies among its collected readings.
func (c *court) late() (Row, error) {
	r := Row{Kind: fault.Late, By: "missing list"}
	return c.listed(r, func(x fault.Truth, gone map[string]bool) bool { return !gone[x.Meter] || c.lost(x) })
}

// lost tells whether another fault of the meter accounts for readings that are missing on the day.
func (c *court) lost(x fault.Truth) bool { return c.ill(place{x.Meter, day(x.Slot)}) }

// dead meters are found on the list of what is missing.
func (c *court) dead() (Row, error) {
	r := Row{Kind: fault.Dead, By: "missing list"}
	return c.listed(r, func(x fault.Truth, gone map[string]bool) bool { return gone[x.Meter] })
}

// listed judges by the list of meters with missing readings, of each day that was checked.
func (c *court) listed(r Row, found func(fault.Truth, map[string]bool) bool) (Row, error) {
	r.Answerable = true
	if len(c.made[r.Kind]) == 0 {
		return r, nil
	}
	for _, d := range c.days {
		gone := map[string]bool{}
		for after := ""; ; {
			var page struct {
				Meters []struct{ Address string }
				Next   string
			}
			if err := c.ask("/api/grid/missing?"+url.Values{"day": {d}, "limit": {"1000"}, "after": {after}}.Encode(), &page); err != nil {
				return r, err
			}
			for _, m := range page.Meters {
				gone[m.Address] = true
			}
			if after = page.Next; after == "" {
				break
			}
		}
		for _, x := range c.made[r.Kind] {
			if day(x.Slot) != d {
				continue
			}
			if r.Made++; found(x, gone) {
				r.Found++
			}
		}
	}
	r.Missed = r.Made - r.Found
	return r, nil
}

// counters are the platform's counters, with the label that counts.
var counters = map[fault.Kind][2]string{fault.Garbled: {"frames_total", `outcome="refused"`}, fault.Duplicate: {"readings_total", `outcome="duplicate"`}}

// Print writes the report as a table, in both languages.
func (r Report) Print(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%-12s %8s %8s %8s %8s %8s  %s\n", "kind", "made", "found", "missed", "false", "recall", "by / 故障")
	for _, x := range r.Rows {
		recall := fmt.Sprintf("%.3f", x.Recall())
		if x.By == "" || x.Made == 0 {
			recall = "-"
		}
		if err == nil {
			_, err = fmt.Fprintf(w, "%-12s %8d %8d %8d %8d %8s  %s / %s\n", x.Kind, x.Made, x.Found, x.Missed, x.False, recall, x.By, x.Kind.Text().Zh)
		}
	}
	if err == nil {
		_, err = fmt.Fprintf(w, "days=%s clean=%d disturbed=%d false-alarms=%.4f%%\n", strings.Join(r.Days, ","), r.Clean, r.Disturbed, 100*r.FalseAlarms())
	}
	return errs.Wrap("print the report", err)
}

package ui

import (
	"math"
	"strings"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/ui/draw"
)

// dense tells that a chart has more points than can be read off a picture; script then adds a cursor that says them.
func (c Chart) dense() bool {
	for _, l := range c.Lines {
		if len(l.Points) >= 48 {
			return true
		}
	}
	return false
}

func (c Chart) empty() bool {
	for _, l := range c.Lines {
		for _, v := range l.Points {
			if !math.IsNaN(v) {
				return false
			}
		}
	}
	return true
}

func (l Line) style() string {
	if l.Style == "past" || l.Style == "forecast" {
		return l.Style
	}
	return "now"
}

func (e env) chartSVG(c Chart) string {
	p := draw.Plot{From: c.From, Step: c.Step, Zone: shanghai, Label: e.chartLabel(c)}
	for _, l := range c.Lines {
		p.Lines = append(p.Lines, draw.Line{Style: l.Style, Points: l.Points})
	}
	for _, m := range c.Marks {
		p.Marks = append(p.Marks, draw.Mark{At: m.At, Text: e.t(m.Text)})
	}
	return draw.Chart(p)
}

// chartLabel says a chart in words: of each line its least, greatest and last value.
func (e env) chartLabel(c Chart) string {
	parts := []string{e.t(orText(c.Title, lang.T("曲线图", "Chart")))}
	for _, l := range c.Lines {
		lo, hi, last, n := math.Inf(1), math.Inf(-1), 0.0, 0
		for _, v := range l.Points {
			if !math.IsNaN(v) {
				lo, hi, last, n = math.Min(lo, v), math.Max(hi, v), v, n+1
			}
		}
		if n > 0 {
			parts = append(parts, e.t(l.Name)+e.w("：最低 ", ": least ")+short(lo)+e.w("，最高 ", ", greatest ")+short(hi)+e.w("，最近 ", ", last ")+short(last)+" "+e.t(c.Unit))
		}
	}
	return strings.Join(parts, e.w("。", ". "))
}

func short(v float64) string {
	if math.Abs(v) >= 100 {
		return Num(v, 0)
	}
	return trim(Num(v, 2))
}

// chartData is what chart.mjs reads: seconds, and values with null for gaps.
type chartData struct {
	From  int64        `json:"from"`
	Step  float64      `json:"step"`
	Unit  string       `json:"unit"`
	Lines []chartLine  `json:"lines"`
	Marks []chartPoint `json:"marks,omitempty"`
}

type chartLine struct {
	Name   string     `json:"name"`
	Style  string     `json:"style"`
	Points []*float64 `json:"points"`
}

type chartPoint struct {
	At   int64  `json:"at"`
	Text string `json:"text"`
}

func (e env) chartData(c Chart) chartData {
	d := chartData{From: c.From.Unix(), Step: c.Step.Seconds(), Unit: e.t(c.Unit)}
	for _, l := range c.Lines {
		x := chartLine{Name: e.t(l.Name), Style: l.style(), Points: make([]*float64, len(l.Points))}
		for i, v := range l.Points {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				x.Points[i] = &l.Points[i]
			}
		}
		d.Lines = append(d.Lines, x)
	}
	for _, m := range c.Marks {
		d.Marks = append(d.Marks, chartPoint{m.At.Unix(), e.t(m.Text)})
	}
	return d
}

func (m Map) alarms() bool {
	for _, p := range m.Points {
		if strings.HasPrefix(p.Kind, "alarm") {
			return true
		}
	}
	return false
}

// tall gives the map one of four heights, since a size cannot stand in a style attribute.
func (m Map) tall() string {
	switch {
	case m.Height == 0 || m.Height > 420 && m.Height <= 520:
		return ""
	case m.Height <= 300:
		return "h300"
	case m.Height <= 420:
		return "h400"
	}
	return "h640"
}

// heads are the names of the further columns of the map's table: those of the first area.
func (m Map) heads() []Fact {
	if len(m.Areas) == 0 {
		return nil
	}
	return m.Areas[0].Rows
}

// districtName is the name of a region code; the code itself where it is none of the city's.
func districtName(code string) lang.Text {
	ds, err := draw.Districts()
	if err == nil {
		for _, d := range ds {
			if d.Code == code {
				return d.Name
			}
		}
	}
	return lang.Same(code)
}

func (e env) mapSVG(m Map) string {
	c := draw.CityMap{Label: e.t(orText(m.Title, lang.T("天津市地图", "Map of Tianjin"))), Lang: e.l, Areas: map[string]draw.Area{}, Plants: m.Plants}
	for _, a := range m.Areas {
		x := draw.Area{Class: a.Class, Title: e.t(districtName(a.Code)) + " " + e.t(a.Text), Text: e.t(a.Text)}
		if a.Href != "" {
			x.Href = e.href(a.Href)
		}
		c.Areas[a.Code] = x
	}
	for _, p := range m.Points {
		x := draw.Point{Lon: p.Lon, Lat: p.Lat, Kind: p.Kind, Title: e.t(p.Text)}
		if p.Href != "" {
			x.Href = e.href(p.Href)
		}
		c.Points = append(c.Points, x)
	}
	c.View = m.View
	for _, x := range m.Shapes {
		c.Shapes = append(c.Shapes, draw.Shape{Ring: x.Ring, Kind: x.Kind, Title: e.t(x.Text)})
	}
	return draw.City(c)
}

// mapData is what map.mjs reads.
type mapData struct {
	Areas  []mapArea  `json:"areas"`
	Points []mapPoint `json:"points"`
	Shapes []mapShape `json:"shapes,omitempty"`
	View   []float64  `json:"view,omitempty"`
	Draw   string     `json:"draw,omitempty"`
	Plants bool       `json:"plants"`
	Zh     bool       `json:"zh"`
}

type mapShape struct {
	Ring [][2]float64 `json:"ring"`
	Kind string       `json:"kind"`
	Text string       `json:"text"`
}

type mapArea struct {
	Code  string      `json:"code"`
	Class int         `json:"class"`
	Text  string      `json:"text"`
	Rows  [][2]string `json:"rows,omitempty"`
	Href  string      `json:"href,omitempty"`
}

type mapPoint struct {
	At   [2]float64 `json:"at"`
	Kind string     `json:"kind"`
	Text string     `json:"text"`
	Href string     `json:"href,omitempty"`
}

func (e env) mapData(m Map) mapData {
	d := mapData{Areas: []mapArea{}, Points: []mapPoint{}, Plants: m.Plants, Draw: m.Draw, Zh: e.l != lang.En}
	if m.View != [4]float64{} {
		d.View = m.View[:]
	}
	for _, x := range m.Shapes {
		d.Shapes = append(d.Shapes, mapShape{x.Ring, x.Kind, e.t(x.Text)})
	}
	for _, a := range m.Areas {
		x := mapArea{Code: a.Code, Class: a.Class, Text: e.t(a.Text)}
		for _, f := range a.Rows {
			x.Rows = append(x.Rows, [2]string{e.t(f.Name), e.t(f.Value)})
		}
		if a.Href != "" {
			x.Href = e.href(a.Href)
		}
		d.Areas = append(d.Areas, x)
	}
	for _, p := range m.Points {
		x := mapPoint{At: [2]float64{p.Lon, p.Lat}, Kind: p.Kind, Text: e.t(p.Text)}
		if p.Href != "" {
			x.Href = e.href(p.Href)
		}
		d.Points = append(d.Points, x)
	}
	return d
}

// slotWords name the states of a slot.
var slotWords = map[string]lang.Text{
	"collected": lang.T("已采集", "collected"), "late": lang.T("迟到", "late"), "estimated": lang.T("估算", "estimated"),
	"missing": lang.T("缺测", "missing"), "invalid": lang.T("无效", "invalid"), "future": lang.T("未到", "to come"),
}

func slotWord(name lang.Text) lang.Text {
	if t, ok := slotWords[name.En]; ok && (name.Zh == "" || name.Zh == name.En) {
		return t
	}
	return name
}

func (e env) slotsSVG(s Slots) string {
	counts := map[string]int{}
	var slots []draw.Slot
	for _, x := range s.Items {
		counts[x.State]++
		slots = append(slots, draw.Slot{State: x.State, Title: e.t(x.Text)})
	}
	label := e.t(orText(s.Title, lang.T("时段", "Periods")))
	for _, k := range []string{"collected", "late", "estimated", "missing", "invalid", "future"} {
		if counts[k] > 0 {
			label += e.w("，", ", ") + e.t(slotWords[k]) + " " + itoa(counts[k])
		}
	}
	return draw.Slots(label, slots)
}

// bar draws a span on the axis of the others.
func (s Spans) bar(x Stretch) string {
	whole := s.To.Sub(s.From).Seconds()
	if whole <= 0 {
		return ""
	}
	to := x.To
	if to.IsZero() {
		to = s.To
	}
	return draw.Bar(x.From.Sub(s.From).Seconds()/whole, to.Sub(s.From).Seconds()/whole, x.To.IsZero())
}

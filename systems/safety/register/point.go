package register

import (
	"slices"
	"time"

	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
)

// Measure is what a point measures.
type Measure string

// The measures.
const (
	Level       Measure = "level"
	Temperature Measure = "temperature"
	Pressure    Measure = "pressure"
	Flow        Measure = "flow"
	Gas         Measure = "gas"   // combustible, in per cent of the lower explosive limit
	Toxic       Measure = "toxic" // a poisonous gas, as a concentration
	Oxygen      Measure = "oxygen"
	Humidity    Measure = "humidity"
	Fire        Measure = "fire"   // of a detector: 0 or 1
	Switch      Measure = "switch" // a valve, a pump, a door: 0 or 1
	Current     Measure = "current"
	Other       Measure = "other"
)

// Measures that there are.
var Measures = []Measure{Level, Temperature, Pressure, Flow, Gas, Toxic, Oxygen, Humidity, Fire, Switch, Current, Other}

// Text is the measure for people.
func (m Measure) Text() lang.Text {
	switch m {
	case Level:
		return lang.T("液位", "Level")
	case Temperature:
		return lang.T("温度", "Temperature")
	case Pressure:
		return lang.T("压力", "Pressure")
	case Flow:
		return lang.T("流量", "Flow")
	case Gas:
		return lang.T("可燃气体", "Combustible gas")
	case Toxic:
		return lang.T("有毒气体", "Toxic gas")
	case Oxygen:
		return lang.T("氧含量", "Oxygen")
	case Humidity:
		return lang.T("湿度", "Humidity")
	case Fire:
		return lang.T("火灾探测", "Fire detection")
	case Switch:
		return lang.T("开关量", "Switch")
	case Current:
		return lang.T("电流", "Current")
	}
	return lang.T("其他", "Other")
}

// Point is one value that a plant reports.
type Point struct {
	Num        int64  // of its entity: the key of its series
	URI        string // of its entity
	Plant      string // code
	Name       string // within the plant, as expressions say it: "LT-101"
	Title      string // "1号储罐液位", may be empty
	Factor     string // its code on the wire
	Kind       Measure
	Medium     string        // "氯"
	Equipment  string        // "V-101"
	HazardUnit string        // code of the hazard unit that it stands in, may be empty
	UCUM       string        // unit of the value
	Every      time.Duration // a value is due this often; 0 where it reports by event
	Limits     rule.Limits
	Key        bool // 关键监测点: the plant counts as monitored while these report
}

// Label is the point for people.
func (p *Point) Label() lang.Text {
	if p.Title != "" {
		return lang.Same(p.Title)
	}
	text := p.Kind.Text()
	if p.Equipment != "" {
		return lang.T(p.Equipment+" "+text.Zh, p.Equipment+" "+text.En)
	}
	return text
}

// Rule is the point as rules watch it.
func (p *Point) Rule(of *Plant) rule.Point {
	tags := []string{"kind:" + string(p.Kind), "plant:" + string(of.Kind)}
	if p.Key {
		tags = append(tags, "key")
	} else {
		tags = append(tags, "ordinary")
	}
	if p.Medium != "" {
		tags = append(tags, "medium:"+p.Medium)
	}
	return rule.Point{Key: p.Num, Entity: p.URI, Name: p.Name, Title: p.Label(), Group: of.URI, Unit: of.Unit, Area: of.District, Tags: tags, UCUM: p.UCUM, Every: p.Every, Limits: p.Limits}
}

// same tells whether nothing of two points differs but their numbers.
func (p *Point) same(o *Point) bool {
	a, b := *p, *o
	a.Num, b.Num, a.URI, b.URI = 0, 0, "", ""
	limits := slices.EqualFunc(a.limits(), b.limits(), func(x, y *float64) bool {
		return x == nil && y == nil || x != nil && y != nil && *x == *y
	})
	a.Limits, b.Limits = rule.Limits{}, rule.Limits{}
	return limits && a == b
}

func (p *Point) limits() []*float64 {
	return []*float64{p.Limits.LowLow, p.Limits.Low, p.Limits.High, p.Limits.HighHigh}
}

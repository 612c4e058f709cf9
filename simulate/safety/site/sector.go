package site

import "github.com/haihe-city/haihe/lang"

// Sector is what a plant does.
type Sector uint8

// The sectors of the plan's section 3.3.5.
const (
	Chemical Sector = iota
	Metallurgy
	Fireworks
)

// String gives the word of the register's column.
func (s Sector) String() string { return [...]string{"chemical", "metallurgy", "fireworks"}[s%3] }

// Text names a sector.
func (s Sector) Text() lang.Text {
	return [...]lang.Text{lang.T("危险化学品企业", "hazardous-chemical plant"), lang.T("冶金企业", "metallurgy plant"), lang.T("烟花爆竹仓库", "fireworks store")}[s%3]
}

// Protocol is what a plant speaks.
type Protocol string

// The protocols.
const (
	HJ212  Protocol = "hj212"
	Modbus Protocol = "modbus"
	MQTT   Protocol = "mqtt"
	Panel  Protocol = "gbt26875" // a fire panel, which speaks when something happens
)

// Kind is what a point measures.
type Kind uint8

// The kinds.
const (
	Level Kind = iota
	Pressure
	Temperature
	Flow
	Gas   // combustible
	Toxic // toxic gas
	Humidity
	Smoke
	Fire  // of a detector: 0 or 1
	Link  // of a transmission device: 1 whenever it speaks
	kinds = 10
)

// String gives the word of the register's column.
func (k Kind) String() string {
	return [...]string{"level", "pressure", "temperature", "flow", "gas", "toxic", "humidity", "other", "fire", "switch"}[k%kinds]
}

// nature is how the points of a kind behave: values lie within mid-span to mid+span while nothing is wrong, and the limits outside.
type nature struct {
	ucum            string
	decimals        int
	mid, span       float64
	ll, l, h, hh    float64 // NaN where there is none
	load, stock     float64 // shares of span that follow the plant's load and stock
	own, noise      float64 // and the point's own slow and fast movement; the four add up to one
	lag, slow       float64 // seconds by which it follows, and of the own movement
	name            lang.Text
	tag             string // letters of its tags
	floor           bool   // never below zero
	scalesWithPlant bool   // larger plants have larger values
}

// natures is by Kind. Combustible gas warns at 25 and 50 percent of the lower explosive limit, toxic gas at one and two times its exposure
// limit (GB/T 50493-2019).
var natures = [kinds]nature{
	Level:       {ucum: "m", decimals: 3, mid: 6, span: 2, ll: 1.5, l: 2.5, h: 9.5, hh: 10.5, stock: .45, own: .53, noise: .02, slow: 1500, name: lang.T("液位", "level"), tag: "LT", scalesWithPlant: true},
	Pressure:    {ucum: "MPa", decimals: 3, mid: .8, span: .1, ll: .5, l: .6, h: 1, hh: 1.15, load: .65, own: .2, noise: .15, lag: 8, slow: 300, name: lang.T("压力", "pressure"), tag: "PT"},
	Temperature: {ucum: "Cel", decimals: 2, mid: 32, span: 6, ll: none, l: none, h: 48, hh: 58, load: .6, own: .3, noise: .1, lag: 45, slow: 900, name: lang.T("温度", "temperature"), tag: "TT"},
	Flow:        {ucum: "m3/h", decimals: 2, mid: 60, span: 15, ll: 25, l: 35, h: 85, hh: 95, load: .75, own: .15, noise: .1, slow: 200, name: lang.T("流量", "flow"), tag: "FT", scalesWithPlant: true},
	Gas:         {ucum: "%", decimals: 2, mid: 2, span: 1.6, ll: none, l: none, h: 25, hh: 50, own: .6, noise: .4, slow: 400, name: lang.T("可燃气体浓度", "combustible gas"), tag: "GT", floor: true},
	Toxic:       {ucum: "mg/m3", decimals: 3, mid: .12, span: .1, ll: none, l: none, h: 1, hh: 2, own: .6, noise: .4, slow: 400, name: lang.T("有毒气体浓度", "toxic gas"), tag: "GT", floor: true},
	Humidity:    {ucum: "%", decimals: 1, mid: 55, span: 8, ll: none, l: 30, h: 75, hh: 85, load: .3, own: .6, noise: .1, slow: 1800, name: lang.T("相对湿度", "humidity"), tag: "HT"},
	Smoke:       {ucum: "%/m", decimals: 2, mid: .4, span: .3, ll: none, l: none, h: 3, hh: 6, own: .6, noise: .4, slow: 400, name: lang.T("烟雾减光率", "smoke"), tag: "ST", floor: true},
	Fire:        {ll: none, l: none, h: none, hh: none, name: lang.T("火灾探测器", "fire detector"), tag: "XS", floor: true},
	Link:        {mid: 1, ll: none, l: none, h: none, hh: none, name: lang.T("通信", "link"), tag: "DV", floor: true},
}

// none stands for a limit that a kind does not have.
const none = -1e9

// medium is what a chemical plant stores, as GB 18218-2018 names it, with the exposure limit of its detectors in mg/m3.
type medium struct {
	Substance
	limit float64
}

// Substance is something dangerous that a plant stores.
type Substance struct {
	Name string // as GB 18218-2018 has it
	CAS  string
}

var media = []medium{
	{Substance{"氯", "7782-50-5"}, 1}, {Substance{"氨", "7664-41-7"}, 30}, {Substance{"硫化氢", "7783-06-4"}, 10},
	{Substance{"苯", "71-43-2"}, 10}, {Substance{"甲醇", "67-56-1"}, 50}, {Substance{"环氧乙烷", "75-21-8"}, 2},
}

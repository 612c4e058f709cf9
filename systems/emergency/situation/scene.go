package situation

import (
	"math"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/emergency/situation/area"
	"github.com/haihe-city/haihe/systems/emergency/situation/plume"
	"github.com/haihe-city/haihe/web/ui"
)

// Input is what somebody entered for a calculation.
type Input struct {
	Gas       string  `json:"gas,omitempty"`
	Rate      float64 `json:"rate,omitempty"`   // kg/s
	Height    float64 `json:"height,omitempty"` // m
	From      float64 `json:"from"`             // direction that the wind comes from, degrees
	Wind      float64 `json:"wind,omitempty"`   // m/s
	Sky       string  `json:"sky,omitempty"`
	Town      bool    `json:"town,omitempty"`
	Isolation string  `json:"isolation,omitempty"`
	Radius    float64 `json:"radius,omitempty"`  // km, of a circle around the place
	Polygon   string  `json:"polygon,omitempty"` // a corner a line
}

// Shape is one area of a scene.
type Shape struct {
	Kind    string // grave, harm, cordon, own
	Name    lang.Text
	Polygon area.Polygon
	Metres  float64 // its reach, 0 for what was drawn
	Far     bool    // beyond what the model is stated for
}

// Scene is what was computed.
type Scene struct {
	Shapes      []Shape
	Assumptions []lang.Text
}

// Compute makes the areas around a place.
func (in Input) Compute(at area.Point) (s Scene, err error) {
	if in.Isolation != "" {
		x, ok := plume.IsolationOf(in.Isolation)
		if !ok {
			return s, errs.Say(errs.Invalid, "没有此隔离类别", "there is no such isolation")
		}
		s.Shapes = append(s.Shapes, Shape{Kind: "cordon", Name: lang.T("初始隔离："+x.Name.Zh, "First isolation: "+x.Name.En), Polygon: area.Circle(at, x.Metres/1000), Metres: x.Metres})
		s.say("初始隔离距离为平台默认值，参照《应急响应指南》（ERG 2016）橙页，四周等距；以主管部门的规定为准", "the first isolation is a house default after the orange pages of the Emergency Response Guidebook 2016, the same on all sides; the authority's table goes before it")
	}
	if in.Gas != "" {
		if err := in.plume(at, &s); err != nil {
			return s, err
		}
	}
	if in.Radius > 0 {
		s.Shapes = append(s.Shapes, Shape{Kind: "own", Name: lang.T("指定半径", "Circle by hand"), Polygon: area.Circle(at, in.Radius), Metres: in.Radius * 1000})
	}
	if strings.TrimSpace(in.Polygon) != "" {
		g, err := area.ParsePolygon(in.Polygon)
		if err != nil {
			return s, err
		}
		s.Shapes = append(s.Shapes, Shape{Kind: "own", Name: lang.T("手绘区域", "Area by hand"), Polygon: g})
	}
	if len(s.Shapes) == 0 {
		return s, errs.Say(errs.Invalid, "请填写泄漏、隔离类别、半径或多边形，至少一项", "enter a release, an isolation, a radius or a polygon")
	}
	return s, nil
}

func (s *Scene) say(zh, en string) { s.Assumptions = append(s.Assumptions, lang.T(zh, en)) }

// plume adds the areas above AEGL-3 and AEGL-2.
func (in Input) plume(at area.Point, s *Scene) error {
	gas, ok := plume.GasOf(in.Gas)
	if !ok {
		return errs.Say(errs.Invalid, "没有此物质的毒性数据", "nothing is known of that gas")
	}
	if !(in.From >= 0 && in.From <= 360) {
		return errs.Say(errs.Invalid, "风向应为 0 至 360 度（来向，0 为北）", "the wind comes from 0 to 360 degrees, 0 is north")
	}
	class, ok := plume.ClassOf(in.Wind, plume.Sky(in.Sky))
	if !ok {
		return errs.Say(errs.Invalid, "请选择天空状况", "choose the sky")
	}
	r := plume.Release{Rate: in.Rate * 1000, Height: in.Height, Wind: in.Wind, Air: class, Town: in.Town}
	if err := r.Check(); err != nil {
		return err
	}
	for _, x := range []struct {
		kind, zh, en string
		ppm          float64
	}{{"harm", "不可逆伤害区（AEGL-2）", "Lasting harm (AEGL-2)", gas.AEGL2}, {"grave", "致命区（AEGL-3）", "Danger to life (AEGL-3)", gas.AEGL3}} {
		limit := gas.Grams(x.ppm)
		reach, far := r.Reach(limit)
		if outline := r.Outline(limit); outline != nil {
			s.Shapes = append(s.Shapes, Shape{Kind: x.kind, Name: lang.T(x.zh, x.en), Polygon: area.Downwind(at, in.From, outline), Metres: reach, Far: far})
		}
		s.say(x.zh+"：浓度 "+short(x.ppm)+" ppm（"+short(limit*1000)+" mg/m³），60 分钟", x.en+": "+short(x.ppm)+" ppm ("+short(limit*1000)+" mg/m³), 60 minutes")
	}
	s.say("上述浓度限值为平台默认值，参照美国环保署 AEGL；以主管部门发布的为准", "these levels are a house default after the AEGL of the United States EPA; the authority's go before them")
	ground, groundEn := "开阔地", "open country"
	if in.Town {
		ground, groundEn = "城区", "a town"
	}
	s.say("高斯烟羽模型：连续稳定泄漏 "+short(in.Rate)+" kg/s，源高 "+short(in.Height)+" m，风速 "+short(in.Wind)+" m/s，大气稳定度 "+string(rune(class))+"（Pasquill 1961），"+ground+"扩散参数（Briggs 1973）", "Gaussian plume: a steady release of "+short(in.Rate)+" kg/s at "+short(in.Height)+" m, wind "+short(in.Wind)+" m/s, stability "+string(rune(class))+" (Pasquill 1961), dispersion over "+groundEn+" (Briggs 1973)")
	s.say("平坦地面、地面全反射；不计地形、建筑、重气下沉和化学变化；100 米以内、10 千米以外不可靠", "flat ground that reflects; no hills, buildings, heavy gas or chemistry; not to be relied on within 100 m or beyond 10 km")
	return nil
}

func short(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

// view is the part of the map that shows the place and the areas, with a rim.
func (s Scene) view(at area.Point) [4]float64 {
	w, so, e, n := at[0], at[1], at[0], at[1]
	for _, x := range s.Shapes {
		a, b, c, d := x.Polygon.Bounds()
		w, so, e, n = math.Min(w, a), math.Min(so, b), math.Max(e, c), math.Max(n, d)
	}
	rim := math.Max(.01, .25*math.Max(e-w, n-so))
	return [4]float64{w - rim, so - rim, e + rim, n + rim}
}

// drawn are the areas as the map shows them.
func (s Scene) drawn() (out []ui.Shape) {
	for _, x := range s.Shapes {
		ring := make([][2]float64, 0, len(x.Polygon)+1)
		for _, p := range x.Polygon {
			ring = append(ring, p)
		}
		if len(ring) > 0 && ring[0] != ring[len(ring)-1] {
			ring = append(ring, ring[0])
		}
		out = append(out, ui.Shape{Ring: ring, Kind: x.Kind, Text: x.Name})
	}
	return out
}

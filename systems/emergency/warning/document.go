package warning

import (
	"fmt"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/emergency/situation/area"
	"github.com/haihe-city/haihe/systems/emergency/warning/reach"
	"github.com/haihe-city/haihe/wire/cap"
	"github.com/haihe-city/haihe/wire/gbt35965"
)

// Settings say under whose name warnings go out.
type Settings struct {
	Issuer string `toml:"warning_issuer" doc:"预警发布单位代码，14 位数字：行政区划 6 位、机构 3 位、内部编码 3 位、扩展 2 位 / code of the unit that issues warnings: region 6, body 3, office 3 and extension 2 digits"`
	Name   string `toml:"warning_name" doc:"预警发布单位名称 / name of the unit that issues warnings"`
	URL    string `toml:"warning_url" doc:"公众访问本平台的网址，写入预警文件和订阅源，如 https://haihe.example.cn / the address under which the public reaches this program, as written into alerts and feeds"`
}

// Defaults are the settings of a first start; the code is that of a demonstration.
func Defaults() Settings {
	return Settings{Issuer: "12000099900000", Name: "天津市突发事件预警信息发布中心", URL: "http://localhost:8080"}
}

// Check holds the settings to what a document needs.
func (s Settings) Check() error {
	if _, err := gbt35965.NewIdentifier(s.Issuer, time.Unix(0, 0), 0); err != nil {
		return errs.Say(errs.Invalid, "warning_issuer 应为 14 位数字", "warning_issuer has 14 digits")
	}
	if s.Name == "" || !strings.HasPrefix(s.URL, "http://") && !strings.HasPrefix(s.URL, "https://") {
		return errs.Say(errs.Invalid, "warning_name 不能为空，warning_url 应以 http:// 或 https:// 开头", "warning_name is needed, and warning_url begins with http:// or https://")
	}
	return nil
}

// point turns our order, longitude first, into CAP's.
func point(p area.Point) cap.Point { return cap.Point{Lat: round(p[1]), Lon: round(p[0])} }

// round keeps six decimals, a tenth of a metre.
func round(v float64) float64 {
	if v < 0 {
		return -round(-v)
	}
	return float64(int64(v*1e6+0.5)) / 1e6
}

func polygon(g area.Polygon) cap.Polygon {
	out := make(cap.Polygon, 0, len(g)+1)
	for _, p := range g {
		out = append(out, point(p))
	}
	if len(out) > 0 && out[0] != out[len(out)-1] {
		out = append(out, out[0])
	}
	return out
}

// areas says where, in one language: each district with its code and outline, then what was drawn.
func (w *Warning) areas(l lang.Lang) (out []cap.Area, err error) {
	for _, d := range w.Districts {
		a := cap.Area{Desc: reach.Name(d).In(l), Geocodes: []cap.Pair{{Name: gbt35965.RegionSystem, Value: d}}}
		rings, err := reach.Outlines(d)
		if err != nil {
			return nil, err
		}
		for _, r := range rings {
			if p := polygon(r); len(p) >= 4 {
				a.Polygons = append(a.Polygons, p)
			}
		}
		out = append(out, a)
	}
	drawn := cap.Area{Desc: lang.T("图上划定的区域", "Area drawn on the map").In(l)}
	for _, g := range w.Polygons {
		drawn.Polygons = append(drawn.Polygons, polygon(g))
	}
	for _, c := range w.Circles {
		drawn.Circles = append(drawn.Circles, cap.Circle{Center: point(c.At), Radius: c.Km})
	}
	if len(drawn.Polygons)+len(drawn.Circles) > 0 {
		reached, err := w.Reached()
		if err != nil {
			return nil, err
		}
		for _, d := range reached {
			drawn.Geocodes = append(drawn.Geocodes, cap.Pair{Name: gbt35965.RegionSystem, Value: d})
		}
		out = append(out, drawn)
	}
	return out, nil
}

// alert makes the message of CAP: an information in each language. before is the message that it follows, nil where it is the first.
func (w *Warning) alert(s Settings, before *Warning) (*cap.Alert, error) {
	a := &cap.Alert{Identifier: w.Identifier, Sender: s.Issuer, Sent: w.Issued.In(gbt35965.China), Status: "Actual", MsgType: w.MsgType, Source: s.Name, Scope: "Public", Note: w.Note}
	if w.Exercise {
		a.Status = "Exercise"
	}
	if before != nil {
		a.References = []cap.Reference{{Sender: s.Issuer, Identifier: before.Identifier, Sent: before.Issued.In(gbt35965.China)}}
	}
	event, _ := gbt35965.EventOf(w.Event)
	for _, l := range []lang.Lang{lang.Zh, lang.En} {
		where, err := w.areas(l)
		if err != nil {
			return nil, err
		}
		tag := map[lang.Lang]string{lang.Zh: "zh-CN", lang.En: "en-US"}[l]
		i := cap.Info{Language: tag, Categories: []string{event.Category}, Event: event.Name.In(l), Urgency: w.Urgency, Severity: gbt35965.Severity(w.Colour), Certainty: w.Certainty,
			EventCodes: []cap.Pair{{Name: gbt35965.EventSystem, Value: w.Event}}, SenderName: s.Name, Headline: w.marked(w.Headline).In(l), Description: w.Description.In(l), Instruction: w.Instruction.In(l),
			Web: s.URL + Base + "/" + w.ID, Areas: where}
		i.Effective, i.Expires = a.Sent, w.Expires.In(gbt35965.China)
		if !w.Onset.IsZero() {
			i.Onset = w.Onset.In(gbt35965.China)
		}
		if w.MsgType == Cancel {
			i.ResponseTypes = []string{"AllClear"}
		}
		a.Infos = append(a.Infos, i)
	}
	return a, nil
}

// marked says of a drill that it is one, before anything else.
func (w *Warning) marked(t lang.Text) lang.Text {
	if !w.Exercise {
		return t
	}
	return lang.T("【演练】"+t.Zh, "[EXERCISE] "+t.En)
}

// documents writes a message in both structures.
func (w *Warning) documents(s Settings, before *Warning) (capDoc, gbDoc []byte, err error) {
	a, err := w.alert(s, before)
	if err != nil {
		return nil, nil, err
	}
	if capDoc, err = cap.Write(a); err != nil {
		return nil, nil, errs.Wrap("write the alert", err)
	}
	gb, _, err := gbt35965.FromCAP(a) // what has no place there, such as the kind of response, is lost by design
	if err != nil {
		return nil, nil, errs.Wrap("map the alert", err)
	}
	gbDoc, err = gbt35965.Write(gb)
	return capDoc, gbDoc, errs.Wrap("write the warning", err)
}

// drafted makes the draft of a foreign alert: what it says, in the languages that it has, with its shapes.
func drafted(a *cap.Alert, now time.Time) (Warning, error) {
	if len(a.Infos) == 0 {
		return Warning{}, errs.Say(errs.Invalid, "警报没有内容（info），不能转为预警", "the alert says nothing (info), and cannot become a warning")
	}
	first := a.Infos[0]
	w := Warning{MsgType: Alert, Origin: a.Identifier, Exercise: a.Status != "Actual", Colour: gbt35965.Colour(first.Severity), Expires: first.Expires}
	if w.Colour == "" || w.Colour == "Unknown" {
		w.Colour = "Blue"
	}
	if w.Expires.IsZero() {
		w.Expires = now.Add(holds(w.Colour))
	}
	for _, c := range first.EventCodes {
		if c.Name == gbt35965.EventSystem {
			w.Event = c.Value
		}
	}
	w.Urgency, w.Certainty, w.Onset, w.AckMinutes, w.Duties = first.Urgency, first.Certainty, first.Onset, 15, []string{"district"}
	for _, i := range a.Infos {
		if strings.HasPrefix(i.Language, "zh") {
			w.Headline.Zh, w.Description.Zh, w.Instruction.Zh = i.Headline, i.Description, i.Instruction
		} else if w.Headline.En == "" {
			w.Headline.En, w.Description.En, w.Instruction.En = i.Headline, i.Description, i.Instruction
		}
	}
	for _, x := range first.Areas {
		listed := false
		for _, g := range x.Geocodes {
			if g.Name == gbt35965.RegionSystem && strings.HasPrefix(g.Value, "12") {
				w.Districts = append(w.Districts, g.Value[:6])
				listed = true
			}
		}
		if listed { // the outline of a district that is named is ours to draw
			continue
		}
		for _, p := range x.Polygons {
			var g area.Polygon
			for _, c := range p {
				g = append(g, area.Point{c.Lon, c.Lat})
			}
			w.Polygons = append(w.Polygons, g)
		}
		for _, c := range x.Circles {
			w.Circles = append(w.Circles, reach.Circle{At: area.Point{c.Center.Lon, c.Center.Lat}, Km: c.Radius})
		}
	}
	w.Note = fmt.Sprintf("%.80s · %.60s · %.80s", a.Source, a.Sender, a.Identifier)
	return w, nil
}

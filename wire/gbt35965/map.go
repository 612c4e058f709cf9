package gbt35965

import (
	"fmt"
	"time"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/wire/cap"
)

// Names of the systems of codes in an alert of CAP.
const (
	EventSystem  = "GB/T 35561"
	RegionSystem = "GB/T 2260"
)

// severities pairs the colours with the words of CAP.
var severities = [][2]string{{"Red", "Extreme"}, {"Orange", "Severe"}, {"Yellow", "Moderate"}, {"Blue", "Minor"}, {"Unknown", "Unknown"}}

// Severity gives the word of CAP for a colour, "" where there is none.
func Severity(colour string) string {
	for _, p := range severities {
		if p[0] == colour {
			return p[1]
		}
	}
	return ""
}

// Colour gives the colour of a severity of CAP.
func Colour(severity string) string {
	for _, p := range severities {
		if p[1] == severity {
			return p[0]
		}
	}
	return ""
}

func orUnknown(s string) string {
	if s == "" {
		return "Unknown"
	}
	return s
}

// ToCAP maps a warning to CAP 1.2: the issuer's code becomes the sender, its name the source, a classification the restriction; the event's
// name and category follow from its code. Methods have no place in CAP.
func ToCAP(a *Alert) *cap.Alert {
	out := &cap.Alert{Version: "1.2", Identifier: a.Identifier, Sender: a.SenderCode, Source: a.Sender, Sent: a.SendTime, Status: a.Status, MsgType: a.MsgType, Scope: a.Scope, Note: a.Note, References: a.References}
	if a.Scope == "Restricted" {
		out.Restriction = a.Secrecy
	}
	for _, i := range a.Infos {
		e, _ := EventOf(i.EventType)
		x := cap.Info{Language: i.Language, Categories: []string{e.Category}, Event: e.Name.Zh, Urgency: orUnknown(i.Urgency), Severity: Severity(i.Severity), Certainty: orUnknown(i.Certainty),
			EventCodes: []cap.Pair{{Name: EventSystem, Value: i.EventType}}, Span: i.Span, SenderName: i.SenderName, Headline: i.Headline, Description: i.Description, Instruction: i.Instruction, Web: i.Web}
		if len(i.Language) >= 2 && i.Language[:2] == "en" {
			x.Event = e.Name.En
		}
		for _, r := range i.Resources {
			x.Resources = append(x.Resources, cap.Resource{Desc: r.Desc, MimeType: "application/octet-stream", Size: r.Size, Digest: r.Digest})
		}
		for _, r := range i.Areas {
			y := cap.Area{Desc: r.Desc, Polygons: r.Polygons, Circles: r.Circles}
			for _, g := range r.Geocodes {
				y.Geocodes = append(y.Geocodes, cap.Pair{Name: RegionSystem, Value: g})
			}
			x.Areas = append(x.Areas, y)
		}
		out.Infos = append(out.Infos, x)
	}
	return out
}

// FromCAP maps an alert of CAP to the Chinese structure. lost are the paths of what has no place there; an alert that lacks what the
// structure demands, such as an identifier of its form or an event's code, is refused with all faults.
func FromCAP(a *cap.Alert) (out *Alert, lost []string, err error) {
	m := &mapper{}
	out = &Alert{Identifier: a.Identifier, SenderCode: a.Sender, Sender: a.Source, SendTime: beijing(a.Sent), Status: a.Status, MsgType: a.MsgType, Scope: a.Scope, Secrecy: "None", Note: a.Note}
	if a.Scope == "Restricted" {
		out.Secrecy = a.Restriction
	}
	for _, r := range a.References {
		r.Sent = beijing(r.Sent)
		out.References = append(out.References, r)
	}
	m.lose("alert/addresses", len(a.Addresses) > 0)
	m.lose("alert/code", len(a.Codes) > 0)
	m.lose("alert/incidents", len(a.Incidents) > 0)
	for n, i := range a.Infos {
		out.Infos = append(out.Infos, m.info(i, fmt.Sprintf("alert/info[%d]", n+1)))
	}
	if _, werr := Write(out); werr != nil || len(m.faults) > 0 {
		if e, ok := werr.(*cap.Error); ok {
			m.faults = append(m.faults, e.Faults...)
		}
		return nil, m.lost, &cap.Error{Faults: m.faults}
	}
	return out, m.lost, nil
}

type mapper struct {
	lost   []string
	faults []cap.Fault
}

func (m *mapper) lose(path string, there bool) {
	if there {
		m.lost = append(m.lost, path)
	}
}

func beijing(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(China)
}

func (m *mapper) info(i cap.Info, path string) Info {
	x := Info{Language: i.Language, Urgency: i.Urgency, Severity: Colour(i.Severity), Certainty: i.Certainty, SenderName: i.SenderName, Headline: i.Headline, Description: i.Description, Instruction: i.Instruction, Web: i.Web,
		Span: cap.Span{Effective: beijing(i.Effective), Onset: beijing(i.Onset), Expires: beijing(i.Expires)}}
	for _, c := range i.EventCodes {
		if c.Name == EventSystem && x.EventType == "" {
			x.EventType = c.Value
		} else {
			m.lose(path+"/eventCode", true)
		}
	}
	if x.EventType == "" {
		m.faults = append(m.faults, cap.Fault{Path: path + "/eventCode", Said: lang.T("缺少 GB/T 35561 事件代码", "there is no event code of GB/T 35561")})
	}
	m.lose(path+"/responseType", len(i.ResponseTypes) > 0)
	m.lose(path+"/audience", i.Audience != "")
	m.lose(path+"/contact", i.Contact != "")
	m.lose(path+"/parameter", len(i.Parameters) > 0)
	for _, r := range i.Resources {
		x.Resources = append(x.Resources, Resource{r.Desc, r.Size, r.Digest})
		m.lose(path+"/resource/uri", r.URI != "" || r.Content != "")
	}
	for n, r := range i.Areas {
		y := Area{Desc: r.Desc, Polygons: r.Polygons, Circles: r.Circles}
		for _, g := range r.Geocodes {
			if g.Name == RegionSystem {
				y.Geocodes = append(y.Geocodes, g.Value)
			} else {
				m.lose(fmt.Sprintf("%s/area[%d]/geocode", path, n+1), true)
			}
		}
		m.lose(fmt.Sprintf("%s/area[%d]/altitude", path, n+1), r.Altitude != "")
		x.Areas = append(x.Areas, y)
	}
	return x
}

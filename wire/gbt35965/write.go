package gbt35965

import (
	"encoding/xml"
	"strings"
	"time"
)

// Write writes a warning, and refuses one that Read would refuse. The same warning gives the same bytes.
func Write(a *Alert) ([]byte, error) {
	w := &writer{}
	w.b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	w.in("alert", func() { w.alert(a) })
	out := []byte(w.b.String())
	if _, err := Read(out); err != nil {
		return nil, err
	}
	return out, nil
}

type writer struct {
	b    strings.Builder
	deep int
}

func (w *writer) must(name, v string) {
	w.b.WriteString(strings.Repeat(" ", w.deep) + "<" + name + ">")
	_ = xml.EscapeText(&w.b, []byte(v)) // a builder takes everything
	w.b.WriteString("</" + name + ">\n")
}

func (w *writer) text(name, v string) {
	if v != "" {
		w.must(name, v)
	}
}

func (w *writer) time(name string, t time.Time) {
	if !t.IsZero() {
		w.must(name, formatTime(t))
	}
}

func (w *writer) in(name string, fn func()) {
	w.b.WriteString(strings.Repeat(" ", w.deep) + "<" + name + ">\n")
	w.deep++
	fn()
	w.deep--
	w.b.WriteString(strings.Repeat(" ", w.deep) + "</" + name + ">\n")
}

func (w *writer) alert(a *Alert) {
	w.must("identifier", a.Identifier)
	w.must("sender", a.Sender)
	w.must("senderCode", a.SenderCode)
	w.time("sendTime", a.SendTime)
	w.must("status", a.Status)
	w.must("msgType", a.MsgType)
	w.must("scope", a.Scope)
	if len(a.Methods) > 0 {
		w.in("code", func() {
			for _, m := range a.Methods {
				w.in("method", func() {
					w.must("methodName", m.Name)
					w.text("message", m.Message)
					w.text("audienceGrp", m.Groups)
					w.text("audiencePrt", m.Parts)
				})
			}
		})
	}
	w.text("secClassification", a.Secrecy)
	w.text("note", a.Note)
	refs := make([]string, len(a.References))
	for i, r := range a.References {
		refs[i] = r.Sender + "," + r.Identifier + "," + formatTime(r.Sent)
	}
	w.text("references", strings.Join(refs, " "))
	for _, i := range a.Infos {
		w.in("info", func() { w.info(i) })
	}
}

func (w *writer) info(i Info) {
	w.text("language", i.Language)
	w.must("eventType", i.EventType)
	w.text("urgency", i.Urgency)
	w.must("severity", i.Severity)
	w.text("certainty", i.Certainty)
	w.time("effective", i.Effective)
	w.time("onset", i.Onset)
	w.time("expires", i.Expires)
	w.text("senderName", i.SenderName)
	w.must("headline", i.Headline)
	w.must("description", i.Description)
	w.text("instruction", i.Instruction)
	w.text("web", i.Web)
	for _, x := range i.Resources {
		w.in("resource", func() { w.must("resourceDesc", x.Desc); w.text("size", x.Size); w.text("digest", x.Digest) })
	}
	for _, x := range i.Areas {
		w.in("area", func() {
			w.must("areaDesc", x.Desc)
			for _, p := range x.Polygons {
				w.must("polygon", p.String())
			}
			for _, c := range x.Circles {
				w.must("circle", c.String())
			}
			for _, g := range x.Geocodes {
				w.must("geocode", g)
			}
		})
	}
}

package cap

import (
	"encoding/xml"
	"strings"
	"time"
)

// Write writes an alert as version 1.2, and refuses one that the standard does not allow. The same alert gives the same bytes.
func Write(a *Alert) ([]byte, error) {
	var w writer
	w.b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<alert xmlns="` + Space12 + `">` + "\n")
	w.alert(a)
	w.b.WriteString("</alert>\n")
	out := []byte(w.b.String())
	if _, err := Read(out); err != nil {
		return nil, err
	}
	return out, nil
}

// writer writes elements in the order of the schema; empty ones are left out, since they say nothing. CAP 1.2 3.4.
type writer struct {
	b    strings.Builder
	deep int
}

func (w *writer) text(name, v string) {
	if v != "" {
		w.must(name, v)
	}
}

// must writes an element also where its value is empty: a fault is then found where it lies.
func (w *writer) must(name, v string) {
	w.indent()
	w.b.WriteString("<" + name + ">")
	_ = xml.EscapeText(&w.b, []byte(v)) // a builder takes everything
	w.b.WriteString("</" + name + ">\n")
}

func (w *writer) indent() { w.b.WriteString(strings.Repeat(" ", w.deep+1)) }

func (w *writer) each(name string, l []string) {
	for _, v := range l {
		w.must(name, v)
	}
}

func (w *writer) time(name string, t time.Time) {
	if !t.IsZero() {
		w.must(name, FormatTime(t))
	}
}

func (w *writer) in(name string, fn func()) {
	w.indent()
	w.b.WriteString("<" + name + ">\n")
	w.deep++
	fn()
	w.deep--
	w.indent()
	w.b.WriteString("</" + name + ">\n")
}

func (w *writer) pairs(name string, l []Pair) {
	for _, p := range l {
		w.in(name, func() { w.must("valueName", p.Name); w.must("value", p.Value) })
	}
}

func (w *writer) alert(a *Alert) {
	w.must("identifier", a.Identifier)
	w.must("sender", a.Sender)
	w.time("sent", a.Sent)
	w.must("status", a.Status)
	w.must("msgType", a.MsgType)
	w.text("source", a.Source)
	w.must("scope", a.Scope)
	w.text("restriction", a.Restriction)
	w.text("addresses", unlist(a.Addresses))
	w.each("code", a.Codes)
	w.text("note", a.Note)
	refs := make([]string, len(a.References))
	for i, r := range a.References {
		refs[i] = r.String()
	}
	w.text("references", strings.Join(refs, " "))
	w.text("incidents", unlist(a.Incidents))
	for _, i := range a.Infos {
		w.in("info", func() { w.info(i) })
	}
}

func (w *writer) info(i Info) {
	w.text("language", i.Language)
	w.each("category", i.Categories)
	w.must("event", i.Event)
	w.each("responseType", i.ResponseTypes)
	w.must("urgency", i.Urgency)
	w.must("severity", i.Severity)
	w.must("certainty", i.Certainty)
	w.text("audience", i.Audience)
	w.pairs("eventCode", i.EventCodes)
	w.time("effective", i.Effective)
	w.time("onset", i.Onset)
	w.time("expires", i.Expires)
	w.text("senderName", i.SenderName)
	w.text("headline", i.Headline)
	w.text("description", i.Description)
	w.text("instruction", i.Instruction)
	w.text("web", i.Web)
	w.text("contact", i.Contact)
	w.pairs("parameter", i.Parameters)
	for _, x := range i.Resources {
		mime := x.MimeType
		if mime == "" { // 1.1 did not demand it
			mime = "application/octet-stream"
		}
		w.in("resource", func() {
			w.must("resourceDesc", x.Desc)
			w.must("mimeType", mime)
			w.text("size", x.Size)
			w.text("uri", x.URI)
			w.text("derefUri", x.Content)
			w.text("digest", x.Digest)
		})
	}
	for _, x := range i.Areas {
		w.in("area", func() { w.area(x) })
	}
}

func (w *writer) area(x Area) {
	w.must("areaDesc", x.Desc)
	for _, p := range x.Polygons {
		w.must("polygon", p.String())
	}
	for _, c := range x.Circles {
		w.must("circle", c.String())
	}
	w.pairs("geocode", x.Geocodes)
	w.text("altitude", x.Altitude)
	w.text("ceiling", x.Ceiling)
}

package cap

import (
	"encoding/xml"
	"strings"
	"time"
)

// WriteFeed writes an Atom feed whose entries carry their alerts; self is its own address. RFC 4287 4.1.1 and 4.1.2.
func WriteFeed(f *Feed, self, author string) ([]byte, error) {
	var b strings.Builder
	esc := func(s string) string {
		var e strings.Builder
		_ = xml.EscapeText(&e, []byte(s)) // a builder takes everything
		return e.String()
	}
	line := func(indent, name, v string) { b.WriteString(indent + "<" + name + ">" + esc(v) + "</" + name + ">\n") }
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<feed xmlns="` + spaceAtom + `">` + "\n")
	line(" ", "id", f.ID)
	line(" ", "title", f.Title)
	line(" ", "updated", f.Updated.Format(time.RFC3339))
	b.WriteString(` <link rel="self" type="application/atom+xml" href="` + esc(self) + `"/>` + "\n")
	b.WriteString(" <author><name>" + esc(author) + "</name></author>\n")
	for _, e := range f.Entries {
		b.WriteString(" <entry>\n")
		line("  ", "id", e.ID)
		line("  ", "title", e.Title)
		line("  ", "updated", e.Updated.Format(time.RFC3339))
		b.WriteString(`  <link rel="alternate" type="application/cap+xml" href="` + esc(e.Link) + `"/>` + "\n")
		if e.Summary != "" {
			line("  ", "summary", e.Summary)
		}
		if e.Alert != nil {
			doc, err := Write(e.Alert)
			if err != nil {
				return nil, err
			}
			_, doc2, _ := strings.Cut(string(doc), "\n") // without the declaration
			b.WriteString(`  <content type="text/xml">` + "\n" + doc2 + "  </content>\n")
		}
		b.WriteString(" </entry>\n")
	}
	b.WriteString("</feed>\n")
	return []byte(b.String()), nil
}

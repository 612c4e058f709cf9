package cases

import (
	"io"
	"mime"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
	"github.com/haihe-city/haihe/web/ui"
)

// caseJSON is a case as programs get it.
type caseJSON struct {
	ID      string            `json:"id"`
	Number  string            `json:"number"`
	Kind    string            `json:"kind"`
	Stage   string            `json:"stage"`
	Title   string            `json:"title"`
	Level   int               `json:"level"`
	Unit    string            `json:"unit"`
	Area    string            `json:"area,omitempty"`
	Holder  string            `json:"holder,omitempty"`
	Offered string            `json:"offered,omitempty"`
	Group   string            `json:"plant,omitempty"`
	Parent  string            `json:"parent,omitempty"`
	Opened  time.Time         `json:"opened"`
	Due     time.Time         `json:"due,omitzero"`
	Closed  time.Time         `json:"closed,omitzero"`
	Late    bool              `json:"late"`
	Fields  map[string]string `json:"fields"`
	Version int64             `json:"version"`
}

func caseOf(c *casework.Case) caseJSON {
	return caseJSON{c.ID, c.Number, c.Kind, c.Stage, c.Title, c.Level, c.Unit, c.Area, c.Holder, c.Offered, c.Group, c.Parent, c.Opened, c.Due, c.Closed, c.Late, c.Fields, c.Version}
}

// lineJSON is a line of the timeline.
type lineJSON struct {
	Seq    int64             `json:"seq"`
	At     time.Time         `json:"at"`
	Actor  string            `json:"actor"`
	Unit   string            `json:"unit"`
	Verb   string            `json:"verb"`
	Text   string            `json:"text,omitempty"`
	Fields map[string]string `json:"fields,omitempty"`
	File   string            `json:"file,omitempty"`
	Sum    string            `json:"sha256,omitempty"`
	Prev   string            `json:"prev"`
	Hash   string            `json:"hash"`
}

// apiList gives the cases with the filters of the page.
func (p *Part) apiList(r *web.Request) (any, error) {
	list, next, err := p.cases.List(r.Context(), r.Who, filter(r.Who, r.HTTP.URL.Query()))
	out := []caseJSON{}
	for i := range list {
		out = append(out, caseOf(&list[i]))
	}
	return map[string]any{"cases": out, "next": next}, err
}

// apiOne gives a case with its timeline.
func (p *Part) apiOne(r *web.Request) (any, error) {
	c, err := p.cases.Get(r.Context(), r.Who, r.Path("id"))
	if err != nil {
		return nil, err
	}
	lines, err := p.cases.Timeline(r.Context(), r.Who, c.ID)
	out := []lineJSON{}
	for _, l := range lines {
		out = append(out, lineJSON(l))
	}
	return map[string]any{"case": caseOf(&c), "timeline": out}, err
}

// mostRows bounds a sheet.
const mostRows = 100_000

// apiSheet gives the list as CSV.
func (p *Part) apiSheet(r *web.Request) (any, error) {
	f := filter(r.Who, r.HTTP.URL.Query())
	f.Limit, f.Cursor = 1000, ""
	return web.Reply{Type: sheet.Type, Name: "cases.csv", Body: func(w io.Writer) error {
		out := sheet.New(w, true)
		_ = out.Write("number", "kind", "stage", "title", "level", "unit", "area", "holder", "opened", "due", "closed", "late", "plant", "id") // errors are kept for Flush
		at := func(t time.Time) string {
			if t.IsZero() {
				return ""
			}
			return t.In(ui.Zone()).Format(time.RFC3339)
		}
		for n := 0; n < mostRows; {
			list, next, err := p.cases.List(r.Context(), r.Who, f)
			if err != nil {
				return err
			}
			for i := range list {
				c := &list[i]
				_ = out.Write(c.Number, c.Kind, c.Stage, c.Title, strconv.Itoa(c.Level), c.Unit, c.Area, c.Holder, at(c.Opened), at(c.Due), at(c.Closed), strconv.FormatBool(c.Late), c.Group, c.ID)
			}
			if n += len(list); next == "" {
				break
			}
			f.Cursor = next
		}
		return out.Flush()
	}}, nil
}

// apiFile gives an attachment: always as a download, with the type that it was taken as, never as a page of ours.
func (p *Part) apiFile(r *web.Request) (any, error) {
	name, kind, body, err := p.cases.File(r.Context(), r.Who, r.Path("id"), r.Path("file"))
	if err != nil {
		return nil, err
	}
	return web.Reply{Type: kind, Header: map[string]string{"Content-Disposition": mime.FormatMediaType("attachment", map[string]string{"filename": name}), "Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "private, no-store"},
		Body: func(w io.Writer) error {
			_, err := io.Copy(w, body)
			return err
		}}, nil
}

package warning

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/emergency/warning/served"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/wire/cap"
)

// Base is where programs and the public find warnings; PublicPage is the page that people are led to.
const (
	Base       = "/warnings"
	PublicPage = "/emergency/public"
)

// keep is how long an answer to the public may be kept by those in between, and lifted how long a cancellation stays in the feed.
const (
	keep   = 10 * time.Second
	lifted = 24 * time.Hour
)

// Mounts are the addresses outside the pages and /api.
func (p *Part) Mounts() []web.Mount {
	return []web.Mount{{Prefix: Base, Handler: http.HandlerFunc(p.serve)}}
}

// serve answers programs and leads people to the page. Nothing here asks who somebody is.
func (p *Part) serve(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, Base), "/")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	var err error
	id, kind, _ := strings.Cut(name, ".")
	switch {
	case name == "feed.atom":
		err = p.serveList(w, r, name, "application/atom+xml; charset=utf-8", func() ([]byte, error) { return p.Feed(r.Context(), false) })
	case name == "drills.atom":
		err = p.serveList(w, r, name, "application/atom+xml; charset=utf-8", func() ([]byte, error) { return p.Feed(r.Context(), true) })
	case name == "feed.json":
		err = p.serveList(w, r, name, "application/json", func() ([]byte, error) { return p.listJSON(r.Context()) })
	case name == "":
		p.lead(w, r, PublicPage)
	case kind == "":
		p.lead(w, r, PublicPage+"/"+id)
	default:
		err = p.serveDocument(w, r, id, kind)
	}
	if err != nil {
		status := http.StatusInternalServerError
		if errs.Is(err, errs.NotFound) {
			status = http.StatusNotFound
		}
		http.Error(w, http.StatusText(status), status)
	}
}

// lead goes to a page in the reader's language.
func (p *Part) lead(w http.ResponseWriter, r *http.Request, path string) {
	l := lang.Zh
	if strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "en") {
		l = lang.En
	}
	w.Header().Set("Vary", "Accept-Language")
	http.Redirect(w, r, "/"+string(l)+path, http.StatusFound)
}

func (p *Part) serveList(w http.ResponseWriter, r *http.Request, name, media string, make func() ([]byte, error)) error {
	d, err := p.seen.Get(name, p.o.Now(), keep, make)
	if err != nil {
		return err
	}
	d.Answer(w, r, media, keep)
	return nil
}

// serveDocument gives a message as it was issued; it never changes.
func (p *Part) serveDocument(w http.ResponseWriter, r *http.Request, id, kind string) error {
	capDoc, gbDoc, err := p.Documents(r.Context(), id)
	if err != nil {
		return err
	}
	body, media := capDoc, "application/cap+xml; charset=utf-8"
	switch kind {
	case "cap":
	case "xml":
		body, media = gbDoc, "application/xml; charset=utf-8"
	default:
		return errs.Say(errs.NotFound, "没有这种格式", "there is no such format")
	}
	served.Of([]byte(body)).Answer(w, r, media, 24*time.Hour)
	return nil
}

// Documents gives what was issued: CAP 1.2, and GB/T 35965.1-2018. A message that was not issued has none.
func (p *Part) Documents(ctx context.Context, id string) (capDoc, gbDoc string, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error { return tx.Get(qDocs, []any{id}, &capDoc, &gbDoc) })
	if errs.Is(err, errs.NotFound) || err == nil && capDoc == "" {
		return "", "", errs.Say(errs.NotFound, "没有这条已发布的预警", "no such warning was issued")
	}
	return capDoc, gbDoc, errs.Wrap("read a warning's documents", err)
}

// current are the messages of the public's list: those in force, and cancellations of the last day. Drills stand in a list of their own.
func (p *Part) current(ctx context.Context, exercise bool) (out []Warning, err error) {
	now := p.o.Now()
	all, err := p.read(ctx, qRecent, micros(now.Add(-longest-lifted)))
	for _, w := range all {
		holds := w.State == Issued && now.Before(w.Expires) || w.State == Lifting && now.Sub(w.Issued) < lifted
		if holds && w.Exercise == exercise {
			out = append(out, w)
		}
	}
	return out, err
}

// Feed writes the Atom feed whose entries carry their alerts.
func (p *Part) Feed(ctx context.Context, exercise bool) ([]byte, error) {
	list, err := p.current(ctx, exercise)
	if err != nil {
		return nil, err
	}
	name, title := "feed.atom", "天津市预警信息 · Warnings of Tianjin"
	if exercise {
		name, title = "drills.atom", "天津市预警演练 · Warning exercises of Tianjin"
	}
	self := p.o.Settings.URL + Base + "/" + name
	f := &cap.Feed{ID: self, Title: title, Updated: p.o.Now().Truncate(time.Second)}
	for i, w := range list {
		if i == 0 {
			f.Updated = w.Issued // a list that has not changed is the same bytes
		}
		doc, _, err := p.Documents(ctx, w.ID)
		if err != nil {
			return nil, err
		}
		a, err := cap.Read([]byte(doc))
		if err != nil {
			return nil, errs.Wrap("read an alert of our own", err)
		}
		head := w.marked(w.Headline)
		f.Entries = append(f.Entries, cap.Entry{ID: "urn:haihe:warning:" + w.Identifier, Title: head.Zh + " · " + head.En, Summary: w.Description.Zh + "\n" + w.Description.En, Link: p.o.Settings.URL + Base + "/" + w.ID + ".cap", Updated: w.Issued, Alert: a})
	}
	return cap.WriteFeed(f, self, p.o.Settings.Name)
}

// item is a warning as programs read it.
type item struct {
	ID          string    `json:"id"`
	Identifier  string    `json:"identifier,omitempty"`
	State       string    `json:"state"`
	Status      string    `json:"status"` // Actual or Exercise
	Type        string    `json:"type"`
	Refers      string    `json:"refers,omitempty"`
	Event       string    `json:"event"`
	Colour      string    `json:"colour"`
	Headline    lang.Text `json:"headline"`
	Description lang.Text `json:"description"`
	Instruction lang.Text `json:"instruction"`
	Districts   []string  `json:"districts"`
	Issued      time.Time `json:"issued,omitzero"`
	Expires     time.Time `json:"expires"`
	CAP         string    `json:"cap,omitempty"`
	GB          string    `json:"gb35965,omitempty"`
}

func (p *Part) item(w *Warning) item {
	x := item{ID: w.ID, Identifier: w.Identifier, State: w.State, Status: "Actual", Type: w.MsgType, Refers: w.Refers, Event: w.Event, Colour: w.Colour, Headline: w.marked(w.Headline), Description: w.Description, Instruction: w.Instruction, Issued: w.Issued, Expires: w.Expires}
	if x.Districts, _ = w.Reached(); x.Districts == nil { // checked before it was stored
		x.Districts = []string{}
	}
	if w.Exercise {
		x.Status = "Exercise"
	}
	if w.Identifier != "" {
		x.CAP, x.GB = p.o.Settings.URL+Base+"/"+w.ID+".cap", p.o.Settings.URL+Base+"/"+w.ID+".xml"
	}
	return x
}

func (p *Part) listJSON(ctx context.Context) ([]byte, error) {
	list, err := p.current(ctx, false)
	if err != nil {
		return nil, err
	}
	items := []item{}
	for i := range list {
		items = append(items, p.item(&list[i]))
	}
	return json.Marshal(map[string]any{"items": items})
}

package web

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/live"
)

// heartbeat is the silence that proxies and browsers do not take for death.
const heartbeat = 20 * time.Second

// serveEvents answers GET /events/{topic}?lang=..&since=..: server-sent events whose data is HTML that htmx puts in place. A page
// that comes back says with Last-Event-ID (or since, when it was just drawn) what it saw last.
func (s *Server) serveEvents(w http.ResponseWriter, q *http.Request) {
	r, err := s.listener(w, q)
	if err != nil {
		s.problem(w, q, err)
		return
	}
	last := q.Header.Get("Last-Event-ID")
	if last == "" {
		last = r.Query("since")
	}
	reader, ok := s.o.Hub.Join(r.Path("topic"), last)
	if !ok {
		s.problem(w, q, errs.Say(errs.Busy, "实时连接已满，页面仍可手动刷新。", "There are too many live pages; this one can still be reloaded by hand."))
		return
	}
	defer reader.Leave()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
	out := &eventWriter{counting: counting{w: w, control: http.NewResponseController(w), wall: s.o.Wall, status: http.StatusOK}, reader: reader}
	if l, _ := lang.Parse(r.Query("lang")); l == lang.En {
		out.lang = 1
	}
	out.comment("open")
	if reader.Reload {
		out.event("reload", "")
	} else {
		out.messages(reader.Missed)
	}
	s.follow(q, out, r)
}

// listener finds out who wants to listen to a topic, and whether they may.
func (s *Server) listener(w http.ResponseWriter, q *http.Request) (*Request, error) {
	t, ok := s.topics[q.PathValue("topic")]
	if !ok {
		return nil, notFound()
	}
	r, err := s.request(w, q)
	if err != nil {
		return nil, err
	}
	grant := t.Grant
	if s.o.PublicPlan && (t.Name == "plan" || strings.HasPrefix(t.Name, "plan/")) && (grant == "" || grant == planGrant) {
		grant = Public
	}
	return r, s.admit(r, grant)
}

// follow sends what happens until the page or the program goes. Now and then it looks whether the reader may still read: a
// session that was ended must not go on listening.
func (s *Server) follow(q *http.Request, out *eventWriter, r *Request) {
	beats := time.NewTicker(heartbeat)
	defer beats.Stop()
	for out.err == nil {
		select {
		case <-q.Context().Done():
			return
		case batch, ok := <-out.reader.Next:
			if !ok { // too slow, or the program ends: the page comes back and is told what it missed, or to reload
				return
			}
			out.messages(batch)
		case <-beats.C:
			if r.cookie != "" {
				if _, err := s.o.People.Session(q.Context(), r.cookie); errs.Is(err, errs.Unauthenticated) {
					out.event("reload", "")
					return
				}
			}
			out.comment("beat")
		}
	}
}

// eventWriter writes the event-stream format of the HTML standard, 9.2.
type eventWriter struct {
	counting
	reader *live.Reader
	lang   int
	err    error
}

func (w *eventWriter) print(s string) {
	if w.err == nil {
		_, w.err = io.WriteString(&w.counting, s)
	}
}

func (w *eventWriter) comment(s string) {
	w.print(": " + s + "\n\n")
	w.flush()
}

func (w *eventWriter) event(name, data string) {
	w.print("event: " + name + "\ndata: " + data + "\n\n")
	w.flush()
}

// messages sends a batch as one event, whose id is that of its last message.
func (w *eventWriter) messages(ms []live.Message) {
	if len(ms) == 0 {
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "id: %s\n", w.reader.ID(ms[len(ms)-1]))
	for _, m := range ms {
		for line := range strings.Lines(m.Texts[w.lang]) {
			b.WriteString("data: " + strings.TrimRight(line, "\r\n") + "\n")
		}
	}
	b.WriteString("\n")
	w.print(b.String())
	w.flush()
}

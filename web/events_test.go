package web

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/ui"
)

// stream reads a server's events as the browser does.
type stream struct {
	t     *testing.T
	lines chan string
	stop  context.CancelFunc
}

func (c *client) stream(path string, head ...string) *stream {
	c.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, "GET", c.a.url+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	for i := 0; i+1 < len(head); i += 2 {
		req.Header.Set(head[i], head[i+1])
	}
	res, err := c.c.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		c.t.Fatalf("%s: %d %s", path, res.StatusCode, res.Header.Get("Content-Type"))
	}
	s := &stream{c.t, make(chan string, 1000), cancel}
	go func() {
		defer res.Body.Close()
		defer close(s.lines)
		for sc := bufio.NewScanner(res.Body); sc.Scan(); {
			s.lines <- sc.Text()
		}
	}()
	c.t.Cleanup(cancel)
	return s
}

// event reads up to the next empty line that ends an event with data or a name; comments are passed over.
func (s *stream) event() (lines []string) {
	s.t.Helper()
	limit := time.After(20 * time.Second)
	for {
		select {
		case l, ok := <-s.lines:
			switch {
			case !ok:
				return nil
			case l == "" && len(lines) > 0:
				return lines
			case l != "" && !strings.HasPrefix(l, ":"):
				lines = append(lines, l)
			}
		case <-limit:
			s.t.Fatal("no event came")
		}
	}
}

func kpi(v string) ui.Update {
	return ui.Update{Block: ui.Tiles{Items: []ui.Tile{{ID: "k", Name: lang.T("数", "number"), Value: v}}}}
}

func TestEvents(t *testing.T) {
	a := newApp(t, nil)
	c := a.client(t).login(identity.RoleOfficer)
	c.get("/zh/room") // the first page of a route learns its topic
	page := c.get("/zh/room").body
	_, rest, _ := strings.Cut(page, `hx-sse:connect="`)
	href, _, _ := strings.Cut(rest, `"`)
	href = strings.ReplaceAll(href, "&amp;", "&")
	if !strings.HasPrefix(href, "/events/plan?lang=zh&since=") {
		t.Fatalf("the page's stream is %q", href)
	}
	a.hub.Publish("plan", kpi("7")) // between the page and its stream
	zh := c.stream(href)
	ev := strings.Join(zh.event(), "\n")
	if !strings.Contains(ev, "id: ") || !strings.Contains(ev, "<b>7</b>") || !strings.Contains(ev, "数") {
		t.Fatalf("what was missed: %s", ev)
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(ev, "id: "), "\n")
	en := c.stream("/events/plan?lang=en")
	a.hub.Publish("plan", kpi("8"))
	for s, word := range map[*stream]string{zh: "数", en: "number"} {
		if ev := strings.Join(s.event(), "\n"); !strings.Contains(ev, "<b>8</b>") || !strings.Contains(ev, word) {
			t.Errorf("%s: %s", word, ev)
		}
	}
	zh.stop()
	back := c.stream(href, "Last-Event-ID", id)
	if ev := strings.Join(back.event(), "\n"); !strings.Contains(ev, "<b>8</b>") {
		t.Errorf("after a break: %s", ev)
	}
	old := c.stream(href, "Last-Event-ID", "other-3")
	if ev := old.event(); len(ev) == 0 || ev[0] != "event: reload" {
		t.Errorf("an id of another program: %v", ev)
	}
	a.hub.Close()
	for _, s := range []*stream{en, back, old} {
		for range s.lines { // ends, or the test hangs
		}
	}
	if r := c.get("/events/plan"); r.StatusCode != 503 {
		t.Errorf("a closed hub: %d", r.StatusCode)
	}
}

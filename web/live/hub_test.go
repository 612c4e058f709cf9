package live

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/ui"
)

func tile(id, value string) ui.Update {
	return ui.Update{Block: ui.Tiles{Items: []ui.Tile{{ID: id, Value: value}}}}
}

func line(text string) ui.Update {
	return ui.Update{Prepend: true, Block: ui.Feed{ID: "feed", Items: []ui.FeedItem{{Name: lang.Same(text)}}}}
}

// plain draws an update as its key and value, so that a test can read it.
func plain(u ui.Update) (texts [2]string, err error) {
	switch b := u.Block.(type) {
	case ui.Tiles:
		if b.Items[0].Value == "broken" {
			return texts, errors.New("broken")
		}
		return [2]string{b.Items[0].ID + "=" + b.Items[0].Value, "en"}, nil
	case ui.Feed:
		return [2]string{"+" + b.Items[0].Name.Zh, "en"}, nil
	}
	return texts, errors.New("not in this test")
}

func newHub(t *testing.T) *Hub {
	h := new(Hub)
	h.Publish("plan", tile("a", "0")) // before Open: nobody can read it
	h.Open([]string{"plan", "grid"}, time.Now, plain, func(string, error) {})
	t.Cleanup(func() { h.Close(); time.Sleep(2 * beat) }) // the pump rests for a beat before it sees the end
	return h
}

func join(t *testing.T, h *Hub, last string) *Reader {
	t.Helper()
	r, ok := h.Join("plan", last)
	if !ok {
		t.Fatal("no room")
	}
	return r
}

func said(ms []Message) string {
	var out []string
	for _, m := range ms {
		out = append(out, m.Texts[0])
	}
	return strings.Join(out, " ")
}

func TestCoalesce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t)
		r := join(t, h, "")
		h.Publish("plan", tile("a", "1"), tile("b", "1"))
		if got := said(<-r.Next); got != "a=1 b=1" {
			t.Errorf("first: %s", got)
		}
		began := time.Now()
		for i := range 100 {
			h.Publish("plan", tile("a", fmt.Sprint(i)), line(fmt.Sprint("l", i%2)))
		}
		got := said(<-r.Next)
		if !strings.HasPrefix(got, "a=99 +l0 +l1") || strings.Count(got, "a=") != 1 || strings.Count(got, "+") != 100 {
			t.Errorf("joined: %s", got)
		}
		if d := time.Since(began); d < beat {
			t.Errorf("a block came twice within %v", d)
		}
	})
}

func TestResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t)
		since := h.Mark("plan") // a page is drawn
		h.Publish("plan", tile("a", "1"), line("x"))
		time.Sleep(2 * beat)
		r := join(t, h, since)
		if got := said(r.Missed); got != "a=1 +x" || r.Reload {
			t.Errorf("since the page was drawn: %q, reload %v", got, r.Reload)
		}
		seen := r.ID(r.Missed[1])
		h.Publish("plan", tile("a", "2"))
		<-r.Next
		r.Leave()
		h.Publish("plan", tile("a", "3"), tile("b", "1"), tile("c", "broken"))
		time.Sleep(2 * beat)
		r = join(t, h, seen)
		if got := said(r.Missed); got != "a=3 b=1" || r.Reload {
			t.Errorf("after a pause: %q, reload %v", got, r.Reload)
		}
		r.Leave()
		if !h.Watched("plan") {
			t.Error("a topic is fed for a while after its last reader")
		}
		time.Sleep(2 * linger)
		if h.Watched("plan") {
			t.Error("a topic that nobody reads is watched")
		}
		if r = join(t, h, seen); !r.Reload {
			t.Error("updates that nobody made are taken for none")
		}
		r.Leave()
		for _, id := range []string{"other-1", since[:4] + "x-1"} {
			if r = join(t, h, id); !r.Reload {
				t.Errorf("an id of another program: %q", id)
			}
			r.Leave()
		}
		if r = join(t, h, "nonsense"); r.Reload {
			t.Error("nonsense is as if it were the first time")
		}
		r.Leave()
	})
}

// TestNoLoop: a page that was just drawn and told to reload would reload for ever.
func TestNoLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t)
		for range 5 {
			h.Publish("plan", tile("a", "1"))
			since := h.Mark("plan")
			h.Publish("plan", tile("a", "2"))
			r := join(t, h, since)
			if r.Reload {
				t.Fatal("told to reload at once")
			}
			r.Leave()
			time.Sleep(2 * linger)
		}
	})
}

func TestSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t)
		r := join(t, h, "")
		for i := range backlog + 5 {
			h.Publish("plan", tile("a", fmt.Sprint(i)))
			time.Sleep(beat + time.Millisecond)
		}
		n := 0
		for range r.Next {
			n++
		}
		if n != backlog {
			t.Errorf("%d batches reached a reader that did not read, want %d", n, backlog)
		}
		r.Leave()
	})
}

func TestFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t)
		since := h.Mark("plan")
		r := join(t, h, since)
		h.Publish("plan", line("first"))
		<-r.Next
		for i := range 3 * maxKept {
			h.Publish("plan", line(fmt.Sprint(i)))
		}
		for range r.Next {
		}
		r.Leave()
		if r = join(t, h, since); !r.Reload {
			t.Error("a flood was not told")
		}
		if n := len(h.topics["plan"].kept); n > maxKept {
			t.Errorf("%d messages are kept", n)
		}
		r.Leave()
	})
}

func TestBounds(t *testing.T) {
	h := newHub(t)
	var rs []*Reader
	for range maxReaders {
		rs = append(rs, join(t, h, ""))
	}
	if _, ok := h.Join("plan", ""); ok {
		t.Error("there is no bound")
	}
	if _, ok := h.Join("none", ""); ok {
		t.Error("a topic that is not there")
	}
	h.Close()
	for _, r := range rs {
		if _, open := <-r.Next; open {
			t.Fatal("a stream outlives the hub")
		}
		r.Leave()
	}
	if h.Watched("plan") || h.readers != 0 {
		t.Error("a closed hub is watched")
	}
	h.Publish("plan", tile("a", "1"))
}

func TestConcurrent(t *testing.T) {
	h := newHub(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 200 {
				h.Publish("plan", tile("a", fmt.Sprint(i)), line("x"))
				h.Watched("grid")
			}
		})
		wg.Go(func() {
			for range 50 {
				r, ok := h.Join("plan", h.Mark("plan"))
				if ok {
					select {
					case <-r.Next:
					case <-time.After(time.Millisecond):
					}
					r.Leave()
				}
			}
		})
	}
	wg.Wait()
}

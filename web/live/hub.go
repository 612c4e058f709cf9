package live

import (
	"crypto/rand"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/haihe-city/haihe/web/ui"
)

// Bounds of the streams. A page that is hidden closes its stream and comes back, so a topic is kept alive for a while without readers.
const (
	beat       = 500 * time.Millisecond // at most two updates of a block a second
	linger     = time.Minute            // how long a topic without readers is still fed
	maxReaders = 2000                   // open streams in all
	maxKept    = 400                    // blocks of a topic whose newest state is kept, and lines of its lists
	backlog    = 64                     // batches that a slow page may lag behind before it is told to reload
)

// Hub takes live updates from systems and hands them to the open pages. It renders once a language, joins the updates of one
// block to two a second, and drops nothing silently: a page that cannot be brought up to date is told to reload. The zero Hub
// is ready, and the server gives it its topics.
type Hub struct {
	mu      sync.Mutex
	topics  map[string]*topic
	readers int
	closed  bool
	render  Render
	failed  func(topic string, err error)
	wall    func() time.Time
}

// Render draws an update in both languages, Chinese first.
type Render func(u ui.Update) (texts [2]string, err error)

// topic is what is known of one stream. Sequence numbers are those of its event ids.
type topic struct {
	epoch   string // tells this program's numbers from those of its forerunner
	seq     int64  // of the newest message
	horizon int64  // what a page missed up to here cannot be told any more
	pending []ui.Update
	kept    []Message // the newest state of each block, in order of seq
	readers map[*Reader]bool
	idle    time.Time // when the last reader left; zero while there is one or there never was any
	running bool
}

// Message is one fragment of a page in both languages.
type Message struct {
	seq   int64
	key   string // what it replaces; "" adds and replaces nothing
	Texts [2]string
}

// Reader is one open page.
type Reader struct {
	Missed []Message        // what it has not seen yet
	Reload bool             // what it missed cannot be told
	Next   <-chan []Message // what comes; closed where the reader cannot follow or the hub ends

	hub   *Hub
	topic *topic
	send  chan []Message
	gone  bool // the channel was closed
}

func (h *Hub) init() {
	if h.topics == nil {
		h.topics = map[string]*topic{}
	}
}

// Publish sends updates to the pages open on a topic. It never blocks: drawing and sending are done elsewhere.
func (h *Hub) Publish(name string, updates ...ui.Update) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.init()
	t := h.topics[name]
	if t == nil || h.closed {
		return
	}
	if !h.fed(t) {
		t.forget()
		return
	}
	for _, u := range updates {
		t.add(u)
	}
	if !t.running && len(t.pending) > 0 {
		t.running = true
		go h.pump(name, t)
	}
}

// add joins an update with one that waits for the same block. Lists that grow are not joined: each line counts.
func (t *topic) add(u ui.Update) {
	key := u.Key()
	if key == "" {
		return
	}
	if !u.Prepend {
		for i, p := range t.pending {
			if !p.Prepend && p.Key() == key {
				t.pending[i] = u
				return
			}
		}
	}
	if len(t.pending) >= maxKept { // a flood: nobody can be told all of it
		t.pending = nil
		t.forget()
		for r := range t.readers {
			r.drop()
		}
		return
	}
	t.pending = append(t.pending, u)
}

// forget gives up what is kept: pages that come back are told to reload.
func (t *topic) forget() {
	t.seq++
	t.horizon = t.seq
	t.kept = nil
}

// fed tells whether anybody reads, or did a moment ago. The lock is held.
func (h *Hub) fed(t *topic) bool {
	return !h.closed && (len(t.readers) > 0 || !t.idle.IsZero() && h.wall().Sub(t.idle) < linger)
}

// Watched tells whether any page is open on a topic, so that nobody need prepare updates for none.
func (h *Hub) Watched(name string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.init()
	t := h.topics[name]
	if t == nil {
		return false
	}
	if !h.fed(t) {
		t.forget() // the update that is not made now cannot be told later
		return false
	}
	return true
}

// pump draws and sends what waits, then rests for a beat, until nothing waits.
func (h *Hub) pump(name string, t *topic) {
	for {
		h.mu.Lock()
		batch, render := t.pending, h.render
		t.pending = nil
		if len(batch) == 0 || render == nil || h.closed {
			t.running = false
			h.mu.Unlock()
			return
		}
		h.mu.Unlock()
		out := make([]Message, 0, len(batch))
		for _, u := range batch {
			texts, err := render(u)
			if err != nil {
				if h.failed != nil {
					h.failed(name, err)
				}
				continue
			}
			m := Message{Texts: texts}
			if !u.Prepend {
				m.key = u.Key()
			}
			out = append(out, m)
		}
		h.mu.Lock()
		t.hand(out)
		h.mu.Unlock()
		time.Sleep(beat)
	}
}

// hand numbers messages, keeps them, and gives them to every reader. The lock is held.
func (t *topic) hand(out []Message) {
	if len(out) == 0 {
		return
	}
	for i := range out {
		t.seq++
		out[i].seq = t.seq
		t.keep(out[i])
	}
	for r := range t.readers {
		select {
		case r.send <- out:
		default:
			r.drop()
		}
	}
}

// keep remembers the newest message of each key, and the newest lines of lists.
func (t *topic) keep(m Message) {
	kept := t.kept[:0]
	for _, k := range t.kept {
		if m.key == "" || k.key != m.key {
			kept = append(kept, k)
		}
	}
	t.kept = append(kept, m)
	if over := len(t.kept) - maxKept; over > 0 {
		t.horizon = max(t.horizon, t.kept[over-1].seq)
		t.kept = append([]Message(nil), t.kept[over:]...)
	}
}

// drop ends a reader that cannot follow. The lock is held.
func (r *Reader) drop() {
	if !r.gone {
		r.gone = true
		close(r.send)
	}
	delete(r.topic.readers, r)
}

// Join opens a stream after the message that the page saw last (an event id, "" for none). ok is false where there is no such
// topic, or no room.
func (h *Hub) Join(name, last string) (r *Reader, ok bool) {
	epoch, number, _ := strings.Cut(last, "-")
	after, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		epoch = "" // not an id of ours: as if it were the first time
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.topics[name]
	if t == nil || h.closed || h.readers >= maxReaders {
		return nil, false
	}
	if !h.fed(t) && after > 0 { // for a while nobody fed the topic
		t.forget()
	}
	send := make(chan []Message, backlog)
	r = &Reader{hub: h, topic: t, send: send, Next: send}
	if t.readers == nil {
		t.readers = map[*Reader]bool{}
	}
	t.readers[r] = true
	t.idle = time.Time{}
	h.readers++
	switch {
	case epoch == "":
	case epoch != t.epoch, after < t.horizon, after > t.seq:
		r.Reload = true
	default:
		for _, m := range t.kept {
			if m.seq > after {
				r.Missed = append(r.Missed, m)
			}
		}
	}
	return r, true
}

// ID is the event id of a message of the reader's topic.
func (r *Reader) ID(m Message) string { return r.topic.id(m.seq) }

// Leave closes the stream.
func (r *Reader) Leave() {
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	r.drop()
	r.hub.readers--
	if len(r.topic.readers) == 0 {
		r.topic.idle = r.hub.wall()
	}
}

// Mark tells where a topic stands before a page is drawn, as an event id. The topic is fed from here on: what happens while the
// page is drawn and travels is told when it opens its stream.
func (h *Hub) Mark(name string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.topics[name]
	if t == nil || h.closed {
		return ""
	}
	if len(t.readers) == 0 {
		if !h.fed(t) {
			t.forget()
		}
		t.idle = h.wall()
	}
	return t.id(t.seq)
}

// id writes an event id.
func (t *topic) id(seq int64) string { return t.epoch + "-" + strconv.FormatInt(seq, 10) }

// Open gives the hub its topics, its watch and its pen; failed is told of updates that could not be drawn.
func (h *Hub) Open(topics []string, wall func() time.Time, render Render, failed func(string, error)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.init()
	h.render, h.failed, h.wall = render, failed, wall
	for _, t := range topics {
		if h.topics[t] == nil {
			h.topics[t] = &topic{epoch: strings.ToLower(rand.Text()[:8])}
		}
	}
}

// Close ends every stream at once, so that a server can shut down: pages come back by themselves. Later updates are dropped.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.init()
	h.closed = true
	for _, t := range h.topics {
		for r := range t.readers {
			r.drop()
		}
	}
}

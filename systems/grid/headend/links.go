package headend

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host/door"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/headend/deed"
)

// order asks a link to read meters for a span of time; the link answers with how many gave an answer.
type order struct {
	meters   []string
	from, to int64 // slots with from <= time < to, microseconds UTC
	done     chan orderResult

	deed *deed.Deed // to be done instead of reading; nil: read
	told deed.Told  // what came of it; whoever ordered reads it after done
}

type orderResult struct {
	answered int
	err      error
}

// link is one connection of a concentrator that has said who it is.
type link struct {
	address string
	peer    string
	since   time.Time
	orders  chan *order
	gone    <-chan struct{} // closed when the connection ends
	cancel  context.CancelFunc
}

// links are the connections that stand now, and when each concentrator was last heard.
type links struct {
	mu    sync.Mutex
	by    map[string]*link
	heard map[string]time.Time
	peers map[string]string
}

func newLinks() *links {
	return &links{by: map[string]*link{}, heard: map[string]time.Time{}, peers: map[string]string{}}
}

// join makes l the link of its concentrator. A concentrator that connects again has lost its old connection, which is ended.
func (ls *links) join(l *link) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if old := ls.by[l.address]; old != nil {
		old.cancel()
	}
	ls.by[l.address], ls.heard[l.address], ls.peers[l.address] = l, l.since, l.peer
}

// leave ends l, unless another has taken its place.
func (ls *links) leave(l *link) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.by[l.address] == l {
		delete(ls.by, l.address)
	}
}

func (ls *links) hear(address string, at time.Time) {
	ls.mu.Lock()
	ls.heard[address] = at
	ls.mu.Unlock()
}

func (ls *links) get(address string) *link {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	return ls.by[address]
}

// Read has a concentrator's meters read again for the slots of a span, from <= time < to (microseconds UTC), and waits for the
// end. answered is how many meters gave something; errs.Unavailable where the concentrator is offline or silent.
func (e *HeadEnd) Read(ctx context.Context, concentrator string, meters []string, from, to int64) (answered int, err error) {
	l := e.links.get(concentrator)
	if l == nil {
		return 0, errs.Say(errs.Unavailable, "集中器 %s 不在线", "concentrator %s is offline", concentrator)
	}
	o := &order{meters: meters, from: from, to: to, done: make(chan orderResult, 1)}
	lost := errs.Say(errs.Unavailable, "集中器 %s 的连接已中断", "the connection of concentrator %s broke off", concentrator)
	select {
	case l.orders <- o:
	case <-l.gone:
		return 0, lost
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	select { // whoever took the order answers it, also where the connection ends
	case r := <-o.done:
		return r.answered, r.err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// carry runs an order and answers it, whatever happens: a fault costs the order only.
func (e *HeadEnd) carry(feed string, o *order, read func() (answered int, err error)) error {
	r := orderResult{err: errs.Say(errs.Internal, "补抄时程序出错", "the program failed while it read again")}
	func() {
		defer door.Guard(e.o.Log, feed)
		r.answered, r.err = read()
	}()
	o.done <- r
	return r.err
}

// Concentrators lists what the archive knows with the state of each link, by address. state: "", online, offline.
func (e *HeadEnd) Concentrators(district, state string) []book.Concentrator {
	known := e.o.Book.Concentrators()
	ls := e.links
	ls.mu.Lock()
	out := make([]book.Concentrator, 0, len(known))
	for address, c := range known {
		l := ls.by[address]
		c.Online, c.Heard, c.Peer = l != nil, ls.heard[address], ls.peers[address]
		if l != nil {
			c.Since = l.since
		}
		if (district == "" || c.District == district) && (state == "" || (state == "online") == c.Online) {
			out = append(out, c)
		}
	}
	ls.mu.Unlock()
	slices.SortFunc(out, func(a, b book.Concentrator) int { return strings.Compare(a.Address, b.Address) })
	return out
}

// Online is how many concentrators are connected.
func (e *HeadEnd) Online() int {
	e.links.mu.Lock()
	defer e.links.mu.Unlock()
	return len(e.links.by)
}

// Linked tells whether a concentrator is connected.
func (e *HeadEnd) Linked(address string) bool { return e.links.get(address) != nil }

package headend

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/host/door"
	"github.com/haihe-city/haihe/host/refused"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/headend/budget"
	"github.com/haihe-city/haihe/systems/grid/headend/secret"
)

// Options are what the head-end works with. Times are the plan's clock.
type Options struct {
	Log         *slog.Logger
	Now         func() time.Time
	Book        *book.Book
	Take        func(ctx context.Context, readings []book.Reading) (book.Taken, error) // returns after the commit
	Power       func(ctx context.Context, events []Power) error                        // returns after the commit
	Refuse      func(ctx context.Context, r Refused, body []byte)                      // keeps what was not taken
	Count       func(protocol, outcome string)                                         // a frame was taken, refused, turned away
	Changed     func()                                                                 // a link came or went
	DLT698      string                                                                 // addresses to listen on; empty: not
	DLT645      string
	QGDW1376    string
	DLMS        string
	Keys        func(meter string) (secret.DLMS, bool) // what a DLMS meter wants to see; nil: none is known
	SilentAfter time.Duration                          // a link not heard for this long is ended
	Poll        time.Duration                          // how often meters behind DL/T 645 and DLMS are polled
	Answer      time.Duration                          // how long such a meter may take to answer
	MaxLinks    int
}

// Power says that a meter, by the key of its series, lost supply and when it had it again: Unix seconds, Back is 0 while it lasts.
type Power struct {
	Meter      int64
	Down, Back int64
}

// Refused is why a frame was not taken; the protocol as Count names it.
type Refused = refused.Refusal

// HeadEnd is the listeners that concentrators and gateways connect to, and their links.
type HeadEnd struct {
	o     Options
	links *links
	hall  *door.Hall

	decoded *budget.Budget // of frames in hand
	spare   sync.Pool      // of *workspace
}

// The protocols as counters and lists name them.
const (
	name698 = "dlt698"
	name645 = "dlt645"

	name1376 = "qgdw1376"
	nameDLMS = "dlms"
)

// writeLimit is how long a peer may take to accept what we send; firstLimit how long it may take to say who it is.
const (
	writeLimit = 10 * time.Second
	firstLimit = 30 * time.Second
)

// Open opens the doors, so that a used port is told at start. Nobody is let in before the feeds run.
func Open(o Options) (*HeadEnd, error) {
	e := &HeadEnd{o: o, links: newLinks(), decoded: budget.New(), hall: door.New(o.Log, o.MaxLinks, func(feed string) { o.Count(feed, "turned-away") })}
	for _, d := range []struct {
		name, addr string
		speak      door.Speak
	}{{name698, o.DLT698, e.speak698}, {name645, o.DLT645, e.speak645}, {name1376, o.QGDW1376, e.speak1376}, {nameDLMS, o.DLMS, e.speakDLMS}} {
		if err := e.hall.Listen(d.name, d.addr, "grid", d.speak); err != nil {
			e.hall.Close()
			return nil, err
		}
	}
	return e, nil
}

// Feeds are the doors as the host runs them.
func (e *HeadEnd) Feeds() []host.Feed { return e.hall.Feeds() }

// Close ends the doors and every connection; what was acknowledged is stored, the rest comes again.
func (e *HeadEnd) Close(context.Context) error {
	e.hall.Close()
	return nil
}

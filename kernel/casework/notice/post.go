package notice

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// Bounds of what is told.
const (
	maxWays    = 4       // of one contact; the key of a delivery has one digit for them
	maxPeople  = 200_000 // of one message
	maxText    = 4000    // characters of title and body together
	maxLinkLen = 300
)

// Post tells. Its methods may be called from anywhere at once.
type Post struct {
	o       Options
	lanes   map[string]*lane
	settle  chan outcome
	stirred chan struct{} // something is to be watched

	mu     sync.RWMutex
	roster func(tx *store.Tx, duty string, list []Contact) ([]Contact, error)
	follow map[int]func([]Line)
	next   int
	count  Stats
}

// Options are what a post works with.
type Options struct {
	DB       *store.DB
	Journal  *journal.Journal
	Now      func() time.Time
	Channels []Channel
	Record   []string      // channels that keep what they would send, where no Channel of that name is given
	Pace     Pace          // of channels that are plugged in without one of their own
	Base     string        // address of the program as the public reaches it, for links; may be empty
	Poll     time.Duration // how often a channel looks for what is due besides being told; a second where 0
}

// Plug adds a channel, or takes the place of the one that only records. It comes before Run. A Pace of zero takes that of Options.
func (p *Post) Plug(c Channel, pace Pace) error {
	if has, records := p.Has(c.Name()); has && !records {
		return errs.As(errs.Internal, "open notices", fmt.Errorf("two channels are called %q", c.Name()))
	}
	if pace == (Pace{}) {
		pace = p.o.Pace
	}
	p.lanes[c.Name()] = newLane(c, pace)
	return nil
}

// Reply is the address at which a delivery is answered: absolute where the program knows its own address; "" where no answer is wanted.
func (p *Post) Reply(d Delivery) string {
	if d.Ack == "" {
		return ""
	}
	return p.o.Base + AckPath + d.Ack
}

// Stats are figures since the program started.
type Stats struct {
	Told, Failed, Retried int64
	Spared                int64 // found at the other side, and so not sent again
	Escalated, Answered   int64
}

// Open migrates the tables. What an ended process left behind is taken up by Run.
func Open(ctx context.Context, o Options) (*Post, error) {
	if err := o.DB.Migrate(ctx, "notice", tables); err != nil {
		return nil, errs.Wrap("migrate notices", err)
	}
	if o.Poll <= 0 {
		o.Poll = time.Second
	}
	p := &Post{o: o, lanes: map[string]*lane{}, settle: make(chan outcome, 1024), stirred: make(chan struct{}, 1), follow: map[int]func([]Line){}}
	for _, c := range slices.Concat([]Channel{page{}}, o.Channels) {
		if p.lanes[c.Name()] != nil {
			return nil, errs.As(errs.Internal, "open notices", fmt.Errorf("two channels are called %q", c.Name()))
		}
		p.lanes[c.Name()] = newLane(c, o.Pace)
	}
	for _, name := range o.Record {
		if p.lanes[name] == nil {
			p.lanes[name] = newLane(recorder{name: name, db: o.DB, now: o.Now}, Pace{Parallel: 64})
		}
	}
	return p, nil
}

// takeUp makes due what a dead process was trying, so that its key is asked for, and moves on what waits for a channel that is gone.
func (p *Post) takeUp(ctx context.Context) error {
	return errs.Wrap("take notices up", p.o.DB.Write(ctx, func(tx *store.Tx) error {
		now := store.Micros(p.o.Now())
		if !p.o.DB.Shared() { // another instance may be trying them; then the lease decides
			if _, err := tx.Exec(qAbandon, now); err != nil {
				return err
			}
		}
		var gone []string
		err := tx.Each(qNames, nil, func(scan func(...any) error) error {
			var name string
			err := scan(&name)
			if p.lanes[name] == nil {
				gone = append(gone, name)
			}
			return err
		})
		for _, name := range gone {
			if err != nil {
				return err
			}
			err = p.reroute(tx, name, now)
		}
		return err
	}))
}

// reroute moves the deliveries of a channel that is no longer there to the next way of their contacts.
func (p *Post) reroute(tx *store.Tx, channel string, now int64) error {
	list, err := rows(tx, store.Q("notice.gone", qDue), channel, int64(1)<<62, maxPeople)
	if err != nil {
		return err
	}
	for _, r := range list {
		if _, err := tx.Exec(qOrphan, r.id); err != nil {
			return err
		}
		if err := p.nextWay(tx, r, now, "no-channel"); err != nil {
			return err
		}
	}
	return nil
}

// Tell makes a message due, in the caller's transaction, and gives its id. Who stands twice in one level is told once. A message that
// is for nobody is kept, and shown as such.
func (p *Post) Tell(tx *store.Tx, m Message) (id string, err error) {
	now := p.o.Now()
	m.Levels = slices.DeleteFunc(slices.Clone(m.Levels), func(l []Contact) bool { return len(l) == 0 })
	if err := m.check(); err != nil {
		return "", err
	}
	id = store.NewID(now)
	var args []any
	n := 0
	seen := map[string]int{}
	for level, people := range m.Levels {
		for _, c := range people {
			if last, ok := seen[c.ID]; ok && c.ID != "" && last == level+1 {
				continue
			}
			seen[c.ID] = level + 1
			if n++; n > maxPeople {
				return "", errs.Say(errs.TooLarge, "一次通知不超过 %[1]d 人", "one notice is for at most %[1]d people", maxPeople)
			}
			r := p.fresh(id, n, level, c, m, store.Micros(now))
			if args, err = r.args(args); err != nil {
				return "", err
			}
		}
	}
	if _, err := tx.Exec(qMessagePut, id, m.About, text(m.Title), text(m.Body), m.Link, int64(m.Priority), m.AckBy.Microseconds(), store.Micros(now), int64(n)); err != nil {
		return "", err
	}
	if _, err := tx.ExecBulk(bulkRow, args); err != nil {
		return "", err
	}
	tx.OnCommit(p.wake)
	return id, nil
}

// fresh is the row of somebody who is to be told.
func (p *Post) fresh(message string, n, level int, c Contact, m Message, now int64) *row {
	if len(c.Ways) > maxWays {
		c.Ways = c.Ways[:maxWays]
	}
	r := &row{id: fmt.Sprintf("%s-%06d", message, n), message: message, about: m.About, level: int64(level), priority: int64(m.Priority), contact: c.ID, person: c.Person, who: c, state: string(Due), made: now, due: now}
	if m.AckBy > 0 && c.Duty != Public {
		r.watch = now + m.AckBy.Microseconds()
	}
	if !p.route(r, 0) {
		r.due, r.watch, r.state, r.reason = 0, r.missed(now), string(Failed), "no-way"
	}
	if level > 0 {
		r.state, r.due, r.watch, r.reason = string(Waiting), 0, 0, ""
	}
	return r
}

// missed is when a row that cannot be delivered is looked for: at once, or never where nobody waits for an answer.
func (r *row) missed(now int64) int64 {
	if r.who.Duty == Public {
		return 0
	}
	return now
}

// route sets the first way from a number on that there is a channel for; false where there is none.
func (p *Post) route(r *row, from int) bool {
	for i := from; i < len(r.who.Ways); i++ {
		w := r.who.Ways[i]
		if p.lanes[w.Channel] != nil && w.Address != "" {
			r.way, r.channel, r.address = int64(i), w.Channel, w.Address
			return true
		}
	}
	return false
}

func (m *Message) check() error {
	switch {
	case m.About == "" || len(m.About) > maxLinkLen || len(m.Link) > maxLinkLen:
		return errs.Say(errs.Invalid, "通知缺少所涉事项，或链接过长", "a notice lacks what it speaks of, or its link is too long")
	case m.Title.Zh == "" || m.Title.En == "":
		return errs.Say(errs.Invalid, "通知标题应有中英文", "a notice needs a title in both languages")
	case len([]rune(m.Title.Zh+m.Body.Zh)) > maxText, len([]rune(m.Title.En+m.Body.En)) > maxText:
		return errs.Say(errs.TooLarge, "通知不超过 %[1]d 字", "a notice has at most %[1]d characters", maxText)
	case m.Priority < 1 || m.Priority > 4:
		return errs.Say(errs.Invalid, "通知的紧急程度为 1 至 4", "the urgency of a notice is 1 to 4")
	case m.AckBy < 0:
		return errs.Say(errs.Invalid, "应答时限不能为负", "the time to answer in cannot be negative")
	}
	return nil
}

// Recall ends what is due of everything about something; what was told stays told, and is no longer waited for.
func (p *Post) Recall(tx *store.Tx, about string) error {
	if _, err := tx.Exec(qRecallMsg, store.Micros(p.o.Now()), about); err != nil {
		return err
	}
	_, err := tx.Exec(qRecallRow, about)
	return err
}

// Follow adds a function that is called after each commit with the deliveries that changed. It must be quick and must not write.
func (p *Post) Follow(fn func(list []Line)) (stop func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := p.next
	p.next++
	p.follow[id] = fn
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.follow, id)
	}
}

// say tells the followers, after the commit.
func (p *Post) say(list []Line) {
	if len(list) == 0 {
		return
	}
	p.mu.RLock()
	fns := make([]func([]Line), 0, len(p.follow))
	for _, fn := range p.follow {
		fns = append(fns, fn)
	}
	p.mu.RUnlock()
	for _, fn := range fns {
		fn(list)
	}
}

// Stats reads the figures.
func (p *Post) Stats() Stats {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.count
}

func (p *Post) counted(fn func(s *Stats)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fn(&p.count)
}

// Has tells whether there is a channel of that name, and whether it only records.
func (p *Post) Has(channel string) (has, records bool) {
	l := p.lanes[channel]
	if l == nil {
		return false, false
	}
	_, records = l.channel.(recorder)
	return true, records
}

// Channels names the channels, sorted.
func (p *Post) Channels() []string {
	out := make([]string, 0, len(p.lanes))
	for name := range p.lanes {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// wake makes the channels look for what is due.
func (p *Post) wake() {
	for _, l := range p.lanes {
		l.stir()
	}
	poke(p.stirred)
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// compose is the delivery of a row, in the language of its contact.
func compose(r *row, m *letter, ack string) Delivery {
	l := r.who.Lang
	if l == "" {
		l = lang.Zh
	}
	d := Delivery{Key: r.key(), Channel: r.channel, Address: r.address, Lang: l, Title: m.Title.In(l), Body: m.Body.In(l), Link: m.Link, Ack: ack}
	if r.level > 0 && m.missed > 0 {
		note := lang.T(fmt.Sprintf("上一级有 %d 人未按时应答。", m.missed), fmt.Sprintf("%d people of the level before have not answered in time.", m.missed))
		d.Body = strings.TrimSpace(d.Body + "\n" + note.In(l))
	}
	return d
}

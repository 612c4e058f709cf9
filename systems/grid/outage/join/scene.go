package join

import (
	"slices"

	"github.com/haihe-city/haihe/systems/grid/book"
)

// joinWithin is how far apart, in seconds, two signs of one outage may lie: what begins on a feeder within five minutes of an outage
// there belongs to it, and a better proof moves a time no further than this.
const joinWithin = 300

// SlotSeconds is how wrong a time from a quarter hour's voltage can be.
const SlotSeconds = 900

// Kind is what a signal says.
type Kind uint8

// The kinds.
const (
	Off         Kind = iota // a meter lost supply
	On                      // a meter has supply again
	SwitchOpen              // a feeder was switched off
	SwitchClose             // a feeder was switched on
	Dim                     // a quarter hour's voltage was none
	Lit                     // a quarter hour's voltage was there
	Told                    // a person says that a meter lost supply
	ToldBack                // a person says that a meter has it again
)

// Signal is one sign: of a meter (by the key of its series), or of a feeder.
type Signal struct {
	Kind   Kind
	Meter  int64
	Feeder string
	At     int64 // Unix seconds
}

// proof is what a kind of signal proves a time by.
func (k Kind) proof() Proof {
	switch k {
	case Off, On:
		return ByMeter
	case SwitchOpen, SwitchClose:
		return BySwitch
	case Told, ToldBack:
		return ByReport
	}
	return ByVoltage
}

// Scene is the outages of the last days. Signals are worked in on copies, so that what is not committed never was.
type Scene struct {
	outages map[string]*Outage
	last    map[int64]string    // the newest outage of a customer
	feeders map[string][]string // the outages of a feeder, oldest first
}

// NewScene makes a scene without outages.
func NewScene() *Scene {
	return &Scene{outages: map[string]*Outage{}, last: map[int64]string{}, feeders: map[string][]string{}}
}

// Get finds an outage of the last days; nil where it is none of them.
func (s *Scene) Get(id string) *Outage { return s.outages[id] }

// Put takes an outage in, or in its new state.
func (s *Scene) Put(o *Outage) {
	if _, known := s.outages[o.ID]; !known {
		s.feeders[o.Feeder] = append(s.feeders[o.Feeder], o.ID)
	}
	s.outages[o.ID] = o
	for _, d := range o.Dark {
		if old := s.outages[s.last[d.Customer]]; o.State != Void && (old == nil || old.Began <= o.Began) {
			s.last[d.Customer] = o.ID
		}
	}
}

// Forget drops what ended before a time.
func (s *Scene) Forget(before int64) {
	fresh := NewScene()
	for _, ids := range s.feeders {
		for _, id := range ids {
			if o := s.outages[id]; o.State == Open || o.Ended >= before {
				fresh.Put(o)
			}
		}
	}
	*s = *fresh
}

// Draft is signals being worked into a scene.
type Draft struct {
	scene   *Scene
	book    *book.Book
	newID   func() string
	changed map[string]*Outage
	last    map[int64]string
	order   []string
}

// Draft begins to work signals in. newID makes the id of an outage.
func (s *Scene) Draft(b *book.Book, newID func() string) *Draft {
	return &Draft{scene: s, book: b, newID: newID, changed: map[string]*Outage{}, last: map[int64]string{}}
}

// get is an outage as it stands in the draft.
func (d *Draft) get(id string) *Outage {
	if o := d.changed[id]; o != nil {
		return o
	}
	return d.scene.outages[id]
}

// touch is an outage that may be changed.
func (d *Draft) touch(id string) *Outage {
	o := d.changed[id]
	if o == nil {
		o = d.scene.outages[id].Clone()
		d.changed[id], d.order = o, append(d.order, id)
	}
	return o
}

// Result is what was changed, in order.
func (d *Draft) Result() (out []*Outage) {
	for _, id := range d.order {
		o := d.changed[id]
		o.Settle()
		out = append(out, o)
	}
	return out
}

// of finds a customer's newest spell: where it stands in its outage; nil where there is none.
func (d *Draft) of(customer int64) (*Outage, int) {
	id, ok := d.last[customer]
	if !ok {
		id = d.scene.last[customer]
	}
	o := d.get(id)
	if o == nil || o.State == Void {
		return nil, 0
	}
	at := -1
	for i, x := range o.Dark {
		if x.Customer == customer && (at < 0 || x.From > o.Dark[at].From) {
			at = i
		}
	}
	if at < 0 {
		return nil, 0
	}
	return o, at
}

// Work takes one signal in. What it says of a customer whom the archive does not know is passed over.
func (d *Draft) Work(s Signal) {
	switch s.Kind {
	case SwitchOpen:
		for _, n := range d.book.OnFeeder(s.Feeder) {
			d.begin(n, s.At, BySwitch)
		}
	case SwitchClose:
		d.closeFeeder(s)
	case Off, Dim, Told:
		d.begin(s.Meter, s.At, s.Kind.proof())
	default:
		d.end(s.Meter, s.At, s.Kind.proof())
	}
}

// begin puts a customer in the dark, or makes the beginning that is known a better one.
func (d *Draft) begin(customer, at int64, by Proof) {
	m, known := d.book.ByNum(customer)
	if !known {
		return
	}
	if o, i := d.of(customer); o != nil {
		x := o.Dark[i]
		near := at >= x.From-joinWithin && at <= x.From+joinWithin
		switch {
		case near && by > x.Begun && (x.To == 0 || at < x.To):
			y := &d.touch(o.ID).Dark[i]
			y.From, y.Begun = at, by
			return
		case near, x.To == 0 && at >= x.From, at >= x.From && at < x.To: // told already
			return
		case at < x.From: // older than what is known: late news of an earlier spell, told apart by nothing
			if by != ByMeter {
				return
			}
		}
	}
	o := d.join(m, at, by)
	o.Dark = append(o.Dark, Dark{Customer: customer, From: at, Begun: by})
	d.last[customer] = o.ID
}

// join finds the outage that a meter's darkness belongs to, or makes one.
func (d *Draft) join(m book.Meter, at int64, by Proof) *Outage {
	for _, id := range slices.Backward(d.ofFeeder(m.Feeder)) {
		o := d.get(id)
		if o.State == Void || o.Code != "" {
			continue
		}
		began, open := o.Began, o.State == Open
		if at >= began-joinWithin && at <= began+joinWithin || open && at >= began {
			return d.touch(id)
		}
	}
	o := &Outage{ID: d.newID(), Feeder: m.Feeder, District: m.District, Source: by.Source(), State: Open, Began: at}
	d.changed[o.ID], d.order = o, append(d.order, o.ID)
	return o
}

// ofFeeder are the outages of a feeder, those of the draft last.
func (d *Draft) ofFeeder(feeder string) []string {
	out := slices.Clone(d.scene.feeders[feeder])
	for _, id := range d.order {
		if _, old := d.scene.outages[id]; !old && d.changed[id].Feeder == feeder {
			out = append(out, id)
		}
	}
	return out
}

// end gives a customer its supply back, or makes the end that is known a better one.
func (d *Draft) end(customer, at int64, by Proof) {
	o, i := d.of(customer)
	if o == nil || at <= o.Dark[i].From {
		return
	}
	x := o.Dark[i]
	better := by > x.Ended && at >= x.To-SlotSeconds-joinWithin && at <= x.To+SlotSeconds+joinWithin
	if x.To != 0 && !better {
		return
	}
	y := &d.touch(o.ID).Dark[i]
	y.To, y.Ended = at, by
}

// closeFeeder ends what a feeder's switch held in the dark. Whoever has told its own return keeps it.
func (d *Draft) closeFeeder(s Signal) {
	for _, id := range d.ofFeeder(s.Feeder) {
		o := d.get(id)
		if o.State != Open {
			continue
		}
		for i, x := range o.Dark {
			if x.To == 0 && x.From < s.At {
				y := &d.touch(id).Dark[i]
				y.To, y.Ended = s.At, BySwitch
			}
		}
	}
}

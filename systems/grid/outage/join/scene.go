package join

import (
	"cmp"
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
	hit     map[int64][]string  // the outages of a customer
	feeders map[string][]string // the outages of a feeder, oldest first
}

// NewScene makes a scene without outages.
func NewScene() *Scene {
	return &Scene{outages: map[string]*Outage{}, hit: map[int64][]string{}, feeders: map[string][]string{}}
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
		if ids := s.hit[d.Customer]; !slices.Contains(ids, o.ID) {
			s.hit[d.Customer] = append(ids, o.ID)
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
	hit     map[int64][]string // what the draft adds
	order   []string
}

// Draft begins to work signals in. newID makes the id of an outage.
func (s *Scene) Draft(b *book.Book, newID func() string) *Draft {
	return &Draft{scene: s, book: b, newID: newID, changed: map[string]*Outage{}, hit: map[int64][]string{}}
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

// spell is where a customer's spell stands.
type spell struct {
	o *Outage
	i int
}

func (x spell) dark() Dark { return x.o.Dark[x.i] }

// spells are those of a customer in the last days, in any order.
func (d *Draft) spells(customer int64) (out []spell) {
	for _, id := range append(slices.Clone(d.scene.hit[customer]), d.hit[customer]...) {
		o := d.get(id)
		if o.State == Void {
			continue
		}
		for i, x := range o.Dark {
			if x.Customer == customer {
				out = append(out, spell{o, i})
			}
		}
	}
	return out
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
	for _, k := range d.spells(customer) {
		x := k.dark()
		near := at >= x.From-joinWithin && at <= x.From+joinWithin
		if near && by > x.Begun && (x.To == 0 || at < x.To) {
			y := &d.touch(k.o.ID).Dark[k.i]
			y.From, y.Begun = at, by
			return
		}
		if near || at >= x.From && (x.To == 0 || at < x.To) { // told already
			return
		}
	}
	o := d.join(m, at, by)
	o.Dark = append(o.Dark, Dark{Customer: customer, From: at, Begun: by})
	if !slices.Contains(d.scene.hit[customer], o.ID) && !slices.Contains(d.hit[customer], o.ID) {
		d.hit[customer] = append(d.hit[customer], o.ID)
	}
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

// end gives a customer its supply back: of whatever still lasts, or by a better proof of what ended last. What had been left open by
// lost news ends no later than the customer's next spell begins.
func (d *Draft) end(customer, at int64, by Proof) {
	all := slices.DeleteFunc(d.spells(customer), func(k spell) bool { return k.dark().From >= at })
	if len(all) == 0 {
		return
	}
	slices.SortFunc(all, func(a, b spell) int { return cmp.Compare(a.dark().From, b.dark().From) })
	open := false
	until := at
	for n, k := range slices.Backward(all) {
		if k.dark().To == 0 {
			open = true
			y := &d.touch(k.o.ID).Dark[k.i]
			y.To, y.Ended = until, by
		}
		until = all[n].dark().From
	}
	newest := all[len(all)-1]
	x := newest.dark()
	if !open && by > x.Ended && at >= x.To-SlotSeconds-joinWithin && at <= x.To+SlotSeconds+joinWithin {
		y := &d.touch(newest.o.ID).Dark[newest.i]
		y.To, y.Ended = at, by
	}
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

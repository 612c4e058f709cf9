package book

import (
	"time"

	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/kernel/series"
)

// Book is the archive of the city's meters in memory, with what is known of every slot of the recent days. It is read back from
// entities and samples at start and follows each commit; nothing is kept in it alone.
type Book struct {
	*roll
	days map[Day]*sheet
	keep int // days held
}

// New makes an empty book that holds the slots of keep days.
func New(keep int) *Book { return &Book{roll: newRoll(), days: map[Day]*sheet{}, keep: keep} }

// Keeps is how many days are held.
func (b *Book) Keeps() int { return b.keep }

// Put adds a meter or takes over its new archive data.
func (b *Book) Put(m Meter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.put(&m)
}

// Find gives a meter's place by its address.
func (b *Book) Find(address string) (place int32, m Meter, ok bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	i, ok := b.place(address)
	if !ok {
		return 0, Meter{}, false
	}
	return i, b.meter(i), true
}

// Seat gives a meter's seat by its address, and the concentrator that it stands behind.
func (b *Book) Seat(address string) (s Seat, concentrator string, ok bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	i, ok := b.place(address)
	if !ok {
		return Seat{}, "", false
	}
	x := &b.meters[i]
	return Seat{i, x.num}, b.texts[x.concentrator], true
}

// Behind finds the seats of meters by their addresses as numbers; that of one that does not stand behind a concentrator is zero.
// They are appended to `to`.
func (b *Book) Behind(concentrator string, addresses []uint64, to []Seat) []Seat {
	b.mu.RLock()
	defer b.mu.RUnlock()
	which, known := b.textOf[concentrator]
	for _, address := range addresses {
		var s Seat
		if i, ok := b.at(address); ok && known && b.meters[i].concentrator == which {
			s = Seat{i, b.meters[i].num}
		}
		to = append(to, s)
	}
	return to
}

// Open holds a day from now on, where it is not held already. What is known of it is the caller's to Mark.
func (b *Book) Open(d Day) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open(d)
}

// open holds a day from now on, forgets the oldest where more than keep are held, and seals those before yesterday.
func (b *Book) open(d Day) {
	if _, held := b.days[d]; held {
		return
	}
	b.days[d] = newSheet(b.moved)
	for len(b.days) > b.keep {
		oldest := d
		for k := range b.days {
			oldest = min(oldest, k)
		}
		delete(b.days, oldest)
	}
	newest := b.newest()
	for k, s := range b.days {
		if k < newest-1 && k != d {
			s.seal()
		}
	}
}

func (b *Book) newest() (newest Day) {
	for d := range b.days {
		newest = max(newest, d)
	}
	return newest
}

// Mark takes note of samples that were committed.
func (b *Book) Mark(batch []Placed) {
	b.mu.Lock()
	defer b.mu.Unlock()
	newest := b.newest()
	for i := range batch {
		p := &batch[i]
		at := uint32(max(0, p.At/1_000_000))
		switch {
		case p.Slot < 0:
			b.astray[p.Place] = max(b.astray[p.Place], at)
		case p.Quality&^series.Late == series.Measured:
			b.heard[p.Place] = max(b.heard[p.Place], at)
		}
		if p.Slot < 0 {
			continue
		}
		held, ok := b.days[p.Day]
		if !ok {
			if int(p.Day) <= int(newest)-b.keep {
				continue // older than what is held: read from the samples when asked for
			}
			b.open(p.Day)
			if held, ok = b.days[p.Day]; !ok {
				continue
			}
			newest = max(newest, p.Day)
		}
		before := held.measured(p.Place)
		held.mark(p.Place, p.Slot, p.Quality, len(b.meters))
		if held.sealed {
			continue
		}
		if after := held.measured(p.Place); after != before && b.counted(held) {
			held.counts.change(b.meters[p.Place].kind, before, after)
		}
	}
}

// Placed is a sample with its place in the book.
type Placed struct {
	Place   int32
	Day     Day
	Slot    int // -1 where it stands beside every slot
	At      int64
	Quality series.Quality
}

// Cover is how much of a day has come. Slots that are not due are in none of its figures, so that collected, late, estimated
// and missing ones add up to the slots due of all meters.
type Cover struct {
	Meters    int64 `json:"meters"`    // in service
	Complete  int64 `json:"complete"`  // of those, all of whose due slots were measured
	Collected int64 `json:"collected"` // slots due and measured in time
	Late      int64 `json:"late"`      // slots measured late
	Estimated int64 `json:"estimated"` // slots estimated
	Missing   int64 `json:"missing"`   // slots due and not there
}

// Rate is the coverage in percent; 0 of 0 is 0.
func (c Cover) Rate() float64 {
	if c.Meters == 0 {
		return 0
	}
	return 100 * float64(c.Complete) / float64(c.Meters)
}

// add counts n meters that stand alike; -1 takes one away again.
func (c *Cover) add(s Slots, want SlotSet, n int64) {
	c.Meters += n
	if want.Minus(s.Measured).Empty() {
		c.Complete += n
	}
	late := s.Late.And(want).Count()
	c.Late += n * int64(late)
	c.Collected += n * int64(s.Measured.And(want).Count()-late)
	c.Estimated += n * int64(s.Estimated.And(want).Count())
	c.Missing += n * int64(want.Minus(s.Measured.Or(s.Estimated)).Count())
}

// tally counts meters by district; the last is for those in none of region.Districts.
type tally struct {
	by   []Cover
	want SlotSet
}

func (t *tally) add(region int8, s Slots, n int64) {
	if region < 0 {
		region = int8(len(t.by) - 1)
	}
	t.by[region].add(s, t.want, n)
}

// Coverage folds a day of which `due` slots are due: the city, and each district in the order of region.Districts. An open day is told from
// counts that are carried on; of a sealed one only what differs is walked through.
func (b *Book) Coverage(d Day, due int) (city Cover, by []Cover) {
	b.mu.RLock()
	for held := b.days[d]; held != nil && !b.counted(held); held = b.days[d] {
		b.mu.RUnlock()
		b.recount(d)
		b.mu.RLock()
	}
	defer b.mu.RUnlock()
	held := b.days[d]
	t := tally{make([]Cover, len(region.Districts)+1), First(due)}
	if held == nil || held.sealed {
		b.coverSealed(held, &t)
	} else {
		b.coverOpen(held, &t)
	}
	b.coverOdd(held, &t)
	for _, c := range t.by {
		city.Meters, city.Complete, city.Collected = city.Meters+c.Meters, city.Complete+c.Complete, city.Collected+c.Collected
		city.Late, city.Estimated, city.Missing = city.Late+c.Late, city.Estimated+c.Estimated, city.Missing+c.Missing
	}
	return city, t.by[:len(region.Districts)]
}

// coverSealed counts every meter as the usual one, and puts right those that differ. held is nil for a day that is not known.
func (b *Book) coverSealed(held *sheet, t *tally) {
	var usual Slots
	n := len(b.meters)
	if held != nil {
		usual.Measured, n = held.usual.set(), min(held.n, n)
	}
	counts := make([]int64, len(b.kinds))
	for i := range b.meters[:n] {
		counts[b.meters[i].kind]++
	}
	for k, c := range counts {
		if !b.kinds[k].retired {
			t.add(b.kinds[k].region, usual, c)
		}
	}
	if held == nil {
		return
	}
	for i := n; i < len(b.meters); i++ { // came after the day was sealed
		if k := b.kinds[b.meters[i].kind]; !k.retired {
			t.add(k.region, Slots{Measured: held.measured(int32(i)).set()}, 1)
		}
	}
	for place, has := range held.differ {
		if k := b.kinds[b.meters[place].kind]; !k.retired && int(place) < n {
			t.add(k.region, usual, -1)
			t.add(k.region, Slots{Measured: has.set()}, 1)
		}
	}
}

// coverOdd puts right the meters with late and estimated slots, which were counted without them.
func (b *Book) coverOdd(held *sheet, t *tally) {
	if held == nil {
		return
	}
	mend := func(place int32) {
		if k := b.kinds[b.meters[place].kind]; !k.retired {
			s := held.slots(place)
			t.add(k.region, Slots{Measured: s.Measured}, -1)
			t.add(k.region, s, 1)
		}
	}
	for place := range held.odds {
		mend(place)
	}
	for i, o := range held.many {
		if o != (odd{}) {
			mend(int32(i))
		}
	}
}

// Holds tells whether a day is in memory.
func (b *Book) Holds(d Day) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	_, ok := b.days[d]
	return ok
}

// Standing is one meter with what is known of one day of it.
type Standing struct {
	Meter
	Slots Slots
	Heard time.Time // newest measured reading; zero for none
	Stray time.Time // newest reading beside every quarter hour: the meter's clock is off; zero for none
	Gaps  int       // slots due and not measured
	Place int32
}

func heardAt(seconds uint32) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0)
}

// Keys gives the series keys of meters that sel takes (all their places where sel is empty).
func (b *Book) Keys(sel Select) []int64 {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var out []int64
	takes := b.filter(sel)
	for i := range b.meters {
		if takes.meter(&b.meters[i]) {
			out = append(out, b.meters[i].num)
		}
	}
	return out
}

// Size is how many meters are in service.
func (b *Book) Size() (inService int64) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.serving
}

// Len is how many meters there are, those out of service included.
func (b *Book) Len() int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return len(b.meters)
}

// Empty tells whether the slot of p is known to have no sample: its day is held, and nothing stands there.
func (b *Book) Empty(p Placed) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	s := b.days[p.Day]
	return s != nil && s.measured(p.Place)[p.Slot>>5]>>(uint(p.Slot)&31)&1 == 0 && s.oddOf(p.Place).estimated[p.Slot>>5]>>(uint(p.Slot)&31)&1 == 0
}

// Unheard gives the series keys of the meters in service of which no reading is known, in the archive's order.
func (b *Book) Unheard() (keys []int64) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for i := range b.meters {
		if b.heard[i] == 0 && !b.retired(i) {
			keys = append(keys, b.meters[i].num)
		}
	}
	return keys
}

// PlaceOf finds a meter by the key of its series.
func (b *Book) PlaceOf(num int64) (int32, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.placeOf(num)
}

// Region is where the district of the meter at a place stands in region.Districts; -1 for none.
func (b *Book) Region(place int32) int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return int(b.kinds[b.meters[place].kind].region)
}

// Sheet is a book on the same meters, whatever becomes of them, in which no day is held yet.
func (b *Book) Sheet() *Book { return &Book{roll: b.roll, days: map[Day]*sheet{}, keep: 1} }

// Meters gives n meters at most in the order of the archive from a place on, retired ones included; the end gives none.
func (b *Book) Meters(from, n int) []Meter {
	b.mu.RLock()
	defer b.mu.RUnlock()
	out := make([]Meter, 0, max(0, min(n, len(b.meters)-from)))
	for i := from; i < min(from+n, len(b.meters)); i++ {
		out = append(out, b.meter(int32(i)))
	}
	return out
}

// Addresses lists the meters behind a concentrator.
func (b *Book) Addresses(concentrator string) []string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	places := b.served(concentrator)
	out := make([]string, 0, len(places))
	for _, i := range places {
		if !b.retired(int(i)) {
			out = append(out, written(b.meters[i].address))
		}
	}
	return out
}

func (b *Book) served(concentrator string) []int32 {
	n, ok := b.textOf[concentrator]
	if !ok {
		return nil
	}
	return b.behind[n]
}

// Concentrators lists what the archive knows, each with its district, protocol and number of meters.
func (b *Book) Concentrators() map[string]Concentrator {
	b.mu.RLock()
	defer b.mu.RUnlock()
	out := map[string]Concentrator{}
	for n, places := range b.behind {
		if len(places) == 0 {
			continue // a feeder, or nobody stands behind it any more
		}
		c := Concentrator{Address: b.texts[n]}
		for _, i := range places {
			if k := &b.kinds[b.meters[i].kind]; !k.retired {
				c.District, c.Protocol = k.district, k.protocol
				c.Meters++
			}
		}
		out[c.Address] = c
	}
	return out
}

// Serves tells whether the archive knows a concentrator.
func (b *Book) Serves(concentrator string) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return len(b.served(concentrator)) > 0
}

package book

import (
	"slices"
	"sync"
	"time"

	"github.com/haihe-city/haihe/kernel/series"
)

// Book is the archive of the city's meters in memory, with what is known of every slot of the recent days. It is read back from
// entities and samples at start and follows each commit; nothing is kept in it alone.
//
// A meter's place in meters never changes while the program runs; it is the cursor of every list.
type Book struct {
	mu     sync.RWMutex
	meters []Meter
	region []int8 // of each meter: where its district stands in Districts, -1 for none
	byAddr map[string]int32
	byNum  map[int64]int32
	behind map[string][]int32 // meters behind a concentrator
	days   map[Day][]Slots    // as long as meters, by place
	heard  []int64            // newest measured sample of each meter in a slot, microseconds; 0 for none
	astray []int64            // newest sample of each meter beside every slot: its clock is off; 0 for none
	keep   int                // days held
	words  map[string]string  // the words that many meters share, once each
}

// New makes an empty book that holds the slots of keep days.
func New(keep int) *Book {
	return &Book{byAddr: map[string]int32{}, byNum: map[int64]int32{}, behind: map[string][]int32{}, days: map[Day][]Slots{}, keep: keep, words: map[string]string{}}
}

// Keeps is how many days are held.
func (b *Book) Keeps() int { return b.keep }

// word gives the one copy of a text that many meters share.
func (b *Book) word(s string) string {
	if w, ok := b.words[s]; ok {
		return w
	}
	b.words[s] = s
	return s
}

// Put adds a meter or takes over its new archive data.
func (b *Book) Put(m Meter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m.District, m.Feeder, m.Concentrator = b.word(m.District), b.word(m.Feeder), b.word(m.Concentrator)
	m.Category, m.Protocol = Category(b.word(string(m.Category))), Protocol(b.word(string(m.Protocol)))
	i, known := b.byAddr[m.Address]
	if !known {
		i = int32(len(b.meters))
		b.byAddr[m.Address], b.byNum[m.Num] = i, i
		b.meters, b.region, b.heard, b.astray = append(b.meters, m), append(b.region, 0), append(b.heard, 0), append(b.astray, 0)
		for d := range b.days {
			b.days[d] = append(b.days[d], Slots{})
		}
	} else if old := b.meters[i].Concentrator; old != m.Concentrator {
		b.behind[old] = slices.DeleteFunc(b.behind[old], func(k int32) bool { return k == i })
	}
	if !known || b.meters[i].Concentrator != m.Concentrator {
		b.behind[m.Concentrator] = append(b.behind[m.Concentrator], i)
	}
	b.meters[i], b.region[i] = m, int8(DistrictIndex(m.District))
}

// Find gives a meter's place by its address.
func (b *Book) Find(address string) (place int32, m Meter, ok bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	i, ok := b.byAddr[address]
	if !ok {
		return 0, Meter{}, false
	}
	return i, b.meters[i], true
}

// Seat gives a meter's seat by its address, and the concentrator that it stands behind.
func (b *Book) Seat(address string) (s Seat, concentrator string, ok bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	i, ok := b.byAddr[address]
	if !ok {
		return Seat{}, "", false
	}
	return Seat{i, b.meters[i].Num}, b.meters[i].Concentrator, true
}

// Open holds a day from now on, where it is not held already. What is known of it is the caller's to Mark.
func (b *Book) Open(d Day) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open(d)
}

// open holds a day from now on, and forgets the oldest where more than keep are held.
func (b *Book) open(d Day) {
	if _, held := b.days[d]; held {
		return
	}
	b.days[d] = make([]Slots, len(b.meters))
	for len(b.days) > b.keep {
		oldest := d
		for k := range b.days {
			oldest = min(oldest, k)
		}
		delete(b.days, oldest)
	}
}

// Mark takes note of samples that were committed.
func (b *Book) Mark(batch []Placed) {
	b.mu.Lock()
	defer b.mu.Unlock()
	newest := Day(0)
	for d := range b.days {
		newest = max(newest, d)
	}
	for _, p := range batch {
		switch {
		case p.Slot < 0:
			b.astray[p.Place] = max(b.astray[p.Place], p.At)
		case p.Quality&^series.Late == series.Measured:
			b.heard[p.Place] = max(b.heard[p.Place], p.At)
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
		held[p.Place].Mark(p.Slot, p.Quality)
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

func (c *Cover) count(s Slots, want SlotSet) {
	c.Meters++
	if want.Minus(s.Measured).Empty() {
		c.Complete++
	}
	late := s.Late.And(want).Count()
	c.Late += int64(late)
	c.Collected += int64(s.Measured.And(want).Count() - late)
	c.Estimated += int64(s.Estimated.And(want).Count())
	c.Missing += int64(want.Minus(s.Measured.Or(s.Estimated)).Count())
}

// Coverage folds a day of which `due` slots are due: the city, and each district in the order of Districts.
func (b *Book) Coverage(d Day, due int) (city Cover, by []Cover) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	by = make([]Cover, len(Districts))
	held, want := b.days[d], First(due)
	for i := range b.meters {
		m := &b.meters[i]
		if m.Retired {
			continue
		}
		var s Slots
		if held != nil {
			s = held[i]
		}
		city.count(s, want)
		if k := b.region[i]; k >= 0 {
			by[k].count(s, want)
		}
	}
	return city, by
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

func heardAt(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us)
}

// Keys gives the series keys of meters that sel takes (all their places where sel is empty).
func (b *Book) Keys(sel Select) []int64 {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var out []int64
	for i := range b.meters {
		if sel.takes(&b.meters[i]) {
			out = append(out, b.meters[i].Num)
		}
	}
	return out
}

// Size is how many meters are in service.
func (b *Book) Size() (inService int64) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for i := range b.meters {
		if !b.meters[i].Retired {
			inService++
		}
	}
	return inService
}

// Empty tells whether the slot of p is known to have no sample: its day is held, and nothing stands there.
func (b *Book) Empty(p Placed) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	s := b.days[p.Day]
	return s != nil && !s[p.Place].Measured.Has(p.Slot) && !s[p.Place].Estimated.Has(p.Slot)
}

// Unheard gives the place and series key of each meter in service of which no reading is known.
func (b *Book) Unheard() map[int32]int64 {
	b.mu.RLock()
	defer b.mu.RUnlock()
	out := map[int32]int64{}
	for i := range b.meters {
		if b.heard[i] == 0 && !b.meters[i].Retired {
			out[int32(i)] = b.meters[i].Num
		}
	}
	return out
}

// PlaceOf finds a meter by the key of its series.
func (b *Book) PlaceOf(num int64) (int32, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	i, ok := b.byNum[num]
	return i, ok
}

// Sheet is a book of the same meters in which no day is held yet.
func (b *Book) Sheet() *Book {
	b.mu.RLock()
	defer b.mu.RUnlock()
	s := New(1)
	s.meters, s.region, s.heard, s.astray = slices.Clone(b.meters), slices.Clone(b.region), slices.Clone(b.heard), slices.Clone(b.astray)
	for i, m := range s.meters {
		s.byAddr[m.Address], s.byNum[m.Num] = int32(i), int32(i)
	}
	return s
}

// Addresses lists the meters behind a concentrator.
func (b *Book) Addresses(concentrator string) []string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	out := make([]string, 0, len(b.behind[concentrator]))
	for _, i := range b.behind[concentrator] {
		if !b.meters[i].Retired {
			out = append(out, b.meters[i].Address)
		}
	}
	return out
}

// Concentrators lists what the archive knows, each with its district, protocol and number of meters.
func (b *Book) Concentrators() map[string]Concentrator {
	b.mu.RLock()
	defer b.mu.RUnlock()
	out := make(map[string]Concentrator, len(b.behind))
	for address, places := range b.behind {
		c := Concentrator{Address: address}
		for _, i := range places {
			if m := &b.meters[i]; !m.Retired {
				c.District, c.Protocol = m.District, m.Protocol
				c.Meters++
			}
		}
		out[address] = c
	}
	return out
}

// Serves tells whether the archive knows a concentrator.
func (b *Book) Serves(concentrator string) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return len(b.behind[concentrator]) > 0
}

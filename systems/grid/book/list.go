package book

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Select narrows and orders a list of meters. Empty fields do not.
type Select struct {
	District     string
	Category     Category
	Concentrator string
	Prefix       string // of the address
	State        string // complete, incomplete, silent (nothing measured on that day)
	Sort         string // address, gaps, newest; "-" before it for the other way; "" in the order of the archive
	After        Cursor // where the page before ended
	Limit        int
}

// Sorts are the orders of a list.
var Sorts = []string{"address", "-address", "gaps", "-gaps", "newest", "-newest"}

// filter is a Select as a walk over the archive asks it.
type filter struct {
	kinds        []bool // that are wanted
	concentrator uint32
	behind       bool   // one concentrator's only
	prefix, unit uint64 // an address divided by unit is prefix
	none         bool
}

func (r *roll) filter(s Select) filter {
	f := filter{kinds: make([]bool, len(r.kinds)), behind: s.Concentrator != "", unit: 1}
	for i, k := range r.kinds {
		f.kinds[i] = !k.retired && (s.District == "" || k.district == s.District) && (s.Category == "" || k.category == s.Category)
	}
	if f.behind {
		var ok bool
		f.concentrator, ok = r.textOf[s.Concentrator]
		f.none = !ok
	}
	for range addressDigits - len(s.Prefix) {
		f.unit *= 10
	}
	if s.Prefix != "" && (len(s.Prefix) > addressDigits || !digits(s.Prefix, len(s.Prefix))) {
		f.none = true
	}
	f.prefix, _ = strconv.ParseUint(s.Prefix, 10, 64)
	return f
}

func (f *filter) meter(x *record) bool {
	return !f.none && f.kinds[x.kind] && (!f.behind || x.concentrator == f.concentrator) && x.address/f.unit == f.prefix
}

// takesDay tells whether a day with these slots is wanted.
func (s Select) takesDay(measured bits96, gaps int) bool {
	switch s.State {
	case "complete":
		return gaps == 0
	case "incomplete":
		return gaps > 0
	case "silent":
		return gaps > 0 && measured.empty()
	}
	return true
}

// Cursor is a place in an ordered list: the next page begins behind it. The zero value is the beginning.
type Cursor struct {
	set   bool
	key   int64 // what the list is ordered by, at that meter when its page was made
	place int32
}

// First tells whether it is the beginning; of what List gives, that nothing follows.
func (c Cursor) First() bool { return !c.set }

// String writes a cursor for a link; "" is the beginning.
func (c Cursor) String() string {
	switch {
	case !c.set:
		return ""
	case c.key == 0:
		return strconv.Itoa(int(c.place))
	}
	return strconv.Itoa(int(c.place)) + "." + strconv.FormatInt(c.key, 10)
}

// ParseCursor reads a cursor back; ok is false for what String never writes.
func ParseCursor(s string) (c Cursor, ok bool) {
	if s == "" {
		return c, true
	}
	place, key, keyed := strings.Cut(s, ".")
	n, err := strconv.ParseInt(place, 10, 32)
	if err != nil || n < 0 {
		return c, false
	}
	c.set, c.place = true, int32(n)
	if keyed {
		c.key, err = strconv.ParseInt(key, 10, 64)
	}
	return c, err == nil
}

func (c Cursor) compare(o Cursor) int {
	return cmp.Or(cmp.Compare(c.key, o.key), cmp.Compare(c.place, o.place))
}

// key is what a meter is ordered by.
func (b *Book) key(sort string, i int32, gaps int) (k int64) {
	by, down := strings.CutPrefix(sort, "-")
	switch by {
	case "address":
		k = int64(b.meters[i].address)
	case "gaps":
		k = int64(gaps)
	case "newest":
		k = int64(b.heard[i])
	}
	if down {
		return -k
	}
	return k
}

// List gives a page of meters with their day, how many there are in all, exactly, and where the next page begins. A page is
// found in one walk over the city, without sorting it.
func (b *Book) List(d Day, due int, sel Select) (page []Standing, total int64, next Cursor) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	held, want, takes := b.days[d], packed(First(due)), b.filter(sel)
	top := top{limit: sel.Limit + 1}
	for i := range b.meters {
		if !takes.meter(&b.meters[i]) {
			continue
		}
		has := held.measured(int32(i))
		gaps := has.missing(want)
		if !sel.takesDay(has, gaps) {
			continue
		}
		total++
		if c := (Cursor{true, b.key(sel.Sort, int32(i), gaps), int32(i)}); sel.After.First() || c.compare(sel.After) > 0 {
			top.add(c)
		}
	}
	found := top.done()
	for k, c := range found[:min(sel.Limit, len(found))] {
		page = append(page, b.standing(c.place, held, First(due)))
		if k == sel.Limit-1 && len(found) > sel.Limit {
			next = c
		}
	}
	return page, total, next
}

// top keeps the first cursors of many.
type top struct {
	limit int
	held  []Cursor
	bound Cursor // of those held the last, once there are enough
}

func (t *top) add(c Cursor) {
	if t.bound.set && c.compare(t.bound) > 0 {
		return
	}
	if t.held = append(t.held, c); len(t.held) >= 2*t.limit+32 {
		t.done()
	}
}

func (t *top) done() []Cursor {
	slices.SortFunc(t.held, Cursor.compare)
	if len(t.held) >= t.limit {
		t.held = t.held[:t.limit]
		t.bound = t.held[t.limit-1]
	}
	return t.held
}

// standing is the meter at a place with its day.
func (b *Book) standing(place int32, held *sheet, want SlotSet) Standing {
	s := Standing{Meter: b.meter(place), Place: place, Heard: heardAt(b.heard[place]), Stray: heardAt(b.astray[place]), Slots: held.slots(place)}
	s.Gaps = want.Minus(s.Slots.Measured).Count()
	return s
}

// Standing is one meter's day.
func (b *Book) Standing(address string, d Day, due int) (Standing, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	i, ok := b.place(address)
	if !ok {
		return Standing{}, false
	}
	return b.standing(i, b.days[d], First(due)), true
}

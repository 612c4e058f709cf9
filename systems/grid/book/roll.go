package book

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/haihe-city/haihe/kernel/region"
)

// roll is the archive of the meters, and when each was last heard: 32 bytes a meter and some for the indexes, without a pointer,
// so that a city of millions costs the collector nothing. Sheets of older days share it.
//
// A meter's place in it never changes while the program runs; it is the cursor of every list.
type roll struct {
	mu      sync.RWMutex // of all of it, and of the books on it
	meters  []record
	heard   []uint32 // newest measured sample of each meter in a slot, seconds since 1970; 0 for none
	astray  []uint32 // newest sample of each meter beside every slot: its clock is off; 0 for none
	kinds   []kind
	kindOf  map[kind]uint32
	texts   []string // feeders and concentrators, once each
	textOf  map[string]uint32
	byAddr  table
	byNum   table
	behind  [][]int32 // by the text of a concentrator: the meters behind it, in the order in which they came there
	serving int64     // meters in service
	ofKind  []int64   // meters by kind
	moved   int       // how often a meter changed its kind
}

// record is a meter.
type record struct {
	num          int64
	address      uint64 // its twelve digits as a number
	feeder       uint32 // in texts, as is concentrator
	concentrator uint32
	kind         uint32 // in kinds
	installed    int32  // days since 1970-01-01 in China, and one; 0 where it is not known
}

// kind is what many meters have in common.
type kind struct {
	district string
	region   int8 // where the district stands in region.Districts, -1 for none
	category Category
	protocol Protocol
	retired  bool
	solar    bool
}

func newRoll() *roll {
	return &roll{kindOf: map[kind]uint32{}, textOf: map[string]uint32{}}
}

// addressDigits is how long an address is.
const addressDigits = 12

// number reads an address; ok is false for what is none.
func number(address string) (n uint64, ok bool) {
	if !digits(address, addressDigits) {
		return 0, false
	}
	for i := range len(address) {
		n = 10*n + uint64(address[i]-'0')
	}
	return n, true
}

// written writes an address.
func written(n uint64) string {
	var b [addressDigits]byte
	for i := addressDigits - 1; i >= 0; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return string(b[:])
}

// text gives the number of a text that many meters share.
func (r *roll) text(s string) uint32 {
	n, ok := r.textOf[s]
	if !ok {
		n = uint32(len(r.texts))
		s = strings.Clone(s) // it may be a piece of a line
		r.textOf[s] = n
		r.texts, r.behind = append(r.texts, s), append(r.behind, nil)
	}
	return n
}

func (r *roll) kind(m *Meter) uint32 {
	k := kind{m.District, int8(region.Index(m.District)), m.Category, m.Protocol, m.Retired, m.Solar}
	n, ok := r.kindOf[k]
	if !ok {
		n = uint32(len(r.kinds))
		k.district, k.category, k.protocol = strings.Clone(k.district), Category(strings.Clone(string(k.category))), Protocol(strings.Clone(string(k.protocol)))
		r.kindOf[k] = n
		r.kinds, r.ofKind = append(r.kinds, k), append(r.ofKind, 0)
	}
	return n
}

// put adds a meter or takes over its new data. What has no address of twelve digits is no meter of the archive.
func (r *roll) put(m *Meter) {
	address, ok := number(m.Address)
	if !ok {
		return
	}
	x := record{num: m.Num, address: address, feeder: r.text(m.Feeder), concentrator: r.text(m.Concentrator), kind: r.kind(m), installed: dayNumber(m.Installed)}
	i, known := r.at(address)
	if !known {
		i = int32(len(r.meters))
		r.meters, r.heard, r.astray = append(r.meters, x), append(r.heard, 0), append(r.astray, 0)
		r.byAddr.add(mixed(address), i, func(p int32) uint64 { return mixed(r.meters[p].address) })
	} else {
		old := &r.meters[i]
		if old.concentrator != x.concentrator {
			r.behind[old.concentrator] = slices.DeleteFunc(r.behind[old.concentrator], func(k int32) bool { return k == i })
		}
		if !r.kinds[old.kind].retired {
			r.serving--
		}
		if r.ofKind[old.kind]--; old.kind != x.kind {
			r.moved++
		}
	}
	if !known || r.meters[i].concentrator != x.concentrator {
		r.behind[x.concentrator] = append(r.behind[x.concentrator], i)
	}
	if !known || r.meters[i].num != x.num {
		r.meters[i].num = x.num
		r.byNum.add(mixed(uint64(x.num)), i, func(p int32) uint64 { return mixed(uint64(r.meters[p].num)) })
	}
	r.ofKind[x.kind]++
	if r.meters[i] = x; !m.Retired {
		r.serving++
	}
}

// at finds a meter by its address.
func (r *roll) at(address uint64) (int32, bool) {
	return r.byAddr.find(mixed(address), func(p int32) bool { return r.meters[p].address == address })
}

// place finds a meter by its address as it is written.
func (r *roll) place(address string) (int32, bool) {
	n, ok := number(address)
	if !ok {
		return 0, false
	}
	return r.at(n)
}

// placeOf finds a meter by the key of its series.
func (r *roll) placeOf(num int64) (int32, bool) {
	return r.byNum.find(mixed(uint64(num)), func(p int32) bool { return r.meters[p].num == num })
}

// meter writes a meter out.
func (r *roll) meter(i int32) Meter {
	x := &r.meters[i]
	k := &r.kinds[x.kind]
	return Meter{Num: x.num, Address: written(x.address), District: k.district, Feeder: r.texts[x.feeder], Concentrator: r.texts[x.concentrator],
		Category: k.category, Protocol: k.protocol, Installed: dated(x.installed), Retired: k.retired, Solar: k.solar}
}

// Solar tells whether the meter of a key has a solar plant behind it.
func (b *Book) Solar(key int64) bool {
	place, ok := b.PlaceOf(key)
	if !ok {
		return false
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.kinds[b.meters[place].kind].solar
}

func (r *roll) retired(i int) bool { return r.kinds[r.meters[i].kind].retired }

// dayNumber keeps the date of an installation; the time of that day is nothing that an archive tells.
func dayNumber(t time.Time) int32 {
	if t.IsZero() {
		return 0
	}
	y, m, d := t.In(China).Date()
	n := int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
	if n >= 0 {
		n++ // so that 0 is left for none
	}
	return n
}

func dated(n int32) time.Time {
	switch {
	case n == 0:
		return time.Time{}
	case n > 0:
		n--
	}
	return time.Date(1970, 1, 1+int(n), 0, 0, 0, 0, China)
}

// table finds places by a hash: four bytes a slot, open addressing, at most three quarters full. Nothing is ever taken out.
type table struct {
	slots []int32 // a place and one; 0 is free
	used  int
}

// mixed spreads a number over 64 bits (the finalizer of SplitMix64).
func mixed(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

func (t *table) find(hash uint64, is func(place int32) bool) (int32, bool) {
	if len(t.slots) == 0 {
		return 0, false
	}
	mask := uint64(len(t.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		p := t.slots[i]
		if p == 0 {
			return 0, false
		}
		if is(p - 1) {
			return p - 1, true
		}
	}
}

// add puts a place in; hashOf gives the hash of those that are in already.
func (t *table) add(hash uint64, place int32, hashOf func(place int32) uint64) {
	if 4*(t.used+1) > 3*len(t.slots) {
		old := t.slots
		t.slots = make([]int32, max(64, 2*len(old)))
		for _, p := range old {
			if p != 0 {
				t.put(hashOf(p-1), p)
			}
		}
	}
	t.put(hash, place+1)
	t.used++
}

func (t *table) put(hash uint64, p int32) {
	mask := uint64(len(t.slots) - 1)
	i := hash & mask
	for t.slots[i] != 0 {
		i = (i + 1) & mask
	}
	t.slots[i] = p
}

package book

import (
	"github.com/haihe-city/haihe/kernel/region"
	"math/bits"
)

// counts are carried on beside an open sheet, so that the coverage of a city need not walk through its meters: by kind of meter, how
// many have each slot measured, and how many have their first gap at each slot (SlotsPerDay: none).
type counts struct {
	moved int // of the roll when they were counted: a meter whose kind changes takes its slots along
	slots [][SlotsPerDay]int32
	first [][SlotsPerDay + 1]int32
}

// firstGap is the first slot that is not in the set; SlotsPerDay where all are.
func (b bits96) firstGap() int {
	for i, w := range b {
		if n := bits.TrailingZeros32(^w); n < 32 {
			return 32*i + n
		}
	}
	return SlotsPerDay
}

// change counts a meter's slots anew. Meters without any slot are not counted at all.
func (c *counts) change(kind uint32, before, after bits96) {
	for int(kind) >= len(c.slots) {
		c.slots, c.first = append(c.slots, [SlotsPerDay]int32{}), append(c.first, [SlotsPerDay + 1]int32{})
	}
	slots, first := &c.slots[kind], &c.first[kind]
	for i := range before {
		for gone := before[i] &^ after[i]; gone != 0; gone &= gone - 1 {
			slots[32*i+bits.TrailingZeros32(gone)]--
		}
		for came := after[i] &^ before[i]; came != 0; came &= came - 1 {
			slots[32*i+bits.TrailingZeros32(came)]++
		}
	}
	if !before.empty() {
		first[before.firstGap()]--
	}
	if !after.empty() {
		first[after.firstGap()]++
	}
}

// counted tells whether the counts of a sheet hold.
func (b *Book) counted(s *sheet) bool {
	return s.sealed || s.counts != nil && s.counts.moved == b.moved
}

// recount counts an open sheet anew, after meters have moved or the sheet was opened again.
func (b *Book) recount(d Day) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.days[d]
	if s == nil || b.counted(s) {
		return
	}
	s.counts = &counts{moved: b.moved}
	for i, has := range s.open {
		if !has.empty() {
			s.counts.change(b.meters[i].kind, bits96{}, has)
		}
	}
}

// coverOpen tells of the measured slots of an open day by what was counted.
func (b *Book) coverOpen(held *sheet, t *tally) {
	due := t.want.Count()
	for k, meters := range b.ofKind {
		if b.kinds[k].retired || meters == 0 {
			continue
		}
		var collected, complete int64
		if k < len(held.counts.slots) {
			for i := range due {
				collected += int64(held.counts.slots[k][i])
			}
			for _, n := range held.counts.first[k][due:] {
				complete += int64(n)
			}
		}
		if due == 0 {
			complete = meters
		}
		at := int(b.kinds[k].region)
		if at < 0 {
			at = len(region.Districts)
		}
		c := &t.by[at]
		c.Meters, c.Complete = c.Meters+meters, c.Complete+complete
		c.Collected, c.Missing = c.Collected+collected, c.Missing+meters*int64(due)-collected
	}
}

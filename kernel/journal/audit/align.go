package audit

import (
	"slices"
	"strconv"

	"github.com/haihe-city/haihe/lang"
)

// aligner lays what the entries hash to beside what the signed tiles say, and tells where the two part and how.
type aligner struct {
	want  [][32]byte        // of the signed tiles
	have  [][32]byte        // of the entries
	index uint64            // of want[0] in the log
	early map[[32]byte]bool // stood before their place, and were named there
	late  map[[32]byte]bool // stand after their place, and were named
	find  func(what string, from, to uint64, said lang.Text)
	found []Finding
}

// feed adds a tile and the bundle beside it, and goes as far as the look-ahead allows.
func (a *aligner) feed(want, have [][32]byte) {
	a.want, a.have = append(a.want, want...), append(a.have, have...)
	a.step(lookAhead)
}

// flush goes to the end of what is there.
func (a *aligner) flush() {
	a.step(0)
	for range a.want {
		a.drop()
	}
	for range a.have {
		a.insert()
	}
}

// skip goes on at an index: what lies before could not be read.
func (a *aligner) skip(index uint64) { a.want, a.have, a.index = nil, nil, index }

func (a *aligner) step(keep int) {
	for len(a.want) > keep && len(a.have) > keep {
		if len(a.found) >= maxFindings {
			a.want, a.have = a.want[:0], a.have[:0]
			return
		}
		w, h := a.want[0], a.have[0]
		switch {
		case w == h:
			a.take(1, 1)
		case a.early[w]:
			delete(a.early, w)
			a.take(1, 0)
		case a.late[h]:
			delete(a.late, h)
			a.take(0, 1)
		default:
			a.part(w, h)
		}
	}
}

// part decides what happened where the two lists differ.
func (a *aligner) part(w, h [32]byte) {
	later := slices.Index(a.want[:min(len(a.want), lookAhead)], h)  // the entry belongs further on
	stands := slices.Index(a.have[:min(len(a.have), lookAhead)], w) // what belongs here stands further on
	number := a.index + 1
	switch {
	case later >= 0 && stands > later: // it is this one that was taken away, not all those after it that came forward
		place := number + uint64(stands)
		zh, en := strconv.FormatUint(number, 10), strconv.FormatUint(place, 10)
		a.find(Moved, number, number, lang.T("第 "+zh+" 条被移到第 "+en+" 条处，次序被改动", "entry "+zh+" stands in the place of entry "+en+": the order was changed"))
		if a.late == nil {
			a.late = map[[32]byte]bool{}
		}
		a.late[w] = true
		a.take(1, 0)
	case later >= 0 && stands >= 0:
		from := number + uint64(later)
		zh, en := strconv.FormatUint(number, 10), strconv.FormatUint(from, 10)
		a.find(Moved, number, number, lang.T("第 "+zh+" 条处是第 "+en+" 条，次序被改动", "in the place of entry "+zh+" stands entry "+en+": the order was changed"))
		if a.early == nil {
			a.early = map[[32]byte]bool{}
		}
		a.early[h] = true
		a.take(0, 1)
	case later >= 0:
		a.drop()
	case stands >= 0:
		a.insert()
	default:
		a.find(Changed, number, number, lang.Text{})
		a.take(1, 1)
	}
}

func (a *aligner) drop() {
	if a.early[a.want[0]] {
		delete(a.early, a.want[0])
	} else {
		a.find(Dropped, a.index+1, a.index+1, lang.Text{})
	}
	a.take(1, 0)
}

func (a *aligner) insert() {
	if a.late[a.have[0]] {
		delete(a.late, a.have[0])
		a.take(0, 1)
		return
	}
	n := strconv.FormatUint(a.index+1, 10)
	a.find(Inserted, a.index+1, a.index+1, lang.T("第 "+n+" 条之前插入了未经签署的条目", "an entry that was never signed was put in before entry "+n))
	a.take(0, 1)
}

func (a *aligner) take(want, have int) {
	a.want, a.have = a.want[want:], a.have[have:]
	a.index += uint64(want)
}

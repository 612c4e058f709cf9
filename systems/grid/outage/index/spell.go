package index

import (
	"cmp"
	"slices"
)

// Cause is why a customer has no supply. DL/T 836.1-2016 3
type Cause uint8

// The causes. What is not known yet is left out of no index.
const (
	Unknown   Cause = iota
	Fault           // 故障停电
	Planned         // 预安排停电
	External        // 外部影响: the fault lies outside the supplier's network
	Rationing       // 系统电源不足限电: there is not enough power to go round
	causes
)

// Valid tells whether c is one of the causes.
func (c Cause) Valid() bool { return c < causes }

// Causes is a set of causes.
type Causes uint8

// Set makes a set.
func Set(cs ...Cause) (s Causes) {
	for _, c := range cs {
		s |= 1 << c
	}
	return s
}

// Has tells whether c is in the set.
func (s Causes) Has(c Cause) bool { return s>>c&1 == 1 }

// Spell is one customer without supply: Unix seconds, To not included.
type Spell struct {
	Customer int64
	From, To int64
	Cause    Cause
}

// Interruption is what a customer lives through: spells that overlap or touch, put together.
type Interruption struct {
	Customer int64
	From, To int64
	Causes   Causes
}

// Seconds is how long it lasted.
func (x Interruption) Seconds() int64 { return x.To - x.From }

// Record is spells in order, ready to be counted. It may be read from anywhere at once.
type Record struct{ spells []Spell }

// Lay puts spells in order; spells that end before they begin, or at once, are dropped. The slice is the record's from then on.
func Lay(spells []Spell) Record {
	spells = slices.DeleteFunc(spells, func(s Spell) bool { return s.To <= s.From })
	slices.SortFunc(spells, func(a, b Spell) int {
		return cmp.Or(cmp.Compare(a.Customer, b.Customer), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	return Record{spells}
}

// Len is how many spells the record holds.
func (r Record) Len() int { return len(r.spells) }

// Each hands over the interruptions by customer and time, as they are when spells of the causes in leave never were. Two outages
// that overlap are one interruption for a customer whom both hit, and two where a second of supply lies between them.
func (r Record) Each(leave Causes, fn func(Interruption)) {
	var now Interruption
	open := false
	for _, s := range r.spells {
		switch {
		case leave.Has(s.Cause):
		case open && s.Customer == now.Customer && s.From <= now.To:
			now.To = max(now.To, s.To)
			now.Causes |= Set(s.Cause)
		default:
			if open {
				fn(now)
			}
			now, open = Interruption{s.Customer, s.From, s.To, Set(s.Cause)}, true
		}
	}
	if open {
		fn(now)
	}
}

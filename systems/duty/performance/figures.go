package performance

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/rule"
)

// The rules of the figures.
const (
	slot         = 10 * time.Minute // IEC 62682:2014 16.5.2 counts alarms by ten minutes
	floodBegins  = 10               // alarms for one operator in a slot (IEC 62682:2014 16.5.3)
	floodEnds    = 5                // a flood is over in the first slot with fewer
	chatterTimes = 3                // comings within chatterSpan (ISA-18.2-2016 16.5.5)
	chatterSpan  = time.Minute
	staleAfter   = 24 * time.Hour // ISA-18.2-2016 16.5.6
	mostFrequent = 10
)

// Figures are those of a time.
type Figures struct {
	From, To   time.Time
	Operators  int
	Alarms     int     // comings
	Average    float64 // for one operator in ten minutes
	Peak       float64
	Flood      float64 // share of the slots in flood, 0 to 1
	ByPriority [5]int  // comings, by rule.Priority
	Silent     int     // of class silence
	Frequent   []Frequent
	TopShare   float64 // of the ten most frequent
	Chattering []string
	Answered   int
	P50, P95   time.Duration // to the acknowledgement
}

// Frequent is a condition with how often it came; Alarm is the last alarm of it.
type Frequent struct {
	Key, Alarm string
	Count      int
}

// tally takes moments in order and makes the figures. It may be used once.
type tally struct {
	from, to  time.Time
	operators int
	f         Figures
	slots     []int
	keys      map[string]*Frequent
	recent    map[string][]time.Time // the last comings of a condition
	chatters  map[string]bool
	waits     map[string]time.Time // since when an alarm waits for its answer
	answers   []time.Duration
}

func newTally(from, to time.Time, operators int) *tally {
	n := max(int((to.Sub(from)+slot-1)/slot), 1)
	return &tally{from: from, to: to, operators: max(operators, 1), slots: make([]int, n), keys: map[string]*Frequent{}, recent: map[string][]time.Time{}, chatters: map[string]bool{}, waits: map[string]time.Time{}}
}

func (t *tally) add(m alarm.Moment) {
	if m.At.Before(t.from) || !m.At.Before(t.to) {
		return
	}
	if !m.Came {
		if since, ok := t.waits[m.Alarm]; ok {
			t.answers = append(t.answers, m.At.Sub(since))
			delete(t.waits, m.Alarm)
		}
		return
	}
	t.f.Alarms++
	t.f.ByPriority[min(m.Priority, rule.Low)]++
	if m.Class == alarm.Silent {
		t.f.Silent++
	}
	t.slots[min(int(m.At.Sub(t.from)/slot), len(t.slots)-1)]++
	k := t.keys[m.Key]
	if k == nil {
		k = &Frequent{Key: m.Key}
		t.keys[m.Key] = k
	}
	k.Count++
	k.Alarm = m.Alarm
	if _, ok := t.waits[m.Alarm]; !ok {
		t.waits[m.Alarm] = m.At
	}
	last := append(t.recent[m.Key], m.At)
	if len(last) > chatterTimes {
		last = last[1:]
	}
	t.recent[m.Key] = last
	if len(last) == chatterTimes && m.At.Sub(last[0]) <= chatterSpan {
		t.chatters[m.Key] = true
	}
}

// figures ends the counting.
func (t *tally) figures() Figures {
	f := t.f
	f.From, f.To, f.Operators = t.from, t.to, t.operators
	n := float64(t.operators)
	flooded, inFlood := 0, false
	for _, count := range t.slots {
		each := float64(count) / n
		f.Peak = max(f.Peak, each)
		if each >= floodBegins || inFlood && each >= floodEnds {
			inFlood = true
			flooded++
		} else {
			inFlood = false
		}
	}
	f.Average = float64(f.Alarms) / n / float64(len(t.slots))
	f.Flood = float64(flooded) / float64(len(t.slots))
	for _, k := range t.keys {
		f.Frequent = append(f.Frequent, *k)
	}
	slices.SortFunc(f.Frequent, func(a, b Frequent) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Key, b.Key))
	})
	f.Frequent = f.Frequent[:min(len(f.Frequent), mostFrequent)]
	top := 0
	for _, k := range f.Frequent {
		top += k.Count
	}
	if f.Alarms > 0 {
		f.TopShare = float64(top) / float64(f.Alarms)
	}
	f.Chattering = slices.Sorted(maps.Keys(t.chatters))
	slices.Sort(t.answers)
	f.Answered = len(t.answers)
	if f.Answered > 0 {
		f.P50, f.P95 = t.answers[(f.Answered-1)/2], t.answers[(f.Answered-1)*95/100]
	}
	return f
}

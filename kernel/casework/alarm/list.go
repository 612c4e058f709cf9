package alarm

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

// Line is one line of an alarm's history.
type Line struct {
	Num   int64
	At    time.Time
	Verb  string // "came", "gone", "acknowledge", "shelve", "unshelve", "hold", "release", "link", "note"
	Actor string
	Note  string
}

// arrival is a new alarm as floods are counted.
type arrival struct {
	at                        time.Time
	system, group, unit, area string
	shown                     bool
}

// maxPage bounds a page of alarms.
const maxPage = 1000

// List gives a page of alarms: of the open ones out of memory, in any order; of the closed ones newest or oldest first. A filter that names
// states Closed reads the tables, and its States hold nothing else.
func (b *Board) List(ctx context.Context, f Filter) (list []Alarm, next string, err error) {
	if f.Limit <= 0 || f.Limit > maxPage {
		f.Limit = 100
	}
	if slices.Contains(f.States, Closed) {
		return b.past(ctx, f)
	}
	b.mu.RLock()
	for _, a := range b.seen {
		if a.State != Closed && f.picks(a) {
			list = append(list, *a)
		}
	}
	b.mu.RUnlock()
	order := orders[f.Order]
	if order == nil {
		order = orders["urgent"]
	}
	slices.SortFunc(list, func(x, y Alarm) int { return order(&x, &y) })
	from := 0
	if f.Cursor != "" {
		if from, err = strconv.Atoi(f.Cursor); err != nil || from < 0 {
			return nil, "", errs.Say(errs.Invalid, "翻页标记无效，请回到第一页", "the mark of the page is not valid, go back to the first page")
		}
	}
	list = list[min(from, len(list)):]
	if len(list) > f.Limit {
		list, next = list[:f.Limit], strconv.Itoa(from+f.Limit)
	}
	return list, next, nil
}

// orders of the open alarms. Every one ends with the id, so that no two stand where they please.
var orders = map[string]func(x, y *Alarm) int{
	"urgent": func(x, y *Alarm) int {
		return cmp.Or(cmp.Compare(x.Priority, y.Priority), cmp.Compare(rank[x.State], rank[y.State]), y.First.Compare(x.First), cmp.Compare(y.ID, x.ID))
	},
	"newest": func(x, y *Alarm) int { return cmp.Or(y.First.Compare(x.First), cmp.Compare(y.ID, x.ID)) },
	"oldest": func(x, y *Alarm) int { return cmp.Or(x.First.Compare(y.First), cmp.Compare(x.ID, y.ID)) },
}

// rank is what wants an answer first.
var rank = map[State]int{Unacknowledged: 0, Returned: 1, Acknowledged: 2, Closed: 3}

func (f *Filter) picks(a *Alarm) bool {
	switch {
	case len(f.States) > 0 && !slices.Contains(f.States, a.State), len(f.Classes) > 0 && !slices.Contains(f.Classes, a.Class):
		return false
	case f.Holds == nil && a.Hold != None, f.Holds != nil && !slices.Contains(f.Holds, a.Hold):
		return false
	case f.Priority > 0 && a.Priority > f.Priority, !f.From.IsZero() && a.First.Before(f.From), !f.To.IsZero() && !a.First.Before(f.To):
		return false
	}
	return f.place(a.System, a.Group, a.Unit, a.Area) && f.says(a)
}

// Touches tells whether a change of an alarm matters to who follows a filter: it picks the alarm whatever its state and hold are now.
func (f *Filter) Touches(a *Alarm) bool {
	wide := *f
	wide.States, wide.Holds = nil, []Hold{a.Hold}
	return wide.picks(a)
}

func (f *Filter) place(system, group, unit, area string) bool {
	return (f.System == "" || f.System == system) && (f.Group == "" || f.Group == group) && (f.Unit == "" || f.Unit == unit) && (f.Area == "" || f.Area == area)
}

func (f *Filter) says(a *Alarm) bool {
	if f.Text == "" {
		return true
	}
	for _, s := range []string{a.Title.Zh, a.Title.En, a.Name, a.Entity, a.Group} {
		if strings.Contains(strings.ToLower(s), strings.ToLower(f.Text)) {
			return true
		}
	}
	return false
}

// past reads closed alarms out of the tables.
func (b *Board) past(ctx context.Context, f Filter) (list []Alarm, next string, err error) {
	q := qNewest
	if f.Order == "oldest" {
		q = qOldest
	}
	class, text, from, to, at := "", "", int64(0), int64(1)<<62, int64(0)
	if len(f.Classes) > 0 {
		class = string(f.Classes[0])
	}
	if f.Text != "" {
		text = "%" + strings.NewReplacer("%", "", "_", "").Replace(f.Text) + "%"
	}
	if !f.From.IsZero() {
		from = store.Micros(f.From)
	}
	if !f.To.IsZero() {
		to = store.Micros(f.To)
	}
	id, first, cut := strings.Cut(f.Cursor, "@")
	if cut {
		if at, err = strconv.ParseInt(first, 10, 64); err != nil {
			return nil, "", errs.Say(errs.Invalid, "翻页标记无效，请回到第一页", "the mark of the page is not valid, go back to the first page")
		}
	}
	err = b.db.Read(ctx, func(tx *store.Tx) error {
		rows, err := readAlarms(tx, q, string(Closed), class, int64(f.Priority), f.System, f.Group, f.Unit, f.Area, text, from, to, id, at, int64(f.Limit+1))
		for _, a := range rows {
			list = append(list, *a)
		}
		return err
	})
	if err == nil && len(list) > f.Limit {
		list = list[:f.Limit]
		last := list[f.Limit-1]
		next = last.ID + "@" + strconv.FormatInt(store.Micros(last.First), 10)
	}
	return list, next, errs.Wrap("list alarms", err)
}

// Get gives one alarm.
func (b *Board) Get(ctx context.Context, id string) (a Alarm, err error) {
	b.mu.RLock()
	held := b.seen[id]
	b.mu.RUnlock()
	if held != nil {
		return *held, nil
	}
	err = b.db.Read(ctx, func(tx *store.Tx) error {
		got, err := scanAlarm(func(dest ...any) error { return tx.Get(qGet, []any{id}, dest...) })
		if err == nil {
			a = *got
		}
		return err
	})
	if errs.Is(err, errs.NotFound) {
		return a, errs.Say(errs.NotFound, "没有告警 %[1]s", "there is no alarm %[1]s", id)
	}
	return a, errs.Wrap("read an alarm", err)
}

// OfCase gives the alarms of a case, oldest first.
func (b *Board) OfCase(ctx context.Context, caseID string) (list []Alarm, err error) {
	err = b.db.Read(ctx, func(tx *store.Tx) error {
		rows, err := readAlarms(tx, qOfCase, caseID)
		for _, a := range rows {
			list = append(list, *a)
		}
		return err
	})
	return list, errs.Wrap("read a case's alarms", err)
}

// Lines gives an alarm's history, oldest first.
func (b *Board) Lines(ctx context.Context, id string) (list []Line, err error) {
	err = b.db.Read(ctx, func(tx *store.Tx) error {
		return tx.Each(qLines, []any{id}, func(scan func(...any) error) error {
			var l Line
			var at int64
			err := scan(&l.Num, &at, &l.Verb, &l.Actor, &l.Note)
			l.At = store.Time(at)
			list = append(list, l)
			return err
		})
	})
	return list, errs.Wrap("read an alarm's history", err)
}

// Count counts the open alarms of a filter's system, group, unit and area.
func (b *Board) Count(f Filter) Counts {
	var c Counts
	since := b.now().Add(-floodSpan)
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, a := range b.seen {
		if a.State == Closed || !f.place(a.System, a.Group, a.Unit, a.Area) {
			continue
		}
		switch a.Hold {
		case Shelved:
			c.Shelved++
			continue
		case ByDesign:
			c.Suppressed++
			continue
		case OutOfService:
			c.OutOfService++
			continue
		}
		c.Open++
		c.ByPriority[a.Priority]++
		if a.Class == Silent {
			c.Silent++
		}
		switch a.State {
		case Unacknowledged:
			c.Unacknowledged++
		case Returned:
			c.Returned++
		}
	}
	for _, x := range b.fresh {
		if x.shown && x.at.After(since) && f.place(x.system, x.group, x.unit, x.area) {
			c.LastTen++
		}
	}
	c.Flood = c.LastTen >= floodCount
	return c
}

// Tally is how many open alarms of a group a filter picks.
type Tally struct {
	Group, System, Area string
	ByPriority          [5]int // by rule.Priority
	Newest              time.Time
}

// Groups counts the open alarms that a filter picks by group, most urgent and most numerous first. It knows no pages.
func (b *Board) Groups(f Filter) []Tally {
	by := map[string]*Tally{}
	b.mu.RLock()
	for _, a := range b.seen {
		if a.State == Closed || !f.picks(a) {
			continue
		}
		t := by[a.Group]
		if t == nil {
			t = &Tally{Group: a.Group, System: a.System, Area: a.Area}
			by[a.Group] = t
		}
		t.ByPriority[a.Priority]++
		if a.First.After(t.Newest) {
			t.Newest = a.First
		}
	}
	b.mu.RUnlock()
	out := make([]Tally, 0, len(by))
	for _, t := range by {
		out = append(out, *t)
	}
	slices.SortFunc(out, func(x, y Tally) int {
		for p := 1; p < len(x.ByPriority); p++ {
			if c := cmp.Compare(y.ByPriority[p], x.ByPriority[p]); c != 0 {
				return c
			}
		}
		return cmp.Compare(x.Group, y.Group)
	})
	return out
}

package serve

import (
	"errors"
	"slices"
	"sort"
	"strconv"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/systems/sharing/source"
)

// got is a page of rows as the caller sees them.
type got struct {
	rows     [][]any
	subjects []string
	count    int64
	next     string
}

var errEnough = errors.New("the page is full")

// Bounds of what one call reads.
const (
	mostRead   = 200_000 // rows of the source
	mostSorted = 10_000  // rows that are put in another order
)

// offered gives the rows that the caller may have: those of the source that the grant opens and the filters let through, in the source's order.
func (p *Part) offered(v *view, after string, fn func(source.Row) error) error {
	q := v.r.Query()
	q.After, q.Narrow = after, v.narrow
	n := 0
	return p.o.Sources.Each(v.ctx, q, func(row source.Row) error {
		if n++; n > mostRead {
			return errs.Say(errs.TooLarge, "需检索的记录超过 %d 行，请缩小条件", "more than %d rows would have to be looked through: narrow the conditions", mostRead)
		}
		if n%256 == 0 {
			if err := v.ctx.Err(); err != nil {
				return errs.As(errs.Unavailable, "read the rows", err)
			}
		}
		if !v.open(row.Values) {
			return nil
		}
		for _, t := range v.tests {
			if !t.holds(row.Values[t.field]) {
				return nil
			}
		}
		return fn(row)
	})
}

// open asks the policy whether a row may be seen. It is shown the fields that the grant's conditions look at, and no others: one that the
// text would look at besides is not there, which opens nothing.
func (v *view) open(values map[string]any) bool {
	row := make(map[string]any, len(v.needed))
	for _, f := range v.needed {
		row[f] = values[f]
	}
	return v.asked.Row(row)
}

// page reads the page that is asked for.
func (p *Part) page(v *view) (*got, error) {
	after := ""
	if v.ask.after != "" {
		var err error
		if after, err = p.seal.open(v.ask.after, v.bound...); err != nil {
			return nil, err
		}
	}
	if v.ask.sort != "" {
		return p.sorted(v, after)
	}
	g, last, more := &got{}, "", false
	err := p.offered(v, after, func(row source.Row) error {
		if len(g.rows) == v.ask.limit {
			more = true
			return errEnough
		}
		g.add(p, v, row)
		last = row.Mark
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	if more {
		g.next = p.seal.close(last, v.bound...)
	}
	if v.ask.count {
		err = p.offered(v, "", func(source.Row) error { g.count++; return nil })
	} else {
		err = nil
	}
	return g, err
}

// sorted puts all rows in order and gives the page at an offset.
func (p *Part) sorted(v *view, after string) (*got, error) {
	from := 0
	if after != "" {
		var err error
		if from, err = strconv.Atoi(after); err != nil || from < 0 {
			return nil, malformed("翻页标记无效", "the cursor is not valid")
		}
	}
	var all []source.Row
	err := p.offered(v, "", func(row source.Row) error {
		if len(all) == mostSorted {
			return errs.Say(errs.TooLarge, "排序的记录超过 %d 行，请缩小条件", "more than %d rows would have to be sorted: narrow the conditions", mostSorted)
		}
		all = append(all, row)
		return nil
	})
	if err != nil {
		return nil, err
	}
	sort.SliceStable(all, func(i, j int) bool {
		c := compare(all[i].Values[v.ask.sort], all[j].Values[v.ask.sort])
		if v.ask.desc {
			return c > 0
		}
		return c < 0
	})
	g := &got{count: int64(len(all))}
	to := min(from+v.ask.limit, len(all))
	for _, row := range all[min(from, to):to] {
		g.add(p, v, row)
	}
	if to < len(all) {
		g.next = p.seal.close(strconv.Itoa(to), v.bound...)
	}
	return g, nil
}

// add takes a row into the page, and notes whom it is about.
func (g *got) add(p *Part, v *view, row source.Row) {
	g.rows = append(g.rows, v.seen(row.Values))
	if f := v.r.Subject(); f != "" {
		if s, ok := row.Values[f].(string); ok && s != "" {
			if s = p.seal.subject(s); !slices.Contains(g.subjects, s) {
				g.subjects = append(g.subjects, s)
			}
		}
	}
}

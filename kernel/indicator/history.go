package indicator

import (
	"context"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// Point is a figure of the history. Known is when Haihe learnt it.
type Point struct {
	At, Known   time.Time
	Value       float64
	Part, Whole int64
	Note        lang.Text
	Source      string // SourceLive or SourceReport
	Report      string // id of the report, "" for a measured figure
	seq         int64
}

// span turns times into the bounds of the statements; zero times are open.
func span(from, to, known time.Time) (f, t, k int64) {
	f, t, k = -endless, endless, endless
	if !from.IsZero() {
		f = store.Micros(from)
	}
	if !to.IsZero() {
		t = store.Micros(to)
	}
	if !known.IsZero() {
		k = store.Micros(known)
	}
	return f, t, k
}

// History lists a target's figures for from <= at < to, oldest first, as known at `known`. Zero times are open: all, now. A
// figure for an early day may be learnt late; asked as known before that, the history does not hold it.
func (b *Board) History(ctx context.Context, id string, from, to, known time.Time) ([]Point, error) {
	f, t, k := span(from, to, known)
	return b.points(ctx, id, qHistory, f, t, k)
}

// Daily lists a target's closing figure of each day (China time) from the day of from to the day of to, oldest first.
func (b *Board) Daily(ctx context.Context, id string, from, to, known time.Time) ([]Point, error) {
	f, t, k := span(from, to, known)
	if !from.IsZero() {
		f = chinaDay(from)
	}
	if !to.IsZero() {
		t = chinaDay(to)
	}
	return b.points(ctx, id, qDaily, f, t, k)
}

func (b *Board) points(ctx context.Context, id string, q store.Stmt, args ...any) ([]Point, error) {
	if err := b.known(id); err != nil {
		return nil, err
	}
	var out []Point
	err := b.db.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(q, append([]any{id}, args...), func(scan func(dest ...any) error) error {
			p, err := scanPoint(scan)
			out = append(out, p)
			return err
		})
	})
	return out, errs.Wrap("read the history of "+id, err)
}

// known refuses ids that the plan does not have.
func (b *Board) known(id string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, err := b.entry(id)
	return err
}

// Page bounds of HistoryPage.
const (
	pageDefault = 50
	pageMax     = 1000
)

// HistoryPage lists a target's figures, newest first, a page at a time; after is the cursor of the page before, "" at first,
// and next that of the following one, "" at the end. from, to and known are as in History; limit 0 is 50, at most 1000.
func (b *Board) HistoryPage(ctx context.Context, id string, from, to, known time.Time, after string, limit int) (page []Point, next string, err error) {
	if limit <= 0 {
		limit = pageDefault
	}
	limit = min(limit, pageMax)
	f, t, k := span(from, to, known)
	at, seq := endless, int64(0)
	if after != "" {
		parts, err := store.Uncursor(after, 2)
		if err != nil {
			return nil, "", err
		}
		var err1, err2 error
		at, err1 = strconv.ParseInt(parts[0], 10, 64)
		seq, err2 = strconv.ParseInt(parts[1], 10, 64)
		if err1 != nil || err2 != nil {
			return nil, "", errs.Say(errs.Invalid, "翻页标记无效；请从第一页重新查询", "the page cursor is not valid; start again from the first page")
		}
	}
	page, err = b.points(ctx, id, qHistoryDown, f, t, k, at, seq, int64(limit+1))
	if err != nil || len(page) <= limit {
		return page, "", err
	}
	page = page[:limit]
	last := page[limit-1]
	return page, store.Cursor(strconv.FormatInt(store.Micros(last.At), 10), strconv.FormatInt(last.seq, 10)), nil
}

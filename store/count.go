package store

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/haihe-city/haihe/errs"
)

// Maintained counts and sequences. Both are gathered in memory while a group of writers runs and written once before its
// commit: 64 writers that raise the same count cost one row update. What a writer gathered is dropped when it fails.

var (
	qCountGet = Q("store.count.get", `SELECT n FROM store_count WHERE counter = $1 AND key = $2`)
	qCountAll = Q("store.count.list", `SELECT key, n FROM store_count WHERE counter = $1 AND key >= $2 ORDER BY key`)
	qCountAdd = NewBulk("store.count.add", `INSERT INTO store_count (counter, key, n)`, 3,
		`ON CONFLICT (counter, key) DO UPDATE SET n = store_count.n + excluded.n`)
	// The insert with its idle update also locks the row where several instances share the data.
	qSeqGet = Q("store.sequence.get", `INSERT INTO store_sequence (name, n) VALUES ($1, 0)
		ON CONFLICT (name) DO UPDATE SET n = store_sequence.n RETURNING n`)
	qSeqSet = NewBulk("store.sequence.set", `INSERT INTO store_sequence (name, n)`, 2,
		`ON CONFLICT (name) DO UPDATE SET n = excluded.n`)
)

type countKey struct{ counter, key string }

// part is what one writer has gathered, merged into its group when it succeeds.
type part struct {
	counts map[countKey]int64
	seqs   map[string]int64
	hooks  []func()
	undos  []func()
}

// merge adds p to g.
func (g *part) merge(p *part) {
	if len(p.counts) > 0 && g.counts == nil {
		g.counts = map[countKey]int64{}
	}
	for k, d := range p.counts {
		g.counts[k] += d
	}
	if len(p.seqs) > 0 && g.seqs == nil {
		g.seqs = map[string]int64{}
	}
	maps.Copy(g.seqs, p.seqs)
	g.hooks = append(g.hooks, p.hooks...)
	g.undos = append(g.undos, p.undos...)
}

// Add changes a maintained count by delta (counters are named by their owner; key is a free second part).
func (t *Tx) Add(counter, key string, delta int64) error {
	if err := t.mayGather("count " + counter); err != nil {
		return err
	}
	// The text is checked here, since the row is written when this writer can no longer be told.
	if _, err := checkArgs(qCountAdd.stmts[0], []any{counter, key}); err != nil {
		return t.stick(err)
	}
	if t.part.counts == nil {
		t.part.counts = map[countKey]int64{}
	}
	t.part.counts[countKey{counter, key}] += delta
	return nil
}

// Count reads a maintained count; 0 where there is none.
func (t *Tx) Count(counter, key string) (int64, error) {
	var n int64
	if err := t.Get(qCountGet, []any{counter, key}, &n); err != nil && !errs.Is(err, errs.NotFound) {
		return 0, err
	}
	k := countKey{counter, key}
	n += t.part.counts[k]
	if t.group != nil {
		n += t.group.part.counts[k]
	}
	return n, nil
}

// Counts calls fn with the counts of a counter whose key begins with prefix, as they were committed, in order of the keys. fn must
// not use t.
func (t *Tx) Counts(counter, prefix string, fn func(key string, n int64) error) error {
	end := errors.New("past the prefix")
	err := t.Each(qCountAll, []any{counter, prefix}, func(scan func(...any) error) error {
		var key string
		var n int64
		if err := scan(&key, &n); err != nil {
			return err
		}
		if !strings.HasPrefix(key, prefix) {
			return end
		}
		return fn(key, n)
	})
	if errors.Is(err, end) {
		return nil
	}
	return err
}

// Next gives the next number of a sequence, from 1; numbers of rolled-back writes are given again.
func (t *Tx) Next(sequence string) (int64, error) {
	if err := t.mayGather("sequence " + sequence); err != nil {
		return 0, err
	}
	n, ok := t.part.seqs[sequence]
	if !ok {
		n, ok = t.group.part.seqs[sequence]
	}
	if !ok {
		n, ok = t.group.l.seqs[sequence]
	}
	if !ok {
		if err := t.Get(qSeqGet, []any{sequence}, &n); err != nil {
			return 0, err
		}
	}
	if t.part.seqs == nil {
		t.part.seqs = map[string]int64{}
	}
	n++
	t.part.seqs[sequence] = n
	return n, nil
}

func (t *Tx) mayGather(what string) error {
	switch {
	case t.over:
		return internalf("%s: its transaction is over", what)
	case t.err != nil:
		return t.err
	case t.group == nil:
		return t.stick(internalf("%s changed in a Read, which changes nothing; use Write", what))
	}
	return nil
}

// flush writes what the group gathered. Rows are taken in order, so that instances that share the data cannot lock each
// other out.
func (t *Tx) flush(p *part) error {
	var rows []any
	for _, k := range slices.SortedFunc(maps.Keys(p.counts), func(a, b countKey) int {
		return cmp.Or(cmp.Compare(a.counter, b.counter), cmp.Compare(a.key, b.key))
	}) {
		if d := p.counts[k]; d != 0 {
			rows = append(rows, k.counter, k.key, d)
		}
	}
	if _, err := t.ExecBulk(qCountAdd, rows); err != nil {
		return err
	}
	rows = rows[:0]
	for _, name := range slices.Sorted(maps.Keys(p.seqs)) {
		rows = append(rows, name, p.seqs[name])
	}
	_, err := t.ExecBulk(qSeqSet, rows)
	return err
}

package ca

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/keyset"
)

// Filter narrows a list; empty fields do not. Find is a serial number, or the internal number of a subject.
type Filter struct {
	Kind, Algorithm, Find string
	State                 int64
	Before                time.Time // ends before that
	Sort                  string    // "leaf", "-leaf" (the default: newest first), "to" or "-to"
	After                 string
	Limit                 int
}

// The four orders, each a statement, since the place of a mark differs.
var (
	listWhere = ` FROM certificates_certificate WHERE ($1 = '' OR kind = $1) AND ($2 = '' OR algorithm = $2) AND ($3 = '' OR serial = $3 OR subject = $3) AND ($4 = 0 OR state = $4) AND not_after < $5`
	qLists    = map[string]store.Stmt{
		"-leaf": store.Q("certificates_list_new", `SELECT `+columns+listWhere+` AND (CAST($6 AS BIGINT) = 0 OR leaf < $6) AND serial <> $7 ORDER BY leaf DESC LIMIT $8`),
		"leaf":  store.Q("certificates_list_old", `SELECT `+columns+listWhere+` AND leaf + 1 > $6 AND serial <> $7 ORDER BY leaf LIMIT $8`),
		"to":    store.Q("certificates_list_ending", `SELECT `+columns+listWhere+` AND (not_after > $6 OR (not_after = $6 AND serial > $7)) ORDER BY not_after, serial LIMIT $8`),
		"-to":   store.Q("certificates_list_lasting", `SELECT `+columns+listWhere+` AND (CAST($6 AS BIGINT) = 0 OR not_after < $6 OR (not_after = $6 AND serial < $7)) ORDER BY not_after DESC, serial DESC LIMIT $8`),
	}
	qEnding = store.Q("certificates_ending", `SELECT COUNT(*) FROM certificates_certificate WHERE state < 3 AND not_after < $1 AND not_after > $2`)
)

// List gives certificates; next is the mark of the following page.
func (a *Authority) List(ctx context.Context, f Filter) (out []Certificate, next string, err error) {
	if _, ok := qLists[f.Sort]; !ok {
		f.Sort = "-leaf"
	}
	n, id, err := keyset.Read(f.After)
	if err != nil {
		return nil, "", err
	}
	before := int64(math.MaxInt64)
	if !f.Before.IsZero() {
		before = store.Micros(f.Before)
	}
	if f.Sort == "leaf" && f.After != "" {
		n++ // a mark's leaf is the last that was shown
	}
	err = a.o.DB.Read(ctx, func(tx *store.Tx) error {
		out, err = list(tx, qLists[f.Sort], f.Kind, f.Algorithm, strings.TrimSpace(f.Find), f.State, before, n, id, f.Limit+1)
		return err
	})
	if err == nil && len(out) > f.Limit {
		out = out[:f.Limit]
		last := &out[f.Limit-1]
		if strings.HasSuffix(f.Sort, "leaf") {
			next = keyset.Mark(last.Leaf, last.Serial)
		} else {
			next = keyset.Mark(store.Micros(last.To), last.Serial)
		}
	}
	return out, next, err
}

// Ending counts the standing certificates that end within a time from now.
func (a *Authority) Ending(ctx context.Context, within time.Duration) (n int64, err error) {
	now := a.o.Now()
	err = a.o.DB.Read(ctx, func(tx *store.Tx) error {
		return tx.Get(qEnding, []any{store.Micros(now.Add(within)), store.Micros(now)}, &n)
	})
	return n, err
}

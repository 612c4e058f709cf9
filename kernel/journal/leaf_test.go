package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

func TestLeaves(t *testing.T) {
	engines(t, func(t *testing.T, db *store.DB) {
		j := open(t, db)
		record(t, db, j, 25)
		list, _, err := j.List(t.Context(), Filter{Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		var seq int64
		var prev []byte
		for seq < 25 {
			leaves, next, err := j.Leaves(t.Context(), seq, prev, 10)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range leaves {
				want := list[25-l.Seq]
				e, err := ParseEntry(l.Data)
				if sum := sha256.Sum256(l.Data); err != nil || e.Hash != want.Hash || hex.EncodeToString(sum[:]) != want.Hash ||
					!e.At.Equal(want.At) || e.Object != want.Object || string(e.Detail) != string(want.Detail) {
					t.Fatalf("entry %d: %+v, want %+v, %v", l.Seq, e, want, err)
				}
				seq = l.Seq
			}
			if prev = next; seq == 20 {
				prev = nil // a caller who has just started reads it
			}
		}
		if more, _, err := j.Leaves(t.Context(), 25, nil, 10); err != nil || len(more) != 0 {
			t.Errorf("after the end: %v, %v", more, err)
		}
		run(t, db, `UPDATE journal_entry SET object = 'other' WHERE seq = 7`)
		if _, _, err := j.Leaves(t.Context(), 0, nil, 10); !errs.Is(err, errs.Conflict) {
			t.Errorf("a changed entry: %v", err)
		}
		if _, _, err := j.Leaves(t.Context(), 7, nil, 10); err != nil {
			t.Errorf("after it: %v", err)
		}
		run(t, db, `DELETE FROM journal_entry WHERE seq = 12`)
		if _, _, err := j.Leaves(t.Context(), 7, nil, 10); !errs.Is(err, errs.Conflict) {
			t.Errorf("a missing entry: %v", err)
		}
	})
}

func FuzzParseEntry(f *testing.F) {
	r := row{at: 1448240583456789, actor: "person:01A", unit: "power", authority: "plan.approve", verb: "approve", object: "target:x", detail: `{"n":1}`}
	f.Add(r.canonical(1, nil))
	f.Add([]byte(tag))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := ParseEntry(b)
		if err != nil {
			return
		}
		prev, err := hex.DecodeString(e.Prev)
		if err != nil {
			t.Fatal(err)
		}
		back := row{at: e.At.UnixMicro(), actor: e.Actor, unit: e.Unit, authority: e.Authority, verb: e.Verb, object: e.Object, detail: string(e.Detail)}
		if !bytes.Equal(back.canonical(e.Seq, prev), b) {
			t.Errorf("%x is written back as %x", b, back.canonical(e.Seq, prev))
		}
	})
}

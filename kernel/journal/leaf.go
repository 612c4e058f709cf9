package journal

import (
	"bytes"
	"context"
	"encoding/binary"
	"unicode/utf8"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

// Leaf is an entry as a Merkle tree takes it in: Data are the hashed bytes that doc.go describes, so that a proof of the leaf proves the entry
// with its time, its place and the hash of the one before. Leaf i of the tree is the entry of seq i+1.
type Leaf struct {
	Seq  int64
	Data []byte
}

// Leaves reads the entries after seq, oldest first, at most limit, and holds them to the chain: errs.Conflict at the first that was changed,
// moved or is missing, so that nothing broken is ever signed. prev is the hash of entry seq, or nil where seq is 0 or the caller has none;
// next is that of the last one read.
func (j *Journal) Leaves(ctx context.Context, seq int64, prev []byte, limit int) (list []Leaf, next []byte, err error) {
	var rows []row
	err = j.db.Read(ctx, func(tx *store.Tx) (err error) {
		if seq > 0 && prev == nil {
			if err := tx.Get(qHash, []any{seq}, &prev); err != nil {
				return err
			}
		}
		rows, err = collect(tx, qWalk, []any{seq, limit})
		return err
	})
	if err != nil {
		return nil, nil, errs.Wrap("read journal's leaves", err)
	}
	if seq == 0 {
		prev = zero[:]
	}
	list = make([]Leaf, 0, len(rows))
	for i := range rows {
		r := &rows[i]
		sum := r.digest(r.seq, r.prev)
		if r.seq != seq+1 || !bytes.Equal(r.prev, prev) || !bytes.Equal(sum[:], r.hash) {
			return nil, nil, errs.Say(errs.Conflict, "审计日志在第 %d 条处断裂，请运行 haihe journal verify", "the journal is broken at entry %d; run haihe journal verify", seq+1)
		}
		list = append(list, Leaf{Seq: r.seq, Data: r.canonical(r.seq, r.prev)})
		seq, prev = r.seq, r.hash
	}
	return list, prev, nil
}

// ParseEntry reads the hashed bytes of an entry: the one way back from what [Leaf] holds, without a database. Hash is computed anew.
func ParseEntry(data []byte) (Entry, error) {
	bad := func(at int) (Entry, error) {
		return Entry{}, errs.Say(errs.Invalid, "不是审计日志条目（偏移 %d）", "this is no journal entry (offset %d)", at)
	}
	rest, ok := bytes.CutPrefix(data, []byte(tag))
	if !ok || len(rest) < len(zero)+16 {
		return bad(0)
	}
	r := row{prev: rest[:len(zero)]}
	r.seq = int64(binary.BigEndian.Uint64(rest[32:]))
	r.at = int64(binary.BigEndian.Uint64(rest[40:]))
	rest = rest[48:]
	for _, f := range [...]*string{&r.actor, &r.unit, &r.authority, &r.verb, &r.object, &r.detail} {
		at := len(data) - len(rest)
		if len(rest) < 4 {
			return bad(at)
		}
		n := uint64(binary.BigEndian.Uint32(rest))
		if n > uint64(len(rest)-4) || !utf8.Valid(rest[4:4+n]) {
			return bad(at)
		}
		*f, rest = string(rest[4:4+n]), rest[4+n:]
	}
	if len(rest) > 0 || r.seq < 1 {
		return bad(len(data) - len(rest))
	}
	sum := r.digest(r.seq, r.prev)
	r.hash = sum[:]
	return r.entry(), nil
}

package tiles

import (
	"context"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/merkle"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/note"
)

// Signed is a checkpoint as it was signed, with the cosignatures that have come in since.
type Signed struct {
	Size uint64
	Root [32]byte
	At   time.Time
	Note note.Note
}

func (c *Signed) scan(scan func(...any) error) error {
	var size, at int64
	var root []byte
	var text string
	if err := scan(&size, &at, &root, &text); err != nil {
		return err
	}
	c.Size, c.At = uint64(size), store.Time(at).UTC()
	copy(c.Root[:], root)
	var err error
	c.Note, err = note.Parse([]byte(text))
	return err
}

// Latest gives the newest checkpoint; errs.NotFound where none has been signed yet.
func (l *Log) Latest(ctx context.Context) (c Signed, err error) {
	err = l.s.db.Read(ctx, func(tx *store.Tx) error {
		c, err = l.latest(tx)
		return err
	})
	return c, errs.Wrap("read checkpoint", err)
}

func (l *Log) latest(tx *store.Tx) (Signed, error) {
	list, err := l.list(tx, qRecent, l.o.Name, int64(1))
	if err == nil && len(list) == 0 {
		err = errs.Say(errs.NotFound, "日志 %s 尚无检查点", "the log %s has no checkpoint yet", l.o.Name)
	}
	if err != nil {
		return Signed{}, err
	}
	return list[0], nil
}

// Recent lists the newest checkpoints, newest first, at most limit.
func (l *Log) Recent(ctx context.Context, limit int) ([]Signed, error) {
	return l.signed(ctx, qRecent, l.o.Name, int64(limit))
}

// Signed lists checkpoints of at least that size, smallest first, at most limit.
func (l *Log) Signed(ctx context.Context, from uint64, limit int) ([]Signed, error) {
	return l.signed(ctx, qSigned, l.o.Name, int64(from), int64(limit))
}

func (l *Log) signed(ctx context.Context, q store.Stmt, args ...any) (list []Signed, err error) {
	err = l.s.db.Read(ctx, func(tx *store.Tx) error {
		list, err = l.list(tx, q, args...)
		return err
	})
	return list, errs.Wrap("list checkpoints", err)
}

func (l *Log) list(tx *store.Tx, q store.Stmt, args ...any) (list []Signed, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		var c Signed
		if err := c.scan(scan); err != nil {
			return err
		}
		list = append(list, c)
		return nil
	})
	for i := range list {
		if err == nil {
			err = l.cosigned(tx, &list[i])
		}
	}
	return list, err
}

// cosigned adds what witnesses have signed.
func (l *Log) cosigned(tx *store.Tx, c *Signed) error {
	return tx.Each(qCosigned, []any{l.o.Name, int64(c.Size)}, func(scan func(...any) error) error {
		var line string
		if err := scan(&line); err != nil {
			return err
		}
		sigs, err := note.ParseSignatures([]byte(line))
		c.Note.Signatures = append(c.Note.Signatures, sigs...)
		return err
	})
}

// Checkpoint signs the log as it stands, where it has grown since the last time, and gives the newest checkpoint. errs.NotFound while the log
// is empty; errs.Conflict where the tree no longer gives the root that was signed last: somebody rewrote it, and nothing is signed any more.
func (l *Log) Checkpoint(ctx context.Context) (Signed, error) {
	var last, c Signed
	err := l.s.db.Read(ctx, func(tx *store.Tx) (err error) {
		if last, err = l.latest(tx); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		if c.Size, err = l.size(tx); err != nil || c.Size == last.Size {
			return err
		}
		want := []merkle.Range{{Lo: 0, Hi: c.Size}}
		if last.Size > 0 && last.Size < c.Size {
			want = append(want, merkle.Range{Lo: 0, Hi: last.Size})
		}
		roots, _, err := l.ranges(tx, c.Size, want)
		if err != nil {
			return err
		}
		if c.Root = roots[0]; last.Size > 0 && (len(roots) < 2 || roots[1] != last.Root) {
			return l.rewritten(last)
		}
		return nil
	})
	switch {
	case err != nil:
		return Signed{}, errs.Wrap("make checkpoint", err)
	case c.Size == 0:
		return Signed{}, errs.Say(errs.NotFound, "日志 %s 尚无内容", "the log %s is empty", l.o.Name)
	case c.Size == last.Size:
		return last, nil
	}
	if err := l.sign(ctx, &c); err != nil {
		return Signed{}, errs.Wrap("sign checkpoint", err)
	}
	err = l.s.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qSign, l.o.Name, int64(c.Size), store.Micros(c.At), c.Root[:], c.Note.String())
		return err
	})
	return c, errs.Wrap("keep checkpoint", err)
}

// rewritten says that the tree no longer begins with what was signed.
func (l *Log) rewritten(last Signed) error {
	return errs.Say(errs.Conflict, "日志 %s 与已签署的检查点（%d 条）不符，停止签署；请运行 haihe verify 查明位置",
		"the log %s no longer agrees with the checkpoint signed at %d entries, so nothing more is signed; run haihe verify to find the place", l.o.Name, last.Size)
}

// sign has every signer sign the checkpoint.
func (l *Log) sign(ctx context.Context, c *Signed) error {
	c.At = l.s.now().UTC()
	posix := uint64(c.At.Unix())
	c.Note.Text = note.Checkpoint{Origin: l.o.Origin, Size: c.Size, Root: c.Root}.Text()
	for _, s := range l.o.Signers {
		sig, err := s.Sign(ctx, s.Key.Message(c.Note.Text, posix))
		if err != nil {
			return err
		}
		c.Note.Signatures = append(c.Note.Signatures, s.Key.Signature(posix, sig))
	}
	if len(c.Note.Signatures) == 0 {
		return errs.Say(errs.Unavailable, "日志 %s 没有签署者", "the log %s has no signer", l.o.Name)
	}
	return nil
}

// Proof gives the stand-alone proof of a record (C2SP tlog-proof) in the newest checkpoint: data are the record's bytes, whose LeafHash stands
// at index. errs.NotFound where no checkpoint holds it yet.
func (l *Log) Proof(ctx context.Context, index uint64, data []byte) (note.Proof, error) {
	c, err := l.Latest(ctx)
	if err != nil {
		return note.Proof{}, err
	}
	return l.ProofIn(ctx, c, index, data)
}

// ProofIn is Proof in a checkpoint of the caller's choice.
func (l *Log) ProofIn(ctx context.Context, c Signed, index uint64, data []byte) (_ note.Proof, err error) {
	if index >= c.Size {
		return note.Proof{}, errs.Say(errs.NotFound, "第 %d 条尚未列入检查点，请稍后再试", "no checkpoint holds entry %d yet; try again shortly", index+1)
	}
	p := note.Proof{Extra: data, Index: index, Note: c.Note}
	if p.Hashes, err = l.Prove(ctx, index, c.Size); err != nil {
		return note.Proof{}, err
	}
	if err := merkle.VerifyInclusion(merkle.LeafHash(data), index, c.Size, p.Hashes, c.Root); err != nil {
		return note.Proof{}, errs.Because(err, errs.Conflict, "第 %d 条与已签署的日志不符：记录已被改动", "entry %d does not agree with the log that was signed: it was changed", index+1)
	}
	return p, nil
}

package tiles

import (
	"context"
	"slices"
	"strconv"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/merkle"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/note"
)

// Addition is what a witness that last cosigned old leaves is sent about the newest checkpoint. C2SP tlog-witness add-checkpoint
func (l *Log) Addition(ctx context.Context, old uint64) (note.Addition, error) {
	c, err := l.Latest(ctx)
	if err != nil {
		return note.Addition{}, err
	}
	a := note.Addition{Old: old, Note: c.Note}
	if old > 0 {
		a.Hashes, err = l.Consistency(ctx, old, c.Size)
	}
	return a, err
}

// Cosign keeps the cosignatures of witnesses on the checkpoint of that size. Those of unknown keys are passed over; it tells how many were
// kept. errs.Conflict where a known one does not verify, errs.NotFound where there is no such checkpoint.
func (l *Log) Cosign(ctx context.Context, size uint64, sigs []note.Signature, witnesses []note.Key, check note.Check) (kept int, err error) {
	list, err := l.Signed(ctx, size, 1)
	if err != nil {
		return 0, err
	}
	if len(list) == 0 || list[0].Size != size {
		return 0, errs.Say(errs.NotFound, "没有 %d 条的检查点", "there is no checkpoint of %d leaves", size)
	}
	sigs = slices.DeleteFunc(slices.Clone(sigs), func(s note.Signature) bool {
		return !slices.ContainsFunc(witnesses, func(k note.Key) bool { return k.Name == s.Name && k.ID == s.ID })
	})
	if len(sigs) == 0 {
		return 0, nil
	}
	if _, err := (note.Note{Text: list[0].Note.Text, Signatures: sigs}).Open(witnesses, check); err != nil {
		return 0, errs.Because(err, errs.Conflict, "见证方的签名不符", "the witness's signature does not verify")
	}
	err = l.s.db.Write(ctx, func(tx *store.Tx) error {
		for _, s := range sigs {
			if _, err := tx.Exec(qCosign, l.o.Name, int64(size), s.Name, int64(s.ID), store.Micros(l.s.now()), s.String()); err != nil {
				return err
			}
		}
		return nil
	})
	return len(sigs), errs.Wrap("keep cosignatures", err)
}

// Refusal is a witness's no with the status that the standard gives it.
type Refusal struct {
	Status int
	Size   uint64 // 409: what was cosigned last
	Cause  error
}

func (r *Refusal) Error() string {
	return "witness: status " + strconv.Itoa(r.Status) + ": " + r.Cause.Error()
}

// Unwrap gives the cause, which has the words.
func (r *Refusal) Unwrap() error { return r.Cause }

func no(status int, zh, en string, args ...any) *Refusal {
	return &Refusal{Status: status, Cause: errs.Say(errs.Conflict, zh, en, args...)}
}

// Witness cosigns a foreign log's checkpoint where it follows the one cosigned before. logs gives the keys that an origin is known by, none
// for one that is not known. The refusals are of type *Refusal. C2SP tlog-witness add-checkpoint
func (s *Store) Witness(ctx context.Context, a note.Addition, logs func(origin string) []note.Key, check note.Check, by Signer) (note.Signature, error) {
	c, err := note.ParseCheckpoint(a.Note.Text)
	if err != nil {
		return note.Signature{}, &Refusal{Status: 400, Cause: err}
	}
	keys := logs(c.Origin)
	switch {
	case len(keys) == 0:
		return note.Signature{}, no(404, "不识此日志", "this log is not known here")
	case !by.Key.Timed():
		return note.Signature{}, errs.Say(errs.Unavailable, "见证密钥须带时间", "a witness's key must be of a timed type")
	}
	if _, err := a.Note.Open(keys, check); err != nil {
		return note.Signature{}, &Refusal{Status: 403, Cause: err}
	}
	if a.Old > c.Size {
		return note.Signature{}, no(400, "旧树大于新树", "the old size is above the new one")
	}
	now := s.now()
	sig, err := by.Sign(ctx, by.Key.Message(a.Note.Text, uint64(now.Unix())))
	if err != nil {
		return note.Signature{}, errs.Wrap("cosign", err)
	}
	// Compared and kept in one transaction: between the two another request could otherwise roll the log back.
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		var size int64
		var root []byte
		if err := tx.Get(qWitnessed, []any{c.Origin}, &size, &root); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		if err := follows(a, c, uint64(size), root); err != nil {
			return err
		}
		_, err := tx.Exec(qWitness, c.Origin, int64(c.Size), store.Micros(now), c.Root[:], a.Note.String())
		return err
	})
	if err != nil {
		return note.Signature{}, err
	}
	return by.Key.Signature(uint64(now.Unix()), sig), nil
}

// follows holds a checkpoint against what was cosigned last: size leaves under root.
func follows(a note.Addition, c note.Checkpoint, size uint64, root []byte) error {
	if a.Old != size {
		r := no(409, "上次见证的是 %d 条", "the size cosigned last is %d", size)
		r.Size = size
		return r
	}
	bad := no(422, "检查点与上次见证的不一致", "the checkpoint does not follow the one cosigned last")
	switch {
	case size == 0:
		if len(a.Hashes) > 0 || c.Size == 0 && c.Root != (merkle.Scheme{}).Empty() {
			return bad
		}
		return nil
	case len(root) != merkle.Size:
		return bad
	}
	if err := merkle.VerifyConsistency(size, c.Size, a.Hashes, [32]byte(root), c.Root); err != nil {
		return &Refusal{Status: 422, Cause: err}
	}
	return nil
}

package tiles

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/note"
)

// What goes along with a log.
const (
	Certificate = "certificate" // DER, of a signer or of an authority above one; its name is unlike any other's
	List        = "list"        // DER, a revocation list; a newer one of the same name takes its place
	Stamp       = "stamp"       // DER, an RFC 3161 token over the checkpoint whose size is its name; it stays
	key         = "key"         // verifier key of a signer, named by its id
)

// Along is one of these things.
type Along struct {
	Kind, Name string
	At         time.Time // when it was put here
	Data       []byte
}

// Signing is a key that signs or has signed a log.
type Signing struct {
	Log, Origin string
	Key         note.Key
}

// remember notes who signs the log, for whoever certifies keys.
func (l *Log) remember(tx *store.Tx) error {
	for _, s := range l.o.Signers {
		if _, err := tx.Exec(qAlongKeep, l.o.Name, key, fmt.Sprintf("%08x", s.Key.ID), store.Micros(l.s.now()), []byte(s.Key.String())); err != nil {
			return err
		}
	}
	return nil
}

// Signers lists the keys that sign or have signed any log here.
func (s *Store) Signers(ctx context.Context) (out []Signing, err error) {
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(qKeys, []any{key}, func(scan func(...any) error) error {
			var x Signing
			var text []byte
			if err := scan(&x.Log, &x.Origin, &text); err != nil {
				return err
			}
			if x.Key, err = note.ParseKey(string(text)); err != nil {
				return errs.As(errs.Internal, "read a signer's key", err)
			}
			out = append(out, x)
			return nil
		})
	})
	return out, errs.Wrap("list signers", err)
}

// Put keeps something along with a log. What is there under the name already stays, but for lists.
func (s *Store) Put(ctx context.Context, log string, a Along) error {
	q := qAlongKeep
	if a.Kind == List {
		q = qAlongRenew
	}
	return errs.Wrap("keep beside the log", s.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(q, log, a.Kind, a.Name, store.Micros(s.now()), a.Data)
		return err
	}))
}

// Along lists what goes along with a log by kind and name, the keys left out.
func (s *Store) Along(ctx context.Context, log string) (out []Along, err error) {
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(qAlong, []any{log, key}, func(scan func(...any) error) error {
			var a Along
			var at int64
			if err := scan(&a.Kind, &a.Name, &at, &a.Data); err != nil {
				return err
			}
			a.At = store.Time(at).UTC()
			out = append(out, a)
			return nil
		})
	})
	return out, errs.Wrap("list what is beside the log", err)
}

// StampName names the time stamp of a checkpoint: digits of one length, so that the order of names is that of sizes.
func StampName(size uint64) string { return fmt.Sprintf("%020d", size) }

// LastStamp gives the newest checkpoint of the log that bears a time stamp, and the stamp; errs.NotFound where there is none.
func (l *Log) LastStamp(ctx context.Context) (c Signed, a Along, err error) {
	err = l.s.db.Read(ctx, func(tx *store.Tx) error {
		var at int64
		if err := tx.Get(qLastStamp, []any{l.o.Name, Stamp}, &a.Name, &at, &a.Data); err != nil {
			return err
		}
		a.Kind, a.At = Stamp, store.Time(at).UTC()
		size, err := strconv.ParseUint(a.Name, 10, 63)
		if err != nil {
			return errs.As(errs.Internal, "read a time stamp's name", err)
		}
		list, err := l.list(tx, qSigned, l.o.Name, int64(size), int64(1))
		if err == nil && (len(list) == 0 || list[0].Size != size) {
			err = errs.Say(errs.NotFound, "没有 %d 条的检查点", "there is no checkpoint of %d leaves", size)
		}
		if err == nil {
			c = list[0]
		}
		return err
	})
	return c, a, errs.Wrap("read the newest time stamp", err)
}

// path is where an exported thing lies below the folder.
func (a Along) path() string {
	switch a.Kind {
	case Certificate:
		return "certificates/" + a.Name + ".cer"
	case List:
		return "lists/" + a.Name + ".crl"
	}
	return "stamps/" + a.Name + ".tst"
}

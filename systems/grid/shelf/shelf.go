package shelf

import (
	"context"
	"embed"
	"log/slog"
	"slices"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
)

//go:embed table/*.sql
var tables embed.FS

var (
	qState   = store.Q("shelf-state", `SELECT changed, packed, meters FROM grid_shelf WHERE id = 1`)
	qChanged = store.Q("shelf-changed", `UPDATE grid_shelf SET changed = changed + 1 WHERE id = 1`)
	qClear   = store.Q("shelf-clear", `UPDATE grid_shelf SET packed = -1 WHERE id = 1`)
	qPacked  = store.Q("shelf-packed", `UPDATE grid_shelf SET packed = $1, meters = $2 WHERE id = 1 AND changed = $1`)
	qPiece   = store.Q("shelf-piece", `SELECT body FROM grid_shelf_piece WHERE num = $1`)
	qPut     = store.Q("shelf-put", `INSERT INTO grid_shelf_piece (num, body) VALUES ($1, $2)`)
	qDrop    = store.Q("shelf-drop", `DELETE FROM grid_shelf_piece`)
)

// Options are what the archive is filled from. MeterOf reads a meter of an entity.
type Options struct {
	DB       *store.DB
	Entities *entity.Store
	Book     *book.Book // empty
	MeterOf  func(e *entity.Entity) book.Meter
	Log      *slog.Logger
}

// state is the row of grid_shelf.
type state struct{ changed, packed, meters int64 }

func (s *state) read(tx *store.Tx) error {
	return tx.Get(qState, nil, &s.changed, &s.packed, &s.meters)
}

// Fill fills the book: from what is packed where that still holds, otherwise from the entities, which are packed then. It is to be
// called once, before anything changes a meter.
func Fill(ctx context.Context, o Options) error {
	if err := o.DB.Migrate(ctx, "grid.shelf", tables); err != nil {
		return err
	}
	o.Entities.Watch(watch)
	kept, err := o.unpack(ctx)
	if err != nil || kept {
		return err
	}
	var s state
	if err := o.DB.Read(ctx, s.read); err != nil {
		return errs.Wrap("read the number of changes", err)
	}
	err = o.Entities.Each(ctx, entity.Query{Type: book.TypeMeter}, func(e *entity.Entity) error {
		if m := o.MeterOf(e); m.Protocol != book.File {
			o.Book.Put(m)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return errs.Wrap("pack the archive", o.pack(ctx, s.changed))
}

// watch counts the transactions that change meters.
func watch(tx *store.Tx, changes []entity.Change) error {
	if !slices.ContainsFunc(changes, func(c entity.Change) bool { return c.Type == book.TypeMeter || is(c.Entity) || is(c.Before) }) {
		return nil
	}
	_, err := tx.Exec(qChanged)
	return err
}

func is(e *entity.Entity) bool { return e != nil && slices.Contains(e.Types, book.TypeMeter) }

// unpack fills the book with what is packed; kept is false where that does not hold any more.
func (o Options) unpack(ctx context.Context) (kept bool, err error) {
	meters, err := o.Entities.Count(ctx, book.TypeMeter, "")
	if err != nil {
		return false, err
	}
	err = o.DB.Read(ctx, func(tx *store.Tx) error {
		var s state
		if err := s.read(tx); err != nil || s.packed != s.changed || s.meters != meters {
			return err
		}
		num := int64(-1)
		damaged := o.Book.Unpack(func() (body []byte, err error) {
			num++
			if err = tx.Get(qPiece, []any{num}, &body); errs.Is(err, errs.NotFound) {
				return nil, nil
			}
			return body, err
		})
		if kept = damaged == nil; !kept {
			o.Log.Warn("packed archive not read, the entities are read instead", "error", damaged.Error())
		}
		return nil
	})
	return kept, errs.Wrap("read the packed archive", err)
}

// pack writes the book, which was read when the number of changes was so. A piece a transaction: nobody waits for long.
func (o Options) pack(ctx context.Context, changed int64) error {
	meters, err := o.Entities.Count(ctx, book.TypeMeter, "")
	if err != nil {
		return err
	}
	err = o.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qClear); err != nil {
			return err
		}
		_, err := tx.Exec(qDrop)
		return err
	})
	if err != nil {
		return err
	}
	num := int64(0)
	err = o.Book.Pack(func(body []byte) error {
		err := o.DB.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(qPut, num, body); return err })
		num++
		return err
	})
	if err != nil {
		return err
	}
	return o.DB.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(qPacked, changed, meters); return err })
}

package host

import (
	"context"
	"embed"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

// Clock is the plan's clock: real time, or real time moved to another date (the demo runs in November 2015).
type Clock interface{ Now() time.Time }

//go:embed table/*.sql
var tables embed.FS

// shifted is a wall clock moved by a fixed amount; the shift of a real clock is 0.
type shifted struct {
	wall func() time.Time
	by   time.Duration
}

func (c shifted) Now() time.Time { return c.wall().Add(c.by) }

// The shift is kept with the data that it dates: were it computed at every start, a restart would turn the clock back to
// the same morning, and readings of yesterday would lie in the future.
var (
	clockGet = store.Q("host_clock_get", `SELECT shift FROM host_clock WHERE id = 1`)
	clockPut = store.Q("host_clock_put", `INSERT INTO host_clock (id, shift) VALUES (1, $1)`)
)

// OpenClock gives the plan's clock over a database. start is where the clock should stand when the database is new; the
// zero time means real time. A database that was used before keeps the shift of its first day, and differs is true when
// that is not the one asked for.
func OpenClock(ctx context.Context, db *store.DB, start time.Time, wall func() time.Time) (c Clock, differs bool, err error) {
	if err := db.Migrate(ctx, "host", tables); err != nil {
		return nil, false, errs.Wrap("migrate the clock", err)
	}
	asked := time.Duration(0)
	if !start.IsZero() {
		asked = start.Sub(wall()).Truncate(time.Microsecond)
	}
	var kept int64
	err = db.Write(ctx, func(tx *store.Tx) error {
		err := tx.Get(clockGet, nil, &kept)
		if errs.Is(err, errs.NotFound) {
			kept = asked.Microseconds()
			_, err = tx.Exec(clockPut, kept)
		}
		return err
	})
	if err != nil {
		return nil, false, errs.Wrap("open the clock", err)
	}
	by := time.Duration(kept) * time.Microsecond
	// Started anew an hour later, the same start asks for an hour less; only another day counts as another wish.
	differs = start.IsZero() != (by == 0)
	return shifted{wall: wall, by: by}, differs, nil
}

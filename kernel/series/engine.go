package series

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series/chunk"
	"github.com/haihe-city/haihe/store"
)

// Limits bound what the engine keeps open. The zero value stands for the defaults.
type Limits struct {
	OpenSamples int64 // samples of a family in memory before they are flushed; 4,000,000 (about 40 bytes each with three columns)
	OpenBatches int   // batches of a family not yet flushed; 50,000: a restart reads them back
}

func (l Limits) withDefaults() Limits {
	if l.OpenSamples <= 0 {
		l.OpenSamples = 4_000_000
	}
	if l.OpenBatches <= 0 {
		l.OpenBatches = 50_000
	}
	return l
}

// Engine holds the families.
type Engine struct {
	db     *store.DB
	now    func() time.Time
	limits Limits

	packers   sync.Pool  // scratch memory of Append
	declaring sync.Mutex // one Declare at a time
	mu        sync.Mutex
	families  map[string]*family
	closed    bool
	err       error // of a flush that no caller waited for; Maintain returns it
	work      sync.WaitGroup
	ctx       context.Context // of the work in the background
	stop      context.CancelFunc
}

// Open migrates, and reads back what has not been flushed.
func Open(ctx context.Context, db *store.DB, now func() time.Time) (*Engine, error) {
	return OpenLimited(ctx, db, now, Limits{})
}

// OpenLimited is Open with bounds of the caller's.
func OpenLimited(ctx context.Context, db *store.DB, now func() time.Time, l Limits) (*Engine, error) {
	if err := db.Migrate(ctx, "series", tables); err != nil {
		return nil, errs.Wrap("open series", err)
	}
	e := &Engine{db: db, now: now, limits: l.withDefaults(), families: map[string]*family{}}
	e.packers.New = func() any { return new(chunk.Encoder) }
	e.ctx, e.stop = context.WithCancel(context.WithoutCancel(ctx))
	err := db.Read(ctx, func(tx *store.Tx) error {
		return tx.Each(qFamilies, nil, func(scan func(...any) error) error {
			var num int64
			var body string
			if err := scan(&num, &body); err != nil {
				return err
			}
			var def Family
			if err := json.Unmarshal([]byte(body), &def); err != nil {
				return err
			}
			e.families[def.Name] = newFamily(e, num, def)
			return nil
		})
	})
	if err != nil {
		return nil, errs.Wrap("open series", err)
	}
	for _, f := range e.families {
		if err := f.load(ctx); err != nil {
			return nil, errs.Wrap("open series "+f.def.Load().Name, err)
		}
	}
	return e, nil
}

// Close ends the work in the background and waits for it; call it before the database is closed. What is in memory needs no
// saving: its batches are in the database. Tables can be read afterwards.
func (e *Engine) Close() error {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.stop()
	e.work.Wait()
	return nil
}

// start runs fn in the background; false once the engine is closed.
func (e *Engine) start(fn func()) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return false
	}
	e.work.Add(1)
	go func() {
		defer e.work.Done()
		fn()
	}()
	return true
}

// noteError keeps the first error of the background for Maintain.
func (e *Engine) noteError(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err == nil && e.ctx.Err() == nil {
		e.err = err
	}
}

// Declare opens or creates a family; columns may be added at the end, never changed (errs.Conflict). Step and the periods
// may change at any time; days that were rolled up keep their period.
func (e *Engine) Declare(ctx context.Context, def Family) (*Table, error) {
	if err := def.check(); err != nil {
		return nil, err
	}
	def.Columns = slices.Clone(def.Columns)
	e.declaring.Lock()
	defer e.declaring.Unlock()
	var f *family
	err := e.db.Write(ctx, func(tx *store.Tx) error {
		e.mu.Lock()
		f = e.families[def.Name]
		e.mu.Unlock()
		if f == nil {
			return e.create(tx, def, &f)
		}
		old := f.def.Load()
		if err := old.extends(&def); err != nil {
			return err
		}
		grown := len(def.Columns) > len(old.Columns)
		body, err := json.Marshal(def)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(qFamilySet, f.num, string(body)); err != nil {
			return err
		}
		tx.OnCommit(func() {
			f.def.Store(&def)
			if grown {
				f.last.clear()
			}
		})
		return nil
	})
	if err != nil {
		return nil, errs.Wrap("declare series "+def.Name, err)
	}
	return &Table{f: f, def: def}, nil
}

// create writes a new family; its tables' number is the next free pair.
func (e *Engine) create(tx *store.Tx, def Family, out **family) error {
	var top int64
	if err := tx.Get(qFamilyTop, nil, &top); err != nil {
		return err
	}
	body, err := json.Marshal(def)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(qFamilyAdd, top+2, def.Name, string(body)); err != nil {
		return err
	}
	f := newFamily(e, top+2, def)
	*out = f
	tx.OnCommit(func() {
		e.mu.Lock()
		e.families[def.Name] = f
		e.mu.Unlock()
	})
	return nil
}

// extends refuses a declaration whose columns are not those of f, with new ones behind them at most.
func (f *Family) extends(def *Family) error {
	for i, c := range f.Columns {
		if i >= len(def.Columns) {
			return errs.Say(errs.Conflict, "时序族“%s”已有的列“%s”不能去掉；已写入的数据仍按该列保存",
				"series family %q: column %q exists and cannot be taken away; data is kept in it", f.Name, c.Name)
		}
		if n := def.Columns[i]; n != c {
			return errs.Say(errs.Conflict, "时序族“%s”第 %d 列原为“%s”（%s，%d 位小数），不能改为“%s”（%s，%d 位小数）；如需变更，请在末尾新增一列",
				"series family %q: column %d is %q (%s, %d decimals) and cannot become %q (%s, %d decimals); add a column at the end instead",
				f.Name, i+1, c.Name, c.Unit, c.Decimals, n.Name, n.Unit, n.Decimals)
		}
	}
	return nil
}

// list gives the families in the order of their numbers.
func (e *Engine) list() []*family {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make([]*family, 0, len(e.families))
	for _, f := range e.families {
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b *family) int { return int(a.num - b.num) })
	return out
}

// Table is an open family.
type Table struct {
	f   *family
	def Family // as its caller declared it: others may have added columns since
}

// Family is the declaration that the table was opened with.
func (t *Table) Family() Family { return t.def }

// Append stores a batch as one blob in the caller's transaction; readable after the commit. The later of two samples of one
// key and time wins. Where the open stage is far past its limit, because flushing fails or falls behind, it answers errs.Busy.
func (t *Table) Append(tx *store.Tx, b *Batch) error {
	n := b.Len()
	if n == 0 {
		return nil
	}
	if err := b.check(&t.def); err != nil {
		return err
	}
	f := t.f
	if f.full() {
		return errs.Say(errs.Busy, "时序数据“%s”写入过快，系统正在整理，请稍后重试", "series %q is written faster than it can be put away; try again in a moment", t.def.Name)
	}
	p := f.e.packers.Get().(*chunk.Encoder)
	body := p.Batch(&chunk.Run{Keys: b.Keys, Times: b.Times, Qual: b.Quality, Vals: b.Values})
	f.e.packers.Put(p)
	seq, err := tx.Next(sequence)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(qBlobAdd, f.num, seq, int64(n), body); err != nil {
		return errs.Wrap("append to series "+t.def.Name, err)
	}
	tx.OnCommit(func() { f.arrive(arrival{seq: seq, samples: n, body: body}) })
	return nil
}

package journal

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

// Journal records acts.
type Journal struct {
	db  *store.DB
	now func() time.Time
}

// Open migrates and opens the journal. now is the clock.
func Open(ctx context.Context, db *store.DB, now func() time.Time) (*Journal, error) {
	if err := db.Migrate(ctx, "journal", tables); err != nil {
		return nil, errs.Wrap("open journal", err)
	}
	return &Journal{db: db, now: now}, nil
}

// Append records act in the same transaction as the change. It reads and moves the head of the chain in that transaction, so a
// write that is rolled back leaves no trace and no gap.
func (j *Journal) Append(tx *store.Tx, act Act) error {
	r, err := act.row()
	if err != nil {
		return err
	}
	r.at = store.Micros(j.now())
	err = tx.Get(qMove, nil, &r.seq, &r.prev)
	if errs.Is(err, errs.NotFound) {
		// A journal without its head is damaged. Starting a new chain would hide that.
		return errs.Say(errs.Unavailable, "审计日志的链头缺失，拒绝写入；请运行 haihe journal verify",
			"the journal's head is missing, so nothing is written; run haihe journal verify")
	}
	if err != nil {
		return errs.Wrap("append to journal", err)
	}
	if len(r.prev) == 0 {
		r.prev = zero[:]
	}
	sum := r.digest(r.seq, r.prev)
	r.hash = sum[:]
	if _, err := tx.Exec(qInsert, r.seq, r.at, r.actor, r.unit, r.authority, r.verb, r.object, r.detail, r.prev, r.hash); err != nil {
		return errs.Wrap("append to journal", err)
	}
	if _, err := tx.Exec(qSeal, r.hash); err != nil {
		return errs.Wrap("append to journal", err)
	}
	return nil
}

// Filter narrows a listing; empty fields do not.
type Filter struct {
	Actor, Object, Verb, Unit string
	From, To                  time.Time // From <= At < To
	After                     string    // cursor
	Limit                     int       // 1..1000; 50 where 0
}

// Bounds of a listing.
const (
	defaultLimit = 50
	maxLimit     = 1000
	pageRows     = 1000 // rows of one bounded read when everything is walked
)

// List reads entries, newest first; next is the cursor of the following page, "" at the end.
func (j *Journal) List(ctx context.Context, f Filter) (entries []Entry, next string, err error) {
	limit := f.Limit
	if limit == 0 {
		limit = defaultLimit
	}
	limit = min(max(limit, 1), maxLimit)
	before := int64(0)
	if f.After != "" {
		if before, err = seqOf(f.After); err != nil {
			return nil, "", err
		}
	}
	q, args := f.query("journal.list", "seq < ", before, true, limit+1)
	err = j.db.Read(ctx, func(tx *store.Tx) error {
		entries = entries[:0]
		return tx.Each(q, args, func(scan func(...any) error) error {
			var r row
			if err := r.scan(scan); err != nil {
				return err
			}
			entries = append(entries, r.entry())
			return nil
		})
	})
	if err != nil {
		return nil, "", errs.Wrap("list journal", err)
	}
	if len(entries) > limit {
		entries = entries[:limit]
		next = store.Cursor(strconv.FormatInt(entries[limit-1].Seq, 10))
	}
	return entries, next, nil
}

// Export writes the entries that match as JSON lines, oldest first; After and Limit of f are not used. It reads page by page, each
// in a snapshot of its own: entries do not change, so the whole is consistent and no reader is held for long. What a line bears is
// enough to compute its hash anew.
func (j *Journal) Export(ctx context.Context, w io.Writer, f Filter) (written int64, err error) {
	out := bufio.NewWriterSize(w, 64<<10)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for last, more := int64(0), true; more; {
		q, args := f.query("journal.export", "seq > ", last, false, pageRows)
		page, err := j.page(ctx, q, args)
		if err != nil {
			return written, errs.Wrap("export journal", err)
		}
		for i := range page {
			if err := enc.Encode(page[i].entry()); err != nil {
				return written, errs.Wrap("export journal", err)
			}
			written++
			last = page[i].seq
		}
		more = len(page) == pageRows
	}
	return written, errs.Wrap("export journal", out.Flush())
}

// Witness checks a head that was noted elsewhere: it fails with errs.Conflict where the entry at seq is not the one whose hash (hex)
// was noted, and with errs.NotFound where the journal no longer reaches so far.
func (j *Journal) Witness(ctx context.Context, seq int64, hash string) error {
	var have []byte
	err := j.db.Read(ctx, func(tx *store.Tx) error { return tx.Get(qHash, []any{seq}, &have) })
	if errs.Is(err, errs.NotFound) {
		return errs.Say(errs.NotFound, "审计日志中没有第 %d 条", "the journal has no entry %d", seq)
	}
	if err != nil {
		return errs.Wrap("witness journal", err)
	}
	if !strings.EqualFold(hex.EncodeToString(have), hash) {
		return errs.Say(errs.Conflict, "审计日志第 %d 条与所记的校验值不符", "entry %d of the journal does not bear the hash that was noted", seq)
	}
	return nil
}

// query writes the statement of a listing. The text depends only on which fields are given, so there are few of them.
func (f *Filter) query(name, bound string, seq int64, desc bool, limit int) (store.Stmt, []any) {
	var where []string
	var args []any
	add := func(cond string, v any) {
		args = append(args, v)
		where = append(where, cond+"$"+strconv.Itoa(len(args)))
	}
	for _, c := range [...]struct{ cond, value string }{
		{"actor = ", f.Actor}, {"object = ", f.Object}, {"verb = ", f.Verb}, {"unit = ", f.Unit},
	} {
		if c.value != "" {
			add(c.cond, c.value)
		}
	}
	if !f.From.IsZero() {
		add("at >= ", store.Micros(f.From))
	}
	if !f.To.IsZero() {
		add("at < ", store.Micros(f.To))
	}
	if seq > 0 {
		add(bound, seq)
	}
	sql := `SELECT ` + columns + ` FROM journal_entry`
	if len(where) > 0 {
		sql += ` WHERE ` + strings.Join(where, ` AND `)
	}
	sql += ` ORDER BY seq`
	if desc {
		sql += ` DESC`
	}
	args = append(args, limit)
	return store.Q(name, sql+` LIMIT $`+strconv.Itoa(len(args))), args
}

func (j *Journal) page(ctx context.Context, q store.Stmt, args []any) (rows []row, err error) {
	err = j.db.Read(ctx, func(tx *store.Tx) error {
		rows, err = collect(tx, q, args)
		return err
	})
	return rows, err
}

func collect(tx *store.Tx, q store.Stmt, args []any) ([]row, error) {
	rows := make([]row, 0, 64)
	err := tx.Each(q, args, func(scan func(...any) error) error {
		var r row
		if err := r.scan(scan); err != nil {
			return err
		}
		rows = append(rows, r)
		return nil
	})
	return rows, err
}

func seqOf(cursor string) (int64, error) {
	parts, err := store.Uncursor(cursor, 1)
	if err != nil {
		return 0, err
	}
	seq, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil || seq < 1 {
		return 0, errs.Say(errs.Invalid, "翻页标记无效，请从第一页重新开始", "the page mark is not valid; start again from the first page")
	}
	return seq, nil
}

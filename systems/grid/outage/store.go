package outage

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/outage/index"
	"github.com/haihe-city/haihe/systems/grid/outage/join"
	"github.com/haihe-city/haihe/systems/grid/outage/list"
)

const columns = `id, code, feeder, district, cause, source, state, began, ended, customers, seconds, note`

var (
	qPut = store.Q("grid_outage_put", `INSERT INTO grid_outage (`+columns+`, dark) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (id) DO UPDATE SET code = excluded.code, feeder = excluded.feeder, district = excluded.district, cause = excluded.cause, source = excluded.source, state = excluded.state,
began = excluded.began, ended = excluded.ended, customers = excluded.customers, seconds = excluded.seconds, note = excluded.note, dark = excluded.dark`)
	qGet    = store.Q("grid_outage_get", `SELECT `+columns+`, dark FROM grid_outage WHERE id = $1`)
	qByCode = store.Q("grid_outage_code", `SELECT `+columns+`, dark FROM grid_outage WHERE code = $1`)
	// qLater are the outages that lasted beyond a time, or still do.
	qLater = store.Q("grid_outage_later", `SELECT `+columns+`, dark FROM grid_outage WHERE ended = 0 OR ended >= $1 ORDER BY began, id`)
	qIn    = store.Q("grid_outage_in", `SELECT `+columns+`, dark FROM grid_outage WHERE began < $2 AND (ended = 0 OR ended > $1) AND state <> 'void' ORDER BY began, id`)

	qChangeAdd  = store.Q("grid_outage_change_add", `INSERT INTO grid_outage_change (num, outage, at, who, field, was, becomes, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`)
	qChangeList = store.Q("grid_outage_change_list", `SELECT at, who, field, was, becomes, reason FROM grid_outage_change WHERE outage = $1 ORDER BY num DESC`)

	// The lists by each order, down and up; a list goes on below its cursor.
	qLists = map[string]store.Stmt{
		"-began":     listStmt("grid_outage_by_began_down", "began", "<", "DESC"),
		"began":      listStmt("grid_outage_by_began_up", "began", ">", "ASC"),
		"-customers": listStmt("grid_outage_by_customers_down", "customers", "<", "DESC"),
		"customers":  listStmt("grid_outage_by_customers_up", "customers", ">", "ASC"),
		"-seconds":   listStmt("grid_outage_by_seconds_down", "seconds", "<", "DESC"),
		"seconds":    listStmt("grid_outage_by_seconds_up", "seconds", ">", "ASC"),
	}
	qCount = store.Q("grid_outage_count", `SELECT COUNT(*) FROM grid_outage`+listWhere)
)

const listWhere = ` WHERE ($1 = '' OR district = $1) AND ($2 = '' OR cause = $2) AND ($3 = '' OR state = $3) AND ($4 = '' OR source = $4) AND ($5 = '' OR feeder = $5) AND began >= $6 AND began < $7`

func listStmt(name, column, sign, order string) store.Stmt {
	return store.Q(name, `SELECT `+columns+` FROM grid_outage`+listWhere+` AND ($8 = '' OR `+column+` `+sign+` $9 OR `+column+` = $9 AND id `+sign+` $8) ORDER BY `+column+` `+order+`, id `+order+` LIMIT $10`)
}

// Line is an outage as lists show it: without its customers.
type Line struct {
	ID        string     `json:"id"`
	Code      string     `json:"code,omitempty"`
	Feeder    string     `json:"feeder,omitempty"`
	District  string     `json:"district"`
	Cause     string     `json:"cause"`
	Source    string     `json:"source"`
	State     join.State `json:"state"`
	Began     time.Time  `json:"began"`
	Ended     time.Time  `json:"ended,omitzero"`
	Customers int64      `json:"customers"`
	Seconds   int64      `json:"customerSeconds"`
	Note      string     `json:"note,omitempty"`
	cause     index.Cause
}

// line reads the columns of a row, and with more what follows them.
func line(scan func(...any) error, more ...any) (l Line, err error) {
	var began, ended int64
	var state string
	dest := append([]any{&l.ID, &l.Code, &l.Feeder, &l.District, &l.Cause, &l.Source, &state, &began, &ended, &l.Customers, &l.Seconds, &l.Note}, more...)
	if err := scan(dest...); err != nil {
		return l, err
	}
	l.State, l.Began = join.State(state), store.Time(began)
	if ended != 0 {
		l.Ended = store.Time(ended)
	}
	cause, ok := list.CauseOf(l.Cause)
	if !ok {
		return l, fmt.Errorf("outage %s has the cause %q", l.ID, l.Cause)
	}
	l.cause = cause
	return l, nil
}

func whole(scan func(...any) error) (*join.Outage, error) {
	var dark []byte
	l, err := line(scan, &dark)
	if err != nil {
		return nil, err
	}
	o := &join.Outage{ID: l.ID, Code: l.Code, Feeder: l.Feeder, District: l.District, Cause: l.cause, Source: l.Source, State: l.State, Began: l.Began.Unix(), Note: l.Note}
	if !l.Ended.IsZero() {
		o.Ended = l.Ended.Unix()
	}
	o.Dark, err = join.Unpack(o.Began, dark)
	return o, errs.Wrap("read outage "+l.ID, err)
}

// put writes an outage whole.
func put(tx *store.Tx, o *join.Outage, now int64) error {
	ended := int64(0)
	if o.Ended != 0 {
		ended = store.Micros(moment(o.Ended))
	}
	_, err := tx.Exec(qPut, o.ID, o.Code, o.Feeder, o.District, list.CauseNames[o.Cause], o.Source, string(o.State), store.Micros(moment(o.Began)), ended,
		int64(o.Customers()), o.Seconds(now), o.Note, join.Pack(o.Began, o.Dark))
	return err
}

// wholes reads the outages of a query with their customers.
func wholes(ctx context.Context, db *store.DB, q store.Stmt, args ...any) (out []*join.Outage, err error) {
	err = db.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(q, args, func(scan func(...any) error) error {
			o, err := whole(scan)
			if err == nil {
				out = append(out, o)
			}
			return err
		})
	})
	return out, err
}

// Change is what somebody changed of an outage; both values are kept.
type Change struct {
	At                               time.Time
	Who, Field, Was, Becomes, Reason string
}

func addChange(tx *store.Tx, outage string, c Change) error {
	num, err := tx.Next("grid_outage_change")
	if err != nil {
		return err
	}
	_, err = tx.Exec(qChangeAdd, num, outage, store.Micros(c.At), c.Who, c.Field, c.Was, c.Becomes, c.Reason)
	return err
}

func changes(ctx context.Context, db *store.DB, outage string) (out []Change, err error) {
	err = db.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(qChangeList, []any{outage}, func(scan func(...any) error) error {
			var c Change
			var at int64
			err := scan(&at, &c.Who, &c.Field, &c.Was, &c.Becomes, &c.Reason)
			c.At = store.Time(at)
			out = append(out, c)
			return err
		})
	})
	return out, err
}

// Select chooses outages for a list. Zero values choose all.
type Select struct {
	District, Cause, State, Source, Feeder string
	From, To                               time.Time // of the beginning
	Sort                                   string    // a key of qLists; "" is -began
	After                                  string    // cursor
	Limit                                  int
}

func (s Select) args() []any {
	from, to := int64(-1<<62), int64(1<<62)
	if !s.From.IsZero() {
		from = store.Micros(s.From)
	}
	if !s.To.IsZero() {
		to = store.Micros(s.To)
	}
	return []any{s.District, s.Cause, s.State, s.Source, s.Feeder, from, to}
}

// find gives a page of outages, how many there are in all, and the cursor of the next page.
func find(ctx context.Context, db *store.DB, s Select) (page []Line, total int64, next string, err error) {
	if s.Sort == "" {
		s.Sort = "-began"
	}
	q, ok := qLists[s.Sort]
	if !ok {
		return nil, 0, "", errs.Say(errs.Invalid, "排序“%s”无法识别", "the order %q is not known", s.Sort)
	}
	id, value := "", int64(0)
	if s.After != "" {
		parts, err := store.Uncursor(s.After, 3)
		if err == nil && parts[0] != s.Sort {
			err = errs.Say(errs.Invalid, "翻页标记不属于此排序，请从第一页重新打开", "the page mark belongs to another order, open the list from its first page")
		}
		if err == nil {
			_, err = fmt.Sscan(parts[1], &value)
			err = errs.As(errs.Invalid, "", err)
		}
		if err != nil {
			return nil, 0, "", err
		}
		id = parts[2]
	}
	page = []Line{}
	err = db.Read(ctx, func(tx *store.Tx) error {
		page = page[:0]
		if err := tx.Get(qCount, s.args(), &total); err != nil {
			return err
		}
		return tx.Each(q, append(s.args(), id, value, s.Limit+1), func(scan func(...any) error) error {
			l, err := line(scan)
			page = append(page, l)
			return err
		})
	})
	if err == nil && len(page) > s.Limit {
		page = page[:s.Limit]
		l := page[s.Limit-1]
		value := map[string]int64{"began": store.Micros(l.Began), "customers": l.Customers, "seconds": l.Seconds}[strings.TrimPrefix(s.Sort, "-")]
		next = store.Cursor(s.Sort, fmt.Sprint(value), l.ID)
	}
	return page, total, next, err
}

// moment is a time of Unix seconds; the zero time for 0.
func moment(unix int64) time.Time {
	if unix == 0 {
		return time.Time{}
	}
	return time.Unix(unix, 0).UTC()
}

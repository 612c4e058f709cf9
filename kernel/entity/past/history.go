package past

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/names"
	"github.com/haihe-city/haihe/kernel/entity/walk"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

var (
	qHistory = store.Q("entity.change.list", `SELECT seq, verb, at, version, owner, names, doc FROM entity_change
		WHERE num = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3`)
	qNumOf = store.Q("entity.num", `SELECT num FROM entity WHERE id = $1`)

	qList = store.Q("entity.past.list", `SELECT seq, verb, at, owner, names, doc FROM entity_change
		WHERE num = $1 AND seq > $2 ORDER BY seq LIMIT $3`)
	qHas   = store.Q("entity.past.has", `SELECT seq FROM entity_change WHERE num = $1 LIMIT 1`)
	qSet   = store.Q("entity.past.set", `UPDATE entity_change SET names = $3, doc = $4 WHERE num = $1 AND seq = $2`)
	qDrop  = store.Q("entity.past.drop", `DELETE FROM entity_change WHERE num = $1`)
	qGauge = store.Q("entity.past.gauge", `SELECT attr, dataset, key, since FROM entity_gauge WHERE num = $1 ORDER BY since, key`)
)

// Rows are the changes as the tables keep them.
type Rows struct {
	db    *store.DB
	names *names.Names
}

// New reads and amends the changes of a database.
func New(db *store.DB, n *names.Names) *Rows { return &Rows{db, n} }

// Verb is what a change did.
type Verb = string

// The verbs.
const (
	Created  Verb = "create"
	Merged   Verb = "merge"
	Replaced Verb = "replace"
	Deleted  Verb = "delete"
)

// verbs are the verbs as the rows hold them, by number; never change one.
var verbs = [...]Verb{1: Created, 2: Merged, 3: Replaced, 4: Deleted}

// Change is one change of an entity, as its history and the feed show it. It is shared: nobody may write to it.
type Change struct {
	Seq     int64
	ID      string
	Tenant  string
	Num     int64
	Type    string
	Owner   string
	Verb    string // create, merge, replace, delete
	At      time.Time
	Version int64
	Attrs   []string     // names touched
	Entity  *ngsi.Entity // after the change, of History with the attributes touched alone; nil for delete
	Before  *ngsi.Entity // as it stood before; nil for create. Of the feed and of Watch only
}

// Number is the number that rows hold of a verb.
func Number(verb string) int64 { return int64(slices.Index(verbs[:], verb)) }

// History lists the changes of an entity of the common context, newest first, those of its earlier lives included. The values of gauges
// are not among them: their history lies in their series; next is the cursor of the following
// page, "" at the end. limit is 1 to 1000, 20 where 0. errs.NotFound where there never was such an entity.
func (h *Rows) History(ctx context.Context, id, after string, limit int) (changes []Change, next string, err error) {
	limit, err = walk.Limit(limit)
	if err != nil {
		return nil, "", err
	}
	before := int64(math.MaxInt64)
	if after != "" {
		if before, err = walk.After(after); err != nil {
			return nil, "", err
		}
	}
	if !ngsi.IsURI(id) {
		return nil, "", errs.Say(errs.NotFound, "实体 %s 不存在", "there is no entity %s", ngsi.Clip(id))
	}
	err = h.db.Read(ctx, func(tx *store.Tx) error {
		var num int64
		err := tx.Get(qNumOf, []any{id}, &num)
		if errs.Is(err, errs.NotFound) {
			return errs.Say(errs.NotFound, "实体 %s 不存在，也没有历史", "there is no entity %s, nor a history of one", ngsi.Clip(id))
		}
		if err != nil {
			return err
		}
		changes, err = h.changes(tx, num, id, before, limit+1)
		return err
	})
	if err == nil && len(changes) > limit {
		changes = changes[:limit]
		next = walk.Cursor(changes[limit-1].Seq)
	}
	return changes, next, errs.Wrap("history", err)
}

func (h *Rows) changes(tx *store.Tx, num int64, id string, before int64, limit int) ([]Change, error) {
	type stored struct {
		seq, verb, at, version int64
		owner                  string
		names, doc             []byte
	}
	var rows []stored
	err := tx.Each(qHistory, []any{num, before, limit}, func(scan func(...any) error) error {
		var r stored
		err := scan(&r.seq, &r.verb, &r.at, &r.version, &r.owner, &r.names, &r.doc)
		rows = append(rows, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := make([]Change, 0, len(rows))
	for _, r := range rows {
		e := &ngsi.Entity{Num: num, ID: id, Owner: r.owner, Version: r.version, ModifiedAt: store.Time(r.at)}
		if err := ngsi.Decode(r.doc, e, h.names.Of(tx), nil); err != nil {
			return nil, errs.As(errs.Internal, "read history of "+id, err)
		}
		c := Change{Seq: r.seq, ID: id, Num: num, Type: e.Type(), Owner: r.owner, At: store.Time(r.at), Version: r.version}
		if r.verb > 0 && r.verb < int64(len(verbs)) {
			c.Verb = verbs[r.verb]
		}
		if c.Attrs, err = ngsi.DecodeNames(r.names, h.names.Of(tx)); err != nil {
			return nil, errs.As(errs.Internal, "read history of "+id, err)
		}
		if c.Verb != Deleted { // rows of before hold every attribute
			e.Attrs = slices.DeleteFunc(e.Attrs, func(a ngsi.Attr) bool { return a.Empty() || !slices.Contains(c.Attrs, a.Name) })
			c.Entity = e
		}
		out = append(out, c)
	}
	return out, nil
}

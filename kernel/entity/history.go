package entity

import (
	"context"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// Verb is what a change did.
type Verb = string

// The verbs.
const (
	Created  Verb = "create"
	Merged   Verb = "merge"
	Replaced Verb = "replace"
	Deleted  Verb = "delete"
)

// verbs are the verbs as history stores them, by number; never change one.
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
	Attrs   []string // names touched
	Entity  *Entity  // after the change, of History with the attributes touched alone; nil for delete
	Before  *Entity  // as it stood before; nil for create. Of the feed and of Watch only
}

// History lists the changes of an entity of the common context, newest first, those of its earlier lives included. The values of gauges
// are not among them: their history lies in their series; next is the cursor of the following
// page, "" at the end. limit is 1 to 1000, 20 where 0. errs.NotFound where there never was such an entity.
func (s *Store) History(ctx context.Context, id, after string, limit int) (changes []Change, next string, err error) {
	limit, err = checkLimit(limit)
	if err != nil {
		return nil, "", err
	}
	before := int64(math.MaxInt64)
	if after != "" {
		if before, err = uncursor(after); err != nil {
			return nil, "", err
		}
	}
	if !ngsi.IsURI(id) {
		return nil, "", missing(id)
	}
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		var num int64
		err := tx.Get(qNumOf, []any{id}, &num)
		if errs.Is(err, errs.NotFound) {
			return errs.Say(errs.NotFound, "实体 %s 不存在，也没有历史", "there is no entity %s, nor a history of one", ngsi.Clip(id))
		}
		if err != nil {
			return err
		}
		changes, err = s.changes(tx, num, id, before, limit+1)
		return err
	})
	if err == nil && len(changes) > limit {
		changes = changes[:limit]
		next = store.Cursor(strconv.FormatInt(changes[limit-1].Seq, 10))
	}
	return changes, next, errs.Wrap("history", err)
}

func (s *Store) changes(tx *store.Tx, num int64, id string, before int64, limit int) ([]Change, error) {
	type stored struct {
		seq, verb, at, version int64
		owner                  string
		names, doc             []byte
	}
	var rows []stored
	err := tx.Each(qChangeHistory, []any{num, before, limit}, func(scan func(...any) error) error {
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
		e := &Entity{Num: num, ID: id, Owner: r.owner, Version: r.version, ModifiedAt: store.Time(r.at)}
		if err := ngsi.Decode(r.doc, e, s.names.Of(tx), nil); err != nil {
			return nil, errs.As(errs.Internal, "read history of "+id, err)
		}
		c := Change{Seq: r.seq, ID: id, Num: num, Type: e.Type(), Owner: r.owner, At: store.Time(r.at), Version: r.version}
		if r.verb > 0 && r.verb < int64(len(verbs)) {
			c.Verb = verbs[r.verb]
		}
		if c.Attrs, err = ngsi.DecodeNames(r.names, s.names.Of(tx)); err != nil {
			return nil, errs.As(errs.Internal, "read history of "+id, err)
		}
		if c.Verb != Deleted { // rows of before hold every attribute
			e.Attrs = slices.DeleteFunc(e.Attrs, func(a Attr) bool { return a.Empty() || !slices.Contains(c.Attrs, a.Name) })
			c.Entity = e
		}
		out = append(out, c)
	}
	return out, nil
}

// uncursor reads the one number that this package's cursors hold.
func uncursor(token string) (int64, error) {
	parts, err := store.Uncursor(token, 1)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil {
		return 0, errs.Say(errs.Invalid, "翻页标记无效，请从第一页重新查询", "the page cursor is not valid; start again from the first page")
	}
	return n, nil
}

func checkLimit(limit int) (int, error) {
	switch {
	case limit == 0:
		return 20, nil
	case limit < 0 || limit > 1000:
		return 0, errs.Say(errs.Invalid, "每页条数须在 1 至 1000 之间", "ask for 1 to 1000 at a time")
	}
	return limit, nil
}

package contexts

import (
	"context"
	"embed"
	"encoding/json"
	"io/fs"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

// Tables are the package's migrations.
func Tables() fs.FS { return tables }

var (
	qByID = store.Q("contexts.get", `SELECT id, tenant, kind, url, created, expires, doc FROM contexts_doc WHERE id = $1`)
	qList = store.Q("contexts.list", `SELECT id, tenant, kind, url, created, expires FROM contexts_doc ORDER BY created, id`)
	qPut  = store.Q("contexts.put", `INSERT INTO contexts_doc (id, tenant, kind, url, created, expires, doc) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO UPDATE SET created = excluded.created, expires = excluded.expires, doc = excluded.doc`)
	qDel   = store.Q("contexts.del", `DELETE FROM contexts_doc WHERE id = $1`)
	qPrune = store.Q("contexts.prune", `DELETE FROM contexts_doc WHERE kind = $1 AND id NOT IN
		(SELECT id FROM contexts_doc WHERE kind = $1 ORDER BY created DESC LIMIT $2)`)
)

// row is a document as the table holds it.
type row struct {
	id, tenant, url  string
	kind             Kind
	created, expires int64 // microseconds; 0: does not expire
	doc              []byte
}

// get reads a document by id or by URL; errs.NotFound where there is none.
func get(ctx context.Context, db *store.DB, q store.Stmt, key string) (r row, err error) {
	var kind string
	err = db.Read(ctx, func(tx *store.Tx) error {
		return tx.Get(q, []any{key}, &r.id, &r.tenant, &kind, &r.url, &r.created, &r.expires, &r.doc)
	})
	r.kind = Kind(kind)
	return r, err
}

// list reads what there is of all documents but their text.
func list(ctx context.Context, db *store.DB) (out []row, err error) {
	err = db.Read(ctx, func(tx *store.Tx) error {
		return tx.Each(qList, nil, func(scan func(...any) error) error {
			var r row
			var kind string
			err := scan(&r.id, &r.tenant, &kind, &r.url, &r.created, &r.expires)
			r.kind = Kind(kind)
			out = append(out, r)
			return err
		})
	})
	return out, errs.Wrap("list contexts", err)
}

// put writes a document; of cached ones only so many are kept, the newest.
func put(ctx context.Context, db *store.DB, r row, keep int64) error {
	err := db.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qPut, r.id, r.tenant, string(r.kind), r.url, r.created, r.expires, r.doc); err != nil {
			return err
		}
		if r.kind != Cached {
			return nil
		}
		_, err := tx.Exec(qPrune, string(Cached), keep)
		return err
	})
	return errs.Wrap("keep a context", err)
}

// del removes a document.
func del(ctx context.Context, db *store.DB, id string) error {
	err := db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(qDel, id)
		return err
	})
	return errs.Wrap("remove a context", err)
}

// value takes the @context member out of a document; nil where it has none.
func value(doc []byte) (json.RawMessage, error) {
	var d struct {
		Context json.RawMessage `json:"@context"`
	}
	err := json.Unmarshal(doc, &d)
	return d.Context, err
}

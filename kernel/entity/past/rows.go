package past

import (
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/names"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// Row is one change as the history keeps it. Attrs are those of its document, which may hold more than was touched: what was
// written then bears the row's time as its ModifiedAt, or a later one where the history itself was amended.
type Row struct {
	Seq          int64
	Deleted      bool // the entity was
	At           time.Time
	Owner        string
	Types, Scope []string
	Names        []string // touched; one without an instance in Attrs was taken away
	Attrs        []ngsi.Attr
	CreatedAt    time.Time // of the entity
	ExpiresAt    time.Time // of the entity
}

// Gauge is a gauge that an attribute instance is or was.
type Gauge struct {
	Name, Dataset string
	Key           int64
	Since         time.Time
}

// HasPast tells whether there are changes of a num.
func (h *Rows) HasPast(tx *store.Tx, num int64) (bool, error) {
	var seq int64
	err := tx.Get(qHas, []any{num}, &seq)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// Past reads at most limit changes of a num after a seq, oldest first; want tells which attributes are decoded, nil: all.
func (h *Rows) Past(tx *store.Tx, num, after int64, limit int, want func(name string) bool) ([]Row, error) {
	type stored struct {
		seq, verb, at int64
		owner         string
		names, doc    []byte
	}
	var rows []stored
	err := tx.Each(qList, []any{num, after, limit}, func(scan func(...any) error) error {
		var r stored
		err := scan(&r.seq, &r.verb, &r.at, &r.owner, &r.names, &r.doc)
		rows = append(rows, r)
		return err
	})
	if err != nil {
		return nil, errs.Wrap("read history", err)
	}
	out := make([]Row, len(rows))
	for i, r := range rows {
		p := &out[i]
		*p = Row{Seq: r.seq, Deleted: r.verb < int64(len(verbs)) && verbs[r.verb] == Deleted, At: store.Time(r.at), Owner: r.owner}
		if p.Names, err = ngsi.DecodeNames(r.names, h.names.Of(tx)); err != nil {
			return nil, errs.As(errs.Internal, "read history", err)
		}
		var e ngsi.Entity
		if err := ngsi.Decode(r.doc, &e, h.names.Of(tx), want); err != nil {
			return nil, errs.As(errs.Internal, "read history", err)
		}
		p.Types, p.Scope, p.Attrs, p.CreatedAt, p.ExpiresAt = e.Types, e.Scope, e.Attrs, e.CreatedAt, e.ExpiresAt
	}
	return out, nil
}

// SetPast writes a change anew, with the names and attributes that p has now. p must have been read whole.
func (h *Rows) SetPast(tx *store.Tx, num int64, p *Row) error {
	names, err := ngsi.EncodeNames(p.Names, func(name string) (int64, error) { return h.names.Intern(tx, name, false) })
	if err != nil {
		return err
	}
	doc, err := h.EncodeDoc(tx, &ngsi.Entity{Types: p.Types, Scope: p.Scope, CreatedAt: p.CreatedAt, ExpiresAt: p.ExpiresAt, Attrs: p.Attrs})
	if err != nil {
		return err
	}
	_, err = tx.Exec(qSet, num, p.Seq, names, doc)
	return errs.Wrap("amend history", err)
}

// DropPast removes every change of a num.
func (h *Rows) DropPast(tx *store.Tx, num int64) (int64, error) {
	n, err := tx.Exec(qDrop, num)
	return n, errs.Wrap("drop history", err)
}

// PastGauges lists the gauges of a num, oldest first.
func (h *Rows) PastGauges(tx *store.Tx, num int64) ([]Gauge, error) {
	type stored struct {
		attr, key, since int64
		dataset          string
	}
	var rows []stored
	err := tx.Each(qGauge, []any{num}, func(scan func(...any) error) error {
		var r stored
		err := scan(&r.attr, &r.dataset, &r.key, &r.since)
		rows = append(rows, r)
		return err
	})
	if err != nil {
		return nil, errs.Wrap("read gauges", err)
	}
	out := make([]Gauge, 0, len(rows))
	name := h.names.Of(tx)
	for _, r := range rows {
		if n, ok := name(r.attr); ok {
			out = append(out, Gauge{Name: n, Dataset: r.dataset, Key: r.key, Since: store.Time(r.since)})
		}
	}
	return out, nil
}

// EncodeDoc writes a document of types, scope and attributes; instances of one name and dataset may stand in it more than once.
func (h *Rows) EncodeDoc(tx *store.Tx, e *ngsi.Entity) ([]byte, error) {
	doc, err := ngsi.Encode(e, func(name string) (int64, error) { return h.names.Intern(tx, name, false) })
	return doc, errs.Wrap("encode document", err)
}

// DecodeDoc reads what EncodeDoc wrote.
func (h *Rows) DecodeDoc(tx *store.Tx, doc []byte, e *ngsi.Entity) error {
	return errs.As(errs.Internal, "read document", ngsi.Decode(doc, e, h.names.Of(tx), nil))
}

// NameID gives the number of a name, 0 where nothing was ever called so; one is made where make is set, in a Write.
func (h *Rows) NameID(tx *store.Tx, name string, make bool) (int64, error) {
	if make {
		return h.names.Intern(tx, name, true)
	}
	return h.names.ID(tx, name)
}

// NameOf is the reverse of NameID; ok is false where there is none.
func (h *Rows) NameOf(tx *store.Tx, id int64) (name string, ok bool) { return h.names.Of(tx)(id) }

// TypeID is NameID for a type within a tenant.
func (h *Rows) TypeID(tx *store.Tx, tenant, typ string, make bool) (int64, error) {
	return h.NameID(tx, names.In(tenant, typ), make)
}

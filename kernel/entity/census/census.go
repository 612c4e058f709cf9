package census

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/names"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// Type is one type with the attributes that its entities have (5.7.5 to 5.7.10), from maintained counts.
type Type struct {
	Type  string
	Count int64
	Attrs []Attr // by name
}

// Attr is one attribute: how many entities have it, of which kinds it is, which types have it.
type Attr struct {
	Name  string
	Count int64
	Kinds []ngsi.AttrKind
	Types []string
}

// The census counts, by tenant: entities of a type; entities with an attribute; entities of a type with an attribute of a kind.
// A key is tenant, type, attribute, kind with names.Mark between them; what does not count is empty.
// Counter is the name of the census' counts.
const Counter = "entity.census"

func censusKey(tenant, typ, attr, kind string) string {
	return tenant + names.Mark + typ + names.Mark + attr + names.Mark + kind
}

// censusKeys are the counts that an entity is part of.
func censusKeys(e *ngsi.Entity) (keys []string) {
	for _, t := range e.Types {
		keys = append(keys, censusKey(e.Tenant, t, "", ""))
	}
	for i := range e.Attrs {
		a := &e.Attrs[i]
		if i == 0 || a.Name != e.Attrs[i-1].Name {
			keys = append(keys, censusKey(e.Tenant, "", a.Name, ""))
			for _, t := range e.Types {
				keys = append(keys, censusKey(e.Tenant, t, a.Name, ""))
			}
		}
		kind := strconv.Itoa(int(a.Kind))
		for _, t := range e.Types {
			if k := censusKey(e.Tenant, t, a.Name, kind); !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
	}
	return keys
}

// Shape is what entities have in common that are part of the same counts: tenant, owner, types, names and kinds of their attributes.
type Shape struct{ Counts []Count }

// Count is the name of a maintained count.
type Count struct{ Counter, Key string }

// maxShapes bounds the shapes that are held; beyond it they are made again.
const maxShapes = 4096

// Shapes makes shapes and holds them. It is for one goroutine.
type Shapes struct {
	byKey map[string]*Shape
	key   []byte
}

// Of gives the shape of e, nil for nil.
func (s *Shapes) Of(e *ngsi.Entity) *Shape {
	if e == nil {
		return nil
	}
	k := append(s.key[:0], e.Tenant...)
	k = append(append(k, names.Mark...), e.Owner...)
	for _, t := range e.Types {
		k = append(append(k, names.Mark...), t...)
	}
	for i := range e.Attrs {
		k = append(append(k, names.Mark...), e.Attrs[i].Name...)
		k = append(k, ' ', byte(e.Attrs[i].Kind))
	}
	s.key = k
	if sh := s.byKey[string(k)]; sh != nil {
		return sh
	}
	if s.byKey == nil {
		s.byKey = map[string]*Shape{}
	}
	if len(s.byKey) >= maxShapes {
		clear(s.byKey)
	}
	sh := &Shape{countsOf(e)}
	s.byKey[string(k)] = sh
	return sh
}

// countsOf lists the counts that an entity is part of: all, its owner's, and of each type all and its owner's; and the census.
func countsOf(e *ngsi.Entity) (list []Count) {
	of := func(counter, key string) { list = append(list, Count{counter, key}) }
	of(names.CountOf, names.CountKey(e.Tenant, "", ""))
	of(names.CountOf, names.CountKey(e.Tenant, "", e.Owner))
	for i, t := range e.Types {
		of(names.CountOf, names.CountKey(e.Tenant, t, ""))
		of(names.CountOf, names.CountKey(e.Tenant, t, e.Owner))
		if i > 0 {
			of(names.CountAlso, names.In(e.Tenant, t))
		}
	}
	for _, k := range censusKeys(e) {
		of(Counter, k)
	}
	return list
}

// line is one maintained count, taken apart.
type line struct {
	typ, attr string
	kind      int // -1: of any kind
	n         int64
}

// lines reads the counts of a tenant that are not zero.
func lines(ctx context.Context, db *store.DB, tenant string) (list []line, err error) {
	err = db.Read(ctx, func(tx *store.Tx) error {
		return tx.Counts(Counter, tenant+names.Mark, func(key string, n int64) error {
			parts := strings.Split(key, names.Mark)
			if n <= 0 || len(parts) != 4 {
				return nil
			}
			c := line{typ: parts[1], attr: parts[2], kind: -1, n: n}
			if k, err := strconv.Atoi(parts[3]); err == nil {
				c.kind = k
			}
			list = append(list, c)
			return nil
		})
	})
	return list, errs.Wrap("read the census", err)
}

// Types lists the types of a tenant's entities, by name.
func Types(ctx context.Context, db *store.DB, tenant string) ([]Type, error) {
	list, err := lines(ctx, db, tenant)
	if err != nil {
		return nil, err
	}
	byType := map[string]*Type{}
	for _, c := range list {
		if c.typ != "" && byType[c.typ] == nil {
			byType[c.typ] = &Type{Type: c.typ}
		}
	}
	for _, c := range list {
		t := byType[c.typ]
		if t == nil {
			continue
		}
		if c.attr == "" {
			t.Count = c.n
			continue
		}
		a := attrOf(&t.Attrs, c.attr)
		a.Types = []string{c.typ}
		a.take(c)
	}
	var out []Type
	for _, t := range byType {
		if t.Count > 0 {
			sortAttrs(t.Attrs)
			out = append(out, *t)
		}
	}
	slices.SortFunc(out, func(a, b Type) int { return cmp.Compare(a.Type, b.Type) })
	return out, nil
}

// Attrs lists the attributes of a tenant's entities, by name.
func Attrs(ctx context.Context, db *store.DB, tenant string) ([]Attr, error) {
	list, err := lines(ctx, db, tenant)
	if err != nil {
		return nil, err
	}
	byName := map[string]*Attr{}
	for _, c := range list {
		if c.attr == "" {
			continue
		}
		a := byName[c.attr]
		if a == nil {
			a = &Attr{Name: c.attr}
			byName[c.attr] = a
		}
		if c.typ != "" && c.kind < 0 {
			a.Types = append(a.Types, c.typ)
			continue
		}
		a.take(c)
	}
	out := make([]Attr, 0, len(byName))
	for _, a := range byName {
		slices.Sort(a.Types)
		out = append(out, *a)
	}
	sortAttrs(out)
	return out, nil
}

// take notes a count of the attribute: of a kind, or of all.
func (a *Attr) take(c line) {
	if c.kind < 0 {
		a.Count = c.n
	} else if k := ngsi.AttrKind(c.kind); !slices.Contains(a.Kinds, k) {
		a.Kinds = append(a.Kinds, k)
		slices.Sort(a.Kinds)
	}
}

func attrOf(list *[]Attr, name string) *Attr {
	for i := range *list {
		if (*list)[i].Name == name {
			return &(*list)[i]
		}
	}
	*list = append(*list, Attr{Name: name})
	return &(*list)[len(*list)-1]
}

func sortAttrs(list []Attr) {
	slices.SortFunc(list, func(a, b Attr) int { return cmp.Compare(a.Name, b.Name) })
}

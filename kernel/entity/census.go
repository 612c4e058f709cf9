package entity

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

// TypeInfo is one type with the attributes that its entities have (5.7.5 to 5.7.10), from maintained counts.
type TypeInfo struct {
	Type  string
	Count int64
	Attrs []AttrInfo // by name
}

// AttrInfo is one attribute: how many entities have it, of which kinds it is, which types have it.
type AttrInfo struct {
	Name  string
	Count int64
	Kinds []AttrKind
	Types []string
}

// The census counts, by tenant: entities of a type; entities with an attribute; entities of a type with an attribute of a kind.
// A key is tenant, type, attribute, kind with censusMark between them; what does not count is empty.
const (
	countCensus = "entity.census"
	censusMark  = tenantMark
)

func censusKey(tenant, typ, attr, kind string) string {
	return tenant + censusMark + typ + censusMark + attr + censusMark + kind
}

// censusKeys are the counts that an entity is part of.
func censusKeys(e *Entity) (keys []string) {
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

// shape is what entities have in common that are part of the same counts: tenant, owner, types, names and kinds of their attributes.
type shape struct{ counts []count }

// count is the name of a maintained count.
type count struct{ counter, key string }

// maxShapes bounds the shapes that are held; beyond it they are made again.
const maxShapes = 4096

// shapeOf gives the shape of e, nil for nil. Only the write lane calls it.
func (s *Store) shapeOf(e *Entity) *shape {
	if e == nil {
		return nil
	}
	k := append(s.scratch[:0], e.Tenant...)
	k = append(append(k, censusMark...), e.Owner...)
	for _, t := range e.Types {
		k = append(append(k, censusMark...), t...)
	}
	for i := range e.Attrs {
		k = append(append(k, censusMark...), e.Attrs[i].Name...)
		k = append(k, ' ', byte(e.Attrs[i].Kind))
	}
	s.scratch = k
	if sh := s.shapes[string(k)]; sh != nil {
		return sh
	}
	if len(s.shapes) >= maxShapes {
		clear(s.shapes)
	}
	sh := &shape{countsOf(e)}
	s.shapes[string(k)] = sh
	return sh
}

// countsOf lists the counts that an entity is part of: all, its owner's, and of each type all and its owner's; and the census.
func countsOf(e *Entity) (list []count) {
	of := func(counter, key string) { list = append(list, count{counter, key}) }
	of(countOf, countKey(e.Tenant, "", ""))
	of(countOf, countKey(e.Tenant, "", e.Owner))
	for i, t := range e.Types {
		of(countOf, countKey(e.Tenant, t, ""))
		of(countOf, countKey(e.Tenant, t, e.Owner))
		if i > 0 {
			of(countAlso, inTenant(e.Tenant, t))
		}
	}
	for _, k := range censusKeys(e) {
		of(countCensus, k)
	}
	return list
}

// countKey cannot be mistaken for another: a type's name holds no space.
func countKey(tenant, typ, owner string) string { return inTenant(tenant, typ+" "+owner) }

// census is one maintained count, taken apart.
type census struct {
	typ, attr string
	kind      int // -1: of any kind
	n         int64
}

// census reads the counts of a tenant that are not zero.
func (s *Store) census(ctx context.Context, tenant string) (list []census, err error) {
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		return tx.Counts(countCensus, tenant+censusMark, func(key string, n int64) error {
			parts := strings.Split(key, censusMark)
			if n <= 0 || len(parts) != 4 {
				return nil
			}
			c := census{typ: parts[1], attr: parts[2], kind: -1, n: n}
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
func (s *Store) Types(ctx context.Context, tenant string) ([]TypeInfo, error) {
	list, err := s.census(ctx, tenant)
	if err != nil {
		return nil, err
	}
	byType := map[string]*TypeInfo{}
	for _, c := range list {
		if c.typ != "" && byType[c.typ] == nil {
			byType[c.typ] = &TypeInfo{Type: c.typ}
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
	var out []TypeInfo
	for _, t := range byType {
		if t.Count > 0 {
			sortAttrs(t.Attrs)
			out = append(out, *t)
		}
	}
	slices.SortFunc(out, func(a, b TypeInfo) int { return cmp.Compare(a.Type, b.Type) })
	return out, nil
}

// AttrNames lists the attributes of a tenant's entities, by name.
func (s *Store) AttrNames(ctx context.Context, tenant string) ([]AttrInfo, error) {
	list, err := s.census(ctx, tenant)
	if err != nil {
		return nil, err
	}
	byName := map[string]*AttrInfo{}
	for _, c := range list {
		if c.attr == "" {
			continue
		}
		a := byName[c.attr]
		if a == nil {
			a = &AttrInfo{Name: c.attr}
			byName[c.attr] = a
		}
		if c.typ != "" && c.kind < 0 {
			a.Types = append(a.Types, c.typ)
			continue
		}
		a.take(c)
	}
	out := make([]AttrInfo, 0, len(byName))
	for _, a := range byName {
		slices.Sort(a.Types)
		out = append(out, *a)
	}
	sortAttrs(out)
	return out, nil
}

// take notes a count of the attribute: of a kind, or of all.
func (a *AttrInfo) take(c census) {
	if c.kind < 0 {
		a.Count = c.n
	} else if k := AttrKind(c.kind); !slices.Contains(a.Kinds, k) {
		a.Kinds = append(a.Kinds, k)
		slices.Sort(a.Kinds)
	}
}

func attrOf(list *[]AttrInfo, name string) *AttrInfo {
	for i := range *list {
		if (*list)[i].Name == name {
			return &(*list)[i]
		}
	}
	*list = append(*list, AttrInfo{Name: name})
	return &(*list)[len(*list)-1]
}

func sortAttrs(list []AttrInfo) {
	slices.SortFunc(list, func(a, b AttrInfo) int { return cmp.Compare(a.Name, b.Name) })
}

// countOld takes the census of a database that was made before there was one, in pieces: what it has counted is marked in the same
// transaction, so that it goes on where it was cut off. Until it is done, nobody else writes.
func (s *Store) countOld(ctx context.Context) error {
	const key = "upto" // the num up to which is counted; countedAll at the end
	for {
		done := false
		err := s.read(ctx, func(tx *store.Tx) error {
			upto, err := tx.Count(countCensus, key)
			done = upto == countedAll
			return err
		})
		if err != nil || done {
			return err
		}
		err = s.db.Write(ctx, func(tx *store.Tx) error {
			from, err := tx.Count(countCensus, key)
			if err != nil || from == countedAll {
				return err
			}
			upto, shapes := from, beside{shapes: map[*shape]int64{}}
			err = tx.Each(qOld, []any{from, 2000}, func(scan func(...any) error) error {
				var r row
				if err := scan(&r.num, &r.id, &r.owner, &r.version, &r.modified, &r.doc); err != nil {
					return err
				}
				upto = r.num
				tenant, id := ofTenant(r.id)
				e := &Entity{Tenant: tenant, ID: id, Owner: r.owner}
				if err := ngsi.Decode(r.doc, e, s.names.name, nil); err != nil {
					return errs.As(errs.Internal, "read entity "+id, err)
				}
				shapes.shapes[s.shapeOf(e)]++
				return nil
			})
			if err != nil {
				return err
			}
			for sh, n := range shapes.shapes {
				for _, c := range sh.counts {
					if c.counter != countCensus {
						continue
					}
					if err := tx.Add(c.counter, c.key, n); err != nil {
						return err
					}
				}
			}
			if upto == from {
				upto = countedAll
			}
			return tx.Add(countCensus, key, upto-from)
		})
		if err != nil {
			return errs.Wrap("take the census", err)
		}
	}
}

// countedAll marks a census that is complete.
const countedAll = 1 << 62

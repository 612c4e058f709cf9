package entity

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
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
	if e == nil {
		return nil
	}
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

// accountCensus brings the census from old to e.
func (s *Store) accountCensus(tx *store.Tx, old, e *Entity) error {
	before, after := censusKeys(old), censusKeys(e)
	if slices.Equal(before, after) {
		return nil
	}
	for _, k := range before {
		if err := tx.Add(countCensus, k, -1); err != nil {
			return err
		}
	}
	for _, k := range after {
		if err := tx.Add(countCensus, k, 1); err != nil {
			return err
		}
	}
	return nil
}

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

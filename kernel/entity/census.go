package entity

import (
	"context"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/census"
	"github.com/haihe-city/haihe/kernel/entity/names"
	"github.com/haihe-city/haihe/kernel/entity/walk"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
)

type (
	// TypeInfo is one type with the attributes that its entities have (5.7.5 to 5.7.10), from maintained counts.
	TypeInfo = census.Type
	// AttrInfo is one attribute: how many entities have it, of which kinds it is, which types have it.
	AttrInfo = census.Attr
)

// Types lists the types of a tenant's entities, by name.
func (s *Store) Types(ctx context.Context, tenant string) ([]TypeInfo, error) {
	return census.Types(ctx, s.db, tenant)
}

// AttrNames lists the attributes of a tenant's entities, by name.
func (s *Store) AttrNames(ctx context.Context, tenant string) ([]AttrInfo, error) {
	return census.Attrs(ctx, s.db, tenant)
}

// countOld takes the census of a database that was made before there was one, in pieces: what it has counted is marked in the same
// transaction, so that it goes on where it was cut off. Until it is done, nobody else writes.
func (s *Store) countOld(ctx context.Context) error {
	const key = "upto" // the num up to which is counted; countedAll at the end
	for {
		done := false
		err := s.read(ctx, func(tx *store.Tx) error {
			upto, err := tx.Count(census.Counter, key)
			done = upto == countedAll
			return err
		})
		if err != nil || done {
			return err
		}
		err = s.db.Write(ctx, func(tx *store.Tx) error {
			from, err := tx.Count(census.Counter, key)
			if err != nil || from == countedAll {
				return err
			}
			upto, shapes := from, beside{shapes: map[*census.Shape]int64{}}
			err = tx.Each(qOld, []any{from, 2000}, func(scan func(...any) error) error {
				var r walk.Row
				if err := r.Scan(scan); err != nil {
					return err
				}
				upto = r.Num
				tenant, id := names.Apart(r.ID)
				e := &Entity{Tenant: tenant, ID: id, Owner: r.Owner}
				if err := ngsi.Decode(r.Doc, e, s.names.Held, nil); err != nil {
					return errs.As(errs.Internal, "read entity "+id, err)
				}
				shapes.shapes[s.shapes.Of(e)]++
				return nil
			})
			if err != nil {
				return err
			}
			for sh, n := range shapes.shapes {
				for _, c := range sh.Counts {
					if c.Counter != census.Counter {
						continue
					}
					if err := tx.Add(c.Counter, c.Key, n); err != nil {
						return err
					}
				}
			}
			if upto == from {
				upto = countedAll
			}
			return tx.Add(census.Counter, key, upto-from)
		})
		if err != nil {
			return errs.Wrap("take the census", err)
		}
	}
}

// countedAll marks a census that is complete.
const countedAll = 1 << 62

package identity

import (
	"context"
	"slices"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// Unit is an organisation.
type Unit struct {
	ID          string    `json:"id"`
	Name        lang.Text `json:"name"`
	District    string    `json:"district,omitempty"` // region code, where it is a district's
	Coordinator bool      `json:"coordinator,omitempty"`
}

// loadUnits brings the table up to the plan's data and gives the names of all units ever known.
func loadUnits(ctx context.Context, db *store.DB, units []Unit) (map[string]lang.Text, error) {
	for _, u := range units {
		if u.ID == "" || u.Name.Zh == "" || u.Name.En == "" {
			return nil, errs.Say(errs.Invalid, "单位“%s”缺少编号或中英文名称", "unit %q lacks its id or a half of its name", u.ID)
		}
	}
	names := map[string]lang.Text{}
	err := db.Write(ctx, func(tx *store.Tx) error {
		clear(names)
		for _, u := range units {
			if _, err := tx.Exec(qUnitSave, u.ID, u.Name.Zh, u.Name.En, u.District, u.Coordinator); err != nil {
				return err
			}
		}
		return tx.Each(qUnits, nil, func(scan func(...any) error) error {
			var id string
			var name lang.Text
			if err := scan(&id, &name.Zh, &name.En); err != nil {
				return err
			}
			names[id] = name
			return nil
		})
	})
	return names, errs.Wrap("load units", err)
}

// Units lists the units in the order of the plan's data.
func (s *Service) Units() []Unit { return slices.Clone(s.units) }

// Unit finds one (errs.NotFound).
func (s *Service) Unit(id string) (Unit, error) {
	for _, u := range s.units {
		if u.ID == id {
			return u, nil
		}
	}
	return Unit{}, errs.Say(errs.NotFound, "没有编号为“%s”的单位", "there is no unit %q", id)
}

// UnitName names one: also one that has left the plan's data; its id in both halves where it is unknown.
func (s *Service) UnitName(id string) lang.Text {
	if name, ok := s.unitNames[id]; ok {
		return name
	}
	return lang.Same(id)
}

// coordinator is the unit that the administrators belong to: the plan's coordinating unit, or the first.
func (s *Service) coordinator() string {
	for _, u := range s.units {
		if u.Coordinator {
			return u.ID
		}
	}
	if len(s.units) > 0 {
		return s.units[0].ID
	}
	return ""
}

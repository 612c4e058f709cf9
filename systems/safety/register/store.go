package register

import (
	"context"
	"embed"
	"encoding/json"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

var (
	qPlants    = store.Q("safety_plant_all", `SELECT num, body FROM safety_plant ORDER BY code`)
	qUnits     = store.Q("safety_unit_all", `SELECT body FROM safety_unit ORDER BY plant, code`)
	qPoints    = store.Q("safety_point_all", `SELECT num, body FROM safety_point ORDER BY num`)
	qUnitsDrop = store.Q("safety_unit_drop", `DELETE FROM safety_unit WHERE plant = $1`)
	bulkPlant  = store.NewBulk("safety_plant_put", `INSERT INTO safety_plant (code, num, body)`, 3, `ON CONFLICT (code) DO UPDATE SET num = excluded.num, body = excluded.body`)
	bulkUnit   = store.NewBulk("safety_unit_put", `INSERT INTO safety_unit (plant, code, body)`, 3, ``)
	bulkPoint  = store.NewBulk("safety_point_put", `INSERT INTO safety_point (num, plant, name, body)`, 4,
		`ON CONFLICT (num) DO UPDATE SET plant = excluded.plant, name = excluded.name, body = excluded.body`)
)

// kept is how a point lies in its row.
type kept struct {
	Point
	Out bool `json:",omitempty"` // of service
}

// read gives the whole register.
func (r *Register) read(ctx context.Context) (map[string]*Site, error) {
	sites := map[string]*Site{}
	err := r.o.DB.Read(ctx, func(tx *store.Tx) error {
		clear(sites)
		var num int64
		var body string
		err := tx.Each(qPlants, nil, func(scan func(...any) error) error {
			if err := scan(&num, &body); err != nil {
				return err
			}
			s := &Site{}
			if err := decode(body, &s.Plant); err != nil {
				return err
			}
			s.Num, s.URI = num, PlantURI(s.Code)
			sites[s.Code] = s
			return nil
		})
		if err != nil {
			return err
		}
		err = tx.Each(qUnits, nil, func(scan func(...any) error) error {
			var u HazardUnit
			if err := scan(&body); err != nil {
				return err
			}
			if err := decode(body, &u); err != nil {
				return err
			}
			if s := sites[u.Plant]; s != nil {
				s.Units = append(s.Units, u)
			}
			return nil
		})
		if err != nil {
			return err
		}
		return tx.Each(qPoints, nil, func(scan func(...any) error) error {
			var k kept
			if err := scan(&num, &body); err != nil {
				return err
			}
			if err := decode(body, &k); err != nil {
				return err
			}
			s := sites[k.Plant]
			if s == nil {
				return nil
			}
			k.Num, k.URI, k.Plant = num, PointURI(s.Code, k.Name), s.Code
			if k.Out {
				s.Retired = append(s.Retired, k.Point)
			} else {
				s.Points = append(s.Points, k.Point)
			}
			return nil
		})
	})
	return sites, err
}

func decode(body string, into any) error {
	if err := json.Unmarshal([]byte(body), into); err != nil {
		return errs.As(errs.Internal, "read the register", err)
	}
	return nil
}

// write puts one site into the tables, points that changed only.
func write(tx *store.Tx, s *Site, points []kept) error {
	body, err := json.Marshal(s.Plant)
	if err != nil {
		return errs.As(errs.Internal, "write the register", err)
	}
	if _, err := tx.ExecBulk(bulkPlant, []any{s.Code, s.Num, string(body)}); err != nil {
		return err
	}
	if _, err := tx.Exec(qUnitsDrop, s.Code); err != nil {
		return err
	}
	var rows []any
	for _, u := range s.Units {
		if body, err = json.Marshal(u); err != nil {
			return errs.As(errs.Internal, "write the register", err)
		}
		rows = append(rows, u.Plant, u.Code, string(body))
	}
	if _, err := tx.ExecBulk(bulkUnit, rows); err != nil {
		return err
	}
	rows = rows[:0]
	for _, k := range points {
		if body, err = json.Marshal(k); err != nil {
			return errs.As(errs.Internal, "write the register", err)
		}
		rows = append(rows, k.Num, k.Plant, k.Name, string(body))
	}
	_, err = tx.ExecBulk(bulkPoint, rows)
	return err
}

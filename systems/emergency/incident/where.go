package incident

import (
	"context"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/systems/emergency/situation/area"
)

// typePlant is the city context's type of a plant, as systems/safety owns it.
const typePlant = "HazardousPlant"

// plant fills in what the city context knows of the plant that a place names, by URI or by its code; what was said by hand stays. A plant
// that it does not know keeps its name as a place: nobody who calls is sent away because a register is incomplete.
func (p *Part) plant(ctx context.Context, w *Where) error {
	if w.Plant = strings.TrimSpace(w.Plant); w.Plant == "" {
		return nil
	}
	var e *entity.Entity
	var err error
	if strings.HasPrefix(w.Plant, "urn:") {
		e, err = p.o.Entities.Get(ctx, w.Plant)
	} else {
		e, err = p.plantByCode(ctx, w.Plant)
	}
	if errs.Is(err, errs.NotFound) || err == nil && e == nil {
		if !strings.HasPrefix(w.Plant, "urn:") {
			w.Place, w.Plant = oneLine(w.Plant+" "+w.Place), ""
		}
		return nil
	}
	if err != nil {
		return errs.Wrap("look a plant up", err)
	}
	w.Plant = e.ID
	if name, ok := e.Text("name"); ok && !strings.Contains(w.Place, name) {
		w.Place = oneLine(name + " " + w.Place)
	}
	if d, ok := e.Text("district"); ok && w.District == "" {
		w.District = d
	}
	if lon, lat, ok := e.Point("location"); ok && !w.Located {
		if at := (area.Point{lon, lat}); at.Inside() {
			w.Located, w.At = true, at
		}
	}
	return nil
}

func (p *Part) plantByCode(ctx context.Context, code string) (*entity.Entity, error) {
	page, err := p.o.Entities.Query(ctx, entity.Query{Type: typePlant, Where: []entity.Cond{{Attr: "code", Op: entity.Eq, Value: code}}, Limit: 1})
	if err != nil || len(page.Entities) == 0 {
		return nil, err
	}
	return page.Entities[0], nil
}

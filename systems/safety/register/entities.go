package register

import "github.com/haihe-city/haihe/kernel/entity"

// plantEntity is a plant as the city context holds it. Its password and its contacts are not there.
func plantEntity(p *Plant) *entity.Entity {
	e := &entity.Entity{ID: p.URI, Types: []string{TypePlant}, Owner: Owner, Attrs: []entity.Attr{
		entity.TextAttr("code", p.Code),
		entity.TextAttr("name", p.Name),
		entity.TextAttr("category", string(p.Kind)),
		entity.TextAttr("district", p.District),
		entity.TextAttr("status", string(p.State)),
		entity.TextAttr("protocol", string(p.Feed)),
	}}
	if p.Lon != 0 || p.Lat != 0 {
		e.Attrs = append(e.Attrs, entity.PointAttr("location", p.Lon, p.Lat))
	}
	return e
}

// pointEntity is a point as the city context holds it; its value comes from the series.
func pointEntity(of *Plant, p *Point, out bool) *entity.Entity {
	status := "inService"
	if out {
		status = "retired"
	}
	e := &entity.Entity{ID: p.URI, Types: []string{TypePoint}, Owner: Owner, Attrs: []entity.Attr{
		entity.TextAttr("name", p.Name),
		entity.TextAttr("category", "sensor"),
		entity.TextAttr("controlledProperty", string(p.Kind)),
		entity.RelAttr("controlledAsset", of.URI),
		entity.BoolAttr("key", p.Key),
		entity.TextAttr("status", status),
	}}
	if p.UCUM != "" {
		e.Attrs = append(e.Attrs, entity.TextAttr("supportedUnits", p.UCUM))
	}
	if p.Equipment != "" {
		e.Attrs = append(e.Attrs, entity.TextAttr("equipment", p.Equipment))
	}
	return e
}

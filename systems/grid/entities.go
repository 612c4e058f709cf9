package grid

import (
	"time"

	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// meterEntity is a meter as the city context holds it.
func meterEntity(m book.Meter) *entity.Entity {
	e := &entity.Entity{ID: book.MeterID(m.Address), Types: []string{book.TypeMeter}, Owner: owner, Attrs: []entity.Attr{
		entity.TextAttr("address", m.Address),
		entity.TextAttr("category", string(m.Category)),
		entity.TextAttr("protocol", string(m.Protocol)),
		entity.TextAttr("status", m.Status()),
	}}
	if m.District != "" {
		e.Attrs = append(e.Attrs, entity.TextAttr("district", m.District),
			entity.RelAttr("refFeeder", book.FeederID(m.Feeder)), entity.RelAttr("refConcentrator", book.ConcentratorID(m.Concentrator)))
	}
	if m.Solar {
		e.Attrs = append(e.Attrs, entity.BoolAttr("solar", true))
	}
	if !m.Installed.IsZero() {
		e.Attrs = append(e.Attrs, entity.TextAttr("installedAt", m.Installed.UTC().Format(time.RFC3339)))
	}
	return e
}

// meterOf reads a meter back from its entity.
func meterOf(e *entity.Entity) book.Meter {
	text := func(name string) string { v, _ := e.Text(name); return v }
	object := func(name string) string { v, _ := e.Object(name); return book.Tail(v) }
	m := book.Meter{Num: e.Num, Address: text("address"), District: text("district"), Feeder: object("refFeeder"), Concentrator: object("refConcentrator"),
		Category: book.Category(text("category")), Protocol: book.Protocol(text("protocol")), Retired: text("status") == "retired"}
	m.Solar, _ = e.Bool("solar")
	m.Installed, _ = time.Parse(time.RFC3339, text("installedAt"))
	return m
}

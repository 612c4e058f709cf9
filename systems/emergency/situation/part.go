package situation

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/emergency/incident"
	"github.com/haihe-city/haihe/systems/emergency/plan/resource"
	"github.com/haihe-city/haihe/systems/emergency/situation/area"
)

//go:embed table/*.sql
var tables embed.FS

var (
	qPut  = store.Q("emergency_situation_put", `INSERT INTO emergency_situation (id, incident, at, who, input) VALUES ($1, $2, $3, $4, $5)`)
	qLast = store.Q("emergency_situation_last", `SELECT at, who, input FROM emergency_situation WHERE incident = $1 ORDER BY at DESC, id DESC LIMIT 1`)
)

// Options are what the part works with.
type Options struct {
	DB        *store.DB
	Entities  *entity.Store
	Incidents *incident.Part
	Resources *resource.Part
	People    *identity.Service
	Clock     host.Clock
}

// Part is the pictures of the incidents.
type Part struct{ o Options }

// New opens the part.
func New(ctx context.Context, o Options) (*Part, error) {
	if err := o.DB.Migrate(ctx, "emergency.situation", tables); err != nil {
		return nil, errs.Wrap("open the situations", err)
	}
	return &Part{o}, nil
}

// Jobs are what the part does by itself: nothing.
func (p *Part) Jobs() []host.Job { return nil }

// Entered is a calculation that somebody made.
type Entered struct {
	Input
	At  time.Time
	Who string
}

// Last gives the latest calculation of an incident; ok is false where there is none.
func (p *Part) Last(ctx context.Context, id string) (e Entered, ok bool, err error) {
	var at int64
	var raw string
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error { return tx.Get(qLast, []any{id}, &at, &e.Who, &raw) })
	if errs.Is(err, errs.NotFound) {
		return e, false, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(raw), &e.Input)
	}
	e.At = store.Time(at)
	return e, err == nil, errs.Wrap("read a situation", err)
}

// Save keeps a calculation and writes it into the incident's timeline.
func (p *Part) Save(ctx context.Context, who *identity.Principal, x incident.Whole, in Input) (Scene, error) {
	if !who.Can(incident.GrantHandle) {
		return Scene{}, errs.Say(errs.Denied, "您没有编制态势的权限", "you may not draw up a situation")
	}
	if !x.Located {
		return Scene{}, errs.Say(errs.Conflict, "事件还没有坐标，请先在事件页补充", "the incident has no coordinates; add them on its page first")
	}
	s, err := in.Compute(x.Where.At)
	if err != nil {
		return s, err
	}
	raw, err := json.Marshal(in)
	if err != nil {
		return s, errs.Wrap("write a situation", err)
	}
	text := ""
	for i, sh := range s.Shapes {
		if i > 0 {
			text += "；"
		}
		if text += sh.Name.Zh; sh.Metres > 0 {
			text += fmt.Sprintf(" %.0f 米", sh.Metres)
		}
	}
	now := p.o.Clock.Now()
	return s, p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qPut, store.NewID(now), x.ID, store.Micros(now), who.ID, string(raw)); err != nil {
			return err
		}
		return p.o.Incidents.Line(tx, who, x.ID, "situation", text+"（模型推算，非实测）", nil)
	})
}

// Thing is a plant, a shelter or another thing inside an area.
type Thing struct {
	Name lang.Text
	Kind lang.Text
	At   area.Point
	Km   float64
	Href string
}

// Inside is who and what lies in an area.
type Inside struct {
	People float64
	Shares []area.Share
	Things []Thing
	Plants int
	Meters int // with a place of their own in the city context
}

// mostThings bounds what is listed of an area.
const mostThings = 500

// Inside looks at an area: residents by district, then what the city context and the register of resources have in it.
func (p *Part) Inside(ctx context.Context, at area.Point, g area.Polygon) (in Inside, err error) {
	if in.People, in.Shares, err = area.People(g); err != nil {
		return in, err
	}
	w, s, e, n := g.Bounds()
	box := entity.Box{w, s, e, n}
	look := func(typ string, fn func(x *entity.Entity, at area.Point)) error {
		return p.o.Entities.Each(ctx, entity.Query{Type: typ, Box: &box}, func(x *entity.Entity) error {
			if lon, lat, ok := x.Point("location"); ok && g.Has(area.Point{lon, lat}) {
				fn(x, area.Point{lon, lat})
			}
			return nil
		})
	}
	err = look("HazardousPlant", func(x *entity.Entity, place area.Point) {
		if in.Plants++; len(in.Things) < mostThings {
			name, _ := x.Text("name")
			in.Things = append(in.Things, Thing{Name: lang.Same(name), Kind: lang.T("危险源企业", "Hazardous plant"), At: place, Km: area.Distance(at, place)})
		}
	})
	if err == nil {
		err = look("SmartMeter", func(*entity.Entity, area.Point) { in.Meters++ })
	}
	if err != nil {
		return in, errs.Wrap("look what lies inside", err)
	}
	list, err := p.o.Resources.All(ctx)
	for _, r := range list {
		if r.Located && g.Has(r.At) && len(in.Things) < mostThings {
			in.Things = append(in.Things, Thing{Name: lang.Same(r.Name), Kind: r.Kind.Text(), At: r.At, Km: area.Distance(at, r.At), Href: "/emergency/resources"})
		}
	}
	return in, err
}

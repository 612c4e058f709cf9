package temporal_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/entity/filter"
	"github.com/haihe-city/haihe/kernel/entity/temporal"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
	"github.com/haihe-city/haihe/wire/ngsild/form"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// clock moves a second at each look.
type clock struct{ n atomic.Int64 }

func (c *clock) now() time.Time {
	return time.Date(2026, 3, 1, 0, 0, int(c.n.Add(1)), 0, time.UTC)
}

type rig struct {
	*testing.T
	e *entity.Store
	s *temporal.Store
}

// each runs a test on both engines.
func each(t *testing.T, o temporal.Options, test func(r rig)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		e, err := entity.Open(t.Context(), db, new(clock).now)
		if err != nil {
			t.Fatal(err)
		}
		s, err := temporal.OpenWith(t.Context(), e, o)
		if err != nil {
			t.Fatal(err)
		}
		test(rig{t, e, s})
	})
}

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

// number is an instance of a number that was observed at a time of 2020-08-01.
func number(name string, v float64, clock string) ngsi.Attr {
	return ngsi.NumberAttr(name, v, "").At(at("2020-08-01T" + clock + "Z"))
}

var car = entity.Key{ID: "urn:ngsi-ld:Vehicle:1"}

// vehicle records the vehicle that the examples of clause C.5.5 are about.
func (r rig) vehicle(k entity.Key) {
	r.Helper()
	created, err := r.s.Record(r.Context(), k, "traffic", []string{"Vehicle"}, nil, []ngsi.Attr{
		number("speed", 120, "12:03:00"), number("speed", 80, "12:05:00"), number("speed", 100, "12:07:00"),
		number("fuelLevel", 67, "12:03:00"), number("fuelLevel", 53, "13:05:00"), number("fuelLevel", 40, "14:07:00"),
	})
	if err != nil || !created {
		r.Fatalf("record: %v, created %v", err, created)
	}
}

func (r rig) do(k entity.Key, edit entity.Edit) {
	r.Helper()
	if _, err := r.e.Do(r.Context(), entity.Task{Key: k, Owner: "traffic", Edit: edit}); err != nil {
		r.Fatal(err)
	}
}

// put creates an entity of the current state, or sets attributes of it.
func (r rig) put(k entity.Key, attrs ...ngsi.Attr) {
	r.Helper()
	r.do(k, func(old *ngsi.Entity) (*ngsi.Entity, error) {
		if old == nil {
			return &ngsi.Entity{Types: []string{"Vehicle"}, Attrs: attrs}, nil
		}
		e := old.Clone()
		for _, a := range attrs {
			e.Set(a)
		}
		return e, nil
	})
}

func (r rig) get(k entity.Key, a temporal.Ask) temporal.Page {
	r.Helper()
	p, err := r.s.Get(r.Context(), k, a)
	if err != nil {
		r.Fatal(err)
	}
	return p
}

func (r rig) ask(a temporal.Ask) temporal.Page {
	r.Helper()
	if a.Limit == 0 && !a.Count {
		a.Limit = 20
	}
	p, err := r.s.Query(r.Context(), a)
	if err != nil {
		r.Fatal(err)
	}
	return p
}

// show writes an evolution in few words: "speed 120@12:03 80@12:05; ...", a tombstone as "-@time".
func show(v *form.Evolution) string {
	var parts []string
	for _, c := range v.Attrs {
		name := c.Name
		if c.Dataset != "" {
			name += "/" + c.Dataset[strings.LastIndexByte(c.Dataset, ':')+1:]
		}
		words := []string{name}
		for _, i := range c.Instances {
			w := string(i.Value)
			if !i.DeletedAt.IsZero() {
				w = "-"
			}
			if !i.ObservedAt.IsZero() {
				w += "@" + i.ObservedAt.Format("15:04")
			}
			words = append(words, w)
		}
		parts = append(parts, strings.Join(words, " "))
	}
	return strings.Join(parts, "; ")
}

func shows(p temporal.Page) string {
	var out []string
	for _, v := range p.Evolutions {
		out = append(out, v.ID[strings.LastIndexByte(v.ID, ':')+1:]+": "+show(v))
	}
	return strings.Join(out, " | ")
}

func (r rig) want(got, want string) {
	r.Helper()
	if got != want {
		r.Errorf("\n got %s\nwant %s", got, want)
	}
}

func times(rel, t, end, property string) *query.Times {
	q, err := query.ParseTimes(rel, t, end, property)
	if err != nil {
		panic(err)
	}
	return q
}

// ETSI GS CIM 009 V1.9.1 5.6.11, 5.6.12
func TestRecord(t *testing.T) {
	each(t, temporal.Options{}, func(r rig) {
		r.vehicle(car)
		p := r.get(car, temporal.Ask{})
		r.want(show(p.Evolutions[0]), "fuelLevel 67@12:03 53@13:05 40@14:07; speed 120@12:03 80@12:05 100@12:07")
		v := p.Evolutions[0]
		if !slices.Equal(v.Types, []string{"Vehicle"}) || v.CreatedAt.IsZero() || v.ModifiedAt.IsZero() || !v.DeletedAt.IsZero() {
			r.Errorf("head: %+v", v)
		}
		if _, err := r.e.Find(r.Context(), car); !errs.Is(err, errs.NotFound) {
			r.Errorf("a history made a current state: %v", err)
		}
		first := v.Attrs[1].Instances[0]

		// Adding again: more types, an instance of another time, one of another dataset, and one that corrects.
		created, err := r.s.Record(r.Context(), car, "traffic", []string{"Vehicle", "Truck"}, nil, []ngsi.Attr{
			number("speed", 121, "12:03:00"), number("speed", 90, "12:09:00"), number("fuelLevel", 40, "14:07:00").In("urn:x:d")})
		if err != nil || created {
			r.Fatalf("%v, created %v", err, created)
		}
		p = r.get(car, temporal.Ask{})
		r.want(show(p.Evolutions[0]), "fuelLevel 67@12:03 53@13:05 40@14:07; fuelLevel/d 40@14:07; speed 121@12:03 80@12:05 100@12:07 90@12:09")
		if got := p.Evolutions[0].Attrs[2].Instances[0]; got.InstanceID != first.InstanceID {
			r.Errorf("the corrected instance is called %s, not %s", got.InstanceID, first.InstanceID)
		}
		if got := p.Evolutions[0].Types; !slices.Equal(got, []string{"Vehicle", "Truck"}) {
			r.Errorf("types %v", got)
		}
		if err := r.s.Add(r.Context(), entity.Key{ID: "urn:x:none"}, nil, nil, []ngsi.Attr{number("speed", 1, "12:00:00")}); !errs.Is(err, errs.NotFound) {
			r.Errorf("added to nothing: %v", err)
		}
		if err := r.s.Add(r.Context(), car, nil, nil, []ngsi.Attr{ngsi.RelAttr("ref", "no uri")}); !errs.Is(err, errs.Invalid) {
			r.Errorf("a relationship to no URI: %v", err)
		}
		for _, id := range []string{"invalid", ""} {
			if _, err := r.s.Record(r.Context(), entity.Key{ID: id}, "traffic", []string{"Vehicle"}, nil, nil); !errs.Is(err, errs.Invalid) {
				r.Errorf("id %q: %v", id, err)
			}
		}

		// An instance may be the tombstone that 4.5.7 describes.
		null := ngsi.TextAttr("speed", ngsi.Null).At(at("2020-08-01T13:00:00Z"))
		if err := r.s.Add(r.Context(), car, nil, nil, []ngsi.Attr{null}); err != nil {
			r.Fatal(err)
		}
		p = r.get(car, temporal.Ask{Times: times("after", "2020-08-01T12:09:00Z", "", ""), Attrs: []string{"speed"}})
		r.want(show(p.Evolutions[0]), "speed 90@12:09 -@13:00")
	})
}

// A history may come to be a part of the current state, and tenants are apart.
func TestRecordThenCreate(t *testing.T) {
	each(t, temporal.Options{}, func(r rig) {
		r.vehicle(car)
		other := entity.Key{Tenant: "port", ID: car.ID}
		if _, err := r.s.Get(r.Context(), other, temporal.Ask{}); !errs.Is(err, errs.NotFound) {
			r.Errorf("seen from another tenant: %v", err)
		}
		r.vehicle(other)
		r.put(car, number("speed", 130, "15:00:00"), ngsi.TextAttr("brand", "Haihe"))
		p := r.get(car, temporal.Ask{})
		r.want(show(p.Evolutions[0]), `brand "Haihe"; fuelLevel 67@12:03 53@13:05 40@14:07; speed 120@12:03 80@12:05 100@12:07 130@15:00`)
		r.want(show(r.get(other, temporal.Ask{}).Evolutions[0]), "fuelLevel 67@12:03 53@13:05 40@14:07; speed 120@12:03 80@12:05 100@12:07")
		after := times("after", "2020-01-01T00:00:00Z", "", "")
		r.want(shows(r.ask(temporal.Ask{Times: after, Attrs: []string{"speed"}})), "1: speed 120@12:03 80@12:05 100@12:07 130@15:00")
		r.want(shows(r.ask(temporal.Ask{Tenant: "port", Times: after, Attrs: []string{"speed"}})), "1: speed 120@12:03 80@12:05 100@12:07")
	})
}

// ETSI GS CIM 009 V1.9.1 4.11
func TestTimes(t *testing.T) {
	each(t, temporal.Options{}, func(r rig) {
		r.vehicle(car)
		for _, c := range []struct{ rel, at, end, want string }{
			{"after", "2020-08-01T12:05:00Z", "", "80@12:05 100@12:07"},
			{"after", "2020-08-01T12:05:00.000Z", "", "80@12:05 100@12:07"},
			{"after", "2020-08-01T12:05:00.000001Z", "", "100@12:07"},
			{"before", "2020-08-01T12:05:00Z", "", "120@12:03"},
			{"between", "2020-08-01T12:03:00Z", "2020-08-01T12:05:00Z", "120@12:03"},
			{"between", "2020-08-01T12:03:00Z", "2020-08-01T12:07:00.1Z", "120@12:03 80@12:05 100@12:07"},
		} {
			p := r.get(car, temporal.Ask{Times: times(c.rel, c.at, c.end, ""), Attrs: []string{"speed"}})
			r.want(c.rel+" "+show(p.Evolutions[0]), c.rel+" speed "+c.want)
		}
		p := r.get(car, temporal.Ask{Times: times("after", "2021-01-01T00:00:00Z", "", "")})
		r.want(show(p.Evolutions[0]), "")
		if got := r.ask(temporal.Ask{Times: times("after", "2021-01-01T00:00:00Z", "", "")}); len(got.Evolutions) != 0 {
			r.Errorf("an entity without instances in the interval is answered: %s", shows(got))
		}
		// Instances bear the time when they were entered.
		if got := r.ask(temporal.Ask{Times: times("after", "2026-01-01T00:00:00Z", "", "createdAt"), Attrs: []string{"speed"}}); shows(got) != "1: speed 120@12:03 80@12:05 100@12:07" {
			r.Errorf("createdAt: %s", shows(got))
		}
		p = r.get(car, temporal.Ask{Times: times("", "", "", "deletedAt")})
		r.want(show(p.Evolutions[0]), "")
		if _, err := r.s.Get(r.Context(), car, temporal.Ask{Attrs: []string{"unknown"}}); !errs.Is(err, errs.NotFound) {
			r.Errorf("an attribute that never was: %v", err)
		}
	})
}

// Deletions leave tombstones that timeproperty=deletedAt finds (4.5.7, 4.5.8); the entity keeps its history (T09).
func TestTombstones(t *testing.T) {
	each(t, temporal.Options{}, func(r rig) {
		r.put(car, ngsi.TextAttr("brand", "Haihe"), ngsi.RelAttr("parkedAt", "urn:x:p1"), ngsi.NumberAttr("speed", 1, ""), ngsi.NumberAttr("speed", 2, "").In("urn:x:d"))
		r.do(car, func(old *ngsi.Entity) (*ngsi.Entity, error) {
			e := old.Clone()
			e.Attrs = slices.DeleteFunc(e.Attrs, func(a ngsi.Attr) bool { return a.Name == "parkedAt" || a.Name == "speed" && a.DatasetID != "" })
			return e, nil
		})
		gone := temporal.Ask{Times: times("", "", "", "deletedAt")}
		p := r.get(car, gone)
		r.want(show(p.Evolutions[0]), "parkedAt -; speed/d -")
		i := p.Evolutions[0].Attrs[0]
		if i.Kind != ngsi.Relationship || i.Instances[0].InstanceID == "" || i.Instances[0].Value != nil {
			r.Errorf("tombstone: %+v", i)
		}
		r.want(show(r.get(car, temporal.Ask{}).Evolutions[0]), `brand "Haihe"; parkedAt "urn:x:p1" -; speed 1; speed/d 2 -`)

		r.do(car, func(*ngsi.Entity) (*ngsi.Entity, error) { return nil, nil })
		p = r.get(car, gone)
		r.want(show(p.Evolutions[0]), "brand -; parkedAt -; speed -; speed/d -")
		if p.Evolutions[0].DeletedAt.IsZero() {
			r.Error("the entity bears no deletedAt")
		}
		r.want(shows(r.ask(temporal.Ask{Times: times("after", "2026-01-01T00:00:00Z", "", "deletedAt"),
			Select: &filter.Selection{Types: query.SelectTypes("Vehicle")}, Attrs: []string{"brand"}})), "1: brand -")

		r.put(car, ngsi.TextAttr("brand", "Jinghai"))
		p = r.get(car, temporal.Ask{Attrs: []string{"brand"}})
		r.want(show(p.Evolutions[0]), `brand "Haihe" - "Jinghai"`)
		if !p.Evolutions[0].DeletedAt.IsZero() {
			r.Error("an entity that is there again bears a deletedAt")
		}
	})
}

// With Forget the deletion of an entity takes its history along.
func TestForget(t *testing.T) {
	each(t, temporal.Options{Forget: true}, func(r rig) {
		r.put(car, ngsi.TextAttr("brand", "Haihe"))
		r.do(car, func(*ngsi.Entity) (*ngsi.Entity, error) { return nil, nil })
		if _, err := r.s.Get(r.Context(), car, temporal.Ask{}); !errs.Is(err, errs.NotFound) {
			r.Errorf("still there: %v", err)
		}
	})
}

// ETSI GS CIM 009 V1.9.1 5.6.13 to 5.6.16
func TestAmend(t *testing.T) {
	each(t, temporal.Options{}, func(r rig) {
		r.put(car, ngsi.TextAttr("brand", "Haihe"), ngsi.TextAttr("colour", "red"))
		r.put(car, ngsi.TextAttr("brand", "Jinghai"))
		r.put(car, ngsi.TextAttr("brand", "Wuqing"))
		if err := r.s.Add(r.Context(), car, nil, nil, []ngsi.Attr{number("speed", 1, "12:00:00"), number("speed", 2, "12:01:00"), number("speed", 3, "12:02:00").In("urn:x:d")}); err != nil {
			r.Fatal(err)
		}
		ids := map[string]string{}
		for _, c := range r.get(car, temporal.Ask{}).Evolutions[0].Attrs {
			for _, i := range c.Instances {
				if ids[string(i.Value)] = i.InstanceID; !ngsi.IsURI(i.InstanceID) {
					r.Errorf("instanceId %q", i.InstanceID)
				}
			}
		}
		ok := func(err error) {
			r.Helper()
			if err != nil {
				r.Error(err)
			}
		}
		ok(r.s.DeleteInstance(r.Context(), car, "brand", ids[`"Haihe"`]))
		ok(r.s.Modify(r.Context(), car, "brand", ids[`"Jinghai"`], ngsi.TextAttr("", "Baodi")))
		ok(r.s.DeleteInstance(r.Context(), car, "speed", ids["1"]))
		ok(r.s.Modify(r.Context(), car, "speed", ids["2"], number("", 22, "12:30:00")))
		p := r.get(car, temporal.Ask{})
		r.want(show(p.Evolutions[0]), `brand "Baodi" "Wuqing"; colour "red"; speed 22@12:30; speed/d 3@12:02`)
		for _, c := range p.Evolutions[0].Attrs {
			for _, i := range c.Instances {
				old := map[string]string{`"Baodi"`: `"Jinghai"`, "22": "2"}[string(i.Value)]
				if old == "" {
					old = string(i.Value)
				} else if !i.ModifiedAt.After(i.CreatedAt) {
					r.Errorf("%s was modified, but not later than created", i.Value)
				}
				if i.InstanceID != ids[old] {
					r.Errorf("the instance %s is called %s, not %s", i.Value, i.InstanceID, ids[old])
				}
				if len(i.Members) > 0 {
					r.Errorf("the instance %s shows members that are ours: %v", i.Value, i.Members)
				}
			}
		}
		ok(r.s.Modify(r.Context(), car, "brand", ids[`"Jinghai"`], ngsi.TextAttr("", "Ninghe"))) // again, by the same id
		if e, err := r.e.Find(r.Context(), car); err != nil {
			r.Error(err)
		} else if b, _ := e.Text("brand"); b != "Wuqing" {
			r.Errorf("the current state was amended too: %s", b)
		}
		missing := func(err error) {
			r.Helper()
			if !errs.Is(err, errs.NotFound) {
				r.Errorf("not missed: %v", err)
			}
		}
		missing(r.s.DeleteInstance(r.Context(), car, "speed", ids["1"]))
		missing(r.s.DeleteInstance(r.Context(), car, "brand", ids["3"]))
		missing(r.s.DeleteInstance(r.Context(), car, "none", ids["3"]))
		missing(r.s.DeleteInstance(r.Context(), car, "brand", "urn:ngsi-ld:instance:999999-0"))
		missing(r.s.DeleteInstance(r.Context(), car, "brand", "urn:x:y"))
		missing(r.s.Modify(r.Context(), entity.Key{ID: "urn:x:none"}, "brand", ids["3"], ngsi.TextAttr("", "x")))
		missing(r.s.DeleteAttr(r.Context(), car, "none", "", true))
		missing(r.s.DeleteAttr(r.Context(), car, "speed", "urn:x:other", false))
		missing(r.s.DeleteAttr(r.Context(), entity.Key{ID: "urn:x:none"}, "speed", "", true))

		ok(r.s.DeleteAttr(r.Context(), car, "speed", "", false))
		r.want(show(r.get(car, temporal.Ask{}).Evolutions[0]), `brand "Ninghe" "Wuqing"; colour "red"; speed/d 3@12:02`)
		ok(r.s.DeleteAttr(r.Context(), car, "speed", "", true))
		ok(r.s.DeleteAttr(r.Context(), car, "brand", "", true))
		r.want(show(r.get(car, temporal.Ask{}).Evolutions[0]), `colour "red"`)

		ok(r.s.Delete(r.Context(), car))
		missing(r.s.Delete(r.Context(), car))
		if _, err := r.s.Get(r.Context(), car, temporal.Ask{}); !errs.Is(err, errs.NotFound) {
			r.Errorf("still there: %v", err)
		}
		if _, err := r.e.Find(r.Context(), car); err != nil {
			r.Errorf("the current state went with the history: %v", err)
		}
		r.put(car, ngsi.TextAttr("brand", "Haihe"))
		r.want(show(r.get(car, temporal.Ask{}).Evolutions[0]), `brand "Haihe"`)
	})
}

// ETSI GS CIM 009 V1.9.1 6.3.10: pages in time, forwards and with lastN backwards.
func TestPagesInTime(t *testing.T) {
	each(t, temporal.Options{}, func(r rig) {
		var list []ngsi.Attr
		for i := range 20 {
			at := at("2020-01-01T00:00:00Z").Add(time.Duration(i) * time.Minute)
			list = append(list, ngsi.NumberAttr("speed", float64(i), "").At(at), ngsi.NumberAttr("fuelLevel", float64(i), "").At(at.Add(time.Hour)))
		}
		if _, err := r.s.Record(r.Context(), car, "traffic", []string{"Vehicle"}, nil, list); err != nil {
			r.Fatal(err)
		}
		p := r.get(car, temporal.Ask{PageSize: 30})
		if !p.Cut || len(p.Evolutions[0].Attrs[0].Instances) != 10 || len(p.Evolutions[0].Attrs[1].Instances) != 20 ||
			!p.From.Equal(at("2020-01-01T00:00:00Z")) || !p.To.Equal(at("2020-01-01T01:09:00Z")) {
			r.Errorf("forwards: %v %v %v %s", p.Cut, p.From, p.To, show(p.Evolutions[0]))
		}
		p = r.get(car, temporal.Ask{PageSize: 15})
		if len(p.Evolutions[0].Attrs) != 2 || p.Evolutions[0].Attrs[0].Instances == nil || len(p.Evolutions[0].Attrs[0].Instances) != 0 {
			r.Errorf("a course that is cut away is not there as an empty one: %s", show(p.Evolutions[0]))
		}
		p = r.get(car, temporal.Ask{PageSize: 30, LastN: 18})
		if !p.Cut || len(p.Evolutions[0].Attrs[0].Instances) != 18 || len(p.Evolutions[0].Attrs[1].Instances) != 12 ||
			!p.To.Equal(at("2020-01-01T01:19:00Z")) || !p.From.Equal(at("2020-01-01T00:08:00Z")) {
			r.Errorf("backwards: %v %v %v %s", p.Cut, p.From, p.To, show(p.Evolutions[0]))
		}
		p = r.get(car, temporal.Ask{PageSize: 30, LastN: 3})
		r.want(show(p.Evolutions[0]), "fuelLevel 19@01:19 18@01:18 17@01:17; speed 19@00:19 18@00:18 17@00:17")
		if p.Cut {
			r.Error("what lastN leaves out is not cut")
		}
		// Whoever follows the pages meets every instance, and those of one time together.
		seen, from := 0, "2020-01-01T00:00:00Z"
		for n := 0; ; n++ {
			p := r.get(car, temporal.Ask{PageSize: 7, Times: times("after", from, "", "")})
			for _, c := range p.Evolutions[0].Attrs {
				seen += len(c.Instances)
			}
			if !p.Cut {
				break
			}
			if from = p.To.Add(time.Microsecond).Format("2006-01-02T15:04:05.000000Z"); n > 40 {
				r.Fatal("no end")
			}
		}
		if seen != 40 {
			r.Errorf("met %d instances of 40", seen)
		}
	})
}

// ETSI GS CIM 009 V1.9.1 5.7.4.4: conditions hold for instances within the interval.
func TestQuery(t *testing.T) {
	each(t, temporal.Options{}, func(r rig) {
		record := func(id string, attrs ...ngsi.Attr) {
			r.Helper()
			if _, err := r.s.Record(r.Context(), entity.Key{ID: "urn:ngsi-ld:Vehicle:" + id}, "traffic", []string{"Vehicle"}, nil, attrs); err != nil {
				r.Fatal(err)
			}
		}
		record("fast", number("speed", 30, "12:00:00"), number("speed", 90, "09:00:00"), number("heading", 45, "12:00:00"))
		record("slow", number("speed", 10, "12:00:00"), number("speed", 80, "09:00:00"))
		record("none", number("speed", 99, "09:00:00"))
		record("multi", number("speed", 5, "12:00:00"), number("speed", 60, "12:00:00").In("urn:x:d"))
		record("here", ngsi.PointAttr("location", 117.2, 39.1).At(at("2020-08-01T12:00:00Z")))
		record("there", ngsi.PointAttr("location", 110, 40).At(at("2020-08-01T12:00:00Z")), ngsi.PointAttr("location", 117.2, 39.1).At(at("2020-08-01T09:00:00Z")))
		if _, err := r.s.Record(r.Context(), entity.Key{ID: "urn:ngsi-ld:Bus:b"}, "traffic", []string{"Bus"}, nil, []ngsi.Attr{number("speed", 70, "12:00:00")}); err != nil {
			r.Fatal(err)
		}
		window := times("between", "2020-08-01T11:00:00Z", "2020-08-01T13:00:00Z", "")
		q := func(s string) *filter.Selection {
			x, err := query.ParseQ(s, query.QOptions{})
			if err != nil {
				r.Fatal(err)
			}
			return &filter.Selection{Types: query.SelectTypes("Vehicle"), Q: x}
		}
		for _, c := range []struct{ q, want string }{
			{"speed>25", "fast: heading 45@12:00; speed 30@12:00 | multi: speed 5@12:00; speed/d 60@12:00"},
			{"speed==10", "slow: speed 10@12:00"},
			{"speed>25;heading<90", "fast: heading 45@12:00; speed 30@12:00"},
			{"!heading;speed>50", "multi: speed 5@12:00; speed/d 60@12:00"},
			{"speed>1000", ""},
		} {
			r.want(c.q+" "+shows(r.ask(temporal.Ask{Times: window, Select: q(c.q)})), c.q+" "+c.want)
		}
		near, err := query.ParseGeo("near;maxDistance==1000", "Point", "[117.2,39.1]", "", nil)
		if err != nil {
			r.Fatal(err)
		}
		r.want(shows(r.ask(temporal.Ask{Times: window, Select: &filter.Selection{Geo: near}})), `here: location {"type":"Point","coordinates":[117.2,39.1]}@12:00`)
		only := temporal.Ask{Times: window, Select: &filter.Selection{Types: query.SelectTypes("Bus", "Vehicle")}, Attrs: []string{"speed"}, Datasets: []string{"@none"}}
		r.want(shows(r.ask(only)), "fast: speed 30@12:00 | slow: speed 10@12:00 | multi: speed 5@12:00 | b: speed 70@12:00")
		only.Datasets = []string{"urn:x:d"}
		r.want(shows(r.ask(only)), "multi: speed/d 60@12:00")
		only.Datasets, only.Select = nil, &filter.Selection{IDs: []string{"urn:ngsi-ld:Bus:b", "urn:ngsi-ld:Vehicle:none", "urn:x:never"}}
		r.want(shows(r.ask(only)), "b: speed 70@12:00")

		// Pages through entities.
		all := temporal.Ask{Times: window, Attrs: []string{"speed"}, Limit: 2, Count: true}
		p := r.ask(all)
		r.want(shows(p), "fast: speed 30@12:00 | slow: speed 10@12:00")
		if p.Total != 4 || p.Next == "" {
			r.Errorf("total %d, next %q", p.Total, p.Next)
		}
		second := all
		second.After = p.Next
		p = r.ask(second)
		r.want(shows(p), "multi: speed 5@12:00; speed/d 60@12:00 | b: speed 70@12:00")
		if p.Total != 4 || p.Next != "" {
			r.Errorf("total %d, next %q", p.Total, p.Next)
		}
		all.Offset = 3
		r.want(shows(r.ask(all)), "b: speed 70@12:00")
		all.Offset, all.Limit, all.Order = 0, 20, "-id"
		r.want(shows(r.ask(all)), "slow: speed 10@12:00 | multi: speed 5@12:00; speed/d 60@12:00 | fast: speed 30@12:00 | b: speed 70@12:00")
	})
}

// A scope is valid from when it was set until it was set anew (4.18, C.5.16).
func TestScope(t *testing.T) {
	each(t, temporal.Options{}, func(r rig) {
		scope := func(v, clock string) ngsi.Attr {
			return ngsi.Attr{Name: "scope", Value: json.RawMessage(v)}.At(at("2020-08-01T" + clock + "Z"))
		}
		record := func(id string, attrs ...ngsi.Attr) {
			r.Helper()
			if _, err := r.s.Record(r.Context(), entity.Key{ID: "urn:x:" + id}, "traffic", []string{"Vehicle"}, nil, attrs); err != nil {
				r.Fatal(err)
			}
		}
		record("ab", scope(`"/A/B"`, "10:00:00"), number("speed", 1, "12:05:00"))
		record("bare", number("speed", 2, "12:05:00"))
		record("both", scope(`["/A/B","/C"]`, "10:00:00"), number("speed", 3, "12:05:00"))
		record("rep", scope(`"/R"`, "10:00:00"), scope(`"/S"`, "12:30:00"), number("speed", 4, "12:15:00"), number("speed", 5, "12:45:00"))
		record("late", scope(`"/Z"`, "14:00:00"), number("speed", 6, "12:05:00"))
		window := times("between", "2020-08-01T12:00:00Z", "2020-08-01T13:00:00Z", "")
		for _, c := range []struct{ q, want string }{
			{"/A/B", `ab: scope "/A/B"@10:00; speed 1@12:05 | both: scope ["/A/B","/C"]@10:00; speed 3@12:05`},
			{"/A/#", `ab: scope "/A/B"@10:00; speed 1@12:05 | both: scope ["/A/B","/C"]@10:00; speed 3@12:05`},
			{"(/A/B;/C)", `both: scope ["/A/B","/C"]@10:00; speed 3@12:05`},
			{"/R", `rep: scope "/R"@10:00 "/S"@12:30; speed 4@12:15`},
			{"/S", `rep: scope "/R"@10:00 "/S"@12:30; speed 5@12:45`},
			{"/Z", ""},
		} {
			sq, err := query.ParseScope(c.q)
			if err != nil {
				r.Fatal(err)
			}
			r.want(c.q+" "+shows(r.ask(temporal.Ask{Times: window, Select: &filter.Selection{Scope: sq}})), c.q+" "+c.want)
		}
		// Of the current state the time of observation is that of the change (4.5.6).
		k := entity.Key{ID: "urn:x:now"}
		r.do(k, func(*ngsi.Entity) (*ngsi.Entity, error) {
			return &ngsi.Entity{Types: []string{"Vehicle"}, Scope: []string{"/Old"}, Attrs: []ngsi.Attr{ngsi.NumberAttr("speed", 1, "")}}, nil
		})
		r.do(k, func(old *ngsi.Entity) (*ngsi.Entity, error) {
			e := old.Clone()
			e.Scope = []string{"/New"}
			return e, nil
		})
		v := r.get(k, temporal.Ask{}).Evolutions[0]
		r.want(fmt.Sprint(v.Attrs[0].Name, " ", string(v.Attrs[0].Instances[0].Value), " ", string(v.Attrs[0].Instances[1].Value)), `scope "/Old" "/New"`)
		if i := v.Attrs[0].Instances[1]; !i.ObservedAt.Equal(i.ModifiedAt) || i.ObservedAt.IsZero() {
			r.Errorf("observed %v, modified %v", i.ObservedAt, i.ModifiedAt)
		}
		r.do(k, func(old *ngsi.Entity) (*ngsi.Entity, error) {
			e := old.Clone()
			e.Scope = nil
			return e, nil
		})
		r.want(show(r.get(k, temporal.Ask{Times: times("", "", "", "deletedAt")}).Evolutions[0]), "scope -")
	})
}

// A deletion of what only the history knows leaves a tombstone too.
func TestBury(t *testing.T) {
	each(t, temporal.Options{}, func(r rig) {
		r.vehicle(car)
		if _, err := r.s.Record(r.Context(), car, "traffic", []string{"Vehicle"}, []string{"/A", "/B"}, []ngsi.Attr{ngsi.RelAttr("at", "urn:x:1").At(at("2020-08-01T12:00:00Z"))}); err != nil {
			r.Fatal(err)
		}
		for _, attr := range []string{"fuelLevel", "at", "scope"} {
			if err := r.s.Bury(r.Context(), car, attr, "", false); err != nil {
				r.Error(err)
			}
			if err := r.s.Bury(r.Context(), car, attr, "", false); !errs.Is(err, errs.NotFound) {
				r.Errorf("%s was buried twice: %v", attr, err)
			}
		}
		p := r.get(car, temporal.Ask{Times: times("", "", "", "deletedAt")})
		r.want(show(p.Evolutions[0]), "at -; fuelLevel -; scope -")
		if c := p.Evolutions[0].Attrs[0]; c.Kind != ngsi.Relationship || c.Instances[0].Value != nil {
			r.Errorf("tombstone of a relationship: %+v", c)
		}
		r.want(show(r.get(car, temporal.Ask{}).Evolutions[0]), `at "urn:x:1"@12:00 -; fuelLevel 67@12:03 53@13:05 40@14:07 -; scope ["/A","/B"] -; speed 120@12:03 80@12:05 100@12:07`)
		for _, attr := range []string{"none", "fuelLevel"} {
			if err := r.s.Bury(r.Context(), car, attr, "urn:x:d", false); !errs.Is(err, errs.NotFound) {
				r.Errorf("%s: %v", attr, err)
			}
		}
		r.put(car, ngsi.TextAttr("brand", "Haihe"))
		if err := r.s.Bury(r.Context(), car, "brand", "", true); !errs.Is(err, errs.NotFound) {
			r.Errorf("what is part of the current state was buried: %v", err)
		}
	})
}

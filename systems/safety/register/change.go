package register

import (
	"context"
	"slices"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// The grants of the register.
const (
	GrantEdit   = "safety.edit"   // change plants, units and points
	GrantImport = "safety.import" // take whole files
)

// Acts are the words of what this package records.
func Acts() []journal.Word {
	return []journal.Word{
		{Verb: "edit-plant", Title: lang.T("修改企业台账", "Changed a plant's register")},
		{Verb: "set-plant-state", Title: lang.T("登记企业生产状态", "Recorded a plant's state")},
	}
}

// Deed says in whose name the register is changed, and why.
type Deed struct {
	By     *identity.Principal
	Grant  string
	Verb   string         // "edit-plant", "set-plant-state", "import"
	Detail map[string]any // no personal data, no secrets
}

// Counts say what a change did.
type Counts struct{ New, Changed, Unchanged int64 }

// batchPoints is about how many points one transaction takes; a plant is never cut.
const batchPoints = 3000

// Update changes the register. fn is given the plants as they are (by code, not to be changed: see Site.Copy) and gives those that shall be, whole; what it
// does not name stays. A few thousand points are one transaction, a plant is never cut in two: where the database fails in the middle, the plants
// before it stand, and doing the same again completes it.
func (r *Register) Update(ctx context.Context, d Deed, fn func(now map[string]*Site) ([]*Site, error)) (Counts, error) {
	if !d.By.Can(d.Grant) {
		return Counts{}, errs.Say(errs.Denied, "您无权修改企业台账", "you may not change the register of plants")
	}
	r.changing.Lock()
	defer r.changing.Unlock()
	now := r.state.Load().sites
	list, err := fn(now)
	if err != nil {
		return Counts{}, err
	}
	var sum Counts
	for len(list) > 0 {
		n, points := 0, 0
		for n < len(list) && (n == 0 || points+len(list[n].Points) <= batchPoints) {
			points += len(list[n].Points) + len(list[n].Retired)
			n++
		}
		done, err := r.put(ctx, d, now, list[:n])
		if err != nil {
			return sum, errs.Wrap("write the register", err)
		}
		sum.New, sum.Changed, sum.Unchanged = sum.New+done.New, sum.Changed+done.Changed, sum.Unchanged+done.Unchanged
		list = list[n:]
	}
	return sum, nil
}

// put writes some plants in one transaction.
func (r *Register) put(ctx context.Context, d Deed, now map[string]*Site, list []*Site) (Counts, error) {
	var n Counts
	changed := map[string]*Site{}
	err := r.o.DB.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		n = Counts{} // it may run again
		clear(changed)
		if err := r.fetch(tx, now, list); err != nil {
			return err
		}
		for _, want := range list {
			s, points, err := r.putSite(tx, now[want.Code], want)
			if err != nil {
				return err
			}
			switch {
			case s == nil:
				n.Unchanged++
				continue
			case now[want.Code] == nil:
				n.New++
			default:
				n.Changed++
			}
			if err := write(tx, s, points); err != nil {
				return err
			}
			changed[s.Code] = s
		}
		if len(changed) == 0 {
			return nil
		}
		return r.o.Journal.Append(tx, d.act(n, changed))
	})
	if err == nil && len(changed) > 0 {
		r.show(changed)
	}
	return n, err
}

// act is the journal's line: of one plant under its own name, of many by their number.
func (d Deed) act(n Counts, changed map[string]*Site) journal.Act {
	object, detail := "safety.register", map[string]any{"new": n.New, "changed": n.Changed}
	for k, v := range d.Detail {
		detail[k] = v
	}
	if len(changed) == 1 && d.Verb != "import" {
		for code := range changed {
			object = "plant:" + code
		}
	}
	return journal.Act{Actor: d.By.ID, Unit: d.By.Unit, Authority: d.Grant, Verb: d.Verb, Object: object, Detail: detail}
}

// fetch reads the entities that a change may touch in one go.
func (r *Register) fetch(tx *store.Tx, now map[string]*Site, list []*Site) error {
	var ids []string
	for _, s := range list {
		ids = append(ids, PlantURI(s.Code))
		old := now[s.Code]
		for i := range s.Points {
			if p, ok := old.find(s.Points[i].Name); !ok || !p.same(&s.Points[i]) {
				ids = append(ids, PointURI(s.Code, s.Points[i].Name))
			}
		}
	}
	return r.o.Entities.Fetch(tx, ids)
}

// find looks among all points of a plant, those out of service too.
func (s *Site) find(name string) (Point, bool) {
	if s == nil {
		return Point{}, false
	}
	if p, ok := s.Point(name); ok {
		return p, true
	}
	for _, p := range s.Retired {
		if p.Name == name {
			return p, true
		}
	}
	return Point{}, false
}

// putSite writes a plant's entities where they are new or have changed; nil where nothing has. points are those whose rows change.
func (r *Register) putSite(tx *store.Tx, old, want *Site) (s *Site, points []kept, err error) {
	s = want.Copy()
	s.URI = PlantURI(s.Code)
	moved := old == nil || !samePlant(&old.Plant, &s.Plant) || !slices.EqualFunc(old.Units, s.Units, sameUnit)
	if old != nil {
		s.Num = old.Num
	}
	if old == nil || !samePlant(&old.Plant, &s.Plant) {
		if s.Num, err = r.entity(tx, plantEntity(&s.Plant)); err != nil {
			return nil, nil, err
		}
	}
	for i := range s.Points {
		k, err := r.putPoint(tx, old, s, &s.Points[i], false)
		if err != nil {
			return nil, nil, err
		}
		points = append(points, k...)
	}
	for i := range s.Retired {
		k, err := r.putPoint(tx, old, s, &s.Retired[i], true)
		if err != nil {
			return nil, nil, err
		}
		points = append(points, k...)
	}
	if !moved && len(points) == 0 {
		return nil, nil, nil
	}
	return s, points, nil
}

// putPoint writes one point's entity; its row is given back where it changes.
func (r *Register) putPoint(tx *store.Tx, old, s *Site, p *Point, out bool) ([]kept, error) {
	p.URI, p.Plant = PointURI(s.Code, p.Name), s.Code
	was, known := old.find(p.Name)
	if known {
		p.Num = was.Num
		_, in := old.Point(p.Name)
		if in != out && was.same(p) {
			return nil, nil
		}
	}
	num, err := r.entity(tx, pointEntity(&s.Plant, p, out))
	p.Num = num
	return []kept{{*p, out}}, err
}

// entity makes an entity known as it is, and gives its Num.
func (r *Register) entity(tx *store.Tx, e *entity.Entity) (int64, error) {
	was, err := r.o.Entities.GetTx(tx, e.ID)
	if errs.Is(err, errs.NotFound) {
		err = r.o.Entities.Create(tx, e)
		return e.Num, err
	}
	if err != nil {
		return 0, err
	}
	_, err = r.o.Entities.Merge(tx, e.ID, e.Attrs...)
	return was.Num, err
}

// Any finds a point by its name, in service or out of it; a new one has no Num.
func (s *Site) Any(name string) (p Point, out bool) {
	for _, p := range s.Points {
		if p.Name == name {
			return p, false
		}
	}
	for _, p := range s.Retired {
		if p.Name == name {
			return p, true
		}
	}
	return Point{}, false
}

// Put puts a point into a site that may be changed, in the place of that of the same name.
func (s *Site) Put(p Point, out bool) {
	same := func(x Point) bool { return x.Name == p.Name }
	s.Points, s.Retired = slices.DeleteFunc(s.Points, same), slices.DeleteFunc(s.Retired, same)
	if out {
		s.Retired = append(s.Retired, p)
	} else {
		s.Points = append(s.Points, p)
	}
}

// Copy is a site that may be changed.
func (s *Site) Copy() *Site {
	c := &Site{Plant: s.Plant, Units: slices.Clone(s.Units), Points: slices.Clone(s.Points), Retired: slices.Clone(s.Retired)}
	c.Contacts = slices.Clone(s.Contacts)
	for i := range c.Units {
		c.Units[i].Substances = slices.Clone(c.Units[i].Substances)
	}
	return c
}

func samePlant(a, b *Plant) bool {
	x, y := *a, *b
	x.Num, y.Num, x.URI, y.URI = 0, 0, "", ""
	same := slices.Equal(x.Contacts, y.Contacts) && x.ExposedAt.Equal(y.ExposedAt)
	x.Contacts, y.Contacts, x.ExposedAt, y.ExposedAt = nil, nil, a.ExposedAt, a.ExposedAt
	return same && plain(x) == plain(y)
}

// plain is a plant without what cannot be compared.
func plain(p Plant) any {
	return struct {
		a, b, c, d, e, f, g, h, i string
		lon, lat                  float64
		exposed                   int
	}{p.Code, p.Name, string(p.Kind), p.Unit, p.District, string(p.Feed), p.Endpoint, p.Secret, string(p.State), p.Lon, p.Lat, p.Exposed}
}

func sameUnit(a, b HazardUnit) bool {
	return a.Plant == b.Plant && a.Code == b.Code && a.Name == b.Name && a.Kind == b.Kind && slices.EqualFunc(a.Substances, b.Substances, func(x, y Substance) bool {
		at := x.At.Equal(y.At)
		x.At = y.At
		return at && x == y
	})
}

// SetPassword seals a password for a plant of a site that may be changed: "" leaves what is known, "-" takes it away.
func (p *Plant) SetPassword(password string) (err error) {
	switch {
	case password == "":
	case password == "-":
		p.Secret = ""
	case !p.Opens(password):
		p.Secret, err = Seal(password)
	}
	return err
}

// Differ names what differs between two states of a plant, for the journal: names of fields and of points, no values.
func Differ(was, now *Site) (out []string) {
	a, b := &was.Plant, &now.Plant
	for _, x := range []struct {
		name string
		same bool
	}{{"name", a.Name == b.Name}, {"kind", a.Kind == b.Kind}, {"district", a.District == b.District}, {"unit", a.Unit == b.Unit}, {"place", a.Lon == b.Lon && a.Lat == b.Lat}, {"feed", a.Feed == b.Feed && a.Endpoint == b.Endpoint},
		{"password", a.Secret == b.Secret}, {"state", a.State == b.State}, {"exposed", a.Exposed == b.Exposed && a.ExposedAt.Equal(b.ExposedAt)}, {"contacts", slices.Equal(a.Contacts, b.Contacts)}} {
		if !x.same {
			out = append(out, x.name)
		}
	}
	for _, u := range now.Units {
		if old, ok := was.Unit(u.Code); !ok || !sameUnit(old, u) {
			out = append(out, "unit:"+u.Code)
		}
	}
	for _, list := range [2][]Point{now.Points, now.Retired} {
		for i := range list {
			old, oldOut := was.Any(list[i].Name)
			if _, newOut := now.Any(list[i].Name); old.Num == 0 || oldOut != newOut || !old.same(&list[i]) {
				out = append(out, "point:"+list[i].Name)
			}
		}
	}
	return out
}

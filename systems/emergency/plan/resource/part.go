package resource

import (
	"context"
	"embed"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/emergency/incident"
	"github.com/haihe-city/haihe/systems/emergency/situation/area"
)

//go:embed table/*.sql
var tables embed.FS

// Kind is what a resource is.
type Kind string

// Kinds are all of them.
var Kinds = []Kind{"team", "vehicle", "material", "shelter", "expert"}

// Known tells whether there is such a kind.
func (k Kind) Known() bool {
	for _, x := range Kinds {
		if x == k {
			return true
		}
	}
	return false
}

// Text names a kind.
func (k Kind) Text() lang.Text {
	switch k {
	case "team":
		return lang.T("救援队伍（人）", "Teams (people)")
	case "vehicle":
		return lang.T("车辆装备（台）", "Vehicles")
	case "material":
		return lang.T("应急物资（件）", "Materials (pieces)")
	case "shelter":
		return lang.T("避难场所（人）", "Shelters (places)")
	case "expert":
		return lang.T("专家（人）", "Experts")
	}
	return lang.Same(string(k))
}

// Resource is one of them. Lent counts what incidents have now; whom to ask is the unit's duty officer, so that nobody's telephone lies here.
type Resource struct {
	ID       string
	Kind     Kind
	Name     string
	Unit     string
	District string
	Place    string
	Located  bool
	At       area.Point
	Total    int64
	Lent     int64
	Ready    bool
	Note     string
}

// Free is how many can be lent.
func (r Resource) Free() int64 {
	if !r.Ready {
		return 0
	}
	return r.Total - r.Lent
}

// Loan is what an incident has of a resource.
type Loan struct {
	ID, Resource, Incident string
	Amount                 int64
	At, Ended              time.Time
}

// GrantEdit lets somebody keep the register of resources.
const (
	grantRead = "emergency.read"
	GrantEdit = "emergency.resource"
)

// Grants are what people may do here, with the roles that bring it.
func Grants() []identity.Grant {
	return []identity.Grant{{Name: GrantEdit, Title: lang.T("维护应急资源", "Keep the register of resources"), Roles: []string{identity.RoleOfficer, identity.RoleLeader}}}
}

// Acts are the verbs that this part records.
func Acts() []journal.Word {
	return []journal.Word{
		{Verb: "save-resource", Title: lang.T("登记应急资源", "Saved a resource")},
		{Verb: "lend-resource", Title: lang.T("调用应急资源", "Lent a resource to an incident")},
		{Verb: "return-resource", Title: lang.T("归还应急资源", "Returned a resource")},
	}
}

const columns = `id, kind, name, unit, district, place, located, lon, lat, total, lent, ready, note`

var (
	qPut = store.Q("emergency_resource_put", `INSERT INTO emergency_resource (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, name = excluded.name, unit = excluded.unit, district = excluded.district, place = excluded.place, located = excluded.located, lon = excluded.lon, lat = excluded.lat, total = excluded.total, ready = excluded.ready, note = excluded.note`)
	qGet  = store.Q("emergency_resource_get", `SELECT `+columns+` FROM emergency_resource WHERE id = $1`)
	qAll  = store.Q("emergency_resource_all", `SELECT `+columns+` FROM emergency_resource ORDER BY kind, name, id LIMIT 5000`)
	qLend = store.Q("emergency_resource_lend", `UPDATE emergency_resource SET lent = lent + $2 WHERE id = $1 AND ready AND total - lent >= $2`)
	qBack = store.Q("emergency_resource_back", `UPDATE emergency_resource SET lent = lent - $2 WHERE id = $1`)

	qLoan     = store.Q("emergency_loan_put", `INSERT INTO emergency_loan (id, resource, incident, amount, at, ended) VALUES ($1, $2, $3, $4, $5, 0)`)
	qLoanGet  = store.Q("emergency_loan_get", `SELECT id, resource, incident, amount, at, ended FROM emergency_loan WHERE id = $1`)
	qLoans    = store.Q("emergency_loan_of", `SELECT id, resource, incident, amount, at, ended FROM emergency_loan WHERE incident = $1 ORDER BY at, id`)
	qLoanEnd  = store.Q("emergency_loan_end", `UPDATE emergency_loan SET ended = $2 WHERE id = $1 AND ended = 0`)
	qLoanMove = store.Q("emergency_loan_move", `UPDATE emergency_loan SET incident = $2 WHERE incident = $1`)
)

// Options are what the part works with.
type Options struct {
	DB        *store.DB
	Incidents *incident.Part
	Journal   *journal.Journal
	People    *identity.Service
	Clock     host.Clock
}

// Part is the resources of the city.
type Part struct{ o Options }

// New opens the part.
func New(ctx context.Context, o Options) (*Part, error) {
	if err := o.DB.Migrate(ctx, "emergency.resource", tables); err != nil {
		return nil, errs.Wrap("open the resources", err)
	}
	p := &Part{o}
	o.Incidents.With(func(tx *store.Tx, from, to string) error {
		_, err := tx.Exec(qLoanMove, from, to)
		return err
	}, p.section)
	return p, nil
}

// Jobs are what the part does by itself: nothing.
func (p *Part) Jobs() []host.Job { return nil }

func resources(tx *store.Tx, q store.Stmt, args ...any) (out []Resource, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		var r Resource
		var kind string
		if err := scan(&r.ID, &kind, &r.Name, &r.Unit, &r.District, &r.Place, &r.Located, &r.At[0], &r.At[1], &r.Total, &r.Lent, &r.Ready, &r.Note); err != nil {
			return err
		}
		r.Kind = Kind(kind)
		out = append(out, r)
		return nil
	})
	return out, err
}

func loans(tx *store.Tx, q store.Stmt, args ...any) (out []Loan, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		var l Loan
		var at, ended int64
		if err := scan(&l.ID, &l.Resource, &l.Incident, &l.Amount, &at, &ended); err != nil {
			return err
		}
		if l.At = store.Time(at); ended != 0 {
			l.Ended = store.Time(ended)
		}
		out = append(out, l)
		return nil
	})
	return out, err
}

// All gives every resource, by kind and name.
func (p *Part) All(ctx context.Context) (list []Resource, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) (err error) { list, err = resources(tx, qAll); return err })
	return list, errs.Wrap("read the resources", err)
}

// The bounds of a resource.
const (
	mostText  = 200
	mostTotal = 10_000_000
)

// Save registers a resource, or changes the one whose id it bears.
func (p *Part) Save(ctx context.Context, who *identity.Principal, r Resource) (Resource, error) {
	if !who.Can(GrantEdit) {
		return r, errs.Say(errs.Denied, "您没有维护应急资源的权限", "you may not keep the register of resources")
	}
	if r.Name = strings.Join(strings.Fields(r.Name), " "); r.Name == "" || len(r.Name) > mostText || len(r.Place) > mostText || len(r.Note) > mostText {
		return r, errs.Say(errs.Invalid, "请填写名称；名称、地点、说明各不超过 %d 字节", "give it a name; name, place and note have at most %d bytes each", mostText)
	}
	if !r.Kind.Known() || r.Total < 0 || r.Total > mostTotal {
		return r, errs.Say(errs.Invalid, "请选择类别，数量应为 0 至 %d", "choose a kind; the number lies between 0 and %d", mostTotal)
	}
	if _, err := p.o.People.Unit(r.Unit); err != nil {
		return r, errs.Say(errs.Invalid, "请选择所属单位", "choose the unit that has it")
	}
	if r.Located && r.District == "" {
		r.District = area.DistrictOf(r.At)
	}
	err := p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if r.ID == "" {
			r.ID = store.NewID(p.o.Clock.Now())
		} else if old, err := resources(tx, qGet, r.ID); err != nil {
			return err
		} else if len(old) == 0 {
			return missing()
		} else if r.Lent = old[0].Lent; r.Total < r.Lent {
			return errs.Say(errs.Conflict, "已调出 %d，数量不能更少", "%d are lent; the number cannot be less", r.Lent)
		}
		if _, err := tx.Exec(qPut, r.ID, string(r.Kind), r.Name, r.Unit, r.District, r.Place, r.Located, r.At[0], r.At[1], r.Total, r.Lent, r.Ready, r.Note); err != nil {
			return err
		}
		return p.act(tx, who, GrantEdit, "save-resource", r.ID, map[string]any{"kind": r.Kind, "total": r.Total, "ready": r.Ready})
	})
	return r, err
}

func missing() error {
	return errs.Say(errs.NotFound, "没有这项资源", "there is no such resource")
}

// Near is a resource with its distance from a place.
type Near struct {
	Resource
	Km float64
}

// Nearest gives what is free of a kind, the nearest first. What has no coordinates cannot be near anything and is left out.
func Nearest(list []Resource, kind Kind, at area.Point, limit int) (out []Near) {
	for _, r := range list {
		if (kind == "" || r.Kind == kind) && r.Located && r.Free() > 0 {
			out = append(out, Near{r, area.Distance(at, r.At)})
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Km < out[j].Km })
	return out[:min(limit, len(out))]
}

// Lend gives an incident some of a resource. Of two who want the last at once, one is told that it is gone.
func (p *Part) Lend(ctx context.Context, who *identity.Principal, incidentID, id string, amount int64) error {
	if !who.Can(incident.GrantHandle) {
		return errs.Say(errs.Denied, "您没有调用资源的权限", "you may not lend resources")
	}
	if amount < 1 {
		return errs.Say(errs.Invalid, "数量至少为 1", "at least one")
	}
	x, err := p.o.Incidents.Get(ctx, who, incidentID)
	if err != nil {
		return err
	}
	if !x.Times.Closed.IsZero() {
		return errs.Say(errs.Conflict, "事件已结束", "the incident is over")
	}
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		list, err := resources(tx, qGet, id)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return missing()
		}
		n, err := tx.Exec(qLend, id, amount)
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.Say(errs.Conflict, "“%[1]s”可用 %[2]d，不足 %[3]d", "%[1]q has %[2]d free, not %[3]d", list[0].Name, list[0].Free(), amount)
		}
		now := p.o.Clock.Now()
		loan := store.NewID(now)
		if _, err := tx.Exec(qLoan, loan, id, incidentID, amount, store.Micros(now)); err != nil {
			return err
		}
		if err := p.o.Incidents.Line(tx, who, incidentID, "resource", fmt.Sprintf("%s × %d", list[0].Name, amount), map[string]string{"resource": id, "state": "reserved"}); err != nil {
			return err
		}
		return p.act(tx, who, incident.GrantHandle, "lend-resource", id, map[string]any{"incident": incidentID, "amount": amount})
	})
}

// Return ends a loan.
func (p *Part) Return(ctx context.Context, who *identity.Principal, loan string) (incidentID string, err error) {
	if !who.Can(incident.GrantHandle) {
		return "", errs.Say(errs.Denied, "您没有归还资源的权限", "you may not return resources")
	}
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		list, err := loans(tx, qLoanGet, loan)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return errs.Say(errs.NotFound, "没有这次调用", "there is no such loan")
		}
		l := list[0]
		incidentID = l.Incident
		n, err := tx.Exec(qLoanEnd, loan, store.Micros(p.o.Clock.Now()))
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.Say(errs.Conflict, "已经归还", "it has been returned")
		}
		if _, err := tx.Exec(qBack, l.Resource, l.Amount); err != nil {
			return err
		}
		names, err := resources(tx, qGet, l.Resource)
		if err != nil {
			return err
		}
		if err := p.o.Incidents.Line(tx, who, l.Incident, "resource", fmt.Sprintf("%s × %d", names[0].Name, l.Amount), map[string]string{"resource": l.Resource, "state": "released"}); err != nil {
			return err
		}
		return p.act(tx, who, incident.GrantHandle, "return-resource", l.Resource, map[string]any{"incident": l.Incident, "amount": l.Amount})
	})
	return incidentID, err
}

func (p *Part) act(tx *store.Tx, who *identity.Principal, grant, verb, id string, detail map[string]any) error {
	return p.o.Journal.Append(tx, journal.Act{Actor: who.ID, Unit: who.Unit, Authority: grant, Verb: verb, Object: "emergency.resource:" + id, Detail: detail})
}

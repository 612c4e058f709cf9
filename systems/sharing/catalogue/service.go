package catalogue

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/sharing/fresh"
	"github.com/haihe-city/haihe/systems/sharing/page"
	"github.com/haihe-city/haihe/systems/sharing/source"
)

//go:embed table/*.sql
var tables embed.FS

var (
	qPut = store.Q("sharing_resource_put", `INSERT INTO sharing_resource (id, code, unit, state, version, changed, published, doc) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (id) DO UPDATE SET code = excluded.code, unit = excluded.unit, state = excluded.state, version = excluded.version, changed = excluded.changed, published = excluded.published, doc = excluded.doc`)
	qAll      = store.Q("sharing_resource_all", `SELECT id, state, version, changed, published, doc FROM sharing_resource ORDER BY id`)
	qOne      = store.Q("sharing_resource_get", `SELECT id, state, version, changed, published, doc FROM sharing_resource WHERE id = $1`)
	qCode     = store.Q("sharing_resource_code", `SELECT id FROM sharing_resource WHERE code = $1`)
	qVersion  = store.Q("sharing_resource_version_put", `INSERT INTO sharing_resource_version (id, version, at, actor, verb, note, doc) VALUES ($1, $2, $3, $4, $5, $6, $7)`)
	qVersions = store.Q("sharing_resource_versions", `SELECT version, at, actor, verb, note FROM sharing_resource_version WHERE id = $1 ORDER BY version DESC LIMIT 200`)

	qSystems = store.Q("sharing_system_all", `SELECT id, unit, name, name_en, main FROM sharing_system ORDER BY id LIMIT 5000`)
	qSystem  = store.Q("sharing_system_put", `INSERT INTO sharing_system (id, unit, name, name_en, main) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (id) DO UPDATE SET unit = excluded.unit, name = excluded.name, name_en = excluded.name_en, main = excluded.main`)
)

// Options are what the catalogue works with.
type Options struct {
	DB      *store.DB
	Journal *journal.Journal
	People  *identity.Service
	Sources *source.Sources
	Now     func() time.Time
	Wall    func() time.Time
	Changed func() // after each change, for whoever counts; never nil
}

// Part is the catalogue.
type Part struct {
	o    Options
	kept *fresh.Kept[map[string]*Resource]
}

// Acts are the verbs that this part records.
func Acts() []journal.Word {
	return []journal.Word{
		{Verb: "save-resource-entry", Title: lang.T("编制信息资源目录", "Described a resource of the catalogue")},
		{Verb: "publish-resource", Title: lang.T("发布信息资源", "Published a resource")},
		{Verb: "withdraw-resource", Title: lang.T("撤回信息资源", "Withdrew a resource")},
		{Verb: "register-system", Title: lang.T("登记信息系统", "Registered an information system")},
	}
}

// New opens the catalogue.
func New(ctx context.Context, o Options) (*Part, error) {
	if err := o.DB.Migrate(ctx, "sharing.catalogue", tables); err != nil {
		return nil, errs.Wrap("open the catalogue", err)
	}
	return &Part{o: o, kept: fresh.New(o.DB, "sharing.catalogue", o.Wall, func(tx *store.Tx) (map[string]*Resource, error) {
		list, err := read(tx, qAll)
		out := make(map[string]*Resource, len(list))
		for _, r := range list {
			out[r.ID] = r
		}
		return out, err
	})}, nil
}

func read(tx *store.Tx, q store.Stmt, args ...any) (out []*Resource, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		r := &Resource{}
		var id, state, doc string
		var changed, published int64
		if err := scan(&id, &state, &r.Version, &changed, &published, &doc); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(doc), r); err != nil {
			return errs.Wrap("read the resource "+id, err)
		}
		r.State, r.Changed, r.Published = State(state), store.Time(changed), store.Time(published)
		out = append(out, r)
		return nil
	})
	return out, err
}

// Get finds a resource by its exact id; what it points to is shared and never written to.
func (p *Part) Get(ctx context.Context, id string) (*Resource, error) {
	all, err := p.kept.Get(ctx)
	if err != nil {
		return nil, err
	}
	if r := all[id]; r != nil {
		return r, nil
	}
	return nil, missing()
}

// Seen is Get for a reader: a draft is its own unit's.
func (p *Part) Seen(ctx context.Context, who *identity.Principal, id string) (*Resource, error) {
	r, err := p.Get(ctx, id)
	if err == nil && r.State == Draft && r.Unit != who.Unit {
		return nil, missing()
	}
	return r, err
}

func missing() error {
	return errs.Say(errs.NotFound, "目录中没有这项资源", "there is no such resource in the catalogue")
}

// All lists what somebody may see, by unit and id.
func (p *Part) All(ctx context.Context, who *identity.Principal) (out []*Resource, err error) {
	all, err := p.kept.Get(ctx)
	for _, r := range all {
		if r.State != Draft || r.Unit == who.Unit {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b *Resource) int { return strings.Compare(a.ID, b.ID) })
	return out, err
}

// may refuses who may not keep the resources of a unit.
func may(who *identity.Principal, unit string) error {
	if !who.Can(page.GrantOffer) || who.Unit != unit {
		return errs.Say(errs.Denied, "只有提供单位的人员可以编制和发布其目录", "only the providing unit's people may describe and publish its resources")
	}
	return nil
}

// Save describes a resource: a new one becomes a draft, one that is there a new version, which stays in its state.
func (p *Part) Save(ctx context.Context, who *identity.Principal, r Resource) error {
	return p.o.DB.Write(ctx, func(tx *store.Tx) error { return p.save(tx, who, r) })
}

func (p *Part) save(tx *store.Tx, who *identity.Principal, r Resource) error {
	if err := p.fit(who, &r); err != nil {
		return err
	}
	old, err := read(tx, qOne, r.ID)
	if err != nil {
		return err
	}
	r.State = Draft
	if len(old) > 0 {
		if err := may(who, old[0].Unit); err != nil {
			return err
		}
		r.State, r.Version, r.Published = old[0].State, old[0].Version, old[0].Published
		if r.Code == "" {
			r.Code = old[0].Code
		}
	}
	if r.Code == "" {
		if r.Code, err = p.number(tx, r.Unit); err != nil {
			return err
		}
	}
	var other string
	if err := tx.Get(qCode, []any{r.Code}, &other); err == nil && other != r.ID {
		return errs.Say(errs.Conflict, "信息资源代码 %[1]s 已为“%[2]s”所用", "the code %[1]s is %[2]q's", r.Code, other)
	} else if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	return p.put(tx, who, &r, "save-resource-entry", "")
}

// fit holds a resource to the rules and to the surroundings.
func (p *Part) fit(who *identity.Principal, r *Resource) error {
	if err := may(who, r.Unit); err != nil {
		return err
	}
	if _, err := p.o.People.Unit(r.Unit); err != nil {
		return errs.Say(errs.Invalid, "没有单位“%s”", "there is no unit %q", r.Unit)
	}
	if err := r.Check(); err != nil {
		return err
	}
	for _, t := range []*lang.Text{&r.Name, &r.Abstract} {
		if t.En == "" {
			t.En = t.Zh
		}
	}
	r.Fields = slices.Clone(r.Fields)
	for i := range r.Fields {
		if t := &r.Fields[i].Title; t.En == "" {
			t.En = r.Fields[i].Name
		}
	}
	return p.o.Sources.Check(r.Query())
}

// number makes a code: category 3 (departments), the unit's place in the list, and a running number.
func (p *Part) number(tx *store.Tx, unit string) (string, error) {
	at := slices.IndexFunc(p.o.People.Units(), func(u identity.Unit) bool { return u.ID == unit })
	n, err := tx.Next("sharing.code." + unit)
	return fmt.Sprintf("3%03d/%06d", at+1, n), err
}

func (p *Part) put(tx *store.Tx, who *identity.Principal, r *Resource, verb, note string) error {
	r.Version++
	now := p.o.Now()
	doc, err := json.Marshal(r)
	if err != nil {
		return errs.Wrap("write the resource", err)
	}
	if _, err := tx.Exec(qPut, r.ID, r.Code, r.Unit, string(r.State), r.Version, store.Micros(now), store.Micros(r.Published), string(doc)); err != nil {
		return err
	}
	if _, err := tx.Exec(qVersion, r.ID, r.Version, store.Micros(now), who.ID, verb, note, string(doc)); err != nil {
		return err
	}
	if err := p.kept.Changed(tx); err != nil {
		return err
	}
	tx.OnCommit(p.o.Changed)
	return p.o.Journal.Append(tx, journal.Act{Actor: who.ID, Unit: who.Unit, Authority: page.GrantOffer, Verb: verb, Object: "sharing.resource:" + r.ID, Detail: map[string]any{"version": r.Version, "sharing": r.Sharing.Type, "state": r.State}})
}

// Move publishes a resource, or withdraws it with a reason; what is withdrawn nobody calls any more, and grants wait.
func (p *Part) Move(ctx context.Context, who *identity.Principal, id string, to State, reason string) error {
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		list, err := read(tx, qOne, id)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return missing()
		}
		r := list[0]
		if err := may(who, r.Unit); err != nil {
			return err
		}
		verb := "publish-resource"
		switch {
		case to == Published && r.State != Published:
			if err := p.fit(who, r); err != nil { // the surroundings may have changed since it was described
				return err
			}
			r.Published = p.o.Now()
		case to == Withdrawn && r.State == Published:
			if verb = "withdraw-resource"; strings.TrimSpace(reason) == "" || len(reason) > mostText {
				return errs.Say(errs.Invalid, "请写明撤回理由", "say why it is withdrawn")
			}
		default:
			return errs.Say(errs.Conflict, "资源当前为“%[1]s”", "the resource is in the state %[1]q", string(r.State))
		}
		r.State = to
		return p.put(tx, who, r, verb, reason)
	})
}

// Entry is one version of a resource.
type Entry struct {
	Version           int64
	At                time.Time
	Actor, Verb, Note string
}

// History lists a resource's versions, newest first.
func (p *Part) History(ctx context.Context, id string) (out []Entry, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		return tx.Each(qVersions, []any{id}, func(scan func(...any) error) error {
			var e Entry
			var at int64
			if err := scan(&e.Version, &at, &e.Actor, &e.Verb, &e.Note); err != nil {
				return err
			}
			e.At = store.Time(at)
			out = append(out, e)
			return nil
		})
	})
	return out, errs.Wrap("read the versions", err)
}

// InfoSystem is a registered information system; Main ones count in the sharing rate.
type InfoSystem struct {
	ID, Unit string
	Name     lang.Text
	Main     bool
}

// Systems lists the registered information systems, by id.
func (p *Part) Systems(ctx context.Context) (out []InfoSystem, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		return tx.Each(qSystems, nil, func(scan func(...any) error) error {
			var s InfoSystem
			if err := scan(&s.ID, &s.Unit, &s.Name.Zh, &s.Name.En, &s.Main); err != nil {
				return err
			}
			out = append(out, s)
			return nil
		})
	})
	return out, errs.Wrap("read the systems", err)
}

// Register registers an information system of one's own unit, or changes it.
func (p *Part) Register(ctx context.Context, who *identity.Principal, s InfoSystem) error {
	if s.Name.Zh = strings.TrimSpace(s.Name.Zh); !idForm.MatchString(s.ID) || s.Name.Zh == "" || len(s.Name.Zh) > mostName || len(s.Name.En) > mostName {
		return errs.Say(errs.Invalid, "请填写系统标识（小写字母、数字、短横）和名称", "give the system an id of lower-case letters, digits and hyphens, and a name")
	}
	if s.Name.En == "" {
		s.Name.En = s.Name.Zh
	}
	if err := may(who, s.Unit); err != nil {
		return err
	}
	all, err := p.Systems(ctx)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(all, func(x InfoSystem) bool { return x.ID == s.ID }); i >= 0 && all[i].Unit != s.Unit {
		return errs.Say(errs.Conflict, "标识“%s”已为其他单位所用", "the id %q is another unit's", s.ID)
	}
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qSystem, s.ID, s.Unit, s.Name.Zh, s.Name.En, s.Main); err != nil {
			return err
		}
		tx.OnCommit(p.o.Changed)
		return p.o.Journal.Append(tx, journal.Act{Actor: who.ID, Unit: who.Unit, Authority: page.GrantOffer, Verb: "register-system", Object: "sharing.system:" + s.ID, Detail: map[string]any{"main": s.Main}})
	})
}

// Package apply is how a unit comes to have another's resource (共享申请与授权): it applies with purpose, fields, rows, rate and term; the owner
// grants, with conditions of its own, refuses, or asks for more; what is granted is written as a Cedar policy, ends by itself, and can be
// revoked at any time.
//
// An application is also a case (kernel/casework) in the owner's hands with ten working days, as the national guide of 2017 has it; the
// case is led by this package alone. Of a unit, a resource and a purpose there is one live grant: a new one takes the place of the old,
// so that two never add up to more than either allows.
package apply

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/sharing/call"
	"github.com/haihe-city/haihe/systems/sharing/catalogue"
	"github.com/haihe-city/haihe/systems/sharing/fresh"
	"github.com/haihe-city/haihe/systems/sharing/page"
	"github.com/haihe-city/haihe/systems/sharing/policy"
)

//go:embed table/*.sql
var tables embed.FS

// The states of an application and of a grant.
const (
	Open      = "open"
	More      = "more" // the owner has asked for more
	Granted   = "granted"
	Refused   = "refused"
	Cancelled = "cancelled"

	Live     = "live"
	Revoked  = "revoked"
	Replaced = "replaced"
	Expired  = "expired" // live, and its time is over
)

// StateText names a state.
func StateText(s string) lang.Text {
	switch s {
	case Open:
		return lang.T("待审核", "To be decided")
	case More:
		return lang.T("待补正", "More is asked for")
	case Granted:
		return lang.T("已授权", "Granted")
	case Refused:
		return lang.T("不予授权", "Refused")
	case Cancelled:
		return lang.T("已撤销", "Taken back")
	case Live:
		return lang.T("有效", "In force")
	case Revoked:
		return lang.T("已收回", "Revoked")
	case Replaced:
		return lang.T("已被替代", "Replaced")
	case Expired:
		return lang.T("已到期", "Expired")
	}
	return lang.Same(s)
}

// Application is one. Terms are those asked for.
type Application struct {
	ID, Number, Case            string
	Resource, Owner             string
	Unit, Person                string
	Purpose, Reason, Basis      string
	Terms                       policy.Terms
	State, Answer, Grant, Judge string
	At, Decided                 time.Time
}

// Grant is what was granted; Cedar is the text that decides.
type Grant struct {
	ID, Application  string
	Resource, Owner  string
	Unit, Purpose    string
	Terms            policy.Terms
	Cedar            string
	State            string
	At, Until, Ended time.Time
	Reason           string
	Set              *policy.Set // of a live one; nil where the text cannot be read, which opens nothing
}

// Now is the state at a time.
func (g *Grant) Now(at time.Time) string {
	if g.State == Live && !at.Before(g.Until) {
		return Expired
	}
	return g.State
}

const (
	grantCase = "sharing.case" // held by nobody who works: the case follows the application, not the other way round
	kindName  = "sharing-application"
)

// Kind is an application as a case.
func Kind() casework.Kind {
	return casework.Kind{
		Name: kindName, System: "sharing", Title: lang.T("信息共享申请", "Application for data"), Prefix: "GX", Open: page.GrantApply, See: page.GrantRead, SeeAll: page.GrantLog,
		Stages: []casework.Stage{
			{Name: Open, Title: StateText(Open), Next: []string{More, Granted, Refused, Cancelled}, Grant: grantCase, Due: 80 * time.Hour},
			{Name: More, Title: StateText(More), Next: []string{Open, Cancelled}, Grant: grantCase},
			{Name: Granted, Title: StateText(Granted)},
			{Name: Refused, Title: StateText(Refused)},
			{Name: Cancelled, Title: StateText(Cancelled)},
		},
	}
}

// Grants are what people may do here, with the roles that bring it.
func Grants() []identity.Grant {
	officer, leader := identity.RoleOfficer, identity.RoleLeader
	return []identity.Grant{
		{Name: page.GrantApply, Title: lang.T("为本单位申请共享资源", "Apply for a resource in one's unit's name"), Roles: []string{officer, leader}},
		{Name: page.GrantAllow, Title: lang.T("审核对本单位资源的申请、收回授权", "Decide on applications for one's unit's resources, and revoke grants"), Roles: []string{leader, officer}},
		{Name: grantCase, Title: lang.T("推进共享申请案件（由系统进行）", "Lead the case of an application (the system does)"), Roles: []string{identity.RoleSystem}},
	}
}

// Acts are the verbs that this part records beside those of casework.
func Acts() []journal.Word {
	return []journal.Word{
		{Verb: "apply-resource", Title: lang.T("申请共享信息资源", "Applied for a resource")},
		{Verb: "answer-application", Title: lang.T("答复共享申请", "Answered an application")},
		{Verb: "complete-application", Title: lang.T("补正共享申请", "Completed an application")},
		{Verb: "cancel-application", Title: lang.T("撤销共享申请", "Took an application back")},
		{Verb: "grant-resource", Title: lang.T("授权使用信息资源", "Granted a resource")},
		{Verb: "revoke-grant", Title: lang.T("收回信息资源授权", "Revoked a grant")},
	}
}

const (
	columns      = `id, number, case_id, resource, owner, unit, person, purpose, reason, basis, terms, state, answer, grant_id, at, decided, decider`
	grantColumns = `id, application, resource, owner, unit, purpose, terms, cedar, state, at, until, ended, reason`
)

var (
	qPut = store.Q("sharing_application_put", `INSERT INTO sharing_application (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
ON CONFLICT (id) DO UPDATE SET reason = excluded.reason, basis = excluded.basis, terms = excluded.terms, state = excluded.state, answer = excluded.answer, grant_id = excluded.grant_id, decided = excluded.decided, decider = excluded.decider`)
	qGet  = store.Q("sharing_application_get", `SELECT `+columns+` FROM sharing_application WHERE id = $1`)
	qList = store.Q("sharing_application_list", `SELECT `+columns+` FROM sharing_application WHERE (owner = $1 OR unit = $1) ORDER BY at DESC, id DESC LIMIT 1000`)

	qGrantPut   = store.Q("sharing_grant_put", `INSERT INTO sharing_grant (`+grantColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`)
	qGrantGet   = store.Q("sharing_grant_get", `SELECT `+grantColumns+` FROM sharing_grant WHERE id = $1`)
	qGrantLive  = store.Q("sharing_grant_live", `SELECT `+grantColumns+` FROM sharing_grant WHERE state = 'live' ORDER BY at, id`)
	qGrantList  = store.Q("sharing_grant_list", `SELECT `+grantColumns+` FROM sharing_grant WHERE (owner = $1 OR unit = $1) ORDER BY at DESC, id DESC LIMIT 1000`)
	qGrantEnd   = store.Q("sharing_grant_end", `UPDATE sharing_grant SET state = $2, ended = $3, reason = $4 WHERE id = $1 AND state = 'live'`)
	qGrantAfter = store.Q("sharing_grant_replace", `UPDATE sharing_grant SET state = 'replaced', ended = $5 WHERE resource = $1 AND unit = $2 AND purpose = $3 AND id <> $4 AND state = 'live'`)
)

// Options are what the part works with.
type Options struct {
	DB        *store.DB
	Journal   *journal.Journal
	People    *identity.Service
	Cases     *casework.Service
	Catalogue *catalogue.Part
	Now       func() time.Time
	Wall      func() time.Time
}

// Part is applications and grants.
type Part struct {
	o    Options
	kept *fresh.Kept[map[string]*Grant]
}

// New opens the part.
func New(ctx context.Context, o Options) (*Part, error) {
	if err := o.DB.Migrate(ctx, "sharing.apply", tables); err != nil {
		return nil, errs.Wrap("open applications and grants", err)
	}
	return &Part{o: o, kept: fresh.New(o.DB, "sharing.grants", o.Wall, func(tx *store.Tx) (map[string]*Grant, error) {
		list, err := grants(tx, qGrantLive)
		out := make(map[string]*Grant, len(list))
		for _, g := range list {
			g.Set, _ = policy.Compile(g.Cedar) // a text that cannot be read opens nothing: Set is nil
			out[key(g.Resource, g.Unit, g.Purpose)] = g
		}
		return out, err
	})}, nil
}

func key(resource, unit, purpose string) string { return resource + "\x00" + unit + "\x00" + purpose }

// Live finds the grant that a unit's call for a purpose is served under; nil where there is none. Whether its time is over is for the
// policy to say.
func (p *Part) Live(ctx context.Context, resource, unit, purpose string) (*Grant, error) {
	all, err := p.kept.Get(ctx)
	return all[key(resource, unit, purpose)], err
}

func applications(tx *store.Tx, q store.Stmt, args ...any) (out []Application, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		var a Application
		var terms string
		var at, decided int64
		if err := scan(&a.ID, &a.Number, &a.Case, &a.Resource, &a.Owner, &a.Unit, &a.Person, &a.Purpose, &a.Reason, &a.Basis, &terms, &a.State, &a.Answer, &a.Grant, &at, &decided, &a.Judge); err != nil {
			return err
		}
		a.At, a.Decided = store.Time(at), store.Time(decided)
		out = append(out, a)
		return errs.Wrap("read the terms", json.Unmarshal([]byte(terms), &out[len(out)-1].Terms))
	})
	return out, err
}

func grants(tx *store.Tx, q store.Stmt, args ...any) (out []*Grant, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		g := &Grant{}
		var terms string
		var at, until, ended int64
		if err := scan(&g.ID, &g.Application, &g.Resource, &g.Owner, &g.Unit, &g.Purpose, &terms, &g.Cedar, &g.State, &at, &until, &ended, &g.Reason); err != nil {
			return err
		}
		g.At, g.Until, g.Ended = store.Time(at), store.Time(until), store.Time(ended)
		out = append(out, g)
		return errs.Wrap("read the terms", json.Unmarshal([]byte(terms), &g.Terms))
	})
	return out, err
}

func (p *Part) put(tx *store.Tx, a *Application) error {
	terms, err := json.Marshal(a.Terms)
	if err != nil {
		return errs.Wrap("write the terms", err)
	}
	_, err = tx.Exec(qPut, a.ID, a.Number, a.Case, a.Resource, a.Owner, a.Unit, a.Person, a.Purpose, a.Reason, a.Basis, string(terms), a.State, a.Answer, a.Grant, store.Micros(a.At), store.Micros(a.Decided), a.Judge)
	return err
}

func (p *Part) act(tx *store.Tx, who *identity.Principal, grant, verb, object string, detail map[string]any) error {
	return p.o.Journal.Append(tx, journal.Act{Actor: who.ID, Unit: who.Unit, Authority: grant, Verb: verb, Object: object, Detail: detail})
}

// The bounds of an application.
const (
	mostText   = 2000
	mostRate   = 600_000    // a minute
	mostQuota  = 50_000_000 // a day
	longestFor = 3 * 366 * 24 * time.Hour
)

// check holds an application's terms to the resource and to the bounds.
func (p *Part) check(t policy.Terms, r *catalogue.Resource) error {
	now := p.o.Now()
	switch {
	case r.State != catalogue.Published:
		return errs.Say(errs.Conflict, "该资源未发布或已撤回", "the resource is not published, or was withdrawn")
	case r.Sharing.Type == policy.NotShared:
		return errs.Say(errs.Denied, "该资源不予共享：%s", "the resource is not shared: %s", r.Sharing.Basis)
	case !slices.ContainsFunc(call.Purposes(), func(x call.Purpose) bool { return x.Code == t.Purpose }):
		return errs.Say(errs.Invalid, "请选择用途", "choose the purpose")
	case !t.Until.After(now) || t.Until.After(now.Add(longestFor)):
		return errs.Say(errs.Invalid, "有效期应在今后三年以内", "the term lies within the next three years")
	case t.PerMinute > mostRate || t.PerDay > mostQuota:
		return errs.Say(errs.Invalid, "每分钟至多 %d 次，每日至多 %d 次", "at most %d a minute and %d a day", mostRate, mostQuota)
	}
	return t.Check(r.Policy())
}

// Apply hands an application in.
func (p *Part) Apply(ctx context.Context, who *identity.Principal, a Application) (Application, error) {
	if !who.Can(page.GrantApply) || who.Unit == "" {
		return a, errs.Say(errs.Denied, "您没有申请共享资源的权限", "you may not apply for resources")
	}
	r, err := p.o.Catalogue.Seen(ctx, who, a.Resource)
	if err != nil {
		return a, err
	}
	if r.Unit == who.Unit {
		return a, errs.Say(errs.Conflict, "本单位的资源无需申请", "your own unit's resource needs no application")
	}
	a.ID, a.Unit, a.Person, a.Owner, a.State, a.At = store.NewID(p.o.Now()), who.Unit, who.ID, r.Unit, Open, p.o.Now()
	a.Terms.Resource, a.Terms.Unit, a.Terms.Purpose, a.Terms.ID = r.ID, who.Unit, a.Purpose, a.ID
	if a.Reason, a.Basis = strings.TrimSpace(a.Reason), strings.TrimSpace(a.Basis); a.Reason == "" || a.Basis == "" || len(a.Reason) > mostText || len(a.Basis) > mostText {
		return a, errs.Say(errs.Invalid, "请写明使用事由和职责依据，各不超过 %d 字节", "state what it is for and on what legal basis, in at most %d bytes each", mostText)
	}
	if err := p.check(a.Terms, r); err != nil {
		return a, err
	}
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		c, err := p.o.Cases.Start(tx, who, casework.Case{Kind: kindName, Title: "申请共享“" + r.Name.Zh + "”", Level: 4, Unit: r.Unit, Fields: map[string]string{"application": a.ID}}, nil, a.Reason)
		if err != nil {
			return err
		}
		a.Case, a.Number = c.ID, c.Number
		if err := p.put(tx, &a); err != nil {
			return err
		}
		return p.act(tx, who, page.GrantApply, "apply-resource", "sharing.application:"+a.ID, map[string]any{"resource": r.ID, "purpose": a.Purpose, "fields": a.Terms.Fields, "unmasked": a.Terms.Unmasked})
	})
	return a, err
}

// Seen finds an application for a reader of either unit.
func (p *Part) Seen(ctx context.Context, who *identity.Principal, id string) (a Application, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error { a, err = one(tx, who, id); return err })
	return a, err
}

func one(tx *store.Tx, who *identity.Principal, id string) (Application, error) {
	list, err := applications(tx, qGet, id)
	if err != nil {
		return Application{}, err
	}
	if len(list) == 0 || list[0].Unit != who.Unit && list[0].Owner != who.Unit && !who.Can(page.GrantLog) {
		return Application{}, errs.Say(errs.NotFound, "没有这件申请", "there is no such application")
	}
	return list[0], nil
}

// List gives the applications of a reader's unit: made by it, or for its resources.
func (p *Part) List(ctx context.Context, who *identity.Principal) (out []Application, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error { out, err = applications(tx, qList, who.Unit); return err })
	return out, errs.Wrap("read the applications", err)
}

func sum(text string) string {
	s := sha256.Sum256([]byte(text))
	return hex.EncodeToString(s[:])
}

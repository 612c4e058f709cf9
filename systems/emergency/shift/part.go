package shift

import (
	"context"
	"embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/kernel/casework/notice"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/emergency/incident"
)

//go:embed table/*.sql
var tables embed.FS

// The grants: keep the watch; set the roster.
const (
	grantRead   = "emergency.read"
	GrantShift  = "emergency.shift"
	GrantRoster = "emergency.roster"
)

// The stages of a shift.
const (
	kindName = "shift"
	onWatch  = "watch"
	handing  = "handover"
	signed   = "signed"
)

// Kind declares a shift as a case: it is on watch, hands over, and is signed by who takes over.
func Kind() casework.Kind {
	return casework.Kind{
		Name: kindName, System: "emergency", Title: lang.T("应急值守", "Shift"), Prefix: "ZB", Open: GrantShift, See: grantRead, SeeAll: grantRead,
		Stages: []casework.Stage{
			{Name: onWatch, Title: lang.T("值守中", "On watch"), Next: []string{handing}, Grant: GrantShift},
			{Name: handing, Title: lang.T("待接班签字", "To be signed by who takes over"), Next: []string{signed, onWatch}, Grant: GrantShift, Due: 30 * time.Minute, Clock: true, Tell: "duty-officer",
				Needs: []casework.Field{{Name: "summary", Title: lang.T("交班小结", "Summary"), Type: "long"}, {Name: "points", Title: lang.T("未结事项", "Open points"), Type: "long", Optional: true}}},
			{Name: signed, Title: lang.T("已交接", "Handed over")},
		},
	}
}

// Grants are what people may do here, with the roles that bring it.
func Grants() []identity.Grant {
	return []identity.Grant{
		{Name: GrantShift, Title: lang.T("值守、记录和交接班", "Keep the watch, its log and its hand-over"), Roles: []string{identity.RoleOfficer, identity.RoleLeader, identity.RoleOperator}},
		{Name: GrantRoster, Title: lang.T("排班", "Set the roster"), Roles: []string{identity.RoleOfficer, identity.RoleLeader}},
	}
}

// Acts are the verbs that this part records beside those of casework.
func Acts() []journal.Word {
	return []journal.Word{{Verb: "set-roster", Title: lang.T("排班", "Set the roster")}}
}

var (
	qPut   = store.Q("emergency_roster_put", `INSERT INTO emergency_roster (id, unit, contact, begins, ends) VALUES ($1, $2, $3, $4, $5)`)
	qNow   = store.Q("emergency_roster_now", `SELECT contact FROM emergency_roster WHERE begins <= $1 AND ends > $1`)
	qAhead = store.Q("emergency_roster_ahead", `SELECT id, contact, begins, ends FROM emergency_roster WHERE unit = $1 AND ends > $2 ORDER BY begins, id LIMIT 100`)
	qDrop  = store.Q("emergency_roster_drop", `DELETE FROM emergency_roster WHERE id = $1 AND unit = $2`)
)

// Options are what the part works with.
type Options struct {
	DB        *store.DB
	Cases     *casework.Service
	Post      *notice.Post
	Incidents *incident.Part
	Journal   *journal.Journal
	People    *identity.Service
	Clock     host.Clock
}

// Part is the watch.
type Part struct{ o Options }

// New opens the part and tells the notices who is on duty.
func New(ctx context.Context, o Options) (*Part, error) {
	if err := o.DB.Migrate(ctx, "emergency.shift", tables); err != nil {
		return nil, errs.Wrap("open the shifts", err)
	}
	p := &Part{o}
	o.Post.Roster(p.onDuty)
	return p, nil
}

// Jobs are what the part does by itself: nothing.
func (p *Part) Jobs() []host.Job { return nil }

// onDuty picks those on the roster now; nobody where the roster has a gap, and then all are told.
func (p *Part) onDuty(tx *store.Tx, duty string, list []notice.Contact) ([]notice.Contact, error) {
	if duty != "duty-officer" {
		return list, nil
	}
	on := map[string]bool{}
	err := tx.Each(qNow, []any{store.Micros(p.o.Clock.Now())}, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		on[id] = true
		return err
	})
	return slices.DeleteFunc(slices.Clone(list), func(c notice.Contact) bool { return !on[c.ID] }), err
}

// Turn is a line of the roster.
type Turn struct {
	ID, Contact  string
	Begins, Ends time.Time
}

// Ahead gives a unit's roster from now on.
func (p *Part) Ahead(ctx context.Context, unit string) (list []Turn, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		list = nil
		return tx.Each(qAhead, []any{unit, store.Micros(p.o.Clock.Now())}, func(scan func(...any) error) error {
			var t Turn
			var from, to int64
			if err := scan(&t.ID, &t.Contact, &from, &to); err != nil {
				return err
			}
			t.Begins, t.Ends = store.Time(from), store.Time(to)
			list = append(list, t)
			return nil
		})
	})
	return list, errs.Wrap("read the roster", err)
}

// Officers are the duty officers of somebody's unit, on shift or not; nobody where they may not read the register of contacts.
func (p *Part) Officers(ctx context.Context, who *identity.Principal) ([]notice.Contact, error) {
	if !who.Can(notice.GrantContacts) {
		return nil, nil
	}
	list, _, err := p.o.Post.Contacts(ctx, who, notice.Wanted{Duty: "duty-officer", Unit: who.Unit, Limit: 200})
	return list, errs.Wrap("read the duty officers", err)
}

// mostTurn is the longest that one person stands on the roster without a break.
const mostTurn = 48 * time.Hour

// Put sets who is on duty from when to when.
func (p *Part) Put(ctx context.Context, who *identity.Principal, t Turn) error {
	if !who.Can(GrantRoster) {
		return errs.Say(errs.Denied, "您没有排班的权限", "you may not set the roster")
	}
	if d := t.Ends.Sub(t.Begins); d <= 0 || d > mostTurn {
		return errs.Say(errs.Invalid, "班次应有始有终，不超过 48 小时", "a turn begins before it ends and lasts 48 hours at most")
	}
	list, err := p.Officers(ctx, who)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(list, func(c notice.Contact) bool { return c.ID == t.Contact }) {
		return errs.Say(errs.Invalid, "只能排本单位的值班人员；请先在通知的联系人中登记", "only duty officers of your unit; register them with the contacts first")
	}
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qPut, store.NewID(p.o.Clock.Now()), who.Unit, t.Contact, store.Micros(t.Begins), store.Micros(t.Ends)); err != nil {
			return err
		}
		return p.act(tx, who, map[string]any{"contact": t.Contact, "begins": t.Begins.UTC().Format(time.RFC3339), "ends": t.Ends.UTC().Format(time.RFC3339)})
	})
}

// Drop takes a line from the roster of one's own unit.
func (p *Part) Drop(ctx context.Context, who *identity.Principal, id string) error {
	if !who.Can(GrantRoster) {
		return errs.Say(errs.Denied, "您没有排班的权限", "you may not set the roster")
	}
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(qDrop, id, who.Unit)
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.Say(errs.NotFound, "没有这一班", "there is no such turn")
		}
		return p.act(tx, who, map[string]any{"dropped": id})
	})
}

func (p *Part) act(tx *store.Tx, who *identity.Principal, detail map[string]any) error {
	return p.o.Journal.Append(tx, journal.Act{Actor: who.ID, Unit: who.Unit, Authority: GrantRoster, Verb: "set-roster", Object: "emergency.roster:" + who.Unit, Detail: detail})
}

// Current gives the shift that a unit has open; ok is false where it has none.
func (p *Part) Current(ctx context.Context, who *identity.Principal) (c casework.Case, ok bool, err error) {
	list, _, err := p.o.Cases.List(ctx, who, casework.Filter{Kinds: []string{kindName}, Units: []string{who.Unit}, Open: true, Limit: 1})
	if err != nil || len(list) == 0 {
		return c, false, errs.Wrap("look for the shift", err)
	}
	return list[0], true, nil
}

// Begin opens a shift, where the unit has none.
func (p *Part) Begin(ctx context.Context, who *identity.Principal) error {
	if !who.Can(GrantShift) || who.Unit == "" {
		return errs.Say(errs.Denied, "您没有值守的权限", "you may not keep the watch")
	}
	if _, ok, err := p.Current(ctx, who); err != nil || ok {
		if ok {
			return errs.Say(errs.Conflict, "本单位已有人值守，请办理交接班", "your unit has a watch; take it over")
		}
		return err
	}
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := p.begin(tx, who, "")
		return err
	})
}

func (p *Part) begin(tx *store.Tx, who *identity.Principal, text string) (casework.Case, error) {
	title := p.o.People.UnitName(who.Unit).Zh + " " + p.o.Clock.Now().In(zone).Format("2006-01-02 15:04")
	return p.o.Cases.Start(tx, who, casework.Case{Kind: kindName, Title: title, Unit: who.Unit, Holder: who.ID}, nil, text)
}

var zone = time.FixedZone("Asia/Shanghai", 8*60*60)

// Log writes a line.
func (p *Part) Log(ctx context.Context, who *identity.Principal, id, text string) error {
	if !who.Can(GrantShift) {
		return errs.Say(errs.Denied, "您没有值守的权限", "you may not keep the watch")
	}
	if strings.TrimSpace(text) == "" {
		return errs.Say(errs.Invalid, "请填写内容", "write something")
	}
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		c, err := p.mine(tx, who, id)
		if err != nil {
			return err
		}
		if !c.Closed.IsZero() {
			return errs.Say(errs.Conflict, "该班已交接，请记入当前班次", "the shift has been handed over; write into the present one")
		}
		_, err = p.o.Cases.Record(tx, who, id, "log", text, nil)
		return err
	})
}

// mine gives a shift of one's own unit.
func (p *Part) mine(tx *store.Tx, who *identity.Principal, id string) (casework.Case, error) {
	c, err := p.o.Cases.In(tx, who, id)
	if err != nil {
		return c, err
	}
	if c.Kind != kindName || c.Unit != who.Unit {
		return c, errs.Say(errs.NotFound, "没有这个班次", "your unit has no such shift")
	}
	return c, nil
}

// Hand offers the shift to who comes next: a summary, and the points that are open, those of the room among them.
func (p *Part) Hand(ctx context.Context, who *identity.Principal, id, summary, points string) error {
	open, err := p.o.Incidents.Open(ctx, who)
	if err != nil {
		return err
	}
	var b strings.Builder
	if points = strings.TrimSpace(points); points != "" {
		b.WriteString(points + "\n")
	}
	for _, x := range open {
		if b.Len() > 3000 {
			fmt.Fprintf(&b, "……共 %d 起\n", len(open))
			break
		}
		fmt.Fprintf(&b, "%s %s（%s）\n", x.Case.Number, x.Case.Title, incident.StageName(x.Case.Stage).Zh)
	}
	if strings.TrimSpace(summary) == "" {
		return errs.Say(errs.Invalid, "请填写交班小结", "write the summary")
	}
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		c, err := p.mine(tx, who, id)
		if err != nil {
			return err
		}
		_, err = p.o.Cases.Do(tx, who, id, c.Version, casework.Change{Verb: "advance", Stage: handing, Fields: map[string]string{"summary": summary, "points": b.String(), "giver": who.ID}})
		return err
	})
}

// Sign takes the shift over: by somebody else than who handed it over. The next shift begins with the points that are open.
func (p *Part) Sign(ctx context.Context, who *identity.Principal, id string) error {
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		c, err := p.mine(tx, who, id)
		if err != nil {
			return err
		}
		if c.Fields["giver"] == who.ID {
			return errs.Say(errs.Conflict, "交班人不能自己签字接班", "who hands over does not sign for taking over")
		}
		if _, err := p.o.Cases.Do(tx, who, id, c.Version, casework.Change{Verb: "advance", Stage: signed, Fields: map[string]string{"taker": who.ID}}); err != nil {
			return err
		}
		_, err = p.begin(tx, who, strings.TrimSpace("接班。未结事项：\n"+c.Fields["points"]))
		return err
	})
}

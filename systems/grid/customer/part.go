package customer

import (
	"context"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/outage"
	"github.com/haihe-city/haihe/systems/grid/outage/list"
	"github.com/haihe-city/haihe/systems/grid/vee/rule"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// The grants: of customers, for their own meters; and of the officers who serve them.
const (
	GrantOwn   = "grid.own"
	GrantServe = "grid.serve"
)

// Acts are the words of what this part records.
var Acts = []journal.Word{
	{Verb: "issue-codes", Title: lang.T("签发绑定码", "Issued codes for meters")},
	{Verb: "revoke-code", Title: lang.T("作废绑定码", "Revoked a code for a meter")},
	{Verb: "bind-meter", Title: lang.T("绑定电表", "Bound a meter to an account")},
	{Verb: "unbind-meter", Title: lang.T("解除电表绑定", "Ended the binding of a meter")},
	{Verb: "take-report", Title: lang.T("受理客户停电报告", "Took up a customer's report of an outage")},
	{Verb: "dismiss-report", Title: lang.T("不予受理客户停电报告", "Set a customer's report of an outage aside")},
	{Verb: "announce-outage", Title: lang.T("发布停电预告", "Announced an interruption")},
	{Verb: "withdraw-announcement", Title: lang.T("撤回停电预告", "Withdrew an announcement")},
	{Verb: "set-tariff", Title: lang.T("设置电价", "Set a tariff")},
}

// Options are what the part works with.
type Options struct {
	DB        *store.DB
	Readings  *series.Table // of the city's meters: register first
	Book      *book.Book
	Clock     host.Clock
	Journal   *journal.Journal
	People    *identity.Service
	Tolerance time.Duration // how far a reading may stand from its quarter hour
	// Methods tells by which rules the estimates of a meter's day were made.
	Methods func(ctx context.Context, meter int64, day book.Day) (map[rule.Method]book.SlotSet, error)
	// Of gives the interruptions of one meter.
	Of func(ctx context.Context, m book.Meter, from, to time.Time) ([]outage.Interruption, error)
	// Tell makes an outage of what a person tells, on behalf of an officer.
	Tell func(ctx context.Context, who *identity.Principal, t list.Tale) (string, error)
	Page func(title lang.Text, tab string, crumbs ...ui.Link) *ui.Page
}

// Part serves the grid's customers.
type Part struct {
	o    Options
	mu   sync.Mutex // of like
	like averages
}

// New opens the part.
func New(ctx context.Context, o Options) (*Part, error) {
	if err := o.DB.Migrate(ctx, "grid.customer", tables); err != nil {
		return nil, errs.Wrap("migrate the customers", err)
	}
	return &Part{o: o}, nil
}

// For how long things are kept after their end.
const (
	keepReads = 400 // days
	keepCodes = 400 * 24 * time.Hour
)

// Jobs are what the part does by itself: the averages of like customers once a day, and clearing away what is old.
func (p *Part) Jobs() []host.Job {
	return []host.Job{{Name: "customers", Every: time.Hour, Run: p.Work}}
}

// Work does what is due.
func (p *Part) Work(ctx context.Context) error {
	now := p.o.Clock.Now()
	err := p.o.DB.Write(ctx, func(tx *store.Tx) error {
		for q, arg := range map[*store.Stmt]int64{&qReadOld: int64(book.DayOf(now.UnixMicro())) - keepReads, &qCodeOld: store.Micros(now.Add(-keepCodes)), &qTryOld: store.Micros(now.Add(-24 * time.Hour))} {
			if _, err := tx.Exec(*q, arg); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return errs.Wrap("clear away what is old", err)
	}
	return p.compare(ctx)
}

// Own is what the program shows a customer of this room.
func (p *Part) Own() *web.Own {
	return &web.Own{Nav: ui.NavItem{ID: "my-grid", Href: pathOwn, Icon: "bolt", Text: lang.T("我的用电", "My electricity")}, Start: p.start, Forget: p.forget}
}

// forget deletes what is kept of a person.
func (p *Part) forget(tx *store.Tx, person string) error {
	for _, q := range qForgetAll {
		if _, err := tx.Exec(q, person); err != nil {
			return errs.Wrap("forget a customer", err)
		}
	}
	return nil
}

// act records a deed in the journal, in its transaction.
func (p *Part) act(tx *store.Tx, who *identity.Principal, authority, verb, object string, detail map[string]any) error {
	return p.o.Journal.Append(tx, journal.Act{Actor: who.ID, Unit: who.Unit, Authority: authority, Verb: verb, Object: object, Detail: detail})
}

// serve refuses who does not serve customers.
func serve(who *identity.Principal) error {
	if who.Can(GrantServe) {
		return nil
	}
	return errs.Say(errs.Denied, "您没有办理用电客户业务的权限", "you may not serve customers")
}

// mine finds a meter that an account sees. Whatever is not bound is not there, whether the city has it or not.
func (p *Part) mine(ctx context.Context, who *identity.Principal, address string) (m book.Meter, b binding, err error) {
	all, err := p.bindings(ctx, qBound, who.Person())
	if err != nil {
		return m, b, err
	}
	for _, b := range all {
		if m, ok := p.o.Book.ByNum(b.meter); ok && m.Address == address {
			return m, b, nil
		}
	}
	return m, b, errs.Say(errs.NotFound, "您没有绑定这只电表", "no such meter is bound to your account")
}

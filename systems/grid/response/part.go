package response

import (
	"context"
	"embed"
	"slices"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/calendar"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/response/peak"
	"github.com/haihe-city/haihe/systems/grid/response/record"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

//go:embed table/*.sql
var tables embed.FS

// The grants of this part: see; enrol, draft and settle; approve what another drafted; answer for a participant whose account one is.
const (
	grantRead     = "grid.read"
	GrantManage   = "grid.response"
	GrantApprove  = "grid.response.approve"
	GrantAnswer   = "grid.response.answer"
	unitsPerKWh   = 10_000 // of a register
	quartersAHour = 4
)

// Acts are the verbs that this part records.
var Acts = slices.Concat([]journal.Word{
	{Verb: "set-response-programme", Title: lang.T("设置需求响应项目", "Set a demand response programme")},
	{Verb: "enrol-participant", Title: lang.T("登记需求响应主体", "Enrolled a participant in demand response")},
	{Verb: "edit-participant", Title: lang.T("变更需求响应合同", "Changed a demand response contract")},
	{Verb: "claim-participant", Title: lang.T("绑定需求响应主体账户", "Bound an account to a participant")},
	{Verb: "draft-response", Title: lang.T("起草响应事件", "Drafted a demand response event")},
	{Verb: "approve-response", Title: lang.T("批准响应事件并通知", "Approved a demand response event, and told the participants")},
	{Verb: "cancel-response", Title: lang.T("取消响应事件", "Cancelled a demand response event")},
	{Verb: "answer-response", Title: lang.T("答复响应邀约", "Answered for a participant in an event")},
	{Verb: "settle-response", Title: lang.T("结算响应事件", "Settled a demand response event")},
}, peak.Acts)

// Grants are what people may do here, with the roles that bring it.
func Grants() []identity.Grant {
	return []identity.Grant{
		{Name: GrantManage, Title: lang.T("登记响应主体，起草和结算响应事件", "Enrol participants, draft and settle demand response events"), Roles: []string{identity.RoleOfficer, identity.RoleLeader}},
		{Name: GrantApprove, Title: lang.T("批准他人起草的响应事件", "Approve demand response events that another drafted"), Roles: []string{identity.RoleLeader}},
		{Name: GrantAnswer, Title: lang.T("以响应主体账户答复响应邀约", "Answer for a participant whose account one is"), Roles: []string{identity.RoleOfficer, identity.RoleLeader, identity.RoleOperator, identity.RoleReader}},
		{Name: peak.Grant, Title: lang.T("确认和设置尖峰告警", "Acknowledge peak alarms and set when they are raised"), Roles: []string{identity.RoleOfficer, identity.RoleLeader, identity.RoleOperator}},
	}
}

// Options are what the part works with. Clock is the plan's.
type Options struct {
	DB        *store.DB
	Book      *book.Book
	Readings  *series.Table // of the meters; the first column is the register
	Tolerance time.Duration // how far a reading may stand from its quarter hour
	Days      func() *calendar.Calendar
	Clock     host.Clock
	Journal   *journal.Journal
	People    *identity.Service
	Peak      peak.Options
	Page      func(title lang.Text, tab string, crumbs ...ui.Link) *ui.Page
}

// Part is the demand response of the city.
type Part struct {
	o     Options
	peaks *peak.Part

	mu   sync.Mutex // of kept
	kept map[string]shown
}

// New opens the part.
func New(ctx context.Context, o Options) (*Part, error) {
	if err := o.DB.Migrate(ctx, "grid.response", tables); err != nil {
		return nil, err
	}
	o.Peak.DB, o.Peak.Clock, o.Peak.Journal, o.Peak.People, o.Peak.Page = o.DB, o.Clock, o.Journal, o.People, o.Page
	peaks, err := peak.New(ctx, o.Peak)
	if err != nil {
		return nil, errs.Wrap("open the peak alarms", err)
	}
	return &Part{o: o, peaks: peaks, kept: map[string]shown{}}, nil
}

// Jobs are what the part does by itself.
func (p *Part) Jobs() []host.Job {
	return append(p.peaks.Jobs(), host.Job{Name: "response", Every: 5 * time.Second, Run: p.Work})
}

// Peaks gives the peak alarms that stand, for the room's overview.
func (p *Part) Peaks(ctx context.Context) ([]ui.Alarm, error) { return p.peaks.Shown(ctx) }

// Work moves events on by the clock: what is told runs from its beginning to its end, a draft that nobody approved in time lapses.
func (p *Part) Work(ctx context.Context) error {
	now := p.o.Clock.Now()
	due, err := record.Read(ctx, p.o.DB, func(tx *store.Tx) ([]Event, error) { return record.Events(tx, record.QDue, record.Micros(now)) })
	if err != nil || len(due) == 0 {
		return errs.Wrap("look for events that are due", err)
	}
	return errs.Wrap("move events on", p.o.DB.Write(ctx, func(tx *store.Tx) error {
		due, err := record.Events(tx, record.QDue, record.Micros(now)) // anew, since a person may have changed one meanwhile
		if err != nil {
			return err
		}
		for _, e := range due {
			switch {
			case e.State == Draft:
				e.State, e.Reason = Cancelled, lapsed
			case !now.Before(e.Ends):
				e.State = Finished
			default:
				e.State = Running
			}
			e.Changed = now
			if err := record.PutEvent(tx, e); err != nil {
				return err
			}
		}
		return nil
	}))
}

// lapsed is the reason of a draft that was not approved before its beginning.
const lapsed = "逾期未批准 / not approved in time"

// Effect is how much events that are told or running lower a district's load on a day by quarter hour, in MW, as far as participants are
// expected to deliver; nil where there is none. "" is the city. Who answered no, or is silent where silence means no, does not count.
func (p *Part) Effect(ctx context.Context, district string, d book.Day) (out []float64, err error) {
	type one struct {
		e     Event
		calls []Call
		in    bool // silence means in
	}
	all, err := record.Read(ctx, p.o.DB, func(tx *store.Tx) (all []one, err error) {
		list, err := record.Events(tx, record.QBetween, d.Start(), (d + 1).Start())
		if err != nil || len(list) == 0 {
			return nil, err
		}
		known, err := record.Programmes(tx)
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			c, err := record.Calls(tx, record.QCalls, e.ID)
			if err != nil {
				return nil, err
			}
			all = append(all, one{e, c, record.SilentIn(known, e.Programme)})
		}
		return all, nil
	})
	if err != nil {
		return nil, errs.Wrap("read the events of a day", err)
	}
	for _, x := range all {
		if x.e.State != Notified && x.e.State != Running {
			continue
		}
		kw := 0.0
		for _, c := range x.calls {
			if c.TakesPart(x.in) {
				kw += float64(c.Expected) * p.share(c.Meters, district)
			}
		}
		if kw == 0 {
			continue
		}
		if out == nil {
			out = make([]float64, book.SlotsPerDay)
		}
		w := window(x.e, d)
		for k := w.From; k < w.To; k++ {
			out[k] += kw / 1000
		}
	}
	return out, nil
}

// share is which part of some meters lies in a district.
func (p *Part) share(meters []int64, district string) float64 {
	if district == "" {
		return 1
	}
	n := 0
	for _, num := range meters {
		if m, ok := p.o.Book.ByNum(num); ok && m.District == district {
			n++
		}
	}
	return float64(n) / float64(max(1, len(meters)))
}

func (p *Part) act(tx *store.Tx, who *identity.Principal, authority, verb, object string, detail map[string]any) error {
	return p.o.Journal.Append(tx, journal.Act{Actor: who.ID, Unit: who.Unit, Authority: authority, Verb: verb, Object: object, Detail: detail})
}

// Routes are the pages and interfaces.
func (p *Part) Routes() []web.Route {
	return append(p.peaks.Routes(), []web.Route{
		{Pattern: "GET /grid/response", Grant: grantRead, Page: p.pageOverview},
		{Pattern: "POST /grid/response/programmes", Grant: GrantManage, Form: p.formProgramme},
		{Pattern: "GET /grid/response/participants", Grant: grantRead, Page: p.pageParticipants},
		{Pattern: "GET /grid/response/participants/new", Grant: GrantManage, Page: p.pageEnrol},
		{Pattern: "POST /grid/response/participants/new", Grant: GrantManage, Form: p.formEnrol},
		{Pattern: "GET /grid/response/participants/{code}", Grant: grantRead, Page: p.pageParticipant},
		{Pattern: "POST /grid/response/participants/{code}/claim", Grant: GrantManage, Form: p.formClaimCode},
		{Pattern: "GET /grid/response/events", Grant: grantRead, Page: p.pageEvents},
		{Pattern: "GET /grid/response/events/new", Grant: GrantManage, Page: p.pageDraft},
		{Pattern: "POST /grid/response/events/new", Grant: GrantManage, Form: p.formDraft},
		{Pattern: "GET /grid/response/events/{id}", Grant: grantRead, Page: p.pageEvent},
		{Pattern: "POST /grid/response/events/{id}/approve", Grant: GrantApprove, Form: p.formApprove},
		{Pattern: "POST /grid/response/events/{id}/cancel", Grant: GrantManage, Form: p.formCancel},
		{Pattern: "POST /grid/response/events/{id}/answer", Grant: GrantAnswer, Form: p.formAnswer},
		{Pattern: "POST /grid/response/events/{id}/settle", Grant: GrantManage, Form: p.formSettle},
		{Pattern: "GET /grid/response/mine", Grant: GrantAnswer, Page: p.pageMine},
		{Pattern: "POST /grid/response/mine", Grant: GrantAnswer, Form: p.formMine},
		{Pattern: "GET /api/grid/response/participants.csv", Grant: grantRead, API: p.apiParticipantsCSV},
		{Pattern: "GET /api/grid/response/events", Grant: grantRead, API: p.apiEvents},
		{Pattern: "GET /api/grid/response/events.csv", Grant: grantRead, API: p.apiEventsCSV},
		{Pattern: "GET /api/grid/response/events/{id}", Grant: grantRead, API: p.apiEvent},
		{Pattern: "GET /api/grid/response/events/{id}/report.csv", Grant: grantRead, API: p.apiReportCSV},
		{Pattern: "POST /api/grid/response/claim", Grant: GrantAnswer, API: p.apiClaim},
		{Pattern: "POST /api/grid/response/events/{id}/answer", Grant: GrantAnswer, API: p.apiAnswer},
		{Pattern: "GET /api/grid/openadr3/programs", Grant: GrantAnswer, API: p.adrPrograms},
		{Pattern: "GET /api/grid/openadr3/programs/{id}", Grant: GrantAnswer, API: p.adrProgram},
		{Pattern: "GET /api/grid/openadr3/events", Grant: GrantAnswer, API: p.adrEvents},
		{Pattern: "GET /api/grid/openadr3/events/{id}", Grant: GrantAnswer, API: p.adrEvent},
		{Pattern: "GET /api/grid/openadr3/reports", Grant: GrantAnswer, API: p.adrReports},
		{Pattern: "POST /api/grid/openadr3/reports", Grant: GrantAnswer, API: p.adrReport},
	}...)
}

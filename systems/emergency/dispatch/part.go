package dispatch

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/casework/notice"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/emergency/incident"
)

// The grants: give orders; answer those of one's own unit.
const (
	grantRead   = "emergency.read"
	GrantOrder  = "emergency.dispatch"
	GrantAnswer = "emergency.answer"
)

// Grants are what people may do here, with the roles that bring it.
func Grants() []identity.Grant {
	shift := []string{identity.RoleOfficer, identity.RoleLeader, identity.RoleOperator}
	return []identity.Grant{
		{Name: GrantOrder, Title: lang.T("下达和撤回指令", "Give and recall orders"), Roles: shift},
		{Name: GrantAnswer, Title: lang.T("签收和反馈本单位的指令", "Receive the orders of one's unit and answer them"), Roles: shift},
	}
}

// Acts are the verbs that this part records.
func Acts() []journal.Word {
	return []journal.Word{
		{Verb: "give-order", Title: lang.T("下达指令", "Gave an order")},
		{Verb: "answer-order", Title: lang.T("反馈指令", "Answered an order")},
		{Verb: "escalate-order", Title: lang.T("指令无人签收，上报", "Escalated an order without a receipt")},
	}
}

// Options are what the part works with.
type Options struct {
	DB        *store.DB
	Incidents *incident.Part
	Post      *notice.Post
	Journal   *journal.Journal
	People    *identity.Service
	Clock     host.Clock
}

// Part is the orders of the city.
type Part struct{ o Options }

// New opens the part.
func New(ctx context.Context, o Options) (*Part, error) {
	if err := o.DB.Migrate(ctx, "emergency.dispatch", tables); err != nil {
		return nil, errs.Wrap("open the orders", err)
	}
	p := &Part{o: o}
	o.Incidents.With(move, p.section)
	return p, nil
}

// Jobs are what the part does by itself.
func (p *Part) Jobs() []host.Job {
	return []host.Job{{Name: "orders", Every: 2 * time.Second, Run: p.Escalate}}
}

// move takes the orders of an incident along when it becomes part of another; their numbers go on from those that are there.
func move(tx *store.Tx, from, to string) error {
	var last int64
	if err := tx.Get(qLast, []any{to}, &last); err != nil {
		return err
	}
	_, err := tx.Exec(qMove, from, to, last)
	return err
}

// Give gives an order about an incident that who may see, and tells the unit's duty officers.
func (p *Part) Give(ctx context.Context, who *identity.Principal, o Order) (Order, error) {
	if !who.Can(GrantOrder) {
		return o, errs.Say(errs.Denied, "您没有下达指令的权限", "you may not give orders")
	}
	if o.Words = strings.TrimSpace(o.Words); o.Words == "" || len(o.Words) > mostWords {
		return o, errs.Say(errs.Invalid, "请填写指令内容（不超过 %d 字节）", "say what is to be done, in at most %d bytes", mostWords)
	}
	if _, err := p.o.People.Unit(o.Unit); err != nil {
		return o, errs.Say(errs.Invalid, "请选择接收单位", "choose the unit that it goes to")
	}
	if o.Patience == 0 {
		o.Patience = usualPatience
	}
	if o.Patience < time.Minute || o.Patience > mostPatience {
		return o, errs.Say(errs.Invalid, "签收时限应为 1 至 240 分钟", "the time for a receipt is 1 to 240 minutes")
	}
	x, err := p.o.Incidents.Get(ctx, who, o.Incident)
	if err != nil {
		return o, err
	}
	if !x.Times.Closed.IsZero() {
		return o, errs.Say(errs.Conflict, "事件已结束，不能再下达指令", "the incident is over; no order is given")
	}
	now := p.o.Clock.Now()
	o.ID, o.State, o.Maker, o.Sent, o.Drill = store.NewID(now), Sent, who.ID, now, x.Drill
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		var last int64
		if err := tx.Get(qLast, []any{o.Incident}, &last); err != nil {
			return err
		}
		o.Num = last + 1
		if err := put(tx, o); err != nil {
			return err
		}
		if err := p.o.Incidents.Dispatched(tx, o.Incident); err != nil {
			return err
		}
		return p.record(tx, who, GrantOrder, "give-order", o, o.Words)
	})
	if err == nil {
		err = p.tell(ctx, o, x.Case.Title)
	}
	return o, err
}

// tell makes the message to the unit due: its duty officers at once, its leaders when none of them has answered in time.
func (p *Part) tell(ctx context.Context, o Order, title string) error {
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		var levels [][]notice.Contact
		for _, duty := range []string{"duty-officer", "leader"} {
			list, err := p.o.Post.Who(tx, notice.Wanted{Duty: duty, Unit: o.Unit})
			if err != nil {
				return err
			}
			if len(list) > 0 {
				levels = append(levels, list)
			}
		}
		if len(levels) == 0 {
			return nil // nobody is named: the page shows the order, and its silence becomes a line
		}
		_, err := p.o.Post.Tell(tx, notice.Message{About: about(o), Title: lang.T("应急指令："+title, "Emergency order: "+title), Body: lang.Same(o.Words), Link: "/emergency/orders/" + o.ID, Priority: 1, AckBy: o.Patience, Levels: levels})
		return err
	})
}

func about(o Order) string { return "order:" + o.ID }

// Answer moves an order on. The unit that it went to answers; recalling is for who gives orders.
func (p *Part) Answer(ctx context.Context, who *identity.Principal, id string, to State, reason string) (out Order, err error) {
	reason = strings.TrimSpace(reason)
	if len(reason) > mostWords {
		return out, errs.Say(errs.Invalid, "说明不超过 %d 字节", "at most %d bytes", mostWords)
	}
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		list, err := orders(tx, qGet, id)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return errs.Say(errs.NotFound, "没有这条指令", "there is no such order")
		}
		out = list[0]
		grant := GrantAnswer
		if to == Recalled {
			grant = GrantOrder
		}
		if !who.Can(grant) || to != Recalled && who.Unit != out.Unit {
			return errs.Say(errs.Denied, "只有接收单位可以反馈指令", "only the unit that it went to answers an order")
		}
		if err := out.step(to, p.o.Clock.Now(), reason); err != nil {
			return err
		}
		if err := put(tx, out); err != nil {
			return err
		}
		if err := p.o.Post.Recall(tx, about(out)); err != nil { // somebody has answered: nobody else need be woken
			return err
		}
		return p.record(tx, who, grant, "answer-order", out, reason)
	})
	return out, err
}

// record writes what happened to an order into the incident's timeline and the journal.
func (p *Part) record(tx *store.Tx, who *identity.Principal, grant, verb string, o Order, text string) error {
	unit := p.o.People.UnitName(o.Unit)
	if err := p.o.Incidents.Line(tx, who, o.Incident, "order", fmt.Sprintf("%d %s %s", o.Num, unit.Zh, text), map[string]string{"order": o.ID, "state": string(o.State), "unit": o.Unit}); err != nil {
		return err
	}
	return p.o.Journal.Append(tx, journal.Act{Actor: who.ID, Unit: who.Unit, Authority: grant, Verb: verb, Object: "emergency.order:" + o.ID, Detail: map[string]any{"incident": o.Incident, "state": o.State, "to": o.Unit}})
}

// Escalate writes down each order that nobody has received in its time; whom to wake is the notice's matter.
func (p *Part) Escalate(ctx context.Context) error {
	now := p.o.Clock.Now()
	late := func(tx *store.Tx) (out []Order, err error) {
		list, err := orders(tx, qMute)
		for _, o := range list {
			if o.overdue(now) {
				out = append(out, o)
			}
		}
		return out, err
	}
	var list []Order
	err := p.o.DB.Read(ctx, func(tx *store.Tx) (err error) { list, err = late(tx); return err })
	if err != nil || len(list) == 0 {
		return errs.Wrap("look for orders without a receipt", err)
	}
	return errs.Wrap("escalate orders", p.o.DB.Write(ctx, func(tx *store.Tx) error {
		list, err := late(tx) // anew, since one may have been received meanwhile
		if err != nil {
			return err
		}
		who := identity.System("emergency")
		for _, o := range list {
			o.Escalated = now
			if err := put(tx, o); err != nil {
				return err
			}
			unit := p.o.People.UnitName(o.Unit)
			if err := p.o.Incidents.Line(tx, who, o.Incident, "order", fmt.Sprintf("%d %s", o.Num, unit.Zh), map[string]string{"order": o.ID, "state": "overdue", "unit": o.Unit}); err != nil {
				return err
			}
			if err := p.o.Journal.Append(tx, journal.Act{Actor: who.ID, Unit: o.Unit, Authority: GrantOrder, Verb: "escalate-order", Object: "emergency.order:" + o.ID, Detail: map[string]any{"incident": o.Incident}}); err != nil {
				return err
			}
		}
		return nil
	}))
}

// Of gives the orders of an incident, in their order.
func (p *Part) Of(ctx context.Context, incident string) (list []Order, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) (err error) { list, err = orders(tx, qOf, incident); return err })
	return list, errs.Wrap("read the orders", err)
}

// Get gives one order.
func (p *Part) Get(ctx context.Context, id string) (Order, error) {
	var list []Order
	err := p.o.DB.Read(ctx, func(tx *store.Tx) (err error) { list, err = orders(tx, qGet, id); return err })
	if err == nil && len(list) == 0 {
		return Order{}, errs.Say(errs.NotFound, "没有这条指令", "there is no such order")
	}
	if err != nil {
		return Order{}, errs.Wrap("read an order", err)
	}
	return list[0], nil
}

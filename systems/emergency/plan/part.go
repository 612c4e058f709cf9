package plan

import (
	"context"
	"fmt"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/emergency/incident"
)

// The grants: write plans; approve what another wrote.
const (
	grantRead    = "emergency.read"
	GrantEdit    = "emergency.plan"
	GrantApprove = "emergency.plan.approve"
)

// Grants are what people may do here, with the roles that bring it.
func Grants() []identity.Grant {
	return []identity.Grant{
		{Name: GrantEdit, Title: lang.T("编写应急预案", "Write plans"), Roles: []string{identity.RoleOfficer, identity.RoleLeader}},
		{Name: GrantApprove, Title: lang.T("批准他人编写的预案", "Approve plans that another wrote"), Roles: []string{identity.RoleLeader}},
	}
}

// Acts are the verbs that this part records.
func Acts() []journal.Word {
	return []journal.Word{
		{Verb: "draft-plan", Title: lang.T("编写预案", "Drafted a plan")},
		{Verb: "approve-plan", Title: lang.T("批准预案", "Approved a plan")},
		{Verb: "activate-plan", Title: lang.T("启动预案", "Activated a plan")},
		{Verb: "end-task", Title: lang.T("办结预案任务", "Ended a task of a plan")},
	}
}

// Options are what the part works with.
type Options struct {
	DB        *store.DB
	Incidents *incident.Part
	Journal   *journal.Journal
	People    *identity.Service
	Clock     host.Clock
}

// Part is the plans of the city.
type Part struct{ o Options }

// New opens the part.
func New(ctx context.Context, o Options) (*Part, error) {
	if err := o.DB.Migrate(ctx, "emergency.plan", tables); err != nil {
		return nil, errs.Wrap("open the plans", err)
	}
	p := &Part{o}
	o.Incidents.With(func(tx *store.Tx, from, to string) error {
		_, err := tx.Exec(qDutyMove, from, to)
		return err
	}, p.section)
	return p, nil
}

// Jobs are what the part does by itself: nothing.
func (p *Part) Jobs() []host.Job { return nil }

// Draft writes a new plan, or the next version of the code that it names.
func (p *Part) Draft(ctx context.Context, who *identity.Principal, x Plan) (Plan, error) {
	if !who.Can(GrantEdit) {
		return x, errs.Say(errs.Denied, "您没有编写预案的权限", "you may not write plans")
	}
	if err := x.check(func(id string) bool { _, err := p.o.People.Unit(id); return err == nil }); err != nil {
		return x, err
	}
	if x.Code = strings.TrimSpace(x.Code); x.Code == "" || len(x.Code) > 40 || strings.ContainsAny(x.Code, "/ ?#") {
		return x, errs.Say(errs.Invalid, "预案编号应为 1 至 40 个字符，不含空格和斜杠", "a plan's code has 1 to 40 characters, no spaces or slashes")
	}
	now := p.o.Clock.Now()
	x.ID, x.State, x.Maker, x.Made = store.NewID(now), Draft, who.ID, now
	err := p.o.DB.Write(ctx, func(tx *store.Tx) error {
		old, err := plans(tx, qCode, x.Code)
		if err != nil {
			return err
		}
		if x.Version = 1; len(old) > 0 {
			x.Version = old[0].Version + 1
		}
		if err := put(tx, x); err != nil {
			return err
		}
		return p.act(tx, who, GrantEdit, "draft-plan", "emergency.plan:"+x.Code, map[string]any{"version": x.Version, "tasks": len(x.Tasks)})
	})
	return x, err
}

// Approve lets a version count; the one before retires. Who wrote it does not approve it.
func (p *Part) Approve(ctx context.Context, who *identity.Principal, id string) error {
	if !who.Can(GrantApprove) {
		return errs.Say(errs.Denied, "您没有批准预案的权限", "you may not approve plans")
	}
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		list, err := plans(tx, qGet, id)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return missing()
		}
		x := list[0]
		if x.Maker == who.ID {
			return errs.Say(errs.Conflict, "预案须由编写人以外的人批准", "a plan is approved by somebody else than who wrote it")
		}
		if x.State != Draft {
			return errs.Say(errs.Conflict, "这一版本不是草稿", "this version is no draft")
		}
		if _, err := tx.Exec(qRetire, x.Code); err != nil {
			return err
		}
		x.State, x.Approver, x.Approved = Approved, who.ID, p.o.Clock.Now()
		if err := put(tx, x); err != nil {
			return err
		}
		return p.act(tx, who, GrantApprove, "approve-plan", "emergency.plan:"+x.Code, map[string]any{"version": x.Version})
	})
}

func missing() error { return errs.Say(errs.NotFound, "没有这个预案", "there is no such plan") }

// Activate makes a plan's tasks for an incident, each with its due time from now.
func (p *Part) Activate(ctx context.Context, who *identity.Principal, id, planID string) error {
	if !who.Can(incident.GrantHandle) {
		return errs.Say(errs.Denied, "您没有启动预案的权限", "you may not activate plans")
	}
	x, err := p.o.Incidents.Get(ctx, who, id)
	if err != nil {
		return err
	}
	if !x.Times.Closed.IsZero() {
		return errs.Say(errs.Conflict, "事件已结束", "the incident is over")
	}
	now := p.o.Clock.Now()
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		list, err := plans(tx, qGet, planID)
		if err != nil {
			return err
		}
		if len(list) == 0 || list[0].State != Approved {
			return errs.Say(errs.Conflict, "只能启动已批准的预案", "only an approved plan is activated")
		}
		y := list[0]
		have, err := duties(tx, qDuties, id)
		if err != nil {
			return err
		}
		for _, d := range have {
			if d.Plan == planID {
				return errs.Say(errs.Conflict, "该预案已启动", "the plan has been activated already")
			}
		}
		for i, t := range y.Tasks {
			d := Duty{ID: store.NewID(now), Incident: id, Plan: planID, Num: int64(i + 1), Unit: t.Unit, Words: t.Words, State: "open", Due: now.Add(t.After), Made: now}
			if err := putDuty(tx, d); err != nil {
				return err
			}
		}
		if err := p.o.Incidents.Line(tx, who, id, "plan", fmt.Sprintf("%s（%s 第 %d 版，%d 项任务）", y.Title, y.Code, y.Version, len(y.Tasks)), map[string]string{"plan": planID}); err != nil {
			return err
		}
		return p.act(tx, who, incident.GrantHandle, "activate-plan", "emergency.incident:"+id, map[string]any{"plan": y.Code, "version": y.Version})
	})
}

// End ends a task: done, or left out with a reason.
func (p *Part) End(ctx context.Context, who *identity.Principal, task string, done bool, note string) (incidentID string, err error) {
	if !who.Can(incident.GrantHandle) {
		return "", errs.Say(errs.Denied, "您没有办理任务的权限", "you may not end tasks")
	}
	if note = strings.TrimSpace(note); len(note) > mostWords || !done && note == "" {
		return "", errs.Say(errs.Invalid, "不执行的任务须说明理由（不超过 %d 字节）", "say why a task is left out, in at most %d bytes", mostWords)
	}
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		list, err := duties(tx, qDutyGet, task)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return errs.Say(errs.NotFound, "没有这项任务", "there is no such task")
		}
		d := list[0]
		if incidentID = d.Incident; d.State != "open" {
			return errs.Say(errs.Conflict, "任务已办结", "the task has ended")
		}
		if d.State = "skipped"; done {
			d.State = "done"
		}
		d.Ended, d.Who, d.Note = p.o.Clock.Now(), who.ID, note
		if err := putDuty(tx, d); err != nil {
			return err
		}
		if err := p.o.Incidents.Line(tx, who, d.Incident, "task", strings.TrimSpace(d.Words+" "+note), map[string]string{"task": d.ID, "state": d.State}); err != nil {
			return err
		}
		return p.act(tx, who, incident.GrantHandle, "end-task", "emergency.task:"+d.ID, map[string]any{"incident": d.Incident, "state": d.State})
	})
	return incidentID, err
}

// Duties gives the tasks of an incident, by when they are due.
func (p *Part) Duties(ctx context.Context, id string) (list []Duty, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) (err error) { list, err = duties(tx, qDuties, id); return err })
	return list, errs.Wrap("read the tasks", err)
}

func (p *Part) plans(ctx context.Context, q store.Stmt, args ...any) (list []Plan, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) (err error) { list, err = plans(tx, q, args...); return err })
	return list, errs.Wrap("read the plans", err)
}

func (p *Part) act(tx *store.Tx, who *identity.Principal, grant, verb, object string, detail map[string]any) error {
	return p.o.Journal.Append(tx, journal.Act{Actor: who.ID, Unit: who.Unit, Authority: grant, Verb: verb, Object: object, Detail: detail})
}

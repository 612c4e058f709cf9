package inspect

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/calendar"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/safety/register"
)

var idForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

func act(who *identity.Principal, grant, verb, object string, detail map[string]any) journal.Act {
	return journal.Act{Actor: who.ID, Unit: who.Unit, Authority: grant, Verb: verb, Object: object, Detail: detail}
}

// PutChecklist issues a new version of a list.
func (p *Part) PutChecklist(ctx context.Context, who *identity.Principal, id, title string, items []Item) (c Checklist, err error) {
	if err := need(who, GrantPlan); err != nil {
		return c, err
	}
	if !idForm.MatchString(id) || !fit(title, 100) {
		return c, errs.Say(errs.Invalid, "检查表编号用小写字母、数字和连字符，名称须为 1 至 100 字", "a checklist's id has lower-case letters, digits and hyphens, its title 1 to 100 characters")
	}
	c = Checklist{ID: id, Title: title, At: p.o.Now(), Items: items}
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Get(qListMax, []any{id}, &c.Version); err != nil {
			return err
		}
		c.Version++
		body, err := text(c)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(qListPut, id, c.Version, body); err != nil {
			return err
		}
		return p.o.Journal.Append(tx, act(who, GrantPlan, "put-checklist", "checklist:"+id, map[string]any{"version": c.Version, "items": len(items)}))
	})
	return c, errs.Wrap("issue a checklist", err)
}

// SetInspector enters somebody into the list of those who may be drawn, or takes them out of it.
func (p *Part) SetInspector(ctx context.Context, who *identity.Principal, i Inspector) error {
	if err := need(who, GrantPlan); err != nil {
		return err
	}
	if !idForm.MatchString(i.ID) || !fit(i.Name, 40) {
		return errs.Say(errs.Invalid, "执法证号用小写字母、数字和连字符，姓名须为 1 至 40 字", "a badge has lower-case letters, digits and hyphens, a name 1 to 40 characters")
	}
	return errs.Wrap("set an inspector", p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qWhoPut, i.ID, i.Name, i.Active); err != nil {
			return err
		}
		return p.o.Journal.Append(tx, act(who, GrantPlan, "set-inspector", "inspector:"+i.ID, map[string]any{"active": i.Active}))
	}))
}

// Ask is what a plan is made of.
type Ask struct {
	Title    string
	From, To calendar.Date
	Kind     register.Kind
	District string
	List     string
	Lot      bool
	Count    int // plants to draw, of a lot
	Each     int // inspectors for each plant
}

// maxSpan bounds a plan, in days; maxTasks what one plan may lay out.
const (
	maxSpan  = 366
	maxTasks = 50_000
)

func (p *Part) check(a Ask) error {
	switch {
	case !fit(a.Title, 100):
		return errs.Say(errs.Invalid, "计划名称须为 1 至 100 字", "a plan's title has 1 to 100 characters")
	case a.From < p.today() || a.To < a.From || a.To-a.From > maxSpan:
		return errs.Say(errs.Invalid, "计划期间应自今天或以后开始，不超过一年", "a plan begins today or later and lasts a year at most")
	case a.Each < 1 || a.Each > 9:
		return errs.Say(errs.Invalid, "每家检查人员应为 1 至 9 人", "1 to 9 inspectors go to a plant")
	case a.Lot && (a.Count < 1 || a.Count > 5000):
		return errs.Say(errs.Invalid, "抽取企业数应为 1 至 5000", "1 to 5000 plants are drawn")
	}
	return nil
}

// Make lays out a plan: its seed, who is inspected when, and by whom. Each candidate's grade decides how often, in a lot each drawn plant once.
func (p *Part) Make(ctx context.Context, who *identity.Principal, a Ask) (plan Plan, err error) {
	if err := need(who, GrantPlan); err != nil {
		return plan, err
	}
	if err := p.check(a); err != nil {
		return plan, err
	}
	if d := p.o.Scope(who); d != "" {
		a.District = d
	}
	ranked, err := p.Rank(ctx, register.Filter{Kind: a.Kind, District: a.District})
	if err != nil {
		return plan, err
	}
	pool, err := p.pool(ctx, a.Each)
	if err != nil {
		return plan, err
	}
	list, err := p.newest(ctx, a.List)
	if err != nil {
		return plan, err
	}
	var seed [16]byte
	_, _ = rand.Read(seed[:]) // it never fails
	now := p.o.Now()
	plan = Plan{ID: store.NewID(now), Title: a.Title, At: now, By: who.ID, From: a.From, To: a.To, Kind: string(a.Kind), District: a.District, List: list.ID, Version: list.Version, Lot: a.Lot, Count: a.Count, Each: a.Each, Seed: hex.EncodeToString(seed[:]), Pool: pool}
	tasks, err := p.lay(&plan, ranked)
	if err != nil {
		return plan, err
	}
	verb := "plan-inspection"
	if a.Lot {
		verb = "draw-inspection"
	}
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		body, err := text(plan)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(qPlanPut, plan.ID, body); err != nil {
			return err
		}
		if err := addTasks(tx, tasks); err != nil {
			return err
		}
		return p.o.Journal.Append(tx, act(who, GrantPlan, verb, "inspection-plan:"+plan.ID, map[string]any{"seed": plan.Seed, "candidates": len(plan.Candidates), "digest": Digest(plan.Candidates), "pool": Digest(plan.Pool), "count": plan.Count, "each": plan.Each, "tasks": plan.Tasks}))
	})
	return plan, errs.Wrap("make a plan", err)
}

// pool gives the inspectors who may be drawn.
func (p *Part) pool(ctx context.Context, each int) (ids []string, err error) {
	all, err := p.Inspectors(ctx)
	for _, i := range all {
		if i.Active {
			ids = append(ids, i.ID)
		}
	}
	if err == nil && len(ids) < each {
		err = errs.Say(errs.Conflict, "检查人员名录中只有 %[1]d 人，每家需要 %[2]d 人", "the list of inspectors has %[1]d, each plant wants %[2]d", len(ids), each)
	}
	return ids, err
}

// newest is the last version of a list.
func (p *Part) newest(ctx context.Context, id string) (Checklist, error) {
	all, err := p.Checklists(ctx)
	if err != nil {
		return Checklist{}, err
	}
	i := slices.IndexFunc(all, func(c Checklist) bool { return c.ID == id })
	if i < 0 {
		return Checklist{}, errs.Say(errs.Invalid, "请选择检查表", "choose a checklist")
	}
	return all[i], nil
}

// lay makes the tasks of a plan.
func (p *Part) lay(plan *Plan, ranked []Ranked) ([]Task, error) {
	byCode := map[string]Ranked{}
	for _, r := range ranked {
		byCode[r.Site.Code] = r
		plan.Candidates = append(plan.Candidates, r.Site.Code)
	}
	chosen := plan.Candidates
	if plan.Lot {
		chosen = Draw(plan.Seed, plan.Candidates, plan.Count)
	}
	var days []calendar.Date
	for d, cal := plan.From, p.o.Calendar.Now(); d <= plan.To; d++ {
		if cal.Workday(d) {
			days = append(days, d)
		}
	}
	if len(chosen) == 0 || len(days) == 0 {
		return nil, errs.Say(errs.Conflict, "没有可安排的企业或工作日", "there is no plant or no working day to plan")
	}
	visits, total := make([]int, len(chosen)), 0
	for i, code := range chosen {
		visits[i] = 1
		if !plan.Lot { // as many as the grade asks for in this part of a year, and at least one
			visits[i] = max(1, (byCode[code].Grade.Often()*int(plan.To-plan.From+1)+182)/365)
		}
		total += visits[i]
	}
	if total > maxTasks {
		return nil, errs.Say(errs.Invalid, "任务过多（%[1]d 项），请缩短期间或缩小范围", "too many tasks (%[1]d): take a shorter span or fewer plants", total)
	}
	var out []Task
	for i, on := range Spread(visits, days) {
		r := byCode[chosen[i]]
		for _, day := range on {
			out = append(out, Task{ID: store.NewID(plan.At), Plan: plan.ID, Plant: r.Site.Code, District: r.Site.District, Day: day, State: ToDo, List: plan.List, Version: plan.Version, Grade: r.Grade, Inspectors: DrawFor(plan.Seed, r.Site.Code, plan.Pool, plan.Each)})
		}
	}
	plan.Tasks = len(out)
	return out, nil
}

// Finding is what was found on the spot.
type Finding struct {
	Item     string // code in the checklist
	Grade    string
	Text     string
	Deadline calendar.Date
	Photo    io.Reader // nil for none
	Name     string    // of the photo
	Type     string
}

// Find opens a rectification for what was found in a task, with its photo.
func (p *Part) Find(ctx context.Context, who *identity.Principal, taskID string, f Finding) (c casework.Case, err error) {
	if err := need(who, GrantDo); err != nil {
		return c, err
	}
	f.Text = strings.TrimSpace(f.Text)
	switch {
	case f.Grade != Major && f.Grade != General:
		return c, errs.Say(errs.Invalid, "请选择隐患等级", "choose a grade")
	case !fit(f.Text, 1000):
		return c, errs.Say(errs.Invalid, "请填写隐患情况（1 至 1000 字）", "describe the finding in 1 to 1000 characters")
	case f.Deadline < p.today() || f.Deadline > p.today()+maxSpan:
		return c, errs.Say(errs.Invalid, "整改期限应为今天以后一年以内", "the day of grace lies within a year from today")
	}
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		t, list, site, err := p.openTask(tx, who, taskID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list.Items, func(x Item) bool { return x.Code == f.Item })
		if i < 0 {
			return errs.Say(errs.Invalid, "请选择检查项", "choose the item")
		}
		level := 4
		if f.Grade == Major {
			level = 2
		}
		title := []rune(f.Text)
		c, err = p.o.Cases.Start(tx, who, casework.Case{Kind: KindName, Title: string(title[:min(len(title), 60)]), Level: level, Unit: site.Plant.Unit, Area: site.District, Group: site.URI,
			Fields: map[string]string{fieldGrade: f.Grade, fieldDeadline: f.Deadline.String(), fieldTask: t.ID, fieldItem: f.Item, fieldClause: list.Items[i].Clause}}, nil, f.Text)
		if err != nil {
			return err
		}
		if t.Found == nil {
			t.Found = map[string]int{}
		}
		t.Found[f.Item]++
		return putTask(tx, &t)
	})
	if err != nil || f.Photo == nil {
		return c, errs.Wrap("record a finding", err)
	}
	if _, err := p.o.Cases.Attach(ctx, who, c.ID, f.Name, f.Type, f.Photo); err != nil {
		if _, ok := errs.MsgOf(err); !ok {
			return c, errs.Wrap("attach a photo", err)
		}
		return c, errs.Say(errs.Conflict, "隐患 %[1]s 已登记，但照片未能保存（须为完整的图片，不超过 32 MiB），请到该隐患页面重新上传", "finding %[1]s is recorded, but its photo could not be kept (a whole picture of at most 32 MiB): add it on the finding's page", c.Number)
	}
	return c, nil
}

// openTask gives a task that is still to be done, with its checklist and plant.
func (p *Part) openTask(tx *store.Tx, who *identity.Principal, id string) (t Task, list Checklist, site *register.Site, err error) {
	if t, err = taskIn(tx, id); err != nil {
		return t, list, nil, err
	}
	if site, err = p.site(who, t.Plant); err != nil {
		return t, list, nil, err
	}
	if t.State != ToDo {
		return t, list, nil, errs.Say(errs.Conflict, "该任务已办结或取消", "this inspection is done or was called off")
	}
	list, err = listIn(tx, t.List, t.Version)
	return t, list, site, err
}

// Finish keeps the record of an inspection. Every item has a result, and every bad one a finding.
func (p *Part) Finish(ctx context.Context, who *identity.Principal, id string, results map[string]Result, summary string) error {
	if err := need(who, GrantDo); err != nil {
		return err
	}
	return errs.Wrap("record an inspection", p.o.DB.Write(ctx, func(tx *store.Tx) error {
		t, list, site, err := p.openTask(tx, who, id)
		if err != nil {
			return err
		}
		t.Results = map[string]Result{}
		for _, x := range list.Items {
			r := results[x.Code]
			if r.State != "ok" && r.State != "bad" && r.State != "na" || len(r.Note) > 1000 {
				return errs.Say(errs.Invalid, "第 %[1]s 项没有结论", "item %[1]s has no result", x.Code)
			}
			if r.State == "bad" && t.Found[x.Code] == 0 {
				return errs.Say(errs.Invalid, "第 %[1]s 项不符合，请先登记隐患", "item %[1]s is not in order: record its finding first", x.Code)
			}
			if r.State != "bad" && t.Found[x.Code] > 0 {
				return errs.Say(errs.Invalid, "第 %[1]s 项已登记隐患，结论应为不符合", "item %[1]s has a finding, so it is not in order", x.Code)
			}
			t.Results[x.Code] = r
		}
		if len(summary) > 3000 {
			return errs.Say(errs.Invalid, "检查小结过长", "the summary is too long")
		}
		t.State, t.Done, t.By, t.Summary = Done, p.o.Now(), who.ID, summary
		if err := putTask(tx, &t); err != nil {
			return err
		}
		return p.o.Journal.Append(tx, act(who, GrantDo, "record-inspection", site.URI, map[string]any{"task": t.ID, "findings": len(t.Found)}))
	}))
}

// Cancel calls a task off, with a reason.
func (p *Part) Cancel(ctx context.Context, who *identity.Principal, id, reason string) error {
	if err := need(who, GrantPlan); err != nil {
		return err
	}
	if !fit(reason, 300) {
		return errs.Say(errs.Invalid, "请填写取消理由（1 至 300 字）", "give the reason in 1 to 300 characters")
	}
	return errs.Wrap("call an inspection off", p.o.DB.Write(ctx, func(tx *store.Tx) error {
		t, _, site, err := p.openTask(tx, who, id)
		if err != nil {
			return err
		}
		t.State, t.Summary, t.By = Cancelled, reason, who.ID
		if err := putTask(tx, &t); err != nil {
			return err
		}
		return p.o.Journal.Append(tx, act(who, GrantPlan, "cancel-inspection", site.URI, map[string]any{"task": t.ID, "reason": reason}))
	}))
}

// Figures of inspection.
type Figures struct {
	Planned   int64 `json:"planned"`
	Done      int64 `json:"done"`
	Behind    int64 `json:"behind"` // tasks whose day has passed
	Open      int   `json:"open"`
	OpenMajor int   `json:"openMajor"`
	Overdue   int   `json:"overdue"`
	Closed    int   `json:"closed"`
	InTime    int   `json:"inTime"` // of the closed: by their day
}

// Count gives the figures of a district, "" for the whole city.
func (p *Part) Count(ctx context.Context, district string) (f Figures, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		f = Figures{}
		err := tx.Each(qTaskCount, []any{"", district, "", ""}, func(scan func(...any) error) error {
			var state string
			var n int64
			err := scan(&state, &n)
			switch state {
			case ToDo:
				f.Planned = n
			case Done:
				f.Done = n
			}
			return err
		})
		if err != nil {
			return err
		}
		return tx.Get(qTaskLate, []any{int64(p.today()), district}, &f.Behind)
	})
	if err != nil {
		return f, err
	}
	all, err := p.findings(ctx, self, casework.Filter{Area: district})
	for i := range all {
		c := &all[i]
		day, bad := calendar.Parse(c.Fields[fieldDeadline])
		switch {
		case c.Closed.IsZero():
			f.Open++
			if c.Fields[fieldGrade] == Major {
				f.OpenMajor++
			}
			if p.overdue(c) {
				f.Overdue++
			}
		case bad == nil:
			if f.Closed++; calendar.DateOf(c.Closed) <= day {
				f.InTime++
			}
		}
	}
	return f, err
}

// days parses a number of a form.
func number(s string, fallback int) int {
	if n, err := strconv.Atoi(strings.TrimSpace(s)); err == nil {
		return n
	}
	return fallback
}

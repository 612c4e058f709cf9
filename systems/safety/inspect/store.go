package inspect

import (
	"context"
	"encoding/json"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/calendar"
	"github.com/haihe-city/haihe/store"
)

var (
	qListPut   = store.Q("safety_inspect_list_put", `INSERT INTO safety_inspect_list (id, version, body) VALUES ($1, $2, $3)`)
	qListAll   = store.Q("safety_inspect_list_all", `SELECT body FROM safety_inspect_list ORDER BY id, version DESC`)
	qListGet   = store.Q("safety_inspect_list_get", `SELECT body FROM safety_inspect_list WHERE id = $1 AND version = $2`)
	qListMax   = store.Q("safety_inspect_list_max", `SELECT COALESCE(MAX(version), 0) FROM safety_inspect_list WHERE id = $1`)
	qWhoPut    = store.Q("safety_inspect_who_put", `INSERT INTO safety_inspect_inspector (id, name, active) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET name = excluded.name, active = excluded.active`)
	qWhoAll    = store.Q("safety_inspect_who_all", `SELECT id, name, active FROM safety_inspect_inspector ORDER BY id`)
	qPlanPut   = store.Q("safety_inspect_plan_put", `INSERT INTO safety_inspect_plan (id, body) VALUES ($1, $2)`)
	qPlanAll   = store.Q("safety_inspect_plan_all", `SELECT id, body FROM safety_inspect_plan ORDER BY id DESC`)
	qPlanGet   = store.Q("safety_inspect_plan_get", `SELECT id, body FROM safety_inspect_plan WHERE id = $1`)
	bulkTask   = store.NewBulk("safety_inspect_task_add", `INSERT INTO safety_inspect_task (id, plan, plant, district, day, state, done, body)`, 8, ``)
	qTaskPut   = store.Q("safety_inspect_task_put", `UPDATE safety_inspect_task SET state = $2, done = $3, body = $4 WHERE id = $1`)
	qTaskGet   = store.Q("safety_inspect_task_get", `SELECT id, plan, plant, district, day, state, done, body FROM safety_inspect_task WHERE id = $1`)
	qTaskList  = store.Q("safety_inspect_task_list", `SELECT id, plan, plant, district, day, state, done, body FROM safety_inspect_task`+taskWhere+` AND (day > $5 OR day = $5 AND id > $6) ORDER BY day, id LIMIT $7`)
	qTaskCount = store.Q("safety_inspect_task_count", `SELECT state, COUNT(*) FROM safety_inspect_task`+taskWhere+` GROUP BY state`)
	qTaskLate  = store.Q("safety_inspect_task_late", `SELECT COUNT(*) FROM safety_inspect_task WHERE state = 'planned' AND day < $1 AND ($2 = '' OR district = $2)`)
	qTaskLast  = store.Q("safety_inspect_task_last", `SELECT plant, MAX(done) FROM safety_inspect_task WHERE state = 'done' GROUP BY plant`)
	qMorePut   = store.Q("safety_inspect_more_put", `INSERT INTO safety_inspect_extension (id, subject, state, body) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET state = excluded.state, body = excluded.body`)
	qMoreOf    = store.Q("safety_inspect_more_of", `SELECT id, subject, state, body FROM safety_inspect_extension WHERE subject = $1 ORDER BY id DESC`)
)

const taskWhere = ` WHERE ($1 = '' OR state = $1) AND ($2 = '' OR district = $2) AND ($3 = '' OR plan = $3) AND ($4 = '' OR plant = $4)`

// The states of a task.
const (
	ToDo      = "planned"
	Done      = "done"
	Cancelled = "cancelled"
)

// Result is what was seen of one item of the checklist: "ok", "bad" or "na".
type Result struct {
	State string `json:"state"`
	Note  string `json:"note,omitempty"`
}

// Task is one inspection of one plant.
type Task struct {
	ID         string            `json:"-"`
	Plan       string            `json:"-"`
	Plant      string            `json:"-"`
	District   string            `json:"-"`
	Day        calendar.Date     `json:"-"`
	State      string            `json:"-"`
	Done       time.Time         `json:"-"`
	List       string            `json:"list"`
	Version    int64             `json:"version"` // of the checklist
	Inspectors []string          `json:"inspectors"`
	Grade      Grade             `json:"grade"`
	Results    map[string]Result `json:"results,omitempty"` // by code of the item
	Found      map[string]int    `json:"found,omitempty"`   // findings by code of the item
	Summary    string            `json:"summary,omitempty"`
	By         string            `json:"by,omitempty"`
}

// Plan is one lot of tasks: by risk, or drawn.
type Plan struct {
	ID         string        `json:"-"`
	Title      string        `json:"title"`
	At         time.Time     `json:"at"`
	By         string        `json:"by"`
	From       calendar.Date `json:"from"`
	To         calendar.Date `json:"to"`
	Kind       string        `json:"kind,omitempty"` // of plants
	District   string        `json:"district,omitempty"`
	List       string        `json:"list"`
	Version    int64         `json:"version"`
	Lot        bool          `json:"lot"`
	Count      int           `json:"count,omitempty"` // plants to draw
	Each       int           `json:"each"`            // inspectors for each plant
	Seed       string        `json:"seed"`
	Candidates []string      `json:"candidates"`
	Pool       []string      `json:"pool"` // inspectors who could be drawn
	Tasks      int           `json:"tasks"`
}

// Inspector is somebody who may be drawn.
type Inspector struct {
	ID, Name string
	Active   bool
}

// Extension is a request for more time.
type Extension struct {
	ID      string        `json:"-"`
	Case    string        `json:"-"`
	State   string        `json:"-"` // "asked", "approved", "refused"
	Until   calendar.Date `json:"until"`
	Reason  string        `json:"reason"`
	Asker   string        `json:"asker"`
	Asked   time.Time     `json:"asked"`
	Decider string        `json:"decider,omitempty"`
	Decided time.Time     `json:"decided,omitzero"`
}

// text writes what a table keeps as JSON.
func text(v any) (string, error) {
	body, err := json.Marshal(v)
	return string(body), errs.As(errs.Internal, "write an inspection", err)
}

func parse(body string, into any) error {
	return errs.As(errs.Internal, "read an inspection", json.Unmarshal([]byte(body), into))
}

func scanTask(scan func(...any) error) (t Task, err error) {
	var day, done int64
	var body string
	if err := scan(&t.ID, &t.Plan, &t.Plant, &t.District, &day, &t.State, &done, &body); err != nil {
		return t, err
	}
	if t.Day = calendar.Date(day); done != 0 {
		t.Done = store.Time(done)
	}
	return t, parse(body, &t)
}

// tasksIn reads tasks within a transaction.
func tasksIn(tx *store.Tx, q store.Stmt, args ...any) (out []Task, err error) {
	err = tx.Each(q, args, func(scan func(...any) error) error {
		t, err := scanTask(scan)
		out = append(out, t)
		return err
	})
	return out, err
}

// taskIn reads one task.
func taskIn(tx *store.Tx, id string) (Task, error) {
	list, err := tasksIn(tx, qTaskGet, id)
	if err == nil && len(list) == 0 {
		err = errs.Say(errs.NotFound, "没有这项检查任务", "there is no such inspection")
	}
	if err != nil {
		return Task{}, err
	}
	return list[0], nil
}

func putTask(tx *store.Tx, t *Task) error {
	body, err := text(t)
	if err != nil {
		return err
	}
	done := int64(0)
	if !t.Done.IsZero() {
		done = store.Micros(t.Done)
	}
	_, err = tx.Exec(qTaskPut, t.ID, t.State, done, body)
	return err
}

// addTasks writes new tasks.
func addTasks(tx *store.Tx, list []Task) error {
	rows := make([]any, 0, 8*len(list))
	for i := range list {
		t := &list[i]
		body, err := text(t)
		if err != nil {
			return err
		}
		rows = append(rows, t.ID, t.Plan, t.Plant, t.District, int64(t.Day), t.State, int64(0), body)
	}
	_, err := tx.ExecBulk(bulkTask, rows)
	return err
}

// Checklists gives every version of every list, newest first of each.
func (p *Part) Checklists(ctx context.Context) (out []Checklist, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(qListAll, nil, func(scan func(...any) error) error {
			c, err := scanList(scan)
			out = append(out, c)
			return err
		})
	})
	return out, err
}

func scanList(scan func(...any) error) (c Checklist, err error) {
	var body string
	if err := scan(&body); err != nil {
		return c, err
	}
	return c, parse(body, &c)
}

// listIn reads one version of a list.
func listIn(tx *store.Tx, id string, version int64) (c Checklist, err error) {
	found := false
	err = tx.Each(qListGet, []any{id, version}, func(scan func(...any) error) (err error) {
		found = true
		c, err = scanList(scan)
		return err
	})
	if err == nil && !found {
		err = errs.Say(errs.NotFound, "没有这份检查表", "there is no such checklist")
	}
	return c, err
}

// Inspectors gives those who are or were in the list.
func (p *Part) Inspectors(ctx context.Context) (out []Inspector, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(qWhoAll, nil, func(scan func(...any) error) error {
			var i Inspector
			err := scan(&i.ID, &i.Name, &i.Active)
			out = append(out, i)
			return err
		})
	})
	return out, err
}

// plans reads plans by a query.
func (p *Part) plans(ctx context.Context, q store.Stmt, args ...any) (out []Plan, err error) {
	err = p.o.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.Each(q, args, func(scan func(...any) error) error {
			var x Plan
			var body string
			if err := scan(&x.ID, &body); err != nil {
				return err
			}
			id := x.ID
			err := parse(body, &x)
			x.ID = id
			out = append(out, x)
			return err
		})
	})
	return out, err
}

// extensions gives the requests of a case, the newest first.
func extensions(tx *store.Tx, caseID string) (out []Extension, err error) {
	err = tx.Each(qMoreOf, []any{caseID}, func(scan func(...any) error) error {
		var x Extension
		var body string
		if err := scan(&x.ID, &x.Case, &x.State, &body); err != nil {
			return err
		}
		err := parse(body, &x)
		out = append(out, x)
		return err
	})
	return out, err
}

func putExtension(tx *store.Tx, x *Extension) error {
	body, err := text(x)
	if err == nil {
		_, err = tx.Exec(qMorePut, x.ID, x.Case, x.State, body)
	}
	return err
}

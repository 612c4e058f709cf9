package plan

import (
	"fmt"
	"github.com/haihe-city/haihe/systems/emergency/incident/event"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/systems/emergency/plan/resource"
)

// Plan is one version of a plan.
type Plan struct {
	ID, Code string
	Version  int64
	Title    string
	Class    string // of incidents; "" for all
	Level    int    // for this level and graver ones
	State    State
	Tasks    []Task
	Needs    []Need
	Maker    string
	Made     time.Time
	Approver string
	Approved time.Time
}

// State of a version.
type State string

// The states. At most one version of a code is approved.
const (
	Draft    State = "draft"
	Approved State = "approved"
	Retired  State = "retired"
)

// Task is who does what, by when after the activation.
type Task struct {
	Unit  string        `json:"unit"`
	After time.Duration `json:"after"`
	Words string        `json:"words"`
}

// Need is a resource that the plan wants near: so many of a kind.
type Need struct {
	Kind  resource.Kind `json:"kind"`
	Count int64         `json:"count"`
}

// The bounds of a plan.
const (
	mostTasks = 200
	mostWords = 500
	mostAfter = 30 * 24 * time.Hour
)

// fits tells whether the plan is for an incident of a class and level; one not yet judged counts as the gravest.
func (p *Plan) fits(class string, level int) bool {
	return p.State == Approved && (p.Class == "" || p.Class == class) && (level == 0 || level <= p.Level)
}

// check refuses what cannot be.
func (p *Plan) check(unit func(id string) bool) error {
	if p.Title = strings.Join(strings.Fields(p.Title), " "); p.Title == "" || len(p.Title) > mostWords {
		return errs.Say(errs.Invalid, "请填写预案名称（不超过 %d 字节）", "give the plan a name, of at most %d bytes", mostWords)
	}
	if _, ok := event.ClassOf(p.Class); p.Class != "" && !ok {
		return errs.Say(errs.Invalid, "没有此事件类型", "there is no such kind of event")
	}
	if p.Level < 1 || p.Level > 4 {
		return errs.Say(errs.Invalid, "级别为 1 至 4", "the level is 1 to 4")
	}
	if len(p.Tasks) == 0 || len(p.Tasks) > mostTasks {
		return errs.Say(errs.Invalid, "预案应有 1 至 %d 项任务", "a plan has 1 to %d tasks", mostTasks)
	}
	for i, t := range p.Tasks {
		if !unit(t.Unit) {
			return errs.Say(errs.Invalid, "第 %[1]d 项任务：没有“%[2]s”这个单位", "task %[1]d: there is no unit %[2]q", i+1, t.Unit)
		}
	}
	return nil
}

// ParseTasks reads one task a line: unit, minutes after the activation, what.
func ParseTasks(s string) (out []Task, err error) {
	for i, line := range strings.Split(s, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		parts := strings.SplitN(strings.ReplaceAll(line, "，", ","), ",", 3)
		if len(parts) != 3 {
			return nil, errs.Say(errs.Invalid, "第 %d 行：应为“单位编号,启动后分钟数,任务”", "line %d: a task is unit,minutes after the activation,what", i+1)
		}
		minutes, err := strconv.ParseFloat(strings.TrimSpace(parts[1]), 64)
		if err != nil || !(minutes >= 0 && minutes <= mostAfter.Minutes()) {
			return nil, errs.Say(errs.Invalid, "第 %d 行：分钟数应为 0 至 43200", "line %d: the minutes lie between 0 and 43,200", i+1)
		}
		t := Task{Unit: strings.TrimSpace(parts[0]), After: time.Duration(minutes * float64(time.Minute)).Round(time.Second), Words: strings.TrimSpace(parts[2])}
		if t.Words == "" || len(t.Words) > mostWords {
			return nil, errs.Say(errs.Invalid, "第 %[1]d 行：任务应有内容，不超过 %[2]d 字节", "line %[1]d: say what is to be done, in at most %[2]d bytes", i+1, mostWords)
		}
		out = append(out, t)
	}
	return out, nil
}

// FormatTasks writes tasks as ParseTasks reads them.
func FormatTasks(list []Task) string {
	var b strings.Builder
	for _, t := range list {
		fmt.Fprintf(&b, "%s,%s,%s\n", t.Unit, strconv.FormatFloat(t.After.Minutes(), 'f', -1, 64), t.Words)
	}
	return b.String()
}

// ParseNeeds reads one need a line: kind, number.
func ParseNeeds(s string) (out []Need, err error) {
	for i, line := range strings.Split(s, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		kind, count, _ := strings.Cut(strings.ReplaceAll(line, "，", ","), ",")
		n, err := strconv.ParseInt(strings.TrimSpace(count), 10, 64)
		k := resource.Kind(strings.TrimSpace(kind))
		if err != nil || n < 1 || n > 1_000_000 || !k.Known() {
			return nil, errs.Say(errs.Invalid, "第 %d 行：应为“类别,数量”，类别为 team、vehicle、material、shelter、expert", "line %d: a need is kind,number, the kind team, vehicle, material, shelter or expert", i+1)
		}
		out = append(out, Need{k, n})
	}
	return out, nil
}

// FormatNeeds writes needs as ParseNeeds reads them.
func FormatNeeds(list []Need) string {
	var b strings.Builder
	for _, n := range list {
		fmt.Fprintf(&b, "%s,%d\n", n.Kind, n.Count)
	}
	return b.String()
}

// Duty is a task of an incident: a plan's, from its activation on.
type Duty struct {
	ID, Incident, Plan string
	Num                int64
	Unit, Words        string
	State              string // open, done, skipped
	Due, Made, Ended   time.Time
	Who, Note          string
}

// late tells whether a task should have been done.
func (d *Duty) late(now time.Time) bool { return d.State == "open" && now.After(d.Due) }

package report

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/casework/notice"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/emergency/dispatch"
	"github.com/haihe-city/haihe/systems/emergency/incident"
	"github.com/haihe-city/haihe/systems/emergency/incident/event"
	"github.com/haihe-city/haihe/systems/emergency/plan"
	"github.com/haihe-city/haihe/systems/emergency/tie"
	"github.com/haihe-city/haihe/systems/emergency/warning"
	"github.com/haihe-city/haihe/web/ui"
)

// Options are what the part works with.
type Options struct {
	Incidents *incident.Part
	Ties      *tie.Part // warnings of incidents
	Orders    *dispatch.Part
	Plans     *plan.Part
	Cases     *casework.Service
	Alarms    *alarm.Board
	Post      *notice.Post
	People    *identity.Service
}

// Part writes reports.
type Part struct{ o Options }

// New makes the part.
func New(o Options) *Part { return &Part{o} }

// Report is all that one is made of.
type Report struct {
	Incident incident.Whole
	Lines    []casework.Line
	Orders   []dispatch.Order
	Tasks    []plan.Duty
	Alarms   []alarm.Alarm
	Warnings []warning.Warning
	Told     map[notice.State]int // messages about the incident and its orders, by what became of them
	Names    map[string]lang.Text // of actors
}

// Span is a time from the report to a stage.
type Span struct {
	Name lang.Text
	Took time.Duration
	Done bool
}

// Spans are the times to verify, to dispatch, to control and to close, each from when the report came in.
func Spans(x incident.Incident) []Span {
	span := func(name lang.Text, at time.Time) Span {
		return Span{name, at.Sub(x.Opened), !at.IsZero()}
	}
	return []Span{span(lang.T("接报至核实", "to verify"), x.Verified), span(lang.T("接报至首次派遣", "to dispatch"), x.Dispatched), span(lang.T("接报至控制", "to control"), x.Controlled), span(lang.T("接报至办结", "to close"), x.Times.Closed)}
}

// say writes a length of time, to the second.
func (s Span) say() lang.Text {
	if !s.Done {
		return lang.T("未发生", "not yet")
	}
	d := s.Took.Round(time.Second)
	h, m, sec := int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60
	if h > 0 {
		return lang.T(fmt.Sprintf("%d 小时 %d 分 %d 秒", h, m, sec), fmt.Sprintf("%d h %d min %d s", h, m, sec))
	}
	return lang.T(fmt.Sprintf("%d 分 %d 秒", m, sec), fmt.Sprintf("%d min %d s", m, sec))
}

// mostPages bounds how many pages of notices one report counts.
const mostPages = 200

// Make gathers a report.
func (p *Part) Make(ctx context.Context, who *identity.Principal, id string) (out Report, err error) {
	if out.Incident, err = p.o.Incidents.Get(ctx, who, id); err != nil {
		return out, err
	}
	if out.Lines, err = p.o.Cases.Timeline(ctx, who, id); err != nil {
		return out, errs.Wrap("read the timeline", err)
	}
	if out.Orders, err = p.o.Orders.Of(ctx, id); err != nil {
		return out, err
	}
	if out.Tasks, err = p.o.Plans.Duties(ctx, id); err != nil {
		return out, err
	}
	if out.Alarms, err = p.o.Alarms.OfCase(ctx, id); err != nil {
		return out, errs.Wrap("read the alarms", err)
	}
	if out.Warnings, err = p.o.Ties.Of(ctx, id); err != nil {
		return out, err
	}
	out.Told = map[notice.State]int{}
	about := []string{"case:" + id}
	for _, o := range out.Orders {
		about = append(about, "order:"+o.ID)
	}
	for _, a := range about {
		if err := p.count(ctx, a, out.Told); err != nil {
			return out, err
		}
	}
	out.Names = map[string]lang.Text{}
	for _, l := range out.Lines {
		if _, ok := out.Names[l.Actor]; !ok {
			out.Names[l.Actor] = p.o.People.ActorName(ctx, l.Actor)
		}
	}
	return out, nil
}

// count adds up what became of the messages about something; who was told is not part of a report.
func (p *Part) count(ctx context.Context, about string, into map[notice.State]int) error {
	cursor := ""
	for range mostPages {
		list, next, err := p.o.Post.Lines(ctx, about, cursor, 500)
		if err != nil {
			return errs.Wrap("read the notices", err)
		}
		for _, l := range list {
			into[l.State]++
		}
		if cursor = next; next == "" {
			break
		}
	}
	return nil
}

// Markdown writes the report in one language.
func (r Report) Markdown(l lang.Lang, unit func(id string) lang.Text) string {
	var b strings.Builder
	x := r.Incident
	t := func(zh, en string) string { return lang.T(zh, en).In(l) }
	fmt.Fprintf(&b, "# %s %s\n\n", t("处置总结报告", "After-action report"), escape(x.Case.Number))
	if x.Drill {
		fmt.Fprintf(&b, "**%s**\n\n", t("演练报告：所述均非真实事件。", "Report of a drill: nothing of it was real."))
	}
	c, _ := event.ClassOf(x.Class)
	for _, row := range [][2]string{{t("事件", "Incident"), x.Case.Title}, {t("类型", "Kind"), c.Name.In(l)}, {t("级别", "Level"), event.LevelName(x.Case.Level).In(l)}, {t("阶段", "Stage"), incident.StageName(x.Case.Stage).In(l)}, {t("地点", "Place"), strings.TrimSpace(region.Name(x.District).In(l) + " " + x.Place)},
		{t("负责单位", "Unit"), unit(x.Case.Unit).In(l)}, {t("发生时间", "Happened"), when(x.Occurred)}, {t("接报时间", "Reported"), when(x.Opened)}, {t("伤亡", "Harm"), fmt.Sprintf(t("亡 %d，失踪 %d，被困 %d，伤 %d（重伤 %d）", "%d dead, %d missing, %d trapped, %d injured (%d seriously)"), x.Dead, x.Missing, x.Trapped, x.Injured, x.Serious)}} {
		fmt.Fprintf(&b, "- %s: %s\n", row[0], escape(row[1]))
	}
	fmt.Fprintf(&b, "\n## %s\n\n", t("用时", "Times"))
	for _, s := range Spans(x.Incident) {
		fmt.Fprintf(&b, "- %s: %s\n", s.Name.In(l), s.say().In(l))
	}
	fmt.Fprintf(&b, "\n## %s\n\n| %s | %s | %s | %s |\n| --- | --- | --- | --- |\n", t("全程记录", "Timeline"), t("时间", "At"), t("何人", "Who"), t("何事", "What"), t("哈希", "Hash"))
	for _, li := range r.Lines {
		hash := li.Hash
		fmt.Fprintf(&b, "| %s | %s | %s | `%s` |\n", when(li.At), escape(r.Names[li.Actor].In(l)), escape(incident.Say(li).In(l)), hash[:min(12, len(hash))])
	}
	fmt.Fprintf(&b, "\n## %s\n\n| # | %s | %s | %s | %s | %s | %s | %s |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n", t("指令与反馈", "Orders and receipts"), t("单位", "Unit"), t("内容", "What"), t("状态", "State"), t("下达", "Sent"), t("签收", "Received"), t("到场", "On site"), t("完成", "Done"))
	for _, o := range r.Orders {
		fmt.Fprintf(&b, "| %d | %s | %s | %s | %s | %s | %s | %s |\n", o.Num, escape(unit(o.Unit).In(l)), escape(o.Words), o.State.Text().In(l), when(o.Sent), when(o.Received), when(o.OnSite), when(o.Done))
	}
	fmt.Fprintf(&b, "\n## %s\n\n", t("预案任务", "Tasks"))
	for _, d := range r.Tasks {
		late := ""
		if !d.Ended.IsZero() && d.Ended.After(d.Due) {
			late = t("（逾时）", " (late)")
		}
		fmt.Fprintf(&b, "- %s, %s: %s → %s%s %s\n", escape(unit(d.Unit).In(l)), escape(d.Words), when(d.Due), when(d.Ended), late, escape(d.Note))
	}
	if len(r.Warnings) > 0 {
		fmt.Fprintf(&b, "\n## %s\n\n", t("预警", "Warnings"))
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(&b, "- %s: %s, %s, %s (%s)\n", when(w.Issued), escape(w.Headline.In(l)), warning.ColourName(w.Colour).In(l), warning.StateName(w.State).In(l), escape(w.Identifier))
	}
	fmt.Fprintf(&b, "\n## %s\n\n", t("告警与通知", "Alarms and notices"))
	for _, a := range r.Alarms {
		fmt.Fprintf(&b, "- %s %s\n", when(a.First), escape(a.Title.In(l)))
	}
	for _, s := range []notice.State{notice.Told, notice.Answered, notice.Escaped, notice.Failed, notice.Recalled} {
		if n := r.Told[s]; n > 0 {
			fmt.Fprintf(&b, "- %s: %d\n", toldName(s).In(l), n)
		}
	}
	return b.String()
}

func toldName(s notice.State) lang.Text {
	switch s {
	case notice.Told:
		return lang.T("已送达未回执", "told, no answer")
	case notice.Answered:
		return lang.T("已回执", "answered")
	case notice.Escaped:
		return lang.T("已上报", "escalated")
	case notice.Failed:
		return lang.T("未送达", "not reached")
	}
	return lang.T("已撤回", "recalled")
}

func when(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.In(ui.Zone()).Format("2006-01-02 15:04:05")
}

// escape keeps what people wrote from being read as Markdown's tables and headings.
func escape(s string) string {
	return strings.NewReplacer("\\", "\\\\", "|", "\\|", "\n", " ", "\r", "", "`", "\\`", "*", "\\*", "_", "\\_", "<", "&lt;", "[", "\\[").Replace(s)
}

package alarms

import (
	"context"
	"math"
	"net/url"
	"slices"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// pageOne is an alarm with its history, what to do, the curve of its point and what else stands at its plant.
func (p *Part) pageOne(r *web.Request) (*ui.Page, error) {
	ctx := r.Context()
	a, err := p.board.Get(ctx, r.Path("id"))
	if err != nil {
		return nil, err
	}
	lines, err := p.board.Lines(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	out := p.page(a.Title, pathList, ui.Link{Text: lang.T("告警", "Alarms"), Href: pathList}, ui.Link{Text: a.Title})
	out.Lead = p.placeOf(&a)
	out.Actions = p.actions(r, &a)
	main := []ui.Block{}
	if !a.Advice.Empty() {
		main = append(main, ui.Notice{ID: "advice", Kind: "warn", Text: lang.T("处置建议："+a.Advice.Zh, "What to do: "+a.Advice.En)})
	}
	main = append(main, p.facts(ctx, &a))
	if chart, ok, err := p.curve(ctx, &a); err != nil {
		return nil, err
	} else if ok {
		main = append(main, chart)
	}
	others, err := p.others(ctx, &a)
	if err != nil {
		return nil, err
	}
	side := append([]ui.Block{p.history(ctx, lines)}, p.forms(r, &a)...)
	out.Body = []ui.Block{ui.Columns{Wide: 0, Cols: [][]ui.Block{main, side}}, others}
	return out, nil
}

// actions are what can be done to an alarm with one click.
func (p *Part) actions(r *web.Request, a *alarm.Alarm) (out []ui.Action) {
	fields := map[string]string{"one": a.ID, "page": a.ID}
	if r.Who.Can(alarm.GrantAck) && mayAck(a) {
		out = append(out, ui.Action{Text: lang.T("确认", "Acknowledge"), Href: pathAck, Post: true, Primary: true, Fields: fields})
	}
	if r.Who.Can(alarm.GrantAck) && a.Hold == alarm.Shelved {
		out = append(out, ui.Action{Text: lang.T("取消搁置", "Take from the shelf"), Href: pathReturn, Post: true, Fields: fields})
	}
	if a.Case != "" {
		out = append(out, ui.Action{Text: lang.T("查看案件", "Case"), Href: pathCase + a.Case})
	}
	if page := p.pageOf(a.System, a.Entity); page != "" {
		out = append(out, ui.Action{Text: lang.T("查看测点", "Point"), Href: page})
	} else if page := p.pageOf(a.System, a.Group); page != "" {
		out = append(out, ui.Action{Text: lang.T("查看企业", "Plant"), Href: page})
	}
	if r.Who.Can(alarm.GrantHold) && a.Entity != "" {
		out = append(out, ui.Action{Text: lang.T("申请退出", "Out of service"), Href: pathHolds + "?scope=" + url.QueryEscape(a.Entity)})
	}
	return out
}

// facts are what is known of it.
func (p *Part) facts(ctx context.Context, a *alarm.Alarm) ui.Facts {
	value, limit, below, unit := figures(a)
	sign := "≥ "
	if below {
		sign = "≤ "
	}
	f := ui.Facts{ID: "facts", Title: lang.T("告警", "Alarm"), Items: []ui.Fact{{Name: lang.T("级别", "Priority"), Value: ui.PriorityText(int(a.Priority))}, {Name: lang.T("类别", "Class"), Value: classText(a.Class)}, {Name: lang.T("状态", "State"), Value: stateText(a.State)}}}
	add := func(name, v lang.Text) {
		if !v.Empty() {
			f.Items = append(f.Items, ui.Fact{Name: name, Value: v})
		}
	}
	add(lang.T("暂不列入", "Kept out"), holdText(a))
	if value != "" {
		add(lang.T("数值", "Value"), lang.Same(value+" "+unit))
	}
	if limit != "" {
		add(lang.T("限值", "Limit"), lang.Same(sign+limit+" "+unit))
	}
	for _, w := range a.Reasons {
		add(lang.Same(w.Name), lang.Same(figure(w.Value)))
	}
	add(lang.T("测点", "Point"), lang.Same(a.Name))
	f.Items = append(f.Items, ui.Fact{Name: lang.T("首次发生", "First came"), Time: a.First})
	if !a.Gone.IsZero() {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("恢复", "Went"), Time: a.Gone})
	}
	add(lang.T("次数", "Came"), ui.Count(a.Count, "次", "times"))
	if a.Chatter {
		add(lang.T("反复告警", "Chattering"), lang.T("一分钟内三次以上", "three times within a minute"))
	}
	if a.Acker != "" {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("确认人", "Answered by"), Value: p.people.ActorName(ctx, a.Acker), Time: a.AckedAt})
	}
	add(lang.T("说明", "Note"), lang.Same(a.Note))
	add(lang.T("来源", "Source"), lang.Same(a.Source))
	add(lang.T("系统", "System"), p.systemName(a.System))
	return f
}

// history is what happened to it, newest first.
func (p *Part) history(ctx context.Context, lines []alarm.Line) ui.Timeline {
	t := ui.Timeline{ID: "history", Title: lang.T("经过", "History")}
	for i := len(lines) - 1; i >= 0; i-- {
		l := lines[i]
		e := ui.Event{At: l.At, What: lineText(l.Verb), Kind: map[string]string{"came": "bad", "gone": "good"}[l.Verb]}
		if l.Verb != "came" && l.Verb != "gone" {
			e.Who = p.people.ActorName(ctx, l.Actor)
		}
		if l.Note != "" && l.Verb != "hold" && l.Verb != "release" {
			e.What = lang.T(e.What.Zh+"："+l.Note, e.What.En+": "+l.Note)
		}
		if l.Verb == "link" {
			e.What, e.Href = lineText(l.Verb), pathCase+l.Note
		}
		t.Items = append(t.Items, e)
	}
	return t
}

// forms are what wants words: a note with the acknowledgement, a shelving, a remark.
func (p *Part) forms(r *web.Request, a *alarm.Alarm) (out []ui.Block) {
	if !r.Who.Can(alarm.GrantAck) || a.State == alarm.Closed {
		return nil
	}
	own := []ui.Field{{Name: "one", Kind: "hidden", Value: a.ID}, {Name: "page", Kind: "hidden", Value: a.ID}}
	if a.Hold == alarm.None || a.Hold == alarm.Shelved {
		out = append(out, ui.Form{ID: "shelve", Title: lang.T("搁置", "Shelve"), Action: pathShelve, Submit: lang.T("搁置", "Shelve"), Fields: append([]ui.Field{
			{Name: "minutes", Kind: "select", Label: lang.T("时长", "For"), Value: "60", Options: []ui.Option{{Value: "15", Text: lang.T("15 分钟", "15 minutes")}, {Value: "60", Text: lang.T("1 小时", "1 hour")}, {Value: "240", Text: lang.T("4 小时", "4 hours")}, {Value: "720", Text: lang.T("12 小时", "12 hours")}}},
			{Name: "note", Label: lang.T("原因", "Reason"), Required: true}}, own...)})
	}
	return append(out, ui.Form{ID: "remark", Title: lang.T("备注", "Remark"), Action: pathList + "/" + url.PathEscape(a.ID) + "/remark", Submit: lang.T("添加备注", "Add"), Fields: []ui.Field{{Name: "note", Kind: "textarea", Label: lang.T("内容", "Text"), Required: true}}})
}

// curveSteps are the points of the curve's line; curveBefore is how much of the past it shows before the alarm.
const (
	curveSteps  = 240
	curveBefore = 2 * time.Hour
	curveMost   = 24 * time.Hour
)

// curve draws the point's readings around the alarm; ok is false where its system offers none.
func (p *Part) curve(ctx context.Context, a *alarm.Alarm) (c ui.Chart, ok bool, err error) {
	w, known := p.duty.Watched(a.System)
	if !known || w.Curve == nil || a.Entity == "" {
		return c, false, nil
	}
	from, to := a.First.Add(-curveBefore), p.now()
	if !a.Gone.IsZero() {
		to = a.Gone.Add(curveBefore / 2)
	}
	to = earlier(to, p.now(), from.Add(curveMost))
	readings, err := w.Curve(ctx, a.Entity, from, to)
	if errs.Is(err, errs.NotFound) || err == nil && len(readings) == 0 {
		return c, false, nil // an alarm of a whole plant has no curve
	}
	if err != nil {
		return c, false, errs.Wrap("read the curve", err)
	}
	step := max(to.Sub(from)/curveSteps, usual(readings)*3/2, time.Second) // no narrower than what comes, or the line would be all gaps
	points := make([]float64, int(to.Sub(from)/step)+1)
	for i := range points {
		points[i] = math.NaN()
	}
	for _, x := range readings {
		if i := int(time.UnixMicro(x.At).Sub(from) / step); i >= 0 && i < len(points) && x.Quality != rule.Faulty {
			points[i] = x.Value // the last of its step
		}
	}
	_, _, _, unit := figures(a)
	c = ui.Chart{ID: "curve", Title: lang.T("测点曲线", "Curve of the point"), Unit: lang.Same(unit), From: from, Step: step, Lines: []ui.Line{{Name: lang.Same(a.Name), Style: "now", Points: points}}, Marks: []ui.Mark{{At: a.First, Text: lang.T("触发", "came")}}}
	if a.Limit != nil {
		limit := make([]float64, len(points))
		for i := range limit {
			limit[i] = *a.Limit
		}
		c.Lines = append(c.Lines, ui.Line{Name: lang.T("限值", "Limit"), Style: "forecast", Points: limit})
	}
	return c, true, nil
}

// usual is the usual time between readings: the median.
func usual(list []rule.Reading) time.Duration {
	var gaps []time.Duration
	for i := 1; i < len(list); i++ {
		gaps = append(gaps, time.Duration(list[i].At-list[i-1].At)*time.Microsecond)
	}
	if len(gaps) == 0 {
		return 0
	}
	slices.Sort(gaps)
	return gaps[len(gaps)/2]
}

func earlier(t time.Time, others ...time.Time) time.Time {
	for _, o := range others {
		if o.Before(t) {
			t = o
		}
	}
	return t
}

// others are the open alarms of the same plant.
func (p *Part) others(ctx context.Context, a *alarm.Alarm) (ui.AlarmList, error) {
	l := ui.AlarmList{ID: "others", Title: lang.T("同一企业的其他告警", "Other alarms of the plant"), At: p.now(), Total: -1, NoSounds: true, Empty: lang.T("没有其他告警", "No others")}
	if a.Group == "" {
		return l, nil
	}
	list, _, err := p.board.List(ctx, alarm.Filter{Group: a.Group, Limit: 20})
	if err != nil {
		return l, err
	}
	for i := range list {
		if list[i].ID == a.ID {
			list = append(list[:i], list[i+1:]...)
			break
		}
	}
	l.Rows = p.rows(ctx, list)
	return l, nil
}

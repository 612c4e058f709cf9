package alarms

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// mostUndone bounds how many alarms a shelving can be undone for by one button; more are brought back from the shelf's own page.
const mostUndone = 100

// pageList is the list of the open alarms.
func (p *Part) pageList(r *web.Request) (*ui.Page, error) {
	return p.listPage(r.Context(), r.Who, r.HTTP.URL.Query())
}

func (p *Part) listPage(ctx context.Context, who *identity.Principal, v url.Values) (*ui.Page, error) {
	f, err := selection(v)
	if err != nil {
		return nil, err
	}
	counts := p.board.Count(f)
	folded := v.Get("fold") == "1" || v.Get("fold") == "" && counts.Flood && f.Group == "" && f.Priority == 0 && f.Order == ""
	l := ui.AlarmList{ID: "alarms", Title: lang.T("当前告警", "Alarms now"), Fields: p.fields(v, false), Path: pathList, Query: keep(v), At: p.now(), Change: p.change.Load(), Paged: f.Cursor != "",
		Exports: []ui.Link{{Text: lang.T("导出 CSV", "CSV"), Href: link("/api/duty/alarms.csv", keep(v), "bom", "1", "fold", "")}}, Empty: lang.T("当前没有告警", "No alarms now")}
	if who.Can(alarm.GrantAck) {
		l.Acts = ui.AlarmActs{Acknowledge: pathAck, Shelve: pathShelve, Unshelve: pathReturn}
	}
	l.Counts = p.counters(v, f, counts)
	p.flood(&l, counts, folded)
	if folded {
		l.Folds = p.folds(f, l.Query)
		f.Priority = rule.High
	}
	list, next, err := p.board.List(ctx, f)
	if err != nil {
		return nil, err
	}
	l.Rows, l.Next, l.Total = p.rows(ctx, list), next, int64(counts.Open)
	if f.Priority > 0 && !folded || len(f.States)+len(f.Classes) > 0 || f.Text != "" || !f.From.IsZero() || !f.To.IsZero() {
		l.Total = -1 // the counters know the place only
	}
	p.said(&l, v)
	out := p.page(lang.T("告警", "Alarms"), pathList)
	out.Live, out.Within = Topic, p.within(pathList)
	out.Body = []ui.Block{p.pulse(), l}
	return out, nil
}

// within are the pages of this part.
func (p *Part) within(current string) []ui.Tab {
	c := p.board.Count(alarm.Filter{})
	n := func(zh, en string, count int) lang.Text {
		if count == 0 {
			return lang.T(zh, en)
		}
		return lang.T(fmt.Sprintf("%s（%d）", zh, count), fmt.Sprintf("%s (%d)", en, count))
	}
	tabs := []ui.Tab{{Text: n("当前告警", "Now", 0), Href: pathList}, {Text: n("已搁置", "Shelved", c.Shelved), Href: pathShelved},
		{Text: n("退出与抑制", "Out of service", c.OutOfService+c.Suppressed), Href: pathHolds}, {Text: lang.T("历史告警", "Past"), Href: pathPast}}
	for i := range tabs {
		tabs[i].Current = tabs[i].Href == current
	}
	return tabs
}

// counters are the figures over the list; each filters it, and filters no more when it does already.
func (p *Part) counters(v url.Values, f alarm.Filter, c alarm.Counts) []ui.AlarmCount {
	kept := keep(v)
	one := func(n int, text lang.Text, param, value string) ui.AlarmCount {
		current := v.Get(param) == value
		if current {
			value = ""
		}
		return ui.AlarmCount{Text: text, Count: n, Href: link(pathList, kept, param, value, "fold", ""), Current: current}
	}
	var out []ui.AlarmCount
	for i := int(rule.Critical); i <= int(rule.Low); i++ {
		x := one(c.ByPriority[i], ui.PriorityText(i), "priority", strconv.Itoa(i))
		x.Priority = i
		out = append(out, x)
	}
	return append(out, one(c.Unacknowledged, stateText(alarm.Unacknowledged), "state", string(alarm.Unacknowledged)), one(c.Returned, stateText(alarm.Returned), "state", string(alarm.Returned)),
		one(c.Silent, classText(alarm.Silent), "class", string(alarm.Silent)))
}

// flood says that there is one, and what the list does about it.
func (p *Part) flood(l *ui.AlarmList, c alarm.Counts, folded bool) {
	switch {
	case folded && c.Flood:
		l.Flood = lang.T(fmt.Sprintf("告警洪峰：最近 10 分钟新增 %d 条。一般和提示级告警已按企业归并；紧急和重要告警逐条列出。", c.LastTen),
			fmt.Sprintf("Alarm flood: %d new in ten minutes. Medium and low alarms are folded by plant; critical and high ones stand one by one.", c.LastTen))
		l.Fold = &ui.Link{Text: lang.T("全部展开", "Unfold all"), Href: link(l.Path, l.Query, "fold", "0")}
	case folded:
		l.Flood = lang.T("一般和提示级告警已按企业归并。", "Medium and low alarms are folded by plant.")
		l.Fold = &ui.Link{Text: lang.T("全部展开", "Unfold all"), Href: link(l.Path, l.Query, "fold", "")}
	case c.Flood:
		l.Flood = lang.T(fmt.Sprintf("告警洪峰：最近 10 分钟新增 %d 条。", c.LastTen), fmt.Sprintf("Alarm flood: %d new in ten minutes.", c.LastTen))
		l.Fold = &ui.Link{Text: lang.T("按企业归并", "Fold by plant"), Href: link(l.Path, map[string]string{}, "system", l.Query["system"], "area", l.Query["area"], "fold", "1")}
	}
}

// mostFolds bounds the folded lines; the plants with the most stand first.
const mostFolds = 50

// folds are the alarms of little priority, a line for each plant.
func (p *Part) folds(f alarm.Filter, kept map[string]string) (out []ui.AlarmFold) {
	for _, t := range p.board.Groups(f) {
		t.ByPriority[rule.Critical], t.ByPriority[rule.High] = 0, 0 // these stand one by one
		if t.ByPriority[rule.Medium]+t.ByPriority[rule.Low] == 0 {
			continue
		}
		if len(out) == mostFolds {
			break
		}
		place := p.placeOf(&alarm.Alarm{Signal: alarm.Signal{System: t.System, Group: t.Group, Area: t.Area}})
		out = append(out, ui.AlarmFold{ID: t.Group, Place: place, Href: link(pathList, kept, "group", t.Group, "fold", "0"), Counts: t.ByPriority, Newest: t.Newest})
	}
	return out
}

// said tells what an act did, from the address that it led to.
func (p *Part) said(l *ui.AlarmList, v url.Values) {
	n, err := strconv.Atoi(v.Get("n"))
	if err != nil || n < 0 {
		return
	}
	say := func(zh, en string) { l.Said = lang.T(fmt.Sprintf(zh, n), fmt.Sprintf(en, n)) }
	switch v.Get("did") {
	case "acknowledge":
		say("已确认 %d 条告警", "%d acknowledged")
	case "unshelve":
		say("已恢复 %d 条告警", "%d returned to the list")
	case "shelve":
		say("已搁置 %d 条告警，到时自动恢复", "%d shelved; they come back by themselves")
		if ids := strings.Split(v.Get("undo"), ","); len(ids) <= mostUndone && ids[0] != "" {
			l.Undo = ids
		}
	}
}

// pageShelved lists what is on the shelf.
func (p *Part) pageShelved(r *web.Request) (*ui.Page, error) {
	v := r.HTTP.URL.Query()
	f, err := selection(v)
	if err != nil {
		return nil, err
	}
	f.Holds = []alarm.Hold{alarm.Shelved}
	list, next, err := p.board.List(r.Context(), f)
	if err != nil {
		return nil, err
	}
	l := ui.AlarmList{ID: "alarms", Title: lang.T("已搁置的告警", "Shelved alarms"), Path: pathShelved, Query: keep(v), At: p.now(), Change: p.change.Load(), Paged: f.Cursor != "", Next: next, Rows: p.rows(r.Context(), list),
		Total: int64(p.board.Count(f).Shelved), Empty: lang.T("没有搁置的告警", "Nothing is shelved"), NoSounds: true}
	if r.Who.Can(alarm.GrantAck) {
		l.Acts = ui.AlarmActs{Unshelve: pathReturn}
		l.Query["view"] = "shelved"
	}
	p.said(&l, v)
	out := p.page(lang.T("已搁置", "Shelved"), pathList, ui.Link{Text: lang.T("已搁置", "Shelved")})
	out.Lead = lang.T("搁置最长 12 小时，须填原因，到时自动回到当前告警。", "An alarm is shelved for at most 12 hours, with a reason, and comes back by itself.")
	out.Live, out.Within = Topic, p.within(pathShelved)
	out.Body = []ui.Block{p.pulse(), l}
	return out, nil
}

// pagePast lists what is closed.
func (p *Part) pagePast(r *web.Request) (*ui.Page, error) {
	v := r.HTTP.URL.Query()
	f, err := selection(v)
	if err != nil {
		return nil, err
	}
	f.States = []alarm.State{alarm.Closed}
	list, next, err := p.board.List(r.Context(), f)
	if err != nil {
		return nil, err
	}
	rows := p.rows(r.Context(), list)
	for i := range rows {
		if gone := ui.Moment(rows[i].Gone, p.now()); !rows[i].Gone.IsZero() {
			rows[i].Hold = lang.T(gone.Zh+" 恢复", "went "+gone.En)
		}
	}
	kept := keep(v)
	out := p.page(lang.T("历史告警", "Past alarms"), pathList, ui.Link{Text: lang.T("历史告警", "Past")})
	out.Within = p.within(pathPast)
	out.Body = []ui.Block{ui.AlarmList{ID: "alarms", Title: lang.T("历史告警", "Past alarms"), Fields: p.fields(v, true), Path: pathPast, Query: kept, At: p.now(), Paged: f.Cursor != "", Next: next, Rows: rows, Total: -1,
		Exports: []ui.Link{{Text: lang.T("导出 CSV", "CSV"), Href: link("/api/duty/alarms.csv", kept, "bom", "1", "state", string(alarm.Closed))}}, Empty: lang.T("没有符合条件的告警", "No alarm matches"), NoSounds: true}}
	return out, nil
}

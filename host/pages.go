package host

import (
	"slices"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// routes are the program's own: the list of systems, how the program runs, and the imports.
func (p *Program) routes() (out []web.Route) {
	out = append(out,
		web.Route{Pattern: "GET /systems", Page: p.pageSystems},
		web.Route{Pattern: "GET /system", Grant: identity.GrantReadProgram, Page: p.pageSystem},
		web.Route{Pattern: "GET /api/systems", API: p.apiSystems},
		web.Route{Pattern: "GET /api/backup", Grant: identity.GrantManageProgram, API: p.apiBackup},
	)
	out = append(out, p.imports.Routes(p.has)...)
	for _, r := range p.rooms {
		if r.broken != nil {
			out = append(out, r.brokenRoutes()...)
			continue
		}
		out = append(out, r.opened.Routes...)
	}
	return out
}

// state is how a system stands, as a tag.
func (h Health) tag() *ui.Tag {
	switch h.State {
	case "ok":
		return &ui.Tag{Status: ui.StatusMet, Text: lang.T("运行中", "running")}
	case "failing":
		return &ui.Tag{Status: ui.StatusRisk, Text: lang.T("异常", "failing")}
	}
	return &ui.Tag{Status: ui.StatusBehind, Text: lang.T("故障", "broken")}
}

// pageSystems lists the systems: what each answers in the plan, who owns it, how it stands. What the plan names and nobody has
// built yet is said, not left out.
func (p *Program) pageSystems(r *web.Request) (*ui.Page, error) {
	all, err := p.Indicators.All(r.Context())
	if err != nil {
		return nil, err
	}
	t := ui.Table{
		ID: "systems", Title: lang.T("系统清单", "List of systems"), Path: "/systems",
		Columns: []ui.Column{
			{Key: "name", Text: lang.T("系统", "System")}, {Key: "state", Text: lang.T("状态", "State")},
			{Key: "sections", Text: lang.T("方案条款", "Sections of the plan")}, {Key: "owners", Text: lang.T("责任单位", "Responsible units")},
			{Key: "targets", Text: lang.T("已测算目标", "Targets measured"), Num: true},
		},
	}
	for i, h := range p.Health(r.Context()) {
		s := p.rooms[i]
		t.Rows = append(t.Rows, ui.Row{ID: "system-" + s.Name, Cells: []ui.Cell{
			{Text: s.Title, Href: "/" + s.Name, Strong: true}, {Tag: h.tag(), Sub: lang.Same(h.Reason)},
			{Text: lang.Same(strings.Join(s.Sections, ", "))}, {Text: p.owners(s.Owners)}, {Text: measured(all, s.Name)},
		}})
	}
	for _, s := range p.o.Plan.Systems {
		if slices.ContainsFunc(p.rooms, func(r *room) bool { return r.Name == s.ID }) {
			continue
		}
		t.Rows = append(t.Rows, ui.Row{ID: "system-" + s.ID, Cells: []ui.Cell{
			{Text: s.Name}, {Tag: &ui.Tag{Status: ui.StatusNone, Text: lang.T("未接入", "not connected")}}, {Text: lang.Same(s.Section)},
			{Text: p.owners(leads(all, s.ID))}, {Text: measured(all, s.ID)},
		}})
	}
	t.Total = int64(len(t.Rows))
	return &ui.Page{
		Title: lang.T("城市系统", "City systems"), Nav: "systems", Body: []ui.Block{t},
		Lead: lang.T("方案所列各系统的运行状态。故障的系统不影响其他系统。", "How the plan's systems stand. One that is broken does not affect the others."),
	}, nil
}

// measured counts how many of a system's targets are connected: "2 / 4"; "—" where the plan gives it none.
func measured(all []indicator.Status, system string) lang.Text {
	have, of := 0, 0
	for _, st := range all {
		if st.System != system {
			continue
		}
		of++
		if st.State != indicator.NotConnected {
			have++
		}
	}
	if of == 0 {
		return lang.Same("—")
	}
	return lang.Same(strconv.Itoa(have) + " / " + strconv.Itoa(of))
}

// leads are the units that lead a system's targets.
func leads(all []indicator.Status, system string) (out []string) {
	for _, st := range all {
		if st.System == system && len(st.Owners) > 0 && !slices.Contains(out, st.Owners[0]) {
			out = append(out, st.Owners[0])
		}
	}
	return out
}

func (p *Program) owners(ids []string) lang.Text {
	if len(ids) == 0 {
		return lang.Same("—")
	}
	var zh, en []string
	for _, id := range ids {
		n := p.People.UnitName(id)
		zh, en = append(zh, n.Zh), append(en, n.En)
	}
	return lang.T(strings.Join(zh, "、"), strings.Join(en, ", "))
}

// apiSystems is the same for programs.
func (p *Program) apiSystems(r *web.Request) (any, error) {
	type system struct {
		Health
		Title      lang.Text `json:"title"`
		Sections   []string  `json:"sections"`
		Owners     []string  `json:"owners"`
		Indicators []string  `json:"indicators"`
		Feeds      []Feed    `json:"feeds,omitempty"`
	}
	out := []system{}
	for i, h := range p.Health(r.Context()) {
		s := p.rooms[i]
		one := system{Health: h, Title: s.Title, Sections: s.Sections, Owners: s.Owners, Indicators: append([]string{}, s.Indicators...)}
		if s.opened != nil {
			one.Feeds = s.opened.Feeds
		}
		out = append(out, one)
	}
	return map[string]any{"systems": out}, nil
}

// pageSystem shows how the program runs: its jobs and feeds, and what the store does.
func (p *Program) pageSystem(*web.Request) (*ui.Page, error) {
	s := p.o.DB.Stats()
	t := ui.Table{
		ID: "work", Title: lang.T("任务与接入", "Jobs and feeds"), Path: "/system",
		Columns: []ui.Column{
			{Key: "name", Text: lang.T("名称", "Name")}, {Key: "state", Text: lang.T("状态", "State")},
			{Key: "addr", Text: lang.T("监听", "Listens")}, {Key: "runs", Text: lang.T("次数", "Runs"), Num: true},
			{Key: "failures", Text: lang.T("失败", "Failures"), Num: true}, {Key: "ended", Text: lang.T("最近结束", "Last end")},
		},
		Empty: lang.T("尚无任务", "No work yet"),
	}
	for _, w := range p.work.status() {
		t.Rows = append(t.Rows, ui.Row{ID: "work-" + w.System + "-" + w.Name, Cells: []ui.Cell{
			{Text: lang.Same(w.System + "/" + w.Name), Strong: true}, {Tag: w.tag()}, {Text: lang.Same(p.addr(w))},
			{Text: lang.Same(strconv.FormatInt(w.Runs, 10))}, {Text: lang.Same(strconv.FormatInt(w.Failures, 10))}, {Time: w.Ended},
		}})
	}
	t.Total = int64(len(t.Rows))
	return &ui.Page{
		Title: lang.T("系统运行", "How the program runs"), Nav: "system",
		Body: []ui.Block{
			ui.Facts{ID: "program", Title: lang.T("程序", "Program"), Items: []ui.Fact{
				{Name: lang.T("版本", "Version"), Value: lang.Same(p.o.Version)},
				{Name: lang.T("启动时间", "Started"), Time: p.started},
				{Name: lang.T("存储引擎", "Storage engine"), Value: lang.Same(p.o.DB.Engine())},
				{Name: lang.T("已提交写入", "Writes committed"), Value: lang.Same(strconv.FormatInt(s.Writes, 10))},
				{Name: lang.T("合并提交次数", "Group commits"), Value: lang.Same(strconv.FormatInt(s.Groups, 10))},
				{Name: lang.T("因过载拒绝", "Refused under load"), Value: lang.Same(strconv.FormatInt(s.Refused, 10))},
			}},
			t,
		},
	}, nil
}

func (w Work) tag() *ui.Tag {
	switch {
	case w.Error != "":
		return &ui.Tag{Status: ui.StatusBehind, Text: lang.T("出错，稍后重试", "failed, will be tried again")}
	case w.Running:
		return &ui.Tag{Status: ui.StatusMet, Text: lang.T("运行中", "running")}
	case w.Done:
		return &ui.Tag{Status: ui.StatusNone, Text: lang.T("已结束", "ended")}
	}
	return &ui.Tag{Status: ui.StatusOn, Text: lang.T("等待下次", "waiting for its turn")}
}

// addr is where a feed listens; "" for what does not.
func (p *Program) addr(w Work) string {
	if w.Kind != "feed" {
		return ""
	}
	return p.Listening()[w.System+"/"+w.Name]
}

// Listening says where the feeds listen, by system/feed.
func (p *Program) Listening() map[string]string {
	out := map[string]string{}
	for _, r := range p.rooms {
		if r.opened == nil {
			continue
		}
		for _, f := range r.opened.Feeds {
			if f.Addr != "" {
				out[r.Name+"/"+f.Name] = f.Addr
			}
		}
	}
	return out
}

package early

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/safety/early/model"
	"github.com/haihe-city/haihe/systems/safety/register"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// shown is how far back the curves of a plant's page reach.
const shown = 24 * time.Hour

// pageOne is a plant: its statistics against their limits, contributions, versions, warnings, and the forms.
func (p *Part) pageOne(r *web.Request) (*ui.Page, error) { return p.one(r, lang.Text{}, lang.Text{}) }

// one draws a plant; what is wrong is said in the form of learning or of settings.
func (p *Part) one(r *web.Request, wrongLesson, wrongSet lang.Text) (*ui.Page, error) {
	site, err := p.site(r.Who, r.Path("code"))
	if err != nil {
		return nil, err
	}
	versions, err := p.versions(r.Context(), site.Code)
	if err != nil {
		return nil, err
	}
	warnings, err := p.readWarnings(r.Context(), qWarnOf, site.Code, int64(0), int64(1)<<62)
	if err != nil {
		return nil, err
	}
	charts, err := p.charts(r.Context(), site, warnings)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	s, set := p.standing(site), p.set[site.Code]
	parts := p.contributions(site.Code)
	p.mu.Unlock()
	out := p.o.Page(lang.T(site.Name+" 统计预警", "Early warning of "+site.Name), Path, ui.Link{Text: lang.T("统计预警", "Early warning"), Href: Path}, ui.Link{Text: lang.Same(site.Name), Href: pathOne + url.PathEscape(site.Code)})
	out.Actions = []ui.Action{{Text: lang.T("企业监测页", "Plant"), Href: register.PlantPage(site.Code)}}
	if s.Warning != "" {
		out.Body = append(out.Body, ui.Notice{ID: "early-stands", Kind: "warn", Text: lang.T("预警中：测点之间的关系偏离正常。", "A warning stands: the points have left what they do together."), Link: &ui.Link{Text: lang.T("查看预警", "Warning"), Href: pathWarn + s.Warning}})
	}
	side := []ui.Block{facts(s, set)}
	if r.Who.Can(GrantEdit) {
		side = append(side, p.learnForm(r, site, wrongLesson), setForm(r, site, set, wrongSet))
	}
	out.Body = append(out.Body, ui.Columns{Wide: 0, Cols: [][]ui.Block{append(charts, partsTable(parts)), side}}, p.warningTable(warnings), p.versionTable(r.Context(), versions))
	return out, nil
}

func facts(s Standing, set Setting) ui.Facts {
	f := ui.Facts{ID: "early-facts", Title: lang.T("监视状态", "How it stands"), Items: []ui.Fact{{Name: lang.T("状态", "State"), Tag: s.State.tag()}}}
	if !s.Why.Empty() {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("原因", "Because"), Value: s.Why})
	}
	if s.Version > 0 {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("模型版本", "Version"), Value: lang.Same(strconv.FormatInt(s.Version, 10))}, ui.Fact{Name: lang.T("训练时间", "Learnt"), Time: s.Learnt}, ui.Fact{Name: lang.T("最近评分", "Scored"), Time: s.Scored},
			ui.Fact{Name: lang.T("偏离指数（1 为限值）", "Index (1 is the limit)"), Value: lang.Same(ui.Num(s.Index, 2))})
	}
	if set.Run != "" {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("运行判据", "Operates while"), Value: lang.Same(set.Run + " ≥ " + ui.Num(set.Least, 2))})
	}
	return f
}

// charts are T² and Q over their limits, as they come and slow.
func (p *Part) charts(ctx context.Context, site *register.Site, warnings []Warning) ([]ui.Block, error) {
	to := p.o.Now().Truncate(p.o.Interval)
	from := to.Add(-shown)
	list, err := p.scores.Range(ctx, site.Num, from.UnixMicro(), to.UnixMicro()+1)
	if err != nil {
		return nil, err
	}
	n := int(shown/p.o.Interval) + 1
	var curves [len(statisticNames)][]float64
	for k := range curves {
		curves[k] = make([]float64, n)
		for i := range curves[k] {
			curves[k][i] = math.NaN()
		}
		for _, x := range list {
			if i := int((x.At - from.UnixMicro()) / p.step); i >= 0 && i < n {
				curves[k][i] = float64(x.Values[k]) / 1000
			}
		}
	}
	limit := make([]float64, n)
	for i := range limit {
		limit[i] = 1
	}
	var marks []ui.Mark
	for _, w := range warnings {
		if w.Came.After(from) {
			marks = append(marks, ui.Mark{At: w.Came, Text: lang.T("预警", "Warning")})
		}
	}
	chart := func(id string, title lang.Text, fast, slow []float64) ui.Chart {
		return ui.Chart{ID: id, Title: title, Unit: lang.T("倍限值", "limits"), From: from, Step: p.o.Interval, Marks: marks, Lines: []ui.Line{{Name: lang.T("即时", "As it comes"), Style: "now", Points: fast}, {Name: lang.T("平滑", "Smoothed"), Style: "past", Points: slow}, {Name: lang.T("限值", "Limit"), Style: "forecast", Points: limit}}}
	}
	return []ui.Block{chart("early-t2", lang.T("T²（整体偏移，24 小时）", "T² (moved too far together, 24 hours)"), curves[model.T2], curves[model.SlowT2]), chart("early-q", lang.T("Q（关系改变，24 小时）", "Q (do not move together, 24 hours)"), curves[model.Q], curves[model.SlowQ])}, nil
}

// contributions are those of the last scored slot. p.mu is held.
func (p *Part) contributions(code string) (out []Share) {
	if w := p.watches[code]; w != nil {
		for _, c := range w.parts {
			out = append(out, Share{Point: w.of.Points[c.Input].Name, Share: c.Share, Sigma: c.Sigma})
		}
	}
	return out
}

// partsTable draws contributions as bars.
func partsTable(parts []Share) ui.Table {
	t := ui.Table{ID: "early-parts", Title: lang.T("各测点的贡献", "What each point contributes"), Total: -1, Empty: lang.T("尚未评分。", "Nothing was scored yet."),
		Columns: []ui.Column{{Key: "point", Text: lang.T("测点", "Point")}, {Key: "bar", Text: lang.T("贡献", "Share")}, {Key: "share", Text: lang.Same("%"), Num: true}, {Key: "sigma", Text: lang.T("偏离均值（σ）", "From its mean (σ)"), Num: true}}}
	for _, c := range parts[:min(15, len(parts))] {
		t.Rows = append(t.Rows, ui.Row{ID: "c-" + c.Point, Cells: []ui.Cell{{Text: lang.Same(c.Point), Strong: true}, {Gauge: &ui.Gauge{Part: c.Share, Expected: -1, Status: ui.StatusRisk}, Text: lang.Same(ui.Num(100*c.Share, 0) + "%")}, {Text: lang.Same(ui.Num(100*c.Share, 1))}, {Text: lang.Same(ui.Signed(c.Sigma, 1))}}})
	}
	return t
}

func (v Verdict) tag() *ui.Tag {
	switch v {
	case True:
		return &ui.Tag{Status: ui.StatusMet, Text: lang.T("真", "True")}
	case False:
		return &ui.Tag{Status: ui.StatusBehind, Text: lang.T("误报", "False")}
	}
	return &ui.Tag{Status: ui.StatusNone, Text: lang.T("未评定", "Not judged")}
}

func (p *Part) warningTable(list []Warning) ui.Table {
	t := ui.Table{ID: "early-warnings", Title: lang.T("预警记录", "Warnings"), Total: int64(len(list)), Empty: lang.T("没有预警。", "No warnings."),
		Columns: []ui.Column{{Key: "came", Text: lang.T("开始", "Came"), Num: true}, {Key: "gone", Text: lang.T("结束", "Went"), Num: true}, {Key: "parts", Text: lang.T("主要测点", "Points")}, {Key: "version", Text: lang.T("模型版本", "Version"), Num: true}, {Key: "verdict", Text: lang.T("评定", "Judged")}}}
	for _, w := range list {
		var names []string
		for _, c := range w.Parts[:min(3, len(w.Parts))] {
			names = append(names, c.Point)
		}
		t.Rows = append(t.Rows, ui.Row{ID: "w-" + w.ID, Cells: []ui.Cell{{Time: w.Came, Href: pathWarn + w.ID, Strong: true}, {Time: w.Gone}, {Text: lang.Same(strings.Join(names, ", ")), Href: pathWarn + w.ID}, {Text: lang.Same(strconv.FormatInt(w.Version, 10))}, {Tag: w.Verdict.tag()}}})
	}
	return t
}

// versionTable says what was learnt, from what, by whom and why.
func (p *Part) versionTable(ctx context.Context, list []Version) ui.Table {
	t := ui.Table{ID: "early-versions", Title: lang.T("模型版本与训练依据", "What was learnt, and from what"), Total: int64(len(list)), Empty: lang.T("尚未训练。", "Nothing was learnt yet."),
		Columns: []ui.Column{{Key: "version", Text: lang.T("版本", "Version"), Num: true}, {Key: "learnt", Text: lang.T("训练时间", "Learnt"), Num: true}, {Key: "window", Text: lang.T("训练时段", "Window")}, {Key: "rows", Text: lang.T("采用时段数", "Slots taken"), Num: true}, {Key: "out", Text: lang.T("剔除", "Left out"), Num: true}, {Key: "points", Text: lang.T("测点", "Points"), Num: true}, {Key: "strain", Text: lang.T("平稳度（σ）", "Strain (σ)"), Num: true}, {Key: "who", Text: lang.T("训练人与理由", "By whom, why")}}}
	for _, v := range list {
		who := ui.Cell{Text: lang.T("定期训练", "By schedule")}
		if v.Who != "" {
			who = ui.Cell{Text: p.o.People.ActorName(ctx, v.Who), Sub: lang.Same(v.Reason)}
		}
		t.Rows = append(t.Rows, ui.Row{ID: "v-" + strconv.FormatInt(v.Version, 10), Cells: []ui.Cell{{Text: lang.Same(strconv.FormatInt(v.Version, 10)), Strong: true}, {Time: v.Learnt}, {Text: lang.Same(stamp(v.Since) + " – " + stamp(v.Until))}, {Text: lang.Same(ui.Grouped(int64(v.Rows)))}, {Text: lang.Same(ui.Grouped(int64(v.LeftOut)))}, {Text: lang.Same(strconv.Itoa(len(v.Points)))}, {Text: lang.Same(ui.Num(v.Strain, 1))}, who}})
	}
	return t
}

const layout = "2006-01-02 15:04"

func stamp(t time.Time) string { return t.In(ui.Zone()).Format(layout) }

// learnForm asks for a window; it begins with the schedule's.
func (p *Part) learnForm(r *web.Request, site *register.Site, wrong lang.Text) ui.Form {
	value := func(name string, t time.Time) string {
		if v := r.Form(name); v != "" {
			return v
		}
		return stamp(t)
	}
	now := p.o.Now()
	return ui.Form{ID: "early-learn", Title: lang.T("重新训练", "Learn anew"), Action: pathOne + url.PathEscape(site.Code) + "/learn", Submit: lang.T("训练并启用", "Learn and set to work"), Error: wrong, Fields: []ui.Field{
		{Name: "from", Label: lang.T("开始", "From"), Value: value("from", now.Add(-p.o.Window)), Required: true, Help: lang.T("选择生产正常的时段；有告警的时间自动剔除。", "Choose a time in which all was well; what had an alarm is left out.")},
		{Name: "to", Label: lang.T("结束", "To"), Value: value("to", now), Required: true},
		{Name: "reason", Label: lang.T("理由", "Reason"), Value: r.Form("reason"), Required: true},
		{Name: "accept", Kind: "checkbox", Label: lang.T("时段不平稳或曾预警仍采用", "Take it though it is not steady or had warnings"), Value: "1"}}}
}

// setForm says how the plant is watched.
func setForm(r *web.Request, site *register.Site, set Setting, wrong lang.Text) ui.Form {
	options := []ui.Option{{Text: lang.T("按台账状态判断", "By the register's state")}}
	for i := range site.Points {
		if statistical(&site.Points[i]) {
			options = append(options, ui.Option{Value: site.Points[i].Name, Text: lang.T(site.Points[i].Name+" "+site.Points[i].Label().Zh, site.Points[i].Name+" "+site.Points[i].Label().En)})
		}
	}
	off := ui.Field{Name: "watch", Kind: "select", Label: lang.T("统计预警", "Early warning"), Value: "on", Options: []ui.Option{{Value: "on", Text: lang.T("启用", "On")}, {Value: "off", Text: lang.T("停用", "Off")}}}
	if set.Off {
		off.Value = "off"
	}
	return ui.Form{ID: "early-set", Title: lang.T("设置", "Settings"), Action: pathOne + url.PathEscape(site.Code) + "/set", Submit: lang.T("保存", "Save"), Error: wrong, Fields: []ui.Field{off,
		{Name: "run", Kind: "select", Label: lang.T("运行判据测点", "Point that tells operation"), Value: set.Run, Options: options},
		{Name: "least", Kind: "number", Label: lang.T("不低于", "At least"), Value: strconv.FormatFloat(set.Least, 'g', -1, 64), Help: lang.T("低于此值视为未运行，不评分、不训练。", "Below it the plant counts as standing: nothing is scored or learnt.")}}}
}

func (p *Part) formLearn(r *web.Request) (*ui.Page, string, error) {
	l := Lesson{Reason: strings.TrimSpace(r.Form("reason")), Accept: r.Form("accept") == "1"}
	var err error
	for _, f := range []struct {
		name string
		to   *time.Time
	}{{"from", &l.From}, {"to", &l.To}} {
		if *f.to, err = time.ParseInLocation(layout, strings.TrimSpace(r.Form(f.name)), ui.Zone()); err != nil {
			err = errs.Say(errs.Invalid, "时间“%[1]s”无法识别，请按 2015-11-20 08:00 的格式填写", "%[1]q is no time, write it like 2015-11-20 08:00", r.Form(f.name))
			break
		}
	}
	if err == nil {
		_, err = p.Learn(r.Context(), r.Who, r.Path("code"), l)
	}
	if msg, ok := errs.MsgOf(err); ok && (errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict)) {
		page, err := p.one(r, msg, lang.Text{})
		return page, "", err
	}
	return nil, pathOne + url.PathEscape(r.Path("code")), err
}

func (p *Part) formSet(r *web.Request) (*ui.Page, string, error) {
	least, err := strconv.ParseFloat(strings.TrimSpace(r.Form("least")), 64)
	if err != nil || math.IsNaN(least) || math.IsInf(least, 0) {
		err = errs.Say(errs.Invalid, "“不低于”应为数字", "the least value must be a number")
	} else {
		err = p.Configure(r.Context(), r.Who, r.Path("code"), r.Form("watch") == "off", r.Form("run"), least)
	}
	if msg, ok := errs.MsgOf(err); ok && errs.Is(err, errs.Invalid) {
		page, err := p.one(r, lang.Text{}, msg)
		return page, "", err
	}
	return nil, pathOne + url.PathEscape(r.Path("code")), err
}

// get reads one warning.
func (p *Part) get(ctx context.Context, id string) (Warning, error) {
	list, err := p.readWarnings(ctx, qWarnGet, id)
	if err == nil && len(list) == 0 {
		err = errs.Say(errs.NotFound, "没有这条统计预警", "there is no such warning")
	}
	if err != nil {
		return Warning{}, err
	}
	return list[0], nil
}

// pageWarning is one warning with what it was made of, and what is said of it.
func (p *Part) pageWarning(r *web.Request) (*ui.Page, error) { return p.warning(r, lang.Text{}) }

func (p *Part) warning(r *web.Request, wrong lang.Text) (*ui.Page, error) {
	w, err := p.get(r.Context(), r.Path("id"))
	if err != nil {
		return nil, err
	}
	site, err := p.site(r.Who, w.Plant)
	if err != nil {
		return nil, err
	}
	name := site.Name
	title := lang.T("统计预警 "+stamp(w.Came), "Early warning of "+stamp(w.Came))
	out := p.o.Page(title, Path, ui.Link{Text: lang.T("统计预警", "Early warning"), Href: Path}, ui.Link{Text: lang.Same(name), Href: pathOne + url.PathEscape(w.Plant)}, ui.Link{Text: title, Href: pathWarn + w.ID})
	which := map[string]lang.Text{"t2": lang.Same("T²"), "q": lang.Same("Q"), "slow_t2": lang.T("T²（平滑）", "T² (smoothed)"), "slow_q": lang.T("Q（平滑）", "Q (smoothed)")}[w.Which]
	f := ui.Facts{ID: "warning-facts", Title: lang.T("预警情况", "What is known"), Items: []ui.Fact{
		{Name: lang.T("企业", "Plant"), Value: lang.Same(name), Href: pathOne + url.PathEscape(w.Plant)}, {Name: lang.T("开始", "Came"), Time: w.Came}, {Name: lang.T("结束", "Went"), Time: w.Gone}, {Name: lang.T("统计量", "Statistic"), Value: which},
		{Name: lang.T("开始时为限值的倍数", "Limits when it came"), Value: lang.Same(ui.Num(w.Index, 2))}, {Name: lang.T("模型版本", "Version"), Value: lang.Same(fmt.Sprint(w.Version))}, {Name: lang.T("评定", "Judged"), Tag: w.Verdict.tag()}}}
	if w.Judge != "" {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("评定人", "By"), Value: p.o.People.ActorName(r.Context(), w.Judge)}, ui.Fact{Name: lang.T("评定时间", "At"), Time: w.Judged}, ui.Fact{Name: lang.T("说明", "Note"), Value: lang.Same(w.Note)})
	}
	side := []ui.Block{f}
	if r.Who.Can(GrantEdit) {
		side = append(side, ui.Form{ID: "judge", Title: lang.T("评定", "Judge"), Action: pathWarn + w.ID, Submit: lang.T("保存评定", "Save"), Error: wrong, Fields: []ui.Field{
			{Name: "verdict", Kind: "select", Label: lang.T("这次预警", "This warning was"), Value: string(w.Verdict), Required: true, Options: []ui.Option{{Text: lang.T("请选择", "Choose")}, {Value: string(True), Text: lang.T("真：确有异常", "True: something was wrong")}, {Value: string(False), Text: lang.T("误报：一切正常", "False: all was well")}}},
			{Name: "note", Kind: "textarea", Label: lang.T("说明", "Note"), Value: w.Note}}})
	}
	out.Body = []ui.Block{ui.Columns{Wide: 0, Cols: [][]ui.Block{{partsTable(w.Parts)}, side}}}
	return out, nil
}

func (p *Part) formJudge(r *web.Request) (*ui.Page, string, error) {
	err := p.Judge(r.Context(), r.Who, r.Path("id"), Verdict(r.Form("verdict")), strings.TrimSpace(r.Form("note")))
	if msg, ok := errs.MsgOf(err); ok && errs.Is(err, errs.Invalid) {
		page, err := p.warning(r, msg)
		return page, "", err
	}
	return nil, pathWarn + r.Path("id"), err
}

// Beside is what a plant's page shows of this part: how it stands, and what contributes.
func (p *Part) Beside(_ *web.Request, code string) ([]ui.Block, error) {
	site, ok := p.o.Register.Site(code)
	if !ok {
		return nil, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.standing(site)
	f := facts(s, p.set[code])
	f.Title = lang.T("统计预警", "Early warning")
	more := &ui.Link{Text: lang.T("查看", "Open"), Href: pathOne + url.PathEscape(code)}
	if parts := p.contributions(code); s.State == Warned && len(parts) > 0 {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("贡献最大的测点", "Contributes most"), Value: lang.Same(parts[0].Point + " " + ui.Num(100*parts[0].Share, 0) + "%")})
	}
	title := f.Title
	f.Title = lang.Text{}
	return []ui.Block{ui.Panel{ID: "early-beside", Title: title, More: more, Body: []ui.Block{f}}}, nil
}

// told and lesson are a warning and a version with the columns of their rows.
type told struct {
	ID      string    `json:"id"`
	Came    time.Time `json:"came"`
	Gone    time.Time `json:"gone,omitzero"`
	Verdict Verdict   `json:"verdict"`
	Warning
}

type lesson struct {
	Number int64     `json:"version"`
	Learnt time.Time `json:"learnt"`
	Since  time.Time `json:"since"`
	Until  time.Time `json:"until"`
	Version
}

func toldOf(list []Warning) []told {
	out := make([]told, len(list))
	for i, w := range list {
		out[i] = told{w.ID, w.Came, w.Gone, w.Verdict, w}
	}
	return out
}

func lessonsOf(list []Version) []lesson {
	out := make([]lesson, len(list))
	for i, v := range list {
		out[i] = lesson{v.Version, v.Learnt, v.Since, v.Until, v}
	}
	return out
}

// apiOne answers a plant with its versions and its newest warnings.
func (p *Part) apiOne(r *web.Request) (any, error) {
	site, err := p.site(r.Who, r.Path("code"))
	if err != nil {
		return nil, err
	}
	versions, err := p.versions(r.Context(), site.Code)
	if err != nil {
		return nil, err
	}
	warnings, err := p.readWarnings(r.Context(), qWarnOf, site.Code, int64(0), int64(1)<<62)
	p.mu.Lock()
	s, parts := p.standing(site), slices.Clone(p.contributions(site.Code))
	p.mu.Unlock()
	return struct {
		Standing
		Contributions []Share  `json:"contributions"`
		Versions      []lesson `json:"versions"`
		Warnings      []told   `json:"warnings"`
	}{s, parts, lessonsOf(versions), toldOf(warnings)}, err
}

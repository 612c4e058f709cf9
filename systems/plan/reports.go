package plan

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

var reportsTitle = lang.T("填报与审核", "Reports")

// pageReports is the desk of those who submit and decide: what waits, and which targets are reported at all.
func (s *service) pageReports(r *web.Request) (*ui.Page, error) {
	state := r.Query("state")
	if !r.HTTP.URL.Query().Has("state") {
		state = indicator.Submitted
	}
	if err := checkReportState(state); err != nil {
		return nil, err
	}
	table, err := s.reportTable(r.Context(), "", state)
	if err != nil {
		return nil, err
	}
	table.Path, table.Filters = "/plan/reports", []ui.Field{{Name: "state", Kind: "select", Label: lang.T("状态", "State"), Value: state, Options: reportStates()}}
	all, err := s.board.All(r.Context())
	if err != nil {
		return nil, err
	}
	p := s.page(reportsTitle, "/plan/reports", ui.Link{Text: reportsTitle})
	p.Clause = ui.Clause("4.2")
	p.Lead = lang.T("产值、产能类指标由责任单位填报，附数据依据；经牵头单位或统筹单位的第二人审核后生效。", "Output and capacity are submitted by the unit responsible with what they rest on, and count once a second person of the leading or the coordinating unit has approved them.")
	p.Body = []ui.Block{table, s.reportedTargets(r, all)}
	return p, nil
}

func checkReportState(state string) error {
	switch state {
	case "", indicator.Submitted, indicator.Approved, indicator.Rejected, indicator.Superseded:
		return nil
	}
	return errs.Say(errs.Invalid, "填报状态“%s”无法识别，可用 submitted、approved、rejected、superseded", "report state %q is not known: submitted, approved, rejected or superseded", state)
}

func reportStates() []ui.Option {
	out := []ui.Option{{Value: "", Text: lang.T("全部", "All")}}
	for _, v := range []string{indicator.Submitted, indicator.Approved, indicator.Rejected, indicator.Superseded} {
		out = append(out, ui.Option{Value: v, Text: reportState(v).Text})
	}
	return out
}

func reportState(state string) *ui.Tag {
	switch state {
	case indicator.Submitted:
		return &ui.Tag{Status: ui.StatusRisk, Text: lang.T("待审核", "Waiting")}
	case indicator.Approved:
		return &ui.Tag{Status: ui.StatusMet, Text: lang.T("已通过", "Approved")}
	case indicator.Rejected:
		return &ui.Tag{Status: ui.StatusBehind, Text: lang.T("已退回", "Rejected")}
	}
	return &ui.Tag{Status: ui.StatusNone, Text: lang.T("已更正", "Corrected since")}
}

// reportTable lists reports, newest first; empty arguments do not narrow.
func (s *service) reportTable(ctx context.Context, target, state string) (ui.Table, error) {
	t := ui.Table{ID: "reports", Title: lang.T("填报记录", "Submitted figures"), Empty: lang.T("没有填报记录", "No reports"), Columns: []ui.Column{
		{Key: "target", Text: lang.T("目标", "Target")}, {Key: "period", Text: lang.T("数据日期", "For")}, {Key: "value", Text: lang.T("数值", "Figure"), Num: true},
		{Key: "unit", Text: lang.T("填报单位", "Unit")}, {Key: "at", Text: lang.T("填报时间", "Submitted")}, {Key: "state", Text: lang.T("状态", "State")}}}
	list, err := s.board.Reports(ctx, target, state)
	if err != nil {
		return t, err
	}
	t.Total = int64(len(list))
	for _, rep := range list {
		x, _ := s.plan.Target(rep.Target)
		figure := ui.Cell{Text: exactText(x, rep.Value), Strong: true}
		if len(rep.Flags) > 0 {
			figure.Sub = lang.T("存疑", "Doubtful")
		}
		t.Rows = append(t.Rows, ui.Row{ID: "report-" + rep.ID, Cells: []ui.Cell{{Text: x.Name, Href: reportPath(rep.ID)}, {Text: ui.Day(rep.Period)}, figure,
			{Text: s.people.UnitName(rep.Unit)}, {Time: rep.At}, {Tag: reportState(rep.State)}}})
	}
	return t, nil
}

// reportedTargets lists the targets that are submitted, with their newest approved figure and the way to submit another.
func (s *service) reportedTargets(r *web.Request, all []indicator.Status) ui.Table {
	t := ui.Table{ID: "reported", Title: lang.T("填报类目标", "Targets that are submitted"), Columns: []ui.Column{
		{Key: "target", Text: lang.T("目标", "Target")}, {Key: "owner", Text: lang.T("牵头单位", "Led by")}, {Key: "value", Text: lang.T("现值", "Now"), Num: true},
		{Key: "day", Text: lang.T("数据日期", "As of")}, {Key: "state", Text: lang.T("状态", "Status")}, {Key: "act", Text: lang.T("办理", "Act")}}}
	for _, st := range all {
		if !st.Reported {
			continue
		}
		value, day, act := lang.Same(ui.None), lang.Same(ui.None), ui.Cell{Text: lang.Same(ui.None)}
		if st.Figure != nil {
			value, day = amountText(st.Target, st.Figure.Value), ui.Day(st.Figure.At)
		}
		if s.board.MaySubmit(r.Who, st.Target) == nil {
			act = ui.Cell{Text: lang.T("填报", "Submit"), Href: targetPath(st.ID) + "/report"}
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []ui.Cell{{Text: st.Name, Href: targetPath(st.ID)}, {Text: s.people.UnitName(st.Owners[0])}, {Text: value}, {Text: day},
			{Tag: &ui.Tag{Status: host.Standing(st.State)}}, act}})
	}
	t.Total = int64(len(t.Rows))
	return t
}

// pageReport is one report: what was submitted, what looks doubtful, what was decided, and the form to decide it.
func (s *service) pageReport(r *web.Request) (*ui.Page, error) {
	rep, err := s.board.Report(r.Context(), r.Path("id"))
	if err != nil {
		return nil, err
	}
	return s.reportPage(r, rep, "", nil)
}

func (s *service) reportPage(r *web.Request, rep indicator.Report, reason string, failed error) (*ui.Page, error) {
	st, err := s.board.Get(r.Context(), rep.Target)
	if err != nil {
		return nil, err
	}
	title := lang.T("填报："+st.Name.Zh, "Report: "+st.Name.En)
	p := s.page(title, "/plan/reports", ui.Link{Text: reportsTitle, Href: "/plan/reports"}, ui.Link{Text: st.Name})
	for _, flag := range rep.Flags {
		p.Body = append(p.Body, ui.Notice{Kind: "warn", Text: lang.T("存疑："+flag.Zh, "Doubtful: "+flag.En)})
	}
	main := []ui.Block{s.reportFacts(r, st, rep)}
	if rep.State == indicator.Submitted && !r.Who.Anonymous() {
		switch why := s.board.MayDecide(r.Who, st.Target, rep); {
		case why == nil:
			main = append(main, decideForm(rep.ID, reason, failed))
		case r.Who.Can(indicator.GrantApprove):
			msg, _ := errs.MsgOf(why)
			main = append(main, ui.Notice{ID: "report-why", Kind: "info", Text: msg})
		}
	}
	p.Body = append(p.Body, ui.Columns{Wide: 0, Cols: [][]ui.Block{main, {s.facts(st)}}})
	return p, nil
}

func (s *service) reportFacts(r *web.Request, st indicator.Status, rep indicator.Report) ui.Facts {
	f := ui.Facts{ID: "report-facts", Title: lang.T("填报内容", "What was submitted"), Items: []ui.Fact{
		{Name: lang.T("目标", "Target"), Value: st.Name, Href: targetPath(st.ID)},
		{Name: lang.T("数值", "Figure"), Value: exactText(st.Target, rep.Value)},
		{Name: lang.T("数据日期", "For"), Value: ui.Day(rep.Period)},
		{Name: lang.T("数据依据", "Rests on"), Value: lang.Same(rep.Evidence)},
	}}
	person := func(id string) lang.Text {
		if r.Who.Anonymous() { // people are named to those who are signed in
			return lang.Text{}
		}
		return s.people.ActorName(r.Context(), id)
	}
	if rep.Note != "" {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("说明", "Note"), Value: lang.Same(rep.Note)})
	}
	by := s.people.UnitName(rep.Unit)
	if name := person(rep.By); !name.Empty() {
		by = between(by, name)
	}
	f.Items = append(f.Items, ui.Fact{Name: lang.T("填报人", "Submitted by"), Value: by}, ui.Fact{Name: lang.T("填报时间", "Submitted"), Time: rep.At},
		ui.Fact{Name: lang.T("状态", "State"), Tag: reportState(rep.State)})
	if rep.DecidedBy != "" {
		if name := person(rep.DecidedBy); !name.Empty() {
			f.Items = append(f.Items, ui.Fact{Name: lang.T("审核人", "Decided by"), Value: name})
		}
		f.Items = append(f.Items, ui.Fact{Name: lang.T("审核时间", "Decided"), Time: rep.DecidedAt})
	}
	if rep.Reason != "" {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("审核意见", "Opinion"), Value: lang.Same(rep.Reason)})
	}
	if rep.Replaces != "" {
		f.Items = append(f.Items, ui.Fact{Name: lang.T("更正", "Corrects"), Value: lang.T("此前的填报", "An earlier report"), Href: reportPath(rep.Replaces)})
	}
	return f
}

func decideForm(id, reason string, failed error) ui.Form {
	return ui.Form{ID: "decide", Title: lang.T("审核", "Decide"), Action: reportPath(id), Error: message(failed), Submit: lang.T("提交审核结果", "Record the decision"), Fields: []ui.Field{
		{Name: "decision", Kind: "select", Label: lang.T("结论", "Decision"), Required: true, Options: []ui.Option{
			{Value: "", Text: lang.T("请选择", "Choose")}, {Value: "approve", Text: lang.T("通过", "Approve")}, {Value: "reject", Text: lang.T("退回", "Reject")}}},
		{Name: "reason", Kind: "textarea", Label: lang.T("审核意见", "Opinion"), Value: reason, Help: lang.T("退回时必填", "Needed when you reject")},
	}}
}

// message is what a failure says to the user; empty for nil.
func message(err error) lang.Text {
	msg, _ := errs.MsgOf(err)
	return msg
}

// again tells whether a form is shown again with the failure at its head, rather than an error page.
func again(err error) bool { return errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) }

// formDecide takes a decision.
func (s *service) formDecide(r *web.Request) (*ui.Page, string, error) {
	id, decision := r.Path("id"), r.Form("decision")
	err := errs.Say(errs.Invalid, "请选择通过或退回", "choose to approve or to reject")
	if decision == "approve" || decision == "reject" {
		_, err = s.board.Decide(r.Context(), r.Who, id, decision == "approve", r.Form("reason"))
	}
	switch {
	case err == nil:
		return nil, reportPath(id), nil
	case !errs.Is(err, errs.Invalid): // who decided it first, or may not decide it, is not helped by the form
		return nil, "", err
	}
	rep, rerr := s.board.Report(r.Context(), id)
	if rerr != nil {
		return nil, "", rerr
	}
	p, perr := s.reportPage(r, rep, r.Form("reason"), err)
	return p, "", perr
}

// pageSubmit is the form for a figure.
func (s *service) pageSubmit(r *web.Request) (*ui.Page, error) {
	st, err := s.board.Get(r.Context(), r.Path("id"))
	if err != nil {
		return nil, err
	}
	if err := s.board.MaySubmit(r.Who, st.Target); err != nil {
		return nil, err
	}
	return s.submitPage(r, st, map[string]string{"period": r.Now.In(indicator.China).Format(time.DateOnly)}, nil, "")
}

// submitPage shows the form with what was entered; field is the one that is wrong, where that is known.
func (s *service) submitPage(r *web.Request, st indicator.Status, entered map[string]string, failed error, field string) (*ui.Page, error) {
	p := s.targetPage(st, ui.Link{Text: lang.T("填报数据", "Submit a figure")})
	p.Title, p.Clause, p.Lead = lang.T("填报："+st.Name.Zh, "Submit: "+st.Name.En), ui.Clause(st.Section), st.What()
	_, unit := scaleOf(st.Target, r.Lang)
	f := ui.Form{ID: "submit", Action: targetPath(st.ID) + "/report", Error: message(failed), Submit: lang.T("提交审核", "Submit for approval"),
		Cancel: &ui.Link{Text: lang.T("取消", "Cancel"), Href: targetPath(st.ID)}, Fields: []ui.Field{
			{Name: "value", Kind: "text", Label: lang.T("数值（"+unit.Zh+"）", "Figure ("+unit.En+")"), Required: true, Help: lang.T("按所示单位填写，可带小数", "In the unit shown; decimals are allowed")},
			{Name: "period", Kind: "date", Label: lang.T("数据日期", "Day that the figure is for"), Required: true, Help: lang.T("已有数据的日期再次填报，审核通过后作为更正", "For a day that has a figure, this becomes a correction once approved")},
			{Name: "evidence", Kind: "text", Label: lang.T("数据依据", "What it rests on"), Required: true, Help: lang.T("文号、统计报表编号或网址", "Number of a document or a statistical return, or an address")},
			{Name: "note", Kind: "textarea", Label: lang.T("说明", "Note")},
		}}
	for i := range f.Fields {
		f.Fields[i].Value = entered[f.Fields[i].Name]
		if f.Fields[i].Name == field {
			f.Fields[i].Error = message(failed)
		}
	}
	p.Body = []ui.Block{ui.Columns{Wide: 0, Cols: [][]ui.Block{{f}, {s.facts(st)}}}}
	return p, nil
}

// scaleOf is the unit in which people give a target's figure, and what it is in the target's own unit: 亿元 is 1e8 CNY.
func scaleOf(t indicator.Target, l lang.Lang) (factor float64, unit lang.Text) {
	figure, unit := ui.QuantityLike(t.Value, t.Unit, t.Value)
	shown, err := strconv.ParseFloat(strings.ReplaceAll(figure.In(l), ",", ""), 64)
	if err != nil || shown == 0 {
		return 1, unit
	}
	// Units differ by powers of ten; the figure of the goal may have been rounded.
	return math.Pow(10, math.Round(math.Log10(t.Value/shown))), unit
}

// exactText says a submitted figure to its last digit: who approves it approves what was submitted, not what it is rounded to.
func exactText(t indicator.Target, v float64) lang.Text {
	in := func(l lang.Lang) string {
		factor, unit := scaleOf(t, l)
		n := math.Round(v/factor*1e6) / 1e6 // what multiplying with the scale has added goes
		_, decimals, _ := strings.Cut(strconv.FormatFloat(n, 'f', -1, 64), ".")
		if t.Unit == "%" {
			return ui.Num(n, len(decimals)) + "%"
		}
		return strings.TrimSpace(ui.Num(n, len(decimals)) + " " + unit.In(l))
	}
	return lang.T(in(lang.Zh), in(lang.En))
}

// formSubmit takes a figure in.
func (s *service) formSubmit(r *web.Request) (*ui.Page, string, error) {
	st, err := s.board.Get(r.Context(), r.Path("id"))
	if err != nil {
		return nil, "", err
	}
	entered := map[string]string{}
	for _, name := range []string{"value", "period", "evidence", "note"} {
		entered[name] = strings.TrimSpace(r.Form(name))
	}
	show := func(err error, field string) (*ui.Page, string, error) {
		if !again(err) {
			return nil, "", err
		}
		p, perr := s.submitPage(r, st, entered, err, field)
		return p, "", perr
	}
	v, err := strconv.ParseFloat(strings.NewReplacer(",", "", "，", "", " ", "").Replace(entered["value"]), 64)
	if err != nil {
		return show(errs.Say(errs.Invalid, "数值“%s”不是数", "%q is no number", entered["value"]), "value")
	}
	period, err := time.ParseInLocation(time.DateOnly, entered["period"], indicator.China)
	if err != nil {
		return show(errs.Say(errs.Invalid, "日期“%s”无法识别，应写作 2015-11-20", "%q is no date; write it as 2015-11-20", entered["period"]), "period")
	}
	factor, _ := scaleOf(st.Target, r.Lang)
	rep, err := s.board.Submit(r.Context(), r.Who, indicator.Report{Target: st.ID, Value: v * factor, Period: period, Evidence: entered["evidence"], Note: entered["note"]})
	if err != nil {
		return show(err, "")
	}
	return nil, reportPath(rep.ID), nil
}

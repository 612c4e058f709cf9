package plan

import (
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// pageSums shows the plan's arithmetic: the goals that add up, and whether the figures do.
func (s *service) pageSums(r *web.Request) (*ui.Page, error) {
	sums, err := s.board.Sums(r.Context())
	if err != nil {
		return nil, err
	}
	title := lang.T("数据勾稽", "Arithmetic")
	p := s.page(title, "/plan/sums", ui.Link{Text: title})
	p.Clause = ui.Clause("1.3")
	p.Lead = lang.T("方案的产业规模目标逐级相加：1000+2000+1500=4500，4500+400+100=5000（亿元）。填报数据按同一关系核对，不符即提示。",
		"The plan's outputs add up: 1000 + 2000 + 1500 = 4500 and 4500 + 400 + 100 = 5000, in 100 million yuan. Figures are held to the same sums; where they differ it is said here.")
	for _, x := range sums {
		p.Body = append(p.Body, s.sumBlocks(x)...)
	}
	return p, nil
}

func (s *service) sumBlocks(x indicator.SumStatus) []ui.Block {
	id := "sum-" + x.Whole.ID
	t := ui.Table{ID: id, Title: x.Whole.Name, Total: -1, Columns: []ui.Column{
		{Key: "term", Text: lang.T("项目", "Term")}, {Key: "goal", Text: lang.T("目标", "Goal"), Num: true}, {Key: "figure", Text: lang.T("现值", "Now"), Num: true},
		{Key: "day", Text: lang.T("数据日期", "As of")}, {Key: "source", Text: lang.T("数据来源", "Source")}}}
	term := func(st indicator.Status) {
		figure, day := lang.Same(ui.None), lang.Same(ui.None)
		if st.Figure != nil {
			figure, day = amountText(st.Target, st.Figure.Value), ui.Day(st.Figure.At)
		}
		t.Rows = append(t.Rows, ui.Row{ID: id + "-" + st.ID, Cells: []ui.Cell{{Text: st.Name, Href: targetPath(st.ID)}, {Text: amountText(st.Target, st.Value)},
			{Text: figure}, {Text: day}, {Text: s.source(st)}}})
	}
	for _, part := range x.Parts {
		term(part)
	}
	total := lang.Same(ui.None)
	if len(missing(x)) < len(x.Parts) {
		total = amountText(x.Whole.Target, x.Total)
	}
	sumName := lang.T("分项合计", "Sum of the parts")
	if n := len(missing(x)); n > 0 && n < len(x.Parts) {
		sumName = lang.T("已有分项合计", "Sum of the parts so far")
	}
	empty := ui.Cell{}
	t.Rows = append(t.Rows, ui.Row{ID: id + "-total", Cells: []ui.Cell{{Text: sumName, Strong: true}, {Text: amountText(x.Whole.Target, x.Goals)}, {Text: total}, empty, empty}})
	term(x.Whole)
	difference := ui.Cell{Text: lang.T("数据不全", "Incomplete")}
	if x.Complete {
		difference = ui.Cell{Text: amountText(x.Whole.Target, x.Difference), Strong: x.Flagged}
	}
	t.Rows = append(t.Rows, ui.Row{ID: id + "-difference", Cells: []ui.Cell{{Text: lang.T("差额", "Difference"), Strong: true}, {Text: amountText(x.Whole.Target, x.Whole.Value-x.Goals)}, difference, empty, empty}})
	if !x.Flagged {
		return []ui.Block{t}
	}
	d := amountText(x.Whole.Target, x.Difference)
	return []ui.Block{ui.Notice{ID: id + "-flag", Kind: "bad", Text: lang.T("“"+x.Whole.Name.Zh+"”与分项合计相差 "+d.Zh+"，请责任单位核对。",
		x.Whole.Name.En+" differs from the sum of its parts by "+d.En+". The units responsible are to check.")}, t}
}

// missing lists the parts without a figure.
func missing(x indicator.SumStatus) (ids []string) {
	for _, p := range x.Parts {
		if p.Figure == nil {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

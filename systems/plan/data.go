package plan

import (
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// pageData tells programs and officers how the figures leave the house.
func (s *service) pageData(*web.Request) (*ui.Page, error) {
	title := lang.T("数据与接口", "Data & API")
	p := s.page(title, "/plan/data", ui.Link{Text: title})
	p.Lead = lang.T("全部目标、历史数据和勾稽关系均可导出。数值按各目标的计量单位给出（产值为元），时间为北京时间。",
		"All targets, their history and the arithmetic can be taken out. Figures are in each target's own unit (output in yuan); times are China time.")
	row := func(path string, what, query lang.Text, link bool) ui.Row {
		c := ui.Cell{Text: lang.Same(path), Strong: true}
		if link {
			c.Href = path
		}
		return ui.Row{Cells: []ui.Cell{c, {Text: what}, {Text: query}}}
	}
	narrow := lang.T("unit、area、state（可选）", "unit, area, state (optional)")
	span := lang.T("from、to、known（可选，日期或 RFC 3339）", "from, to, known (optional; a day or RFC 3339)")
	p.Body = []ui.Block{
		ui.Table{ID: "apis", Title: lang.T("接口", "Addresses"), Total: -1, Columns: []ui.Column{{Key: "path", Text: lang.T("地址", "Address")}, {Key: "what", Text: lang.T("内容", "What it gives")}, {Key: "query", Text: lang.T("参数", "Query")}},
			Rows: []ui.Row{
				row("/api/plan/targets", lang.T("全部目标及现状（JSON）", "All targets and how they stand (JSON)"), narrow, true),
				row("/api/plan/targets.csv", lang.T("同上，CSV；bom=1 便于电子表格打开", "The same as CSV; bom=1 for spreadsheets"), narrow, true),
				row("/api/plan/targets/{id}", lang.T("单个目标", "One target"), lang.Text{}, false),
				row("/api/plan/targets/{id}/history", lang.T("历史数据（JSON）；known 为“按此日所知”", "Its history (JSON); known asks for what was known by then"), span, false),
				row("/api/plan/targets/{id}/history.csv", lang.T("历史数据（CSV）", "Its history (CSV)"), span, false),
				row("/api/plan/sdmx", lang.T("SDMX-JSON 2.0.0 数据报文，每日最终数据", "SDMX-JSON 2.0.0 data message, daily closing figures"), lang.T("from、to、unit、area、state（可选）", "from, to, unit, area, state (optional)"), true),
				row("/api/plan/sums", lang.T("勾稽关系及差额", "The arithmetic and its differences"), lang.Text{}, true),
				row("/api/plan/calendar.ics", lang.T("到期日历，可在日历软件中订阅", "Due dates, for calendar programs"), lang.T("unit、lang（可选）", "unit, lang (optional)"), true),
				row("/api/plan/reports", lang.T("填报记录", "Submitted figures"), lang.T("target、state（可选）", "target, state (optional)"), true),
				row("POST /api/plan/targets/{id}/reports", lang.T("填报：value、period、evidence、note", "Submit: value, period, evidence, note"), lang.T("须有填报权限", "needs the grant plan.submit"), false),
				row("POST /api/plan/reports/{id}/decision", lang.T("审核：approve、reason", "Decide: approve, reason"), lang.T("须由本人审核", "by a person, not a token"), false),
			}},
		ui.Prose{Text: lang.T("状态判定：达到目标为“已完成”；不低于今日应达为“达到进度”；完成应达进度的 90% 以上，或按现速可在期限内完成，为“有风险”；其余为“落后”；无数据为“未接入”。今日应达按基期值到目标值的直线推算。",
			"How a target is judged: met when it fulfils the goal; on track at or above today's due pace; at risk with 90 % of the due progress done, or when the present pace reaches the goal in time; behind otherwise; not connected without a figure. The due pace is the straight line from the baseline to the goal.")},
	}
	return p, nil
}

package intake

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

// shownLines is how much of a report a page shows.
const shownLines = 200

// form answers POST /{system}/import/{name}, the form of a page, with the report as a page. It serves every system that
// declares an import and brings no page of its own for it.
func (t *taker) form(r *web.Request) (*ui.Page, string, error) {
	file, head, err := r.HTTP.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) {
		return nil, "", errs.Say(errs.Invalid, "请选择要导入的文件", "choose the file to import")
	}
	if err != nil {
		return nil, "", errs.As(errs.Invalid, "read the form", err)
	}
	defer file.Close()
	if err := t.accepts(head.Filename); err != nil {
		return nil, "", err
	}
	u, err := t.spool(head.Filename, file)
	if err != nil {
		return nil, "", err
	}
	defer u.drop()
	var lines []Line
	total := 0
	report := func(l Line) {
		if total++; total <= shownLines {
			lines = append(lines, l)
		}
	}
	dry := r.Form("dry") != ""
	res, err := t.run(r.Context(), Run{
		File: u.name, Size: u.size, Body: u.file, DryRun: dry, By: r.Who, Progress: func(int64) {}, Report: report,
	})
	if err != nil {
		return nil, "", err
	}
	return t.reportPage(u, dry, res, lines, total), "", nil
}

// reportPage shows what came of an import.
func (t *taker) reportPage(u *upload, dry bool, res Result, lines []Line, total int) *ui.Page {
	kind, text := "good", lang.T("导入完成。", "The file was taken in.")
	switch {
	case res.Stopped != nil:
		kind, text = "bad", lang.T("未导入："+res.Stopped.Zh, "Nothing was taken: "+res.Stopped.En)
	case dry:
		kind, text = "info", lang.T("试导入完成，未写入任何数据。", "Tried only; nothing was changed.")
	case res.Refused > 0:
		kind, text = "warn", lang.T("导入完成，部分记录被拒收。", "The file was taken in; some records were refused.")
	}
	n := func(v int64) lang.Text { return lang.Same(strconv.FormatInt(v, 10)) }
	facts := ui.Facts{ID: "import-result", Title: t.kind.Title, Items: []ui.Fact{
		{Name: lang.T("文件", "File"), Value: lang.Same(u.name)}, {Name: lang.T("读取记录", "Records read"), Value: n(res.Read)},
		{Name: lang.T("接受", "Taken"), Value: n(res.Taken)}, {Name: lang.T("拒收", "Refused"), Value: n(res.Refused)},
	}}
	table := ui.Table{
		ID: "import-lines", Title: lang.T("逐行报告", "Report by line"), Path: "/" + t.of.Name, Total: int64(total),
		Columns: []ui.Column{{Key: "line", Text: lang.T("行", "Line"), Num: true}, {Key: "level", Text: lang.T("级别", "Level")}, {Key: "text", Text: lang.T("说明", "What")}},
		Empty:   lang.T("没有需要说明的行", "No line needs a word"),
	}
	for _, l := range lines {
		table.Rows = append(table.Rows, ui.Row{Cells: []ui.Cell{{Text: n(int64(l.Line))}, {Tag: levelTag(l.Level)}, {Text: l.Text}}})
	}
	return &ui.Page{
		Title: lang.T("导入报告", "Import report"), Nav: t.of.Name,
		Crumbs: []ui.Link{{Text: t.of.Title, Href: "/" + t.of.Name}, {Text: lang.T("导入报告", "Import report")}},
		Body:   []ui.Block{ui.Notice{ID: "import-outcome", Kind: kind, Text: text}, facts, table},
	}
}

func levelTag(level string) *ui.Tag {
	switch level {
	case "error":
		return &ui.Tag{Status: ui.StatusBehind, Text: lang.T("错误", "error")}
	case "warning":
		return &ui.Tag{Status: ui.StatusRisk, Text: lang.T("警告", "warning")}
	}
	return &ui.Tag{Status: ui.StatusNone, Text: lang.T("提示", "note")}
}

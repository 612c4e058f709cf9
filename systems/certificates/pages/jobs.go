package pages

import (
	"context"
	"io"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/certificates/bulk"
	"github.com/haihe-city/haihe/systems/certificates/ca"
	"github.com/haihe-city/haihe/systems/certificates/register"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
	"github.com/haihe-city/haihe/web/ui"
)

var jobsHead = lang.T("批量签发", "Lists")

func jobTag(state string) *ui.Tag {
	t := &ui.Tag{Text: lang.Same(state)}
	switch state {
	case "checked":
		t.Text, t.Status = lang.T("已核对，待启动", "Checked, waits for its start"), ui.StatusRisk
	case "running":
		t.Text, t.Status = lang.T("签发中", "Under way"), ui.StatusOn
	case "paused":
		t.Text, t.Status = lang.T("已暂停", "Paused"), ui.StatusRisk
	case "done":
		t.Text, t.Status = lang.T("已完成", "Done"), ui.StatusMet
	case "dropped":
		t.Text = lang.T("已放弃", "Dropped")
	}
	return t
}

func (p *Pages) pageJobs(r *web.Request) (*ui.Page, error) { return p.jobs(r, lang.Text{}) }

func (p *Pages) jobs(r *web.Request, wrong lang.Text) (*ui.Page, error) {
	list, next, err := p.o.Bulk.Jobs(r.Context(), r.Query("after"), pageSize)
	if err != nil {
		return nil, err
	}
	out := page(jobsHead, jobs, ui.Link{Text: jobsHead})
	out.Lead = lang.T("名单先逐行核对（不签发），再由另一人启动；中断后从断点继续，同一主体不会得到第二张证书。", "A list is checked line by line first and issues nothing; another person starts it. It goes on where it was interrupted, and nobody gets a second certificate.")
	t := ui.Table{ID: "jobs", Title: jobsHead, Total: -1, Next: next, Paged: r.Query("after") != "", Path: jobs, Empty: lang.T("没有批次。", "There is no list."),
		Columns: []ui.Column{{Key: "name", Text: lang.T("名单", "List")}, {Key: "kind", Text: lang.T("类别", "Kind")}, {Key: "state", Text: lang.T("状态", "State")}, {Key: "total", Text: lang.T("行数", "Lines"), Num: true}, {Key: "issued", Text: lang.T("已签发", "Issued"), Num: true}, {Key: "had", Text: lang.T("已有证书", "Had one"), Num: true}, {Key: "refused", Text: lang.T("不合格", "Refused"), Num: true}, {Key: "made", Text: lang.T("提交时间", "Handed in")}}}
	for i := range list {
		j := &list[i]
		t.Rows = append(t.Rows, ui.Row{ID: "j-" + j.ID, Cells: []ui.Cell{{Text: lang.Same(j.Name), Href: jobs + "/" + j.ID, Strong: true}, {Text: ca.KindName(j.Kind)}, {Tag: jobTag(j.State)}, {Text: lang.Same(ui.Grouped(j.Total))}, {Text: lang.Same(ui.Grouped(j.Issued))}, {Text: lang.Same(ui.Grouped(j.Had))}, {Text: lang.Same(ui.Grouped(j.Refused))}, {Time: j.Made}}})
	}
	out.Body = []ui.Block{t, ui.Form{ID: "list", Title: lang.T("提交名单", "Hand a list in"), Action: jobs, Submit: lang.T("核对名单", "Check the list"), Error: wrong, Fields: []ui.Field{
		{Name: "kind", Kind: "select", Label: lang.T("类别", "Kind"), Options: kindOptions(register.Kinds...)},
		{Name: "name", Label: lang.T("名单名称", "Name of the list"), Required: true},
		{Name: "renewal", Kind: "checkbox", Label: lang.T("换发（签发后吊销原证书）", "Renewal: revokes the certificates that stand")},
		{Name: "file", Kind: "file", Label: lang.T("CSV 文件（UTF-8）", "CSV file (UTF-8)"), Required: true, Help: lang.T("列：name、organization、unit、code、number、request（Base64 编码的证书请求）", "Columns: name, organization, unit, code, number, request (certificate request in base64)")},
	}}}
	return out, nil
}

func (p *Pages) formList(r *web.Request) (*ui.Page, string, error) {
	f, _, err := r.HTTP.FormFile("file")
	if err != nil {
		out, err := p.jobs(r, lang.T("请选择 CSV 文件", "choose a CSV file"))
		return out, "", err
	}
	defer f.Close()
	j, err := p.o.Bulk.Load(r.Context(), r.Who, r.Form("kind"), r.Form("name"), r.Form("renewal") != "", f)
	if msg, ok := said(err); ok {
		out, err := p.jobs(r, msg)
		return out, "", err
	}
	return nil, jobs + "/" + j.ID, err
}

func (p *Pages) pageJob(r *web.Request) (*ui.Page, error) { return p.job(r, lang.Text{}) }

func (p *Pages) job(r *web.Request, wrong lang.Text) (*ui.Page, error) {
	j, err := p.o.Bulk.Job(r.Context(), r.Path("id"))
	if err != nil {
		return nil, err
	}
	path := jobs + "/" + j.ID
	out := page(lang.Same(j.Name), jobs, ui.Link{Text: jobsHead, Href: jobs}, ui.Link{Text: lang.Same(j.Name)})
	if !wrong.Empty() {
		out.Body = append(out.Body, ui.Notice{Kind: "bad", Text: wrong})
	}
	switch j.State {
	case "checked", "paused":
		if j.MadeBy != r.Who.ID && r.Who.Can(register.GrantApprove) && p.o.Register.May(r.Who, j.Unit) {
			out.Actions = append(out.Actions, ui.Action{Text: lang.T("启动签发", "Start"), Href: path + "/start", Post: true, Primary: true, Confirm: lang.T("启动后即按名单签发证书，确定启动吗？", "Certificates are issued from the list at once. Start?")})
		}
		out.Actions = append(out.Actions, ui.Action{Text: lang.T("放弃", "Drop"), Href: path + "/drop", Post: true, Confirm: lang.T("确定放弃这份名单吗？", "Drop this list?")})
	case "running":
		out.Actions = append(out.Actions, ui.Action{Text: lang.T("暂停", "Pause"), Href: path + "/pause", Post: true}, ui.Action{Text: lang.T("刷新", "Reload"), Href: path})
	}
	facts := ui.Facts{ID: "job", Title: lang.T("批次", "List"), Items: []ui.Fact{{Name: lang.T("状态", "State"), Tag: jobTag(j.State)}, {Name: lang.T("类别", "Kind"), Value: ca.KindName(j.Kind)}, {Name: lang.T("提交人", "Handed in by"), Value: p.o.People.ActorName(r.Context(), j.MadeBy)}, {Name: lang.T("提交时间", "Handed in"), Time: j.Made}}}
	if !j.Started.IsZero() {
		facts.Items = append(facts.Items, ui.Fact{Name: lang.T("启动人", "Started by"), Value: p.o.People.ActorName(r.Context(), j.StartedBy)}, ui.Fact{Name: lang.T("启动时间", "Started"), Time: j.Started})
	}
	troubles, err := p.o.Bulk.Troubles(r.Context(), j.ID, 0, pageSize)
	if err != nil {
		return nil, err
	}
	if register.Personal(j.Kind) {
		if err := p.o.Register.Saw(r.Context(), r.Who, "list:"+j.ID, nil, len(troubles)); err != nil {
			return nil, err
		}
	}
	out.Body = append(out.Body, progress(&j), facts, troubleTable(&j, path, troubles))
	return out, nil
}

func troubleTable(j *bulk.Job, path string, troubles []bulk.Trouble) ui.Table {
	t := ui.Table{ID: "troubles", Title: lang.T("未签发的行", "Lines without a certificate"), Total: j.Had + j.Refused, Path: path, Empty: lang.T("所有行都合格。", "All lines are fit."),
		Columns: []ui.Column{{Key: "line", Text: lang.T("行号", "Line"), Num: true}, {Key: "name", Text: lang.T("名称", "Name")}, {Key: "why", Text: lang.T("原因", "Why")}},
		Exports: []ui.Link{{Text: lang.Same("CSV"), Href: "/api/certificates/jobs/" + j.ID + "/report.csv?bom=1"}}}
	for _, x := range troubles {
		t.Rows = append(t.Rows, ui.Row{ID: "l-" + strconv.FormatInt(x.Line, 10), Cells: []ui.Cell{{Text: lang.Same(strconv.FormatInt(x.Line, 10))}, {Text: lang.Same(x.Name)}, {Text: x.Said}}})
	}
	return t
}

// jobVerb makes the form of a verb on a job.
func (p *Pages) jobVerb(fn func(context.Context, *identity.Principal, string) error) web.FormFunc {
	return func(r *web.Request) (*ui.Page, string, error) {
		err := fn(r.Context(), r.Who, r.Path("id"))
		if msg, ok := said(err); ok && !errs.Is(err, errs.NotFound) {
			out, err := p.job(r, msg)
			return out, "", err
		}
		return nil, jobs + "/" + r.Path("id"), err
	}
}

func (p *Pages) apiJobs(r *web.Request) (any, error) {
	list, next, err := p.o.Bulk.Jobs(r.Context(), r.Query("after"), pageSize)
	type item struct {
		ID      string    `json:"id"`
		Kind    string    `json:"kind"`
		Name    string    `json:"name"`
		State   string    `json:"state"`
		Total   int64     `json:"total"`
		Issued  int64     `json:"issued"`
		Had     int64     `json:"had"`
		Refused int64     `json:"refused"`
		Rate    float64   `json:"subjectsPerSecond"`
		Made    time.Time `json:"made"`
	}
	items := []item{}
	for i := range list {
		j := &list[i]
		items = append(items, item{j.ID, j.Kind, j.Name, j.State, j.Total, j.Issued, j.Had, j.Refused, j.Rate(), j.Made})
	}
	return struct {
		Items []item `json:"items"`
		Next  string `json:"next,omitempty"`
	}{items, next}, err
}

// apiReport gives every line that has no certificate from the list, and why.
func (p *Pages) apiReport(r *web.Request) (any, error) {
	id, ctx, forSheet := r.Path("id"), r.Context(), r.Query("bom") == "1"
	j, err := p.o.Bulk.Job(ctx, id)
	if err == nil && register.Personal(j.Kind) {
		err = p.o.Register.Saw(ctx, r.Who, "list.csv:"+id, nil, int(j.Had+j.Refused))
	}
	if err != nil {
		return nil, err
	}
	return web.Reply{Type: sheet.Type, Name: "list-report.csv", Body: func(w io.Writer) error {
		out := sheet.New(w, forSheet)
		_ = out.Write("line", "name", "zh", "en") // errors are kept for Flush
		for after := int64(0); ; {
			list, err := p.o.Bulk.Troubles(ctx, id, after, 1000)
			if err != nil {
				return err
			}
			for _, t := range list {
				_ = out.Write(strconv.FormatInt(t.Line, 10), t.Name, t.Said.Zh, t.Said.En)
				after = t.Line
			}
			if len(list) < 1000 {
				return out.Flush()
			}
		}
	}}, nil
}

// progress shows how far a list is.
func progress(j *bulk.Job) ui.Tiles {
	tiles := ui.Tiles{ID: "progress", Title: lang.T("进度", "Progress")}
	left := j.Total - j.Issued - j.Had - j.Refused
	for _, x := range []struct {
		zh, en string
		n      int64
	}{{"行数", "Lines", j.Total}, {"已签发", "Issued", j.Issued}, {"待签发", "To do", left}, {"已有证书", "Had one", j.Had}, {"不合格", "Refused", j.Refused}} {
		tiles.Items = append(tiles.Items, ui.Tile{Name: lang.T(x.zh, x.en), Value: ui.Grouped(x.n)})
	}
	if rate := j.Rate(); rate > 0 {
		tiles.Items = append(tiles.Items, ui.Tile{Name: lang.T("签发速度", "Rate"), Value: ui.Num(rate, 0), Unit: lang.T("个主体/秒", "subjects/s")})
	}
	return tiles
}

package pages

import (
	"fmt"
	"net/url"
	"strconv"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host/refused"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
	"github.com/haihe-city/haihe/wire/dlms"
	"github.com/haihe-city/haihe/wire/dlt645"
	"github.com/haihe-city/haihe/wire/dlt698"
	"github.com/haihe-city/haihe/wire/qgdw1376"
)

func queryString(q map[string]string) string {
	v := url.Values{}
	for k, x := range q {
		if x != "" {
			v.Set(k, x)
		}
	}
	if len(v) == 0 {
		return ""
	}
	return "?" + v.Encode()
}

func with(q map[string]string, key, val string) map[string]string {
	out := map[string]string{key: val}
	for k, v := range q {
		if k != key {
			out[k] = v
		}
	}
	return out
}

// concentrators lists the links that a request asks for.
func (s *Part) concentrators(r *web.Request) ([]book.Concentrator, error) {
	district, err := queryDistrict(r)
	if err != nil {
		return nil, err
	}
	state := r.Query("state")
	switch state {
	case "", "online", "offline":
		return s.o.Head.Concentrators(district, state), nil
	}
	return nil, errs.Say(errs.Invalid, "状态“%s”无法识别，可用 online、offline", "state %q is not known: online or offline", state)
}

// pageConcentrators lists the links.
func (s *Part) pageConcentrators(r *web.Request) (*ui.Page, error) {
	after, err := queryPlace(r)
	if err != nil {
		return nil, err
	}
	all, err := s.concentrators(r)
	if err != nil {
		return nil, err
	}
	t := ui.Table{ID: "concentrators", Title: lang.T("集中器", "Concentrators"), Total: int64(len(all)), Paged: after >= 0, Path: "/grid/concentrators", Query: keepQuery(r, "district", "state"), Columns: []ui.Column{
		{Key: "address", Text: lang.T("集中器地址", "Concentrator")}, {Key: "district", Text: lang.T("区", "District")}, {Key: "protocol", Text: lang.T("规约", "Protocol")}, {Key: "meters", Text: lang.T("电表数", "Meters"), Num: true},
		{Key: "since", Text: lang.T("上线时间", "Connected since"), Num: true}, {Key: "heard", Text: lang.T("最近报文", "Last heard"), Num: true}, {Key: "state", Text: lang.T("状态", "State")}},
		Filters: []ui.Field{{Name: "district", Kind: "select", Label: lang.T("区", "District"), Value: r.Query("district"), Options: districtOptions()},
			{Name: "state", Kind: "select", Label: lang.T("状态", "State"), Value: r.Query("state"), Options: []ui.Option{{Value: "", Text: lang.T("全部状态", "All states")}, {Value: "online", Text: lang.T("在线", "Online")}, {Value: "offline", Text: lang.T("离线", "Offline")}}}},
		Empty: lang.T("没有集中器。", "No concentrators.")}
	from := int(min(after+1, int64(len(all))))
	for i, c := range all[from:min(from+pageSize, len(all))] {
		tag := &ui.Tag{Status: ui.StatusBehind, Text: lang.T("离线", "Offline")}
		if c.Online {
			tag = &ui.Tag{Status: ui.StatusMet, Text: lang.T("在线", "Online")}
		}
		t.Rows = append(t.Rows, ui.Row{ID: "c-" + c.Address, Cells: []ui.Cell{{Text: lang.Same(c.Address), Href: "/grid/meters?concentrator=" + c.Address, Strong: true}, {Text: book.DistrictName(c.District)}, {Text: c.Protocol.Text()},
			{Text: lang.Same(strconv.Itoa(c.Meters))}, {Time: c.Since}, {Time: c.Heard}, {Tag: tag}}})
		if i == pageSize-1 && from+pageSize < len(all) {
			t.Next = strconv.Itoa(from + i)
		}
	}
	p := Page(lang.T("集中器", "Concentrators"), "/grid/concentrators", ui.Link{Text: lang.T("集中器", "Concentrators"), Href: "/grid/concentrators"})
	p.Body = []ui.Block{t}
	return p, nil
}

// KeptOfPeer is how many refused frames of one sender are written down in a minute.
const KeptOfPeer = 500

// pageRefused shows what was not taken, with the reason and the clause.
func (s *Part) pageRefused(r *web.Request) (*ui.Page, error) {
	below, err := queryPlace(r)
	if err != nil {
		return nil, err
	}
	list, err := s.o.Refused.List(r.Context(), below, pageSize+1)
	if err != nil {
		return nil, err
	}
	t := ui.Table{ID: "refused", Title: lang.T("拒收报文", "Refused frames"), Note: lang.T("保留最近一万条，每个对端每分钟至多 "+strconv.Itoa(KeptOfPeer)+" 条", "the newest ten thousand are kept, at most "+strconv.Itoa(KeptOfPeer)+" a minute of one sender"), Total: -1, Paged: below >= 0, Path: "/grid/refused", Columns: []ui.Column{
		{Key: "at", Text: lang.T("时间", "Time")}, {Key: "peer", Text: lang.T("来源", "From")}, {Key: "protocol", Text: lang.T("规约", "Protocol")}, {Key: "reason", Text: lang.T("原因", "Reason")},
		{Key: "offset", Text: lang.T("偏移", "Offset"), Num: true}, {Key: "hex", Text: lang.T("报文（十六进制）", "Bytes (hex)")}},
		Exports: []ui.Link{{Text: lang.Same("JSON"), Href: "/api/grid/refused"}}, Empty: lang.T("没有拒收的报文。", "No frame was refused.")}
	for i, f := range list {
		if i == pageSize {
			t.Next = strconv.FormatInt(list[i-1].Num, 10)
			break
		}
		body := f.Hex
		if len(body) > 64 {
			body = body[:64] + "…"
		}
		t.Rows = append(t.Rows, ui.Row{ID: fmt.Sprintf("f-%d", f.Num), Cells: []ui.Cell{{Time: f.At}, {Text: lang.Same(f.Peer)}, {Text: book.Protocol(f.Protocol).Text()}, {Text: f.Reason, Sub: clauseText(f)}, {Text: lang.Same(strconv.FormatInt(f.Offset, 10))}, {Text: lang.Same(body)}}})
	}
	p := Page(lang.T("拒收报文", "Refused frames"), "/grid/refused", ui.Link{Text: lang.T("拒收报文", "Refused frames"), Href: "/grid/refused"})
	p.Body = []ui.Block{t}
	return p, nil
}

// clauseText says which clause of which standard a refused frame breaks; empty where it is none of a standard's.
func clauseText(f refused.Frame) lang.Text {
	if f.Clause == "" {
		return lang.Text{}
	}
	standard := dlt698.Standard + " "
	switch book.Protocol(f.Protocol) {
	case book.DLT645:
		standard = dlt645.Standard + " "
	case book.QGDW1376:
		standard = qgdw1376.Standard + " "
	case book.DLMS:
		standard = dlms.Standard + "-"
	}
	return lang.Same(standard + f.Clause)
}

// pageData says how data comes in and goes out.
func (s *Part) pageData(r *web.Request) (*ui.Page, error) {
	p := Page(lang.T("数据与接口", "Data & API"), "/grid/data", ui.Link{Text: lang.T("数据与接口", "Data & API"), Href: "/grid/data"})
	listen := map[string]lang.Text{}
	for _, name := range []book.Protocol{book.DLT698, book.DLT645, book.QGDW1376, book.DLMS, book.MQTT} {
		listen[string(name)] = lang.T("未开启", "off")
	}
	for _, f := range s.o.Head.Feeds() {
		listen[f.Name] = lang.Same(f.Addr)
	}
	p.Body = []ui.Block{
		ui.Facts{ID: "feeds", Title: lang.T("接入", "Feeds"), Items: []ui.Fact{
			{Name: lang.Same("DL/T 698.45-2017, TCP"), Value: listen["dlt698"]}, {Name: lang.Same("DL/T 645-2007, TCP"), Value: listen["dlt645"]},
			{Name: lang.Same("Q/GDW 1376.1-2013, TCP"), Value: listen["qgdw1376"]}, {Name: lang.Same("DLMS/COSEM, TCP"), Value: listen["dlms"]}, {Name: lang.Same("MQTT 3.1.1, 5.0"), Value: listen["mqtt"]}}},
		ui.Facts{ID: "apis", Title: lang.T("接口", "API"), Items: []ui.Fact{
			{Name: lang.T("覆盖率", "Coverage"), Value: lang.Same("GET /api/grid/coverage?day="), Href: "/api/grid/coverage"},
			{Name: lang.T("电表清单", "Meters"), Value: lang.Same("GET /api/grid/meters?day=&district=&category=&concentrator=&state=&q=&sort=&limit=&after="), Href: "/api/grid/meters"},
			{Name: lang.T("缺数清单", "Missing"), Value: lang.Same("GET /api/grid/missing?day=&district=&sort=&after="), Href: "/api/grid/missing"},
			{Name: lang.T("一只表的一天", "A meter's day"), Value: lang.Same("GET /api/grid/meters/{address}/day?day=")},
			{Name: lang.T("全网负荷", "System load"), Value: lang.Same("GET /api/grid/load?day=&district="), Href: "/api/grid/load"},
			{Name: lang.T("集中器", "Concentrators"), Value: lang.Same("GET /api/grid/concentrators?district=&state="), Href: "/api/grid/concentrators"},
			{Name: lang.T("拒收报文", "Refused frames"), Value: lang.Same("GET /api/grid/refused?after="), Href: "/api/grid/refused"},
			{Name: lang.T("补抄", "Read again"), Value: lang.Same("POST /api/grid/reread")},
			{Name: lang.T("补抄结果", "Results of a re-read"), Value: lang.Same("GET /api/grid/rereads/{id}?state=&after=")},
			{Name: lang.T("表格导出", "Tables"), Value: lang.T("清单接口加 .csv 或 .parquet", "the lists end in .csv or .parquet too")}}},
	}
	if r.Who.Can(s.o.Imports.Grant) {
		p.Body = append(p.Body, ui.Prose{Text: lang.T("导入文件：先试导入看报告，再正式导入；命令行为 haihe import。档案为 CSV，列为 address,district,feeder,concentrator,category,protocol,installed,status，后两列可省。", "To import a file, try it first and read the report, then take it in; on the command line: haihe import. The archive is CSV with the columns address,district,feeder,concentrator,category,protocol,installed,status; the last two may be left out.")},
			importForm(s.o.Imports.Archive, lang.T("导入电表档案", "Import a meter archive")), importForm(s.o.Imports.Intervals, lang.T("导入区间数据（NEM12/NEM13）", "Import interval data (NEM12, NEM13)")))
	}
	return p, nil
}

func importForm(name string, title lang.Text) ui.Form {
	return ui.Form{ID: "import-" + name, Title: title, Action: "/grid/import/" + name, Submit: lang.T("上传", "Upload"), Fields: []ui.Field{
		{Name: "file", Kind: "file", Label: lang.T("文件", "File"), Required: true},
		{Name: "dry", Kind: "checkbox", Label: lang.T("只试导入，不写入", "Try only, change nothing"), Value: "1"},
	}}
}

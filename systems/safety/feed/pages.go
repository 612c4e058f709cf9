package feed

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host/refused"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/safety/register"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
	"github.com/haihe-city/haihe/wire/gbt26875"
	"github.com/haihe-city/haihe/wire/hj212"
	"github.com/haihe-city/haihe/wire/modbus"
)

// PageFunc begins a page of the room.
type PageFunc func(title lang.Text, tab string, crumbs ...ui.Link) *ui.Page

const (
	pageSize = 50
	apiLimit = 1000
	shown    = 96 // characters of a frame in the list
)

// Routes are the list of what was refused; grant is who may see it.
func (f *Feeds) Routes(grant string, page PageFunc) []web.Route {
	return []web.Route{
		{Pattern: "GET /safety/refused", Grant: grant, Page: func(r *web.Request) (*ui.Page, error) { return f.pageRefused(r, page) }},
		{Pattern: "GET /api/safety/refused", Grant: grant, API: f.apiRefused},
	}
}

// below reads the place from which a list goes on; -1 where it begins.
func below(r *web.Request) (int64, error) {
	v := r.Query("after")
	if v == "" {
		return -1, nil
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < 0 {
		return 0, errs.Say(errs.Invalid, "after 应为非负整数", "after must be a whole number that is not negative")
	}
	return n, nil
}

func (f *Feeds) apiRefused(r *web.Request) (any, error) {
	from, err := below(r)
	if err != nil {
		return nil, err
	}
	list, err := f.Refused.List(r.Context(), from, apiLimit+1)
	if err != nil {
		return nil, err
	}
	out := map[string]any{"refused": list[:min(len(list), apiLimit)]}
	if len(list) > apiLimit {
		out["next"] = strconv.FormatInt(list[apiLimit-1].Num, 10)
	}
	return out, nil
}

func (f *Feeds) pageRefused(r *web.Request, page PageFunc) (*ui.Page, error) {
	from, err := below(r)
	if err != nil {
		return nil, err
	}
	list, err := f.Refused.List(r.Context(), from, pageSize+1)
	if err != nil {
		return nil, err
	}
	t := ui.Table{ID: "refused", Title: lang.T("拒收报文", "Refused frames"), Note: lang.T("保留最近一万条，每个对端每分钟至多 100 条；密码已隐去", "the newest ten thousand are kept, at most 100 a minute of one sender; passwords are hidden"),
		Total: -1, Paged: from >= 0, Path: "/safety/refused", Columns: []ui.Column{
			{Key: "at", Text: lang.T("时间", "Time")}, {Key: "peer", Text: lang.T("来源", "From")}, {Key: "protocol", Text: lang.T("接入方式", "Feed")}, {Key: "reason", Text: lang.T("原因", "Reason")},
			{Key: "offset", Text: lang.T("偏移", "Offset"), Num: true}, {Key: "body", Text: lang.T("报文", "Frame")}},
		Exports: []ui.Link{{Text: lang.Same("JSON"), Href: "/api/safety/refused"}}, Empty: lang.T("没有拒收的报文。", "No frame was refused.")}
	for i := range list {
		if i == pageSize {
			t.Next = strconv.FormatInt(list[i-1].Num, 10)
			break
		}
		x := &list[i]
		t.Rows = append(t.Rows, ui.Row{ID: fmt.Sprintf("f-%d", x.Num), Cells: []ui.Cell{{Time: x.At}, {Text: lang.Same(x.Peer)}, {Text: register.Feed(x.Protocol).Text()}, {Text: x.Reason, Sub: clauseText(x)},
			{Text: lang.Same(strconv.FormatInt(x.Offset, 10))}, {Text: lang.Same(body(x))}}})
	}
	p := page(lang.T("拒收报文", "Refused frames"), "/safety/refused", ui.Link{Text: lang.T("拒收报文", "Refused frames"), Href: "/safety/refused"})
	p.Body = []ui.Block{t}
	return p, nil
}

// clauseText says which clause of which standard is broken; empty where it is none of a standard's.
func clauseText(x *refused.Frame) lang.Text {
	standard := map[register.Feed]string{register.HJ212: hj212.Standard, register.Modbus: modbus.Standard, register.GBT26875: gbt26875.Standard}[register.Feed(x.Protocol)]
	if x.Clause == "" || standard == "" {
		return lang.Text{}
	}
	return lang.Same(standard + " " + x.Clause)
}

// body is a frame as text where it is such, else in hexadecimal digits.
func body(x *refused.Frame) string {
	s := x.Hex
	if raw, err := hex.DecodeString(x.Hex); err == nil && utf8.Valid(raw) && strings.IndexFunc(strings.TrimRight(string(raw), "\r\n"), func(r rune) bool { return r < ' ' || r == 0x7F }) < 0 {
		s = strings.TrimRight(string(raw), "\r\n")
	}
	if r := []rune(s); len(r) > shown {
		s = string(r[:shown]) + "…"
	}
	return s
}

package pages

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/reread"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/ui"
)

const pathRereads = "/grid/rereads"

var orderTags = map[string]*ui.Tag{
	"running":     {Status: ui.StatusOn, Text: lang.T("进行中", "Running")},
	"done":        {Status: ui.StatusMet, Text: lang.T("已结束", "Done")},
	"interrupted": {Status: ui.StatusBehind, Text: lang.T("已中断", "Interrupted")},
}

var resultTags = map[string]*ui.Tag{
	reread.Whole:   {Status: ui.StatusMet, Text: lang.T("已补齐", "Complete now")},
	reread.Partial: {Status: ui.StatusRisk, Text: lang.T("部分补到", "Some came")},
	reread.Nothing: {Status: ui.StatusBehind, Text: lang.T("未补到", "Nothing came")},
	reread.Offline: {Status: ui.StatusNone, Text: lang.T("集中器无应答", "Concentrator silent")},
}

// noteText says why an order came short.
func noteText(note string) lang.Text {
	if n, ok := strings.CutPrefix(note, "offline: "); ok {
		return lang.T(n+" 台集中器无应答", n+" concentrators silent")
	}
	if note == "queue full" {
		return lang.T("等待的任务过多，未执行", "too many were waiting, not carried out")
	}
	return lang.Same(note)
}

// rereadTable is the newest orders.
func (s *Part) rereadTable(ctx context.Context) (ui.Table, []reread.Order, error) {
	list, err := s.o.Rereads.List(ctx, 100)
	t := ui.Table{ID: "rereads", Title: lang.T("补抄记录", "Re-reads"), Note: lang.T("最近 100 次", "the newest 100"), Total: -1, Columns: []ui.Column{{Key: "at", Text: lang.T("下达时间", "Ordered")}, {Key: "day", Text: lang.T("数据日", "Day")}, {Key: "by", Text: lang.T("下达人", "By")},
		{Key: "meters", Text: lang.T("电表（只）", "Meters"), Num: true}, {Key: "done", Text: lang.T("已应答（只）", "Answered"), Num: true}, {Key: "failed", Text: lang.T("未应答（只）", "Not answered"), Num: true}, {Key: "state", Text: lang.T("状态", "State")}},
		Empty: lang.T("还没有补抄。", "Nothing was read again yet.")}
	for _, o := range list {
		t.Rows = append(t.Rows, ui.Row{ID: "o-" + o.ID, Cells: []ui.Cell{{Time: o.At, Href: pathRereads + "/" + o.ID}, {Text: lang.Same(o.Day), Href: pathRereads + "/" + o.ID, Strong: true}, {Text: s.o.People.ActorName(ctx, o.By)}, count(o.Meters), count(o.Done), count(o.Failed), {Tag: orderTags[o.State], Sub: noteText(o.Note)}}})
	}
	return t, list, err
}

func count(n int) ui.Cell { return ui.Cell{Text: lang.Same(ui.Num(float64(n), 0))} }

// pageRereads lists the orders.
func (s *Part) pageRereads(r *web.Request) (*ui.Page, error) {
	t, _, err := s.rereadTable(r.Context())
	if err != nil {
		return nil, err
	}
	p := Page(lang.T("补抄记录", "Re-reads"), pathRereads, ui.Link{Text: lang.T("补抄记录", "Re-reads"), Href: pathRereads})
	p.Live = Topic
	p.Body = []ui.Block{t}
	return p, nil
}

// rereadTiles is how far an order is.
func rereadTiles(o reread.Order, counts map[string]int) ui.Tiles {
	done := 0
	for _, n := range counts {
		done += n
	}
	share := 0.0
	if o.Meters > 0 {
		share = min(1, float64(done)/float64(o.Meters))
	}
	tile := func(id string, name lang.Text, n int) ui.Tile {
		return ui.Tile{ID: "reread-" + id + "-" + o.ID, Name: name, Value: ui.Num(float64(n), 0), Unit: lang.T("只", "meters"), Source: source, Href: pathRereads + "/" + o.ID + "?state=" + id}
	}
	progress := ui.Tile{ID: "reread-progress-" + o.ID, Name: orderTags[o.State].Text, Value: ui.Num(float64(done), 0), Unit: lang.T("只", "meters"), Note: lang.T("共 "+ui.Num(float64(o.Meters), 0)+" 只", "of "+ui.Num(float64(o.Meters), 0)), Gauge: &ui.Gauge{Part: share, Expected: -1, Status: orderTags[o.State].Status}, Source: source, At: o.At}
	t := ui.Tiles{ID: "reread-" + o.ID, Title: lang.T("补抄进度", "Progress"), Items: []ui.Tile{progress}}
	for _, st := range reread.States {
		t.Items = append(t.Items, tile(st, resultTags[st].Text, counts[st]))
	}
	return t
}

// rereadBlocks is what open pages show of the orders: the list, and the progress of those that run or have just ended.
func (s *Part) rereadBlocks(ctx context.Context) (out []ui.Update, err error) {
	t, list, err := s.rereadTable(ctx)
	if err != nil {
		return nil, err
	}
	out = append(out, ui.Update{Block: t})
	for i, o := range list {
		if i > 0 && o.State != "running" {
			continue
		}
		o, counts, err := s.o.Rereads.Get(ctx, o.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, ui.Update{Block: rereadTiles(o, counts)})
	}
	return out, nil
}

// askResults reads which results of an order a request wants.
func askResults(r *web.Request) (state string, err error) {
	if state = r.Query("state"); state != "" && !slices.Contains(reread.States[:], state) {
		return "", errs.Say(errs.Invalid, "结果“%s”无法识别，可用 whole、partial、nothing、offline", "result %q is not known: whole, partial, nothing or offline", state)
	}
	return state, nil
}

// pageReread is one order: its progress, and what came of each meter.
func (s *Part) pageReread(r *web.Request) (*ui.Page, error) {
	state, err := askResults(r)
	if err != nil {
		return nil, err
	}
	o, counts, err := s.o.Rereads.Get(r.Context(), r.Path("id"))
	if err != nil {
		return nil, err
	}
	list, err := s.o.Rereads.Results(r.Context(), o.ID, r.Query("after"), state, pageSize+1)
	if err != nil {
		return nil, err
	}
	t := resultTable(r, o, counts, state, list)
	title := lang.T("补抄 "+o.Day, "Re-read of "+o.Day)
	p := Page(title, pathRereads, ui.Link{Text: lang.T("补抄记录", "Re-reads"), Href: pathRereads}, ui.Link{Text: title, Href: pathRereads + "/" + o.ID})
	by := s.o.People.ActorName(r.Context(), o.By)
	p.Lead = lang.T(fmt.Sprintf("%s下达，补抄 %s 的缺数，共 %s 只电表。", by.Zh, o.Day, ui.Num(float64(o.Meters), 0)), fmt.Sprintf("Ordered by %s: what is missing of %s, %s meters.", by.En, o.Day, ui.Num(float64(o.Meters), 0)))
	p.Live = Topic
	p.Actions = []ui.Action{{Text: lang.T("当日缺数清单", "What is missing"), Href: "/grid/missing?day=" + o.Day}}
	p.Body = []ui.Block{rereadTiles(o, counts), t}
	return p, nil
}

// resultTable is a page of the meters of an order.
func resultTable(r *web.Request, o reread.Order, counts map[string]int, state string, list []reread.Result) ui.Table {
	options := []ui.Option{{Value: "", Text: lang.T("全部结果", "All results")}}
	total := 0
	for _, st := range reread.States {
		options = append(options, ui.Option{Value: st, Text: resultTags[st].Text})
		if state == "" || state == st {
			total += counts[st]
		}
	}
	t := ui.Table{ID: "reread-results", Title: lang.T("逐表结果", "Meter by meter"), Note: lang.T("保留 30 天", "kept for 30 days"), Total: int64(total), Path: pathRereads + "/" + o.ID, Query: keepQuery(r, "state"), Paged: r.Query("after") != "",
		Filters: []ui.Field{{Name: "state", Kind: "select", Label: lang.T("结果", "Result"), Value: state, Options: options}},
		Columns: []ui.Column{{Key: "address", Text: lang.T("电表号 · 集中器", "Meter · concentrator")}, {Key: "at", Text: lang.T("时间", "Time"), Num: true}, {Key: "gaps", Text: lang.T("补抄前缺（点）", "Missing before"), Num: true}, {Key: "still", Text: lang.T("补抄后缺（点）", "Missing after"), Num: true}, {Key: "state", Text: lang.T("结果", "Result")}},
		Empty:   lang.T("还没有结果，集中器应答后自动出现。", "No results yet; they appear as concentrators answer.")}
	for i, x := range list {
		if i == pageSize {
			t.Next = list[i-1].Address
			break
		}
		t.Rows = append(t.Rows, ui.Row{ID: "x-" + x.Address, Cells: []ui.Cell{{Text: lang.Same(x.Address), Sub: lang.Same(x.Concentrator), Href: "/grid/meters/" + x.Address + "?day=" + o.Day, Strong: true}, {Time: x.At}, count(x.Gaps), count(x.Still), {Tag: resultTags[x.State]}}})
	}
	return t
}

// apiRereadOne answers an order with a page of its results.
func (s *Part) apiRereadOne(r *web.Request) (any, error) {
	state, err := askResults(r)
	if err != nil {
		return nil, err
	}
	o, counts, err := s.o.Rereads.Get(r.Context(), r.Path("id"))
	if err != nil {
		return nil, err
	}
	limit := 1000
	if text := r.Query("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > 10_000 {
			return nil, errs.Say(errs.Invalid, "limit 应为 1 至 10000", "limit runs from 1 to 10000")
		}
	}
	list, err := s.o.Rereads.Results(r.Context(), o.ID, r.Query("after"), state, limit+1)
	out := struct {
		reread.Order
		Counts map[string]int  `json:"counts"`
		Meters []reread.Result `json:"results"`
		Next   string          `json:"next,omitempty"`
	}{Order: o, Counts: counts, Meters: list[:min(len(list), limit)]}
	if len(list) > limit {
		out.Next = list[limit-1].Address
	}
	return out, err
}

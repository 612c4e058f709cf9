package loss

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/loss/evidence"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
	"github.com/haihe-city/haihe/web/ui"
)

// listed bounds the meters that are read at all, the highest scores first: more are no order of inspections.
const listed = 20_000

// suspectAsked is what the list of meters worth a look is asked for.
type suspectAsked struct {
	district, area, clue, sort, after string
	limits                            Limits
	found                             []Suspect // all that fit, in the order that is asked for
}

var suspectSorts = map[string]func(a, b Suspect) int{
	"score": func(a, b Suspect) int { return cmp.Compare(a.Score, b.Score) },
	"area":  func(a, b Suspect) int { return strings.Compare(a.Area, b.Area) },
	"since": func(a, b Suspect) int { return cmp.Compare(a.Since, b.Since) },
}

// askSuspects reads and checks what a request asks for, and reads what fits; the highest score comes first where no order is asked for.
func (p *Part) askSuspects(r *web.Request) (q suspectAsked, err error) {
	q = suspectAsked{district: r.Query("district"), area: r.Query("area"), clue: r.Query("clue"), sort: cmp.Or(r.Query("sort"), "-score"), after: r.Query("after")}
	if q.district != "" && region.Index(q.district) < 0 {
		return q, errs.Say(errs.Invalid, "“%s”不是本市的行政区划代码", "%q is no district code of this city", q.district)
	}
	if _, ok := clueNames[evidence.Kind(q.clue)]; q.clue != "" && !ok {
		return q, errs.Say(errs.Invalid, "线索“%s”无法识别", "clue %q is not known", q.clue)
	}
	key, down := strings.CutPrefix(q.sort, "-")
	order, ok := suspectSorts[key]
	if !ok {
		return q, errs.Say(errs.Invalid, "排序“%s”无法识别，可用 score、area、since，前加 - 为降序", "the order %q is not known: score, area or since, with - before it to turn it round", q.sort)
	}
	err = p.o.DB.Read(r.Context(), func(tx *store.Tx) (err error) {
		q.limits, err = readLimits(tx)
		return err
	})
	if err != nil {
		return q, err
	}
	if q.found, err = suspects(r.Context(), p.o.DB, qSuspects, q.district, q.area, q.limits.Score, listed); err != nil {
		return q, err
	}
	if q.clue != "" {
		q.found = slices.DeleteFunc(q.found, func(s Suspect) bool {
			return !slices.ContainsFunc(s.Clues, func(c evidence.Clue) bool { return string(c.Kind) == q.clue })
		})
	}
	slices.SortStableFunc(q.found, func(a, b Suspect) int {
		if c := order(a, b); c != 0 && down {
			return -c
		} else if c != 0 {
			return c
		}
		return cmp.Or(strings.Compare(a.Area, b.Area), cmp.Compare(a.Meter, b.Meter))
	})
	return q, nil
}

// page cuts a page out of the list.
func (q suspectAsked) page() (page []Suspect, next string, err error) {
	from := 0
	if q.after != "" {
		parts, err := store.Uncursor(q.after, 3)
		if err != nil {
			return nil, "", err
		}
		at := slices.IndexFunc(q.found, func(s Suspect) bool { return s.Area == parts[1] && strconv.FormatInt(s.Meter, 10) == parts[2] })
		if parts[0] != q.sort || at < 0 {
			return nil, "", errs.Say(errs.Invalid, "翻页标记已失效，请从第一页重新打开", "the page mark does not hold any more, open the list from its first page")
		}
		from = at + 1
	}
	page = q.found[from:min(len(q.found), from+pageSize)]
	if from+len(page) < len(q.found) {
		last := page[len(page)-1]
		next = store.Cursor(q.sort, last.Area, strconv.FormatInt(last.Meter, 10))
	}
	return page, next, nil
}

var noVerdict = lang.T("分值只用于安排检查先后，不是认定。空置、停业、换热泵、装光伏、表计故障都会产生同样的线索；是否异常以现场检查为准。",
	"A score orders inspections and is no verdict. An empty home, a closed shop, a heat pump, solar panels or a broken meter give the same clues; what it is, is found on site.")

// pageSuspects is the meters worth a look.
func (p *Part) pageSuspects(r *web.Request) (*ui.Page, error) {
	q, err := p.askSuspects(r)
	if err != nil {
		return nil, err
	}
	page, next, err := q.page()
	if err != nil {
		return nil, err
	}
	title := lang.T("用电异常线索", "Meters worth a look")
	out := p.page(title, ui.Link{Text: title, Href: pathSuspects})
	t := p.suspectTable(page, int64(len(q.found)), "suspects")
	t.Note = lang.T(fmt.Sprintf("线索分 %d 及以上", q.limits.Score), fmt.Sprintf("Score %d and more", q.limits.Score))
	t.Path, t.Query, t.Sort, t.Next, t.Paged = pathSuspects, map[string]string{}, q.sort, next, q.after != ""
	for _, n := range []string{"district", "area", "clue", "sort"} {
		if v := r.Query(n); v != "" {
			t.Query[n] = v
		}
	}
	for i := range t.Columns {
		_, t.Columns[i].Sortable = suspectSorts[t.Columns[i].Key]
	}
	options := []ui.Option{{Value: "", Text: lang.T("全部区", "All districts")}}
	for _, d := range region.Districts {
		options = append(options, ui.Option{Value: d.Code, Text: d.Name})
	}
	clues := []ui.Option{{Value: "", Text: lang.T("全部线索", "All clues")}}
	for _, k := range slices.Sorted(maps.Keys(clueNames)) {
		clues = append(clues, ui.Option{Value: string(k), Text: clueNames[k]})
	}
	t.Filters = []ui.Field{{Name: "district", Kind: "select", Label: lang.T("区", "District"), Value: q.district, Options: options}, {Name: "clue", Kind: "select", Label: lang.T("线索", "Clue"), Value: q.clue, Options: clues}}
	t.Search = &ui.Field{Name: "area", Label: lang.T("台区或馈线", "Area"), Placeholder: lang.T("台区或馈线", "Area"), Value: q.area}
	t.Exports = ui.Exports("/api/grid/suspects", t.Query)
	out.Body = []ui.Block{ui.Notice{ID: "no-verdict", Kind: "info", Text: noVerdict}, t}
	return out, nil
}

// address of a meter; its key where it has left the archive.
func (p *Part) address(num int64) string {
	if m, ok := p.o.Book.ByNum(num); ok {
		return m.Address
	}
	return strconv.FormatInt(num, 10)
}

func (p *Part) suspectTable(found []Suspect, total int64, id string) ui.Table {
	t := ui.Table{ID: id, Title: lang.T("建议检查的电表", "Meters to inspect"), Total: total, Columns: []ui.Column{{Key: "meter", Text: lang.T("电能表", "Meter")}, {Key: "score", Text: lang.T("线索分", "Score"), Num: true}, {Key: "area", Text: lang.T("台区 / 馈线", "Area")}, {Key: "district", Text: lang.T("区", "District")},
		{Key: "since", Text: lang.T("变化自", "Since"), Num: true}, {Key: "clues", Text: lang.T("线索（分）", "Clues (points)")}}, Empty: lang.T("没有达到下限的线索。", "No clues reach the limit.")}
	for _, s := range found {
		var zh, en []string
		for _, c := range s.Clues {
			zh, en = append(zh, fmt.Sprintf("%s %d", clueNames[c.Kind].Zh, c.Points)), append(en, fmt.Sprintf("%s %d", clueNames[c.Kind].En, c.Points))
		}
		t.Rows = append(t.Rows, ui.Row{ID: id + "-" + s.Area + "-" + p.address(s.Meter), Cells: []ui.Cell{{Text: lang.Same(p.address(s.Meter)), Href: pathSuspects + "/" + p.address(s.Meter), Strong: true}, {Text: lang.Same(strconv.FormatInt(s.Score, 10))},
			{Text: lang.Same(s.Area), Href: pathLosses + "/" + s.Area}, {Text: book.DistrictName(s.District)}, {Text: since(s)}, {Text: lang.T(strings.Join(zh, "、"), strings.Join(en, ", "))}}})
	}
	return t
}

func since(s Suspect) lang.Text {
	if s.Since == 0 {
		return lang.Same(ui.None)
	}
	return lang.Same(s.Since.String())
}

// pageSuspect is one meter with what speaks for a look, and what was found.
func (p *Part) pageSuspect(r *web.Request) (*ui.Page, error) { return p.suspect(r, lang.Text{}) }

func (p *Part) suspect(r *web.Request, wrong lang.Text) (*ui.Page, error) {
	address := r.Path("address")
	_, m, ok := p.o.Book.Find(address)
	if !ok {
		return nil, errs.Say(errs.NotFound, "档案中没有电表 %s", "the archive has no meter %s", address)
	}
	found, err := suspects(r.Context(), p.o.DB, qSuspectsOf, m.Num)
	if err != nil {
		return nil, err
	}
	recorded, err := findings(r.Context(), p.o.DB, m.Num)
	if err != nil {
		return nil, err
	}
	title := lang.T("电能表 "+address+" 的线索", "Clues at meter "+address)
	out := p.page(title, ui.Link{Text: lang.T("用电异常线索", "Meters worth a look"), Href: pathSuspects}, ui.Link{Text: lang.Same(address), Href: pathSuspects + "/" + address})
	out.Actions = []ui.Action{{Text: lang.T("电表详情", "The meter's page"), Href: "/grid/meters/" + address}}
	out.Body = []ui.Block{ui.Notice{ID: "no-verdict", Kind: "info", Text: noVerdict}}
	if len(found) == 0 {
		out.Body = append(out.Body, ui.Notice{ID: "no-clues", Kind: "good", Text: lang.T("目前没有针对此表的线索。", "There are no clues at this meter now.")})
	}
	for _, s := range found {
		chart, err := p.suspectChart(r, s)
		if err != nil {
			return nil, err
		}
		out.Body = append(out.Body, clueTable(s), chart)
	}
	history := ui.Timeline{ID: "findings", Title: lang.T("检查记录", "Inspections"), Empty: lang.T("还没有检查记录。", "No inspection was recorded.")}
	for _, f := range recorded {
		text := resultText(f.Result)
		history.Items = append(history.Items, ui.Event{At: f.At, Who: p.o.People.ActorName(r.Context(), f.Who), What: lang.T(text.Zh+"。"+f.Note, text.En+". "+f.Note)})
	}
	out.Body = append(out.Body, ui.Columns{Wide: -1, Cols: [][]ui.Block{{findingForm(address, r, wrong)}, {history}}})
	return out, nil
}

func clueTable(s Suspect) ui.Table {
	t := ui.Table{ID: "clues-" + s.Area, Title: lang.T(fmt.Sprintf("线索，共 %d 分（%s）", s.Score, s.Area), fmt.Sprintf("Clues, %d points (%s)", s.Score, s.Area)), Total: int64(len(s.Clues)), Note: lang.T("数据至 "+s.Day.String(), "Data up to "+s.Day.String()),
		Columns: []ui.Column{{Key: "clue", Text: lang.T("线索", "Clue")}, {Key: "points", Text: lang.T("分", "Points"), Num: true}, {Key: "what", Text: lang.T("依据", "What it rests on")}, {Key: "look", Text: lang.T("现场检查内容", "What to look at")}}}
	for _, c := range s.Clues {
		t.Rows = append(t.Rows, ui.Row{ID: "c-" + s.Area + "-" + string(c.Kind), Cells: []ui.Cell{{Text: clueNames[c.Kind], Strong: true}, {Text: lang.Same(strconv.Itoa(c.Points))}, {Text: clueText(c)}, {Text: advice(c)}}})
	}
	return t
}

// suspectChart is the meter's days against the area's loss.
func (p *Part) suspectChart(r *web.Request, s Suspect) (ui.Chart, error) {
	rows, err := bodies(r.Context(), p.o.DB, s.Area, s.Day-historyDays)
	if err != nil {
		return ui.Chart{}, err
	}
	first := s.Day - historyDays + 1
	mine, lost := blank(historyDays), blank(historyDays)
	for _, a := range rows {
		i := int(a.Day - first)
		if i < 0 || i >= historyDays {
			continue
		}
		day, err := unpack(a.body)
		if err != nil {
			return ui.Chart{}, errs.Wrap("read a day of area "+s.Area, err)
		}
		if k := slices.IndexFunc(day, func(u use) bool { return u.meter == s.Meter }); k >= 0 && day[k].energy != unknown {
			mine[i] = kwh(day[k].energy)
		}
		if a.Parts == book.SlotsPerDay {
			lost[i] = kwh(a.Lost())
		}
	}
	c := ui.Chart{ID: "curve-" + s.Area, Title: lang.T("此表日用电与台区日损失", "The meter's days and the area's loss"), Unit: lang.T("千瓦时", "kWh"), From: first.Date(), Step: 24 * time.Hour, Lines: []ui.Line{{Name: lang.T("此表用电", "This meter"), Style: "now", Points: mine}, {Name: lang.T("台区损失", "The area's loss"), Style: "past", Points: lost}}}
	if s.Since != 0 {
		c.Marks = []ui.Mark{{At: s.Since.Date(), Text: lang.T("变化自此", "changed here")}}
	}
	return c, nil
}

func findingForm(address string, r *web.Request, wrong lang.Text) ui.Form {
	options := []ui.Option{{Value: "", Text: lang.T("请选择", "Choose")}}
	for _, x := range Results {
		options = append(options, ui.Option{Value: x.Name, Text: x.Text})
	}
	return ui.Form{ID: "finding", Title: lang.T("登记检查结果", "Record an inspection"), Action: pathSuspects + "/" + address + "/finding", Submit: lang.T("登记", "Record"), Error: wrong, Fields: []ui.Field{
		{Name: "result", Kind: "select", Label: lang.T("检查结果", "What was found"), Value: r.Form("result"), Options: options, Required: true},
		{Name: "note", Kind: "textarea", Label: lang.T("现场情况", "What was seen on site"), Value: r.Form("note"), Required: true}}}
}

// formFinding takes what an inspector found.
func (p *Part) formFinding(r *web.Request) (*ui.Page, string, error) {
	address := r.Path("address")
	err := p.Record(r.Context(), r.Who, address, r.Form("result"), strings.TrimSpace(r.Form("note")))
	if msg, ok := errs.MsgOf(err); ok && errs.Is(err, errs.Invalid) {
		page, err := p.suspect(r, msg)
		return page, "", err
	}
	return nil, pathSuspects + "/" + address, err
}

// suspectJSON is a meter with its clues as the interface gives it.
type suspectJSON struct {
	Meter    string     `json:"meter"`
	Area     string     `json:"area"`
	District string     `json:"district"`
	Score    int64      `json:"score"`
	Since    string     `json:"since,omitempty"`
	Clues    []clueJSON `json:"clues"`
}

type clueJSON struct {
	Kind   string    `json:"kind"`
	Points int       `json:"points"`
	Text   lang.Text `json:"text"`
}

func (p *Part) json(s Suspect) suspectJSON {
	out := suspectJSON{Meter: p.address(s.Meter), Area: s.Area, District: s.District, Score: s.Score, Clues: []clueJSON{}}
	if s.Since != 0 {
		out.Since = s.Since.String()
	}
	for _, c := range s.Clues {
		out.Clues = append(out.Clues, clueJSON{string(c.Kind), c.Points, clueText(c)})
	}
	return out
}

func (p *Part) apiSuspects(r *web.Request) (any, error) {
	q, err := p.askSuspects(r)
	if err != nil {
		return nil, err
	}
	page, next, err := q.page()
	if err != nil {
		return nil, err
	}
	out := struct {
		Total  int           `json:"total"`
		Meters []suspectJSON `json:"meters"`
		Next   string        `json:"next,omitempty"`
	}{len(q.found), []suspectJSON{}, next}
	for _, s := range page {
		out.Meters = append(out.Meters, p.json(s))
	}
	return out, nil
}

var suspectSheet = []sheet.Column{sheet.Text("meter", "电表号 / meter"), sheet.Text("area", "台区或馈线 / area"), sheet.Text("district", "区划代码 / district code"), sheet.Whole("score", "", "线索分 / score"), sheet.Text("since", "变化自 / changed since"), sheet.Text("clues", "线索 / clues")}

// apiSuspectsSheet is the same as a table.
func (p *Part) apiSuspectsSheet(r *web.Request) (any, error) {
	q, err := p.askSuspects(r)
	if err != nil {
		return nil, err
	}
	f := sheet.Of(r.HTTP.URL.Path, r.Query("bom") == "1")
	return web.Reply{Type: f.Type(), Name: f.File("suspects"), Body: func(w io.Writer) error {
		return f.Write(w, suspectSheet, func(out *sheet.Rows) error {
			for _, s := range q.found {
				x := p.json(s)
				var clues []string
				for _, c := range x.Clues {
					clues = append(clues, fmt.Sprintf("%s %d: %s", c.Kind, c.Points, c.Text.Zh))
				}
				out.Add(x.Meter, x.Area, x.District, x.Score, x.Since, strings.Join(clues, "; "))
			}
			return out.Flush()
		})
	}}, nil
}

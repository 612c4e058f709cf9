package pages

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/safety/live"
	"github.com/haihe-city/haihe/systems/safety/register"
	"github.com/haihe-city/haihe/systems/safety/register/file"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
	"github.com/haihe-city/haihe/web/ui"
)

// plantJSON is a plant as the interface gives it: no password, no contacts.
type plantJSON struct {
	Code      string     `json:"code"`
	URI       string     `json:"uri"`
	Name      string     `json:"name"`
	Kind      string     `json:"kind"`
	District  string     `json:"district"`
	State     string     `json:"state"`
	Feed      string     `json:"feed"`
	Lon       float64    `json:"lon,omitempty"`
	Lat       float64    `json:"lat,omitempty"`
	Keys      int        `json:"keyPoints"`
	Heard     int        `json:"keyPointsReporting"`
	Monitored bool       `json:"monitored"`
	Newest    *time.Time `json:"newest,omitempty"`
	Alarms    int        `json:"alarms"`
	Priority  int        `json:"gravestPriority,omitempty"`
	R         float64    `json:"hazardValue,omitempty"`
	Class     int        `json:"hazardClass,omitempty"`
}

func (p *Part) asJSON(s *live.Standing) plantJSON {
	h := p.worstOf(s.Site)
	out := plantJSON{Code: s.Code, URI: s.URI, Name: s.Name, Kind: string(s.Kind), District: s.District, State: string(s.State), Feed: string(s.Feed), Lon: s.Lon, Lat: s.Lat, Keys: s.Keys, Heard: s.Heard, Monitored: s.Monitored, Alarms: s.Open, Priority: int(s.Grave), R: h.R, Class: int(h.Level)}
	if !s.Newest.IsZero() {
		t := s.Newest.UTC()
		out.Newest = &t
	}
	return out
}

// mostJSON is how many plants one answer gives.
const mostJSON = 1000

// apiPlants lists plants as the console's list does.
func (p *Part) apiPlants(r *web.Request) (any, error) {
	sel, err := p.choose(r)
	if err != nil {
		return nil, err
	}
	list := p.list(sel)
	out := struct {
		Total int         `json:"total"`
		Next  string      `json:"next,omitempty"`
		Items []plantJSON `json:"items"`
	}{Total: len(list), Items: []plantJSON{}}
	end := min(len(list), sel.From+mostJSON)
	for i := sel.From; i < end; i++ {
		out.Items = append(out.Items, p.asJSON(&list[i]))
	}
	if end < len(list) {
		out.Next = strconv.Itoa(end)
	}
	return out, nil
}

// apiPlantsSheet is the same as a sheet, whole.
func (p *Part) apiPlantsSheet(r *web.Request) (any, error) {
	sel, err := p.choose(r)
	if err != nil {
		return nil, err
	}
	list, spread := p.list(sel), r.Query("bom") == "1"
	return web.Reply{Type: sheet.Type, Name: "plants.csv", Body: func(w io.Writer) error {
		out := sheet.New(w, spread)
		_ = out.Write("plant", "name", "kind", "district", "state", "feed", "key_points", "reporting", "monitored", "newest", "alarms", "priority", "hazard_value", "hazard_class", "missing") // errors are kept for Flush
		for i := range list {
			s := &list[i]
			x, newest, missing := p.asJSON(s), "", ""
			if x.Newest != nil {
				newest = x.Newest.Format(time.RFC3339)
			}
			if !s.Monitored {
				missing = p.missing(s).In(r.Lang)
			}
			_ = out.Write(x.Code, x.Name, x.Kind, x.District, x.State, x.Feed, strconv.Itoa(x.Keys), strconv.Itoa(x.Heard), strconv.FormatBool(x.Monitored), newest, strconv.Itoa(x.Alarms), strconv.Itoa(x.Priority), short(x.R), strconv.Itoa(x.Class), missing)
		}
		return out.Flush()
	}}, nil
}

// pointJSON is a point with what is known of it.
type pointJSON struct {
	Name    string     `json:"name"`
	URI     string     `json:"uri"`
	Kind    string     `json:"kind"`
	UCUM    string     `json:"ucum,omitempty"`
	Key     bool       `json:"key,omitempty"`
	Value   *float64   `json:"value,omitempty"`
	At      *time.Time `json:"at,omitempty"`
	Quality string     `json:"quality,omitempty"`
	Silent  bool       `json:"silent,omitempty"`
	Beyond  string     `json:"beyond,omitempty"`
}

var qualities = map[rule.Quality]string{rule.Good: "good", rule.Uncertain: "uncertain", rule.Faulty: "bad"}

// apiPlant gives one plant with its points and the hazard values of its units.
func (p *Part) apiPlant(r *web.Request) (any, error) {
	site, err := p.site(r)
	if err != nil {
		return nil, err
	}
	s, ok := p.o.Desk.Last(drawnFor).Plant(site.Code)
	if !ok {
		s = live.Standing{Site: site}
	}
	type unitJSON struct {
		Code  string  `json:"code"`
		Name  string  `json:"name"`
		S     float64 `json:"s"`
		R     float64 `json:"r"`
		Class int     `json:"class"`
		Whole bool    `json:"complete"`
		Stale bool    `json:"stale"`
	}
	out := struct {
		plantJSON
		Points []pointJSON `json:"points"`
		Units  []unitJSON  `json:"units"`
	}{plantJSON: p.asJSON(&s), Points: []pointJSON{}, Units: []unitJSON{}}
	for _, x := range p.o.Desk.Points(site) {
		j := pointJSON{Name: x.Name, URI: x.URI, Kind: string(x.Kind), UCUM: x.UCUM, Key: x.Key, Silent: x.Silent}
		if x.Heard {
			at := time.UnixMicro(x.Reading.At).UTC()
			j.At, j.Quality, j.Beyond = &at, qualities[x.Reading.Quality], beyond(x.Limits, x.Reading.Value)
			if v := x.Reading.Value; !math.IsNaN(v) {
				j.Value = &v
			}
		}
		out.Points = append(out.Points, j)
	}
	for _, u := range site.Units {
		v := p.value(site, u)
		out.Units = append(out.Units, unitJSON{u.Code, u.Name, v.S, v.R, int(v.Level), v.Whole, v.Stale})
	}
	return out, nil
}

// apiReadings gives a point's readings of a span as they came.
func (p *Part) apiReadings(r *web.Request) (any, error) {
	site, err := p.site(r)
	if err != nil {
		return nil, err
	}
	x, err := p.seen(r, site)
	if err != nil {
		return nil, err
	}
	to := p.o.Clock.Now()
	list, err := p.o.Readings.Range(r.Context(), x.Num, to.Add(-spanOf(r).span).UnixMicro(), to.UnixMicro()+1)
	if err != nil {
		return nil, err
	}
	spread := r.Query("bom") == "1"
	return web.Reply{Type: sheet.Type, Name: site.Code + "-" + x.Name + ".csv", Body: func(w io.Writer) error {
		out := sheet.New(w, spread)
		_ = out.Write("at", "value", "quality") // errors are kept for Flush
		for _, s := range list {
			y := live.ReadingOf(s, p.o.Decimals)
			value := ""
			if !math.IsNaN(y.Value) {
				value = strconv.FormatFloat(y.Value, 'f', -1, 64)
			}
			_ = out.Write(time.UnixMicro(s.At).UTC().Format(time.RFC3339Nano), value, qualities[y.Quality])
		}
		return out.Flush()
	}}, nil
}

// apiRegister gives the register as the file that is imported: plants.csv, units.csv, substances.csv or points.csv; plant= gives one plant's.
func (p *Part) apiRegister(r *web.Request) (any, error) {
	kind, ok := strings.CutSuffix(r.Path("kind"), ".csv")
	if !ok || !file.Known(kind) {
		return nil, errs.Say(errs.NotFound, "没有此导出：%[1]s", "there is no such export: %[1]s", r.Path("kind"))
	}
	sites := p.o.Register.Sites(register.Filter{District: p.scope(r.Who)})
	if code := r.Query("plant"); code != "" {
		s, ok := p.o.Register.Site(code)
		if d := p.scope(r.Who); !ok || d != "" && d != s.District {
			return nil, errs.Say(errs.NotFound, "没有企业 %[1]s", "there is no plant %[1]s", code)
		}
		sites = []*register.Site{s}
	}
	spread := r.Query("bom") == "1"
	return web.Reply{Type: sheet.Type, Name: kind + ".csv", Body: func(w io.Writer) error { return file.Write(w, kind, sites, spread) }}, nil
}

// pageData is where the register comes from and goes to.
func (p *Part) pageData(r *web.Request) (*ui.Page, error) {
	plants, units, points := p.o.Register.Size()
	out := Page(lang.T("台账与接口", "Register and interface"), "/safety/data", ui.Link{Text: lang.T("台账与接口", "Register & API"), Href: "/safety/data"})
	out.Lead = lang.T(fmt.Sprintf("台账有企业 %d 家、危险源单元 %d 个、监测点 %d 个。", plants, units, points), fmt.Sprintf("The register holds %d plants, %d hazard units and %d points.", plants, units, points))
	t := ui.Table{ID: "files", Title: lang.T("文件", "Files"), Total: -1, Path: "/safety/data", Note: lang.T("依次导入：企业、单元、危险化学品、监测点。有一行不合规则整份不写入。", "Import in this order: plants, units, substances, points. One wrong line, and nothing is written."), Columns: []ui.Column{{Text: lang.T("种类", "Kind")}, {Text: lang.T("导出", "Export")}}}
	forms := ui.Columns{Wide: -1, Cols: make([][]ui.Block, 2)} // in the order of the import: across, then down
	for i, im := range file.Imports() {
		t.Rows = append(t.Rows, ui.Row{ID: "f-" + im.Name, Cells: []ui.Cell{{Text: im.Title, Strong: true}, {Text: lang.Same(im.Name + ".csv"), Href: "/api/safety/register/" + im.Name + ".csv?bom=1"}}})
		if r.Who.Can(im.Grant) {
			forms.Cols[i%2] = append(forms.Cols[i%2], ui.Form{ID: "import-" + im.Name, Title: lang.T("导入："+im.Title.Zh, "Import: "+im.Title.En), Action: "/safety/import/" + im.Name, Submit: lang.T("上传", "Upload"), Fields: []ui.Field{
				{Name: "file", Kind: "file", Label: lang.T("文件（CSV）", "File (CSV)"), Required: true}, {Name: "dry", Kind: "checkbox", Label: lang.T("只试导入，不写入", "Try only, change nothing"), Value: "1"}}})
		}
	}
	api := ui.Table{ID: "api", Title: lang.T("接口", "Interface"), Total: -1, Path: "/safety/data", Columns: []ui.Column{{Text: lang.T("路径", "Path")}, {Text: lang.T("内容", "What it gives")}}}
	for i, x := range []struct {
		path string
		text lang.Text
	}{{"GET /api/safety/plants", lang.T("企业及其状态", "plants and how they stand")}, {"GET /api/safety/plants/{plant}", lang.T("一家企业的测点和危险源", "a plant's points and hazard values")}, {"GET /api/safety/plants/{plant}/points/{point}/readings.csv", lang.T("一个测点的读数", "a point's readings")}, {"GET /api/safety/register/{kind}", lang.T("台账文件", "the register as files")}} {
		api.Rows = append(api.Rows, ui.Row{ID: "api-" + strconv.Itoa(i), Cells: []ui.Cell{{Text: lang.Same(x.path), Strong: true}, {Text: x.text}}})
	}
	out.Body = []ui.Block{t}
	if len(forms.Cols[0]) > 0 {
		out.Body = append(out.Body, forms)
	}
	out.Body = append(out.Body, api)
	return out, nil
}

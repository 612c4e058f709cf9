package incident

import (
	"encoding/json"
	"io"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/emergency/page"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
	"github.com/haihe-city/haihe/web/ui"
)

// incidentJSON is an incident as the interface gives it; it holds nothing personal.
type incidentJSON struct {
	ID       string     `json:"id"`
	Number   string     `json:"number"`
	Title    string     `json:"title"`
	Class    string     `json:"class"`
	Stage    string     `json:"stage"`
	Level    int        `json:"level"`
	Drill    bool       `json:"drill"`
	Unit     string     `json:"unit"`
	Where    Where      `json:"where"`
	Harm     Harm       `json:"harm"`
	Merged   string     `json:"mergedInto,omitempty"`
	Version  int64      `json:"version"`
	Occurred time.Time  `json:"occurred"`
	Opened   time.Time  `json:"opened"`
	Due      time.Time  `json:"due,omitzero"`
	WriteBy  time.Time  `json:"writeBy"`
	Late     bool       `json:"late"`
	Lines    []lineJSON `json:"timeline,omitempty"`
}

type lineJSON struct {
	Seq    int64             `json:"seq"`
	At     time.Time         `json:"at"`
	Actor  string            `json:"actor"`
	Verb   string            `json:"verb"`
	Text   string            `json:"text,omitempty"`
	Fields map[string]string `json:"fields,omitempty"`
	Hash   string            `json:"hash"`
}

func (x Whole) json(now time.Time) incidentJSON {
	return incidentJSON{ID: x.ID, Number: x.Case.Number, Title: x.Case.Title, Class: x.Class, Stage: x.Case.Stage, Level: x.Case.Level, Drill: x.Drill, Unit: x.Case.Unit, Where: x.Where, Harm: x.Harm, Merged: x.Merged, Version: x.Case.Version,
		Occurred: x.Occurred, Opened: x.Opened, Due: x.Case.Due, WriteBy: WriteBy(x.Opened, x.Case.Level), Late: x.Case.Late || x.writeLate(now)}
}

func lines(list []casework.Line) (out []lineJSON) {
	for _, l := range list {
		out = append(out, lineJSON{l.Seq, l.At, l.Actor, l.Verb, l.Text, l.Fields, l.Hash})
	}
	return out
}

// span reads from and to (dates, both within) of a query; the last 30 days where neither is given.
func (p *Part) span(r *web.Request) (from, to time.Time, err error) {
	from, to = p.o.Clock.Now().AddDate(0, 0, -30), p.o.Clock.Now().Add(time.Minute)
	for name, at := range map[string]*time.Time{"from": &from, "to": &to} {
		if s := r.Query(name); s != "" {
			if *at, err = time.ParseInLocation(time.DateOnly, s, ui.Zone()); err != nil {
				return from, to, errs.Say(errs.Invalid, "日期应形如 2015-11-20", "a date is written as 2015-11-20")
			}
			if name == "to" {
				*at = at.AddDate(0, 0, 1)
			}
		}
	}
	return from, to, nil
}

func (p *Part) listed(r *web.Request) ([]Whole, error) {
	if r.Query("open") == "1" {
		return p.Open(r.Context(), r.Who)
	}
	from, to, err := p.span(r)
	if err != nil {
		return nil, err
	}
	return p.Between(r.Context(), r.Who, from, to)
}

func (p *Part) apiList(r *web.Request) (any, error) {
	list, err := p.listed(r)
	if err != nil {
		return nil, err
	}
	out := []incidentJSON{}
	for _, x := range list {
		out = append(out, x.json(r.Now))
	}
	return map[string]any{"incidents": out}, nil
}

func (p *Part) apiOne(r *web.Request) (any, error) {
	x, err := p.Get(r.Context(), r.Who, r.Path("id"))
	if err != nil {
		return nil, err
	}
	list, err := p.o.Cases.Timeline(r.Context(), r.Who, x.ID)
	out := x.json(r.Now)
	out.Lines = lines(list)
	return out, err
}

func (p *Part) apiCSV(r *web.Request) (any, error) {
	list, err := p.listed(r)
	if err != nil {
		return nil, err
	}
	return web.Reply{Type: sheet.Type, Name: "incidents.csv", Body: func(w io.Writer) error {
		out := sheet.New(w, r.Query("bom") == "1")
		_ = out.Write("number", "title", "class", "stage", "level", "drill", "district", "place", "dead", "missing", "trapped", "serious", "injured", "occurred", "opened", "verified", "dispatched", "controlled", "closed", "written") // errors are kept for Flush
		for _, x := range list {
			row := []string{x.Case.Number, x.Case.Title, x.Class, x.Case.Stage, strconv.Itoa(x.Case.Level), strconv.FormatBool(x.Drill), x.District, x.Place}
			for _, n := range harmOf(x.Harm) {
				row = append(row, strconv.FormatInt(n, 10))
			}
			for _, t := range []time.Time{x.Occurred, x.Opened, x.Verified, x.Dispatched, x.Controlled, x.Closed, x.Written} {
				row = append(row, stamp(t))
			}
			_ = out.Write(row...)
		}
		return out.Flush()
	}}, nil
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(ui.Zone()).Format(time.RFC3339)
}

// reportJSON is a report as a call centre or another system sends it.
type reportJSON struct {
	Class     string    `json:"class"`
	Substance string    `json:"substance"`
	Where     Where     `json:"where"`
	Harm      Harm      `json:"harm"`
	Occurred  time.Time `json:"occurred"`
	Drill     bool      `json:"drill"`
	Personal  Personal  `json:"reporter"`
	Source    string    `json:"source"` // call or system
	Join      string    `json:"join"`
	Apart     bool      `json:"apart"`
}

// apiTake takes a report in. 201 with the incident; 409 with those that it may be about, to be sent again with join or apart.
func (p *Part) apiTake(r *web.Request) (any, error) {
	var in reportJSON
	dec := json.NewDecoder(r.HTTP.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return nil, errs.Because(err, errs.Invalid, "请求正文不是约定的 JSON", "the body is not the JSON that is agreed upon")
	}
	if in.Source != ByCall {
		in.Source = BySystem
	}
	if err := p.plant(r.Context(), &in.Where); err != nil {
		return nil, err
	}
	out, err := p.Take(r.Context(), r.Who, Intake{Tell: Tell{Class: in.Class, Substance: in.Substance, Where: in.Where, Harm: in.Harm, Occurred: in.Occurred, Drill: in.Drill}, Personal: in.Personal, Source: in.Source, Join: in.Join, Apart: in.Apart})
	if err != nil {
		return nil, err
	}
	if len(out.Near) > 0 {
		type nearJSON struct {
			ID     string  `json:"id"`
			Class  string  `json:"class"`
			Place  string  `json:"place"`
			Km     float64 `json:"km"`
			Same   bool    `json:"same"`
			Second int64   `json:"secondsApart"`
		}
		near := []nearJSON{}
		for _, n := range out.Near {
			near = append(near, nearJSON{n.ID, n.Class, n.Place, n.Km, n.Same, int64(n.Since.Seconds())})
		}
		return web.Reply{Status: 409, Body: map[string]any{"near": near}}, nil
	}
	return web.Reply{Status: 201, Body: map[string]any{"incident": out.Incident, "receipt": out.Receipt}}, nil
}

// pagePast lists incidents by when they were opened, drills apart.
func (p *Part) pagePast(r *web.Request) (*ui.Page, error) {
	list, err := p.listed(r)
	if err != nil {
		return nil, err
	}
	real, drills := split(list)
	title := lang.T("历史事件", "Past incidents")
	out := page.Of(title, page.Incidents, ui.Link{Text: title})
	t := table("past", title, real, r.Now)
	t.Path, t.Query = pathPast, map[string]string{"from": r.Query("from"), "to": r.Query("to")}
	t.Filters = []ui.Field{{Name: "from", Kind: "date", Label: lang.T("自", "From"), Value: r.Query("from")}, {Name: "to", Kind: "date", Label: lang.T("至", "To"), Value: r.Query("to")}}
	t.Exports = []ui.Link{{Text: lang.T("导出 CSV", "CSV"), Href: "/api/emergency/incidents.csv?bom=1&from=" + r.Query("from") + "&to=" + r.Query("to")}}
	out.Body = []ui.Block{t, table("past-drills", lang.T("演练", "Drills"), drills, r.Now)}
	return out, nil
}

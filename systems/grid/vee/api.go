package vee

import (
	"io"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/vee/rule"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
)

// findingJSON is a finding as the interface gives it. Figures are what the text rests on, in its order.
type findingJSON struct {
	Meter    string        `json:"meter"`
	District string        `json:"district"`
	Rule     rule.Rule     `json:"rule"`
	Severity rule.Severity `json:"severity"`
	Slots    []int         `json:"slots"` // empty: the day as a whole
	Figures  [3]int64      `json:"figures"`
	Text     lang.Text     `json:"text"`
}

func (p *Part) asJSON(f found) findingJSON {
	m, _ := p.o.Book.ByNum(f.key)
	out := findingJSON{Meter: m.Address, District: m.District, Rule: f.Rule, Severity: f.Severity, Slots: []int{}, Figures: [3]int64{f.A, f.B, f.C}, Text: f.Text()}
	for i := range rule.Slots {
		if f.Slots.Has(i) {
			out.Slots = append(out.Slots, i)
		}
	}
	return out
}

// apiFindings lists the findings of a day.
func (p *Part) apiFindings(r *web.Request) (any, error) {
	q, err := p.readQuery(r)
	if err != nil {
		return nil, err
	}
	q.limit = apiSize + 1
	list, total, err := findings(r.Context(), p.o.DB, q)
	if err != nil {
		return nil, err
	}
	out := struct {
		Day      string        `json:"day"`
		Total    int64         `json:"total"`
		Findings []findingJSON `json:"findings"`
		Next     string        `json:"next,omitempty"`
	}{Day: q.day.String(), Total: total, Findings: []findingJSON{}}
	for i, f := range list {
		if i == apiSize {
			out.Next = list[i-1].place()
			break
		}
		out.Findings = append(out.Findings, p.asJSON(f))
	}
	return out, nil
}

var findingSheet = []sheet.Column{sheet.Text("day", "数据日 / day"), sheet.Text("meter", "电表号 / meter"), sheet.Text("district", "区划代码 / district code"), sheet.Text("rule", "规则 / rule"), sheet.Whole("severity", "", "严重程度 / severity"), sheet.Text("slots", "时段 / slots"),
	sheet.Whole("figure_a", "", ""), sheet.Whole("figure_b", "", ""), sheet.Whole("figure_c", "", ""), sheet.Text("text_zh", "说明"), sheet.Text("text_en", "what was found")}

// apiFindingsSheet streams every finding that the filters take.
func (p *Part) apiFindingsSheet(r *web.Request) (any, error) {
	q, err := p.readQuery(r)
	if err != nil {
		return nil, err
	}
	if q.after, err = parsePlace(""); err != nil {
		return nil, err
	}
	q.limit, q.worst = 5000, false
	f := sheet.Of(r.HTTP.URL.Path, r.Query("bom") == "1")
	return web.Reply{Type: f.Type(), Name: f.File("findings-" + q.day.String()), Body: web.Stream(func(w io.Writer, flush func()) error {
		return f.Write(w, findingSheet, func(out *sheet.Rows) error {
			for {
				list, _, err := findings(r.Context(), p.o.DB, q)
				if err != nil {
					return err
				}
				for _, f := range list {
					m, _ := p.o.Book.ByNum(f.key)
					t := f.Text()
					out.Add(q.day.String(), m.Address, m.District, string(f.Rule), int64(f.Severity), slotsText(f.Slots).En, f.A, f.B, f.C, t.Zh, t.En)
					q.after = place{f.Severity, f.key, f.Rule}
				}
				err = out.Flush()
				flush()
				if err != nil || len(list) < q.limit {
					return err
				}
			}
		})
	})}, nil
}

// apiPasses lists the newest passes and how far they are.
func (p *Part) apiPasses(r *web.Request) (any, error) {
	list, err := passes(r.Context(), p.o.DB, qPassList, 100)
	if err != nil {
		return nil, err
	}
	type row struct {
		Day string `json:"day"`
		Pass
	}
	out := struct {
		Passes []row `json:"passes"`
	}{[]row{}}
	for _, x := range list {
		out.Passes = append(out.Passes, row{x.Day.String(), x})
	}
	return out, nil
}

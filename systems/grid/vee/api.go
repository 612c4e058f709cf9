package vee

import (
	"io"
	"strconv"

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

// apiFindingsCSV streams every finding that the filters take.
func (p *Part) apiFindingsCSV(r *web.Request) (any, error) {
	q, err := p.readQuery(r)
	if err != nil {
		return nil, err
	}
	if q.after, err = parsePlace(""); err != nil {
		return nil, err
	}
	q.limit, q.worst = 5000, false
	spread := r.Query("bom") == "1"
	return web.Reply{Type: sheet.Type, Name: "findings-" + q.day.String() + ".csv", Body: web.Stream(func(w io.Writer, flush func()) error {
		out := sheet.New(w, spread)
		_ = out.Write("day", "meter", "district", "rule", "severity", "slots", "figure_a", "figure_b", "figure_c", "text_zh", "text_en") // errors are kept for Flush
		for {
			list, _, err := findings(r.Context(), p.o.DB, q)
			if err != nil {
				return err
			}
			for _, f := range list {
				m, _ := p.o.Book.ByNum(f.key)
				t := f.Text()
				_ = out.Write(q.day.String(), m.Address, m.District, string(f.Rule), strconv.Itoa(int(f.Severity)), slotsText(f.Slots).En, strconv.FormatInt(f.A, 10), strconv.FormatInt(f.B, 10), strconv.FormatInt(f.C, 10), t.Zh, t.En)
				q.after = place{f.Severity, f.key, f.Rule}
			}
			err = out.Flush()
			flush()
			if err != nil || len(list) < q.limit {
				return err
			}
		}
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

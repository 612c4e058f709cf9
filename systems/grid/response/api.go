package response

import (
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/response/baseline"
	"github.com/haihe-city/haihe/systems/grid/response/record"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(book.China).Format(time.RFC3339)
}

// table answers a CSV file.
func table(r *web.Request, name string, write func(out *sheet.Writer) error) (any, error) {
	forSheet := r.Query("bom") == "1"
	return web.Reply{Type: sheet.Type, Name: name, Body: func(w io.Writer) error {
		out := sheet.New(w, forSheet)
		if err := write(out); err != nil {
			return err
		}
		return out.Flush()
	}}, nil
}

// apiParticipantsCSV is the list of participants in the form in which it can be imported.
func (p *Part) apiParticipantsCSV(r *web.Request) (any, error) {
	meters := map[string][]int64{}
	all, err := record.Read(r.Context(), p.o.DB, func(tx *store.Tx) ([]Participant, error) {
		all, err := record.Participants(tx, record.QParticipants, "", "", "", 1_000_000)
		for _, x := range all {
			if meters[x.Code], err = record.Numbers(tx, record.QMeters, x.Code); err != nil {
				return nil, err
			}
		}
		return all, err
	})
	if err != nil {
		return nil, err
	}
	return table(r, "participants.csv", func(out *sheet.Writer) error {
		_ = out.Write(append(append([]string{}, record.Columns...), "state")...) // errors are kept for Flush
		for _, x := range all {
			var addresses []string
			for _, n := range meters[x.Code] {
				m, _ := p.o.Book.ByNum(n)
				addresses = append(addresses, m.Address)
			}
			_ = out.Write(x.Code, x.Name, x.Kind, x.Programme, itoa(x.Capacity), itoa(x.Notice), itoa(x.Events), itoa(x.Hours), itoa(x.Price), strings.Join(addresses, " "), x.State)
		}
		return nil
	})
}

// apiEvents answers a page of events.
func (p *Part) apiEvents(r *web.Request) (any, error) {
	c, err := selection(r)
	if err != nil {
		return nil, err
	}
	page, total, next, err := p.events(r.Context(), c, pageSize)
	if page == nil {
		page = []Event{}
	}
	return struct {
		Items []Event `json:"items"`
		Total int64   `json:"total"`
		Next  string  `json:"next,omitempty"`
	}{page, total, next}, err
}

func (p *Part) apiEventsCSV(r *web.Request) (any, error) {
	c, err := selection(r)
	if err != nil {
		return nil, err
	}
	return table(r, "events.csv", func(out *sheet.Writer) error {
		_ = out.Write("event", "name", "programme", "begins", "ends", "districts", "feeders", "target_kw", "state", "approved", "settled")
		for {
			page, _, next, err := p.events(r.Context(), c, 1000)
			if err != nil {
				return err
			}
			for _, e := range page {
				_ = out.Write(e.ID, e.Name, e.Programme, stamp(e.Begins), stamp(e.Ends), strings.Join(e.Districts, " "), strings.Join(e.Feeders, " "), itoa(e.Target), string(e.State), stamp(e.Approved), stamp(e.Settled))
			}
			if c.after = next; next == "" {
				return nil
			}
		}
	})
}

// apiEvent answers an event with who was asked and every settlement.
func (p *Part) apiEvent(r *web.Request) (any, error) {
	x, err := p.whole(r.Context(), r.Path("id"))
	if err != nil {
		return nil, err
	}
	type callJSON struct {
		Participant string    `json:"participant"`
		KW          int64     `json:"kW"`
		Expected    int64     `json:"expectedKW"`
		Price       int64     `json:"priceFenPerKWh"`
		Told        time.Time `json:"toldAt,omitzero"`
		Seen        time.Time `json:"fetchedAt,omitzero"`
		Answered    time.Time `json:"answeredAt,omitzero"`
		Answer      string    `json:"answer,omitempty"`
	}
	out := struct {
		Event
		Calls   []callJSON `json:"participants"`
		Results []Result   `json:"settlements"`
	}{x.Event, []callJSON{}, append([]Result{}, x.results...)}
	for _, c := range x.calls {
		out.Calls = append(out.Calls, callJSON{c.Participant, c.KW, c.Expected, c.Price, c.Told, c.Seen, c.Answered, c.Answer})
	}
	return out, nil
}

// apiReportCSV is the evidence of an event: each participant's quarter hours with baseline, measured energy, reduction and what is known of the
// reading. It is counted anew when asked for.
func (p *Part) apiReportCSV(r *web.Request) (any, error) {
	x, err := p.whole(r.Context(), r.Path("id"))
	if err != nil {
		return nil, err
	}
	return table(r, "response-"+x.ID+".csv", func(out *sheet.Writer) error {
		_ = out.Write("event", "participant", "answer", "from", "baseline_kwh", "measured_kwh", "reduced_kwh", "quality", "method", "same_day_lift", "baseline_days")
		for _, c := range x.calls {
			f, err := p.find(r.Context(), x.Event, c, x.programme.Method)
			if err != nil {
				return err
			}
			var days []string
			for _, day := range f.days {
				days = append(days, day.String())
			}
			f.write(out, x, c, days)
		}
		return nil
	})
}

// write adds a participant's quarter hours to a report; errors are kept for its Flush.
func (f found) write(out *sheet.Writer, x whole, c Call, days []string) {
	d := book.DayOf(x.Begins.UnixMicro())
	text := func(v int64) string {
		if v == baseline.Unknown {
			return ""
		}
		return strconv.FormatFloat(float64(v)/unitsPerKWh, 'f', 4, 64)
	}
	for k, w := window(x.Event, d).From, window(x.Event, d); k < w.To; k++ {
		base, is, cut, quality := int64(baseline.Unknown), f.day.energy[k], int64(baseline.Unknown), "measured"
		if f.ok {
			base = f.base.Energy[k]
		}
		switch {
		case is == baseline.Unknown:
			quality = "missing"
		case f.day.guess[k]:
			quality = "estimated"
		}
		if base != baseline.Unknown && is != baseline.Unknown {
			cut = base - is
		}
		_ = out.Write(x.ID, c.Participant, c.Answer, stamp(d.Date().Add(time.Duration(k)*book.SlotLength)), text(base), text(is), text(cut), quality, string(x.programme.Method), strconv.FormatFloat(f.base.Lift, 'f', 3, 64), strings.Join(days, " "))
	}
}

// decode reads a small JSON body.
func decode(r *web.Request, into any) error {
	d := json.NewDecoder(r.HTTP.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return errs.Because(err, errs.Invalid, "请求不是合规的 JSON", "the request is no JSON of that shape")
	}
	return nil
}

// apiClaim binds the token or account that asks.
func (p *Part) apiClaim(r *web.Request) (any, error) {
	var in struct {
		Code string `json:"code"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	code, err := p.Claim(r.Context(), r.Who, in.Code)
	return map[string]string{"participant": code}, err
}

// apiAnswer takes an answer.
func (p *Part) apiAnswer(r *web.Request) (any, error) {
	var in struct {
		Participant string `json:"participant"`
		Answer      string `json:"answer"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	if err := p.Answer(r.Context(), r.Who, r.Path("id"), in.Participant, in.Answer); err != nil {
		return nil, err
	}
	return map[string]string{"event": r.Path("id"), "answer": in.Answer}, nil
}

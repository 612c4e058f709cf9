package order

import (
	"encoding/json"
	"io"
	"strconv"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
)

// apiList answers a page of the list.
func (p *Part) apiList(r *web.Request) (any, error) {
	sel, err := selection(r)
	if err != nil {
		return nil, err
	}
	if text := r.Query("limit"); text != "" {
		if sel.Limit, err = strconv.Atoi(text); err != nil || sel.Limit < 1 || sel.Limit > 1000 {
			return nil, errs.Say(errs.Invalid, "limit 应为 1 至 1000", "limit runs from 1 to 1000")
		}
	}
	page, total, next, err := p.find(r.Context(), sel)
	return struct {
		Total  int64   `json:"total"`
		Orders []Order `json:"orders"`
		Next   string  `json:"next,omitempty"`
	}{total, page, next}, err
}

// whole is an order with its steps.
type whole struct {
	Order
	Steps []Step `json:"steps"`
}

func (p *Part) whole(r *web.Request, id string) (any, error) {
	o, err := p.get(r.Context(), id)
	if err != nil {
		return nil, err
	}
	steps, err := p.steps(r.Context(), id)
	return whole{o, steps}, err
}

func (p *Part) apiOne(r *web.Request) (any, error) { return p.whole(r, r.Path("id")) }

// body reads the JSON of a request.
func body(r *web.Request, into any) error {
	d := json.NewDecoder(r.HTTP.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return errs.Say(errs.Invalid, "请求内容不是所需的 JSON：%s", "the body is not the JSON that is wanted: %s", err.Error())
	}
	if _, err := d.Token(); err != io.EOF {
		return errs.Say(errs.Invalid, "请求内容在 JSON 对象之后还有多余部分", "something stands behind the JSON object of the request")
	}
	return nil
}

// apiAsk takes orders: {"kind":"disconnect","meters":["…"],"reason":"…"}.
func (p *Part) apiAsk(r *web.Request) (any, error) {
	var in struct {
		Kind   Kind     `json:"kind"`
		Meters []string `json:"meters"`
		Reason string   `json:"reason"`
	}
	if err := body(r, &in); err != nil {
		return nil, err
	}
	list, err := p.Ask(r.Context(), r.Who, in.Kind, in.Meters, in.Reason)
	if err != nil {
		return nil, err
	}
	return map[string]any{"orders": list}, nil
}

func (p *Part) apiApprove(r *web.Request) (any, error) {
	if err := p.Approve(r.Context(), r.Who, r.Path("id")); err != nil {
		return nil, err
	}
	return p.whole(r, r.Path("id"))
}

// apiRefuse takes {"reason":"…"}.
func (p *Part) apiRefuse(r *web.Request) (any, error) {
	var in struct {
		Reason string `json:"reason"`
	}
	if err := body(r, &in); err != nil {
		return nil, err
	}
	if err := p.Refuse(r.Context(), r.Who, r.Path("id"), in.Reason); err != nil {
		return nil, err
	}
	return p.whole(r, r.Path("id"))
}

func (p *Part) apiWithdraw(r *web.Request) (any, error) {
	if err := p.Withdraw(r.Context(), r.Who, r.Path("id")); err != nil {
		return nil, err
	}
	return p.whole(r, r.Path("id"))
}

// apiClocks answers a page of the clocks that are off.
func (p *Part) apiClocks(r *web.Request) (any, error) {
	list, total, next, conf, err := p.clockList(r, 1000)
	return struct {
		Tolerance int64   `json:"toleranceSeconds"`
		Total     int64   `json:"total"`
		Clocks    []Clock `json:"clocks"`
		Next      string  `json:"next,omitempty"`
	}{conf["tolerance"], total, list, next}, err
}

// apiClocksCSV is the same as a sheet, the first hundred thousand.
func (p *Part) apiClocksCSV(r *web.Request) (any, error) {
	list, _, _, _, err := p.clockList(r, maxOpen)
	if err != nil {
		return nil, err
	}
	forSheet := r.Query("bom") == "1"
	return web.Reply{Type: sheet.Type, Name: "clocks.csv", Body: func(w io.Writer) error {
		out := sheet.New(w, forSheet)
		_ = out.Write("meter", "ahead_seconds", "at", "source") // errors are kept for Flush
		for _, c := range list {
			_ = out.Write(c.Meter, strconv.FormatInt(c.Ahead, 10), stamp(c.At), c.Source)
		}
		return out.Flush()
	}}, nil
}

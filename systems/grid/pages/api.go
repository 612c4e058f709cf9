package pages

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
)

// apiCoverage answers how much of a day has come: the city, each district.
func (s *Part) apiCoverage(r *web.Request) (any, error) {
	d, due, err := s.queryDay(r)
	if err != nil {
		return nil, err
	}
	b, err := s.o.Ledger.Day(r.Context(), d)
	if err != nil {
		return nil, err
	}
	city, by := b.Coverage(d, due)
	type row struct {
		Code string `json:"code,omitempty"`
		Zh   string `json:"zh"`
		En   string `json:"en"`
		book.Cover
		Rate float64 `json:"rate"` // percent
	}
	out := struct {
		Day       string    `json:"day"`
		Due       int       `json:"dueSlots"`
		AsOf      time.Time `json:"asOf"`
		City      row       `json:"city"`
		Districts []row     `json:"districts"`
	}{d.String(), due, s.o.Clock.Now(), row{"", "天津市", "Tianjin", city, city.Rate()}, nil}
	for i, c := range by {
		out.Districts = append(out.Districts, row{region.Districts[i].Code, region.Districts[i].Name.Zh, region.Districts[i].Name.En, c, c.Rate()})
	}
	return out, nil
}

// meterJSON is a meter as the interface gives it.
type meterJSON struct {
	Address      string        `json:"address"`
	District     string        `json:"district"`
	Feeder       string        `json:"feeder"`
	Concentrator string        `json:"concentrator"`
	Category     book.Category `json:"category"`
	Protocol     book.Protocol `json:"protocol"`
	Status       string        `json:"status"`
	Entity       string        `json:"entity"`
	Newest       time.Time     `json:"newest,omitzero"`
	Measured     int           `json:"measuredSlots"`
	Gaps         int           `json:"missingSlots"`
}

func asJSON(m book.Standing) meterJSON {
	return meterJSON{m.Address, m.District, m.Feeder, m.Concentrator, m.Category, m.Protocol, m.Status(), book.MeterID(m.Address), m.Heard, m.Slots.Measured.Count(), m.Gaps}
}

func (s *Part) apiMeters(r *web.Request) (any, error) { return s.apiList(r, "") }

// apiMissing lists exactly the meters with gaps on a day.
func (s *Part) apiMissing(r *web.Request) (any, error) { return s.apiList(r, "incomplete") }

func (s *Part) apiList(r *web.Request, state string) (any, error) {
	sel, err := selection(r)
	if err != nil {
		return nil, err
	}
	d, due, err := s.queryDay(r)
	if err != nil {
		return nil, err
	}
	if sel.State == "" {
		sel.State = state
	}
	if text := r.Query("limit"); text != "" {
		if sel.Limit, err = strconv.Atoi(text); err != nil || sel.Limit < 1 || sel.Limit > 10_000 {
			return nil, errs.Say(errs.Invalid, "limit 应为 1 至 10000", "limit runs from 1 to 10000")
		}
	}
	b, err := s.o.Ledger.Day(r.Context(), d)
	if err != nil {
		return nil, err
	}
	page, total, next := b.List(d, due, sel)
	out := struct {
		Day    string      `json:"day"`
		Due    int         `json:"dueSlots"`
		Total  int64       `json:"total"`
		Meters []meterJSON `json:"meters"`
		Next   string      `json:"next,omitempty"`
	}{Day: d.String(), Due: due, Total: total, Meters: []meterJSON{}, Next: next.String()}
	for _, m := range page {
		out.Meters = append(out.Meters, asJSON(m))
	}
	return out, nil
}

var meterSheet = []sheet.Column{
	sheet.Text("address", "电表号 / meter number"), sheet.Text("district", "区划代码 / district code"), sheet.Text("feeder", "馈线 / feeder"), sheet.Text("concentrator", "集中器 / concentrator"), sheet.Text("category", "类别 / kind"), sheet.Text("protocol", "规约 / protocol"),
	sheet.Text("status", "状态 / status"), sheet.At("newest", "最新数据 / newest reading"), sheet.Whole("measured_slots", "quarter hours", "当日实测时段 / slots measured"), sheet.Whole("missing_slots", "quarter hours", "当日缺数时段 / slots missing"),
}

// apiMetersSheet streams every meter that the filters take.
func (s *Part) apiMetersSheet(r *web.Request) (any, error) {
	sel, err := selection(r)
	if err != nil {
		return nil, err
	}
	d, due, err := s.queryDay(r)
	if err != nil {
		return nil, err
	}
	b, err := s.o.Ledger.Day(r.Context(), d)
	if err != nil {
		return nil, err
	}
	sel.Sort, sel.After, sel.Limit = "", book.Cursor{}, 5000 // in the archive's order, which nothing changes while it is written
	f := sheet.Of(r.HTTP.URL.Path, r.Query("bom") == "1")
	return web.Reply{Type: f.Type(), Name: f.File("meters-" + d.String()), Body: web.Stream(func(w io.Writer, flush func()) error {
		return f.Write(w, meterSheet, func(out *sheet.Rows) error {
			for {
				page, _, next := b.List(d, due, sel)
				for _, m := range page {
					out.Add(m.Address, m.District, m.Feeder, m.Concentrator, string(m.Category), string(m.Protocol), m.Status(), m.Heard, int64(m.Slots.Measured.Count()), int64(m.Gaps))
				}
				err := out.Flush()
				flush()
				if sel.After = next; err != nil || next.First() {
					return err
				}
			}
		})
	})}, nil
}

// meterAt finds the meter and the day of a request.
func (s *Part) meterAt(r *web.Request) (m book.Standing, d book.Day, due int, err error) {
	if d, due, err = s.queryDay(r); err != nil {
		return m, d, due, err
	}
	m, ok := s.o.Book.Standing(r.Path("address"), d, due)
	if !ok {
		err = errs.Say(errs.NotFound, "档案中没有电表 %s", "meter %s is not in the archive", r.Path("address"))
	}
	return m, d, due, err
}

func (s *Part) apiMeter(r *web.Request) (any, error) {
	m, _, _, err := s.meterAt(r)
	if err != nil {
		return nil, err
	}
	return asJSON(m), nil
}

// apiDay gives the 96 quarter hours of a meter's day.
func (s *Part) apiDay(r *web.Request) (any, error) {
	m, d, due, err := s.meterAt(r)
	if err != nil {
		return nil, err
	}
	rows, beside, err := s.dayOfMeter(r.Context(), m.Meter, d, due)
	if err != nil {
		return nil, err
	}
	return map[string]any{"address": m.Address, "day": d.String(), "dueSlots": due, "slots": rows, "beside": beside}, nil
}

var daySheet = []sheet.Column{sheet.At("time", "时点 / quarter hour"), sheet.Text("state", "状态 / state"), sheet.Number("energy_kwh", 4, "kWh", "正向有功示数 / register"), sheet.Number("power_kw", 4, "kW", "有功功率 / active power"), sheet.Number("voltage_v", 1, "V", "A 相电压 / voltage of phase A")}

// apiDaySheet is the same as a table.
func (s *Part) apiDaySheet(r *web.Request) (any, error) {
	m, d, due, err := s.meterAt(r)
	if err != nil {
		return nil, err
	}
	rows, _, err := s.dayOfMeter(r.Context(), m.Meter, d, due)
	if err != nil {
		return nil, err
	}
	value := func(v *ratio) any {
		if v == nil {
			return nil
		}
		return v.Float()
	}
	f := sheet.Of(r.HTTP.URL.Path, r.Query("bom") == "1")
	return web.Reply{Type: f.Type(), Name: f.File(m.Address + "-" + d.String()), Body: func(w io.Writer) error {
		return f.Write(w, daySheet, func(out *sheet.Rows) error {
			for _, x := range rows {
				out.Add(time.UnixMicro(d.Start()+int64(x.Slot)*book.SlotMicros), string(x.State), value(x.Energy), value(x.Power), value(x.Voltage))
			}
			return out.Flush()
		})
	}}, nil
}

// loadSheet is a day's load; readings of a whole area are the sum of its meters.
var loadSheet = []sheet.Column{sheet.Text("district", "区划代码，空为全市 / district code, empty for the city"), sheet.At("time", "时点 / quarter hour"), sheet.Number("load_mw", 4, "MW", "已到电表功率之和 / sum of the powers that came")}

// apiLoadSheet gives the load of a day, of the city and of every district.
func (s *Part) apiLoadSheet(r *web.Request) (any, error) {
	d, due, err := s.queryDay(r)
	if err != nil {
		return nil, err
	}
	codes := []string{""}
	for _, x := range region.Districts {
		codes = append(codes, x.Code)
	}
	f := sheet.Of(r.HTTP.URL.Path, r.Query("bom") == "1")
	return web.Reply{Type: f.Type(), Name: f.File("load-" + d.String()), Body: func(w io.Writer) error {
		return f.Write(w, loadSheet, func(out *sheet.Rows) error {
			for _, code := range codes {
				mw, err := s.o.Ledger.Load(r.Context(), code, d)
				if err != nil {
					return err
				}
				for i, v := range mw[:min(due, len(mw))] {
					var cell any
					if !math.IsNaN(v) {
						cell = v
					}
					out.Add(code, time.UnixMicro(d.Start()+int64(i)*book.SlotMicros), cell)
				}
			}
			return out.Flush()
		})
	}}, nil
}

// apiLoad gives the city's load by quarter hour, or a district's.
func (s *Part) apiLoad(r *web.Request) (any, error) {
	d, _, err := s.queryDay(r)
	if err != nil {
		return nil, err
	}
	district, err := queryDistrict(r)
	if err != nil {
		return nil, err
	}
	mw, err := s.o.Ledger.Load(r.Context(), district, d)
	if err != nil {
		return nil, err
	}
	out := make([]*float64, len(mw))
	for i := range mw {
		if !math.IsNaN(mw[i]) {
			out[i] = &mw[i]
		}
	}
	return map[string]any{"day": d.String(), "unit": "MW", "stepSeconds": 900, "load": out}, nil
}

func (s *Part) apiConcentrators(r *web.Request) (any, error) {
	list, err := s.concentrators(r)
	return map[string]any{"concentrators": list}, err
}

// refusedLimit is how many refused frames the interface gives at once.
const refusedLimit = 1000

func (s *Part) apiRefused(r *web.Request) (any, error) {
	below, err := queryPlace(r)
	if err != nil {
		return nil, err
	}
	list, err := s.o.Refused.List(r.Context(), below, refusedLimit+1)
	out := map[string]any{"refused": list[:min(len(list), refusedLimit)]}
	if len(list) > refusedLimit {
		out["next"] = strconv.FormatInt(list[refusedLimit-1].Num, 10)
	}
	return out, err
}

func (s *Part) apiRereads(r *web.Request) (any, error) {
	list, err := s.o.Rereads.List(r.Context(), 100)
	return map[string]any{"rereads": list}, err
}

// apiReread takes an order: {"day":"2015-11-20","meters":["…"]}; without meters, all with gaps, in a district where one is named.
func (s *Part) apiReread(r *web.Request) (any, error) {
	var in struct {
		Day, District, Concentrator string
		Meters                      []string
	}
	dec := json.NewDecoder(r.HTTP.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return nil, errs.Say(errs.Invalid, "请求内容不是所需的 JSON：%s", "the body is not the JSON that is wanted: %s", err.Error())
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errs.Say(errs.Invalid, "请求内容在 JSON 对象之后还有多余部分", "something stands behind the JSON object of the request")
	}
	d, _ := s.today()
	if in.Day != "" {
		var ok bool
		if d, ok = book.ParseDay(in.Day); !ok {
			return nil, errs.Say(errs.Invalid, "日期“%s”无法识别", "%q is no date", in.Day)
		}
	}
	order, err := s.o.Rereads.Order(r.Context(), r.Who, d, in.Meters, book.Select{District: in.District, Concentrator: in.Concentrator})
	if err != nil {
		return nil, err
	}
	return web.Reply{Status: 202, Body: order, Header: map[string]string{"Location": fmt.Sprintf("/api/grid/rereads/%s", order.ID)}}, nil
}

package customer

import (
	"io"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/customer/usage"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
	"github.com/haihe-city/haihe/wire/espi"
)

// exportDays bounds an export.
const exportDays = 400

// exported reads what a customer asks to have: their meter, from a day to a day (the last 31 where it is not said).
func (p *Part) exported(r *web.Request) (m book.Meter, from, to book.Day, points []usage.Point, err error) {
	m, _, err = p.mine(r.Context(), r.Who, r.Path("address"))
	if err != nil {
		return m, 0, 0, nil, err
	}
	to = p.today()
	from = to - 30
	for name, d := range map[string]*book.Day{"from": &from, "to": &to} {
		if text := r.Query(name); text != "" {
			var ok bool
			if *d, ok = book.ParseDay(text); !ok {
				return m, 0, 0, nil, errs.Say(errs.Invalid, "日期应形如 2015-11-20", "a day is written like 2015-11-20")
			}
		}
	}
	if to < from || to-from >= exportDays {
		return m, 0, 0, nil, errs.Say(errs.Invalid, "导出应为 1 至 %d 天", "an export has 1 to %d days", exportDays)
	}
	points, err = p.points(r.Context(), m.Num, from, to)
	return m, from, to, points, errs.Wrap("read what is exported", err)
}

var qualityNames = map[series.Quality]string{series.Measured: "measured", series.Estimated: "estimated", series.Substituted: "edited"}

// apiCSV is a meter's usage, a line a quarter hour.
func (p *Part) apiCSV(r *web.Request) (any, error) {
	m, from, to, points, err := p.exported(r)
	if err != nil {
		return nil, err
	}
	forSheet := r.Query("bom") == "1"
	return web.Reply{Type: sheet.Type, Name: "usage-" + m.Address + ".csv", Body: func(w io.Writer) error {
		out := sheet.New(w, forSheet)
		_ = out.Write("meter", "from", "to", "kwh", "quality") // errors are kept for Flush
		for d := from; d <= to; d++ {
			for i, q := range usage.Quarters(points, d, p.o.Tolerance) {
				at := d.Date().Add(time.Duration(i) * book.SlotLength)
				if !at.Before(p.o.Clock.Now()) {
					break
				}
				energy, quality := "", "missing"
				if q.Known {
					energy, quality = kwh4(q.Energy), qualityNames[q.Quality]
				}
				_ = out.Write(m.Address, at.Format(time.RFC3339), at.Add(book.SlotLength).Format(time.RFC3339), energy, quality)
			}
		}
		return out.Flush()
	}}, nil
}

var espiQuality = map[series.Quality]espi.Quality{series.Measured: espi.Raw, series.Estimated: espi.Reference, series.Substituted: espi.Edited}

// apiESPI is the same as Green Button data. Quarter hours that are not known are left out.
func (p *Part) apiESPI(r *web.Request) (any, error) {
	m, from, to, points, err := p.exported(r)
	if err != nil {
		return nil, err
	}
	f := &espi.Feed{Key: m.Address, Title: "Haihe " + book.DistrictName(m.District).En, Updated: p.o.Clock.Now(), Zone: book.China, Step: book.SlotLength}
	for d := from; d <= to; d++ {
		for i, q := range usage.Quarters(points, d, p.o.Tolerance) {
			if q.Known {
				f.Readings = append(f.Readings, espi.Reading{Start: d.Date().Add(time.Duration(i) * book.SlotLength), Length: book.SlotLength, Value: q.Energy, Quality: espiQuality[q.Quality]})
			}
		}
	}
	return web.Reply{Type: "application/atom+xml; charset=utf-8", Name: "usage-" + m.Address + ".xml", Body: func(w io.Writer) error { return espi.Write(w, f) }}, nil
}

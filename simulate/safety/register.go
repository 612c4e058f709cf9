package safety

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/simulate/safety/site"
)

// Files are the kinds of the register's files, in the order in which the platform takes them.
func Files() []string { return []string{"plants", "units", "substances", "points"} }

// WriteRegister writes one of [Files] as CSV, one plant computed after the other.
func (c *City) WriteRegister(file string, w io.Writer) error {
	f, ok := forms[file]
	if !ok {
		return errs.Say(errs.Invalid, "没有名为 %s 的台账文件", "there is no register file %s", file)
	}
	out := csv.NewWriter(w)
	if err := out.Write(f.columns); err != nil {
		return errs.Wrap("write the register", err)
	}
	for i := range c.Len() {
		for _, row := range f.rows(c, c.Plant(i)) {
			if err := out.Write(row); err != nil {
				return errs.Wrap("write the register", err)
			}
		}
	}
	out.Flush()
	return errs.Wrap("write the register", out.Error())
}

// form is one of the register's files.
type form struct {
	columns []string
	rows    func(*City, *site.Plant) [][]string
}

// unitCode is the one hazard unit of a plant that stores something.
const unitCode = "U-01"

// forms are those that docs/guide-developers.md states.
var forms = map[string]form{
	"plants": {[]string{"plant", "name", "kind", "district", "lon", "lat", "feed", "endpoint", "password", "state", "exposed", "exposed_at"},
		func(c *City, p *site.Plant) [][]string {
			endpoint := ""
			if p.Protocol == site.Modbus {
				endpoint = c.polledAt(p)
			}
			return [][]string{{p.MN, p.Name.Zh, p.Sector.String(), p.District, decimal(p.Lon), decimal(p.Lat), string(p.Protocol), endpoint, p.Password, "running",
				strconv.Itoa(p.Exposed), c.day()}}
		}},
	"units": {[]string{"unit", "plant", "name", "kind"}, func(_ *City, p *site.Plant) [][]string {
		if len(p.Stores) == 0 {
			return nil
		}
		return [][]string{{unitCode, p.MN, p.Stores[0].Name + "储存单元", "storage"}}
	}},
	"substances": {[]string{"substance", "plant", "unit", "cas", "tons", "at"}, func(c *City, p *site.Plant) (rows [][]string) {
		for _, s := range p.Stores {
			rows = append(rows, []string{s.Name, p.MN, unitCode, s.CAS, decimal(s.Tonnes), c.day()})
		}
		return rows
	}},
	"points": {[]string{"point", "plant", "title", "factor", "kind", "medium", "equipment", "hazard_unit", "ucum", "every", "ll", "l", "h", "hh", "key"}, pointRows},
}

func pointRows(c *City, p *site.Plant) [][]string {
	points := p.Points()
	rows := make([][]string, 0, len(points))
	for i := range points {
		x := &points[i]
		unit, key, every := "", "", strconv.Itoa(int(c.opt.Every/time.Second))
		if len(p.Stores) > 0 && x.Kind != site.Flow {
			unit = unitCode
		}
		switch x.Kind {
		case site.Level, site.Pressure, site.Gas, site.Toxic, site.Smoke:
			key = "yes"
		case site.Fire: // a panel speaks when something happens
			every = "0"
		case site.Link:
			key, every = "yes", strconv.Itoa(int(panelBeat/time.Second))
		}
		rows = append(rows, []string{x.Tag, p.MN, x.Title.Zh, factor(p, x), x.Kind.String(), x.Medium, "E-" + x.Place, unit, x.UCUM, every,
			limit(x.Limits.LowLow), limit(x.Limits.Low), limit(x.Limits.High), limit(x.Limits.HighHigh), key})
	}
	return rows
}

// factor is a point's name on its plant's wire.
func factor(p *site.Plant, x *site.Point) string {
	switch {
	case p.Protocol == site.Modbus:
		return field(x).String()
	case x.Kind == site.Link:
		return "device"
	case p.Protocol == site.Panel:
		return fmt.Sprintf("%d.%d.%d.%s", fireSystem, 1, smokeDetector, x.Place)
	}
	return x.Code
}

// day is the day before the run: what the register says was stored and counted then.
func (c *City) day() string { return c.opt.From.AddDate(0, 0, -1).Format(time.DateOnly) }

func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func limit(v *float64) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(*v)
}

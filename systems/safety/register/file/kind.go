package file

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/systems/safety/register"
)

// kind is one kind of file.
type kind struct {
	columns []string // in the order in which they are written
	needed  []string
	take    func(d *desk, l *line) error
	write   func(s *register.Site, put func(cells ...string)) // a line for each thing of a plant
}

// The kinds of file, by the names of the imports.
var kinds = map[string]*kind{
	"plants": {
		columns: []string{"plant", "name", "kind", "district", "lon", "lat", "feed", "endpoint", "password", "state", "unit", "exposed", "exposed_at", "contacts"},
		needed:  []string{"plant", "name", "kind", "district", "feed"}, take: (*desk).plant, write: writePlant},
	"units": {
		columns: []string{"unit", "plant", "name", "kind"},
		needed:  []string{"unit", "plant", "name", "kind"}, take: (*desk).unit, write: writeUnits},
	"substances": {
		columns: []string{"substance", "plant", "unit", "cas", "class", "tons", "at"},
		needed:  []string{"substance", "plant", "unit", "tons"}, take: (*desk).substance, write: writeSubstances},
	"points": {
		columns: []string{"point", "plant", "title", "factor", "kind", "medium", "equipment", "hazard_unit", "ucum", "every", "ll", "l", "h", "hh", "key", "retired"},
		needed:  []string{"point", "plant", "factor", "kind"}, take: (*desk).point, write: writePoints},
}

// desk is where a file's changes are laid out before any is made.
type desk struct {
	now    map[string]*register.Site
	sites  map[string]*register.Site // copies that may be changed
	order  []string
	lines  map[string]int  // the last line of a plant
	seen   map[string]bool // what the file has named
	sealed bool            // passwords are sealed: a dry run only looks at them
}

// site gives a plant that a line speaks of.
func (d *desk) site(l *line, code string) (*register.Site, error) {
	if s := d.sites[code]; s != nil {
		d.lines[code] = l.num
		return s, nil
	}
	was := d.now[code]
	if was == nil {
		return nil, errs.Say(errs.Invalid, "没有企业 %[1]s，请先导入企业", "there is no plant %[1]s; import it first", code)
	}
	return d.lay(l, was.Copy()), nil
}

func (d *desk) lay(l *line, s *register.Site) *register.Site {
	d.sites[s.Code], d.lines[s.Code] = s, l.num
	d.order = append(d.order, s.Code)
	return s
}

// once refuses what a file names twice.
func (d *desk) once(what ...string) error {
	key := strings.Join(what, "\x00")
	if d.seen[key] {
		return errs.Say(errs.Invalid, "“%[1]s”在文件中重复", "%[1]q comes twice in the file", strings.Join(what, " "))
	}
	d.seen[key] = true
	return nil
}

// plant takes a line of the plants.
func (d *desk) plant(l *line) error {
	code := l.get("plant")
	if err := d.once(code); err != nil {
		return err
	}
	s := &register.Site{Plant: register.Plant{Code: code, State: register.Running, Unit: register.Owner}}
	if was := d.now[code]; was != nil {
		s = was.Copy()
	}
	p := &s.Plant
	p.Name, p.Kind, p.District, p.Feed = l.get("name"), register.Kind(l.get("kind")), l.get("district"), register.Feed(l.get("feed"))
	for name, to := range map[string]*string{"endpoint": &p.Endpoint, "unit": &p.Unit} {
		if l.has(name) && l.get(name) != "" {
			*to = l.get(name)
		}
	}
	if v := l.get("state"); v != "" {
		p.State = register.State(v)
	}
	if l.has("contacts") {
		p.Contacts = strings.Fields(l.get("contacts"))
	}
	if err := plantNumbers(l, p); err != nil {
		return err
	}
	if err := p.Check(); err != nil {
		return err
	}
	if d.sealed {
		if err := p.SetPassword(l.get("password")); err != nil {
			return err
		}
	}
	d.lay(l, s)
	return nil
}

func plantNumbers(l *line, p *register.Plant) (err error) {
	if l.get("lon") != "" || l.get("lat") != "" {
		if p.Lon, err = l.number("lon"); err != nil {
			return err
		}
		if p.Lat, err = l.number("lat"); err != nil {
			return err
		}
	}
	if v := l.get("exposed"); v != "" {
		if p.Exposed, err = strconv.Atoi(v); err != nil {
			return errs.Say(errs.Invalid, "%[1]s 列“%[2]s”不是数字", "column %[1]s: %[2]q is no number", "exposed", v)
		}
		p.ExposedAt, err = l.day("exposed_at")
	}
	return err
}

// unit takes a line of the hazard units.
func (d *desk) unit(l *line) error {
	u := register.HazardUnit{Code: l.get("unit"), Plant: l.get("plant"), Name: l.get("name"), Kind: register.UnitKind(l.get("kind"))}
	if err := d.once(u.Plant, u.Code); err != nil {
		return err
	}
	if err := u.Check(); err != nil {
		return err
	}
	s, err := d.site(l, u.Plant)
	if err != nil {
		return err
	}
	for i := range s.Units {
		if s.Units[i].Code == u.Code {
			u.Substances = s.Units[i].Substances
			s.Units[i] = u
			return nil
		}
	}
	s.Units = append(s.Units, u)
	return nil
}

// substance takes a line of the substances.
func (d *desk) substance(l *line) (err error) {
	x := register.Substance{Name: l.get("substance"), CAS: l.get("cas"), Class: l.get("class")}
	if err := d.once(l.get("plant"), l.get("unit"), x.Name); err != nil {
		return err
	}
	if x.Tons, err = l.number("tons"); err != nil {
		return err
	}
	if x.At, err = l.day("at"); err != nil {
		return err
	}
	if err := x.Check(); err != nil {
		return err
	}
	s, err := d.site(l, l.get("plant"))
	if err != nil {
		return err
	}
	for i := range s.Units {
		if s.Units[i].Code == l.get("unit") {
			s.Units[i].Put(x)
			return nil
		}
	}
	return errs.Say(errs.Invalid, "企业 %[1]s 没有单元 %[2]s，请先导入单元", "plant %[1]s has no unit %[2]s; import it first", s.Code, l.get("unit"))
}

// point takes a line of the points.
func (d *desk) point(l *line) error {
	name, plant := l.get("point"), l.get("plant")
	if err := d.once(plant, name); err != nil {
		return err
	}
	s, err := d.site(l, plant)
	if err != nil {
		return err
	}
	p, out := s.Any(name)
	p.Name, p.Plant, p.Factor, p.Kind = name, plant, l.get("factor"), register.Measure(l.get("kind"))
	for column, to := range map[string]*string{"title": &p.Title, "medium": &p.Medium, "equipment": &p.Equipment, "hazard_unit": &p.HazardUnit, "ucum": &p.UCUM} {
		if l.has(column) {
			*to = l.get(column)
		}
	}
	if err := pointNumbers(l, &p); err != nil {
		return err
	}
	if l.has("key") {
		if p.Key, err = l.yes("key"); err != nil {
			return err
		}
	}
	if l.has("retired") {
		if out, err = l.yes("retired"); err != nil {
			return err
		}
	}
	if err := p.Check(); err != nil {
		return err
	}
	s.Put(p, out)
	return nil
}

func pointNumbers(l *line, p *register.Point) error {
	if l.has("every") {
		p.Every = 0
		if l.get("every") != "" {
			v, err := l.number("every")
			if err != nil || v < 0 || v > 86400 {
				return errs.Say(errs.Invalid, "上报周期应为 1 至 86400 秒，0 表示不定期", "a period lies between 1 and 86400 seconds, 0 where it reports by event")
			}
			p.Every = time.Duration(math.Round(v * float64(time.Second)))
		}
	}
	for _, x := range []struct {
		name string
		to   **float64
	}{{"ll", &p.Limits.LowLow}, {"l", &p.Limits.Low}, {"h", &p.Limits.High}, {"hh", &p.Limits.HighHigh}} {
		if !l.has(x.name) {
			continue
		}
		*x.to = nil
		if l.get(x.name) != "" {
			v, err := l.number(x.name)
			if err != nil {
				return err
			}
			*x.to = &v
		}
	}
	return nil
}

func writePlant(s *register.Site, put func(...string)) {
	lon, lat, exposed := "", "", ""
	if s.Lon != 0 || s.Lat != 0 {
		lon, lat = number(s.Lon), number(s.Lat)
	}
	if s.Exposed > 0 || !s.ExposedAt.IsZero() {
		exposed = strconv.Itoa(s.Exposed)
	}
	put(s.Code, s.Name, string(s.Kind), s.District, lon, lat, string(s.Feed), s.Endpoint, "", string(s.State), s.Plant.Unit, exposed, day(s.ExposedAt), strings.Join(s.Contacts, " "))
}

func writeUnits(s *register.Site, put func(...string)) {
	for _, u := range s.Units {
		put(u.Code, s.Code, u.Name, string(u.Kind))
	}
}

func writeSubstances(s *register.Site, put func(...string)) {
	for _, u := range s.Units {
		for _, x := range u.Substances {
			put(x.Name, s.Code, u.Code, x.CAS, x.Class, number(x.Tons), day(x.At))
		}
	}
}

func writePoints(s *register.Site, put func(...string)) {
	for _, list := range [2][]register.Point{s.Points, s.Retired} {
		for _, p := range list {
			_, in := s.Point(p.Name)
			put(p.Name, s.Code, p.Title, p.Factor, string(p.Kind), p.Medium, p.Equipment, p.HazardUnit, p.UCUM, number(p.Every.Seconds()),
				limit(p.Limits, 0), limit(p.Limits, 1), limit(p.Limits, 2), limit(p.Limits, 3), word(p.Key), word(!in))
		}
	}
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func word(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func limit(l rule.Limits, i int) string {
	if v := [4]*float64{l.LowLow, l.Low, l.High, l.HighHigh}[i]; v != nil {
		return number(*v)
	}
	return ""
}

package plan

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
)

// csvReply streams rows after a head; bom=1 asks for the mark that spreadsheets want.
func csvReply(r *web.Request, name string, head []string, rows func(write func(...string) error) error) web.Reply {
	forSheet := r.Query("bom") == "1"
	return web.Reply{Type: sheet.Type, Name: name, Body: web.Stream(func(w io.Writer, _ func()) error {
		out := sheet.New(w, forSheet)
		if err := out.Write(head...); err != nil {
			return err
		}
		if err := rows(out.Write); err != nil {
			return err
		}
		return out.Flush()
	})}
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// apiTargetsCSV is one row a target; the columns are those of the JSON.
func (s *service) apiTargetsCSV(r *web.Request) (any, error) {
	list, err := s.selected(r)
	if err != nil {
		return nil, err
	}
	head := []string{"id", "name_zh", "name_en", "area", "section", "kind", "value", "unit", "op", "goal", "due", "state", "as_of", "due_pace", "forecast",
		"evidence", "owners", "system", "source"}
	return csvReply(r, "plan-targets-"+s.today()+".csv", head, func(write func(...string) error) error {
		for _, st := range list {
			x := toJSON(st)
			value, at, forecast, link := "", "", "", ""
			if x.Value != nil {
				value, at = number(*x.Value), *x.AsOf
			}
			if x.Forecast != nil {
				forecast = *x.Forecast
			}
			if x.Evidence != nil {
				link = *x.Evidence
			}
			if err := write(x.ID, x.Name.Zh, x.Name.En, x.Area, x.Section, x.Kind, value, x.Unit, x.Op, number(x.Goal), strconv.Itoa(x.Due), x.State, at,
				number(x.DuePace), forecast, link, strings.Join(x.Owners, " "), x.System, x.Source); err != nil {
				return err
			}
		}
		return nil
	}), nil
}

func (s *service) today() string { return s.clock.Now().In(indicator.China).Format(time.DateOnly) }

// moment reads a time of the query: a day (its beginning in China) or RFC 3339; the zero time where it is not given.
func moment(r *web.Request, name string) (time.Time, error) {
	text := r.Query(name)
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	return dayParam(r, name)
}

// history reads a target's figures as the query asks: from <= at < to, as known at `known` (a day means its end).
func (s *service) history(r *web.Request) (id string, known time.Time, points []indicator.Point, err error) {
	id = r.Path("id")
	from, err := moment(r, "from")
	if err != nil {
		return id, known, nil, err
	}
	to, err := moment(r, "to")
	if err != nil {
		return id, known, nil, err
	}
	if known, err = time.Parse(time.RFC3339, r.Query("known")); err != nil {
		if known, err = knownAt(r); err != nil {
			return id, known, nil, err
		}
	}
	points, err = s.board.History(r.Context(), id, from, to, known)
	return id, known, points, err
}

// pointJSON is one figure of a history.
type pointJSON struct {
	At     string  `json:"at"`
	Known  string  `json:"known"`
	Value  float64 `json:"value"`
	Part   int64   `json:"part,omitempty"`
	Whole  int64   `json:"whole,omitempty"`
	Source string  `json:"source"`
	Report string  `json:"report,omitempty"`
}

// apiHistory is a target's figures, oldest first.
func (s *service) apiHistory(r *web.Request) (any, error) {
	id, known, points, err := s.history(r)
	if err != nil {
		return nil, err
	}
	t, _ := s.plan.Target(id)
	out := struct {
		Target string      `json:"target"`
		Unit   string      `json:"unit"`
		Known  string      `json:"known"`
		Points []pointJSON `json:"points"`
	}{id, t.Unit, stamp(s.clock.Now()), []pointJSON{}}
	if !known.IsZero() {
		out.Known = stamp(known)
	}
	for _, p := range points {
		out.Points = append(out.Points, pointJSON{stamp(p.At), stamp(p.Known), p.Value, p.Part, p.Whole, p.Source, p.Report})
	}
	return out, nil
}

func (s *service) apiHistoryCSV(r *web.Request) (any, error) {
	id, _, points, err := s.history(r)
	if err != nil {
		return nil, err
	}
	t, _ := s.plan.Target(id)
	head := []string{"target", "at", "known", "value", "unit", "part", "whole", "source", "report"}
	return csvReply(r, id+"-"+s.today()+".csv", head, func(write func(...string) error) error {
		for _, p := range points {
			if err := write(id, stamp(p.At), stamp(p.Known), number(p.Value), t.Unit, strconv.FormatInt(p.Part, 10), strconv.FormatInt(p.Whole, 10), p.Source, p.Report); err != nil {
				return err
			}
		}
		return nil
	}), nil
}

// apiCalendar is the due dates of all targets, or of a unit's, as a calendar (RFC 5545). Query: unit, lang (zh, en).
func (s *service) apiCalendar(r *web.Request) (any, error) {
	list, err := s.selected(r)
	if err != nil {
		return nil, err
	}
	l := r.Lang
	if text := r.Query("lang"); text != "" {
		var ok bool
		if l, ok = lang.Parse(text); !ok {
			return nil, errs.Say(errs.Invalid, "语言应为 zh 或 en", "lang is zh or en")
		}
	}
	return web.Reply{Type: "text/calendar; charset=utf-8", Name: "plan.ics", Body: []byte(s.calendar(list, l))}, nil
}

func (s *service) calendar(list []indicator.Status, l lang.Lang) string {
	var b strings.Builder
	line := func(name, value string) { b.WriteString(fold(name + ":" + value)) }
	line("BEGIN", "VCALENDAR")
	line("VERSION", "2.0")
	line("PRODID", "-//Haihe//Plan governance//ZH")
	line("CALSCALE", "GREGORIAN")
	line("X-WR-CALNAME", escape(s.plan.Name.In(l)))
	for _, st := range list {
		due := st.DueEnd()
		line("BEGIN", "VEVENT")
		line("UID", st.ID+"@plan.haihe")
		line("DTSTAMP", s.clock.Now().UTC().Format("20060102T150405Z"))
		line("DTSTART;VALUE=DATE", due.Format("20060102"))
		line("DTEND;VALUE=DATE", due.AddDate(0, 0, 1).Format("20060102")) // RFC 5545 3.6.1: the end is not part of the event
		line("SUMMARY", escape(st.Name.In(l)+lang.T("：", ": ").In(l)+goalText(st.Target).In(l)))
		line("DESCRIPTION", escape(s.eventText(st).In(l)))
		line("CATEGORIES", escape(s.areaName(st.Area).In(l)))
		line("TRANSP", "TRANSPARENT")
		line("END", "VEVENT")
	}
	line("END", "VCALENDAR")
	return b.String()
}

func (s *service) areaName(id string) lang.Text {
	a, _ := s.area(id)
	return a.Name
}

// eventText says who owes a target and how it stands.
func (s *service) eventText(st indicator.Status) lang.Text {
	var zh, en []string
	for _, o := range st.Owners {
		n := s.people.UnitName(o)
		zh, en = append(zh, n.Zh), append(en, n.En)
	}
	status := host.Standing(st.State).Text()
	now := lang.T("—", "—")
	if st.Figure != nil {
		now = amountText(st.Target, st.Figure.Value)
	}
	return lang.T(fmt.Sprintf("责任单位：%s\n现值：%s\n状态：%s", strings.Join(zh, "、"), now.Zh, status.Zh),
		fmt.Sprintf("Units: %s\nNow: %s\nStatus: %s", strings.Join(en, ", "), now.En, status.En))
}

// escape writes a text value. RFC 5545 3.3.11.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`).Replace(s)
}

// fold breaks a content line at 75 octets, never inside a character. RFC 5545 3.1.
func fold(s string) string {
	var b strings.Builder
	width := 0
	for _, r := range s {
		n := len(string(r))
		if width+n > 75 {
			b.WriteString("\r\n ")
			width = 1
		}
		b.WriteRune(r)
		width += n
	}
	return b.String() + "\r\n"
}

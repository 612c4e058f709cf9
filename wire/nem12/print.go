package nem12

import (
	"strconv"
	"strings"
)

// Append prints a record after dst, each line ended by CR LF. A day prints its records 400 too.
func Append(dst []byte, r Record) []byte { return r.append(dst) }

func line(dst []byte, fields ...string) []byte {
	return append(append(dst, strings.Join(fields, ",")...), "\r\n"...)
}

const (
	momentLayout = "20060102150405"
	dateLayout   = "20060102"
)

func (h *Header) append(dst []byte) []byte {
	return line(dst, "100", h.Version, timeText(h.Created, momentLayout[:12]), h.From, h.To)
}

func (c *Channel) append(dst []byte) []byte {
	return line(dst, "200", c.NMI, c.Configuration, c.Register, c.Suffix, c.Stream, c.Meter, c.Unit.Name,
		strconv.Itoa(c.Interval), timeText(c.NextRead, dateLayout))
}

func (d *Day) append(dst []byte) []byte {
	f := make([]string, 0, len(d.Values)+7)
	f = append(f, "300", timeText(d.Date, dateLayout))
	for _, v := range d.Values {
		f = append(f, v.String())
	}
	f = append(f, d.Method.String(), d.Reason.code(), d.Reason.Text, timeText(d.Updated, momentLayout), timeText(d.Loaded, momentLayout))
	dst = line(dst, f...)
	for _, g := range d.Ranges {
		dst = line(dst, "400", strconv.Itoa(g.First), strconv.Itoa(g.Last), g.Quality.String(), g.Reason.code(), g.Reason.Text)
	}
	return dst
}

func (x Reason) code() string {
	if x.Code < 0 {
		return ""
	}
	return strconv.Itoa(x.Code)
}

func letterText(b byte) string {
	if b == 0 {
		return ""
	}
	return string(rune(b))
}

func (e *Event) append(dst []byte) []byte {
	return line(dst, "500", letterText(e.Transaction), e.Order, timeText(e.Read, momentLayout), e.Index)
}

func (a *Accumulation) append(dst []byte) []byte {
	p, c := a.Previous, a.Current
	return line(dst, "250", a.NMI, a.Configuration, a.Register, a.Suffix, a.Stream, a.Meter, letterText(a.Direction),
		p.Index, timeText(p.Time, momentLayout), p.Quality.String(), p.Reason.code(), p.Reason.Text,
		c.Index, timeText(c.Time, momentLayout), c.Quality.String(), c.Reason.code(), c.Reason.Text,
		a.Quantity.String(), a.Unit.Name, timeText(a.NextRead, dateLayout), timeText(a.Updated, momentLayout), timeText(a.Loaded, momentLayout))
}

func (o *Order) append(dst []byte) []byte {
	return line(dst, "550", letterText(o.PreviousTransaction), o.PreviousOrder, letterText(o.CurrentTransaction), o.CurrentOrder)
}

func (*End) append(dst []byte) []byte { return line(dst, "900") }

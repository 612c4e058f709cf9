package calendar

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/calendar"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/web/sheet"
)

// mostUpload is the largest file of a notice: it has some forty short lines.
const mostUpload = 256 << 10

// upload reads the file of a form; "" where none was chosen.
func upload(r *web.Request) (string, error) {
	file, _, err := r.HTTP.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return "", nil
	}
	if err != nil {
		return "", errs.As(errs.Invalid, "read the form", err)
	}
	defer file.Close()
	body, err := io.ReadAll(io.LimitReader(file, mostUpload+1))
	if err != nil {
		return "", errs.As(errs.Invalid, "read the file", err)
	}
	if len(body) > mostUpload {
		return "", errs.Say(errs.Invalid, "文件过大：一年的安排不会超过 256 KiB", "the file is too large: no notice has more than 256 KiB")
	}
	return string(body), nil
}

// dayJSON is a day as the interface gives it.
type dayJSON struct {
	Date        string `json:"date"`
	Kind        string `json:"kind"`
	Works       bool   `json:"works"`
	Name        string `json:"name,omitempty"`
	Source      string `json:"source,omitempty"`
	Provisional bool   `json:"provisional,omitempty"`
}

func (s *service) days(y int) (out []dayJSON) {
	c := s.book.Now()
	for d := calendar.On(y, 1, 1); d < calendar.On(y+1, 1, 1); d++ {
		x := c.Day(d)
		out = append(out, dayJSON{d.String(), x.Kind.String(), x.Kind.Works(), x.Name, x.Source, x.Provisional})
	}
	return out
}

// apiDays gives every day of a year.
func (s *service) apiDays(r *web.Request) (any, error) {
	y, err := s.year(r)
	if err != nil {
		return nil, err
	}
	return map[string]any{"year": y, "provisional": s.book.Now().Provisional(y), "days": s.days(y)}, nil
}

// apiCSV is the same as a sheet.
func (s *service) apiCSV(r *web.Request) (any, error) {
	y, err := s.year(r)
	if err != nil {
		return nil, err
	}
	spread := r.Query("bom") == "1"
	return web.Reply{Type: sheet.Type, Name: "calendar-" + strconv.Itoa(y) + ".csv", Body: func(w io.Writer) error {
		out := sheet.New(w, spread)
		_ = out.Write("date", "kind", "name", "works", "source", "provisional") // errors are kept for Flush
		for _, d := range s.days(y) {
			_ = out.Write(d.Date, d.Kind, d.Name, strconv.FormatBool(d.Works), d.Source, strconv.FormatBool(d.Provisional))
		}
		return out.Flush()
	}}, nil
}

// mostHours bounds the working hours of a term that is asked for: ten years.
const mostHours = 20_000

// apiDeadline says when a term of working hours that begins at a moment ends, by a unit's hours. Query: from (now), hours (8), unit.
func (s *service) apiDeadline(r *web.Request) (any, error) {
	from := s.clock.Now()
	if text := r.Query("from"); text != "" {
		var err error
		if from, err = time.Parse(time.RFC3339, text); err != nil || from.Year() < 2000 || from.Year() > 2100 {
			return nil, errs.Say(errs.Invalid, "from 应为 2000 至 2100 年间的时间，形如 2026-11-23T09:00:00+08:00", "from is a time between 2000 and 2100, such as 2026-11-23T09:00:00+08:00")
		}
	}
	text := r.Query("hours")
	if text == "" {
		text = "8"
	}
	hours, err := strconv.ParseFloat(text, 64)
	if err != nil || !(hours >= 0 && hours <= mostHours) {
		return nil, errs.Say(errs.Invalid, "hours 应为 0 至 %d 的工作小时数", "hours are working hours from 0 to %d", mostHours)
	}
	c, h := s.book.Now(), s.book.Hours(r.Query("unit"))
	due := c.After(h, from, time.Duration(hours*float64(time.Hour)).Round(time.Second))
	return struct {
		From        time.Time `json:"from"`
		Due         time.Time `json:"due"`
		Hours       string    `json:"workingHours"`
		Provisional bool      `json:"provisional,omitempty"`
	}{from, due, h.String(), c.Provisional(calendar.DateOf(due).Year())}, nil
}

package ui

import (
	"fmt"
	"time"

	"github.com/haihe-city/haihe/lang"
)

// shanghai is the zone of every page. China has kept one offset since 1992, so no table of zones is needed.
var shanghai = time.FixedZone("Asia/Shanghai", 8*3600)

// Zone is the zone in which pages say times: Asia/Shanghai.
func Zone() *time.Location { return shanghai }

// Day says a date: 2015-11-20, 20 Nov 2015.
func Day(t time.Time) lang.Text {
	t = t.In(shanghai)
	return lang.T(t.Format("2006-01-02"), t.Format("2 Jan 2006"))
}

// Month says a month: 2016-07, Jul 2016.
func Month(t time.Time) lang.Text {
	t = t.In(shanghai)
	return lang.T(t.Format("2006-01"), t.Format("Jan 2006"))
}

// Moment says a time as briefly as now allows: today's by the clock, this year's without the year.
func Moment(t, now time.Time) lang.Text {
	if t.IsZero() {
		return lang.Same(None)
	}
	t, now = t.In(shanghai), now.In(shanghai)
	switch {
	case t.YearDay() == now.YearDay() && t.Year() == now.Year():
		return lang.Same(t.Format("15:04:05"))
	case t.Year() == now.Year():
		return lang.T(t.Format("01-02 15:04"), t.Format("2 Jan 15:04"))
	}
	return lang.T(t.Format("2006-01-02 15:04"), t.Format("2 Jan 2006 15:04"))
}

// Span says a duration in its greatest unit: 6 分钟, 2 小时, 3 天.
func Span(d time.Duration) lang.Text {
	switch {
	case d < time.Minute:
		s := int(d.Seconds())
		return lang.T(fmt.Sprintf("%d 秒", s), fmt.Sprintf("%d s", s))
	case d < time.Hour:
		m := int(d.Minutes())
		return lang.T(fmt.Sprintf("%d 分钟", m), fmt.Sprintf("%d min", m))
	case d < 48*time.Hour:
		h := int(d.Hours())
		return lang.T(fmt.Sprintf("%d 小时", h), fmt.Sprintf("%d h", h))
	}
	n := int(d.Hours() / 24)
	return lang.T(fmt.Sprintf("%d 天", n), fmt.Sprintf("%d days", n))
}

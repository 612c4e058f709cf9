package ui_test

import (
	"math"
	"testing"
	"time"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/ui"
)

func TestQuantity(t *testing.T) {
	for _, c := range []struct {
		v    float64
		unit string
		zh   string
		en   string
	}{
		{5e11, "CNY/year", "5,000 亿元", "500 bn CNY"},
		{4.5e11, "CNY/year", "4,500 亿元", "450 bn CNY"},
		{1e10, "CNY/year", "100 亿元", "10 bn CNY"},
		{5.6e6, "households", "560 万户", "5.6 m homes"},
		{5214086, "households", "521.4 万户", "5.21 m homes"},
		{5.6e6, "meters", "560 万只", "5.6 m meters"},
		{20000, "meters", "20,000 只", "20,000 meters"},
		{100, "%", "100%", "100%"},
		{99.99, "%", "99.99%", "99.99%"},
		{97.4199999, "%", "97.41%", "97.41%"},
		{99.9999, "%", "99.999%", "99.999%"},
		{71.3, "%", "71.3%", "71.3%"},
		{371, "km2", "371 km²", "371 km²"},
		{800000, "servers", "80 万台", "800 k servers"},
		{20000, "servers", "2 万台", "20,000 servers"},
		{50e15, "bytes", "50 PB", "50 PB"},
		{31e12, "bytes", "31 TB", "31 TB"},
		{100e6, "bit/s", "100 Mbps", "100 Mbps"},
		{10e9, "bit/s", "10 Gbps", "10 Gbps"},
		{200000, "APs", "20 万个", "200 k APs"},
		{200e6, "units/year", "2 亿部", "200 m units"},
		{30e6, "units/year", "3,000 万部", "30 m units"},
		{1e15, "FLOP/s", "1,000 万亿次/秒", "1 PFLOP/s"},
		{100, "enterprises", "100 家", "100 firms"},
		{2, "widgets", "2 widgets", "2 widgets"},
		{math.NaN(), "km2", "— km²", "— km²"},
	} {
		if got := ui.QuantityText(c.v, c.unit); got != (lang.Text{Zh: c.zh, En: c.en}) {
			t.Errorf("%v %s: %q, want %q and %q", c.v, c.unit, got, c.zh, c.en)
		}
	}
	n, w := ui.QuantityLike(3.842e11, "CNY/year", 5e11)
	if n.Zh != "3,842" || n.En != "384.2" || w.Zh != "亿元" {
		t.Errorf("beside its goal: %v %v", n, w)
	}
	n, w = ui.QuantityLike(20000, "households", 5.6e6)
	if n.Zh != "2" || n.En != "0.02" || w.En != "m homes" {
		t.Errorf("a little beside its goal: %v %v", n, w)
	}
}

func TestNumbers(t *testing.T) {
	for got, want := range map[string]string{
		ui.Num(1234567.891, 2): "1,234,567.89", ui.Num(-1234, 0): "−1,234", ui.Num(math.NaN(), 1): "—", ui.Num(999, 0): "999", ui.Grouped(5214086): "5,214,086",
		ui.Percent(1234, 1234): "100", ui.Percent(1233, 1234): "99.918", ui.Percent(9999999, 10000000): "99.999", ui.Percent(0, 5): "0", ui.Percent(1, 0): "—", ui.Percent(1, 3): "33.33",
		ui.Signed(31.94, 1): "+31.9", ui.Signed(-8.5, 1): "−8.5", ui.Signed(-.04, 1): "±0.0", ui.Signed(math.NaN(), 1): "",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestClause(t *testing.T) {
	for in, want := range map[string]lang.Text{
		"3.3.3":      {Zh: "方案三（三）3", En: "Clause 3(3)3"},
		"1.3":        {Zh: "方案一（三）", En: "Clause 1(3)"},
		"3.1.4(1)":   {Zh: "方案三（一）4（1）", En: "Clause 3(1)4(1)"},
		"2.2, 3.2.2": {Zh: "方案二（二）、三（二）2", En: "Clauses 2(2), 3(2)2"},
		"3.3.10":     {Zh: "方案三（三）10", En: "Clause 3(3)10"},
		"whatever":   {Zh: "whatever", En: "whatever"},
	} {
		if got := ui.Clause(in); got != want {
			t.Errorf("%s: %v", in, got)
		}
	}
}

func TestTimes(t *testing.T) {
	for _, c := range []struct {
		at     time.Time
		zh, en string
	}{
		{now.Add(-time.Second), "09:29:59", "09:29:59"},
		{now.Add(-24 * time.Hour), "11-19 09:30", "19 Nov 09:30"},
		{now.AddDate(-1, 0, 0), "2014-11-20 09:30", "20 Nov 2014 09:30"},
		{now.UTC(), "09:30:00", "09:30:00"},
		{time.Time{}, "—", "—"},
	} {
		if got := ui.Moment(c.at, now); got.Zh != c.zh || got.En != c.en {
			t.Errorf("%v: %v", c.at, got)
		}
	}
	for d, want := range map[time.Duration]string{5 * time.Second: "5 秒", 6 * time.Minute: "6 分钟", 3 * time.Hour: "3 小时", 50 * time.Hour: "2 天"} {
		if got := ui.Span(d); got.Zh != want {
			t.Errorf("%v: %v", d, got)
		}
	}
	if ui.Day(now).En != "20 Nov 2015" || ui.Month(now).Zh != "2015-11" {
		t.Error("days and months")
	}
}

func TestStatusKeys(t *testing.T) {
	for s := ui.StatusNone; s <= ui.StatusMet; s++ {
		if got, ok := ui.ParseStatus(s.Key()); !ok || got != s || s.Text().Empty() {
			t.Errorf("status %d", s)
		}
	}
	if _, ok := ui.ParseStatus("other"); ok || ui.Status(9).Key() != "none" {
		t.Error("a status that is not there")
	}
}

package calendar

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
)

func calendar(t testing.TB, notices ...Notice) *Calendar {
	t.Helper()
	c, err := New(notices...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestNotices: single days out of the notices' own text, year by year.
func TestNotices(t *testing.T) {
	c := calendar(t)
	for day, want := range map[string]Kind{
		"2013-01-05": Moved, "2013-02-15": Holiday, "2014-01-30": Workday, "2014-01-31": Holiday, "2015-09-03": Holiday, "2015-09-06": Moved,
		"2016-10-08": Moved, "2017-10-08": Holiday, "2018-12-29": Moved, "2018-12-31": Holiday, "2019-05-04": Holiday, "2019-05-05": Moved,
		"2020-01-31": Holiday, "2020-02-01": Holiday, "2020-02-03": Workday, "2021-09-18": Moved, "2022-10-09": Moved, "2022-12-31": Holiday,
		"2023-10-07": Moved, "2024-02-09": Workday, "2024-02-10": Holiday, "2025-01-28": Holiday, "2025-10-08": Holiday,
		// 2026: the notice of 2025-11-04, sentence by sentence
		"2026-01-03": Holiday, "2026-01-04": Moved, "2026-02-14": Moved, "2026-02-15": Holiday, "2026-02-23": Holiday, "2026-02-24": Workday, "2026-02-28": Moved,
		"2026-04-06": Holiday, "2026-05-05": Holiday, "2026-05-09": Moved, "2026-06-19": Holiday, "2026-09-20": Moved, "2026-09-25": Holiday, "2026-10-07": Holiday, "2026-10-10": Moved, "2026-10-11": Weekend,
	} {
		d, err := Parse(day)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Kind(d); got != want {
			t.Errorf("%s is %v, want %v", day, got, want)
		}
	}
}

// TestYears: each year of a notice has the working days that the regulation leaves, and every festival is off on its own day, those of
// the moon as the table of the moon has them.
func TestYears(t *testing.T) {
	c, moons := calendar(t), must(readMoons())
	for y := 2013; y <= 2026; y++ {
		if c.Provisional(y) {
			t.Errorf("%d has no notice", y)
		}
		statute := 11 // days off by the regulation; 13 from 2025 on
		if y >= 2025 {
			statute = 13
		}
		weekdays := 0
		for d := On(y, 1, 1); d <= On(y, 12, 31); d++ {
			if !d.weekend() {
				weekdays++
			}
		}
		// days off that the notices gave beyond the statute, or took over from the turn of the year
		extra := map[int]int{2015: 1, 2020: 1}[y]
		got := c.Workdays(On(y, 1, 1), On(y+1, 1, 1))
		if want := weekdays - statute - extra; got < want-2 || got > want+2 {
			t.Errorf("%d has %d working days, the regulation leaves %d", y, got, want)
		}
		m := moons[y]
		for d, name := range map[Date]string{On(y, 1, 1): NewYear, m.spring: SpringFestival, m.spring + 1: SpringFestival, m.qingming: Qingming, On(y, 5, 1): LabourDay, m.dragon: DragonBoat, m.autumn: MidAutumn, On(y, 10, 1): NationalDay, On(y, 10, 2): NationalDay, On(y, 10, 3): NationalDay} {
			x := c.Day(d)
			if x.Kind != Holiday && x.Kind != Weekend || x.Kind == Holiday && !strings.Contains(x.Name, name) && !strings.Contains(x.Name, NationalDay) {
				t.Errorf("%v of %s is %v (%s)", d, name, x.Kind, x.Name)
			}
		}
	}
}

// TestComputed: a year without a notice is computed, says so, and moves no working day.
func TestComputed(t *testing.T) {
	c := calendar(t)
	if !c.Provisional(2027) || !c.Provisional(2100) || c.Provisional(2026) {
		t.Error("which years are provisional is told wrongly")
	}
	for day, want := range map[string]Kind{"2027-02-05": Holiday, "2027-02-06": Holiday, "2027-02-12": Holiday, "2027-02-13": Weekend, "2027-04-05": Holiday, "2027-06-09": Holiday,
		"2027-10-07": Holiday, "2027-10-08": Workday, "2028-10-08": Holiday, "2028-01-03": Holiday, "2100-10-01": Workday} {
		d := must(Parse(day))
		if got := c.Kind(d); got != want {
			t.Errorf("%s is %v, want %v", day, got, want)
		}
	}
	for y := 2027; y <= lastYear; y++ {
		for _, d := range c.Special(y) {
			if d.Kind != Holiday || !d.Provisional {
				t.Errorf("%v is %v, provisional %v", d.Date, d.Kind, d.Provisional)
			}
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestDeadlines: worked by hand.
func TestDeadlines(t *testing.T) {
	c, h := calendar(t), UsualHours()
	at := func(s string) time.Time { return must(time.ParseInLocation("2006-01-02 15:04", s, China)) }
	for _, x := range []struct {
		from string
		work time.Duration
		want string
	}{
		{"2026-11-23 09:00", 2 * time.Hour, "2026-11-23 11:00"},
		{"2026-11-23 09:00", 3 * time.Hour, "2026-11-23 12:00"},
		{"2026-11-23 09:00", 4 * time.Hour, "2026-11-23 14:30"},
		{"2026-11-23 16:30", 4 * time.Hour, "2026-11-24 11:30"},
		{"2026-11-23 03:00", 30 * time.Minute, "2026-11-23 09:00"},
		{"2026-11-27 17:30", time.Hour, "2026-11-30 09:30"},                                               // over a weekend
		{"2026-09-30 16:30", 4 * time.Hour, "2026-10-08 11:30"},                                           // over the National Day
		{"2026-02-13 17:00", time.Hour, "2026-02-14 09:00"},                                               // a Saturday that is worked
		{"2026-02-14 17:00", 8 * time.Hour, "2026-02-24 17:30"},                                           // over the Spring Festival: half an hour, and a whole day
		{"2026-11-23 08:30", 5 * 450 * time.Minute, "2026-11-27 17:30"},                                   // a week to the end of its last hour
		{"2026-11-23 08:30", 5*450*time.Minute + 1, "2026-11-30 08:30"},                                   // and a nanosecond more
		{"2026-11-23 12:30", 0, "2026-11-23 12:30"}, {"2026-11-21 10:00", -time.Hour, "2026-11-21 10:00"}, // nothing to wait for
	} {
		got := c.After(h, at(x.from), x.work)
		if got.Truncate(time.Minute) != at(x.want) {
			t.Errorf("%s and %v end at %v, want %s", x.from, x.work, got, x.want)
		}
	}
	if got := c.AddWorkdays(must(Parse("2026-09-30")), 1).String(); got != "2026-10-08" {
		t.Errorf("the workday after 2026-09-30 is %s", got)
	}
	if got := c.AddWorkdays(must(Parse("2026-10-08")), -1).String(); got != "2026-09-30" {
		t.Errorf("the workday before 2026-10-08 is %s", got)
	}
	if got := c.AddWorkdays(must(Parse("2026-10-09")), 1).String(); got != "2026-10-10" {
		t.Errorf("after Friday comes %s, a Saturday that is worked", got)
	}
}

// TestInverse: After and Between undo one another, add up, and never run backwards; on random days and hours of three notices' years
// and of one that is computed.
func TestInverse(t *testing.T) {
	c, r := calendar(t), rand.New(rand.NewPCG(7, 11))
	start := On(2024, 12, 1).Start()
	for range 20_000 {
		h := UsualHours()
		if r.IntN(2) == 0 {
			a := time.Duration(r.IntN(700)) * time.Minute
			b := a + time.Duration(1+r.IntN(300))*time.Minute
			h = Hours{{a, b}}
			if x := b + time.Duration(1+r.IntN(200))*time.Minute; r.IntN(2) == 0 {
				h = append(h, Span{x, x + time.Duration(1+r.IntN(200))*time.Minute})
			}
		}
		at := start.Add(time.Duration(r.Int64N(int64(900 * 24 * time.Hour))))
		work := time.Duration(r.Int64N(int64(200 * time.Hour)))
		if r.IntN(4) == 0 {
			work = h.Total() * time.Duration(r.IntN(20)) // ends on the last minute of a day
		}
		end := c.After(h, at, work)
		if got := c.Between(h, at, end); got != work {
			t.Fatalf("%v: from %v to %v is %v of work, want %v", h, at, end, got, work)
		}
		if work > 0 && c.Between(h, at, end.Add(-1)) >= work {
			t.Fatalf("%v: %v is not the earliest end from %v", h, end, at)
		}
		if c.Between(h, end, at) != -work {
			t.Fatal("Between is not turned round by its order")
		}
		more := work + time.Duration(r.Int64N(int64(20*time.Hour)))
		if c.After(h, at, more).Before(end) {
			t.Fatal("more work ends earlier")
		}
		later := at.Add(time.Duration(r.Int64N(int64(100 * time.Hour))))
		if c.After(h, later, work).Before(end) {
			t.Fatal("what is begun later ends earlier")
		}
		if a, b := c.Between(h, at, later), c.Between(h, later, end); a+b != work {
			t.Fatalf("%v and %v do not add up to %v", a, b, work)
		}
		d, n := DateOf(at), r.IntN(60)
		if e := c.AddWorkdays(d, n); n > 0 && (c.Workdays(d+1, e+1) != n || !c.Workday(e)) {
			t.Fatalf("%d workdays after %v is not %v", n, d, e)
		}
	}
}

func TestHours(t *testing.T) {
	for text, want := range map[string]string{"8:30-12:00,13:30-17:30": "8:30-12:00,13:30-17:30", " 09:00-17:00 ": "9:00-17:00", "8：30-12：00，13：30-17：30": "8:30-12:00,13:30-17:30", "0:00-24:00": "0:00-24:00"} {
		h, err := ParseHours(text)
		if err != nil || h.String() != want {
			t.Errorf("%q gives %v, %v", text, h, err)
		}
	}
	for _, text := range []string{"", "8:30", "12:00-8:30", "8:30-12:00,12:00-13:00", "8:30-25:00", "8:60-9:00", "8:3-9:00", "a:bb-c:dd", "13:00-14:00,8:00-9:00", "-1:00-2:00"} {
		if h, err := ParseHours(text); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q was taken as %v (%v)", text, h, err)
		}
	}
}

const whole = "date,kind,name\n2027-01-01,holiday,元旦\n2027-02-06,放假,春节\n2027-02-14,调休上班,春节\n2027-05-01,holiday,劳动节\n2027-10-01,holiday,国庆节\n2026-12-31,holiday,元旦\n"

func TestReadNotice(t *testing.T) {
	n, err := ReadNotice(2027, "通知", "文号", whole)
	if err != nil || len(n.Days) != 6 || n.Days[0].Date.String() != "2026-12-31" {
		t.Fatalf("%+v, %v", n, err)
	}
	if again, err := ReadNotice(2027, "通知", "文号", n.CSV()); err != nil || len(again.Days) != 6 {
		t.Errorf("what it writes it does not read: %v", err)
	}
	if _, err := ReadNotice(2027, "通知", "", strings.ReplaceAll(whole, ",", "\t")); err != nil {
		t.Errorf("tabs: %v", err)
	}
	for name, text := range map[string]string{
		"two columns": "2027-01-01,holiday", "kind": strings.Replace(whole, "放假", "fair", 1), "twice": whole + "2027-05-01,holiday,劳动节\n", "year": whole + "2025-05-01,holiday,劳动节\n",
		"a weekday worked": whole + "2027-02-15,moved,春节\n", "no National Day": strings.Replace(whole, "2027-10-01", "2027-10-02", 1), "no date": whole + "yesterday,holiday,x\n", "no name": whole + "2027-10-03,holiday,\n", "empty": "", "quote": "\"2027", "long": strings.Repeat("2027-01-01,holiday,元旦\n", 200),
	} {
		if _, err := ReadNotice(2027, "通知", "", text); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s was taken: %v", name, err)
		}
	}
	if _, err := ReadNotice(2027, " ", "", whole); !errs.Is(err, errs.Invalid) {
		t.Error("a notice without a name was taken")
	}
}

// FuzzReadNotice: whatever is given, the reader gives a notice that it reads again as the same, or an error that says why.
func FuzzReadNotice(f *testing.F) {
	f.Add(whole)
	f.Add("2027-01-01\tholiday\t元旦")
	f.Add("\"")
	f.Fuzz(func(t *testing.T, text string) {
		n, err := ReadNotice(2027, "通知", "", text)
		if err != nil {
			if !errs.Is(err, errs.Invalid) {
				t.Fatal(err)
			}
			return
		}
		again, err := ReadNotice(2027, "通知", "", n.CSV())
		if err != nil || len(again.Days) != len(n.Days) {
			t.Fatalf("%v: %q", err, n.CSV())
		}
	})
}

// FuzzParseHours: hours that are read are in order, and written as they are read.
func FuzzParseHours(f *testing.F) {
	f.Add("8:30-12:00,13:30-17:30")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := ParseHours(text)
		if err != nil {
			return
		}
		again, err := ParseHours(h.String())
		if err != nil || again.String() != h.String() || h.Total() <= 0 || h.Total() > 24*time.Hour {
			t.Fatalf("%q: %v, %v", text, h, err)
		}
	})
}

// TestBook: a notice that is entered counts at once and after a restart, the newer one over the older, until it is taken back.
func TestBook(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, now := context.Background(), func() time.Time { return time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC) }
		j := must(journal.Open(ctx, db, now))
		b, err := Open(ctx, db, j, now)
		if err != nil {
			t.Fatal(err)
		}
		who := identity.NewPrincipal("person:1", "gov", nil, GrantEdit)
		moved := On(2027, 2, 14)
		if b.Now().Workday(moved) || !b.Now().Provisional(2027) {
			t.Fatal("2027 has a notice already")
		}
		n := must(ReadNotice(2027, "国务院办公厅关于2027年部分节假日安排的通知", "", whole))
		if _, err := b.Enter(ctx, &identity.Principal{ID: "person:2"}, n); !errs.Is(err, errs.Denied) {
			t.Errorf("anybody may enter notices: %v", err)
		}
		id, err := b.Enter(ctx, who, n)
		if err != nil {
			t.Fatal(err)
		}
		if !b.Now().Workday(moved) || b.Now().Provisional(2027) {
			t.Error("the notice does not count")
		}
		if b.Now().Kind(On(2027, 2, 8)) != Workday {
			t.Error("what was computed still counts beside the notice")
		}
		if err := b.SetHours(ctx, who, "power", "9:00-17:00"); err != nil {
			t.Fatal(err)
		}
		again, err := Open(ctx, db, j, now)
		if err != nil {
			t.Fatal(err)
		}
		if !again.Now().Workday(moved) || again.Hours("power").String() != "9:00-17:00" || again.Hours("other").String() != UsualHours().String() {
			t.Error("a restart forgot what was entered")
		}
		if err := b.Undo(ctx, who, id, "x"); !errs.Is(err, errs.Invalid) {
			t.Errorf("undone without a reason: %v", err)
		}
		if err := b.Undo(ctx, who, id, "录入有误"); err != nil {
			t.Fatal(err)
		}
		if b.Now().Workday(moved) || !b.Now().Provisional(2027) {
			t.Error("what was taken back still counts")
		}
		if err := b.Undo(ctx, who, id, "录入有误"); !errs.Is(err, errs.Conflict) {
			t.Errorf("taken back twice: %v", err)
		}
		if err := b.SetHours(ctx, who, "power", ""); err != nil || b.Own("power") {
			t.Errorf("hours were not taken away: %v", err)
		}
		entries, _, err := j.List(ctx, journal.Filter{Object: "calendar:2027"})
		if err != nil || len(entries) != 2 {
			t.Errorf("the journal has %d acts, %v", len(entries), err)
		}
	})
}

func BenchmarkAfter(b *testing.B) {
	c, h := calendar(b), UsualHours()
	at := time.Date(2026, 9, 30, 8, 0, 0, 0, time.UTC)
	for b.Loop() {
		c.After(h, at, 40*time.Hour)
	}
}

func BenchmarkKind(b *testing.B) {
	c, d := calendar(b), On(2026, 10, 1)
	for b.Loop() {
		c.Kind(d)
	}
}

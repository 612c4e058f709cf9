package index_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/haihe-city/haihe/systems/grid/outage/index"
)

var china = time.FixedZone("CST", 8*3600)

func at(t *testing.T, text string) int64 {
	t.Helper()
	x, err := time.ParseInLocation("2006-01-02 15:04", text, china)
	if err != nil {
		t.Fatal(err)
	}
	return x.Unix()
}

func year(y int) index.Period {
	return index.Period{From: time.Date(y, 1, 1, 0, 0, 0, 0, china).Unix(), To: time.Date(y+1, 1, 1, 0, 0, 0, 0, china).Unix()}
}

// The worked city has 1,000 customers: 1 to 600 on feeder A in a core district, 601 to 1,000 on feeder B in another district.
const (
	feederA = iota
	feederB
	districtA
	districtB
	core
	city
	areas
)

func place(customer int64) [index.Areas]int32 {
	if customer <= 600 {
		return [index.Areas]int32{feederA, districtA, core, city}
	}
	return [index.Areas]int32{feederB, districtB, -1, city}
}

// worked is the year 2015 of the worked city, each line with its customer-seconds.
func worked(t *testing.T) []index.Spell {
	t.Helper()
	var out []index.Spell
	for _, o := range []struct {
		first, last int64
		from, to    string
		cause       index.Cause
	}{
		{1, 60, "2015-03-01 08:00", "2015-03-01 09:00", index.Fault},         // first stage: 60 x 3,600 = 216,000
		{61, 100, "2015-03-01 08:00", "2015-03-01 10:00", index.Fault},       // second stage: 40 x 7,200 = 288,000
		{81, 120, "2015-03-01 09:30", "2015-03-01 11:30", index.Planned},     // overlaps for 81 to 100: 20 x 5,400 more = 108,000; 101 to 120: 20 x 7,200 = 144,000
		{1, 10, "2015-03-01 14:00", "2015-03-01 14:30", index.Fault},         // hit twice: 10 x 1,800 = 18,000
		{601, 700, "2015-04-02 03:00", "2015-04-02 03:05", index.Fault},      // 300 s: momentary in one standard, not short in the other; 100 x 300 = 30,000
		{601, 620, "2015-04-03 03:00", "2015-04-03 03:02", index.Unknown},    // 120 s: momentary and short; 20 x 120 = 2,400
		{601, 1000, "2015-06-10 12:00", "2015-06-10 13:00", index.External},  // 400 x 3,600 = 1,440,000
		{901, 1000, "2015-07-20 18:00", "2015-07-20 20:00", index.Rationing}, // 100 x 7,200 = 720,000
		{1, 1000, "2015-08-12 00:00", "2015-08-13 12:00", index.Fault},       // the major event: 1,000 x 129,600 = 129,600,000
		{1, 50, "2015-12-31 23:00", "2016-01-01 01:00", index.Fault},         // over the year's end: 50 x 7,200 = 360,000, half of it in 2015
		{700, 700, "2015-05-05 10:00", "2015-05-05 10:00", index.Fault},      // nothing
		{100, 100, "2015-03-01 08:30", "2015-03-01 09:00", index.Fault},      // told a second time: nothing more
		{101, 101, "2014-03-01 08:30", "2014-03-01 09:00", index.Fault},      // the year before
	} {
		for c := o.first; c <= o.last; c++ {
			out = append(out, index.Spell{Customer: c, From: at(t, o.from), To: at(t, o.to), Cause: o.cause})
		}
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func TestWorkedYear(t *testing.T) {
	r := index.Lay(worked(t))
	// Five years of days whose SAIDI is 1, e and e squared minutes: the logarithms 0, 1 and 2 have mean 1 and deviation 1, the
	// threshold is exp(1 + 2.5) = 33.1 minutes. 2015-06-10 has 24 minutes and is none, 2015-08-12 has 2,160 minutes and is one.
	threshold := index.ThresholdOf(map[int64]int64{1: 60_000, 2: 163_097, 3: 443_343, 4: 0}, 1000)
	if threshold.Days != 3 || math.Abs(threshold.Minutes-math.Exp(3.5)) > 0.001 {
		t.Fatalf("threshold %+v", threshold)
	}
	major := threshold.Major(r.Daily(index.IEEE, year(2015), nil), 1000)
	if len(major) != 1 || !major[index.Day(at(t, "2015-08-12 13:00"))] {
		t.Fatalf("major event days: %v", major)
	}
	for _, c := range []struct {
		name    string
		rule    index.Rule
		period  index.Period
		without map[int64]bool
		area    int
		want    index.Sum
	}{
		// all: 216,000+288,000+108,000+144,000+18,000+1,440,000+720,000+129,600,000+360,000 = 132,894,000
		// interruptions: 100 + 20 (101 to 120; 81 to 100 go on) + 10 + 400 + 100 + 1,000 + 50 = 1,680; momentary: 100 + 20
		// customers 1 to 10 have four: the stage, the second hit, the major event, the year's end
		{"IEEE city", index.IEEE, year(2015), nil, city, index.Sum{Seconds: 132_894_000, Interruptions: 1680, Momentary: 120, Hit: 1000, Many: 10}},
		{"IEEE city, no major day", index.IEEE, year(2015), major, city, index.Sum{Seconds: 3_294_000, Interruptions: 680, Momentary: 120, Hit: 520}},
		// feeder A: 216,000+288,000+108,000+144,000+18,000+360,000 = 1,134,000; 100+20+10+50; 1 to 120 are hit
		{"IEEE feeder A, no major day", index.IEEE, year(2015), major, feederA, index.Sum{Seconds: 1_134_000, Interruptions: 180, Hit: 120}},
		{"IEEE core, no major day", index.IEEE, year(2015), major, core, index.Sum{Seconds: 1_134_000, Interruptions: 180, Hit: 120}},
		// feeder B: 1,440,000 + 720,000; 400 + 100; 400 hit
		{"IEEE district B, no major day", index.IEEE, year(2015), major, districtB, index.Sum{Seconds: 2_160_000, Interruptions: 500, Momentary: 120, Hit: 400}},
		{"IEEE 2016", index.IEEE, year(2016), nil, city, index.Sum{}},
		// a day: 216,000+288,000+108,000+144,000+18,000; 100 + 20 + 10
		{"IEEE 1 March", index.IEEE, index.Period{From: at(t, "2015-03-01 00:00"), To: at(t, "2015-03-02 00:00")}, nil, city, index.Sum{Seconds: 774_000, Interruptions: 130, Hit: 120}},
		// RS-1: as above with 30,000 and 2,400 of the short ones, and 180,000 of the night of the year's end: 132,746,400
		// 1,680 + 120 interruptions; customers 1 to 10 have four
		{"RS-1", index.RS1, year(2015), nil, city, index.Sum{Seconds: 132_746_400, Interruptions: 1800, Hit: 1000, Many: 10 + 20}}, // 601 to 620: 300 s, 120 s, external, major event
		{"RS-2", index.RS2, year(2015), nil, city, index.Sum{Seconds: 131_306_400, Interruptions: 1400, Hit: 1000, Many: 10}},
		{"RS-3", index.RS3, year(2015), nil, city, index.Sum{Seconds: 132_026_400, Interruptions: 1700, Hit: 1000, Many: 30}},
		{"RS-4", index.RS4, year(2015), nil, city, index.Sum{Seconds: 132_744_000, Interruptions: 1780, Momentary: 20, Hit: 1000, Many: 10}},
		// faults alone: 504,000+18,000+30,000+2,400+1,440,000+129,600,000+180,000; 100+10+100+20+400+1,000+50
		{"RS-1-F", index.RSFault, year(2015), nil, city, index.Sum{Seconds: 131_774_400, Interruptions: 1680, Hit: 1000, Many: 30}},
		// the plan alone: 40 x 7,200 + 720,000; 40 + 100
		{"RS-1-S", index.RSPlanned, year(2015), nil, city, index.Sum{Seconds: 1_008_000, Interruptions: 140, Hit: 140}},
		{"RS-1 2016", index.RS1, year(2016), nil, city, index.Sum{Seconds: 180_000}}, // began in 2015
	} {
		if got := r.Tally(c.rule, c.period, areas, place, c.without)[c.area]; got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestFigures(t *testing.T) {
	all := index.Figures{Sum: index.Sum{Seconds: 3_294_000, Interruptions: 680, Momentary: 120, Many: 10}, Customers: 1000, Span: year(2015).Seconds()}
	for _, c := range []struct{ name, got, want string }{
		{"SAIDI", all.SAIDI().Decimal(1, 1), "3294.0"},
		{"SAIFI", all.SAIFI().Decimal(1, 3), "0.680"},
		{"CAIDI", all.CAIDI().Decimal(1, 3), "4844.118"},  // 3,294,000 / 680
		{"ASAI", all.ASAI().Decimal(100, 6), "99.989555"}, // 1 - 3,294 / 31,536,000
		{"MAIFI", all.MAIFI().Decimal(1, 2), "0.12"},
		{"CEMI-3", all.CEMI().Decimal(100, 1), "1.0"},
		{"nobody", index.Figures{Span: 1}.SAIDI().Decimal(1, 1), "—"},
	} {
		if c.got != c.want {
			t.Errorf("%s is %s, want %s", c.name, c.got, c.want)
		}
	}
}

func TestPromise(t *testing.T) {
	for _, c := range []struct {
		name    string
		year    int
		seconds int64 // of 1,000 customers
		kept    bool
	}{
		{"52.56 minutes of 8,760 hours", 2015, 3_153_600, true},
		{"one customer-second more", 2015, 3_153_601, false},
		{"52.57 minutes", 2015, 3_154_200, false},
		{"52.56 minutes of a leap year", 2016, 3_153_600, true},
		{"52.704 minutes of 8,784 hours", 2016, 3_162_240, true},
		{"52.71 minutes of a leap year", 2016, 3_162_600, false},
		{"nothing", 2015, 0, true},
	} {
		f := index.Figures{Sum: index.Sum{Seconds: c.seconds}, Customers: 1000, Span: year(c.year).Seconds()}
		if f.Kept() != c.kept {
			t.Errorf("%s: kept is %v", c.name, f.Kept())
		}
		if got := f.ASAI().Float(100); got >= 99.99 != c.kept { // as the plan's board compares it
			t.Errorf("%s: %.17g percent", c.name, got)
		}
	}
	city := index.Figures{Sum: index.Sum{Seconds: 5_600_000 * 31_536_000 / 10_000}, Customers: 5_600_000, Span: 31_536_000}
	if !city.Kept() || city.ASAI().Float(100) != 99.99 {
		t.Errorf("the whole city at the promise: %v %.17g", city.Kept(), city.ASAI().Float(100))
	}
	if city.Seconds++; city.Kept() {
		t.Error("one second of one of 5.6 million customers is too much and passes")
	}
	if got := index.Budget(31_536_000).Decimal(1, 1); got != "3153.6" {
		t.Errorf("budget %s", got)
	}
}

// TestAgainstSeconds holds the tally to counting every second of every customer.
func TestAgainstSeconds(t *testing.T) {
	const span, customers = 2000, 5
	rng := rand.New(rand.NewPCG(7, 9))
	for round := range 400 {
		var spells []index.Spell
		for range rng.IntN(12) {
			from := rng.Int64N(span)
			spells = append(spells, index.Spell{Customer: rng.Int64N(customers), From: from, To: min(from+rng.Int64N(700), span), Cause: index.Cause(rng.IntN(5))})
		}
		p := index.Period{From: rng.Int64N(span / 2)}
		p.To = p.From + rng.Int64N(span)
		rule := index.Rule{Leave: index.Causes(rng.IntN(32)), Brief: rng.Int64N(400), Whole: rng.IntN(2) == 0}
		want := bySecond(spells, rule, p, span, customers)
		got := index.Lay(spells).Tally(rule, p, 1, func(int64) [index.Areas]int32 { return [index.Areas]int32{0, -1, -1, -1} }, nil)[0]
		if got != want {
			t.Fatalf("round %d, %+v, %+v, %v: %+v, by seconds %+v", round, rule, p, spells, got, want)
		}
		var days int64
		for _, s := range index.Lay(spells).Daily(rule, p, nil) {
			days += s
		}
		if days != want.Seconds {
			t.Fatalf("round %d: the days add up to %d, want %d", round, days, want.Seconds)
		}
	}
}

// bySecond walks over the seconds of each customer, lit or dark.
func bySecond(spells []index.Spell, rule index.Rule, p index.Period, span, customers int64) (sum index.Sum) {
	for c := range customers {
		dark := make([]bool, span+1)
		for _, s := range spells {
			for x := s.From; x < s.To && s.Customer == c && !rule.Leave.Has(s.Cause); x++ {
				dark[x] = true
			}
		}
		var many int64
		for x := int64(0); x < span; x++ {
			if !dark[x] || x > 0 && dark[x-1] {
				continue
			}
			length, inside, began := int64(0), int64(0), x >= p.From && x < p.To
			for y := x; dark[y]; y++ {
				length++
				if y >= p.From && y < p.To {
					inside++
				}
			}
			if rule.Whole {
				inside = 0
				if began {
					inside = length
				}
			}
			switch {
			case length <= rule.Brief && began:
				sum.Momentary++
			case length > rule.Brief:
				sum.Seconds += inside
				if began {
					many++
				}
			}
		}
		sum.Interruptions += many
		if many > 0 {
			sum.Hit++
		}
		if many > index.ManyAbove {
			sum.Many++
		}
	}
	return sum
}

func TestThreshold(t *testing.T) {
	for name, daily := range map[string]map[int64]int64{"no day": nil, "one day": {1: 60}, "days without any": {1: 0, 2: 0, 3: 60}} {
		if th := index.ThresholdOf(daily, 10); !math.IsInf(th.Minutes, 1) || len(th.Major(map[int64]int64{5: 1 << 40}, 10)) != 0 {
			t.Errorf("%s: %+v", name, th)
		}
	}
	same := index.ThresholdOf(map[int64]int64{1: 600, 2: 600}, 10) // one minute twice: exp(0 + 0)
	if math.Abs(same.Minutes-1) > 1e-9 || len(same.Major(map[int64]int64{3: 600, 4: 601}, 10)) != 1 {
		t.Errorf("equal days: %+v", same)
	}
}

func TestDays(t *testing.T) {
	for _, c := range []struct {
		text string
		day  int64
	}{{"1970-01-01 00:00", 0}, {"1970-01-01 23:59", 0}, {"1969-12-31 23:59", -1}, {"2016-03-01 00:00", 16_861}} {
		if d := index.Day(at(t, c.text)); d != c.day || index.DayStart(d) > at(t, c.text) || index.DayStart(d+1) <= at(t, c.text) {
			t.Errorf("%s is day %d, want %d", c.text, d, c.day)
		}
	}
}

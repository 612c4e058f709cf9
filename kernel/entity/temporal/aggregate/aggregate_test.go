package aggregate_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/temporal/aggregate"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

var start = time.Date(2020, 8, 1, 0, 0, 0, 0, time.UTC)

func methods(t *testing.T, names ...string) []aggregate.Method {
	t.Helper()
	list, err := aggregate.Read(names)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Sums are exact where they can be: a hundred thousand tenths are ten thousand, and great numbers do not swallow small ones.
func TestExactness(t *testing.T) {
	all := methods(t, "sum", "avg", "stddev", "distinctCount")
	for _, c := range []struct {
		name, sum, avg string
		values         func(i int) string
	}{
		{"tenths", "10000", "0.1", func(int) string { return "0.1" }},
		{"great and small", "50000", "0.5", func(i int) string { return []string{"1e15", "0.5", "-1e15", "1.5"}[i%4] }},
		{"whole", "4999950000", "49999.5", strconv.Itoa},
	} {
		s := aggregate.New(all, start, start, query.Period{})
		for i := range 100_000 {
			s.Add(0, &ngsi.Attr{Value: json.RawMessage(c.values(i))})
		}
		got := s.Result()
		if a, b := string(got["sum"][0].Value), string(got["avg"][0].Value); a != c.sum || b != c.avg {
			t.Errorf("%s: sum %s instead of %s, average %s instead of %s", c.name, a, c.sum, b, c.avg)
		}
	}
	s := aggregate.New(all, start, start, query.Period{})
	s.Millionths([]int64{1, 2, 3}, []int64{8_999_999_999_999_000_000, 8_999_999_999_999_000_000, 8_999_999_999_999_000_000})
	if got := string(s.Result()["sum"][0].Value); got != "26999999999997" {
		t.Errorf("beyond 64 bits: %s", got)
	}
}

// The deviation of values far from zero is that of the same values near it.
func TestDeviation(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	near, far := aggregate.New(methods(t, "stddev"), start, start, query.Period{}), aggregate.New(methods(t, "stddev"), start, start, query.Period{})
	for range 10_000 {
		v := r.IntN(1000)
		near.Add(0, &ngsi.Attr{Value: json.RawMessage(strconv.Itoa(v))})
		far.Add(0, &ngsi.Attr{Value: json.RawMessage(strconv.Itoa(v + 1_000_000_000))})
	}
	a, _ := strconv.ParseFloat(string(near.Result()["stddev"][0].Value), 64)
	b, _ := strconv.ParseFloat(string(far.Result()["stddev"][0].Value), 64)
	if math.Abs(a-b) > 1e-9*a || a == 0 {
		t.Errorf("%v near zero, %v far from it", a, b)
	}
}

// Distinct numbers are counted whether they come from documents or from gauges.
func TestDistinct(t *testing.T) {
	s := aggregate.New(methods(t, "distinctCount", "totalCount"), start, start, query.Period{})
	var times, values []int64
	for i := range 5000 {
		times, values = append(times, int64(i)), append(values, int64(i%1237)*500_000)
	}
	s.Millionths(times, values)
	for _, v := range []string{"0", "0.5", "0.50", "-1", `"0.5"`, "1e30"} {
		s.Add(1, &ngsi.Attr{Value: json.RawMessage(v)})
	}
	got := s.Result()
	if n := string(got["distinctCount"][0].Value); n != strconv.Itoa(1237+3) { // -1, the text, 1e30
		t.Errorf("%s distinct values", n)
	}
	if n := string(got["totalCount"][0].Value); n != "5006" {
		t.Errorf("%s values", n)
	}
}

// Every time lies in the period that is given for it, for periods of any kind; periods do not overlap.
func TestPeriods(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, p := range []query.Period{{Exact: time.Second}, {Exact: 90 * time.Minute}, {Days: 1}, {Days: 7}, {Months: 1}, {Years: 1}, {Years: 1, Months: 2, Days: 3, Exact: time.Hour}} {
		origin := time.Date(2020, 1, 31, 12, 3, 0, 0, time.UTC)
		s := aggregate.New(methods(t, "totalCount", "min", "max"), origin, origin, p)
		for range 2000 {
			at := origin.Add(time.Duration(r.Int64N(int64(6 * 365 * 24 * time.Hour)))).UnixMicro()
			s.Add(at, &ngsi.Attr{Value: json.RawMessage(strconv.FormatInt(at, 10))})
		}
		total, end := 0, time.Time{}
		got := s.Result()
		for i, c := range got["totalCount"] {
			n, _ := strconv.Atoi(string(c.Value))
			total += n
			low, _ := strconv.ParseFloat(string(got["min"][i].Value), 64)
			high, _ := strconv.ParseFloat(string(got["max"][i].Value), 64)
			if low < float64(c.From.UnixMicro()) || high >= float64(c.To.UnixMicro()) || c.From.Before(end) {
				t.Fatalf("%v: period %v to %v holds %v to %v, the one before ends %v", p, c.From, c.To, low, high, end)
			}
			end = c.To
		}
		if total != 2000 {
			t.Errorf("%v: %d of 2000 values", p, total)
		}
	}
}

func TestRead(t *testing.T) {
	if list := methods(t, "avg", "max", "avg"); len(list) != 2 || list[1].String() != "max" {
		t.Errorf("%v", list)
	}
	if _, err := aggregate.Read([]string{"avg", "median"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("median: %v", err)
	}
}

package rule

import (
	"encoding/csv"
	"errors"
	"io/fs"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// real are the columns of the public curves of two transformer stations that are loads: less than one value in ten thousand of
// them is negative. The other columns flow both ways.
var real = []struct{ file, column string }{{"ETTh1.csv", "LUFL"}, {"ETTh2.csv", "HUFL"}, {"ETTh2.csv", "MUFL"}}

// realHours reads a column; the test is skipped where the data is not there.
func realHours(t *testing.T, file, column string) (first book.Day, values []float64) {
	t.Helper()
	f, err := os.Open("../../../../../shared/data/grid/" + file)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the public curves are not there")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := -1
	for i, name := range rows[0] {
		if name == column {
			at = i
		}
	}
	first, ok := book.ParseDay(rows[1][0][:10])
	if at < 0 || !ok {
		t.Fatal("the file is not as it was")
	}
	for _, r := range rows[1:] {
		v, err := strconv.ParseFloat(r[at], 64)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, max(v, 0))
	}
	return first, values
}

// atFault tells which rule a day of the source must meet: some say the same as the day before in every hour, to the last digit,
// and some stand at zero for hours where a transformer feeds a district. Those are no clean days.
func atFault(hours []float64, n int) Rule {
	day := hours[n*24 : n*24+24]
	if n > 0 && slices.Equal(day, hours[n*24-24:n*24]) {
		return Duplicate
	}
	zeros := 0
	for _, v := range day {
		if v == 0 {
			zeros++
		}
	}
	if zeros >= 5 {
		return Zero
	}
	return ""
}

// TestRealCurvesAreClean lays registers made of public transformer curves before the rules: what they find there is a false
// alarm, as far as the curves are right. The hours are joined by straight lines, the power is that of the quarter hour.
func TestRealCurvesAreClean(t *testing.T) {
	wrong, all, slots, marked, stuck := map[Rule]int{}, 0, 0, 0, map[Rule]int{}
	for _, c := range real {
		day, hours := realHours(t, c.file, c.column)
		k, s := NewChecker(Limits{}), NewStat()
		register := int64(1_000_0000)
		for n := 0; (n+1)*24+1 < len(hours); n++ {
			var d Day
			Begin(&d, day+book.Day(n), &s)
			for i := range Slots {
				at := float64(n*24) + float64(i)/4
				h := int(at)
				kw := (hours[h] + (hours[h+1]-hours[h])*(at-float64(h))) * 10 // a scaled unit; ten of it are taken for a kW
				power := int64(math.Round(kw * 1e4))
				register += power / 4
				d.Put(d.Day.Start()+int64(i)*book.SlotMicros, tolerance, series.Measured, register, power, 2200)
			}
			found := k.Check(&d, &s)
			if n >= 14 { // until then nothing is usual
				if want := atFault(hours, n); want != "" {
					stuck[want]++
					if !slices.ContainsFunc(found, func(f Finding) bool { return f.Rule == want }) {
						t.Errorf("%s %s %s: the source is at fault and %s does not find it", c.file, c.column, d.Day, want)
					}
					k.Take(&d, &s)
					continue
				}
				all++
				slots += Slots
				for _, f := range found {
					wrong[f.Rule]++
					marked += f.Slots.Count()
					t.Logf("%s %s %s: %s %s", c.file, c.column, d.Day, f.Rule, f.Text().En)
				}
			}
			k.Take(&d, &s)
		}
	}
	total := 0
	for _, r := range Rules {
		n := wrong[r.Rule]
		total += n
		t.Logf("%-12s %d of %d days, %.2f %%", r.Rule, n, all, 100*float64(n)/float64(all))
		if float64(n) > 0.005*float64(all) {
			t.Errorf("%s is false on %.2f %% of the days", r.Rule, 100*float64(n)/float64(all))
		}
	}
	t.Logf("besides %v days of the source that are at fault, all found", stuck)
	t.Logf("all rules: %d findings on %d days, %d of %d slots marked, %.3f %%", total, all, marked, slots, 100*float64(marked)/float64(slots))
	if float64(marked) > 0.005*float64(slots) {
		t.Errorf("%.2f %% of the slots are marked", 100*float64(marked)/float64(slots))
	}
}

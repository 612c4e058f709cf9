package grid_test

import (
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/haihe-city/haihe/host/intake"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/interval"
)

const nemFolder = "../../../shared/data/grid/nem"

// nemFiles are the public interval files, by path below their folder.
func nemFiles(t *testing.T) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(nemFolder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		out[strings.TrimPrefix(path, nemFolder+"/")] = body
		return err
	})
	if err != nil {
		t.Skip("the public interval files are not here: ../shared/data/grid/nem")
	}
	return out
}

// values are the stored values of a channel of an imported meter.
func (r *room) values(nmi, suffix string) []series.Sample {
	r.t.Helper()
	e, err := r.Entities.Get(r.t.Context(), interval.ChannelID(nmi, suffix))
	if err != nil {
		r.t.Fatalf("channel %s of %s: %v", suffix, nmi, err)
	}
	table, err := r.Series.Declare(r.t.Context(), interval.Family)
	if err != nil {
		r.t.Fatal(err)
	}
	out, err := table.Range(r.t.Context(), e.Num, 0, 1<<53)
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// imported counts what interval files have left in the database: meters, channels, values and their sum.
func (r *room) imported() (out [4]int64) {
	r.t.Helper()
	for i, typ := range []string{book.TypeMeter, book.TypeChannel} {
		n, err := r.Entities.Count(r.t.Context(), typ, "")
		if err != nil {
			r.t.Fatal(err)
		}
		out[i] = n
	}
	table, err := r.Series.Declare(r.t.Context(), interval.Family)
	if err != nil {
		r.t.Fatal(err)
	}
	err = table.Scan(r.t.Context(), nil, 0, 1<<53, func(x series.Sample) error {
		out[2]++
		out[3] += x.Values[0] * int64(x.Quality+1)
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// malformed are the files that must be refused.
var malformed = []string{
	"invalid/Example_NEM12_15min_200_30min_300.csv", "invalid/Example_NEM12_15min_200_30min_400.csv", "invalid/Example_NEM12_30min_200_15min_300.csv",
	"invalid/Example_NEM12_30min_200_15min_400.csv", "invalid/Example_NEM12_incomplete_interval.csv", "invalid/Example_NEM12_missing_header.csv",
	"invalid/Example_NEM12_powercor.csv", "invalid/Example_NEM12_powercor.csv.zip", "invalid/Example_NEM12_powercor_missing_fields.csv", // without a header
	"invalid/Example_empty_file.csv", "nem12/NEM12#Scenario10#ETSAMDP#NEMMCO.zip", // a day whose values are torn over several lines
}

// TestEveryIntervalFile takes in every public file: those that are well formed with all their values, the others not at all.
func TestEveryIntervalFile(t *testing.T) {
	files := nemFiles(t)
	r := open(t, nil)
	names := slices.Sorted(maps.Keys(files))
	if len(names) != 180 {
		t.Errorf("%d files, want 180", len(names))
	}
	taken := map[string]int64{}
	for _, name := range names {
		before := r.imported()
		dry := r.importFile("nem12", filepath.Base(name), files[name], true)
		if r.imported() != before {
			t.Fatalf("%s: a dry run has changed something", name)
		}
		got := r.importFile("nem12", filepath.Base(name), files[name], false)
		if slices.Contains(malformed, name) {
			if got.Stopped == nil || got.Taken != 0 || got.Refused == 0 || dry.Refused != got.Refused {
				t.Errorf("%s was not refused: %+v", name, got.Result)
			}
			if !slices.ContainsFunc(got.lines, func(l intake.Line) bool {
				return l.Level == "error" && l.Line > 0 && l.Text.Zh != "" && l.Text.En != ""
			}) {
				t.Errorf("%s: no line with a reason: %v", name, got.lines)
			}
			if r.imported() != before {
				t.Errorf("%s was refused and changed something all the same", name)
			}
			continue
		}
		if got.Stopped != nil || got.Refused != 0 {
			t.Errorf("%s: %+v %+v %v", name, got.Result, got.Stopped, got.lines)
			continue
		}
		taken["files"]++
		taken["values"] += got.Counts["readings"]
		after := r.imported()
		if again := r.importFile("nem12", filepath.Base(name), files[name], false); again.Stopped != nil || again.Taken != got.Taken || r.imported() != after {
			t.Errorf("%s taken in again changed something: %v %v", name, after, r.imported())
		}
	}
	n := r.imported()
	t.Logf("%d files taken, %d refused; %d values in them; in the database %d meters, %d channels, %d values", taken["files"], len(malformed), taken["values"], n[0], n[1], n[2])
	for _, p := range []string{"/zh", "/en"} {
		if ids := r.pageRows(p+"/grid/imported", "n-"); int64(len(ids)) != n[0] {
			t.Errorf("%s/grid/imported lists %d of %d meters", p, len(ids), n[0])
		}
	}
	if c := r.coverage(""); c.City.Meters != 0 {
		t.Errorf("meters of interval files count in the city's coverage: %+v", c.City)
	}
}

// TestIntervalFacts holds the values to what is known of some files, in the series and on the pages.
func TestIntervalFacts(t *testing.T) {
	files := nemFiles(t)
	near := func(x series.Sample, v float64) bool { return math.Abs(float64(x.Values[0])/1e6-v) < 0.006 }
	for _, c := range []struct {
		file  string
		pages map[string][]string // of a path: what both languages show
		check func(t *testing.T, r *room)
	}{
		{"unzipped/Example_NEM12_actual_interval.csv", map[string][]string{"/grid/imported": {"VABD000163", "E1 Q1"}, "/grid/meters/VABD000163?day=2004-02-01": {"1.111", "2.222"}}, func(t *testing.T, r *room) {
			for suffix, v := range map[string]float64{"E1": 1.11, "Q1": 2.22} {
				x := r.values("VABD000163", suffix)
				if len(x) != 48 || !near(x[10], v) || !near(x[47], v) || x[10].Quality != series.Measured {
					t.Errorf("%s: %d values, %v", suffix, len(x), x[10])
				}
			}
		}},
		{"unzipped/Example_NEM12_multiple_quality.csv", map[string][]string{"/grid/meters/CCCC123456": {"2004-04-17", "18.023", "14.733"}}, func(t *testing.T, r *room) {
			x := r.values("CCCC123456", "E1")
			if len(x) != 48 || !near(x[0], 18.023) || !near(x[47], 14.733) {
				t.Fatalf("%d values", len(x))
			}
			for i, q := range map[int]series.Quality{0: series.Substituted, 10: series.Substituted, 19: series.Substituted, 20: series.Measured, 23: series.Measured, 25: series.Substituted, 47: series.Substituted} {
				if x[i].Quality != q {
					t.Errorf("quality of %d is %v, want %v", i, x[i].Quality, q)
				}
			}
			zh, en := r.As("reader").Get("/zh/grid/meters/CCCC123456").Body, r.As("reader").Get("/en/grid/meters/CCCC123456").Body
			if !strings.Contains(zh, "替代值") || !strings.Contains(zh, "实测") || !strings.Contains(en, "Substitute") || !strings.Contains(en, "Actual") {
				t.Error("the page does not show the qualities")
			}
		}},
		{"unzipped/Example_NEM13_consumption_data.csv", map[string][]string{"/grid/meters/VABC005890": {"1312.1"}}, func(t *testing.T, r *room) {
			var sum int64
			for _, x := range r.values("VABC005890", "11") {
				sum += x.Values[0]
			}
			if sum != 1312_100000 {
				t.Errorf("the reads add up to %d", sum)
			}
		}},
		{"unzipped/Example_NEM12_no_scheduled_read.csv", nil, func(t *testing.T, r *room) {
			if n := len(r.values("NMI111", "E1")); n != 96 {
				t.Errorf("%d values", n)
			}
		}},
		{"Example_NEM12_ManyNMIs.zip", nil, func(t *testing.T, r *room) {
			if n := r.imported(); n[2] != 57_024 || n[0] != 99 {
				t.Errorf("%v", n)
			}
		}},
		{"invalid/Example_NEM12_empty.csv", map[string][]string{"/grid/imported": nil}, func(t *testing.T, r *room) {
			if n := r.imported(); n != [4]int64{} {
				t.Errorf("%v", n)
			}
		}},
	} {
		t.Run(filepath.Base(c.file), func(t *testing.T) {
			r := open(t, nil)
			if got := r.importFile("nem12", filepath.Base(c.file), files[c.file], false); got.Stopped != nil {
				t.Fatalf("%+v %v", got.Stopped, got.lines)
			}
			c.check(t, r)
			for path, words := range c.pages {
				for _, p := range []string{"/zh", "/en"} {
					page := r.As("reader").Get(p + path)
					for _, w := range words {
						if page.Status != 200 || !strings.Contains(page.Body, w) {
							t.Errorf("%s%s (%d) does not show %q", p, path, page.Status, w)
						}
					}
				}
			}
		})
	}
}

// TestIntervalRules: what a channel is does not change behind its values; nothing of a file with one wrong line is kept; a file
// that cannot be a file is told so.
func TestIntervalRules(t *testing.T) {
	r := open(t, nil)
	day := func(date string, n int, v string) string {
		return "300," + date + strings.Repeat(","+v, n) + ",A,,,20151121000000,\n"
	}
	file := func(lines ...string) []byte {
		return []byte("100,NEM12,201511210000,A,B\n" + strings.Join(lines, "") + "900\n")
	}
	head := func(unit, minutes string) string {
		return "200,NMI1234567,E1,1,E1,N1,SER," + unit + "," + minutes + ",\n"
	}
	if got := r.importFile("nem12", "a.csv", file(head("kWh", "30"), day("20151119", 48, "1.5")), false); got.Stopped != nil || got.Counts["readings"] != 48 {
		t.Fatalf("%+v %v", got.Result, got.lines)
	}
	before := r.imported()
	got := r.importFile("nem12", "b.csv", file(head("Wh", "30"), day("20151120", 48, "1500")), false)
	if got.Stopped == nil || got.Refused != 1 || got.lines[0].Line != 2 || !strings.Contains(got.lines[0].Text.En, "is in KWH, here it is in WH") || r.imported() != before {
		t.Errorf("another unit: %+v %v", got.Result, got.lines)
	}
	got = r.importFile("nem12", "c.csv", file(head("kWh", "30"), day("20151120", 48, "2"), day("20151121", 47, "2")), false)
	if got.Stopped == nil || got.Taken != 0 || r.imported() != before {
		t.Errorf("half a file: %+v %v", got.Result, r.imported())
	}
	if got = r.importFile("nem12", "d.csv", file(head("kWh", "15"), day("20151120", 96, "0.5")), false); got.Stopped != nil { // another interval is fine
		t.Errorf("%+v", got.Result)
	}
	for path, values := range map[string]int{"/zh/grid/meters/NMI1234567?day=2015-11-19": 48, "/zh/grid/meters/NMI1234567?day=2015-11-20": 96} {
		page := r.As("reader").Get(path).Body
		if n := len(regexp.MustCompile(`id="ch-\d+-\d+"`).FindAllString(page, -1)); n != values {
			t.Errorf("%s shows %d values, want %d", path, n, values)
		}
		if n := strings.Count(page, "无值"); n != 0 {
			t.Errorf("%s shows %d values as missing", path, n)
		}
	}
	// a later file corrects
	if got = r.importFile("nem12", "e.csv", file(head("kWh", "15"), day("20151120", 96, "0.75")), false); got.Stopped != nil {
		t.Errorf("%+v", got.Result)
	}
	if x := r.values("NMI1234567", "E1"); len(x) != 144 || x[143].Values[0] != 750_000 {
		t.Errorf("%d values, the last %v", len(x), x[len(x)-1])
	}
	for name, body := range map[string]string{"zip without members": "PK\x05\x06" + strings.Repeat("\x00", 18), "broken zip": "PK\x03\x04broken", "no record 100": "hello"} {
		if got := r.importFile("nem12", "x.zip", []byte(body), false); got.Stopped == nil || got.Stopped.Zh == "" || got.Stopped.En == "" {
			t.Errorf("%s: %+v", name, got.Result)
		}
	}
}

package draw

import (
	"encoding/xml"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/lang"
)

// wellFormed parses a picture as XML: what is not closed or not escaped fails.
func wellFormed(t *testing.T, name, s string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(s))
	for {
		_, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, s)
		}
	}
	for _, bad := range []string{"NaN", "Inf", "%!", "style="} {
		if strings.Contains(s, bad) {
			t.Errorf("%s says %q: %.400s", name, bad, s)
		}
	}
}

func TestPictures(t *testing.T) {
	nan := math.NaN()
	at := time.Date(2015, 11, 20, 0, 0, 0, 0, time.UTC)
	nasty := `<b>"&'`
	for name, s := range map[string]string{
		"gauge":            Gauge("on", nasty, .97, .6),
		"gauge beyond":     Gauge("met", "x", 1.7, 1.2),
		"gauge of nothing": Gauge("none", "", nan, -1),
		"spark":            Spark([]float64{1, 2, nan, 3}),
		"flat spark":       Spark([]float64{5, 5, 5}),
		"spark that ends":  Spark([]float64{1, nan, nan}),
		"trajectory":       Trajectory(Way{Key: "risk", Label: nasty, Now: .6, Progress: .5, Ticks: []Tick{{0, "2014"}, {.3, nasty}}, History: []Step{{0, 0}, {.3, .2}}}),
		"trajectory met":   Trajectory(Way{Key: "met", Now: .6, Progress: 1.4, Met: true, Due: .5}),
		"trajectory lost":  Trajectory(Way{Key: "behind", Now: .6, Progress: -.5}),
		"trajectory blank": Trajectory(Way{Progress: nan}),
		"chart":            Chart(Plot{Label: nasty, From: at, Step: time.Hour, Lines: []Line{{"now", []float64{1, nan, 3}}, {"past", []float64{2, 2}}}, Marks: []Mark{{at.Add(time.Hour), nasty}, {at.AddDate(1, 0, 0), "off"}}}),
		"chart of nothing": Chart(Plot{Lines: []Line{{"now", nil}}}),
		"chart of a point": Chart(Plot{From: at, Step: time.Hour, Lines: []Line{{"now", []float64{3}}}}),
		"flat chart":       Chart(Plot{From: at, Step: time.Hour, Lines: []Line{{"now", []float64{0, 0, 0}}}}),
		"slots":            Slots(nasty, []Slot{{"collected", nasty}, {"missing", ""}, {"other", ""}}),
		"no slots":         Slots("x", nil),
		"map":              City(CityMap{Label: nasty, Lang: lang.En, Plants: true, Areas: map[string]Area{"120101": {Class: 9, Title: nasty, Href: "/x?a=1&b=2"}, "120119": {Class: 4, Text: "90 %"}}, Points: []Point{{117.2, 39.1, "alarm1", nasty, "/y"}, {117, 39, "other", "", ""}}}),
		"blank map":        City(CityMap{}),
	} {
		wellFormed(t, name, s)
	}
}

func TestNice(t *testing.T) {
	for _, c := range []struct{ lo, hi, from, to, step float64 }{
		{5900, 8100, 5000, 9000, 1000}, {0, 1, 0, 1, .25}, {97.1, 99.9, 97, 100, 1}, {3, 3, 2, 4, .5}, {-4, 4, -4, 4, 2}, {1, 100, 0, 100, 25},
	} {
		from, to, step := Nice(c.lo, c.hi, 4)
		if from != c.from || to != c.to || step != c.step {
			t.Errorf("%v..%v: %v..%v by %v", c.lo, c.hi, from, to, step)
		}
	}
}

func TestHours(t *testing.T) {
	zone := time.FixedZone("", 8*3600)
	at := time.Date(2015, 11, 20, 0, 0, 0, 0, zone)
	for span, want := range map[time.Duration]string{
		24 * time.Hour: "00:00 06:00 12:00 18:00 00:00", 4 * 24 * time.Hour: "11-20 11-21 11-22 11-23 11-24", time.Hour: "00:00 00:15 00:30 00:45 01:00", 0: "",
	} {
		var got []string
		for _, x := range Hours(at, span, zone) {
			if x.At < 0 || x.At > 1 {
				t.Errorf("a mark at %v", x.At)
			}
			got = append(got, x.Text)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%v: %s, want %s", span, s, want)
		}
	}
}

// TestCity: all 16 districts are there and named in both languages, and thinning leaves a map that weighs little.
func TestCity(t *testing.T) {
	ds, err := Districts()
	if err != nil || len(ds) != 16 {
		t.Fatal(len(ds), err)
	}
	for _, d := range ds {
		if len(d.Code) != 6 || d.Name.Zh == "" || d.Name.En == "" || len(d.path) < 20 {
			t.Errorf("district %+v", d)
		}
	}
	if n := len(City(CityMap{Lang: lang.Zh})); n > 40000 {
		t.Errorf("the map weighs %d bytes", n)
	}
}

func TestThin(t *testing.T) {
	line := [][2]float64{{0, 0}, {1, .1}, {2, -.1}, {3, 0}, {3, 3}}
	if got := thin(line, .3); len(got) != 3 || got[1] != [2]float64{3, 0} {
		t.Errorf("%v", got)
	}
	ring := [][2]float64{{0, 0}, {4, 0}, {4, 4}, {0, 4}, {0, 0}}
	if got := thin(ring, .3); len(got) != 5 {
		t.Errorf("%v", got)
	}
}

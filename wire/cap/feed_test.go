package cap

import (
	"strings"
	"testing"
	"time"
)

// TestFeeds: entries and alerts of each sample, -1 where it must be refused.
func TestFeeds(t *testing.T) {
	for name, want := range map[string][2]int{
		"amber.atom": {1, 1}, "canada_signed.atom": {1, 1}, "earthquake_index.atom": {1, 0}, "empty_weather_index.atom": {0, 0}, "no_entries.atom": {0, 0}, "ny_index.rss": {2, 0},
		"weather.atom": {1, 1}, "weather_index.atom": {2, 0}, "no_id.atom": {-1}, "no_title.atom": {-1}, "no_link.atom": {-1}, "invalid_element.atom": {-1}, "invalid.rss": {-1},
		"weather_invalid.atom": {-1}, "xee.atom": {-1},
	} {
		f, err := ReadFeed(sample(t, "feeds/"+name))
		if want[0] < 0 {
			if err == nil {
				t.Errorf("%s was taken", name)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		alerts := 0
		for _, e := range f.Entries {
			if e.Alert != nil {
				alerts++
			}
		}
		if len(f.Entries) != want[0] || alerts != want[1] {
			t.Errorf("%s: %d entries, %d alerts", name, len(f.Entries), alerts)
		}
		if name == "amber.atom" && len(f.Notes) == 0 {
			t.Error("amber.atom: nothing is noted")
		}
	}
}

func TestDistribution(t *testing.T) {
	all, err := ReadDistribution(sample(t, "edxl/bushfire_valid.edxlde"))
	if err != nil || len(all) != 7 {
		t.Errorf("%d alerts, %v", len(all), err)
	}
	if _, err := ReadDistribution(sample(t, "edxl/bushfire_invalid.edxlde")); err == nil {
		t.Error("the invalid one was taken")
	}
}

// TestWriteFeed writes a feed and reads it back; the alert has no end, which is noted.
func TestWriteFeed(t *testing.T) {
	a, err := Read([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2015, 11, 20, 8, 0, 0, 0, time.UTC)
	b, err := WriteFeed(&Feed{ID: "urn:x", Title: "预警 <1>", Updated: at, Entries: []Entry{{ID: "urn:x:1", Title: "t & t", Link: "https://example.org/1.cap", Summary: "s", Updated: at, Alert: a}}}, "https://example.org/feed.atom", "作者")
	if err != nil {
		t.Fatal(err)
	}
	f, err := ReadFeed(b)
	if err != nil {
		t.Fatalf("%v in\n%s", err, b)
	}
	if len(f.Entries) != 1 || f.Entries[0].Alert == nil || f.Entries[0].Alert.Identifier != "a" || f.Title != "预警 <1>" || f.Entries[0].Title != "t & t" || len(f.Notes) != 1 || !f.Updated.Equal(at) {
		t.Errorf("%+v", f)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(strings.Replace(good, "cap:1.2", "cap:1.1", 1)))
	f.Add([]byte(`<feed xmlns="http://www.w3.org/2005/Atom"><id>i</id><title>t</title><updated>2015-11-20T08:00:00Z</updated><entry><id>i</id><title>t</title><updated>2015-11-20T08:00:00Z</updated><content>` + good + `</content></entry></feed>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = ReadFeed(b)
		_, _ = ReadDistribution(b)
		a, err := Read(b)
		if err != nil {
			return
		}
		out, err := Write(a)
		if err != nil {
			t.Fatalf("read and not written: %v", err)
		}
		again, err := Read(out)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := Write(again); err != nil || string(second) != string(out) {
			t.Fatalf("%s\n%s\n%v", out, second, err)
		}
	})
}

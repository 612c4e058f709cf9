package espi

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

var zone = time.FixedZone("CST", 8*3600)

func sample(n int) *Feed {
	f := &Feed{Key: "100000000001", Title: "家 & <home>", Updated: time.Date(2015, 11, 20, 9, 30, 0, 0, zone), Zone: zone, Step: 15 * time.Minute}
	for i := range n {
		f.Readings = append(f.Readings, Reading{time.Date(2015, 11, 18, 0, 15*i, 0, 0, zone), 15 * time.Minute, int64(1000 + i), []Quality{Valid, Linear}[i%2]})
	}
	return f
}

// TestWrite reads the feed back by its public names: blocks are local days, nothing is lost, the meter's number is nowhere.
func TestWrite(t *testing.T) {
	var b strings.Builder
	if err := Write(&b, sample(100)); err != nil {
		t.Fatal(err)
	}
	var got struct {
		XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
		Title   string   `xml:"title"`
		Entries []struct {
			ID      string `xml:"id"`
			Content struct {
				Type struct {
					Multiplier int `xml:"powerOfTenMultiplier"`
					Unit       int `xml:"uom"`
				} `xml:"http://naesb.org/espi ReadingType"`
				Times struct {
					Zone int `xml:"tzOffset"`
				} `xml:"http://naesb.org/espi LocalTimeParameters"`
				Block struct {
					Start    int64 `xml:"interval>start"`
					Duration int64 `xml:"interval>duration"`
					Readings []struct {
						Quality int   `xml:"ReadingQuality>quality"`
						Start   int64 `xml:"timePeriod>start"`
						Value   int64 `xml:"value"`
					} `xml:"IntervalReading"`
				} `xml:"http://naesb.org/espi IntervalBlock"`
			} `xml:"content"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatal(err)
	}
	if got.Title != "家 & <home>" || len(got.Entries) != 6 || got.Entries[1].Content.Times.Zone != 28800 || got.Entries[3].Content.Type.Unit != 72 || got.Entries[3].Content.Type.Multiplier != -1 {
		t.Fatalf("%+v", got.Entries[:4])
	}
	ids := map[string]bool{}
	for _, e := range got.Entries {
		if ids[e.ID] || len(e.ID) != len("urn:uuid:")+36 {
			t.Errorf("id %q", e.ID)
		}
		ids[e.ID] = true
	}
	first, second := got.Entries[4].Content.Block, got.Entries[5].Content.Block
	if len(first.Readings) != 96 || first.Duration != 86400 || len(second.Readings) != 4 || second.Start != first.Start+86400 || second.Readings[3].Value != 1099 || second.Readings[3].Quality != 9 {
		t.Errorf("%d %d %+v", len(first.Readings), first.Duration, second)
	}
	if strings.Contains(b.String(), "100000000001") {
		t.Error("the meter's number is in the feed")
	}
}

// TestSame: the same usage is the same bytes, an empty one is a feed still, and a writer that fails is told.
func TestSame(t *testing.T) {
	var a, b strings.Builder
	if Write(&a, sample(5)) != nil || Write(&b, sample(5)) != nil || a.String() != b.String() {
		t.Error("two writings differ")
	}
	if err := Write(&a, sample(0)); err != nil {
		t.Error(err)
	}
	if err := Write(broken{}, sample(1)); err == nil {
		t.Error("a failed write is no error")
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, fmt.Errorf("full: %w", io.ErrShortWrite) }

package espi

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"time"
)

// Quality is QualityOfReading of the schema.
type Quality int

// The qualities that a reading is given here.
const (
	Valid     Quality = 0  // went through all checks
	Edited    Quality = 7  // replaced or approved by a person
	Reference Quality = 8  // computed from a like day
	Linear    Quality = 9  // computed from the readings before and after
	Mixed     Quality = 13 // covers readings of several kinds
	Raw       Quality = 14 // not validated
)

// Reading is the energy of one period, in tenths of a watt-hour.
type Reading struct {
	Start   time.Time
	Length  time.Duration
	Value   int64
	Quality Quality
}

// Feed is the usage of one meter. Key tells it from all others and is written only as a hash; Title is what people read. Readings
// stand in order of time.
type Feed struct {
	Key      string
	Title    string
	Updated  time.Time
	Zone     *time.Location // without summer time
	Step     time.Duration
	Readings []Reading
}

// Write writes the feed.
func Write(w io.Writer, f *Feed) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("write the feed: %w", err)
	}
	e := xml.NewEncoder(w)
	e.Indent("", " ")
	if err := e.Encode(f.atom()); err != nil {
		return fmt.Errorf("write the feed: %w", err)
	}
	return nil
}

type (
	link struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
	}
	feed struct {
		XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
		ID      string   `xml:"id"`
		Title   string   `xml:"title"`
		Updated string   `xml:"updated"`
		Links   []link   `xml:"link"`
		Entries []entry  `xml:"entry"`
	}
	entry struct {
		ID        string  `xml:"id"`
		Links     []link  `xml:"link"`
		Title     string  `xml:"title"`
		Content   content `xml:"content"`
		Published string  `xml:"published"`
		Updated   string  `xml:"updated"`
	}
	content struct {
		Type  string `xml:"type,attr"`
		Inner any
	}
	usagePoint struct {
		XMLName xml.Name `xml:"http://naesb.org/espi UsagePoint"`
		Kind    int      `xml:"ServiceCategory>kind"` // 0 electricity
	}
	timeConfiguration struct {
		XMLName xml.Name `xml:"http://naesb.org/espi LocalTimeParameters"`
		End     string   `xml:"dstEndRule"`
		Offset  int      `xml:"dstOffset"` // s
		Start   string   `xml:"dstStartRule"`
		Zone    int      `xml:"tzOffset"` // s
	}
	meterReading struct {
		XMLName xml.Name `xml:"http://naesb.org/espi MeterReading"`
	}
	readingType struct {
		XMLName      xml.Name `xml:"http://naesb.org/espi ReadingType"`
		Accumulation int      `xml:"accumulationBehaviour"` // 4: energy of each period
		Commodity    int      `xml:"commodity"`             // 1: electricity, secondary metered
		Qualifier    int      `xml:"dataQualifier"`         // 12: normal
		Flow         int      `xml:"flowDirection"`         // 1: to the customer
		Length       int      `xml:"intervalLength"`        // s
		Kind         int      `xml:"kind"`                  // 12: energy
		Phase        int      `xml:"phase"`                 // 0: not applicable
		Power        int      `xml:"powerOfTenMultiplier"`
		Unit         int      `xml:"uom"` // 72: Wh
	}
	interval struct {
		Duration int64 `xml:"duration"` // s
		Start    int64 `xml:"start"`    // s of Unix
	}
	quality struct {
		Quality Quality `xml:"quality"`
	}
	intervalReading struct {
		Quality quality  `xml:"ReadingQuality"`
		Period  interval `xml:"timePeriod"`
		Value   int64    `xml:"value"`
	}
	intervalBlock struct {
		XMLName  xml.Name          `xml:"http://naesb.org/espi IntervalBlock"`
		Interval interval          `xml:"interval"`
		Readings []intervalReading `xml:"IntervalReading"`
	}
)

// uuid makes an id that stays the same for the same thing (RFC 9562 5.8: made from a hash, as version 8).
func (f *Feed) uuid(what string) string {
	h := sha256.Sum256([]byte("haihe-espi/1\n" + f.Key + "\n" + what))
	h[6], h[8] = h[6]&0x0f|0x80, h[8]&0x3f|0x80
	x := hex.EncodeToString(h[:16])
	return "urn:uuid:" + x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]
}

func (f *Feed) atom() feed {
	stamp := f.Updated.UTC().Format(time.RFC3339)
	const point, times, kind, reading = "UsagePoint/01", "LocalTimeParameters/01", "ReadingType/01", "UsagePoint/01/MeterReading/01"
	add := func(what, title string, inner any, links ...link) entry {
		return entry{ID: f.uuid(what), Title: title, Content: content{"application/xml", inner}, Published: stamp, Updated: stamp, Links: links}
	}
	self := func(href, up string, related ...string) []link {
		out := []link{{"self", href}, {"up", up}}
		for _, r := range related {
			out = append(out, link{"related", r})
		}
		return out
	}
	_, zone := f.Updated.In(f.Zone).Zone()
	out := feed{ID: f.uuid("feed"), Title: f.Title, Updated: stamp, Links: []link{{"self", "Batch/" + point}}, Entries: []entry{
		add("point", f.Title, usagePoint{}, self(point, "UsagePoint", point+"/MeterReading", times)...),
		add("times", "Local time", timeConfiguration{End: "00000000", Start: "00000000", Zone: zone}, self(times, "LocalTimeParameters")...),
		add("reading", "Energy", meterReading{}, self(reading, point+"/MeterReading", reading+"/IntervalBlock", kind)...),
		add("type", "Energy delivered", readingType{Accumulation: 4, Commodity: 1, Qualifier: 12, Flow: 1, Length: int(f.Step / time.Second), Kind: 12, Power: -1, Unit: 72}, self(kind, "ReadingType")...),
	}}
	for i, day := range f.days() {
		n := strconv.Itoa(i + 1)
		out.Entries = append(out.Entries, add("block "+strconv.FormatInt(day.Interval.Start, 10), time.Unix(day.Interval.Start, 0).In(f.Zone).Format(time.DateOnly), day, self(reading+"/IntervalBlock/"+n, reading+"/IntervalBlock")...))
	}
	return out
}

// days cuts the readings into blocks of a local day.
func (f *Feed) days() (out []intervalBlock) {
	last := ""
	for _, r := range f.Readings {
		day := r.Start.In(f.Zone).Format(time.DateOnly)
		if day != last {
			last = day
			out = append(out, intervalBlock{Interval: interval{Start: r.Start.Unix()}})
		}
		b, p := &out[len(out)-1], interval{int64(r.Length / time.Second), r.Start.Unix()}
		b.Interval.Duration = p.Start + p.Duration - b.Interval.Start
		b.Readings = append(b.Readings, intervalReading{quality{r.Quality}, p, r.Value})
	}
	return out
}

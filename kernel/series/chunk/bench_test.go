package chunk

import (
	"math/rand/v2"
	"testing"
)

// arrival makes a batch of 5,000 meters in random order at one time.
func arrival() *Run {
	day := meters(1, 5000, 1)
	rand.New(rand.NewPCG(1, 1)).Shuffle(day.Len(), func(i, j int) {
		day.Keys[i], day.Keys[j] = day.Keys[j], day.Keys[i]
	})
	return day
}

func BenchmarkBatchEncode(b *testing.B) {
	r := arrival()
	var p Encoder
	n := 0
	for b.Loop() {
		n = len(p.Batch(r))
	}
	b.ReportMetric(float64(n)/5000, "B/sample")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/5000, "ns/sample")
}

func BenchmarkBatchFold(b *testing.B) {
	var p Encoder
	body := p.Batch(arrival())
	raw, s := NewRun(3, 5000), Sorter{}
	for b.Loop() {
		raw.Reset(3)
		if err := raw.AddBatch(body); err != nil {
			b.Fatal(err)
		}
		s.Split(raw)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/5000, "ns/sample")
}

func BenchmarkBlockEncode(b *testing.B) {
	r := meters(2, 64, 96)
	var w Writer
	var m Merger
	n := 0
	for b.Loop() {
		body, err := w.Encode(&m, 16_760, 0, []*Run{r}, 3)
		if err != nil {
			b.Fatal(err)
		}
		n = len(body)
	}
	b.ReportMetric(float64(n)/float64(r.Len()), "B/sample")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(r.Len()), "ns/sample")
}

func BenchmarkBlockDecode(b *testing.B) {
	r := meters(2, 64, 96)
	body := blocks(b, r, 16_760)[0]
	for b.Loop() {
		var c Block
		if err := c.Open(body, 16_760, 0); err != nil {
			b.Fatal(err)
		}
		if _, err := c.Decode(^uint64(0), 3, -1); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(r.Len()), "ns/sample")
}

func BenchmarkBlockSum(b *testing.B) {
	r := meters(2, 64, 96)
	body := blocks(b, r, 16_760)[0]
	f := Folder{From: FirstTime, To: LastTime, Period: 3_600_000_000}
	for b.Loop() {
		var c Block
		if err := c.Open(body, 16_760, 0); err != nil {
			b.Fatal(err)
		}
		f.Begin(16_760)
		if err := f.Block(&c, ^uint64(0), 1); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(r.Len()), "ns/sample")
}

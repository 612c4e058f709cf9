package grid

import (
	"context"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/haihe-city/haihe/wire/dlt698"
)

// acknowledge answers every message and keeps nothing: the fastest server there can be.
func acknowledge(c net.Conn) {
	var s dlt698.Scanner
	buf := make([]byte, 4096)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		s.Feed(buf[:n])
		for {
			it, ok := s.Next()
			if !ok {
				break
			}
			a, err := dlt698.ParseAPDU(it.Frame.Data)
			if err != nil {
				return
			}
			var raw []byte
			switch b := a.Body.(type) {
			case dlt698.LinkRequest:
				raw, err = frame(nil, it.Frame.Server, dlt698.LinkToServer, 0, dlt698.APDU{Body: dlt698.AnswerLink(b, 0, b.Time, b.Time)})
			case dlt698.ReportNotification:
				raw, err = frame(nil, it.Frame.Server, dlt698.ToServer, 0, dlt698.APDU{Body: dlt698.Acknowledge(b)})
			}
			if err != nil {
				return
			}
			if _, err := c.Write(raw); err != nil {
				return
			}
		}
	}
}

// BenchmarkSlot reports one slot of 20,000 meters behind 50 concentrators to a server that only acknowledges.
func BenchmarkSlot(b *testing.B) {
	t := time.Date(2015, 11, 3, 10, 7, 0, 0, China())
	addr := listen(b, acknowledge)
	slots := 0
	for b.Loop() {
		o := Options{Feeds: Feeds{DLT698: addr}, Share645: -1, Clock: func() time.Time { return t }, From: t.Add(-time.Hour), To: t}
		if err := Run(b.Context(), o); err != nil {
			b.Fatal(err)
		}
		slots += 4
	}
	b.ReportMetric(float64(slots)*20_000/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkConnections holds 4,000 concentrators and tells what one costs, both ends together.
func BenchmarkConnections(b *testing.B) {
	t := time.Date(2015, 11, 3, 10, 7, 0, 0, China())
	addr := listen(b, acknowledge)
	var before, after runtime.MemStats
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		ctx, cancel := context.WithCancel(b.Context())
		o := Options{Feeds: Feeds{DLT698: addr}, Meters: 40_000, PerConcentrator: 10, Share645: -1, Clock: func() time.Time { return t }, From: t.Add(-time.Minute)}
		o.Progress = func(s Stats) {
			if s.Connected == s.Stations {
				runtime.GC()
				runtime.ReadMemStats(&after)
				cancel()
			}
		}
		if err := Run(ctx, o); err != nil {
			b.Fatal(err)
		}
		cancel()
	}
	used := func(m runtime.MemStats) float64 { return float64(m.HeapInuse + m.StackInuse) }
	b.ReportMetric((used(after)-used(before))/4000/1024, "KiB/connection")
}

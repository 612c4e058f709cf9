package ngsild_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// answerOf is a ResponseWriter that keeps nothing.
type answerOf struct {
	h      http.Header
	status int
}

func (a *answerOf) Header() http.Header         { return a.h }
func (a *answerOf) WriteHeader(status int)      { a.status = status }
func (a *answerOf) Write(b []byte) (int, error) { return len(b), nil }

// buses is a city with 1,000 buses.
func buses(b *testing.B) *city {
	c := open(b)
	var list []string
	for i := range 1000 {
		list = append(list, fmt.Sprintf(`{"id":"urn:ngsi-ld:Bus:%d","type":"Bus","speed":{"type":"Property","value":%d,"unitCode":"KMH","observedAt":"2026-01-01T08:00:00Z"},`+
			`"line":{"type":"Property","value":"%d路"},"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[117.2,39.1]}},"operator":{"type":"Relationship","object":"urn:ngsi-ld:Organization:1"}}`, i, i%80, i))
	}
	status, _, body := c.do(b, step{method: post, path: "/entityOperations/create", body: "[" + strings.Join(list, ",") + "]"})
	if status != 201 {
		b.Fatal(status, clip(body))
	}
	return c
}

// serve measures requests without the network.
func (c *city) serve(b *testing.B, status int, method string, path func(n int64) string, body string) {
	var n atomic.Int64
	b.ReportAllocs()
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r := httptest.NewRequest(method, "http://x/ngsi-ld/v1"+path(n.Add(1)), strings.NewReader(body))
			if body != "" {
				r.Header.Set("Content-Type", "application/json")
			}
			w := &answerOf{h: http.Header{}}
			if c.face.Handler.ServeHTTP(w, r); w.status != status {
				b.Fatal(w.status)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}

func BenchmarkRetrieve(b *testing.B) {
	buses(b).serve(b, 200, "GET", func(n int64) string { return fmt.Sprintf("/entities/urn:ngsi-ld:Bus:%d", n%1000) }, "")
}

func BenchmarkQueryOf20(b *testing.B) {
	buses(b).serve(b, 200, "GET", func(int64) string { return "/entities?type=Bus" }, "")
}

func BenchmarkUpdateAttribute(b *testing.B) {
	buses(b).serve(b, 204, "PATCH", func(n int64) string { return fmt.Sprintf("/entities/urn:ngsi-ld:Bus:%d/attrs/speed", n%1000) }, `{"value":57}`)
}

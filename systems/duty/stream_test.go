package duty

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/rule"
)

// TestStream: a program is told of a change after its commit, as the filter picks; what there is no stream of is not found.
func TestStream(t *testing.T) {
	d := openDesk(t)
	cookie, _, err := d.People.Login(t.Context(), "power-operator", "Haihe-2015-demo!", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	q, _ := http.NewRequestWithContext(ctx, http.MethodGet, d.URL+"/api/duty/stream/alarms?group=urn:ngsi-ld:Plant:1", nil)
	q.AddCookie(&http.Cookie{Name: "haihe", Value: cookie})
	resp, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() && lines.Text() != ": open" {
	}
	d.raise(signal(d, 0, 1, rule.High))
	d.raise(signal(d, 1, 2, rule.Low))
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "data: ") {
	}
	if got := lines.Text(); !strings.Contains(got, `"Level very high 2"`) {
		t.Errorf("%q, %v", got, lines.Err())
	}
	if a := d.As("power-operator").Get("/api/duty/stream/else"); a.Status != http.StatusNotFound {
		t.Errorf("%d", a.Status)
	}
}

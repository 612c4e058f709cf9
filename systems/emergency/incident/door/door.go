// Package door throttles what anybody may send without an account (公众入口限流).
package door

import (
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
)

// How often reports may come by the public page: from one address, behind which a whole office may sit, and from everybody together, so
// that a prank does not bury the calls. The telephone is never throttled.
const (
	perAddress = 6
	perCity    = 300
	window     = 10 * time.Minute
	mostDoors  = 10_000
)

// Door counts reports of the public page, in memory and bounded.
type Door struct {
	now func() time.Time

	mu    sync.Mutex
	began time.Time
	all   int
	by    map[string]int
}

// New makes a door.
func New(now func() time.Time) *Door { return &Door{now: now, by: map[string]int{}} }

// Enter lets one report in, or says that it must wait.
func (d *Door) Enter(addr string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := d.now(); now.Sub(d.began) >= window || now.Before(d.began) {
		d.began, d.all = now, 0
		clear(d.by)
	}
	if d.by[addr] >= perAddress || d.all >= perCity || len(d.by) >= mostDoors {
		return errs.Say(errs.Busy, "网上来报过于频繁，请十分钟后再试；情况紧急请立即拨打 119、110、120", "too many reports come this way just now; try again in ten minutes. In an emergency call 119, 110 or 120 at once")
	}
	d.by[addr]++
	d.all++
	return nil
}

// Address is the network address that a request came from.
func Address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

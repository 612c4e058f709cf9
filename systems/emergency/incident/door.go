package incident

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/store"
)

// How often reports may come by the public page: from one address, behind which a whole office may sit, and from everybody together, so
// that a prank does not bury the calls. The telephone is never throttled.
const (
	perAddress = 6
	perCity    = 300
	window     = 10 * time.Minute
	mostDoors  = 10_000
)

// door counts reports of the public page, in memory and bounded.
type door struct {
	now func() time.Time

	mu    sync.Mutex
	began time.Time
	all   int
	by    map[string]int
}

func newDoor(now func() time.Time) *door { return &door{now: now, by: map[string]int{}} }

// enter lets one report in, or says that it must wait.
func (d *door) enter(addr string) error {
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

// address is the network address that a request came from.
func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// Hear takes a citizen's report from the public page. It opens no incident: a person looks at it first.
func (p *Part) Hear(ctx context.Context, addr string, in Intake) (receipt string, err error) {
	now := p.o.Clock.Now()
	if err := in.Tell.Check(now); err != nil {
		return "", err
	}
	if err := in.Personal.check(); err != nil {
		return "", err
	}
	if in.Words == "" {
		return "", errs.Say(errs.Invalid, "请说明发生了什么", "say what has happened")
	}
	if err := p.door.enter(addr); err != nil {
		return "", err
	}
	who := identity.System("emergency")
	in.Source, in.Drill, in.Plant = ByWeb, false, ""
	r := p.report(in, who, now)
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		if err := putReport(tx, r); err != nil {
			return err
		}
		return p.act(tx, who, GrantIntake, "take-report", r.ID, map[string]any{"source": ByWeb})
	})
	p.changed.Store(true)
	return r.Receipt, err
}

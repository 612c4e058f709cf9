package gate

import (
	"context"
	"hash/fnv"
	"sync"
	"time"

	"github.com/haihe-city/haihe/host/door"
	"github.com/haihe-city/haihe/systems/safety/register"
)

// Back-off of a polled device that does not answer.
const (
	firstWait = time.Second
	lastWait  = time.Minute
)

// Pool runs one dialogue for each plant of a feed, and follows the register.
type Pool struct {
	Desk *Desk
	Feed register.Feed
	// Speak polls one plant until ctx ends or the connection fails. well is called when the device has answered: the back-off begins anew.
	Speak func(ctx context.Context, site *register.Site, well func()) error

	running map[string]*dialogue // of Run's goroutine alone
	wg      sync.WaitGroup
}

// dialogue is one plant's: site is never changed by the register, only replaced.
type dialogue struct {
	site   *register.Site
	cancel context.CancelFunc
}

// Run runs until ctx ends.
func (p *Pool) Run(ctx context.Context) error {
	p.running = map[string]*dialogue{}
	defer p.wg.Wait()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for seen := int64(-1); ; {
		if v := p.Desk.Register.Version(); v != seen {
			seen = v
			p.follow(ctx)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// follow starts what is new, and ends what is gone or was changed.
func (p *Pool) follow(ctx context.Context) {
	want := map[string]*register.Site{}
	for _, s := range p.Desk.Register.Sites(register.Filter{Feed: p.Feed}) {
		want[s.Code] = s
	}
	for code, d := range p.running {
		if want[code] != d.site {
			d.cancel()
			delete(p.running, code)
		}
	}
	for code, s := range want {
		if p.running[code] == nil {
			ctx, cancel := context.WithCancel(ctx)
			p.running[code] = &dialogue{s, cancel}
			p.wg.Go(func() { p.keep(ctx, s) })
		}
	}
}

// keep speaks with a plant again and again. Plants begin at different moments, so that they do not all call at once.
func (p *Pool) keep(ctx context.Context, s *register.Site) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(s.Code))
	wait := time.Duration(h.Sum32()%1000) * time.Millisecond
	for next := firstWait; ; next = min(2*next, lastWait) {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
		func() {
			defer door.Guard(p.Desk.Log, string(p.Feed))
			if err := p.Speak(ctx, s, func() { next = firstWait }); err != nil && ctx.Err() == nil {
				p.Desk.Count(string(p.Feed), Failed)
				p.Desk.Log.Debug("dialogue ended", "feed", string(p.Feed), "error", err.Error())
			}
		}()
		wait = next
	}
}

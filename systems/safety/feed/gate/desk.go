package gate

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/haihe-city/haihe/host/refused"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/rule"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/safety/register"
)

// Refused is why something was not taken.
type Refused = refused.Refusal

// The outcomes that feeds count.
const (
	Taken      = "taken"
	NotTaken   = "refused"
	Busy       = "busy"        // the intake did not keep up: the sender comes again
	TurnedAway = "turned-away" // above the bound of connections
	Failed     = "failed"      // a polled device did not answer
)

// Desk is what all feeds work with. Now is the plan's clock, Wall the machine's, for deadlines.
type Desk struct {
	Log      *slog.Logger
	Now      func() time.Time
	Wall     func() time.Time
	Register *register.Register
	// Take stores readings of a plant and returns after the commit; unknown are factors that the register does not have.
	Take   func(ctx context.Context, plant string, list []register.Value) (fresh, repeated int, unknown []string, err error)
	Raise  func(ctx context.Context, list []alarm.Signal) error // alarms of devices and doors; returns after the commit
	Open   func(ctx context.Context, group string) ([]alarm.Alarm, error)
	Newest func(plant string) time.Time // of its stored readings, zero where there is none
	Refuse func(ctx context.Context, r Refused, body []byte)
	Count  func(protocol, outcome string)

	mu   sync.Mutex
	told map[string]time.Time // unknown factors, by plant and factor
}

// System is the room that alarms of this package belong to.
const System = "safety"

// tellAgain is how long an unknown factor is not told again.
const (
	tellAgain = time.Hour
	maxTold   = 100_000
)

// Store takes readings, counts, and lists the factors that nobody knows, each once an hour.
func (d *Desk) Store(ctx context.Context, protocol, plant, peer string, list []register.Value) error {
	_, _, unknown, err := d.Take(ctx, plant, list)
	if err != nil {
		return err
	}
	d.Count(protocol, Taken)
	for _, factor := range unknown {
		if d.news(plant + " " + factor) {
			d.Refuse(ctx, Refused{Peer: plant + " " + peer, Protocol: protocol, Reason: lang.T("台账中没有因子 "+factor, "the register has no factor "+factor)}, []byte(factor))
		}
	}
	return nil
}

func (d *Desk) news(key string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.Now()
	if at, ok := d.told[key]; ok && now.Sub(at) < tellAgain {
		return false
	}
	if d.told == nil || len(d.told) >= maxTold {
		d.told = map[string]time.Time{}
	}
	d.told[key] = now
	return true
}

// Flood watches senders for rubbish: masses of it within a minute are told as an alarm, once, which ends after two quiet minutes.
type Flood struct {
	desk     *Desk
	protocol string
	mu       sync.Mutex
	peers    map[string]*trouble // by address without port
}

type trouble struct {
	since time.Time
	n     int
	told  bool
}

// floodLimit is how many refusals a minute make a flood. What was refused in one go counts once for each refusalBytes of it.
const (
	floodLimit   = 60
	refusalBytes = 100
)

// NewFlood makes a watch.
func NewFlood(d *Desk, protocol string) *Flood {
	return &Flood{desk: d, protocol: protocol, peers: map[string]*trouble{}}
}

// Bad counts a refusal of so many bytes; true where the sender's connection is to be ended.
func (f *Flood) Bad(ctx context.Context, peer string, size int) bool {
	now := f.desk.Now()
	f.mu.Lock()
	t := f.peers[peer]
	if t == nil {
		t = &trouble{since: now}
		f.peers[peer] = t
	}
	if now.Sub(t.since) > time.Minute {
		t.since, t.n = now, 0
	}
	t.n += 1 + size/refusalBytes
	flood := t.n >= floodLimit
	first := flood && !t.told
	t.told = t.told || flood
	f.mu.Unlock()
	if first {
		f.raise(ctx, peer, true, now)
	}
	return flood
}

// Sweep ends the floods of senders that have been quiet.
func (f *Flood) Sweep(ctx context.Context) {
	now := f.desk.Now()
	var over []string
	f.mu.Lock()
	for peer, t := range f.peers {
		if now.Sub(t.since) > 2*time.Minute {
			if t.told {
				over = append(over, peer)
			}
			delete(f.peers, peer)
		}
	}
	f.mu.Unlock()
	for _, peer := range over {
		f.raise(ctx, peer, false, now)
	}
}

func (f *Flood) raise(ctx context.Context, peer string, came bool, at time.Time) {
	err := f.desk.Raise(ctx, []alarm.Signal{{Key: "flood:" + f.protocol + ":" + peer, Source: "device:" + f.protocol, Class: alarm.Device, Came: came, At: at, Priority: rule.Medium,
		Title: lang.T("接入口收到大量无法识别的报文", "A feed receives masses of frames that cannot be read"), Advice: lang.T("核对该地址的设备和接线，查看拒收报文。", "Look at the refused frames and at the device with this address."),
		Name: peer, Unit: register.Owner, System: System}})
	if err != nil && ctx.Err() == nil {
		f.desk.Log.Warn("a flood was not told", "feed", f.protocol, "error", err.Error())
	}
}

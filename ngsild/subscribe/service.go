package subscribe

import (
	"context"
	"encoding/json"
	"time"

	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/subscription"
	"github.com/haihe-city/haihe/ngsild/exchange"
)

// Options of New.
type Options struct {
	Entities *entity.Store
	Contexts exchange.Contexts
	Now      func() time.Time
	// Allow decides, before each connection that a notification opens, whether an address may be spoken to (host is a name or an
	// IP, port a number). Subscribers choose endpoints, so where people who are not trusted may subscribe, refuse loopback and
	// private networks here. Nil allows everything.
	Allow   func(ctx context.Context, scheme, address string) error
	Timeout time.Duration // of one notification where the endpoint says none. 10 s
	Idle    time.Duration // after which an unused MQTT connection is closed. 60 s
}

// Service reads and writes subscriptions and delivers notifications. Make it, open the engine with its Parse and Deliver, then ask for
// its Ops:
//
//	s := subscribe.New(subscribe.Options{...})
//	engine, err := subscription.Open(ctx, db, entities, subscription.Options{Parse: s.Parse, Deliver: s.Deliver, ...})
//	ops := s.Ops(engine)
type Service struct{}

// New makes a service.
func New(o Options) *Service { panic("not yet") }

// Ops are operations O25 to O29.
func (s *Service) Ops(engine *subscription.Engine) []exchange.Op { panic("not yet") }

// Parse makes a subscription of its Source; it is subscription.Options.Parse.
func (s *Service) Parse(tenant, id, owner string, source json.RawMessage) (*subscription.Subscription, error) {
	panic("not yet")
}

// Deliver sends one notification; it is subscription.Options.Deliver.
func (s *Service) Deliver(ctx context.Context, sub *subscription.Subscription, n *subscription.Notice) error {
	panic("not yet")
}

// Close ends the connections that are kept open.
func (s *Service) Close() { panic("not yet") }

package subscription

import (
	"context"
	"encoding/json"
	"time"

	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/entity/filter"
	"github.com/haihe-city/haihe/store"
)

// Subscription is a subscription in stored names; Source is the payload as it was given, which the HTTP binding reads.
type Subscription struct {
	ID, Tenant, Owner string
	Source            json.RawMessage  // expanded payload of the binding, opaque here
	Entities          []Selector       // any of them; empty: any entity
	Watched           []string         // attributes; empty: any
	Filter            filter.Selection // q, geoQ, scopeQ, datasets
	Triggers          []string         // entityCreated ... attributeDeleted (5.2.12)
	Interval          time.Duration    // periodic, 0: on change
	Throttling        time.Duration
	Active            bool
	ExpiresAt         time.Time
	Endpoint          Endpoint
}

// Selector selects entities of a subscription (5.2.33).
type Selector struct {
	ID        string
	IDPattern string
	Types     string // type selection, in stored names
}

// Endpoint is where notifications go (5.2.15).
type Endpoint struct {
	URI                string
	Accept             string
	Receiver, Notifier map[string]string
	Timeout, Cooldown  time.Duration
}

// State is the delivery state of a subscription (5.2.14), counted durably.
type State struct {
	Sent, Failed                            int64
	LastNotification, LastSuccess, LastFail time.Time
	LastError                               string
	Waiting                                 int64 // due and not delivered yet
	Dead                                    int64 // given up, to be seen and replayed
}

// Notice is one notification that is due: the changes of one commit group that one subscription asks for, in order.
type Notice struct {
	Subscription string
	Tenant       string
	Seq          int64 // rises for each subscription
	At           time.Time
	Items        []Item
}

// Item is one change within a notice.
type Item struct {
	Before, After *entity.Entity // nil: came to be, was deleted
	Trigger       []string
}

// Deliver sends one notice; the engine retries with back-off where it fails and gives it up to the dead letters in the end.
type Deliver func(ctx context.Context, s *Subscription, n *Notice) error

// Engine matches changes to subscriptions inside the transaction that makes them, keeps what is due durably, and delivers it.
type Engine struct{}

// Options of Open.
type Options struct {
	Now     func() time.Time
	Deliver Deliver
	// Parse makes a subscription of its Source again when the engine opens; the binding gives it.
	Parse   func(tenant, id, owner string, source json.RawMessage) (*Subscription, error)
	Pending int // notices that may wait altogether; beyond it writers are refused with errs.Busy
	Workers int
}

// Open loads the subscriptions and what is still due, and hooks into the entities (entity.Store.Watch).
func Open(ctx context.Context, db *store.DB, e *entity.Store, o Options) (*Engine, error) {
	panic("not yet")
}

// Run delivers until ctx ends.
func (g *Engine) Run(ctx context.Context) error { panic("not yet") }

func (g *Engine) Create(ctx context.Context, s *Subscription) error   { panic("not yet") }
func (g *Engine) Replace(ctx context.Context, s *Subscription) error  { panic("not yet") }
func (g *Engine) Delete(ctx context.Context, tenant, id string) error { panic("not yet") }
func (g *Engine) Get(ctx context.Context, tenant, id string) (*Subscription, State, error) {
	panic("not yet")
}

// List pages through the subscriptions of a tenant ("*": of all).
func (g *Engine) List(ctx context.Context, tenant, after string, offset int64, limit int) (list []*Subscription, states []State, next string, total int64, err error) {
	panic("not yet")
}

// Letter is a dead letter.
type Letter struct {
	ID           int64
	Subscription string
	At           time.Time
	Tries        int
	Error        string
	Notice       Notice
}

// Dead lists dead letters of a subscription, newest first; Replay puts one (0: all) back in line; Discard removes them.
func (g *Engine) Dead(ctx context.Context, tenant, id, after string, limit int) (list []Letter, next string, err error) {
	panic("not yet")
}
func (g *Engine) Replay(ctx context.Context, tenant, id string, letter int64) (int64, error) {
	panic("not yet")
}
func (g *Engine) Discard(ctx context.Context, tenant, id string, letter int64) (int64, error) {
	panic("not yet")
}

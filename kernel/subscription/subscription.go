package subscription

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/entity/filter"
)

// Subscription is a subscription in stored names; Source is what the binding makes it of again (Options.Parse).
type Subscription struct {
	ID, Tenant, Owner string
	Source            json.RawMessage
	Entities          []Selector       // any of them; empty: any entity
	Watched           []string         // attributes; empty: any
	Filter            filter.Selection // q, geoQ, scopeQ, datasets
	Triggers          []string         // 5.2.12; empty: attributeCreated and attributeUpdated
	Interval          time.Duration    // periodic, 0: on change
	Throttling        time.Duration    // least time between two notifications
	Active            bool
	ExpiresAt         time.Time
	Endpoint          Endpoint
	Form              any // the binding's own, made by Options.Parse; the engine carries it
}

// Selector selects entities of a subscription (ETSI GS CIM 009 V1.9.1 5.2.33).
type Selector struct {
	IDs       []string // goes before IDPattern
	IDPattern string
	Types     string // type selection, in stored names; "*" and "" are any
}

// Endpoint is where notifications go (5.2.15).
type Endpoint struct {
	URI                string
	Accept             string
	Receiver, Notifier []Pair
	Timeout, Cooldown  time.Duration
}

// Pair is a key with its value (5.2.22).
type Pair struct{ Key, Value string }

// Of finds the value of a key; "" where it is not there.
func Of(pairs []Pair, key string) string {
	for _, p := range pairs {
		if p.Key == key {
			return p.Value
		}
	}
	return ""
}

// The triggers of 5.2.12.
const (
	EntityCreated    = "entityCreated"
	EntityUpdated    = "entityUpdated" // the three of attributes together
	EntityDeleted    = "entityDeleted"
	AttributeCreated = "attributeCreated"
	AttributeUpdated = "attributeUpdated"
	AttributeDeleted = "attributeDeleted"
)

// Triggers lists the triggers.
func Triggers() []string {
	return []string{EntityCreated, EntityUpdated, EntityDeleted, AttributeCreated, AttributeUpdated, AttributeDeleted}
}

// State is the delivery state of a subscription (5.2.14.2), counted durably.
type State struct {
	Sent, Failed                            int64 // attempts, and those of them that failed
	LastNotification, LastSuccess, LastFail time.Time
	LastError                               string
	Failing                                 bool  // the last attempt failed
	Waiting                                 int64 // due and not delivered yet
	Dead                                    int64 // given up, to be seen and replayed
}

// Notice is one notification that is due: the changes of one commit that one subscription asks for, in order. Of a throttled
// subscription it holds what came together meanwhile, one item an entity; of a periodic one the entities as they stand.
type Notice struct {
	Subscription string
	Tenant       string
	Seq          int64 // rises for each subscription; 0 of a periodic notice
	At           time.Time
	Items        []Item
}

// Item is one change within a notice. What it points to is shared and never to be written to.
type Item struct {
	// Before is the entity as it stood, nil where it came to be. Only the attributes that the change touched can be relied on;
	// of an entity that was deleted all are there.
	Before  *entity.Entity
	After   *entity.Entity // nil: it was deleted
	Trigger []string       // those of the subscription that fired
	At      time.Time
}

// Deliver sends one notice; the engine tries again with back-off where it fails and gives it up to the dead letters in the end. An
// error of kind errs.Invalid says that this notice will never be taken.
type Deliver func(ctx context.Context, s *Subscription, n *Notice) error

// mask is a set of triggers.
type mask uint8

const (
	onEntityCreated mask = 1 << iota
	onEntityDeleted
	onCreated
	onUpdated
	onDeleted
)

// maskNames are the triggers by bit.
var maskNames = [...]string{EntityCreated, EntityDeleted, AttributeCreated, AttributeUpdated, AttributeDeleted}

// names are the triggers of m.
func (m mask) names() (out []string) {
	for i, name := range maskNames {
		if m&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return out
}

// maskOf is the set of a subscription's triggers.
func maskOf(triggers []string) (m mask) {
	if len(triggers) == 0 {
		return onCreated | onUpdated // 5.2.12: the default
	}
	for _, t := range triggers {
		if t == EntityUpdated {
			m |= onCreated | onUpdated | onDeleted
		} else if i := slices.Index(maskNames[:], t); i >= 0 {
			m |= 1 << i
		}
	}
	return m
}

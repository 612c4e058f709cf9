// Package journal (contract sketch).
package journal

import (
	"context"
	"encoding/json"
	"time"

	"github.com/haihe-city/haihe/store"
)

// Act is one official act.
type Act struct {
	Actor     string // person, token or system that did it: "person:wangmin", "token:01H…", "system:grid"
	Unit      string // unit on whose behalf
	Authority string // grant or clause under which: "plan.approve"
	Verb      string // "submit", "approve", "login", "merge"
	Object    string // what was acted on: an entity id, "target:sharing-rate", "person:…"
	Detail    any    // marshalled to JSON; must not hold personal data or secrets
}

// Entry is an act as it was recorded.
type Entry struct {
	Seq                                  int64     `json:"seq"`
	At                                   time.Time `json:"at"`
	Actor, Unit, Authority, Verb, Object string
	Detail                               json.RawMessage `json:"detail,omitempty"`
	Hash                                 string          `json:"hash"` // hex, SHA-256 over the previous hash and this entry
}

// Journal records acts.
type Journal struct{ contractOnly struct{} }

// Open migrates and opens the journal. now is the clock.
func Open(ctx context.Context, db *store.DB, now func() time.Time) (*Journal, error) {
	panic("contract")
}

// Append records act in the same transaction as the change.
func (j *Journal) Append(tx *store.Tx, act Act) error { panic("contract") }

// Filter narrows a listing; empty fields do not. Newest first.
type Filter struct {
	Actor, Object, Verb, Unit string
	From, To                  time.Time
	After                     string // cursor
	Limit                     int
}

// List reads entries; next is the cursor of the following page, "" at the end.
func (j *Journal) List(ctx context.Context, f Filter) (entries []Entry, next string, err error) {
	panic("contract")
}

// Report is the outcome of a verification.
type Report struct {
	Entries int64
	Head    string  // hash of the newest entry
	Faults  []Fault // empty: the chain holds
}

// Fault names a place where the chain is broken.
type Fault struct {
	Seq  int64
	What string // "changed", "missing", "head does not match"
}

// Verify walks the whole chain; progress (may be nil) is called with the entries done.
func (j *Journal) Verify(ctx context.Context, progress func(done int64)) (Report, error) {
	panic("contract")
}

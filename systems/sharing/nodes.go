package sharing

import (
	"context"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/systems/sharing/call"
	"github.com/haihe-city/haihe/web"
)

// This file is where the parts that join nodes (exchange, member, record, link) enter the room: what they declare, what they are
// handed, and what the rest of the room takes from them.

// nodes is what those parts give the room. Its zero value is a node that stands alone.
type nodes struct {
	routes []web.Route
	mounts []web.Mount
	jobs   []host.Job
	feeds  []host.Feed
	links  call.Links                      // nil: no other member
	close  func(ctx context.Context) error // nil: nothing to close
}

func nodeGrants() []identity.Grant { return nil }

func nodeActs() []journal.Word { return nil }

// openNodes opens the parts; serve is what a verified call is handed to.
func openNodes(_ context.Context, _ *host.Host, serve call.Serve) (*nodes, error) {
	_ = serve // taken by the exchange
	return &nodes{}, nil
}

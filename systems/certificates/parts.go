package certificates

import (
	"context"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/systems/certificates/ca"
	"github.com/haihe-city/haihe/web"
)

// part is a protocol or a service beside the register: what the host sees of it.
type part struct {
	routes []web.Route
	mounts []web.Mount
	jobs   []host.Job
	close  func(context.Context) error
}

// parts opens what stands beside the register, one line each. A part is handed the authority's verbs (Issue, Revoke, Status) as function
// values and knows nothing else of the room.
func parts(_ context.Context, _ *host.Host, _ *ca.Authority) ([]part, error) {
	return nil, nil // acme, est, seal, cmp: list = append(list, …)
}

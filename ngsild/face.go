package ngsild

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/ngsild/contexts"
	"github.com/haihe-city/haihe/ngsild/entities"
	"github.com/haihe-city/haihe/ngsild/exchange"
)

// Prefix is what all paths of the API lie below.
const Prefix = "/ngsi-ld/v1"

// Options are what the face is made of.
type Options struct {
	Entities *entity.Store
	Contexts *contexts.Manager
	Ops      []exchange.Op                                                       // of history and subscriptions
	Around   func(op exchange.Op) exchange.Op                                    // may change any operation; may be nil
	Who      func(r *http.Request) (*identity.Principal, error)                  // nil: nobody
	Allow    func(who *identity.Principal, tenant string, op *exchange.Op) error // nil: everything is allowed
	Tenant   func(ctx context.Context, tenant string) (bool, error)              // knows tenants that have no entities; may be nil
	Alias    string                                                              // pseudonym of this source in Via headers (5.2.40), unique among those that it talks to; "haihe" where ""
	Owner    string                                                              // unit of what nobody's unit creates
	Now      func() time.Time
	MaxBody  int64
	Observe  func(op string, status int, took time.Duration)
	Log      *slog.Logger
}

// Face is the API.
type Face struct {
	Handler http.Handler // of everything below Prefix
	ops     []exchange.Op
	openAPI []byte
}

// New joins the operations.
func New(o Options) (*Face, error) {
	if o.Entities == nil || o.Contexts == nil || o.Now == nil {
		return nil, errs.As(errs.Internal, "open ngsi-ld", errors.New("entities, contexts and the clock are needed"))
	}
	service := &entities.Service{Store: o.Entities, Owner: o.Owner, Now: o.Now}
	f := &Face{ops: slices.Concat(service.Ops(), o.Ops, o.Contexts.Ops(), []exchange.Op{identityOp(&o)})}
	if o.Around != nil {
		for i := range f.ops {
			f.ops[i] = o.Around(f.ops[i])
		}
	}
	if err := exchange.Check(f.ops); err != nil {
		return nil, errs.As(errs.Internal, "open ngsi-ld", err)
	}
	kit := &exchange.Kit{
		Contexts: o.Contexts, Who: o.Who, Allow: o.Allow, Now: o.Now, MaxBody: o.MaxBody, Observe: o.Observe, Log: o.Log,
		Known: func(r *http.Request, tenant string) (bool, error) {
			known, err := o.Entities.Known(r.Context(), tenant)
			if known || err != nil || o.Tenant == nil {
				return known, err
			}
			return o.Tenant(r.Context(), tenant)
		},
	}
	f.Handler = exchange.Mount(kit, Prefix, f.ops)
	doc, err := document(f.ops)
	if err != nil {
		return nil, errs.Wrap("describe ngsi-ld", err)
	}
	f.openAPI = doc
	return f, nil
}

// Ops lists the operations, in the order of the standard's clauses as far as they were handed in so.
func (f *Face) Ops() []exchange.Op { return f.ops }

// OpenAPI is the OpenAPI 3.1 document of the operations, as JSON.
func (f *Face) OpenAPI() []byte { return f.openAPI }

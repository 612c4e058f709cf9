package subscribe

import (
	"context"
	"encoding/json"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/subscription"
	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/ngsild/subscribe/mqtt"
	"github.com/haihe-city/haihe/wire/ngsild/form"
	"github.com/haihe-city/haihe/wire/ngsild/jsonld"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// source is what Subscription.Source holds.
type source struct {
	Members  map[string]json.RawMessage   `json:"members"`         // as they were given
	Terms    map[string]map[string]string `json:"terms,omitempty"` // by member: the names that terms in it stood for
	Context  json.RawMessage              `json:"context"`         // @context that notifications are written in
	URL      string                       `json:"url"`             // that stands for it in Link headers and as jsonldContext
	Created  time.Time                    `json:"created"`
	Modified time.Time                    `json:"modified"`
}

// clone gives a copy whose maps may be changed.
func (s *source) clone() *source {
	c := *s
	c.Members, c.Terms = map[string]json.RawMessage{}, map[string]map[string]string{}
	for k, v := range s.Members {
		c.Members[k] = v
	}
	for k, v := range s.Terms {
		c.Terms[k] = v
	}
	return &c
}

// learn gives the expansion of terms of a member by c, and writes it down.
func (s *source) learn(c *jsonld.Context) func(member string) query.Names {
	return func(member string) query.Names {
		return func(term string) string {
			name := c.Expand(term)
			if name != term {
				if s.Terms[member] == nil {
					s.Terms[member] = map[string]string{}
				}
				s.Terms[member][term] = name
			}
			return name
		}
	}
}

// recall gives the expansion that was written down.
func (s *source) recall(member string) query.Names {
	terms := s.Terms[member]
	return func(term string) string {
		if name, ok := terms[term]; ok {
			return name
		}
		return term
	}
}

// plan is what a notification of a subscription looks like; it is the subscription's Form.
type plan struct {
	src         *source
	format      form.Format
	sysAttrs    bool
	showChanges bool
	pick, omit  *query.Projection
	join        string // flat, inline, ""
	level       int
	lang        string
	datasets    []string
	accept      exchange.Media
	plainGeo    bool // GeoJSON without @context in its body (5.3.1)
	target      *mqtt.Target

	context atomic.Pointer[jsonld.Context]
}

// planOf gives the plan of a subscription that this package has made.
func planOf(s *subscription.Subscription) (*plan, error) {
	if p, ok := s.Form.(*plan); ok {
		return p, nil
	}
	return nil, errs.Say(errs.Invalid, "已存的订阅 %s 无法识别，请删除后重建", "the stored subscription %s cannot be read; delete it and make it anew", s.ID)
}

// compiled gives the @context that notifications are written in; after a start it is compiled when it is first needed.
func (s *Service) compiled(ctx context.Context, p *plan, tenant string) (*jsonld.Context, error) {
	if c := p.context.Load(); c != nil {
		return c, nil
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
	if err != nil {
		return nil, err
	}
	if tenant != "" { // whose own contexts are nobody else's
		r.Header.Set("NGSILD-Tenant", tenant)
	}
	c, err := s.o.Contexts.ByValue(r, p.src.Context)
	if err == nil {
		p.context.Store(c)
	}
	return c, err
}

// Parse makes a subscription of its Source; it is subscription.Options.Parse.
func (s *Service) Parse(tenant, id, owner string, raw json.RawMessage) (*subscription.Subscription, error) {
	var src source
	if err := json.Unmarshal(raw, &src); err != nil {
		return nil, errs.As(errs.Internal, "read stored subscription", err)
	}
	return build(&src, tenant, id, owner, src.recall)
}

// build makes a subscription of a source whose terms names expands. It puts Source in.
func build(src *source, tenant, id, owner string, names func(member string) query.Names) (*subscription.Subscription, error) {
	r := reader{names: names, plan: &plan{src: src, level: 1},
		sub: &subscription.Subscription{ID: id, Tenant: tenant, Owner: owner, Active: true}}
	if err := r.read(src.Members); err != nil {
		return nil, err
	}
	r.sub.Form = r.plan
	raw, err := json.Marshal(src)
	if err != nil {
		return nil, errs.As(errs.Internal, "write subscription", err)
	}
	if len(raw) > maxSource {
		return nil, errs.Say(errs.TooLarge, "订阅过大（%d 字节），不得超过 %d 字节", "the subscription is too large (%d bytes), at most %d", len(raw), maxSource)
	}
	r.sub.Source = raw
	return r.sub, nil
}

// maxSource bounds a stored subscription, in bytes.
const maxSource = 256 << 10

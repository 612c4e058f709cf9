package subscribe

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/subscription"
	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/ngsild/subscribe/mqtt"
	"github.com/haihe-city/haihe/store"
)

// Options of New.
type Options struct {
	Entities *entity.Store
	Contexts exchange.Contexts
	Now      func() time.Time
	// Allow decides about each connection that a notification opens, when names have been resolved: network is tcp4 or tcp6,
	// address an IP and a port. Subscribers choose endpoints, so where people who are not trusted may subscribe, refuse loopback
	// and private networks here (server-side request forgery). Nil allows everything: a city's receivers mostly stand in its own
	// networks.
	Allow func(network, address string) error
	TLS   *tls.Config                       // of https and mqtts; nil: the system's roots
	Idle  time.Duration                     // after which an unused connection is closed. 60 s
	Owner func(x *exchange.Exchange) string // unit that a new subscription belongs to; nil: that of who asks
	// Own tells whether who asks may change and delete a subscription of a unit, and see the keys of its receiver (receiverInfo,
	// notifierInfo, the user and the query of its address). Nil: everybody may.
	Own func(x *exchange.Exchange, unit string) bool
}

// Service reads and writes subscriptions and delivers notifications. Make it, open the engine with its Parse and Deliver, then ask for
// its Ops:
//
//	s := subscribe.New(subscribe.Options{...})
//	engine, err := subscription.Open(ctx, db, entities, subscription.Options{Parse: s.Parse, Deliver: s.Deliver, ...})
//	ops := s.Ops(engine)
type Service struct {
	o      Options
	client *http.Client
	mqtt   *mqtt.Pool
}

// New makes a service.
func New(o Options) *Service {
	if o.Idle <= 0 {
		o.Idle = time.Minute
	}
	d := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	if o.Allow != nil {
		d.Control = func(network, address string, _ syscall.RawConn) error { return o.Allow(network, address) }
	}
	s := &Service{o: o}
	s.client = &http.Client{
		Transport: &http.Transport{
			DialContext: d.DialContext, TLSClientConfig: o.TLS.Clone(), ForceAttemptHTTP2: true, IdleConnTimeout: o.Idle,
			MaxIdleConns: 1024, MaxIdleConnsPerHost: 64, TLSHandshakeTimeout: 10 * time.Second, MaxResponseHeaderBytes: 64 << 10,
			DisableCompression: true, // of answers, which are not read
		},
		// A redirect is no 2xx, and following it would lead a notification where nobody subscribed it to.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	s.mqtt = mqtt.NewPool(d.DialContext, o.TLS, func() string { return "haihe-" + store.NewID(o.Now())[10:] }, o.Idle)
	return s
}

// Close ends the connections that are kept open.
func (s *Service) Close() {
	s.client.CloseIdleConnections()
	s.mqtt.Close()
}

// Deliver sends one notification; it is subscription.Options.Deliver. An error of kind errs.Invalid says that the receiver calls the
// notification wrong.
func (s *Service) Deliver(ctx context.Context, sub *subscription.Subscription, n *subscription.Notice) error {
	p, err := planOf(sub)
	if err != nil {
		return err
	}
	body, err := s.body(ctx, sub, p, n)
	if err != nil {
		return errs.Wrap("write notification", err)
	}
	if p.target != nil {
		return s.mqtt.Publish(ctx, p.target, envelope(sub, p, n, body))
	}
	return s.post(ctx, sub, p, n, body)
}

// maxDrain bounds what is read of an answer, so that its connection can be used again.
const maxDrain = 64 << 10

// post sends a notification over HTTP.
// ETSI GS CIM 009 V1.9.1 6.3.8
func (s *Service) post(ctx context.Context, sub *subscription.Subscription, p *plan, n *subscription.Notice, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, sub.Endpoint.URI, bytes.NewReader(body))
	if err != nil {
		return errs.As(errs.Invalid, "notify", err)
	}
	r.Header.Set("User-Agent", "Haihe")
	r.Header.Set("Content-Type", p.accept.String())
	if link := p.link(); link != "" {
		r.Header.Set("Link", link)
	}
	if n.Tenant != "" { // 6.3.14
		r.Header.Set("NGSILD-Tenant", n.Tenant)
	}
	for _, h := range sub.Endpoint.Receiver {
		r.Header.Set(h.Key, h.Value)
	}
	a, err := s.client.Do(r)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(a.Body, maxDrain))
	if a.StatusCode >= 200 && a.StatusCode < 300 {
		return nil
	}
	err = fmt.Errorf("the receiver answered %s", a.Status)
	switch a.StatusCode {
	case http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusNotAcceptable, http.StatusRequestEntityTooLarge,
		http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return errs.As(errs.Invalid, "notify", err)
	}
	return err
}

// envelope is a notification with what would be headers in HTTP, as one message.
// ETSI GS CIM 009 V1.9.1 7.2
func envelope(sub *subscription.Subscription, p *plan, n *subscription.Notice, body []byte) []byte {
	meta := object{}
	given := map[string]bool{}
	add := func(name, v string) {
		if !given[name] {
			given[name] = true
			meta.text(name, v)
		}
	}
	for _, h := range sub.Endpoint.Receiver {
		add(h.Key, h.Value)
	}
	add("Content-Type", p.accept.String())
	if link := p.link(); link != "" {
		add("Link", link)
	}
	if n.Tenant != "" {
		add("NGSILD-Tenant", n.Tenant)
	}
	o := object{b: make([]byte, 0, len(body)+256)}
	o.b = append(o.b, `{"metadata":`...)
	o.b = append(o.b, meta.end()...)
	o.raw("body", body)
	return o.end()
}

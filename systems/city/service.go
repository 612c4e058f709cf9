package city

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/host/broker"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/entity/temporal"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/subscription"
	"github.com/haihe-city/haihe/ngsild"
	"github.com/haihe-city/haihe/ngsild/contexts"
	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/ngsild/history"
	"github.com/haihe-city/haihe/ngsild/subscribe"
)

// service holds what this room joined, and the verbs of its pages.
type service struct {
	conf     Config
	host     *host.Host
	entities *entity.Store
	past     *temporal.Store
	contexts *contexts.Manager
	notify   *subscribe.Service
	engine   *subscription.Engine
	broker   *broker.Broker // nil where it is turned off, or shut
	shut     error          // why the door for devices could not be opened
	ops      []exchange.Op
	document []byte // OpenAPI
	handler  http.Handler
	intake   *intake
	count    counters

	mu      sync.Mutex
	refused []refusal // the newest publications that were refused, newest last
}

// counters are the room's metrics.
type counters struct {
	messages func(delta float64, values ...string)
	clients  func(value float64, values ...string)
	waiting  func(value float64, values ...string)
	op       func(value float64, values ...string)
}

func newService(ctx context.Context, h *host.Host, conf Config) (s *service, err error) {
	s = &service{conf: conf, host: h, entities: h.Entities}
	s.count = counters{
		messages: h.Metrics.Counter("mqtt_messages_total", "MQTT publications and connections, by outcome.", "outcome"),
		clients:  h.Metrics.Gauge("mqtt_clients", "MQTT clients connected now."),
		waiting:  h.Metrics.Gauge("notifications_waiting", "Notifications that are due and not delivered."),
		op:       h.Metrics.Histogram("operation_seconds", "How long NGSI-LD operations took.", "operation"),
	}
	if s.past, err = temporal.Open(ctx, h.Entities, h.Clock.Now); err != nil {
		return nil, err
	}
	if s.contexts, err = contexts.Open(ctx, h.DB, contexts.Options{Now: h.Clock.Now, Prefix: prefix, Hosts: conf.Contexts, NoPrivate: !conf.Private, Log: h.Log}); err != nil {
		return nil, err
	}
	o := subscribe.Options{Entities: h.Entities, Contexts: s.contexts, Now: h.Clock.Now, Own: func(x *exchange.Exchange, unit string) bool { return owns(x.Who, x.Tenant, unit) }}
	if !conf.Private {
		o.Allow = public
	}
	s.notify = subscribe.New(o)
	s.engine, err = subscription.Open(ctx, h.DB, h.Entities, subscription.Options{Now: h.Clock.Now, Deliver: s.notify.Deliver, Parse: s.notify.Parse,
		Pending: conf.Pending, Workers: conf.Workers, GiveUp: conf.GiveUp, Log: h.Log})
	if err != nil {
		s.notify.Close()
		return nil, err
	}
	if err := s.join(); err != nil {
		s.engine.Close()
		s.notify.Close()
		return nil, err
	}
	s.intake = &intake{entities: h.Entities, contexts: s.contexts, now: h.Clock.Now, allow: s.allowTenant}
	return s, nil
}

// join makes one handler of all operations.
func (s *service) join() error {
	past := &history.Service{Histories: s.past, PageSize: s.conf.Instances}
	face, err := ngsild.New(ngsild.Options{
		Entities: s.entities, Contexts: s.contexts, Ops: append(past.Ops(), s.notify.Ops(s.engine)...), Around: past.Around, Who: s.who, Allow: s.allow,
		Now: s.host.Clock.Now, MaxBody: s.conf.MaxBody << 20, Log: s.host.Log,
		Tenant: func(_ context.Context, tenant string) (bool, error) { // a unit's space is there before anything is in it
			_, err := s.host.People.Unit(tenant)
			return err == nil, nil
		},
		Observe: func(op string, _ int, took time.Duration) { s.count.op(took.Seconds(), op) },
	})
	if err != nil {
		return err
	}
	s.ops, s.document = face.Ops(), face.OpenAPI()
	s.handler = s.journalled(face.Handler)
	return nil
}

// listen opens the MQTT door.
func (s *service) listen() (err error) {
	if s.conf.MQTT == "" {
		return nil
	}
	var secure *tls.Config
	if s.conf.MQTTCert != "" {
		cert, err := tls.LoadX509KeyPair(s.conf.MQTTCert, s.conf.MQTTKey)
		if err != nil {
			return errs.Because(err, errs.Invalid, "MQTT 的证书或私钥无法使用，请检查文件", "the certificate or key of MQTT is of no use, check the files")
		}
		secure = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	}
	s.broker, err = broker.New(broker.Options{
		Addr: s.conf.MQTT, TLS: secure, Log: s.host.Log, Wall: s.host.Wall, Auth: s.signIn, Allow: s.allowTopic,
		Routes: []broker.Route{
			{Filter: "city/+/entities", Take: s.intake.take}, {Filter: "city/+/entities/+/attrs", Take: s.intake.take},
			{Filter: "city/+/entities/+/attrs/+", Take: s.intake.take}, {Filter: "city/+/notices/#"},
		},
		MaxClients: s.conf.MaxDevices, MaxPacket: s.conf.MaxPacket << 10, InFlight: s.conf.InFlight,
		Count:   func(outcome string) { s.count.messages(1, outcome) },
		Refused: s.keepRefused,
		Online:  func(_ *identity.Principal, _ bool, n int) { s.count.clients(float64(n)) },
	})
	return err
}

// expire takes away what has expired, and tells the metrics how many notifications wait.
func (s *service) expire(ctx context.Context) error {
	_, states, _, _, err := s.engine.List(ctx, "*", "", 0, 1_000_000)
	if err != nil {
		return err
	}
	waiting := int64(0)
	for _, st := range states {
		waiting += st.Waiting
	}
	s.count.waiting(float64(waiting))
	_, err = s.entities.Collect(ctx)
	return err
}

// health fails while the door for devices could not be opened, and while writers are refused because notifications do not get out.
func (s *service) health(ctx context.Context) error {
	if s.shut != nil {
		return s.shut
	}
	_, states, _, _, err := s.engine.List(ctx, "*", "", 0, 1_000_000)
	waiting := int64(0)
	for _, st := range states {
		waiting += st.Waiting
	}
	if err == nil && waiting >= int64(s.conf.Pending) {
		return errs.Say(errs.Busy, "待发通知已满，写入被拒绝，请检查订阅的接收端", "too many notifications wait and writers are refused: see to the receivers of the subscriptions")
	}
	return err
}

// close ends what New began. The jobs have ended.
func (s *service) close(context.Context) error {
	if s.broker != nil {
		s.broker.Close()
	}
	s.engine.Close()
	s.notify.Close()
	return nil
}

// public refuses addresses of private networks and of this machine.
func public(_, address string) error {
	hostPart, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	ip := net.ParseIP(hostPart)
	if ip == nil || ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsLinkLocalMulticast() || ip.IsUnspecified() || ip.IsMulticast() {
		return errs.Say(errs.Denied, "本系统不向内网或本机地址发送通知（city.private_endpoints）", "notifications are not sent to private networks or this machine (city.private_endpoints)")
	}
	return nil
}

package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
)

// Options is what a broker is made of. Addr, Log, Wall, Auth, Allow and Routes are needed.
type Options struct {
	Addr   string // host:port to listen on
	TLS    *tls.Config
	Log    *slog.Logger
	Wall   func() time.Time // the machine's clock, for deadlines
	Auth   func(ctx context.Context, c Credentials) (*identity.Principal, error)
	Allow  func(who *identity.Principal, filter string, write bool) error // write: a topic to publish to; else a filter or topic to read
	Routes []Route

	MaxClients int // connections at once; 10,000 where 0
	MaxPacket  int // bytes; 1 MiB where 0
	InFlight   int // publications of one connection that wait for the store; 256 where 0
	Retained   int // retained messages in all; 10,000 where 0

	Count   func(outcome string)                          // one of the outcomes below; may be nil
	Refused func(m Message, err error)                    // a publication was refused for good; may be nil
	Online  func(who *identity.Principal, on bool, n int) // a client came or went; n are there now; may be nil
}

// The outcomes that are counted.
const (
	Stored    = "stored"     // a route took a publication
	Refused   = "refused"    // a route refused it for good
	Denied    = "denied"     // the topic is not the client's to use
	Retried   = "retried"    // the store was busy; it is tried again
	Lost      = "lost"       // QoS 0, and the store stayed busy
	GivenUp   = "given-up"   // QoS 1 or 2, and the store stayed busy: the client sends again
	NotRead   = "not-read"   // a subscriber did not read its messages
	BadLogin  = "bad-login"  // the credentials stand for nobody
	TurnedOff = "turned-off" // a connection above MaxClients
)

// Credentials are what a client signs in with.
type Credentials struct{ User, Password, ClientID, Remote string }

// Route takes publications whose topic matches Filter (MQTT wildcards). Take is given some of one connection in order and answers
// with as many errors; nil stands for all taken. errs.Busy and errs.Unavailable mean "try again", everything else "never".
// A route without Take hands publications to subscribers and keeps nothing.
type Route struct {
	Filter string
	Take   func(ctx context.Context, batch []Message) []error
}

// Message is one publication.
type Message struct {
	Who     *identity.Principal
	Topic   string
	Payload []byte
	QoS     byte
}

// Broker is an MQTT server that listens; it answers while Run runs.
type Broker struct {
	o     Options
	srv   *mqtt.Server
	ln    *listener
	relay chan relayed

	work   sync.WaitGroup // connections' drains
	ctx    context.Context
	cancel context.CancelFunc
	once   sync.Once
}

// relayed is a publication on its way to subscribers.
type relayed struct {
	origin string
	pk     packets.Packet
}

// New listens, so that the address is known; errs.Unavailable where it cannot be had.
func New(o Options) (*Broker, error) {
	for p, def := range map[*int]int{&o.MaxClients: 10_000, &o.MaxPacket: 1 << 20, &o.InFlight: 256, &o.Retained: 10_000} {
		if *p == 0 {
			*p = def
		}
	}
	if o.Count == nil {
		o.Count = func(string) {}
	}
	inner, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return nil, errs.Because(err, errs.Unavailable, "MQTT 地址 %s 无法监听，请更换端口或停用占用者", "the MQTT address %s cannot be listened on: take another port, or stop who holds it", o.Addr)
	}
	if o.TLS != nil {
		inner = tls.NewListener(inner, o.TLS)
	}
	b := &Broker{o: o, relay: make(chan relayed, 4096)}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.ln = &listener{Listener: inner, b: b}
	caps := mqtt.NewDefaultServerCapabilities()
	caps.MaximumPacketSize = uint32(o.MaxPacket)
	caps.ReceiveMaximum = uint16(min(o.InFlight, 65535))
	caps.MaximumInflight = 8192
	caps.MaximumClientWritesPending = 512
	caps.MaximumSessionExpiryInterval = 3600 // seconds: what lies in memory for who went away
	caps.TopicAliasMaximum = 0               // mochi checks the rights of the alias, not of the topic
	caps.MinimumProtocolVersion = 4
	caps.Compatibilities.NoInheritedPropertiesOnAck = true
	b.srv = mqtt.New(&mqtt.Options{
		Capabilities: caps, InlineClient: true,
		Logger:                 slog.New(slog.DiscardHandler), // it writes whole packets, payloads and passwords included
		SysTopicResendInterval: 1 << 24,                       // nobody may read $SYS
		// Each message is written at once: what mochi gathers it sends with a later one, which may wait for the client (link.hold).
		ClientNetWriteBufferSize: 1,
	})
	if err := b.srv.AddHook(&hook{b: b}, nil); err != nil {
		_ = inner.Close()
		return nil, errs.Wrap("open the broker", err)
	}
	return b, nil
}

// Addr is where it listens.
func (b *Broker) Addr() string { return b.ln.Addr().String() }

// Clients is how many are connected.
func (b *Broker) Clients() int { return int(b.ln.seated.Load()) }

// Run answers until ctx ends, then lets what was received be stored for a moment and closes.
func (b *Broker) Run(ctx context.Context) error {
	if err := b.srv.AddListener(b.ln); err != nil {
		return errs.Wrap("start the broker", err)
	}
	go b.relayAll()
	if err := b.srv.Serve(); err != nil {
		return errs.Wrap("start the broker", err)
	}
	<-ctx.Done()
	b.Close()
	return nil
}

// Close cuts the connections, waits at most five seconds for what they sent to be stored, and ends. It may be called without Run.
func (b *Broker) Close() {
	b.once.Do(func() {
		_ = b.ln.Listener.Close()
		b.ln.links.Range(func(k, _ any) bool {
			go k.(*link).bye() // each may take its time for a write
			return true
		})
		_ = b.srv.Close() // waits for the connections
		done := make(chan struct{})
		go func() { b.work.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(5 * time.Second):
		}
		b.cancel()
	})
}

// Publish hands a message to the subscribers of a topic; errs.Busy where too many wait.
func (b *Broker) Publish(topic string, payload []byte, qos byte, retain bool) error {
	pk := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: qos, Retain: retain}, TopicName: topic, Payload: payload, PacketID: 1}
	if !b.send(relayed{pk: pk}) {
		return errs.Say(errs.Busy, "待分发的 MQTT 消息过多，请稍后重试", "too many MQTT messages wait to be handed on: try again in a moment")
	}
	return nil
}

func (b *Broker) send(r relayed) bool {
	select {
	case b.relay <- r:
		return true
	default:
		return false
	}
}

// relayAll hands publications to subscribers, in order. It does so for all, and away from who publishes: mochi locks a subscriber
// while it writes to it.
func (b *Broker) relayAll() {
	retained := map[string]bool{}
	ghost := b.srv.NewClient(nil, mqtt.LocalListener, "", true) // mochi takes the sender's id from a client
	for {
		select {
		case <-b.ctx.Done():
			return
		case r := <-b.relay:
			r.pk.FixedHeader.Retain = r.pk.FixedHeader.Retain && b.mayRetain(retained, r.pk)
			ghost.ID = r.origin
			if err := b.srv.InjectPacket(ghost, r.pk); err != nil {
				b.o.Log.Debug("a message was not handed on", "error", err)
			}
		}
	}
}

// mayRetain keeps the number of retained messages within its bound; topics are those that hold one.
func (b *Broker) mayRetain(topics map[string]bool, pk packets.Packet) bool {
	if len(pk.Payload) == 0 { // MQTT 5.0 3.3.1.3: takes the retained message away
		delete(topics, pk.TopicName)
		return true
	}
	if !topics[pk.TopicName] && len(topics) >= b.o.Retained {
		for topic := range topics { // some may have expired
			if _, there := b.srv.Topics.Retained.Get(topic); !there {
				delete(topics, topic)
			}
		}
	}
	if !topics[pk.TopicName] && len(topics) >= b.o.Retained {
		return false
	}
	topics[pk.TopicName] = true
	return true
}

// routeOf finds the route of a topic; nil where there is none.
func (b *Broker) routeOf(topic string) *Route {
	for i := range b.o.Routes {
		if Matches(b.o.Routes[i].Filter, topic) {
			return &b.o.Routes[i]
		}
	}
	return nil
}

// Matches tells whether a topic matches a filter. MQTT 5.0 4.7
func Matches(filter, topic string) bool {
	if strings.HasPrefix(topic, "$") && !strings.HasPrefix(filter, "$") {
		return false
	}
	for {
		f, frest, fmore := strings.Cut(filter, "/")
		if f == "#" {
			return true
		}
		t, trest, tmore := strings.Cut(topic, "/")
		if f != "+" && f != t {
			return false
		}
		if fmore != tmore {
			return fmore && frest == "#" // "a/#" takes "a" too
		}
		if !fmore {
			return true
		}
		filter, topic = frest, trest
	}
}

// codeOf is the reason code that tells a client what became of its publication.
func codeOf(err error) packets.Code {
	switch errs.KindOf(err) {
	case errs.Denied, errs.Unauthenticated:
		return packets.ErrNotAuthorized
	case errs.Busy, errs.Unavailable:
		return packets.ErrQuotaExceeded
	case errs.Invalid:
		return packets.ErrPayloadFormatInvalid
	case errs.NotFound:
		return packets.ErrTopicNameInvalid
	case errs.TooLarge:
		return packets.ErrPacketTooLarge
	}
	return packets.ErrImplementationSpecificError
}

// passing tells whether a failure may pass by itself.
func passing(err error) bool {
	return errs.Is(err, errs.Busy) || errs.Is(err, errs.Unavailable) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

package broker

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	five "github.com/eclipse/paho.golang/paho"
	three "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
)

// site is a broker under test: units sign in with "<unit>-secret" and use what lies below room/<unit>/; what they publish there is
// kept, in order, unless the test says otherwise.
type site struct {
	*Broker
	log     bytes.Buffer
	mu      sync.Mutex
	got     []Message
	batches []int
	counts  map[string]int
	refused []string
	take    atomic.Pointer[func(ctx context.Context, batch []Message) []error]
	ahead   atomic.Int64 // of the wall clock
	gone    atomic.Bool  // every credential is revoked
}

func open(t *testing.T, change func(*Options)) *site {
	t.Helper()
	s := &site{counts: map[string]int{}}
	o := Options{
		Addr: "127.0.0.1:0", Log: slog.New(slog.NewTextHandler(&lockedWriter{s: s}, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Wall: func() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) },
		Auth: func(_ context.Context, c Credentials) (*identity.Principal, error) {
			unit, ok := strings.CutSuffix(c.Password, "-secret")
			if !ok || s.gone.Load() {
				return nil, errs.Say(errs.Unauthenticated, "无此令牌", "no such token")
			}
			return &identity.Principal{ID: "token:" + unit, Unit: unit}, nil
		},
		Allow: func(who *identity.Principal, filter string, _ bool) error {
			if !strings.HasPrefix(filter, "room/"+who.Unit+"/") {
				return errs.Say(errs.Denied, "不可", "not yours")
			}
			return nil
		},
		Routes:  []Route{{Filter: "room/+/in/#", Take: s.keep}, {Filter: "room/+/out"}},
		Count:   func(what string) { s.mu.Lock(); defer s.mu.Unlock(); s.counts[what]++ },
		Refused: func(m Message, err error) { s.mu.Lock(); defer s.mu.Unlock(); s.refused = append(s.refused, m.Topic) },
	}
	if change != nil {
		change(&o)
	}
	var err error
	if s.Broker, err = New(o); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return s
}

type lockedWriter struct{ s *site }

func (w *lockedWriter) Write(p []byte) (int, error) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	return w.s.log.Write(p)
}

func (s *site) keep(ctx context.Context, batch []Message) []error {
	if f := s.take.Load(); f != nil {
		if out := (*f)(ctx, batch); out != nil {
			return out
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got, s.batches = append(s.got, batch...), append(s.batches, len(batch))
	return nil
}

// payloads are what was kept, of one topic's end.
func (s *site) payloads(end string) (out []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.got {
		if strings.HasSuffix(m.Topic, end) {
			out = append(out, string(m.Payload))
		}
	}
	return out
}

func (s *site) count(what string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[what]
}

// until waits for something to become true.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s did not come", what)
		}
	}
}

// dial3 signs a stock client of MQTT 3.1.1 in.
func dial3(t *testing.T, s *site, unit, id string, change func(*three.ClientOptions)) three.Client {
	t.Helper()
	o := three.NewClientOptions().AddBroker("tcp://" + s.Addr()).SetClientID(id).SetUsername("meters").SetPassword(unit + "-secret").
		SetAutoReconnect(false).SetConnectTimeout(5 * time.Second)
	if change != nil {
		change(o)
	}
	c := three.NewClient(o)
	if tok := c.Connect(); !tok.WaitTimeout(10*time.Second) || tok.Error() != nil {
		t.Fatalf("connect: %v", tok.Error())
	}
	t.Cleanup(func() { c.Disconnect(0) })
	return c
}

// dial5 signs a stock client of MQTT 5.0 in; what it is sent goes to the channel.
func dial5(t *testing.T, s *site, unit, id string) (*five.Client, <-chan string) {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 100)
	c := five.NewClient(five.ClientConfig{ClientID: id, Conn: conn, OnPublishReceived: []func(five.PublishReceived) (bool, error){
		func(p five.PublishReceived) (bool, error) {
			got <- p.Packet.Topic + "=" + string(p.Packet.Payload)
			return true, nil
		},
	}})
	if _, err := c.Connect(t.Context(), &five.Connect{ClientID: id, KeepAlive: 30, CleanStart: true, Username: "meters", UsernameFlag: true, Password: []byte(unit + "-secret"), PasswordFlag: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Disconnect(&five.Disconnect{}) })
	return c, got
}

// TestAcknowledgedAfterStored: nothing is acknowledged while the store works; then all is, in order, and stored many at a time.
func TestAcknowledgedAfterStored(t *testing.T) {
	for _, qos := range []byte{1, 2} {
		s := open(t, nil)
		free, inside := make(chan struct{}), make(chan struct{}, 1000)
		wait := func(context.Context, []Message) []error { inside <- struct{}{}; <-free; return nil }
		s.take.Store(&wait)
		c := dial3(t, s, "power", "a", nil)
		var tokens []three.Token
		var want []string
		for i := range 100 {
			want = append(want, fmt.Sprint(i))
			tokens = append(tokens, c.Publish("room/power/in/x", qos, false, want[i]))
		}
		<-inside
		other := dial3(t, s, "water", "b", nil)
		otherToken := other.Publish("room/water/in/y", qos, false, "1")
		<-inside // the second connection does not wait for the first
		for _, tok := range append(tokens, otherToken) {
			if tok.WaitTimeout(time.Millisecond) {
				t.Fatalf("QoS %d: acknowledged before it was stored", qos)
			}
		}
		close(free)
		for _, tok := range append(tokens, otherToken) {
			if !tok.WaitTimeout(10*time.Second) || tok.Error() != nil {
				t.Fatalf("QoS %d: not acknowledged: %v", qos, tok.Error())
			}
		}
		if got := s.payloads("/x"); !slices.Equal(got, want) {
			t.Errorf("QoS %d: kept %v", qos, got)
		}
		s.mu.Lock()
		if len(s.batches) > 50 {
			t.Errorf("QoS %d: 101 publications in %d batches", qos, len(s.batches))
		}
		s.mu.Unlock()
	}
}

// TestMoreThanInFlight: a sender that is faster than the store is held back and loses nothing.
func TestMoreThanInFlight(t *testing.T) {
	s := open(t, func(o *Options) { o.InFlight = 8 })
	slow := func(context.Context, []Message) []error { time.Sleep(time.Millisecond); return nil }
	s.take.Store(&slow)
	for qos := range byte(3) {
		c := dial3(t, s, "power", fmt.Sprint("q", qos), nil)
		var last three.Token
		for i := range 500 {
			last = c.Publish(fmt.Sprint("room/power/in/q", qos), qos, false, fmt.Sprint(i))
		}
		if !last.WaitTimeout(30*time.Second) || last.Error() != nil {
			t.Fatalf("QoS %d: %v", qos, last.Error())
		}
		until(t, "everything", func() bool { return len(s.payloads(fmt.Sprint("q", qos))) == 500 })
	}
}

// TestBusy: a busy store is asked again, and only then is the sender told.
func TestBusy(t *testing.T) {
	s := open(t, nil)
	var asked atomic.Int32
	busy := func(_ context.Context, b []Message) []error {
		if asked.Add(1) < 4 {
			return slices.Repeat([]error{errs.Say(errs.Busy, "忙", "busy")}, len(b))
		}
		return nil
	}
	s.take.Store(&busy)
	c, _ := dial5(t, s, "power", "a")
	if _, err := c.Publish(t.Context(), &five.Publish{Topic: "room/power/in/x", QoS: 1, Payload: []byte("1")}); err != nil {
		t.Fatal(err)
	}
	if asked.Load() != 4 || s.count(Retried) != 3 || len(s.payloads("/x")) != 1 {
		t.Errorf("asked %d times, counted %v", asked.Load(), s.counts)
	}
}

// TestRefused: a publication that is wrong for good is told so under 5.0, is acknowledged under 3.1.1, and harms none beside it.
func TestRefused(t *testing.T) {
	s := open(t, nil)
	bad := func(_ context.Context, b []Message) []error {
		out := make([]error, len(b))
		for i, m := range b {
			switch string(m.Payload) {
			case "bad":
				out[i] = errs.Say(errs.Invalid, "不是数", "it is no number")
			case "panic":
				panic("boom")
			}
		}
		return out
	}
	s.take.Store(&bad)
	c, _ := dial5(t, s, "power", "a")
	for qos := byte(1); qos < 3; qos++ {
		for payload, code := range map[string]byte{"bad": 0x99, "panic": 0x83} {
			resp, err := c.Publish(t.Context(), &five.Publish{Topic: "room/power/in/x", QoS: qos, Payload: []byte(payload)})
			if resp == nil || resp.ReasonCode != code {
				t.Errorf("QoS %d, %s: %+v, %v", qos, payload, resp, err)
			}
			if payload == "bad" && resp != nil && (resp.Properties == nil || resp.Properties.ReasonString != "it is no number") {
				t.Errorf("QoS %d: the reason is not said: %+v", qos, resp.Properties)
			}
		}
		if _, err := c.Publish(t.Context(), &five.Publish{Topic: "room/power/in/x", QoS: qos, Payload: []byte("good")}); err != nil {
			t.Errorf("QoS %d, good: %v", qos, err)
		}
	}
	old := dial3(t, s, "power", "b", nil)
	for _, payload := range []string{"bad", "good", "bad"} {
		if tok := old.Publish("room/power/in/y", 1, false, payload); !tok.WaitTimeout(10*time.Second) || tok.Error() != nil {
			t.Errorf("3.1.1, %s: %v", payload, tok.Error())
		}
	}
	if n := s.count(Refused); n != 6 || len(s.refused) != 6 {
		t.Errorf("%d refused, told of %d", n, len(s.refused))
	}
	if s.mu.Lock(); strings.Contains(s.log.String(), "bad") || strings.Contains(s.log.String(), "secret") {
		t.Errorf("the log holds a payload or a secret: %s", &s.log)
	}
	s.mu.Unlock()
}

// TestWhoMay: who comes with a wrong secret stays out, and whoever is in uses their own topics only.
func TestWhoMay(t *testing.T) {
	s := open(t, nil)
	o := three.NewClientOptions().AddBroker("tcp://" + s.Addr()).SetUsername("x").SetPassword("wrong").SetConnectTimeout(5 * time.Second)
	tok := three.NewClient(o).Connect()
	if tok.WaitTimeout(10 * time.Second); tok.Error() == nil {
		t.Error("a wrong secret was let in")
	}
	c, got := dial5(t, s, "power", "a")
	for topic, code := range map[string]byte{"room/water/in/x": 0x87, "elsewhere": 0x87, "room/power/none": 0x87} {
		resp, err := c.Publish(t.Context(), &five.Publish{Topic: topic, QoS: 1, Payload: []byte("1")})
		if resp == nil || resp.ReasonCode != code {
			t.Errorf("%s: %+v %v", topic, resp, err)
		}
	}
	for filter, ok := range map[string]bool{"room/power/#": true, "room/power/in/+": true, "room/+/in/#": false, "#": false, "$SYS/#": false, "room/water/out": false, "$share/g/room/water/#": false, "$share/g/room/power/out": true} {
		ack, err := c.Subscribe(t.Context(), &five.Subscribe{Subscriptions: []five.SubscribeOptions{{Topic: filter, QoS: 1}}})
		if ack == nil || (ack.Reasons[0] < 0x80) != ok {
			t.Errorf("%s: %+v %v", filter, ack, err)
		}
	}
	water, _ := dial5(t, s, "water", "a") // the same client id of another unit
	if _, err := water.Publish(t.Context(), &five.Publish{Topic: "room/water/out", QoS: 1, Payload: []byte("w")}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Publish(t.Context(), &five.Publish{Topic: "room/power/in/x", QoS: 1, Payload: []byte("p")}); err != nil {
		t.Fatalf("another unit's client of the same name took the session over: %v", err)
	}
	if m := <-got; m != "room/power/in/x=p" {
		t.Errorf("was sent %q", m)
	}
	if v3 := dial3(t, s, "power", "b", nil); true {
		tok := v3.Publish("room/water/in/x", 1, false, "1")
		until(t, "the cut of who may not", func() bool { return !v3.IsConnected() })
		if tok.WaitTimeout(10*time.Millisecond) && tok.Error() == nil {
			t.Error("3.1.1: a denied publication was acknowledged")
		}
	}
	if len(s.payloads("")) != 1 {
		t.Errorf("kept %q", s.payloads(""))
	}
}

// TestHandedOn: subscribers of both versions get what was stored, and what a room says; a retained message waits for them.
func TestHandedOn(t *testing.T) {
	s := open(t, func(o *Options) { o.Retained = 1 })
	bad := func(_ context.Context, b []Message) []error {
		out := make([]error, len(b))
		for i, m := range b {
			if string(m.Payload) == "bad" {
				out[i] = errs.Say(errs.Invalid, "坏", "bad")
			}
		}
		return out
	}
	s.take.Store(&bad)
	got3 := make(chan string, 100)
	sub := dial3(t, s, "power", "reader", nil)
	if tok := sub.Subscribe("room/power/#", 2, func(_ three.Client, m three.Message) {
		if !m.Retained() { // what is retained just after the SUBACK may come as such besides
			got3 <- m.Topic() + "=" + string(m.Payload())
		}
	}); !tok.WaitTimeout(5*time.Second) || tok.Error() != nil {
		t.Fatal(tok.Error())
	}
	c, got5 := dial5(t, s, "power", "writer")
	if _, err := c.Subscribe(t.Context(), &five.Subscribe{Subscriptions: []five.SubscribeOptions{{Topic: "room/power/#", QoS: 1, NoLocal: true}}}); err != nil {
		t.Fatal(err)
	}
	for _, p := range []five.Publish{
		{Topic: "room/power/in/a", QoS: 0, Payload: []byte("0")}, {Topic: "room/power/in/a", QoS: 1, Payload: []byte("bad")},
		{Topic: "room/power/in/a", QoS: 1, Payload: []byte("1"), Retain: true}, {Topic: "room/power/out", QoS: 2, Payload: []byte("2"), Retain: true},
	} {
		_, err := c.Publish(t.Context(), &p)
		if err != nil && string(p.Payload) != "bad" {
			t.Fatal(err)
		}
	}
	if err := s.Publish("room/power/out", []byte("room"), 1, false); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"room/power/in/a=0", "room/power/in/a=1", "room/power/out=2", "room/power/out=room"} {
		if m := <-got3; m != want {
			t.Errorf("3.1.1 was sent %q, want %q", m, want)
		}
	}
	if m := <-got5; m != "room/power/out=room" {
		t.Errorf("who wants nothing of its own was sent %q", m)
	}
	l, lateGot := dial5(t, s, "power", "late")
	if _, err := l.Subscribe(t.Context(), &five.Subscribe{Subscriptions: []five.SubscribeOptions{{Topic: "room/power/#", QoS: 1}}}); err != nil {
		t.Fatal(err)
	}
	if m := <-lateGot; m != "room/power/in/a=1" {
		t.Errorf("retained: %q", m)
	}
	select {
	case m := <-lateGot:
		t.Errorf("more than one message was retained: %q", m)
	case <-time.After(20 * time.Millisecond):
	}
}

// TestReceiveMaximum: a client that takes two publications at a time is never sent a third, and gets all of them. MQTT 5.0 4.9
func TestReceiveMaximum(t *testing.T) {
	s := open(t, nil)
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	var open, most atomic.Int64
	got := make(chan string, 2000)
	var c *five.Client
	acks := make(chan *five.Publish, 100)
	c = five.NewClient(five.ClientConfig{ClientID: "sub", Conn: conn, EnableManualAcknowledgment: true, OnPublishReceived: []func(five.PublishReceived) (bool, error){
		func(p five.PublishReceived) (bool, error) {
			most.Store(max(most.Load(), open.Add(1)))
			got <- string(p.Packet.Payload)
			acks <- p.Packet
			return true, nil
		}}})
	two := uint16(2)
	if _, err := c.Connect(t.Context(), &five.Connect{ClientID: "sub", KeepAlive: 30, CleanStart: true, Username: "x", UsernameFlag: true, Password: []byte("power-secret"), PasswordFlag: true,
		Properties: &five.ConnectProperties{ReceiveMaximum: &two}}); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Disconnect(&five.Disconnect{}) }()
	if _, err := c.Subscribe(t.Context(), &five.Subscribe{Subscriptions: []five.SubscribeOptions{{Topic: "room/power/#", QoS: 1}}}); err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			select {
			case p := <-acks:
				time.Sleep(100 * time.Microsecond)
				open.Add(-1)
				_ = c.Ack(p) // at the end the client may have gone
			case <-t.Context().Done():
				return
			}
		}
	}()
	w, _ := dial5(t, s, "power", "writer")
	const all = 40
	for i := range all {
		if _, err := w.Publish(t.Context(), &five.Publish{Topic: "room/power/in/x", QoS: 1, Payload: []byte(fmt.Sprint(i))}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range all {
		select {
		case m := <-got:
			if m != fmt.Sprint(i) {
				t.Fatalf("message %d is %s", i, m)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("message %d did not come; %v", i, s.counts)
		}
	}
	if most.Load() > 2 {
		t.Errorf("%d publications were under way at once", most.Load())
	}
}

// TestWill: the will of a client that was cut off is stored as a publication of its own.
func TestWill(t *testing.T) {
	s := open(t, nil)
	c := dial3(t, s, "power", "a", func(o *three.ClientOptions) { o.SetWill("room/power/in/state", "offline", 1, false) })
	if tok := c.Publish("room/power/in/state", 1, false, "online"); !tok.WaitTimeout(5 * time.Second) {
		t.Fatal("no answer")
	}
	s.ln.links.Range(func(k, _ any) bool { _ = k.(*link).Close(); return true })
	until(t, "the will", func() bool { return slices.Equal(s.payloads("state"), []string{"online", "offline"}) })

	o := three.NewClientOptions().AddBroker("tcp://"+s.Addr()).SetPassword("power-secret").SetUsername("x").SetWill("room/water/in/state", "x", 0, false)
	tok := three.NewClient(o).Connect()
	if tok.WaitTimeout(10 * time.Second); tok.Error() == nil {
		t.Error("a client was let in whose will is not its own to publish")
	}
}

// TestRevoked: a credential that ended while its client was connected is noticed.
func TestRevoked(t *testing.T) {
	s := open(t, nil)
	c := dial3(t, s, "power", "a", nil)
	s.gone.Store(true)
	if tok := c.Publish("room/power/in/x", 1, false, "1"); !tok.WaitTimeout(5*time.Second) || tok.Error() != nil {
		t.Fatalf("within the time that a credential is believed: %v", tok.Error())
	}
	s.ahead.Store(int64(time.Minute))
	c.Publish("room/power/in/x", 1, false, "2")
	until(t, "the cut", func() bool { return !c.IsConnected() })
	if got := s.payloads("/x"); !slices.Equal(got, []string{"1"}) {
		t.Errorf("kept %v", got)
	}
}

// TestBounds: too many connections and too large packets are turned away; nobody else notices.
func TestBounds(t *testing.T) {
	s := open(t, func(o *Options) { o.MaxClients, o.MaxPacket = 2, 4096 })
	a := dial3(t, s, "power", "a", nil)
	b := dial3(t, s, "power", "b", nil)
	o := three.NewClientOptions().AddBroker("tcp://" + s.Addr()).SetUsername("x").SetPassword("power-secret").SetConnectTimeout(5 * time.Second)
	tok := three.NewClient(o).Connect()
	if tok.WaitTimeout(10 * time.Second); tok.Error() == nil || s.count(TurnedOff) == 0 {
		t.Errorf("a third client was let in: %v", s.counts)
	}
	b.Publish("room/power/in/x", 1, false, strings.Repeat("x", 5000))
	until(t, "the cut of the too large one", func() bool { return !b.IsConnected() })
	if tok := a.Publish("room/power/in/x", 1, false, "small"); !tok.WaitTimeout(5*time.Second) || tok.Error() != nil {
		t.Error(tok.Error())
	}
	until(t, "the free place", func() bool { return s.Clients() == 1 })
	dial3(t, s, "power", "c", nil)
}

// TestMosquitto: the stock command-line clients work, as the guide's lines say.
func TestMosquitto(t *testing.T) {
	if _, err := exec.LookPath("mosquitto_pub"); err != nil {
		t.Skip("mosquitto_pub is not on this machine: apt-get install mosquitto-clients")
	}
	s := open(t, nil)
	host, port, err := net.SplitHostPort(s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"mqttv311", "mqttv5"} {
		sub := exec.CommandContext(t.Context(), "mosquitto_sub", "-V", version, "-h", host, "-p", port, "-u", "x", "-P", "power-secret", "-t", "room/power/in/#", "-q", "1", "-C", "3", "-W", "20", "-v")
		var out bytes.Buffer
		sub.Stdout, sub.Stderr = &out, &out
		if err := sub.Start(); err != nil {
			t.Fatal(err)
		}
		before := len(s.payloads(version))
		until(t, "the subscriber", func() bool {
			return len(s.srv.Topics.Subscribers("room/power/in/x").Subscriptions) > 0
		})
		for qos := range 3 {
			pub := exec.CommandContext(t.Context(), "mosquitto_pub", "-V", version, "-h", host, "-p", port, "-u", "x", "-P", "power-secret", "-t", "room/power/in/"+version, "-q", fmt.Sprint(qos), "-m", fmt.Sprint("m", qos))
			if b, err := pub.CombinedOutput(); err != nil {
				t.Errorf("%s, QoS %d: %v %s", version, qos, err, b)
			}
		}
		if err := sub.Wait(); err != nil || strings.Count(out.String(), "room/power/in/"+version) != 3 {
			t.Errorf("%s: the subscriber got %q, %v", version, &out, err)
		}
		if got := s.payloads(version)[before:]; len(got) != 3 {
			t.Errorf("%s: kept %v", version, got)
		}
		pub := exec.CommandContext(t.Context(), "mosquitto_pub", "-V", version, "-h", host, "-p", port, "-u", "x", "-P", "wrong", "-t", "room/power/in/x", "-m", "x")
		if b, err := pub.CombinedOutput(); err == nil {
			t.Errorf("%s: a wrong secret was let in: %s", version, b)
		}
	}
}

// TestTwice: a publication of QoS 2 that comes twice with one packet identifier is stored once. MQTT 3.1.1 4.3.3
func TestTwice(t *testing.T) {
	s := open(t, nil)
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	exchange := func(send, want packets.ControlPacket) {
		t.Helper()
		if err := send.Write(conn); err != nil {
			t.Fatal(err)
		}
		got, err := packets.ReadPacket(conn)
		if err != nil || fmt.Sprintf("%T %v", got, got.Details()) != fmt.Sprintf("%T %v", want, want.Details()) {
			t.Fatalf("got %v, %v; want %v", got, err, want)
		}
	}
	in := packets.NewControlPacket(packets.Connect).(*packets.ConnectPacket)
	in.ProtocolName, in.ProtocolVersion, in.ClientIdentifier, in.CleanSession, in.Keepalive = "MQTT", 4, "twice", true, 30
	in.UsernameFlag, in.Username, in.PasswordFlag, in.Password = true, "x", true, []byte("power-secret")
	exchange(in, packets.NewControlPacket(packets.Connack))
	pub := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	pub.TopicName, pub.Qos, pub.MessageID, pub.Payload = "room/power/in/x", 2, 7, []byte("1")
	rec := packets.NewControlPacket(packets.Pubrec).(*packets.PubrecPacket)
	rel := packets.NewControlPacket(packets.Pubrel).(*packets.PubrelPacket)
	comp := packets.NewControlPacket(packets.Pubcomp).(*packets.PubcompPacket)
	rec.MessageID, rel.MessageID, comp.MessageID = 7, 7, 7
	exchange(pub, rec)
	pub.Dup = true
	exchange(pub, rec)
	exchange(rel, comp)
	pub.Dup, pub.Payload = false, []byte("2") // the identifier is free again
	exchange(pub, rec)
	if got := s.payloads("/x"); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("kept %v", got)
	}
}

// TestTLS: with a certificate clients come over TLS, and only so.
func TestTLS(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	s := open(t, func(o *Options) {
		o.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	})
	dial := func(scheme string) error {
		c := three.NewClient(three.NewClientOptions().AddBroker(scheme + "://" + s.Addr()).SetUsername("x").SetPassword("power-secret").SetConnectTimeout(3 * time.Second).SetTLSConfig(&tls.Config{RootCAs: pool}))
		defer c.Disconnect(0)
		tok := c.Connect()
		if tok.WaitTimeout(5*time.Second) && tok.Error() != nil {
			return tok.Error()
		}
		tok = c.Publish("room/power/in/x", 1, false, "1")
		if !tok.WaitTimeout(5 * time.Second) {
			return errors.New("no answer")
		}
		return tok.Error()
	}
	if err := dial("ssl"); err != nil || len(s.payloads("/x")) != 1 {
		t.Errorf("over TLS: %v, kept %v", err, s.payloads("/x"))
	}
	if err := dial("tcp"); err == nil {
		t.Error("a client without TLS was let in")
	}
}

// TestMatches follows the examples of MQTT 5.0 4.7.1 and 4.7.2.
func TestMatches(t *testing.T) {
	for _, c := range []struct {
		filter, topic string
		want          bool
	}{
		{"sport/tennis/player1/#", "sport/tennis/player1", true}, {"sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true},
		{"sport/#", "sport", true}, {"#", "a/b", true}, {"sport/tennis/+", "sport/tennis/player1", true}, {"sport/tennis/+", "sport/tennis/player1/ranking", false},
		{"sport/+", "sport", false}, {"sport/+", "sport/", true}, {"+/+", "/finance", true}, {"/+", "/finance", true}, {"+", "/finance", false},
		{"#", "$SYS/x", false}, {"+/x", "$SYS/x", false}, {"$SYS/#", "$SYS/x", true}, {"a/b", "a", false}, {"a", "a/b", false}, {"a/+/c", "a/b/c", true}, {"a/+/c", "a/b/d", false},
	} {
		if got := Matches(c.filter, c.topic); got != c.want {
			t.Errorf("Matches(%q, %q) = %v", c.filter, c.topic, got)
		}
	}
}

// BenchmarkOneConnection is what one connection carries at QoS 1 over a store that takes a millisecond a batch.
func BenchmarkOneConnection(b *testing.B) {
	done := make(chan struct{}, 1<<20)
	br, err := New(Options{
		Addr: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler), Wall: time.Now,
		Auth: func(context.Context, Credentials) (*identity.Principal, error) {
			return &identity.Principal{ID: "x"}, nil
		},
		Allow: func(*identity.Principal, string, bool) error { return nil },
		Routes: []Route{{Filter: "#", Take: func(_ context.Context, batch []Message) []error {
			time.Sleep(time.Millisecond)
			for range batch {
				done <- struct{}{}
			}
			return nil
		}}},
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { _ = br.Run(ctx) }()
	defer cancel()
	c := three.NewClient(three.NewClientOptions().AddBroker("tcp://" + br.Addr()).SetPassword("x").SetUsername("x"))
	if tok := c.Connect(); tok.Wait() && tok.Error() != nil {
		b.Fatal(tok.Error())
	}
	for b.Loop() {
		c.Publish("a/b", 1, false, "21.5")
	}
	for range b.N {
		<-done
	}
	c.Disconnect(0)
}

package mqtt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	server "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/haihe-city/haihe/errs"
)

// brokerHook looks into a broker of the trade.
type brokerHook struct {
	server.HookBase
	mu       sync.Mutex
	got      []packets.Packet
	connects atomic.Int64
	version  atomic.Int64
	refuse   atomic.Bool
}

func (h *brokerHook) ID() string { return "test" }

func (h *brokerHook) Provides(b byte) bool {
	return bytes.Contains([]byte{server.OnConnect, server.OnPublish, server.OnConnectAuthenticate, server.OnACLCheck}, []byte{b})
}

func (h *brokerHook) OnACLCheck(*server.Client, string, bool) bool { return true }

func (h *brokerHook) OnConnectAuthenticate(cl *server.Client, pk packets.Packet) bool {
	return string(pk.Connect.Username) != "anna" || string(pk.Connect.Password) == "pass"
}

func (h *brokerHook) OnConnect(cl *server.Client, pk packets.Packet) error {
	h.connects.Add(1)
	h.version.Store(int64(pk.ProtocolVersion))
	return nil
}

func (h *brokerHook) OnPublish(cl *server.Client, pk packets.Packet) (packets.Packet, error) {
	if h.refuse.Load() {
		return pk, packets.ErrQuotaExceeded
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.got = append(h.got, pk)
	return pk, nil
}

func (h *brokerHook) all() []packets.Packet {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]packets.Packet(nil), h.got...)
}

func newBroker(t testing.TB) (address string, h *brokerHook, s *server.Server) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s = server.New(&server.Options{Logger: slog.New(slog.DiscardHandler)})
	h = &brokerHook{}
	if err := s.AddHook(h, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.AddListener(listeners.NewNet("test", l)); err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return l.Addr().String(), h, s
}

func newPool(t testing.TB, idle time.Duration) *Pool {
	var n atomic.Int64
	d := net.Dialer{Timeout: time.Second}
	p := NewPool(d.DialContext, nil, func() string { return fmt.Sprintf("haihe-%d", n.Add(1)) }, idle)
	t.Cleanup(p.Close)
	return p
}

func publish(t testing.TB, p *Pool, uri, qos, version, payload string) error {
	t.Helper()
	target, err := Parse(uri, qos, version)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	return p.Publish(ctx, &target, []byte(payload))
}

// TestVersionsAndQoS: both versions and the three qualities of service reach a broker of the trade, over one connection each.
func TestVersionsAndQoS(t *testing.T) {
	address, h, _ := newBroker(t)
	p := newPool(t, time.Minute)
	n := 0
	for i, version := range []string{"mqtt5.0", "mqtt3.1.1"} {
		for _, qos := range []string{"0", "1", "2"} {
			for range 3 {
				payload := fmt.Sprintf("%s %s %d", version, qos, n)
				if err := publish(t, p, "mqtt://"+address+"/city/topic", qos, version, payload); err != nil {
					t.Fatalf("%s QoS %s: %v", version, qos, err)
				}
				n++
				for end := time.Now().Add(5 * time.Second); len(h.all()) < n && time.Now().Before(end); { // QoS 0 is not confirmed
					time.Sleep(time.Millisecond)
				}
				got := h.all()
				if len(got) != n {
					t.Fatalf("%d messages arrived of %d", len(got), n)
				}
				if pk := got[n-1]; string(pk.Payload) != payload || pk.TopicName != "city/topic" || fmt.Sprint(pk.FixedHeader.Qos) != qos {
					t.Errorf("got %q on %q with QoS %d, want %q with %s", pk.Payload, pk.TopicName, pk.FixedHeader.Qos, payload, qos)
				}
			}
		}
		if c := h.connects.Load(); c != int64(i+1) {
			t.Errorf("%d connections after %s", c, version)
		}
		if v := h.version.Load(); v != int64(5-i) {
			t.Errorf("%s came as protocol version %d", version, v)
		}
	}
}

func TestCredentials(t *testing.T) {
	address, _, _ := newBroker(t)
	p := newPool(t, time.Minute)
	for _, version := range []string{"mqtt5.0", "mqtt3.1.1"} {
		for user, ok := range map[string]bool{"": true, "anna:pass@": true, "open@": true, "anna:wrong@": false} {
			if err := publish(t, p, "mqtt://"+user+address+"/t", "1", version, "x"); (err == nil) != ok {
				t.Errorf("%s as %q: %v", version, user, err)
			}
		}
	}
}

// TestRefused: a message that the broker does not take is not sent again over another connection.
func TestRefused(t *testing.T) {
	address, h, _ := newBroker(t)
	p := newPool(t, time.Minute)
	h.refuse.Store(true)
	for range 2 {
		if err := publish(t, p, "mqtt://"+address+"/t", "1", "mqtt5.0", "x"); !errors.Is(err, errRefused) {
			t.Errorf("refused: %v", err)
		}
	}
}

// TestBroken: a connection that ended is made anew, and one that nobody uses is closed.
func TestBroken(t *testing.T) {
	for _, version := range []string{"mqtt5.0", "mqtt3.1.1"} {
		address, h, s := newBroker(t)
		p := newPool(t, 50*time.Millisecond)
		send := func() {
			t.Helper()
			if err := publish(t, p, "mqtt://"+address+"/t", "1", version, "x"); err != nil {
				t.Fatalf("%s: %v", version, err)
			}
		}
		send()
		for _, c := range s.Clients.GetAll() {
			c.Stop(errors.New("thrown out"))
		}
		send()
		if n := h.connects.Load(); n != 2 {
			t.Errorf("%s: %d connections, want 2", version, n)
		}
		for end := time.Now().Add(5 * time.Second); time.Now().Before(end) && atomic.LoadInt64(&s.Info.ClientsConnected) != 0; {
			time.Sleep(5 * time.Millisecond)
		}
		p.mu.Lock()
		if n := len(p.conns); n != 0 {
			t.Errorf("%s: %d connections are kept unused", version, n)
		}
		p.mu.Unlock()
		send()
	}
}

func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() // it takes connections and says nothing
	p := newPool(t, time.Minute)
	for _, version := range []string{"mqtt5.0", "mqtt3.1.1"} {
		target, err := Parse("mqtt://"+l.Addr().String()+"/t", "1", version)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if err := p.Publish(ctx, &target, nil); err == nil {
			t.Errorf("%s: a broker that says nothing took a message", version)
		}
		cancel()
	}
}

// TestMany: many at once share a connection.
func TestMany(t *testing.T) {
	address, h, _ := newBroker(t)
	p := newPool(t, time.Minute)
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			version := []string{"mqtt5.0", "mqtt3.1.1"}[i%2]
			for range 10 {
				if err := publish(t, p, "mqtt://"+address+"/t", "1", version, "x"); err != nil {
					t.Errorf("%s: %v", version, err)
				}
			}
		})
	}
	wg.Wait()
	if n := len(h.all()); n != 500 {
		t.Errorf("%d messages of 500", n)
	}
	if n := h.connects.Load(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ uri, qos, version, want string }{
		{"mqtt://h/a", "", "", "h:1883 a tls=false user=\"\" v5=true qos=0"},
		{"mqtts://h/a/b", "2", "mqtt3.1.1", "h:8883 a/b tls=true user=\"\" v5=false qos=2"},
		{"MQTT://u:p%40q@h:77/a/b/c", "1", "mqtt5.0", "h:77 a/b/c tls=false user=\"u\" v5=true qos=1"},
		{"mqtt://[::1]/a", "", "", "[::1]:1883 a tls=false user=\"\" v5=true qos=0"},
		{"mqtt://h", "", "", "error"}, {"mqtt://h/", "", "", "error"}, {"mqtt:///a", "", "", "error"}, {"http://h/a", "", "", "error"},
		{"mqtt://h/a/#", "", "", "error"}, {"mqtt://h/a?b", "", "", "error"}, {"mqtt://h/%23", "", "", "error"}, {"mqtt://h/$SYS/x", "", "", "error"},
		{"mqtt://h/a", "3", "", "error"}, {"mqtt://h/a", "", "5", "error"}, {"mqtt://:p@h/a", "", "mqtt3.1.1", "error"},
	} {
		got := "error"
		if x, err := Parse(c.uri, c.qos, c.version); err == nil {
			got = fmt.Sprintf("%s %s tls=%v user=%q v5=%v qos=%d", x.Address, x.Topic, x.TLS, x.User, x.V5, x.QoS)
		} else if !errs.Is(err, errs.Invalid) || strings.Contains(err.Error(), "%!") {
			t.Errorf("%s: %v", c.uri, err)
		}
		if got != c.want {
			t.Errorf("%s %s %s: %s, want %s", c.uri, c.qos, c.version, got, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("mqtt://u:p@h:1/a/b", "1", "mqtt5.0")
	f.Add("mqtts://[::1]/x", "", "mqtt3.1.1")
	f.Fuzz(func(t *testing.T, uri, qos, version string) {
		x, err := Parse(uri, qos, version)
		if err == nil && (x.Topic == "" || strings.ContainsAny(x.Topic, "+#") || x.QoS > 2) {
			t.Errorf("%q gave %+v", uri, x)
		}
	})
}

package grid_test

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	stranger "github.com/haihe-city/haihe/simulate/grid/foreign"
	"github.com/haihe-city/haihe/simulate/grid/relay"
	"github.com/haihe-city/haihe/systems/grid"
	"github.com/haihe-city/haihe/wire/dlms"
	"github.com/haihe-city/haihe/wire/dlms/hdlc"
)

const lineGateway, lineMeter = "400000000001", "400000000011"

// lone is a station of one meter.
type lone struct {
	now func() time.Time
}

func (s lone) Address() string                               { return lineGateway }
func (s lone) Now() time.Time                                { return s.now() }
func (s lone) Len() int                                      { return 1 }
func (s lone) Drift(int, time.Time) time.Duration            { return 0 }
func (s lone) Meter(int) (string, time.Time, bool)           { return lineMeter, slot(-100), false }
func (s lone) Shown(int, time.Time) (e, p, v int64, ok bool) { return 42_0000, 5_0000, 2201, true }

// guarded is a gateway over HDLC whose meter wants to see a secret before it says anything.
type guarded struct {
	t        testing.TB
	g        *stranger.Gateway
	password string
	keys     dlms.Keys // with its own title
	mirror   bool      // it sends the challenge back instead of its own

	peer   dlms.Keys
	ctos   []byte
	proved atomic.Int64
	tried  atomic.Int64
}

var stoc = []byte("a challenge of the meter's")

func (m *guarded) serve(port uint16, b []byte) []byte {
	pass := func(b []byte) []byte {
		out, _, _ := m.g.Answer(dlms.Frame{Source: 1, Destination: port, Data: b})
		return out.Data
	}
	a, err := dlms.Decode(b)
	if err != nil {
		m.t.Error(err)
		return nil
	}
	if port == dlms.Management {
		return pass(b)
	}
	open := func() []byte {
		return pass(dlms.Encode(dlms.Associate("", dlms.InitiateRequest{Version: 6, Conformance: dlms.Wanted, MaxAPDU: 1200})))
	}
	answer := dlms.InitiateResponse{Version: 6, Conformance: dlms.Wanted | 1, MaxAPDU: 1200}
	switch q := a.(type) {
	case dlms.AARQ:
		m.tried.Add(1)
		switch {
		case m.password != "" && q.Mechanism() == dlms.Password && string(q.Secret()) == m.password:
			m.proved.Add(1)
			return open()
		case m.password == "" && q.Mechanism() == dlms.GMAC:
			m.peer, m.ctos = dlms.Keys{Title: q.Title(), Key: m.keys.Key, Authentication: m.keys.Authentication}, q.Secret()
			return dlms.Encode(dlms.AcceptGMAC(m.keys.Title, stoc, answer))
		}
		return dlms.Encode(dlms.Accept(13, answer))
	case dlms.ActionRequest:
		no := dlms.Encode(dlms.ActionResponse{Kind: dlms.Normal, Invoke: q.Invoke, Results: []dlms.ActionResult{{Outcome: dlms.Denied}}})
		if q.Kind != dlms.Normal || q.Of[0].Class != dlms.ClassAssociation || q.Values[0] == nil || m.peer.Proves(q.Values[0].Bytes, stoc) != nil {
			return no
		}
		proof, err := m.keys.Prove(7, m.ctos)
		if err != nil {
			m.t.Error(err)
			return no
		}
		if m.mirror {
			proof[16] ^= 1
		}
		m.proved.Add(1)
		open()
		d := dlms.Octets(proof)
		return dlms.Encode(dlms.ActionResponse{Kind: dlms.Normal, Invoke: q.Invoke, Results: []dlms.ActionResult{{Return: &dlms.Result{Value: &d}}}})
	}
	return pass(b)
}

// run speaks HDLC until the connection ends.
func (m *guarded) run(conn net.Conn) {
	var sc hdlc.Scanner
	servers := map[hdlc.Address]*hdlc.Server{}
	buf := make([]byte, 4096)
	for {
		it, ok := sc.Next()
		if !ok {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			sc.Feed(buf[:n])
			continue
		}
		if it.Refused != nil {
			continue // the wrapper, which this gateway does not know
		}
		f := it.Frame
		s := servers[f.Destination]
		if s == nil {
			s = hdlc.NewServer(f.Destination, hdlc.Params{Info: 64, Window: 2})
			servers[f.Destination] = s
		}
		e := s.Handle(f)
		if e.Message != nil {
			e.Send = s.Reply(m.serve(f.Destination.Upper, e.Message))
		}
		for _, x := range e.Send {
			raw, err := x.Append(nil)
			if err == nil {
				_, err = conn.Write(raw)
			}
			if err != nil {
				return
			}
		}
	}
}

var (
	meterKey  = []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	meterAuth = bytes.Repeat([]byte{0xD0}, 16)
)

// TestDLMSSecrets: meters over HDLC behind a gateway that says nothing first and knows no wrapper; read with their password or after both sides have proved
// who they are, and not otherwise. No secret is listed.
func TestDLMSSecrets(t *testing.T) {
	const keys = "000102030405060708090a0b0c0d0e0f d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0"
	title := []byte("MTR\x00\x00\x00\x00\x01")
	for _, c := range []struct {
		name, line string
		m          *guarded
		want       bool
		reason     string
	}{
		{"password", "dlms 4* lls opensesame", &guarded{password: "opensesame"}, true, ""},
		{"wrong password", "dlms 4* lls opensesami", &guarded{password: "opensesame"}, false, ""},
		{"GMAC", "dlms " + lineMeter + " gmac " + keys, &guarded{keys: dlms.Keys{Title: title, Key: meterKey, Authentication: meterAuth}}, true, ""},
		{"wrong key", "dlms " + lineMeter + " gmac " + strings.Replace(keys, "0f", "0e", 1), &guarded{keys: dlms.Keys{Title: title, Key: meterKey, Authentication: meterAuth}}, false, ""},
		{"the meter has no key", "dlms " + lineMeter + " gmac " + keys, &guarded{mirror: true, keys: dlms.Keys{Title: title, Key: meterKey, Authentication: meterAuth}}, false, "the device does not prove who it is"},
		{"no key here", "", &guarded{keys: dlms.Keys{Title: title, Key: meterKey, Authentication: meterAuth}}, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "secrets")
			if err := os.WriteFile(path, []byte(c.line+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			r := open(t, func(x *grid.Config) {
				foreignDoors(x)
				x.Gateways.Secrets = path
			})
			r.archive("dlms", lineMeter+","+lineGateway)
			m := c.m
			m.t, m.g = t, stranger.NewGateway(lone{now: r.Clock.Now})
			conn := r.dial("dlms")
			var running sync.WaitGroup
			running.Go(func() { m.run(conn) })
			t.Cleanup(func() { conn.Close(); running.Wait() })
			if !c.want {
				r.until("the meter was asked twice", func() bool { return m.tried.Load() >= 2 })
				r.wantSlot(lineMeter, 20, "missing", 0)
				if c.reason != "" {
					r.wantRefused(c.reason)
				}
			} else {
				r.until("the meter is read", func() bool { return r.coverage("2015-11-20").City.Complete == 1 })
				r.wantSlot(lineMeter, 20, "collected", 42)
				if m.proved.Load() == 0 {
					t.Error("read without a proof")
				}
			}
			for _, f := range r.refused() {
				if strings.Contains(f.Hex+f.Reason.En, "000102030405060708090a0b0c0d0e0f") || strings.Contains(f.Hex, "6f70656e736573616d") {
					t.Errorf("a secret is listed: %+v", f)
				}
			}
		})
	}
}

// foreignDoors opens the door of DLMS, quickly.
func foreignDoors(c *grid.Config) {
	c.DLMS, c.Poll645, c.Answer645 = "127.0.0.1:0", time.Second, 400*time.Millisecond
}

// TestGurux: the client of an independent library connects to a guarded meter over HDLC, proves itself with mechanism 5 and reads.
func TestGurux(t *testing.T) {
	python := os.Getenv("HAIHE_PYTHON")
	if python == "" || exec.Command(python, "-c", "import gurux_dlms").Run() != nil {
		t.Skip("skipped: HAIHE_PYTHON names no Python with gurux-dlms")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	m := &guarded{t: t, g: stranger.NewGateway(lone{now: func() time.Time { return slot(38) }}), keys: dlms.Keys{Title: []byte("MTR\x00\x00\x00\x00\x01"), Key: meterKey, Authentication: meterAuth}}
	go func() {
		conn, err := ln.Accept()
		if err == nil {
			m.run(conn)
		}
	}()
	host, port, _ := net.SplitHostPort(ln.Addr().String())
	script := `
import socket, sys
from gurux_dlms import GXDLMSClient, GXReplyData, GXByteBuffer
from gurux_dlms.enums import Authentication, InterfaceType, ObjectType
from gurux_dlms.secure import GXDLMSSecureClient
from gurux_dlms.objects import GXDLMSData, GXDLMSRegister
s = socket.create_connection((sys.argv[1], int(sys.argv[2]))); s.settimeout(10)
c = GXDLMSSecureClient(True, 1, 16, Authentication.HIGH_GMAC, None, InterfaceType.HDLC)
c.ciphering.systemTitle = b"GUR\x00\x00\x00\x00\x09"
c.ciphering.blockCipherKey = bytes(range(16)); c.ciphering.authenticationKey = b"\xD0" * 16
def ask(frames):
    reply = GXReplyData()
    for f in (frames if isinstance(frames, list) else [frames]):
        one(f, reply)
    while reply.isMoreData():
        one(c.receiverReady(reply), reply)
    return reply
def one(f, reply):
    s.sendall(bytes(f))
    got = GXByteBuffer()
    reply.error = 0
    while True:
        got.set(s.recv(4096))
        if c.getData(got, reply, None): break
c.parseUAResponse(ask(c.snrmRequest()).data)
c.parseAareResponse(ask(c.aarqRequest()).data)
c.parseApplicationAssociationResponse(ask(c.getApplicationAssociationRequest()).data)
d = GXDLMSData("0.0.96.1.0.255")
print("id", bytes(c.updateValue(d, 2, ask(c.read(d, 2)).value) or b"").decode())
r = GXDLMSRegister("1.0.1.8.0.255")
print("register", c.updateValue(r, 2, ask(c.read(r, 2)).value))
`
	out, err := exec.CommandContext(t.Context(), python, "-c", script, host, port).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "id HHM"+lineMeter) || !strings.Contains(string(out), "register 420000") || m.proved.Load() != 1 {
		t.Fatalf("proved %d, %v\n%s", m.proved.Load(), err, out)
	}
}

// Ask is described at foreign.Station: the relay of a meter that nobody orders anything.
func (s lone) Ask(int) (*relay.Relays, relay.Meter) { return &relay.Relays{}, relay.Meter{} }

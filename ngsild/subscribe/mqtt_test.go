package subscribe_test

import (
	"encoding/json"
	"log/slog"
	"net"
	"testing"

	server "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
)

// tap takes every client and gives every publication on.
type tap struct {
	server.HookBase
	got chan packets.Packet
}

func (h *tap) ID() string { return "tap" }

func (h *tap) Provides(b byte) bool {
	return b == server.OnPublish || b == server.OnConnectAuthenticate || b == server.OnACLCheck
}

func (h *tap) OnConnectAuthenticate(*server.Client, packets.Packet) bool { return true }

func (h *tap) OnACLCheck(*server.Client, string, bool) bool { return true }

func (h *tap) OnPublish(_ *server.Client, pk packets.Packet) (packets.Packet, error) {
	h.got <- pk
	return pk, nil
}

// TestMQTT: a notification is one message with metadata and body (ETSI GS CIM 009 V1.9.1 7.2), to a broker of the trade.
func TestMQTT(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := server.New(&server.Options{Logger: slog.New(slog.DiscardHandler)})
	h := &tap{got: make(chan packets.Packet, 10)}
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
	r := newRig(t, nil)
	uri := "mqtt://anna:pw@" + l.Addr().String() + "/city/buildings"
	for _, c := range []struct{ id, endpoint, metadata, context string }{
		{"urn:s:1", `,"receiverInfo":[{"key":"test-receiver-key","value":"info"}],"notifierInfo":[{"key":"MQTT-QoS","value":"1"}]`,
			`{"test-receiver-key":"info","Content-Type":"application/json","Link":"<` + cityURL + `>; rel=\"http://www.w3.org/ns/json-ld#context\"; type=\"application/ld+json\""}`, ``},
		{"urn:s:2", `,"accept":"application/ld+json","notifierInfo":[{"key":"MQTT-Version","value":"mqtt3.1.1"},{"key":"MQTT-QoS","value":"2"}]`,
			`{"Content-Type":"application/ld+json"}`, `,"@context":"` + cityURL + `"`},
	} {
		r.subscribe(c.id, uri, "", `"format":"keyValues",`, c.endpoint)
		r.put("", "urn:e:"+c.id, `"type":"Building","level":5`)
		pk := <-h.got
		var got struct{ Metadata, Body json.RawMessage }
		if err := json.Unmarshal(pk.Payload, &got); err != nil {
			t.Fatalf("%v in %s", err, pk.Payload)
		}
		like(t, "metadata", string(got.Metadata), c.metadata)
		var body struct {
			Type, SubscriptionID string
			Data                 json.RawMessage
		}
		if err := json.Unmarshal(got.Body, &body); err != nil || body.Type != "Notification" || body.SubscriptionID != c.id {
			t.Errorf("the body is %s: %v", got.Body, err)
		}
		like(t, "data", string(body.Data), `[{"id":"urn:e:`+c.id+`","type":"Building","level":5`+c.context+`}]`)
		if pk.TopicName != "city/buildings" {
			t.Errorf("the topic is %q", pk.TopicName)
		}
		r.want(204, "DELETE", "/subscriptions/"+c.id, "", "")
	}
}

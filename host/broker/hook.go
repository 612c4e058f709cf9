package broker

import (
	"bytes"
	"strings"
	"sync/atomic"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// hook is where mochi asks: who may come, who may use which topic, and what becomes of a publication.
type hook struct {
	mqtt.HookBase
	b      *Broker
	online atomic.Int64
}

// ID names the hook.
func (h *hook) ID() string { return "haihe" }

// Provides lists what the hook answers.
func (h *hook) Provides(b byte) bool {
	return bytes.Contains([]byte{
		mqtt.OnConnectAuthenticate, mqtt.OnACLCheck, mqtt.OnPublish, mqtt.OnWill, mqtt.OnSessionEstablished, mqtt.OnDisconnect, mqtt.OnPublishDropped,
		mqtt.OnPacketEncode, mqtt.OnPacketRead,
	}, []byte{b})
}

// OnConnectAuthenticate signs a client in. Its id becomes one of its principal's own, so that it cannot take over another's session.
func (h *hook) OnConnectAuthenticate(cl *mqtt.Client, pk packets.Packet) bool {
	l, ok := cl.Net.Conn.(*link)
	if !ok || len(cl.ID) > 256 {
		return false
	}
	who, err := l.believe(Credentials{
		User: string(pk.Connect.Username), Password: string(pk.Connect.Password), ClientID: pk.Connect.ClientIdentifier, Remote: cl.Net.Remote,
	})
	if err != nil {
		h.b.o.Count(BadLogin)
		h.b.o.Log.Debug("a client was not let in", "remote", cl.Net.Remote, "error", err)
		return false
	}
	cl.ID = who.ID + "/" + cl.ID
	// mochi's own account of the receive maximum can lock up (one read lock within another): it is told that there is none, and
	// OnPacketEncode keeps to it.
	maximum := cl.Properties.Props.ReceiveMaximum
	cl.Properties.Props.ReceiveMaximum = 0
	cl.State.Inflight.ResetSendQuota(0)
	l.mu.Lock()
	l.cl = cl
	if maximum > 0 {
		l.sent = make(chan struct{}, maximum)
	}
	l.mu.Unlock()
	if pk.Connect.WillFlag && !h.OnACLCheck(cl, pk.Connect.WillTopic, true) {
		return false // MQTT 5.0 3.1.2.5: a will is published as the client would
	}
	return true
}

// OnPacketEncode holds a publication to a client back until the client takes more. It runs where the client's messages are
// written, and there only its own wait.
func (h *hook) OnPacketEncode(cl *mqtt.Client, pk packets.Packet) packets.Packet {
	if l, ok := cl.Net.Conn.(*link); ok && pk.FixedHeader.Type == packets.Publish && pk.FixedHeader.Qos > 0 {
		l.hold()
	}
	return pk
}

// OnPacketRead takes the client's acknowledgements.
func (h *hook) OnPacketRead(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	switch t := pk.FixedHeader.Type; {
	case t != packets.Puback && t != packets.Pubcomp && (t != packets.Pubrec || pk.ReasonCode < packets.ErrUnspecifiedError.Code):
	default:
		if l, ok := cl.Net.Conn.(*link); ok {
			l.release()
		}
	}
	return pk, nil
}

// OnSessionEstablished counts who came.
func (h *hook) OnSessionEstablished(cl *mqtt.Client, _ packets.Packet) { h.count(cl, true) }

// OnDisconnect counts who went.
func (h *hook) OnDisconnect(cl *mqtt.Client, _ error, _ bool) { h.count(cl, false) }

func (h *hook) count(cl *mqtt.Client, on bool) {
	l, ok := cl.Net.Conn.(*link)
	if !ok {
		return
	}
	l.mu.Lock()
	was, who := l.online, l.who
	l.online = on
	l.mu.Unlock()
	if was == on {
		return
	}
	n := h.online.Add(map[bool]int64{true: 1, false: -1}[on])
	if h.b.o.Online != nil {
		h.b.o.Online(who, on, int(n))
	}
}

// OnACLCheck tells whether a client may publish to a topic or read a filter; it is asked for each message that is handed out too.
func (h *hook) OnACLCheck(cl *mqtt.Client, filter string, write bool) bool {
	l, ok := cl.Net.Conn.(*link)
	if !ok {
		return false
	}
	if rest, shared := strings.CutPrefix(filter, "$share/"); shared && !write {
		_, filter, _ = strings.Cut(rest, "/")
	}
	who, err := l.principal()
	if err == nil && filter != "" && !strings.HasPrefix(filter, "$") && (!write || h.b.routeOf(filter) != nil) {
		if err = h.b.o.Allow(who, filter, write); err == nil {
			return true
		}
	}
	h.b.o.Count(Denied)
	h.b.o.Log.Debug("a topic was refused", "client", cl.ID, "topic", filter, "write", write, "error", err)
	return false
}

// OnPublish puts a publication in line for its route. mochi does nothing more about it: acknowledging and handing on come later.
func (h *hook) OnPublish(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	l, ok := cl.Net.Conn.(*link)
	if cl.Net.Inline || !ok { // it has been stored and is being handed on
		return pk, nil
	}
	route := h.b.routeOf(pk.TopicName)
	if route == nil { // OnACLCheck has said so already
		return pk, packets.ErrRejectPacket
	}
	who, err := l.principal()
	if err != nil {
		return pk, packets.ErrRejectPacket
	}
	l.add(item{Message: Message{Who: who, Topic: pk.TopicName, Payload: pk.Payload, QoS: pk.FixedHeader.Qos}, route: route, cl: cl, pk: pk})
	return pk, packets.ErrRejectPacket
}

// OnWill stores the will of a client that went without a word, as if it had published it; nothing is left for mochi to send.
// A delay is kept, and a client that is back by then sends none. MQTT 5.0 3.1.3.2.2
func (h *hook) OnWill(cl *mqtt.Client, w mqtt.Will) (mqtt.Will, error) {
	l, ok := cl.Net.Conn.(*link)
	route := h.b.routeOf(w.TopicName)
	if !ok || route == nil {
		return mqtt.Will{}, nil
	}
	who, err := l.principal()
	if err != nil {
		return mqtt.Will{}, nil
	}
	pk := packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: w.Qos, Retain: w.Retain}, TopicName: w.TopicName, Payload: w.Payload, PacketID: 1,
		Properties: packets.Properties{User: w.User},
	}
	it := item{Message: Message{Who: who, Topic: w.TopicName, Payload: w.Payload, QoS: w.Qos}, route: route, cl: cl, pk: pk, will: true}
	if w.WillDelayInterval == 0 {
		l.add(it)
		return mqtt.Will{}, nil
	}
	time.AfterFunc(time.Duration(min(w.WillDelayInterval, 3600))*time.Second, func() {
		if now, ok := h.b.srv.Clients.Get(cl.ID); (!ok || now.Closed()) && h.b.ctx.Err() == nil {
			l.add(it)
		}
	})
	return mqtt.Will{}, nil
}

// OnPublishDropped counts what a subscriber was too slow for.
func (h *hook) OnPublishDropped(*mqtt.Client, packets.Packet) { h.b.o.Count(NotRead) }

package mqtt

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
)

// keepAlive is how often an idle connection is tested, in seconds.
const keepAlive = 30

// longest bounds what the caller's context does not.
const longest = 5 * time.Minute

var errBroken = errors.New("the connection to the MQTT broker ended")

// link5 is a session of MQTT 5.0.
type link5 struct{ client *paho.Client }

func (p *Pool) open5(ctx context.Context, b broker) (link, error) {
	raw, err := p.socket(ctx, b)
	if err != nil {
		return nil, fmt.Errorf("connect to the MQTT broker: %w", err)
	}
	l := &link5{paho.NewClient(paho.ClientConfig{Conn: packets.NewThreadSafeConn(raw), PacketTimeout: longest})}
	few := uint16(16) // messages for us, of which there are none: the client makes room for as many as it allows
	hello := &paho.Connect{ClientID: p.name(), CleanStart: true, KeepAlive: keepAlive, Properties: &paho.ConnectProperties{ReceiveMaximum: &few}}
	if b.User != "" || b.HasPassword {
		hello.Username, hello.UsernameFlag = b.User, b.User != ""
		hello.Password, hello.PasswordFlag = []byte(b.Password), b.HasPassword
	}
	ack, err := l.client.Connect(ctx, hello)
	if err != nil {
		raw.Close()
		if ack != nil && ack.Properties != nil && ack.Properties.ReasonString != "" {
			err = fmt.Errorf("%w: %s", err, ack.Properties.ReasonString)
		}
		return nil, fmt.Errorf("connect to the MQTT broker: %w", err)
	}
	return l, nil
}

func (l *link5) publish(ctx context.Context, t *Target, payload []byte) error {
	// The client goes on waiting for a confirmation when its connection has ended.
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-l.client.Done():
			cancel(errBroken)
		case <-ctx.Done():
		}
	}()
	ack, err := l.client.Publish(ctx, &paho.Publish{Topic: t.Topic, QoS: t.QoS, Payload: payload})
	if ack != nil && ack.ReasonCode >= 0x80 {
		return fmt.Errorf("%w: reason %#x", errRefused, ack.ReasonCode)
	}
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return fmt.Errorf("publish by MQTT 5.0: %w", err)
	}
	return nil
}

func (l *link5) dead() <-chan struct{} { return l.client.Done() }

func (l *link5) close() { _ = l.client.Disconnect(&paho.Disconnect{}) }

package mqtt

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"sync"
	"time"

	paho3 "github.com/eclipse/paho.mqtt.golang"
)

// link3 is a session of MQTT 3.1.1.
type link3 struct {
	client paho3.Client
	broken chan struct{}
}

// writeTimeout bounds how long the client waits for room to write.
const writeTimeout = 5 * time.Second

// watched tells at once when a connection ends; the client's own handler may be held up by whoever publishes.
type watched struct {
	net.Conn
	end func()
}

// Read reads.
func (c *watched) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err != nil {
		c.end()
	}
	return n, err
}

// once gives a function that closes c the first time that it is called.
func once(c chan struct{}) func() { return sync.OnceFunc(func() { close(c) }) }

func (p *Pool) open3(ctx context.Context, b broker) (link, error) {
	l := &link3{broken: make(chan struct{})}
	end := once(l.broken)
	o := paho3.NewClientOptions().AddBroker("tcp://" + b.Address).SetClientID(p.name()).SetProtocolVersion(4).
		SetCleanSession(true).SetAutoReconnect(false).SetConnectRetry(false).SetKeepAlive(keepAlive * time.Second).
		SetWriteTimeout(writeTimeout).SetConnectionLostHandler(func(paho3.Client, error) { end() }).
		SetCustomOpenConnectionFn(func(*url.URL, paho3.ClientOptions) (net.Conn, error) {
			c, err := p.socket(ctx, b)
			if err != nil {
				return nil, err
			}
			return &watched{c, end}, nil
		})
	if b.User != "" {
		o.SetUsername(b.User).SetPassword(b.Password)
	}
	l.client = paho3.NewClient(o)
	if err := l.wait(ctx, l.client.Connect()); err != nil {
		l.client.Disconnect(0)
		return nil, fmt.Errorf("connect to the MQTT broker: %w", err)
	}
	return l, nil
}

func (l *link3) publish(ctx context.Context, t *Target, payload []byte) error {
	sent := make(chan paho3.Token, 1)
	go func() { sent <- l.client.Publish(t.Topic, t.QoS, false, payload) }() // which may block when the connection ends
	var err error
	select {
	case token := <-sent:
		err = l.wait(ctx, token)
	case <-l.broken:
		err = errBroken
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("publish by MQTT 3.1.1: %w", err)
	}
	return nil
}

// wait waits for the end of what a token stands for; the client may leave one open when its connection has ended.
func (l *link3) wait(ctx context.Context, token paho3.Token) error {
	select {
	case <-token.Done():
		return token.Error()
	case <-l.broken:
		return errBroken
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *link3) dead() <-chan struct{} { return l.broken }

func (l *link3) close() { l.client.Disconnect(100) }

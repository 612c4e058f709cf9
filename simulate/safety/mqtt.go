package safety

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
)

// The packets of MQTT 3.1.1 that a gateway needs (chapter 3).
const (
	mqttConnect   = 0x10
	mqttConnected = 0x20
	mqttPublish1  = 0x32 // QoS 1
	mqttPublished = 0x40
)

// errMQTT: the broker does not take part.
var errMQTT = errors.New("the broker refuses")

// publisher is one connection of a plant's gateway that publishes with QoS 1, each message after the last was acknowledged.
type publisher struct {
	conn net.Conn
	in   *bufio.Reader
	id   uint16
}

// connect opens the session: clean, kept alive by the readings themselves.
func (p *publisher) connect(client, login, password string) error {
	b := text(nil, "MQTT")
	flags := byte(0x02)
	if login != "" {
		flags |= 0xC0
	}
	b = append(b, 4, flags)
	b = binary.BigEndian.AppendUint16(b, 0)
	b = text(b, client)
	if login != "" {
		b = text(text(b, login), password)
	}
	defer endLate(p.conn)()
	if err := p.send(mqttConnect, b); err != nil {
		return err
	}
	kind, body, err := p.receive()
	if err == nil && (kind != mqttConnected || len(body) != 2 || body[1] != 0) {
		err = errMQTT
	}
	return err
}

// publish sends a message and waits for its PUBACK.
func (p *publisher) publish(topic string, body []byte) error {
	defer endLate(p.conn)()
	if p.id++; p.id == 0 {
		p.id = 1
	}
	b := binary.BigEndian.AppendUint16(text(nil, topic), p.id)
	if err := p.send(mqttPublish1, append(b, body...)); err != nil {
		return err
	}
	for {
		kind, body, err := p.receive()
		switch {
		case err != nil:
			return err
		case kind == mqttPublished && len(body) >= 2 && binary.BigEndian.Uint16(body) == p.id:
			return nil
		}
	}
}

func (p *publisher) send(kind byte, body []byte) error {
	b := binary.AppendUvarint([]byte{kind}, uint64(len(body))) // the remaining length is a varint of seven bits
	_, err := p.conn.Write(append(b, body...))
	return err
}

func (p *publisher) receive() (kind byte, body []byte, err error) {
	if kind, err = p.in.ReadByte(); err != nil {
		return 0, nil, err
	}
	n, err := binary.ReadUvarint(p.in)
	if err != nil || n > 1<<16 {
		return 0, nil, errors.Join(err, errMQTT)
	}
	body = make([]byte, n)
	_, err = io.ReadFull(p.in, body)
	return kind & 0xF0, body, err
}

func text(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
}

// publish speaks JSON over MQTT until the line breaks.
func (u *unit) publish(ctx context.Context) error {
	conn, err := u.dial(ctx, u.opt.Feeds.MQTT)
	if err != nil {
		return err
	}
	p := &publisher{conn: conn, in: bufio.NewReader(conn)}
	return u.during(ctx, conn, func() error {
		if err := p.connect(u.MN, u.MN, u.Password); err != nil {
			return err
		}
		for {
			at, err := u.await(ctx)
			if err != nil {
				return err
			}
			body, err := u.message(at)
			if err != nil {
				return err
			}
			u.sending(at)
			if err := p.publish(u.topic(), body); err != nil {
				return err
			}
			u.took(at)
		}
	})
}

package mqtt

import (
	"context"
	"crypto/tls"
	"errors"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/host/broker"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/safety/feed/gate"
	"github.com/haihe-city/haihe/systems/safety/register"
)

const name = string(register.MQTT)

// Options are what the door works with.
type Options struct {
	Desk      *gate.Desk
	Listen    string
	Cert, Key string // files of TLS; empty: without
	MaxLinks  int
	Ahead     time.Duration // readings of a time further ahead than this are refused
}

// Door is the broker that gateways connect to.
type Door struct {
	o      Options
	broker *broker.Broker
	ctx    context.Context
	cancel context.CancelFunc
}

// Open opens the door; nil where the configuration has none.
func Open(o Options) (*Door, error) {
	if o.Listen == "" {
		return nil, nil //nolint:nilnil // no door is no fault
	}
	var secure *tls.Config
	if o.Cert != "" {
		cert, err := tls.LoadX509KeyPair(o.Cert, o.Key)
		if err != nil {
			return nil, errs.Because(err, errs.Invalid, "企业 MQTT 接入的证书或私钥无法使用，请检查文件", "the certificate or key of the plants' MQTT is of no use, check the files")
		}
		secure = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	}
	d := &Door{o: o}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	var err error
	d.broker, err = broker.New(broker.Options{
		Addr: o.Listen, TLS: secure, Log: o.Desk.Log, Wall: o.Desk.Wall, Auth: d.signIn, Allow: d.allow, MaxClients: o.MaxLinks, MaxPacket: 128 << 10, InFlight: 64, Retained: 1,
		Routes:  []broker.Route{{Filter: topics + "+" + readings, Take: d.take}},
		Refused: d.refused,
	})
	if err != nil {
		d.cancel()
		return nil, err
	}
	return d, nil
}

// Feeds are the door as the host runs it.
func (d *Door) Feeds() []host.Feed {
	if d == nil {
		return nil
	}
	return []host.Feed{{Name: name, Addr: d.broker.Addr(), Run: d.broker.Run}}
}

// Close ends the door.
func (d *Door) Close() {
	if d != nil {
		d.broker.Close()
		d.cancel()
	}
}

// What topics look like, and the id of a gateway's principal.
const (
	topics   = "haihe/safety/"
	readings = "/readings"
	prefix   = "plant:"
)

// signIn lets a gateway in whose plant the register has, with this feed, a password, and the right one.
func (d *Door) signIn(ctx context.Context, c broker.Credentials) (*identity.Principal, error) {
	reg := d.o.Desk.Register
	plant, ok := reg.ByMN(c.User)
	if ok && plant.Feed == register.MQTT && plant.Secret != "" && reg.Opens(c.User, c.Password) {
		return identity.NewPrincipal(prefix+c.User, "", nil), nil
	}
	d.o.Desk.Count(name, gate.NotTaken)
	d.o.Desk.Refuse(ctx, gate.Refused{Peer: c.Remote, Protocol: name, Reason: lang.T("企业编码或口令不对", "the plant's code or password is wrong")}, nil)
	return nil, errs.Say(errs.Unauthenticated, "企业编码或口令不对", "the plant's code or password is wrong")
}

// allow lets a gateway publish to its own topic, and read nothing.
func (d *Door) allow(who *identity.Principal, filter string, write bool) error {
	own := strings.TrimPrefix(who.ID, prefix)
	if write && filter == topics+own+readings {
		return nil
	}
	d.o.Desk.Count(name, gate.NotTaken)
	d.o.Desk.Refuse(d.ctx, gate.Refused{Peer: own + " " + name, Protocol: name, Reason: lang.T("主题不属于该企业", "the topic is not this plant's")}, []byte(filter))
	return errs.Say(errs.Denied, "主题 %s 不属于该企业", "the topic %s is not this plant's", filter)
}

// refused lists a publication that was not taken.
func (d *Door) refused(m broker.Message, err error) {
	r := gate.Refused{Peer: strings.TrimPrefix(m.Who.ID, prefix) + " " + name, Protocol: name, Reason: lang.T("无法处理", "it cannot be taken")}
	var why *Error
	if errors.As(err, &why) {
		r.Reason, r.Offset = why.Reason, why.Offset
	} else if msg, ok := errs.MsgOf(err); ok {
		r.Reason = msg
	}
	d.o.Desk.Count(name, gate.NotTaken)
	d.o.Desk.Refuse(d.ctx, r, m.Payload)
}

// take stores publications; it returns after the commit.
func (d *Door) take(ctx context.Context, batch []broker.Message) []error {
	out := make([]error, len(batch))
	for i := range batch {
		out[i] = d.one(ctx, &batch[i])
	}
	return out
}

func (d *Door) one(ctx context.Context, m *broker.Message) error {
	plant := strings.TrimPrefix(m.Who.ID, prefix)
	list, err := Parse(m.Payload)
	if err != nil {
		return errs.As(errs.Invalid, "read a message of readings", err)
	}
	if list[0].At.After(d.o.Desk.Now().Add(d.o.Ahead)) {
		return errs.Say(errs.Invalid, "数据时间超前于当前时间", "the time is ahead of the present")
	}
	err = d.o.Desk.Store(ctx, name, plant, name, list)
	if errs.Is(err, errs.Busy) {
		d.o.Desk.Count(name, gate.Busy)
	}
	return err
}

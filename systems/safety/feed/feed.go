package feed

import (
	"context"
	"embed"
	"errors"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/host/refused"
	"github.com/haihe-city/haihe/systems/safety/feed/fire"
	"github.com/haihe-city/haihe/systems/safety/feed/gate"
	"github.com/haihe-city/haihe/systems/safety/feed/hj"
	"github.com/haihe-city/haihe/systems/safety/feed/mqtt"
	"github.com/haihe-city/haihe/systems/safety/feed/opcua"
	"github.com/haihe-city/haihe/systems/safety/feed/poll"
)

// Config is the [safety.feeds] section.
type Config struct {
	HJ212    string        `toml:"hj212_listen" doc:"HJ 212 数采仪接入地址，留空则不监听。明文协议，不得暴露到互联网 / address that loggers speaking HJ 212 connect to; empty turns the listener off. A protocol in plain text: not for the internet"`
	GBT26875 string        `toml:"gbt26875_listen" doc:"GB/T 26875.3 用户信息传输装置接入地址，留空则不监听 / address that fire panels' transmission devices speaking GB/T 26875.3 connect to; empty turns the listener off"`
	MQTT     string        `toml:"mqtt_listen" doc:"企业 MQTT 接入地址，留空则不监听 / address that plants speaking MQTT connect to; empty turns the listener off"`
	Cert     string        `toml:"mqtt_cert" doc:"MQTT 的 TLS 证书（PEM），留空则不加密 / certificate of MQTT over TLS (PEM); empty: without TLS"`
	Key      string        `toml:"mqtt_key" doc:"其私钥（PEM） / its key (PEM)"`
	MaxLinks int           `toml:"max_links" min:"1" max:"1000000" doc:"每个端口的最大连接数 / connections accepted at once, of each listener"`
	Silent   time.Duration `toml:"silent_after" min:"10s" max:"24h" doc:"连接静默多久即断开 / a connection not heard for this long is ended"`
	Ahead    time.Duration `toml:"ahead_limit" min:"0s" max:"24h" doc:"数据时间超前此时长即拒收 / readings whose time lies further ahead than this are refused"`
	Drift    time.Duration `toml:"clock_drift" min:"1s" max:"1h" doc:"数采仪时钟偏差超过此值即校时 / a logger whose clock is off by more than this is told the time"`
	Gap      time.Duration `toml:"gap" min:"1s" max:"24h" doc:"企业中断超过此时长，恢复后补取缺失数据 / what a plant missed is asked for when it was away for longer than this"`
	Backfill time.Duration `toml:"backfill" min:"0s" max:"720h" doc:"最多补取多久以前的数据 / data are asked for no further back than this"`
	Answer   time.Duration `toml:"answer" min:"100ms" max:"5m" doc:"等待设备应答的时长 / how long to wait for a device's answer"`
	Poll     time.Duration `toml:"poll" min:"1s" max:"1h" doc:"测点未规定周期时的轮询周期 / how often plants are polled whose points state no interval"`
	Security string        `toml:"opcua_security" choice:"none,sign,encrypt" doc:"OPC UA 安全模式：none、sign（签名）、encrypt（签名并加密），后两者用 Basic256Sha256 / security of OPC UA: none, sign, encrypt; the latter two by Basic256Sha256"`
	UACert   string        `toml:"opcua_cert" doc:"OPC UA 客户端证书（PEM 或 DER） / client certificate of OPC UA (PEM or DER)"`
	UAKey    string        `toml:"opcua_key" doc:"其私钥（PEM） / its key (PEM)"`
	MaxNodes int           `toml:"opcua_nodes" min:"1" max:"10000" doc:"每家企业最多订阅的 OPC UA 节点数 / nodes of OPC UA listened to at most, of one plant"`
}

// Defaults are a configuration that listens on this machine only.
func Defaults() Config {
	return Config{HJ212: "127.0.0.1:9212", GBT26875: "127.0.0.1:9268", MQTT: "127.0.0.1:9883", MaxLinks: 20_000, Silent: 5 * time.Minute, Ahead: 10 * time.Minute, Drift: time.Minute,
		Gap: time.Minute, Backfill: 24 * time.Hour, Answer: 10 * time.Second, Poll: 10 * time.Second, Security: "none", MaxNodes: 1000}
}

//go:embed table/*.sql
var tables embed.FS

// keptOfPeer is how many refused frames of one sender are written down in a minute.
const keptOfPeer = 100

// Feeds are the open doors.
type Feeds struct {
	Refused *refused.Store
	hj      *hj.Door
	fire    *fire.Door
	mqtt    *mqtt.Door
	polls   []host.Feed
	count   func(delta float64, labels ...string)
}

// Open opens the doors, so that a used port is told at start. Of the desk everything but Refuse, Count and Wall is the room's to fill.
func Open(ctx context.Context, h *host.Host, conf Config, desk *gate.Desk) (*Feeds, error) {
	f := &Feeds{count: h.Metrics.Counter("frames_total", "Frames and rounds of plants by feed and outcome", "feed", "outcome")}
	var err error
	if err = h.DB.Migrate(ctx, "safety.feed", tables); err != nil {
		return nil, errs.Wrap("migrate what was refused", err)
	}
	f.Refused = refused.New(refused.Options{DB: h.DB, Table: "safety_refused", Peer: keptOfPeer, Now: h.Clock.Now, Log: h.Log})
	desk.Log, desk.Now, desk.Wall = h.Log, h.Clock.Now, h.Wall
	desk.Refuse = f.Refused.Keep
	desk.Count = func(protocol, outcome string) { f.count(1, protocol, outcome) }
	var errHJ, errFire, errMQTT error
	f.hj, errHJ = hj.Open(hj.Options{Desk: desk, Listen: conf.HJ212, MaxLinks: conf.MaxLinks, Silent: conf.Silent, Ahead: conf.Ahead, Drift: conf.Drift, Gap: conf.Gap, Backfill: conf.Backfill, Answer: conf.Answer})
	f.fire, errFire = fire.Open(fire.Options{Desk: desk, Listen: conf.GBT26875, MaxLinks: conf.MaxLinks, Silent: conf.Silent, Ahead: conf.Ahead})
	f.mqtt, errMQTT = mqtt.Open(mqtt.Options{Desk: desk, Listen: conf.MQTT, Cert: conf.Cert, Key: conf.Key, MaxLinks: conf.MaxLinks, Ahead: conf.Ahead})
	if err := errors.Join(errHJ, errFire, errMQTT); err != nil {
		_ = f.Close(ctx)
		return nil, errs.Wrap("open the feeds", firstOf(errHJ, errFire, errMQTT))
	}
	f.polls = []host.Feed{
		poll.Feed(poll.Options{Desk: desk, Answer: conf.Answer, Every: conf.Poll}),
		opcua.Feed(opcua.Options{Desk: desk, Security: conf.Security, Cert: conf.UACert, Key: conf.UAKey, Answer: conf.Answer, Every: conf.Poll, MaxNodes: conf.MaxNodes}),
	}
	return f, nil
}

func firstOf(list ...error) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}

// Host gives the feeds as the host runs them.
func (f *Feeds) Host() []host.Feed {
	out := append(append(f.hj.Feeds(), f.fire.Feeds()...), f.mqtt.Feeds()...)
	return append(out, f.polls...)
}

// Jobs are what is done now and then.
func (f *Feeds) Jobs() []host.Job {
	return []host.Job{{Name: "floods", Every: time.Minute, Run: func(ctx context.Context) error {
		f.hj.Sweep(ctx)
		f.fire.Sweep(ctx)
		return nil
	}}}
}

// Close ends all doors; what was acknowledged is stored, the rest comes again.
func (f *Feeds) Close(context.Context) error {
	f.hj.Close()
	f.fire.Close()
	f.mqtt.Close()
	return nil
}

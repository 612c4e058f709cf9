package city

import (
	"context"
	"net"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/ngsild"
	"github.com/haihe-city/haihe/web"
)

// Config is the [city] section.
type Config struct {
	MQTT       string        `toml:"mqtt_listen" doc:"设备接入的 MQTT 地址，留空则不监听 / address that devices speak MQTT to; empty turns the listener off"`
	MQTTCert   string        `toml:"mqtt_certificate" doc:"MQTT 的 TLS 证书文件（PEM），留空则不启用 TLS / TLS certificate file of MQTT (PEM); empty: no TLS"`
	MQTTKey    string        `toml:"mqtt_key" doc:"MQTT 的 TLS 私钥文件（PEM） / TLS key file of MQTT (PEM)"`
	Anonymous  string        `toml:"anonymous" choice:"none,read,write" doc:"无令牌者可做什么：none 不可访问，read 可读公共上下文，write 可读写一切（仅供试验） / what who comes without a token may do: none, read the common context, write everything (for trials only)"`
	MaxBody    int64         `toml:"max_body" min:"1" max:"1024" doc:"NGSI-LD 请求体上限（MiB） / largest body of an NGSI-LD request (MiB)"`
	Instances  int           `toml:"history_page" min:"1" max:"100000" doc:"一次历史查询返回的属性实例数上限 / attribute instances in one answer about the past"`
	Contexts   []string      `toml:"context_hosts" doc:"可从哪些主机下载 @context，留空不限 / hosts that @contexts may be fetched from; empty: any"`
	Private    bool          `toml:"private_endpoints" doc:"是否允许向内网和本机地址下载 @context、发送通知 / whether @contexts may be fetched from, and notifications sent to, private networks and this machine"`
	Pending    int           `toml:"notify_pending" min:"100" max:"10000000" doc:"待发通知总数上限，超过后拒绝写入 / notifications that may wait; beyond it writers are refused"`
	Workers    int           `toml:"notify_workers" min:"1" max:"4096" doc:"同时发送的通知数 / notifications sent at a time"`
	GiveUp     time.Duration `toml:"notify_give_up" min:"1s" max:"720h" doc:"通知持续失败多久后转入死信 / age at which a notification that fails becomes a dead letter"`
	MaxDevices int           `toml:"mqtt_clients" min:"1" max:"1000000" doc:"MQTT 连接数上限 / MQTT connections at once"`
	MaxPacket  int           `toml:"mqtt_packet" min:"1" max:"65536" doc:"MQTT 报文上限（KiB） / largest MQTT packet (KiB)"`
	InFlight   int           `toml:"mqtt_in_flight" min:"1" max:"65535" doc:"每个 MQTT 连接待入库消息数上限 / publications of one MQTT connection that wait for the store"`
}

// Valid checks what tags cannot say.
func (c *Config) Valid() error {
	if (c.MQTTCert == "") != (c.MQTTKey == "") {
		return errs.Say(errs.Invalid, "city.mqtt_certificate 与 city.mqtt_key 须同时填写", "city.mqtt_certificate and city.mqtt_key must be given together")
	}
	if c.MQTT == "" {
		return nil
	}
	if _, _, err := net.SplitHostPort(c.MQTT); err != nil {
		return errs.Say(errs.Invalid, "city.mqtt_listen“%s”不是监听地址，应形如 127.0.0.1:1883", "city.mqtt_listen %q is no address to listen on, write it like 127.0.0.1:1883", c.MQTT)
	}
	return nil
}

// The grants of this room.
const (
	grantRead      = "city.read"
	grantWrite     = "city.write"
	grantSubscribe = "city.subscribe"
	grantContexts  = "city.contexts"
	grantTenants   = "city.tenants"
)

// prefix is where the standard's interface stands.
const prefix = ngsild.Prefix

// System declares the city context.
func System() host.System {
	conf := &Config{MQTT: "127.0.0.1:1883", Anonymous: "none", MaxBody: 16, Instances: 1000, Private: true, Pending: 100_000, Workers: 64,
		GiveUp: 10 * time.Minute, MaxDevices: 10_000, MaxPacket: 1024, InFlight: 256}
	officer, leader, operator, reader := identity.RoleOfficer, identity.RoleLeader, identity.RoleOperator, identity.RoleReader
	return host.System{
		Name:     "city",
		Title:    lang.T("城市信息资源", "City context"),
		Icon:     "book",
		Common:   true,
		Sections: []string{"3.3.2", "3.1.4(4)"},
		Owners:   []string{"economy-it"},
		Grants: []identity.Grant{
			{Name: grantRead, Title: lang.T("查看城市信息资源", "Read the city context"), Roles: []string{officer, leader, operator, reader}},
			{Name: grantWrite, Title: lang.T("写入城市信息资源", "Write to the city context"), Roles: []string{officer, leader, operator}},
			{Name: grantSubscribe, Title: lang.T("订阅变化并管理通知", "Subscribe to changes and see to notifications"), Roles: []string{officer, leader, operator}},
			{Name: grantContexts, Title: lang.T("管理 @context", "Manage @contexts"), Roles: []string{officer, leader}},
			{Name: grantTenants, Title: lang.T("使用其他单位的租户空间", "Use other units' tenants"), Roles: []string{leader}},
		},
		Needs: []string{"entity", "series", "journal"},
		Acts: []journal.Word{
			{Verb: "create-subscription", Title: lang.T("创建订阅", "Created a subscription")},
			{Verb: "update-subscription", Title: lang.T("修改订阅", "Changed a subscription")},
			{Verb: "delete-subscription", Title: lang.T("删除订阅", "Deleted a subscription")},
			{Verb: "replay-letters", Title: lang.T("重发死信", "Sent dead letters again")},
			{Verb: "discard-letters", Title: lang.T("清除死信", "Discarded dead letters")},
			{Verb: "host-context", Title: lang.T("登记 @context", "Hosted a @context")},
			{Verb: "remove-context", Title: lang.T("移除 @context", "Removed a @context")},
		},
		Config: conf,
		Open:   func(ctx context.Context, h *host.Host) (*host.Opened, error) { return open(ctx, h, *conf) },
	}
}

func open(ctx context.Context, h *host.Host, conf Config) (*host.Opened, error) {
	s, err := newService(ctx, h, conf)
	if err != nil {
		return nil, err
	}
	o := &host.Opened{
		Routes: s.routes(),
		Mounts: []web.Mount{{Prefix: prefix, Handler: s.handler}},
		Jobs: []host.Job{
			{Name: "notify", Run: s.engine.Run},
			{Name: "expire", Every: 10 * time.Second, Run: s.expire},
		},
		Search: s.search,
		Health: s.health,
		Close:  s.close,
	}
	if s.shut = s.listen(); s.shut != nil { // a port that is taken is no reason to keep partners out
		h.Log.Error("the MQTT door could not be opened; everything else goes on", "error", s.shut)
	}
	if s.broker != nil {
		o.Feeds = []host.Feed{{Name: "mqtt", Addr: s.broker.Addr(), Run: s.broker.Run}}
	}
	return o, nil
}

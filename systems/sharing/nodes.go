package sharing

import (
	"context"
	"net/http"
	"time"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/trust/tsp"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/sharing/admin"
	"github.com/haihe-city/haihe/systems/sharing/call"
	"github.com/haihe-city/haihe/systems/sharing/member"
	"github.com/haihe-city/haihe/systems/sharing/node"
	"github.com/haihe-city/haihe/systems/sharing/record"
	"github.com/haihe-city/haihe/systems/sharing/stamp"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/wire/x509"
)

// This file is where the parts that join nodes (exchange, member, record, link) enter the room: what they declare, what they are
// handed, and what the rest of the room takes from them.

// Config is the [sharing.nodes] section.
type Config struct {
	Signatures string        `toml:"signatures" choice:"single,batch" doc:"跨节点调用的签名方式：single 逐条签名，batch 同一毫秒内的报文合签（Merkle 树） / how calls between nodes are signed: each by itself, or those of the same millisecond together (Merkle tree)"`
	Stamp      string        `toml:"time_stamp" doc:"为存证加盖时间戳的服务（RFC 3161）网址，留空则仅签检查点 / address of the service that time-stamps records (RFC 3161); empty: checkpoints are signed only"`
	StampCA    string        `toml:"time_stamp_ca" doc:"验证时间戳的信任证书文件（PEM） / file of the certificates that time stamps are verified against (PEM)"`
	StampLimit time.Duration `toml:"stamp_limit" min:"1m" max:"72h" doc:"时间戳服务中断多久后停止跨节点调用 / how long time stamps may fail before calls between nodes stop"`
	ListLimit  time.Duration `toml:"members_limit" min:"4s" max:"72h" doc:"成员名单多久未更新后停止跨节点调用 / age of the list of members beyond which calls between nodes stop"`
	Interval   time.Duration `toml:"link_interval" min:"1s" max:"1h" doc:"市区两级链路同步间隔 / interval of the links between city and districts"`
	MaxBody    int64         `toml:"max_body" min:"1" max:"256" doc:"跨节点请求与应答的上限（MiB） / largest request or answer between nodes (MiB)"`
}

func defaults() *Config {
	return &Config{Signatures: "single", StampLimit: 4 * time.Hour, ListLimit: time.Hour, Interval: 30 * time.Second, MaxBody: 16}
}

// nodes is what those parts give the room.
type nodes struct {
	routes []web.Route
	mounts []web.Mount
	jobs   []host.Job
	links  call.Links
	close  func(ctx context.Context) error
}

func nodeGrants() []identity.Grant { return admin.Grants() }

func nodeActs() []journal.Word { return member.Acts() }

// openNodes opens the parts; serve is what a verified call is handed to.
func openNodes(ctx context.Context, h *host.Host, conf Config, serve call.Serve) (*nodes, error) {
	stamper, err := conf.stamper(h.Wall)
	if err != nil {
		return nil, err
	}
	n, err := node.Open(ctx, node.Options{DB: h.DB, Journal: h.Journal, Vault: h.Trust, Now: h.Wall, Log: h.Log, Serve: serve, Stamp: stamper,
		Alarm: func(ctx context.Context, a node.Alarm) error { return raise(ctx, h, a) },
		Batch: conf.Signatures == "batch", StampLimit: conf.StampLimit, ListLimit: conf.ListLimit, Interval: conf.Interval, MaxBody: conf.MaxBody << 20})
	if err != nil {
		return nil, err
	}
	desk := &admin.Desk{Node: n}
	return &nodes{routes: desk.Routes(), mounts: desk.Mounts(), links: n.Links, close: n.Close, jobs: []host.Job{
		{Name: "members", Every: 2 * time.Second, Run: n.Poll},
		{Name: "stamp", Every: 5 * time.Second, Run: n.Stamp},
		{Name: "link", Every: conf.Interval, Run: n.Sync},
	}}, nil
}

// stamper gives the time-stamp service of the settings; one that asks nobody where none is set.
func (c *Config) stamper(now func() time.Time) (record.Stamper, error) {
	if c.Stamp == "" {
		return record.Stamper{}, nil
	}
	var anchors []*x509.Certificate
	if c.StampCA != "" {
		var err error
		if anchors, err = tsp.ReadAnchors(c.StampCA); err != nil {
			return record.Stamper{}, err
		}
	}
	return stamp.Service(c.Stamp, &http.Client{}, anchors, now), nil
}

// raise tells those on shift that exchange between nodes has stopped, and when it goes on.
func raise(ctx context.Context, h *host.Host, a node.Alarm) error {
	return h.DB.Write(ctx, func(tx *store.Tx) error {
		return h.Duty.Alarms.Apply(tx, []alarm.Signal{{Key: a.Key, Source: "device:" + a.Key, Class: alarm.Device, Came: a.Came, At: h.Clock.Now(), Priority: 1,
			Title: a.Title, Advice: a.Advice, Name: a.Key, Unit: "economy-it", System: "sharing"}})
	})
}

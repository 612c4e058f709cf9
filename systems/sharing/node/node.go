package node

import (
	"context"
	"crypto"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/journal/tiles"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/kernel/trust/batch"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/sharing/call"
	"github.com/haihe-city/haihe/systems/sharing/exchange"
	"github.com/haihe-city/haihe/systems/sharing/link"
	"github.com/haihe-city/haihe/systems/sharing/member"
	"github.com/haihe-city/haihe/systems/sharing/message"
	"github.com/haihe-city/haihe/systems/sharing/record"
)

// Options of Open.
type Options struct {
	DB        *store.DB
	Journal   *journal.Journal
	Vault     *trust.Vault
	Now       func() time.Time // the machine's clock: nodes have to agree on it
	Log       *slog.Logger
	Serve     call.Serve
	Stamp     record.Stamper
	Alarm     func(ctx context.Context, a Alarm) error // nil: nobody is told
	Algorithm pki.Algorithm                            // of the keys that it makes; SM2 where empty

	Batch      bool          // one signature for what comes at the same time
	StampLimit time.Duration // how long records may wait for a time stamp; 4 hours
	ListLimit  time.Duration // how old the list of members may be; 1 hour
	Interval   time.Duration // between the sendings of a link that has nothing to say; 30 seconds
	Poll       time.Duration // between looks at the registry's list; 2 seconds
	MaxBody    int64         // bytes; 16 MiB

	// What links carry beside the records' checkpoints, by kind, and what a new peer is told first.
	Apply map[string]link.Apply
	Fill  func(tx *store.Tx, put func(kind, item string, body []byte) error) error
}

// Alarm is a condition of the node that somebody has to see to.
type Alarm struct {
	Key           string // "sharing.stamp", "sharing.members"
	Came          bool
	Title, Advice lang.Text
}

// Node is this node's end of the exchange. Its methods may be called from anywhere at once.
type Node struct {
	o     Options
	tiles *tiles.Store
	desk  *link.Desk
	http  *http.Client
	mux   *http.ServeMux

	mu   sync.Mutex // of those who make it a member
	live atomic.Pointer[membership]

	alarms sync.Map // Alarm.Key to bool: what was said last
	told   atomic.Int64

	stopped atomic.Pointer[[]string] // members that rewrote their logs
}

// membership is a node that belongs to an exchange.
type membership struct {
	*exchange.Node
	root     []byte
	registry string           // address that it was given when it joined
	keeper   *member.Registry // nil where another node is the registry
	list     sync.Mutex
	signed   member.List
	signedAt time.Time
}

// ErrAlone is a node that belongs to no exchange.
var ErrAlone = errs.Say(errs.Unavailable, "本节点尚未加入交换体系；请建立（haihe node found）或凭邀请码加入（haihe node join）",
	"this node belongs to no exchange; found one (haihe node found) or join by an invitation (haihe node join)")

// Open opens the node, as a member where it is one already.
func Open(ctx context.Context, o Options) (*Node, error) {
	defaults(&o)
	if err := o.DB.Migrate(ctx, "sharing_node", tables); err != nil {
		return nil, errs.Wrap("migrate the node", err)
	}
	if err := member.Migrate(ctx, o.DB); err != nil {
		return nil, err
	}
	n := &Node{o: o, http: client()}
	var err error
	if n.tiles, err = tiles.Open(ctx, o.DB, o.Now); err != nil {
		return nil, err
	}
	apply := map[string]link.Apply{kindCheckpoint: n.witness}
	for kind, fn := range o.Apply {
		apply[kind] = fn
	}
	n.desk = &link.Desk{DB: o.DB, Now: o.Now, Interval: o.Interval, Apply: apply, Fill: o.Fill}
	if err := n.desk.Open(ctx); err != nil {
		return nil, err
	}
	n.routes()
	return n, n.start(ctx)
}

func defaults(o *Options) {
	for _, d := range []struct {
		into *time.Duration
		by   time.Duration
	}{{&o.StampLimit, 4 * time.Hour}, {&o.ListLimit, time.Hour}, {&o.Interval, 30 * time.Second}, {&o.Poll, 2 * time.Second}} {
		if *d.into == 0 {
			*d.into = d.by
		}
	}
	if o.MaxBody == 0 {
		o.MaxBody = 16 << 20
	}
	if o.Algorithm == "" {
		o.Algorithm = pki.SM2
	}
}

// client speaks to other nodes: no proxy, no redirects, since a signed call goes to the address that the registry states and nowhere else.
func client() *http.Client {
	return &http.Client{
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{MaxIdleConns: 1024, MaxIdleConnsPerHost: 256, IdleConnTimeout: 90 * time.Second, DisableCompression: true, ForceAttemptHTTP2: true},
	}
}

// start takes up the membership that is stored; none is nothing.
func (n *Node) start(ctx context.Context) error {
	m := &membership{}
	var id, nodeKey, listKey string
	err := n.o.DB.Read(ctx, func(tx *store.Tx) error { return tx.Get(qSelf, nil, &id, &nodeKey, &listKey, &m.root, &m.registry) })
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return errs.Wrap("read the membership", err)
	}
	root, err := cert.Read(m.root)
	if err != nil {
		return errs.Wrap("read the registry's certificate", err)
	}
	key, err := n.o.Vault.Signer(ctx, nodeKey)
	if err != nil {
		return errs.Wrap("open the node's key", err)
	}
	m.Node = &exchange.Node{Self: id, Serve: n.o.Serve, Now: n.o.Now, HTTP: n.http, MaxBody: n.o.MaxBody, Slog: n.o.Log, Trusted: n.trusted,
		Internal: map[string]func(context.Context, *member.Peer, []byte) ([]byte, error){syncResource: n.receive}}
	if m.Book, err = member.OpenBook(ctx, n.o.DB, root.PublicKey, n.o.ListLimit, n.o.Now); err != nil {
		return err
	}
	if m.Log, err = record.Open(ctx, record.Options{DB: n.o.DB, Tiles: n.tiles, Member: id, Key: key, Now: n.o.Now, Stamp: n.o.Stamp, Limit: n.o.StampLimit}); err != nil {
		return err
	}
	if listKey != "" {
		registry, err := n.o.Vault.Signer(ctx, listKey)
		if err != nil {
			return errs.Wrap("open the registry's key", err)
		}
		m.keeper = &member.Registry{DB: n.o.DB, Journal: n.o.Journal, Key: registry, Root: m.root, ID: id, Now: n.o.Now}
	}
	if err := n.sealer(m, key); err != nil {
		return err
	}
	n.live.Store(m)
	return n.stops(ctx)
}

func (n *Node) sealer(m *membership, key crypto.Signer) (err error) {
	if n.o.Batch {
		m.Seal = message.Together(&batch.Collector{Key: key})
		return nil
	}
	m.Seal, err = message.Alone(key)
	return err
}

// member gives the membership; ErrAlone where there is none.
func (n *Node) member() (*membership, error) {
	if m := n.live.Load(); m != nil {
		return m, nil
	}
	return nil, ErrAlone
}

// Self tells which member this node is; "" where it belongs to no exchange. keeps: it is the registry.
func (n *Node) Self() (id string, keeps bool) {
	m := n.live.Load()
	if m == nil {
		return "", false
	}
	return m.Self, m.keeper != nil
}

// Pin is the fingerprint of the registry's certificate, that receipts are verified against: hex, SHA-256.
func (n *Node) Pin() string {
	if m := n.live.Load(); m != nil {
		return member.Thumb(m.root)
	}
	return ""
}

// Call asks another member for a resource: exchange.Node.Call.
func (n *Node) Call(ctx context.Context, to string, c call.Call) (*exchange.Answer, error) {
	m, err := n.member()
	if err != nil {
		return nil, err
	}
	return m.Node.Call(ctx, to, c)
}

// Members gives the members, revoked ones too.
func (n *Node) Members() []*member.Peer {
	if m := n.live.Load(); m != nil {
		return m.Book.All()
	}
	return nil
}

// Record gives the log of this node's calls.
func (n *Node) Record() (*record.Log, error) {
	m, err := n.member()
	if err != nil {
		return nil, err
	}
	return m.Log, nil
}

// Receipt makes a call's receipt.
func (n *Node) Receipt(ctx context.Context, id, side string) (*record.Receipt, error) {
	m, err := n.member()
	if err != nil {
		return nil, err
	}
	return m.Log.Receipt(ctx, m.Book, m.root, id, side)
}

// be stores the membership. It runs in the transaction that makes it one.
func (n *Node) be(tx *store.Tx, id, nodeKey, listKey string, root []byte, registry string) error {
	_, err := tx.Exec(qBe, id, nodeKey, listKey, root, registry)
	return err
}

// Close waits until all lines are written.
func (n *Node) Close(context.Context) error {
	if m := n.live.Load(); m != nil {
		m.Log.Close()
	}
	n.http.CloseIdleConnections()
	return nil
}

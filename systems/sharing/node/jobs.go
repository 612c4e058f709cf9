package node

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/sharing/call"
	"github.com/haihe-city/haihe/systems/sharing/link"
	"github.com/haihe-city/haihe/systems/sharing/member"
	"github.com/haihe-city/haihe/systems/sharing/message"
	"github.com/haihe-city/haihe/wire/note"
)

// pushTime bounds a push to one node: who is cut off holds nobody up.
const pushTime = 3 * time.Second

// changed signs the list anew and pushes it to all nodes at once.
func (n *Node) changed(ctx context.Context, m *membership) error {
	list, err := n.fresh(ctx, m, 0)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	for _, p := range m.Book.All() {
		if p.ID == m.Self || p.Address == "" { // one that was revoked just now is told as well
			continue
		}
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pushTime)
			defer cancel()
			if err := n.post(ctx, p.Address+message.Prefix+"/members", list, nil); err != nil {
				n.o.Log.Warn("the list of members could not be pushed; that node will ask for it", "member", p.ID)
			}
		})
	}
	wg.Wait()
	return nil
}

// Poll looks for a newer list, and says where it is too old. A job calls it every [Options.Poll].
func (n *Node) Poll(ctx context.Context) error {
	m := n.live.Load()
	if m == nil {
		return nil
	}
	err := n.poll(ctx, m)
	said := n.alarm(ctx, Alarm{Key: "sharing.members", Came: m.Book.Stale(), Title: lang.T("成员名单过期，跨节点交换已停止", "The list of members is too old; exchange between nodes has stopped"),
		Advice: lang.T("恢复与登记节点的网络连接", "Mend the connection to the registry's node")})
	if err != nil && !m.Book.Stale() { // silence is an alarm when it lasts, and no failure before
		err = nil
	}
	return errors.Join(err, said, n.stops(ctx), n.warn(ctx))
}

func (n *Node) poll(ctx context.Context, m *membership) error {
	if m.keeper != nil {
		_, err := n.fresh(ctx, m, min(n.o.ListLimit/4, 10*time.Second))
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, pushTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.registryAddress(m)+message.Prefix+"/members?have="+strconv.FormatInt(m.Book.Version(), 10), nil)
	if err != nil {
		return err
	}
	var list member.List
	if err := n.do(req, &list); err != nil {
		return err
	}
	_, err = m.Book.Take(ctx, list)
	return err
}

// registryAddress is where the registry's node is: as its own entry says, else as the invitation did.
func (n *Node) registryAddress(m *membership) string {
	if p, err := m.Book.Get(m.Book.Keeper()); err == nil && p.Address != "" {
		return p.Address
	}
	return m.registry
}

// Stamp has the records time-stamped, and says where that has failed for too long. A job calls it every few seconds.
func (n *Node) Stamp(ctx context.Context) error {
	m := n.live.Load()
	if m == nil {
		return nil
	}
	err := m.Log.Stamp(ctx)
	stopped := m.Log.Fresh() != nil
	said := n.alarm(ctx, Alarm{Key: "sharing.stamp", Came: stopped, Title: lang.T("时间戳服务中断超限，跨节点交换已停止", "Time stamps have failed for too long; exchange between nodes has stopped"),
		Advice: lang.T("恢复时间戳服务，积压记录将自动补盖", "Mend the time-stamp service; what waits is stamped by itself")})
	if err != nil {
		n.o.Log.Warn("the records could not be time-stamped; it is tried again", "error", err, "waiting", m.Log.Waiting().String())
		if !stopped {
			err = nil
		}
	}
	return errors.Join(err, said)
}

// alarm says a condition once when it comes and once when it goes.
func (n *Node) alarm(ctx context.Context, a Alarm) error {
	last, known := n.alarms.Load(a.Key)
	if n.o.Alarm == nil || known && last == a.Came || !known && !a.Came {
		return nil
	}
	if err := n.o.Alarm(ctx, a); err != nil {
		return errs.Wrap("raise an alarm", err)
	}
	n.alarms.Store(a.Key, a.Came)
	return nil
}

// syncResource is where links deliver.
const syncResource = "haihe.sync"

// kindCheckpoint are the checkpoints of a peer's records: who keeps them notices when the peer rewrites its log.
const kindCheckpoint = "checkpoint"

// peers are those that this node has a link with: the registry with all, all others with the registry.
func (n *Node) peers(m *membership) (out []string) {
	for _, p := range m.Book.All() {
		if p.ID != m.Self && p.State == member.Active && (m.keeper != nil || p.ID == m.Book.Keeper()) {
			out = append(out, p.ID)
		}
	}
	return out
}

// Sync sends what waits for each peer. A job calls it every [Options.Interval]; a peer that cannot be reached keeps nobody else from theirs.
func (n *Node) Sync(ctx context.Context) error {
	m := n.live.Load()
	if m == nil {
		return nil
	}
	peers := n.peers(m)
	if err := n.desk.Meet(ctx, peers); err != nil {
		return err
	}
	if err := n.tell(ctx, m); err != nil {
		return err
	}
	var wg sync.WaitGroup
	for _, p := range peers {
		wg.Go(func() {
			err := n.desk.Push(ctx, p, func(ctx context.Context, peer string, batch []byte) ([]byte, error) {
				return m.Tell(ctx, peer, syncResource, batch)
			})
			if err != nil && !errs.Is(err, errs.Unavailable) {
				n.o.Log.Warn("a link did not take what waits for it", "member", p, "error", err)
			}
		})
	}
	wg.Wait()
	changed, err := n.desk.Settle(ctx)
	for _, s := range changed {
		n.o.Log.Info("a link changed", "member", s.Peer, "live", s.Live, "waiting", s.Waiting)
	}
	return err
}

// tell leaves the newest checkpoint for every peer, where there is a newer one than last time.
func (n *Node) tell(ctx context.Context, m *membership) error {
	c, err := m.Log.Checkpoint(ctx)
	if errs.Is(err, errs.NotFound) || err == nil && int64(c.Size) <= n.told.Load() {
		return nil
	}
	if err == nil {
		err = n.o.DB.Write(ctx, func(tx *store.Tx) error {
			return n.desk.Publish(tx, kindCheckpoint, strconv.FormatUint(c.Size, 10), []byte(c.Note.String()))
		})
	}
	if err == nil {
		n.told.Store(int64(c.Size))
	}
	return errs.Wrap("tell peers of the records", err)
}

// receive takes a peer's batch.
func (n *Node) receive(ctx context.Context, peer *member.Peer, body []byte) ([]byte, error) {
	answer, err := n.desk.Receive(ctx, peer.ID, body)
	return answer, errors.Join(err, n.stops(ctx))
}

// witness keeps a peer's checkpoint. One that contradicts an earlier one is a log that was rewritten: it is kept beside as evidence, calls
// with the peer stop at the next Poll, and it does not hold up what comes after.
func (n *Node) witness(tx *store.Tx, peer string, it link.Item) error {
	p, err := note.Parse(it.Body)
	if err != nil {
		return err
	}
	c, err := note.ParseCheckpoint(p.Text)
	if err != nil {
		return err
	}
	bad, err := rewritten(tx, peer, c)
	if err != nil {
		return err
	}
	if bad {
		n.o.Log.Error("a member's log was rewritten; calls with it stop until a person decides", "member", peer, "size", c.Size)
		_, err := tx.Exec(qStop, peer, int64(c.Size), c.Root[:], string(it.Body), store.Micros(n.o.Now()))
		return err
	}
	_, err = tx.Exec(qWitness, peer, int64(c.Size), c.Root[:], string(it.Body), store.Micros(n.o.Now()))
	return err
}

// Witnessed tells up to which size the log of a peer is known here; 0: not at all.
func (n *Node) Witnessed(ctx context.Context, peer string) (size int64, err error) {
	err = n.o.DB.Read(ctx, func(tx *store.Tx) error { return tx.Get(qNewest, []any{peer}, &size) })
	if errs.Is(err, errs.NotFound) {
		return 0, nil
	}
	return size, err
}

// Publish leaves something for all peers in the transaction of the change.
func (n *Node) Publish(tx *store.Tx, kind, item string, body []byte) error {
	return n.desk.Publish(tx, kind, item, body)
}

// States gives the links as they stand, by peer.
func (n *Node) States(ctx context.Context) ([]link.State, error) { return n.desk.States(ctx) }

// Links gives the link of every member: this node's own is alive while it runs, others' as last heard.
func (n *Node) Links(ctx context.Context) (out []call.Link, err error) {
	m := n.live.Load()
	if m == nil {
		return nil, nil
	}
	states, err := n.desk.States(ctx)
	if err != nil {
		return nil, err
	}
	by := map[string]link.State{}
	for _, s := range states {
		by[s.Peer] = s
	}
	for _, p := range m.Book.All() {
		if p.State != member.Active {
			continue
		}
		l := call.Link{Member: p.ID, Unit: p.Unit, Live: by[p.ID].Live, Since: by[p.ID].Since}
		if p.ID == m.Self {
			l.Live, l.Since = true, store.Time(p.Since)
		}
		out = append(out, l)
	}
	return out, nil
}

package node

import (
	"context"
	"slices"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/sharing/member"
	"github.com/haihe-city/haihe/wire/note"
)

// rewritten tells whether a peer's checkpoint contradicts what is known of its log: another root of a size that was seen, or a log that
// shrank. A contradiction that a person has decided on is none any more.
func rewritten(tx *store.Tx, peer string, c note.Checkpoint) (bool, error) {
	var root []byte
	switch err := tx.Get(qSeen, []any{peer, int64(c.Size)}, &root); {
	case err == nil && string(root) == string(c.Root[:]):
		return false, nil
	case err != nil && !errs.Is(err, errs.NotFound):
		return false, err
	}
	var same, decided, newest int64
	if err := tx.Get(qDecided, []any{peer, int64(c.Size), c.Root[:]}, &same, &decided); err != nil {
		return false, err
	}
	if root != nil {
		return same == 0, nil
	}
	if err := tx.Get(qNewest, []any{peer}, &newest); err != nil && !errs.Is(err, errs.NotFound) {
		return false, err
	}
	return int64(c.Size) < newest && decided == 0, nil // a log that began anew grows from below once that was decided on
}

// stops reads with whom calls have stopped, as any instance of the node has noted it.
func (n *Node) stops(ctx context.Context) error {
	var list []string
	err := n.o.DB.Read(ctx, func(tx *store.Tx) error {
		list = list[:0]
		return tx.Each(qStops, nil, func(scan func(...any) error) error {
			var peer string
			err := scan(&peer)
			list = append(list, peer)
			return err
		})
	})
	if err != nil {
		return errs.Wrap("read whose log was rewritten", err)
	}
	n.stopped.Store(&list)
	return nil
}

// warn says that there are such members, and when there are none any more.
func (n *Node) warn(ctx context.Context) error {
	list := n.stopped.Load()
	return n.alarm(ctx, Alarm{Key: "sharing.rewritten", Came: list != nil && len(*list) > 0, Title: lang.T("成员改写了交换日志，与其交换已停止", "A member rewrote its log; exchange with it has stopped"),
		Advice: lang.T("在“成员与链路”页核实该成员，决定恢复或撤销", "Look into it, then resume or revoke that member on the page of members")})
}

// Stopped tells whether calls with a member have stopped because it rewrote its log.
func (n *Node) Stopped(peer string) bool {
	list := n.stopped.Load()
	return list != nil && slices.Contains(*list, peer)
}

// trusted refuses calls with a member that rewrote its log.
func (n *Node) trusted(peer string) error {
	if !n.Stopped(peer) {
		return nil
	}
	return errs.Say(errs.Denied, "成员“%s”的交换日志曾被改写，与其交换已停止，待人工决定", "the log of the member %q was rewritten; exchange with it has stopped until a person decides", peer)
}

// Resume lets calls with a member go on after a person has looked into its rewritten log. Both checkpoints stay on record.
func (n *Node) Resume(ctx context.Context, who *identity.Principal, grant, peer string) error {
	err := n.o.DB.Write(ctx, func(tx *store.Tx) error {
		done, err := tx.Exec(qDecide, peer, store.Micros(n.o.Now()))
		if err != nil {
			return err
		}
		if done == 0 {
			return errs.Say(errs.NotFound, "与成员“%s”的交换没有停止", "exchange with the member %q has not stopped", peer)
		}
		return n.o.Journal.Append(tx, journal.Act{Actor: who.ID, Unit: who.Unit, Authority: grant, Verb: member.ActResume, Object: "sharing.member:" + peer})
	})
	if err != nil {
		return err
	}
	return n.stops(ctx)
}

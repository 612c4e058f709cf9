package member

import (
	"context"
	"crypto"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
)

// Book is what a node knows of the members: the statements that it was given, verified. Its methods may be called from anywhere at once.
type Book struct {
	db       *store.DB
	now      func() time.Time
	registry crypto.PublicKey
	limit    time.Duration

	mu   sync.Mutex // of those who change it
	page atomic.Pointer[page]
}

// page is one state of the book.
type page struct {
	head    Head
	signed  Statement
	members map[string]*Peer // by id
	thumbs  map[string]*Peer // by thumb of the current certificate
}

// Skew is how far the clocks of two nodes may differ.
const Skew = 2 * time.Minute

// OpenBook migrates and reads the book. limit is the age of the list beyond which nobody is known any more.
func OpenBook(ctx context.Context, db *store.DB, registry crypto.PublicKey, limit time.Duration, now func() time.Time) (*Book, error) {
	if err := Migrate(ctx, db); err != nil {
		return nil, err
	}
	b := &Book{db: db, now: now, registry: registry, limit: limit}
	b.page.Store(&page{members: map[string]*Peer{}, thumbs: map[string]*Peer{}})
	return b, b.Reread(ctx)
}

// Migrate makes the tables.
func Migrate(ctx context.Context, db *store.DB) error {
	return errs.Wrap("migrate the registry of members", db.Migrate(ctx, "sharing_member", tables))
}

// Reread takes what is stored, as another instance or the registry beside it wrote it.
func (b *Book) Reread(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list List
	err := b.db.Read(ctx, func(tx *store.Tx) (err error) {
		if list, err = current(tx); err != nil {
			return err
		}
		err = tx.Get(qHead, nil, &list.Head.Body, &list.Head.Signature)
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		return err
	})
	if err != nil || list.Head.Body == nil {
		return errs.Wrap("read the members", err)
	}
	p, err := b.read(list)
	if err == nil {
		b.page.Store(p)
	}
	return errs.Wrap("read the members", err)
}

// current reads the statements in force.
func current(tx *store.Tx) (list List, err error) {
	return list, tx.Each(qStatements, nil, func(scan func(...any) error) error {
		var s Statement
		if err := scan(&s.Body, &s.Signature); err != nil {
			return err
		}
		list.Members = append(list.Members, s)
		return nil
	})
}

// read verifies a list; statements that the book has already are not verified again.
func (b *Book) read(list List) (*page, error) {
	h, err := readHead(b.registry, list.Head)
	if err != nil {
		return nil, err
	}
	was := b.page.Load()
	p := &page{head: h, signed: list.Head, members: was.members, thumbs: map[string]*Peer{}}
	if list.Members != nil {
		p.members = map[string]*Peer{}
	}
	known := map[string]*Peer{}
	for _, peer := range was.members {
		known[string(peer.Statement.Body)] = peer
	}
	for _, s := range list.Members {
		peer := known[string(s.Body)]
		if peer == nil {
			if peer, err = ReadStatement(b.registry, s); err != nil {
				return nil, err
			}
		}
		p.members[peer.ID] = peer
	}
	if digest(p.members) != h.Digest {
		return nil, errs.Say(errs.Conflict, "成员名单与其签名摘要不符", "the members are not those that the registry signed for")
	}
	for _, peer := range p.members {
		p.thumbs[peer.Thumb] = peer
	}
	return p, nil
}

// Take takes a list from the registry and keeps it; changed tells whether a member changed. An older one than the book has is left
// alone; one that is not the registry's is errs.Invalid.
func (b *Book) Take(ctx context.Context, list List) (changed bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	was := b.page.Load()
	h, err := readHead(b.registry, list.Head)
	if err != nil {
		return false, err
	}
	if h.Issued > store.Micros(b.now().Add(Skew)) {
		return false, errs.Say(errs.Invalid, "成员名单的签发时间在未来；请校准时钟", "the list of members was issued in the future; set the clocks")
	}
	if h.Version < was.head.Version || h.Issued <= was.head.Issued {
		return false, nil
	}
	if h.Version > was.head.Version && list.Members == nil {
		return false, errs.Say(errs.Conflict, "成员名单有新版本，须取全文", "the list of members has a newer version; the whole is needed")
	}
	p, err := b.read(list)
	if err != nil {
		return false, err
	}
	err = b.db.Write(ctx, func(tx *store.Tx) error {
		for _, peer := range p.members {
			if old := was.members[peer.ID]; old != nil && old.Version == peer.Version {
				continue
			}
			if _, err := tx.Exec(qKeep, peer.ID, peer.Version, peer.Statement.Body, peer.Statement.Signature); err != nil {
				return err
			}
		}
		_, err := tx.Exec(qHeadKeep, p.signed.Body, p.signed.Signature)
		return err
	})
	if err != nil {
		return false, errs.Wrap("keep the members", err)
	}
	b.page.Store(p)
	return p.head.Version > was.head.Version, nil
}

// Version is that of the list which the book has; 0: none.
func (b *Book) Version() int64 { return b.page.Load().head.Version }

// Keeper is the member whose node is the registry; "" where there is no list yet.
func (b *Book) Keeper() string { return b.page.Load().head.Registry }

// Age tells how old the registry's word is.
func (b *Book) Age() time.Duration {
	p := b.page.Load()
	if p.head.Version == 0 {
		return 1<<63 - 1
	}
	return b.now().Sub(store.Time(p.head.Issued))
}

// Stale tells whether the list is older than its limit, so that nobody can be made sure of any more.
func (b *Book) Stale() bool { return b.Age() > b.limit }

// Fresh tells that the list may be relied on; else errs.Unavailable.
func (b *Book) Fresh() error {
	if !b.Stale() {
		return nil
	}
	return errs.Say(errs.Unavailable, "成员名单超过 %s 未更新，已停止交换；请恢复与登记节点的连接", "the list of members is older than %s, so exchange has stopped; mend the connection to the registry", b.limit.String())
}

// ByThumb finds whose certificate bears a name. A revoked member is errs.Denied, a certificate that is nobody's errs.Unauthenticated.
func (b *Book) ByThumb(thumb string) (*Peer, error) {
	p := b.page.Load().thumbs[thumb]
	if p == nil {
		return nil, errs.Say(errs.Unauthenticated, "签名证书不属于任何成员", "the certificate that signed is no member's")
	}
	return p, p.usable(b.now())
}

// Get finds a member that may be called; errs.NotFound, errs.Denied.
func (b *Book) Get(id string) (*Peer, error) {
	p := b.page.Load().members[id]
	if p == nil {
		return nil, errs.Say(errs.NotFound, "没有成员“%s”", "there is no member %q", id)
	}
	return p, p.usable(b.now())
}

func (p *Peer) usable(now time.Time) error {
	if p.State != Active {
		return errs.Say(errs.Denied, "成员“%s”已被撤销", "the member %q has been revoked", p.ID)
	}
	if now.Before(p.From) || now.After(p.To) {
		return errs.Say(errs.Denied, "成员“%s”的证书不在有效期内", "the certificate of the member %q is not valid now", p.ID)
	}
	return nil
}

// All gives all members, revoked ones too, by id.
func (b *Book) All() []*Peer {
	var out []*Peer
	for _, p := range b.page.Load().members {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, c *Peer) int { return strings.Compare(a.ID, c.ID) })
	return out
}

// Stated gives the statement about a member of a version: what was in force when it signed.
func (b *Book) Stated(ctx context.Context, id string, version int64) (s Statement, err error) {
	err = b.db.Read(ctx, func(tx *store.Tx) error { return tx.Get(qStatement, []any{id, version}, &s.Body, &s.Signature) })
	return s, errs.Wrap("read a member's statement", err)
}

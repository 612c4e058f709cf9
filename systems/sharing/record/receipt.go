package record

import (
	"context"
	"crypto"
	"encoding/json"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/merkle"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/sharing/member"
	"github.com/haihe-city/haihe/systems/sharing/message"
	"github.com/haihe-city/haihe/wire/note"
)

// Format names a receipt's form.
const Format = "haihe-exchange-receipt/1"

// Receipt proves one call without asking anybody: who asked whom for what, when, and what the answer's digest was. It is verified
// against the registry's certificate alone.
type Receipt struct {
	Format   string             `json:"format"`
	Side     string             `json:"side"`   // whose log it is from: "asked", "served"
	Asked    string             `json:"asked"`  // C2SP tlog-proof of the request's line
	Answer   string             `json:"answer"` // of the answer's line
	Caller   member.Statement   `json:"caller"` // of the registry, in force when it signed
	Provider *member.Statement  `json:"provider,omitempty"`
	Registry []byte             `json:"registry"`        // its certificate
	Stamp    []byte             `json:"stamp,omitempty"` // RFC 3161 token over the signed checkpoint
	Source   string             `json:"source,omitempty"`
	Now      []member.Statement `json:"now,omitempty"` // what the registry states of the two when the receipt was made
}

// Find reads a call's record. errs.NotFound where there is none.
func (l *Log) Find(ctx context.Context, call, side string) (r *Record, err error) {
	var leaf int64
	var asked, answer []byte
	err = l.db.Read(ctx, func(tx *store.Tx) error { return tx.Get(qGet, []any{call, side}, &leaf, &asked, &answer) })
	if errs.Is(err, errs.NotFound) {
		return nil, errs.Say(errs.NotFound, "没有交换记录“%s”", "there is no record of the call %q", call)
	}
	if err != nil {
		return nil, errs.Wrap("read a record", err)
	}
	if r, err = Parse(asked, answer); err == nil {
		r.Side, r.Leaf = side, uint64(leaf)
	}
	return r, err
}

// Row is a record in a list.
type Row struct {
	Leaf             int64
	Call, Side       string
	At               time.Time
	Caller, Provider string
	Status           int
}

// List gives records, newest first, below a leaf (0: from the newest).
func (l *Log) List(ctx context.Context, below int64, limit int) (rows []Row, err error) {
	if below <= 0 {
		below = 1<<63 - 1
	}
	err = l.db.Read(ctx, func(tx *store.Tx) error {
		rows = rows[:0]
		return tx.Each(qList, []any{below, int64(limit)}, func(scan func(...any) error) error {
			var r Row
			var at int64
			if err := scan(&r.Leaf, &r.Call, &r.Side, &at, &r.Caller, &r.Provider, &r.Status); err != nil {
				return err
			}
			r.At = store.Time(at)
			rows = append(rows, r)
			return nil
		})
	})
	return rows, errs.Wrap("list records", err)
}

// Bodies gives the bodies of a call where they were kept; errs.NotFound else.
func (l *Log) Bodies(ctx context.Context, leaf uint64) (asked, answer []byte, err error) {
	err = l.db.Read(ctx, func(tx *store.Tx) error { return tx.Get(qBodyOf, []any{int64(leaf)}, &asked, &answer) })
	return asked, answer, errs.Wrap("read the bodies of a call", err)
}

// Receipt makes the receipt of a call. errs.Unavailable while no checkpoint covers its lines: a moment later one does.
func (l *Log) Receipt(ctx context.Context, book *member.Book, root []byte, call, side string) (*Receipt, error) {
	r, err := l.Find(ctx, call, side)
	if err != nil {
		return nil, err
	}
	var size int64
	var text string
	out := &Receipt{Format: Format, Side: side, Registry: root}
	err = l.db.Read(ctx, func(tx *store.Tx) error {
		var at int64
		return tx.Get(qStampAfter, []any{int64(r.Leaf + 1)}, &size, &text, &out.Stamp, &out.Source, &at)
	})
	if errs.Is(err, errs.NotFound) {
		return nil, errs.Say(errs.Unavailable, "该记录尚未纳入检查点；请稍后再取回执", "no checkpoint covers this record yet; ask again in a moment")
	}
	if err != nil {
		return nil, errs.Wrap("read a time stamp", err)
	}
	signed, err := note.Parse([]byte(text))
	if err != nil {
		return nil, errs.Wrap("read a checkpoint", err)
	}
	asked := r.asked()
	for i, line := range [][]byte{asked, r.answer(merkle.LeafHash(asked))} {
		p := note.Proof{Extra: line, Index: r.Leaf + uint64(i), Note: signed}
		if p.Hashes, err = l.tree.Prove(ctx, p.Index, uint64(size)); err != nil {
			return nil, err
		}
		*[]*string{&out.Asked, &out.Answer}[i] = p.String()
	}
	return out, l.statements(ctx, book, r, out)
}

func (l *Log) statements(ctx context.Context, book *member.Book, r *Record, out *Receipt) (err error) {
	if out.Caller, err = book.Stated(ctx, r.Request.Caller, r.RequestVersion); err != nil {
		return err
	}
	if r.ResponseVersion != 0 {
		s, err := book.Stated(ctx, r.Request.Provider, r.ResponseVersion)
		if err != nil {
			return err
		}
		out.Provider = &s
	}
	for _, p := range book.All() {
		if p.ID == r.Request.Caller || p.ID == r.Request.Provider {
			out.Now = append(out.Now, p.Statement)
		}
	}
	return nil
}

// Proven is what a receipt proves.
type Proven struct {
	*Record
	Caller, Provider *member.Peer // as the registry stated them then; Provider is nil where no answer came
	Registry         string       // hex, SHA-256 of the registry's certificate
	Size             uint64       // of the log that the checkpoint was signed for
	Stamped          time.Time    // of the time stamp; zero where there is none
	By               string       // who stamped
	Ended            []Ending     // members whose certificates were revoked after they signed: that does not matter, and the reader is told
}

// Ending is a member's revocation.
type Ending struct {
	Member string
	At     time.Time
}

// Stamped verifies a time-stamp token over a message and tells when and by whom it was stamped.
type Stamped func(token, message []byte) (at time.Time, by string, err error)

// Verify verifies a receipt. pin is the hexadecimal SHA-256 of the registry's certificate; "" trusts the one that the receipt brings and
// leaves it to the reader to compare. stamped verifies time stamps; nil leaves them unverified, and Stamped zero.
func (c *Receipt) Verify(pin string, stamped Stamped) (*Proven, error) {
	if c.Format != Format {
		return nil, errs.Say(errs.Invalid, "不是交换回执", "this is no receipt of an exchange")
	}
	out := &Proven{Registry: member.Thumb(c.Registry)}
	if pin != "" && pin != out.Registry {
		return nil, errs.Say(errs.Conflict, "回执的登记节点证书不是所信任的那一张", "the registry's certificate of the receipt is not the trusted one")
	}
	root, err := cert.Read(c.Registry)
	if err != nil {
		return nil, errs.As(errs.Invalid, "read the registry's certificate", err)
	}
	if err := c.members(out, root); err != nil {
		return nil, err
	}
	if err := c.lines(out); err != nil {
		return nil, err
	}
	if err := out.signatures(); err != nil {
		return nil, err
	}
	return out, c.times(out, root.PublicKey, stamped)
}

// Later adds what the registry stated of its members afterwards, as its list in JSON: revocations that the receipt does not know of.
func (c *Receipt) Later(list []byte) error {
	var l member.List
	if err := json.Unmarshal(list, &l); err != nil {
		return err
	}
	if len(l.Members) == 0 {
		return errs.Say(errs.Invalid, "名单中没有成员", "there is no member in the list")
	}
	c.Now = append(c.Now, l.Members...)
	return nil
}

// members verifies what the registry stated of the two, and that it issued their certificates.
func (c *Receipt) members(out *Proven, root *cert.Certificate) (err error) {
	if out.Caller, err = member.ReadStatement(root.PublicKey, c.Caller); err != nil {
		return err
	}
	peers := []*member.Peer{out.Caller}
	if c.Provider != nil {
		if out.Provider, err = member.ReadStatement(root.PublicKey, *c.Provider); err != nil {
			return err
		}
		peers = append(peers, out.Provider)
	}
	for _, p := range peers {
		leaf, err := cert.Read(p.Certificate)
		if err == nil {
			err = cert.SignedBy(leaf, root)
		}
		if err != nil || p.State != member.Active {
			return errs.Because(err, errs.Conflict, "成员“%s”的证书不是登记节点签发的，或当时已撤销", "the certificate of the member %q is not of the registry, or was revoked then", p.ID)
		}
	}
	return nil
}

// lines verifies that both lines stand in the log under one signed checkpoint.
func (c *Receipt) lines(out *Proven) error {
	var bytes [2][]byte
	var text string
	owner := out.Caller
	if c.Side == Served {
		owner = out.Provider
	}
	if owner == nil {
		return errs.Say(errs.Invalid, "回执缺少签署日志的成员", "the receipt lacks the member whose log it is")
	}
	key, err := noteKey(owner.ID, owner.Public)
	if err != nil {
		return errs.As(errs.Invalid, "name the log's key", err)
	}
	for i, s := range []string{c.Asked, c.Answer} {
		p, err := note.ParseProof([]byte(s))
		if err != nil {
			return errs.As(errs.Invalid, "read the proof", err)
		}
		if _, err := p.Note.Open([]note.Key{key}, checkNote(owner.Public)); err != nil {
			return errs.Because(err, errs.Conflict, "检查点的签名不是成员“%s”的", "the checkpoint is not signed by the member %q", owner.ID)
		}
		cp, err := note.ParseCheckpoint(p.Note.Text)
		if err != nil || cp.Origin != Origin(owner.ID) || i == 1 && p.Note.String() != text {
			return errs.Because(err, errs.Conflict, "检查点不是该成员交换日志的", "the checkpoint is not one of that member's log")
		}
		if err := merkle.VerifyInclusion(merkle.LeafHash(p.Extra), p.Index, cp.Size, p.Hashes, cp.Root); err != nil {
			return errs.Because(err, errs.Conflict, "第 %d 行不在日志中：内容被改动，或不是这份日志的", "line %d does not stand in the log: it was changed, or is of another", i+1)
		}
		bytes[i], text, out.Size = p.Extra, p.Note.String(), cp.Size
	}
	out.Record, err = Parse(bytes[0], bytes[1])
	if err == nil {
		out.Side = c.Side
	}
	return err
}

func checkNote(pub crypto.PublicKey) note.Check {
	return func(_ note.Key, msg, sig []byte) bool { return pki.Verify(pub, msg, sig) == nil }
}

// signatures verifies what caller and provider signed.
func (p *Proven) signatures() error {
	var check message.Checker
	q, a := &p.Request, &p.Response
	base, err := q.Base()
	if err == nil {
		err = check.Check(p.Caller.Public, q.Alg, base, p.RequestSig)
	}
	if err != nil || q.KeyID != p.Caller.Thumb || q.Caller != p.Caller.ID || p.RequestVersion != p.Caller.Version {
		return errs.Because(err, errs.Conflict, "请求的签名不是成员“%s”的", "the request is not signed by the member %q", p.Caller.ID)
	}
	if len(p.ResponseSig) == 0 {
		if a.Status != 0 {
			return errs.Say(errs.Conflict, "应答没有签名", "the answer bears no signature")
		}
		return nil
	}
	if p.Provider == nil {
		return errs.Say(errs.Invalid, "回执缺少提供方", "the receipt lacks the provider")
	}
	if base, err = a.Base(); err == nil {
		err = check.Check(p.Provider.Public, a.Alg, base, p.ResponseSig)
	}
	if err != nil || a.KeyID != p.Provider.Thumb || q.Provider != p.Provider.ID || p.ResponseVersion != p.Provider.Version {
		return errs.Because(err, errs.Conflict, "应答的签名不是成员“%s”的", "the answer is not signed by the member %q", p.Provider.ID)
	}
	return nil
}

// times holds the moments against one another: certificates were valid when they signed, nobody was revoked by then, and the stamp
// came after. What expired or was revoked later does not matter.
func (c *Receipt) times(out *Proven, registry crypto.PublicKey, stamped Stamped) (err error) {
	type signing struct {
		p  *member.Peer
		at int64
	}
	all := []signing{{out.Caller, out.Request.Created}}
	if out.Provider != nil {
		all = append(all, signing{out.Provider, out.Response.Created})
	}
	ended := map[string]int64{}
	for _, s := range c.Now {
		p, err := member.ReadStatement(registry, s)
		if err != nil {
			return err
		}
		if p.State == member.Revoked {
			ended[p.ID] = p.Since
		}
	}
	for _, s := range all {
		at := time.Unix(s.at, 0)
		since := ended[s.p.ID]
		switch {
		case at.Before(s.p.From) || at.After(s.p.To) || at.Add(member.Skew).Before(store.Time(s.p.Since)):
			return errs.Say(errs.Conflict, "成员“%[1]s”签名于 %[2]s，不在其证书有效期（%[3]s 至 %[4]s）之内", "the member %[1]q signed at %[2]s, and its certificate holds from %[3]s to %[4]s",
				s.p.ID, clock(at), clock(s.p.From), clock(s.p.To))
		case since != 0 && store.Micros(at.Add(-member.Skew)) > since:
			return errs.Say(errs.Conflict, "成员“%[1]s”签名于 %[2]s，其证书此前已于 %[3]s 撤销", "the member %[1]q signed at %[2]s, after its certificate was revoked at %[3]s", s.p.ID, clock(at), clock(store.Time(since)))
		case since != 0:
			out.Ended = append(out.Ended, Ending{Member: s.p.ID, At: store.Time(since)})
		}
	}
	if len(c.Stamp) == 0 || stamped == nil {
		return nil
	}
	p, err := note.ParseProof([]byte(c.Asked))
	if err != nil {
		return err
	}
	if out.Stamped, out.By, err = stamped(c.Stamp, []byte(p.Note.String())); err != nil {
		return errs.Because(err, errs.Conflict, "时间戳与检查点不符", "the time stamp is not over this checkpoint")
	}
	if out.Stamped.Add(member.Skew).Before(out.Answered) {
		return errs.Say(errs.Conflict, "时间戳早于记录", "the time stamp is older than the record")
	}
	return nil
}

// clock writes a moment for a sentence.
func clock(t time.Time) string { return t.UTC().Format(time.RFC3339) }

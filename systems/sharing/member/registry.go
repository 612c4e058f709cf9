package member

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// The words that it records.
const (
	ActInvite = "sharing.invite"
	ActAdmit  = "sharing.admit"
	ActRevoke = "sharing.revoke"
	ActResume = "resume-member"
)

// Acts are the words of what this package records.
func Acts() []journal.Word {
	return []journal.Word{
		{Verb: ActInvite, Title: lang.T("邀请成员节点", "Invited a member's node")},
		{Verb: ActAdmit, Title: lang.T("登记成员节点", "Admitted a member's node")},
		{Verb: ActRevoke, Title: lang.T("撤销成员", "Revoked a member")},
		{Verb: ActResume, Title: lang.T("恢复与成员的交换", "Resumed exchange with a member")},
	}
}

// Registry is the node that says who is a member.
type Registry struct {
	DB      *store.DB
	Journal *journal.Journal
	Key     crypto.Signer
	Root    []byte // its certificate
	ID      string // the member that keeps it
	Now     func() time.Time
}

// Life is how long a member's certificate holds.
const Life = 2 * 365 * 24 * time.Hour

// invitationLife is how long an invitation waits to be used.
const invitationLife = 72 * time.Hour

// MakeRoot makes the registry's own certificate, self-signed.
func MakeRoot(k crypto.Signer, id string, now time.Time) ([]byte, error) {
	name := cert.Name{{Type: cert.Country, Value: "CN"}, {Type: cert.CommonName, Value: "Haihe exchange " + id}}.DER()
	pub, err := pki.MarshalPublic(k.Public())
	if err != nil {
		return nil, err
	}
	return cert.Make(&cert.Template{Serial: serial(), Issuer: name, Subject: name, From: now.Add(-Skew), To: now.Add(10 * Life), Public: pub, CA: true,
		PathLen: 0, Usage: cert.CertSign | cert.CRLSign}, k)
}

// serial makes a serial number of 127 random bits, never with a leading zero byte. RFC 5280 4.1.2.2
func serial() []byte {
	b := make([]byte, 16)
	rand.Read(b) // never fails
	b[0] = b[0]&0x7f | 0x40
	return b
}

// issue makes a member's certificate.
func (r *Registry) issue(id string, public crypto.PublicKey) ([]byte, error) {
	root, err := cert.Read(r.Root)
	if err != nil {
		return nil, err
	}
	pub, err := pki.MarshalPublic(public)
	if err != nil {
		return nil, err
	}
	keyID, err := pki.KeyID(r.Key.Public())
	if err != nil {
		return nil, err
	}
	subject := cert.Name{{Type: cert.Country, Value: "CN"}, {Type: cert.CommonName, Value: id}}.DER()
	now := r.Now()
	return cert.Make(&cert.Template{Serial: serial(), Issuer: root.RawSubject, Subject: subject, From: now.Add(-Skew), To: now.Add(Life), Public: pub,
		IssuerKey: keyID, PathLen: -1, Usage: cert.DigitalSignature | cert.ContentCommitment}, r.Key)
}

// state writes the next statement about a member and a head over all. It runs in the caller's transaction.
func (r *Registry) state(tx *store.Tx, e Entry) (err error) {
	if err := tx.Get(qVersion, nil, &e.Version); err != nil {
		return err
	}
	e.Version++
	e.Since = store.Micros(r.Now())
	if err := e.Check(); err != nil {
		return err
	}
	s, err := sign(r.Key, memberMark, e)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(qKeep, e.ID, e.Version, s.Body, s.Signature); err != nil {
		return err
	}
	_, err = r.list(tx)
	return err
}

// list signs a head over what is in force now.
func (r *Registry) list(tx *store.Tx) (list List, err error) {
	if list, err = current(tx); err != nil {
		return list, err
	}
	h := Head{Registry: r.ID, Issued: store.Micros(r.Now())}
	peers := map[string]*Peer{}
	for _, s := range list.Members {
		p := &Peer{Statement: s}
		if err := json.Unmarshal(s.Body, &p.Entry); err != nil {
			return list, err
		}
		peers[p.ID] = p
		h.Version = max(h.Version, p.Version)
	}
	h.Digest = digest(peers)
	if list.Head, err = sign(r.Key, headMark, h); err != nil {
		return list, err
	}
	_, err = tx.Exec(qHeadKeep, list.Head.Body, list.Head.Signature)
	return list, err
}

// List signs the list as it stands; members are left out where whoever asks has this version.
func (r *Registry) List(ctx context.Context, have int64) (list List, err error) {
	err = r.DB.Write(ctx, func(tx *store.Tx) error {
		list, err = r.list(tx)
		return err
	})
	if err != nil {
		return list, errs.Wrap("sign the list of members", err)
	}
	var h Head
	if err := json.Unmarshal(list.Head.Body, &h); err == nil && h.Version == have {
		list.Members = nil
	}
	return list, nil
}

// Found makes the registry's own node its first member.
func (r *Registry) Found(tx *store.Tx, by *identity.Principal, e Entry, public crypto.PublicKey) (err error) {
	if e.Certificate, err = r.issue(e.ID, public); err != nil {
		return err
	}
	e.State = Active
	if err := r.state(tx, e); err != nil {
		return err
	}
	return r.record(tx, by, ActAdmit, e.ID)
}

// Token is what a new node needs to join. Its text is handed over by hand.
type Token struct {
	Address string `json:"address"` // of the registry's node
	Member  string `json:"member"`
	Pin     string `json:"pin"` // hex, SHA-256 of the registry's certificate
	Secret  string `json:"secret"`
}

// String packs it.
func (t Token) String() string {
	b, err := json.Marshal(t)
	if err != nil { // four texts always marshal
		return ""
	}
	return "hhn_" + base64.RawURLEncoding.EncodeToString(b)
}

// ParseToken reads it.
func ParseToken(s string) (t Token, err error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(s), "hhn_")
	b, err := base64.RawURLEncoding.DecodeString(rest)
	if !ok || err != nil || json.Unmarshal(b, &t) != nil || t.Secret == "" || len(t.Pin) != 64 || !idForm.MatchString(t.Member) {
		return t, errs.Say(errs.Invalid, "邀请码无效；请完整复制 hhn_ 开头的整行", "the invitation is not valid; copy the whole line that begins with hhn_")
	}
	return t, nil
}

// Invite makes an invitation for a member: new, or one whose node is set up anew. It can be used once, within three days.
func (r *Registry) Invite(ctx context.Context, by *identity.Principal, e Entry, address string) (Token, error) {
	e.State = Active
	if err := e.Check(); err != nil {
		return Token{}, err
	}
	if e.ID == r.ID {
		return Token{}, errs.Say(errs.Conflict, "登记节点自身无须邀请", "the registry's own node needs no invitation")
	}
	var raw [24]byte
	rand.Read(raw[:]) // never fails
	t := Token{Address: address, Member: e.ID, Pin: Thumb(r.Root), Secret: hex.EncodeToString(raw[:])}
	entry, err := json.Marshal(e)
	if err != nil {
		return t, err
	}
	sum := sha256.Sum256([]byte(t.Secret))
	now := r.Now()
	err = r.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qInvite, store.NewID(now), e.ID, sum[:], entry, store.Micros(now.Add(invitationLife))); err != nil {
			return err
		}
		return r.record(tx, by, ActInvite, e.ID)
	})
	return t, errs.Wrap("invite a member", err)
}

// Admit takes in the node that has an invitation's secret: its request becomes a certificate and its entry a statement. A secret that is
// unknown, used or late is errs.Denied.
func (r *Registry) Admit(ctx context.Context, secret string, request []byte, address string) error {
	req, err := cert.ReadRequest(request)
	if err != nil {
		return errs.Because(err, errs.Invalid, "证书申请无效", "the request for a certificate is not valid")
	}
	sum := sha256.Sum256([]byte(secret))
	return errs.Wrap("admit a member", r.DB.Write(ctx, func(tx *store.Tx) error {
		var id string
		var entry []byte
		var until, used int64
		err := tx.Get(qInvited, []any{sum[:]}, &id, &entry, &until, &used)
		if errs.Is(err, errs.NotFound) || err == nil && (used != 0 || until < store.Micros(r.Now())) {
			return errs.Say(errs.Denied, "邀请码无效、已使用或已过期；请重新邀请", "the invitation is unknown, used or too old; ask for another")
		}
		if err != nil {
			return err
		}
		if n, err := tx.Exec(qUsed, id, store.Micros(r.Now())); err != nil || n != 1 {
			return errs.As(errs.Conflict, "use an invitation", err)
		}
		var e Entry
		if err := json.Unmarshal(entry, &e); err != nil {
			return err
		}
		if address != "" {
			e.Address = address
		}
		if e.Certificate, err = r.issue(e.ID, req.PublicKey); err != nil {
			return err
		}
		if err := r.state(tx, e); err != nil {
			return err
		}
		return r.record(tx, identity.System("sharing"), ActAdmit, e.ID)
	}))
}

// Revoke ends a membership. Its statement stays, so that what it signed before still verifies.
func (r *Registry) Revoke(ctx context.Context, by *identity.Principal, p *Peer) error {
	if p.ID == r.ID {
		return errs.Say(errs.Conflict, "登记节点自身不能撤销", "the registry's own node cannot be revoked")
	}
	if p.State == Revoked {
		return errs.Say(errs.Conflict, "成员“%s”已被撤销", "the member %q has been revoked", p.ID)
	}
	e := p.Entry
	e.State = Revoked
	return errs.Wrap("revoke a member", r.DB.Write(ctx, func(tx *store.Tx) error {
		if err := r.state(tx, e); err != nil {
			return err
		}
		return r.record(tx, by, ActRevoke, e.ID)
	}))
}

func (r *Registry) record(tx *store.Tx, by *identity.Principal, verb, id string) error {
	return r.Journal.Append(tx, journal.Act{Actor: by.ID, Unit: by.Unit, Authority: "sharing.members", Verb: verb, Object: "member:" + id})
}

package member

import (
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/lang"
)

// The states of a member.
const (
	Active  = "active"
	Revoked = "revoked"
)

// The kinds of member.
const (
	City     = "city"
	District = "district"
	Unit     = "unit"
)

// Entry is what the registry states of a member.
type Entry struct {
	ID          string    `json:"id"`      // "hedong"
	Version     int64     `json:"version"` // of the registry when it last changed
	Name        lang.Text `json:"name"`
	Kind        string    `json:"kind"`
	Unit        string    `json:"unit"`    // id of the plan's unit that it speaks for
	Address     string    `json:"address"` // where its node is reached: a URL without a path
	State       string    `json:"state"`
	Since       int64     `json:"since"`       // of the state, microseconds UTC
	Certificate []byte    `json:"certificate"` // DER
}

// Statement is a text that the registry signed.
type Statement struct {
	Body      []byte `json:"body"`
	Signature []byte `json:"signature"`
}

// Head is what the registry states of the whole list.
type Head struct {
	Registry string `json:"registry"` // the member that keeps it
	Version  int64  `json:"version"`
	Issued   int64  `json:"issued"` // microseconds UTC
	Digest   string `json:"digest"` // hex, SHA-256 over the SHA-256 of each current body, by member
}

// List is the head, and the current statements of members; nil where whoever asked has them.
type List struct {
	Head    Statement   `json:"head"`
	Members []Statement `json:"members,omitempty"`
}

// What is signed begins with its kind, so that a statement never passes for a head.
const (
	memberMark = "haihe-member/1\n"
	headMark   = "haihe-members/1\n"
)

// Peer is a member as a book knows it: the entry, its parsed key and the statement that says so.
type Peer struct {
	Entry
	Public    crypto.PublicKey
	Thumb     string // hex, SHA-256 of the certificate: the keyid of its signatures
	From, To  time.Time
	Statement Statement
}

// Thumb names a certificate.
func Thumb(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

var idForm = regexp.MustCompile(`^[a-z][a-z0-9-]{1,40}$`)

// Check tells what is wrong with an entry.
func (e *Entry) Check() error {
	switch {
	case !idForm.MatchString(e.ID):
		return errs.Say(errs.Invalid, "成员代码“%s”应为 2 至 41 个小写字母、数字或短横，以字母开头", "the member's code %q is to be 2 to 41 lower-case letters, digits or dashes and begin with a letter", e.ID)
	case e.Name.Empty() || e.Name.Zh == "" || len(e.Name.Zh) > 200 || len(e.Name.En) > 200:
		return errs.Say(errs.Invalid, "请填写成员的中英文名称，各不超过 200 字节", "give the member's name in Chinese and English, at most 200 bytes each")
	case !slices.Contains([]string{City, District, Unit}, e.Kind):
		return errs.Say(errs.Invalid, "成员类别应为 city、district 或 unit", "a member is a city, a district or a unit")
	case e.Address != "" && !strings.HasPrefix(e.Address, "http://") && !strings.HasPrefix(e.Address, "https://"):
		return errs.Say(errs.Invalid, "成员地址“%s”应为 http:// 或 https:// 网址", "the member's address %q is to begin with http:// or https://", e.Address)
	case e.State != Active && e.State != Revoked:
		return errs.Say(errs.Invalid, "成员状态无效", "the member's state is none")
	}
	return nil
}

// ErrStatement is a statement that the registry did not sign, or that says nothing.
var ErrStatement = errs.Say(errs.Invalid, "成员登记的签名或内容不符", "the statement about a member does not fit the registry's key, or says nothing")

// ReadStatement verifies a statement about a member with the registry's key.
func ReadStatement(registry crypto.PublicKey, s Statement) (*Peer, error) {
	if pki.Verify(registry, append([]byte(memberMark), s.Body...), s.Signature) != nil {
		return nil, ErrStatement
	}
	p := &Peer{Statement: s}
	if err := json.Unmarshal(s.Body, &p.Entry); err != nil {
		return nil, errs.As(errs.Invalid, "read a member's statement", err)
	}
	if err := p.Check(); err != nil {
		return nil, err
	}
	c, err := cert.Read(p.Certificate)
	if err != nil {
		return nil, errs.As(errs.Invalid, "read a member's certificate", err)
	}
	if _, err := pki.Of(c.PublicKey); err != nil {
		return nil, errs.As(errs.Invalid, "read a member's certificate", err)
	}
	p.Public, p.From, p.To, p.Thumb = c.PublicKey, c.NotBefore, c.NotAfter, Thumb(p.Certificate)
	return p, nil
}

// readHead verifies a head with the registry's key.
func readHead(registry crypto.PublicKey, s Statement) (h Head, err error) {
	if pki.Verify(registry, append([]byte(headMark), s.Body...), s.Signature) != nil {
		return h, ErrStatement
	}
	return h, errs.As(errs.Invalid, "read the list of members", json.Unmarshal(s.Body, &h))
}

func sign(k crypto.Signer, mark string, v any) (s Statement, err error) {
	if s.Body, err = json.Marshal(v); err != nil {
		return s, err
	}
	s.Signature, err = pki.Sign(k, append([]byte(mark), s.Body...))
	return s, err
}

// digest is that of Head over the current peers.
func digest(peers map[string]*Peer) string {
	ids := make([]string, 0, len(peers))
	for id := range peers {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	h := sha256.New()
	for _, id := range ids {
		sum := sha256.Sum256(peers[id].Statement.Body)
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

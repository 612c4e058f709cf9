package node

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/sharing/member"
	"github.com/haihe-city/haihe/systems/sharing/message"
)

// Found makes this node the registry of a new exchange, and its first member.
func (n *Node) Found(ctx context.Context, who *identity.Principal, e member.Entry) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if id, _ := n.Self(); id != "" {
		return errs.Say(errs.Conflict, "本节点已是成员“%s”", "this node is the member %q already", id)
	}
	e.State = member.Active
	if err := e.Check(); err != nil {
		return err
	}
	nodeKey, err := n.o.Vault.Ensure(ctx, who, trust.Spec{Name: "sharing.node", Purpose: "exchange", Algorithm: n.o.Algorithm})
	if err != nil {
		return err
	}
	listKey, err := n.o.Vault.Ensure(ctx, who, trust.Spec{Name: "sharing.registry", Purpose: "registry", Algorithm: n.o.Algorithm})
	if err != nil {
		return err
	}
	signer, err := n.o.Vault.Signer(ctx, listKey.ID)
	if err != nil {
		return err
	}
	root, err := member.MakeRoot(signer, e.ID, n.o.Now())
	if err != nil {
		return errs.Wrap("make the registry's certificate", err)
	}
	pub, err := nodeKey.PublicKey()
	if err != nil {
		return err
	}
	r := &member.Registry{DB: n.o.DB, Journal: n.o.Journal, Key: signer, Root: root, ID: e.ID, Now: n.o.Now}
	err = n.o.DB.Write(ctx, func(tx *store.Tx) error {
		if err := n.be(tx, e.ID, nodeKey.ID, listKey.ID, root, ""); err != nil {
			return err
		}
		return r.Found(tx, who, e, pub)
	})
	if err != nil {
		return errs.Wrap("found an exchange", err)
	}
	return n.start(ctx)
}

// Invite makes an invitation. errs.Denied where this node is not the registry.
func (n *Node) Invite(ctx context.Context, who *identity.Principal, e member.Entry) (member.Token, error) {
	m, err := n.keeper()
	if err != nil {
		return member.Token{}, err
	}
	self, err := m.Book.Get(m.Self)
	if err != nil {
		return member.Token{}, err
	}
	return m.keeper.Invite(ctx, who, e, self.Address)
}

func (n *Node) keeper() (*membership, error) {
	m, err := n.member()
	if err == nil && m.keeper == nil {
		err = errs.Say(errs.Denied, "成员由登记节点管理，请到登记节点操作", "members are the registry's business; do this on its node")
	}
	return m, err
}

// Revoke ends a membership and tells every node.
func (n *Node) Revoke(ctx context.Context, who *identity.Principal, id string) error {
	m, err := n.keeper()
	if err != nil {
		return err
	}
	for _, p := range m.Book.All() {
		if p.ID != id {
			continue
		}
		if err := m.keeper.Revoke(ctx, who, p); err != nil {
			return err
		}
		return n.changed(ctx, m)
	}
	return errs.Say(errs.NotFound, "没有成员“%s”", "there is no member %q", id)
}

// joining is what a new node sends, and joined what it gets.
type joining struct {
	Secret  string `json:"secret"`
	Request []byte `json:"request"` // PKCS #10, DER
	Address string `json:"address"`
}

type joined struct {
	Root []byte      `json:"root"`
	List member.List `json:"list"`
}

// Join makes this node a member: key, certificate request, certificate, members. address is where other nodes reach it.
func (n *Node) Join(ctx context.Context, who *identity.Principal, invitation, address string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if id, _ := n.Self(); id != "" {
		return errs.Say(errs.Conflict, "本节点已是成员“%s”", "this node is the member %q already", id)
	}
	t, err := member.ParseToken(invitation)
	if err != nil {
		return err
	}
	key, err := n.o.Vault.Ensure(ctx, who, trust.Spec{Name: "sharing.node", Purpose: "exchange", Algorithm: n.o.Algorithm})
	if err != nil {
		return err
	}
	signer, err := n.o.Vault.Signer(ctx, key.ID)
	if err != nil {
		return err
	}
	request, err := cert.MakeRequest(cert.Name{{Type: cert.CommonName, Value: t.Member}}, signer)
	if err != nil {
		return errs.Wrap("make a certificate request", err)
	}
	var got joined
	if err := n.post(ctx, t.Address+message.Prefix+"/join", joining{Secret: t.Secret, Request: request, Address: strings.TrimSuffix(address, "/")}, &got); err != nil {
		return err
	}
	if member.Thumb(got.Root) != t.Pin {
		return errs.Say(errs.Denied, "登记节点的证书与邀请码不符；请勿继续并核实邀请码来源", "the registry's certificate is not that of the invitation; go no further and ask where it came from")
	}
	root, err := cert.Read(got.Root)
	if err != nil {
		return errs.Wrap("read the registry's certificate", err)
	}
	book, err := member.OpenBook(ctx, n.o.DB, root.PublicKey, n.o.ListLimit, n.o.Now)
	if err != nil {
		return err
	}
	if _, err := book.Take(ctx, got.List); err != nil {
		return err
	}
	if _, err := book.Get(t.Member); err != nil {
		return err
	}
	err = n.o.DB.Write(ctx, func(tx *store.Tx) error { return n.be(tx, t.Member, key.ID, "", got.Root, t.Address) })
	if err != nil {
		return errs.Wrap("join an exchange", err)
	}
	return n.start(ctx)
}

// maxList bounds a list of members, in bytes: a member takes about 1.5 KB.
const maxList = 4 << 20

// post sends JSON to a node and reads JSON.
func (n *Node) post(ctx context.Context, to string, in, out any) error {
	b, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(b))
	if err != nil {
		return errs.Because(err, errs.Invalid, "节点地址无效", "the node's address is not valid")
	}
	req.Header.Set("Content-Type", "application/json")
	return n.do(req, out)
}

func (n *Node) do(req *http.Request, out any) error {
	resp, err := n.http.Do(req)
	if err != nil {
		return errs.Because(err, errs.Unavailable, "节点 %s 没有应答；请检查地址和网络", "the node at %s did not answer; check address and network", req.URL.Host)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxList))
	if err != nil {
		return errs.As(errs.Unavailable, "read another node's answer", err)
	}
	if resp.StatusCode >= 300 {
		var p struct {
			En string `json:"detail"`
			Zh string `json:"detail_zh"`
		}
		_ = json.Unmarshal(b, &p) // what is no problem document has no words
		return errs.Say(errs.Denied, "节点 %[1]s 拒绝（%[2]d）：%[3]s%.0[4]s", "the node at %[1]s refused (%[2]d): %.0[3]s%[4]s", req.URL.Host, resp.StatusCode, p.Zh, p.En)
	}
	if out == nil {
		return nil
	}
	return errs.As(errs.Invalid, "read another node's answer", errors.Join(json.Unmarshal(b, out)))
}

package exchange

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/sharing/call"
	"github.com/haihe-city/haihe/systems/sharing/member"
	"github.com/haihe-city/haihe/systems/sharing/message"
	"github.com/haihe-city/haihe/systems/sharing/record"
)

// Node is this node's end of the exchange. Its fields are set before the first call.
type Node struct {
	Self    string // id of this member
	Book    *member.Book
	Log     *record.Log
	Seal    message.Sealer
	Serve   call.Serve
	Now     func() time.Time
	HTTP    *http.Client
	MaxBody int64 // bytes of a request's or an answer's body
	Slog    *slog.Logger

	// Internal answers what nodes ask of one another for themselves, by resource: signed like every call, but no line is kept.
	Internal map[string]func(ctx context.Context, peer *member.Peer, body []byte) ([]byte, error)

	// Trusted refuses calls with a member for reasons that its certificate does not tell; nil: all are.
	Trusted func(peer string) error

	check message.Checker
}

// callType is the content type of a call's body.
const callType = "application/vnd.haihe.call+json"

// internalType is that of what nodes tell one another.
const internalType = "application/json"

// envelope is the body of a call.
type envelope struct {
	Params map[string][]string `json:"params,omitempty"`
	Body   []byte              `json:"body,omitempty"` // base64
}

// Answer is what came back from another member, made sure of and recorded.
type Answer struct {
	Call   string // id of the message: what a receipt is asked for by
	Status int
	Type   string
	Body   []byte
}

// self gives this member as the registry states it.
func (n *Node) self() (*member.Peer, error) { return n.Book.Get(n.Self) }

// Call asks another member for a resource. c's ID is made here; its Member and At are not looked at. An answer is given back once both lines
// are durable; what the other side refused is an Answer with that status. An error says that there was none: no connection, no
// signature, another member's signature. Then the log has the request with the reason.
func (n *Node) Call(ctx context.Context, to string, c call.Call) (*Answer, error) {
	if err := n.Log.Fresh(); err != nil {
		return nil, err
	}
	if err := n.trusted(to); err != nil {
		return nil, err
	}
	body, err := json.Marshal(envelope{Params: c.Params, Body: c.Body})
	if err != nil {
		return nil, err
	}
	peer, r, err := n.sign(ctx, to, c, callType, body)
	if err != nil {
		return nil, err
	}
	answer, err := n.send(ctx, peer, r, body)
	r.Answered = n.Now()
	if err != nil {
		r.ResponseSig, r.ResponseVersion = nil, 0
		r.Response = message.Response{Type: "silence"}
		if errs.Is(err, errs.Denied) {
			r.Response.Type = "refused"
		}
	}
	if kept := n.Log.Keep(r); kept != nil {
		return nil, kept
	}
	return answer, err
}

func (n *Node) trusted(peer string) error {
	if n.Trusted == nil {
		return nil
	}
	return n.Trusted(peer)
}

// Tell sends another node what it handles by itself (Internal), signed, without a line in the log.
func (n *Node) Tell(ctx context.Context, to, resource string, body []byte) ([]byte, error) {
	peer, r, err := n.sign(ctx, to, call.Call{Resource: resource, Purpose: "exchange"}, internalType, body)
	if err != nil {
		return nil, err
	}
	answer, err := n.send(ctx, peer, r, body)
	if err != nil {
		return nil, err
	}
	if answer.Status != http.StatusOK {
		return nil, refusal(to, answer.Status, answer.Body)
	}
	return answer.Body, nil
}

// sign makes a signed request to a member.
func (n *Node) sign(ctx context.Context, to string, c call.Call, typ string, body []byte) (*member.Peer, *record.Record, error) {
	if err := n.Book.Fresh(); err != nil {
		return nil, nil, err
	}
	peer, err := n.Book.Get(to)
	if err != nil {
		return nil, nil, err
	}
	self, err := n.self()
	if err != nil {
		return nil, nil, err
	}
	now := n.Now()
	r := &record.Record{Side: record.Asked, At: now, RequestVersion: self.Version, Request: message.Request{
		Call: store.NewID(now), Caller: n.Self, Provider: to, Person: c.Person, Purpose: c.Purpose, Resource: c.Resource,
		Type: typ, Digest: sha256.Sum256(body), Created: now.Unix(), KeyID: self.Thumb, Alg: n.Seal.Alg}}
	if r.Request.Person == "" {
		r.Request.Person = "nobody"
	}
	base, err := r.Request.Base()
	if err != nil {
		return nil, nil, err
	}
	r.RequestSig, err = n.Seal.Sign(ctx, base)
	return peer, r, errs.Wrap("sign a call", err)
}

// send sends a signed request and makes sure of the answer.
func (n *Node) send(ctx context.Context, peer *member.Peer, r *record.Record, body []byte) (*Answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, peer.Address+message.Path(r.Request.Resource), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if err := r.Request.Put(req.Header, r.RequestSig); err != nil {
		return nil, err
	}
	resp, err := n.HTTP.Do(req)
	if err != nil {
		return nil, errs.Because(err, errs.Unavailable, "成员“%s”的节点没有应答", "the node of the member %q did not answer", peer.ID)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(io.LimitReader(resp.Body, n.MaxBody+1))
	if err != nil {
		return nil, errs.Because(err, errs.Unavailable, "成员“%s”的应答中断", "the answer of the member %q broke off", peer.ID)
	}
	if int64(len(got)) > n.MaxBody {
		return nil, errs.Say(errs.TooLarge, "成员“%s”的应答超过 %d 字节", "the answer of the member %q is larger than %d bytes", peer.ID, n.MaxBody)
	}
	if resp.Header["Signature"] == nil {
		return nil, refusal(peer.ID, resp.StatusCode, got)
	}
	if err := n.verifyAnswer(resp, peer, r, got); err != nil {
		return nil, err
	}
	return &Answer{Call: r.Request.Call, Status: resp.StatusCode, Type: r.Response.Type, Body: got}, nil
}

func (n *Node) verifyAnswer(resp *http.Response, peer *member.Peer, r *record.Record, body []byte) error {
	a, sig, err := message.ReadResponse(resp, &r.Request, r.RequestSig)
	if err != nil {
		return err
	}
	signer, err := n.Book.ByThumb(a.KeyID)
	if err != nil {
		return err
	}
	if signer.ID != peer.ID {
		return errs.Say(errs.Conflict, "应答由成员“%s”签名，而所问的是“%s”", "the answer is signed by the member %q, and %q was asked", signer.ID, peer.ID)
	}
	if sha256.Sum256(body) != a.Digest {
		return errs.Say(errs.Conflict, "应答内容与摘要不符", "the answer's body does not fit its digest")
	}
	base, err := a.Base()
	if err == nil {
		err = n.check.Check(signer.Public, a.Alg, base, sig)
	}
	if err != nil {
		return errs.Because(err, errs.Conflict, "应答的签名无效", "the answer's signature does not verify")
	}
	if d := n.Now().Unix() - a.Created; d > int64(record.Window.Seconds()) || -d > int64(record.Window.Seconds()) {
		return errs.Say(errs.Conflict, "应答的签名时间与本节点时钟相差过大", "the time of the answer's signature and this node's clock differ too much")
	}
	r.Response, r.ResponseSig, r.ResponseVersion = a, sig, signer.Version
	return nil
}

// problem is the refusal of a call whose sender is not made sure of. RFC 9457
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	En     string `json:"detail"`
	Zh     string `json:"detail_zh"`
}

// refusal is what an answer without a signature says: not proven, but better than nothing.
func refusal(peer string, status int, body []byte) error {
	var p problem
	_ = json.Unmarshal(body, &p) // what is no problem document has no words
	kind := errs.Denied
	if status >= 500 {
		kind = errs.Unavailable
	}
	return errs.Say(kind, "成员“%[1]s”的节点未受理（%[2]d）：%[3]s%.0[4]s", "the node of the member %[1]q did not take the call (%[2]d): %.0[3]s%[4]s", peer, status, p.Zh, p.En)
}

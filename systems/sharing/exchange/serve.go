package exchange

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/systems/sharing/call"
	"github.com/haihe-city/haihe/systems/sharing/member"
	"github.com/haihe-city/haihe/systems/sharing/message"
	"github.com/haihe-city/haihe/systems/sharing/record"
)

// ServeHTTP answers a call of another member.
func (n *Node) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rec, peer, body, err := n.Verify(w, r)
	if err != nil {
		n.Refuse(w, r, err)
		return
	}
	var answer *call.Answer
	if handle := n.Internal[rec.Request.Resource]; handle != nil {
		answer, err = n.internal(r.Context(), handle, rec, peer, body)
	} else {
		answer, err = n.answer(r.Context(), rec, peer, body)
	}
	if err != nil {
		n.Refuse(w, r, err)
		return
	}
	if err := rec.Response.Put(w.Header(), rec.ResponseSig); err != nil {
		n.Refuse(w, r, err)
		return
	}
	w.Header()["Content-Length"] = []string{strconv.Itoa(len(answer.Body))}
	w.WriteHeader(answer.Status)
	_, _ = w.Write(answer.Body) // who hung up has no use for the rest
}

// Verify makes sure of a request: its form, its sender, its signature, its body, its time, and that it comes for the first time.
func (n *Node) Verify(w http.ResponseWriter, r *http.Request) (*record.Record, *member.Peer, []byte, error) {
	if r.ContentLength > n.MaxBody {
		return nil, nil, nil, errs.Say(errs.TooLarge, "请求超过 %d 字节", "the request is larger than %d bytes", n.MaxBody)
	}
	q, sig, err := message.ReadRequest(r)
	if err != nil {
		return nil, nil, nil, err
	}
	peer, err := n.sender(&q)
	if err != nil {
		return nil, nil, nil, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, n.MaxBody))
	if err != nil {
		return nil, nil, nil, errs.Because(err, errs.Invalid, "请求内容读取失败", "the request's body could not be read")
	}
	if sha256.Sum256(body) != q.Digest {
		return nil, nil, nil, errs.Say(errs.Invalid, "请求内容与摘要不符", "the request's body does not fit its digest")
	}
	base, err := q.Base()
	if err == nil {
		err = n.check.Check(peer.Public, q.Alg, base, sig)
	}
	if err != nil {
		return nil, nil, nil, errs.Because(err, errs.Unauthenticated, "签名无效", "the signature does not verify")
	}
	// Only now, so that nobody uses up another's ids.
	if err := n.Log.Claim(q.Call, time.Unix(q.Created, 0)); err != nil {
		return nil, nil, nil, err
	}
	return &record.Record{Side: record.Served, At: n.Now(), Request: q, RequestSig: sig, RequestVersion: peer.Version}, peer, body, nil
}

// sender finds the member that a request to this node says that it comes from, by its certificate.
func (n *Node) sender(q *message.Request) (*member.Peer, error) {
	if q.Provider != n.Self {
		return nil, errs.Say(errs.Denied, "请求发给成员“%s”，本节点是“%s”", "the call is to the member %q, and this is %q", q.Provider, n.Self)
	}
	if err := n.Book.Fresh(); err != nil {
		return nil, err
	}
	peer, err := n.Book.ByThumb(q.KeyID)
	if err != nil {
		return nil, err
	}
	if peer.ID != q.Caller {
		return nil, errs.Say(errs.Denied, "证书属于成员“%s”，请求自称“%s”", "the certificate is of the member %q, and the call says %q", peer.ID, q.Caller)
	}
	return peer, nil
}

// answer has a verified call served, signs the answer and records both.
func (n *Node) answer(ctx context.Context, rec *record.Record, peer *member.Peer, body []byte) (*call.Answer, error) {
	if err := n.Log.Fresh(); err != nil {
		return nil, err
	}
	if err := n.trusted(peer.ID); err != nil {
		return nil, err
	}
	var e envelope
	var out call.Answer
	q := &rec.Request
	if err := json.Unmarshal(body, &e); err != nil || q.Type != callType {
		out = call.Refuse(http.StatusBadRequest, call.Malformed, call.RefusalText(call.Malformed))
	} else {
		out = n.Serve(ctx, call.Call{ID: q.Call, Member: peer.ID, Unit: peer.Unit, Person: q.Person, Purpose: q.Purpose, Resource: q.Resource,
			Params: e.Params, Body: e.Body, At: rec.At})
	}
	if int64(len(out.Body)) > n.MaxBody {
		out = call.Refuse(http.StatusRequestEntityTooLarge, call.TooLarge, call.RefusalText(call.TooLarge))
	}
	if err := n.seal(ctx, rec, &out); err != nil {
		return nil, err
	}
	rec.Keep = out.Keep
	if out.Bodies {
		rec.Bodies = [][]byte{body, out.Body}
	}
	return &out, n.Log.Keep(rec)
}

// internal answers another node's own business.
func (n *Node) internal(ctx context.Context, handle func(context.Context, *member.Peer, []byte) ([]byte, error), rec *record.Record, peer *member.Peer, body []byte) (*call.Answer, error) {
	got, err := handle(ctx, peer, body)
	if err != nil {
		return nil, err
	}
	out := &call.Answer{Status: http.StatusOK, Type: internalType, Body: got}
	return out, n.seal(ctx, rec, out)
}

// seal signs an answer.
func (n *Node) seal(ctx context.Context, rec *record.Record, out *call.Answer) error {
	self, err := n.self()
	if err != nil {
		return err
	}
	q := &rec.Request
	rec.Answered = n.Now()
	rec.Response = message.Response{Call: q.Call, Status: out.Status, Type: out.Type, Digest: sha256.Sum256(out.Body), Created: rec.Answered.Unix(),
		KeyID: self.Thumb, Alg: n.Seal.Alg, Asked: q.Digest, Of: rec.RequestSig}
	base, err := rec.Response.Base()
	if err != nil {
		return err
	}
	rec.ResponseSig, err = n.Seal.Sign(ctx, base)
	rec.ResponseVersion = self.Version
	return errs.Wrap("sign an answer", err)
}

// statuses of HTTP by kind of failure.
var statuses = map[errs.Kind]int{errs.Invalid: 400, errs.NotFound: 404, errs.Conflict: 409, errs.Denied: 403, errs.Unauthenticated: 401,
	errs.Busy: 503, errs.TooLarge: 413, errs.Unavailable: 503}

// Refuse answers with a problem document.
func (n *Node) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	status, ok := statuses[errs.KindOf(err)]
	if !ok {
		status = http.StatusInternalServerError
	}
	if status >= 500 && !errors.Is(err, context.Canceled) {
		n.Slog.Warn("a call of another node was not served", "error", err)
	} else {
		n.Slog.Info("a call of another node was refused", "status", status, "error", err)
	}
	msg, _ := errs.MsgOf(err)
	p := problem{Type: "about:blank", Title: http.StatusText(status), Status: status, En: msg.En, Zh: msg.Zh}
	b, merr := json.Marshal(p)
	if merr != nil { // texts and a number always marshal
		b = nil
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	if status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "1")
	}
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

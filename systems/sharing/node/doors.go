package node

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/systems/sharing/exchange"
	"github.com/haihe-city/haihe/systems/sharing/member"
	"github.com/haihe-city/haihe/systems/sharing/message"
)

// ServeHTTP is what stands below /exchange/v1.
func (n *Node) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m := n.live.Load()
	if m == nil {
		n.refuse(w, r, ErrAlone)
		return
	}
	n.mux.ServeHTTP(w, r)
}

func (n *Node) routes() {
	n.mux = http.NewServeMux()
	n.mux.HandleFunc("POST "+message.Prefix+"/resources/{resource}/call", func(w http.ResponseWriter, r *http.Request) { n.live.Load().Node.ServeHTTP(w, r) })
	n.mux.HandleFunc("GET "+message.Prefix+"/members", n.getMembers)
	n.mux.HandleFunc("POST "+message.Prefix+"/members", n.takeMembers)
	n.mux.HandleFunc("POST "+message.Prefix+"/join", n.admit)
	n.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		n.refuse(w, r, errs.Say(errs.NotFound, "没有此接口", "there is no such door"))
	})
}

func (n *Node) refuse(w http.ResponseWriter, r *http.Request, err error) {
	(&exchange.Node{Slog: n.o.Log}).Refuse(w, r, err)
}

func answerJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // who hung up has no use for it
}

// getMembers gives the registry's list.
func (n *Node) getMembers(w http.ResponseWriter, r *http.Request) {
	m, err := n.keeper()
	if err != nil {
		n.refuse(w, r, err)
		return
	}
	list, err := n.fresh(r.Context(), m, time.Second)
	if err != nil {
		n.refuse(w, r, err)
		return
	}
	if have, err := strconv.ParseInt(r.URL.Query().Get("have"), 10, 64); err == nil && have == m.Book.Version() {
		list.Members = nil
	}
	answerJSON(w, list)
}

// fresh gives the signed list, signed anew where it is older than an age.
func (n *Node) fresh(ctx context.Context, m *membership, age time.Duration) (member.List, error) {
	m.list.Lock()
	defer m.list.Unlock()
	if now := n.o.Now(); m.signed.Head.Body == nil || now.Sub(m.signedAt) >= age {
		list, err := m.keeper.List(ctx, -1)
		if err != nil {
			return list, err
		}
		if err := m.Book.Reread(ctx); err != nil {
			return list, err
		}
		m.signed, m.signedAt = list, now
	}
	return m.signed, nil
}

// takeMembers takes a list that the registry pushes. Its signature says whether it is one.
func (n *Node) takeMembers(w http.ResponseWriter, r *http.Request) {
	m := n.live.Load()
	var list member.List
	if err := readJSON(w, r, &list); err != nil {
		n.refuse(w, r, err)
		return
	}
	if m.keeper == nil { // the registry's own list lies in its tables
		if _, err := m.Book.Take(r.Context(), list); err != nil {
			n.refuse(w, r, err)
			return
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// admit takes in a node that has an invitation.
func (n *Node) admit(w http.ResponseWriter, r *http.Request) {
	m, err := n.keeper()
	var j joining
	if err == nil {
		err = readJSON(w, r, &j)
	}
	if err == nil {
		err = m.keeper.Admit(r.Context(), j.Secret, j.Request, j.Address)
	}
	if err == nil {
		err = n.changed(r.Context(), m)
	}
	if err != nil {
		n.refuse(w, r, err)
		return
	}
	list, err := n.fresh(r.Context(), m, time.Minute)
	if err != nil {
		n.refuse(w, r, err)
		return
	}
	answerJSON(w, joined{Root: m.root, List: list})
}

func readJSON(w http.ResponseWriter, r *http.Request, into any) error {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxList))
	if err != nil {
		return errs.As(errs.TooLarge, "read a request", err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		return errs.Because(err, errs.Invalid, "请求不是所要求的 JSON", "the request is not the JSON that is asked for")
	}
	return nil
}

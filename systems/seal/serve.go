package seal

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/journal/audit"
	"github.com/haihe-city/haihe/kernel/journal/tiles"
	"github.com/haihe-city/haihe/kernel/merkle"
	"github.com/haihe-city/haihe/wire/note"
)

// maxWitness bounds what witnesses and logs send one another, in bytes.
const maxWitness = 64 << 10

// Caching: a checkpoint for a moment, tiles for ever. C2SP tlog-tiles APIs
const (
	briefly = "no-cache"
	forever = "public, max-age=31536000, immutable"
	private = "private, max-age=31536000, immutable"
)

// handler serves the log in the shape of C2SP tlog-tiles, and the witness.
func (s *service) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+prefix+"/journal/checkpoint", s.serveCheckpoint)
	mux.HandleFunc("GET "+prefix+"/journal/key", s.serveKey)
	mux.HandleFunc("GET "+prefix+"/journal/evidence", s.serveEvidence)
	mux.HandleFunc("GET "+prefix+"/journal/tile/", s.serveTile)
	mux.HandleFunc("POST "+prefix+"/witness/add-checkpoint", s.serveWitness)
	return mux
}

func plain(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", briefly)
	_, _ = io.WriteString(w, text) // whoever hung up is told nothing more
}

// refuse answers with the status of a failure and, where there are words for the reader, with those.
func refuse(w http.ResponseWriter, err error) {
	status := map[errs.Kind]int{errs.NotFound: http.StatusNotFound, errs.Denied: http.StatusForbidden, errs.Unauthenticated: http.StatusUnauthorized,
		errs.Invalid: http.StatusBadRequest, errs.Conflict: http.StatusConflict, errs.Unavailable: http.StatusServiceUnavailable, errs.Busy: http.StatusServiceUnavailable}[errs.KindOf(err)]
	if status == 0 {
		status = http.StatusInternalServerError
	}
	text := http.StatusText(status)
	if t, ok := errs.MsgOf(err); ok {
		text = t.Zh + " / " + t.En
	}
	http.Error(w, text, status)
}

// serveCheckpoint answers with the newest checkpoint. C2SP tlog-tiles Checkpoints
func (s *service) serveCheckpoint(w http.ResponseWriter, r *http.Request) {
	c, err := s.current().Log.Latest(r.Context())
	if err != nil {
		refuse(w, err)
		return
	}
	plain(w, c.Note.String())
}

// serveKey answers with the verifier keys of the log, and with that of the witness: a convenience. Whoever wants to be certain takes them from paper.
func (s *service) serveKey(w http.ResponseWriter, _ *http.Request) {
	text := "# log\n"
	for _, k := range s.current().Log.Keys() {
		text += k.String() + "\n"
	}
	if s.witness != nil {
		text += "# witness\n" + s.witness.Key.String() + "\n"
	}
	plain(w, text)
}

// serveEvidence answers with what is needed to check a proof against a root certificate.
func (s *service) serveEvidence(w http.ResponseWriter, r *http.Request) {
	text, err := s.evidence(r.Context())
	if err != nil {
		refuse(w, err)
		return
	}
	plain(w, string(text))
}

// serveTile answers with a tile, or with a bundle of entries. C2SP tlog-tiles Merkle Tree, Log entries
func (s *service) serveTile(w http.ResponseWriter, r *http.Request) {
	t, err := merkle.ParseTile(strings.TrimPrefix(r.URL.Path, prefix+"/journal/"))
	if err != nil {
		refuse(w, errs.As(errs.NotFound, "read a tile's path", err))
		return
	}
	cache, f := forever, s.current()
	if t.Entries || t.L == 0 {
		who, err := s.h.Who(r)
		switch {
		case err != nil:
			refuse(w, err)
			return
		case who.Anonymous():
			refuse(w, errs.Say(errs.Unauthenticated, "请先登录", "sign in first"))
			return
		case !who.Can(read):
			refuse(w, errs.Say(errs.Denied, "需要查阅审计日志的权限", "the right to read the journal is needed"))
			return
		}
		cache = private
	}
	var data []byte
	if t.Entries {
		data, err = f.Bundle(r.Context(), t)
	} else {
		data, err = f.Log.Tile(r.Context(), t)
	}
	if err != nil {
		refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Cache-Control", cache)
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	_, _ = w.Write(data) // whoever hung up is told nothing more
}

// serveWitness cosigns the checkpoint of another node's log. C2SP tlog-witness add-checkpoint
func (s *service) serveWitness(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxWitness))
	if err != nil {
		http.Error(w, http.StatusText(http.StatusRequestEntityTooLarge), http.StatusRequestEntityTooLarge)
		return
	}
	a, err := note.ParseAddition(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	logs := func(origin string) []note.Key {
		return slices.DeleteFunc(slices.Clone(s.foreign), func(k note.Key) bool { return k.Name != origin })
	}
	if s.witness == nil {
		http.Error(w, "本节点不提供见证 / this node witnesses nobody", http.StatusNotFound)
		return
	}
	sig, err := s.logs.Witness(r.Context(), a, logs, audit.Check, *s.witness)
	var no *tiles.Refusal
	switch {
	case errors.As(err, &no) && no.Status == http.StatusConflict:
		w.Header().Set("Content-Type", "text/x.tlog.size")
		w.WriteHeader(no.Status)
		_, _ = io.WriteString(w, strconv.FormatUint(no.Size, 10)+"\n")
	case errors.As(err, &no):
		http.Error(w, no.Error(), no.Status)
	case err != nil:
		refuse(w, err)
	default:
		plain(w, sig.String())
	}
}

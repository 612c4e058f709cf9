package seal

import (
	"context"
	"encoding/hex"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity/throttle"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	stamps "github.com/haihe-city/haihe/kernel/trust/tsp"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/certificates/ca"
	"github.com/haihe-city/haihe/web"
	"github.com/haihe-city/haihe/wire/tsp"
)

// Prefix is where programs ask for time stamps.
const Prefix = "/tsa"

// maxQuery bounds a request: a digest, a nonce and some object identifiers.
const maxQuery = 4 << 10

// accuracy is what the service states of its clock: the machine's, held by the network's time to well under that.
const accuracy = time.Second

// SM3 and SHA-256 by object identifier. GM/T 0006, RFC 5754 2.2
const (
	oidSM3    = "1.2.156.10197.1.401"
	oidSHA256 = "2.16.840.1.101.3.4.2.1"
)

// Mounts is the protocol's own binding.
func (s *Service) Mounts() []web.Mount { return []web.Mount{{Prefix: Prefix, Handler: s}} }

// ServeHTTP answers requests for time stamps. RFC 3161 3.4
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != Prefix {
		http.NotFound(w, r)
		return
	}
	if t, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); r.Method != http.MethodPost || t != "application/timestamp-query" {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "POST application/timestamp-query", http.StatusMethodNotAllowed)
		return
	}
	// Every token is a signature, a row and a line of the journal, and anybody may ask: a caller that asks for many waits.
	if wait := s.pace.Take(throttle.Place(r.RemoteAddr)); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		http.Error(w, "请求过于频繁，请稍后再试 / too many requests from this address: try again later", http.StatusTooManyRequests)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxQuery))
	if err != nil {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return
	}
	answer, err := s.answer(r.Context(), body)
	if err != nil {
		s.o.Log.LogAttrs(r.Context(), slog.LevelError, "time stamp not given", slog.String("err", err.Error()))
	}
	w.Header().Set("Content-Type", "application/timestamp-reply")
	_, _ = w.Write(answer)
}

func (s *Service) answer(ctx context.Context, query []byte) ([]byte, error) {
	a, digest := pki.ECDSA, []byte{}
	if q, err := tsp.ParseRequest(query); err == nil {
		digest = q.Imprint.Digest
		if q.Imprint.Hash == oidSM3 {
			a = pki.SM2
		}
	}
	t, err := s.authority(ctx, a, digest)
	if err != nil {
		return (&tsp.Response{Status: tsp.Rejection, Failure: tsp.SystemFailure, Text: []string{"时间戳服务尚未启用 / the time-stamp service is not in service"}}).Marshal(), err
	}
	b, _, err := t.Answer(ctx, query)
	return b, err
}

// authority is the time-stamp authority for one digest, which goes with the number into table and journal.
func (s *Service) authority(ctx context.Context, a pki.Algorithm, digest []byte) (*stamps.Authority, error) {
	h, err := s.holder(ctx, ca.TimeStamp, ca.Subject{ID: "tsa", Name: "城市时间戳服务"}, a)
	if err != nil {
		return nil, errs.Wrap("open the time-stamp service's key", err)
	}
	return &stamps.Authority{Key: h.key, Certificate: h.der, Chain: h.chain, Policy: s.o.Policy, Accuracy: accuracy, Now: s.o.Now,
		Serial: func(ctx context.Context) (*big.Int, error) { return s.number(ctx, digest) }}, nil
}

// number gives the next number, in table and journal before anything is signed under it: a token that nobody knows of cannot be.
func (s *Service) number(ctx context.Context, digest []byte) (*big.Int, error) {
	var n int64
	err := s.o.DB.Write(ctx, func(tx *store.Tx) (err error) {
		if n, err = tx.Next("seal_stamp"); err != nil {
			return err
		}
		if _, err := tx.Exec(qStampAdd, n, store.Micros(s.o.Now()), digest); err != nil {
			return err
		}
		return s.o.Journal.Append(tx, journal.Act{Actor: system().ID, Authority: "RFC 3161", Verb: "certificate.stamp", Object: "stamp:" + strconv.FormatInt(n, 10), Detail: map[string]any{"digest": hex.EncodeToString(digest)}})
	})
	return big.NewInt(n), err
}

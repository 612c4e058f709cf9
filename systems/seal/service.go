package seal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal/audit"
	"github.com/haihe-city/haihe/kernel/journal/tiles"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/kernel/trust/pki"
	"github.com/haihe-city/haihe/wire/note"
	"github.com/haihe-city/haihe/wire/x509"
)

// service is the room: the log, its keys, and who witnesses whom.
type service struct {
	h         *host.Host
	conf      Config
	logs      *tiles.Store
	client    *http.Client
	witnesses []witness
	foreign   []note.Key
	witness   *tiles.Signer // nil where this node witnesses nobody

	stampRoots []*x509.Certificate // nil: tokens are kept as they come

	mu        sync.Mutex
	unstamped error     // why the last time stamp did not come
	since     time.Time // since when none comes
	log       *tiles.Log
	stale     bool  // a key was refused: it may have been retired, and another one made in its place
	failed    error // why the last fold did not go through
}

// openLog opens the log with the keys that are active in the vault; where there are none they are made.
func (s *service) openLog(ctx context.Context) error {
	by := identity.System("seal")
	origin := s.conf.Origin
	var signers []tiles.Signer
	for _, spec := range []trust.Spec{{Name: "seal.journal.sm2", Purpose: "checkpoint", Algorithm: pki.SM2}, {Name: "seal.journal.p256", Purpose: "checkpoint", Algorithm: pki.ECDSA}} {
		key, err := s.h.Trust.Ensure(ctx, by, spec)
		if err != nil {
			return errs.Wrap("make the log's key", err)
		}
		if origin == "" {
			if origin, err = s.origin(ctx, key.Public); err != nil {
				return err
			}
		}
		k, err := audit.KeyOf(origin, key.Public)
		if err != nil {
			return err
		}
		signers = append(signers, tiles.Signer{Key: k, Sign: s.signWith(key.ID)})
	}
	log, err := s.logs.Log(ctx, tiles.Options{Name: logName, Origin: origin, Signers: signers})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log, s.stale = log, false
	return nil
}

// origin is the one that the log has already, or one made of its first key: nobody else has it.
func (s *service) origin(ctx context.Context, public []byte) (string, error) {
	origin, err := s.logs.Origin(ctx, logName)
	if errs.Is(err, errs.NotFound) {
		sum := sha256.Sum256(public)
		return "haihe-" + hex.EncodeToString(sum[:6]) + "/journal", nil
	}
	return origin, err
}

// signWith signs with a key of the vault. A key that the vault refuses makes the next run look for another.
func (s *service) signWith(id string) func(context.Context, []byte) ([]byte, error) {
	return func(ctx context.Context, message []byte) ([]byte, error) {
		signer, err := s.h.Trust.Signer(ctx, id)
		if err == nil {
			var sig []byte
			if sig, err = signer.SignMessage(message); err == nil {
				return sig, nil
			}
		}
		s.mu.Lock()
		s.stale = true
		s.mu.Unlock()
		return nil, errs.Wrap("sign checkpoint", err)
	}
}

// current is the log, and the fold over it.
func (s *service) current() tiles.Fold {
	s.mu.Lock()
	defer s.mu.Unlock()
	return tiles.Fold{Journal: s.h.Journal, Log: s.log}
}

// fold takes in what was recorded and signs it.
func (s *service) fold(ctx context.Context) error {
	s.mu.Lock()
	stale := s.stale
	s.mu.Unlock()
	if stale {
		if err := s.openLog(ctx); err != nil {
			return err
		}
	}
	err := s.current().Run(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() == nil || err == nil {
		s.failed = err
	}
	return err
}

// stop signs what was recorded last. A journal that is damaged, or a key that lies under another seal file, was named already and keeps
// nobody from stopping: the entries are recorded, and the next checkpoint takes them in.
func (s *service) stop(ctx context.Context) error {
	if err := s.fold(ctx); !errs.Is(err, errs.Conflict) && !errs.Is(err, errs.Unavailable) {
		return err
	}
	return nil
}

// health says why nothing is signed any more: a journal that does not agree with what was signed is the gravest thing that can happen here.
func (s *service) health(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}

// askWitnesses sends every witness the newest checkpoint and keeps what it answers. One that is down is tried again with the next.
func (s *service) askWitnesses(ctx context.Context) (err error) {
	log := s.current().Log
	c, err := log.Latest(ctx)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, w := range s.witnesses {
		if _, already := c.Note.Open(w.keys, audit.Check); already == nil {
			continue
		}
		if failed := s.ask(ctx, log, w); failed != nil {
			err = errs.Wrap("ask a witness", failed)
		}
	}
	return err
}

// ask sends one witness what it has not seen: first as if it had seen nothing, then from the size that it names. C2SP tlog-witness add-checkpoint
func (s *service) ask(ctx context.Context, log *tiles.Log, w witness) error {
	old := uint64(0)
	for range 2 {
		a, err := log.Addition(ctx, old)
		if err != nil {
			return err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.address+"/add-checkpoint", strings.NewReader(a.String()))
		if err != nil {
			return err
		}
		res, err := s.client.Do(req)
		if err != nil {
			return errs.Because(err, errs.Unavailable, "见证节点无应答", "the witness does not answer")
		}
		body, err := io.ReadAll(io.LimitReader(res.Body, maxWitness))
		res.Body.Close()
		switch {
		case err != nil:
			return err
		case res.StatusCode == http.StatusConflict:
			if old, err = strconv.ParseUint(string(bytes.TrimSpace(body)), 10, 64); err != nil || old == 0 {
				return errs.Say(errs.Conflict, "见证节点的应答有误", "the witness's answer cannot be read")
			}
			continue
		case res.StatusCode != http.StatusOK:
			return errs.Say(errs.Conflict, "见证节点拒绝见证，状态码 %d", "the witness refuses, with status %d", res.StatusCode)
		}
		c, err := note.ParseCheckpoint(a.Note.Text)
		if err != nil {
			return err
		}
		sigs, err := note.ParseSignatures(body)
		if err != nil {
			return err
		}
		_, err = log.Cosign(ctx, c.Size, sigs, w.keys, audit.Check)
		return err
	}
	return errs.Say(errs.Conflict, "见证节点两次拒绝同一检查点", "the witness refused the checkpoint twice")
}

// openWitness makes the key that this node witnesses with, where it witnesses at all: SM2 in the vault, named like the log.
func (s *service) openWitness(ctx context.Context) error {
	if len(s.foreign) == 0 {
		return nil
	}
	key, err := s.h.Trust.Ensure(ctx, identity.System("seal"), trust.Spec{Name: "seal.witness.sm2", Purpose: "cosign", Algorithm: pki.SM2})
	if err != nil {
		return errs.Wrap("make the witness's key", err)
	}
	k, err := audit.KeyOf(strings.TrimSuffix(s.current().Log.Origin(), "/journal")+"/witness", key.Public)
	s.witness = &tiles.Signer{Key: k, Sign: s.signWith(key.ID)}
	return err
}

package logs

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal/tiles"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/systems/certificates/ca"
	"github.com/haihe-city/haihe/wire/note"
)

// Options are what the part works with.
type Options struct {
	Logs  *tiles.Store
	Now   func() time.Time
	Issue func(ctx context.Context, o ca.Order) (ca.Certificate, error)
	Of    func(ctx context.Context, kind, subject string) ([]ca.Certificate, error)
	Get   func(ctx context.Context, serial string) (ca.Certificate, []ca.Event, error)
	Roots func(ctx context.Context) ([]ca.Root, error)
	// List gives the revocation list of a part of an authority's numbers, DER: the complete one, or the delta to it.
	List func(ctx context.Context, authority string, shard int64, delta bool) ([]byte, error)
}

// Service certifies logs.
type Service struct{ o Options }

// New makes it.
func New(o Options) *Service { return &Service{o: o} }

// renewal is how long before its end a certificate is followed by another.
const renewal = 30 * 24 * time.Hour

// Run certifies every key that has no certificate that holds, and brings chains and lists up to date. Where no authority is in service yet
// nothing is done.
func (s *Service) Run(ctx context.Context) error {
	keys, err := s.o.Logs.Signers(ctx)
	if err != nil {
		return err
	}
	beside := map[string][]tiles.Along{}
	for _, k := range keys {
		if _, ok := beside[k.Log]; !ok {
			if beside[k.Log], err = s.o.Logs.Along(ctx, k.Log); err != nil {
				return err
			}
		}
		if err := s.certify(ctx, k, beside[k.Log]); err != nil && !errs.Is(err, errs.Unavailable) {
			return errs.Wrap("certify a log", err)
		}
	}
	return nil
}

// certify gives one key a certificate where it needs one, and keeps it with what stands above it.
func (s *Service) certify(ctx context.Context, k tiles.Signing, beside []tiles.Along) error {
	spki, ok := k.Key.Public, k.Key.Type == note.ECDSA
	if k.Key.Type == note.Own {
		spki, ok = bytes.CutPrefix(k.Key.Public, []byte(note.SM2))
	}
	if !ok {
		return nil // an authority certifies SM2 and P-256 keys only
	}
	subject := subject(k)
	had, err := s.o.Of(ctx, ca.Log, subject)
	if err != nil {
		return err
	}
	now := s.o.Now()
	standing := slices.ContainsFunc(had, func(c ca.Certificate) bool { return c.To.After(now.Add(renewal)) }) // one that was revoked is not replaced: the key is to be
	if !standing {
		// The order's id makes a repeated order, after a crash, give the same certificate.
		c, err := s.o.Issue(ctx, ca.Order{ID: "log:" + subject + ":" + strconv.Itoa(len(had)), Kind: ca.Log, Subject: ca.Subject{ID: subject, Name: k.Origin}, Public: spki, By: identity.System("certificates"), Grant: ca.GrantManage})
		if err != nil {
			return err
		}
		had = append(had, c)
	}
	put := func(kind, name string, der []byte) error {
		if len(der) == 0 || slices.ContainsFunc(beside, func(a tiles.Along) bool { return a.Kind == kind && a.Name == name && bytes.Equal(a.Data, der) }) {
			return nil
		}
		return s.o.Logs.Put(ctx, k.Log, tiles.Along{Kind: kind, Name: name, Data: der})
	}
	for _, c := range had {
		if err := put(tiles.Certificate, c.Serial, c.DER); err != nil {
			return err
		}
		if !c.To.After(now) {
			continue
		}
		whole, _, err := s.o.Get(ctx, c.Serial) // with its chain
		if err == nil {
			err = s.lists(ctx, &whole, put)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// subject is how the authority knows a log's key.
func subject(k tiles.Signing) string { return fmt.Sprintf("%s %08x", k.Origin, k.Key.ID) }

// lists keeps the chain above a certificate and the lists that speak for it: those of its own authority, and of the roots.
func (s *Service) lists(ctx context.Context, c *ca.Certificate, put func(kind, name string, der []byte) error) error {
	for _, der := range c.Chain {
		x, err := cert.Read(der)
		if err != nil {
			return errs.As(errs.Internal, "read an authority's certificate", err)
		}
		if err := put(tiles.Certificate, hex.EncodeToString(x.SubjectKeyId), der); err != nil {
			return err
		}
	}
	name := c.Authority + "-" + strconv.FormatInt(c.Shard, 10)
	for _, delta := range []bool{false, true} {
		der, err := s.o.List(ctx, c.Authority, c.Shard, delta)
		if err != nil {
			return err
		}
		if err := put(tiles.List, name+map[bool]string{true: "-delta"}[delta], der); err != nil {
			return err
		}
	}
	roots, err := s.o.Roots(ctx)
	if err != nil {
		return err
	}
	for _, r := range roots {
		if slices.ContainsFunc(c.Chain, func(der []byte) bool { return bytes.Equal(der, r.DER) }) {
			if err := put(tiles.List, r.ID, r.List); err != nil {
				return err
			}
		}
	}
	return nil
}

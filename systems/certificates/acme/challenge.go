package acme

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/haihe-city/haihe/store"
)

// The ways of proving a name. RFC 8555 8.3, 8.4
const (
	http01 = "http-01"
	dns01  = "dns-01"
)

// A challenge is tried tries times, pause apart, since the asker's server or DNS may be a moment late. RFC 8555 8.2
const (
	tries = 4
	pause = 2 * time.Second
)

type challengeView struct {
	Type      string          `json:"type"`
	URL       string          `json:"url"`
	Status    string          `json:"status"`
	Token     string          `json:"token"`
	Validated *time.Time      `json:"validated,omitempty"`
	Error     json.RawMessage `json:"error,omitempty"`
}

// ways are the challenges of an authorization: a wildcard is proved by DNS only. RFC 8555 7.1.3
func (a *authz) ways() []string {
	if a.wildcard {
		return []string{dns01}
	}
	return []string{http01, dns01}
}

func (c *call) viewChallenge(a *authz, way string) challengeView {
	v := challengeView{Type: way, URL: c.url("challenge", a.id, way), Status: "pending", Token: a.token}
	if a.chosen != way {
		return v
	}
	if v.Status = a.status; a.status == "valid" {
		at := store.Time(a.checked).Truncate(time.Second)
		v.Validated = &at
	}
	if a.error != "" {
		v.Error = json.RawMessage(a.error)
	}
	return v
}

// loadAuthz reads an authorization of the account.
func (s *Service) loadAuthz(c *call) (a authz, err error) {
	err = s.o.DB.Read(c.r.Context(), func(tx *store.Tx) error {
		a, err = one[authz](tx, qAuthz, c.r.PathValue("id"))
		return err
	})
	if err == nil && a.account != c.acct.id {
		err = fail(unauthorized, "不是您的验证", "this is not your authorization")
	}
	return a, err
}

// authz shows an authorization, or gives it up. RFC 8555 7.5, 7.5.2
func (s *Service) authz(c *call) error {
	a, err := s.loadAuthz(c)
	if err != nil {
		return err
	}
	if !c.asGet() {
		var in struct {
			Status string `json:"status"`
		}
		if err := c.into(&in); err != nil {
			return err
		}
		if in.Status != "deactivated" {
			return fail(malformed, "验证只能改为 deactivated", "an authorization can be changed to deactivated only")
		}
		err := s.o.DB.Write(c.r.Context(), func(tx *store.Tx) error {
			if _, err := tx.Exec(qAuthzMove, a.id, a.status, "deactivated", store.Micros(s.o.Now()), a.error); err != nil {
				return err
			}
			_, err := tx.Exec(qOrderFail, a.order, fail(unauthorized, "验证已放弃", "an authorization was given up").text())
			return err
		})
		if err != nil {
			return err
		}
		a.status = "deactivated"
	}
	status := a.status
	switch {
	case status == "processing": // an authorization has no such state. RFC 8555 7.1.6
		status = "pending"
		c.w.Header().Set("Retry-After", "1")
	case status == "pending" || status == "valid":
		if a.expires <= store.Micros(s.o.Now()) {
			status = "expired"
		}
	}
	out := map[string]any{"identifier": identifier{"dns", a.name}, "status": status, "expires": store.Time(a.expires).Truncate(time.Second)}
	if a.wildcard {
		out["wildcard"] = true
	}
	var list []challengeView
	for _, way := range a.ways() {
		if v := c.viewChallenge(&a, way); a.chosen == "" || a.chosen == way {
			list = append(list, v)
		}
	}
	out["challenges"] = list
	return c.send(http.StatusOK, out)
}

// challenge begins a proof, or shows how it stands. RFC 8555 7.5.1
func (s *Service) challenge(c *call) error {
	a, err := s.loadAuthz(c)
	if err != nil {
		return err
	}
	way := c.r.PathValue("k")
	if way != http01 && way != dns01 || a.wildcard && way == http01 {
		return fail(notFound, "没有这种验证方式", "there is no such challenge")
	}
	if !c.asGet() && a.status == "pending" {
		if a.expires <= store.Micros(s.o.Now()) {
			return fail(malformed, "验证已过期，请重新下单", "the authorization has expired; order anew")
		}
		err := s.o.DB.Write(c.r.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(qAuthzChoose, a.id, way, store.Micros(s.o.Now()))
			return err
		})
		if err != nil {
			return err
		}
		if a, err = s.loadAuthz(c); err != nil {
			return err
		}
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
	c.w.Header().Add("Link", "<"+c.url("authz", a.id)+`>;rel="up"`)
	if a.status == "processing" {
		c.w.Header().Set("Retry-After", "1")
	}
	return c.send(http.StatusOK, c.viewChallenge(&a, way))
}

// Work proves names and finishes orders until ctx ends; what was under way when the program ended is taken up again.
func (s *Service) Work(ctx context.Context) error {
	for {
		if err := s.round(ctx); err != nil {
			return err
		}
		late := time.NewTimer(time.Second)
		select {
		case <-ctx.Done():
			late.Stop()
			return nil
		case <-s.wake:
			late.Stop()
		case <-late.C:
		}
	}
}

// round tries every proof that is due once, side by side, and finishes the orders that were left half done.
func (s *Service) round(ctx context.Context) error {
	var due []authz
	var left []order
	err := s.o.DB.Read(ctx, func(tx *store.Tx) (err error) {
		if due, err = all[authz](tx, qAuthzOpen, store.Micros(s.o.Now())); err != nil {
			return err
		}
		left, err = all[order](tx, qOrdersOpen)
		return err
	})
	if err != nil {
		return err
	}
	var at sync.WaitGroup
	for _, a := range due {
		at.Go(func() {
			if err := s.try(ctx, &a); err != nil && ctx.Err() == nil {
				s.o.Log.Error("a proof could not be kept", "authorization", a.id, "error", err)
			}
		})
	}
	at.Wait()
	for _, o := range left {
		if _, err := s.finish(ctx, &o); err != nil && ctx.Err() == nil {
			s.o.Log.Error("an order could not be finished", "order", o.id, "error", err)
		}
	}
	return nil
}

// try makes one attempt at a proof and keeps what came of it.
func (s *Service) try(ctx context.Context, a *authz) error {
	var acct account
	if err := s.o.DB.Read(ctx, func(tx *store.Tx) (err error) { acct, err = one[account](tx, qAccount, a.account); return err }); err != nil {
		return err
	}
	proof := a.token + "." + acct.thumb // RFC 8555 8.1
	var p *problem
	if a.chosen == dns01 {
		sum := sha256.Sum256([]byte(proof))
		p = s.prove.dns(ctx, a.name, b64(sum[:]))
	} else {
		p = s.prove.http(ctx, a.name, a.token, proof)
	}
	if ctx.Err() != nil {
		return nil // the program ends; it is tried again
	}
	now := s.o.Now()
	return s.o.DB.Write(ctx, func(tx *store.Tx) error {
		switch {
		case p == nil:
			if _, err := tx.Exec(qAuthzMove, a.id, "processing", "valid", store.Micros(now), ""); err != nil {
				return err
			}
			return settle(tx, a.order)
		case a.tries+1 < tries:
			_, err := tx.Exec(qAuthzMove, a.id, "processing", "processing", store.Micros(now.Add(pause)), p.text())
			return err
		}
		if _, err := tx.Exec(qAuthzMove, a.id, "processing", "invalid", store.Micros(now), p.text()); err != nil {
			return err
		}
		_, err := tx.Exec(qOrderFail, a.order, p.text())
		return err
	})
}

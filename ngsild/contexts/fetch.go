package contexts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/haihe-city/haihe/ngsild/exchange"
)

// Bounds of what is fetched.
const (
	fetchTime    = 5 * time.Second
	maxDoc       = 1 << 20 // bytes
	maxRedirects = 5
	heuristic    = 24 * time.Hour // life of a copy whose host does not say (6.3.16)
	longest      = 30 * 24 * time.Hour
)

// errScheme refuses what is neither http nor https.
var errScheme = errors.New("only http and https are fetched")

// client makes the HTTP client that documents are fetched by.
func (o *Options) client() *http.Client {
	dialer := &net.Dialer{Timeout: fetchTime}
	if o.NoPrivate {
		dialer.Control = func(_, address string, _ syscall.RawConn) error {
			host, _, err := net.SplitHostPort(address)
			if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() {
				return fmt.Errorf("%s is not a public address", address)
			}
			return nil
		}
	}
	return &http.Client{
		Timeout:   fetchTime,
		Transport: &http.Transport{DialContext: dialer.DialContext, ResponseHeaderTimeout: fetchTime, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return errors.New("too many redirects")
			}
			return o.may(r.URL)
		},
	}
}

// may tells whether a URL may be fetched.
func (o *Options) may(u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return errScheme
	}
	if len(o.Hosts) > 0 && !slices.Contains(o.Hosts, u.Hostname()) {
		return fmt.Errorf("the host %s is not among those that contexts may come from", u.Hostname())
	}
	return nil
}

func unavailable(at string, cause error) error {
	return exchange.LdContextNotAvailable.Because(cause, "无法取得 @context %s，请检查该地址", "the @context %s cannot be had; check that address", clip(at))
}

func clip(s string) string {
	if len(s) > 200 {
		return strings.ToValidUTF8(s[:200], "") + "…"
	}
	return s
}

// fetch gets the document at a URL, and until when it may be used.
// ETSI GS CIM 009 V1.9.1 5.5.6: what cannot be had is LdContextNotAvailable, what is no @context is BadRequestData
func (m *Manager) fetch(at string) (doc json.RawMessage, expires time.Time, err error) {
	u, err := url.Parse(at)
	if err == nil {
		err = m.o.may(u)
	}
	if err != nil {
		return nil, expires, unavailable(at, err)
	}
	// The fetch serves whoever waits for it: it ends by its own bounds, not with the request that began it.
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, at, nil)
	if err != nil {
		return nil, expires, unavailable(at, err)
	}
	r.Header.Set("Accept", "application/ld+json, application/json;q=0.9, */*;q=0.1")
	answer, err := m.client.Do(r)
	if err != nil {
		return nil, expires, unavailable(at, err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return nil, expires, unavailable(at, fmt.Errorf("it answered %s", answer.Status))
	}
	doc, err = io.ReadAll(io.LimitReader(answer.Body, maxDoc+1))
	if err != nil {
		return nil, expires, unavailable(at, err)
	}
	if len(doc) > maxDoc {
		return nil, expires, unavailable(at, fmt.Errorf("it is larger than %d bytes", maxDoc))
	}
	if v, err := value(doc); err != nil || v == nil {
		return nil, expires, exchange.BadRequestData.Because(err, "%s 返回的内容不是 @context 文档", "what %s answers is not a @context document", clip(at))
	}
	now := m.o.Now()
	return doc, now.Add(life(answer.Header, now)), nil
}

// life is how long a copy may be used. ETSI GS CIM 009 V1.9.1 6.3.16
func life(h http.Header, now time.Time) time.Duration {
	age, shared := time.Duration(-1), false
	for d := range strings.SplitSeq(h.Get("Cache-Control"), ",") {
		name, v, _ := strings.Cut(strings.TrimSpace(strings.ToLower(d)), "=")
		switch name {
		case "no-store", "no-cache":
			return 0
		case "max-age", "s-maxage":
			if n, err := strconv.ParseInt(strings.Trim(v, `"`), 10, 32); err == nil && n >= 0 && (name == "s-maxage" || !shared) {
				age, shared = time.Duration(n)*time.Second, name == "s-maxage"
			}
		}
	}
	if age < 0 {
		age = heuristic
		if t, err := http.ParseTime(h.Get("Expires")); err == nil {
			age = max(0, t.Sub(now))
		}
	}
	return min(age, longest)
}

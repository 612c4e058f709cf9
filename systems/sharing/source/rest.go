package source

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/haihe-city/haihe/errs"
)

// rest calls upstreams of the allow-list and nobody else: not by a redirection, not through a proxy of the surroundings, and never an
// address that only a machine's own cloud answers at (169.254.0.0/16, fe80::/10), whatever a name resolves to.
type rest struct {
	allowed []string
	client  *http.Client
}

var errLinkLocal = errors.New("a link-local address is nobody's upstream")

func newREST(allowed []string, wait time.Duration) (*rest, error) {
	r := &rest{}
	for _, a := range allowed {
		u, err := url.Parse(a)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
			return nil, errs.Say(errs.Invalid, "上游地址“%s”应为 https://主机:端口", "the upstream %q is to read https://host:port", a)
		}
		r.allowed = append(r.allowed, u.Scheme+"://"+strings.ToLower(u.Host))
	}
	dial := &net.Dialer{Timeout: wait, Control: func(_, address string, _ syscall.RawConn) error {
		host, _, err := net.SplitHostPort(address)
		if ip := net.ParseIP(host); err != nil || ip == nil || ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() {
			return errLinkLocal
		}
		return nil
	}}
	r.client = &http.Client{Timeout: wait,
		Transport:     &http.Transport{DialContext: dial.DialContext, Proxy: nil, MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute, ResponseHeaderTimeout: wait, MaxResponseHeaderBytes: 64 << 10},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return r, nil
}

func (r *rest) close() { r.client.CloseIdleConnections() }

// address is what is called: the resource's URL, as its owner published it. Nothing that a caller says becomes part of it.
func (r *rest) address(q Query) (string, error) {
	u, err := url.Parse(q.Spec.Where)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return "", errs.Say(errs.Invalid, "上游地址有误", "the upstream's address is wrong")
	}
	if !slices.Contains(r.allowed, u.Scheme+"://"+strings.ToLower(u.Host)) {
		return "", errs.Say(errs.Invalid, "上游“%s”不在允许名单（sharing.upstreams）内，请由系统管理员加入", "the upstream %q is not on the list sharing.upstreams; the system administrator can add it", u.Scheme+"://"+u.Host)
	}
	return u.String(), nil
}

func silent(err error) error {
	return errs.Because(err, errs.Unavailable, "上游接口无应答或应答有误", "the upstream does not answer, or answers wrongly")
}

// fetch reads the whole list of an upstream.
func (r *rest) fetch(ctx context.Context, q Query) ([]map[string]any, error) {
	at, err := r.address(q)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return nil, silent(err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := r.client.Do(req)
	if err != nil {
		return nil, silent(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, silent(errors.New("status " + resp.Status))
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return nil, silent(err)
	}
	return list(body, q.Spec.Items)
}

// list finds the rows in a JSON document.
func list(body []byte, items string) ([]map[string]any, error) {
	if len(body) > maxBody {
		return nil, errs.Say(errs.TooLarge, "数据源超过 %d MiB", "the source is larger than %d MiB", maxBody>>20)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, silent(err)
	}
	for _, step := range strings.FieldsFunc(items, func(r rune) bool { return r == '.' }) {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, silent(errors.New("no object at " + step))
		}
		v = m[step]
	}
	l, ok := v.([]any)
	if !ok {
		return nil, silent(errors.New("no list of rows"))
	}
	if len(l) > maxRows {
		return nil, errs.Say(errs.TooLarge, "数据源超过 %d 行", "the source has more than %d rows", maxRows)
	}
	out := make([]map[string]any, 0, len(l))
	for _, x := range l {
		m, ok := x.(map[string]any)
		if !ok {
			return nil, silent(errors.New("a row is no object"))
		}
		out = append(out, m)
	}
	return out, nil
}

package acme

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
)

// proofTime bounds one attempt at a proof, proofBody what is read of an answer.
const (
	proofTime = 10 * time.Second
	proofBody = 1 << 10
)

// prover looks at what a name shows. It connects only where the settings allow.
type prover struct {
	networks []netip.Prefix // empty: all but the machine's own, link-local and multicast
	hosts    map[string]netip.Addr
	resolver *net.Resolver
	port     int
	client   *http.Client
}

var errNetwork = errors.New("the address lies outside of the networks that may be connected to")

func newProver(o Settings) (*prover, error) {
	p := &prover{hosts: map[string]netip.Addr{}, resolver: &net.Resolver{PreferGo: true}, port: o.Port}
	for _, n := range o.Networks {
		net, err := netip.ParsePrefix(n)
		if err != nil {
			return nil, errs.Say(errs.Invalid, "acme.networks 中的“%s”不是网段，应形如 10.0.0.0/8", "%q in acme.networks is no network, write it like 10.0.0.0/8", n)
		}
		p.networks = append(p.networks, net.Masked())
	}
	for _, h := range o.Hosts {
		name, at, ok := strings.Cut(h, "=")
		addr, err := netip.ParseAddr(at)
		if !ok || err != nil || !domain(name) {
			return nil, errs.Say(errs.Invalid, "acme.hosts 中的“%s”应形如 a.example.cn=10.1.2.3", "%q in acme.hosts has to be like a.example.cn=10.1.2.3", h)
		}
		p.hosts[name] = addr
	}
	if o.Resolver != "" {
		if _, err := netip.ParseAddrPort(o.Resolver); err != nil {
			return nil, errs.Say(errs.Invalid, "acme.resolver“%s”应形如 10.0.0.53:53", "acme.resolver %q has to be like 10.0.0.53:53", o.Resolver)
		}
		p.resolver.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, o.Resolver)
		}
	}
	p.client = &http.Client{
		Timeout:   proofTime,
		Transport: &http.Transport{Proxy: nil, DialContext: p.dial, DisableKeepAlives: true, MaxResponseHeaderBytes: 16 << 10},
		CheckRedirect: func(r *http.Request, via []*http.Request) error { // RFC 8555 8.3: redirects may be followed
			if len(via) > 5 || r.URL.Scheme != "http" {
				return errors.New("more than five redirects, or one that leaves http")
			}
			return nil
		},
	}
	return p, nil
}

// dial connects to a name's first address that may be connected to, on the one port.
func (p *prover) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if port != strconv.Itoa(p.port) {
		return nil, fmt.Errorf("port %s is not the port of proofs", port)
	}
	addrs, err := p.lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	last := errNetwork
	for _, a := range addrs {
		if !p.may(a) {
			continue
		}
		conn, err := (&net.Dialer{Timeout: proofTime / 2}).DialContext(ctx, network, netip.AddrPortFrom(a, uint16(p.port)).String())
		if err == nil {
			return conn, nil
		}
		last = err
	}
	return nil, last
}

func (p *prover) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, ok := p.hosts[strings.ToLower(host)]; ok {
		return []netip.Addr{a}, nil
	}
	if a, err := netip.ParseAddr(host); err == nil { // a redirect to an address
		return []netip.Addr{a}, nil
	}
	return p.resolver.LookupNetIP(ctx, "ip", host)
}

// may tells whether an address may be connected to.
func (p *prover) may(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if len(p.networks) > 0 {
		return slices.ContainsFunc(p.networks, func(n netip.Prefix) bool { return n.Contains(a) })
	}
	return a.IsGlobalUnicast() // neither loopback, link-local, multicast, broadcast nor unspecified
}

// http fetches the file of http-01. RFC 8555 8.3
func (p *prover) http(ctx context.Context, name, token, want string) *problem {
	ctx, cancel := context.WithTimeout(ctx, proofTime)
	defer cancel()
	host := name
	if p.port != 80 {
		host = net.JoinHostPort(name, strconv.Itoa(p.port))
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+"/.well-known/acme-challenge/"+token, nil)
	if err != nil {
		return fail(malformed, "“%s”不是域名", "%q is no name", name)
	}
	r.Header.Set("User-Agent", "haihe-acme")
	answer, err := p.client.Do(r)
	if err != nil {
		return failed(name, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fail(unauthorized, "%[1]s 的验证文件返回状态 %[2]d", "the file of the proof at %[1]s is answered with status %[2]d", name, answer.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, proofBody))
	if err != nil {
		return failed(name, err)
	}
	if strings.TrimRight(string(body), " \t\r\n") != want {
		return fail(unauthorized, "%s 的验证文件内容不符", "the file of the proof at %s holds something else", name)
	}
	return nil
}

// failed words a connection that did not come about. It says no more than a port scan from outside would.
func failed(name string, err error) *problem {
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		return fail(dnsProblem, "域名 %s 解析不到地址", "no address is found for the name %s", name)
	case errors.Is(err, errNetwork):
		return fail(rejectedIdentifier, "域名 %s 的地址不在允许验证的网段", "the address of %s lies outside of the networks in which names are proved", name)
	}
	return fail(connection, "连接不上 %s", "%s cannot be connected to", name)
}

// dns looks for the TXT record of dns-01. RFC 8555 8.4
func (p *prover) dns(ctx context.Context, name, want string) *problem {
	ctx, cancel := context.WithTimeout(ctx, proofTime)
	defer cancel()
	records, err := p.resolver.LookupTXT(ctx, "_acme-challenge."+name+".")
	var dns *net.DNSError
	if err != nil && (!errors.As(err, &dns) || !dns.IsNotFound) {
		return fail(dnsProblem, "查询 %s 的 TXT 记录失败", "the TXT records of %s cannot be asked for", "_acme-challenge."+name)
	}
	if slices.Contains(records, want) {
		return nil
	}
	return fail(unauthorized, "%[1]s 的 %[2]d 条 TXT 记录均不符", "none of the %[2]d TXT records of %[1]s fits", "_acme-challenge."+name, len(records))
}

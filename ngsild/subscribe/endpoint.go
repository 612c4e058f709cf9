package subscribe

import (
	"encoding/json"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/kernel/subscription"
	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/ngsild/subscribe/mqtt"
	"github.com/haihe-city/haihe/wire/ngsild/form"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// maxLevel bounds joinLevel.
const maxLevel = 10

// notification reads NotificationParams (ETSI GS CIM 009 V1.9.1 5.2.14).
func (r *reader) notification(raw json.RawMessage, where string) error {
	list, err := members(raw, where)
	if err != nil {
		return err
	}
	given := map[string]json.RawMessage{}
	for _, m := range list {
		given[m.name] = m.raw
	}
	if err := r.projection(given, where); err != nil {
		return err
	}
	p := r.plan
	for _, m := range list {
		here := join(where, m.name)
		switch m.name {
		case "format":
			err = r.format(m.raw, here)
		case "join":
			p.join, err = text(m.raw, here)
			if err == nil && !slices.Contains([]string{"flat", "inline", "@none"}, p.join) {
				err = wrong(here, "须为 flat、inline 或 @none", "must be flat, inline or @none")
			}
			p.join = strings.TrimPrefix(p.join, "@none")
		case "joinLevel":
			n, fault := strconv.ParseInt(string(m.raw), 10, 32)
			if fault != nil || n < 1 || n > maxLevel {
				err = wrong(here, "须为 1 至 %d 的整数", "must be a whole number from 1 to %d", maxLevel)
			}
			p.level = int(n)
		case "sysAttrs":
			p.sysAttrs, err = boolean(m.raw, here)
		case "showChanges":
			p.showChanges, err = boolean(m.raw, here)
		}
		if err != nil {
			return err
		}
	}
	if p.showChanges && p.format == form.Simplified {
		return wrong(join(where, "showChanges"), "不得与 format 为 simplified（keyValues）同用", "must not be true where format is simplified (keyValues)")
	}
	if given["endpoint"] == nil {
		return wrong(join(where, "endpoint"), "缺少该成员", "it is missing")
	}
	return r.endpoint(given["endpoint"], join(where, "endpoint"))
}

func (r *reader) format(raw json.RawMessage, where string) error {
	s, err := text(raw, where)
	if err != nil {
		return err
	}
	switch s {
	case "normalized":
	case "concise":
		r.plan.format = form.Concise
	case "simplified", "keyValues":
		r.plan.format = form.Simplified
	default:
		return wrong(where, "须为 normalized、concise、simplified 或 keyValues", "must be normalized, concise, simplified or keyValues")
	}
	return nil
}

// projection reads attributes, pick and omit (4.21).
func (r *reader) projection(given map[string]json.RawMessage, where string) (err error) {
	names := r.names("notification")
	read := func(name string) ([]string, error) {
		if given[name] == nil {
			return nil, nil
		}
		return texts(given[name], join(where, name))
	}
	attrs, err := read("attributes")
	if err != nil {
		return err
	}
	pick, err := read("pick")
	if err != nil {
		return err
	}
	omit, err := read("omit")
	if err != nil {
		return err
	}
	if attrs != nil && (pick != nil || omit != nil) {
		return wrong(join(where, "attributes"), "不得与 pick 或 omit 同时出现", "must not stand beside pick or omit")
	}
	for _, a := range attrs {
		if slices.Contains([]string{"id", "type", "scope"}, a) {
			return wrong(join(where, "attributes"), "不得列出 %s", "must not name %s", a)
		}
	}
	if attrs != nil {
		pick = append([]string{"id", "type", "scope"}, attrs...)
	}
	p := r.plan
	if p.pick, err = projectionOf(pick, names); err != nil {
		return err
	}
	if p.omit, err = projectionOf(omit, names); err != nil {
		return err
	}
	if p.pick != nil && p.omit != nil {
		for _, name := range p.pick.Names() {
			if p.omit.Has(name) && p.omit.Under(name) == nil {
				return wrong(join(where, "omit"), "%s 同时出现在 pick 中", "%s stands in pick too", ngsi.Clip(name))
			}
		}
	}
	return nil
}

func projectionOf(list []string, names query.Names) (*query.Projection, error) {
	if list == nil {
		return nil, nil
	}
	return query.ParseProjection(strings.Join(list, ","), names)
}

// endpoint reads an Endpoint (ETSI GS CIM 009 V1.9.1 5.2.15).
func (r *reader) endpoint(raw json.RawMessage, where string) error {
	list, err := members(raw, where)
	if err != nil {
		return err
	}
	e := &r.sub.Endpoint
	for _, m := range list {
		here := join(where, m.name)
		switch m.name {
		case "uri":
			e.URI, err = text(m.raw, here)
		case "accept":
			e.Accept, err = text(m.raw, here)
		case "timeout":
			e.Timeout, err = span(m.raw, here, time.Millisecond)
		case "cooldown":
			e.Cooldown, err = span(m.raw, here, time.Millisecond)
		case "receiverInfo":
			e.Receiver, err = pairs(m.raw, here)
		case "notifierInfo":
			e.Notifier, err = pairs(m.raw, here)
		}
		if err != nil {
			return err
		}
	}
	e.Timeout = min(e.Timeout, maxTimeout)
	switch e.Accept {
	case "", exchange.JSON.String():
		r.plan.accept = exchange.JSON
	case exchange.LD.String():
		r.plan.accept = exchange.LD
	case exchange.GeoJSON.String():
		r.plan.accept = exchange.GeoJSON
	default:
		return wrong(join(where, "accept"), "须为 application/json、application/ld+json 或 application/geo+json", "must be application/json, application/ld+json or application/geo+json")
	}
	if e.URI == "" {
		return wrong(join(where, "uri"), "缺少该成员", "it is missing")
	}
	return r.address(e, join(where, "uri"))
}

// maxTimeout bounds the time of one notification: "the NGSI-LD system can override this value" (5.2.15).
const maxTimeout = 2 * time.Minute

// address holds the endpoint's URI, and what goes with its scheme, to 6.3.8 and 7.2.
func (r *reader) address(e *subscription.Endpoint, where string) error {
	if mqtt.Is(e.URI) {
		if r.plan.accept == exchange.GeoJSON {
			return wrong(where, "MQTT 通知只有 application/json 与 application/ld+json", "notifications by MQTT are application/json or application/ld+json")
		}
		t, err := mqtt.Parse(e.URI, subscription.Of(e.Notifier, mqtt.KeyQoS), subscription.Of(e.Notifier, mqtt.KeyVersion))
		r.plan.target = &t
		return err
	}
	u, err := url.Parse(e.URI)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return wrong(where, "须为 http、https、mqtt 或 mqtts 地址", "must be an address of http, https, mqtt or mqtts")
	}
	for _, p := range e.Receiver {
		if !headerName(p.Key) || !headerValue(p.Value) {
			return wrong(where, "receiverInfo 中的 %q 不能作为 HTTP 头", "%q in receiverInfo cannot be an HTTP header", ngsi.Clip(p.Key))
		}
		if strings.EqualFold(p.Key, "Prefer") && strings.TrimSpace(p.Value) == "body=json" {
			r.plan.plainGeo = true
		}
	}
	return nil
}

// pairs reads KeyValuePairs (5.2.22).
func pairs(raw json.RawMessage, where string) (out []subscription.Pair, err error) {
	var items []json.RawMessage
	if len(raw) == 0 || raw[0] != '[' || json.Unmarshal(raw, &items) != nil || len(items) > maxElements {
		return nil, wrong(where, "须为 {key, value} 的数组", "must be an array of {key, value}")
	}
	for i, it := range items {
		at := where + "[" + strconv.Itoa(i) + "]"
		list, err := members(it, at)
		if err != nil {
			return nil, err
		}
		var p subscription.Pair
		got := 0
		for _, m := range list {
			switch m.name {
			case "key":
				p.Key, err = text(m.raw, join(at, m.name))
				got |= 1
			case "value":
				p.Value, err = text(m.raw, join(at, m.name))
				got |= 2
			}
			if err != nil {
				return nil, err
			}
		}
		if got != 3 || p.Key == "" {
			return nil, wrong(at, "须有 key 与 value", "must have key and value")
		}
		out = append(out, p)
	}
	return out, nil
}

// headerName tells whether a name may be a header of ours: a token (RFC 9110 5.6.2), and none that frames the message.
func headerName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	framing := []string{"Connection", "Content-Length", "Host", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}
	return s != "" && !slices.Contains(framing, textproto.CanonicalMIMEHeaderKey(s))
}

// headerValue tells whether a text may be the value of a header.
func headerValue(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' && s[i] != '\t' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

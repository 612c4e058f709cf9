package subscribe

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/kernel/subscription"
	"github.com/haihe-city/haihe/wire/ngsild/jsonld"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// view writes subscriptions in a @context.
type view struct {
	own      func(unit string) bool // whether the keys of a unit's receivers are shown
	c        *jsonld.Context
	inBody   bool // @context is a member
	sysAttrs bool
	now      time.Time
}

// object writes members of a JSON object.
type object struct{ b []byte }

func (o *object) raw(name string, v []byte) {
	if len(o.b) == 0 {
		o.b = append(o.b, '{')
	} else {
		o.b = append(o.b, ',')
	}
	o.b = append(o.b, quote(name)...)
	o.b = append(append(o.b, ':'), v...)
}

func (o *object) text(name, v string) { o.raw(name, quote(v)) }

func (o *object) time(name string, t time.Time) {
	if !t.IsZero() {
		o.text(name, stamp(t))
	}
}

func (o *object) count(name string, n int64) {
	if n > 0 { // 5.2.14.2: greater than 0
		o.raw(name, strconv.AppendInt(nil, n, 10))
	}
}

func (o *object) end() []byte { return append(o.b, '}') }

// append writes a subscription with its state.
func (v *view) append(dst []byte, s *subscription.Subscription, st subscription.State) ([]byte, error) {
	p, err := planOf(s)
	if err != nil { // it is listed all the same, so that it can be found and deleted
		o := object{}
		o.text("id", s.ID)
		o.text("type", "Subscription")
		o.text("status", "paused")
		return append(dst, o.end()...), nil
	}
	o := object{}
	o.text("id", s.ID)
	o.text("type", "Subscription")
	for _, f := range fields {
		raw, ok := p.src.Members[f.name]
		if f.name == "notification" {
			o.raw("status", quote(status(s, v.now)))
			raw, err = v.notification(raw, p, st, v.own(s.Owner))
			if err != nil {
				return dst, err
			}
		}
		switch {
		case ok:
			o.raw(f.name, v.member(f.name, raw, p.src))
		case f.name == "notificationTrigger":
			o.raw(f.name, []byte(`["`+subscription.AttributeCreated+`","`+subscription.AttributeUpdated+`"]`))
		case f.name == "jsonldContext":
			o.text(f.name, p.src.URL)
		}
	}
	if v.sysAttrs {
		o.time("createdAt", p.src.Created)
		o.time("modifiedAt", p.src.Modified)
	}
	if v.inBody {
		o.raw("@context", v.c.Value())
	}
	return append(dst, o.end()...), nil
}

// status is the status of a subscription (5.2.12, table 2).
func status(s *subscription.Subscription, now time.Time) string {
	switch {
	case !s.ExpiresAt.IsZero() && !now.Before(s.ExpiresAt):
		return "expired"
	case !s.Active:
		return "paused"
	}
	return "active"
}

// notification adds the output-only members of 5.2.14.2.
func (v *view) notification(raw json.RawMessage, p *plan, st subscription.State, own bool) (json.RawMessage, error) {
	list, err := members(raw, "notification")
	if err != nil {
		return nil, err
	}
	o := object{}
	for _, m := range list {
		if m.name == "endpoint" && !own {
			m.raw = withoutKeys(m.raw)
		}
		if !outputOnly(m.name) {
			o.raw(m.name, v.projection(m, p.src))
		}
	}
	if st.Sent > 0 {
		word := "ok"
		if st.Failing {
			word = "failed"
		}
		o.text("status", word)
	}
	o.count("timesSent", st.Sent)
	o.count("timesFailed", st.Failed)
	o.time("lastNotification", st.LastNotification)
	o.time("lastSuccess", st.LastSuccess)
	o.time("lastFailure", st.LastFail)
	return o.end(), nil
}

// withoutKeys leaves of an endpoint what does not open its receiver.
func withoutKeys(endpoint json.RawMessage) json.RawMessage {
	var e struct{ URI, Accept string }
	o := object{}
	if json.Unmarshal(endpoint, &e) == nil {
		if u, err := url.Parse(e.URI); err == nil {
			u.User, u.RawQuery, u.Fragment = nil, "", ""
			o.text("uri", u.String())
		}
		if e.Accept != "" {
			o.text("accept", e.Accept)
		}
	}
	return o.end()
}

// outputOnly tells whether a member of a notification is the system's; what clients give is passed over.
func outputOnly(name string) bool {
	switch name {
	case "attributes", "endpoint", "format", "join", "joinLevel", "omit", "pick", "showChanges", "sysAttrs":
		return false
	}
	return true
}

func (v *view) projection(m member, src *source) json.RawMessage {
	switch m.name {
	case "attributes", "pick", "omit":
		return each(m.raw, func(s string) string { return rename(s, ",|{}", v.term(src, "notification")) })
	}
	return m.raw
}

// term gives the term, in v's @context, for what a term of a member stood for when it was given.
func (v *view) term(src *source, name string) func(string) string {
	names := src.recall(name)
	return func(term string) string { return v.c.Compact(names(term)) }
}

// member writes a member with its terms in v's @context.
func (v *view) member(name string, raw json.RawMessage, src *source) json.RawMessage {
	term := v.term(src, name)
	switch name {
	case "watchedAttributes":
		return each(raw, term)
	case "expandValues", "jsonKeys":
		return one(raw, func(s string) string { return rename(s, ",", term) })
	case "q", "csf":
		return one(raw, func(s string) string { return requery(s, src.recall(name), v.c) })
	case "geoQ":
		return inObject(raw, "geoproperty", func(raw json.RawMessage) json.RawMessage { return one(raw, term) })
	case "entities":
		var items []json.RawMessage
		if json.Unmarshal(raw, &items) != nil {
			return raw
		}
		for i, it := range items {
			items[i] = inObject(it, "type", func(raw json.RawMessage) json.RawMessage {
				return one(raw, func(s string) string {
					if s == "*" {
						return s
					}
					return rename(s, ",|;()", term)
				})
			})
		}
		return append(append([]byte{'['}, bytes.Join(asBytes(items), []byte{','})...), ']')
	}
	return raw
}

func asBytes(items []json.RawMessage) [][]byte {
	out := make([][]byte, len(items))
	for i, it := range items {
		out[i] = it
	}
	return out
}

// requery writes a query with the terms of c, as it was given where they are the same.
func requery(s string, names query.Names, c *jsonld.Context) string {
	plain := percent(s)
	given, err := query.ParseQ(plain, query.QOptions{})
	if err != nil {
		return s
	}
	now, err := query.ParseQ(plain, query.QOptions{Names: func(term string) string { return c.Compact(names(term)) }})
	if err != nil || now.String() == given.String() {
		return s
	}
	return now.String()
}

// one rewrites a text, each an array of texts; what is something else stays.
func one(raw json.RawMessage, fn func(string) string) json.RawMessage {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return raw
	}
	return quote(fn(s))
}

func each(raw json.RawMessage, fn func(string) string) json.RawMessage {
	var list []string
	if json.Unmarshal(raw, &list) != nil {
		return raw
	}
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(quote(fn(s)))
	}
	return json.RawMessage("[" + strings.Join(out, ",") + "]")
}

// inObject rewrites one member of an object.
func inObject(raw json.RawMessage, name string, fn func(json.RawMessage) json.RawMessage) json.RawMessage {
	list, err := members(raw, "")
	if err != nil {
		return raw
	}
	o := object{b: make([]byte, 0, len(raw))}
	for _, m := range list {
		if m.name == name {
			m.raw = fn(m.raw)
		}
		o.raw(m.name, m.raw)
	}
	if len(o.b) == 0 {
		return raw
	}
	return o.end()
}

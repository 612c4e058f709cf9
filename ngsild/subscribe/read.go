package subscribe

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/kernel/entity/filter"
	"github.com/haihe-city/haihe/kernel/subscription"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// reader reads the members of a subscription.
// ETSI GS CIM 009 V1.9.1 5.2.12
type reader struct {
	names func(member string) query.Names
	sub   *subscription.Subscription
	plan  *plan
	local *bool // localOnly, where it is said
	any   bool  // a selector has the type "*"
}

// field is a member of a subscription, in the order in which they are written.
type field struct {
	name string
	read func(r *reader, raw json.RawMessage, where string) error
}

// fields are the members that a subscriber may give; others are passed over, among them the read-only ones of table 5.2.12-2.
var fields = []field{
	{"subscriptionName", (*reader).any1},
	{"description", (*reader).any1},
	{"entities", (*reader).entities},
	{"watchedAttributes", (*reader).watched},
	{"notificationTrigger", (*reader).triggers},
	{"timeInterval", func(r *reader, raw json.RawMessage, where string) (err error) {
		if r.sub.Interval, err = span(raw, where, time.Second); err == nil && r.sub.Interval < time.Second {
			err = wrong(where, "不得小于 1（秒）", "must be 1 (second) at least")
		}
		return err
	}},
	{"throttling", func(r *reader, raw json.RawMessage, where string) (err error) {
		r.sub.Throttling, err = span(raw, where, time.Second)
		return err
	}},
	{"expandValues", (*reader).any1}, // read before q, which needs them
	{"jsonKeys", (*reader).any1},
	{"q", (*reader).q},
	{"geoQ", (*reader).geoQ},
	{"scopeQ", (*reader).scopeQ},
	{"temporalQ", func(r *reader, raw json.RawMessage, where string) error {
		_, err := members(raw, where) // of Context Registration Subscriptions only
		return err
	}},
	{"csf", (*reader).csf},
	{"datasetId", (*reader).datasets},
	{"lang", func(r *reader, raw json.RawMessage, where string) (err error) {
		r.plan.lang, err = text(raw, where)
		return err
	}},
	{"isActive", func(r *reader, raw json.RawMessage, where string) (err error) {
		r.sub.Active, err = boolean(raw, where)
		return err
	}},
	{"expiresAt", func(r *reader, raw json.RawMessage, where string) (err error) {
		r.sub.ExpiresAt, err = instant(raw, where)
		return err
	}},
	{"localOnly", func(r *reader, raw json.RawMessage, where string) error {
		v, err := boolean(raw, where)
		r.local = &v
		return err
	}},
	{"splitEntities", func(r *reader, raw json.RawMessage, where string) error {
		_, err := boolean(raw, where)
		return err
	}},
	{"ngsildConformance", (*reader).conformance},
	{"jsonldContext", (*reader).jsonldContext},
	{"notification", (*reader).notification},
}

func (r *reader) read(m map[string]json.RawMessage) error {
	for _, f := range fields {
		if raw, ok := m[f.name]; ok {
			if err := f.read(r, raw, f.name); err != nil {
				return err
			}
		}
	}
	has := func(name string) bool { _, ok := m[name]; return ok }
	local := r.local != nil && *r.local
	switch {
	case !has("notification"):
		return wrong("notification", "缺少该成员", "it is missing")
	case has("timeInterval") && has("watchedAttributes"):
		return wrong("timeInterval", "不得与 watchedAttributes 同时出现", "must not stand beside watchedAttributes")
	case has("timeInterval") && has("throttling"):
		return wrong("timeInterval", "不得与 throttling 同时出现", "must not stand beside throttling")
	case has("timeInterval") && !has("entities") && !local:
		return wrong("entities", "有 timeInterval 时须给出该成员", "must be given together with timeInterval")
	case !has("entities") && !has("watchedAttributes") && !local:
		return wrong("entities", "entities 与 watchedAttributes 至少给出其一", "entities or watchedAttributes must be given")
	case r.any && r.local != nil && !*r.local:
		return wrong("localOnly", "类型为 * 时不得为 false", "must not be false where a type is *")
	}
	return nil
}

// any1 reads a text that only the subscriber reads.
func (r *reader) any1(raw json.RawMessage, where string) error {
	_, err := text(raw, where)
	return err
}

// entities reads EntitySelectors (5.2.33).
func (r *reader) entities(raw json.RawMessage, where string) error {
	items, err := elements(raw, where)
	if err != nil {
		return err
	}
	for i, it := range items {
		at := where + "[" + strconv.Itoa(i) + "]"
		list, err := members(it, at)
		if err != nil {
			return err
		}
		var s subscription.Selector
		for _, m := range list {
			here := join(at, m.name)
			switch m.name {
			case "id":
				s.IDs, err = ids(m.raw, here)
			case "idPattern":
				if s.IDPattern, err = text(m.raw, here); err == nil {
					_, err = filter.Pattern(s.IDPattern)
				}
			case "type":
				s.Types, err = r.types(m.raw, here)
			}
			if err != nil {
				return err
			}
		}
		if s.Types == "" {
			return wrong(join(at, "type"), "缺少该成员", "it is missing")
		}
		r.sub.Entities = append(r.sub.Entities, s)
	}
	return nil
}

func ids(raw json.RawMessage, where string) (list []string, err error) {
	if len(raw) > 0 && raw[0] == '[' {
		list, err = texts(raw, where)
	} else {
		list = make([]string, 1)
		list[0], err = text(raw, where)
	}
	for _, id := range list {
		if err == nil && !ngsi.IsURI(id) {
			err = wrong(where, "须为 URI，实为 %q", "must be a URI, it is %q", ngsi.Clip(id))
		}
	}
	return list, err
}

// types reads a type selection (4.17) into stored names.
func (r *reader) types(raw json.RawMessage, where string) (string, error) {
	s, err := text(raw, where)
	if err != nil {
		return "", err
	}
	if s == "*" {
		r.any = true
		return s, nil
	}
	// Clients write (A|B), which the grammar has no place for: its parentheses hold conjunctions.
	if in := strings.TrimSpace(s); strings.HasPrefix(in, "(") && strings.HasSuffix(in, ")") && !strings.ContainsAny(in[1:len(in)-1], "();") {
		s = in[1 : len(in)-1]
	}
	if _, err := query.ParseTypes(s, nil); err != nil {
		return "", err
	}
	return rename(s, ",|;()", r.names("entities")), nil
}

// rename puts fn(term) in place of each term of a text in which the marks separate terms.
func rename(s, marks string, fn func(string) string) string {
	var b strings.Builder
	for len(s) > 0 {
		i := strings.IndexAny(s, marks)
		if i < 0 {
			i = len(s)
		}
		if term := strings.TrimSpace(s[:i]); term != "" {
			b.WriteString(fn(term))
		}
		if i < len(s) {
			b.WriteByte(s[i])
			i++
		}
		s = s[i:]
	}
	return b.String()
}

func (r *reader) watched(raw json.RawMessage, where string) error {
	list, err := texts(raw, where)
	for _, term := range list {
		r.sub.Watched = append(r.sub.Watched, r.names(where)(term))
	}
	return err
}

func (r *reader) triggers(raw json.RawMessage, where string) error {
	list, err := texts(raw, where)
	for _, t := range list {
		if !slices.Contains(subscription.Triggers(), t) {
			return wrong(where, "%q 不是触发条件，可用：%s", "%q is no trigger; there are %s", ngsi.Clip(t), strings.Join(subscription.Triggers(), ", "))
		}
	}
	r.sub.Triggers = list
	return err
}

// percent takes percent-encoding off, as clients that copy a query from a URL leave it in.
func percent(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

func (r *reader) q(raw json.RawMessage, where string) error {
	s, err := text(raw, where)
	if err != nil {
		return err
	}
	o := query.QOptions{Names: r.names(where)}
	for member, to := range map[string]*[]string{"expandValues": &o.ExpandValues, "jsonKeys": &o.JSONKeys} {
		if given, ok := r.plan.src.Members[member]; ok {
			list, err := text(given, member)
			if err != nil {
				return err
			}
			for term := range strings.SplitSeq(list, ",") {
				*to = append(*to, r.names(member)(strings.TrimSpace(term)))
			}
		}
	}
	r.sub.Filter.Q, err = query.ParseQ(percent(s), o)
	return err
}

// csf filters Context Sources, of which there are none; it is held to its grammar.
func (r *reader) csf(raw json.RawMessage, where string) error {
	s, err := text(raw, where)
	if err == nil {
		_, err = query.ParseQ(percent(s), query.QOptions{Names: r.names(where)})
	}
	return err
}

// geoQ reads a GeoQuery (5.2.13).
func (r *reader) geoQ(raw json.RawMessage, where string) error {
	list, err := members(raw, where)
	if err != nil {
		return err
	}
	got := map[string]string{}
	for _, m := range list {
		here := join(where, m.name)
		switch m.name {
		case "coordinates":
			got[m.name] = string(m.raw)
			if len(m.raw) > 0 && m.raw[0] == '"' {
				got[m.name], err = text(m.raw, here)
			}
		case "geometry", "georel", "geoproperty":
			got[m.name], err = text(m.raw, here)
		}
		if err != nil {
			return err
		}
	}
	for _, need := range []string{"geometry", "coordinates", "georel"} {
		if got[need] == "" {
			return wrong(join(where, need), "缺少该成员", "it is missing")
		}
	}
	r.sub.Filter.Geo, err = query.ParseGeo(got["georel"], got["geometry"], got["coordinates"], got["geoproperty"], r.names(where))
	return err
}

func (r *reader) scopeQ(raw json.RawMessage, where string) error {
	s, err := text(raw, where)
	if err == nil {
		r.sub.Filter.Scope, err = query.ParseScope(percent(s))
	}
	return err
}

// datasets reads datasetId (4.5.5).
func (r *reader) datasets(raw json.RawMessage, where string) error {
	list, err := texts(raw, where)
	for _, d := range list {
		if d != "@none" && !ngsi.IsURI(d) {
			return wrong(where, "须为 URI 或 @none，实为 %q", "must be URIs or @none, it has %q", ngsi.Clip(d))
		}
	}
	r.plan.datasets, r.sub.Filter.Datasets = list, list
	return err
}

// instant reads a DateTime (4.6.3).
func instant(raw json.RawMessage, where string) (time.Time, error) {
	s, err := text(raw, where)
	if err != nil {
		return time.Time{}, err
	}
	at, kind, ok := query.ParseInstant(s)
	if !ok || kind != query.DateTime {
		return at, wrong(where, "须为 DateTime，如 2030-01-01T00:00:00Z", "must be a DateTime such as 2030-01-01T00:00:00Z")
	}
	return at, nil
}

func (r *reader) conformance(raw json.RawMessage, where string) error {
	s, err := text(raw, where)
	major, minor, ok := strings.Cut(s, ".")
	_, err1 := strconv.ParseUint(major, 10, 8)
	_, err2 := strconv.ParseUint(minor, 10, 8)
	if err == nil && (!ok || err1 != nil || err2 != nil) {
		err = wrong(where, "须为 主版本.次版本，如 1.8", "must be major.minor, such as 1.8")
	}
	return err
}

func (r *reader) jsonldContext(raw json.RawMessage, where string) error {
	s, err := text(raw, where)
	if err == nil && !ngsi.IsURI(s) {
		err = wrong(where, "须为可访问的 URI，实为 %q", "must be a URI that can be fetched, it is %q", ngsi.Clip(s))
	}
	return err
}

package exchange

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/wire/ngsild/form"
	"github.com/haihe-city/haihe/wire/ngsild/jsonld"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// Path reads a part of the path, unescaped.
func (x *Exchange) Path(name string) string {
	for i, n := range x.route.at.names {
		if n == name {
			return x.route.values[i]
		}
	}
	return ""
}

// Names expands a term in the request's @context; it has the form that the grammars of package query ask for.
func (x *Exchange) Names(term string) string { return x.Ctx.Expand(term) }

// Output is the representation asked for: format/options, sysAttrs, lang, datasetId, pick, omit, geometryProperty; @context in the
// body for LD, and for GeoJSON unless "Prefer: body=json" says otherwise (6.3.6).
// ETSI GS CIM 009 V1.9.1 6.3.7, 6.3.11, 6.3.12, 6.3.15
func (x *Exchange) Output() (o *form.Output, err error) {
	o = &form.Output{Context: x.Ctx, InBody: x.inBody()}
	if len(x.params) == 0 {
		return o, nil
	}
	o.Format = x.format()
	o.SysAttrs = x.Option("sysAttrs")
	o.Lang = x.Param("lang")
	o.Datasets = x.List("datasetId")
	if g := x.Param("geometryProperty"); g != "" {
		o.Geometry = x.Ctx.Expand(g)
	}
	if v := x.Param("pick"); v != "" {
		if o.Pick, err = query.ParseProjection(v, x.Names); err != nil {
			return nil, err
		}
	}
	if v := x.Param("omit"); v != "" {
		if o.Omit, err = query.ParseProjection(v, x.Names); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// formats are the words of the representations.
var formats = map[string]form.Format{
	"normalized": form.Normalized, "concise": form.Concise, "simplified": form.Simplified, "keyValues": form.Simplified,
	"temporalValues": form.TemporalValues, "aggregatedValues": form.AggregatedValues,
}

// format reads format; where that says nothing, the first of options that names one (both deprecated spellings of 6.3.7, 6.3.12).
func (x *Exchange) format() form.Format {
	if f, ok := formats[x.Param("format")]; ok {
		return f
	}
	for _, o := range x.List("options") {
		if f, ok := formats[o]; ok {
			return f
		}
	}
	return form.Normalized
}

// inBody tells whether the answer bears the @context in its body.
func (x *Exchange) inBody() bool {
	switch x.Accept {
	case LD:
		return true
	case GeoJSON:
		return prefer(x.R.Header, "body") != "json"
	}
	return false
}

// Answer sends JSON with the right Content-Type, Link to the context (6.3.5, 6.3.6) and NGSILD-Tenant.
func (x *Exchange) Answer(status int, body []byte) error {
	h := x.W.Header()
	h["Content-Type"] = mediaTypes[x.Accept]
	if status < 300 && status != http.StatusMultiStatus && x.Ctx != nil && x.Op.answers() && !x.inBody() {
		h["Link"] = append(h["Link"], x.contextLink())
	}
	return x.Bytes(status, body)
}

// Send answers with a buffer that Buffer lent, and takes it back.
func (x *Exchange) Send(status int, b *[]byte) error {
	err := x.Answer(status, *b)
	x.Release(b)
	return err
}

// Plain sends JSON that is in no @context: results of batches, partial success (6.3.6: always application/json).
func (x *Exchange) Plain(status int, body []byte) error {
	x.W.Header()["Content-Type"] = mediaTypes[JSON]
	return x.Bytes(status, body)
}

// Bytes sends a body whose Content-Type is set.
func (x *Exchange) Bytes(status int, body []byte) error {
	x.W.Header()["Content-Length"] = []string{strconv.Itoa(len(body))}
	x.status = status
	x.W.WriteHeader(status)
	_, err := x.W.Write(body)
	if err != nil && x.Kit.Log != nil {
		x.Kit.Log.Debug("answer not taken", "operation", x.Op.Name, "err", err)
	}
	return nil
}

// coreLink is the Link header to the core context.
const coreLink = `<` + jsonld.CoreURL + `>; rel="` + contextRel + `"; type="application/ld+json"`

// contextLink is the Link header to the context of the answer.
func (x *Exchange) contextLink() string {
	u := x.Ctx.URL()
	if u == jsonld.CoreURL {
		return coreLink
	}
	if u == "" {
		u = x.absolute(x.Kit.Contexts.Served(x.Ctx))
	}
	return `<` + u + `>; rel="` + contextRel + `"; type="application/ld+json"`
}

// absolute puts this host before a URL that begins with "/".
func (x *Exchange) absolute(u string) string {
	if !strings.HasPrefix(u, "/") {
		return u
	}
	return Base(x.R) + u
}

// Base is the address that a request came to, as far as the program can tell: "http://host:port".
func Base(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// Created sends a 201 with the Location of what came to be, a path below the prefix: "/entities/" and the escaped id.
func (x *Exchange) Created(location string) error {
	h := x.W.Header()
	h["Location"] = []string{x.prefix + location}
	h["Content-Length"] = []string{"0"}
	x.status = http.StatusCreated
	x.W.WriteHeader(http.StatusCreated)
	return nil
}

// NoContent sends a 204.
func (x *Exchange) NoContent() error {
	x.status = http.StatusNoContent
	x.W.WriteHeader(http.StatusNoContent)
	return nil
}

// Segment escapes an id as a part of a path, leaving the colons of URNs as they are.
func Segment(id string) string { return url.PathEscape(id) }

// Page writes the paging headers: Link rel next/prev, NGSILD-Results-Count (total < 0: none). next is the cursor of the next page,
// "" at the end; where there are no cursors but there is more, it is "+". See doc.go for the choice between offset and pageAfter.
// ETSI GS CIM 009 V1.9.1 6.3.10, 6.3.13
func (x *Exchange) Page(next string, offset int64, limit, got int, total int64) {
	h := x.W.Header()
	if total >= 0 {
		h["NGSILD-Results-Count"] = []string{strconv.FormatInt(total, 10)}
	}
	if limit == 0 {
		return
	}
	if offset > 0 {
		h["Link"] = append(h["Link"], x.pageLink("prev", "", max(0, offset-int64(limit)), limit))
	}
	if next == "" {
		return
	}
	if next == "+" || x.Has("offset") && !x.Has("pageAfter") { // transparent, 5.5.9.2
		next = ""
	}
	h["Link"] = append(h["Link"], x.pageLink("next", next, offset+int64(got), limit))
}

// pageLink is the Link to another page: the parameters of this request in order of their names, with others of paging.
func (x *Exchange) pageLink(rel, after string, offset int64, limit int) string {
	list := slices.DeleteFunc(slices.Clone(x.params), func(p pair) bool {
		return p.name == "limit" || p.name == "offset" || p.name == "pageAfter" || p.value == "" || x.Op.param(p.name) == nil
	})
	list = append(list, pair{"limit", strconv.Itoa(limit)}, pair{"offset", strconv.FormatInt(offset, 10)})
	if after != "" {
		list = append(list, pair{"pageAfter", after})
	}
	slices.SortFunc(list, func(a, b pair) int { return strings.Compare(a.name, b.name) })
	var b strings.Builder
	b.WriteString(`<` + x.prefix + strings.TrimSuffix(strings.TrimPrefix(x.R.URL.EscapedPath(), x.prefix), "/"))
	sep := byte('?')
	for _, p := range list {
		b.WriteByte(sep)
		b.WriteString(p.name + "=")
		escapeQuery(&b, p.value)
		sep = '&'
	}
	b.WriteString(`>; rel="` + rel + `"; type="` + x.Accept.String() + `"`)
	return b.String()
}

// escapeQuery escapes what must be in a query (RFC 3986 3.4), and the plus.
func escapeQuery(b *strings.Builder, v string) {
	const hex = "0123456789ABCDEF"
	for i := range len(v) {
		c := v[i]
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("-._~:/?@!$'()*;", c) >= 0 || c == ',' {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
}

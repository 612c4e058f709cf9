package exchange

import (
	"net/http"
	"strconv"
	"strings"
)

// accept chooses the representation of the answer: the most specific range of each type gives its weight, 0 refuses it, and of equal
// weights the first of the standard's list wins (RFC 9110 12.5.1).
// ETSI GS CIM 009 V1.9.1 6.3.4
func accept(header string, geo bool) (Media, bool) {
	switch header {
	case "", "*/*", "application/json":
		return JSON, true
	case "application/ld+json":
		return LD, true
	}
	weight := [3]float64{}
	rank := [3]int{}
	for part := range strings.SplitSeq(header, ",") {
		media, params, _ := strings.Cut(part, ";")
		media = strings.ToLower(strings.TrimSpace(media))
		q := quality(params)
		for m := JSON; m <= GeoJSON; m++ {
			if m == GeoJSON && !geo {
				continue
			}
			spec := 0
			switch media {
			case m.String():
				spec = 3
			case "application/*":
				spec = 2
			case "*/*":
				spec = 1
			}
			if spec > rank[m] || spec > 0 && spec == rank[m] && q > weight[m] {
				rank[m], weight[m] = spec, q
			}
		}
	}
	best, found := JSON, false
	for m := JSON; m <= GeoJSON; m++ {
		if weight[m] > 0 && (!found || weight[m] > weight[best]) {
			best, found = m, true
		}
	}
	return best, found
}

// quality reads the q of a media range; 1 where there is none that can be read.
func quality(params string) float64 {
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if strings.EqualFold(name, "q") {
			if q, err := strconv.ParseFloat(value, 64); err == nil && q >= 0 && q <= 1 {
				return q
			}
		}
	}
	return 1
}

// mediaOf reads a Content-Type without its parameters.
func mediaOf(contentType string) string {
	if contentType == "application/json" || contentType == "application/ld+json" {
		return contentType
	}
	media, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(media))
}

// contextRel is the relation of a Link to a @context (JSON-LD 1.1 6.1).
const contextRel = "http://www.w3.org/ns/json-ld#context"

// contextLink finds the URL of the @context in the Link headers (RFC 8288 3). Several different ones are a mistake; the first
// counts for ok, and clash tells.
func contextLink(h http.Header) (url string, ok, clash bool) {
	for _, header := range h["Link"] {
		for header != "" {
			from := strings.IndexByte(header, '<')
			if from < 0 {
				break
			}
			to := strings.IndexByte(header[from:], '>')
			if to < 0 {
				break
			}
			target := header[from+1 : from+to]
			var params string
			params, header = linkParams(header[from+to+1:])
			if !hasRel(params) {
				continue
			}
			if ok && target != url {
				return url, true, true
			}
			url, ok = target, true
		}
	}
	return url, ok, false
}

// linkParams cuts the parameters of a link-value off; commas within quotes do not end them.
func linkParams(s string) (params, rest string) {
	quoted := false
	for i := range len(s) {
		switch s[i] {
		case '"':
			quoted = !quoted
		case ',':
			if !quoted {
				return s[:i], s[i+1:]
			}
		}
	}
	return s, ""
}

// hasRel tells whether the parameters of a link-value say that it leads to a @context.
func hasRel(params string) bool {
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if !strings.EqualFold(strings.TrimSpace(name), "rel") {
			continue
		}
		for rel := range strings.FieldsSeq(strings.Trim(strings.TrimSpace(value), `"`)) {
			if rel == contextRel {
				return true
			}
		}
	}
	return false
}

// prefer finds a preference in the Prefer headers (RFC 7240): its value, without quotes.
func prefer(h http.Header, name string) string {
	for _, header := range h["Prefer"] {
		for part := range strings.SplitSeq(header, ",") {
			n, v, _ := strings.Cut(part, "=")
			if strings.EqualFold(strings.TrimSpace(n), name) {
				v, _, _ = strings.Cut(v, ";")
				return strings.Trim(strings.TrimSpace(v), `"`)
			}
		}
	}
	return ""
}

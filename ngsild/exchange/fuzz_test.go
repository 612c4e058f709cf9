package exchange

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func FuzzQueryString(f *testing.F) {
	for _, s := range []string{"type=A&q=a%3D%3D1", "scopeQ=/a/+/b&lang=a+b", "a=1&a=2&&=", "%zz=1", "a=%", "options=sysAttrs,keyValues"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		list, err := readQuery(raw, nil)
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, p := range list {
			if seen[p.name] {
				t.Fatalf("%q: %q is there twice", raw, p.name)
			}
			seen[p.name] = true
			var b strings.Builder // what a Link repeats reads back the same
			escapeQuery(&b, p.value)
			if v, ok := unescape(b.String(), keepsPlus(p.name)); !ok || v != p.value {
				t.Fatalf("%q is written %q and reads %q", p.value, b.String(), v)
			}
		}
		if strings.ContainsAny(raw, ";") { // net/url refuses it
			return
		}
		want, err := url.ParseQuery(raw)
		if err != nil {
			t.Fatalf("%q is read, and net/url says %v", raw, err)
		}
		for name, values := range want {
			if len(values) == 1 && !keepsPlus(name) {
				if at := index(list, name); at < 0 || list[at].value != values[0] {
					t.Fatalf("%q: %q is %v, net/url has %q", raw, name, list, values[0])
				}
			}
		}
	})
}

func FuzzLink(f *testing.F) {
	for _, s := range []string{
		`<http://a/c>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`, `<a>;rel=next, <b>; rel="x http://www.w3.org/ns/json-ld#context"`,
		`<a,b>; title="x,<y>"; REL=http://www.w3.org/ns/json-ld#context`, `<`, `<a`, `<a>;`, `<a>;rel`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, ok, _ := contextLink(http.Header{"Link": {s}})
		if ok && !strings.Contains(s, "<"+at+">") {
			t.Fatalf("%q leads to %q", s, at)
		}
		if ok != (ok && strings.Contains(s, contextRel)) {
			t.Fatalf("%q leads to a context", s)
		}
	})
}

func FuzzAccept(f *testing.F) {
	for _, s := range []string{"", "*/*", "application/json;q=0, */*", "application/ld+json;q=0.5,application/geo+json", "a;b=c;q", ";,;", "application/*;q=1.5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, ok := accept(s, false)
		if ok && m == GeoJSON {
			t.Fatalf("%q chooses what is not offered", s)
		}
		if n, fine := accept(s, true); ok && !fine {
			t.Fatalf("%q is refused where more is offered, %v", s, n)
		}
		prefer(http.Header{"Prefer": {s}}, "body")
	})
}

func FuzzPath(f *testing.F) {
	n := &node{}
	for _, p := range []string{"/entities", "/entities/{id}", "/entities/{id}/attrs", "/entities/{id}/attrs/{attr}", "/entities/{id}/attrs/{attr}/{instance}"} {
		n.add(&Op{Method: "GET", Path: p})
	}
	for _, s := range []string{"/entities/a%2Fb/", "/entities//attrs/x", "", "/", "//", "/entities/a/attrs/b/c/d", "/entities/%zz"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		r, ok := n.find(path)
		if ok && (r.at == nil || len(r.at.ops) == 0) {
			t.Fatalf("%q leads nowhere", path)
		}
		if id := r.values[0]; ok && id != "" && len(r.at.names) == 1 { // an escaped id comes back
			if again, ok := n.find("/entities/" + url.PathEscape(id)); !ok || again.values[0] != id {
				t.Fatalf("%q: %q", path, id)
			}
		}
	})
}

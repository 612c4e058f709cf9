package ident

import "testing"

// FuzzRead holds what is read as an instanceId to what is written as one.
func FuzzRead(f *testing.F) {
	for _, s := range []string{"urn:ngsi-ld:instance:12-3", "urn:ngsi-ld:instance:12-r0", "urn:ngsi-ld:instance:7-g1596283380000000", "urn:ngsi-ld:instance:7-g-5",
		"urn:ngsi-ld:instance:12-t1002", "urn:ngsi-ld:instance:12-s0", "urn:ngsi-ld:instance:7-b9", "urn:ngsi-ld:instance:-1-0", "urn:ngsi-ld:instance:1-", "urn:ngsi-ld:instance:1-x1", "urn:x:y", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if r, ok := Read(s); ok && r.String() != s {
			t.Errorf("%q is read, and written as %q", s, r)
		}
	})
}

func TestRead(t *testing.T) {
	for _, r := range []ID{{A: 12, B: 3}, {Table, 12, 0}, {Gauge, 7, -5}, {Tombstone, 12, 1002}, {Scope, 1, 0}, {Series, 9, 1}} {
		if got, ok := Read(r.String()); !ok || got != r {
			t.Errorf("%s is read as %v, %v", r, got, ok)
		}
	}
	for _, s := range []string{"urn:ngsi-ld:instance:012-3", "urn:ngsi-ld:instance:12", "urn:ngsi-ld:instance:1-x1", "urn:ngsi-ld:instance:1-+2", "urn:x:12-3"} {
		if r, ok := Read(s); ok {
			t.Errorf("%q is read as %v", s, r)
		}
	}
}

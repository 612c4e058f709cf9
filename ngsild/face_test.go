package ngsild_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/ngsild"
	"github.com/haihe-city/haihe/ngsild/contexts"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/storetest"
)

// city is a running API over a database of its own.
type city struct {
	url      string
	face     *ngsild.Face
	entities *entity.Store
}

// open starts one.
func open(t testing.TB) *city {
	t.Helper()
	return openOn(t, storetest.Open(t))
}

func openOn(t testing.TB, db *store.DB) *city {
	t.Helper()
	e, err := entity.Open(t.Context(), db, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	m, err := contexts.Open(t.Context(), db, contexts.Options{Now: time.Now, Prefix: ngsild.Prefix})
	if err != nil {
		t.Fatal(err)
	}
	f, err := ngsild.New(ngsild.Options{Entities: e, Contexts: m, Owner: "city", Now: time.Now, MaxBody: 8 << 20})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(f.Handler)
	t.Cleanup(s.Close)
	return &city{s.URL + ngsild.Prefix, f, e}
}

// step is one request and what its answer must be.
type step struct {
	name    string // what the clause asks for; "" goes on with the story
	method  string
	path    string
	headers string // "Name: value" lines
	body    string
	status  int
	want    []string // "/pointer = JSON", "!/pointer", "Header: part", or a part of the body; "!part" must not be there
}

const (
	asJSON  = "Content-Type: application/json"
	asLD    = "Content-Type: application/ld+json"
	asPatch = "Content-Type: application/merge-patch+json"
	problem = `/type = "https://uri.etsi.org/ngsi-ld/errors/`
	badData = problem + `BadRequestData"`
	badReq  = problem + `InvalidRequest"`
	none    = problem + `ResourceNotFound"`
	exists  = problem + `AlreadyExists"`
)

// run goes through the steps in order, on one city.
func (c *city) run(t *testing.T, steps []step) {
	t.Helper()
	for i, s := range steps {
		name := s.name
		if name == "" {
			name = "then"
		}
		t.Run(strconv.Itoa(i+1)+" "+name, func(t *testing.T) {
			t.Helper()
			status, header, body := c.do(t, s)
			if status != s.status {
				t.Fatalf("%s %s: status %d, want %d\n%s", s.method, s.path, status, s.status, clip(body))
			}
			for _, w := range s.want {
				if fault := holds(w, header, body); fault != "" {
					t.Errorf("%s %s: %s\n%s", s.method, s.path, fault, clip(body))
				}
			}
		})
	}
}

func clip(b []byte) string {
	if len(b) > 1500 {
		return string(b[:1500]) + "…"
	}
	return string(b)
}

func (c *city) do(t testing.TB, s step) (int, http.Header, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), s.method, c.url+s.path, strings.NewReader(s.body))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(s.headers, "\n") {
		if k, v, ok := strings.Cut(line, ": "); ok {
			r.Header.Add(k, v)
		}
	}
	if s.headers == "" && s.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, body
}

// holds tells what is wrong with an answer; "" where w holds.
func holds(w string, header http.Header, body []byte) string {
	not := strings.HasPrefix(w, "!")
	w = strings.TrimPrefix(w, "!")
	if strings.HasPrefix(w, "/") {
		pointer, value, is := strings.Cut(w, " = ")
		got, there := at(body, pointer)
		switch {
		case not && there:
			return pointer + " is there"
		case not:
			return ""
		case !there:
			return pointer + " is not there"
		case is && !same(got, []byte(value)):
			return pointer + " is " + string(got) + ", want " + value
		}
		return ""
	}
	found := bytes.Contains(body, []byte(w))
	if name, part, ok := strings.Cut(w, ": "); ok && header.Get(name) != "" {
		found = strings.Contains(strings.Join(header.Values(name), ", "), part)
	}
	if found == not {
		return w + ": found " + strconv.FormatBool(found)
	}
	return ""
}

// at gives what a JSON pointer leads to; "~" at its end counts the elements.
func at(body []byte, pointer string) (json.RawMessage, bool) {
	v := json.RawMessage(body)
	if pointer == "/" {
		return v, true
	}
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		var list []json.RawMessage
		if json.Unmarshal(v, &list) == nil {
			if part == "~" {
				return json.RawMessage(strconv.Itoa(len(list))), true
			}
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(list) {
				return nil, false
			}
			v = list[i]
			continue
		}
		var m map[string]json.RawMessage
		if json.Unmarshal(v, &m) != nil {
			return nil, false
		}
		if part = strings.ReplaceAll(part, "~1", "/"); m[part] == nil {
			return nil, false
		}
		v = m[part]
	}
	return v, true
}

// same tells whether two JSON texts say the same.
func same(a, b []byte) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	p, errP := json.Marshal(x)
	q, errQ := json.Marshal(y)
	return errP == nil && errQ == nil && bytes.Equal(p, q)
}

const (
	post, get, patch, put, del = "POST", "GET", "PATCH", "PUT", "DELETE"
	v1                         = "/entities/urn:ngsi-ld:Vehicle:1"
	vehicle                    = `{"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle","speed":{"type":"Property","value":55,"unitCode":"KMH","observedAt":"2026-01-01T08:00:00Z"},` +
		`"brandName":{"type":"Property","value":"海河"},"isParked":{"type":"Relationship","object":"urn:ngsi-ld:OffStreetParking:1"}}`
)

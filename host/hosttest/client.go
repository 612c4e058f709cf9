package hosttest

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/identity"
)

// What package web calls its cookie and its form token.
const (
	sessionCookie = "haihe"
	csrfField     = "csrf"
	csrfHeader    = "X-CSRF-Token"
)

// Client asks an App on behalf of somebody.
type Client struct {
	app           *App
	cookie, token string
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// JSON decodes the body, or ends the test.
func (a Answer) JSON(t testing.TB, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.Body), into); err != nil {
		t.Fatalf("status %d, no JSON: %v\n%.500s", a.Status, err, a.Body)
	}
}

// main is the part of a page that differs, or the whole of another answer.
func (a Answer) main() string {
	if _, after, ok := strings.Cut(a.Body, "<main"); ok {
		return after
	}
	return a.Body
}

// Nobody is a client that is not signed in.
func (a *App) Nobody() *Client { return &Client{app: a} }

// As signs one of the demo's accounts in: system, security, audit, officer, leader, power-officer, power-leader,
// power-operator, reader.
func (a *App) As(login string) *Client {
	a.t.Helper()
	if _, err := a.People.Session(a.t.Context(), a.cookies[login]); err != nil { // none yet, or ended when the clock was moved
		cookie, _, err := a.People.Login(a.t.Context(), login, a.accounts[login].Password, "127.0.0.1")
		if err != nil {
			a.t.Fatalf("sign %s in: %v", login, err)
		}
		a.cookies[login] = cookie
	}
	return &Client{app: a, cookie: a.cookies[login]}
}

// Token is a client with an access token of a unit and its roles.
func (a *App) Token(unit string, roles ...string) *Client {
	a.t.Helper()
	secret, err := a.People.IssueToken(a.t.Context(), identity.System("identity"), "test", unit, roles, time.Time{})
	if err != nil {
		a.t.Fatal(err)
	}
	return &Client{app: a, token: secret}
}

// formToken is the session's token as pages carry it: behind a pad, which may be all zero.
func (c *Client) formToken() string {
	token := c.app.People.CSRF(c.cookie)
	return strings.Repeat("00", len(token)) + hex.EncodeToString([]byte(token))
}

// Get asks for a path as it stands: "/zh/grid", "/api/grid/meters".
func (c *Client) Get(path string) Answer { return c.Do(http.MethodGet, path, "", "") }

// Post submits a form of a page, with the session's form token.
func (c *Client) Post(path string, form url.Values) Answer {
	v := url.Values{}
	for k, vs := range form {
		v[k] = vs
	}
	if c.cookie != "" {
		v.Set(csrfField, c.formToken())
	}
	return c.Do(http.MethodPost, path, "application/x-www-form-urlencoded", v.Encode())
}

// Send sends a value as JSON.
func (c *Client) Send(method, path string, v any) Answer {
	c.app.t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		c.app.t.Fatal(err)
	}
	return c.Do(method, path, "application/json", string(b))
}

// Do sends a request. Redirections are not followed.
func (c *Client) Do(method, path, contentType, body string) Answer {
	t := c.app.t
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, c.app.URL+path, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if c.cookie != "" {
		name := sessionCookie
		if req.URL.Scheme == "https" {
			name = "__Host-" + name
		}
		req.AddCookie(&http.Cookie{Name: name, Value: c.cookie})
		if method != http.MethodGet {
			req.Header.Set(csrfHeader, c.formToken())
		}
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.app.web.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return Answer{resp.StatusCode, resp.Header, string(b)}
}

// Row is one test of an address.
type Row struct {
	Name, Method, Path string
	As                 string // login of the demo; "" is nobody, "token" a token of power's officer
	Form               url.Values
	Body               any // sent as JSON where Form is nil
	Status             int
	Has, Lacks         []string // parts of the answer's body
}

// Rows runs a table of tests, in order.
func (a *App) Rows(t *testing.T, rows []Row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.Name, func(t *testing.T) {
			t.Helper()
			c := a.Nobody()
			switch r.As {
			case "":
			case "token":
				c = a.Token("power", identity.RoleOfficer)
			default:
				c = a.As(r.As)
			}
			var got Answer
			switch {
			case r.Form != nil:
				got = c.Post(r.Path, r.Form)
			case r.Body != nil:
				got = c.Send(r.Method, r.Path, r.Body)
			default:
				got = c.Do(r.Method, r.Path, "", "")
			}
			if got.Status != r.Status {
				t.Errorf("%s %s: status %d, want %d\n%.800s", r.Method, r.Path, got.Status, r.Status, got.main())
			}
			for _, h := range r.Has {
				if !strings.Contains(got.Body, h) {
					t.Errorf("%s %s: the answer lacks %q\n%.2000s", r.Method, r.Path, h, got.main())
				}
			}
			for _, l := range r.Lacks {
				if strings.Contains(got.Body, l) {
					t.Errorf("%s %s: the answer has %q", r.Method, r.Path, l)
				}
			}
		})
	}
}

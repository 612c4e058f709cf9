package e2e

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// visitor is a person with a browser that keeps cookies and runs no script.
type visitor struct {
	t    testing.TB
	base string
	http *http.Client
}

func (s *server) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &visitor{t: s.t, base: s.url, http: &http.Client{Jar: jar, Timeout: time.Minute}}
}

// page is what a visitor sees.
type page struct {
	status int
	path   string // after redirects
	body   string
}

func (v *visitor) get(path string) page {
	v.t.Helper()
	resp, err := v.http.Get(v.base + path)
	return v.page(resp, err)
}

func (v *visitor) page(resp *http.Response, err error) page {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return page{resp.StatusCode, resp.Request.URL.Path, string(body)}
}

var (
	formTag  = regexp.MustCompile(`(?s)<form\b([^>]*)>(.*?)</form>`)
	inputTag = regexp.MustCompile(`(?s)<input\b([^>]*)>`)
	attr     = regexp.MustCompile(`([a-zA-Z-]+)="([^"]*)"`)
)

func attrs(tag string) map[string]string {
	m := map[string]string{}
	for _, a := range attr.FindAllStringSubmatch(tag, -1) {
		m[strings.ToLower(a[1])] = strings.NewReplacer("&amp;", "&", "&#34;", `"`, "&#39;", "'", "&lt;", "<", "&gt;", ">").Replace(a[2])
	}
	return m
}

// submit fills the form of p that has a field named by one of the keys of values, and sends it with all its hidden fields.
func (v *visitor) submit(p page, values map[string]string) page {
	v.t.Helper()
	for _, form := range formTag.FindAllStringSubmatch(p.body, -1) {
		fields, fits := url.Values{}, false
		for _, in := range inputTag.FindAllStringSubmatch(form[2], -1) {
			a := attrs(in[1])
			if a["name"] == "" || a["type"] == "submit" {
				continue
			}
			if a["type"] == "checkbox" { // sent when ticked; a story ticks by giving its value
				if value, ok := values[a["name"]]; ok && value == a["value"] || strings.Contains(in[1], " checked") {
					fields.Add(a["name"], a["value"])
				}
				continue
			}
			fields.Set(a["name"], a["value"])
			if value, ok := values[a["name"]]; ok {
				fields.Set(a["name"], value)
				fits = true
			}
		}
		if !fits {
			continue
		}
		for name, value := range values { // lists of choices are no inputs
			if fields.Get(name) == "" {
				fields.Set(name, value)
			}
		}
		action, err := url.Parse(v.base + p.path)
		if err == nil {
			action, err = action.Parse(attrs(form[1])["action"])
		}
		if err != nil {
			v.t.Fatal(err)
		}
		resp, err := v.http.PostForm(action.String(), fields)
		return v.page(resp, err)
	}
	v.t.Fatalf("%s has no form with %v\n%.2000s", p.path, values, p.body)
	return page{}
}

// login signs in through the page, as a person does, and gives the page that follows.
func (v *visitor) login(login, password string) page {
	v.t.Helper()
	return v.submit(v.get("/zh/login"), map[string]string{"login": login, "password": password})
}

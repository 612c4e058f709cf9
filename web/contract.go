// Package web (contract sketch) is the console: shell, sign-in, static files, event streams, and the one edge where a failure becomes a page or a problem document.
package web

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/ui"
)

// Request is what a handler is given. Path values and the query are read from HTTP.
type Request struct {
	HTTP *http.Request
	Lang lang.Lang
	Who  *identity.Principal // never nil; Anonymous where nobody is signed in
	Now  time.Time           // the plan's clock
}

// Context is the request's.
func (r *Request) Context() context.Context { return r.HTTP.Context() }

// Query, Path and Form read one parameter.
func (r *Request) Query(name string) string { return r.HTTP.URL.Query().Get(name) }
func (r *Request) Path(name string) string  { return r.HTTP.PathValue(name) }
func (r *Request) Form(name string) string  { return r.HTTP.PostFormValue(name) }

// PageFunc answers a GET with a page.
type PageFunc func(*Request) (*ui.Page, error)

// FormFunc answers a POST. It returns a page to show again (a form with its errors, status 422) or a path below the language prefix to go to.
type FormFunc func(*Request) (again *ui.Page, next string, err error)

// APIFunc answers with a value that is written as JSON, or with a Reply.
type APIFunc func(*Request) (any, error)

// Reply is an API's answer that is not plain 200 JSON. Body may be a []byte, an io.Reader or func(io.Writer) error (streamed); anything else is JSON.
type Reply struct {
	Status int
	Type   string // content type
	Name   string // file name of a download
	Header map[string]string
	Body   any
}

// Stream is a Body that writes as it goes; flush sends what was written so far.
type Stream func(w io.Writer, flush func()) error

// Public, as a route's grant, lets anybody in.
const Public = "public"

// Route binds a pattern of net/http.ServeMux ("GET /grid/meters/{id}") to one of the four functions. Page and Form patterns stand below
// /zh and /en; API patterns begin with /api/. Grant is a grant's name, Public, or "" for anyone signed in.
type Route struct {
	Pattern string
	Grant   string
	Page    PageFunc
	Form    FormFunc
	API     APIFunc
	MaxBody int64 // bytes; 0 takes 1 MiB
}

// Topic is a live event stream that pages may name in Page.Live.
type Topic struct {
	Name  string
	Grant string
}

// Hit is one answer of the search.
type Hit struct {
	Kind lang.Text
	Text lang.Text
	Sub  lang.Text
	Href string
}

// Hub takes live updates from systems; it renders once a language, coalesces by block ID to two a second, and drops nothing silently (a slow page is told to reload).
type Hub struct{ contractOnly struct{} }

// Publish sends updates to the pages open on a topic. It never blocks.
func (h *Hub) Publish(topic string, updates ...ui.Update) { panic("contract") }

// Watched tells whether any page is open on a topic, so that nobody need prepare updates for none.
func (h *Hub) Watched(topic string) bool { panic("contract") }

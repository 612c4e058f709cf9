package web

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/live"
	"github.com/haihe-city/haihe/web/ui"
)

// Request is what a handler is given. Path values and the query are read from HTTP.
type Request struct {
	HTTP *http.Request
	Lang lang.Lang
	Who  *identity.Principal // never nil; Anonymous where nobody is signed in
	Now  time.Time           // the plan's clock

	server    *Server
	newCookie *string // the session's cookie to set, "" to take it away; the sign-in uses it

	cookie string // the session's secret, "" where the request bears none
	id     string
	since  string // where the page's topic stood before the page was made
}

// Context is the request's.
func (r *Request) Context() context.Context { return r.HTTP.Context() }

// Addr is the caller's address.
func (r *Request) Addr() string { return r.server.addr(r.HTTP) }

// Query, Path and Form read one parameter.
func (r *Request) Query(name string) string { return r.HTTP.URL.Query().Get(name) }

// Path reads a wildcard of the route's pattern.
func (r *Request) Path(name string) string { return r.HTTP.PathValue(name) }

// Form reads a field of a posted form.
func (r *Request) Form(name string) string { return r.HTTP.PostFormValue(name) }

// PageFunc answers a GET with a page.
type PageFunc func(*Request) (*ui.Page, error)

// FormFunc answers a POST. It returns a page to show (status 422 where a form on it has errors, 200 otherwise) or a path below the
// language prefix to go to.
type FormFunc func(*Request) (again *ui.Page, next string, err error)

// APIFunc answers with a value that is written as JSON, or with a Reply.
type APIFunc func(*Request) (any, error)

// Reply is an API's answer that is not plain 200 JSON. Body may be a []byte, an io.Reader, a Stream or func(io.Writer) error
// (streamed); anything else is JSON, and nil is no body.
type Reply struct {
	Status int
	Type   string // content type
	Name   string // file name of a download
	Header map[string]string
	Body   any
}

// Stream is a Body that writes as it goes; flush sends what was written so far.
type Stream func(w io.Writer, flush func()) error

// Public, as a route's grant, lets anybody in, and Anyone whoever is signed in: citizens too, whom "" keeps out.
const (
	Public = "public"
	Anyone = "anyone"
)

// Route binds a pattern of net/http.ServeMux ("GET /grid/meters/{id}") to one of the three functions. Page and Form patterns stand
// below /zh and /en; API patterns begin with /api/. Grant is a grant's name, Public, Anyone, or "" for who is
// signed in and works for a unit.
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

// Hub takes live updates from systems; see web/live.
type Hub = live.Hub

// Hit is one answer of the search.
type Hit struct {
	Kind lang.Text
	Text lang.Text
	Sub  lang.Text
	Href string
}

// SearchFunc finds what a system knows of q, best first, at most limit, and nothing that who may not see.
type SearchFunc func(ctx context.Context, who *identity.Principal, q string, limit int) ([]Hit, error)

// NavGroup is a heading of the navigation with its items.
type NavGroup struct {
	Text  lang.Text
	Items []NavItem
}

// NavItem is a place to go. It is shown to who has Grant ("" shows it to everybody signed in, Public to anybody); Count, where it
// is there, gives the number beside it (nothing at 0).
type NavItem struct {
	ui.NavItem
	Grant string
	Count func(context.Context) int
}

package exchange

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/wire/ngsild/form"
	"github.com/haihe-city/haihe/wire/ngsild/jsonld"
)

// Kit is what every operation needs.
type Kit struct {
	Contexts Contexts
	Who      func(r *http.Request) (*identity.Principal, error)
	Allow    func(who *identity.Principal, tenant string, op *Op) error // errs.Denied, errs.Unauthenticated
	Known    func(r *http.Request, tenant string) (bool, error)         // whether a tenant was ever written to
	Now      func() time.Time
	MaxBody  int64
	Observe  func(op string, status int, took time.Duration) // may be nil
}

// Contexts finds compiled contexts; package contexts has one.
type Contexts interface {
	ByURL(r *http.Request, url string) (*jsonld.Context, error)              // LdContextNotAvailable where it cannot be had
	ByValue(r *http.Request, value json.RawMessage) (*jsonld.Context, error) // of an @context member
	Served(c *jsonld.Context) string                                         // URL for a Link header (made to be served where it has none of its own)
}

// Act is what an operation does to the context.
type Act uint8

// The acts.
const (
	Read Act = iota
	Write
	Subscribe
	Host // contexts
)

// Op is one operation: data for routing, checking, permissions and the OpenAPI document.
type Op struct {
	ID      string // "O05"
	Name    string // retrieveEntity
	Method  string
	Path    string // /entities/{id}; below /ngsi-ld/v1
	Clause  string // 5.7.1, 6.5.3.1
	Act     Act
	Params  []Param
	Body    Body
	Answers []int // status codes
	GeoJSON bool  // application/geo+json may be asked for
	Run     func(x *Exchange) error
}

// Param is a query parameter.
type Param struct{ Name, Schema, Doc string }

// Body says what a request bears.
type Body uint8

// The bodies.
const (
	None Body = iota
	Object
	Array
	MergePatch // application/merge-patch+json is taken too
)

// Mount gives the handler of many operations: routes (on the escaped path, so ids may hold "/"), 405 with Allow, 404, then for each
// request the checks of 6.3 in order: method, tenant, who and grants, Content-Length (411), Content-Type (415), Accept (406),
// parameters (400), @context (504), and then Run.
func Mount(kit *Kit, prefix string, ops []Op) http.Handler { panic("not yet") }

// Exchange is one request under way.
type Exchange struct {
	R      *http.Request
	W      http.ResponseWriter
	Kit    *Kit
	Op     *Op
	Tenant string
	Who    *identity.Principal
	Body   []byte          // whole, bounded; JSON syntax not yet checked
	LD     bool            // the body came as application/ld+json
	Ctx    *jsonld.Context // from the Link header or the body (6.3.5); of an Array body: of the Link header
	Accept Media
}

// Media is what the answer is to be.
type Media uint8

// The media types.
const (
	JSON Media = iota
	LD
	GeoJSON
)

// Path reads a part of the path, unescaped; Param a query parameter; Has tells whether it is there.
func (x *Exchange) Path(name string) string  { panic("not yet") }
func (x *Exchange) Param(name string) string { panic("not yet") }
func (x *Exchange) Has(name string) bool     { panic("not yet") }

// ContextOf gives the context of an element of an array: its own @context under ld+json, else x.Ctx.
func (x *Exchange) ContextOf(element []byte) (*jsonld.Context, error) { panic("not yet") }

// Output is the representation asked for: format/options, sysAttrs, lang, datasetId, pick, omit, @context in the body for LD.
func (x *Exchange) Output() (*form.Output, error) { panic("not yet") }

// Answer sends JSON with the right Content-Type, Link to the context (6.3.5) and NGSILD-Tenant; Created a 201 with Location;
// NoContent a 204.
func (x *Exchange) Answer(status int, body []byte) error { panic("not yet") }
func (x *Exchange) Created(location string) error        { panic("not yet") }
func (x *Exchange) NoContent() error                     { panic("not yet") }

// Page writes the paging headers: Link rel next/prev, NGSILD-Results-Count (total < 0: none). next is the cursor of the next page.
func (x *Exchange) Page(next string, offset int64, limit, got int, total int64) { panic("not yet") }

// Kind is the kind of a problem (5.5.2), with its status (6.3.2).
type Kind string

// The kinds.
const (
	AlreadyExists         Kind = "AlreadyExists"         // 409
	BadRequestData        Kind = "BadRequestData"        // 400
	InvalidRequest        Kind = "InvalidRequest"        // 400
	LdContextNotAvailable Kind = "LdContextNotAvailable" // 504
	NonexistentTenant     Kind = "NonexistentTenant"     // 404
	OperationNotSupported Kind = "OperationNotSupported" // 422
	ResourceNotFound      Kind = "ResourceNotFound"      // 404
	TooComplexQuery       Kind = "TooComplexQuery"       // 403
	TooManyResults        Kind = "TooManyResults"        // 403
	InternalError         Kind = "InternalError"         // 500
)

// Say makes a problem: Chinese, English, arguments of both. Plain errors of the kernel become problems by their errs kind (Invalid:
// BadRequestData, NotFound: ResourceNotFound, Conflict: AlreadyExists, Busy: 503 with Retry-After, TooLarge: 413...).
func (k Kind) Say(zh, en string, args ...any) error { panic("not yet") }

// Problem writes an error as problem details (application/json, RFC 9457); ProblemOf gives them as a value, for 207 bodies.
func Problem(w http.ResponseWriter, r *http.Request, err error) { panic("not yet") }
func ProblemOf(err error) (status int, details json.RawMessage) { panic("not yet") }

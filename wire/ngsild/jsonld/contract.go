package jsonld

import "encoding/json"

// CoreURL is the core context of this version (GS CIM 009 V1.9.1, annex B).
const CoreURL = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"

// IsCore tells whether a URL names the core context, of any version (1.0 to 1.9, with or without number).
func IsCore(url string) bool { panic("not yet") }

// Loader gives the JSON document {"@context": ...} at a URL. It is never asked for a core context.
type Loader func(url string) (json.RawMessage, error)

// Context is a compiled @context: two tables, core terms protected. It is immutable and safe for concurrent use.
type Context struct{}

// Core is the core context alone.
func Core() *Context { panic("not yet") }

// Compile compiles the value of an @context member: a URL, an object, or an array of these. The core context has the last word
// (5.5.7). Errors: *Error{What, Where} for what is wrong in it, the loader's own error unchanged (wrapped) where a URL cannot be had.
func Compile(value json.RawMessage, load Loader) (*Context, error) { panic("not yet") }

// Expand gives the name of a term: what Haihe stores. It is the IRI, except that core terms ("location") and names in the default
// vocabulary (https://uri.etsi.org/ngsi-ld/default-context/X) are held by their short name. Names and IRIs correspond one to one.
func (c *Context) Expand(term string) string { panic("not yet") }

// Compact gives the term of a name in this context; the IRI where it has none.
func (c *Context) Compact(name string) string { panic("not yet") }

// IRI gives the IRI of a name, and Name the name of an IRI.
func IRI(name string) string { panic("not yet") }

// Name is the reverse of IRI.
func Name(iri string) string { panic("not yet") }

// URL is the one URL that stands for this context in a Link header; "" where it is no single URL (then it has to be served, see
// package contexts). CoreURL for Core().
func (c *Context) URL() string { panic("not yet") }

// Value is the @context member that a body in this context bears: the value as it was given, the core's URL appended where it
// is not there.
func (c *Context) Value() json.RawMessage { panic("not yet") }

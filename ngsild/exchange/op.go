package exchange

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/wire/ngsild/jsonld"
)

// Kit is what every operation needs.
type Kit struct {
	Contexts Contexts
	Who      func(r *http.Request) (*identity.Principal, error)         // nil: nobody
	Allow    func(who *identity.Principal, tenant string, op *Op) error // errs.Denied, errs.Unauthenticated; nil: everything is allowed
	Known    func(r *http.Request, tenant string) (bool, error)         // whether a tenant was ever written to; nil: each was
	Now      func() time.Time
	MaxBody  int64                                           // bytes; 0: 16 MiB
	Observe  func(op string, status int, took time.Duration) // may be nil
	Log      *slog.Logger                                    // of failures that are ours; may be nil
}

// Contexts finds compiled contexts; package contexts has one.
type Contexts interface {
	ByURL(r *http.Request, url string) (*jsonld.Context, error)              // LdContextNotAvailable where it cannot be had
	ByValue(r *http.Request, value json.RawMessage) (*jsonld.Context, error) // of an @context member
	Served(c *jsonld.Context) string                                         // URL for a Link header (made to be served where it has none of its own); one that begins with "/" is below this host
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
	Title   lang.Text
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

// anyTenant tells whether an operation may name a tenant that is not there: it makes the tenant come to be (5.5.10), or is about the
// source and not about what it holds (5.15).
func (op *Op) anyTenant() bool {
	switch op.ID {
	case "O01", "O14", "O15", "O25", "O31", "O58":
		return true
	}
	return false
}

// needsID tells whether an operation on an element says itself that the id lacks (5.6.17.4, 5.6.18.4), where others find that the
// list knows no such method (405).
func (op *Op) needsID() bool { return op.ID == "O07" || op.ID == "O08" }

// answers tells whether an operation answers with a representation that Accept chooses (6.3.4): what is read, by GET or by POST.
func (op *Op) answers() bool { return op.Act == Read || op.Method == http.MethodGet }

// Param is a query parameter. Schema is one of string, integer, boolean, uri, dateTime, list (of strings), or the values that it may
// have: "a|b|c" for one of them, "[a|b|c]" for a list of them.
type Param struct {
	Name, Schema string
	Doc          lang.Text
}

// Body says what a request bears.
type Body uint8

// The bodies.
const (
	None Body = iota
	Object
	Array
	MergePatch // application/merge-patch+json is taken too
)

// Media is what the answer is to be.
type Media uint8

// The media types.
const (
	JSON Media = iota
	LD
	GeoJSON
)

// String is the media type.
func (m Media) String() string { return mediaTypes[m][0] }

var mediaTypes = [...][]string{{"application/json"}, {"application/ld+json"}, {"application/geo+json"}}

// Check finds what is wrong with a list of operations: a path or an id twice, no Run, a parameter without text. It is a
// programmer's fault; whoever mounts operations asks it first.
func Check(ops []Op) error {
	seen := map[string]string{}
	for i := range ops {
		op := &ops[i]
		key := op.Method + " " + shape(op.Path)
		if seen[key] != "" || seen[op.ID+op.Name] != "" {
			return fmt.Errorf("operation %s %s is there twice", op.ID, op.Name)
		}
		seen[key], seen[op.ID+op.Name] = op.ID, op.ID
		if op.Run == nil || op.ID == "" || op.Name == "" || !strings.HasPrefix(op.Path, "/") || len(op.Answers) == 0 || op.Clause == "" {
			return fmt.Errorf("operation %s %s %s is not complete", op.ID, op.Method, op.Path)
		}
		if strings.Count(op.Path, "{") > maxPath {
			return fmt.Errorf("operation %s: the path %s has too many parameters", op.ID, op.Path)
		}
		for _, p := range op.Params {
			if p.Name == "" || p.Doc.Zh == "" || p.Doc.En == "" {
				return fmt.Errorf("operation %s: the parameter %q has no text", op.ID, p.Name)
			}
		}
	}
	return nil
}

// shape is a path without the names of its parameters.
func shape(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if strings.HasPrefix(p, "{") {
			parts[i] = "{}"
		}
	}
	return strings.Join(parts, "/")
}

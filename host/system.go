package host

import (
	"context"
	"io/fs"
	"log/slog"
	"time"

	"github.com/haihe-city/haihe/host/intake"
	"github.com/haihe-city/haihe/kernel/calendar"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/web"
)

// System is one system of the plan: data first, and one function.
type System struct {
	Name       string    // short lower-case word: folder, URL, table and permission prefix
	Title      lang.Text // for the menu
	Icon       string    // of web/ui's sprite
	Common     bool      // none of the plan's own systems, but what they share
	Sections   []string  // the plan's sections that it answers
	Owners     []string  // responsible units
	Models     fs.FS     // schema/*.json, nil where it owns no entity types
	Tables     fs.FS     // table/*.sql, nil where it has none
	Grants     []identity.Grant
	Acts       []journal.Word // verbs of its own that it records in the journal; "import" is the host's
	Needs      []string       // kernel services it writes to: "entity", "series", "journal", "indicator"
	Config     any            // pointer to its struct with defaults; tags `toml:"name" doc:"中文 / English"`, min, max, choice; keys of addresses end in listen
	Indicators []string       // ids of the targets it measures
	Imports    []intake.Kind
	Kinds      []casework.Kind // types of case that it declares
	Open       func(ctx context.Context, h *Host) (*Opened, error)
}

// Host is what a system is handed, narrowed to it already.
type Host struct {
	Log        *slog.Logger
	Clock      Clock
	DB         *store.DB
	Entities   *entity.Store
	Series     *series.Engine
	Journal    *journal.Journal
	People     *identity.Service
	Indicators *indicator.Board
	Calendar   *calendar.Book
	Trust      *trust.Vault
	Duty       *Duty // rules, alarms, cases, notices
	Live       *web.Hub
	Metrics    *Metrics
	Who        web.WhoFunc      // who makes a request to a mount
	Wall       func() time.Time // the machine's clock, for deadlines of connections
}

// Opened is what a system's Open returns.
type Opened struct {
	Routes   []web.Route
	Mounts   []web.Mount // a standard's own binding to HTTP, outside the pages and /api
	Shown    []web.Mount // the same at the door of certificates, for programs that show one (server.certificate_login_listen)
	Topics   []web.Topic
	Jobs     []Job
	Feeds    []Feed
	Measures []Measure
	Search   func(ctx context.Context, who *identity.Principal, q string, limit int) ([]web.Hit, error)
	Import   map[string]intake.Func // by the Name of the declared Imports
	Watched  *Watched               // what rules watch here; nil where they watch nothing
	// Certified, where the system issues certificates, looks at one that a browser shows at sign-in: whose it is, as kind and internal number,
	// and its serial number; errs.Unauthenticated where it signs nobody in.
	Certified func(ctx context.Context, leaf []byte) (holder, serial string, err error)
	Stands    func(ctx context.Context, serial string) error // the same of one that was looked at a moment ago, when its holder signs in with it
	Own       *web.Own                                       // what a citizen sees of their own on /my; nil where there is none
	Health    func(ctx context.Context) error
	Close     func(ctx context.Context) error
}

// Measure ties a target to its computation and to the page of its rows.
type Measure struct {
	Target   string
	Measure  indicator.Measure
	Evidence string // path below the language prefix
}

// Job runs every so often, never twice at once, with a panic guard, metrics and back-off after a failure.
type Job struct {
	Name  string
	Every time.Duration // 0: Run is called once and lasts until ctx ends
	Run   func(ctx context.Context) error
}

// Feed takes data in until ctx ends. Started by the host with a panic guard; restarted with back-off when it returns an error.
type Feed struct {
	Name string                          `json:"name"`
	Addr string                          `json:"addr,omitempty"` // where it listens, host:port, known once it is open: for the log, and for whoever drives the demo; "" where it does not listen
	Run  func(ctx context.Context) error `json:"-"`
}

// Package host (contract sketch) is the contract between a system and the program.
package host

import (
	"context"
	"io"
	"io/fs"
	"log/slog"
	"time"

	"github.com/haihe-city/haihe/kernel/entity"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/indicator"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/web"
)

// System is one system of the plan: data first, and one function.
type System struct {
	Name       string    // short lower-case word: folder, URL, table and permission prefix
	Title      lang.Text // for the menu
	Icon       string    // of web/ui's sprite
	Sections   []string  // the plan's sections that it answers
	Owners     []string  // responsible units
	Models     fs.FS     // schema/*.json, nil where it owns no entity types
	Tables     fs.FS     // table/*.sql, nil where it has none
	Grants     []identity.Grant
	Needs      []string // kernel services it writes to: "entity", "series", "journal", "indicator"
	Config     any      // pointer to its struct with defaults; tags `toml:"name" doc:"what it means"`
	Indicators []string // ids of the targets it measures
	Imports    []Import
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
	Live       *web.Hub
	Metrics    *Metrics
}

// Clock is the plan's clock: real time, or real time moved to another date (the demo runs in November 2015).
type Clock interface{ Now() time.Time }

// Opened is what a system's Open returns.
type Opened struct {
	Routes   []web.Route
	Topics   []web.Topic
	Jobs     []Job
	Feeds    []Feed
	Measures []Measure
	Search   func(ctx context.Context, who *identity.Principal, q string, limit int) ([]web.Hit, error)
	Import   map[string]ImportFunc // by the Name of the declared Imports
	Health   func(ctx context.Context) error
	Close    func(ctx context.Context) error
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
	Name string
	Run  func(ctx context.Context) error
}

// Import declares a kind of file that the system takes.
type Import struct {
	Name       string // "nem12"
	Title      lang.Text
	Extensions []string // ".csv", ".zip"
	Grant      string
}

// ImportLine is one line of an import's report.
type ImportLine struct {
	Line  int       `json:"line"`
	Level string    `json:"level"` // error, warning, info
	Text  lang.Text `json:"text"`
}

// ImportResult sums an import up. Nothing is changed when it was a dry run or when Refused is set.
type ImportResult struct {
	Read, Taken, Refused int64            // records
	Counts               map[string]int64 // by what: meters, days, readings
	Stopped              *lang.Text       // why nothing was taken (malformed file, shrink guard)
}

// ImportRun is one import.
type ImportRun struct {
	File     string
	Size     int64
	Body     io.Reader
	DryRun   bool
	By       *identity.Principal
	Progress func(bytes int64)
	Report   func(ImportLine)
}

// ImportFunc takes a file in.
type ImportFunc func(ctx context.Context, run ImportRun) (ImportResult, error)

// Metrics registers a system's own metrics, prefixed with haihe_<system>_.
type Metrics struct{ contractOnly struct{} }

// Counter, Gauge and Histogram make metrics; labels are the label names.
func (m *Metrics) Counter(name, help string, labels ...string) func(delta float64, values ...string) {
	panic("contract")
}
func (m *Metrics) Gauge(name, help string, labels ...string) func(value float64, values ...string) {
	panic("contract")
}
func (m *Metrics) Histogram(name, help string, labels ...string) func(value float64, values ...string) {
	panic("contract")
}

package host

import (
	"context"
	"io"

	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
)

// Import declares a kind of file that a system takes.
type Import struct {
	Name       string // "nem12"
	Title      lang.Text
	Extensions []string // ".csv", ".zip"
	Begins     []string // how such a file begins, where that tells it from others of the same extension: "100,NEM12"
	Grant      string
}

// ImportLine is one line of an import's report.
type ImportLine struct {
	Line  int       `json:"line"`
	Level string    `json:"level"` // error, warning, info
	Text  lang.Text `json:"text"`
}

// ImportResult sums an import up. Nothing is changed when it was a dry run or when Stopped is set.
type ImportResult struct {
	Read    int64            `json:"read"`              // records
	Taken   int64            `json:"taken"`             // records
	Refused int64            `json:"refused"`           // records
	Counts  map[string]int64 `json:"counts,omitempty"`  // by what: meters, days, readings
	Stopped *lang.Text       `json:"stopped,omitempty"` // why nothing was taken (malformed file, shrink guard)
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

package intake

import (
	"context"
	"io"

	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
)

// Kind declares a kind of file that a system takes.
type Kind struct {
	Name       string // "nem12"
	Title      lang.Text
	Extensions []string // ".csv", ".zip"
	Begins     []string // how such a file begins, where that tells it from others of the same extension: "100,NEM12"
	Grant      string
}

// Line is one line of a report.
type Line struct {
	Line  int       `json:"line"`
	Level string    `json:"level"` // error, warning, info
	Text  lang.Text `json:"text"`
}

// Result sums an import up. Nothing is changed when it was a dry run or when Stopped is set.
type Result struct {
	Read    int64            `json:"read"`              // records
	Taken   int64            `json:"taken"`             // records
	Refused int64            `json:"refused"`           // records
	Counts  map[string]int64 `json:"counts,omitempty"`  // by what: meters, days, readings
	Stopped *lang.Text       `json:"stopped,omitempty"` // why nothing was taken (malformed file, shrink guard)
}

// Run is one import.
type Run struct {
	File     string
	Size     int64
	Body     io.Reader
	DryRun   bool
	By       *identity.Principal
	Progress func(bytes int64)
	Report   func(Line)
}

// Func takes a file in.
type Func func(ctx context.Context, run Run) (Result, error)

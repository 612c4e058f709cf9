// Package sheet writes tables for spreadsheets and programs (表格导出): Parquet with typed columns, or CSV as RFC 4180 has it,
// with cells that no spreadsheet runs as a formula.
package sheet

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
)

// Type is the content type of a CSV.
const Type = "text/csv; charset=utf-8"

// bom makes spreadsheets read UTF-8 as what it is; programs stumble over it, so it is written where it is asked for.
const bom = "\ufeff"

// Writer writes the rows of one CSV. The first error stays; Flush tells it.
type Writer struct {
	csv *csv.Writer
	err error
}

// New begins a CSV, for a spreadsheet with a byte order mark.
func New(w io.Writer, spreadsheet bool) *Writer {
	out := &Writer{csv: csv.NewWriter(w)}
	out.csv.UseCRLF = true // RFC 4180 2.1
	if spreadsheet {
		_, out.err = io.WriteString(w, bom)
	}
	return out
}

// Write adds a row. cells may be changed.
func (w *Writer) Write(cells ...string) error {
	for i := range cells {
		cells[i] = Harmless(cells[i])
	}
	if w.err == nil {
		w.err = w.csv.Write(cells)
	}
	return w.err
}

// Flush hands everything on and tells the first error.
func (w *Writer) Flush() error {
	if w.csv.Flush(); w.err == nil {
		w.err = w.csv.Error()
	}
	return w.err
}

// Harmless keeps a spreadsheet from running a cell as a formula: a quote stands before what would begin one. Numbers stay numbers.
func Harmless(s string) string {
	if s == "" || !strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return s
	}
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return s
	}
	return "'" + s
}

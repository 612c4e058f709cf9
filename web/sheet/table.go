package sheet

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/web/sheet/parquet"
)

// china is the zone that times are written in where the file has no type for them.
var china = time.FixedZone("+08:00", 8*3600)

// Column is a column of a typed table. Decimals are those of a number.
type Column struct {
	parquet.Column
	Decimals int
}

// Text, Whole, Number, At and Flag make columns of the five kinds; title is said in both languages.
func Text(name, title string) Column {
	return Column{Column: parquet.Column{Name: name, Title: title}}
}

// Whole is a column of int64.
func Whole(name, unit, title string) Column {
	return Column{Column: parquet.Column{Name: name, Kind: parquet.Int, Unit: unit, Title: title}}
}

// Number is a column of float64, written with so many decimals.
func Number(name string, decimals int, unit, title string) Column {
	return Column{Column: parquet.Column{Name: name, Kind: parquet.Double, Unit: unit, Title: title}, Decimals: decimals}
}

// At is a column of time.Time.
func At(name, title string) Column {
	return Column{Column: parquet.Column{Name: name, Kind: parquet.Time, Title: title}}
}

// Flag is a column of bool.
func Flag(name, title string) Column {
	return Column{Column: parquet.Column{Name: name, Kind: parquet.Bool, Title: title}}
}

// Format is how a table leaves: CSV, for a spreadsheet with a byte order mark, or Parquet.
type Format struct{ parquet, spreadsheet bool }

// Of reads the format from the end of an address; what does not end in .parquet is CSV.
func Of(path string, spreadsheet bool) Format {
	return Format{strings.HasSuffix(path, ".parquet"), spreadsheet}
}

// Type is the content type.
func (f Format) Type() string {
	if f.parquet {
		return parquet.Type
	}
	return Type
}

// File is a file's name with the format's ending.
func (f Format) File(name string) string {
	if f.parquet {
		return name + ".parquet"
	}
	return name + ".csv"
}

// Write writes a table, row by row as rows adds them.
func (f Format) Write(w io.Writer, columns []Column, rows func(out *Rows) error) error {
	out := &Rows{columns: columns}
	if f.parquet {
		var plain []parquet.Column
		for _, c := range columns {
			plain = append(plain, c.Column)
		}
		if out.parquet, out.err = parquet.New(w, plain); out.err != nil {
			return out.err
		}
	} else {
		out.csv = New(w, f.spreadsheet)
		var names []string
		for _, c := range columns {
			names = append(names, c.Name)
		}
		_ = out.csv.Write(names...) // errors are kept for Flush
	}
	if err := rows(out); err != nil {
		return err
	}
	if out.parquet != nil && out.err == nil {
		return out.parquet.Close()
	}
	return out.Flush()
}

// Rows takes the rows of a table. The first error stays; Flush tells it.
type Rows struct {
	columns []Column
	csv     *Writer
	parquet *parquet.Writer
	err     error
}

// Add adds a row: string, int64, float64, time.Time, bool or nil, as its column wants. A zero time is none. Numbers are rounded
// to their column's decimals in either format, so that both say the same.
func (r *Rows) Add(cells ...any) {
	if r.err != nil {
		return
	}
	if len(cells) != len(r.columns) {
		r.err = fmt.Errorf("sheet: a row of %d cells for %d columns", len(cells), len(r.columns))
		return
	}
	text := make([]string, len(cells))
	for i, v := range cells {
		switch v := v.(type) {
		case string:
			text[i] = v
		case int64:
			text[i] = strconv.FormatInt(v, 10)
		case float64:
			text[i] = strconv.FormatFloat(v, 'f', r.columns[i].Decimals, 64)
			if f, err := strconv.ParseFloat(text[i], 64); err == nil {
				cells[i] = f
			}
		case time.Time:
			if v.IsZero() {
				cells[i] = nil
			} else {
				text[i] = v.In(china).Format(time.RFC3339)
			}
		case bool:
			text[i] = strconv.FormatBool(v)
		}
	}
	if r.parquet != nil {
		r.err = r.parquet.Write(cells...)
		return
	}
	r.err = r.csv.Write(text...)
}

// Flush hands on what can be handed on and tells the first error.
func (r *Rows) Flush() error {
	if r.err == nil && r.csv != nil {
		r.err = r.csv.Flush()
	}
	return r.err
}

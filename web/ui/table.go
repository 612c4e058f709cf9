package ui

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/haihe-city/haihe/lang"
)

// Exports are the links that a list leaves by: CSV for a spreadsheet, and Parquet. path is the interface's, without its ending.
func Exports(path string, query map[string]string) []Link {
	v := url.Values{}
	for k, x := range query {
		if x != "" {
			v.Set(k, x)
		}
	}
	pq := path + ".parquet"
	if len(v) > 0 {
		pq += "?" + v.Encode()
	}
	v.Set("bom", "1")
	return []Link{{Text: lang.Same("CSV"), Href: path + ".csv?" + v.Encode()}, {Text: lang.Same("Parquet"), Href: pq}}
}

// fields are the inputs above a table: the search, then the filters.
func (t Table) fields() []Field {
	if t.Search == nil {
		return t.Filters
	}
	s := *t.Search
	if s.Kind == "" {
		s.Kind = "search"
	}
	return append([]Field{s}, t.Filters...)
}

func (t Table) width() int {
	if t.Post != nil {
		return len(t.Columns) + 1
	}
	return max(1, len(t.Columns))
}

// column is the head of the i-th cell; a row with too many cells gets plain ones.
func (t Table) column(i int) Column {
	if i < len(t.Columns) {
		return t.Columns[i]
	}
	return Column{}
}

// sorted is the word of aria-sort for a column, "" where the rows are not sorted by it.
func (t Table) sorted(c Column) string {
	switch {
	case c.Key == "" || !c.Sortable:
		return ""
	case t.Sort == c.Key:
		return "ascending"
	case t.Sort == "-"+c.Key:
		return "descending"
	}
	return ""
}

// turn is the sort that a click on the column's head asks for: figures fall first, words rise first, a second click turns round.
func (t Table) turn(c Column) string {
	switch {
	case t.Sort == c.Key:
		return "-" + c.Key
	case strings.TrimPrefix(t.Sort, "-") == c.Key:
		return c.Key
	case c.Num:
		return "-" + c.Key
	}
	return c.Key
}

// first is what a row is called: the text of its first cell.
func (e env) first(r Row) string {
	if len(r.Cells) == 0 {
		return r.ID
	}
	return e.t(r.Cells[0].Text)
}

// long tells whether a cell's words are broken into lines; shorter ones are kept on one.
func (e env) long(c Cell) bool {
	return max(utf8.RuneCountInString(e.t(c.Text)), utf8.RuneCountInString(e.t(c.Sub))) > 28
}

// inputType is that of a form's field: a number is text with a number pad, so that what was typed wrong stays to be mended.
func (f Field) inputType() string {
	if f.Kind == "number" {
		return "text"
	}
	return f.kind()
}

// kind is the input's type; what is not known is text.
func (f Field) kind() string {
	switch f.Kind {
	case "number", "date", "password", "checkbox", "file", "hidden", "search":
		return f.Kind
	}
	return "text"
}

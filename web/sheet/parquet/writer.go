package parquet

import (
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// Type is the content type of a file.
const Type = "application/vnd.apache.parquet"

// groupRows bounds the rows of a row group, and so what is held in memory.
const groupRows = 1 << 16

const magic = "PAR1"

// Kind is the type of a column.
type Kind int

// The kinds, and what Go values stand for them in Write.
const (
	String Kind = iota // string
	Int                // int64
	Double             // float64; NaN and the infinities are values
	Time               // time.Time, kept in whole milliseconds UTC
	Bool               // bool
)

// Column is a column of the table. Its unit and title go into the file's key-value metadata as "<name>.unit" and "<name>.title".
type Column struct {
	Name  string
	Kind  Kind
	Unit  string
	Title string
}

// Writer writes one file. The first error stays.
type Writer struct {
	w       io.Writer
	at      int64 // bytes written
	columns []Column
	chunks  []chunk
	rows    int // of the group that fills
	total   int64
	groups  []group
	zip     *gzip.Writer
	err     error
	shut    bool
}

// group is a row group that was written.
type group struct {
	rows  int
	parts []part
}

// part is a column chunk that was written: where its pages lie, in bytes of the file.
type part struct {
	dict, data   int64 // dict 0: none
	plain, whole int64 // bytes of its pages before and after compression, headers included
	nulls        int64
	least, most  []byte // of Int and Time, PLAIN; nil where there is none
}

// New begins a file.
func New(w io.Writer, columns []Column) (*Writer, error) {
	if len(columns) == 0 {
		return nil, errors.New("parquet: a table needs a column")
	}
	seen := map[string]bool{}
	for _, c := range columns {
		if c.Name == "" || seen[c.Name] {
			return nil, fmt.Errorf("parquet: column %q has no name of its own", c.Name)
		}
		if c.Kind < String || c.Kind > Bool {
			return nil, fmt.Errorf("parquet: column %q has no kind", c.Name)
		}
		seen[c.Name] = true
	}
	zip, err := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	out := &Writer{w: w, columns: columns, chunks: make([]chunk, len(columns)), zip: zip}
	return out, out.put([]byte(magic))
}

// Write adds a row: a value of its column's kind for each, or nil where there is none.
func (w *Writer) Write(row ...any) error {
	if w.err != nil {
		return w.err
	}
	if w.shut {
		return errors.New("parquet: the file is closed")
	}
	if len(row) != len(w.columns) {
		return w.fail(fmt.Errorf("parquet: a row of %d values for %d columns", len(row), len(w.columns)))
	}
	for i, v := range row { // before anything is taken, so that a wrong row leaves no half
		if !fits(w.columns[i].Kind, v) {
			return w.fail(fmt.Errorf("parquet: column %q takes no %T", w.columns[i].Name, v))
		}
	}
	for i, v := range row {
		w.chunks[i].add(v)
	}
	if w.rows++; w.rows == groupRows {
		return w.flush()
	}
	return nil
}

func fits(k Kind, v any) bool {
	switch v.(type) {
	case nil:
		return true
	case string:
		return k == String
	case int64:
		return k == Int
	case float64:
		return k == Double
	case time.Time:
		return k == Time
	case bool:
		return k == Bool
	}
	return false
}

// Close writes the rows that are left and the footer. It leaves the writer beneath open.
func (w *Writer) Close() error {
	if w.err != nil || w.shut {
		return w.err
	}
	if w.rows > 0 {
		if err := w.flush(); err != nil {
			return err
		}
	}
	w.shut = true
	foot := w.footer()
	foot = binary.LittleEndian.AppendUint32(foot, uint32(len(foot))) // README.md, File format: 4-byte length in bytes of the metadata
	return w.put(append(foot, magic...))
}

func (w *Writer) fail(err error) error {
	w.err = err
	return err
}

func (w *Writer) put(b []byte) error {
	if w.err == nil {
		_, w.err = w.w.Write(b)
		w.at += int64(len(b))
	}
	return w.err
}

// flush writes a row group.
func (w *Writer) flush() error {
	g := group{rows: w.rows}
	for i := range w.chunks {
		p, err := w.chunk(&w.chunks[i], w.columns[i].Kind)
		if err != nil {
			return w.fail(err)
		}
		g.parts = append(g.parts, p)
		w.chunks[i].reset()
	}
	w.groups = append(w.groups, g)
	w.total += int64(w.rows)
	w.rows = 0
	return nil
}

// footer is the file's metadata (parquet.thrift FileMetaData).
func (w *Writer) footer() []byte {
	var t thrift
	t.i32(1, 1) // version
	t.list(2, len(w.columns)+1, thriftStruct)
	t.open()
	t.text(4, "table")
	t.i32(5, len(w.columns))
	t.shut()
	for _, c := range w.columns {
		schema(&t, c)
	}
	t.i64(3, w.total)
	t.list(4, len(w.groups), thriftStruct)
	for i, g := range w.groups {
		t.open()
		w.rowGroup(&t, g, i)
		t.shut()
	}
	w.notes(&t)
	t.text(6, "haihe")
	t.list(7, len(w.columns), thriftStruct) // column orders: without them readers must not trust least and most
	for range w.columns {
		t.open()
		t.in(1)
		t.shut()
		t.shut()
	}
	return append(t.b, 0)
}

// notes are the units and titles of the columns.
func (w *Writer) notes(t *thrift) {
	var pairs [][2]string
	for _, c := range w.columns {
		if c.Unit != "" {
			pairs = append(pairs, [2]string{c.Name + ".unit", c.Unit})
		}
		if c.Title != "" {
			pairs = append(pairs, [2]string{c.Name + ".title", c.Title})
		}
	}
	if len(pairs) == 0 {
		return
	}
	t.list(5, len(pairs), thriftStruct)
	for _, p := range pairs {
		t.open()
		t.text(1, p[0])
		t.text(2, p[1])
		t.shut()
	}
}

// physical are the numbers of parquet.thrift Type.
var physical = [...]int{String: 6, Int: 2, Double: 5, Time: 2, Bool: 0}

// schema is one column of the schema (parquet.thrift SchemaElement), all of them optional.
func schema(t *thrift, c Column) {
	t.open()
	defer t.shut()
	t.i32(1, physical[c.Kind])
	t.i32(3, 1) // OPTIONAL
	t.text(4, c.Name)
	switch c.Kind {
	case String:
		t.i32(6, 0) // UTF8, for readers before logical types
		t.in(10)
		t.in(1) // STRING
		t.shut()
		t.shut()
	case Time:
		t.i32(6, 9) // TIMESTAMP_MILLIS
		t.in(10)
		t.in(8)         // TIMESTAMP
		t.flag(1, true) // adjusted to UTC
		t.in(2)
		t.in(1) // MILLIS
		t.shut()
		t.shut()
		t.shut()
		t.shut()
	}
}

func (w *Writer) rowGroup(t *thrift, g group, ordinal int) {
	var plain, whole int64
	t.list(1, len(g.parts), thriftStruct)
	for i, p := range g.parts {
		plain, whole = plain+p.plain, whole+p.whole
		t.open()
		t.i64(2, 0) // file_offset: no metadata stands beside the chunk
		t.in(3)
		meta(t, w.columns[i], p, g.rows)
		t.shut()
		t.shut()
	}
	t.i64(2, plain)
	t.i64(3, int64(g.rows))
	t.i64(5, first(g.parts[0]))
	t.i64(6, whole)
}

func first(p part) int64 {
	if p.dict > 0 {
		return p.dict
	}
	return p.data
}

// meta tells of a column chunk (parquet.thrift ColumnMetaData).
func meta(t *thrift, c Column, p part, rows int) {
	t.i32(1, physical[c.Kind])
	encodings := []int{plain, levels}
	if p.dict > 0 {
		encodings = []int{plain, levels, dictionary}
	}
	t.list(2, len(encodings), thriftI32)
	for _, e := range encodings {
		t.zigzag(int64(e))
	}
	t.list(3, 1, thriftBinary)
	t.raw(c.Name)
	t.i32(4, 2) // GZIP
	t.i64(5, int64(rows))
	t.i64(6, p.plain)
	t.i64(7, p.whole)
	t.i64(9, p.data)
	if p.dict > 0 {
		t.i64(11, p.dict)
	}
	t.in(12) // Statistics
	t.i64(3, p.nulls)
	if p.most != nil {
		t.text(5, string(p.most))
		t.text(6, string(p.least))
	}
	t.shut()
}

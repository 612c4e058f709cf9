package parquet_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/web/sheet/parquet"
)

var columns = []parquet.Column{
	{Name: "address", Kind: parquet.String, Title: "电表号 / meter"}, {Name: "kind", Kind: parquet.String}, {Name: "slots", Kind: parquet.Int, Unit: "slots"},
	{Name: "kwh", Kind: parquet.Double, Unit: "kWh"}, {Name: "at", Kind: parquet.Time}, {Name: "good", Kind: parquet.Bool},
}

// row is the i-th row of the table that the tests write: words that repeat and words that do not, nulls in runs and alone.
func row(i int) []any {
	kinds := []string{"居民", "commercial", "", "industry"}
	out := []any{fmt.Sprintf("%012d", i*7919), kinds[i%4], int64(i) - 500, float64(i) / 8, time.UnixMilli(1447983000000 + int64(i)*900_000), i%3 == 0}
	if i%5 == 0 {
		out[2] = nil
	}
	if i%1000 < 300 {
		out[1], out[4] = nil, nil
	}
	if i == 7 {
		out[3] = math.NaN()
	}
	return out
}

func file(t testing.TB, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := parquet.New(&b, columns)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := w.Write(row(i)...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestReadBack reads files of no row, of few and of two row groups with a reader of its own.
func TestReadBack(t *testing.T) {
	for _, n := range []int{0, 1, 8, 9, 1000, 1<<16 + 17} {
		got := read(t, file(t, n))
		if len(got) != n {
			t.Fatalf("%d rows were written, %d read", n, len(got))
		}
		for i, r := range got {
			want := row(i)
			if x, ok := want[4].(time.Time); ok {
				want[4] = x.UnixMilli()
			}
			if fmt.Sprint(r) != fmt.Sprint(want) {
				t.Fatalf("row %d of %d is %v, want %v", i, n, r, want)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	for name, cs := range map[string][]parquet.Column{"no column": nil, "no name": {{}}, "one name twice": {{Name: "a"}, {Name: "a"}}, "no kind": {{Name: "a", Kind: 9}}} {
		if _, err := parquet.New(io.Discard, cs); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	for name, r := range map[string][]any{"short": {"a"}, "wrong type": {"a", "b", "c", 1.5, time.Time{}, true}, "int": {"a", "b", 3, 1.5, time.Time{}, true}} {
		w, err := parquet.New(io.Discard, columns)
		if err != nil {
			t.Fatal(err)
		}
		if w.Write(r...) == nil || w.Close() == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

type full struct{ left int }

var errFull = errors.New("full")

func (f *full) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, errFull
	}
	return len(b), nil
}

// TestFull: a writer that fails anywhere is told.
func TestFull(t *testing.T) {
	whole := len(file(t, 20))
	for left := range whole {
		w, err := parquet.New(&full{left}, columns)
		for i := 0; i < 20 && err == nil; i++ {
			err = w.Write(row(i)...)
		}
		if err == nil {
			err = w.Close()
		}
		if !errors.Is(err, errFull) {
			t.Fatalf("with room for %d of %d bytes: %v", left, whole, err)
		}
	}
}

// TestJudge has pyarrow read the file, checksums verified, where it is installed.
func TestJudge(t *testing.T) {
	if err := exec.Command("python3", "-c", "import pyarrow.parquet").Run(); err != nil {
		t.Skip("pyarrow is not installed")
	}
	n := 1<<16 + 17
	path := filepath.Join(t.TempDir(), "t.parquet")
	if err := os.WriteFile(path, file(t, n), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("python3", "-c", `
import sys, json, pyarrow.parquet as q, pyarrow as a
f = q.ParquetFile(sys.argv[1], page_checksum_verification=True)
t = f.read()
t.validate(full=True)
assert f.metadata.num_row_groups == 2, f.metadata
m = {k.decode(): v.decode() for k, v in f.metadata.metadata.items()}
assert m["kwh.unit"] == "kWh" and m["address.title"] == "电表号 / meter", m
assert [str(x.type) for x in t.schema] == ["string", "string", "int64", "double", "timestamp[ms, tz=UTC]", "bool"], t.schema
s = f.metadata.row_group(0).column(2).statistics
assert (s.min, s.max) == (-499, 65034) and s.null_count == 13108, s
t = t.set_column(4, "at", t.column("at").cast(a.int64()))
for r in zip(*[c.to_pylist() for c in t.columns]): print(json.dumps(r, ensure_ascii=False))
`, path).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("%s", exit.Stderr)
		}
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	if len(lines) != n {
		t.Fatalf("it read %d rows of %d", len(lines), n)
	}
	for i, line := range lines {
		want := row(i)
		if x, ok := want[4].(time.Time); ok {
			want[4] = x.UnixMilli()
		}
		if i == 7 {
			if !bytes.Contains(line, []byte("NaN")) {
				t.Errorf("NaN was read as %s", line)
			}
			continue
		}
		var got []any
		d := json.NewDecoder(bytes.NewReader(line))
		d.UseNumber()
		if err := d.Decode(&got); err != nil {
			t.Fatal(err)
		}
		for k := range want {
			a, b := fmt.Sprint(got[k]), fmt.Sprint(want[k])
			if k == 3 {
				f, err := got[k].(json.Number).Float64()
				if err != nil {
					t.Fatal(err)
				}
				a = fmt.Sprint(f)
			}
			if a != b {
				t.Fatalf("row %d: %s, want %v", i, line, want)
			}
		}
	}
}

// read is a reader as small as the writer's files allow.
func read(t testing.TB, b []byte) (rows [][]any) {
	t.Helper()
	if string(b[:4]) != "PAR1" || string(b[len(b)-4:]) != "PAR1" {
		t.Fatal("no magic")
	}
	n := int(binary.LittleEndian.Uint32(b[len(b)-8:]))
	foot := &compact{b: b[len(b)-8-n : len(b)-8]}
	meta := foot.object()
	if len(foot.b) != 0 {
		t.Fatalf("%d bytes behind the footer", len(foot.b))
	}
	groups, _ := meta[4].([]any)
	for _, g := range groups {
		g := g.(map[int]any)
		from := len(rows)
		rows = append(rows, make([][]any, g[3].(int64))...)
		for _, c := range g[1].([]any) {
			m := c.(map[int]any)[3].(map[int]any)
			values := readChunk(t, b, m)
			for i := range values {
				rows[from+i] = append(rows[from+i], values[i])
			}
		}
	}
	if meta[3].(int64) != int64(len(rows)) {
		t.Fatalf("the footer says %d rows", meta[3])
	}
	return rows
}

func readPage(t testing.TB, b []byte) (head map[int]any, body []byte) {
	t.Helper()
	c := &compact{b: b}
	head = c.object()
	packed := c.b[:head[3].(int64)]
	if int32(crc32.ChecksumIEEE(packed)) != int32(head[4].(int64)) {
		t.Fatal("a page's checksum is wrong")
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	if body, err = io.ReadAll(z); err != nil || int64(len(body)) != head[2].(int64) {
		t.Fatalf("a page of %d bytes, want %d: %v", len(body), head[2], err)
	}
	return head, body
}

func readChunk(t testing.TB, file []byte, m map[int]any) (out []any) {
	t.Helper()
	kind, isString := m[1].(int64), m[1].(int64) == 6
	var dict []string
	if at, ok := m[11].(int64); ok {
		_, body := readPage(t, file[at:])
		for len(body) > 0 {
			n := binary.LittleEndian.Uint32(body)
			dict, body = append(dict, string(body[4:4+n])), body[4+n:]
		}
	}
	head, body := readPage(t, file[m[9].(int64):])
	total := int(head[5].(map[int]any)[1].(int64))
	n := binary.LittleEndian.Uint32(body)
	def, body := &compact{b: body[4 : 4+n]}, body[4+n:]
	var there []bool
	for len(def.b) > 0 {
		run := def.uvarint() >> 1
		for range run {
			there = append(there, def.b[0] == 1)
		}
		def.b = def.b[1:]
	}
	if len(there) != total {
		t.Fatalf("%d levels for %d values", len(there), total)
	}
	width, k := 0, 0
	if dict != nil {
		width = int(body[0])
		c := &compact{b: body[1:]}
		c.uvarint()
		body = c.b
	}
	for _, ok := range there {
		switch {
		case !ok:
			out = append(out, nil)
			continue
		case dict != nil:
			at := 0
			for bit := range width {
				p := k*width + bit
				at |= int(body[p/8]>>(p%8)&1) << bit
			}
			out = append(out, dict[at])
		case isString:
			n := binary.LittleEndian.Uint32(body)
			out, body = append(out, string(body[4:4+n])), body[4+n:]
		case kind == 0:
			out = append(out, body[k/8]>>(k%8)&1 == 1)
		case kind == 5:
			out = append(out, math.Float64frombits(binary.LittleEndian.Uint64(body[8*k:])))
		default:
			out = append(out, int64(binary.LittleEndian.Uint64(body[8*k:])))
		}
		k++
	}
	return out
}

// compact reads Thrift's compact protocol into maps by field id.
type compact struct{ b []byte }

func (c *compact) uvarint() uint64 {
	v, n := binary.Uvarint(c.b)
	c.b = c.b[n:]
	return v
}

func (c *compact) object() map[int]any {
	out, id := map[int]any{}, 0
	for {
		h := c.b[0]
		c.b = c.b[1:]
		if h == 0 {
			return out
		}
		id += int(h >> 4)
		out[id] = c.value(h & 15)
	}
}

func (c *compact) value(kind byte) any {
	switch kind {
	case 1, 2:
		return kind == 1
	case 5, 6:
		v := c.uvarint()
		return int64(v>>1) ^ -int64(v&1)
	case 8:
		n := c.uvarint()
		s := string(c.b[:n])
		c.b = c.b[n:]
		return s
	case 9:
		h := c.b[0]
		c.b = c.b[1:]
		n := uint64(h >> 4)
		if n == 15 {
			n = c.uvarint()
		}
		var out []any
		for range n {
			out = append(out, c.value(h&15))
		}
		return out
	case 12:
		return c.object()
	}
	panic("a kind that the writer does not use")
}

// FuzzWords: any words come back.
func FuzzWords(f *testing.F) {
	f.Add("a", "b", 9)
	f.Add("", "\x00\xff", 40)
	f.Fuzz(func(t *testing.T, a, b string, n int) {
		n = max(0, min(n, 300))
		var out bytes.Buffer
		w, err := parquet.New(&out, columns[:1])
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			_ = w.Write([]string{a, b, a + b}[i%3])
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		for i, r := range read(t, out.Bytes()) {
			if r[0] != strings.ToValidUTF8([]string{a, b, a + b}[i%3], "\ufffd") {
				t.Fatalf("row %d is %q", i, r[0])
			}
		}
	})
}

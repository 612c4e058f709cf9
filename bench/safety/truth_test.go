package safety

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// folder finds data beside the tree; a test without it is skipped.
func folder(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "data", "safety", name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("skipped: the data of %s is not here (%s)", name, dir)
	}
	return dir
}

// matrix reads rows of numbers between white space.
func matrix(path string) (rows [][]float64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var in io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if in, err = gzip.NewReader(f); err != nil {
			return nil, err
		}
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var row []float64
		for _, word := range strings.Fields(lines.Text()) {
			v, err := strconv.ParseFloat(word, 64)
			if err != nil {
				return nil, err
			}
			row = append(row, v)
		}
		if len(row) > 0 {
			rows = append(rows, row)
		}
	}
	return rows, lines.Err()
}

func transposed(rows [][]float64) [][]float64 {
	out := make([][]float64, len(rows[0]))
	for i := range out {
		out[i] = make([]float64, len(rows))
		for j := range rows {
			out[i][j] = rows[j][i]
		}
	}
	return out
}

// run is one file of the pump rig: readings, and which of its rows are marked as anomalous.
type run struct {
	name  string
	names []string
	rows  [][]float64
	truth []bool
}

// readRun reads a file with semicolons: datetime, the readings, anomaly, changepoint. A file without the last two has no truth and is refused.
func readRun(path string) (r run, err error) {
	f, err := os.Open(path)
	if err != nil {
		return r, err
	}
	defer func() { _ = f.Close() }()
	in := csv.NewReader(f)
	in.Comma = ';'
	all, err := in.ReadAll()
	if err != nil {
		return r, err
	}
	if len(all) < 2 {
		return r, fmt.Errorf("%s has no rows", path)
	}
	truth := -1
	var columns []int
	for i, name := range all[0] {
		switch name {
		case "datetime", "changepoint":
		case "anomaly":
			truth = i
		default:
			columns, r.names = append(columns, i), append(r.names, name)
		}
	}
	if truth < 0 {
		return r, fmt.Errorf("%s has no column anomaly", path)
	}
	r.name = filepath.Base(filepath.Dir(path)) + "/" + filepath.Base(path)
	for _, line := range all[1:] {
		row := make([]float64, len(columns))
		for i, c := range columns {
			if row[i], err = strconv.ParseFloat(line[c], 64); err != nil {
				return r, err
			}
		}
		mark, err := strconv.ParseFloat(line[truth], 64)
		if err != nil {
			return r, err
		}
		r.rows, r.truth = append(r.rows, row), append(r.truth, mark > 0.5)
	}
	return r, nil
}

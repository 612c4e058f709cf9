package file

import (
	"encoding/csv"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
)

// line is one line of a file by its columns' names.
type line struct {
	num   int
	cells []string
	at    map[string]int
}

// has tells whether the file has a column.
func (l *line) has(name string) bool { _, ok := l.at[name]; return ok }

// get gives a cell, "" where the column or the cell is not there.
func (l *line) get(name string) string {
	if i, ok := l.at[name]; ok && i < len(l.cells) {
		return strings.Clone(strings.TrimSpace(l.cells[i]))
	}
	return ""
}

// number reads a cell as a number.
func (l *line) number(name string) (float64, error) {
	v, err := strconv.ParseFloat(l.get(name), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, errs.Say(errs.Invalid, "%[1]s 列“%[2]s”不是数字", "column %[1]s: %[2]q is no number", name, l.get(name))
	}
	return v, nil
}

// day reads a cell as a day, zero where it is empty.
func (l *line) day(name string) (time.Time, error) {
	text := l.get(name)
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil || t.Year() < 1900 || t.Year() > 2200 {
		return time.Time{}, errs.Say(errs.Invalid, "%[1]s 列“%[2]s”不是日期，应形如 2016-03-01", "column %[1]s: %[2]q is no day, write it like 2016-03-01", name, text)
	}
	return t, nil
}

// yes reads a cell as yes or no; no where it is empty.
func (l *line) yes(name string) (bool, error) {
	switch strings.ToLower(l.get(name)) {
	case "yes", "true", "1", "是":
		return true, nil
	case "", "no", "false", "0", "否":
		return false, nil
	}
	return false, errs.Say(errs.Invalid, "%[1]s 列“%[2]s”应为 yes 或 no", "column %[1]s: %[2]q is neither yes nor no", name, l.get(name))
}

// lines reads a file line by line; wrong lines are reported and the reading goes on. err is errs.Invalid where the file as a whole is none.
func lines(in io.Reader, k *kind, wrong func(line int, err error), fn func(*line) error) (read int64, err error) {
	r := csv.NewReader(in)
	r.FieldsPerRecord, r.ReuseRecord, r.TrimLeadingSpace = -1, true, true
	head, err := r.Read()
	if err != nil {
		return 0, errs.Say(errs.Invalid, "文件为空或不是 CSV", "the file is empty or no CSV")
	}
	at, err := columns(head, k)
	if err != nil {
		return 0, err
	}
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return read, nil
		}
		var parse *csv.ParseError
		if err != nil && !errors.As(err, &parse) {
			return read, errs.Because(err, errs.Unavailable, "文件读取中断", "the file broke off")
		}
		l := &line{cells: cells, at: at}
		switch {
		case parse != nil:
			l.num, err = parse.Line, errs.Say(errs.Invalid, "不是合规的 CSV：%s", "not well-formed CSV: %s", parse.Err.Error())
		case len(cells) > 0:
			l.num, _ = r.FieldPos(0)
		}
		read++
		if err == nil && len(cells) != len(at) {
			err = errs.Say(errs.Invalid, "有 %[1]d 列，应为 %[2]d 列", "it has %[1]d columns, not %[2]d", len(cells), len(at))
		}
		if err == nil {
			err = fn(l)
		}
		if err != nil {
			wrong(l.num, err)
		}
	}
}

// columns finds the columns by their names.
func columns(head []string, k *kind) (map[string]int, error) {
	at := map[string]int{}
	for i, h := range head {
		name := strings.ToLower(strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")))
		if _, twice := at[name]; twice || !slices.Contains(k.columns, name) {
			return nil, errs.Say(errs.Invalid, "第 1 行第 %d 列“%s”重复或无法识别，可用列：%s", "line 1 column %d, %q, stands twice or is not known; columns are %s", i+1, name, strings.Join(k.columns, ","))
		}
		at[name] = i
	}
	for _, need := range k.needed {
		if _, ok := at[need]; !ok {
			return nil, errs.Say(errs.Invalid, "第 1 行缺少列“%s”", "line 1 lacks the column %q", need)
		}
	}
	return at, nil
}

package list

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/outage/index"
)

// Columns are those of an outage list, named in its first line in any order; the first four are needed, and one of feeder,
// concentrator and meters on each line. A line is one stage: lines of the same outage belong together, each with customers of its
// own. Meters are Parted by spaces or semicolons. An empty end is an outage that lasts.
var Columns = []string{"outage", "start", "end", "cause", "feeder", "concentrator", "meters", "note"}

const neededColumns = 4

// Stretch is one line of a list.
type Stretch struct {
	Line int
	Code string
	Tale
}

// maxCode bounds the name of an outage in a list.
const maxCode = 64

// Read reads an outage list: CSV in UTF-8. err is errs.Invalid where the file as a whole is none; wrong lines are reported and
// left out.
func Read(in io.Reader, wrong func(line int, err error)) (rows []Stretch, read int64, err error) {
	r := csv.NewReader(in)
	r.FieldsPerRecord, r.ReuseRecord, r.TrimLeadingSpace = -1, true, true
	head, err := r.Read()
	if err != nil {
		return nil, 0, errs.Say(errs.Invalid, "文件为空或不是 CSV", "the file is empty or no CSV")
	}
	at, err := listHead(head)
	if err != nil {
		return nil, 0, err
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, read, nil
		}
		var parse *csv.ParseError
		if err != nil && !errors.As(err, &parse) {
			return nil, read, errs.Because(err, errs.Unavailable, "文件读取中断", "the file broke off")
		}
		line := 0
		switch {
		case parse != nil:
			line, err = parse.Line, errs.Say(errs.Invalid, "不是合规的 CSV：%s", "not well-formed CSV: %s", parse.Err.Error())
		case len(row) > 0:
			line, _ = r.FieldPos(0)
		}
		read++
		var s Stretch
		if err == nil {
			s, err = listLine(row, at)
		}
		if err != nil {
			wrong(line, err)
			continue
		}
		s.Line = line
		rows = append(rows, s)
	}
}

// listHead finds the columns by their names.
func listHead(head []string) (map[string]int, error) {
	at := map[string]int{}
	for i, h := range head {
		name := strings.ToLower(strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")))
		if _, twice := at[name]; twice || !slices.Contains(Columns, name) {
			return nil, errs.Say(errs.Invalid, "第 1 行第 %d 列“%s”重复或无法识别，可用列：%s", "line 1 column %d, %q, stands twice or is not known; columns are %s", i+1, name, strings.Join(Columns, ","))
		}
		at[name] = i
	}
	for _, need := range Columns[:neededColumns] {
		if _, ok := at[need]; !ok {
			return nil, errs.Say(errs.Invalid, "第 1 行缺少列“%s”", "line 1 lacks the column %q", need)
		}
	}
	return at, nil
}

func listLine(row []string, at map[string]int) (s Stretch, err error) {
	get := func(name string) string {
		if i, ok := at[name]; ok && i < len(row) {
			return strings.Clone(strings.TrimSpace(row[i]))
		}
		return ""
	}
	if s.Code = get("outage"); s.Code == "" || len(s.Code) > maxCode {
		return s, errs.Say(errs.Invalid, "停电编号应为 1 至 %d 字节", "the outage has a name of 1 to %d bytes", maxCode)
	}
	if s.From, err = ParseTime(get("start")); err != nil {
		return s, err
	}
	if end := get("end"); end != "" {
		if s.To, err = ParseTime(end); err != nil {
			return s, err
		}
	}
	if s.Cause, err = ParseCause(get("cause")); err != nil {
		return s, err
	}
	s.Feeder, s.Concentrator, s.Note = get("feeder"), get("concentrator"), get("note")
	s.Meters = strings.FieldsFunc(get("meters"), Parted)
	return s, nil
}

// Parted tells what stands between the meters of a list.
func Parted(r rune) bool { return unicode.IsSpace(r) || r == ';' || r == '；' }

// ParseCause reads a cause as files and forms name it.
func ParseCause(name string) (index.Cause, error) {
	cause, ok := CauseOf(name)
	if !ok {
		return 0, errs.Say(errs.Invalid, "原因“%s”无法识别，可用：%s", "cause %q is not known, give one of %s", name, strings.Join(CauseNames[:], ", "))
	}
	return cause, nil
}

// ParseTime reads a moment in China: 2015-11-20 08:30, with seconds or without, or as RFC 3339.
func ParseTime(text string) (time.Time, error) {
	for _, layout := range []string{time.DateTime, "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02T15:04:05", time.RFC3339} {
		if t, err := time.ParseInLocation(layout, text, book.China); err == nil {
			return t.Truncate(time.Second), nil
		}
	}
	return time.Time{}, errs.Say(errs.Invalid, "时间“%s”无法识别，请按 2015-11-20 08:30:00 的格式填写", "%q is no time, write it like 2015-11-20 08:30:00", text)
}

package book

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
)

// ArchiveColumns are the columns of an archive file, named in its first line in any order; the first six are needed.
var ArchiveColumns = []string{"address", "district", "feeder", "concentrator", "category", "protocol", "installed", "status", "solar"}

const neededColumns = 6

// ArchiveReport is told how the reading goes. Wrong is called for each line that is refused; Progress may be nil.
type ArchiveReport struct {
	Progress func(bytes int64)
	Wrong    func(line int, err error)
}

// ArchiveCount says how many lines were read, and how many of them were wrong.
type ArchiveCount struct{ Read, Wrong int64 }

// ReadArchive reads a meter archive: CSV in UTF-8, one meter a line. err is errs.Invalid where the file as a whole is none;
// wrong lines are reported and left out. The meters come as a book without days, since a city's are millions; their Num is the
// line where they stand.
func ReadArchive(in io.Reader, report ArchiveReport) (meters *Book, n ArchiveCount, err error) {
	r := csv.NewReader(in)
	r.FieldsPerRecord, r.ReuseRecord, r.TrimLeadingSpace = -1, true, true
	head, err := r.Read()
	if err != nil {
		return nil, n, errs.Say(errs.Invalid, "文件为空或不是 CSV", "the file is empty or no CSV")
	}
	at, err := archiveHead(head)
	if err != nil {
		return nil, n, err
	}
	meters = New(1)
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return meters, n, nil
		}
		var parse *csv.ParseError
		if err != nil && !errors.As(err, &parse) {
			return nil, n, errs.Because(err, errs.Unavailable, "文件读取中断", "the file broke off")
		}
		line := 0
		if parse != nil {
			line = parse.Line
		} else if len(row) > 0 {
			line, _ = r.FieldPos(0)
		}
		n.Read++
		m, err := archiveLine(row, at, err)
		if err == nil {
			if first, twice := meters.place(m.Address); twice {
				err = errs.Say(errs.Invalid, "电表 %s 已在第 %d 行出现", "meter %s stands on line %d already", m.Address, meters.meters[first].num)
			}
		}
		if err != nil {
			n.Wrong++
			report.Wrong(line, err)
			continue
		}
		m.Num = int64(line)
		meters.put(&m)
		if report.Progress != nil && n.Read%1000 == 0 {
			report.Progress(r.InputOffset())
		}
	}
}

// archiveHead finds the columns by their names.
func archiveHead(head []string) (at map[string]int, err error) {
	at = map[string]int{}
	for i, h := range head {
		name := strings.ToLower(strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")))
		if !slices.Contains(ArchiveColumns, name) {
			return nil, errs.Say(errs.Invalid, "第 1 行第 %d 列“%s”无法识别，可用列：%s", "line 1 column %d, %q, is not known; columns are %s", i+1, name, strings.Join(ArchiveColumns, ","))
		}
		if _, twice := at[name]; twice {
			return nil, errs.Say(errs.Invalid, "第 1 行第 %d 列“%s”重复", "line 1 column %d, %q, stands twice", i+1, name)
		}
		at[name] = i
	}
	for _, need := range ArchiveColumns[:neededColumns] {
		if _, ok := at[need]; !ok {
			return nil, errs.Say(errs.Invalid, "第 1 行缺少列“%s”", "line 1 lacks the column %q", need)
		}
	}
	return at, nil
}

func archiveLine(row []string, at map[string]int, err error) (Meter, error) {
	if err != nil {
		return Meter{}, errs.Say(errs.Invalid, "不是合规的 CSV：%s", "not well-formed CSV: %s", err.Error())
	}
	get := func(name string) string {
		if i, ok := at[name]; ok && i < len(row) {
			return strings.TrimSpace(row[i])
		}
		return ""
	}
	m := Meter{Address: get("address"), District: get("district"), Feeder: get("feeder"), Concentrator: get("concentrator"), Category: Category(get("category")), Protocol: Protocol(get("protocol"))}
	if v := get("installed"); v != "" {
		if m.Installed, err = time.ParseInLocation("2006-01-02", v, China); err != nil {
			return m, errs.Say(errs.Invalid, "装表日期“%s”无法识别，请按 2015-11-20 的格式填写", "date of installation %q is no date, write it like 2015-11-20", v)
		}
	}
	switch v := get("status"); v {
	case "", "inService":
	case "retired":
		m.Retired = true
	default:
		return m, errs.Say(errs.Invalid, "状态“%s”无法识别，请填 inService 或 retired", "status %q is not known, give inService or retired", v)
	}
	switch v := get("solar"); v {
	case "", "no":
	case "yes":
		m.Solar = true
	default:
		return m, errs.Say(errs.Invalid, "光伏“%s”无法识别，请填 yes 或 no", "solar %q is not known, give yes or no", v)
	}
	return m, m.Check()
}

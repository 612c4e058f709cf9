package record

import (
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
)

// Columns are those of a list of participants; meters are parted by spaces.
var Columns = []string{"participant", "name", "kind", "programme", "capacity_kw", "notice_min", "max_events", "max_hours", "price_fen", "meters"}

// Row is a line of a list.
type Row struct {
	Line int
	Participant
	Meters []string
}

const maxRows = 20_000

// ReadList reads a list of participants; wrong lines are reported and left out. err is errs.Invalid where the file as a whole is none.
func ReadList(in io.Reader, wrong func(line int, err error)) (out []Row, read int64, err error) {
	r := csv.NewReader(in)
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if err != nil {
		return nil, 0, errs.Because(err, errs.Invalid, "文件没有表头", "the file has no first line")
	}
	head[0] = strings.TrimPrefix(head[0], "\ufeff")
	place := map[string]int{}
	for i, h := range head {
		place[strings.TrimSpace(h)] = i
	}
	for _, c := range Columns {
		if _, ok := place[c]; !ok {
			return nil, 0, errs.Say(errs.Invalid, "缺少列“%s”", "the column %q is missing", c)
		}
	}
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, read, nil
		}
		if read++; read > maxRows {
			return nil, read, errs.Say(errs.Invalid, "一次最多导入 %d 行", "at most %d lines at once", maxRows)
		}
		if err != nil {
			return out, read, errs.Because(err, errs.Invalid, "第 %d 行之后无法读取", "cannot be read after line %d", read)
		}
		line, _ := r.FieldPos(0)
		if len(rec) < len(head) {
			wrong(line, errs.Say(errs.Invalid, "列数不足", "too few columns"))
			continue
		}
		field := func(name string) string { return strings.TrimSpace(rec[place[name]]) }
		x, err := Contract(field)
		if err == nil {
			err = x.Check()
		}
		if err != nil {
			wrong(line, err)
			continue
		}
		out = append(out, Row{line, x, strings.FieldsFunc(field("meters"), Parted)})
	}
}

// Parted tells what parts the meters of a field.
func Parted(r rune) bool { return strings.ContainsRune(" ;,，；、\n\r\t", r) }

// Contract reads a participant from fields named as Columns.
func Contract(field func(name string) string) (x Participant, err error) {
	x = Participant{Code: field("participant"), Name: field("name"), Kind: field("kind"), Programme: field("programme"), State: "open"}
	for _, f := range []struct {
		name string
		to   *int64
	}{{"capacity_kw", &x.Capacity}, {"notice_min", &x.Notice}, {"max_events", &x.Events}, {"max_hours", &x.Hours}, {"price_fen", &x.Price}} {
		if *f.to, err = strconv.ParseInt(field(f.name), 10, 64); err != nil {
			return x, errs.Say(errs.Invalid, "“%s”应为整数", "%s is a whole number", f.name)
		}
	}
	return x, nil
}

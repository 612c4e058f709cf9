package response

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

// ImportName is the name of the list of participants as a kind of import.
const ImportName = "participants"

// Columns are those of a list of participants; meters are parted by spaces.
var Columns = []string{"participant", "name", "kind", "programme", "capacity_kw", "notice_min", "max_events", "max_hours", "price_fen", "meters"}

// row is a line of a list.
type row struct {
	line   int
	x      Participant
	meters []string
}

const maxRows = 20_000

// readList reads a list of participants; wrong lines are reported and left out. err is errs.Invalid where the file as a whole is none.
func readList(in io.Reader, wrong func(line int, err error)) (out []row, read int64, err error) {
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
		x, err := contract(field)
		if err == nil {
			err = x.check()
		}
		if err != nil {
			wrong(line, err)
			continue
		}
		out = append(out, row{line, x, strings.FieldsFunc(field("meters"), parted)})
	}
}

// parted tells what parts the meters of a field.
func parted(r rune) bool { return strings.ContainsRune(" ;,，；、\n\r\t", r) }

// contract reads a participant from fields named as Columns.
func contract(field func(name string) string) (x Participant, err error) {
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

// Import takes a list of participants. A file with a wrong line changes nothing; the same file again changes nothing.
func (p *Part) Import(ctx context.Context, run host.ImportRun) (host.ImportResult, error) {
	res := host.ImportResult{Counts: map[string]int64{"changed": 0, "unchanged": 0}}
	wrong := func(line int, err error) {
		res.Refused++
		msg, ok := errs.MsgOf(err)
		if !ok {
			msg = lang.T("无法读取："+err.Error(), "cannot be read: "+err.Error())
		}
		run.Report(host.ImportLine{Line: line, Level: "error", Text: msg})
	}
	rows, n, err := readList(run.Body, wrong)
	if msg, ok := errs.MsgOf(err); ok {
		res.Stopped = &msg
		return res, nil
	}
	if err != nil {
		return res, err
	}
	nums := make([][]int64, len(rows))
	known, err := read(ctx, p.o.DB, programmes)
	if err != nil {
		return res, err
	}
	for i, x := range rows {
		if nums[i], err = p.meters(x.meters); err != nil {
			wrong(x.line, err)
		} else if !slices.ContainsFunc(known, func(y Programme) bool { return y.Code == x.x.Programme }) {
			wrong(x.line, errs.Say(errs.Invalid, "没有“%s”这一项目", "there is no programme %q", x.x.Programme))
		}
	}
	if res.Read, res.Taken = n, n-res.Refused; run.DryRun {
		return res, nil
	}
	stop := func(msg lang.Text) (host.ImportResult, error) {
		res.Stopped, res.Taken, res.Counts["changed"] = &msg, 0, 0
		return res, nil
	}
	if res.Refused > 0 {
		return stop(lang.T(fmt.Sprintf("有 %d 行不合规，未写入任何内容。请改正后重新导入。", res.Refused), fmt.Sprintf("%d lines are wrong, nothing was written. Mend them and import again.", res.Refused)))
	}
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		res.Counts = map[string]int64{"changed": 0, "unchanged": 0}
		for i, x := range rows {
			changed, err := p.enrol(tx, run.By, x.x, nums[i])
			if err != nil {
				return err
			}
			if changed {
				res.Counts["changed"]++
			} else {
				res.Counts["unchanged"]++
			}
		}
		return nil
	})
	if msg, ok := errs.MsgOf(err); ok {
		return stop(msg)
	}
	return res, errs.Wrap("write the participants", err)
}

package outage

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/outage/index"
)

// ImportName is the name of the list as a kind of import.
const ImportName = "outages"

// Columns are those of an outage list, named in its first line in any order; the first four are needed, and one of feeder,
// concentrator and meters on each line. A line is one stage: lines of the same outage belong together, each with customers of its
// own. Meters are parted by spaces or semicolons. An empty end is an outage that lasts.
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

// ReadList reads an outage list: CSV in UTF-8. err is errs.Invalid where the file as a whole is none; wrong lines are reported and
// left out.
func ReadList(in io.Reader, wrong func(line int, err error)) (rows []Stretch, read int64, err error) {
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
	if s.Cause, err = causeField(get("cause")); err != nil {
		return s, err
	}
	s.Feeder, s.Concentrator, s.Note = get("feeder"), get("concentrator"), get("note")
	s.Meters = strings.FieldsFunc(get("meters"), parted)
	return s, nil
}

// parted tells what stands between the meters of a list.
func parted(r rune) bool { return unicode.IsSpace(r) || r == ';' || r == '；' }

// causeField reads a cause as files and forms name it.
func causeField(name string) (index.Cause, error) {
	cause, ok := causeOf(name)
	if !ok {
		return 0, errs.Say(errs.Invalid, "原因“%s”无法识别，可用：%s", "cause %q is not known, give one of %s", name, strings.Join(causeNames[:], ", "))
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

// gather puts the lines of a list together into outages, in the order of the list.
func (p *Part) gather(rows []Stretch, wrong func(line int, err error)) (out []*Outage) {
	byCode := map[string]*Outage{}
	for _, s := range rows {
		err := s.check(p.o.Clock.Now())
		var nums []int64
		if err == nil {
			nums, err = s.customers(p.o.Book)
		}
		o := byCode[s.Code]
		if err == nil && o != nil && o.Cause != s.Cause {
			err = errs.Say(errs.Invalid, "停电 %s 在前面的行中是另一个原因", "outage %s has another cause on a line above", s.Code)
		}
		if err != nil {
			wrong(s.Line, err)
			continue
		}
		if o == nil {
			m, _ := p.o.Book.ByNum(nums[0])
			o = &Outage{Code: s.Code, Feeder: m.Feeder, District: m.District, Cause: s.Cause, Source: "import", Note: s.Note}
			byCode[s.Code] = o
			out = append(out, o)
		}
		for _, n := range nums {
			d := Dark{Customer: n, From: s.From.Unix(), Begun: ByReport}
			if !s.To.IsZero() {
				d.To, d.Ended = s.To.Unix(), ByReport
			}
			o.Dark = append(o.Dark, d)
		}
	}
	return out
}

// importBatch is how many outages one transaction takes.
const importBatch = 100

// Import takes an outage list. A file with a wrong line changes nothing; every wrong line is reported. The same file again changes
// nothing, a corrected one changes what it names; an outage that a person has corrected since is left as it is, and said so.
func (p *Part) Import(ctx context.Context, run host.ImportRun) (host.ImportResult, error) {
	res := host.ImportResult{Counts: map[string]int64{"new": 0, "changed": 0, "unchanged": 0, "corrected": 0}}
	wrong := func(line int, err error) {
		res.Refused++
		msg, ok := errs.MsgOf(err)
		if !ok {
			msg = lang.T("无法读取："+err.Error(), "cannot be read: "+err.Error())
		}
		run.Report(host.ImportLine{Line: line, Level: "error", Text: msg})
	}
	rows, read, err := ReadList(run.Body, wrong)
	if msg, ok := errs.MsgOf(err); ok {
		res.Stopped = &msg
		return res, nil
	}
	if err != nil {
		return res, err
	}
	outages := p.gather(rows, wrong)
	res.Read, res.Taken = read, read-res.Refused
	if run.DryRun {
		return res, nil
	}
	if res.Refused > 0 {
		stop := lang.T(fmt.Sprintf("有 %d 行不合规，未写入任何内容。请改正后重新导入。", res.Refused), fmt.Sprintf("%d lines are wrong, nothing was written. Mend them and import again.", res.Refused))
		res.Stopped, res.Taken = &stop, 0
		return res, nil
	}
	for chunk := range slices.Chunk(outages, importBatch) {
		if err := p.putImported(ctx, run, chunk, res.Counts); err != nil {
			return res, errs.Wrap("write the outages", err)
		}
	}
	return res, nil
}

// putImported writes some outages of a list in one transaction.
func (p *Part) putImported(ctx context.Context, run host.ImportRun, chunk []*Outage, counts map[string]int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var changed []*Outage
	notes := map[string][]Change{}
	for _, o := range chunk {
		o.settle()
		old, err := wholes(ctx, p.o.DB, qByCode, o.Code)
		if err != nil {
			return err
		}
		if len(old) == 0 {
			o.ID = store.NewID(p.o.Clock.Now())
			changed = append(changed, o)
			counts["new"]++
			continue
		}
		o.ID = old[0].ID
		fields := differ(old[0], o)
		before, err := changes(ctx, p.o.DB, o.ID)
		switch {
		case err != nil:
			return err
		case len(fields) == 0:
			counts["unchanged"]++
		case slices.ContainsFunc(before, func(c Change) bool { return !strings.HasPrefix(c.Reason, importReason) }):
			counts["corrected"]++
			run.Report(host.ImportLine{Level: "warning", Text: lang.T("停电 "+o.Code+" 已由人工更正，保持不变", "outage "+o.Code+" was corrected by a person and is left as it is")})
		default:
			notes[o.ID] = fields
			p.known(old[0])
			changed = append(changed, o)
			counts["changed"]++
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return p.store(ctx, changed, func(tx *store.Tx, _ []*Outage) error {
		for id, fields := range notes {
			for _, f := range fields {
				f.At, f.Who, f.Reason = p.o.Clock.Now(), run.By.ID, importReason+run.File
				if err := addChange(tx, id, f); err != nil {
					return err
				}
			}
		}
		return p.act(tx, run.By, "import", "grid.outages", map[string]any{"file": run.File, "outages": len(changed)})
	})
}

// importReason begins the reason of a change that a list made.
const importReason = "import: "

// differ gives the fields in which a list's outage differs from what is known of it.
func differ(old, o *Outage) (out []Change) {
	if old.State == Void {
		o.State = Void
	}
	for _, f := range []Change{
		{Field: "cause", Was: causeNames[old.Cause], Becomes: causeNames[o.Cause]},
		{Field: "began", Was: stamp(old.Began), Becomes: stamp(o.Began)},
		{Field: "ended", Was: stamp(old.Ended), Becomes: stamp(o.Ended)},
		{Field: "customers", Was: fmt.Sprint(old.Customers()), Becomes: fmt.Sprint(o.Customers())},
		{Field: "note", Was: old.Note, Becomes: o.Note},
	} {
		if f.Was != f.Becomes {
			out = append(out, f)
		}
	}
	if len(out) == 0 && !bytes.Equal(pack(old.Began, old.Dark), pack(o.Began, o.Dark)) {
		out = append(out, Change{Field: "stages", Was: fmt.Sprint(len(old.Stages(old.Ended))), Becomes: fmt.Sprint(len(o.Stages(o.Ended)))})
	}
	return out
}

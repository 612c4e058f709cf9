package outage

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host/intake"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/outage/join"
	"github.com/haihe-city/haihe/systems/grid/outage/list"
)

// ImportName is the name of the list as a kind of import.
const ImportName = "outages"

// gather puts the lines of a list together into outages, in the order of the list.
func (p *Part) gather(rows []list.Stretch, wrong func(line int, err error)) (out []*join.Outage) {
	byCode := map[string]*join.Outage{}
	for _, s := range rows {
		err := s.Check(p.o.Clock.Now())
		var nums []int64
		if err == nil {
			nums, err = s.Customers(p.o.Book)
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
			o = &join.Outage{Code: s.Code, Feeder: m.Feeder, District: m.District, Cause: s.Cause, Source: "import", Note: s.Note}
			byCode[s.Code] = o
			out = append(out, o)
		}
		for _, n := range nums {
			d := join.Dark{Customer: n, From: s.From.Unix(), Begun: join.ByReport}
			if !s.To.IsZero() {
				d.To, d.Ended = s.To.Unix(), join.ByReport
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
func (p *Part) Import(ctx context.Context, run intake.Run) (intake.Result, error) {
	res := intake.Result{Counts: map[string]int64{"new": 0, "changed": 0, "unchanged": 0, "corrected": 0}}
	wrong := func(line int, err error) {
		res.Refused++
		msg, ok := errs.MsgOf(err)
		if !ok {
			msg = lang.T("无法读取："+err.Error(), "cannot be read: "+err.Error())
		}
		run.Report(intake.Line{Line: line, Level: "error", Text: msg})
	}
	rows, read, err := list.Read(run.Body, wrong)
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
func (p *Part) putImported(ctx context.Context, run intake.Run, chunk []*join.Outage, counts map[string]int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var changed []*join.Outage
	notes := map[string][]Change{}
	for _, o := range chunk {
		o.Settle()
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
			run.Report(intake.Line{Level: "warning", Text: lang.T("停电 "+o.Code+" 已由人工更正，保持不变", "outage "+o.Code+" was corrected by a person and is left as it is")})
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
	return p.store(ctx, changed, func(tx *store.Tx, _ []*join.Outage) error {
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
func differ(old, o *join.Outage) (out []Change) {
	if old.State == join.Void {
		o.State = join.Void
	}
	for _, f := range []Change{
		{Field: "cause", Was: list.CauseNames[old.Cause], Becomes: list.CauseNames[o.Cause]},
		{Field: "began", Was: list.Stamp(old.Began), Becomes: list.Stamp(o.Began)},
		{Field: "ended", Was: list.Stamp(old.Ended), Becomes: list.Stamp(o.Ended)},
		{Field: "customers", Was: fmt.Sprint(old.Customers()), Becomes: fmt.Sprint(o.Customers())},
		{Field: "note", Was: old.Note, Becomes: o.Note},
	} {
		if f.Was != f.Becomes {
			out = append(out, f)
		}
	}
	if len(out) == 0 && !bytes.Equal(join.Pack(old.Began, old.Dark), join.Pack(o.Began, o.Dark)) {
		out = append(out, Change{Field: "stages", Was: fmt.Sprint(len(old.Stages(old.Ended))), Becomes: fmt.Sprint(len(o.Stages(o.Ended)))})
	}
	return out
}

package loss

import (
	"context"
	"fmt"
	"slices"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host/intake"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/loss/supply"
)

// ImportName is the name of the supplies as a kind of import.
const ImportName = "supply"

// fed is an area's day in a file.
type fed struct {
	area, kind, district string
	day                  book.Day
	energy, parts        int64
}

// gather puts the lines of a file together by area and day, in the order of the file; lines of areas that the archive does not know
// and of days that are not over are wrong.
func (p *Part) gather(rows []supply.Row, wrong func(line int, err error)) []*fed {
	known := map[string]fed{}
	p.o.Book.Each(func(m book.Meter) {
		if _, ok := known[m.Concentrator]; !ok {
			known[m.Concentrator] = fed{kind: kindTransformer, district: m.District}
		}
		if _, ok := known[m.Feeder]; !ok {
			known[m.Feeder] = fed{kind: kindFeeder, district: m.District}
		}
	})
	type place struct {
		area string
		day  book.Day
	}
	at := map[place]*fed{}
	var out []*fed
	today := book.DayOf(p.o.Clock.Now().UnixMicro())
	for _, r := range rows {
		of, ok := known[r.Area]
		switch {
		case !ok:
			wrong(r.Line, errs.Say(errs.Invalid, "档案中没有台区（集中器）或馈线“%s”", "the archive knows no area (concentrator) or feeder %q", r.Area))
			continue
		case r.Day >= today:
			wrong(r.Line, errs.Say(errs.Invalid, "%s 尚未结束，供电量应在次日导入", "%s is not over: import its supply on the day after", r.Day.String()))
			continue
		}
		f := at[place{r.Area, r.Day}]
		if f == nil {
			f = &fed{area: r.Area, kind: of.kind, district: of.district, day: r.Day}
			at[place{r.Area, r.Day}] = f
			out = append(out, f)
		}
		f.energy += r.Energy
		if r.Slot < 0 {
			f.parts = book.SlotsPerDay
		} else {
			f.parts++
		}
	}
	return out
}

// importBatch is how many areas' days one transaction takes.
const importBatch = 500

// Import takes a supply file. A file with a wrong line changes nothing; every wrong line is reported. A day that came before is
// replaced by the file's, whole: quarter hours of one day belong into one file.
func (p *Part) Import(ctx context.Context, run intake.Run) (intake.Result, error) {
	res := intake.Result{Counts: map[string]int64{"new": 0, "changed": 0, "unchanged": 0}}
	wrong := func(line int, err error) {
		res.Refused++
		msg, ok := errs.MsgOf(err)
		if !ok {
			msg = lang.T("无法读取："+err.Error(), "cannot be read: "+err.Error())
		}
		run.Report(intake.Line{Line: line, Level: "error", Text: msg})
	}
	rows, read, err := supply.Read(run.Body, wrong)
	if msg, ok := errs.MsgOf(err); ok {
		res.Stopped = &msg
		return res, nil
	}
	if err != nil {
		return res, err
	}
	days := p.gather(rows, wrong)
	res.Read, res.Taken = read, read-res.Refused
	if run.DryRun {
		return res, nil
	}
	if res.Refused > 0 {
		stop := lang.T(fmt.Sprintf("有 %d 行不合规，未写入任何内容。请改正后重新导入。", res.Refused), fmt.Sprintf("%d lines are wrong, nothing was written. Mend them and import again.", res.Refused))
		res.Stopped, res.Taken = &stop, 0
		return res, nil
	}
	for chunk := range slices.Chunk(days, importBatch) {
		if err := p.put(ctx, run, chunk, res.Counts); err != nil {
			return res, errs.Wrap("write the supplies", err)
		}
	}
	p.nudge()
	return res, nil
}

// put writes some areas' days in one transaction.
func (p *Part) put(ctx context.Context, run intake.Run, chunk []*fed, counts map[string]int64) error {
	here := map[string]int64{}
	err := p.o.DB.Write(ctx, func(tx *store.Tx) error {
		clear(here) // the chunk may run again
		for _, f := range chunk {
			var energy, parts int64
			what := "changed"
			switch err := tx.Get(qOne, []any{f.area, int64(f.day)}, &energy, &parts); {
			case errs.Is(err, errs.NotFound):
				what = "new"
			case err != nil:
				return err
			case energy == f.energy && parts == f.parts:
				here["unchanged"]++
				continue
			}
			here[what]++
			if _, err := tx.Exec(qSupply, f.area, int64(f.day), f.kind, f.district, f.energy, f.parts, []byte{}); err != nil {
				return err
			}
		}
		if here["new"]+here["changed"] == 0 {
			return nil
		}
		return p.o.Journal.Append(tx, journal.Act{Actor: run.By.ID, Unit: run.By.Unit, Authority: grantImport, Verb: "import", Object: "grid.supply",
			Detail: map[string]any{"file": run.File, "new": here["new"], "changed": here["changed"]}})
	})
	for k, n := range here {
		counts[k] += n
	}
	return err
}

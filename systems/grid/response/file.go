package response

import (
	"context"
	"fmt"
	"slices"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host/intake"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/response/record"
)

// ImportName is the name of the list of participants as a kind of import.
const ImportName = "participants"

// Import takes a list of participants. A file with a wrong line changes nothing; the same file again changes nothing.
func (p *Part) Import(ctx context.Context, run intake.Run) (intake.Result, error) {
	res := intake.Result{Counts: map[string]int64{"changed": 0, "unchanged": 0}}
	wrong := func(line int, err error) {
		res.Refused++
		msg, ok := errs.MsgOf(err)
		if !ok {
			msg = lang.T("无法读取："+err.Error(), "cannot be read: "+err.Error())
		}
		run.Report(intake.Line{Line: line, Level: "error", Text: msg})
	}
	rows, n, err := record.ReadList(run.Body, wrong)
	if msg, ok := errs.MsgOf(err); ok {
		res.Stopped = &msg
		return res, nil
	}
	if err != nil {
		return res, err
	}
	nums := make([][]int64, len(rows))
	known, err := record.Read(ctx, p.o.DB, record.Programmes)
	if err != nil {
		return res, err
	}
	for i, x := range rows {
		if nums[i], err = p.meters(x.Meters); err != nil {
			wrong(x.Line, err)
		} else if !slices.ContainsFunc(known, func(y Programme) bool { return y.Code == x.Programme }) {
			wrong(x.Line, errs.Say(errs.Invalid, "没有“%s”这一项目", "there is no programme %q", x.Programme))
		}
	}
	if res.Read, res.Taken = n, n-res.Refused; run.DryRun {
		return res, nil
	}
	stop := func(msg lang.Text) (intake.Result, error) {
		res.Stopped, res.Taken, res.Counts["changed"] = &msg, 0, 0
		return res, nil
	}
	if res.Refused > 0 {
		return stop(lang.T(fmt.Sprintf("有 %d 行不合规，未写入任何内容。请改正后重新导入。", res.Refused), fmt.Sprintf("%d lines are wrong, nothing was written. Mend them and import again.", res.Refused)))
	}
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		res.Counts = map[string]int64{"changed": 0, "unchanged": 0}
		for i, x := range rows {
			changed, err := p.enrol(tx, run.By, x.Participant, nums[i])
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

package file

import (
	"context"
	"fmt"
	"io"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host/intake"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/safety/register"
	"github.com/haihe-city/haihe/web/sheet"
)

// Imports are the kinds of file, as the room declares them.
func Imports() []intake.Kind {
	declare := func(name, zh, en, begins string) intake.Kind {
		return intake.Kind{Name: name, Title: lang.T(zh, en), Extensions: []string{".csv"}, Begins: []string{begins, "\ufeff" + begins}, Grant: register.GrantImport}
	}
	return []intake.Kind{
		declare("plants", "企业台账（CSV）", "Plants (CSV)", "plant,name"),
		declare("units", "危险源单元（CSV）", "Hazard units (CSV)", "unit,plant"),
		declare("substances", "危险化学品（CSV）", "Substances (CSV)", "substance,plant"),
		declare("points", "监测点（CSV）", "Points (CSV)", "point,plant"),
	}
}

// Funcs take the kinds of file into a register; changed is called where one was taken.
func Funcs(r *register.Register, changed func(ctx context.Context) error) map[string]intake.Func {
	out := map[string]intake.Func{}
	for name, k := range kinds {
		out[name] = func(ctx context.Context, run intake.Run) (intake.Result, error) {
			res, err := take(ctx, r, name, k, run)
			if err == nil && res.Stopped == nil && !run.DryRun {
				err = changed(ctx)
			}
			return res, err
		}
	}
	return out
}

// take reads a file, checks all of it, and then makes its changes.
func take(ctx context.Context, r *register.Register, name string, k *kind, run intake.Run) (res intake.Result, err error) {
	deed := register.Deed{By: run.By, Grant: register.GrantImport, Verb: "import", Detail: map[string]any{"file": run.File, "kind": name}}
	n, err := r.Update(ctx, deed, func(now map[string]*register.Site) ([]*register.Site, error) {
		d := &desk{now: now, sites: map[string]*register.Site{}, lines: map[string]int{}, seen: map[string]bool{}, sealed: !run.DryRun}
		wrong := func(line int, err error) {
			res.Refused++
			report(run, line, err)
		}
		var err error
		res.Read, err = lines(progress(run), k, wrong, func(l *line) error { return k.take(d, l) })
		if msg, ok := errs.MsgOf(err); ok {
			res.Stopped = &msg
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		var list []*register.Site
		for _, code := range d.order {
			if err := d.sites[code].Check(); err != nil {
				wrong(d.lines[code], err)
			}
			list = append(list, d.sites[code])
		}
		if res.Refused > 0 && !run.DryRun {
			stop := lang.T(fmt.Sprintf("有 %d 处不合规，未写入任何内容。请改正后重新导入。", res.Refused), fmt.Sprintf("%d things are wrong, nothing was written. Mend them and import again.", res.Refused))
			res.Stopped = &stop
		}
		res.Taken = max(0, res.Read-res.Refused)
		if run.DryRun || res.Stopped != nil {
			return nil, nil
		}
		return list, nil
	})
	if res.Stopped != nil {
		res.Taken = 0
	}
	res.Counts = map[string]int64{"new": n.New, "changed": n.Changed, "unchanged": n.Unchanged}
	return res, err
}

// report writes the reason into the import's report, in both languages.
func report(run intake.Run, line int, err error) {
	if run.Report == nil {
		return
	}
	msg, ok := errs.MsgOf(err)
	if !ok {
		msg = lang.T("无法读取："+err.Error(), "cannot be read: "+err.Error())
	}
	run.Report(intake.Line{Line: line, Level: "error", Text: msg})
}

// counted tells how far a file was read.
type counted struct {
	in io.Reader
	n  int64
	to func(int64)
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.in.Read(b)
	c.n += int64(n)
	c.to(c.n)
	return n, err
}

func progress(run intake.Run) io.Reader {
	if run.Progress == nil {
		return run.Body
	}
	return &counted{in: run.Body, to: run.Progress}
}

// Known tells whether there is a kind of file.
func Known(name string) bool { return kinds[name] != nil }

// Write writes plants as a file of a kind, as it is imported. Passwords are not in it.
func Write(out io.Writer, name string, sites []*register.Site, spreadsheet bool) error {
	k, w := kinds[name], sheet.New(out, spreadsheet)
	_ = w.Write(k.columns...) // errors are kept for Flush
	for _, s := range sites {
		k.write(s, func(cells ...string) { _ = w.Write(cells...) })
	}
	return w.Flush()
}

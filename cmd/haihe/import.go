package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/haihe-city/haihe/cmd/haihe/cli"
	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host/intake"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
)

func importCommand() cli.Command {
	c := cli.Command{
		Name: "import", Args: "FILE... [--system grid --kind nem12] (--server URL --token TOKEN | --data DIR) [--dry-run]",
		Says: lang.T("导入文件", "take files in"),
		Details: lang.T("种类未写明时按扩展名和文件开头判断。逐行报告打印在标准输出，任何一个文件未被接受则退出码不为 0。",
			"Where the kind is not given it is told by the extension and by how the file begins. The report by line goes to the standard output; the exit code is not 0 when any file was refused."),
	}
	c.Run = func(ctx context.Context, sh *cli.Shell, args []string) error {
		var s setup
		im := importing{sh: sh}
		f := cli.NewFlags(c)
		s.dataFlags(f)
		im.flags(f)
		f.StringVar(&im.system, "system", "", "系统 / system")
		f.StringVar(&im.kind, "kind", "", "种类 / kind of file")
		f.BoolVar(&im.dry, "dry-run", false, "只试不写 / try only, change nothing")
		files, err := f.Parse(sh, args)
		switch {
		case err != nil:
			return err
		case len(files) == 0:
			return cli.Usage("请给出要导入的文件", "name the files to take in")
		case im.server == "" && s.data == "" && s.config == "" && s.dsn == "":
			return cli.Usage("请用 --server 指明运行中的平台，或用 --data 指明数据目录", "say --server for a running platform, or --data for a data folder")
		}
		if im.server != "" {
			return im.all(ctx, files)
		}
		return im.offline(ctx, &s, files)
	}
	return c
}

// importing is one run of the command.
type importing struct {
	remote
	sh           *cli.Shell
	system, kind string
	dry          bool
	city         *city // where the data is opened here
}

// offline opens the data itself; the systems' listeners stay off.
func (im *importing) offline(ctx context.Context, s *setup, files []string) error {
	s.preset = silent
	conf, list, err := s.read()
	if err != nil {
		return err
	}
	if im.city, err = openCity(ctx, im.sh, conf, list, lang.Text{}); err != nil {
		return err
	}
	defer im.city.close()
	return errors.Join(im.all(ctx, files), im.city.Close(ctx))
}

// all takes the files in one after the other; what is wrong with one does not keep the others out.
func (im *importing) all(ctx context.Context, files []string) error {
	kinds, err := im.kinds(ctx)
	if err != nil {
		return err
	}
	if len(files) == 1 {
		return im.one(ctx, files[0], kinds)
	}
	failed, code := 0, cli.ExitDone
	for _, file := range files {
		err := im.one(ctx, file, kinds)
		if err != nil && ctx.Err() != nil {
			return err
		}
		if err != nil {
			failed++
			code = im.sh.Report(err)
		}
	}
	if failed > 0 {
		return cli.WithCode(code, errs.Say(errs.Invalid, "%d 个文件中有 %d 个未能全部导入", "of %d files %d were not taken in whole", len(files), failed))
	}
	return nil
}

// kinds asks what is taken.
func (im *importing) kinds(ctx context.Context) ([]intake.Listed, error) {
	if im.city != nil {
		return im.city.ImportKinds(), nil
	}
	resp, err := im.do(ctx, http.MethodGet, "/api/import", nil, 0)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var out struct{ Imports []intake.Listed }
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		return nil, errs.As(errs.Unavailable, "read the kinds of import", err)
	}
	return out.Imports, nil
}

// choose finds the kind of a file among those that fit the flags and the file.
func (im *importing) choose(file string, head []byte, kinds []intake.Listed) (intake.Listed, error) {
	var fit, sure []intake.Listed
	var names []string
	for _, k := range kinds {
		names = append(names, k.System+"/"+k.Name)
		if im.system != "" && k.System != im.system || im.kind != "" && k.Name != im.kind {
			continue
		}
		if im.kind == "" && !slices.Contains(k.Extensions, strings.ToLower(filepath.Ext(file))) {
			continue
		}
		fit = append(fit, k)
		if slices.ContainsFunc(k.Begins, func(b string) bool { return strings.HasPrefix(string(head), b) }) {
			sure = append(sure, k)
		}
	}
	switch {
	case len(sure) == 1:
		return sure[0], nil
	case len(fit) == 1:
		return fit[0], nil
	}
	return intake.Listed{}, cli.Usage("看不出 %s 属于哪一种，请用 --system 和 --kind 指明；可选：%s", "the kind of %s is not clear, say it with --system and --kind; there are: %s", file, strings.Join(names, ", "))
}

func (im *importing) one(ctx context.Context, path string, kinds []intake.Listed) error {
	f, err := os.Open(path)
	if err != nil {
		return cli.WithCode(cli.ExitUsage, errs.Because(err, errs.Invalid, "文件 %s 打不开；请检查路径和权限", "the file %s cannot be opened; check its path and permissions", path))
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	head := make([]byte, 512)
	n, _ := io.ReadFull(f, head)
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	kind, err := im.choose(path, head[:n], kinds)
	if err != nil {
		return err
	}
	im.sh.Printf("import file=%s system=%s kind=%s dry-run=%t bytes=%d", path, kind.System, kind.Name, im.dry, st.Size())
	b := cli.NewBar(im.sh, lang.T("导入", "import"), st.Size())
	var res intake.Result
	if im.city != nil {
		res, err = im.here(ctx, kind, f, st.Size(), b)
	} else {
		res, err = im.there(ctx, kind, f, st.Size(), b)
	}
	b.End()
	if err != nil {
		return err
	}
	return im.sum(path, res)
}

// here takes a file into data that this process holds.
func (im *importing) here(ctx context.Context, kind intake.Listed, f *os.File, size int64, b *cli.Bar) (intake.Result, error) {
	return im.city.ImportFile(ctx, kind.System, kind.Name, intake.Run{
		File: filepath.Base(f.Name()), Size: size, Body: f, DryRun: im.dry, By: identity.System(kind.System),
		Progress: b.Set, Report: func(l intake.Line) { im.line(b, l) },
	})
}

// there sends a file to a running platform and shows what it answers.
func (im *importing) there(ctx context.Context, kind intake.Listed, f *os.File, size int64, b *cli.Bar) (res intake.Result, err error) {
	q := url.Values{"file": {filepath.Base(f.Name())}}
	if im.dry {
		q.Set("dryRun", "1")
	}
	b.Next(lang.T("上传", "send"), size)
	resp, err := im.do(ctx, http.MethodPost, "/api/import/"+kind.System+"/"+kind.Name+"?"+q.Encode(), &counted{r: f, bar: b}, size)
	if err != nil {
		return res, err
	}
	defer resp.Body.Close()
	b.Next(lang.T("导入", "import"), size)
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e intake.Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			break
		}
		switch {
		case e.Type == "progress":
			b.Set(e.Bytes)
		case e.Line != nil:
			im.line(b, *e.Line)
		case e.Result != nil:
			if e.Omitted > 0 {
				im.sh.Printf("omitted lines=%d", e.Omitted)
			}
			return *e.Result, nil
		case e.Text != nil:
			return res, &errs.Error{Kind: errs.Invalid, Msg: *e.Text}
		}
	}
	return res, errs.Because(lines.Err(), errs.Unavailable, "平台的答复中断，不知文件是否已导入；请稍后查看或重试", "the platform's answer broke off; look whether the file was taken in, or try again")
}

// counted tells a bar how much of a reader was read.
type counted struct {
	r    io.Reader
	bar  *cli.Bar
	done int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.done += int64(n)
	c.bar.Set(c.done)
	return n, err
}

func (im *importing) line(b *cli.Bar, l intake.Line) {
	b.Clear()
	im.sh.Printf("line %d %s: %s / %s", l.Line, l.Level, l.Text.Zh, l.Text.En)
}

// sum prints what came of a file; refused is an error.
func (im *importing) sum(path string, res intake.Result) error {
	var counts []string
	for k, v := range res.Counts {
		counts = append(counts, fmt.Sprintf("%s=%d", k, v))
	}
	slices.Sort(counts)
	im.sh.Printf("result read=%d taken=%d refused=%d %s", res.Read, res.Taken, res.Refused, strings.Join(counts, " "))
	if res.Stopped != nil {
		return cli.WithCode(cli.ExitUsage, &errs.Error{Kind: errs.Invalid, Msg: lang.T(path+"：未导入，"+res.Stopped.Zh, path+": nothing was taken in: "+res.Stopped.En)})
	}
	if res.Refused > 0 {
		return cli.WithCode(cli.ExitUsage, errs.Say(errs.Invalid, "%s：%d 条记录被拒收，详见逐行报告", "%s: %d records were refused, see the report by line", path, res.Refused))
	}
	return nil
}

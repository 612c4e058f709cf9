package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/haihe-city/haihe/cmd/haihe/cli"
	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/casework"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/kernel/journal/tiles"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

func journalCommand() cli.Command {
	c := cli.Command{
		Name: "journal", Args: "verify | export [FILE | DIR/]", Says: lang.T("校验或导出审计日志", "verify or export the journal of official acts"),
		Details: lang.T("verify 逐条核对哈希链，并以日志核对各案卷，发现改动、缺失、移位、插入或截尾时逐处列出，退出码为 5。export 逐行输出 JSON，未给文件名则写到标准输出；给出目录则写出检查点、瓦片和条目，供 haihe verify 在别处核验。",
			"verify walks the hash chain, holds the timelines of the cases against it, and names every place that was changed, is missing, moved, inserted or cut off; its exit code is 5 then. export writes one JSON object a line, to the standard output where no file is named; to a folder it writes checkpoints, tiles and entries, which haihe verify checks elsewhere."),
	}
	c.Run = func(ctx context.Context, sh *cli.Shell, args []string) error {
		var s setup
		f := cli.NewFlags(c)
		s.dataFlags(f)
		words, err := f.Parse(sh, args)
		switch {
		case err != nil:
			return err
		case len(words) == 1 && words[0] == "verify":
			return s.withJournal(ctx, sh, func(db *store.DB, j *journal.Journal) error { return verifyJournal(ctx, sh, db, j) })
		case len(words) == 2 && words[0] == "export" && isFolder(words[1]):
			return s.withJournal(ctx, sh, func(db *store.DB, j *journal.Journal) error { return exportLog(ctx, sh, db, j, words[1]) })
		case len(words) >= 1 && len(words) <= 2 && words[0] == "export":
			return s.withJournal(ctx, sh, func(_ *store.DB, j *journal.Journal) error { return exportJournal(ctx, sh, j, words[1:]) })
		}
		return cli.Usage("请写 journal verify 或 journal export", "write journal verify or journal export")
	}
	return c
}

// withJournal opens the journal of data that nobody else has open.
func (s *setup) withJournal(ctx context.Context, sh *cli.Shell, fn func(*store.DB, *journal.Journal) error) error {
	conf, _, err := s.read()
	if err != nil {
		return err
	}
	db, err := openStore(ctx, sh, conf, newLog(sh, conf.Server))
	if err != nil {
		return err
	}
	j, err := openJournal(ctx, sh, db)
	if err == nil {
		err = fn(db, j)
	}
	return errors.Join(err, db.Close())
}

func openJournal(ctx context.Context, sh *cli.Shell, db *store.DB) (*journal.Journal, error) {
	j, err := journal.Open(ctx, db, sh.Now)
	return j, cli.WithCode(cli.ExitData, err)
}

func verifyJournal(ctx context.Context, sh *cli.Shell, db *store.DB, j *journal.Journal) error {
	bar := cli.NewBar(sh, lang.T("校验", "verify"), 0)
	report, err := j.Verify(ctx, bar.Set)
	bar.End()
	if err != nil {
		return cli.WithCode(cli.ExitData, err)
	}
	for _, fault := range report.Faults {
		t := fault.Text()
		sh.Printf("fault seq=%d to=%d what=%q %s / %s", fault.Seq, fault.To, fault.What, t.Zh, t.En)
	}
	sh.Printf("journal entries=%d seq=%d head=%s faults=%d", report.Entries, report.Seq, report.Head, len(report.Faults))
	cases := verifyCases(ctx, sh, db, j)
	if len(report.Faults) > 0 {
		return cli.WithCode(cli.ExitVerify, errs.Say(errs.Conflict, "审计日志共 %d 条，发现 %d 处不符，见上", "the journal has %d entries and is broken in %d places, listed above", report.Entries, len(report.Faults)))
	}
	if cases != nil {
		return cases
	}
	sh.Say("审计日志完整：%d 条", "the journal holds: %d entries", report.Entries)
	return nil
}

// verifyCases holds the timelines of the cases against the journal.
func verifyCases(ctx context.Context, sh *cli.Shell, db *store.DB, j *journal.Journal) error {
	lines, faults, err := casework.Verify(ctx, db, j)
	if err != nil {
		return cli.WithCode(cli.ExitData, err)
	}
	for _, f := range faults {
		sh.Printf("fault case=%s number=%s line=%d what=%q %s / %s", f.Case, f.Number, f.Seq, f.What, f.Said.Zh, f.Said.En)
	}
	sh.Printf("cases lines=%d faults=%d", lines, len(faults))
	if len(faults) > 0 {
		return cli.WithCode(cli.ExitVerify, errs.Say(errs.Conflict, "案卷共 %d 行，发现 %d 处不符，见上", "the timelines of the cases have %d lines and do not hold in %d places, listed above", lines, len(faults)))
	}
	return nil
}

func exportJournal(ctx context.Context, sh *cli.Shell, j *journal.Journal, file []string) error {
	var w io.Writer = sh.Out
	if len(file) == 1 {
		f, err := os.OpenFile(file[0], os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return cli.WithCode(cli.ExitData, errs.Because(err, errs.Unavailable, "文件 %s 建不了；请另选文件名", "the file %s cannot be made; choose another name", file[0]))
		}
		defer f.Close()
		w = f
	}
	n, err := j.Export(ctx, w, journal.Filter{})
	if err != nil {
		return cli.WithCode(cli.ExitData, err)
	}
	if len(file) == 1 {
		sh.Say("已导出 %d 条", "%d entries were exported", n)
	}
	return nil
}

// exportLog writes the signed log as files into an empty folder. It signs nothing: what was recorded after the newest checkpoint comes with the next.
func exportLog(ctx context.Context, sh *cli.Shell, db *store.DB, j *journal.Journal, dir string) error {
	logs, err := tiles.Open(ctx, db, sh.Now)
	if err != nil {
		return cli.WithCode(cli.ExitData, err)
	}
	origin, err := logs.Origin(ctx, "journal")
	if errs.Is(err, errs.NotFound) {
		return cli.WithCode(cli.ExitData, errs.Say(errs.NotFound, "审计日志尚未签署；请先运行平台", "the journal was not signed yet; run the platform first"))
	}
	if err != nil {
		return cli.WithCode(cli.ExitData, err)
	}
	log, err := logs.Log(ctx, tiles.Options{Name: "journal", Origin: origin})
	if err != nil {
		return cli.WithCode(cli.ExitData, err)
	}
	if list, err := os.ReadDir(dir); err == nil && len(list) > 0 {
		return cli.WithCode(cli.ExitData, errs.Say(errs.Conflict, "目录 %s 不是空的；请另选目录", "the folder %s is not empty; choose another one", dir))
	}
	bar := cli.NewBar(sh, lang.T("导出", "export"), 0)
	signed, err := tiles.Fold{Journal: j, Log: log}.Export(ctx, func(name string, data []byte) error {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		return os.WriteFile(path, data, 0o600)
	}, bar.Set)
	bar.End()
	if err != nil {
		return cli.WithCode(cli.ExitData, err)
	}
	sh.Say("已导出日志 %s 的 %d 条", "%[2]d entries of the log %[1]s were exported", origin, signed.Size)
	return nil
}

// isFolder tells whether a name is meant as a folder: it is one, or ends like one.
func isFolder(name string) bool {
	info, err := os.Stat(name)
	return strings.HasSuffix(name, "/") || err == nil && info.IsDir()
}

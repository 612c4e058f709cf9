package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"

	"github.com/haihe-city/haihe/cmd/haihe/cli"
	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
)

func backupCommand() cli.Command {
	c := cli.Command{
		Name: "backup", Args: "FILE (--data DIR | --dsn DSN | --server URL --token TOKEN)", Says: lang.T("备份全部数据到一个文件", "back everything up into one file"),
		Details: lang.T("平台运行时用 --server 在线备份（需要系统管理权限）；停机时用 --data。两种引擎的备份可以互相恢复。",
			"Use --server while the platform runs (the grant system.manage is needed), --data while it is stopped. A backup of one engine restores into the other."),
	}
	c.Run = func(ctx context.Context, sh *cli.Shell, args []string) error {
		var s setup
		var r remote
		f := cli.NewFlags(c)
		s.dataFlags(f)
		r.flags(f)
		words, err := f.Parse(sh, args)
		if err != nil {
			return err
		}
		if len(words) != 1 {
			return cli.Usage("请给出一个备份文件名", "name one file for the backup")
		}
		if r.server != "" {
			err = r.backup(ctx, words[0])
		} else {
			err = s.backup(ctx, sh, words[0])
		}
		if err != nil {
			return err
		}
		info, err := store.CheckBackup(words[0])
		if err != nil {
			return cli.WithCode(cli.ExitVerify, err)
		}
		sh.Say("已备份到 %s：%d 张表，%d 行", "backed up to %s: %d tables, %d rows", words[0], info.Tables, info.Rows)
		sh.Say("备份不含密钥保护文件：请把原来的 seal.key 放回（trust.seal_file 或数据目录），否则原有私钥不能用", "the seal file is not in the backup: put the old seal.key back (trust.seal_file, or the folder of the data), or the keys of before cannot be used")
		return nil
	}
	return c
}

// backup copies data that nobody else has open.
func (s *setup) backup(ctx context.Context, sh *cli.Shell, path string) error {
	conf, _, err := s.read()
	if err != nil {
		return err
	}
	db, err := openStore(ctx, sh, conf, newLog(sh, conf.Server))
	if err != nil {
		return err
	}
	return errors.Join(cli.WithCode(cli.ExitData, db.Backup(ctx, path)), db.Close())
}

// backup fetches a copy from a running platform; the file appears under its name only when it is whole.
func (r *remote) backup(ctx context.Context, path string) error {
	if _, err := os.Lstat(path); err == nil {
		return cli.WithCode(cli.ExitData, errs.Say(errs.Conflict, "备份文件 %s 已存在；请另选文件名", "the backup file %s exists already; choose another name", path))
	}
	resp, err := r.do(ctx, http.MethodGet, "/api/backup", nil, 0)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	part := path + ".part"
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err == nil {
		_, err = io.Copy(f, resp.Body)
		err = errors.Join(err, f.Sync(), f.Close())
	}
	if err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		_ = os.Remove(part)
		return cli.WithCode(cli.ExitData, errs.Because(err, errs.Unavailable, "备份文件 %s 未能写完；请检查磁盘和网络", "the backup file %s could not be written; check the disk and the network", path))
	}
	return nil
}

func restoreCommand() cli.Command {
	c := cli.Command{
		Name: "restore", Args: "FILE (--data DIR | --dsn DSN)", Says: lang.T("把备份恢复到空的数据目录或数据库", "restore a backup into an empty data folder or database"),
	}
	c.Run = func(ctx context.Context, sh *cli.Shell, args []string) error {
		var s setup
		f := cli.NewFlags(c)
		s.dataFlags(f)
		words, err := f.Parse(sh, args)
		if err != nil {
			return err
		}
		if len(words) != 1 {
			return cli.Usage("请给出一个备份文件", "name one backup file")
		}
		conf, _, err := s.read()
		if err != nil {
			return err
		}
		db, err := openStore(ctx, sh, conf, newLog(sh, conf.Server))
		if err != nil {
			return err
		}
		info, err := db.Restore(ctx, words[0])
		if err = errors.Join(err, db.Close()); err != nil {
			return cli.WithCode(cli.ExitData, err)
		}
		sh.Say("已恢复 %s（%s，%s）：%d 张表，%d 行", "restored %s (%s, %s): %d tables, %d rows", words[0], info.Engine, info.At.Format("2006-01-02 15:04:05 MST"), info.Tables, info.Rows)
		sh.Say("备份不含密钥保护文件：请把原来的 seal.key 放回（trust.seal_file 或数据目录），否则原有私钥不能用", "the seal file is not in the backup: put the old seal.key back (trust.seal_file, or the folder of the data), or the keys of before cannot be used")
		return nil
	}
	return c
}

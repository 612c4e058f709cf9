package main

import (
	"context"
	"errors"

	"github.com/haihe-city/haihe/cmd/haihe/cli"
	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
)

func userCommand() cli.Command {
	c := cli.Command{
		Name: "user", Args: "reset-password LOGIN (--data DIR | --dsn DSN)", Says: lang.T("停机重设一人口令", "reset a person's password while the platform is stopped"),
		Details: lang.T("打印一次性口令，首次登录后须更改。此操作记入审计日志。", "Prints a one-time password that must be changed at the next login. The act is journalled."),
	}
	c.Run = func(ctx context.Context, sh *cli.Shell, args []string) error {
		var s setup
		f := cli.NewFlags(c)
		s.dataFlags(f)
		words, err := f.Parse(sh, args)
		if err != nil {
			return err
		}
		if len(words) != 2 || words[0] != "reset-password" {
			return cli.Usage("请写 user reset-password 登录名", "write user reset-password LOGIN")
		}
		s.preset = silent
		conf, list, err := s.read()
		if err != nil {
			return err
		}
		city, err := openCity(ctx, sh, conf, list, lang.Text{})
		if err != nil {
			return err
		}
		defer city.close()
		return errors.Join(resetPassword(ctx, sh, city.People, words[1]), city.Close(ctx))
	}
	return c
}

func resetPassword(ctx context.Context, sh *cli.Shell, people *identity.Service, login string) error {
	by := identity.System("identity")
	found, _, err := people.People(ctx, by, identity.PeopleQuery{Search: login, Limit: 100})
	if err != nil {
		return err
	}
	for _, p := range found {
		if p.Login != login {
			continue
		}
		password, err := people.ResetPassword(ctx, by, p.ID)
		if err != nil {
			return err
		}
		sh.Printf("account login=%s password=%s", login, password)
		return nil
	}
	return cli.WithCode(cli.ExitUsage, errs.Say(errs.NotFound, "没有登录名为“%s”的人员", "there is nobody whose login is %q", login))
}

package main

import (
	"context"

	"github.com/haihe-city/haihe/cmd/haihe/cli"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems"
)

func configCommand() cli.Command {
	c := cli.Command{
		Name: "config", Args: "[--check FILE]", Says: lang.T("打印带说明的配置样例，或检查一个配置文件", "print a documented sample of the configuration, or check a file"),
	}
	c.Run = func(_ context.Context, sh *cli.Shell, args []string) error {
		f := cli.NewFlags(c)
		file := f.String("check", "", "检查此文件 / check this file")
		if err := f.None(sh, args); err != nil {
			return err
		}
		if *file == "" {
			return host.Sample(sh.Out, systems.All())
		}
		s := setup{config: *file}
		if _, _, err := s.read(); err != nil {
			return err
		}
		sh.Say("配置文件 %s 无误", "%s is fine", *file)
		return nil
	}
	return c
}

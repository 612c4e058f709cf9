package main

import (
	"context"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems"
)

func configCommand() command {
	c := command{
		name: "config", args: "[--check FILE]", says: lang.T("打印带说明的配置样例，或检查一个配置文件", "print a documented sample of the configuration, or check a file"),
	}
	c.run = func(_ context.Context, sh *shell, args []string) error {
		f := newFlags(c)
		file := f.String("check", "", "检查此文件 / check this file")
		if err := f.none(sh, args); err != nil {
			return err
		}
		if *file == "" {
			return host.Sample(sh.out, systems.All())
		}
		s := setup{config: *file}
		if _, _, err := s.read(); err != nil {
			return err
		}
		sh.say("配置文件 %s 无误", "%s is fine", *file)
		return nil
	}
	return c
}

package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/haihe-city/haihe/cmd/haihe/cli"
	"github.com/haihe-city/haihe/lang"
)

func helpCommand() cli.Command {
	c := cli.Command{Name: "help", Args: "[COMMAND]", Says: lang.T("显示用法", "show how the program is used")}
	c.Run = func(ctx context.Context, sh *cli.Shell, args []string) error {
		words, err := cli.NewFlags(c).Parse(sh, args)
		if err != nil {
			return err
		}
		if len(words) == 0 {
			printHelp(sh.Out)
			return nil
		}
		for _, other := range commands() {
			if other.Name == words[0] {
				return other.Run(ctx, sh, []string{"--help"})
			}
		}
		return cli.Usage("没有子命令“%s”", "there is no command %q", words[0])
	}
	return c
}

func printHelp(w io.Writer) {
	var b strings.Builder
	b.WriteString("海河：城市信息服务平台 / Haihe: a city's information-service platform\n\n用法 / usage: haihe COMMAND [FLAGS]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "  %-9s %s / %s\n", c.Name, c.Says.Zh, c.Says.En)
	}
	b.WriteString("\n子命令的用法 / how one is used: haihe help COMMAND\n")
	b.WriteString("退出码 / exit codes: 0 完成 done, 1 程序出错 failure, 2 用法或配置有误 usage or configuration, 3 端口 port, 4 数据 data, 5 校验未通过 verification\n")
	_, _ = io.WriteString(w, b.String())
}

func versionCommand() cli.Command {
	c := cli.Command{Name: "version", Says: lang.T("显示版本", "show the version")}
	c.Run = func(_ context.Context, sh *cli.Shell, args []string) error {
		if err := cli.NewFlags(c).None(sh, args); err != nil {
			return err
		}
		sh.Printf("haihe %s %s %s/%s", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return nil
	}
	return c
}

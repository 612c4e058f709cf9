package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
)

func helpCommand() command {
	c := command{name: "help", args: "[COMMAND]", says: lang.T("显示用法", "show how the program is used")}
	c.run = func(ctx context.Context, sh *shell, args []string) error {
		words, err := newFlags(c).parse(sh, args)
		if err != nil {
			return err
		}
		if len(words) == 0 {
			printHelp(sh.out)
			return nil
		}
		for _, other := range commands() {
			if other.name == words[0] {
				return other.run(ctx, sh, []string{"--help"})
			}
		}
		return usage("没有子命令“%s”", "there is no command %q", words[0])
	}
	return c
}

func printHelp(w io.Writer) {
	var b strings.Builder
	b.WriteString("海河：城市信息服务平台 / Haihe: a city's information-service platform\n\n用法 / usage: haihe COMMAND [FLAGS]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "  %-9s %s / %s\n", c.name, c.says.Zh, c.says.En)
	}
	b.WriteString("\n子命令的用法 / how one is used: haihe help COMMAND\n")
	b.WriteString("退出码 / exit codes: 0 完成 done, 1 程序出错 failure, 2 用法或配置有误 usage or configuration, 3 端口 port, 4 数据 data, 5 校验未通过 verification\n")
	_, _ = io.WriteString(w, b.String())
}

func versionCommand() command {
	c := command{name: "version", says: lang.T("显示版本", "show the version")}
	c.run = func(_ context.Context, sh *shell, args []string) error {
		if err := newFlags(c).none(sh, args); err != nil {
			return err
		}
		sh.printf("haihe %s %s %s/%s", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return nil
	}
	return c
}

// flags are a command's flags; doc is bilingual, "中文 / English".
type flags struct {
	*flag.FlagSet
	of command
}

func newFlags(c command) *flags {
	f := &flags{flag.NewFlagSet(c.name, flag.ContinueOnError), c}
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	return f
}

// parse reads the flags, which may stand before and after other words, and gives the other words.
func (f *flags) parse(sh *shell, args []string) (words []string, err error) {
	for {
		err := f.Parse(args)
		switch {
		case err == flag.ErrHelp:
			f.print(sh.out)
			return nil, errHelp
		case err != nil:
			return nil, withCode(exitUsage, errs.Because(err, errs.Invalid, "参数有误（%s）；用法见 haihe help %s", "wrong flags (%s); see haihe help %s", err.Error(), f.of.name))
		}
		rest := f.Args()
		if len(rest) == 0 {
			return words, nil
		}
		words, args = append(words, rest[0]), rest[1:]
	}
}

// none refuses words where a command takes none.
func (f *flags) none(sh *shell, args []string) error {
	words, err := f.parse(sh, args)
	if err == nil && len(words) > 0 {
		return usage("不需要参数“%s”；用法见 haihe help %s", "there is no use for %q; see haihe help %s", words[0], f.of.name)
	}
	return err
}

func (f *flags) print(w io.Writer) {
	fmt.Fprintf(w, "haihe %s %s\n%s / %s\n", f.of.name, f.of.args, f.of.says.Zh, f.of.says.En)
	if !f.of.details.Empty() {
		fmt.Fprintf(w, "\n%s\n%s\n", f.of.details.Zh, f.of.details.En)
	}
	fmt.Fprintln(w)
	f.VisitAll(func(fl *flag.Flag) {
		def := ""
		if fl.DefValue != "" && fl.DefValue != "false" {
			def = " [" + fl.DefValue + "]"
		}
		fmt.Fprintf(w, "  --%-12s %s%s\n", fl.Name, fl.Usage, def)
	})
}

package main

import (
	"context"
	"errors"
	"net"

	"github.com/haihe-city/haihe/cmd/haihe/cli"
	"github.com/haihe-city/haihe/lang"
)

func serveCommand() cli.Command {
	c := cli.Command{
		Name: "serve", Args: "[--config FILE] [--listen ADDR] [--data DIR] [--store ENGINE --dsn DSN]",
		Says: lang.T("运行平台", "run the platform"),
		Details: lang.T("命令行参数优先于配置文件。SIGTERM 或 Ctrl-C 平稳停机，再次发出则立即退出。",
			"Flags go before the configuration file. SIGTERM or Ctrl-C stops gracefully; a second one at once."),
	}
	c.Run = func(ctx context.Context, sh *cli.Shell, args []string) error {
		var s setup
		f := cli.NewFlags(c)
		s.dataFlags(f)
		f.StringVar(&s.listen, "listen", "", "监听地址 / address to listen on")
		if err := f.None(sh, args); err != nil {
			return err
		}
		conf, list, err := s.read()
		if err != nil {
			return err
		}
		ln, err := listen(conf.Server.Listen)
		if err != nil {
			return err
		}
		defer ln.Close()
		city, err := openCity(ctx, sh, conf, list, lang.Text{})
		if err != nil {
			return err
		}
		defer city.close()
		if err := firstAccounts(ctx, sh, city); err != nil {
			return errors.Join(err, city.Close(ctx))
		}
		sh.Printf("address %s", address(ln, conf.Server.Certificate != ""))
		return city.Serve(ctx, ln)
	}
	return c
}

// firstAccounts makes the three administrators when there is nobody at all and prints their one-time passwords, this once.
func firstAccounts(ctx context.Context, sh *cli.Shell, city *city) error {
	list, err := city.People.Bootstrap(ctx)
	if err != nil {
		return cli.WithCode(cli.ExitData, err)
	}
	for _, a := range list {
		sh.Printf("account login=%s password=%s role=%s unit=%s", a.Login, a.Password, a.Roles[0], a.Unit)
	}
	if len(list) > 0 {
		sh.Say("以上一次性口令只显示这一次，首次登录须更改", "these one-time passwords are shown only now and are to be changed at the first login")
	}
	return nil
}

// address is how a browser on this machine reaches a listener.
func address(ln net.Listener, secure bool) string {
	scheme := "http"
	if secure {
		scheme = "https"
	}
	host, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		return scheme + "://" + ln.Addr().String() + "/"
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return scheme + "://" + net.JoinHostPort(host, port) + "/"
}

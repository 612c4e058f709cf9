package main

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/haihe-city/haihe/cmd/haihe/cli"
	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
)

func demoCommand() cli.Command {
	c := cli.Command{
		Name: "demo", Args: "[--listen ADDR] [--data DIR] [--meters N] [--no-simulate]",
		Says: lang.T("演示：启动平台并模拟一座小城市", "demo: run the platform with a small simulated city"),
		Details: lang.T("未给 --data 时用临时目录，退出即删除。方案时间从 2015-11-20 09:30 开始。每行输出都可由程序读取：address、account、token=。",
			"Without --data a temporary folder is used and removed at the end. The plan's clock starts at 2015-11-20 09:30. Programs can read the lines: address, account, token=."),
	}
	c.Run = func(ctx context.Context, sh *cli.Shell, args []string) error {
		s := setup{preset: demoPreset}
		f := cli.NewFlags(c)
		s.dataFlags(f)
		f.StringVar(&s.listen, "listen", "127.0.0.1:8080", "监听地址，端口 0 为任选 / address to listen on, port 0 takes any")
		d := demo{sh: sh}
		f.IntVar(&d.meters, "meters", 20_000, "模拟电表数 / simulated meters")
		f.IntVar(&d.plants, "plants", 120, "模拟的危险企业数，0 为不模拟 / simulated dangerous plants, 0 for none")
		f.BoolVar(&d.quiet, "no-simulate", false, "不模拟电表和企业 / simulate neither meters nor plants")
		f.StringVar(&d.password, "password", "", "所有演示账户的口令，留空则各自随机 / password of all accounts, random where empty")
		if err := f.None(sh, args); err != nil {
			return err
		}
		if d.meters < 1 || d.meters > 1_000_000 {
			return cli.Usage("--meters 应在 1 至 1000000 之间", "--meters is to be between 1 and 1000000")
		}
		if d.plants != 0 && (d.plants < 40 || d.plants > 10_000) {
			return cli.Usage("--plants 应为 0 或 40 至 10000", "--plants is to be 0, or between 40 and 10000")
		}
		return d.run(ctx, &s)
	}
	return c
}

// demo is one run of the demonstration.
type demo struct {
	sh       *cli.Shell
	meters   int
	plants   int
	quiet    bool
	password string
}

func (d *demo) run(ctx context.Context, s *setup) error {
	if s.data == "" {
		dir, err := os.MkdirTemp("", "haihe-demo-")
		if err != nil {
			return cli.WithCode(cli.ExitData, errs.Because(err, errs.Unavailable, "建不了临时目录；请用 --data 指定数据目录", "a temporary folder cannot be made; name a folder with --data"))
		}
		defer os.RemoveAll(dir)
		s.data = dir
	}
	conf, _, err := s.read()
	if err != nil {
		return err
	}
	ln, err := listen(conf.Server.Listen)
	if err != nil {
		return err
	}
	defer ln.Close()
	conf, list, err := s.readAt(address(ln, conf.Server.Certificate != ""))
	if err != nil {
		return err
	}
	d.sh.Printf("data %s", s.data)
	city, err := openCity(ctx, d.sh, conf, list, lang.T("演示环境，数据为模拟生成", "Demonstration: the data are simulated"))
	if err != nil {
		return err
	}
	defer city.close()
	if err := d.accounts(ctx, city); err != nil {
		return errors.Join(err, city.Close(ctx))
	}
	if mqtt := city.Listening()["city/mqtt"]; mqtt != "" {
		d.sh.Printf("mqtt %s", mqtt)
	}
	d.sh.Printf("address %s", address(ln, conf.Server.Certificate != ""))
	return d.serve(ctx, city, func(ctx context.Context) error { return city.Serve(ctx, ln) })
}

// serve runs the platform and the simulated city beside it until ctx ends. A simulation that fails is said and ends alone.
func (d *demo) serve(ctx context.Context, of *city, serve func(context.Context) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	beside := func(simulate func(context.Context, *cli.Shell, *city, int) error, n int) {
		wg.Go(func() {
			if err := simulate(ctx, d.sh, of, n); err != nil && ctx.Err() == nil {
				d.sh.Report(errs.Wrap("simulate", err))
			}
		})
	}
	if !d.quiet {
		beside(simulateCity, d.meters)
	}
	if !d.quiet && d.plants > 0 {
		beside(simulatePlants, d.plants)
	}
	err := serve(ctx)
	stop()
	wg.Wait()
	return err
}

// accounts makes the ready-made accounts and a token and prints them.
func (d *demo) accounts(ctx context.Context, city *city) error {
	list, err := city.People.Demo(ctx, d.password)
	if err != nil {
		return cli.WithCode(cli.ExitData, err)
	}
	for _, a := range list {
		for _, role := range a.Roles {
			d.sh.Printf("account login=%s password=%s role=%s unit=%s", a.Login, a.Password, role, a.Unit)
		}
	}
	token, err := city.People.IssueToken(ctx, identity.System("identity"), "demo "+d.sh.Now().UTC().Format(time.DateTime), "power",
		[]string{identity.RoleOfficer, identity.RoleOperator}, time.Time{})
	if err != nil {
		return err
	}
	d.sh.Printf("token=%s", token)
	return nil
}

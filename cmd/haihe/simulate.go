package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/haihe-city/haihe/cmd/haihe/cli"
	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/simulate/grid"
)

func simulateCommand() cli.Command {
	c := cli.Command{
		Name: "simulate", Args: "safety … | grid [judge --truth FILE] (--server URL --token TOKEN | --dlt698 ADDR --dlt645 ADDR --qgdw1376 ADDR --dlms ADDR | --archive FILE)",
		Says: lang.T("模拟集中器与电表，或危险企业，以真实报文接入", "simulate concentrators and meters, or dangerous plants, on real frames"),
		Details: lang.T("企业监测的用法见 haihe simulate safety --help。给出 --server 时自动导入档案，并取得接入地址和方案时间。--archive 只写出电表档案。grid judge 以真值文件核对平台的结论，未达标时退出码为 5。",
			"For the plants see haihe simulate safety --help. With --server the archive is imported, and the addresses and the plan's time are asked for. --archive only writes the archive of the meters. grid judge holds what the platform found against the truth file; below the bar the exit code is 5. 故障种类 / kinds of fault: "+faultNames()),
	}
	c.Run = func(ctx context.Context, sh *cli.Shell, args []string) error {
		if len(args) > 0 && args[0] == "safety" {
			return safetyCommand().Run(ctx, sh, args[1:])
		}
		var r remote
		o := grid.Options{}
		f := cli.NewFlags(c)
		r.flags(f)
		f.StringVar(&o.Feeds.DLT698, "dlt698", "", "DL/T 698.45 接入地址 / address of the DL/T 698.45 feed")
		f.StringVar(&o.Feeds.DLT645, "dlt645", "", "DL/T 645 接入地址 / address of the DL/T 645 feed")
		f.StringVar(&o.Feeds.QGDW1376, "qgdw1376", "", "Q/GDW 1376.1 接入地址 / address of the Q/GDW 1376.1 feed")
		f.StringVar(&o.Feeds.DLMS, "dlms", "", "DLMS 接入地址 / address of the DLMS feed")
		f.Float64Var(&o.Share1376, "share-qgdw1376", 0, "使用 Q/GDW 1376.1 的终端比例 / share of stations that speak Q/GDW 1376.1")
		f.Float64Var(&o.ShareDLMS, "share-dlms", 0, "使用 DLMS 的网关比例 / share of stations that speak DLMS")
		f.IntVar(&o.Meters, "meters", 20_000, "电表数 / meters")
		f.Uint64Var(&o.Seed, "seed", 1, "随机种子，种子相同则城市相同 / seed; the same seed makes the same city")
		f.IntVar(&o.HoldBack, "hold-back", 0, "暂不上报、等待补抄的电表数 / meters that are kept back until they are asked for")
		f.IntVar(&o.Outages, "outages", 0, "当日停电并分两段恢复的线路数 / feeders that go dark today and come back in two stages")
		archive := f.String("archive", "", "把电表档案写到此文件，不接入 / write the archive to this file and do not connect")
		f.IntVar(&o.Back, "days-back", 0, "当日数据报完后补报此前几天 / days before today that are reported once today is")
		truth := f.String("truth", "", "把所造故障逐行写到此文件；judge 时从中读取 / write the faults that are made to this file; judge reads it")
		faults := f.String("faults", defaultFaults, "各类故障的比例，如 spike=0.001,theft-share=0.01；none 为无故障 / share of each kind of fault; none for no fault")
		var bar bars
		f.Float64Var(&bar.recall, "recall", 0.95, "judge：查出率下限 / judge: least recall")
		f.Float64Var(&bar.alarms, "alarms", 0.005, "judge：误报率上限 / judge: most false alarms, a share of clean meter-days")
		words, err := f.Parse(sh, args)
		if err != nil {
			return err
		}
		if len(words) == 2 && words[0] == "grid" && words[1] == "judge" {
			return judgeTruth(ctx, sh, &r, *truth, bar)
		}
		if len(words) != 1 || words[0] != "grid" {
			return cli.Usage("可模拟的系统：grid、safety；核对真值用 grid judge、safety judge", "what can be simulated: grid and safety; grid judge and safety judge hold the truth against a platform")
		}
		if o.Faults, err = mixOf(*faults, o.Back+1); err != nil {
			return err
		}
		return truthFile(*truth, func(file *os.File) error {
			if file != nil {
				o.Truth = file
			}
			return runSimulation(ctx, sh, &r, o, *archive)
		})
	}
	return c
}

func runSimulation(ctx context.Context, sh *cli.Shell, r *remote, o grid.Options, archive string) error {
	var err error
	if o.Clock, err = r.clockOf(ctx, sh, func(listening map[string]string) error { return aim(&o, listening) }); err != nil {
		return err
	}
	o.From = midnight(o.Clock())
	o.Progress = simulationLine(sh)
	city, err := grid.NewCity(o)
	if err != nil {
		return cli.WithCode(cli.ExitUsage, err)
	}
	switch {
	case archive != "":
		return newFile(archive, func(f *os.File) error { return city.WriteArchive(f) })
	case r.server != "":
		if err := r.sendArchive(ctx, city); err != nil {
			return err
		}
	case o.Feeds.DLT698 == "" && o.Feeds.DLT645 == "" && o.Feeds.QGDW1376 == "" && o.Feeds.DLMS == "":
		return cli.Usage("请用 --server 指明平台，或用 --dlt698、--dlt645、--qgdw1376、--dlms 指明接入地址", "say --server for the platform, or --dlt698, --dlt645, --qgdw1376 and --dlms for the feeds")
	}
	if err := city.Run(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// look asks a running platform what time it is there, and where its feeds listen, by system and feed.
func (r *remote) look(ctx context.Context) (now time.Time, listening map[string]string, err error) {
	resp, err := r.do(ctx, http.MethodGet, "/healthz", nil, 0)
	if err != nil {
		return now, nil, err
	}
	var health struct{ Time time.Time }
	err = json.NewDecoder(resp.Body).Decode(&health)
	resp.Body.Close()
	if err != nil {
		return now, nil, errs.As(errs.Unavailable, "read the platform's time", err)
	}
	if resp, err = r.do(ctx, http.MethodGet, "/api/systems", nil, 0); err != nil {
		return now, nil, err
	}
	defer resp.Body.Close()
	var list struct {
		Systems []struct {
			System string
			Feeds  []host.Feed
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		return now, nil, errs.As(errs.Unavailable, "read where the feeds listen", err)
	}
	listening = map[string]string{}
	for _, s := range list.Systems {
		for _, f := range s.Feeds {
			listening[s.System+"/"+f.Name] = f.Addr
		}
	}
	return health.Time, listening, nil
}

// aim points the simulation at the head-end's ports.
func aim(o *grid.Options, listening map[string]string) error {
	o.Feeds.DLT698, o.Feeds.DLT645 = listening["grid/dlt698"], listening["grid/dlt645"]
	o.Feeds.QGDW1376, o.Feeds.DLMS = listening["grid/qgdw1376"], listening["grid/dlms"]
	if o.Feeds.DLT698 == "" && o.Feeds.DLT645 == "" && o.Feeds.QGDW1376 == "" && o.Feeds.DLMS == "" {
		return errs.Say(errs.Unavailable, "智能电网的接入端口没有开启，无法模拟", "the smart grid's feeds do not listen, there is nothing to simulate against")
	}
	return nil
}

// midnight is the beginning of a day in China. The simulation reports from there on: the morning is caught up with in moments,
// and what was reported before is reported again, which changes nothing.
func midnight(t time.Time) time.Time {
	t = t.In(grid.China())
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, grid.China())
}

// simulationLine prints a line now and then that a program can read.
func simulationLine(sh *cli.Shell) func(grid.Stats) {
	var last time.Time
	return func(s grid.Stats) {
		if now := sh.Now(); now.Sub(last) >= 10*time.Second {
			last = now
			sh.Printf("simulate stations=%d connected=%d readings=%d acknowledged=%d behind=%d faults=%d", s.Stations, s.Connected, s.Rows, s.RowsAcked, s.Behind, s.Faults)
		}
	}
}

// simulateCity drives the demo's city against the program itself, over TCP like anybody else.
func simulateCity(ctx context.Context, sh *cli.Shell, city *city, meters int) error {
	faults, err := mixOf(defaultFaults, 2)
	if err != nil {
		return err
	}
	o := grid.Options{Meters: meters, Share1376: 0.03, ShareDLMS: 0.06, Clock: city.Now, Faults: faults, Outages: 1, Back: 1}
	if err := aim(&o, city.Listening()); err != nil {
		return err
	}
	o.From = midnight(city.Now())
	caughtUp := make(chan struct{})
	o.Progress = whenCaughtUp(simulationLine(sh), func() { close(caughtUp) })
	simulated, err := grid.NewCity(o)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := simulated.WriteArchive(&b); err != nil {
		return err
	}
	home := firstHome(b.String())
	take := func(kind string, body *bytes.Buffer) error { return city.take(ctx, "grid", kind, body) }
	if err := take("archive", &b); err != nil {
		return err
	}
	if home != "" { // the demo's customer lives there
		if err := take("bindings", bytes.NewBufferString("login,address\ncustomer,"+home+"\n")); err != nil {
			return err
		}
		sh.Printf("customer login=customer meter=%s", home)
	}
	sh.Printf("simulate meters=%d", simulated.Len())
	var supplying sync.WaitGroup
	defer supplying.Wait()
	supplying.Go(func() {
		select {
		case <-ctx.Done():
			return
		case <-caughtUp:
		}
		var supplies bytes.Buffer
		err := simulated.WriteSupplies(&supplies, o.From.AddDate(0, 0, -1), 1)
		if err == nil {
			err = take("supply", &supplies)
		}
		if err != nil && ctx.Err() == nil {
			sh.Report(errs.Wrap("import the supplies", err))
		}
	})
	return simulated.Run(ctx)
}

// firstHome is the number of an archive's first residential meter; "" where it has none.
func firstHome(archive string) string {
	for line := range strings.Lines(archive) {
		if address, rest, ok := strings.Cut(line, ","); ok && strings.Contains(rest, ",residential,") {
			return address
		}
	}
	return ""
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/haihe-city/haihe/cmd/haihe/cli"
	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host/intake"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/simulate/safety"
	"github.com/haihe-city/haihe/simulate/safety/fault"
	"github.com/haihe-city/haihe/simulate/safety/judge"
	"github.com/haihe-city/haihe/simulate/safety/site"
)

// defaultIncidents is what goes wrong at simulated plants where nobody says otherwise: calm on the whole, and a little of every kind.
const defaultIncidents = "leak=2,drift=3,stuck=3,chatter=1,silence=5,bad=4,garbled=6,process=4,fire=1"

// safetyCommand is `haihe simulate safety`.
func safetyCommand() cli.Command {
	c := cli.Command{
		Name: "simulate safety", Args: "[judge --truth FILE] (--server URL --token TOKEN | --hj212 ADDR --mqtt ADDR --gbt26875 ADDR | --register DIR)",
		Says: lang.T("模拟危险化学品、冶金和烟花爆竹企业，以真实报文接入", "simulate chemical plants, metallurgy plants and fireworks stores on real frames"),
		Details: lang.T("给出 --server 时自动导入企业台账，并取得接入地址和方案时间。--register 只写出台账文件。safety judge 以真值文件核对平台的告警，有漏报时退出码为 5。",
			"With --server the register is imported, and the addresses and the plan's time are asked for. --register only writes the register's files. safety judge holds the platform's alarms against the truth file; where one is missing the exit code is 5. 异常种类 / kinds of fault: "+incidentNames()),
	}
	c.Run = func(ctx context.Context, sh *cli.Shell, args []string) error {
		var r remote
		var o safety.Options
		f := cli.NewFlags(c)
		r.flags(f)
		f.StringVar(&o.Feeds.HJ212, "hj212", "", "HJ 212 接入地址 / address of the HJ 212 feed")
		f.StringVar(&o.Feeds.MQTT, "mqtt", "", "MQTT 接入地址 / address of the MQTT feed")
		f.StringVar(&o.Feeds.Panel, "gbt26875", "", "GB/T 26875.3 接入地址 / address of the GB/T 26875.3 feed")
		f.StringVar(&o.Feeds.Polled, "polled", "127.0.0.1:15020", "Modbus 企业监听的首个地址，其后逐一加 1 / where the first Modbus plant listens; the others follow, one port each")
		f.IntVar(&o.Layout.Plants, "plants", site.City, "企业数 / plants")
		f.Uint64Var(&o.Layout.Seed, "seed", 1, "随机种子，种子相同则企业相同 / seed; the same seed makes the same plants")
		f.Float64Var(&o.Layout.ShareModbus, "share-modbus", 0.02, "Modbus 企业比例 / share of plants that are polled by Modbus")
		f.Float64Var(&o.Layout.ShareMQTT, "share-mqtt", 0.05, "MQTT 企业比例 / share of plants that publish over MQTT")
		f.Float64Var(&o.Layout.SharePanel, "share-gbt26875", 0.002, "仅接入火灾报警控制器的企业比例 / share of plants of which only the fire panel is connected")
		f.DurationVar(&o.Every, "every", 10*time.Second, "上报周期 / time between readings")
		f.DurationVar(&o.Back, "back", 0, "先补报此前多久的数据 / readings of so long before are sent first")
		f.DurationVar(&o.Over, "over", time.Hour, "异常在此时长内发生 / time in which the faults happen")
		f.DurationVar(&o.Cut, "cut", 2*time.Minute, "失联时长 / how long a silence lasts")
		f.IntVar(&o.Flood, "flood-size", 1000, "一次泛滥的告警数 / alarms of one flood")
		register := f.String("register", "", "把台账文件写到此目录，不接入 / write the register's files to this folder and do not connect")
		truth := f.String("truth", "", "把所造异常逐行写到此文件；judge 时从中读取 / write the faults that are made to this file; judge reads it")
		faults := f.String("faults", defaultIncidents, "各类异常的数量，如 leak=2,flood=1；none 为无异常 / how many faults of each kind; none for no fault")
		words, err := f.Parse(sh, args)
		if err != nil {
			return err
		}
		if len(words) == 1 && words[0] == "judge" {
			return judgeIncidents(ctx, sh, &r, *truth)
		}
		if len(words) != 0 {
			return cli.Usage("不需要参数“%s”；用法见 haihe simulate safety --help", "there is no use for %q; see haihe simulate safety --help", words[0])
		}
		if o.Faults, err = fault.Parse(*faults); err != nil {
			return cli.WithCode(cli.ExitUsage, err)
		}
		o.Fit = *faults == defaultIncidents // few plants have room for fewer of them
		return truthFile(*truth, func(file *os.File) error {
			if file != nil {
				o.Truth = file
			}
			return runPlants(ctx, sh, &r, o, *register)
		})
	}
	return c
}

func incidentNames() string {
	var out []string
	for _, k := range fault.Kinds() {
		out = append(out, string(k)+" "+k.Text().Zh)
	}
	return strings.Join(out, ", ")
}

func runPlants(ctx context.Context, sh *cli.Shell, r *remote, o safety.Options, register string) error {
	var err error
	if o.Clock, err = r.clockOf(ctx, sh, func(listening map[string]string) error { return aimPlants(&o, listening) }); err != nil {
		return err
	}
	o.Tell = plantLine(sh)
	city, err := safety.NewCity(o)
	if err != nil {
		return cli.WithCode(cli.ExitUsage, err)
	}
	switch {
	case register != "":
		return writeRegister(register, city)
	case r.server != "":
		if err := city.Listen(); err != nil {
			return err
		}
		if err := r.sendRegister(ctx, city); err != nil {
			return err
		}
	case o.Feeds.HJ212 == "" && o.Feeds.MQTT == "" && o.Feeds.Panel == "":
		return cli.Usage("请用 --server 指明平台，或用 --hj212、--mqtt、--gbt26875 指明接入地址", "say --server for the platform, or --hj212, --mqtt and --gbt26875 for the feeds")
	}
	return city.Run(ctx)
}

// aimPlants points the simulation at the room's feeds.
func aimPlants(o *safety.Options, listening map[string]string) error {
	o.Feeds.HJ212, o.Feeds.MQTT, o.Feeds.Panel = listening["safety/hj212"], listening["safety/mqtt"], listening["safety/gbt26875"]
	if o.Feeds.HJ212 == "" && o.Feeds.MQTT == "" && o.Feeds.Panel == "" {
		return errs.Say(errs.Unavailable, "安全生产监控的接入端口没有开启，无法模拟", "the feeds of work safety do not listen, there is nothing to simulate against")
	}
	return nil
}

// writeRegister writes the register's files into a folder.
func writeRegister(dir string, city *safety.City) error {
	for _, kind := range safety.Files() {
		if err := newFile(filepath.Join(dir, kind+".csv"), func(f *os.File) error { return city.WriteRegister(kind, f) }); err != nil {
			return err
		}
	}
	return nil
}

// sendRegister imports the register into a running platform.
func (r *remote) sendRegister(ctx context.Context, city *safety.City) error {
	for _, kind := range safety.Files() {
		var b bytes.Buffer
		if err := city.WriteRegister(kind, &b); err != nil {
			return err
		}
		resp, err := r.do(ctx, http.MethodPost, "/api/import/safety/"+kind+"?file="+kind+".csv", &b, int64(b.Len()))
		if err != nil {
			return err
		}
		err = stopped(resp.Body)
		resp.Body.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// stopped reads what an import says, line by line, and gives the reason where it took nothing.
func stopped(body io.Reader) error {
	for lines := json.NewDecoder(body); ; {
		var event intake.Event
		err := lines.Decode(&event)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return errs.As(errs.Unavailable, "read what the import said", err)
		case event.Result != nil && event.Result.Stopped != nil:
			return &errs.Error{Kind: errs.Invalid, Msg: *event.Result.Stopped}
		}
	}
}

// plantLine prints a line now and then that a program can read.
func plantLine(sh *cli.Shell) func(safety.Stats) {
	var last time.Time
	return func(s safety.Stats) {
		if now := sh.Now(); now.Sub(last) >= 10*time.Second {
			last = now
			sh.Printf("simulate plants=%d connected=%d readings=%d acknowledged=%d polls=%d behind=%d faults=%d", s.Plants, s.Connected, s.Readings, s.Received, s.Polls, s.Behind, s.Faults)
		}
	}
}

// demoIncidents is what goes wrong in the demonstration: calm on the whole, and something true on every page of the room.
const demoIncidents = "leak=1,drift=1,chatter=1,silence=2,bad=2,garbled=2,process=2"

// judgeIncidents prints what the platform's alarms found of the faults in a file.
func judgeIncidents(ctx context.Context, sh *cli.Shell, r *remote, path string) error {
	if path == "" || r.server == "" {
		return cli.Usage("safety judge 需要 --truth 和 --server", "safety judge needs --truth and --server")
	}
	file, err := os.Open(path)
	if err != nil {
		return cli.WithCode(cli.ExitData, errs.Because(err, errs.Unavailable, "文件 %s 打不开", "the file %s cannot be opened", path))
	}
	defer file.Close()
	report, err := judge.Judge(ctx, file, func(ctx context.Context, path string) (io.ReadCloser, error) {
		resp, err := r.do(ctx, http.MethodGet, path, nil, 0)
		if err != nil {
			return nil, err
		}
		return resp.Body, nil
	})
	if err != nil {
		return err
	}
	if err := report.Print(sh.Out); err != nil {
		return err
	}
	if n := report.Missed(); n > 0 {
		return cli.WithCode(cli.ExitVerify, errs.Say(errs.Invalid, "有 %d 项异常没有对应的告警", "%d faults have no alarm", n))
	}
	return nil
}

// simulatePlants drives the demo's plants against the program itself. They come a little after the city's meters, whose first figure people wait for.
func simulatePlants(ctx context.Context, sh *cli.Shell, city *city, plants int) error {
	faults, err := fault.Parse(demoIncidents)
	if err != nil {
		return err
	}
	o := safety.Options{Layout: site.Layout{Plants: plants, ShareModbus: 0.03, ShareMQTT: 0.05, SharePanel: 0.02}, Faults: faults, Clock: city.Now, Over: 20 * time.Minute, Fit: true}
	if err := aimPlants(&o, city.Listening()); err != nil {
		return err
	}
	o.Feeds.Polled = "127.0.0.1:0"
	simulated, err := safety.NewCity(o)
	if err == nil {
		err = simulated.Listen()
	}
	if err != nil {
		return err
	}
	for _, kind := range safety.Files() {
		var b bytes.Buffer
		if err := simulated.WriteRegister(kind, &b); err != nil {
			return err
		}
		if err := city.take(ctx, "safety", kind, &b); err != nil {
			return err
		}
	}
	sh.Printf("simulate plants=%d", simulated.Len())
	return simulated.Run(ctx)
}

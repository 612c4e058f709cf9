package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/haihe-city/haihe/cmd/haihe/cli"
	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/plans/tianjin"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/store/postgres"
	"github.com/haihe-city/haihe/store/sqlite"
	"github.com/haihe-city/haihe/systems"
)

// setup is what the flags of a command say about the settings: the file, and what goes before it.
type setup struct {
	config                    string // file; "" where there is none
	listen, data, engine, dsn string
	preset                    string // TOML that stands in for a missing file: the demo's own configuration
}

// dataFlags declares the flags by which every command finds the data.
func (s *setup) dataFlags(f *cli.Flags) {
	f.StringVar(&s.config, "config", "", "配置文件（TOML） / configuration file (TOML)")
	f.StringVar(&s.data, "data", "", "数据目录 / folder of the data")
	f.StringVar(&s.engine, "store", "", "存储引擎 sqlite 或 postgres / storage engine, sqlite or postgres")
	f.StringVar(&s.dsn, "dsn", "", "PostgreSQL 连接串 / PostgreSQL connection string")
}

// read gives the settings and the systems with their sections filled: defaults, then the file, then the flags.
func (s *setup) read() (host.Settings, []host.System, error) {
	conf, list := host.Defaults(), systems.All()
	if s.preset != "" {
		if err := host.ReadConfig("preset", s.preset, &conf, list); err != nil {
			return conf, nil, err
		}
	}
	if s.config != "" {
		text, err := os.ReadFile(s.config)
		if err != nil {
			return conf, nil, cli.WithCode(cli.ExitUsage, errs.Because(err, errs.Invalid, "配置文件 %s 读不了；请检查路径和权限", "the configuration file %s cannot be read; check its path and permissions", s.config))
		}
		if err := host.ReadConfig(s.config, string(text), &conf, list); err != nil {
			return conf, nil, cli.WithCode(cli.ExitUsage, err)
		}
	}
	for _, o := range []struct {
		flag string
		into *string
	}{{s.listen, &conf.Server.Listen}, {s.data, &conf.Store.Data}, {s.engine, &conf.Store.Engine}, {s.dsn, &conf.Store.DSN}} {
		if o.flag != "" {
			*o.into = o.flag
		}
	}
	if s.dsn != "" && s.engine == "" {
		conf.Store.Engine = "postgres"
	}
	return conf, list, cli.WithCode(cli.ExitUsage, host.CheckConfig(&conf, list))
}

// readAt reads once more with the address that is listened on, for what leads back here from outside: alerts, feeds, answers to notices.
// What the file says of these stays.
func (s *setup) readAt(at string) (host.Settings, []host.System, error) {
	at = strings.TrimSuffix(at, "/")
	s.preset += fmt.Sprintf("[emergency]\nwarning_url = %q\n[seal]\nstamp = %q\n", at, at+"/tsa")
	conf, list, err := s.read()
	if conf.Server.Address == "" {
		conf.Server.Address = at
	}
	return conf, list, err
}

// openStore opens the database that the settings name.
func openStore(ctx context.Context, sh *cli.Shell, conf host.Settings, log *slog.Logger) (*store.DB, error) {
	d := sqlite.Dialect(filepath.Join(conf.Store.Data, "haihe.db"))
	if conf.Store.Engine == "postgres" {
		d = postgres.Dialect(conf.Store.DSN)
	}
	db, err := store.Open(ctx, d, store.Options{Shared: conf.Store.Shared, Now: sh.Now, Log: log})
	return db, cli.WithCode(cli.ExitData, err)
}

// city is an opened program with its database.
type city struct {
	*host.Program
	host.Clock // the plan's
	db         *store.DB
	conf       host.Settings
	log        *slog.Logger
	scratch    string // where files that come in wait; "" is the machine's
}

// scratch makes an empty folder beside the data: the machine's temporary folder may be small, or kept in memory. What lies in it
// is of a process that was killed, since the data are ours alone by now.
func scratch(conf host.Settings) string {
	if conf.Store.Shared {
		return ""
	}
	dir := filepath.Join(conf.Store.Data, "incoming")
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700)); err != nil {
		return ""
	}
	return dir
}

// openCity opens everything; banner is said above every page. Whoever calls closes it: Serve closes the program, close the database.
func openCity(ctx context.Context, sh *cli.Shell, conf host.Settings, list []host.System, banner lang.Text) (*city, error) {
	log := newLog(sh, conf.Server)
	holdMemory(ctx, conf.Server.Memory)
	plan, units, err := tianjin.Load()
	if err != nil {
		return nil, errs.Wrap("load the plan", err)
	}
	db, err := openStore(ctx, sh, conf, log)
	if err != nil {
		return nil, err
	}
	c := &city{db: db, conf: conf, log: log, scratch: scratch(conf)}
	seal, err := openSeal(conf)
	var start time.Time
	if err == nil {
		start, err = conf.Clock.At()
	}
	var device trust.Token
	if err == nil {
		device, err = openToken(conf)
	}
	if err == nil {
		var differs bool
		if c.Clock, differs, err = host.OpenClock(ctx, db, start, sh.Now); err == nil {
			if differs {
				log.Warn("the plan's clock keeps the shift of this data's first start; clock.start is not followed")
			}
			c.Program, err = host.Open(ctx, host.Options{
				Systems: list, Plan: plan, Units: units, DB: db, Clock: c.Clock, Wall: sh.Now, Log: log, Settings: conf, Version: version, Banner: banner, Seal: seal, Token: device, Scratch: c.scratch,
			})
		}
	}
	if err != nil {
		c.close()
		if !errs.Is(err, errs.Internal) { // what is ours to mend is no fault of the data
			err = cli.WithCode(cli.ExitData, err)
		}
		return nil, err
	}
	return c, nil
}

// close closes the database.
func (c *city) close() {
	if err := c.db.Close(); err != nil {
		c.log.Error("the database did not close", "error", err)
	}
}

// newLog makes the log on the standard error.
func newLog(sh *cli.Shell, s host.ServerSettings) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(strings.ToUpper(s.Level))) // checked by the settings' tags
	o := &slog.HandlerOptions{Level: level}
	if s.Log == "json" {
		return slog.New(slog.NewJSONHandler(sh.Err, o))
	}
	return slog.New(slog.NewTextHandler(sh.Err, o))
}

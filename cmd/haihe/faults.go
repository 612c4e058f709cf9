package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/haihe-city/haihe/cmd/haihe/cli"
	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/simulate/grid"
	"github.com/haihe-city/haihe/simulate/grid/fault"
	"github.com/haihe-city/haihe/simulate/grid/judge"
)

// defaultFaults is what goes wrong in a simulated city where nobody says otherwise: a little of every kind, so that every page has something true to show.
const defaultFaults = "missing=0.001,drift=0.0005,repeat=0.0003,spike=0.0005,negative=0.0003,stuck=0.0003,rollover=0.0002,reversed=0.0002,multiplier=0.0002," +
	"low-voltage=0.0005,theft-share=0.001,theft-night=0.0005,silent=0.03,late=0.004,duplicate=0.002,garbled=0.001,dead=0.002"

// mixOf reads --faults. Late, duplicate, garbled and dead are made by the dialogue, the others are of the meters and stations.
func mixOf(text string, days int) (grid.Faults, error) {
	shares, err := fault.Parse(text)
	if err != nil {
		return grid.Faults{}, cli.WithCode(cli.ExitUsage, err)
	}
	if shares[fault.Outage] > 0 {
		return grid.Faults{}, cli.Usage("停电请用 --outages 给出线路数", "ask for outages by --outages, as a number of feeders")
	}
	return grid.Faults{Dead: shares[fault.Dead], Duplicate: shares[fault.Duplicate], Garbled: shares[fault.Garbled], Late: shares[fault.Late], Shares: shares, Days: days}, nil
}

func faultNames() string {
	var out []string
	for _, k := range fault.Kinds() {
		out = append(out, string(k)+" "+k.Text().Zh)
	}
	return strings.Join(out, ", ")
}

// bars are what a judgement has to reach.
type bars struct{ recall, alarms float64 }

// judgeTruth prints what the platform found of the faults in a file.
func judgeTruth(ctx context.Context, sh *cli.Shell, r *remote, path string, bar bars) error {
	if path == "" || r.server == "" {
		return cli.Usage("grid judge 需要 --truth 和 --server", "grid judge needs --truth and --server")
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
	if len(report.Days) == 0 {
		return cli.WithCode(cli.ExitVerify, errs.Say(errs.Invalid, "尚无完成校核的日子，无从判断", "no day has been validated yet: there is nothing to judge by"))
	}
	if !report.Passes(bar.recall, bar.alarms) {
		return cli.WithCode(cli.ExitVerify, errs.Say(errs.Invalid, "未达标：查出率应不低于 %.3f，误报率应不高于 %.4f", "below the bar: recall is to be %.3f at least, false alarms %.4f at most", bar.recall, bar.alarms))
	}
	return nil
}

// whenCaughtUp calls then once, when a simulation has reported all that is due.
func whenCaughtUp(tell func(grid.Stats), then func()) func(grid.Stats) {
	var once sync.Once
	return func(s grid.Stats) {
		tell(s)
		if s.Stations > 0 && s.Connected == s.Stations && s.Behind == 0 {
			once.Do(then)
		}
	}
}

// length is how many bytes were written to it.
type length int64

func (n *length) Write(b []byte) (int, error) {
	*n += length(len(b))
	return len(b), nil
}

// sendArchive imports the archive of a city into a running platform. It is computed twice, once to know how long it is, so that none of it is kept.
func (r *remote) sendArchive(ctx context.Context, c *grid.City) error {
	var size length
	if err := c.WriteArchive(&size); err != nil {
		return err
	}
	body, w := io.Pipe()
	defer func() { _ = body.Close() }()
	go func() { w.CloseWithError(c.WriteArchive(w)) }()
	resp, err := r.do(ctx, http.MethodPost, "/api/import/grid/archive?file=archive.csv", body, int64(size))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

package main

import (
	"bytes"
	"context"
	"os"
	"time"

	"github.com/haihe-city/haihe/cmd/haihe/cli"
	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host/intake"
	"github.com/haihe-city/haihe/kernel/identity"
)

// What the simulations have in common: the file of the truth, where the platform is and what time it is there, and taking files in.

// truthFile makes the file that the faults are written to, and hands it to use; where none is named use gets nothing.
func truthFile(path string, use func(file *os.File) error) error {
	if path == "" {
		return use(nil)
	}
	file, err := os.Create(path)
	if err != nil {
		return cli.WithCode(cli.ExitData, errs.Because(err, errs.Unavailable, "文件 %s 建不了", "the file %s cannot be made", path))
	}
	defer file.Close()
	return use(file)
}

// newFile makes a file that is not there yet.
func newFile(path string, write func(file *os.File) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return cli.WithCode(cli.ExitData, errs.Because(err, errs.Unavailable, "文件 %s 建不了；请另选位置", "the file %s cannot be made; choose another place", path))
	}
	if err := write(f); err != nil {
		_ = f.Close() // what is wrong is said already
		return err
	}
	return errs.As(errs.Unavailable, "close a file", f.Close())
}

// clockOf gives the platform's clock, and points the simulation at its feeds; without a platform it is our own.
func (r *remote) clockOf(ctx context.Context, sh *cli.Shell, aim func(listening map[string]string) error) (func() time.Time, error) {
	if r.server == "" {
		return sh.Now, nil
	}
	now, listening, err := r.look(ctx)
	if err != nil {
		return nil, err
	}
	shift := now.Sub(sh.Now())
	return func() time.Time { return sh.Now().Add(shift) }, aim(listening)
}

// take imports a file into the demo's own platform.
func (c *city) take(ctx context.Context, system, kind string, body *bytes.Buffer) error {
	res, err := c.ImportFile(ctx, system, kind, intake.Run{
		File: kind + ".csv", Size: int64(body.Len()), Body: body, By: identity.System(system),
		Progress: func(int64) {}, Report: func(intake.Line) {},
	})
	if err == nil && res.Stopped != nil {
		err = &errs.Error{Kind: errs.Invalid, Msg: *res.Stopped}
	}
	return err
}

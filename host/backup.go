package host

import (
	"io"
	"os"
	"path/filepath"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/web"
)

// apiBackup answers GET /api/backup with a consistent copy of everything, made while the program works on. It is written to
// disk first: a snapshot is not held open for as long as a slow reader takes.
func (p *Program) apiBackup(r *web.Request) (any, error) {
	ctx := r.Context()
	dir, err := os.MkdirTemp(p.o.Scratch, "haihe-backup-*")
	if err != nil {
		return nil, errs.As(errs.Unavailable, "make room for the backup", err)
	}
	path := filepath.Join(dir, "haihe.backup")
	fail := func(err error) (any, error) { _ = os.RemoveAll(dir); return nil, err }
	// The act is part of the copy: a backup tells of itself.
	err = p.o.DB.Write(ctx, func(tx *store.Tx) error {
		return p.Journal.Append(tx, journal.Act{
			Actor: r.Who.ID, Unit: r.Who.Unit, Authority: identity.GrantManageProgram, Verb: "backup", Object: "store",
		})
	})
	if err == nil {
		err = p.o.DB.Backup(ctx, path)
	}
	if err != nil {
		return fail(errs.Wrap("back up", err))
	}
	f, err := os.Open(path)
	if err != nil {
		return fail(errs.As(errs.Unavailable, "read the backup", err))
	}
	return web.Reply{
		Type: "application/gzip", Name: "haihe-" + r.Now.UTC().Format("20060102T150405Z") + ".backup",
		Body: web.Stream(func(w io.Writer, _ func()) error {
			defer os.RemoveAll(dir)
			defer f.Close()
			_, err := io.Copy(w, f)
			return err
		}),
	}, nil
}

package host

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web"
)

// maxReport bounds the lines of a report that are sent; a file that is wrong throughout says so once, not a million times.
const maxReport = 10_000

// importer takes files in for one declared import of one system.
type importer struct {
	p    *Program
	room *room
	what Import
	fn   ImportFunc
	busy chan struct{} // one import of a system at a time
}

// importers lists what the opened systems take. They are made once, when the systems are open.
func (p *Program) importers() []*importer { return p.imports }

func (p *Program) makeImporters() (out []*importer) {
	for _, r := range p.rooms {
		if r.opened == nil {
			continue
		}
		busy := make(chan struct{}, 1)
		for _, im := range r.Imports {
			out = append(out, &importer{p: p, room: r, what: im, fn: r.opened.Import[im.Name], busy: busy})
		}
	}
	return out
}

// ImportKind is a kind of file that the program takes, as GET /api/import lists it.
type ImportKind struct {
	System     string    `json:"system"`
	Name       string    `json:"name"`
	Title      lang.Text `json:"title"`
	Extensions []string  `json:"extensions"`
	Begins     []string  `json:"begins,omitempty"`
}

// ImportKinds lists the kinds of files that the running systems take.
func (p *Program) ImportKinds() []ImportKind {
	out := []ImportKind{}
	for _, im := range p.importers() {
		out = append(out, ImportKind{im.room.Name, im.what.Name, im.what.Title, im.what.Extensions, im.what.Begins})
	}
	return out
}

// ImportFile takes a file in without HTTP, for the command line and the demo.
func (p *Program) ImportFile(ctx context.Context, system, name string, run ImportRun) (ImportResult, error) {
	for _, im := range p.importers() {
		if im.room.Name != system || im.what.Name != name {
			continue
		}
		if err := im.accepts(run.File); err != nil {
			return ImportResult{}, err
		}
		return im.run(ctx, run)
	}
	return ImportResult{}, errs.Say(errs.NotFound, "没有 %s/%s 这一导入种类，或该系统未能启动", "there is no import %s/%s, or its system could not be started", system, name)
}

// upload is a file on our disk, ready to be read: a sender that is slow or breaks off never holds a transaction open.
type upload struct {
	name string
	size int64
	file *os.File
}

func (u *upload) drop() {
	_ = u.file.Close()
	_ = os.Remove(u.file.Name())
}

// spool keeps a body on disk.
func (p *Program) spool(name string, body io.Reader) (*upload, error) {
	f, err := os.CreateTemp(p.o.Scratch, "haihe-import-*")
	if err != nil {
		return nil, errs.As(errs.Unavailable, "keep the uploaded file", err)
	}
	u := &upload{name: filepath.Base(name), file: f}
	if u.size, err = io.Copy(f, body); err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err == nil {
		return u, nil
	}
	u.drop()
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, errs.Say(errs.TooLarge, "文件超过 %d MiB 上限，请拆分后导入，或调高 server.max_import",
			"the file is above the bound of %d MiB: split it, or raise server.max_import", tooLarge.Limit>>20)
	}
	return nil, errs.As(errs.Unavailable, "keep the uploaded file", err)
}

// accepts checks the file's name before anything is read.
func (im *importer) accepts(name string) error {
	if len(im.what.Extensions) == 0 || slices.Contains(im.what.Extensions, strings.ToLower(filepath.Ext(name))) {
		return nil
	}
	return errs.Say(errs.Invalid, "文件“%s”的类型不符，应为 %s", "file %q is of another kind, %s is taken", filepath.Base(name), strings.Join(im.what.Extensions, " "))
}

// run takes a file in. Its error is that of the whole import; wrong lines go to the run's Report.
func (im *importer) run(ctx context.Context, run ImportRun) (res ImportResult, err error) {
	select {
	case im.busy <- struct{}{}:
		defer func() { <-im.busy }()
	default:
		return res, errs.Say(errs.Busy, "本系统正在导入另一文件，请稍后再试", "this system is taking in another file, try again later")
	}
	m := newMetrics(im.p.registry, "host")
	count := m.Counter("imports_total", "Files taken in, by outcome.", "system", "name", "outcome")
	began := im.p.o.Wall()
	err = guard(func() (err error) {
		res, err = im.fn(ctx, run)
		return err
	})
	outcome := "taken"
	switch {
	case err != nil:
		outcome = "failed"
	case res.Stopped != nil:
		outcome = "stopped"
	case run.DryRun:
		outcome = "dry-run"
	}
	count(1, im.room.Name, im.what.Name, outcome)
	im.p.o.Log.Info("an import ended", "system", im.room.Name, "import", im.what.Name, "outcome", outcome, "bytes", run.Size,
		"read", res.Read, "taken", res.Taken, "refused", res.Refused, "took", im.p.o.Wall().Sub(began), "error", err)
	return res, err
}

// ImportEvent is one line of the answer to an upload (NDJSON): progress, line, result or error. The last line is a result or
// an error; an answer without one broke off, and the client must ask what became of it.
type ImportEvent struct {
	Type    string        `json:"type"`
	Bytes   int64         `json:"bytes,omitempty"`
	Size    int64         `json:"size,omitempty"`
	Line    *ImportLine   `json:"line,omitempty"`
	Result  *ImportResult `json:"result,omitempty"`
	Omitted int64         `json:"omitted,omitempty"` // lines of the report beyond the bound
	Kind    string        `json:"kind,omitempty"`
	Text    *lang.Text    `json:"text,omitempty"`
}

// api answers POST /api/import/{system}/{name}?file=NAME&dryRun=1; the body is the file itself.
func (im *importer) api(r *web.Request) (any, error) {
	name := r.Query("file")
	if name == "" {
		return nil, errs.Say(errs.Invalid, "请在参数 file 中给出文件名", "give the file's name in the parameter file")
	}
	if err := im.accepts(name); err != nil {
		return nil, err
	}
	u, err := im.p.spool(name, r.HTTP.Body)
	if err != nil {
		return nil, err
	}
	dry := r.Query("dryRun") == "1" || r.Query("dryRun") == "true"
	return web.Reply{Type: "application/x-ndjson", Body: web.Stream(func(w io.Writer, flush func()) error {
		defer u.drop()
		return im.stream(r.Context(), u, dry, r.Who, w, flush)
	})}, nil
}

// stream runs the import and writes what happens as it happens, progress at most five times a second.
func (im *importer) stream(ctx context.Context, u *upload, dry bool, by *identity.Principal, w io.Writer, flush func()) error {
	enc := json.NewEncoder(w)
	var last time.Time
	var lines int64
	send := func(e ImportEvent) { // a reader that went away ends ctx; the import decides what that means
		_ = enc.Encode(e)
		flush()
	}
	progress := func(bytes int64) {
		if now := im.p.o.Wall(); now.Sub(last) >= 200*time.Millisecond {
			last = now
			send(ImportEvent{Type: "progress", Bytes: bytes, Size: u.size})
		}
	}
	report := func(l ImportLine) {
		if lines++; lines <= maxReport {
			_ = enc.Encode(ImportEvent{Type: "line", Line: &l})
		}
	}
	send(ImportEvent{Type: "progress", Size: u.size})
	res, err := im.run(ctx, ImportRun{File: u.name, Size: u.size, Body: u.file, DryRun: dry, By: by, Progress: progress, Report: report})
	if err != nil {
		text, ok := errs.MsgOf(err)
		if !ok {
			text = lang.T("导入时出错，详见日志", "the import failed, see the log")
		}
		send(ImportEvent{Type: "error", Kind: errs.KindOf(err).String(), Text: &text})
		return nil
	}
	send(ImportEvent{Type: "result", Result: &res, Omitted: max(0, lines-maxReport), Bytes: u.size, Size: u.size})
	return nil
}

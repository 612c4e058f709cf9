package intake

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
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

// System is a system that takes files in.
type System struct {
	Name  string
	Title lang.Text
	Kinds []Kind
	Take  map[string]Func // by the Name of a kind
}

// Options are what the desk works with.
type Options struct {
	Scratch string // folder for files on their way
	MaxFile int64  // bytes of one file
	Wall    func() time.Time
	Log     *slog.Logger
	Count   func(system, kind, outcome string) // one import ended: taken, dry-run, stopped or failed
	Guard   func(func() error) error           // turns a panic into an error
}

// Desk takes files in for the systems, one of a system at a time.
type Desk struct {
	o     Options
	takes []*taker
}

// taker takes files in for one kind of one system.
type taker struct {
	o    *Options
	of   *System
	kind Kind
	fn   Func
	busy chan struct{} // one import of a system at a time
}

// New makes a desk for the systems that run.
func New(o Options, systems []System) *Desk {
	d := &Desk{o: o}
	for i := range systems {
		busy := make(chan struct{}, 1)
		for _, k := range systems[i].Kinds {
			d.takes = append(d.takes, &taker{o: &d.o, of: &systems[i], kind: k, fn: systems[i].Take[k.Name], busy: busy})
		}
	}
	return d
}

// Listed is a kind of file that is taken, as GET /api/import lists it.
type Listed struct {
	System     string    `json:"system"`
	Name       string    `json:"name"`
	Title      lang.Text `json:"title"`
	Extensions []string  `json:"extensions"`
	Begins     []string  `json:"begins,omitempty"`
}

// Kinds lists the kinds of files that the running systems take.
func (d *Desk) Kinds() []Listed {
	out := []Listed{}
	for _, t := range d.takes {
		out = append(out, Listed{t.of.Name, t.kind.Name, t.kind.Title, t.kind.Extensions, t.kind.Begins})
	}
	return out
}

// File takes a file in without HTTP, for the command line and the demo.
func (d *Desk) File(ctx context.Context, system, name string, run Run) (Result, error) {
	for _, t := range d.takes {
		if t.of.Name != system || t.kind.Name != name {
			continue
		}
		if err := t.accepts(run.File); err != nil {
			return Result{}, err
		}
		return t.run(ctx, run)
	}
	return Result{}, errs.Say(errs.NotFound, "没有 %s/%s 这一导入种类，或该系统未能启动", "there is no import %s/%s, or its system could not be started", system, name)
}

// Routes are the list, the addresses for programs, and a form for every kind whose system brings none of its own.
func (d *Desk) Routes(own func(system, pattern string) bool) []web.Route {
	out := []web.Route{{Pattern: "GET /api/import", API: func(*web.Request) (any, error) { return map[string]any{"imports": d.Kinds()}, nil }}}
	for _, t := range d.takes {
		out = append(out, web.Route{Pattern: "POST /api/import/" + t.of.Name + "/" + t.kind.Name, Grant: t.kind.Grant, API: t.api, MaxBody: d.o.MaxFile})
		if form := "POST /" + t.of.Name + "/import/" + t.kind.Name; !own(t.of.Name, form) {
			out = append(out, web.Route{Pattern: form, Grant: t.kind.Grant, Form: t.form, MaxBody: d.o.MaxFile})
		}
	}
	return out
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
func (t *taker) spool(name string, body io.Reader) (*upload, error) {
	f, err := os.CreateTemp(t.o.Scratch, "haihe-import-*")
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
func (t *taker) accepts(name string) error {
	if len(t.kind.Extensions) == 0 || slices.Contains(t.kind.Extensions, strings.ToLower(filepath.Ext(name))) {
		return nil
	}
	return errs.Say(errs.Invalid, "文件“%s”的类型不符，应为 %s", "file %q is of another kind, %s is taken", filepath.Base(name), strings.Join(t.kind.Extensions, " "))
}

// run takes a file in. Its error is that of the whole import; wrong lines go to the run's Report.
func (t *taker) run(ctx context.Context, run Run) (res Result, err error) {
	select {
	case t.busy <- struct{}{}:
		defer func() { <-t.busy }()
	default:
		return res, errs.Say(errs.Busy, "本系统正在导入另一文件，请稍后再试", "this system is taking in another file, try again later")
	}
	began := t.o.Wall()
	err = t.o.Guard(func() (err error) {
		res, err = t.fn(ctx, run)
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
	t.o.Count(t.of.Name, t.kind.Name, outcome)
	t.o.Log.Info("an import ended", "system", t.of.Name, "import", t.kind.Name, "outcome", outcome, "bytes", run.Size,
		"read", res.Read, "taken", res.Taken, "refused", res.Refused, "took", t.o.Wall().Sub(began), "error", err)
	return res, err
}

// Event is one line of the answer to an upload (NDJSON): progress, line, result or error. The last line is a result or
// an error; an answer without one broke off, and the client must ask what became of it.
type Event struct {
	Type    string     `json:"type"`
	Bytes   int64      `json:"bytes,omitempty"`
	Size    int64      `json:"size,omitempty"`
	Line    *Line      `json:"line,omitempty"`
	Result  *Result    `json:"result,omitempty"`
	Omitted int64      `json:"omitted,omitempty"` // lines of the report beyond the bound
	Kind    string     `json:"kind,omitempty"`
	Text    *lang.Text `json:"text,omitempty"`
}

// api answers POST /api/import/{system}/{name}?file=NAME&dryRun=1; the body is the file itself.
func (t *taker) api(r *web.Request) (any, error) {
	name := r.Query("file")
	if name == "" {
		return nil, errs.Say(errs.Invalid, "请在参数 file 中给出文件名", "give the file's name in the parameter file")
	}
	if err := t.accepts(name); err != nil {
		return nil, err
	}
	u, err := t.spool(name, r.HTTP.Body)
	if err != nil {
		return nil, err
	}
	dry := r.Query("dryRun") == "1" || r.Query("dryRun") == "true"
	return web.Reply{Type: "application/x-ndjson", Body: web.Stream(func(w io.Writer, flush func()) error {
		defer u.drop()
		return t.stream(r.Context(), u, dry, r.Who, w, flush)
	})}, nil
}

// stream runs the import and writes what happens as it happens, progress at most five times a second.
func (t *taker) stream(ctx context.Context, u *upload, dry bool, by *identity.Principal, w io.Writer, flush func()) error {
	enc := json.NewEncoder(w)
	var last time.Time
	var lines int64
	send := func(e Event) { // a reader that went away ends ctx; the import decides what that means
		_ = enc.Encode(e)
		flush()
	}
	progress := func(bytes int64) {
		if now := t.o.Wall(); now.Sub(last) >= 200*time.Millisecond {
			last = now
			send(Event{Type: "progress", Bytes: bytes, Size: u.size})
		}
	}
	report := func(l Line) {
		if lines++; lines <= maxReport {
			_ = enc.Encode(Event{Type: "line", Line: &l})
		}
	}
	send(Event{Type: "progress", Size: u.size})
	res, err := t.run(ctx, Run{File: u.name, Size: u.size, Body: u.file, DryRun: dry, By: by, Progress: progress, Report: report})
	if err != nil {
		text, ok := errs.MsgOf(err)
		if !ok {
			text = lang.T("导入时出错，详见日志", "the import failed, see the log")
		}
		send(Event{Type: "error", Kind: errs.KindOf(err).String(), Text: &text})
		return nil
	}
	send(Event{Type: "result", Result: &res, Omitted: max(0, lines-maxReport), Bytes: u.size, Size: u.size})
	return nil
}

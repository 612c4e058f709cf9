package ui_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/static"
	"github.com/haihe-city/haihe/web/ui"
)

const policy = "default-src 'self'; script-src 'self'; style-src 'self'; worker-src 'self'; connect-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// serveGallery serves the gallery's pages under the policy of the real server; "nojs" in the query sends them without scripts.
func serveGallery(t *testing.T) string {
	files, err := static.New()
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", files)
	mux.HandleFunc("GET /events/{topic}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	mux.HandleFunc("GET /page/{lang}/{page}", func(w http.ResponseWriter, r *http.Request) {
		l, _ := lang.Parse(r.PathValue("lang"))
		p := pages()[r.PathValue("page")]
		if p == nil {
			http.NotFound(w, r)
			return
		}
		s := shellFor(r.PathValue("page"), l)
		s.Static = files.Prefix()
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		if err := ui.RenderPage(r.Context(), w, s, p); err != nil {
			t.Error(err)
		}
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(func() { srv.CloseClientConnections(); srv.Close() })
	return srv.URL
}

// browser starts the machine's Chromium, or skips.
func browser(t *testing.T, flags ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	exe := ""
	for _, p := range []string{"/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"} {
		if _, err := os.Stat(p); err == nil {
			exe = p
			break
		}
	}
	if exe == "" || testing.Short() {
		t.Skip("no Chromium here (or -short): the pages are not looked at")
	}
	dir, err := os.MkdirTemp("", "haihe-browser")
	if err != nil {
		t.Fatal(err)
	}
	opts := append([]chromedp.ExecAllocatorOption{chromedp.ExecPath(exe), chromedp.UserDataDir(dir), chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.Headless, chromedp.NoSandbox,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true), chromedp.Flag("force-color-profile", "srgb")}, flags...)
	actx, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel := chromedp.NewContext(actx)
	t.Cleanup(func() { cancel(); stop(); _ = os.RemoveAll(dir) })
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// complaints gathers what the browser has against a page: errors, breaches of the policy, requests off the machine.
type complaints struct {
	mu   sync.Mutex
	base string
	got  []string
}

func (c *complaints) add(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got = append(c.got, fmt.Sprintf(format, args...))
}

func (c *complaints) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.got
	c.got = nil
	return out
}

func (c *complaints) listen(ctx context.Context) error {
	if err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, network.Enable, network.EnableParams{})
		return err
	})); err != nil {
		return err
	}
	return chromedp.Listen(ctx, func(ev any) {
		switch e := ev.(type) {
		case *runtime.EventConsoleAPICalled:
			if e.Type == "error" || e.Type == "warning" {
				var s []string
				for _, a := range e.Args {
					s = append(s, strings.Trim(string(a.Value), `"`)+a.Description)
				}
				if !strings.Contains(strings.Join(s, " "), "WebGL warning") && !strings.Contains(strings.Join(s, " "), "GPU stall") {
					c.add("console %s: %s", e.Type, strings.Join(s, " "))
				}
			}
		case *runtime.EventExceptionThrown:
			c.add("exception: %s", e.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			if e.Entry.Level == "error" {
				c.add("log: %s %s", e.Entry.Text, e.Entry.URL)
			}
		case *network.EventRequestWillBeSent:
			if u := e.Request.URL; !strings.HasPrefix(u, c.base) && !strings.HasPrefix(u, "data:") && !strings.HasPrefix(u, "blob:") && u != "about:blank" {
				c.add("request off the machine: %s", u)
			}
		}
	})
}

type view struct {
	page, theme string
	l           lang.Lang
	w, h        int64
}

func (v view) String() string { return fmt.Sprintf("%s-%s-%s-%d", v.page, v.l, v.theme, v.w) }

func (v view) open(ctx context.Context, base string) error {
	if err := chromedp.Do(ctx,
		chromedp.EmulateViewport(v.w, v.h, func(p *emulation.SetDeviceMetricsOverrideParams, _ *emulation.SetTouchEmulationEnabledParams) {
			p.Mobile = v.w < 600
		}),
		chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: v.theme}}})
			return err
		}),
		chromedp.Navigate(base+"/page/"+string(v.l)+"/"+v.page),
		chromedp.Evaluate[chromedp.Void](`document.fonts.ready.then(()=>1)`, chromedp.EvalAwaitPromise),
	); err != nil {
		return err
	}
	return chromedp.Do(ctx, chromedp.Poll[chromedp.Void](`[...document.querySelectorAll('[data-map],[data-chart]')].every(e=>'on' in e.dataset||e.querySelector('.nodata'))`, chromedp.WithPollingTimeout(40*time.Second)))
}

// keep writes a picture where HAIHE_SHOTS names a folder: evidence to look at, never compared by pixel.
func (v view) keep(ctx context.Context, t *testing.T) {
	dir := os.Getenv("HAIHE_SHOTS")
	if dir == "" {
		return
	}
	buf, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, v.String()+".png"), buf, 0o644)
	}
	if err != nil {
		t.Error(err)
	}
}

// axe asks axe-core. Serious findings fail everywhere; lesser ones are let pass on the page of empty blocks, where nothing has a name.
func axe(ctx context.Context, t *testing.T, src string, strict bool) {
	if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](src+";0")); err != nil {
		t.Fatal(err)
	}
	res, err := chromedp.Run(ctx, chromedp.Evaluate[string](`axe.run(document,{runOnly:['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']}).then(r=>JSON.stringify(r.violations.map(v=>({id:v.id,impact:v.impact,n:v.nodes.length,ex:v.nodes.slice(0,3).map(n=>n.target.join(' ')+' :: '+(n.any[0]?n.any[0].message:n.failureSummary))}))))`, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	var vs []struct {
		ID, Impact string
		N          int
		Ex         []string
	}
	if err := json.Unmarshal([]byte(res), &vs); err != nil {
		t.Fatal(err)
	}
	for _, v := range vs {
		if !strict && v.Impact != "serious" && v.Impact != "critical" {
			continue
		}
		t.Errorf("axe: %s %s, %d places: %s", v.Impact, v.ID, v.N, strings.Join(v.Ex, " | "))
	}
}

// TestGallery looks at every component in a real browser: both languages, light and dark, desk and phone.
func TestGallery(t *testing.T) {
	base := serveGallery(t)
	ctx := browser(t, chromedp.Flag("use-angle", "swiftshader"), chromedp.Flag("enable-unsafe-swiftshader", true))
	src, err := os.ReadFile("../testdata/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	c := &complaints{base: base}
	if err := c.listen(ctx); err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"plan", "grid", "parts", "sign", "empty"} {
		for _, l := range []lang.Lang{lang.Zh, lang.En} {
			for _, theme := range []string{"light", "dark"} {
				for _, size := range [][2]int64{{1440, 900}, {390, 844}} {
					v := view{page, theme, l, size[0], size[1]}
					if only := os.Getenv("HAIHE_VIEW"); only != "" && !strings.Contains(v.String(), only) {
						continue
					}
					t.Run(v.String(), func(t *testing.T) {
						if err := v.open(ctx, base); err != nil {
							t.Fatal(err)
						}
						v.keep(ctx, t)
						wide, err := chromedp.Run(ctx, chromedp.Evaluate[int](`document.documentElement.scrollWidth-document.documentElement.clientWidth`))
						if err != nil || wide > 0 {
							t.Errorf("the page is %d px wider than the window (%v)", wide, err)
						}
						axe(ctx, t, string(src), page != "empty")
						for _, s := range c.take() {
							t.Error(s)
						}
					})
				}
			}
		}
	}
}

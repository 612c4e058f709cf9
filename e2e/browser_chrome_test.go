package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
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
)

// patience is how long one step in the browser may take on a busy machine.
const patience = 60 * time.Second

// chrome is a running Chromium without a window.
type chrome struct{ ctx context.Context }

// chromium finds the machine's browser. Where there is none the story skips, or fails where HAIHE_TEST_BROWSER=must.
func chromium(t *testing.T) string {
	t.Helper()
	for _, p := range []string{"chromium", "chromium-browser", "google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"} {
		if exe, err := exec.LookPath(p); err == nil {
			return exe
		}
	}
	if os.Getenv("HAIHE_TEST_BROWSER") == "must" {
		t.Fatal("no Chromium here, and HAIHE_TEST_BROWSER=must")
	}
	t.Skip("no Chromium here: the pages are not looked at")
	return ""
}

// startChrome starts the browser for one story.
func startChrome(t *testing.T) *chrome {
	t.Helper()
	exe := chromium(t)
	if testing.Short() {
		t.Skip("-short: the pages are not looked at")
	}
	dir, err := os.MkdirTemp("", "haihe-browser-")
	if err != nil {
		t.Fatal(err)
	}
	actx, stop := chromedp.NewExecAllocator(context.Background(), chromedp.ExecPath(exe), chromedp.UserDataDir(dir), chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Headless, chromedp.NoSandbox, chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("hide-scrollbars", true), chromedp.Flag("force-color-profile", "srgb"), chromedp.Env("LANGUAGE=zh_CN"), // what fields of the browser's own look like
		chromedp.Flag("disable-gpu-compositing", true), // a pretended graphics card is slow at what the processor does well
		chromedp.Flag("use-angle", "swiftshader"), chromedp.Flag("enable-unsafe-swiftshader", true))
	ctx, cancel := chromedp.NewContext(actx)
	t.Cleanup(func() { cancel(); stop(); _ = os.RemoveAll(dir) })
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	return &chrome{ctx}
}

// tab is one person's window: it has cookies of its own, and remembers what the browser had against the pages.
type tab struct {
	ctx  context.Context
	base string
	complaints
}

// open gives a window of its own for the site at base.
func (c *chrome) open(t testing.TB, base string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(c.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	b := &tab{ctx: ctx, base: base, complaints: complaints{base: base}}
	// The first steps make the tab, which lives as long as their context: no deadline here.
	if err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, network.Enable, network.EnableParams{})
		return err
	})); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatal(err)
	}
	return b
}

// do takes steps, and ends the story where one of them fails.
func (b *tab) do(t testing.TB, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := b.try(steps...); err != nil {
		t.Fatalf("at %s: %v", b.where(), err)
	}
}

func (b *tab) try(steps ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	return chromedp.Do(ctx, steps...)
}

// where is the address of the page that is open, for messages.
func (b *tab) where() string {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	at, err := chromedp.Run(ctx, chromedp.Location())
	if err != nil {
		return err.Error()
	}
	return at
}

// value evaluates an expression (or a promise of one) in the page.
func value[T any](t testing.TB, b *tab, expression string) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%.200s: %v", expression, err)
	}
	return v
}

// until waits for an expression to become true. It asks anew each time, since the page that was asked may have gone.
func (b *tab) until(t testing.TB, expression string) {
	t.Helper()
	var err error
	for limit := time.Now().Add(patience); time.Now().Before(limit); time.Sleep(20 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(b.ctx, patience)
		var yes bool
		yes, err = chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		cancel()
		if yes {
			return
		}
	}
	t.Fatalf("at %s, waiting for %s: %v", b.where(), expression, err)
}

// look is how a page is looked at.
type look struct {
	lang, theme string
	wide        int64
}

func (l look) String() string { return fmt.Sprintf("%s-%s-%d", l.lang, l.theme, l.wide) }

// wear sets the size of the window and the colours that the reader prefers.
func (b *tab) wear(t testing.TB, l look) {
	t.Helper()
	high := int64(900)
	if l.wide < 600 {
		high = 844
	}
	b.do(t, chromedp.EmulateViewport(l.wide, high, func(p *emulation.SetDeviceMetricsOverrideParams, _ *emulation.SetTouchEmulationEnabledParams) {
		p.Mobile = l.wide < 600
	}), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.theme}}})
		return err
	}))
}

// visit goes to a path, waits until its fonts, maps and charts are there, and gives the status of the answer.
func (b *tab) visit(t testing.TB, path string) int64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	answer, err := chromedp.Run(ctx, chromedp.NavigateResponse(b.base+path))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	b.settle(t)
	return answer.Status
}

// settle waits until what scripts draw is drawn.
func (b *tab) settle(t testing.TB) {
	t.Helper()
	b.until(t, `document.readyState === 'complete' && document.fonts.status === 'loaded' && [...document.querySelectorAll('[data-map],[data-chart]')].every(e => 'on' in e.dataset || e.querySelector('.nodata') || !e.checkVisibility())`)
}

// login signs in through the page.
func (b *tab) login(t testing.TB, s *server, login string) {
	t.Helper()
	b.visit(t, "/zh/login")
	b.do(t, chromedp.SendKeys(chromedp.CSS(`input[name=login]`), login), chromedp.SendKeys(chromedp.CSS(`input[name=password]`), s.accounts[login]+"\r"))
	b.until(t, `location.pathname === '/zh/plan' && document.readyState === 'complete'`)
}

// complaints gathers what the browser has against the pages: errors, breaches of the policy, requests off the machine.
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

// take gives the complaints that came since it was last asked.
func (c *complaints) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.got
	c.got = nil
	return out
}

// none fails the story for each complaint that does not have one of the given texts in it.
func (c *complaints) none(t testing.TB, but ...string) {
	t.Helper()
next:
	for _, s := range c.take() {
		for _, b := range but {
			if strings.Contains(s, b) {
				continue next
			}
		}
		t.Error(s)
	}
}

// hear takes the browser's events. What the driver of the pretended graphics card says of itself is not the page's.
func (c *complaints) hear(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		var words []string
		for _, a := range e.Args {
			words = append(words, strings.Trim(string(a.Value), `"`)+a.Description)
		}
		said := strings.Join(words, " ")
		if (e.Type == "error" || e.Type == "warning") && !strings.Contains(said, "WebGL warning") && !strings.Contains(said, "GPU stall") {
			c.add("console %s: %s", e.Type, said)
		}
	case *runtime.EventExceptionThrown:
		said := e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			said += " " + x.Description
		}
		c.add("exception: %s", said)
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" {
			c.add("log: %s %s", e.Entry.Text, e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; !strings.HasPrefix(u, c.base+"/") && !strings.HasPrefix(u, "data:") && !strings.HasPrefix(u, "blob:") && u != "about:blank" {
			c.add("request off the machine: %s", u)
		}
	}
}

// axe asks axe-core, and fails the story for what it finds serious or critical.
func (b *tab) axe(t testing.TB) {
	t.Helper()
	if !value[bool](t, b, `!!window.axe`) {
		b.do(t, chromedp.Evaluate[chromedp.Void](axeSource(t)+";0"))
	}
	found := value[string](t, b, `axe.run(document,{resultTypes:['violations'],runOnly:['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']}).then(r=>JSON.stringify(r.violations.filter(v=>v.impact==='serious'||v.impact==='critical').map(v=>({id:v.id,impact:v.impact,n:v.nodes.length,ex:v.nodes.slice(0,3).map(n=>n.target.join(' ')+' :: '+(n.any[0]?n.any[0].message:n.failureSummary))}))))`)
	var list []struct {
		ID, Impact string
		N          int
		Ex         []string
	}
	if err := json.Unmarshal([]byte(found), &list); err != nil {
		t.Fatal(err)
	}
	for _, v := range list {
		t.Errorf("axe: %s %s, %d places: %s", v.Impact, v.ID, v.N, strings.Join(v.Ex, " | "))
	}
}

var readAxe = sync.OnceValues(func() (string, error) {
	src, err := os.ReadFile(root + "/web/testdata/axe.min.js")
	return string(src), err
})

func axeSource(t testing.TB) string {
	t.Helper()
	src, err := readAxe()
	if err != nil {
		t.Fatal(err)
	}
	return src
}

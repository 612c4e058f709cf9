package duty

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/haihe-city/haihe/host/hosttest"
	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/rule"
)

// window is the desk in a browser, with somebody signed in.
type window struct {
	*desk
	ctx  context.Context
	mu   sync.Mutex
	errs []string
}

// look opens the desk in the machine's Chromium, or skips.
func (d *desk) look(t *testing.T, login string) *window {
	t.Helper()
	exe := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			exe = p
			break
		}
	}
	if exe == "" || testing.Short() {
		t.Skip("no Chromium here (or -short): the list is not looked at")
	}
	dir, err := os.MkdirTemp("", "haihe-browser-")
	if err != nil {
		t.Fatal(err)
	}
	actx, stop := chromedp.NewExecAllocator(context.Background(), chromedp.ExecPath(exe), chromedp.UserDataDir(dir), chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.Headless, chromedp.NoSandbox)
	ctx, cancel := chromedp.NewContext(actx)
	t.Cleanup(func() { cancel(); stop(); _ = os.RemoveAll(dir) })
	cookie, _, err := d.People.Login(t.Context(), login, "Haihe-2015-demo!", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	w := &window{desk: d, ctx: ctx}
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank"), chromedp.EmulateViewport(1440, 900), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, network.SetCookie, network.SetCookieParams{Name: "haihe", Value: cookie, URL: d.URL})
		return err
	})); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, func(ev any) {
		if e, ok := ev.(*runtime.EventExceptionThrown); ok {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.errs = append(w.errs, e.ExceptionDetails.Text)
		}
	}); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *window) do(steps ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		w.t.Fatal(err)
	}
}

func eval[T any](w *window, expression string) T {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, time.Minute)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		w.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// until waits for something to be true.
func (w *window) until(expression string) {
	w.t.Helper()
	for range 1500 {
		if eval[bool](w, "!!("+expression+")") {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	w.t.Fatalf("never: %s\n%s", expression, eval[string](w, `document.querySelector('main')?.innerText.slice(0, 1500) ?? document.body.innerText.slice(0,500)`))
}

func (w *window) press(key string) {
	w.t.Helper()
	w.do(chromedp.KeyEvent(key))
}

// strike sends a key that makes a page do something of its own.
func (w *window) strike(key, code, text string) {
	w.t.Helper()
	w.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for _, p := range []input.DispatchKeyEventParams{{Type: input.DispatchKeyEventTypeKeyDown, Key: key, Code: code, Text: text}, {Type: input.DispatchKeyEventTypeKeyUp, Key: key, Code: code}} {
			if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, p); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (w *window) open(path string) {
	w.t.Helper()
	w.do(chromedp.Navigate(w.URL + path))
	w.until(`document.readyState === 'complete' && document.querySelector('[data-live]')?.dataset.on === 'on' && !document.querySelector('[data-sound]').hidden`)
}

const (
	firstRow = `document.querySelector('[data-alarms] tbody tr').dataset.id`
	order    = `[...document.querySelectorAll('[data-alarms] tbody tr')].map(r => r.dataset.id).join()`
	focused  = `document.activeElement.closest('tr')?.dataset.id ?? ''`
)

// TestKeyboard: an operator answers for alarms from the keyboard alone; what is new never moves the rows while somebody is at work, and comes
// in by itself when nobody is.
func TestKeyboard(t *testing.T) {
	d := openDesk(t)
	for n := range 4 {
		d.raise(signal(d, n%2, n, rule.High))
		d.Clock.Advance(time.Second)
	}
	w := d.look(t, "power-operator")
	w.open("/zh/duty/alarms")
	before := eval[string](w, order)
	d.raise(signal(d, 0, 10, rule.Critical)) // nobody is at work: it stands on top by itself
	w.until(order + `.split(',').length === 5 && document.querySelector('[data-alarms] tbody tr').dataset.p === '1'`)
	w.press("j")
	w.press("j")
	w.press("j")
	at := eval[string](w, focused)
	if at == "" || !strings.Contains(before, at) {
		t.Fatalf("j leads to %q", at)
	}
	w.press("k")
	w.press("j")
	w.strike(" ", "Space", " ")
	if !eval[bool](w, `document.activeElement.checked`) {
		t.Error("space does not select")
	}
	held, top := eval[string](w, order), eval[float64](w, `document.activeElement.getBoundingClientRect().top`)
	d.raise(signal(d, 1, 11, rule.Critical), signal(d, 1, 12, rule.Low))
	w.until(`!document.querySelector('[data-fresh]').hidden`)
	if got := eval[string](w, `document.querySelector('[data-show]').textContent`); got != "新告警 2 条，其中紧急 1 条：显示" {
		t.Errorf("the bar says %q", got)
	}
	if now := eval[string](w, order); now != held || eval[string](w, focused) != at || eval[float64](w, `document.activeElement.getBoundingClientRect().top`) != top {
		t.Errorf("rows moved under the keyboard: %s, then %s", held, now)
	}
	w.press("a") // acknowledges what is selected; the list stays as it is
	w.until(fmt.Sprintf(`document.getElementById('a-%s').dataset.s === 'acknowledged'`, at))
	if a, err := d.Duty.Alarms.Get(t.Context(), at); err != nil || a.State != alarm.Acknowledged {
		t.Errorf("%v %s", err, a.State)
	}
	if now := eval[string](w, order); now != held || eval[string](w, focused) != at {
		t.Errorf("the answer moved the rows: %s", now)
	}
	w.press("n")
	w.until(`document.querySelector('[data-fresh]').hidden && document.querySelectorAll('[data-alarms] tbody tr').length === 7`)
	first := eval[string](w, firstRow)
	w.press("s") // shelving wants a reason first
	w.until(`document.activeElement.matches('[data-note]')`)
	w.do(chromedp.SendKeys(chromedp.CSS(`[data-note]`), "仪表检修"))
	w.do(chromedp.Click(chromedp.CSS(`[data-shelve]`), chromedp.NodeVisible))
	w.until(fmt.Sprintf(`document.getElementById('a-%s').classList.contains('left') && document.querySelector('form[data-undo]')`, first))
	eval[bool](w, `(document.activeElement.blur(), true)`)
	w.press("z")
	w.until(`!document.querySelector('form[data-undo]')`)
	if a, err := d.Duty.Alarms.Get(t.Context(), first); err != nil || a.Hold != alarm.None {
		t.Errorf("undone: %v %q", err, a.Hold)
	}
	w.press("?")
	w.until(`document.querySelector('[data-help]').open`)
	w.do(chromedp.Click(chromedp.CSS(`[data-sound]`), chromedp.NodeVisible))
	w.until(`document.querySelector('[data-sound]').getAttribute('aria-pressed') === 'true'`)
	w.press(kb.Escape)
	w.press("j")
	w.strike("Enter", "Enter", "\r")
	w.until(`location.pathname.startsWith('/zh/duty/alarms/') && document.readyState === 'complete'`)
	if len(w.errs) > 0 {
		t.Error(w.errs)
	}
}

// TestThousandInTenSeconds: a thousand alarms come in ten seconds while somebody works in the list. The critical ones stand on top, keys are
// answered, and the rows stay where they are until they are asked for.
func TestThousandInTenSeconds(t *testing.T) {
	d := openDesk(t)
	d.raise(signal(d, 0, 5000, rule.High))
	w := d.look(t, "power-operator")
	w.open("/zh/duty/alarms")
	w.press("j")
	at := eval[string](w, focused)
	began, worst := time.Now(), time.Duration(0)
	for i := range 100 {
		batch := make([]alarm.Signal, 10)
		for n := range batch {
			p := rule.Low
			if i%20 == 0 && n == 0 {
				p = rule.Critical
			}
			batch[n] = signal(d, i%2, i*10+n, p)
		}
		d.raise(batch...)
		asked := time.Now()
		if eval[string](w, focused) != at {
			t.Fatal("the focus was taken away")
		}
		worst = max(worst, time.Since(asked))
		time.Sleep(time.Until(began.Add(time.Duration(i+1) * 100 * time.Millisecond)))
	}
	took := time.Since(began)
	w.until(`document.querySelector('[data-part=flood] .note')`)
	w.press("n")
	w.until(`document.querySelectorAll('[data-alarms] tr[data-p="1"]').length === 5`)
	if got := eval[string](w, `[...document.querySelectorAll('[data-alarms] tbody tr')].slice(0, 6).map(r => r.dataset.p ?? 'f').join('')`); got != "111112" {
		t.Errorf("on top stand %s", got)
	}
	if n := eval[int](w, `document.querySelectorAll('[data-alarms] tbody tr').length`); n > 60 {
		t.Errorf("%d rows: a flood is folded", n)
	}
	if c := d.Duty.Alarms.Count(alarm.Filter{}); c.Open != 1001 || !c.Flood {
		t.Errorf("%+v", c)
	}
	t.Logf("1,000 alarms in %s with the page open; the slowest answer of the page %s", took.Round(time.Millisecond), worst.Round(time.Millisecond))
	if len(w.errs) > 0 {
		t.Error(w.errs)
	}
}

// TestCasesLive: an open list and an open case take over what others do, and leave alone what somebody is writing.
func TestCasesLive(t *testing.T) {
	d := &desk{hosttest.Open(t, works(), System()), t}
	unit := officerUnit(t, d)
	first := startCaseOf(t, d, unit)
	w := d.look(t, "officer")
	live := `document.readyState === 'complete' && document.querySelector('[data-live]')?.dataset.on === 'on'`
	rows := `document.querySelectorAll('#main tbody tr').length`
	w.do(chromedp.Navigate(w.URL + "/zh/duty/cases"))
	w.until(live)
	if n := eval[int](w, rows); n != 1 {
		t.Fatalf("%d rows", n)
	}
	eval[bool](w, `(document.documentElement.dataset.mine = '1') === '1'`)
	second := startCaseOf(t, d, unit)
	w.until(rows + ` === 2 && document.querySelector('#main tbody').innerText.includes('` + second.Number + `')`)
	if !eval[bool](w, `document.documentElement.dataset.mine === '1'`) {
		t.Error("the list was loaded again, not brought up to date")
	}
	w.do(chromedp.Navigate(w.URL + "/zh/duty/cases/" + first.ID))
	w.until(live)
	if !eval[bool](w, `(() => { const f = document.querySelector('form#comment textarea'); f.focus(); f.value = '正在写'; return document.documentElement.dataset.mine = '2'; })() === '2'`) {
		t.Fatal("nothing can be written")
	}
	if a := d.As("officer").Post("/zh/duty/cases/"+first.ID+"/comment", url.Values{"text": {"现场已封闭"}, "version": {"1"}}); a.Status != http.StatusSeeOther {
		t.Fatalf("remark: %d", a.Status)
	}
	w.until(`document.querySelector('#main').innerText.includes('现场已封闭')`)
	if !eval[bool](w, `document.documentElement.dataset.mine === '2' && document.querySelector('form#comment textarea').value === '正在写'`) {
		t.Error("what was being written is gone")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.errs) > 0 {
		t.Error(w.errs)
	}
}

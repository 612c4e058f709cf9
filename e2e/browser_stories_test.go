package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestBrowserStories proves that people get their work done in the console with clicks and keys: each story is one of them, from
// the page where it begins to what was wanted.
func TestBrowserStories(t *testing.T) {
	c := startChrome(t)
	s := startCity(t)
	for _, story := range []struct {
		name, as string
		tell     func(*testing.T, *server, *tab)
	}{
		{"sign in with keys only", "", signInWithKeys},
		{"sign in with a wrong password", "", wrongPassword},
		{"find a meter from the keyboard", "power-officer", findMeter},
		{"filter by the plan's figures", "power-officer", filterByFigures},
		{"change the language", "power-officer", changeLanguage},
		{"change the colours", "power-officer", changeColours},
		{"open the drawer on a phone", "power-officer", openDrawer},
		{"go through the meters", "power-officer", goThroughMeters},
		{"read a meter again", "power-officer", readAgain},
		{"submit what is no figure", "officer", submitNonsense},
		{"submit and approve a figure", "officer", submitAndApprove},
		{"read without scripts", "power-officer", readWithoutScripts},
		{"go where there is nothing", "power-officer", goNowhere},
		{"sign out", "power-officer", signOut},
	} {
		t.Run(story.name, func(t *testing.T) {
			b := c.open(t, s.url)
			b.wear(t, looks[0])
			if story.as != "" {
				b.login(t, s, story.as)
			}
			story.tell(t, s, b)
			b.none(t)
		})
	}
}

// Small steps.

func (b *tab) click(t testing.TB, css string) {
	t.Helper()
	b.do(t, chromedp.Click(chromedp.CSS(css), chromedp.NodeVisible))
}

// press sends keys to whatever has the focus.
func (b *tab) press(t testing.TB, keys string) {
	t.Helper()
	b.do(t, chromedp.KeyEvent(keys))
}

// slash strikes the key with all that a keyboard sends: what a page keeps from happening on the stroke does not happen.
func (b *tab) slash(t testing.TB) {
	t.Helper()
	b.do(t, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for _, p := range []input.DispatchKeyEventParams{{Type: input.DispatchKeyEventTypeKeyDown, Key: "/", Code: "Slash", Text: "/"}, {Type: input.DispatchKeyEventTypeKeyUp, Key: "/", Code: "Slash"}} {
			if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, p); err != nil {
				return err
			}
		}
		return nil
	}))
}

// write puts text into a field in place of what stands there.
func (b *tab) write(t testing.TB, css, text string) {
	t.Helper()
	b.do(t, chromedp.Focus(chromedp.CSS(css)))
	value[bool](t, b, `(document.activeElement.select?.(), true)`)
	b.do(t, chromedp.SendKeys(chromedp.CSS(css), text))
}

// at waits until the page at a path (with its query) is there.
func (b *tab) at(t testing.TB, path string) {
	t.Helper()
	b.until(t, fmt.Sprintf(`location.pathname + location.search === %q && document.readyState === 'complete'`, path))
	b.settle(t)
}

// tabTo presses the tabulator until the focus lies on what css names, and demands that each stop can be seen to be one.
func (b *tab) tabTo(t testing.TB, css string) {
	t.Helper()
	for range 60 {
		b.press(t, kb.Tab)
		if value[bool](t, b, fmt.Sprintf(`document.activeElement.matches(%q)`, css)) {
			return
		}
		if lost := value[string](t, b, `(() => { const e = document.activeElement; if (e === document.body) return ''; const s = getComputedStyle(e), r = e.getBoundingClientRect();
			return e.checkVisibility({ visibilityProperty: true }) && (parseFloat(s.outlineWidth) > 0 && s.outlineStyle !== 'none' || e.closest('.search:focus-within')) && r.right > 0 && r.left < innerWidth ? '' : e.outerHTML.slice(0, 160); })()`); lost != "" {
			t.Errorf("the focus cannot be seen on %s", lost)
		}
	}
	t.Fatalf("%s: 60 steps of the tabulator do not lead to %s", b.where(), css)
}

// The stories.

func signInWithKeys(t *testing.T, s *server, b *tab) {
	b.visit(t, "/zh/plan")
	b.tabTo(t, ".skip")
	b.tabTo(t, `.top a[href="/zh/login"]`)
	b.press(t, kb.Enter)
	b.at(t, "/zh/login")
	b.tabTo(t, "input[name=login]")
	b.press(t, "power-officer")
	b.tabTo(t, "input[name=password]")
	b.press(t, s.accounts["power-officer"])
	b.tabTo(t, "form.form button[type=submit]")
	b.press(t, kb.Enter)
	b.at(t, "/zh/plan")
	b.until(t, `document.querySelector('.who b').textContent === '电力公司经办人'`)
}

func wrongPassword(t *testing.T, _ *server, b *tab) {
	for _, l := range []struct{ lang, says string }{{"zh", "口令"}, {"en", "password"}} {
		b.visit(t, "/"+l.lang+"/login?next=%2Fgrid")
		b.write(t, "input[name=login]", "reader")
		b.write(t, "input[name=password]", "not-the-password\r")
		b.until(t, `document.querySelector('[role=alert]')`)
		if says := value[string](t, b, `document.querySelector('[role=alert]').textContent.trim()`); !strings.Contains(says, l.says) {
			t.Errorf("%s: a wrong password is answered with %q", l.lang, says)
		}
		if v := value[string](t, b, `document.querySelector('input[name=login]').value + '|' + document.querySelector('input[name=password]').value`); v != "reader|" {
			t.Errorf("%s: the form keeps %q", l.lang, v)
		}
	}
	b.none(t, "422")
}

// meterList is what the programs' interface says of meters.
type meterList struct {
	Total  int64
	Meters []struct {
		Address, District string
		Measured          int `json:"measuredSlots"`
	}
}

func (s *server) meters(path string) (list meterList) {
	s.t.Helper()
	if err := json.Unmarshal(s.get(path), &list); err != nil {
		s.t.Fatal(err)
	}
	return list
}

func findMeter(t *testing.T, s *server, b *tab) {
	meter := s.meters("/api/grid/meters").Meters[7].Address
	b.visit(t, "/zh/grid/meters")
	b.slash(t)
	b.until(t, `document.activeElement.matches('.search input') && document.activeElement.value === ''`)
	b.press(t, meter+"\r")
	b.at(t, "/zh/search?q="+meter)
	b.click(t, fmt.Sprintf(`main a[href="/zh/grid/meters/%s"]`, meter))
	b.at(t, "/zh/grid/meters/"+meter)
	b.until(t, fmt.Sprintf(`document.querySelector('h1').textContent.includes(%q)`, meter))
}

// shown counts the rows of the plan's table that can be seen.
const shown = `[...document.querySelectorAll('#targets tr[data-status]')].filter(r => r.checkVisibility())`

func filterByFigures(t *testing.T, _ *server, b *tab) {
	b.visit(t, "/zh/plan")
	for _, key := range []string{"none", "on", "met", "behind"} {
		figure := value[int](t, b, fmt.Sprintf(`+document.querySelector('.say [data-status-link=%s]').textContent`, key))
		b.click(t, ".say [data-status-link="+key+"]")
		b.until(t, fmt.Sprintf(`location.search === '?status=%s'`, key))
		if n := value[int](t, b, shown+`.length`); n != figure {
			t.Errorf("%s: the figure says %d, the table shows %d", key, figure, n)
		}
		if others := value[int](t, b, shown+fmt.Sprintf(`.filter(r => r.dataset.status !== %q).length`, key)); others != 0 {
			t.Errorf("%s: %d rows of another state are shown", key, others)
		}
		b.do(t, chromedp.Reload()) // the filter is in the address: it outlives the page
		b.settle(t)
		if n := value[int](t, b, shown+`.length`); n != figure {
			t.Errorf("%s: the table shows %d of %d after a reload", key, n, figure)
		}
	}
	b.click(t, `.chips a[data-f=""]`)
	b.until(t, `location.search === ''`)
	if n := value[int](t, b, shown+`.length`); n != 63 {
		t.Errorf("all: the table shows %d rows of 63", n)
	}
}

func changeLanguage(t *testing.T, _ *server, b *tab) {
	b.visit(t, "/zh/grid/meters?district=120101&state=complete")
	b.click(t, ".top a[hreflang=en]")
	b.at(t, "/en/grid/meters?district=120101&state=complete")
	b.until(t, `document.documentElement.lang === 'en' && document.querySelector('h1').textContent.trim() === 'Meters' && document.querySelector('select[name=district]').value === '120101'`)
	b.click(t, ".top a[hreflang=zh-CN]")
	b.at(t, "/zh/grid/meters?district=120101&state=complete")
}

func changeColours(t *testing.T, _ *server, b *tab) {
	b.visit(t, "/zh/grid")
	light := value[string](t, b, `getComputedStyle(document.documentElement).backgroundColor`)
	b.click(t, "[data-theme-toggle]")
	b.until(t, fmt.Sprintf(`document.documentElement.dataset.theme === 'dark' && getComputedStyle(document.documentElement).backgroundColor !== %q`, light))
	b.visit(t, "/zh/plan") // another page is drawn dark by the server, not by a script
	if html := value[string](t, b, `fetch(location.href).then(r => r.text())`); !strings.Contains(html, `data-theme="dark"`) {
		t.Error("the next page does not come dark from the server")
	}
	b.click(t, "[data-theme-toggle]")
	b.until(t, fmt.Sprintf(`getComputedStyle(document.documentElement).backgroundColor === %q`, light))
}

func openDrawer(t *testing.T, _ *server, b *tab) {
	b.wear(t, look{"zh", "light", 390})
	b.visit(t, "/zh/plan")
	for _, key := range []string{kb.Enter, " "} {
		b.do(t, chromedp.Focus(chromedp.CSS("[data-menu]")))
		b.press(t, key)
		b.until(t, `document.activeElement.closest('#side nav') && document.querySelector('[data-menu]').getAttribute('aria-expanded') === 'true' && document.getElementById('side').getBoundingClientRect().left === 0`)
		b.press(t, kb.Escape)
		b.until(t, `document.activeElement.matches('[data-menu]') && document.querySelector('[data-menu]').getAttribute('aria-expanded') === 'false' && !document.querySelector('#side nav a').checkVisibility({ visibilityProperty: true })`)
	}
	b.press(t, kb.Enter)
	b.until(t, `document.activeElement.closest('#side nav')`)
	b.tabTo(t, `#side a[href="/zh/grid"]`)
	b.press(t, kb.Enter)
	b.at(t, "/zh/grid")
}

// firstMeter is the number in the first row of the meters' table.
const firstMeter = `document.querySelector('#meters-rows tr').id`

func goThroughMeters(t *testing.T, s *server, b *tab) {
	const district = "120116"
	want := s.meters("/api/grid/meters?district=" + district)
	if want.Total <= 50 {
		t.Fatalf("the story wants a district of more than a page, %s has %d meters", district, want.Total)
	}
	b.visit(t, "/zh/grid/meters")
	value[bool](t, b, fmt.Sprintf(`(() => { const f = document.querySelector('select[name=district]'); f.value = %q; return f.dispatchEvent(new Event('change', { bubbles: true })); })()`, district))
	b.at(t, "/zh/grid/meters?district="+district)
	if total := value[string](t, b, `document.querySelector('.pager b').textContent`); total != fmt.Sprint(want.Total) {
		t.Errorf("the page counts %s meters, the interface %d", total, want.Total)
	}
	if n := value[int](t, b, `[...document.querySelectorAll('#meters-rows tr td:nth-child(2)')].filter(c => c.textContent.trim() === '滨海新区').length`); n != 50 {
		t.Errorf("%d of the first page's 50 rows are of the district", n)
	}
	first := value[string](t, b, firstMeter)
	b.click(t, "a[rel=next]")
	b.until(t, firstMeter+` !== `+fmt.Sprintf("%q", first))
	b.settle(t)
	if second := value[string](t, b, firstMeter); second <= first {
		t.Errorf("the second page begins with %s, the first with %s", second, first)
	}
	b.click(t, ".pager a.btn:not([rel])") // to the first page
	b.at(t, "/zh/grid/meters?district="+district)
	b.until(t, firstMeter+` === `+fmt.Sprintf("%q", first))

	file := b.download(t, `.pager a[download][href*="meters.csv"]`)
	lines := strings.Split(strings.TrimRight(strings.ReplaceAll(string(file), "\r\n", "\n"), "\n"), "\n")
	if !strings.Contains(lines[0], "address") || int64(len(lines)-1) != want.Total {
		t.Errorf("the CSV has %d lines below %q, want %d", len(lines)-1, lines[0], want.Total)
	}
}

// download clicks a link and gives the file that comes.
func (b *tab) download(t testing.TB, css string) []byte {
	t.Helper()
	dir := t.(*testing.T).TempDir()
	done := make(chan string, 1)
	if err := chromedp.ListenBrowser(b.ctx, func(event any) {
		if e, ok := event.(*cdpbrowser.EventDownloadProgress); ok && e.State == cdpbrowser.DownloadProgressStateCompleted {
			select {
			case done <- e.GUID:
			default:
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	where := chromedp.FromContext(b.ctx).BrowserContextID
	b.do(t, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.CallBrowser(ctx, cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{
			Behavior: cdpbrowser.SetDownloadBehaviorBehaviorAllowAndName, BrowserContextID: where, DownloadPath: dir, EventsEnabled: new(true)})
		return err
	}))
	b.click(t, css)
	select {
	case name := <-done:
		file, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return file
	case <-time.After(patience):
		t.Fatalf("no file came from %s", css)
		return nil
	}
}

func readAgain(t *testing.T, s *server, b *tab) {
	missing := s.meters("/api/grid/missing")
	if missing.Total == 0 {
		t.Fatal("the simulated city has no meter with gaps")
	}
	meter := missing.Meters[0].Address
	b.visit(t, "/zh/grid/missing")
	b.click(t, ".bulk summary")
	b.click(t, ".bulk .menu-pop button") // nothing is ticked yet
	b.until(t, `document.readyState === 'complete' && document.body.textContent.includes('请先勾选电表')`)
	b.none(t, "the server responded with a status of 4")

	b.visit(t, "/zh/grid/missing")
	b.click(t, fmt.Sprintf(`tr#m-%s input[name=id]`, meter))
	b.click(t, ".bulk summary")
	b.click(t, ".bulk .menu-pop button")
	b.until(t, `/^\/zh\/grid\/rereads\/[0-9A-Z]{26}$/.test(location.pathname) && document.readyState === 'complete'`) // the order's own page
	b.visit(t, "/zh/grid/rereads")
	row := value[[]string](t, b, `[...document.querySelectorAll('#rereads-rows tr:first-child > *')].map(c => c.textContent.trim())`)
	if len(row) < 4 || row[3] != "1" {
		t.Errorf("the newest re-read is %q, want one of one meter", row)
	}
}

// reported is a target whose figures the economy commission submits.
const reported = "industry-scale"

func submitNonsense(t *testing.T, _ *server, b *tab) {
	for _, l := range []struct{ lang, says string }{{"zh", "数值“三十八”不是数"}, {"en", `"三十八" is no number`}} {
		b.visit(t, "/"+l.lang+"/plan/target/"+reported+"/report")
		b.write(t, "form.form input[name=value]", "三十八")
		b.write(t, "form.form input[name=evidence]", "津统〔2015〕12 号")
		b.click(t, "form.form button[type=submit]")
		b.until(t, `document.querySelector('form.form [role=alert]')`)
		if says := value[string](t, b, `document.querySelector('form.form [role=alert] b').textContent`); !strings.Contains(says, l.says) {
			t.Errorf("%s: the form says %q, want %q", l.lang, says, l.says)
		}
		kept := value[map[string]string](t, b, `(() => { const v = document.querySelector('form.form input[name=value]'); return { value: v.value, evidence: document.querySelector('form.form input[name=evidence]').value, invalid: v.getAttribute('aria-invalid'),
			error: (v.getAttribute('aria-describedby') ?? '').split(' ').map(i => document.getElementById(i)?.textContent.trim()).join(' '), focus: document.activeElement.getAttribute('role') }; })()`)
		if kept["value"] != "三十八" || kept["evidence"] != "津统〔2015〕12 号" || kept["invalid"] != "true" || !strings.Contains(kept["error"], l.says) || kept["focus"] != "alert" {
			t.Errorf("%s: the form comes back as %q", l.lang, kept)
		}
		b.axe(t)
		b.none(t, "422")
	}
}

func submitAndApprove(t *testing.T, s *server, b *tab) {
	b.visit(t, "/zh/plan/target/"+reported+"/report")
	b.write(t, "form.form input[name=value]", "3,912.5")
	b.write(t, "form.form input[name=evidence]", "津统〔2015〕12 号")
	b.click(t, "form.form button[type=submit]")
	b.until(t, `location.pathname.startsWith('/zh/plan/report/') && document.readyState === 'complete'`)
	if facts := value[string](t, b, `document.getElementById('report-facts').textContent`); !strings.Contains(facts, "3,912.5 亿元") || !strings.Contains(facts, "待审核") {
		t.Errorf("the report says %q", facts)
	}
	if value[bool](t, b, `!!document.querySelector('#decide')`) {
		t.Error("who submitted a figure is offered to decide on it")
	}
	report := value[string](t, b, `location.pathname`)

	b.click(t, ".who summary")
	b.click(t, ".who form button")
	b.at(t, "/zh/login")
	b.login(t, s, "leader")
	b.visit(t, report)
	b.do(t, chromedp.SetValue(chromedp.CSS("#decide select[name=decision]"), "approve"))
	b.click(t, "#decide button[type=submit]")
	b.until(t, `document.readyState === 'complete' && document.getElementById('report-facts').textContent.includes('已通过')`)
	b.visit(t, "/zh/plan")
	if row := value[string](t, b, `document.getElementById('r-`+reported+`').textContent`); !strings.Contains(row, "3,91") { // tables round
		t.Errorf("the plan's table says %q", row)
	}
}

// readWithoutScripts: figures, tables, maps and curves are in the page itself.
func readWithoutScripts(t *testing.T, s *server, b *tab) {
	meter := s.meters("/api/grid/meters?state=complete").Meters[0].Address
	b.do(t, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	for _, p := range []struct {
		path string
		want map[string]int // at least so many that can be seen
	}{
		{"/zh/plan", map[string]int{".say .n": 5, "#targets tr[data-status]": 63, ".cards svg.traj": 4, "#r-collection-coverage svg.gauge": 1, "#targets .chips a": 6}},
		{"/zh/plan?status=none", map[string]int{"#targets tr[data-status=none]": 50}},
		{"/zh/plan/target/collection-coverage", map[string]int{"svg.traj": 1, "#target-facts dd": 8}},
		{"/zh/grid", map[string]int{".kpi": 5, "svg.dmap path": 16, "svg.dmap a": 10, "svg.plot .pl-now": 1, "#grid-newest-rows tr": 10}},
		{"/zh/grid/meters/" + meter, map[string]int{"svg.slots rect": 90, "svg.plot .pl-now": 1, ".facts dd": 6}},
		{"/zh/grid/missing", map[string]int{"#by-district-rows tr": 10, "#missing-rows tr": 1, ".bulk summary": 1}},
	} {
		if status := b.visitStill(t, p.path); status != 200 {
			t.Errorf("%s answers %d", p.path, status)
		}
		for css, n := range p.want {
			if got := value[int](t, b, fmt.Sprintf(`[...document.querySelectorAll(%q)].filter(e => e.checkVisibility() && e.getBoundingClientRect().width > 0).length`, css)); got < n {
				t.Errorf("%s without scripts shows %d of %s, want %d", p.path, got, css, n)
			}
		}
		if value[bool](t, b, `!!document.querySelector('[data-on], .uplot, .maplibregl-map')`) {
			t.Fatalf("%s ran its scripts", p.path)
		}
	}
}

// visitStill goes to a path and waits for nothing that scripts would do.
func (b *tab) visitStill(t testing.TB, path string) int64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	answer, err := chromedp.Run(ctx, chromedp.NavigateResponse(b.base+path))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return answer.Status
}

// goNowhere: a page that is not there, one that is not the reader's, one that is asked for wrongly; each says so, and leads on.
func goNowhere(t *testing.T, _ *server, b *tab) {
	for _, p := range []struct {
		path   string
		status int64
	}{{"/nowhere", 404}, {"/grid/meters/000000000000", 404}, {"/plan/target/nothing", 404}, {"/admin/people", 403}, {"/grid/meters?district=1", 400}, {"/plan?status=x", 400}, {"/grid/missing?day=tomorrow", 400}} {
		for _, l := range []look{{"zh", "light", 390}, {"en", "dark", 1440}} {
			b.wear(t, l)
			if status := b.visit(t, "/"+l.lang+p.path); status != p.status {
				t.Errorf("%v %s answers %d, want %d", l, p.path, status, p.status)
			}
			b.inspect(t, l)
			if n := value[int](t, b, `document.querySelectorAll('main .fail a.btn').length`); n == 0 {
				t.Errorf("%v %s leads nowhere", l, p.path)
			}
			b.none(t, "the server responded with a status of "+fmt.Sprint(p.status))
		}
	}
}

func signOut(t *testing.T, _ *server, b *tab) {
	b.visit(t, "/zh/grid")
	b.click(t, ".who summary")
	b.press(t, kb.Escape)
	b.until(t, `!document.querySelector('.who').open && document.activeElement.matches('.who summary')`)
	b.press(t, kb.Enter)
	b.click(t, ".who form button")
	b.at(t, "/zh/login")
	b.visit(t, "/zh/grid")
	b.at(t, "/zh/login?next=%2Fgrid")
	value[bool](t, b, `(history.go(-2), true)`) // to the page of before: nothing of it is left in the browser
	time.Sleep(500 * time.Millisecond)
	b.settle(t)
	if value[bool](t, b, `!!document.querySelector('.who')`) {
		t.Errorf("after signing out the browser still shows %s", b.where())
	}
}

// TestBrowserLive proves that an open page follows the city without being loaded again: the coverage on the plan's page, looked
// at by nobody in particular, rises while the first readings of the day come in, and the newest measurements grow at their head.
func TestBrowserLive(t *testing.T) {
	c := startChrome(t)
	b := c.open(t, "")
	s := start(t, "demo", "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--meters", "20000", "--password", "stories-2015-haihe")
	b.base, b.complaints.base = s.url, s.url
	b.visit(t, "/zh/plan")
	const figure = `document.querySelector('#r-collection-coverage td.num b').textContent`
	value[bool](t, b, `window.opened = true`)
	b.until(t, `document.querySelector('[data-live]').dataset.on === 'on'`)
	seen := map[string]bool{}
	for limit := time.Now().Add(startLimit); len(seen) < 3 && time.Now().Before(limit); time.Sleep(50 * time.Millisecond) {
		seen[value[string](t, b, figure)] = true
	}
	if len(seen) < 3 {
		t.Errorf("within %v the coverage was only %v", startLimit, seen)
	}
	b.until(t, `[...document.querySelectorAll('#plan-feed li b')].some(e => e.textContent.includes('用电信息采集覆盖率'))`)
	if !value[bool](t, b, `window.opened === true`) {
		t.Error("the page was loaded again")
	}
	if n := value[int](t, b, shown+`.length`); n != 63 {
		t.Errorf("after the updates the table shows %d rows of 63", n)
	}
	b.none(t)
}

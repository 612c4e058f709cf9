package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// looks are how every page is looked at: the first two always, the others in turn.
var looks = []look{{"zh", "light", 1440}, {"en", "dark", 390}, {"zh", "dark", 390}, {"en", "light", 1440}, {"zh", "dark", 1440}, {"en", "light", 390}, {"zh", "light", 390}, {"en", "dark", 1440}}

// readers are those for whom the walk opens every page; "" is nobody. Who has the most pages goes first.
var readers = []string{"power-officer", "emergency-officer", "leader", "safety-operator", "reader", "", "system", "security", "audit"}

// walkers is how many of the readers walk at the same time, each in a window of their own.
const walkers = 3

// TestBrowserPages proves that every page that the console links to, for everybody who may sign in and for nobody, opens without
// an error of any kind: in Chinese and English, light and dark, at a desk and on a phone; that nothing on it is cut off, that
// axe-core has nothing serious against it, and that no request leaves the machine.
func TestBrowserPages(t *testing.T) {
	if !thorough() {
		t.Skip("the walk through every page takes minutes of both processors: it runs with HAIHE_TEST_BROWSER=must, as .ci/run browser does")
	}
	c := startChrome(t)
	s := startCity(t)
	began := time.Now()
	w := &walk{server: s, seen: map[string]bool{}, files: map[string]bool{}, tested: map[string]bool{}}
	who := make(chan string)
	var walking sync.WaitGroup
	for range walkers { // not t.Parallel, which goes by the processors: a window waits as much as it works
		walking.Go(func() {
			for name := range who {
				t.Run(cmp.Or(name, "nobody"), func(t *testing.T) { w.as(t, c, name) })
			}
		})
	}
	for _, name := range readers {
		who <- name
	}
	close(who)
	walking.Wait()
	t.Logf("%d kinds of pages, %d files, %d held to axe in %v", len(w.seen), len(w.files), len(w.tested), time.Since(began).Round(time.Second))
}

// startCity starts the demo with a small city and waits until its first figures have come.
func startCity(t *testing.T, args ...string) *server {
	t.Helper()
	s := start(t, append([]string{"demo", "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--meters", "800", "--password", "stories-2015-haihe"}, args...)...)
	s.untilCovered()
	return s
}

// untilCovered waits for a live figure of the coverage.
func (s *server) untilCovered() {
	s.t.Helper()
	for limit := time.Now().Add(startLimit); time.Now().Before(limit); time.Sleep(200 * time.Millisecond) {
		var x struct{ Value *float64 }
		if err := json.Unmarshal(s.get("/api/plan/targets/collection-coverage"), &x); err != nil {
			s.t.Fatal(err)
		}
		if x.Value != nil && *x.Value > 50 {
			return
		}
	}
	s.t.Fatalf("no coverage within %v\n%s", startLimit, s.errout)
}

// walk is what the readers together have seen of the console.
type walk struct {
	server *server

	mu     sync.Mutex
	seen   map[string]bool // kinds of pages that somebody saw in the first looks already
	files  map[string]bool // kinds of files that were fetched
	tested map[string]bool // kinds of pages, each with a theme, that axe was asked about
	turn   int             // of the readers, for the look that each begins with
}

// first tells whether a thing was not in a set yet, and puts it there.
func (w *walk) first(set map[string]bool, thing string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if set[thing] {
		return false
	}
	set[thing] = true
	return true
}

// knows tells whether a kind of page was seen.
func (w *walk) knows(kind string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen[kind]
}

// as walks as one reader.
func (w *walk) as(t *testing.T, c *chrome, who string) {
	b := c.open(t, w.server.url)
	b.wear(t, looks[0])
	if who != "" {
		b.login(t, w.server, who)
	}
	w.mu.Lock()
	w.turn += 8
	r := &round{walk: w, who: who, tab: b, turn: w.turn}
	w.mu.Unlock()
	began := time.Now()
	r.all(t)
	t.Logf("%d views of %d pages in %v, %s", r.views, r.pages, time.Since(began).Round(time.Second), r.spent)
}

// spent is what the time of a round went into: dressing the window, opening the page, looking at it, asking axe, following its links.
type spent struct{ wear, visit, look, axe, follow time.Duration }

func (s spent) String() string {
	return fmt.Sprintf("of which wear %.0f, visit %.0f, look %.0f, axe %.0f, follow %.0f seconds", s.wear.Seconds(), s.visit.Seconds(), s.look.Seconds(), s.axe.Seconds(), s.follow.Seconds())
}

// lap gives the time since the last call, in turn.
func lap(since *time.Time) time.Duration {
	took := time.Since(*since)
	*since = time.Now()
	return took
}

// round is one reader's way through the console, by its links.
type round struct {
	*walk
	who          string
	tab          *tab
	pages, views int
	turn         int  // of the looks in turn
	worn         look // by the window
	spent        spent
}

// next is the look whose turn it is. It stays for some views: the window takes as long to be dressed as many a page to be opened.
func (r *round) next() look {
	r.turn++
	return looks[2+r.turn/8%(len(looks)-2)]
}

// all follows the links from the plan's page; of pages of one kind it opens a few, and one where somebody else saw the kind before.
func (r *round) all(t *testing.T) {
	queue, known, kinds, own := []string{"/zh/plan", "/zh/search?q=101", "/zh/search?q=%E6%B2%B3"}, map[string]bool{}, map[string]int{}, map[string]bool{}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		kind := kindOf(path)
		limit := 1 + 2*strings.Count(kind, "*")
		if !own[kind] && r.knows(kind) {
			limit = 1
		}
		if known[path] || kinds[kind] >= limit {
			continue
		}
		own[kind] = own[kind] || !r.knows(kind)
		known[path] = true
		kinds[kind]++
		r.pages++
		t.Run(strings.TrimPrefix(path, "/zh/"), func(t *testing.T) {
			queue = append(queue, r.page(t, path, kind)...)
		})
	}
}

// thorough tells whether the walk through every page was asked for.
func thorough() bool { return os.Getenv("HAIHE_TEST_BROWSER") == "must" }

// kindOf tells which pages are alike: a third part of the path is an object's name, and of a query one key speaks for all.
func kindOf(path string) string {
	u, err := url.Parse(path)
	if err != nil {
		return path
	}
	parts := strings.Split(strings.TrimPrefix(u.Path, "/zh/"), "/")
	if len(parts) > 2 {
		parts[2] = "*"
	}
	if parts[0] == "plan" && len(parts) == 2 && u.RawQuery != "" { // the plan's areas
		parts[1] = "*"
	}
	var keys []string
	for k := range u.Query() {
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return strings.Join(parts, "/")
	}
	return strings.Join(parts, "/") + "?" + slices.Min(keys)
}

// page opens one page in its looks, and gives where it leads. What a query picks looks like the page without it: it is looked at
// once, and where somebody saw the like before it need but open.
func (r *round) page(t *testing.T, path, kind string) (links []string) {
	list := []look{looks[0], looks[1], r.next()}
	fresh, picked := r.first(r.seen, kind), strings.Contains(kind, "?")
	if picked && !fresh {
		return r.fetch(t, path)
	}
	if picked || !fresh {
		list = list[2:]
	}
	b, began := r.tab, time.Now()
	for i, l := range list {
		if l.theme != r.worn.theme || l.wide != r.worn.wide {
			b.wear(t, l)
			r.worn = l
		}
		r.spent.wear += lap(&began)
		at := "/" + l.lang + strings.TrimPrefix(path, "/zh")
		if status := b.visit(t, at); status != http.StatusOK {
			t.Errorf("%s answers %d", at, status)
			b.none(t, "the server responded with a status")
			return nil
		}
		r.views++
		r.spent.visit += lap(&began)
		b.check(t, l)
		r.spent.look += lap(&began)
		if r.first(r.tested, kind+" "+l.theme) {
			b.axe(t)
		}
		r.spent.axe += lap(&began)
		for _, s := range b.take() {
			t.Errorf("%v: %s", l, s)
		}
		if i == 0 {
			links = r.follow(t, value[found](t, b, "("+leads+")(document)"))
			r.spent.follow += lap(&began)
		}
	}
	return links
}

// fetch asks for a page without showing it, and gives where it leads.
func (r *round) fetch(t *testing.T, path string) []string {
	defer func(began time.Time) { r.spent.follow += lap(&began) }(time.Now())
	got := value[found](t, r.tab, fmt.Sprintf(`fetch(%q).then(async r => ({ status: r.status, ...(%s)(new DOMParser().parseFromString(await r.text(), 'text/html')) }))`, path, leads))
	if got.Status != http.StatusOK {
		t.Errorf("%s answers %d", path, got.Status)
		r.tab.none(t, "the server responded with a status")
		return nil
	}
	return r.follow(t, got)
}

// found is where a page leads; Status is that of its answer where it was fetched.
type found struct {
	Status       int
	Pages, Files []string
}

// leads lists the links of a page: of a table, a list or a map the first entry stands for all.
const leads = `doc => {
  const pages = new Set(), files = new Set();
  for (const a of doc.querySelectorAll('a[href]')) {
    const u = new URL(a.href.baseVal ?? a.href, location.href);
    const item = a.closest('main tbody tr, main li, main svg a');
    if (item && !item.closest('.rail')) {
      const first = [...item.parentElement.children].find(x => x.matches('a[href]') || x.querySelector('a[href]'));
      if (first !== item) continue;
    }
    if (u.origin !== location.origin) { pages.add(u.href); continue; }
    const path = u.pathname + u.search;
    if (!/^\/(zh|en)(\/|$)/.test(u.pathname)) files.add(path);
    else if (!a.hreflang && !a.hasAttribute('download')) pages.add(path);
  }
  return { pages: [...pages], files: [...files] };
}`

// follow gathers where a page leads, in Chinese, and fetches the files that it offers.
func (r *round) follow(t *testing.T, found found) []string {
	for _, f := range found.Files {
		u, err := url.Parse(f)
		if err != nil {
			t.Errorf("link %s: %v", f, err)
			continue
		}
		if !r.first(r.files, r.who+u.Path) {
			continue
		}
		got := value[struct {
			Status int
			Type   string
		}](t, r.tab, fmt.Sprintf(`fetch(%q).then(async r => { await r.arrayBuffer(); return { status: r.status, type: r.headers.get('Content-Type') ?? '' }; })`, f))
		switch {
		case got.Status != http.StatusOK:
			t.Errorf("the file %s answers %d", f, got.Status)
		case strings.HasPrefix(got.Type, "text/html"):
			t.Errorf("a link leads to the page %s, which is in no language", f)
		}
	}
	r.tab.take() // what a refused file says in the console is said above
	for i, p := range found.Pages {
		switch {
		case strings.HasPrefix(p, "/en/"):
			found.Pages[i] = "/zh" + strings.TrimPrefix(p, "/en")
		case !strings.HasPrefix(p, "/zh/") && p != "/zh":
			t.Errorf("a link leads to %s, which is in no language", p)
		}
	}
	return slices.DeleteFunc(found.Pages, func(p string) bool { return !strings.HasPrefix(p, "/zh/") })
}

// faults holds a page to what every page keeps: a language, one heading, a title, nothing wider than the window, nothing cut off
// in a box, no words of the other language but where they are marked as such.
const faults = `(() => {
  const out = [], wide = document.documentElement.clientWidth >= 1000, en = location.pathname.startsWith('/en/');
  const name = e => e.tagName.toLowerCase() + (e.id ? '#' + e.id : '') + [...e.classList].map(c => '.' + c).join('') + ' “' + e.textContent.trim().replace(/\s+/g, ' ').slice(0, 60) + '”';
  if (document.documentElement.lang !== (en ? 'en' : 'zh-CN')) out.push('lang is ' + document.documentElement.lang);
  const h1 = [...document.querySelectorAll('h1')].map(h => h.textContent.trim());
  if (h1.length !== 1 || !h1[0]) out.push('headings of the first order: ' + JSON.stringify(h1));
  if (!/\S · \S/.test(document.title)) out.push('title is ' + JSON.stringify(document.title));
  const room = document.documentElement.clientWidth; // innerWidth grows with what is too wide on a phone
  const over = document.documentElement.scrollWidth - room;
  if (over > 0) {
    const far = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > room + 1 && e.checkVisibility({ visibilityProperty: true })).slice(0, 3).map(name);
    out.push('the page is ' + over + ' px wider than the window: ' + far.join(', '));
  }
  for (const e of document.querySelectorAll('body *')) {
    if (e.closest('svg, .vh, .maplibregl-map, .uplot, .skip') || /INPUT|SELECT|TEXTAREA/.test(e.tagName) || !e.clientWidth || !e.checkVisibility({ visibilityProperty: true })) continue;
    const s = getComputedStyle(e);
    if (s.overflowX === 'visible' || s.clipPath !== 'none' || e.scrollWidth <= e.clientWidth + 1) continue;
    if (!wide && e.matches('.tabs, .chips, .crumbs li')) continue; // the first two are swiped, and the heading says in full what the third shortens
    out.push('cut off by ' + (e.scrollWidth - e.clientWidth) + ' px: ' + name(e));
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n = texts.nextNode(); n; n = texts.nextNode()) {
    const han = /\p{Script=Han}/u.test(n.data), sentence = /[a-z]{2,} [a-z]{2,} [a-z]{2,}/i.test(n.data);
    if (n.parentElement.closest(en ? '[lang^=zh], script, style' : '[lang=en], script, style')) continue;
    if (en && han) out.push('Chinese on the English page: ' + name(n.parentElement));
    if (!en && !han && sentence) out.push('English on the Chinese page: ' + name(n.parentElement));
  }
  return out.slice(0, 12);
})()`

// inspect holds the page that is open to what every page keeps.
func (b *tab) inspect(t testing.TB, l look) {
	t.Helper()
	b.check(t, l)
	b.axe(t)
}

func (b *tab) check(t testing.TB, l look) {
	t.Helper()
	for _, f := range value[[]string](t, b, faults) {
		t.Errorf("%v: %s", l, f)
	}
}

package ui_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/static"
	"github.com/haihe-city/haihe/web/ui"
)

// wire is a server of two gallery pages whose stream the test feeds.
func wire(t *testing.T) (base string, send func(u ...ui.Update)) {
	files, err := static.New()
	if err != nil {
		t.Fatal(err)
	}
	events := make(chan string, 100)
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", files)
	mux.HandleFunc("GET /events/{topic}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.(http.Flusher).Flush()
		for {
			select {
			case <-r.Context().Done():
				return
			case e := <-events:
				fmt.Fprint(w, e)
				w.(http.Flusher).Flush()
			}
		}
	})
	mux.HandleFunc("GET /page/{lang}/{page}", func(w http.ResponseWriter, r *http.Request) {
		l, _ := lang.Parse(r.PathValue("lang"))
		s := shellFor(r.PathValue("page"), l)
		s.Static = files.Prefix()
		if c, err := r.Cookie("theme"); err == nil {
			s.Theme = c.Value
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		if err := ui.RenderPage(r.Context(), w, s, pages()[r.PathValue("page")]); err != nil {
			t.Error(err)
		}
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(func() { srv.CloseClientConnections(); srv.Close() })
	return srv.URL + "/page", func(us ...ui.Update) {
		var b bytes.Buffer
		for _, u := range us {
			if err := ui.RenderUpdate(context.Background(), &b, shell(lang.Zh), u); err != nil {
				t.Fatal(err)
			}
		}
		out := "id: 1\n"
		for l := range strings.Lines(b.String()) {
			out += "data: " + strings.TrimRight(l, "\n") + "\n"
		}
		events <- out + "\n"
	}
}

// holds waits until an expression of the page is true.
func holds(ctx context.Context, t *testing.T, what, js string) {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.Poll[chromedp.Void](js, chromedp.WithPollingTimeout(15*time.Second))); err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

func do(ctx context.Context, t *testing.T, js string) {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](js)); err != nil {
		t.Fatalf("%s: %v", js, err)
	}
}

// TestBehaviour tries what script adds to the pages: live figures, rows, lists, charts and maps; filters, search key, theme, drawer.
func TestBehaviour(t *testing.T) {
	base, send := wire(t)
	ctx := browser(t, chromedp.Flag("use-angle", "swiftshader"), chromedp.Flag("enable-unsafe-swiftshader", true))
	c := &complaints{base: strings.TrimSuffix(base, "/page")}
	if err := c.listen(ctx); err != nil {
		t.Fatal(err)
	}
	if err := (view{"grid", "light", lang.Zh, 1440, 900}).open(ctx, strings.TrimSuffix(base, "/page")); err != nil {
		t.Fatal(err)
	}
	holds(ctx, t, "the page says that it is live", `!document.querySelector('[data-live]').hidden`)
	first := tiles()[0]
	first.Value = "98.01"
	row := meters().Rows[0]
	row.Cells[2].Text = lang.Same("17,000.00")
	chart := ui.Chart{ID: "load", Unit: lang.Same("MW"), From: now, Step: time.Hour, Lines: []ui.Line{{Name: lang.T("今日", "Today"), Points: []float64{1, 2, 3}}}}
	city := ui.Map{ID: "city", Title: lang.T("图", "map"), Areas: []ui.Area{{Code: "120119", Class: 4, Text: lang.Same("100%")}}}
	do(ctx, t, `document.querySelector('#load canvas').dataset.mine = 1; document.querySelector('#city canvas').dataset.mine = 1`)
	send(ui.Update{Block: ui.Tiles{Items: []ui.Tile{first}}}, ui.Update{Block: ui.Table{Columns: meters().Columns, Rows: []ui.Row{row}}}, ui.Update{Block: chart}, ui.Update{Block: city},
		ui.Update{Prepend: true, Block: ui.Alarms{ID: "alarms", Items: []ui.Alarm{{Level: 1, Title: lang.T("新告警", "new alarm")}}}})
	holds(ctx, t, "a tile", `document.querySelector('#k-collect .val b').textContent === '98.01'`)
	holds(ctx, t, "a row", `document.querySelector('#m-1230417000').textContent.includes('17,000.00')`)
	holds(ctx, t, "a list", `document.querySelector('#alarms li').textContent.includes('新告警')`)
	holds(ctx, t, "a chart", `JSON.parse(document.querySelector('#load .chart').dataset.chart).lines[0].points.length === 3`)
	holds(ctx, t, "the chart is still live", `document.querySelector('#load canvas')`)
	holds(ctx, t, "the map keeps its canvas", `document.querySelector('#city canvas').dataset.mine === '1' && 'on' in document.querySelector('#city').dataset`)

	do(ctx, t, `document.activeElement.blur(); document.dispatchEvent(new KeyboardEvent('keydown', {key: '/', bubbles: true}))`)
	holds(ctx, t, "the search key", `document.activeElement.matches('.search input')`)
	do(ctx, t, `document.querySelector('[data-theme-toggle]').click()`)
	holds(ctx, t, "the theme", `document.documentElement.dataset.theme === 'dark' && document.cookie.includes('theme=dark')`)
	do(ctx, t, `document.querySelector('.who summary').click()`)
	holds(ctx, t, "the menu opens", `document.querySelector('.who').open`)
	do(ctx, t, `document.querySelector('h1').click()`)
	holds(ctx, t, "the menu closes", `!document.querySelector('.who').open`)

	if err := (view{"plan", "light", lang.Zh, 390, 844}).open(ctx, strings.TrimSuffix(base, "/page")); err != nil {
		t.Fatal(err)
	}
	holds(ctx, t, "the server draws the theme", `document.documentElement.dataset.theme === 'dark'`)
	do(ctx, t, `document.querySelector('[data-menu]').click()`)
	holds(ctx, t, "the drawer opens", `document.querySelector('#side').classList.contains('open') && document.querySelector('#side').contains(document.activeElement)`)
	do(ctx, t, `document.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}))`)
	holds(ctx, t, "the drawer closes", `!document.querySelector('#side').classList.contains('open') && document.activeElement.matches('[data-menu]')`)
	do(ctx, t, `document.querySelector('.say a.behind').click()`)
	holds(ctx, t, "the sentence filters", `[...document.querySelectorAll('tr[data-status]')].every(r => r.hidden === (r.dataset.status !== 'behind')) && location.search.includes('status=behind')`)
	do(ctx, t, `document.querySelector('.chips a[data-f=""]').click()`)
	holds(ctx, t, "the filter is lifted", `[...document.querySelectorAll('tr[data-status]')].every(r => !r.hidden) && !location.search.includes('status')`)
	send(ui.Update{Prepend: true, Block: ui.Feed{ID: "feed", Items: []ui.FeedItem{{At: now, Name: lang.T("新读数", "new"), To: "1"}}}})
	holds(ctx, t, "the feed grows", `document.querySelector('#feed li').textContent.includes('新读数')`)
	for _, s := range c.take() {
		t.Error(s)
	}
}

// TestWithoutScript: with scripts off the pages show their figures, their pictures and ways to everything.
func TestWithoutScript(t *testing.T) {
	base := serveGallery(t)
	ctx := browser(t)
	if err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}), chromedp.EmulateViewport(390, 844), chromedp.Navigate(base+"/page/zh/grid")); err != nil {
		t.Fatal(err)
	}
	for what, js := range map[string]string{
		"the map is drawn":                `document.querySelectorAll('.dmap path').length > 16`,
		"the chart is drawn":              `document.querySelector('.plot .pl-now').getBoundingClientRect().width > 100`,
		"nothing is offered that is dead": `document.querySelector('[data-theme-toggle]').hidden && document.querySelector('[data-extent]').hidden && document.querySelector('[data-live]').hidden`,
		"the drawer opens by its address": `document.querySelector('[data-menu]').getAttribute('href') === '#side'`,
		"filters have a button":           `document.querySelector('.filters button').offsetWidth > 0`,
	} {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](js))
		if err != nil || !ok {
			t.Errorf("%s: %v", what, err)
		}
	}
}

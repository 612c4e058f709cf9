package ui_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/ui"
)

func render(t *testing.T, s ui.Shell, p *ui.Page) (*html.Node, string) {
	t.Helper()
	var b bytes.Buffer
	if err := ui.RenderPage(context.Background(), &b, s, p); err != nil {
		t.Fatal(err)
	}
	n, err := html.Parse(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return n, b.String()
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func text(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

// TestMarkup holds every component, in both languages, with everything set and with nothing set, to the rules of the console.
func TestMarkup(t *testing.T) {
	for name, p := range pages() {
		for _, l := range []lang.Lang{lang.Zh, lang.En} {
			t.Run(name+"-"+string(l), func(t *testing.T) {
				doc, src := render(t, shellFor(name, l), p)
				checkPolicy(t, doc)
				checkIDs(t, doc)
				checkHeadings(t, doc)
				checkNames(t, doc)
				for _, bad := range []string{"%!", "<nil>", "NaN", "+Inf", "ZgotmplZ", "{{"} {
					if i := strings.Index(src, bad); i >= 0 && !strings.Contains(src[max(0, i-200):i], "data-") {
						t.Errorf("the page says %q: …%s…", bad, src[max(0, i-60):min(len(src), i+20)])
					}
				}
			})
		}
	}
}

// checkPolicy: no inline script, no inline style, no handler in an attribute, nothing from another machine.
func checkPolicy(t *testing.T, doc *html.Node) {
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "style" || n.Data == "script" && text(n) != "" {
			t.Errorf("inline <%s>", n.Data)
		}
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
			if (a.Key == "src" || a.Key == "href" || a.Key == "action") && (strings.Contains(a.Val, "//") || strings.HasPrefix(a.Val, "javascript:")) {
				t.Errorf("<%s %s=%q> leads away", n.Data, a.Key, a.Val)
			}
			if a.Key == "hx-on" || strings.HasPrefix(a.Key, "hx-on:") {
				t.Errorf("%s needs eval, which the policy forbids", a.Key)
			}
		}
	}
}

func checkIDs(t *testing.T, doc *html.Node) {
	ids := map[string]int{}
	for n := range doc.Descendants() {
		if id, ok := attr(n, "id"); ok {
			ids[id]++
		}
	}
	for id, n := range ids {
		if n > 1 || id == "" {
			t.Errorf("id %q stands %d times", id, n)
		}
	}
	for n := range doc.Descendants() {
		for _, a := range n.Attr {
			switch a.Key {
			case "aria-labelledby", "aria-describedby", "for", "aria-controls":
				for _, id := range strings.Fields(a.Val) {
					if ids[id] == 0 {
						t.Errorf("<%s %s=%q>: there is no such id", n.Data, a.Key, id)
					}
				}
			case "href":
				if id, ok := strings.CutPrefix(a.Val, "#"); ok && id != "" && n.Data != "use" && ids[id] == 0 {
					t.Errorf("the link %s leads nowhere", a.Val)
				}
				if n.Data == "use" && ids[strings.TrimPrefix(a.Val, "#")] == 0 {
					t.Errorf("there is no icon %s", a.Val)
				}
			}
		}
	}
}

// checkHeadings: one h1, and no level is skipped.
func checkHeadings(t *testing.T, doc *html.Node) {
	last, ones := 0, 0
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] >= '1' && n.Data[1] <= '6' {
			level := int(n.Data[1] - '0')
			if level == 1 {
				ones++
			}
			if level > last+1 {
				t.Errorf("heading %q skips from h%d to h%d", text(n), last, level)
			}
			last = level
		}
	}
	if ones != 1 {
		t.Errorf("%d headings of the first level", ones)
	}
}

// checkNames: every input, picture and empty link has a name.
func checkNames(t *testing.T, doc *html.Node) {
	labelled := map[string]bool{}
	for n := range doc.Descendants() {
		if id, ok := attr(n, "for"); ok && n.Data == "label" {
			labelled[id] = true
		}
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		_, aria := attr(n, "aria-label")
		_, by := attr(n, "aria-labelledby")
		id, _ := attr(n, "id")
		kind, _ := attr(n, "type")
		switch n.Data {
		case "input", "select", "textarea":
			inside := false
			for p := n.Parent; p != nil; p = p.Parent {
				inside = inside || p.Data == "label"
			}
			if kind != "hidden" && !aria && !inside && !labelled[id] {
				t.Errorf("<%s id=%q> has no label", n.Data, id)
			}
		case "svg":
			role, _ := attr(n, "role")
			hidden, _ := attr(n, "aria-hidden")
			if role == "" && hidden != "true" && n.Parent.Data != "svg" {
				t.Errorf("a picture is neither named nor hidden: %v", n.Attr)
			}
		case "button":
			if text(n) == "" && !aria && !by {
				t.Error("a button has no name")
			}
		}
	}
}

// TestBothHalves: a text that was set in both languages appears in both pages, and the page of one language does not show the other.
func TestBothHalves(t *testing.T) {
	_, zh := render(t, shell(lang.Zh), gridPage())
	_, en := render(t, shell(lang.En), gridPage())
	for _, x := range []lang.Text{lang.T("集中器离线，影响 412 户", "Concentrator offline, 412 homes"), lang.T("补抄", "Read again"), lang.T("全部 12 条", "All 12"), lang.T("各区采集覆盖率", "Automatic reading by district"), lang.T("演示环境：数据为模拟", "Demonstration: the data is simulated")} {
		if !strings.Contains(zh, x.Zh) || strings.Contains(zh, x.En) {
			t.Errorf("the Chinese page and %v", x)
		}
		if !strings.Contains(en, x.En) || strings.Contains(en, x.Zh) {
			t.Errorf("the English page and %v", x)
		}
	}
}

func TestLinks(t *testing.T) {
	_, src := render(t, shell(lang.En), gridPage())
	for _, want := range []string{
		`href="/en/grid/meters"`, `href="/api/grid/meters.csv"`, // a page gets its language, an API does not
		`/en/grid/meters?district=120101&amp;sort=-kwh&amp;view=wide`, // a figure is sorted from the top
		`/en/grid/meters?district=120101&amp;sort=at&amp;view=wide`,   // a second click turns round
		`aria-sort="descending"`,
		`after=abc&amp;district=120101&amp;sort=-at&amp;view=wide`,
		`<input type="hidden" name="sort" value="-at"> <input type="hidden" name="view" value="wide">`, // filters keep the rest
		`hreflang="zh-CN"`, `href="/zh/plan?status=met"`,
		`name="day" value="2015-11-20"`, `name="csrf" value="t0ken"`,
		`hx-sse:connect="/events/grid?lang=en&amp;since="`,
	} {
		if !strings.Contains(src, want) {
			t.Errorf("no %s", want)
		}
	}
	if live, htmx := strings.Index(src, "/js/live.mjs"), strings.Index(src, "/vendor/htmx.min.js"); live < 0 || live > htmx {
		t.Error("live.mjs must run before htmx, or it misses the connection")
	}
	p := &ui.Page{Title: lang.Same("x"), Body: []ui.Block{ui.Notice{Text: lang.Same("n"), Link: &ui.Link{Text: lang.Same("l"), Href: "javascript:alert(1)"}},
		ui.Notice{Text: lang.Same("n"), Link: &ui.Link{Text: lang.Same("l"), Href: "//evil.example"}}, ui.Prose{Text: lang.Same("<script>alert(1)</script>")}}}
	if _, src := render(t, shell(lang.Zh), p); strings.Contains(src, "javascript:") || strings.Contains(src, "//evil") || strings.Contains(src, "<script>alert") {
		t.Error("a bad address or markup came through")
	}
}

// TestFilterWithoutScript: the rows of other statuses are hidden by the server.
func TestFilterWithoutScript(t *testing.T) {
	p := planPage()
	c := p.Body[1].(ui.Columns)
	tt := c.Cols[0][1].(ui.TargetTable)
	tt.Filter = "met"
	c.Cols[0][1] = tt
	doc, _ := render(t, shell(lang.Zh), p)
	shown := 0
	for n := range doc.Descendants() {
		if s, ok := attr(n, "data-status"); ok && n.Data == "tr" {
			_, hidden := attr(n, "hidden")
			if hidden == (s == "met") {
				t.Errorf("a row that is %s: hidden %v", s, hidden)
			}
			if !hidden {
				shown++
			}
		}
	}
	if shown == 0 {
		t.Error("no row is shown")
	}
}

func TestUpdates(t *testing.T) {
	grid := gridPage()
	cases := []struct {
		name string
		u    ui.Update
		key  string
		want []string
	}{
		{"a block", ui.Update{Block: grid.Body[0]}, "keys ", []string{`hx-target="[id=&#39;keys&#39;]"`, `hx-swap="outerMorph"`, `id="keys"`}},
		{"one tile", ui.Update{Block: ui.Tiles{Items: tiles()[:1]}}, "k-collect ", []string{`<li class="kpi is-on" id="k-collect">`}},
		{"rows", ui.Update{Block: ui.Table{Columns: meters().Columns, Rows: meters().Rows[:2]}}, "m-1230417000 m-1230417731 ", []string{`<tr id="m-1230417000">`, `<tr id="m-1230417731">`}},
		{"target rows", ui.Update{Block: ui.TargetTable{Groups: []ui.TargetGroup{{Items: targets()[:1]}}}}, "r-scale ", []string{`id="r-scale"`}},
		{"a line of a feed", ui.Update{Prepend: true, Block: ui.Feed{ID: "feed", Items: []ui.FeedItem{{Name: lang.T("新", "new"), To: "2"}}}}, "feed ", []string{`hx-swap="afterbegin"`, "<li>"}},
		{"nothing to find it by", ui.Update{Block: ui.Prose{Text: lang.T("字", "word")}}, "", nil},
	}
	for _, c := range cases {
		var b bytes.Buffer
		if err := ui.RenderUpdate(context.Background(), &b, shell(lang.Zh), c.u); err != nil {
			t.Fatal(err)
		}
		for _, w := range c.want {
			if !strings.Contains(b.String(), w) {
				t.Errorf("%s: no %s in %s", c.name, w, b.String())
			}
		}
		if c.u.Key() != c.key {
			t.Errorf("%s: key %q", c.name, c.u.Key())
		}
		if c.u.Prepend && strings.Contains(b.String(), `id="feed"`) {
			t.Errorf("%s: the list itself is sent", c.name)
		}
	}
}

// TestSame: what a stream sends for a block is what the page draws for it, wherever on the page it stands.
func TestSame(t *testing.T) {
	for _, p := range []*ui.Page{planPage(), gridPage(), partsPage()} {
		p.Live = "x"
		_, page := render(t, shell(lang.Zh), p)
		var walk func(bs []ui.Block)
		walk = func(bs []ui.Block) {
			for _, b := range bs {
				switch b := b.(type) {
				case ui.Columns:
					for _, c := range b.Cols {
						walk(c)
					}
				case ui.Panel:
					walk(b.Body)
				case ui.Table, ui.TargetTable, ui.TargetCards, ui.Form: // hold ids that are counted on the page
				default:
					if ui.ID(b) == "" {
						continue
					}
					s := shell(lang.Zh)
					var out bytes.Buffer
					if err := ui.RenderUpdate(context.Background(), &out, s, ui.Update{Block: b}); err != nil {
						t.Fatal(err)
					}
					_, core, _ := strings.Cut(out.String(), ">")
					core = strings.TrimSpace(strings.TrimSuffix(core, "</hx-partial>"))
					if !strings.Contains(page, core) {
						t.Errorf("%T %s is not drawn alike:\n%.300s", b, ui.ID(b), core)
					}
				}
			}
		}
		walk(p.Body)
	}
}

func BenchmarkPlanPage(b *testing.B) {
	p, s := planPage(), shell(lang.Zh)
	for b.Loop() {
		var out bytes.Buffer
		if err := ui.RenderPage(context.Background(), &out, s, p); err != nil {
			b.Fatal(err)
		}
	}
}

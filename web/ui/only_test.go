package ui_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/ui"
)

// TestOnly takes from a page what is closed to its reader, and leaves the page that the system made as it was.
func TestOnly(t *testing.T) {
	name := lang.Same("x")
	link := func() *ui.Link { return &ui.Link{Text: name, Href: "/shut"} }
	made := func() *ui.Page {
		return &ui.Page{Title: name, Crumbs: []ui.Link{{Text: name, Href: "/shut"}, {Text: name}},
			Tabs:    []ui.Tab{{Text: name, Href: "/shut", Else: []string{"/shut", "/open"}}, {Text: name, Href: "/shut"}, {Text: name, Href: "/open"}},
			Within:  []ui.Tab{{Text: name, Href: "/open"}, {Text: name, Href: "/shut"}},
			Actions: []ui.Action{{Text: name, Href: "/shut"}, {Text: name, Href: "/shut", Post: true}, {Text: name, Href: "/half"}, {Text: name, Href: "/half", Post: true}},
			Body: []ui.Block{
				ui.Panel{Title: name, More: link(), Body: []ui.Block{ui.Form{Action: "/shut"}}},
				ui.Panel{Title: name, More: link(), Body: []ui.Block{ui.Form{Action: "/open", Cancel: link()}}},
				ui.Columns{Cols: [][]ui.Block{{ui.Notice{Text: name, Link: link()}}, {ui.Form{Action: "/half"}}}},
				ui.Alarms{More: link()}, ui.Timeline{More: link()},
				ui.Tiles{Items: []ui.Tile{{Name: name, Value: "1", Href: "/shut"}}},
				ui.Facts{Items: []ui.Fact{{Name: name, Value: name, Href: "/shut"}, {Name: name, Value: name, Href: "/open"}}},
				ui.Table{Rows: []ui.Row{{Cells: []ui.Cell{{Text: name, Href: "/open"}}}, {Cells: []ui.Cell{{Text: name, Href: "/shut"}, {Text: name, Href: "/open"}}}}, Exports: []ui.Link{{Href: "/shut"}, {Href: "/open"}}, Post: &ui.BulkAction{Href: "/shut"}},
				ui.Prose{Text: name}}}
	}
	p := made()
	got := p.Only(func(method, href string) bool { return href == "/open" || href == "/half" && method == http.MethodGet })
	if !reflect.DeepEqual(p, made()) {
		t.Error("the system's own page was changed")
	}
	want := &ui.Page{Title: name, Crumbs: []ui.Link{{Text: name}, {Text: name}},
		Tabs:    []ui.Tab{{Text: name, Href: "/open", Else: []string{"/shut", "/open"}}, {Text: name, Href: "/open"}},
		Actions: []ui.Action{{Text: name, Href: "/half"}},
		Body: []ui.Block{
			ui.Panel{Title: name, Body: []ui.Block{ui.Form{Action: "/open"}}},
			ui.Columns{Cols: [][]ui.Block{{ui.Notice{Text: name}}, nil}},
			ui.Alarms{}, ui.Timeline{},
			ui.Tiles{Items: []ui.Tile{{Name: name, Value: "1"}}},
			ui.Facts{Items: []ui.Fact{{Name: name, Value: name}, {Name: name, Value: name, Href: "/open"}}},
			ui.Table{Rows: []ui.Row{{Cells: []ui.Cell{{Text: name, Href: "/open"}}}, {Cells: []ui.Cell{{Text: name}, {Text: name, Href: "/open"}}}}, Exports: []ui.Link{{Href: "/open"}}},
			ui.Prose{Text: name}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	all := made()
	if open := all.Only(func(string, string) bool { return true }); !reflect.DeepEqual(open, made()) {
		t.Errorf("where all is open something went: %+v", open)
	}
}

// TestForeign holds what is in the other language to saying so.
func TestForeign(t *testing.T) {
	plant, sentence := "西青0003号危险化学品企业", "Stay away from the river bank."
	p := &ui.Page{Title: lang.T(plant+"的预警", "Early warning of "+plant), Body: []ui.Block{
		ui.Prose{Text: lang.Same("U-01 氨储存单元 <A>")}, ui.Prose{Text: lang.Same(sentence)}, ui.Prose{Text: lang.T("中文", "English only here")},
		ui.Form{Fields: []ui.Field{{Name: "a", Kind: "select", Options: []ui.Option{{Text: lang.Same("FT-201 流量")}, {Text: lang.Same("7")}}}, {Name: "b", Kind: "textarea", Value: sentence}, {Name: "c", Value: plant}}}}}
	for l, want := range map[lang.Lang][]string{
		lang.En: {`<h1>Early warning of <span lang="zh-CN">` + plant + `</span></h1>`, `U-01 <span lang="zh-CN">氨储存单元</span> &lt;A&gt;`, `<p class="prose">` + sentence, `lang="zh-CN">FT-201 流量</option>`, `<option value="" selected>7<`, `value="` + plant + `" lang="zh-CN"`},
		lang.Zh: {`<h1>` + plant + `的预警</h1>`, `<p class="prose">U-01 氨储存单元 &lt;A&gt;`, `<span lang="en">` + sentence + `</span>`, `<p class="prose">中文`, `<option value="" selected>FT-201 流量<`, `lang="en">` + sentence + `</textarea>`},
	} {
		_, page := render(t, shell(l), p)
		for _, w := range want {
			if !strings.Contains(page, w) {
				t.Errorf("%s: %s is not on the page", l, w)
			}
		}
		if strings.Contains(page, "@e.") {
			t.Error("a component's call is drawn as a text")
		}
	}
}

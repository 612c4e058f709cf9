package ui

import (
	"encoding/json"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/ui/draw"
)

// env is where a block is drawn: the language, the form token, the clock, and how deep it lies.
type env struct {
	l       lang.Lang
	csrf    string
	static  string
	now     time.Time
	live    bool
	inner   bool // inside a panel, which draws the frame
	mute    bool // the panel's heading names this block already
	serial  *int // gives ids to what has none
	mounted func(path string) bool
	scope   string // keeps the ids of an update apart from those of the page that it arrives on
}

func (e env) t(t lang.Text) string { return t.In(e.l) }

// w picks a word of the components' own.
func (e env) w(zh, en string) string { return lang.T(zh, en).In(e.l) }

// foreign is the language of data that is the same in both, where it is not the page's own; "" where it is.
func (e env) foreign(t lang.Text) string {
	if t.Zh != t.En {
		return ""
	}
	han := draw.Chinese(t.Zh)
	switch {
	case e.l == lang.En && han:
		return "zh-CN"
	case e.l != lang.En && !han && sentence.MatchString(t.Zh):
		return "en"
	}
	return ""
}

// word writes what a reader is shown. Data that is in one language only says in which, so that it is read aloud and drawn as what it
// is (WCAG 2.2, 3.1.2): the whole text where it is the same in both, and the Chinese names within an English text.
func (e env) word(t lang.Text) templ.Component {
	if l := e.foreign(t); l == "en" {
		return templ.Raw(`<span lang="en">` + templ.EscapeString(t.Zh) + `</span>`)
	}
	return e.words(e.t(t))
}

// words is word for a text that is joined already.
func (e env) words(s string) templ.Component {
	if e.l == lang.En {
		return templ.Raw(draw.Marked(s))
	}
	return templ.Raw(templ.EscapeString(s))
}

// said is the language of a text that can hold no mark within: a choice, a field that is filled in.
func (e env) said(t lang.Text) templ.Attributes {
	l := e.foreign(t)
	if l == "" && e.l == lang.En && draw.Chinese(t.En) {
		l = "zh-CN"
	}
	if l == "" {
		return nil
	}
	return templ.Attributes{"lang": l}
}

// sentence finds words that are read as English.
var sentence = regexp.MustCompile(`(?i)[a-z]{2,} [a-z]{2,} [a-z]{2,}`)

// codeLang is the language of code: that of its keywords, or of the texts that stand in it.
func (e env) codeLang(text string) string {
	if l := e.foreign(lang.Same(text)); l != "" {
		return l
	}
	return "en"
}

// url writes a path below the language prefix; paths of the API and of assets, queries and fragments stay as they are, and
// what is no path goes through templ's check of schemes.
func (e env) url(href string) templ.SafeURL { return templ.SafeURL(e.href(href)) }

func (e env) href(h string) string {
	switch {
	case strings.HasPrefix(h, "//"):
		return "#"
	case strings.HasPrefix(h, "/api/"), strings.HasPrefix(h, "/assets/"), strings.HasPrefix(h, "#"), strings.HasPrefix(h, "?"):
		return h
	case strings.HasPrefix(h, "/") && e.mounted != nil && e.mounted(h):
		return h
	case strings.HasPrefix(h, "/"):
		return "/" + string(e.l) + h
	}
	return string(templ.URL(h))
}

// id gives a block its own id, or one that is unique on the page.
func (e env) id(own, kind string) string {
	if own != "" {
		return own
	}
	if e.serial == nil {
		return kind
	}
	*e.serial++
	return kind + "-" + e.scope + strconv.Itoa(*e.serial)
}

// within is e for the blocks inside a panel. Where the panel holds a single block, its own heading would only repeat.
func (e env) within(p Panel) env {
	e.inner, e.mute = true, !p.Title.Empty() && len(p.Body) == 1
	return e
}

func (e env) clock(t time.Time) string { return e.t(Moment(t, e.now)) }

func machine(t time.Time) string { return t.In(shanghai).Format(time.RFC3339) }

// query writes "?k=v…" with changes to what is kept; an empty value removes.
func query(keep map[string]string, change ...string) string {
	v := url.Values{}
	for k, s := range keep {
		if s != "" {
			v.Set(k, s)
		}
	}
	for i := 0; i+1 < len(change); i += 2 {
		if change[i+1] == "" {
			v.Del(change[i])
		} else {
			v.Set(change[i], change[i+1])
		}
	}
	if len(v) == 0 {
		return ""
	}
	return "?" + v.Encode()
}

// hidden lists what a GET form must carry besides its own fields, in a stable order.
func hidden(keep map[string]string, own ...Field) []Field {
	var out []Field
	for _, k := range slices.Sorted(maps.Keys(keep)) {
		mine := k == "after" || keep[k] == ""
		for _, f := range own {
			mine = mine || f.Name == k
		}
		if !mine {
			out = append(out, Field{Name: k, Kind: "hidden", Value: keep[k]})
		}
	}
	return out
}

// fields turns the hidden values of an action into fields, in a stable order.
func fields(m map[string]string) []Field {
	var out []Field
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, Field{Name: k, Value: m[k]})
	}
	return out
}

// encode writes data for a module into an attribute; what cannot be written is left out, and the module stays idle.
func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}

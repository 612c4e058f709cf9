package ui

import (
	"time"

	"github.com/haihe-city/haihe/lang"
)

// Shell is what surrounds a page: who looks at it, in which language, and where they can go.
type Shell struct {
	Lang    lang.Lang
	Path    string // below the language prefix: "/grid/meters"
	Query   string // as it came, kept by the language switch
	Static  string // prefix of the static files: "/assets/<hash>"
	Theme   string // "dark", "light", "" for what the machine says
	Home    string // where the brand leads
	Nav     []NavGroup
	User    *User  // nil: nobody is signed in
	CSRF    string // form token of the session
	Now     time.Time
	Search  string    // what was searched for
	Banner  lang.Text // said above every page: 演示
	Plain   bool      // of a citizen: no search of the city's things
	Bare    bool      // no navigation: sign-in, and errors of people who are not signed in
	Version string
	Since   string                 // event id up to which the page is current, for its stream
	Mounted func(path string) bool // whether a path is a standard's own binding, which is in no language; nil: none is
}

// User is who is signed in.
type User struct {
	Name, Unit lang.Text
	Links      []Link // account pages
}

// NavGroup is a heading of the navigation with its items.
type NavGroup struct {
	Text  lang.Text
	Items []NavItem
}

// NavItem is one place to go. Icon is a name of the sprite; Sub indents it below the item before.
type NavItem struct {
	ID, Href, Icon string
	Text           lang.Text
	Badge          string
	Sub            bool
}

// Failure is the body of an error page: what happened, what to do, and the number under which the log knows it.
type Failure struct {
	Status    int
	Text      lang.Text
	RequestID string
	Links     []Link
}

func (Failure) block() {}

// own tells whether the first block brings the page's heading along.
func (p *Page) own() bool {
	if len(p.Body) == 0 {
		return false
	}
	_, ok := p.Body[0].(PlanLead)
	return ok
}

// rest are the blocks below the heading.
func (p *Page) rest() []Block {
	if p.own() {
		return p.Body[1:]
	}
	return p.Body
}

// crumbs are the page's, or its title where it has none.
func (p *Page) crumbs() []Link {
	if len(p.Crumbs) == 0 {
		return []Link{{Text: p.Title}}
	}
	return p.Crumbs
}

func (s Shell) other() lang.Lang {
	if s.Lang == lang.En {
		return lang.Zh
	}
	return lang.En
}

func (s Shell) tag(l lang.Lang) string {
	if l == lang.En {
		return "en"
	}
	return "zh-CN"
}

// twin is this page in the other language.
func (s Shell) twin() string {
	u := "/" + string(s.other()) + s.Path
	if s.Query != "" {
		u += "?" + s.Query
	}
	return u
}

func (s Shell) env() env {
	n := 0
	return env{l: s.Lang, csrf: s.CSRF, static: s.Static, now: s.Now, serial: &n, mounted: s.Mounted}
}

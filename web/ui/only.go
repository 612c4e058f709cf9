package ui

import (
	"net/http"
	"slices"
)

// May tells whether a reader may go to an address below the language prefix (method GET), or post to it (POST).
type May func(method, href string) bool

// Only is a page without what its reader may not open: tabs, actions and forms go, other links become plain text. The page itself,
// and whatever of it the system keeps for other readers, is not changed.
func (p *Page) Only(may May) *Page {
	own := *p
	p = &own
	p.Tabs, p.Within = may.tabs(p.Tabs), may.tabs(p.Within)
	if len(p.Within) == 1 { // a choice of one is none
		p.Within = nil
	}
	p.Actions = slices.DeleteFunc(slices.Clone(p.Actions), func(a Action) bool { return !may.act(a) })
	p.Crumbs = slices.Clone(p.Crumbs)
	for i := range p.Crumbs {
		may.clear(&p.Crumbs[i].Href)
	}
	p.Body = may.blocks(p.Body)
	return p
}

func (may May) get(href string) bool { return href == "" || may(http.MethodGet, href) }

func (may May) act(a Action) bool {
	if a.Post {
		return may(http.MethodPost, a.Href)
	}
	return may.get(a.Href)
}

func (may May) clear(href *string) {
	if !may.get(*href) {
		*href = ""
	}
}

// tabs keeps the tabs that lead somewhere; one whose own page is closed leads to the first of the others that is open.
func (may May) tabs(list []Tab) (out []Tab) {
	for _, t := range list {
		for _, href := range append([]string{t.Href}, t.Else...) {
			if may.get(href) {
				t.Href = href
				out = append(out, t)
				break
			}
		}
	}
	return out
}

func (may May) link(l *Link) *Link {
	if l != nil && !may.get(l.Href) {
		return nil
	}
	return l
}

func (may May) blocks(list []Block) (out []Block) {
	for _, b := range list {
		if b = may.block(b); b != nil {
			out = append(out, b)
		}
	}
	return out
}

// block gives a block without what is closed; nil where nothing of it is left.
func (may May) block(b Block) Block {
	switch b := b.(type) {
	case Panel:
		had := len(b.Body)
		if b.More, b.Body = may.link(b.More), may.blocks(b.Body); had > 0 && len(b.Body) == 0 {
			return nil
		}
		return b
	case Columns:
		b.Cols = slices.Clone(b.Cols)
		for i, c := range b.Cols {
			b.Cols[i] = may.blocks(c)
		}
		return b
	case Form:
		if !may(http.MethodPost, b.Action) {
			return nil
		}
		if b.Cancel != nil && !may.get(b.Cancel.Href) {
			b.Cancel = nil
		}
		return b
	case Notice:
		b.Link = may.link(b.Link)
		return b
	case Alarms:
		b.More = may.link(b.More)
		return b
	case Timeline:
		b.More = may.link(b.More)
		return b
	case Tiles:
		b.Items = slices.Clone(b.Items)
		for i := range b.Items {
			may.clear(&b.Items[i].Href)
		}
		return b
	case Facts:
		b.Items = slices.Clone(b.Items)
		for i := range b.Items {
			may.clear(&b.Items[i].Href)
		}
		return b
	case Table:
		return may.table(b)
	}
	return b
}

func (may May) table(t Table) Table {
	if t.Post != nil && !may(http.MethodPost, t.Post.Href) {
		t.Post = nil
	}
	t.Exports = slices.DeleteFunc(slices.Clone(t.Exports), func(l Link) bool { return !may.get(l.Href) })
	mine := false // whether the rows are a copy already
	for i, r := range t.Rows {
		shut := func(c Cell) bool { return !may.get(c.Href) }
		if !slices.ContainsFunc(r.Cells, shut) {
			continue
		}
		if !mine {
			t.Rows, mine = slices.Clone(t.Rows), true
		}
		r.Cells = slices.Clone(r.Cells)
		for j := range r.Cells {
			may.clear(&r.Cells[j].Href)
		}
		t.Rows[i] = r
	}
	return t
}

package tree

import (
	"bytes"
	"maps"
	"slices"
	"strings"
)

// form is a canonical form.
type form struct {
	exclusive, comments bool
	skip                map[*Node]bool // left out with all below
	keep                []string       // prefixes that the exclusive form treats as the inclusive one does
}

// canonical writes a node and what lies below it, or the whole document where n is nil.
func (d *Doc) canonical(n *Node, f form) []byte {
	var b bytes.Buffer
	if n != nil {
		f.element(&b, n, map[string]string{}, true)
		return b.Bytes()
	}
	after := false
	for _, k := range d.Kids {
		switch {
		case k == d.Root:
			f.element(&b, k, map[string]string{}, true)
			after = true
		case k.Kind == Instruction || k.Kind == Comment && f.comments:
			if after {
				b.WriteByte('\n')
			}
			f.node(&b, k, nil)
			if !after {
				b.WriteByte('\n')
			}
		}
	}
	return b.Bytes()
}

var (
	textEscape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#xD;")
	attrEscape = strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;", "\t", "&#x9;", "\n", "&#xA;", "\r", "&#xD;")
)

func (f form) node(b *bytes.Buffer, n *Node, shown map[string]string) {
	switch n.Kind {
	case Text:
		b.WriteString(textEscape.Replace(n.Text))
	case Comment:
		if f.comments {
			b.WriteString("<!--" + n.Text + "-->")
		}
	case Instruction:
		b.WriteString("<?" + n.Local)
		if n.Text != "" {
			b.WriteString(" " + n.Text)
		}
		b.WriteString("?>")
	case Element:
		f.element(b, n, shown, false)
	}
}

// wanted are the namespaces that an element's tag should show, by prefix.
func (f form) wanted(n *Node, apex bool) map[string]string {
	out := map[string]string{}
	if !f.exclusive {
		if apex { // what stands above a subtree holds for it
			for at := n; at != nil; at = at.Parent {
				for p, v := range at.Names {
					if _, ok := out[p]; !ok {
						out[p] = v
					}
				}
			}
			return out
		}
		return n.Names
	}
	use := append([]string{n.Prefix}, f.keep...)
	for _, a := range n.Attrs {
		if a.Prefix != "" {
			use = append(use, a.Prefix)
		}
	}
	for _, p := range use {
		if v, ok := n.Lookup(p); ok && p != "xml" {
			out[p] = v
		}
	}
	return out
}

func (f form) element(b *bytes.Buffer, n *Node, shown map[string]string, apex bool) {
	if f.skip[n] {
		return
	}
	name := n.Local
	if n.Prefix != "" {
		name = n.Prefix + ":" + n.Local
	}
	b.WriteString("<" + name)
	shown = maps.Clone(shown)
	want := f.wanted(n, apex)
	for _, p := range slices.Sorted(maps.Keys(want)) {
		if v := want[p]; shown[p] != v {
			shown[p] = v
			if p == "" {
				b.WriteString(` xmlns="` + attrEscape.Replace(v) + `"`)
			} else {
				b.WriteString(` xmlns:` + p + `="` + attrEscape.Replace(v) + `"`)
			}
		}
	}
	attrs := slices.Clone(n.Attrs)
	slices.SortFunc(attrs, func(x, y Attr) int {
		if c := strings.Compare(x.Space, y.Space); c != 0 {
			return c
		}
		return strings.Compare(x.Local, y.Local)
	})
	for _, a := range attrs {
		key := a.Local
		if a.Prefix != "" {
			key = a.Prefix + ":" + a.Local
		}
		b.WriteString(" " + key + `="` + attrEscape.Replace(a.Value) + `"`)
	}
	b.WriteByte('>')
	for _, k := range n.Kids {
		f.node(b, k, shown)
	}
	b.WriteString("</" + name + ">")
}

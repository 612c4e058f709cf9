package ui

import (
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/web/ui/draw"
)

// Wall is a wall view (大屏): thousands of things in groups, each a small grey square while it is well, a shape with a colour when it is not.
type Wall struct {
	ID     string
	Title  lang.Text
	Groups []WallGroup
	Key    []WallKey
}

// WallGroup is a part of a wall that is replaced by itself when news arrives: a district.
type WallGroup struct {
	ID    string
	Name  lang.Text
	Note  lang.Text // "滨海新区：1203 家，2 家告警"
	Href  string
	Total int
	Marks []WallMark // those that are not well, the gravest first
}

// WallMark is a thing that is not well. Look is p1 to p4, silent or off.
type WallMark struct {
	At   int // place among the group's things
	Look string
	Text lang.Text
	Href string
}

// WallKey explains a look.
type WallKey struct {
	Look string
	Text lang.Text
}

func (Wall) block()      {}
func (WallGroup) block() {}

// wallLinks is how many marks of a group are links of their own; of the rest only the shapes are drawn.
const wallLinks = 60

func (e env) wallSVG(g WallGroup) string {
	p := draw.Wall{Total: g.Total, Label: e.t(g.Name) + e.w("：", ": ") + e.t(g.Note)}
	for i, m := range g.Marks {
		x := draw.WallMark{At: m.At, Look: m.Look}
		if i < wallLinks && m.Href != "" {
			x.Href, x.Text = string(e.url(m.Href)), e.t(m.Text)
		}
		p.Marks = append(p.Marks, x)
	}
	return draw.DrawWall(p)
}

func wallSwatch(look string) string { return draw.WallSwatch(look) }

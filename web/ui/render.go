package ui

import (
	"context"
	"fmt"
	"io"
	"strconv"
)

func itoa(n int) string { return strconv.Itoa(n) }

// in is the environment of a page's blocks.
func (e env) in(p *Page) env {
	e.live = p.Live != ""
	return e
}

// RenderPage writes a whole page.
func RenderPage(ctx context.Context, w io.Writer, s Shell, p *Page) error {
	if err := s.screen(p).Render(ctx, w); err != nil {
		return fmt.Errorf("render page %s: %w", s.Path, err)
	}
	return nil
}

// RenderUpdate writes the fragment that brings an open page up to date: the block's element is morphed in place, or with Prepend
// its items are put at the head of its list. Tiles and a Table without an ID update their items or rows one by one.
func RenderUpdate(ctx context.Context, w io.Writer, s Shell, u Update) error {
	e := s.env()
	e.live = true
	for _, part := range u.parts() {
		e.scope = part.id + "-"
		if err := e.partial(part).Render(ctx, w); err != nil {
			return fmt.Errorf("render update %s: %w", part.id, err)
		}
	}
	return nil
}

// Key names what an update replaces: two updates with the same key and no Prepend say the same thing at different times, and
// only the later one need be sent. "" says that the update names nothing and cannot be sent.
func (u Update) Key() string {
	key := ""
	for _, p := range u.parts() {
		key += p.id + " "
	}
	return key
}

// part is a piece of an update: one element of the page.
type part struct {
	id      string
	block   Block // a block of one item where row or tile is meant
	prepend bool
}

// parts takes an update apart. What bears no ID cannot be found on a page and is left out.
func (u Update) parts() []part {
	switch b := u.Block.(type) {
	case Tiles:
		if b.ID == "" {
			var out []part
			for _, t := range b.Items {
				if t.ID != "" {
					out = append(out, part{id: t.ID, block: Tiles{Items: []Tile{t}}})
				}
			}
			return out
		}
	case Table:
		if b.ID == "" {
			var out []part
			for _, r := range b.Rows {
				if r.ID != "" {
					out = append(out, part{id: r.ID, block: Table{Columns: b.Columns, Rows: []Row{r}, Post: b.Post}})
				}
			}
			return out
		}
	case TargetTable:
		if b.ID == "" {
			var out []part
			for _, g := range b.Groups {
				for _, t := range g.Items {
					out = append(out, part{id: "r-" + t.ID, block: TargetTable{Groups: []TargetGroup{{Items: []Target{t}}}}})
				}
			}
			return out
		}
	}
	if id := ID(u.Block); id != "" {
		return []part{{id: id, block: u.Block, prepend: u.Prepend}}
	}
	return nil
}

// ID gives a block's ID, "" for the kinds that have none.
func ID(b Block) string {
	switch b := b.(type) {
	case Tiles:
		return b.ID
	case Panel:
		return b.ID
	case Table:
		return b.ID
	case Form:
		return b.ID
	case Facts:
		return b.ID
	case Notice:
		return b.ID
	case Chart:
		return b.ID
	case Map:
		return b.ID
	case Alarms:
		return b.ID
	case AlarmList:
		return b.ID
	case AlarmPulse:
		return b.ID
	case Timeline:
		return b.ID
	case Slots:
		return b.ID
	case Spans:
		return b.ID
	case Feed:
		return b.ID
	case PlanLead:
		return b.ID
	case TargetCards:
		return b.ID
	case TargetTable:
		return b.ID
	case Attention:
		return b.ID
	case Trajectory:
		return b.ID
	case Wall:
		return b.ID
	case WallGroup:
		return b.ID
	}
	return ""
}

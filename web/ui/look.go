package ui

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/haihe-city/haihe/web/ui/draw"
)

type timeType = time.Time

// hasMap tells whether a panel holds one map and nothing else, which then fills it to the edge.
func (p Panel) hasMap() bool {
	if len(p.Body) != 1 {
		return false
	}
	_, ok := p.Body[0].(Map)
	return ok
}

func (p Panel) look() string {
	if len(p.Body) == 0 {
		return ""
	}
	switch p.Body[0].(type) {
	case Map:
		if p.hasMap() {
			return "mapp"
		}
	case Chart:
		return "chartp"
	case Alarms:
		return "alarms"
	}
	return ""
}

// look names the grid of the columns. A column that only lists what to attend to is an aside of fixed width.
func (c Columns) look() string {
	n := len(c.Cols)
	if n == 2 && c.Wide >= 0 && c.Wide < 2 && list(c.Cols[1-c.Wide]) {
		return fmt.Sprintf("aside%d", 1-c.Wide)
	}
	if c.Wide >= 0 && c.Wide < n && n <= 3 {
		return fmt.Sprintf("n%d w%d", n, c.Wide)
	}
	return fmt.Sprintf("n%d", min(n, 4))
}

func list(bs []Block) bool {
	for _, b := range bs {
		switch b.(type) {
		case Attention, Feed:
		default:
			return false
		}
	}
	return len(bs) > 0
}

func (t Tile) look() string {
	if t.Gauge == nil || t.Gauge.Status == StatusNone {
		return ""
	}
	return "is-" + t.Gauge.Status.Key()
}

// gapClass colours a signed gap; its sign says the same without colour.
func gapClass(gap string) string {
	if strings.HasPrefix(gap, "−") || strings.HasPrefix(gap, "-") {
		return "neg"
	}
	return "pos"
}

func (e env) gaugeSVG(g Gauge) string {
	key := g.Status.Key()
	if g.Status == StatusNone {
		key = ""
	}
	label := e.w("已达 ", "at ") + shareText(g.Part)
	if g.Expected >= 0 {
		label += e.w("，应达 ", ", expected ") + shareText(g.Expected)
	}
	return draw.Gauge(key, label, g.Part, g.Expected)
}

func shareText(f float64) string {
	if math.IsNaN(f) {
		return None
	}
	return Num(f*100, 1) + "%"
}

package site

import (
	"math"
	"time"

	"github.com/haihe-city/haihe/simulate/grid/town"
)

// Clean is what a point shows at a time when nothing is wrong, rounded as its instrument does.
func (p *Plant) Clean(x *Point, t time.Time) float64 { return p.at(x, t, drawLoad) }

// Apart is the same for a point that no longer follows the plant's load: within its limits like before, and yet wrong beside the others.
func (p *Plant) Apart(x *Point, t time.Time) float64 {
	return p.at(x, t, drawApart+int(x.index)) // a load of its own
}

func (p *Plant) at(x *Point, t time.Time, load int) float64 {
	n, s := x.nature, float64(t.UnixMilli())/1000
	v := n.noise * even(town.Mix(p.seed, drawNoise, x.index, uint64(t.UnixMilli())))
	if n.load > 0 {
		v += n.load * (.7*p.wave(load, 0, s-n.lag, 600) + .3*p.wave(load, 1, s-n.lag, 90))
	}
	if n.stock > 0 {
		v += n.stock * p.wave(drawStock, 0, s, 1200)
	}
	if n.own > 0 {
		v += n.own * p.wave(drawOwn, int(x.index), s, n.slow)
	}
	return x.Rounded(x.Middle() + x.Span()*v)
}

// Rounded is a value as the point's instrument shows it: within its decimals, and not below zero where there is nothing below.
func (x *Point) Rounded(v float64) float64 {
	if x.nature.floor {
		v = max(v, 0)
	}
	return round(v, x.Decimals)
}

// wave is a smooth function of time between -1 and 1 that is drawn anew at every period and runs from draw to draw in between.
func (p *Plant) wave(draw, which int, seconds, period float64) float64 {
	at := seconds / period
	k := math.Floor(at)
	f := at - k
	a := even(town.Mix(p.seed, uint64(draw), uint64(which), uint64(int64(k))))
	b := even(town.Mix(p.seed, uint64(draw), uint64(which), uint64(int64(k)+1)))
	return a + (b-a)*f*f*(3-2*f)
}

// even draws between -1 and 1.
func even(h uint64) float64 { return float64(h>>11)/(1<<52) - 1 }

func round(v float64, decimals int) float64 {
	scale := math.Pow10(decimals)
	return math.Round(v*scale) / scale
}

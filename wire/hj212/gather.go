package hj212

import "time"

// Bounds of what is gathered for one connection.
const (
	maxParts = 512 // of one packet: half a megabyte
	maxSets  = 8   // packets under way at once
)

// Gather puts the sub-packets of one connection together (拆分包). The zero value is ready. HJ 212-2017 6.3.2
type Gather struct {
	sets []*partial
}

type partial struct {
	key   string
	parts []Frame // by PNO-1; CN is 0 where one has not come
	have  int
	last  time.Time // when a part came
}

// Lapsed are the parts of a packet that did not become whole in time.
type Lapsed struct {
	Parts   []Frame // that came, in order
	Missing []int   // numbers of those that did not
}

// Add takes a frame that is Numbered. whole is the packet when this was its last part: the data areas one behind the other, a DataTime that
// says the same again left out. A part that came before is ignored; one that contradicts it, or that goes over the bounds, is refused.
func (g *Gather) Add(f Frame, now time.Time) (whole *Frame, err error) {
	if f.Flag&Numbered == 0 || f.PNUM == 1 {
		return &f, nil
	}
	if f.PNUM > maxParts {
		return nil, refuse(0, "6.3.2", Unknown, "总包数 PNUM 过大", "PNUM is greater than is taken here")
	}
	p := g.of(&f)
	if p == nil {
		if len(g.sets) == maxSets {
			return nil, refuse(0, "6.3.2", Rejected, "同时拆分的数据包过多", "too many packets in parts at once")
		}
		p = &partial{key: key(&f), parts: make([]Frame, f.PNUM)}
		g.sets = append(g.sets, p)
	}
	if len(p.parts) != f.PNUM {
		return nil, refuse(0, "6.3.2", Unknown, "总包数 PNUM 前后不一", "PNUM differs from that of the parts before")
	}
	p.last = now
	if was := &p.parts[f.PNO-1]; was.CN != 0 {
		if !same(was.Items, f.Items) {
			return nil, refuse(0, "6.3.2", Unknown, "同一包号的内容前后不一", "two parts of one number differ")
		}
		return nil, nil //nolint:nilnil // a repetition, not whole yet
	}
	p.parts[f.PNO-1] = f
	if p.have++; p.have < len(p.parts) {
		return nil, nil //nolint:nilnil // not whole yet
	}
	g.drop(p)
	return p.join(), nil
}

// key is what the parts of one packet have in common.
func key(f *Frame) string {
	return f.QN + ";" + pad(int(f.ST), 2) + ";" + pad(int(f.CN), 4) + ";" + f.MN
}

func (g *Gather) of(f *Frame) *partial {
	k := key(f)
	for _, p := range g.sets {
		if p.key == k {
			return p
		}
	}
	return nil
}

func (g *Gather) drop(p *partial) {
	for i := range g.sets {
		if g.sets[i] == p {
			g.sets = append(g.sets[:i], g.sets[i+1:]...)
			return
		}
	}
}

func same(a, b []Item) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// join lays the data areas one behind the other.
func (p *partial) join() *Frame {
	f := p.parts[0]
	f.Flag, f.PNUM, f.PNO = f.Flag&^Numbered, 0, 0
	f.Items = nil
	at := ""
	for i := range p.parts {
		for k, it := range p.parts[i].Items {
			if it.Name == "DataTime" {
				if it.Value == at {
					continue
				}
				at = it.Value
			}
			it.Joined = it.Joined && k > 0
			f.Items = append(f.Items, it)
		}
	}
	return &f
}

// Lapse gives up packets of which no part has come since a time.
func (g *Gather) Lapse(since time.Time) (out []Lapsed) {
	kept := g.sets[:0]
	for _, p := range g.sets {
		if !p.last.Before(since) {
			kept = append(kept, p)
			continue
		}
		var l Lapsed
		for i := range p.parts {
			if p.parts[i].CN == 0 {
				l.Missing = append(l.Missing, i+1)
			} else {
				l.Parts = append(l.Parts, p.parts[i])
			}
		}
		out = append(out, l)
	}
	clear(g.sets[len(kept):])
	g.sets = kept
	return out
}

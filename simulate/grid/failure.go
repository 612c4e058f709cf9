package grid

import (
	"time"

	"github.com/haihe-city/haihe/wire/dlt645"
)

// failures are the power failures that a DL/T 645 meter has counted and keeps, in the time of its own clock. DL/T 645-2007 A.4
func (g *gateway) failures(m *Meter, di dlt645.DI, now time.Time) (data []byte, ok bool) {
	off, back, dark := g.world.Darkness(m)
	dark = dark && !now.Before(off)
	if di == dlt645.PowerDowns {
		n := int64(0)
		if dark {
			n = 1
		}
		data, err := dlt645.AppendPowerDowns(nil, n)
		return data, err == nil
	}
	n, ok := dlt645.IsPowerFailure(di)
	if !ok {
		return nil, false
	}
	if n > 1 || !dark {
		return make([]byte, 12), true // never written
	}
	drift := g.world.drift(m, now)
	return dlt645.PowerFailure{Down: off.Add(drift), Back: back.Add(drift)}.Append(nil), true
}

package safety

import (
	"context"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/haihe-city/haihe/simulate/safety/fault"
	"github.com/haihe-city/haihe/wire/hj212"
)

// The commands of the dialogue (HJ 212-2017 6.6.5) and the system that the plants report as: sources of pollution of the air.
const (
	realTime     = 2011
	acknowledged = 9014
	airSource    = 31
)

// logger is one connection of a plant that speaks HJ 212-2017.
type logger struct {
	*unit
	conn net.Conn
	scan hj212.Scanner
	in   [512]byte
	out  []byte
	qn   time.Time // of the last frame: each has its own
}

// log speaks HJ 212 until the line breaks.
func (u *unit) log(ctx context.Context) error {
	conn, err := u.dial(ctx, u.opt.Feeds.HJ212)
	if err != nil {
		return err
	}
	l := &logger{unit: u, conn: conn}
	return u.during(ctx, conn, func() error {
		for {
			at, err := u.await(ctx)
			if err != nil {
				return err
			}
			if err := l.report(at); err != nil {
				return err
			}
		}
	})
}

// report sends the readings of a time and waits until they are acknowledged.
func (l *logger) report(at time.Time) error {
	f := l.frame(at)
	raw, err := f.Append(l.out[:0])
	if err != nil {
		return err
	}
	l.out = raw
	defer endLate(l.conn)()
	if e, ok := l.garbled(at); ok {
		bad := slices.Clone(raw)
		bad[len(bad)-5] ^= 1 + byte(e)&7 // within the CRC's digits
		if bad[len(bad)-5] == raw[len(raw)-5] {
			bad[len(bad)-5] = '0' + (raw[len(raw)-5]+1)%10
		}
		if _, err := l.conn.Write(bad); err != nil {
			return err
		}
	}
	l.sending(at)
	if _, err := l.conn.Write(raw); err != nil {
		return err
	}
	for {
		found, ok := l.scan.Next()
		switch {
		case !ok:
			n, err := l.conn.Read(l.in[:])
			if err != nil {
				return err
			}
			l.scan.Feed(l.in[:n])
		case found.Refused != nil:
			l.count.refused.Add(1)
		case found.Frame.CN == acknowledged && found.Frame.QN == f.QN:
			l.took(at)
			return nil
		}
	}
}

// frame is the real-time data of a time (HJ 212-2017 6.6.5, command 2011). A flag stands only where an instrument calls itself broken, so that
// thirty points fit into one data area.
func (l *logger) frame(at time.Time) *hj212.Frame {
	now := l.opt.Clock().Truncate(time.Millisecond)
	if !now.After(l.qn) {
		now = l.qn.Add(time.Millisecond)
	}
	l.qn = now
	f := &hj212.Frame{QN: hj212.QNOf(now), ST: airSource, CN: realTime, PW: l.Password, MN: l.MN, Flag: hj212.Version2017 | hj212.WantsAnswer, Flagged: true,
		Items: make([]hj212.Item, 0, len(l.points)+2)}
	f.Items = append(f.Items, hj212.Item{Name: "DataTime", Value: hj212.TimeText(at)})
	for i := range l.points {
		x := &l.points[i]
		v, q := l.shown(i, at)
		f.Items = append(f.Items, hj212.Item{Name: x.Code + "-Rtd", Value: strconv.FormatFloat(v, 'f', x.Decimals, 64)})
		if q == fault.Ill {
			f.Items = append(f.Items, hj212.Item{Name: x.Code + "-Flag", Value: "D", Joined: true})
		}
	}
	return f
}

// garbled tells whether the frame of a time is sent with a wrong CRC first.
func (l *logger) garbled(at time.Time) (which int, ok bool) {
	for k := time.Duration(0); k < l.opt.Every; k += time.Second { // the episode is a second, and falls between two readings
		if e, ok := l.faults.At(l.Number, fault.Garbled, at.Add(-k)); ok {
			return e.Plant, true
		}
	}
	return 0, false
}

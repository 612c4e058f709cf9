package e2e

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haihe-city/haihe/wire/dlt698"
)

// china is the zone of the meters' clocks.
var china = time.FixedZone("CST", 8*3600)

const slotLength = 15 * time.Minute

// meterValues is what a meter of the story shows at a slot: functions of its number and the time only, so that what is read back
// can be judged without having been noted.
func meterValues(meter int, at time.Time) (energy, power, voltage int64) {
	slot := at.Unix() / 900
	return slot*100 + int64(meter)*7, int64(1000 + meter*13), 2200 + slot%50
}

func meterAddress(i int) string { return fmt.Sprintf("19%010d", i) }

// station is a concentrator that remembers what was acknowledged to it. It sends its slots one after the other, each until it is
// acknowledged, over as many connections as that takes.
type station struct {
	number  int
	address string
	meters  []int
	spans   [][2]time.Time // the slots that it sends: from, to
	pause   time.Duration  // about how long it rests after a confirmation

	acks  atomic.Int64
	told  atomic.Bool // it has no more to send
	mu    sync.Mutex
	acked map[int64]bool // slots (Unix/900) that the server has confirmed
	sent  map[int64]bool // slots of which a report left, confirmed or not
	dials int
	err   error // what the server should never do
}

// fleet makes stations with their meters and the archive that names them.
func fleet(stations, per int) (list []*station, archive []byte) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"address", "district", "feeder", "concentrator", "category", "protocol", "installed"})
	day := func(m, d int) time.Time { return time.Date(2015, time.Month(m), d, 0, 0, 0, 0, china) }
	for i := range stations {
		s := &station{number: i, address: fmt.Sprintf("29%010d", i), acked: map[int64]bool{}, sent: map[int64]bool{}}
		if i%2 == 0 { // half of them send days that the program holds in memory, the others days that it reads back
			s.spans = [][2]time.Time{{day(11, 12), day(11, 18)}, {day(6, 1), day(8, 1)}}
		} else {
			s.spans = [][2]time.Time{{day(8, 20), day(11, 12)}}
		}
		for k := range per {
			n := i*per + k
			s.meters = append(s.meters, n)
			_ = w.Write([]string{meterAddress(n), "120101", "120101-10kV-01", s.address, "residential", "dlt698", "2014-01-01"})
		}
		list = append(list, s)
	}
	w.Flush()
	return list, b.Bytes()
}

// pace spreads the slots of a station over the kills of a story, of which each leaves it about 1.2 s: a fast program must not have been
// told everything before the last kill.
func (s *station) pace(kills int) {
	var slots time.Duration
	for _, span := range s.spans {
		slots += span[1].Sub(span[0]) / slotLength
	}
	s.pause = time.Duration(kills+2) * 1200 * time.Millisecond / slots
}

// run sends until ctx ends.
func (s *station) run(ctx context.Context, addr string) {
	for _, span := range s.spans {
		for at := span[0]; at.Before(span[1]); {
			conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", addr)
			if ctx.Err() != nil {
				return
			}
			if err != nil { // the server is dead at this moment
				time.Sleep(time.Duration(10+rand.IntN(40)) * time.Millisecond)
				continue
			}
			s.mu.Lock()
			s.dials++
			s.mu.Unlock()
			stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
			at, err = s.talk(conn, at, span[1])
			stop()
			_ = conn.Close()
			var wrong *protocolError
			if errors.As(err, &wrong) {
				s.mu.Lock()
				s.err = err
				s.mu.Unlock()
				return
			}
			if ctx.Err() != nil {
				return
			}
		}
	}
	s.told.Store(true)
}

// protocolError is an answer that the server must not give.
type protocolError struct{ what string }

func (e *protocolError) Error() string { return e.what }

// line is one connection.
type line struct {
	*station
	conn net.Conn
	scan dlt698.Scanner
	sa   dlt698.Address
	piid uint8
}

// talk logs in and sends slots; it gives the slot to go on with.
func (s *station) talk(conn net.Conn, at, to time.Time) (time.Time, error) {
	sa, err := dlt698.NewAddress(dlt698.Single, s.address)
	if err != nil {
		return at, err
	}
	l := &line{station: s, conn: conn, sa: sa}
	if err := l.login(at); err != nil {
		return at, err
	}
	for ; at.Before(to); at = at.Add(slotLength) {
		if err := l.report(at); err != nil {
			return at, err
		}
		if s.pause > 0 {
			time.Sleep(time.Duration(rand.Int64N(int64(2 * s.pause))))
		}
	}
	return at, nil
}

func (l *line) login(at time.Time) error {
	l.piid++
	q := dlt698.LinkRequest{PIID: dlt698.PIID(l.piid), Kind: dlt698.Login, Period: 60, Time: dlt698.At(at)}
	if err := l.put(dlt698.LinkFromServer, dlt698.APDU{Body: q}); err != nil {
		return err
	}
	return l.await(func(b dlt698.Body) bool {
		r, ok := b.(dlt698.LinkResponse)
		return ok && r.Result.Code() == dlt698.LinkOK
	})
}

// report sends one slot of all meters and waits until the server confirms it. DL/T 698.45-2017 7.3.8
func (l *line) report(at time.Time) error {
	rows := make([]dlt698.CurveRow, 0, len(l.meters))
	for _, m := range l.meters {
		energy, power, voltage := meterValues(m, at)
		rows = append(rows, dlt698.CurveRow{Meter: meterAddress(m), Time: at, Record: dlt698.MinuteFreeze, Energy: energy, Power: power, Voltage: voltage})
	}
	rec, err := dlt698.CurveRecord(dlt698.MinuteFreeze, true, rows)
	if err != nil {
		return err
	}
	l.piid = (l.piid + 1) & 0x3F
	slot := at.Unix() / 900
	l.mu.Lock()
	l.sent[slot] = true
	l.mu.Unlock()
	n := dlt698.ReportNotification{PIID: dlt698.PIID(l.piid), Kind: dlt698.ReportRecords, Records: []dlt698.ResultRecord{rec}}
	if err := l.put(dlt698.FromServer, dlt698.APDU{Body: n}); err != nil {
		return err
	}
	err = l.await(func(b dlt698.Body) bool {
		r, ok := b.(dlt698.ReportResponse)
		return ok && r.PIID.Number() == l.piid
	})
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.acked[slot] = true
	l.mu.Unlock()
	l.acks.Add(1)
	return nil
}

func (l *line) put(control dlt698.Control, a dlt698.APDU) error {
	body, err := a.Append(nil)
	if err != nil {
		return err
	}
	raw, err := dlt698.Frame{Control: control, Server: l.sa, Data: body}.Append(nil)
	if err != nil {
		return err
	}
	_, err = l.conn.Write(raw)
	return err
}

// await reads frames until one is what is waited for.
func (l *line) await(match func(dlt698.Body) bool) error {
	if err := l.conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return err
	}
	buf := make([]byte, 2048)
	for {
		for {
			it, ok := l.scan.Next()
			if !ok {
				break
			}
			if it.Refused != nil {
				return &protocolError{fmt.Sprintf("station %d: the server sent what is no frame: %v", l.number, it.Refused)}
			}
			a, err := dlt698.ParseAPDU(it.Frame.Data)
			if err != nil {
				return &protocolError{fmt.Sprintf("station %d: the server sent what is no message: %v", l.number, err)}
			}
			if match(a.Body) {
				return nil
			}
		}
		n, err := l.conn.Read(buf)
		l.scan.Feed(buf[:n])
		if err != nil {
			return err
		}
	}
}

// freePort finds a port that is free at this moment.
func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// killsWanted is HAIHE_KILLS, or a handful.
func killsWanted(t *testing.T, handful int) int {
	t.Helper()
	text := os.Getenv("HAIHE_KILLS")
	if text == "" {
		return handful
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("HAIHE_KILLS=%s is no number of kills", text)
	}
	return n
}

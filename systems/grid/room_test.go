package grid_test

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/host/hosttest"
	"github.com/haihe-city/haihe/host/intake"
	"github.com/haihe-city/haihe/host/refused"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid"
	"github.com/haihe-city/haihe/systems/grid/ledger"
	"github.com/haihe-city/haihe/systems/grid/reread"
	"github.com/haihe-city/haihe/systems/plan"
	"github.com/haihe-city/haihe/wire/dlt698"
)

// room is this system behind real listeners, beside the plan's.
type room struct {
	*hosttest.App
	t    testing.TB
	conf func(*grid.Config)
}

// declared is the system with its ports left to the machine.
func declared(conf func(*grid.Config)) host.System {
	s := grid.System()
	c := s.Config.(*grid.Config)
	c.DLT698, c.DLT645 = "127.0.0.1:0", "127.0.0.1:0"
	if conf != nil {
		conf(c)
	}
	return s
}

func open(t testing.TB, conf func(*grid.Config)) *room {
	t.Helper()
	return &room{hosttest.Open(t, plan.System(), declared(conf)), t, conf}
}

// reopen is a restart.
func (r *room) reopen() *room {
	r.t.Helper()
	return &room{r.Reopen(plan.System(), declared(r.conf)), r.t, r.conf}
}

// report is what an import said.
type report struct {
	intake.Result
	lines []intake.Line
}

func (r *room) importFile(kind, name string, body []byte, dry bool) report {
	r.t.Helper()
	var out report
	res, err := r.ImportFile(r.t.Context(), "grid", kind, intake.Run{File: name, Size: int64(len(body)), Body: bytes.NewReader(body), DryRun: dry,
		By: identity.System("grid"), Progress: func(int64) {}, Report: func(l intake.Line) { out.lines = append(out.lines, l) }})
	if err != nil {
		r.t.Fatalf("import %s: %v", name, err)
	}
	out.Result = res
	return out
}

const archiveHead = "address,district,feeder,concentrator,category,protocol,installed\n"

// archive imports lines "address,concentrator" of meters in Heping, and wants every one taken.
func (r *room) archive(protocol string, lines ...string) {
	r.t.Helper()
	text := archiveHead
	for _, l := range lines {
		address, concentrator, _ := strings.Cut(l, ",")
		text += fmt.Sprintf("%s,120101,120101-10kV-01,%s,residential,%s,2014-05-01\n", address, concentrator, protocol)
	}
	if got := r.importFile("archive", "archive.csv", []byte(text), false); got.Stopped != nil || got.Refused != 0 || got.Taken != int64(len(lines)) {
		r.t.Fatalf("archive: %+v %v", got.Result, got.lines)
	}
}

// samples are all samples of the city's meters, as they are stored.
func (r *room) samples() (out []series.Sample) {
	r.t.Helper()
	table, err := r.Series.Declare(r.t.Context(), ledger.Family)
	if err != nil {
		r.t.Fatal(err)
	}
	err = table.Scan(r.t.Context(), nil, 0, 1<<53, func(x series.Sample) error {
		x.Values = append([]int64(nil), x.Values...)
		out = append(out, x)
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// metric reads a counter of this system: `readings_total{outcome="stored"}`; 0 where it was never raised.
func (r *room) metric(name string) float64 {
	r.t.Helper()
	for line := range strings.Lines(r.Nobody().Get("/metrics").Body) {
		if rest, ok := strings.CutPrefix(line, "haihe_grid_"+name+" "); ok {
			var v float64
			if _, err := fmt.Sscan(rest, &v); err != nil {
				r.t.Fatal(err)
			}
			return v
		}
	}
	return 0
}

// wantMetric waits until a counter has reached a value.
func (r *room) wantMetric(name string, want float64) {
	r.t.Helper()
	r.until(name, func() bool { return r.metric(name) >= want })
	if got := r.metric(name); got != want {
		r.t.Errorf("%s is %v, want %v", name, got, want)
	}
}

// until waits for what the program does in its own time.
func (r *room) until(what string, done func() bool) {
	r.t.Helper()
	for end := time.Now().Add(2 * time.Minute); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("waited in vain: %s", what)
		}
	}
}

// coverage is the answer of the interface.
type coverage struct {
	Day  string `json:"day"`
	Due  int    `json:"dueSlots"`
	City struct {
		Meters, Complete, Collected, Late, Estimated, Missing int64
		Rate                                                  float64
	} `json:"city"`
	Districts []struct {
		Code             string
		Meters, Complete int64
	} `json:"districts"`
}

func (r *room) coverage(day string) (c coverage) {
	r.t.Helper()
	r.get("/api/grid/coverage?day="+day, &c)
	return c
}

// get asks the interface as an officer.
func (r *room) get(path string, into any) {
	r.t.Helper()
	got := r.As("power-officer").Get(path)
	if got.Status != 200 {
		r.t.Fatalf("GET %s: %d %.500s", path, got.Status, got.Body)
	}
	got.JSON(r.t, into)
}

// meters is the answer of the lists.
type meters struct {
	Day    string
	Total  int64
	Next   string
	Meters []struct {
		Address, Concentrator, Newest, District string
		MissingSlots, MeasuredSlots             int
	}
}

// missing lists every meter with gaps, page by page through the interface.
func (r *room) missing(query string) (out []string) {
	r.t.Helper()
	for after := ""; ; {
		var m meters
		r.get("/api/grid/missing?limit=1000"+query+"&after="+after, &m)
		for _, x := range m.Meters {
			out = append(out, x.Address)
		}
		if after = m.Next; after == "" {
			if int64(len(out)) != m.Total {
				r.t.Errorf("%d meters on the pages of the list, total %d", len(out), m.Total)
			}
			return out
		}
	}
}

var rowID = regexp.MustCompile(`<tr[^>]* id="([a-z]+-[^"]+)"`)

// nextLink is where the list goes on.
var nextLink = regexp.MustCompile(`<a[^>]*class="btn"[^>]* rel="next" href="([^"]+)"|<a[^>]* href="([^"]+)"[^>]* rel="next"`)

// pageRows walks a list in the console and gives the ids of the rows of one kind ("m-").
func (r *room) pageRows(path, kind string) (ids []string) {
	r.t.Helper()
	for path != "" {
		got := r.As("power-officer").Get(path)
		if got.Status != 200 {
			r.t.Fatalf("%s: %d", path, got.Status)
		}
		for _, m := range rowID.FindAllStringSubmatch(got.Body, -1) {
			if id, ok := strings.CutPrefix(m[1], kind); ok {
				ids = append(ids, id)
			}
		}
		path = ""
		if m := nextLink.FindStringSubmatch(got.Body); m != nil {
			path = strings.ReplaceAll(m[1]+m[2], "&amp;", "&")
		}
	}
	return ids
}

// refused is the list of refused frames.
func (r *room) refused() (out []refused.Frame) {
	r.t.Helper()
	var a struct{ Refused []refused.Frame }
	r.get("/api/grid/refused", &a)
	return a.Refused
}

// wantRefused finds a refusal by a part of its English reason, and holds the page to it in both languages.
func (r *room) wantRefused(reason string) refused.Frame {
	r.t.Helper()
	var found *refused.Frame
	r.until("refused: "+reason, func() bool {
		for _, f := range r.refused() {
			if strings.Contains(f.Reason.En, reason) {
				found = &f
				return true
			}
		}
		return false
	})
	for _, l := range []lang.Lang{lang.Zh, lang.En} {
		page := r.As("power-officer").Get("/" + string(l) + "/grid/refused").Body
		if !strings.Contains(page, html.EscapeString(found.Reason.In(l))) || !strings.Contains(page, found.Clause) {
			r.t.Errorf("/%s/grid/refused does not show %q, clause %q", l, found.Reason.In(l), found.Clause)
		}
	}
	return *found
}

// order asks for a re-read through the interface and waits for its end.
func (r *room) order(body map[string]any) reread.Order {
	r.t.Helper()
	got := r.As("power-operator").Send("POST", "/api/grid/reread", body)
	if got.Status != 202 {
		r.t.Fatalf("order: %d %s", got.Status, got.Body)
	}
	var o reread.Order
	got.JSON(r.t, &o)
	r.until("order "+o.ID, func() bool {
		var list struct{ Rereads []reread.Order }
		r.get("/api/grid/rereads", &list)
		for _, x := range list.Rereads {
			if x.ID == o.ID {
				o = x
			}
		}
		return o.State != "running"
	})
	return o
}

// station is a concentrator in a test's hands, over TCP.
type station struct {
	t    testing.TB
	conn net.Conn
	sa   dlt698.Address
	scan dlt698.Scanner
	piid uint8
}

func (r *room) dial(feed string) net.Conn {
	r.t.Helper()
	conn, err := net.Dial("tcp", r.Listening()["grid/"+feed])
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { conn.Close() })
	return conn
}

// station connects without a login.
func (r *room) station(address string) *station {
	r.t.Helper()
	sa, err := dlt698.NewAddress(dlt698.Single, address)
	if err != nil {
		r.t.Fatal(err)
	}
	return &station{t: r.t, conn: r.dial("dlt698"), sa: sa}
}

// online is a station that has logged in.
func (r *room) online(address string) *station {
	r.t.Helper()
	s := r.station(address)
	if got := s.link(dlt698.Login); got.Code() != dlt698.LinkOK {
		r.t.Fatalf("login of %s: %d", address, got)
	}
	return s
}

func (s *station) frame(control dlt698.Control, b dlt698.Body) []byte {
	s.t.Helper()
	body, err := dlt698.APDU{Body: b}.Append(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	raw, err := dlt698.Frame{Control: control, Server: s.sa, Data: body}.Append(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return raw
}

func (s *station) put(raw []byte) {
	s.t.Helper()
	if _, err := s.conn.Write(raw); err != nil {
		s.t.Fatal(err)
	}
}

// errLater says that nothing came in the time given.
var errLater = errors.New("nothing came")

// next is the next frame; io.EOF where the server has hung up, errLater where none comes within limit.
func (s *station) next(limit time.Duration) (dlt698.Frame, error) {
	buf := make([]byte, 4096)
	for end := time.Now().Add(limit); ; {
		if it, ok := s.scan.Next(); ok {
			if it.Refused != nil {
				s.t.Fatalf("the head-end sent what cannot be read: %v", it.Refused)
			}
			if a, err := dlt698.ParseAPDU(it.Frame.Data); err == nil {
				if _, ok := a.Body.(dlt698.ConnectRequest); ok { // this terminal knows no application connection
					continue
				}
			}
			return it.Frame, nil
		}
		if err := s.conn.SetReadDeadline(end); err != nil {
			return dlt698.Frame{}, io.EOF
		}
		n, err := s.conn.Read(buf)
		s.scan.Feed(buf[:n])
		switch {
		case n > 0:
		case errors.Is(err, os.ErrDeadlineExceeded):
			return dlt698.Frame{}, errLater
		case err != nil:
			return dlt698.Frame{}, io.EOF
		}
	}
}

// answer is the next message, which must come.
func (s *station) answer() dlt698.Body {
	s.t.Helper()
	f, err := s.next(time.Minute)
	if err != nil {
		s.t.Fatalf("no answer: %v", err)
	}
	a, err := dlt698.ParseAPDU(f.Data)
	if err != nil {
		s.t.Fatal(err)
	}
	return a.Body
}

// hungUp wants the server to end the connection.
func (s *station) hungUp() {
	s.t.Helper()
	for {
		if _, err := s.next(time.Minute); err == io.EOF {
			return
		} else if err != nil {
			s.t.Fatalf("the head-end did not hang up: %v", err)
		}
	}
}

func (s *station) number() dlt698.PIID {
	s.piid = (s.piid + 1) & 0x3F
	return dlt698.PIID(s.piid)
}

func (s *station) link(kind dlt698.LinkKind) dlt698.LinkResult {
	s.t.Helper()
	s.put(s.frame(dlt698.LinkFromServer, dlt698.LinkRequest{PIID: s.number(), Kind: kind, Period: 60, Time: dlt698.At(hosttest.Start)}))
	r, ok := s.answer().(dlt698.LinkResponse)
	if !ok {
		s.t.Fatal("a link request is answered otherwise")
	}
	return r.Result
}

// row is a reading of a meter; the register is in 0.0001 kWh.
func row(meter string, at time.Time, register int64) dlt698.CurveRow {
	return dlt698.CurveRow{Meter: meter, Time: at, Record: dlt698.MinuteFreeze, Energy: register, Power: 12_345, Voltage: 2201}
}

func (s *station) report(rows ...dlt698.CurveRow) dlt698.ReportNotification {
	s.t.Helper()
	rec, err := dlt698.CurveRecord(dlt698.MinuteFreeze, true, rows)
	if err != nil {
		s.t.Fatal(err)
	}
	return dlt698.ReportNotification{PIID: s.number(), Kind: dlt698.ReportRecords, Records: []dlt698.ResultRecord{rec}}
}

// send reports rows and wants them acknowledged.
func (s *station) send(rows ...dlt698.CurveRow) {
	s.t.Helper()
	n := s.report(rows...)
	s.put(s.frame(dlt698.FromServer, n))
	s.acknowledged(n)
}

func (s *station) acknowledged(n dlt698.ReportNotification) {
	s.t.Helper()
	for {
		switch b := s.answer().(type) {
		case dlt698.ReportResponse:
			if b.PIID.Number() == n.PIID.Number() {
				return
			}
		case dlt698.LinkResponse: // late
		default:
			s.t.Fatalf("a report is answered by %T", b)
		}
	}
}

// slot is a quarter hour of the day on which the tests stand.
func slot(k int) time.Time {
	y, m, d := hosttest.Start.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, hosttest.Start.Location()).Add(time.Duration(k) * 15 * time.Minute)
}

// dayOf is the answer about a meter's day.
type dayOf struct {
	Slots []struct {
		Slot                         int
		State                        string
		EnergyKWh, PowerKW, VoltageV *float64
	}
	Beside []struct {
		Time      string
		EnergyKWh *float64
	}
}

func (r *room) day(meter string) (d dayOf) {
	r.t.Helper()
	r.get("/api/grid/meters/"+url.PathEscape(meter)+"/day", &d)
	return d
}

// wantSlot holds a slot of a meter to a state and a register in kWh.
func (r *room) wantSlot(meter string, k int, state string, register float64) {
	r.t.Helper()
	got := r.day(meter).Slots[k]
	if got.State != state || (got.EnergyKWh == nil) != (register == 0) || got.EnergyKWh != nil && *got.EnergyKWh != register {
		r.t.Errorf("meter %s slot %d: %s %v, want %s %v", meter, k, got.State, got.EnergyKWh, state, register)
	}
}

// hold keeps the write lane busy until the function that it gives is called, or the test ends: a test that fails before must not
// wait for ever for its own program to stop.
func (r *room) hold() (release func()) {
	held, free, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	open := sync.OnceFunc(func() { close(free) })
	r.t.Cleanup(open)
	ctx := r.t.Context()
	go func() {
		ended <- r.DB.Write(ctx, func(*store.Tx) error {
			close(held)
			<-free
			return nil
		})
	}()
	<-held
	return func() {
		r.t.Helper()
		open()
		if err := <-ended; err != nil {
			r.t.Error(err)
		}
	}
}

package mqtt

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/host/broker"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/headend"
	"github.com/haihe-city/haihe/systems/grid/headend/secret"
	"github.com/haihe-city/haihe/wire/dlt698"
)

// Config is the [grid.gateways] section.
type Config struct {
	Listen  string `toml:"mqtt_listen" doc:"网关 MQTT 接入地址，留空则不监听 / address that gateways speaking MQTT connect to; empty turns the listener off"`
	Cert    string `toml:"mqtt_cert" doc:"MQTT 的 TLS 证书（PEM），留空则不加密 / certificate of MQTT over TLS (PEM); empty: without TLS"`
	Key     string `toml:"mqtt_key" doc:"其私钥（PEM） / its key (PEM)"`
	Secrets string `toml:"secrets_file" doc:"网关口令与电表密钥文件，权限须为 600 / file of gateways' passwords and meters' keys, which nobody else may read"`
}

// name is the protocol as counters and lists name it.
const name = "mqtt"

// Options are what the door works with.
type Options struct {
	Config
	Secrets  *secret.Book
	Head     *headend.HeadEnd
	Log      *slog.Logger
	Wall     func() time.Time // the machine's clock, for deadlines
	Count    func(protocol, outcome string)
	MaxLinks int
	Answer   time.Duration // how long a gateway may take to have meters read again
}

// Door is the broker that gateways connect to.
type Door struct {
	o      Options
	broker *broker.Broker
	ctx    context.Context
	cancel context.CancelFunc

	mu       sync.Mutex
	stations map[string]*station
	running  sync.WaitGroup
}

// station is a gateway that is connected.
type station struct {
	clients int
	ctx     context.Context
	cancel  context.CancelFunc

	frames   sync.Mutex // one publication of frames at a time
	conn     net.Conn   // our end of the dialogue of DL/T 698.45; nil: none
	attended bool       // it tells readings as JSON
	wish     *wish      // what it was asked for
}

// Open opens the door; nil where the configuration has none.
func Open(o Options) (*Door, error) {
	if o.Listen == "" {
		return nil, nil //nolint:nilnil // no door is no fault
	}
	var secure *tls.Config
	if o.Cert != "" {
		cert, err := tls.LoadX509KeyPair(o.Cert, o.Key)
		if err != nil {
			return nil, errs.Because(err, errs.Invalid, "网关 MQTT 的证书或私钥无法使用，请检查文件", "the certificate or key of the gateways' MQTT is of no use, check the files")
		}
		secure = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	}
	d := &Door{o: o, stations: map[string]*station{}}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	var err error
	d.broker, err = broker.New(broker.Options{
		Addr: o.Listen, TLS: secure, Log: o.Log, Wall: o.Wall, Auth: d.signIn, Allow: d.allow, MaxClients: o.MaxLinks, MaxPacket: 256 << 10, InFlight: 64, Retained: 1,
		Routes:  []broker.Route{{Filter: "haihe/grid/+/up", Take: d.takeFrames}, {Filter: "haihe/grid/+/readings", Take: d.takeReadings}},
		Count:   func(outcome string) { o.Count(name, outcome) },
		Refused: d.refused,
		Online:  d.online,
	})
	if err != nil {
		d.cancel()
		return nil, err
	}
	return d, nil
}

// Feeds are the door as the host runs it.
func (d *Door) Feeds() []host.Feed {
	if d == nil {
		return nil
	}
	return []host.Feed{{Name: name, Addr: d.broker.Addr(), Run: d.broker.Run}}
}

// Close ends the door and every dialogue behind it.
func (d *Door) Close() {
	if d == nil {
		return
	}
	d.broker.Close()
	d.cancel()
	d.running.Wait()
}

// prefix begins the id of a gateway's principal.
const prefix = "gateway:"

// signIn lets a gateway in that the archive knows and whose password is right.
func (d *Door) signIn(ctx context.Context, c broker.Credentials) (*identity.Principal, error) {
	zh, en := "", ""
	switch {
	case !d.o.Secrets.Station(c.User, c.Password):
		zh, en = "网关的地址或口令不对", "the gateway's address or password is wrong"
	case !d.o.Head.Serves(c.User):
		zh, en = "网关 "+c.User+" 不在档案中", "gateway "+c.User+" is not in the archive"
	default:
		return identity.NewPrincipal(prefix+c.User, "", nil), nil
	}
	d.o.Head.Refuse(ctx, headend.Refused{Peer: c.Remote, Protocol: name, Reason: lang.T(zh, en)}, nil)
	return nil, errs.Say(errs.Unauthenticated, "%s", "%s", en)
}

// allow lets a gateway use what lies below its own address.
func (d *Door) allow(who *identity.Principal, filter string, write bool) error {
	own := strings.TrimPrefix(who.ID, prefix)
	if rest, ok := strings.CutPrefix(filter, "haihe/grid/"+own+"/"); ok && (!write || rest == "up" || rest == "readings") {
		return nil
	}
	d.o.Head.Refuse(d.ctx, headend.Refused{Peer: own + " " + name, Protocol: name, Reason: lang.T("主题不属于该网关", "the topic is not this gateway's")}, []byte(filter))
	return errs.Say(errs.Denied, "主题 %s 不属于该网关", "the topic %s is not this gateway's", filter)
}

// refused lists a publication that was not taken.
func (d *Door) refused(m broker.Message, err error) {
	r := headend.Refused{Peer: strings.TrimPrefix(m.Who.ID, prefix) + " " + name, Protocol: name, Reason: lang.T("无法处理", "it cannot be taken")}
	var frame *dlt698.Error
	var reading *Error
	switch {
	case errors.As(err, &frame):
		r.Reason, r.Clause, r.Offset = frame.Reason, frame.Clause, int64(frame.Offset)
	case errors.As(err, &reading):
		r.Reason, r.Offset = reading.Reason, reading.Offset
	default:
		if msg, ok := errs.MsgOf(err); ok {
			r.Reason = msg
		}
	}
	d.o.Head.Refuse(d.ctx, r, m.Payload)
}

// online notes that a client of a gateway came or went. With the last of them its dialogues end.
func (d *Door) online(who *identity.Principal, on bool, _ int) {
	address := strings.TrimPrefix(who.ID, prefix)
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.stations[address]
	switch {
	case on && s == nil:
		s = &station{clients: 1}
		s.ctx, s.cancel = context.WithCancel(d.ctx)
		d.stations[address] = s
	case on:
		s.clients++
	case s != nil:
		if s.clients--; s.clients <= 0 {
			s.cancel()
			delete(d.stations, address)
		}
	}
}

// of is the station that a publication comes from.
func (d *Door) of(m *broker.Message) (address string, s *station, err error) {
	address = strings.TrimPrefix(m.Who.ID, prefix)
	d.mu.Lock()
	defer d.mu.Unlock()
	if s = d.stations[address]; s == nil || d.ctx.Err() != nil {
		return address, nil, errs.Say(errs.Unavailable, "网关已断开", "the gateway has gone")
	}
	return address, s, nil
}

// takeReadings stores what gateways tell as JSON; it returns after the commit.
func (d *Door) takeReadings(ctx context.Context, batch []broker.Message) []error {
	out := make([]error, len(batch))
	for i := range batch {
		out[i] = d.takeOne(ctx, &batch[i])
	}
	return out
}

// outcome is the answer to a message of readings.
type outcome struct {
	ID      string `json:"id,omitempty"`
	Stored  int    `json:"stored"`  // new, or another value for a time that was known
	Known   int    `json:"known"`   // the same again
	Bad     int    `json:"bad"`     // not stored: the meter says that it is not right
	Wrong   int    `json:"wrong"`   // not stored: of a time that cannot be
	Foreign []int  `json:"foreign"` // places of readings whose meters do not stand behind this gateway
	Refused string `json:"refused,omitempty"`
}

func (d *Door) takeOne(ctx context.Context, m *broker.Message) error {
	address, s, err := d.of(m)
	if err != nil {
		return err
	}
	msg, err := Parse(m.Payload)
	if err != nil {
		d.tell(address, "taken", outcome{Foreign: []int{}, Refused: err.Error()})
		return errs.As(errs.Invalid, "read a message of readings", err)
	}
	taken, foreign, err := d.o.Head.Tell(ctx, name, address, name, msg.Rows, m.Payload)
	if err != nil {
		return err
	}
	a := outcome{ID: msg.ID, Stored: taken.Stored + taken.Corrected, Known: taken.Duplicates, Bad: msg.Bad, Wrong: taken.Wrong, Foreign: []int{}}
	for _, i := range foreign {
		a.Foreign = append(a.Foreign, msg.At[i])
	}
	d.tell(address, "taken", a)
	d.attend(address, s, msg.Rows)
	return nil
}

// tell publishes something to a gateway; one that does not listen misses it.
func (d *Door) tell(address, level string, what any) {
	body, err := json.Marshal(what)
	if err == nil {
		err = d.broker.Publish("haihe/grid/"+address+"/"+level, body, 1, false)
	}
	if err != nil {
		d.o.Log.Debug("a gateway was not told", "level", level, "error", err.Error())
	}
}

// attend makes a gateway that tells readings one that is online, and notes which meters told what was wished for.
func (d *Door) attend(address string, s *station, rows []book.Reading) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s.wish.note(rows)
	if s.attended || s.conn != nil || s.ctx.Err() != nil {
		return
	}
	s.attended = true
	d.running.Go(func() {
		d.o.Head.Attend(s.ctx, name, address, name, func(ctx context.Context, meters []string, from, to int64) (int, error) {
			return d.ask(ctx, address, s, meters, from, to)
		})
		d.mu.Lock()
		s.attended = false
		d.mu.Unlock()
	})
}

// wish is what a gateway was asked to read again.
type wish struct {
	from, to int64
	missing  map[string]bool
	got      int
	done     chan struct{}
}

func (w *wish) note(rows []book.Reading) {
	if w == nil {
		return
	}
	for i := range rows {
		if r := &rows[i]; r.At >= w.from && r.At < w.to && w.missing[r.Address] {
			delete(w.missing, r.Address)
			if w.got++; len(w.missing) == 0 {
				close(w.done)
			}
		}
	}
}

// ask has a gateway read meters again, and waits until all have told something of that time or the time for an answer is over.
func (d *Door) ask(ctx context.Context, address string, s *station, meters []string, from, to int64) (int, error) {
	w := &wish{from: from, to: to, missing: map[string]bool{}, done: make(chan struct{})}
	for _, m := range meters {
		w.missing[m] = true
	}
	d.mu.Lock()
	s.wish = w
	d.mu.Unlock()
	d.tell(address, "ask", struct {
		Meters []string `json:"meters"`
		From   string   `json:"from"`
		To     string   `json:"to"` // not included
	}{meters, time.UnixMicro(from).In(book.China).Format(time.RFC3339), time.UnixMicro(to).In(book.China).Format(time.RFC3339)})
	late := time.NewTimer(3 * d.o.Answer)
	defer late.Stop()
	var err error
	select {
	case <-w.done:
	case <-late.C:
		err = errs.Say(errs.Unavailable, "网关 %s 未全部应答", "gateway %s did not answer for all", address)
	case <-ctx.Done():
		err = ctx.Err()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	s.wish = nil
	return w.got, err
}

package order

import (
	"context"
	"embed"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/lang"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/book"
	"github.com/haihe-city/haihe/systems/grid/headend/deed"
	"github.com/haihe-city/haihe/web/ui"
)

//go:embed table/*.sql
var tables embed.FS

// The grants of this part: see, ask for an order, and approve what another asked for.
const (
	grantRead    = "grid.read"
	GrantAsk     = "grid.order.ask"
	GrantApprove = "grid.order.approve"
)

// PageFunc makes a page of the room: its title, the tab that it stands under, and the crumbs behind the room's.
type PageFunc func(title lang.Text, tab string, crumbs ...ui.Link) *ui.Page

// Options are what the part works with. Clock is the plan's. Keys is the path of the file of passwords; empty: there are none.
type Options struct {
	DB      *store.DB
	Book    *book.Book
	Act     func(ctx context.Context, concentrator string, d deed.Deed) (deed.Told, error)
	Linked  func(concentrator string) bool
	Clock   host.Clock
	Journal *journal.Journal
	People  *identity.Service
	Log     *slog.Logger
	Page    PageFunc
	Keys    string
}

// Part is the orders of the city.
type Part struct {
	o    Options
	keys map[string]deed.Key // by concentrator or "*", and protocol
	wake chan struct{}

	mu   sync.Mutex
	busy map[string]bool  // concentrators that an order is with
	off  map[string]int64 // seconds that clocks go ahead, from readings, not yet stored; by meter
}

// New opens the part. Orders that a stop caught on their way are looked at again; none is sent a second time.
func New(ctx context.Context, o Options) (*Part, error) {
	if err := o.DB.Migrate(ctx, "grid.order", tables); err != nil {
		return nil, err
	}
	p := &Part{o: o, wake: make(chan struct{}, 1), busy: map[string]bool{}, off: map[string]int64{}}
	if o.Keys != "" {
		f, err := os.Open(o.Keys)
		if err != nil {
			return nil, errs.As(errs.Invalid, "open the passwords of orders", err)
		}
		p.keys, err = readKeys(f)
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return nil, err
		}
	}
	lost, err := p.orders(ctx, qState, string(Sent), int64(maxOpen))
	if err != nil {
		return nil, err
	}
	err = o.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(qLost); err != nil {
			return err
		}
		for _, x := range lost {
			if err := p.step(tx, x.ID, Unproven, "", "stopped", nil); err != nil {
				return err
			}
		}
		return nil
	})
	return p, errs.Wrap("find the orders that a stop caught", err)
}

// maxOpen bounds the orders that are looked at together.
const maxOpen = 100_000

// readKeys reads the passwords: a line has concentrator or *, protocol, password, operator and terminal password, the last three in
// hexadecimal digits (of DLMS the password as text). Errors name the line and never its content.
func readKeys(r io.Reader) (map[string]deed.Key, error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord, in.Comment = 5, '#'
	out := map[string]deed.Key{}
	for line := 1; ; line++ {
		rec, err := in.Read()
		if err == io.EOF {
			return out, nil
		}
		bad := errs.Say(errs.Invalid, "指令密码文件第 %d 行无效，应为：集中器或 *,规约,密码,操作者代码,终端密码", "line %d of the file of passwords is not valid: concentrator or *, protocol, password, operator, terminal password", line)
		if err != nil {
			return nil, bad
		}
		k := deed.Key{Secret: []byte(rec[2])}
		if rec[1] != string(book.DLMS) {
			if k.Secret, err = hex.DecodeString(rec[2]); err != nil {
				return nil, bad
			}
		}
		for _, f := range []struct {
			text string
			to   []byte
		}{{rec[3], k.Operator[:]}, {rec[4], k.Terminal[:]}} {
			b, err := hex.DecodeString(f.text)
			if err != nil || len(b) != 0 && len(b) != len(f.to) {
				return nil, bad
			}
			copy(f.to, b)
		}
		out[rec[0]+" "+rec[1]] = k
	}
}

// key is the password of a meter: that of its concentrator, or the protocol's.
func (p *Part) key(m book.Meter) deed.Key {
	if k, ok := p.keys[m.Concentrator+" "+string(m.Protocol)]; ok {
		return k
	}
	return p.keys["* "+string(m.Protocol)]
}

// Feed carries approved orders out, and looks at what is not proven.
func (p *Part) Feed() host.Feed { return host.Feed{Name: "orders", Run: p.run} }

// Jobs are what the part does by itself.
func (p *Part) Jobs() []host.Job {
	return []host.Job{{Name: "clocks", Every: time.Hour, Run: p.Clocks}}
}

// rouse has the feed look at once.
func (p *Part) rouse() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// The settings of the part with their defaults and bounds.
var settings = map[string]struct{ value, least, most int64 }{
	"cuts-a-minute": {10, 1, 600},   // disconnections sent in any minute
	"hours-to-live": {24, 1, 720},   // for which an order that is not sent stands
	"auto-clock":    {0, 0, 1},      // correct clocks by up to five minutes without being asked
	"tolerance":     {60, 1, 86400}, // seconds that a clock may be off
}

// setting reads them all.
func (p *Part) setting(ctx context.Context) (map[string]int64, error) {
	out := map[string]int64{}
	err := p.o.DB.Read(ctx, func(tx *store.Tx) error {
		for name, s := range settings {
			out[name] = s.value
		}
		return tx.Each(qSetting, nil, func(scan func(...any) error) error {
			var name string
			var v int64
			err := scan(&name, &v)
			out[name] = v
			return err
		})
	})
	return out, errs.Wrap("read the settings of orders", err)
}

// Set changes settings.
func (p *Part) Set(ctx context.Context, who *identity.Principal, to map[string]int64) error {
	if !who.Can(GrantApprove) {
		return errs.Say(errs.Denied, "您没有设置电表指令参数的权限", "you may not change the settings of orders")
	}
	for name, v := range to {
		s, ok := settings[name]
		if !ok || v < s.least || v > s.most {
			return errs.Say(errs.Invalid, "参数超出范围：应为 %d 至 %d", "a setting is out of range: %d to %d", s.least, s.most)
		}
	}
	return p.o.DB.Write(ctx, func(tx *store.Tx) error {
		for name, v := range to {
			if _, err := tx.Exec(qSettingTo, name, v); err != nil {
				return err
			}
		}
		return p.journal(tx, who, GrantApprove, "set-orders", "grid.orders", map[string]any{"settings": fmt.Sprint(to)})
	})
}

func (p *Part) journal(tx *store.Tx, who *identity.Principal, grant, verb, object string, detail map[string]any) error {
	return p.o.Journal.Append(tx, journal.Act{Actor: who.ID, Unit: who.Unit, Authority: grant, Verb: verb, Object: object, Detail: detail})
}

// act is the object of an order in the journal.
func (o Order) object() string { return "grid.order:" + o.ID }

package grid_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	simulate "github.com/haihe-city/haihe/simulate/grid"
	"github.com/haihe-city/haihe/simulate/grid/relay"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid"
	"github.com/haihe-city/haihe/wire/dlt645"
)

// keys are the passwords of the simulated meters.
const keys = "*,dlt645,02112233,01020304,\n*,qgdw1376,02112233,01020304,\n*,dlms,opensesame,,\n"

var plan645 = relay.Plan{Secret: dlt645.Secret{2, 0x11, 0x22, 0x33}, Password: "opensesame"}

// ordering opens every door, with a file of passwords.
func ordering(t *testing.T) func(*grid.Config) {
	path := filepath.Join(t.TempDir(), "keys.csv")
	if err := os.WriteFile(path, []byte(keys), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(c *grid.Config) {
		foreign(c)
		c.Poll645, c.OrderKeys = time.Hour, path
	}
}

// asked is an order as the interface gives it.
type asked struct {
	ID, Kind, Meter, State, AskedBy, ApprovedBy, AnswerCode, Answer, Proof, ProofBytes string
	Protected                                                                          bool
	Steps                                                                              []struct{ State, Note, By, Bytes string }
}

// ask asks for orders as somebody and wants that taken.
func (r *room) ask(who, kind string, meters ...string) (ids []string) {
	r.t.Helper()
	got := r.As(who).Send("POST", "/api/grid/orders", map[string]any{"kind": kind, "meters": meters, "reason": "欠费 120 日，已三次通知"})
	if got.Status != 200 {
		r.t.Fatalf("ask %s %v: %d %s", kind, meters, got.Status, got.Body)
	}
	var out struct{ Orders []asked }
	got.JSON(r.t, &out)
	for _, o := range out.Orders {
		ids = append(ids, o.ID)
	}
	return ids
}

// decide says yes or no to an order, and gives the status of the answer.
func (r *room) decide(who, id, how string, body any) int {
	r.t.Helper()
	return r.As(who).Send("POST", "/api/grid/orders/"+id+"/"+how, body).Status
}

func (r *room) orderOf(id string) (o asked) {
	r.t.Helper()
	r.get("/api/grid/orders/"+id, &o)
	return o
}

// wantOrder waits until an order has come to a state.
func (r *room) wantOrder(id, state string) asked {
	r.t.Helper()
	var o asked
	r.until("order "+id+" "+state, func() bool {
		o = r.orderOf(id)
		return o.State == state
	})
	return o
}

// count is how many steps of an order came to a state.
func (o asked) count(state string) (n int) {
	for _, s := range o.Steps {
		if s.State == state {
			n++
		}
	}
	return n
}

// TestOrdersOverTheWire: in each protocol a meter is cut off and connected again over TCP: asked by one person, not to be approved by the same,
// approved by another, obeyed once, and proven by what was read back. While it is cut off its register stays.
func TestOrdersOverTheWire(t *testing.T) {
	r := open(t, ordering(t))
	r.Clock.Set(slot(6).Add(5 * time.Minute))
	city := r.simulation(simulate.Options{Meters: 600, PerConcentrator: 20, Share645: 0.3, Share1376: 0.3, ShareDLMS: 0.5, From: slot(0), Relays: plan645})
	one := map[simulate.Protocol]*simulate.Meter{}
	meters := city.Meters()
	for i := range meters {
		if one[meters[i].Protocol] == nil {
			one[meters[i].Protocol] = &meters[i]
		}
	}
	if len(one) != 4 {
		t.Fatalf("%d protocols", len(one))
	}
	for protocol, m := range one {
		id := r.ask("power-officer", "disconnect", m.Address)[0]
		if got := r.decide("power-officer", id, "approve", nil); got != 403 {
			t.Errorf("%s: approving one's own order gives %d", protocol, got)
		}
		if got := r.decide("power-operator", id, "approve", nil); got != 403 {
			t.Errorf("%s: approving without the grant gives %d", protocol, got)
		}
		if open, _ := city.Relays().State(m.Address); open {
			t.Fatalf("%s: cut off without an approval", protocol)
		}
		if got := r.decide("power-leader", id, "approve", nil); got != 200 {
			t.Fatalf("%s: approving gives %d", protocol, got)
		}
		o := r.wantOrder(id, "proven")
		if open, _ := city.Relays().State(m.Address); !open || o.Proof != "open" || o.Answer == "" || o.ProofBytes == "" || o.count("sent") != 1 || city.Relays().Obeyed(m.Address) != 1 {
			t.Errorf("%s: %+v, open %v, obeyed %d", protocol, o, open, city.Relays().Obeyed(m.Address))
		}
		for _, l := range []string{"zh", "en"} {
			page := r.As("power-officer").Get("/" + l + "/grid/orders/" + id).Body
			if !strings.Contains(page, o.Answer[:2]) || !strings.Contains(page, "order-line") {
				t.Errorf("/%s: the order's page lacks its timeline", l)
			}
		}
	}
	m := one[simulate.DLT698]
	r.Clock.Set(slot(9).Add(5 * time.Minute))
	r.until("readings while it is cut off", func() bool { return r.day(m.Address).Slots[9].State == "collected" })
	if d := r.day(m.Address); *d.Slots[8].EnergyKWh != *d.Slots[9].EnergyKWh || *d.Slots[9].PowerKW != 0 {
		t.Errorf("cut off, the register goes on: %v %v, power %v", *d.Slots[8].EnergyKWh, *d.Slots[9].EnergyKWh, *d.Slots[9].PowerKW)
	}
	for protocol, m := range one {
		id := r.ask("power-operator", "reconnect", m.Address)[0]
		if got := r.decide("power-officer", id, "approve", nil); got != 200 {
			t.Fatalf("%s: approving gives %d", protocol, got)
		}
		if o := r.wantOrder(id, "proven"); o.Proof != "closed" {
			t.Errorf("%s: %+v", protocol, o)
		}
	}
	if csv := r.As("power-officer").Get("/api/grid/orders.csv?kind=disconnect").Body; strings.Count(csv, "\n") != 5 || strings.Contains(csv, "02112233") {
		t.Errorf("csv: %s", csv)
	}
}

// TestOrdersNotObeyed: a meter with another password says no, one whose relay is stuck says yes and is found out, and a permission to close is told
// from a close.
func TestOrdersNotObeyed(t *testing.T) {
	r := open(t, ordering(t))
	r.Clock.Set(slot(6).Add(5 * time.Minute))
	p := plan645
	p.Stuck, p.Locked = 0.1, 0.1
	city := r.simulation(simulate.Options{Meters: 400, PerConcentrator: 40, Share645: 0.5, From: slot(0), Relays: p})
	find := func(fits func(a string) bool) string {
		for _, m := range city.Meters() {
			if m.Protocol == simulate.DLT645 && fits(m.Address) {
				return m.Address
			}
		}
		t.Fatal("no such meter")
		return ""
	}
	locked := find(func(a string) bool { return city.Relays().Locked(a) })
	stuck := find(func(a string) bool { return city.Relays().Stuck(a) && !city.Relays().Locked(a) })
	good := find(func(a string) bool { return !city.Relays().Stuck(a) && !city.Relays().Locked(a) })
	cut := func(meter string) string {
		id := r.ask("power-operator", "disconnect", meter)[0]
		if got := r.decide("power-officer", id, "approve", nil); got != 200 {
			t.Fatalf("approving gives %d", got)
		}
		return id
	}
	if o := r.wantOrder(cut(locked), "failed"); o.AnswerCode != "ERR 04" || o.Answer == "" || o.count("sent") != 1 {
		t.Errorf("locked: %+v", o)
	}
	id := cut(stuck)
	if o := r.wantOrder(id, "unproven"); o.Proof != "closed" {
		t.Errorf("stuck, first look: %+v", o)
	}
	r.Clock.Advance(2 * time.Minute)
	if o := r.wantOrder(id, "failed"); o.Proof != "closed" || o.count("sent") != 1 || city.Relays().Obeyed(stuck) != 1 {
		t.Errorf("stuck: %+v, obeyed %d", o, city.Relays().Obeyed(stuck))
	}
	r.wantOrder(cut(good), "proven")
	id = r.ask("power-operator", "permit-close", good)[0]
	if got := r.decide("power-officer", id, "approve", nil); got != 200 {
		t.Fatalf("approving gives %d", got)
	}
	if o := r.wantOrder(id, "proven"); o.Proof != "ready" {
		t.Errorf("permission: %+v", o)
	}
}

// TestOrdersWait: without a link an order waits and expires; withdrawn and refused ones end; a protected customer needs a third person; a batch is
// taken whole or not at all; and the table itself refuses what nobody else has approved.
func TestOrdersWait(t *testing.T) {
	r := open(t, ordering(t))
	r.archive("dlt645", mine+","+gatewayAddress, second+","+gatewayAddress, near+","+gatewayAddress)
	id := r.ask("power-operator", "disconnect", mine)[0]
	if got := r.As("power-operator").Send("POST", "/api/grid/orders", map[string]any{"kind": "disconnect", "meters": []string{second, mine}, "reason": "x"}); got.Status != 409 {
		t.Errorf("a second order of the kind: %d", got.Status)
	}
	var list struct{ Total int }
	if r.get("/api/grid/orders", &list); list.Total != 1 {
		t.Errorf("%d orders: a batch was taken in part", list.Total)
	}
	if got := r.decide("power-officer", id, "approve", nil); got != 200 {
		t.Fatalf("approving gives %d", got)
	}
	r.Clock.Advance(25 * time.Hour)
	if o := r.wantOrder(id, "expired"); o.count("sent") != 0 {
		t.Errorf("expired: %+v", o)
	}
	id = r.ask("power-operator", "disconnect", mine)[0]
	if got := r.decide("power-officer", id, "refuse", map[string]string{"reason": "已缴费"}); got != 200 || r.orderOf(id).State != "refused" {
		t.Errorf("refusing: %d %+v", got, r.orderOf(id))
	}
	if got := r.decide("power-leader", id, "approve", nil); got != 409 {
		t.Errorf("approving what was refused: %d", got)
	}
	id = r.ask("power-operator", "disconnect", mine)[0]
	if got := r.decide("power-operator", id, "withdraw", nil); got != 200 || r.orderOf(id).State != "withdrawn" {
		t.Errorf("withdrawing: %d", got)
	}
	// a hospital
	if got := r.As("power-leader").Post("/zh/grid/orders/guards", url.Values{"meters": {second}, "why": {"市中心医院"}}); got.Status != 303 {
		t.Fatalf("guard: %d", got.Status)
	}
	id = r.ask("power-operator", "disconnect", second)[0]
	if got := r.decide("power-officer", id, "approve", nil); got != 200 || r.orderOf(id).State != "asked" || !r.orderOf(id).Protected {
		t.Errorf("protected: %d %+v", got, r.orderOf(id))
	}
	if got := r.decide("power-officer", id, "approve", nil); got != 403 {
		t.Errorf("the same person confirms: %d", got)
	}
	if got := r.decide("power-leader", id, "approve", nil); got != 200 || r.orderOf(id).State != "approved" {
		t.Errorf("confirmed: %d %+v", got, r.orderOf(id))
	}
	for name, text := range map[string]string{"own": `UPDATE grid_order SET approver = asker`, "alone": `UPDATE grid_order SET state = 'sent', approver = '' WHERE state = 'approved'`,
		"confirmer": `UPDATE grid_order SET confirmer = approver WHERE guarded = 1`, "state": `UPDATE grid_order SET state = 'done'`} {
		err := r.DB.Write(t.Context(), func(tx *store.Tx) error { _, err := tx.Exec(store.Q("grid_order_test_"+name, text)); return err })
		if err == nil {
			t.Errorf("%s: the table takes it", name)
		}
	}
	for _, path := range []string{"/grid/orders", "/grid/orders?state=asked", "/grid/orders/new?meter=" + mine, "/grid/orders/guards", "/grid/clocks", "/grid/meters/" + mine} {
		for _, l := range []string{"/zh", "/en"} {
			if got := r.As("power-leader").Get(l + path); got.Status != 200 {
				t.Errorf("%s%s: %d", l, path, got.Status)
			}
		}
	}
}

// TestOrderCutOff: an order whose answer never came is not sent again, neither when the link is back nor after a restart: it is looked at, and what
// was obeyed is found to be.
func TestOrderCutOff(t *testing.T) {
	r := open(t, func(c *grid.Config) { ordering(t)(c); c.Answer645 = 300 * time.Millisecond })
	r.archive("dlt645", mine+","+gatewayAddress)
	var trips atomic.Int32
	var open, back atomic.Bool
	meter := func(_ int, m dlt645.Message) (dlt645.Message, bool) {
		switch q := m.(type) {
		case dlt645.Remote:
			trips.Add(1)
			open.Store(q.Command == dlt645.Trip)
			return nil, false // obeyed, and the answer is lost
		case dlt645.Read:
			if q.DI != dlt645.StateWord3 || !back.Load() {
				return dlt645.Failure{Function: dlt645.ReadData, Word: dlt645.NoData}, false
			}
			info, err := dlt645.Lookup(q.DI)
			if err != nil {
				t.Error(err)
			}
			b, err := dlt645.Value{DI: q.DI, Info: info, Num: dlt645.Relay{Open: open.Load(), Ordered: open.Load()}.Word()}.Append(nil)
			if err != nil {
				t.Error(err)
			}
			return dlt645.Answer{DI: q.DI, Data: b}, false
		}
		return nil, false
	}
	g := r.gateway(map[string]func(int, dlt645.Message) (dlt645.Message, bool){mine: meter})
	id := r.ask("power-operator", "disconnect", mine)[0]
	if got := r.decide("power-officer", id, "approve", nil); got != 200 {
		t.Fatalf("approving gives %d", got)
	}
	o := r.wantOrder(id, "unproven")
	if o.Steps[3].State != "unproven" || o.Steps[3].Note != "lost" {
		t.Errorf("lost: %+v", o)
	}
	_ = g.conn.Close() // it may be closed already
	// killed on its way: what is sent is not approved again by a restart
	if err := r.DB.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(store.Q("grid_order_test_kill", `UPDATE grid_order SET state = 'sent', looked = 0`))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	back.Store(true)
	r = r.reopen()
	if o := r.orderOf(id); o.State != "unproven" || o.Steps[len(o.Steps)-1].Note != "stopped" {
		t.Fatalf("after the restart: %+v", o)
	}
	r.gateway(map[string]func(int, dlt645.Message) (dlt645.Message, bool){mine: meter})
	r.Clock.Advance(2 * time.Minute)
	if o := r.wantOrder(id, "proven"); o.Proof != "open" || trips.Load() != 1 || o.count("sent") != 1 {
		t.Errorf("%+v, %d trips", o, trips.Load())
	}
}

// TestClocks: a clock that is off shows in the list by its readings, is read, is set with proof, and is told the time by broadcast within five minutes.
func TestClocks(t *testing.T) {
	r := open(t, func(c *grid.Config) { ordering(t)(c); c.Poll645 = time.Second })
	r.Clock.Set(slot(6).Add(5 * time.Minute))
	city := r.simulation(simulate.Options{Meters: 300, PerConcentrator: 20, Share645: 0.3, Share1376: 0.3, ShareDLMS: 0.4, From: slot(0), Relays: plan645, Faults: simulate.Faults{Drift: 0.3}})
	set := map[simulate.Protocol]bool{}
	for _, m := range city.Meters() {
		if set[m.Protocol] {
			continue
		}
		read := r.wantOrder(r.ask("power-operator", "clock-read", m.Address)[0], "proven")
		if read.Proof == "0" {
			continue // its clock is right
		}
		set[m.Protocol] = true
		if o := r.wantOrder(r.ask("power-operator", "clock-set", m.Address)[0], "proven"); o.Proof != "0" && o.Proof != "-1" && o.Proof != "1" || o.count("sent") != 1 {
			t.Errorf("%s %s was %s s off: %+v", m.Protocol, m.Address, read.Proof, o)
		}
		if city.Relays().Shift(m.Address) == 0 {
			t.Errorf("%s: nothing was set", m.Protocol)
		}
	}
	if len(set) != 4 {
		t.Errorf("clocks set by protocol: %v", set)
	}
	var list struct {
		Total  int
		Clocks []struct {
			Meter        string
			AheadSeconds int64
		}
	}
	r.get("/api/grid/clocks?least=0", &list)
	if list.Total < 4 || len(list.Clocks) != list.Total {
		t.Errorf("%d clocks", list.Total)
	}
	gateway := ""
	for _, m := range city.Meters() {
		if m.Protocol == simulate.DLT645 {
			gateway = m.Concentrator
		}
	}
	post := func() int {
		return r.As("power-operator").Post("/zh/grid/clocks/broadcast", url.Values{"concentrator": {gateway}}).Status
	}
	if got := post(); got != 303 {
		t.Fatalf("broadcast: %d", got)
	}
	r.until("the broadcast", func() bool {
		after := time.Duration(0)
		for _, m := range city.Meters() {
			if m.Concentrator == gateway {
				after += city.Relays().Shift(m.Address)
			}
		}
		return after != 0
	})
	if got := post(); got == 303 {
		t.Error("a second broadcast on the same day")
	}
}

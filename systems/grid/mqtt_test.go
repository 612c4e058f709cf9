package grid_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/haihe-city/haihe/systems/grid"
	"github.com/haihe-city/haihe/wire/dlt698"
)

const gatewayPassword = "a-gateways-password"

// mqttRoom is the room with its MQTT door open to two concentrators.
func mqttRoom(t *testing.T) *room {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secrets")
	if err := os.WriteFile(path, []byte("mqtt "+near+" "+gatewayPassword+"\nmqtt "+far+" another-password\nmqtt 999999999999 nobodys-password\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return withTwo(t, func(c *grid.Config) {
		c.Gateways.Listen, c.Gateways.Secrets = "127.0.0.1:0", path
	})
}

// gatewayClient is a stock client that has signed in, and what it was sent.
func (r *room) gatewayClient(user, password string) (paho.Client, chan paho.Message, error) {
	got := make(chan paho.Message, 64)
	o := paho.NewClientOptions().AddBroker("tcp://" + r.Listening()["grid/mqtt"]).SetUsername(user).SetPassword(password).SetClientID("gw-" + user).SetAutoReconnect(false).SetConnectRetry(false)
	c := paho.NewClient(o)
	if k := c.Connect(); !k.WaitTimeout(20*time.Second) || k.Error() != nil {
		return nil, nil, fmt.Errorf("connect: %w", k.Error())
	}
	r.t.Cleanup(func() { c.Disconnect(10) })
	if k := c.Subscribe("haihe/grid/"+user+"/#", 1, func(_ paho.Client, m paho.Message) { got <- m }); !k.WaitTimeout(20*time.Second) || k.Error() != nil {
		r.t.Fatalf("subscribe: %v", k.Error())
	}
	return c, got, nil
}

func (r *room) publish(c paho.Client, topic string, body []byte) {
	r.t.Helper()
	if k := c.Publish(topic, 1, false, body); !k.WaitTimeout(30*time.Second) || k.Error() != nil {
		r.t.Fatalf("publish: %v", k.Error())
	}
}

// next is the next message of a level.
func nextMessage(t *testing.T, got chan paho.Message, level string) paho.Message {
	t.Helper()
	for end := time.After(30 * time.Second); ; {
		select {
		case m := <-got:
			if strings.HasSuffix(m.Topic(), "/"+level) {
				return m
			}
		case <-end:
			t.Fatalf("nothing on %s", level)
		}
	}
}

func reading(meter string, k int, register string) string {
	return fmt.Sprintf(`{"meter":%q,"time":%q,"register":%s,"power":1.5,"voltage":221.5}`, meter, slot(k).Format(time.RFC3339), register)
}

// TestMQTTReadings: a gateway tells readings as JSON. Its PUBACK comes after the commit, what is not its own is left out and listed, and it is
// asked for what is missing.
func TestMQTTReadings(t *testing.T) {
	r := mqttRoom(t)
	c, got, err := r.gatewayClient(near, gatewayPassword)
	if err != nil {
		t.Fatal(err)
	}
	topic := "haihe/grid/" + near + "/readings"
	release := r.hold()
	k := c.Publish(topic, 1, false, `{"id":"a","readings":[`+reading(mine, 3, "100.25")+","+reading(theirs, 3, "7")+`]}`)
	if k.WaitTimeout(300 * time.Millisecond) {
		t.Error("acknowledged before the commit")
	}
	release()
	if !k.WaitTimeout(30*time.Second) || k.Error() != nil {
		t.Fatal("no acknowledgement after the commit")
	}
	r.wantSlot(mine, 3, "collected", 100.25) // acknowledged, so it is there
	r.wantSlot(theirs, 3, "missing", 0)
	r.wantRefused("1 rows of meters that the archive does not place behind this gateway")
	var a struct {
		ID      string
		Stored  int
		Known   int
		Foreign []int
		Refused string
	}
	answer := func() {
		t.Helper()
		if err := json.Unmarshal(nextMessage(t, got, "taken").Payload(), &a); err != nil {
			t.Fatal(err)
		}
	}
	if answer(); a.ID != "a" || a.Stored != 1 || len(a.Foreign) != 1 || a.Foreign[0] != 1 {
		t.Errorf("%+v", a)
	}
	r.publish(c, topic, []byte(`{"readings":[`+reading(mine, 3, "100.25")+`]}`))
	if answer(); a.Stored != 0 || a.Known != 1 {
		t.Errorf("the same again: %+v", a)
	}
	r.publish(c, topic, []byte(`{"readings":[`+reading(mine, 4, "1e3")+`]}`))
	r.wantRefused("at most 4 decimals")
	if answer(); a.Refused == "" {
		t.Errorf("refused: %+v", a)
	}
	r.publish(c, topic, []byte(`{"readings":[`+strings.Replace(reading(mine, 5, "1"), "2015", "2035", 1)+`]}`))
	r.wantRefused("1 rows of a time that cannot be")
	answer()
	// an order
	go func() {
		m := nextMessage(t, got, "ask")
		var q struct {
			Meters   []string
			From, To time.Time
		}
		if json.Unmarshal(m.Payload(), &q) != nil || len(q.Meters) != 1 || q.Meters[0] != mine || !q.From.Equal(slot(0)) {
			t.Errorf("asked for %s", m.Payload())
		}
		var all []string
		for i := range 38 {
			all = append(all, reading(mine, i, "200"))
		}
		c.Publish(topic, 1, false, `{"readings":[`+strings.Join(all, ",")+`]}`)
	}()
	if o := r.order(map[string]any{"meters": []string{mine}}); o.Done != 1 || o.Failed != 0 {
		t.Errorf("order: %+v", o)
	}
	r.wantSlot(mine, 30, "collected", 200)
	var list struct {
		Concentrators []struct{ Address, Peer string }
	}
	r.get("/api/grid/concentrators?state=online", &list)
	if len(list.Concentrators) != 1 || list.Concentrators[0].Address != near || list.Concentrators[0].Peer != "mqtt" {
		t.Errorf("online: %+v", list)
	}
	c.Disconnect(10)
	r.until("it is offline", func() bool {
		r.get("/api/grid/concentrators?state=online", &list)
		return len(list.Concentrators) == 0
	})
}

// TestMQTTFrames: a concentrator speaks DL/T 698.45 over MQTT as it does over TCP, in its own name only.
func TestMQTTFrames(t *testing.T) {
	r := mqttRoom(t)
	c, got, err := r.gatewayClient(near, gatewayPassword)
	if err != nil {
		t.Fatal(err)
	}
	sa, err := dlt698.NewAddress(dlt698.Single, near)
	if err != nil {
		t.Fatal(err)
	}
	s := &station{t: t, sa: sa}
	up := "haihe/grid/" + near + "/up"
	body := func() dlt698.Body {
		t.Helper()
		f, _, err := dlt698.Parse(nextMessage(t, got, "down").Payload())
		if err != nil {
			t.Fatal(err)
		}
		a, err := dlt698.ParseAPDU(f.Data)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := a.Body.(dlt698.ConnectRequest); ok {
			return nil
		}
		return a.Body
	}
	early := s.frame(dlt698.FromServer, s.report(row(mine, slot(3), 1_0000)))
	r.publish(c, up, early)
	r.wantRefused("nothing is taken before the login")
	r.publish(c, up, s.frame(dlt698.LinkFromServer, dlt698.LinkRequest{PIID: s.number(), Kind: dlt698.Login, Period: 60, Time: dlt698.At(slot(0))}))
	if a, ok := body().(dlt698.LinkResponse); !ok || a.Result.Code() != dlt698.LinkOK {
		t.Fatalf("login: %+v", a)
	}
	n := s.report(row(mine, slot(3), 100_2500), row(theirs, slot(3), 7))
	r.publish(c, up, s.frame(dlt698.FromServer, n))
	r.wantSlot(mine, 3, "collected", 100.25)
	r.wantSlot(theirs, 3, "missing", 0)
	for {
		b := body()
		if b == nil {
			continue
		}
		if a, ok := b.(dlt698.ReportResponse); !ok || a.PIID.Number() != n.PIID.Number() {
			t.Fatalf("report: %T", b)
		}
		break
	}
	r.wantRefused("1 rows of meters")
	garbled := s.frame(dlt698.FromServer, s.report(row(mine, slot(4), 1)))
	garbled[len(garbled)-3] ^= 1
	r.publish(c, up, garbled)
	if f := r.refused()[0]; f.Protocol != "mqtt" || f.Clause == "" || f.Hex == "" {
		t.Errorf("garbled: %+v", f)
	}
	s.sa, _ = dlt698.NewAddress(dlt698.Single, far)
	r.publish(c, up, s.frame(dlt698.LinkFromServer, dlt698.LinkRequest{PIID: s.number(), Kind: dlt698.Login, Period: 60, Time: dlt698.At(slot(0))}))
	r.wantRefused("is not that of the gateway that signed in")
	r.publish(c, up, []byte("no frame at all"))
	if n := len(r.samples()); n != 1 {
		t.Errorf("%d samples", n)
	}
}

// TestMQTTStrangers: wrong passwords, gateways that the archive does not know, and topics of others.
func TestMQTTStrangers(t *testing.T) {
	r := mqttRoom(t)
	for _, c := range []struct{ user, password, reason string }{
		{near, "wrong", "address or password is wrong"}, {near, "another-password", "address or password is wrong"}, {"", "", "address or password is wrong"},
		{"999999999999", "nobodys-password", "gateway 999999999999 is not in the archive"},
	} {
		if _, _, err := r.gatewayClient(c.user, c.password); err == nil {
			t.Errorf("%s is let in", c.user)
		}
		r.wantRefused(c.reason)
	}
	c, _, err := r.gatewayClient(near, gatewayPassword)
	if err != nil {
		t.Fatal(err)
	}
	k := c.Publish("haihe/grid/"+far+"/readings", 1, false, `{"readings":[`+reading(theirs, 3, "7")+`]}`)
	k.WaitTimeout(time.Second)
	r.wantRefused("the topic is not this gateway's")
	if n := len(r.samples()); n != 0 {
		t.Errorf("%d samples in another's name", n)
	}
	for _, f := range r.refused() {
		if strings.Contains(f.Reason.En+f.Hex, gatewayPassword) {
			t.Errorf("a password is listed: %+v", f)
		}
	}
}

// TestMosquitto: the stock client of Debian tells a reading.
func TestMosquitto(t *testing.T) {
	tool, err := exec.LookPath("mosquitto_pub")
	if err != nil {
		t.Skip("skipped: mosquitto_pub is not here")
	}
	r := mqttRoom(t)
	host, port, _ := strings.Cut(r.Listening()["grid/mqtt"], ":")
	for i, version := range []string{"mqttv311", "mqttv5"} {
		out, err := exec.CommandContext(t.Context(), tool, "-h", host, "-p", port, "-V", version, "-u", near, "-P", gatewayPassword, "-q", "1", "-t", "haihe/grid/"+near+"/readings",
			"-m", `{"readings":[`+reading(mine, 3+i, "100.25")+`]}`).CombinedOutput()
		if err != nil {
			t.Fatalf("%v %s", err, out)
		}
		r.wantSlot(mine, 3+i, "collected", 100.25)
	}
}

// TestPaho: the Python client tells a reading and hears what became of it.
func TestPaho(t *testing.T) {
	python := os.Getenv("HAIHE_PYTHON")
	if python == "" || exec.Command(python, "-c", "import paho.mqtt.client").Run() != nil {
		t.Skip("skipped: HAIHE_PYTHON names no Python with paho-mqtt")
	}
	r := mqttRoom(t)
	host, port, _ := strings.Cut(r.Listening()["grid/mqtt"], ":")
	script := `
import sys, threading, paho.mqtt.client as m
host, port, user, password, body = sys.argv[1:]
c = m.Client(m.CallbackAPIVersion.VERSION2, protocol=m.MQTTv5)
c.username_pw_set(user, password)
done, ready = threading.Event(), threading.Event()
def message(c, u, x): print(x.payload.decode()); done.set()
c.on_message = message
c.on_subscribe = lambda *a: ready.set()
c.connect(host, int(port))
c.loop_start()
c.subscribe("haihe/grid/%s/taken" % user, 1)
assert ready.wait(20)
c.publish("haihe/grid/%s/readings" % user, body, 1).wait_for_publish(20)
assert done.wait(20)
`
	out, err := exec.CommandContext(t.Context(), python, "-c", script, host, port, near, gatewayPassword, `{"id":"p","readings":[`+reading(mine, 3, "100.25")+`]}`).CombinedOutput()
	if err != nil || !strings.Contains(string(out), `"id":"p","stored":1`) {
		t.Fatalf("%v %s", err, out)
	}
	r.wantSlot(mine, 3, "collected", 100.25)
}

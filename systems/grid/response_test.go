package grid_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/host/hosttest"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/kernel/series"
	"github.com/haihe-city/haihe/simulate/grid/curtail"
	"github.com/haihe-city/haihe/simulate/grid/town"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// settlement is what the interface gives of an event.
type settlement struct {
	State        string
	Participants []struct {
		Participant, Answer string
		KW                  int64     `json:"kW"`
		Told                time.Time `json:"toldAt"`
		Fetched             time.Time `json:"fetchedAt"`
	}
	Settlements []struct {
		Run, Reduced, Rate, Paid, Fen, Missing, Estimated int64
		Participant, Answer, Reason, Method               string
		RatePermille, PaidEnergy, MissingQuarters         int64
	}
}

// responseCity is a small simulated city whose meters have reported until the morning of the tests' day.
func responseCity(t *testing.T) (*room, *town.City) {
	t.Helper()
	r := open(t, nil)
	city, err := town.New(town.Layout{Meters: 48, PerConcentrator: 12, Districts: town.Tianjin()[:2], Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	if err := city.WriteArchive(&archive); err != nil {
		t.Fatal(err)
	}
	if got := r.importFile("archive", "archive.csv", archive.Bytes(), false); got.Taken != 48 {
		t.Fatalf("archive: %+v %v", got.Result, got.lines)
	}
	return r, city
}

// tell stores what the meters show from one quarter hour to another, the last one included.
func (r *room) tell(city *town.City, from, to time.Time, shown func(m *town.Meter, at time.Time) int64) {
	r.t.Helper()
	r.registers(func(b *series.Batch, num func(string) int64) {
		all := city.Meters()
		for i := range all {
			for at := from; !at.After(to); at = at.Add(book.SlotLength) {
				b.Add(num(all[i].Address), at.UnixMicro(), series.Measured, shown(&all[i], at), city.Power(&all[i], at), 2200)
			}
		}
	})
}

var eventPath = regexp.MustCompile(`/grid/response/events/([0-9a-zA-Z-]{10,})`)

// TestResponse is an event from the draft to the appeal, over the pages and the interfaces that people and programs use; what is measured
// is held against what the simulated meters really saved.
func TestResponse(t *testing.T) {
	r, city := responseCity(t)
	plain := func(m *town.Meter, at time.Time) int64 { return city.Register(m, at) }
	r.tell(city, slot(0).AddDate(0, 0, -30), slot(36), plain)

	var groups [3][]*town.Meter // thirds of the city
	list := "participant,name,kind,programme,capacity_kw,notice_min,max_events,max_hours,price_fen,meters\n"
	all := city.Meters()
	for i := range all {
		groups[i%3] = append(groups[i%3], &all[i])
	}
	for k, price := range []int{300, 400, 900} {
		var meters []string
		for _, m := range groups[k] {
			meters = append(meters, m.Address)
		}
		list += fmt.Sprintf("P%d,主体%d,enterprise,PEAK,2,120,5,20,%d,%s\n", k+1, k+1, price, strings.Join(meters, " "))
	}
	programme := url.Values{"code": {"PEAK"}, "name": {"约时削峰"}, "method": {"high5of10"}, "silence": {"out"}, "least": {"500"}, "most": {"1200"}, "state": {"open"}}
	r.Rows(t, []hosttest.Row{
		{Name: "empty", Path: "/en/grid/response", As: "reader", Status: 200, Has: []string{"no programme yet"}, Lacks: []string{"Set a programme"}},
		{Name: "programme by who may not", Method: "POST", Path: "/zh/grid/response/programmes", As: "reader", Form: programme, Status: 403},
		{Name: "programme", Method: "POST", Path: "/zh/grid/response/programmes", As: "power-officer", Form: programme, Status: 303},
	})
	if got := r.importFile("participants", "list.csv", []byte(strings.Replace(list, "PEAK,2,120", "NONE,2,120", 1)), false); got.Refused != 1 || got.Stopped == nil {
		t.Fatalf("a list with a wrong line: %+v", got.Result)
	}
	if got := r.importFile("participants", "list.csv", []byte(list), false); got.Taken != 3 || got.Counts["changed"] != 3 {
		t.Fatalf("participants: %+v %v", got.Result, got.lines)
	}
	if got := r.importFile("participants", "list.csv", []byte(list), false); got.Counts["unchanged"] != 3 {
		t.Fatalf("again: %+v", got.Result)
	}

	draft := url.Values{"name": {"晚高峰"}, "programme": {"PEAK"}, "target": {"2"}, "begins": {"2015-11-20 17:00"}, "ends": {"2015-11-20 19:00"}, "preview": {"1"}}
	r.Rows(t, []hosttest.Row{
		{Name: "preview", Method: "POST", Path: "/en/grid/response/events/new", As: "power-officer", Form: draft, Status: 200, Has: []string{"target met without", "P1", "P3"}},
		{Name: "too late", Method: "POST", Path: "/en/grid/response/events/new", As: "power-officer", Form: url.Values{"name": {"x"}, "programme": {"PEAK"}, "target": {"3"}, "begins": {"2015-11-20 11:00"}, "ends": {"2015-11-20 12:00"}}, Status: 422, Has: []string{"no participant can take part"}},
		{Name: "no quarter hour", Method: "POST", Path: "/en/grid/response/events/new", As: "power-officer", Form: url.Values{"name": {"x"}, "programme": {"PEAK"}, "target": {"3"}, "begins": {"2015-11-20 17:05"}, "ends": {"2015-11-20 18:00"}}, Status: 422},
	})
	draft.Del("preview")
	made := r.As("power-officer").Post("/zh/grid/response/events/new", draft)
	found := eventPath.FindStringSubmatch(made.Header.Get("Location"))
	if made.Status != 303 || found == nil {
		t.Fatalf("draft: %d %s", made.Status, made.Header.Get("Location"))
	}
	id := found[1]
	path := "/zh/grid/response/events/" + id

	// the participants' accounts: a program for P1, nobody for P2
	claim := r.As("power-officer").Post("/zh/grid/response/participants/P1/claim", nil)
	secret := regexp.MustCompile(`：([a-z0-9]{26})`).FindStringSubmatch(claim.Body)
	if secret == nil {
		t.Fatalf("no code: %d", claim.Status)
	}
	client := r.Token("power", identity.RoleReader)
	if got := client.Get("/api/grid/openadr3/events"); got.Status != 403 {
		t.Errorf("events for a stranger: %d", got.Status)
	}
	if got := client.Send("POST", "/api/grid/response/claim", map[string]string{"code": secret[1]}); got.Status != 200 || !strings.Contains(got.Body, `"P1"`) {
		t.Fatalf("claim: %d %s", got.Status, got.Body)
	}
	if got := client.Send("POST", "/api/grid/response/claim", map[string]string{"code": secret[1]}); got.Status != 400 {
		t.Errorf("a code twice: %d", got.Status)
	}
	if got := client.Get("/api/grid/openadr3/events"); got.Body != "[]\n" && got.Body != "[]" {
		t.Errorf("a draft is told: %s", got.Body)
	}
	r.Rows(t, []hosttest.Row{
		{Name: "approved by who may not", Method: "POST", Path: path + "/approve", As: "power-officer", Form: url.Values{}, Status: 403},
		{Name: "approved", Method: "POST", Path: path + "/approve", As: "power-leader", Form: url.Values{}, Status: 303},
		{Name: "approved twice", Method: "POST", Path: path + "/approve", As: "power-leader", Form: url.Values{}, Status: 200, Has: []string{"只有草稿可以批准"}},
		{Name: "settled too early", Method: "POST", Path: path + "/settle", As: "power-officer", Form: url.Values{}, Status: 200, Has: []string{"事件结束后才能结算"}},
		{Name: "page", Path: path, As: "reader", Status: 200, Has: []string{"已通知", "P1"}},
	})
	var told []struct {
		ID, ProgramID, ObjectType string
		IntervalPeriod            struct{ Start, Duration string }
		Intervals                 []struct {
			Payloads []struct {
				Type   string
				Values []float64
			}
		}
	}
	client.Get("/api/grid/openadr3/events").JSON(t, &told)
	if len(told) != 1 || told[0].ID != id || told[0].ObjectType != "EVENT" || told[0].IntervalPeriod.Duration != "PT2H" || told[0].Intervals[0].Payloads[0].Values[0] != -2 {
		t.Fatalf("what a client is told: %+v", told)
	}
	answer := "/api/grid/response/events/" + id + "/answer"
	for _, c := range []struct {
		body   map[string]string
		status int
	}{{map[string]string{"answer": "maybe"}, 400}, {map[string]string{"answer": "in", "participant": "P2"}, 403}, {map[string]string{"answer": "in"}, 200}} {
		if got := client.Send("POST", answer, c.body); got.Status != c.status {
			t.Errorf("answer %v: %d %s", c.body, got.Status, got.Body)
		}
	}
	r.Rows(t, []hosttest.Row{{Name: "noted down", Method: "POST", Path: path + "/answer", As: "power-officer", Form: url.Values{"participant": {"P2"}, "answer": {"in"}}, Status: 303}})

	// P1 saves 30 %, P2 a tenth of that
	event := curtail.Event{From: slot(68), To: slot(76), Share: func(address string) int64 {
		for k, share := range []int64{300, 30} {
			for _, m := range groups[k] {
				if m.Address == address {
					return share
				}
			}
		}
		return 0
	}}
	state := func() (x settlement) {
		r.get("/api/grid/response/events/"+id, &x)
		return x
	}
	r.Clock.Set(slot(69))
	r.until("the event runs", func() bool { return state().State == "running" })
	if got := client.Send("POST", answer, map[string]string{"answer": "out"}); got.Status != 409 {
		t.Errorf("an answer after the beginning: %d", got.Status)
	}
	r.Clock.Set(slot(97))
	r.until("the event is over", func() bool { return state().State == "finished" })
	r.tell(city, slot(37), slot(96), func(m *town.Meter, at time.Time) int64 { return event.Shown(city, m, at) })
	r.Rows(t, []hosttest.Row{
		{Name: "settled", Method: "POST", Path: path + "/settle", As: "power-officer", Form: url.Values{}, Status: 303},
		{Name: "again without a reason", Method: "POST", Path: path + "/settle", As: "power-officer", Form: url.Values{}, Status: 200, Has: []string{"重新结算请填写理由"}},
		{Name: "appeal", Method: "POST", Path: path + "/settle", As: "power-officer", Form: url.Values{"reason": {"P2 提出异议"}}, Status: 303},
		{Name: "page after", Path: "/en/grid/response/events/" + id, As: "reader", Status: 200, Has: []string{"settlement 2", "event-chart"}},
		{Name: "report", Path: "/api/grid/response/events/" + id + "/report.csv", As: "reader", Status: 200, Has: []string{"baseline_kwh", ",measured,high5of10,", "2015-11-20T17:00:00+08:00"}},
		{Name: "overview", Path: "/zh/grid/response", As: "power-officer", Status: 200, Has: []string{"已结算", "设置项目"}},
		{Name: "participant", Path: "/zh/grid/response/participants/P1", As: "reader", Status: 200, Has: []string{"晚高峰"}},
		{Name: "list", Path: "/api/grid/response/events.csv", As: "reader", Status: 200, Has: []string{id, "settled"}},
		{Name: "participants", Path: "/api/grid/response/participants.csv", As: "reader", Status: 200, Has: []string{"P3"}},
	})
	x := state()
	if len(x.Settlements) != 4 || len(x.Participants) != 2 || x.Participants[0].Fetched.IsZero() || !x.Participants[1].Fetched.IsZero() || x.Participants[1].Told.IsZero() {
		t.Fatalf("%+v", x)
	}
	load := func(k int) (sum int64) {
		for _, m := range groups[k] {
			sum += city.Register(m, event.To) - city.Register(m, event.From)
		}
		return sum
	}
	for k, want := range []string{"P1", "P2"} {
		s := x.Settlements[2+k]
		truth := event.Truth(city, groups[k])
		off := math.Abs(float64(s.Reduced-truth)) / float64(load(k))
		t.Logf("%s: measured %d, true %d (0.0001 kWh), off by %.2f %% of the load; rate %d per mille, %d fen", want, s.Reduced, truth, 100*off, s.RatePermille, s.Fen)
		if s.Participant != want || s.Run != 2 || s.MissingQuarters != 0 || off > 0.05 {
			t.Errorf("%+v", s)
		}
		committed := int64(2 * 2 * 10_000)
		if paid := s.PaidEnergy; s.RatePermille != s.Reduced*1000/committed && s.Reduced > 0 || paid != 0 && s.Fen != (paid*int64([]int{300, 400}[k])+5_000)/10_000 || s.RatePermille < 500 && s.Fen != 0 {
			t.Errorf("payment: %+v", s)
		}
	}
	r.report(client, id)
}

// report posts what an OpenADR client reports, and wants what is wrong refused.
func (r *room) report(client *hosttest.Client, id string) {
	r.t.Helper()
	body := fmt.Sprintf(`{"programID":"PEAK","eventID":%q,"clientName":"p1","resources":[{"resourceName":"site","intervals":[{"id":0,"payloads":[{"type":"USAGE","values":[1.5]}]}]}]}`, id)
	for _, c := range []struct {
		body   string
		status int
	}{{body, 201}, {strings.Replace(body, "USAGE", "FANTASY", 1), 400}, {strings.Replace(body, "1.5", `"x"`, 1), 400}, {strings.Replace(body, "PEAK", "OTHER", 1), 404}, {"{", 400}} {
		if got := client.Do("POST", "/api/grid/openadr3/reports", "application/json", c.body); got.Status != c.status {
			r.t.Errorf("report %s: %d %s", c.body, got.Status, got.Body)
		}
	}
	var back []json.RawMessage
	client.Get("/api/grid/openadr3/reports?eventID="+id).JSON(r.t, &back)
	if len(back) != 1 || !strings.Contains(string(back[0]), `"objectType":"REPORT"`) {
		r.t.Errorf("reports: %s", back)
	}
	if got := client.Get("/api/grid/openadr3/programs"); !strings.Contains(got.Body, `"programName":"PEAK"`) {
		r.t.Errorf("programs: %s", got.Body)
	}
}

// TestPeakPages: the list stands without data, settings are kept or refused.
func TestPeakPages(t *testing.T) {
	r := workedCity(t)
	set := func(share string) url.Values {
		return url.Values{"share": {share}, "on": {"2"}, "off": {"3"}, "band": {"5"}}
	}
	r.Rows(t, []hosttest.Row{
		{Name: "list", Path: "/zh/grid/peaks", As: "reader", Status: 200, Has: []string{"没有尖峰告警"}, Lacks: []string{"/grid/peaks/settings"}},
		{Name: "wrong kind", Path: "/zh/grid/peaks?kind=x", As: "reader", Status: 400},
		{Name: "none", Path: "/zh/grid/peaks/x", As: "reader", Status: 404},
		{Name: "who may not", Method: "POST", Path: "/zh/grid/peaks/settings", As: "reader", Form: set("90"), Status: 403},
		{Name: "out of bounds", Method: "POST", Path: "/en/grid/peaks/settings", As: "power-operator", Form: set("10"), Status: 422, Has: []string{"lies between 50 and 100"}},
		{Name: "set", Method: "POST", Path: "/zh/grid/peaks/settings", As: "power-operator", Form: set("90"), Status: 303},
		{Name: "kept", Path: "/zh/grid/peaks", As: "power-operator", Status: 200, Has: []string{`value="90"`}},
		{Name: "interface", Path: "/api/grid/peaks", As: "reader", Status: 200, Has: []string{`"items":[]`}},
		{Name: "sheet", Path: "/api/grid/peaks.csv", As: "reader", Status: 200, Has: []string{"peak_kw"}},
	})
}

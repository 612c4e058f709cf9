package grid_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/host/hosttest"
	"github.com/haihe-city/haihe/kernel/identity"
	"github.com/haihe-city/haihe/systems/plan"
)

// printed is a code as the desk shows it.
var printed = regexp.MustCompile(`[A-Z2-9]{4}(-[A-Z2-9]{4}){3}`)

// issue makes codes for meters at the officers' desk.
func (r *room) issue(meters ...string) []string {
	r.t.Helper()
	got := r.As("power-officer").Post("/zh/grid/customers/codes", url.Values{"meters": {strings.Join(meters, "\n")}})
	codes := printed.FindAllString(got.Body, -1)
	if got.Status != http.StatusOK || len(codes) != len(meters) {
		r.t.Fatalf("%d: %d codes for %d meters", got.Status, len(codes), len(meters))
	}
	return codes
}

func (r *room) redeem(code string) hosttest.Answer {
	return r.As("customer").Post("/zh/my/grid", url.Values{"code": {code}})
}

// TestCustomerSeesOwn: a customer binds a meter by its code, once; sees it and no other, over every address of the room and of the
// platform; and stops seeing it when the binding ends.
func TestCustomerSeesOwn(t *testing.T) {
	r := withTwo(t, nil)
	s := r.online(near)
	s.send(row(mine, slot(slotNine), registerAtNine))
	customer := r.As("customer")
	if got := customer.Get("/zh/my/grid/" + mine); got.Status != http.StatusNotFound {
		t.Errorf("an unbound meter: %d", got.Status)
	}
	code := r.issue(mine)[0]
	if got := r.redeem(strings.ToLower(code)); got.Status != http.StatusSeeOther || !strings.HasSuffix(got.Header.Get("Location"), "/my/grid/"+mine) {
		t.Fatalf("redeem: %d %s", got.Status, got.Header.Get("Location"))
	}
	if got := r.redeem(code); got.Status != http.StatusUnprocessableEntity {
		t.Errorf("a used code: %d", got.Status)
	}
	for _, p := range []string{"/zh", "/en"} {
		for path, want := range map[string]string{"/my": mine, "/my/grid": mine, "/my/grid/" + mine: "1,234.57"} {
			if got := customer.Get(p + path); got.Status != http.StatusOK || !strings.Contains(got.Body, want) {
				t.Errorf("%s%s: %d without %q", p, path, got.Status, want)
			}
		}
	}
	for path, want := range map[string]string{"/api/grid/my": mine, "/api/grid/my/" + mine + "/usage.csv": mine, "/api/grid/my/" + mine + "/usage.xml": "UsagePoint"} {
		if got := customer.Get(path); got.Status != http.StatusOK || !strings.Contains(got.Body, want) {
			t.Errorf("%s: %d without %q", path, got.Status, want)
		}
	}
	// Others' meters are not there, whether the city has them or not, and both read alike.
	for _, form := range []string{"/zh/my/grid/%s", "/api/grid/my/%s/usage.csv", "/api/grid/my/%s/usage.xml"} {
		there, none := customer.Get(fmt.Sprintf(form, theirs)), customer.Get(fmt.Sprintf(form, "999999999999"))
		if there.Status != http.StatusNotFound || none.Status != http.StatusNotFound {
			t.Errorf(form+": %d, and %d for one that is nowhere", theirs, there.Status, none.Status)
		}
	}
	for _, path := range []string{"/report", "/end"} {
		if got := customer.Post("/zh/my/grid/"+theirs+path, url.Values{"began": {"2015-11-20 09:00"}}); got.Status != http.StatusNotFound {
			t.Errorf("%s of another's meter: %d", path, got.Status)
		}
	}
	if got := customer.Post("/zh/my/grid/"+mine+"/end", url.Values{"sure": {"1"}}); got.Status != http.StatusSeeOther {
		t.Fatalf("end the binding: %d", got.Status)
	}
	if got := customer.Get("/zh/my/grid/" + mine); got.Status != http.StatusNotFound {
		t.Errorf("after the binding's end: %d", got.Status)
	}
}

// TestCustomerRoutes walks the routes of the program: to a customer, everything that is not their own is not there.
func TestCustomerRoutes(t *testing.T) {
	patterns := []string{"GET /systems", "GET /system", "GET /search", "GET /admin", "GET /admin/people", "GET /admin/journal", "GET /admin/my-tokens", "GET /api/systems", "GET /api/import", "GET /api/backup", "POST /api/import/grid/archive", "POST /grid/import/archive"}
	spy := func(s host.System) host.System {
		open := s.Open
		s.Open = func(ctx context.Context, h *host.Host) (*host.Opened, error) {
			o, err := open(ctx, h)
			if err == nil {
				for _, x := range o.Routes {
					patterns = append(patterns, x.Pattern)
				}
			}
			return o, err
		}
		return s
	}
	r := &room{hosttest.Open(t, spy(plan.System()), spy(declared(nil))), t, nil}
	r.archive("dlt698", mine+","+near, second+","+near, theirs+","+far)
	r.redeem(r.issue(mine)[0])
	customer := r.As("customer")
	wild := regexp.MustCompile(`\{[^}]+\}`)
	checked := 0
	for _, pattern := range patterns {
		method, path, _ := strings.Cut(pattern, " ")
		if strings.HasPrefix(path, "/my/") || strings.HasPrefix(path, "/api/grid/my") {
			continue // the customer's own
		}
		if !strings.HasPrefix(path, "/api/") {
			path = "/zh" + path
		}
		asked := wild.ReplaceAllString(path, mine)
		var got hosttest.Answer
		switch {
		case method == http.MethodGet:
			got = customer.Get(asked)
		case strings.HasPrefix(path, "/api/"):
			got = customer.Send(method, asked, map[string]any{})
		default:
			got = customer.Post(asked, url.Values{"id": {mine}})
		}
		if got.Status != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", pattern, got.Status)
		}
		checked++
	}
	if checked < 100 {
		t.Errorf("only %d routes were walked", checked)
	}
	if got := customer.Get("/zh/my"); strings.Contains(got.Body, `href="/zh/grid`) || strings.Contains(got.Body, `href="/zh/systems"`) || strings.Contains(got.Body, `action="/zh/search"`) {
		t.Error("a customer's page leads to the officers' console")
	}
	if got := customer.Get("/zh/"); !strings.HasSuffix(got.Header.Get("Location"), "/zh/my") {
		t.Errorf("the way in leads to %q", got.Header.Get("Location"))
	}
}

// TestCodeGuessing: five wrong codes, and even the right one waits an hour; the account of tries outlives a restart; revoked and expired
// codes read like wrong ones.
func TestCodeGuessing(t *testing.T) {
	r := withTwo(t, nil)
	right := r.issue(mine)[0]
	for i := range 5 {
		if got := r.redeem(fmt.Sprintf("AAAA-AAAA-AAAA-AAA%c", 'A'+i)); got.Status != http.StatusUnprocessableEntity {
			t.Fatalf("wrong code %d: %d", i, got.Status)
		}
	}
	r = r.reopen()
	if got := r.redeem(right); got.Status != http.StatusUnprocessableEntity || !strings.Contains(got.Body, "分钟后再试") {
		t.Fatalf("after five wrong codes: %d", got.Status)
	}
	r.Clock.Advance(61 * time.Minute)
	if got := r.redeem(right); got.Status != http.StatusSeeOther {
		t.Fatalf("an hour later: %d", got.Status)
	}
	old := r.issue(second)[0]
	r.Clock.Advance(91 * 24 * time.Hour)
	expired := r.redeem(old)
	wrong := r.redeem("BBBB-BBBB-BBBB-BBBB")
	if expired.Status != http.StatusUnprocessableEntity || !strings.Contains(expired.Body, "不正确、已使用或已过期") || !strings.Contains(wrong.Body, "不正确、已使用或已过期") {
		t.Errorf("expired %d, wrong %d", expired.Status, wrong.Status)
	}
}

// TestLooksShown: an officer's look at one meter is shown to its customer, with how often; a customer's own look is not, nor one from
// before the binding's day.
func TestLooksShown(t *testing.T) {
	r := withTwo(t, nil)
	r.redeem(r.issue(mine)[0])
	for range 3 {
		r.As("power-officer").Get("/zh/grid/meters/" + mine)
	}
	r.As("reader").Get("/api/grid/meters/" + mine + "/day.csv")
	r.As("customer").Get("/zh/my/grid/" + mine)
	page := r.As("customer").Get("/en/my/grid/" + mine).Body
	for _, want := range []string{"Officer, Electric Power", "looked at the page", "exported data"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	if _, looks, _ := strings.Cut(page, `id="looks"`); strings.Contains(looks, "Customer (demo)") {
		t.Error("a customer's own look is shown")
	}
}

// TestCustomerReports: a report waits for an officer, who makes an outage of it; the customer sees what became of it; too many are refused.
func TestCustomerReports(t *testing.T) {
	r := withTwo(t, nil)
	r.redeem(r.issue(mine)[0])
	at := r.Clock.Now().Add(-30 * time.Minute).In(time.FixedZone("CST", 8*3600)).Format("2006-01-02 15:04")
	send := func(began string) hosttest.Answer {
		return r.As("customer").Post("/zh/my/grid/"+mine+"/report", url.Values{"began": {began}, "note": {"全楼无电"}})
	}
	if got := send("2016-11-20 09:00"); got.Status != http.StatusUnprocessableEntity {
		t.Errorf("an outage in the future: %d", got.Status)
	}
	if got := send(at); got.Status != http.StatusSeeOther {
		t.Fatalf("report: %d", got.Status)
	}
	desk := r.As("power-officer").Get("/zh/grid/customers/reports").Body
	id := regexp.MustCompile(`name="id"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="id"`).FindStringSubmatch(desk)
	if id == nil || !strings.Contains(desk, "全楼无电") {
		t.Fatal("the desk does not list the report")
	}
	if got := r.As("power-officer").Post("/zh/grid/customers/reports/take", url.Values{"id": {id[1] + id[2]}}); got.Status != http.StatusSeeOther {
		t.Fatalf("take up: %d", got.Status)
	}
	page := r.As("customer").Get("/zh/my/grid/" + mine).Body
	for _, want := range []string{"已受理", "停电中"} {
		if !strings.Contains(page, want) {
			t.Errorf("the customer does not see %q", want)
		}
	}
	for range 5 {
		send(at)
	}
	if got := send(at); got.Status != http.StatusUnprocessableEntity {
		t.Errorf("the sixth that waits: %d", got.Status)
	}
}

// TestTariffAndNotice: an estimate stands on the page only with a tariff; an announcement reaches the feeder's customers.
func TestTariffAndNotice(t *testing.T) {
	r := withTwo(t, nil)
	r.redeem(r.issue(mine)[0])
	page := func() string { return r.As("customer").Get("/en/my/grid/" + mine).Body }
	if strings.Contains(page(), "What it may cost") {
		t.Error("a cost without a tariff")
	}
	officer := r.As("power-officer")
	if got := officer.Post("/zh/grid/customers/tariffs", url.Values{"category": {"residential"}, "kind": {"tiered"}, "body": {"220 0.49"}}); got.Status != http.StatusUnprocessableEntity {
		t.Errorf("half a tariff: %d", got.Status)
	}
	if got := officer.Post("/zh/grid/customers/tariffs", url.Values{"category": {"residential"}, "kind": {"tiered"}, "body": {"220 0.49\n- 0.54"}}); got.Status != http.StatusSeeOther {
		t.Fatalf("a tariff: %d", got.Status)
	}
	now := r.Clock.Now().In(time.FixedZone("CST", 8*3600))
	if got := officer.Post("/zh/grid/customers/notices", url.Values{"feeder": {"120101-10kV-01"}, "starts": {now.Add(24 * time.Hour).Format("2006-01-02 15:04")}, "ends": {now.Add(26 * time.Hour).Format("2006-01-02 15:04")}, "text": {"更换变压器"}}); got.Status != http.StatusSeeOther {
		t.Fatalf("an announcement: %d", got.Status)
	}
	if got := page(); !strings.Contains(got, "What it may cost") || !strings.Contains(got, "更换变压器") {
		t.Error("tariff or announcement do not reach the page")
	}
}

// TestForgotten: with the account everything that was kept of the citizen goes; forms without the session's token are refused.
func TestForgotten(t *testing.T) {
	r := withTwo(t, nil)
	r.redeem(r.issue(mine)[0])
	if got := r.As("customer").Do(http.MethodPost, "/zh/my/grid", "application/x-www-form-urlencoded", "code=x"); got.Status != http.StatusForbidden {
		t.Errorf("a form without its token: %d", got.Status)
	}
	if got := r.As("customer").Post("/zh/account/close", url.Values{"password": {"Haihe-2015-demo!"}}); got.Status != http.StatusSeeOther {
		t.Fatalf("close: %d", got.Status)
	}
	if got := r.As("power-officer").Get("/zh/grid/customers/bindings"); strings.Contains(got.Body, mine) {
		t.Error("the binding is still there")
	}
	if _, err := r.People.Citizen(t.Context(), "customer"); err == nil {
		t.Error("the account is still there")
	}
	if _, _, err := r.People.Register(t.Context(), identity.Registration{Login: "customer", Password: "another pass phrase 1", Consent: true}, "192.0.2.4:1"); err != nil {
		t.Errorf("the login is free again: %v", err)
	}
}

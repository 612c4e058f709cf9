package calendar

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/haihe-city/haihe/host/hosttest"
	"github.com/haihe-city/haihe/kernel/calendar"
)

const whole = "2027-01-01,放假,元旦\n2027-02-06,放假,春节\n2027-02-14,调休上班,春节\n2027-05-01,放假,劳动节\n2027-10-01,放假,国庆节\n"

// TestEnter: an officer enters a notice and takes it back; who may only read cannot.
func TestEnter(t *testing.T) {
	app := hosttest.Open(t, System())
	form := url.Values{"year": {"2027"}, "title": {"国务院办公厅关于2027年部分节假日安排的通知"}, "days": {whole}}
	if a := app.As("reader").Post("/zh/calendar/notices", form); a.Status != http.StatusForbidden {
		t.Errorf("a reader entered a notice: %d", a.Status)
	}
	officer, moved := app.As("officer"), calendar.On(2027, 2, 14)
	if a := officer.Get("/zh/calendar?year=2027"); a.Status != http.StatusOK || !strings.Contains(a.Body, "尚未录入") {
		t.Fatalf("2027 before its notice: %d", a.Status)
	}
	bad := url.Values{"year": {"2027"}, "title": {"x"}, "days": {strings.Replace(whole, "2027-05-01", "2027-05-03", 1)}}
	if a := officer.Post("/zh/calendar/notices", bad); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Body, "缺少 2027-05-01") || !strings.Contains(a.Body, "2027-05-03") {
		t.Errorf("half a notice: %d, what was typed is kept: %v", a.Status, strings.Contains(a.Body, "2027-05-03"))
	}
	if a := officer.Post("/zh/calendar/notices", form); a.Status != http.StatusSeeOther {
		t.Fatalf("%d: %s", a.Status, a.Body)
	}
	if !app.Calendar.Now().Workday(moved) {
		t.Error("the notice does not count")
	}
	var days struct {
		Days []struct{ Date, Kind string } `json:"days"`
	}
	officer.Get("/api/calendar/days?year=2027").JSON(t, &days)
	if len(days.Days) != 365 || days.Days[44].Kind != "moved" {
		t.Errorf("%d days", len(days.Days))
	}
	id := app.Calendar.Entered()[0].ID
	if a := officer.Post("/zh/calendar/notices/"+id+"/undo", url.Values{"reason": {"录入有误"}}); a.Status != http.StatusSeeOther || app.Calendar.Now().Workday(moved) {
		t.Errorf("not taken back: %d", a.Status)
	}
}

// TestDeadline: working hours of a unit decide when a term ends.
func TestDeadline(t *testing.T) {
	app := hosttest.Open(t, System())
	officer := app.As("officer")
	due := func(query string) string {
		var out struct{ Due string }
		officer.Get("/api/calendar/deadline?"+query).JSON(t, &out)
		return out.Due
	}
	if got := due("from=2026-09-30T16:30:00%2B08:00&hours=4"); got != "2026-10-08T11:30:00+08:00" {
		t.Errorf("due %s", got)
	}
	if a := officer.Post("/zh/calendar/hours", url.Values{"unit": {"power"}, "hours": {"9:00-17:00"}}); a.Status != http.StatusSeeOther {
		t.Fatalf("%d: %s", a.Status, a.Body)
	}
	if got := due("from=2026-09-30T16:30:00%2B08:00&hours=4&unit=power"); got != "2026-10-08T12:30:00+08:00" {
		t.Errorf("due %s by the unit's hours", got)
	}
	for _, bad := range []string{"hours=x", "hours=-1", "hours=1e9", "hours=1&from=yesterday"} {
		if a := officer.Get("/api/calendar/deadline?" + bad); a.Status != http.StatusBadRequest {
			t.Errorf("%s gives %d", bad, a.Status)
		}
	}
	for _, bad := range []url.Values{{"unit": {"nobody"}, "hours": {"9:00-17:00"}}, {"hours": {"17:00-9:00"}}} {
		if a := officer.Post("/zh/calendar/hours", bad); a.Status < 400 {
			t.Errorf("%v was taken: %d", bad, a.Status)
		}
	}
}

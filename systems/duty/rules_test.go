package duty

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/rule"
)

// limitForm is a rule over levels as the page sends it.
func limitForm(change ...string) url.Values {
	v := url.Values{"kind": {"limit"}, "zh": {"液位过高"}, "en": {"Level too high"}, "priority": {"2"}, "system": {"plants"}, "tags": {"kind:level"}, "value": {"80"}, "deadband": {"2"}}
	for i := 0; i+1 < len(change); i += 2 {
		v.Set(change[i], change[i+1])
	}
	return v
}

// TestRule: a rule is written by one person, tried on yesterday, and let go live by another; a change shows what it changes, an earlier version
// comes back, and it is retired with a reason.
func TestRule(t *testing.T) {
	d := openDesk(t)
	ctx := context.Background()
	officer, leader := d.As("officer"), d.As("leader")
	if a := d.As("power-operator").Post("/zh/duty/rules", limitForm()); a.Status != http.StatusForbidden {
		t.Errorf("an operator wrote a rule: %d", a.Status)
	}
	a := officer.Post("/zh/duty/rules", limitForm("value", "many", "en", "", "deadband", "-1"))
	if a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Body, "请填写数字") || !strings.Contains(a.Body, `value="many"`) || !strings.Contains(a.Body, "请填写</") {
		t.Errorf("%d: what was typed wrong is not said at its field", a.Status)
	}
	a = officer.Post("/en/duty/rules", url.Values{"kind": {"expression"}, "zh": {"组合"}, "en": {"Both"}, "priority": {"1"}, "system": {"plants"}, "expr": {`v["LT-101"] > 80`}, "groups": {"urn:ngsi-ld:Plant:0"}})
	if a.Status != http.StatusUnprocessableEntity {
		t.Errorf("an expression that compares with a whole number: %d", a.Status)
	}
	contains(t, "a wrong expression", a.Body, "expression, line 1, column", "Names: LT-101, LT-102")
	a = officer.Post("/zh/duty/rules", limitForm())
	page := strings.TrimPrefix(a.Header.Get("Location"), "/zh")
	if a.Status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	id := page[strings.LastIndexByte(page, '/')+1:]
	contains(t, "a new rule", officer.Get("/zh"+page).Body, "尚未试运行", "草稿", "液位过高")
	try := func(version string) {
		t.Helper()
		if a := officer.Post("/zh"+page+"/try", url.Values{"version": {version}}); a.Status != http.StatusSeeOther {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		for i := 0; ; i++ {
			all, err := d.Duty.Rules.Versions(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			if all[0].Trial != nil {
				return
			}
			if i > 500 {
				t.Fatal("the trial does not end")
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	try("1")
	contains(t, "a trial", officer.Get("/zh"+page).Body, "会告警次数", "告警最多 1", "urn:ngsi-ld:Device:11", "已试运行")
	if a := officer.Post("/zh"+page+"/live", url.Values{"version": {"1"}}); a.Status != http.StatusForbidden {
		t.Errorf("the author let it go live: %d", a.Status)
	}
	if a := leader.Post("/zh"+page+"/live", url.Values{"version": {"1"}}); a.Status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a := officer.Post("/zh/duty/rules", limitForm("id", id, "value", "85")); a.Status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	contains(t, "a change", officer.Get("/zh"+page).Body, "与运行中第 1 版的差异", "85", "80")
	try("2")
	leader.Post("/zh"+page+"/live", url.Values{"version": {"2"}})
	contains(t, "the first version", leader.Get("/zh"+page+"?version=1").Body, "恢复此版本", "已停用")
	if a := leader.Post("/zh"+page+"/live", url.Values{"version": {"1"}}); a.Status != http.StatusSeeOther {
		t.Errorf("an earlier version: %d", a.Status)
	}
	contains(t, "the list", leader.Get("/en/duty/rules?kind=limit&system=plants").Body, "Level too high", "Live", "kind:level")
	if a := leader.Post("/zh"+page+"/retire", url.Values{"reason": {"改造"}}); a.Status != http.StatusSeeOther {
		t.Errorf("%d", a.Status)
	}
	all, err := d.Duty.Rules.Versions(ctx, id)
	if err != nil || all[0].State != rule.Retired || all[1].State != rule.Retired {
		t.Errorf("%v %+v", err, all)
	}
	for _, k := range []string{"limit", "rate", "stuck", "quality", "silence", "expression", "entity"} {
		if a := officer.Get("/en/duty/rules/new?kind=" + k); a.Status != http.StatusOK || !strings.Contains(a.Body, "Save as a new version") {
			t.Errorf("%s: %d", k, a.Status)
		}
	}
	if a := officer.Post("/zh/duty/rules", url.Values{"kind": {"entity"}, "zh": {"将满"}, "en": {"Full"}, "priority": {"3"}, "types": {"WasteContainer"}, "expr": {`entity["fillingLevel"] > 0.8`}}); a.Status != http.StatusSeeOther {
		t.Errorf("%d", a.Status)
	} else if a := leader.Post(a.Header.Get("Location")+"/live", url.Values{"version": {"1"}}); a.Status != http.StatusSeeOther {
		t.Errorf("a rule over entities has no past to try on: %d %s", a.Status, a.Body)
	}
}

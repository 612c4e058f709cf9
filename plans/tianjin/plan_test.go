package tianjin

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/haihe-city/haihe/kernel/indicator"
)

// promised are the goals as the plan's text gives them, in its words; the test reads the words, not our data.
var promised = map[string]float64{
	"industry-scale": 5000 * 1e8, "clusters": 5, "firms-100m": 100, "firms-10b": 5,
	"mobile-internet-scale": 4500 * 1e8, "ipv6-deployment": 100, "ipv6-upgrade": 100, "internet-penetration": 45, "dual-stack": 80,
	"six-clouds-scale": 1000 * 1e8, "smartphones": 2 * 1e8, "tablets": 3000 * 1e4, "terminals-scale": 2000 * 1e8,
	"4g-coverage": 100, "ftth-coverage": 100, "cloud-servers": 80 * 1e4, "cloud-storage": 50 * 1e15, "dr-centre": 1,
	"software-firms": 2000, "software-scale": 1500 * 1e8, "public-platforms": 7, "base-databases": 6,
	"online-retail-share": 10, "manufacturing-ecommerce": 50, "trade-ecommerce": 70, "mobile-penetration": 70,
	"ecommerce-parks": 3 + 3, "platforms-100b": 3, "platforms-1t": 2,
	"household-coverage": 500 * 1e4, "access-100m": 100 * 1e6, "access-1g": 1e9, "access-10g": 10 * 1e9, "wifi-aps": 20 * 1e4,
	"public-wifi-coverage": 100, "gov-compute": 1000 * 1e4 * 1e8, "gov-servers": 2 * 1e4, "sharing-rate": 90, "district-links": 100,
	"grid-area": 371, "supply-reliability": 99.99, "collection-coverage": 100, "smart-meters": 560 * 1e4,
	"monitored-chemical": 4000, "monitored-metallurgy": 40, "monitored-fireworks": 12, "food-services": 6,
	"two-cards-in-one": 100, "insured-one-database": 100, "health-records": 75, "distance-education": 100,
	"one-person-one-number": 100, "one-school-one-code": 100, "tourism-platforms": 1 + 3 + 6 + 9,
	"entertainment-scale": 400 * 1e8, "iptv-households": 100 * 1e4, "tv-digitised": 100, "digital-culture": 3,
	"security-scale": 100 * 1e8, "certificates-enterprise": 100, "certificates-citizen": 100, "certificates-official": 100, "backup-units": 50,
}

func TestPlan(t *testing.T) {
	p, units, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Targets) != 63 || len(p.Systems) != 36 || len(units) != 45 || len(p.Areas) != 6 {
		t.Errorf("%d targets, %d systems, %d units, %d areas; want 63, 36, 45, 6", len(p.Targets), len(p.Systems), len(units), len(p.Areas))
	}
	if !slices.Equal(p.Coordinators, []string{"economy-it"}) {
		t.Errorf("coordinators %v", p.Coordinators)
	}
	if units[0].ID != "economy-it" || units[len(units)-1].ID != "xiqing" {
		t.Errorf("units out of the file's order: %s … %s", units[0].ID, units[len(units)-1].ID)
	}
	years := map[int]int{}
	for _, x := range p.Targets {
		if want, ok := promised[x.ID]; !ok || want != x.Value {
			t.Errorf("%s: goal %v, the plan says %v", x.ID, x.Value, want)
		}
		over := strings.Contains(x.Quote, "超过10%") || strings.Contains(x.Quote, "超过70%") || strings.Contains(x.Quote, "超过90%")
		if (x.Op == ">") != over {
			t.Errorf("%s: op %q for %q", x.ID, x.Op, x.Quote)
		}
		years[x.Due]++
	}
	if years[2014] != 1 || years[2015] != 1 || years[2016] != 61 {
		t.Errorf("due by year: %v", years)
	}
	for _, m := range p.Milestones {
		for _, id := range m.Targets {
			if x, ok := p.Target(id); !ok || x.Due != m.Year {
				t.Errorf("milestone %d names %s, due %d", m.Year, id, x.Due)
			}
		}
	}
	if len(p.Sums) != 2 {
		t.Errorf("%d sums", len(p.Sums))
	}
}

// TestQuotes holds each target's quotation to the text of the plan.
func TestQuotes(t *testing.T) {
	text, err := os.ReadFile("../../../shared/plan/action-plan-2014-2016.zh.txt")
	if err != nil {
		t.Skip("the plan's text does not lie beside the project: quotations are not compared")
	}
	p, _, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range p.Targets {
		if !strings.Contains(string(text), x.Quote) {
			t.Errorf("%s: the plan does not say %q", x.ID, x.Quote)
		}
	}
}

// TestStrict shows that mistakes in the data are refused, each with its name.
func TestStrict(t *testing.T) {
	const unitsOK = "units:\n  a: {zh: 甲, en: A}\n"
	const systemsOK = "systems:\n- {id: s, zh: 系统, en: System, section: '1', job: j}\n"
	row := func(s string) string {
		base := "{id: t, area: overall, section: '1', zh: 目标, en: Target, op: '>=', value: 5, unit: x, due: 2016, owners: [a], system: s, kind: measured, measure: m, counted: 数, quote: 文}"
		for _, r := range strings.Split(s, ";") {
			if from, to, ok := strings.Cut(r, "=>"); ok {
				base = strings.Replace(base, from, to, 1)
			}
		}
		return "targets:\n- " + base + "\n"
	}
	for _, c := range []struct{ name, units, targets, systems, want string }{
		{"unknown key", unitsOK, row("id: t=>id: t, colour: red"), systemsOK, "colour"},
		{"unknown unit", unitsOK, row("owners: [a]=>owners: [b]"), systemsOK, "no unit b"},
		{"unknown system", unitsOK, row("system: s=>system: q"), systemsOK, `no system "q"`},
		{"unknown area", unitsOK, row("overall=>nowhere"), systemsOK, `no area "nowhere"`},
		{"bad op", unitsOK, row("'>='=>'<'"), systemsOK, "neither >= nor >"},
		{"bad kind", unitsOK, row("kind: measured=>kind: guessed"), systemsOK, "measured or reported"},
		{"no English", unitsOK, row("en: Target, =>"), systemsOK, "both languages"},
		{"due outside", unitsOK, row("2016=>2019"), systemsOK, "outside the plan"},
		{"text for a number", unitsOK, row("value: 5=>value: five"), systemsOK, "five"},
		{"unit without English", "units:\n  a: {zh: 甲}\n", row(""), systemsOK, "unit a"},
		{"unit key", "units:\n  a: {zh: 甲, en: A, mayor: x}\n", row(""), systemsOK, "mayor"},
		{"system without job", unitsOK, row(""), "systems:\n- {id: s, zh: 系统, en: System, section: '1'}\n", "job"},
	} {
		_, _, err := load([]byte(c.units), []byte(c.targets), []byte(c.systems))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want …%s…", c.name, err, c.want)
		}
	}
	p := frame()
	p.Sums = nil
	if err := p.Check(); err != nil {
		t.Error(err)
	}
	p.Targets = []indicator.Target{{ID: "x"}, {ID: "x"}}
	if err := p.Check(); err == nil || !strings.Contains(err.Error(), "there twice") {
		t.Errorf("a doubled id: %v", err)
	}
}

// TestSums shows that goals that do not add up are refused.
func TestSums(t *testing.T) {
	p, _, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for i := range p.Targets {
		if p.Targets[i].ID == "software-scale" {
			p.Targets[i].Value = 1501e8
		}
	}
	if err := p.Check(); err == nil || !strings.Contains(err.Error(), "mobile-internet-scale") {
		t.Errorf("1000 + 2000 + 1501 = 4500 was let through: %v", err)
	}
}

package rule

import "testing"

// TestChoose: the cheapest expected kWh first, until the target is met; who cannot take part is said why.
func TestChoose(t *testing.T) {
	base := Candidate{Capacity: 100, Price: 300, Reliability: 1000, Notice: 60, EventsLeft: 3, MinutesLeft: 600, Inside: true}
	with := func(code string, change func(*Candidate)) Candidate {
		c := base
		c.Code = code
		change(&c)
		return c
	}
	all := []Candidate{
		with("dear", func(c *Candidate) { c.Price = 500 }),
		with("cheap-unreliable", func(c *Candidate) { c.Price, c.Reliability = 200, 500 }), // 400 an expected kWh
		with("plain", func(*Candidate) {}),
		with("closed", func(c *Candidate) { c.Closed = true }),
		with("outside", func(c *Candidate) { c.Inside = false }),
		with("slow", func(c *Candidate) { c.Notice = 121 }),
		with("used-up", func(c *Candidate) { c.EventsLeft = 0 }),
		with("short", func(c *Candidate) { c.MinutesLeft = 119 }),
		with("great", func(c *Candidate) { c.Capacity, c.Reliability = 200, 2000 }), // counts as the contract
	}
	for _, c := range []struct {
		target, met int64
		chosen      []string
	}{{150, 200, []string{"great"}}, {250, 300, []string{"great", "plain"}}, {340, 350, []string{"great", "plain", "cheap-unreliable"}}, {10_000, 450, []string{"great", "plain", "cheap-unreliable", "dear"}}} {
		out, met := Choose(all, Ask{Target: c.target, Minutes: 120, Ahead: 120})
		n := 0
		for _, x := range out {
			if x.Why == Chosen {
				if n >= len(c.chosen) || c.chosen[n] != x.Code {
					t.Errorf("target %d: %q is chosen at %d", c.target, x.Code, n)
				}
				n++
			}
		}
		if met != c.met || n != len(c.chosen) {
			t.Errorf("target %d: %d chosen, %d kW", c.target, n, met)
		}
	}
	out, _ := Choose(all, Ask{Target: 1, Minutes: 120, Ahead: 120})
	want := map[string]Why{"closed": Closed, "outside": Area, "slow": Notice, "used-up": Events, "short": Hours, "plain": Enough, "great": Chosen}
	for _, x := range out {
		if w, ok := want[x.Code]; ok && x.Why != w {
			t.Errorf("%s: %q, want %q", x.Code, x.Why, w)
		}
	}
}

// TestPay: payments as counted by hand: 100 kW over 8 quarter hours is 200 kWh.
func TestPay(t *testing.T) {
	terms := Terms{Least: 500, Most: 1200}
	for _, c := range []struct {
		name                  string
		reduced, price        int64
		rate, paid, fen, kwh4 int64
	}{
		{"as committed", 2_000_000, 350, 1000, 2_000_000, 70_000, 2_000_000},
		{"half", 1_000_000, 350, 500, 1_000_000, 35_000, 2_000_000},
		{"a hair below half", 999_999, 350, 499, 0, 0, 2_000_000},
		{"a fifth more", 2_400_000, 350, 1200, 2_400_000, 84_000, 2_000_000},
		{"beyond what is paid", 3_000_000, 350, 1500, 2_400_000, 84_000, 2_000_000},
		{"used more", -50_000, 350, -25, 0, 0, 2_000_000},
		{"half a fen", 1_000_005, 1000, 500, 1_000_005, 100_001, 2_000_000}, // 100,000.5
		{"less than half a fen", 1_000_004, 1000, 500, 1_000_004, 100_000, 2_000_000},
	} {
		p := Pay(c.reduced, 100, 8, c.price, terms)
		if p.Rate != c.rate || p.Paid != c.paid || p.Fen != c.fen || p.Committed != c.kwh4 {
			t.Errorf("%s: %+v", c.name, p)
		}
	}
	if p := Pay(5, 0, 8, 1, terms); p.Fen != 0 || p.Rate != 0 {
		t.Errorf("without a commitment: %+v", p)
	}
}

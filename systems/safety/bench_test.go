package safety

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/region"
	"github.com/haihe-city/haihe/systems/safety/register"
)

// large is a city of so many plants with thirty points each, eight of them key points, laid out over the districts.
func large(b testing.TB, plants int) *city {
	c := open1(b)
	var p, x, u, s strings.Builder
	p.WriteString("plant,name,kind,district,lon,lat,feed,exposed,exposed_at\n")
	x.WriteString("point,plant,factor,kind,hazard_unit,ucum,every,h,hh,key\n")
	u.WriteString("unit,plant,name,kind\n")
	s.WriteString("substance,plant,unit,tons,at\n")
	kinds := []register.Measure{register.Level, register.Temperature, register.Pressure, register.Flow, register.Gas, register.Toxic}
	for i := range plants {
		kind, d := register.Chemical, region.Districts[i%16]
		switch {
		case i < 12:
			kind = register.Fireworks
		case i < 52:
			kind = register.Metallurgy
		}
		if i%3 > 0 {
			d = region.Districts[12] // Binhai has most of them
		}
		fmt.Fprintf(&p, "P%04d,企业%d,%s,%s,%.4f,%.4f,hj212,%d,2015-03-01\n", i, i, kind, d.Code, 117+float64(i%100)/100, 39+float64(i/100)/100, i%150)
		fmt.Fprintf(&u, "U-01,P%04d,罐区,storage\n", i)
		fmt.Fprintf(&s, "氯,P%04d,U-01,%d,2015-03-01\n甲醇,P%04d,U-01,500,2015-03-01\n", i, i%60+1, i)
		for j := range 30 {
			fmt.Fprintf(&x, "X-%03d,P%04d,e%05d,%s,U-01,m,10,80,90,%s\n", j, i, j, kinds[j%6], map[bool]string{true: "yes", false: "no"}[j < 8])
		}
	}
	for _, f := range [][2]string{{"plants", p.String()}, {"units", u.String()}, {"substances", s.String()}, {"points", x.String()}} {
		began := time.Now()
		if a := c.importFile(f[0], f[1], ""); a.Status != 200 || strings.Contains(a.Body, `"stopped"`) {
			b.Fatalf("import %s: %d %.300s", f[0], a.Status, a.Body)
		}
		b.Logf("import of %s: %v", f[0], time.Since(began).Round(time.Millisecond))
	}
	return c
}

// sayAll lets every plant report all points; every twentieth is in alarm.
func (c *city) sayAll(plants int) {
	at := c.Clock.Now()
	for i := range plants {
		list := make([]register.Value, 30)
		for j := range list {
			v := float64(20 + j)
			if i%100 == 7 && j == 0 {
				v = 95
			}
			list[j] = register.Value{Factor: fmt.Sprintf("e%05d", j), At: at, Value: v}
		}
		if _, _, _, err := c.take(c.t.Context(), fmt.Sprintf("P%04d", i), list); err != nil {
			c.t.Fatal(err)
		}
	}
}

// BenchmarkWall makes the pages of the whole city: 4,052 plants with 121,560 points. A restart and an edit of one plant are measured beside.
func BenchmarkWall(b *testing.B) {
	const plants = 4052
	c := large(b, plants)
	began := time.Now()
	c.sayAll(plants)
	b.Logf("121,560 readings by 4,052 deliveries, one after the other: %v", time.Since(began).Round(time.Millisecond))
	reader := c.As("reader")
	for _, path := range []string{"/zh/safety", "/zh/safety/wall", "/zh/safety/plants", "/zh/safety/map", "/zh/safety/map?district=120116", "/zh/safety/districts", "/zh/safety/monitored", "/zh/safety/plants/P0007", "/zh/safety/plants/P0007/points/X-000"} {
		b.Run(strings.ReplaceAll(path, "/", "_"), func(b *testing.B) {
			n := 0
			for b.Loop() {
				a := reader.Get(path)
				if a.Status != 200 {
					b.Fatal(a.Status)
				}
				n = len(a.Body)
			}
			b.ReportMetric(float64(n), "bytes")
		})
	}
	b.Run("draw", func(b *testing.B) {
		for b.Loop() {
			c.desk.Draw()
		}
	})
	b.Run("edit", func(b *testing.B) {
		for b.Loop() {
			if err := c.repoint(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			if _, err := register.Open(b.Context(), register.Options{DB: c.DB, Entities: c.Entities, Journal: c.Journal, Now: c.Clock.Now}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

package supply

import (
	"bytes"
	"strings"
	"testing"

	"github.com/haihe-city/haihe/errs"
)

func TestRead(t *testing.T) {
	for _, c := range []struct {
		name, text string
		energy     int64
		slot       int
		reason     string
	}{
		{"day", "area,day,energy_kwh\nF-1,2015-11-20,12.5\n", 125_000, -1, ""},
		{"mark and order", "\ufeffenergy_kwh,area,day\n0.0001,F-1,2015-11-20\n", 1, -1, ""},
		{"quarter hour", "area,start,energy_kwh\nF-1,2015-11-20 08:15,3\n", 30_000, 33, ""},
		{"zone", "area,start,energy_kwh\nF-1,2015-11-20T00:15:00Z,3\n", 30_000, 33, ""},
		{"beside", "area,start,energy_kwh\nF-1,2015-11-20 08:16,3\n", 0, 0, "is not where a quarter hour begins"},
		{"neither", "area,day,energy_kwh\nF-1,,3\n", 0, 0, "give either day or start"},
		{"both", "area,day,start,energy_kwh\nF-1,2015-11-20,2015-11-20 08:15,3\n", 0, 0, "give either day or start"},
		{"no such day", "area,day,energy_kwh\nF-1,2015-02-30,3\n", 0, 0, "is no date"},
		{"negative", "area,day,energy_kwh\nF-1,2015-11-20,-3\n", 0, 0, "kWh from 0 on"},
		{"too fine", "area,day,energy_kwh\nF-1,2015-11-20,3.00001\n", 0, 0, "four decimals"},
		{"huge", "area,day,energy_kwh\nF-1,2015-11-20,99999999999\n", 0, 0, "kWh from 0 on"},
		{"no area", "area,day,energy_kwh\n,2015-11-20,3\n", 0, 0, "1 to 64 bytes"},
		{"short", "area,day,energy_kwh\nF-1\n", 0, 0, "give either"},
		{"quote", "area,day,energy_kwh\nF\"1,2015-11-20,3\n", 0, 0, "not well-formed CSV"},
	} {
		var reasons []string
		rows, read, err := Read(strings.NewReader(c.text), func(_ int, err error) {
			msg, _ := errs.MsgOf(err)
			reasons = append(reasons, msg.En)
		})
		if err != nil || read != 1 || (c.reason == "") != (len(rows) == 1) || c.reason != "" && !strings.Contains(strings.Join(reasons, "\n"), c.reason) {
			t.Errorf("%s: %v, %v, %v", c.name, rows, reasons, err)
			continue
		}
		if c.reason == "" && (rows[0].Energy != c.energy || rows[0].Slot != c.slot || rows[0].Day.String() != "2015-11-20" || rows[0].Line != 2) {
			t.Errorf("%s: %+v", c.name, rows[0])
		}
	}
	twice := 0
	rows, _, err := Read(strings.NewReader("area,day,start,energy_kwh\nF,2015-11-20,,1\nF,2015-11-20,,1\nF,,2015-11-20 08:00,1\nG,,2015-11-20 08:00,1\nG,,2015-11-20 08:00,2\nG,2015-11-20,,2\n"), func(int, error) { twice++ })
	if err != nil || len(rows) != 2 || twice != 4 {
		t.Errorf("%v, %d, %v", rows, twice, err)
	}
	for _, head := range []string{"", "area,day\n", "area,energy_kwh\n", "area,area,day,energy_kwh\n", "area,day,energy_kwh,colour\n"} {
		if _, _, err := Read(strings.NewReader(head), nil); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", head, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("area,day,start,energy_kwh\nF,2015-11-20,,1.25\nG,,2015-11-20 08:00,2\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		wrong := int64(0)
		rows, read, err := Read(bytes.NewReader(b), func(int, error) { wrong++ })
		if err == nil && read != wrong+int64(len(rows)) {
			t.Errorf("%d lines: %d taken, %d wrong", read, len(rows), wrong)
		}
		for _, x := range rows {
			if x.Area == "" || x.Energy < 0 || x.Energy > maxEnergy || x.Slot < -1 || x.Slot > 95 || x.Day < 7000 {
				t.Errorf("%+v", x)
			}
		}
	})
}

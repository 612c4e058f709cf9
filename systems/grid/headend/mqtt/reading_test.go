package mqtt

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/series"
)

const good = `{"meter":"000000000001","time":"2026-11-23T09:15:00+08:00","register":1234.5678,"power":-1.2,"voltage":220.1,"quality":"good"}`

func TestParse(t *testing.T) {
	m, err := Parse([]byte(`{"id":"42","readings":[` + good + `,{"register":0,"time":"2026-11-23T01:15:00Z","meter":"000000000002"},` + strings.Replace(good, `"good"`, `"bad"`, 1) + `]}`))
	if err != nil || m.ID != "42" || len(m.Rows) != 2 || m.Bad != 1 || m.At[1] != 1 {
		t.Fatalf("%+v %v", m, err)
	}
	at := time.Date(2026, 11, 23, 1, 15, 0, 0, time.UTC).UnixMicro()
	if x := m.Rows[0]; x.Address != "000000000001" || x.At != at || x.Energy != 12345678 || x.Power != -12000 || x.Voltage != 2201 {
		t.Errorf("%+v", x)
	}
	if x := m.Rows[1]; x.At != at || x.Energy != 0 || x.Power != series.Null || x.Voltage != series.Null {
		t.Errorf("%+v", x)
	}
	one := func(from, to string) string { return `{"readings":[` + strings.Replace(good, from, to, 1) + `]}` }
	for name, s := range map[string]string{
		"nothing": ``, "no object": `[]`, "cut": `{"readings":[` + good, "behind": `{"readings":[` + good + `]} {}`, "empty": `{"readings":[]}`, "none": `{"id":"1"}`,
		"unknown": `{"readings":[` + good + `],"x":1}`, "case": `{"Readings":[` + good + `]}`, "twice": `{"readings":[` + good + `],"readings":[]}`,
		"field twice": one(`"power":-1.2`, `"meter":"000000000001"`), "field unknown": one(`"power"`, `"watts"`), "short meter": one(`000000000001`, `1`), "letters": one(`000000000001`, `00000000000a`),
		"no meter": one(`"meter":"000000000001",`, ``), "no time": one(`"time":"2026-11-23T09:15:00+08:00",`, ``), "no register": one(`"register":1234.5678,`, ``),
		"no zone": one(`+08:00`, ``), "five decimals": one(`1234.5678`, `1.23456`), "exponent": one(`1234.5678`, `1e3`), "text": one(`1234.5678`, `"1"`), "null": one(`1234.5678`, `null`),
		"negative register": one(`1234.5678`, `-1`), "huge": one(`1234.5678`, `99999999999999999999`), "beyond": one(`1234.5678`, `100000001`), "quality": one(`"good"`, `"fine"`), "voltage": one(`220.1`, `220.15`),
		"long id": `{"id":"` + strings.Repeat("x", 65) + `","readings":[` + good + `]}`, "many": `{"readings":[` + strings.Repeat(good+",", maxReadings) + good + `]}`, "nested": `{"readings":[[` + good + `]]}`,
	} {
		_, err := Parse([]byte(s))
		var e *Error
		if !errors.As(err, &e) || e.Reason.Zh == "" || e.Reason.En == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzParse: whatever comes, what is taken is JSON and bounded.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"id":"42","readings":[` + good + `]}`))
	f.Add([]byte(`{"readings":[{"meter":"000000000001"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		if err == nil && (!json.Valid(b) || len(m.Rows)+m.Bad == 0 || len(m.Rows) > maxReadings || len(m.Rows) != len(m.At)) {
			t.Fatalf("%q is taken as %+v", b, m)
		}
	})
}

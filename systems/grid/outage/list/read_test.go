package list

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/systems/grid/book"
)

func TestRead(t *testing.T) {
	const head = "outage,start,end,cause,feeder,concentrator,meters,note\n"
	for _, c := range []struct{ name, text, reason string }{
		{"good", head + "A,2015-03-01 08:00,2015-03-01T09:00:30,fault,F,,,x\nA,2015-03-01T08:00:00+08:00,,fault,,200000000001,,\n", ""},
		{"other order, byte order mark", "\ufeffcause,meters,outage,end,start\nplanned,000000000001 000000000002;000000000003,A,2015-03-01 09:00,2015-03-01 08:00\n", ""},
		{"no name", head + ",2015-03-01 08:00,,fault,F,,,\n", "the outage has a name"},
		{"no time", head + "A,yesterday,,fault,F,,,\n", `"yesterday" is no time`},
		{"no such day", head + "A,2015-02-30 08:00,,fault,F,,,\n", "is no time"},
		{"end", head + "A,2015-02-20 08:00,soon,fault,F,,,\n", `"soon" is no time`},
		{"cause", head + "A,2015-02-20 08:00,,sabotage,F,,,\n", `cause "sabotage" is not known`},
		{"quote", head + "A,\"2015-02-20 08:00,,fault,F,,,\n", "not well-formed CSV"},
	} {
		var reasons []string
		rows, read, err := Read(strings.NewReader(c.text), func(_ int, err error) {
			msg, _ := errs.MsgOf(err)
			reasons = append(reasons, msg.En)
		})
		if err != nil || read == 0 || (c.reason == "") != (len(reasons) == 0) || c.reason != "" && !strings.Contains(strings.Join(reasons, "\n"), c.reason) {
			t.Errorf("%s: %v, %v, %v", c.name, rows, reasons, err)
		}
		if c.reason == "" && (rows[0].Code != "A" || !rows[0].From.Equal(time.Date(2015, 3, 1, 8, 0, 0, 0, book.China))) {
			t.Errorf("%s: %+v", c.name, rows)
		}
	}
	for _, text := range []string{"", "outage,start\n", head[:len(head)-1] + ",extra\n", "outage,outage,start,end,cause\n"} {
		if _, _, err := Read(strings.NewReader(text), nil); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("outage,start,end,cause,feeder\nA,2015-03-01 08:00,2015-03-01 09:00,fault,F\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		wrong := int64(0)
		rows, read, err := Read(bytes.NewReader(b), func(int, error) { wrong++ })
		if err == nil && read != wrong+int64(len(rows)) {
			t.Errorf("%d lines: %d taken, %d wrong", read, len(rows), wrong)
		}
		for _, s := range rows {
			if s.Code == "" || s.From.IsZero() || !s.Cause.Valid() {
				t.Errorf("%+v", s)
			}
		}
	})
}

package grid_test

import (
	"strings"
	"testing"

	"github.com/haihe-city/haihe/kernel/journal"
	"github.com/haihe-city/haihe/systems/grid/book"
)

// TestArchive: an archive with a wrong line changes nothing and says every wrong line; the right one is taken, and again, without
// a change; a dry run changes nothing; a meter that has moved stands behind its new concentrator.
func TestArchive(t *testing.T) {
	r := open(t, nil)
	line := func(address, rest string) string { return address + "," + rest + "\n" }
	const good = "120101,120101-10kV-01,200000000001,residential,dlt698,2014-05-01"
	wrong := archiveHead + line(mine, good) +
		line("12345", good) + // 3: address
		line(second, "999999,F-1,200000000001,residential,dlt698,") + // 4: district
		line(mine, good) + // 5: twice
		line("100000000004", "120101,F 1,200000000001,residential,dlt698,") + // 6: feeder
		line("100000000005", "120101,F-1,2000,residential,dlt698,") + // 7: concentrator
		line("100000000006", "120101,F-1,200000000001,rich,dlt698,") + // 8: category
		line("100000000007", "120101,F-1,200000000001,residential,modbus,") + // 9: protocol
		line("100000000008", "120101,F-1,200000000001,residential,dlt698,1.5.2014") + // 10: date
		"100000000009,120101,\"F-1\n" // 11: a quote that never closes
	got := r.importFile("archive", "wrong.csv", []byte(wrong), false)
	if got.Stopped == nil || got.Taken != 0 || got.Refused != 9 || len(got.lines) != 9 {
		t.Fatalf("wrong archive: %+v %v", got.Result, got.lines)
	}
	for i, l := range got.lines {
		if l.Line != i+3 || l.Level != "error" || l.Text.Zh == "" || l.Text.En == "" {
			t.Errorf("report line %d: %+v", i, l)
		}
	}
	nothing := func(when string) {
		t.Helper()
		for _, typ := range []string{book.TypeMeter, book.TypeConcentrator, book.TypeFeeder} {
			if n, err := r.Entities.Count(t.Context(), typ, ""); err != nil || n != 0 {
				t.Errorf("%s: %d %s, %v", when, n, typ, err)
			}
		}
		if c := r.coverage("").City; c.Meters != 0 {
			t.Errorf("%s: %d meters in the city", when, c.Meters)
		}
	}
	nothing("after a wrong archive")
	for name, body := range map[string]string{"empty": "", "no head": line(mine, good), "a column missing": "address,district\n1,2\n", "a column twice": "address,address,district,feeder,concentrator,category,protocol\n"} {
		if got := r.importFile("archive", "x.csv", []byte(body), false); got.Stopped == nil || got.Stopped.Zh == "" || got.Stopped.En == "" {
			t.Errorf("%s: %+v", name, got.Result)
		}
	}
	nothing("after what is no archive")

	right := []byte("\ufeff" + archiveHead + line(mine, good) + line(second, good))
	if got = r.importFile("archive", "a.csv", right, true); got.Stopped != nil || got.Taken != 2 {
		t.Errorf("dry run: %+v", got.Result)
	}
	nothing("after a dry run")
	if got = r.importFile("archive", "a.csv", right, false); got.Stopped != nil || got.Counts["new"] != 2 {
		t.Fatalf("archive: %+v", got.Result)
	}
	acts := func() int {
		list, _, err := r.Journal.List(t.Context(), journal.Filter{Object: "grid.archive"})
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	if acts() != 1 {
		t.Errorf("%d entries of the journal", acts())
	}
	if got = r.importFile("archive", "a.csv", right, false); got.Counts["unchanged"] != 2 || got.Counts["new"] != 0 || acts() != 1 {
		t.Errorf("again: %+v, %d entries of the journal", got.Result, acts())
	}

	// one has moved, the other is retired; nobody else is touched
	moved := archiveHead + strings.Replace(line(mine, good), "200000000001", "200000000002", 1)
	if got = r.importFile("archive", "b.csv", []byte(moved), false); got.Counts["changed"] != 1 {
		t.Errorf("moved: %+v", got.Result)
	}
	s := r.online("200000000002")
	s.send(row(mine, slot(slotNine), 3))
	r.wantSlot(mine, slotNine, "collected", 0.0003)
	old := r.online("200000000001")
	old.send(row(mine, slot(slotNine-1), 2))
	r.wantRefused("1 rows of meters that the archive does not place behind this concentrator")
	retired := strings.Replace(archiveHead, "installed", "installed,status", 1) + strings.TrimSpace(line(second, good)) + ",retired\n"
	if got = r.importFile("archive", "c.csv", []byte(retired), false); got.Counts["changed"] != 1 {
		t.Errorf("retired: %+v", got.Result)
	}
	if c := r.coverage("").City; c.Meters != 1 {
		t.Errorf("%d meters in service", c.Meters)
	}
	for _, p := range []string{"/zh", "/en"} {
		page := r.As("reader").Get(p + "/grid/meters/" + mine).Body
		if !strings.Contains(page, "200000000002") || !strings.Contains(page, "2014-05-01") {
			t.Errorf("%s: the meter's page does not show where it stands", p)
		}
	}
	r = r.reopen()
	if c := r.coverage("").City; c.Meters != 1 {
		t.Errorf("%d meters in service after a restart", c.Meters)
	}
	if got = r.importFile("archive", "b.csv", []byte(moved), false); got.Counts["unchanged"] != 1 {
		t.Errorf("after a restart: %+v", got.Result)
	}
}

package book

import (
	"strings"
	"testing"

	"github.com/haihe-city/haihe/errs"
)

// FuzzReadArchive: whatever a file holds, each line is either a meter that passes its checks or a reason with a line, and no two
// meters share an address.
func FuzzReadArchive(f *testing.F) {
	head := strings.Join(ArchiveColumns, ",") + "\n"
	for _, seed := range []string{
		"", head, "\ufeff" + head + "100000000001,120101,F-1,200000000001,residential,dlt698,2014-05-01,inService\n",
		"address,concentrator,category,protocol,feeder,district\n1,2,3,4,5,6\n", head + "\"100000000001,120101\n", head + "a,b\n\n,,,,,,,\n",
		"address,district,feeder,concentrator,category,protocol\n100000000001,120101,F-1,200000000001,residential,dlt698\n100000000001,120101,F-1,200000000001,residential,dlt698\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		wrong := int64(0)
		meters, n, err := ReadArchive(strings.NewReader(text), ArchiveReport{Wrong: func(line int, err error) {
			wrong++
			if _, ok := errs.MsgOf(err); line < 2 || !ok {
				t.Errorf("line %d is refused without words: %v", line, err)
			}
		}})
		if err != nil {
			if _, ok := errs.MsgOf(err); !ok {
				t.Errorf("refused without words: %v", err)
			}
			return
		}
		if n.Wrong != wrong || n.Read != wrong+int64(meters.Len()) {
			t.Errorf("%d lines read, %d wrong of %d reported, %d meters", n.Read, n.Wrong, wrong, meters.Len())
		}
		seen := map[string]bool{}
		for _, m := range meters.Meters(0, meters.Len()) {
			if err := m.Check(); err != nil || seen[m.Address] {
				t.Errorf("meter %+v was taken: %v, twice %v", m, err, seen[m.Address])
			}
			seen[m.Address] = true
		}
	})
}

// FuzzParseCursor: what reads prints, and reads again as the same.
func FuzzParseCursor(f *testing.F) {
	for _, seed := range []string{"", "0", "17", "17.38", "17.-1448000000000000", "17.0", "-1", "x", "1.2.3"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, ok := ParseCursor(text)
		if !ok {
			return
		}
		if again, ok := ParseCursor(c.String()); !ok || again != c {
			t.Errorf("%q reads as %+v, prints %q and reads as %+v", text, c, c.String(), again)
		}
	})
}

// FuzzParseDay: what reads prints as it was written.
func FuzzParseDay(f *testing.F) {
	for _, seed := range []string{"2015-11-20", "2015-02-29", "2016-02-29", "1989-12-31", "2200-12-31", "20151120", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d, ok := ParseDay(text); ok && d.String() != text {
			t.Errorf("%q reads as %s", text, d)
		}
	})
}

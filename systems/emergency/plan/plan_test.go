package plan

import (
	"testing"

	"github.com/haihe-city/haihe/errs"
)

func TestTasks(t *testing.T) {
	text := "public-security,10,封闭周边道路\nhealth，2.5，派车，两辆\n"
	list, err := ParseTasks(text)
	if err != nil || len(list) != 2 || list[1].After.Seconds() != 150 || list[1].Words != "派车,两辆" {
		t.Fatalf("%+v %v", list, err)
	}
	if again, err := ParseTasks(FormatTasks(list)); err != nil || len(again) != 2 || again[1] != list[1] {
		t.Errorf("%+v %v", again, err)
	}
	for _, bad := range []string{"a,b", "a,b,c", "a,-1,c", "a,NaN,c", "a,1,", "a,1e9,c"} {
		if _, err := ParseTasks(bad); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q was taken", bad)
		}
	}
	if n, err := ParseNeeds("team,20\nvehicle，3"); err != nil || len(n) != 2 || FormatNeeds(n) != "team,20\nvehicle,3\n" {
		t.Errorf("%v %v", n, err)
	}
	for _, bad := range []string{"team", "ufo,1", "team,0", "team,x"} {
		if _, err := ParseNeeds(bad); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q was taken", bad)
		}
	}
}

// TestFits: a plan is for its kind of event, from its level upwards; an incident that nobody has judged counts as grave.
func TestFits(t *testing.T) {
	p := Plan{Class: "hazmat", Level: 2, State: Approved}
	for _, c := range []struct {
		class string
		level int
		want  bool
	}{{"hazmat", 1, true}, {"hazmat", 2, true}, {"hazmat", 3, false}, {"hazmat", 0, true}, {"fire", 1, false}} {
		if p.fits(c.class, c.level) != c.want {
			t.Errorf("%+v", c)
		}
	}
	if p.State = Draft; p.fits("hazmat", 1) {
		t.Error("a draft is offered")
	}
}

func FuzzTasks(f *testing.F) {
	f.Add("public-security,10,close the roads")
	f.Fuzz(func(t *testing.T, s string) {
		list, err := ParseTasks(s)
		if err != nil {
			return
		}
		if again, err := ParseTasks(FormatTasks(list)); err != nil || len(again) != len(list) {
			t.Errorf("%q: %v", s, err)
		}
	})
}

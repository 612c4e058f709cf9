package file

import (
	"bytes"
	"strings"
	"testing"

	"github.com/haihe-city/haihe/systems/safety/register"
)

// FuzzFiles: no file panics, and what was taken of one is written and read again as the same.
func FuzzFiles(f *testing.F) {
	f.Add("plants", "plant,name,kind,district,feed\nP1,一厂,chemical,120116,hj212\n")
	f.Add("units", "\ufeffunit,plant,name,kind\nU-01,P0,罐区,storage\n")
	f.Add("substances", "substance,plant,unit,tons,at\n氯,P0,U-00,50,2016-03-01\n")
	f.Add("points", "point,plant,factor,kind,every,ll,l,h,hh,key,retired\nLT-1,P0,e1,level,10,1,2,3,4,yes,no\n\"LT\n")
	f.Add("points", "point,plant,factor,kind,every\nA,P0,e1,level,0.0000000155\n")
	f.Fuzz(func(t *testing.T, name, body string) {
		k := kinds[name]
		if k == nil {
			return
		}
		first, ok := layOut(k, body, known())
		if !ok {
			return
		}
		text := written(t, name, first)
		again, ok := layOut(k, text, first)
		if !ok {
			t.Fatalf("what was written cannot be read:\n%s", text)
		}
		if second := written(t, name, again); second != text {
			t.Errorf("written, read and written again:\n%s\nis not\n%s", second, text)
		}
	})
}

// known is a register with one plant that has a unit.
func known() map[string]*register.Site {
	return map[string]*register.Site{"P0": {Plant: register.Plant{Code: "P0", Name: "零厂", Kind: register.Chemical, District: "120116", Feed: register.HJ212, State: register.Running, Unit: register.Owner},
		Units: []register.HazardUnit{{Plant: "P0", Code: "U-00", Name: "罐区", Kind: register.Storage}}}}
}

// layOut reads a file over a register; ok where no line of it was wrong.
func layOut(k *kind, body string, now map[string]*register.Site) (map[string]*register.Site, bool) {
	d := &desk{now: now, sites: map[string]*register.Site{}, lines: map[string]int{}, seen: map[string]bool{}}
	wrong := 0
	if _, err := lines(strings.NewReader(body), k, func(int, error) { wrong++ }, func(l *line) error { return k.take(d, l) }); err != nil || wrong > 0 {
		return nil, false
	}
	for _, s := range d.sites {
		if s.Check() != nil {
			return nil, false
		}
	}
	return d.sites, true
}

func written(t *testing.T, name string, sites map[string]*register.Site) string {
	var list []*register.Site
	for _, code := range sorted(sites) {
		list = append(list, sites[code])
	}
	var b bytes.Buffer
	if err := Write(&b, name, list, false); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func sorted(sites map[string]*register.Site) (out []string) {
	for code := range sites {
		i := 0
		for i < len(out) && out[i] < code {
			i++
		}
		out = append(out[:i], append([]string{code}, out[i:]...)...)
	}
	return out
}

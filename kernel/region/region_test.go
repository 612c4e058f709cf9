package region

import (
	"slices"
	"testing"

	"github.com/haihe-city/haihe/lang"
)

// TestDistricts: sixteen, each once, in the order of their codes, six of them the centre, all named in both languages.
func TestDistricts(t *testing.T) {
	core := 0
	for i, d := range Districts {
		if len(d.Code) != 6 || d.Code[:4] != "1201" || i > 0 && Districts[i-1].Code >= d.Code {
			t.Errorf("%q stands at %d", d.Code, i)
		}
		if d.Name.Zh == "" || d.Name.En == "" || slices.ContainsFunc(Districts[:i], func(o District) bool { return o.Name == d.Name }) {
			t.Errorf("%s is called %v", d.Code, d.Name)
		}
		if Index(d.Code) != i || !Valid(d.Code) || Name(d.Code) != d.Name {
			t.Errorf("%s is not found", d.Code)
		}
		if d.Core {
			core++
		}
	}
	if len(Districts) != 16 || core != 6 {
		t.Errorf("%d districts, %d of the centre", len(Districts), core)
	}
	for _, code := range []string{"", "120100", "120107", "12010", "110101"} {
		if Valid(code) || Index(code) != -1 || Name(code) != lang.Same(code) {
			t.Errorf("%q counts as a district", code)
		}
	}
}

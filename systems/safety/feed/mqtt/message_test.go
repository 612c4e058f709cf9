package mqtt

import (
	"errors"
	"math"
	"testing"

	"github.com/haihe-city/haihe/kernel/rule"
)

func TestParse(t *testing.T) {
	list, err := Parse([]byte(`{"t":"2026-11-23T09:15:00+08:00","v":{"A":3.21,"B":null,"C":true,"D":-1e3},"q":{"A":"uncertain","D":"bad"}}`))
	if err != nil || len(list) != 4 {
		t.Fatal(list, err)
	}
	for i, want := range []struct {
		v float64
		q rule.Quality
	}{{3.21, rule.Uncertain}, {math.NaN(), rule.Faulty}, {1, rule.Good}, {-1000, rule.Faulty}} {
		if x := list[i]; x.Value != want.v && !math.IsNaN(want.v) || x.Quality != want.q || x.At.UnixMilli() != 1795396500000 {
			t.Errorf("%+v, want %+v", x, want)
		}
	}
	if list, err = Parse([]byte(`{"q":"bad","v":{"A":1},"t":1795396500000}`)); err != nil || list[0].Quality != rule.Faulty {
		t.Errorf("%+v, %v", list, err)
	}
	for _, bad := range []string{``, `[]`, `{}`, `{"t":1795396500000}`, `{"v":{"A":1}}`, `{"t":1795396500000,"v":{}}`, `{"t":1795396500000,"v":{"A":"1"}}`, `{"t":1795396500000,"v":{"A":1,"A":2}}`,
		`{"t":1795396500000,"v":{"A":[1]}}`, `{"t":1795396500000,"v":{"A":1},"x":1}`, `{"t":1795396500000,"v":{"A":1},"q":"fine"}`, `{"t":1795396500000,"v":{"A":1},"q":{"B":"bad"}}`,
		`{"t":"2026-11-23T09:15:00","v":{"A":1}}`, `{"t":5,"v":{"A":1}}`, `{"t":1795396500000,"v":{"A":1}}{}`, `{"t":1795396500000,"v":{"A":1e999}}`, `{"t":1795396500000,"v":{"":1}}`, `{"t":1795396500000,"v":{"A":1}`} {
		list, err := Parse([]byte(bad))
		var e *Error
		if !errors.As(err, &e) || e.Reason.Zh == "" {
			t.Errorf("%s is read as %+v, %v", bad, list, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"t":"2026-11-23T09:15:00+08:00","v":{"A":3.21,"B":null},"q":{"A":"good"}}`))
	f.Add([]byte(`{"t":1795396500000,"v":{"A":true},"q":"bad"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := Parse(b)
		if (err == nil) == (len(list) == 0) {
			t.Fatalf("%q: %v, %v", b, list, err)
		}
		for _, v := range list {
			if math.IsInf(v.Value, 0) || v.Factor == "" || v.At.IsZero() {
				t.Fatalf("%q: %+v", b, v)
			}
		}
	})
}

package query_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

// expand is a context of the tests: terms of capital letters and what they expand to.
func expand(term string) string {
	switch term {
	case "Male":
		return "https://example.org/Male"
	case "speed":
		return "https://example.org/speed"
	case "Car":
		return "https://example.org/Car"
	}
	return term
}

func TestQ(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`temperature`, `temperature`},
		{`temperature==20`, `temperature==20`},
		{`brandName!="Mercedes"`, `brandName!="Mercedes"`},
		{`isParked=="urn:ngsi-ld:OffStreetParking:Downtown1"`, `isParked=="urn:ngsi-ld:OffStreetParking:Downtown1"`},
		{`isParked==urn:ngsi-ld:OffStreetParking:Downtown1`, `isParked==urn:ngsi-ld:OffStreetParking:Downtown1`},
		{`rpm>50;brandName!="Mercedes"`, `rpm>50;brandName!="Mercedes"`},
		{`((rpm>50|load>3000);brandName=="Mercedes")`, `(rpm>50|load>3000);brandName=="Mercedes"`},
		{`(temperature>=20;temperature<=25)|capacity<=10`, `temperature>=20;temperature<=25|capacity<=10`},
		{`a|b;c|d`, `a|b;c|d`},
		{`(a;b);c`, `(a;b);c`},
		{`((((a))))`, `a`},
		{`temperature.observedAt>=2017-12-24T12:00:00Z`, `temperature.observedAt>=2017-12-24T12:00:00Z`},
		{`t==2017-12-24T12:00:00,123456Z,2017-12-24`, `t==2017-12-24T12:00:00,123456Z,2017-12-24`},
		{`t==12:00:00Z..13:00:00.5Z`, `t==12:00:00Z..13:00:00.5Z`},
		{`address[city]=="Berlin"`, `address[city]=="Berlin"`},
		{`sensor.rawdata[airquality.particulate]==40`, `sensor.rawdata[airquality.particulate]==40`},
		{`parkingTickets[value]=="Overstay 60 minutes"`, `parkingTickets[value]=="Overstay 60 minutes"`},
		{`color[*]!="red"`, `color[*]!="red"`},
		{`color[zh-Hans]=="红"`, `color[zh-Hans]=="红"`},
		{`color=="black", "red"`, `color=="black","red"`},
		{`temperature==10..20`, `temperature==10..20`},
		{`temperature!=-1.5e3..-2`, `temperature!=-1.5e3..-2`},
		{`sensor{humidity}==40`, `sensor{humidity}==40`},
		{`sensor{Device:humidity}==40`, `sensor{Device:humidity}==40`},
		{`sensor{Device,Meter:at{owner.x[y]}}~="^a|b"`, `sensor{Device,Meter:at{owner.x[y]}}~="^a|b"`},
		{`name~=^(Eiffel|Pisa);x`, `name~="^(Eiffel|Pisa)";x`},
		{`name~="\d+"`, `name~="\\d+"`},
		{`name!~=[|;)]x|b`, `name!~="[|;)]x"|b`},
		{`almostFull==false,true`, `almostFull==false,true`},
		{`category==commercial`, `category==commercial`},
		{`!heading;rpm>25`, `!heading;rpm>25`},
		{`温度>=20.5`, `温度>=20.5`},
		{`ex:load==1`, `ex:load==1`},
		{`https://example.org/a.b#c>1`, `https://example.org/a.b#c>1`},
		{`speed>50`, `https://example.org/speed>50`},
		{`owner{Car:speed}`, `owner{https://example.org/Car:https://example.org/speed}`},
		{`x=="\u00e9\n\""`, `x=="é\n\""`},
		{`x==urn:a(b)`, `x==urn:a(b)`},
		{`(x==urn:a)`, `x==urn:a`},
		{` a ; b == 1 .. 2 `, `a;b==1..2`},
	} {
		got, err := query.ParseQ(c.in, query.QOptions{Names: expand})
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		if got.String() != c.want {
			t.Errorf("%s: %s, want %s", c.in, got, c.want)
		}
	}
}

func TestQFaults(t *testing.T) {
	for _, c := range []struct {
		in string
		at int
	}{
		{``, 0}, {` `, 1}, {`a=1`, 1}, {`a==`, 3}, {`a;`, 2}, {`;a`, 0}, {`a|`, 2}, {`(a`, 2}, {`a)`, 1}, {`()`, 1},
		{`a==10..`, 7}, {`a>4..5`, 2}, {`a>4,5`, 3}, {`a>true`, 2}, {`a>urn:b`, 2}, {`a==1..2..3`, 7}, {`a==1..2,3`, 7},
		{`a==1..2017-12-24`, 6}, {`a=="x"..urn:b`, 8}, {`a==1,2..3`, 5}, {`a[`, 2}, {`a[]`, 2}, {`a[b`, 3}, {`a[b]c`, 4}, {`a[b][c]`, 4},
		{`a.`, 2}, {`a..b`, 2}, {`.a`, 0}, {`1a`, 0}, {`_a`, 0}, {`a-b`, 1}, {`a{b`, 3}, {`a{}`, 2}, {`a{b}}`, 4}, {`a{T:}`, 4}, {`a.b{c}`, 3},
		{`a=="x`, 3}, {`a=="\x"`, 3}, {`a=="x"y`, 6}, {`a==01`, 3}, {`a==1e400`, 3}, {`a==2017-13-01`, 3}, {`a==2017-02-30`, 3},
		{`a==2017-12-24T12:00:00+01:00`, 3}, {`a==2017-12-24T12:00:00`, 3}, {`a~=`, 3}, {`a~=**`, 3}, {`a~="("`, 3}, {`a~="x"y`, 6}, {`a~="x`, 3},
		{`a~=(x{1000}){1000}`, 3}, {`a!==1`, 3}, {`!`, 1}, {`!a==1`, 2}, {"a==\"\xff\"", 0},
		{strings.Repeat("(", 17) + "a", 17}, {strings.Repeat("a;", 256) + "a", 512}, {strings.Repeat("a{", 11) + "a", 22},
		{"a" + strings.Repeat(".a", 10), 20}, {strings.Repeat("a", 257), 0}, {"a==" + strings.Repeat("1,", 1025), 2051},
		{"a~=" + strings.Repeat("x", 1025), 3}, {strings.Repeat("x", 32769), 0},
	} {
		_, err := query.ParseQ(c.in, query.QOptions{})
		var e *query.Error
		if !errors.As(err, &e) || e.Param != "q" || e.At != c.at || e.Zh == "" || e.En == "" {
			t.Errorf("%.60q: %v, want a fault at %d", c.in, err, c.at)
		}
		if _, ok := errs.MsgOf(err); !ok || errs.KindOf(err) != errs.Invalid {
			t.Errorf("%.60q: no message, or kind %v", c.in, errs.KindOf(err))
		}
	}
}

func TestQValues(t *testing.T) {
	x, err := query.ParseQ(`gender==Male,"Male",urn:x;at=="2020-01-01T00:00:00Z";n==1.50`, query.QOptions{Names: expand, ExpandValues: []string{"gender"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []query.Value
	query.Terms(x, func(t *query.Term) { got = append(got, t.Values...) })
	if v := got[0]; v.Kind != query.Word || v.Text != "Male" || v.Name != "https://example.org/Male" || !v.Expand {
		t.Errorf("a word: %+v", v)
	}
	if v := got[1]; v.Kind != query.Text || v.Name != "https://example.org/Male" {
		t.Errorf("a text: %+v", v)
	}
	if v := got[3]; v.Kind != query.Text || v.Time.Year() != 2020 || v.Expand {
		t.Errorf("a text that is a time: %+v", v)
	}
	if v := got[4]; v.Kind != query.Number || v.Number != 1.5 || v.Text != "1.50" {
		t.Errorf("a number: %+v", v)
	}
	x, _ = query.ParseQ(`a{b{c}}==1|a|id=="x"`, query.QOptions{})
	if query.Depth(x) != 2 || strings.Join(query.Attrs(x), " ") != "a id" || !query.IsSystem("id") || query.IsSystem("a") {
		t.Errorf("depth %d, attributes %v", query.Depth(x), query.Attrs(x))
	}
}

func FuzzQ(f *testing.F) {
	for _, s := range []string{`a==1;b!="x"|c~=y`, `a{T,U:b{c.d[e]}}==2020-01-01T00:00:00Z..2021-01-01T00:00:00Z`, `!a`, `a!~="\"("`, `a==urn:x,true,"y",1e3`, `(a|b);(c;d)`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		x, err := query.ParseQ(s, query.QOptions{})
		if err != nil {
			if e := (*query.Error)(nil); !errors.As(err, &e) || e.At < 0 || e.At > len(s) {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		y, err := query.ParseQ(x.String(), query.QOptions{})
		if err != nil {
			if len(x.String()) > 1024 { // quoting may lengthen a text beyond the bounds
				return
			}
			t.Fatalf("%q printed as %q: %v", s, x, err)
		}
		if x.String() != y.String() {
			t.Fatalf("%q printed as %q, then as %q", s, x, y)
		}
	})
}

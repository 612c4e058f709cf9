package filter_test

import (
	"strings"
	"testing"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/entity/filter"
	"github.com/haihe-city/haihe/wire/ngsild/ngsi"
	"github.com/haihe-city/haihe/wire/ngsild/query"
)

func TestOrder(t *testing.T) {
	values := map[string]string{
		"number2": `"type":"Property","value":2`, "number10": `"type":"Property","value":10`,
		"stringA": `"type":"Property","value":"A"`, "stringb": `"type":"Property","value":"b"`, "stringá": `"type":"Property","value":"á"`,
		"object": `"type":"Property","value":{"city":"X"}`, "array": `"type":"ListProperty","valueList":[1]`, "false": `"type":"Property","value":false`, "true": `"type":"Property","value":true`,
		"time": `"type":"Property","value":"10:00:00Z"`, "date": `"type":"Property","value":"2020-01-01"`, "datetime": `"type":"Property","value":{"@type":"DateTime","@value":"2020-01-01T00:00:00Z"}`,
		"null": `"type":"JsonProperty","json":null`, "lang": `"type":"LanguageProperty","languageMap":{"en":"c"}`,
		"near": `"type":"GeoProperty","value":{"type":"Point","coordinates":[8,40.1]}`, "far": `"type":"GeoProperty","value":{"type":"Point","coordinates":[8,50]}`,
		"instances": `"type":"Property","value":1.5,"datasetId":"urn:d:1","observedAt":"2020-01-01T00:00:00Z"`,
	}
	for _, c := range []struct{ by, collation, in, want string }{
		{"v", "", "number10 number2", "number2 number10"},
		{"v;desc", "", "number2 number10", "number10 number2"},
		{"v", "", "absent null datetime date time true false array object stringb number2", "number2 stringb object array false true time date datetime null absent"},
		{"v;desc", "", "absent number2 number10 stringA stringb", "number10 number2 stringb stringA absent"},
		{"v", "", "stringb stringá stringA", "stringA stringb stringá"},
		{"v", "und", "stringb stringá stringA", "stringA stringá stringb"},
		{"v", "de-u-co-phonebk", "stringb stringA", "stringA stringb"},
		{"v;dist-asc", "", "absent number2 far near", "near far number2 absent"},
		{"v;dist-desc", "", "absent number2 near far", "far near number2 absent"},
		{"v[city]", "", "number2 object", "object number2"},
		{"v[en]", "", "number2 lang", "lang number2"},
		{"v", "", "stringb lang stringA", "stringA stringb lang"},
		{"v.observedAt", "", "number2 instances", "instances number2"},
		{"v", "", "number2 instances", "instances number2"},
		{"id;desc", "", "number10 number2", "number2 number10"},
		{"type,id", "", "number2 number10", "number10 number2"},
		{"v.unitCode,v.x.y,createdAt,v", "", "number10 number2", "number2 number10"},
	} {
		var list []*ngsi.Entity
		for _, name := range strings.Fields(c.in) {
			attr := ""
			if v, ok := values[name]; ok && name != "null" {
				attr = `,"v":{` + v + `}`
			}
			e := entity(t, `{"id":"urn:ngsi-ld:T:`+name+`","type":"T"`+attr+`}`)
			if name == "null" {
				e.Set(ngsi.Attr{Name: "v", Kind: ngsi.JSONProperty, Value: []byte("null")})
			}
			list = append(list, e)
		}
		keys, err := query.ParseOrder(c.by, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := filter.Order(list, keys, c.collation, []byte(`{"type":"Point","coordinates":[8,40]}`)); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range list {
			got = append(got, strings.TrimPrefix(e.ID, "urn:ngsi-ld:T:"))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s %s: %s, want %s", c.by, c.collation, strings.Join(got, " "), c.want)
		}
	}
}

func TestOrderRefuses(t *testing.T) {
	keys, _ := query.ParseOrder("location;dist-asc", nil)
	for _, err := range []error{
		filter.CheckOrder(keys, "", nil),
		filter.CheckOrder(keys, "", []byte(`{"type":"Point"}`)),
		filter.Order(nil, nil, "!!nope", nil),
	} {
		if errs.KindOf(err) != errs.Invalid {
			t.Errorf("%v is not a fault of the input", err)
		}
	}
}

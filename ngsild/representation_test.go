package ngsild_test

import (
	"testing"
	"time"
)

// Rows D01 to D09, D12, D15, D17: what goes in comes out, in every form. ETSI GS CIM 009 V1.9.1 4.5
func TestRepresentations(t *testing.T) {
	b := "/entities/urn:ngsi-ld:Building:1"
	open(t).run(t, []step{
		{"D01 to D07", post, "/entities", "", `{"id":"urn:ngsi-ld:Building:1","type":["Building","Museum"],"scope":["/tianjin","/heping"],
			"height":{"type":"Property","value":12.5,"unitCode":"MTR","accuracy":{"type":"Property","value":0.1,"provider":{"type":"Relationship","object":"urn:ngsi-ld:Org:1"}}},
			"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[117.2,39.1]}},
			"name":{"type":"LanguageProperty","languageMap":{"zh":"天津博物馆","en":"Tianjin Museum"}},
			"use":{"type":"VocabProperty","vocab":"museum"},
			"floors":{"type":"ListProperty","valueList":[1,2,3]},
			"visits":{"type":"ListRelationship","objectList":["urn:ngsi-ld:Route:1","urn:ngsi-ld:Route:2"]},
			"raw":{"type":"JsonProperty","json":{"@odd":[{"x":null}]}},
			"owner":{"type":"Relationship","object":["urn:ngsi-ld:Org:1","urn:ngsi-ld:Org:2"],"objectType":"Org"}}`, 201, nil},
		{"normalized", get, b, "", "", 200, []string{`/type = ["Building","Museum"]`, `/scope = ["/tianjin","/heping"]`, `/height/value = 12.5`, `/height/unitCode = "MTR"`,
			`/height/accuracy/provider/object = "urn:ngsi-ld:Org:1"`, `/location/value/coordinates = [117.2,39.1]`, `/name/languageMap/zh = "天津博物馆"`, `/use/vocab = "museum"`,
			`/floors/valueList = [1,2,3]`, `/visits/objectList/~ = 2`, `/raw/json = {"@odd":[{"x":null}]}`, `/owner/object = ["urn:ngsi-ld:Org:1","urn:ngsi-ld:Org:2"]`, `/owner/objectType = "Org"`}},
		{"concise", get, b + "?format=concise", "", "", 200, []string{`/height/value = 12.5`, "!/height/type", `/location = {"type":"Point","coordinates":[117.2,39.1]}`, `/owner/object/~ = 2`, `/name/languageMap/en = "Tianjin Museum"`}},
		{"simplified", get, b + "?format=simplified", "", "", 200, []string{`/height = 12.5`, `/use/vocab = "museum"`, `/owner/~ = 2`, `/raw/json = {"@odd":[{"x":null}]}`}},
		{"D02 a language", get, b + "?lang=en", "", "", 200, []string{`/name/type = "Property"`, `/name/value = "Tianjin Museum"`, `/name/lang = "en"`}},
		{"D02 ranked", get, b + "?format=simplified&lang=" + q("fr;q=0.9,zh;q=0.8"), "", "", 200, []string{`/name = "天津博物馆"`}},
		{"D17 a Feature", get, b, "Accept: application/geo+json", "", 200, []string{`/type = "Feature"`, `/id = "urn:ngsi-ld:Building:1"`, `/geometry/coordinates = [117.2,39.1]`, `/properties/height/value = 12.5`, "/@context"}},
		{"D17 simplified", get, b + "?format=simplified", "Accept: application/geo+json", "", 200, []string{`/properties/height = 12.5`}},
		{"D17 another geometry", get, b + "?geometryProperty=area", "Accept: application/geo+json", "", 200, []string{`/geometry = null`}},
		{"D17 Link in place of @context", get, b, "Accept: application/geo+json\nPrefer: body=json", "", 200, []string{"!/@context", "Link: json-ld#context"}},
		{"D15 a mix", post, "/entities", "", `{"id":"urn:ngsi-ld:Building:2","type":"Building","a":1,"b":{"value":2},"c":{"type":"Property","value":3},"location":{"type":"Point","coordinates":[1,2]},"d":{"object":"urn:x:1"}}`, 201, nil},
		{"", get, "/entities/urn:ngsi-ld:Building:2", "", "", 200, []string{`/a/value = 1`, `/b/value = 2`, `/c/value = 3`, `/location/type = "GeoProperty"`, `/d/type = "Relationship"`}},
		{"D09 datasets", post, "/entities", "", `{"id":"urn:ngsi-ld:Building:3","type":"Building","t":[{"type":"Property","value":1},{"type":"Property","value":2,"datasetId":"urn:d:1"}]}`, 201, nil},
		{"", get, "/entities/urn:ngsi-ld:Building:3?datasetId=urn:d:1", "", "", 200, []string{`/t/value = 2`, `/t/datasetId = "urn:d:1"`}},
		{"D09 no such dataset", get, "/entities/urn:ngsi-ld:Building:3?datasetId=urn:d:9", "", "", 200, []string{"!/t"}},
		{"D09 twice the same", post, "/entities", "", `{"id":"urn:ngsi-ld:Building:4","type":"Building","t":[{"type":"Property","value":1},{"type":"Property","value":2}]}`, 400, []string{badData}},
		{"D19 a name", post, "/entities", "", `{"id":"urn:ngsi-ld:Building:4","type":"Building","a(b":1}`, 400, []string{badData}},
		{"D19 a time", post, "/entities", "", `{"id":"urn:ngsi-ld:Building:4","type":"Building","a":{"value":1,"observedAt":"yesterday"}}`, 400, []string{badData}},
		{"D01 a geometry", post, "/entities", "", `{"id":"urn:ngsi-ld:Building:4","type":"Building","location":{"type":"GeoProperty","value":{"type":"Point","coordinates":["x"]}}}`, 400, []string{badData}},
		{"D01 an object", post, "/entities", "", `{"id":"urn:ngsi-ld:Building:4","type":"Building","r":{"type":"Relationship","object":"no uri"}}`, 400, []string{badData}},
		{"none of these is there", get, "/entities/urn:ngsi-ld:Building:4", "", "", 404, []string{none}},
	})
}

// Row D11: what expires is hidden at once. ETSI GS CIM 009 V1.9.1 4.22
func TestTransient(t *testing.T) {
	past, future := "2020-01-01T00:00:00Z", time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	e := func(at, attr string) string {
		return `{"id":"urn:ngsi-ld:Event:1","type":"Event","expiresAt":"` + at + `","a":{"type":"Property","value":1,"expiresAt":"` + attr + `"},"b":2}`
	}
	at := "/entities/urn:ngsi-ld:Event:1"
	open(t).run(t, []step{
		{"alive", post, "/entities", "", e(future, future), 201, nil},
		{"", get, at, "", "", 200, []string{"/a", "/b", "!/expiresAt", "!/a/expiresAt"}},
		{"sysAttrs tell", get, at + "?options=sysAttrs", "", "", 200, []string{"/expiresAt", "/a/expiresAt"}},
		{"an attribute expires", patch, at + "/attrs/a", "", `{"expiresAt":"` + past + `"}`, 204, nil},
		{"", get, at, "", "", 200, []string{"!/a", "/b"}},
		{"a whole replacement lives on", post, at + "/attrs", "", `{"a":{"type":"Property","value":3}}`, 204, nil},
		{"", get, at, "", "", 200, []string{"/a/value = 3"}},
		{"the entity expires", patch, at, "", `{"expiresAt":"` + past + `"}`, 204, nil},
		{"", get, at, "", "", 404, []string{none}},
		{"from queries too", get, "/entities?type=Event&count=true", "", "", 200, []string{"/~ = 0", "NGSILD-Results-Count: 0"}},
		{"it cannot be changed", patch, at + "/attrs", "", `{"a":1}`, 404, []string{none}},
		{"its id is free", post, "/entities", "", e(future, future), 201, nil},
	})
}

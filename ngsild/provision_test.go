package ngsild_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// Rows O01, O05 to O08: one entity. ETSI GS CIM 009 V1.9.1 5.6.1, 5.6.6, 5.6.17, 5.6.18
func TestEntity(t *testing.T) {
	open(t).run(t, []step{
		{"O01 create", post, "/entities", "", vehicle, 201, []string{"Location: /ngsi-ld/v1/entities/urn:ngsi-ld:Vehicle:1"}},
		{"O01 exists", post, "/entities/", "", vehicle, 409, []string{exists, "/title", "/detail"}},
		{"O05 retrieve", get, v1, "", "", 200, []string{`/speed/value = 55`, `/speed/unitCode = "KMH"`, `/brandName/value = "海河"`, `/isParked/object = "urn:ngsi-ld:OffStreetParking:1"`, "!/createdAt", "!/@context", `Link: ngsi-ld-core-context-v1.9.jsonld>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`}},
		{"O05 with a slash", get, v1 + "/", "", "", 200, []string{`/type = "Vehicle"`}},
		{"O05 as JSON-LD", get, v1, "Accept: application/ld+json", "", 200, []string{"/@context", "Content-Type: application/ld+json", "!Link: json-ld#context"}},
		{"D10 sysAttrs", get, v1 + "?options=sysAttrs", "", "", 200, []string{"/createdAt", "/modifiedAt", "/speed/createdAt"}},
		{"D15 simplified", get, v1 + "?format=simplified", "", "", 200, []string{`/speed = 55`, `/isParked = "urn:ngsi-ld:OffStreetParking:1"`}},
		{"D16 options alone", get, v1 + "?options=keyValues", "", "", 200, []string{`/speed = 55`}},
		{"D16 format wins", get, v1 + "?format=concise&options=keyValues", "", "", 200, []string{`/speed/value = 55`, "!/speed/type"}},
		{"O05 not there", get, "/entities/urn:ngsi-ld:Vehicle:9", "", "", 404, []string{none}},
		{"O05 no URI", get, "/entities/nothing", "", "", 400, []string{badData}},
		{"O05 of another type", get, v1 + "?type=Building", "", "", 404, []string{none}},
		{"O05 of this type", get, v1 + "?type=Building,Vehicle", "", "", 200, nil},
		{"O05 attrs", get, v1 + "?attrs=speed,nothing", "", "", 200, []string{"/speed", "!/brandName", "/id", "/type"}},
		{"O05 no such attrs", get, v1 + "?attrs=nothing", "", "", 404, []string{none}},
		{"O01 no type", post, "/entities", "", `{"id":"urn:ngsi-ld:Vehicle:2"}`, 400, []string{badData}},
		{"O01 no URI", post, "/entities", "", `{"id":"two","type":"Vehicle"}`, 400, []string{badData}},
		{"O01 not JSON", post, "/entities", "", `{"id":`, 400, []string{badReq}},
		{"O01 an array", post, "/entities", "", `[]`, 400, []string{badReq}},
		{"D13 no Null", post, "/entities", "", `{"id":"urn:ngsi-ld:Vehicle:2","type":"Vehicle","speed":{"type":"Property","value":"urn:ngsi-ld:null"}}`, 400, []string{badData}},
		{"O07 replace", put, v1, "", `{"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle","name":{"type":"Property","value":"新"}}`, 204, nil},
		{"", get, v1, "", "", 200, []string{"/name", "!/speed", "!/brandName"}},
		{"O07 not there", put, "/entities/urn:ngsi-ld:Vehicle:9", "", `{"type":"Vehicle"}`, 404, []string{none}},
		{"O07 no id", put, "/entities/", "", `{"type":"Vehicle"}`, 400, []string{badData}},
		{"O07 another id", put, v1, "", `{"id":"urn:ngsi-ld:Vehicle:2","type":"Vehicle"}`, 400, []string{badData}},
		{"O08 merge adds, types too", patch, v1, asPatch, `{"type":"Car","speed":{"type":"Property","value":{"a":1,"b":2},"unitCode":"KMH"}}`, 204, nil},
		{"", get, v1, "", "", 200, []string{"/name", `/speed/value = {"a":1,"b":2}`, `/type/~ = 2`}},
		{"O08 merges into values", patch, v1, "", `{"speed":{"value":{"a":"urn:ngsi-ld:null","c":3}}}`, 204, nil},
		{"", get, v1, "", "", 200, []string{`/speed/value = {"b":2,"c":3}`, `/speed/unitCode = "KMH"`}},
		{"O08 Null takes away", patch, v1, "", `{"name":"urn:ngsi-ld:null","speed":{"unitCode":"urn:ngsi-ld:null"}}`, 204, nil},
		{"", get, v1, "", "", 200, []string{"!/name", "!/speed/unitCode", "!urn:ngsi-ld:null"}},
		{"O08 no id", patch, "/entities/", "", `{}`, 400, []string{badData}},
		{"O08 not there", patch, "/entities/urn:ngsi-ld:Vehicle:9", "", `{"a":1}`, 404, []string{none}},
		{"O06 of another type", del, v1 + "?type=Building", "", "", 404, []string{none}},
		{"O06 delete", del, v1, "", "", 204, nil},
		{"O06 not there", del, v1, "", "", 404, []string{none}},
		{"O06 no URI", del, "/entities/nothing", "", "", 400, []string{badData}},
	})
}

// The parameters of Merge Entity. ETSI GS CIM 009 V1.9.1 6.5.3.4
func TestMerge(t *testing.T) {
	open(t).run(t, []step{
		{"", post, "/entities", "", `{"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle","scope":"/a","street":{"type":"LanguageProperty","languageMap":{"en":"Grand Place","fr":"Grande Place"}},` +
			`"speed":{"type":"Property","value":1,"observedAt":"2026-01-01T00:00:00Z"},"brand":{"type":"Property","value":"x"},"owner":{"type":"Relationship","object":"urn:ngsi-ld:Person:1"}}`, 201, nil},
		{"lang", patch, v1 + "?format=simplified&lang=fr", "", `{"street":"Place Royale"}`, 204, nil},
		{"", get, v1, "", "", 200, []string{`/street/languageMap = {"en":"Grand Place","fr":"Place Royale"}`, `/street/type = "LanguageProperty"`}},
		{"observedAt", patch, v1 + "?observedAt=2026-02-02T00:00:00Z", "", `{"speed":{"value":2},"brand":{"value":"y"}}`, 204, nil},
		{"", get, v1, "", "", 200, []string{`/speed/observedAt = "2026-02-02T00:00:00Z"`, "!/brand/observedAt"}},
		{"observedAt of its own", patch, v1 + "?observedAt=2026-02-02T00:00:00Z", "", `{"speed":{"value":3,"observedAt":"2026-03-03T00:00:00Z"}}`, 204, nil},
		{"", get, v1, "", "", 200, []string{`/speed/observedAt = "2026-03-03T00:00:00Z"`}},
		{"not a time", patch, v1 + "?observedAt=now", "", `{"speed":{"value":2}}`, 400, []string{badData}},
		{"simplified keeps kinds", patch, v1 + "?options=keyValues", "", `{"owner":"urn:ngsi-ld:Person:2","speed":7}`, 204, nil},
		{"", get, v1, "", "", 200, []string{`/owner/object = "urn:ngsi-ld:Person:2"`, `/speed/value = 7`, `/scope = "/a"`}},
		{"a language map's member", patch, v1, "", `{"street":{"type":"LanguageProperty","languageMap":{"en":"urn:ngsi-ld:null"}}}`, 204, nil},
		{"", get, v1, "", "", 200, []string{`/street/languageMap = {"fr":"Place Royale"}`}},
		{"scope", patch, v1, "", `{"scope":["/b","/c"]}`, 204, nil},
		{"", get, v1, "", "", 200, []string{`/scope = ["/b","/c"]`}},
		{"datasets", patch, v1, "", `{"speed":{"type":"Property","value":8,"datasetId":"urn:ngsi-ld:d:1"}}`, 204, nil},
		{"", get, v1, "", "", 200, []string{`/speed/~ = 2`}},
		{"a dataset's Null", patch, v1, "", `{"speed":{"type":"Property","value":"urn:ngsi-ld:null","datasetId":"urn:ngsi-ld:d:1"}}`, 204, nil},
		{"", get, v1, "", "", 200, []string{`/speed/value = 7`}},
		{"no Null for a datasetId", patch, v1, "", `{"speed":{"value":1,"datasetId":"urn:ngsi-ld:null"}}`, 400, []string{badData}},
		{"expiresAt in the past", patch, v1, "", `{"expiresAt":"2020-01-01T00:00:00Z"}`, 204, nil},
		{"D11 hidden at once", get, v1, "", "", 404, []string{none}},
	})
}

// Rows O09 to O13: attributes. ETSI GS CIM 009 V1.9.1 5.6.2 to 5.6.5, 5.6.19, 5.5.8
func TestAttributes(t *testing.T) {
	attrs, speed := v1+"/attrs", v1+"/attrs/speed"
	open(t).run(t, []step{
		{"", post, "/entities", "", vehicle, 201, nil},
		{"O09 append", post, attrs + "/", "", `{"color":{"type":"Property","value":"red"},"speed":{"type":"Property","value":60,"datasetId":"urn:ngsi-ld:gps"}}`, 204, nil},
		{"", get, v1, "", "", 200, []string{`/color/value = "red"`, `/speed/~ = 2`}},
		{"O09 overwrites as a whole", post, attrs, "", `{"speed":{"type":"Property","value":56}}`, 204, nil},
		{"", get, v1 + "?datasetId=@none", "", "", 200, []string{`/speed/value = 56`, "!/speed/unitCode", "!/brand"}},
		{"O09 noOverwrite", post, attrs + "?options=noOverwrite", "", `{"speed":{"type":"Property","value":1},"size":{"type":"Property","value":2}}`, 207,
			[]string{`/updated = ["https://uri.etsi.org/ngsi-ld/default-context/size"]`, `/notUpdated/0/attributeName = "https://uri.etsi.org/ngsi-ld/default-context/speed"`, "/notUpdated/0/reason", "Content-Type: application/json"}},
		{"O09 types and scope", post, attrs, "", `{"type":["Vehicle","Car"],"scope":"/a"}`, 204, nil},
		{"O09 noOverwrite adds a scope", post, attrs + "?options=noOverwrite", "", `{"scope":["/a","/b"]}`, 204, nil},
		{"", get, v1, "", "", 200, []string{`/scope = ["/a","/b"]`, `/type = ["Vehicle","Car"]`}},
		{"O09 not there", post, "/entities/urn:ngsi-ld:Vehicle:9/attrs", "", `{"a":{"type":"Property","value":1}}`, 404, []string{none}},
		{"O09 no id", post, "/entities//attrs/", "", `{"a":{"type":"Property","value":1}}`, 400, []string{badData}},
		{"O09 no Null", post, attrs, "", `{"a":{"type":"Property","value":"urn:ngsi-ld:null"}}`, 400, []string{badData}},
		{"O10 update", patch, attrs, "", `{"speed":{"type":"Property","value":100},"new":{"type":"Property","value":1}}`, 204, nil},
		{"", get, v1 + "?datasetId=@none", "", "", 200, []string{`/speed/value = 100`, "/new"}},
		{"O10 Null deletes", patch, attrs, "", `{"new":{"type":"Property","value":"urn:ngsi-ld:null"}}`, 204, nil},
		{"", get, v1, "", "", 200, []string{"!/new"}},
		{"O10 scope replaces", patch, attrs, "", `{"scope":"/c"}`, 204, nil},
		{"O13 delete the scope", del, attrs + "/scope", "", "", 204, nil},
		{"O10 adds no scope", patch, attrs, "", `{"scope":"/c"}`, 207, []string{`/notUpdated/0/attributeName = "scope"`}},
		{"O10 of another type", patch, attrs + "?type=Building", "", `{"speed":{"type":"Property","value":1}}`, 404, []string{none}},
		{"O10 nothing", patch, attrs, "", `{}`, 400, []string{badData}},
		{"O11 partial", patch, speed, "", `{"value":101,"unitCode":"KMH"}`, 204, nil},
		{"O11 keeps the rest", patch, speed, asPatch, `{"type":"Property","value":102,"observedAt":"2026-01-01T09:00:00Z"}`, 204, nil},
		{"", get, v1 + "?datasetId=@none", "", "", 200, []string{`/speed/value = 102`, `/speed/unitCode = "KMH"`, `/speed/observedAt = "2026-01-01T09:00:00Z"`}},
		{"O11 dataset", patch, speed, "", `{"value":61,"datasetId":"urn:ngsi-ld:gps"}`, 204, nil},
		{"", get, v1 + "?datasetId=urn:ngsi-ld:gps", "", "", 200, []string{`/speed/value = 61`, "!/brandName"}},
		{"O11 no such dataset", patch, speed, "", `{"value":61,"datasetId":"urn:ngsi-ld:none"}`, 404, []string{none}},
		{"O11 kind", patch, speed, "", `{"type":"Relationship","object":"urn:ngsi-ld:X:1"}`, 400, []string{badData}},
		{"O11 nothing", patch, speed, "", `{}`, 400, []string{badData}},
		{"O11 scope", patch, attrs + "/scope", "", `{"value":"/x"}`, 400, []string{badData}},
		{"O11 no datasetId Null", patch, speed, "", `{"datasetId":"urn:ngsi-ld:null"}`, 400, []string{badData}},
		{"O11 not there", patch, attrs + "/nothing", "", `{"value":1}`, 404, []string{none}},
		{"O12 replace", put, speed, "", `{"type":"Property","value":1}`, 204, nil},
		{"", get, v1 + "?datasetId=@none", "", "", 200, []string{`/speed/value = 1`, "!/speed/unitCode"}},
		{"O12 not there", put, attrs + "/nothing", "", `{"type":"Property","value":1}`, 404, []string{none}},
		{"O12 name", put, attrs + "/@invalid", "", `{"type":"Property","value":1}`, 400, []string{badData}},
		{"O12 scope", put, attrs + "/scope", "", `{"type":"Property","value":"/x"}`, 400, []string{badData}},
		{"O11 Null deletes", patch, attrs + "/color", "", `{"type":"Property","value":"urn:ngsi-ld:null"}`, 204, nil},
		{"", get, v1, "", "", 200, []string{"!/color"}},
		{"O13 dataset", del, speed + "?datasetId=urn:ngsi-ld:gps", "", "", 204, nil},
		{"O13 no such dataset", del, speed + "?datasetId=urn:ngsi-ld:gps", "", "", 404, []string{none}},
		{"O13 default", del, speed, "", "", 204, nil},
		{"O13 not there", del, speed, "", "", 404, []string{none}},
		{"O13 no id", del, "/entities//attrs/speed", "", "", 400, []string{badData}},
		{"O13 no name", del, attrs + "/", "", "", 405, []string{"Allow: PATCH"}},
		{"", post, attrs, "", `{"m":[{"type":"Property","value":1},{"type":"Property","value":2,"datasetId":"urn:ngsi-ld:d:2"}]}`, 204, nil},
		{"O13 all", del, attrs + "/m?deleteAll=true", "", "", 204, nil},
		{"", get, v1, "", "", 200, []string{"!/m"}},
	})
}

// Rows O14 to O18: batches. ETSI GS CIM 009 V1.9.1 5.6.7 to 5.6.10, 5.6.20, 5.5.11
func TestBatch(t *testing.T) {
	one := func(n int, more string) string {
		return fmt.Sprintf(`{"id":"urn:ngsi-ld:Vehicle:%d","type":"Vehicle"%s}`, n, more)
	}
	list := func(parts ...string) string { return "[" + strings.Join(parts, ",") + "]" }
	ops := "/entityOperations/"
	open(t).run(t, []step{
		{"O14 create", post, ops + "create", "", list(one(1, ""), one(2, `,"speed":{"type":"Property","value":1}`)), 201, []string{`/~ = 2`, `/0 = "urn:ngsi-ld:Vehicle:1"`}},
		{"O14 some fail", post, ops + "create", "", list(one(3, ""), one(1, ""), one(3, ""), `{"id":"urn:ngsi-ld:Vehicle:4"}`), 207,
			[]string{`/success = ["urn:ngsi-ld:Vehicle:3"]`, `/errors/~ = 3`, `/errors/0/entityId = "urn:ngsi-ld:Vehicle:1"`, `/errors/0/error/type = "https://uri.etsi.org/ngsi-ld/errors/AlreadyExists"`,
				`/errors/1/entityId = "urn:ngsi-ld:Vehicle:3"`, `/errors/2/error/type = "https://uri.etsi.org/ngsi-ld/errors/BadRequestData"`, "Content-Type: application/json"}},
		{"O14 empty", post, ops + "create", "", `[]`, 400, []string{badData}},
		{"O14 null", post, ops + "create", "", list(one(7, ""), "null"), 400, []string{badData}},
		{"", get, "/entities/urn:ngsi-ld:Vehicle:7", "", "", 404, nil},
		{"O14 not JSON", post, ops + "create", "", `[{"id":]`, 400, []string{badReq}},
		{"O14 @context in JSON", post, ops + "create", "", list(one(8, `,"@context":"http://nowhere.invalid/c"`)), 207, []string{`/errors/0/error/type = "https://uri.etsi.org/ngsi-ld/errors/BadRequestData"`}},
		{"O14 no @context in JSON-LD", post, ops + "create", asLD, list(one(8, "")), 207, []string{`/errors/0/error/type = "https://uri.etsi.org/ngsi-ld/errors/BadRequestData"`}},
		{"O14 JSON-LD", post, ops + "create", asLD, list(one(8, `,"@context":{"speed":"https://a.example/speed"},"speed":7`)), 201, nil},
		{"", get, "/entities/urn:ngsi-ld:Vehicle:8", "", "", 200, []string{`/https:~1~1a.example~1speed/value = 7`}},
		{"O15 upsert replaces", post, ops + "upsert", "", list(one(1, `,"a":1`), one(5, ""), one(1, `,"b":2`)), 201, []string{`/ = ["urn:ngsi-ld:Vehicle:5"]`}},
		{"the later one wins", get, v1, "", "", 200, []string{`/b/value = 2`, "!/a"}},
		{"O15 all there", post, ops + "upsert", "", list(one(1, `,"a":1`)), 204, nil},
		{"O15 update", post, ops + "upsert?options=update", "", list(one(1, `,"c":3`)), 204, nil},
		{"", get, v1, "", "", 200, []string{`/a/value = 1`, `/c/value = 3`}},
		{"O15 some fail", post, ops + "upsert", "", list(one(1, ""), `{"id":"urn:ngsi-ld:Vehicle:6","speed":1}`), 207, []string{`/success/~ = 1`, `/errors/0/entityId = "urn:ngsi-ld:Vehicle:6"`}},
		{"O15 unknown option", post, ops + "upsert?options=foo", "", list(one(1, "")), 400, []string{badReq}},
		{"O16 update", post, ops + "update", "", list(one(2, `,"speed":{"type":"Property","value":9}`)), 204, nil},
		{"O16 noOverwrite", post, ops + "update?options=noOverwrite", "", list(one(2, `,"speed":{"type":"Property","value":1},"x":1`)), 207, []string{`/success = []`, `/errors/0/entityId = "urn:ngsi-ld:Vehicle:2"`}},
		{"", get, "/entities/urn:ngsi-ld:Vehicle:2", "", "", 200, []string{`/speed/value = 9`, `/x/value = 1`}},
		{"O16 not there", post, ops + "update", "", list(one(2, ""), one(99, "")), 207, []string{`/success = ["urn:ngsi-ld:Vehicle:2"]`, `/errors/0/error/type = "https://uri.etsi.org/ngsi-ld/errors/ResourceNotFound"`}},
		{"O17 merge", post, ops + "merge", "", list(one(2, `,"speed":{"value":10},"x":"urn:ngsi-ld:null"`)), 204, nil},
		{"", get, "/entities/urn:ngsi-ld:Vehicle:2", "", "", 200, []string{`/speed/value = 10`, "!/x"}},
		{"O17 empty", post, ops + "merge", "", `[]`, 400, []string{badData}},
		{"O18 delete", post, ops + "delete", "", `["urn:ngsi-ld:Vehicle:1"]`, 204, nil},
		{"O18 twice", post, ops + "delete", "", `["urn:ngsi-ld:Vehicle:2","urn:ngsi-ld:Vehicle:2","nothing"]`, 207, []string{`/success = ["urn:ngsi-ld:Vehicle:2"]`, `/errors/~ = 2`, `/errors/1/entityId = "nothing"`}},
		{"O18 empty", post, ops + "delete", "", `[]`, 400, []string{badData}},
		{"O18 as JSON-LD", post, ops + "delete", asLD, `["urn:ngsi-ld:Vehicle:5"]`, 204, nil},
	})
}

// A batch of 2,000 entities, some of them several times: what users of other brokers complain of.
func TestBatchOfTwoThousand(t *testing.T) {
	c := open(t)
	var list []map[string]any
	for i := range 2000 {
		list = append(list, map[string]any{"id": fmt.Sprintf("urn:ngsi-ld:Meter:%d", i%1900), "type": "Meter", "load": map[string]any{"type": "Property", "value": i}})
	}
	body, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	c.run(t, []step{
		{"O15", post, "/entityOperations/upsert", "", string(body), 201, []string{`/~ = 1900`}},
		{"", get, "/entities?type=Meter&count=true&limit=0", "", "", 200, []string{"NGSILD-Results-Count: 1900"}},
		{"the later one wins", get, "/entities/urn:ngsi-ld:Meter:99", "", "", 200, []string{`/load/value = 1999`}},
		{"again", post, "/entityOperations/upsert", "", string(body), 204, nil},
	})
}

// Row O04. ETSI GS CIM 009 V1.9.1 5.6.21
func TestPurge(t *testing.T) {
	c := open(t)
	steps := []step{}
	for i := range 3 {
		steps = append(steps, step{"", post, "/entities", "", fmt.Sprintf(`{"id":"urn:ngsi-ld:Vehicle:%d","type":"Vehicle","a":%d,"b":1}`, i+1, i), 201, nil})
	}
	c.run(t, append(steps, []step{
		{"too wide", del, "/entities", "", "", 400, []string{badData}},
		{"an id alone", del, "/entities?id=urn:ngsi-ld:Vehicle:1", "", "", 400, []string{badData}},
		{"a pattern alone", del, "/entities?idPattern=.*", "", "", 400, []string{badData}},
		{"system attributes", del, "/entities?attrs=createdAt", "", "", 400, []string{badData}},
		{"system query", del, `/entities?q=modifiedAt>"2020-01-01T00:00:00Z"`, "", "", 400, []string{badData}},
		{"linked entities", del, `/entities?type=Vehicle&q=owner{name}=="x"`, "", "", 400, []string{badData}},
		{"drop and keep", del, "/entities?type=Vehicle&drop=a&keep=b", "", "", 400, []string{badData}},
		{"unknown parameter", del, "/entities?nothing=1", "", "", 400, []string{badReq}},
		{"drop", del, "/entities?type=Vehicle&drop=b&id=urn:ngsi-ld:Vehicle:1", "", "", 204, nil},
		{"", get, v1, "", "", 200, []string{"/a", "!/b"}},
		{"keep", del, "/entities?type=Vehicle&keep=b&q=a==1", "", "", 204, nil},
		{"", get, "/entities/urn:ngsi-ld:Vehicle:2", "", "", 200, []string{"!/a", "/b"}},
		{"by query", del, "/entities?q=a==2", "", "", 204, nil},
		{"", get, "/entities/urn:ngsi-ld:Vehicle:3", "", "", 404, nil},
		{"all that is local", del, "/entities?local=true", "", "", 204, nil},
		{"", get, "/entities?type=Vehicle", "", "", 200, []string{"/~ = 0"}},
	}...))
}

// Rows C04: tenants. ETSI GS CIM 009 V1.9.1 4.14, 5.5.10, 6.3.14
func TestTenants(t *testing.T) {
	a, b := "NGSILD-Tenant: heping\n"+asJSON, "NGSILD-Tenant: nankai\n"+asJSON
	open(t).run(t, []step{
		{"not there yet", get, "/entities?type=Vehicle", a, "", 404, []string{problem + `NonexistentTenant"`, "NGSILD-Tenant: heping"}},
		{"deleting does not make it", del, v1, a, "", 404, []string{problem + `NonexistentTenant"`}},
		{"creating does", post, "/entities", a, vehicle, 201, []string{"NGSILD-Tenant: heping"}},
		{"", get, v1, a, "", 200, []string{"NGSILD-Tenant: heping"}},
		{"not in the common context", get, v1, "", "", 404, []string{none}},
		{"nor in another", post, "/entities", b, strings.Replace(vehicle, "Vehicle:1", "Vehicle:2", 1), 201, nil},
		{"", get, v1, b, "", 404, []string{none}},
		{"types are the tenant's", get, "/types", b, "", 200, []string{`/typeList = ["Vehicle"]`}},
		{"the same id elsewhere", post, "/entities", "", vehicle, 201, nil},
		{"a name that is none", get, v1, "NGSILD-Tenant: a/b", "", 400, []string{badData}},
		{"an error bears it too", get, "/entities/urn:ngsi-ld:Vehicle:9", a, "", 404, []string{"NGSILD-Tenant: heping"}},
		{"batches make tenants", post, "/entityOperations/upsert", "NGSILD-Tenant: hexi\n" + asJSON, "[" + vehicle + "]", 201, nil},
		{"", get, v1, "NGSILD-Tenant: hexi", "", 200, nil},
	})
}

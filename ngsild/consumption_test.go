package ngsild_test

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
)

func q(s string) string { return url.QueryEscape(s) }

// Rows O02, Q01 to Q04, Q09, Q10, Q13 to Q18. ETSI GS CIM 009 V1.9.1 5.7.2, 6.3.10, 6.3.13
func TestQuery(t *testing.T) {
	c := open(t)
	var steps []step
	for i := range 5 {
		steps = append(steps, step{"", post, "/entities", "", fmt.Sprintf(`{"id":"urn:ngsi-ld:Bus:%d","type":["Bus","Vehicle"],"scope":"/tianjin/heping/r%d","line":{"type":"Property","value":"%d路"},"speed":{"type":"Property","value":%d},`+
			`"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[%f,39.1]}}}`, i, i, i, i*10, 117.2+float64(i)/100), 201, nil})
	}
	steps = append(steps, []step{
		{"", post, "/entities", "", `{"id":"urn:ngsi-ld:Car:1","type":"Car","speed":{"type":"Property","value":20}}`, 201, nil},
		{"Q18 too wide", get, "/entities", "", "", 400, []string{badData}},
		{"Q18 an id alone", get, "/entities?id=urn:ngsi-ld:Bus:1", "", "", 400, []string{badData}},
		{"Q18 system attributes", get, "/entities?attrs=createdAt", "", "", 400, []string{badData}},
		{"Q18 local is enough", get, "/entities?local=true", "", "", 200, []string{"/~ = 6"}},
		{"Q02 type", get, "/entities?type=Bus", "", "", 200, []string{"/~ = 5"}},
		{"Q02 either", get, "/entities?type=Car,Bus", "", "", 200, []string{"/~ = 6"}},
		{"Q02 both", get, "/entities?type=" + q("(Bus;Vehicle)"), "", "", 200, []string{"/~ = 5"}},
		{"Q02 all", get, "/entities?type=*", "", "", 200, []string{"/~ = 6"}},
		{"Q02 all, not local", get, "/entities?type=*&local=false", "", "", 400, []string{badData}},
		{"Q01 ids", get, "/entities?type=Bus&id=urn:ngsi-ld:Bus:1,urn:ngsi-ld:Car:1", "", "", 200, []string{"/~ = 1"}},
		{"Q01 no URI", get, "/entities?type=Bus&id=one", "", "", 400, []string{badData}},
		{"Q01 pattern", get, "/entities?type=Bus&idPattern=" + q(`^urn:.*:[12]$`), "", "", 200, []string{"/~ = 2"}},
		{"Q01 not a pattern", get, "/entities?type=Bus&idPattern=" + q(`(`), "", "", 400, []string{badData}},
		{"Q03 q", get, "/entities?q=" + q("speed>=20;speed<40"), "", "", 200, []string{"/~ = 3"}},
		{"Q03 either", get, "/entities?q=" + q("speed==0|speed==40"), "", "", 200, []string{"/~ = 2"}},
		{"Q03 text", get, "/entities?type=Bus&q=" + q(`line=="3路"`), "", "", 200, []string{`/0/id = "urn:ngsi-ld:Bus:3"`, "/~ = 1"}},
		{"Q03 syntax", get, "/entities?q=" + q("speed>>1"), "", "", 400, []string{badData}},
		{"Q04 existence", get, "/entities?q=line", "", "", 200, []string{"/~ = 5"}},
		{"Q12 attrs", get, "/entities?attrs=line", "", "", 200, []string{"/~ = 5", "/0/line", "!/0/speed", "/0/id"}},
		{"Q09 near", get, "/entities?type=Bus&georel=" + q("near;maxDistance==1000") + "&geometry=Point&coordinates=" + q("[117.2,39.1]"), "", "", 200, []string{"/~ = 2"}},
		{"Q09 incomplete", get, "/entities?type=Bus&georel=within", "", "", 400, []string{badData}},
		{"Q10 scope", get, "/entities?type=Bus&scopeQ=/tianjin/%23", "", "", 200, []string{"/~ = 5"}},
		{"Q10 plus", get, "/entities?type=Bus&scopeQ=/tianjin/+/r3", "", "", 200, []string{"/~ = 1"}},
		{"Q11 pick", get, "/entities?type=Bus&pick=id,speed", "", "", 200, []string{"/0/speed", "!/0/type", "!/0/line"}},
		{"Q11 omit", get, "/entities?type=Bus&omit=speed,scope", "", "", 200, []string{"!/0/speed", "!/0/scope", "/0/line"}},
		{"Q11 pick and omit the same", get, "/entities?type=Bus&pick=speed&omit=speed", "", "", 400, []string{badData}},
		{"Q11 pick and attrs", get, "/entities?type=Bus&pick=speed&attrs=speed", "", "", 400, []string{badData}},
		{"Q11 too deep", get, "/entities?type=Bus&pick=" + q("owner{name}"), "", "", 400, []string{badData}},
		{"Q14 order", get, "/entities?type=Vehicle&orderBy=" + q("speed;desc") + "&limit=2", "", "", 200, []string{`/0/id = "urn:ngsi-ld:Bus:4"`, "/~ = 2", `Link: offset=2`}},
		{"Q14 has no cursors", get, "/entities?type=Vehicle&orderBy=speed&pageAfter=x", "", "", 400, []string{badData}},
		{"Q14 by distance", get, "/entities?type=Vehicle&local=true&orderBy=" + q("location;dist-asc") + "&orderFrom=" + q("[118,39.1]"), "", "", 200, []string{`/0/id = "urn:ngsi-ld:Bus:4"`}},
		{"Q14 distance from nowhere", get, "/entities?type=Vehicle&orderBy=" + q("location;dist-asc"), "", "", 400, []string{badData}},
		{"Q14 collation", get, "/entities?type=Vehicle&orderBy=line&collation=" + q("!!nope"), "", "", 400, []string{badData}},
		{"Q15 limit 0 without count", get, "/entities?type=Bus&limit=0", "", "", 400, []string{badData}},
		{"Q15 limit 0 with count", get, "/entities?type=Bus&limit=0&count=true", "", "", 200, []string{"/~ = 0", "NGSILD-Results-Count: 5"}},
		{"Q15 limit", get, "/entities?type=Bus&limit=-1", "", "", 400, []string{badData}},
		{"Q20 limit", get, "/entities?type=Bus&limit=1001", "", "", 403, []string{problem + `TooManyResults"`}},
		{"Q15 transparent pages", get, "/entities?type=Bus&limit=2&offset=2&count=true", "", "", 200, []string{"/~ = 2", "NGSILD-Results-Count: 5",
			`Link: </ngsi-ld/v1/entities?count=true&limit=2&offset=0&type=Bus>; rel="prev"; type="application/json"`, `Link: </ngsi-ld/v1/entities?count=true&limit=2&offset=4&type=Bus>; rel="next"; type="application/json"`}},
		{"Q15 the last page", get, "/entities?type=Bus&limit=2&offset=4", "", "", 200, []string{"/~ = 1", `!Link: rel="next"`}},
		{"Q15 opaque pages", get, "/entities?type=Bus&limit=2", "", "", 200, []string{"Link: pageAfter=", `!Link: rel="prev"`}},
		{"Q15 not a cursor", get, "/entities?type=Bus&pageAfter=xx", "", "", 400, []string{badData}},
		{"Q17 csf", get, "/entities?type=Bus&csf=" + q(`name=="x"`), "", "", 200, []string{"/~ = 5"}},
		{"Q17 csf syntax", get, "/entities?type=Bus&csf=" + q("))bad(("), "", "", 400, []string{badData}},
		{"Q06 linked without join", get, "/entities?type=Bus&q=" + q(`owner{name}=="x"`), "", "", 400, []string{badData}},
		{"D17 collection", get, "/entities?type=Bus&limit=1", "Accept: application/geo+json", "", 200, []string{`/type = "FeatureCollection"`, `/features/0/geometry/type = "Point"`, "/@context", "Content-Type: application/geo+json"}},
		{"D17 Prefer body=json", get, "/entities?type=Bus&limit=1", "Accept: application/geo+json\nPrefer: body=json", "", 200, []string{"!/@context", "Link: json-ld#context"}},
		{"D17 geometryProperty in JSON", get, "/entities?type=Bus&geometryProperty=location", "", "", 400, []string{badData}},
		{"unknown parameter", get, "/entities?type=Bus&page=2", "", "", 400, []string{badReq}},
		{"JSON-LD", get, "/entities?type=Bus", "Accept: application/ld+json", "", 200, []string{"/0/@context"}},
	}...)
	c.run(t, steps)
}

// Pages of opaque Links neither repeat nor miss while others write (5.5.9).
func TestPagesUnderWrites(t *testing.T) {
	c := open(t)
	var parts []string
	for i := range 100 {
		parts = append(parts, fmt.Sprintf(`{"id":"urn:ngsi-ld:Bus:%03d","type":"Bus"}`, i))
	}
	c.run(t, []step{{"", post, "/entityOperations/create", "", "[" + strings.Join(parts, ",") + "]", 201, nil}})
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() { // takes away what was read already, and adds others
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			c.do(t, step{method: post, path: "/entities", body: fmt.Sprintf(`{"id":"urn:ngsi-ld:Bus:new%d","type":"Bus"}`, i)})
		}
	})
	seen := map[string]int{}
	path := "/entities?type=Bus&limit=7"
	for pages := 0; path != "" && pages < 60; pages++ {
		status, h, body := c.do(t, step{method: get, path: path})
		if status != 200 {
			t.Fatal(status, clip(body))
		}
		for id := range strings.SplitSeq(string(body), `"id":"`) {
			if id, _, ok := strings.Cut(id, `"`); ok && strings.HasPrefix(id, "urn:") && !strings.Contains(id, "new") {
				seen[id]++
				if pages < 8 {
					c.do(t, step{method: del, path: "/entities/" + id})
				}
			}
		}
		path = ""
		for _, link := range h.Values("Link") {
			if strings.Contains(link, `rel="next"`) {
				from := strings.Index(link, "/entities?")
				path = link[from:strings.IndexByte(link, '>')]
			}
		}
		if len(seen) == 100 {
			break
		}
	}
	close(stop)
	wg.Wait()
	if len(seen) != 100 {
		t.Errorf("%d of 100 entities were on the pages", len(seen))
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s was there %d times", id, n)
		}
	}
}

// Row O03. ETSI GS CIM 009 V1.9.1 5.2.23, 5.2.33, 5.2.43, 6.23
func TestQueryByBody(t *testing.T) {
	at := "/entityOperations/query"
	open(t).run(t, []step{
		{"", post, "/entities", "", `{"id":"urn:ngsi-ld:Vehicle:A","type":"Vehicle","speed":120,"name":"Zebra","location":{"type":"Point","coordinates":[8.01,40.01]}}`, 201, nil},
		{"", post, "/entities", "", `{"id":"urn:ngsi-ld:Vehicle:B","type":"Vehicle","speed":10,"name":"Ähre","location":{"type":"Point","coordinates":[10,45]}}`, 201, nil},
		{"", post, "/entities", "", `{"id":"urn:ngsi-ld:Shop:C","type":"Shop","speed":10}`, 201, nil},
		{"type", post, at, "", `{"type":"Query","entities":[{"type":"Vehicle"}]}`, 200, []string{"/~ = 2"}},
		{"q", post, at, "", `{"type":"Query","entities":[{"type":"Vehicle"}],"q":"speed>100"}`, 200, []string{"/~ = 1", `/0/id = "urn:ngsi-ld:Vehicle:A"`}},
		{"pick", post, at, "", `{"type":"Query","entities":[{"type":"Vehicle"}],"pick":["speed"]}`, 200, []string{"/0/speed", "!/0/name"}},
		{"omit", post, at, "", `{"type":"Query","entities":[{"type":"Vehicle"}],"omit":["speed"]}`, 200, []string{"!/0/speed", "/0/name"}},
		{"several selectors", post, at, "", `{"type":"Query","entities":[{"type":"Shop"},{"type":"Vehicle","id":["urn:ngsi-ld:Vehicle:B"]}]}`, 200, []string{"/~ = 2"}},
		{"several types", post, at + "?count=true", "", `{"type":"Query","entities":[{"type":"Shop"},{"type":"Vehicle"}]}`, 200, []string{"/~ = 3", "NGSILD-Results-Count: 3"}},
		{"id before idPattern", post, at, "", `{"type":"Query","entities":[{"type":"Vehicle","id":"urn:ngsi-ld:Vehicle:A","idPattern":"B$"}]}`, 200, []string{"/~ = 1", `/0/id = "urn:ngsi-ld:Vehicle:A"`}},
		{"idPattern", post, at, "", `{"type":"Query","entities":[{"type":"Vehicle","idPattern":"B$"}]}`, 200, []string{"/~ = 1", `/0/id = "urn:ngsi-ld:Vehicle:B"`}},
		{"geoQ", post, at, "", `{"type":"Query","entities":[{"type":"Vehicle"}],"geoQ":{"georel":"near;maxDistance==5000","geometry":"Point","coordinates":[8,40]}}`, 200, []string{"/~ = 1"}},
		{"ordering by distance", post, at, "", `{"type":"Query","entities":[{"type":"Vehicle"}],"ordering":{"orderBy":["location;dist-desc"],"coordinates":[8,40],"geometry":"Point"}}`, 200, []string{`/0/id = "urn:ngsi-ld:Vehicle:B"`}},
		{"collation", post, at, "", `{"type":"Query","entities":[{"type":"Vehicle"}],"ordering":{"orderBy":["name;asc"],"collation":"de-u-co-phonebk"}}`, 200, []string{`/0/id = "urn:ngsi-ld:Vehicle:B"`}},
		{"limit", post, at + "?limit=1", "", `{"type":"Query","entities":[{"type":"Vehicle"}]}`, 200, []string{"/~ = 1", `Link: /entityOperations/query?limit=1`}},
		{"no entities", post, at, "", `{"type":"Query","entities":[]}`, 400, []string{badData}},
		{"no type of a selector", post, at, "", `{"type":"Query","entities":[{"id":"urn:ngsi-ld:Vehicle:A"}]}`, 400, []string{badData}},
		{"no URI", post, at, "", `{"type":"Query","entities":[{"type":"Vehicle","id":"not a uri"}]}`, 400, []string{badData}},
		{"mixed ids", post, at, "", `{"type":"Query","entities":[{"type":"Vehicle","id":["urn:ngsi-ld:Vehicle:A",5]}]}`, 400, []string{badData}},
		{"no attrs", post, at, "", `{"type":"Query","entities":[{"type":"Vehicle"}],"attrs":[]}`, 400, []string{badData}},
		{"q is a text", post, at, "", `{"type":"Query","entities":[{"type":"Vehicle"}],"q":42}`, 400, []string{badData}},
		{"joinLevel", post, at, "", `{"type":"Query","entities":[{"type":"Vehicle"}],"join":"inline","joinLevel":0}`, 400, []string{badData}},
		{"temporalQ", post, at, "", `{"type":"Query","entities":[{"type":"Vehicle"}],"temporalQ":{"timerel":"after","timeAt":"2020-01-01T00:00:00Z"}}`, 400, []string{badData}},
		{"another type", post, at, "", `{"type":"NotQuery","entities":[{"type":"Vehicle"}]}`, 400, []string{badData}},
		{"distance from nowhere", post, at, "", `{"type":"Query","entities":[{"type":"Vehicle"}],"ordering":{"orderBy":["location;dist-asc"]}}`, 400, []string{badData}},
		{"coordinates as text", post, at, "", `{"type":"Query","entities":[{"type":"Vehicle"}],"ordering":{"orderBy":["location;dist-asc"],"coordinates":"8,40"}}`, 400, []string{badData}},
		{"too wide", post, at, "", `{"type":"Query"}`, 400, []string{badData}},
		{"GeoJSON", post, at, asJSON + "\nAccept: application/geo+json", `{"type":"Query","entities":[{"type":"Vehicle"}]}`, 200, []string{`/type = "FeatureCollection"`}},
		{"a context of its own is served", post, at, asLD, `{"type":"Query","entities":[{"type":"V"}],"@context":{"V":"https://uri.etsi.org/ngsi-ld/default-context/Vehicle"}}`, 200, []string{"/~ = 2", `/0/type = "V"`, "Link: /ngsi-ld/v1/jsonldContexts/urn:ngsi-ld:Context:implicit:"}},
	})
}

// Row D18: linked entities. ETSI GS CIM 009 V1.9.1 4.5.23, 4.21
func TestJoin(t *testing.T) {
	b1, b := "/entities/urn:ngsi-ld:Building:1", "/entities/urn:ngsi-ld:Building:1?"
	open(t).run(t, []step{
		{"", post, "/entities", "", `{"id":"urn:ngsi-ld:Building:1","type":"Building","name":"塔","locatedAt":{"type":"Relationship","object":"urn:ngsi-ld:City:1","objectType":"City"},"near":{"type":"Relationship","object":"urn:ngsi-ld:Nothing:1"}}`, 201, nil},
		{"", post, "/entities", "", `{"id":"urn:ngsi-ld:City:1","type":"City","name":"天津","isInCountry":{"type":"Relationship","object":"urn:ngsi-ld:Country:1"},"landmark":{"type":"Relationship","object":"urn:ngsi-ld:Building:1"}}`, 201, nil},
		{"", post, "/entities", "", `{"id":"urn:ngsi-ld:Country:1","type":"Country","name":"中国"}`, 201, nil},
		{"none", get, b1, "", "", 200, []string{"!/locatedAt/entity"}},
		{"@none", get, b + "join=@none", "", "", 200, []string{"!/locatedAt/entity"}},
		{"inline", get, b + "join=inline", "", "", 200, []string{`/locatedAt/entity/name/value = "天津"`, "!/locatedAt/entity/isInCountry/entity", "!/near/entity"}},
		{"inline, two levels, no circle", get, b + "join=inline&joinLevel=2", "", "", 200, []string{`/locatedAt/entity/isInCountry/entity/name/value = "中国"`, "!/locatedAt/entity/landmark/entity"}},
		{"inline sysAttrs", get, b + "join=inline&options=sysAttrs", "", "", 200, []string{"/locatedAt/entity/createdAt"}},
		{"containedBy", get, b + "join=inline&joinLevel=2&containedBy=urn:ngsi-ld:Country:1", "", "", 200, []string{"/locatedAt/entity", "!/locatedAt/entity/isInCountry/entity"}},
		{"flat", get, b + "join=flat", "", "", 200, []string{"/~ = 2", `/1/id = "urn:ngsi-ld:City:1"`}},
		{"flat, two levels", get, b + "join=flat&joinLevel=2", "", "", 200, []string{"/~ = 3", `/2/id = "urn:ngsi-ld:Country:1"`}},
		{"flat, nothing linked", get, "/entities/urn:ngsi-ld:Country:1?join=flat", "", "", 200, []string{`/id = "urn:ngsi-ld:Country:1"`}},
		{"pick below", get, b + "join=inline&pick=" + q("id,locatedAt{id,name}"), "", "", 200, []string{"/locatedAt/entity/name", "!/locatedAt/entity/type", "!/name"}},
		{"pick below, flat", get, b + "join=flat&pick=" + q("id,locatedAt{id,name}"), "", "", 200, []string{"/1/name", "!/1/type"}},
		{"omit below, flat", get, b + "join=flat&omit=" + q("type,locatedAt{name}"), "", "", 200, []string{"!/0/type", "/0/locatedAt", "!/1/name", "/1/type"}},
		{"too deep", get, b + "join=inline&joinLevel=1&pick=" + q("locatedAt{isInCountry{name}}"), "", "", 400, []string{badData}},
		{"without join", get, b + "pick=" + q("locatedAt{name}"), "", "", 400, []string{badData}},
		{"joinLevel", get, b + "join=inline&joinLevel=0", "", "", 400, []string{badData}},
		{"join", get, b + "join=deep", "", "", 400, []string{badData}},
		{"simplified", get, b + "join=inline&format=simplified", "", "", 200, []string{`/locatedAt/name = "天津"`}},
		{"Q06 through linked entities", get, "/entities?type=Building&join=inline&q=" + q(`locatedAt{name}=="天津"`), "", "", 200, []string{"/~ = 1", "/0/locatedAt/entity"}},
		{"Q06 none", get, "/entities?type=Building&join=inline&q=" + q(`locatedAt{name}=="北京"`), "", "", 200, []string{"/~ = 0"}},
		{"Q06 two levels", get, "/entities?type=Building&join=flat&joinLevel=2&q=" + q(`locatedAt{isInCountry{name}}=="中国"`), "", "", 200, []string{"/~ = 3"}},
		{"Q06 too deep", get, "/entities?type=Building&join=flat&joinLevel=1&q=" + q(`locatedAt{isInCountry{name}}=="中国"`), "", "", 400, []string{badData}},
		{"a query, flat", get, "/entities?type=Building&join=flat", "", "", 200, []string{"/~ = 2"}},
	})
}

// Rows O19 to O24. ETSI GS CIM 009 V1.9.1 5.7.5 to 5.7.10
func TestDiscovery(t *testing.T) {
	open(t).run(t, []step{
		{"nothing", get, "/types", "", "", 200, []string{`/type = "EntityTypeList"`, `/typeList = []`, "/id"}},
		{"", post, "/entities", "", vehicle, 201, nil},
		{"", post, "/entities", "", `{"id":"urn:ngsi-ld:Shop:1","type":"https://a.example/Shop","speed":{"type":"Relationship","object":"urn:x:1"}}`, 201, nil},
		{"O19", get, "/types", "", "", 200, []string{`/typeList = ["Vehicle","https://a.example/Shop"]`}},
		{"O20", get, "/types?details=true", "", "", 200, []string{`/~ = 2`, `/0/type = "EntityType"`}},
		{"O21", get, "/types/Vehicle", "", "", 200, []string{`/type = "EntityTypeInfo"`, `/entityCount = 1`, `/typeName = "Vehicle"`, `/id = "https://uri.etsi.org/ngsi-ld/default-context/Vehicle"`,
			`/attributeDetails/~ = 3`, `/attributeDetails/0/type = "Attribute"`, `/attributeDetails/0/attributeTypes/~ = 1`, "!/attributeDetails/0/attributeCount"}},
		{"O21 by IRI", get, "/types/https:%2F%2Fa.example%2FShop", "", "", 200, []string{`/entityCount = 1`}},
		{"O21 not there", get, "/types/Nothing", "", "", 404, []string{none}},
		{"O21 unknown parameter", get, "/types/Vehicle?details=true", "", "", 400, []string{badReq}},
		{"O22", get, "/attributes", "", "", 200, []string{`/type = "AttributeList"`, `/attributeList = ["brandName","isParked","speed"]`}},
		{"O22 unknown parameter", get, "/attributes?limit=5", "", "", 400, []string{badReq}},
		{"O23", get, "/attributes?details=true", "", "", 200, []string{`/~ = 3`, `/2/attributeName = "speed"`, `/2/typeNames/~ = 2`, "!/2/attributeCount"}},
		{"O24", get, "/attributes/speed", "", "", 200, []string{`/attributeCount = 2`, `/attributeTypes = ["Property","Relationship"]`, `/typeNames/~ = 2`}},
		{"O24 not there", get, "/attributes/nothing", "", "", 404, []string{none}},
		{"O24 a member is no attribute", get, "/attributes/id", "", "", 404, []string{none}},
		{"JSON-LD", get, "/types", "Accept: application/ld+json", "", 200, []string{"/@context"}},
		{"", del, v1, "", "", 204, nil},
		{"gone", get, "/types/Vehicle", "", "", 404, []string{none}},
	})
}

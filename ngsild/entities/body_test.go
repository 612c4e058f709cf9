package entities

import (
	"net/http/httptest"
	"testing"

	"github.com/haihe-city/haihe/ngsild/exchange"
	"github.com/haihe-city/haihe/wire/ngsild/jsonld"
)

// Whatever a Query in a body says, it is read or refused; what is read has selectors that can be asked.
func FuzzQueryBody(f *testing.F) {
	for _, s := range []string{
		`{"type":"Query","entities":[{"type":"A","id":["urn:x:1"]},{"type":"B|C","idPattern":".*"}],"q":"a==1","pick":["a"],"joinLevel":2}`,
		`{"type":"Query","geoQ":{"georel":"near;maxDistance==1","geometry":"Point","coordinates":"[1,2]"},"ordering":{"orderBy":["a;desc"],"coordinates":[1,2]}}`,
		`{"type":"Query","entities":[]}`, `{"type":"Query","entities":[{"type":"A","id":5}]}`, `{"type":"Query","joinLevel":1e400}`, `[]`, `{"type":7}`, `{"type":"Query","entities":[null]}`,
	} {
		f.Add([]byte(s))
	}
	s := &Service{}
	f.Fuzz(func(t *testing.T, body []byte) {
		x := &exchange.Exchange{R: httptest.NewRequest("POST", "/", nil), Body: body, Ctx: jsonld.Core(), Kit: &exchange.Kit{}, Op: &exchange.Op{}}
		sels, err := s.readQuery(x)
		if err != nil {
			return
		}
		for i := range sels {
			if sels[i].types == nil {
				t.Fatalf("%s: a selector without types", body)
			}
		}
		sel := &selection{}
		narrowed(sel, sels)
	})
}

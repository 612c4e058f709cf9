package form

import (
	"errors"
	"strings"
	"testing"
)

// TestProof reads the proof of an entity and writes it again (ETSI GS CIM 009 V1.9.1 4.5.2.2, annex C.11).
func TestProof(t *testing.T) {
	const proof = `"ngsildproof":{"type":"Property","value":{"type":"DataIntegrityProof","created":"2025-01-27T21:02:24Z","proofValue":"zQe"},` +
		`"entityIdSealed":"urn:a:b","entityTypeSealed":"T"}`
	e, err := Entity([]byte(`{"id":"urn:a:b","type":"T",`+proof+`}`), Input{Context: user})
	if err != nil {
		t.Fatal(err)
	}
	e.Owner = "u"
	if err := e.Check(); err != nil {
		t.Fatal(err)
	}
	if got := string(Append(nil, e, &Output{Context: user})); !strings.Contains(got, proof) {
		t.Errorf("%s", got)
	}
	for _, body := range []string{
		`"ngsildproof":{"type":"Property","value":{"a":1},"entityTypeSealed":42}`, `"p":{"type":"Property","value":1,"entityIdSealed":"urn:a:b"}`,
	} {
		var bad *Error
		if _, err := Entity([]byte(`{"id":"urn:a:b","type":"T",`+body+`}`), Input{Context: user}); !errors.As(err, &bad) {
			t.Errorf("%s: %v", body, err)
		}
	}
	for _, body := range []string{`"ngsildproof":{"type":"Property","value":"x"}`, `"ngsildproof":{"type":"Relationship","object":"urn:x:1"}`} {
		e, err := Entity([]byte(`{"id":"urn:a:b","type":"T",`+body+`}`), Input{Context: user})
		if err == nil {
			e.Owner = "u"
			err = e.Check()
		}
		if err == nil {
			t.Errorf("%s was taken", body)
		}
	}
}

package tsp

import (
	"math/big"
	"reflect"
	"testing"
	"time"
)

var imprint = Imprint{Hash: "2.16.840.1.101.3.4.2.1", Digest: make([]byte, 32)}

func TestBackAndForth(t *testing.T) {
	for _, q := range []*Request{{Imprint: imprint}, {Imprint: imprint, Policy: "1.2.3", Nonce: big.NewInt(-5), CertReq: true}} {
		if back, err := ParseRequest(q.Marshal()); err != nil || !reflect.DeepEqual(back, q) {
			t.Errorf("%+v came back as %+v, %v", q, back, err)
		}
	}
	at := time.Date(2016, 3, 1, 8, 0, 0, 120_000_000, time.UTC)
	for _, i := range []*Info{
		{Policy: "1.2.3", Imprint: imprint, Serial: big.NewInt(1), Time: at},
		{Policy: "1.2.3", Imprint: imprint, Serial: new(big.Int).Lsh(big.NewInt(1), 100), Time: at.Truncate(time.Second), Accuracy: 2*time.Second + 30*time.Millisecond + 400*time.Microsecond,
			Ordering: true, Nonce: big.NewInt(7), TSA: []byte{0x82, 1, 'a'}},
	} {
		if back, err := ParseInfo(i.Marshal()); err != nil || !reflect.DeepEqual(back, i) {
			t.Errorf("%+v came back as %+v, %v", i, back, err)
		}
	}
	for _, p := range []*Response{
		{Status: Granted, Failure: NoFailure, Token: []byte{0x30, 0}}, {Status: Rejection, Failure: BadAlgorithm, Text: []string{"摘要算法"}},
		{Status: Rejection, Failure: SystemFailure}, {Status: Rejection, Failure: NoFailure},
	} {
		if back, err := ParseResponse(p.Marshal()); err != nil || !reflect.DeepEqual(back, p) {
			t.Errorf("%+v came back as %+v, %v", p, back, err)
		}
	}
	for _, bad := range []*Response{{Status: Granted}, {Status: Rejection, Token: []byte{0x30, 0}, Failure: NoFailure}} {
		if _, err := ParseResponse(bad.Marshal()); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

// FuzzParse: what is taken is written again as what reads the same.
func FuzzParse(f *testing.F) {
	f.Add((&Request{Imprint: imprint, Policy: "1.2.3", Nonce: big.NewInt(9), CertReq: true}).Marshal())
	f.Add((&Response{Status: Rejection, Failure: BadRequest}).Marshal())
	f.Add((&Info{Policy: "1.2.3", Imprint: imprint, Serial: big.NewInt(1), Time: time.Unix(0, 0), Accuracy: time.Second}).Marshal())
	f.Fuzz(func(t *testing.T, b []byte) {
		if q, err := ParseRequest(b); err == nil && q.Extension == "" {
			if again, err := ParseRequest(q.Marshal()); err != nil || !reflect.DeepEqual(q, again) {
				t.Fatalf("%x: %+v, %+v, %v", b, q, again, err)
			}
		}
		if i, err := ParseInfo(b); err == nil {
			if again, err := ParseInfo(i.Marshal()); err != nil || again.Policy != i.Policy {
				t.Fatalf("%x: %v", b, err)
			}
		}
		_, _ = ParseResponse(b)
	})
}

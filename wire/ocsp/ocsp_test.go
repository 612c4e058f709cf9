package ocsp

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"math/big"
	"reflect"
	"testing"
	"time"

	"github.com/haihe-city/haihe/wire/der"
)

func sum(b []byte) []byte { s := sha1.Sum(b); return s[:] }

func id(serial int64) CertID {
	return NewCertID(OIDSHA1, sum, []byte("issuer"), []byte("key"), big.NewInt(serial))
}

func TestRequest(t *testing.T) {
	for _, q := range []*Request{
		{List: []Question{{ID: id(5)}}},
		{List: []Question{{ID: id(5)}, {ID: id(-6), Extensions: []Extension{{OID: "1.2.3", Critical: true, Value: []byte{5, 0}}}}}, Nonce: []byte("nonce"),
			Requestor: der.Value(der.Context(2), []byte("a.example"))},
	} {
		back, err := ParseRequest(q.Marshal())
		if err != nil || !reflect.DeepEqual(back, q) {
			t.Errorf("%+v came back as %+v, %v", q, back, err)
		}
	}
}

func TestResponse(t *testing.T) {
	at := time.Date(2016, 3, 1, 8, 0, 0, 0, time.UTC)
	for _, who := range []Responder{{KeyHash: sum([]byte("key"))}, {Name: der.Seq()}} {
		p := &Response{Responder: who, Produced: at, Nonce: []byte{1, 2}, Certificates: [][]byte{der.Seq(der.Int(1))}, List: []Answer{
			{ID: id(1), Status: Good, Reason: NoReason, This: at, Next: at.Add(time.Hour)},
			{ID: id(2), Status: Revoked, RevokedAt: at.Add(-time.Hour), Reason: 1, This: at},
			{ID: id(3), Status: Revoked, RevokedAt: at, Reason: NoReason, This: at},
			{ID: id(4), Status: Unknown, Reason: NoReason, This: at, Extensions: []Extension{{OID: "1.2.3", Value: []byte{}}}},
		}}
		var signed []byte
		b, err := p.Encode(func(m []byte) ([]byte, []byte, error) {
			signed = m
			return der.Algorithm("1.2.3", nil), []byte("sig"), nil
		})
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseResponse(b)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(back.Signed, signed) || string(back.Signature) != "sig" {
			t.Error("what was signed did not come back")
		}
		p.Signed, p.Algorithm, p.Signature = back.Signed, back.Algorithm, back.Signature
		if !reflect.DeepEqual(back, p) {
			t.Errorf("%+v\ncame back as\n%+v", p, back)
		}
		if a, ok := back.Find(id(2)); !ok || a.Reason != 1 {
			t.Error("the revoked one was not found")
		}
		if _, ok := back.Find(id(9)); ok {
			t.Error("one was found that nobody asked for")
		}
		if back.SameNonce(&Request{Nonce: []byte{9}}) || !back.SameNonce(&Request{Nonce: []byte{1, 2}}) {
			t.Error("nonces")
		}
	}
	if _, err := (&Response{}).Encode(func([]byte) ([]byte, []byte, error) { return nil, nil, errors.New("no key") }); err == nil {
		t.Error("an answer nobody signed")
	}
}

func TestFailures(t *testing.T) {
	for _, o := range []Outcome{MalformedRequest, InternalError, TryLater, SignRequired, Unauthorized} {
		if p, err := ParseResponse(Failure(o)); err != nil || p.Outcome != o {
			t.Errorf("%d came back as %+v, %v", o, p, err)
		}
	}
	for _, bad := range [][]byte{{}, {0x30, 0}, Failure(Successful), Failure(4), Failure(7), append(Failure(1), 0)} {
		if p, err := ParseResponse(bad); err == nil {
			t.Errorf("%x was taken as %+v", bad, p)
		}
	}
	for _, bad := range [][]byte{{}, {0x30, 0}, (&Request{}).Marshal(), append((&Request{List: []Question{{ID: id(1)}}}).Marshal(), 0)} {
		if q, err := ParseRequest(bad); err == nil {
			t.Errorf("%x was taken as %+v", bad, q)
		}
	}
}

// FuzzParse: whatever is taken is written again as a message that reads the same.
func FuzzParse(f *testing.F) {
	f.Add((&Request{List: []Question{{ID: id(1)}}, Nonce: []byte("n")}).Marshal())
	b, _ := (&Response{Responder: Responder{KeyHash: []byte("k")}, List: []Answer{{ID: id(1), Status: Revoked, Reason: 1}}}).Encode(
		func([]byte) ([]byte, []byte, error) { return der.Algorithm("1.2.3", nil), []byte("sig"), nil })
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		if q, err := ParseRequest(b); err == nil {
			again, err := ParseRequest(q.Marshal())
			if err != nil || len(again.List) != len(q.List) || !again.List[0].ID.Equal(q.List[0].ID) {
				t.Fatalf("%x: %v", b, err)
			}
		}
		if p, err := ParseResponse(b); err == nil {
			for _, a := range p.List {
				p.Find(a.ID)
			}
		}
	})
}

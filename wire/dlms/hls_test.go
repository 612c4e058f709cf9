package dlms

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// TestProof: the example of mechanism 5 in the DLMS Green Book: keys, titles and challenges as printed there, and both proofs.
func TestProof(t *testing.T) {
	un := func(s string) []byte { b, _ := hex.DecodeString(s); return b }
	key, auth := un("000102030405060708090A0B0C0D0E0F"), un("D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF")
	client := Keys{Title: un("4D4D4D0000000001"), Key: key, Authentication: auth}
	server := Keys{Title: un("4D4D4D0000BC614E"), Key: key, Authentication: auth}
	ctos, stoc := un("4B35366956616759"), un("503677524A323146")
	for _, c := range []struct {
		k         Keys
		counter   uint32
		challenge []byte
		want      string
	}{{client, 1, stoc, "10000000011A52FE7DD3E72748973C1E28"}, {server, 0x01234567, ctos, "1001234567FE1466AFB3DBCD4F9389E2B7"}} {
		got, err := c.k.Prove(c.counter, c.challenge)
		if err != nil || !bytes.Equal(got, un(c.want)) {
			t.Errorf("proof %X %v, want %s", got, err, c.want)
		}
		if err := c.k.Proves(got, c.challenge); err != nil {
			t.Error(err)
		}
		for i := range got {
			bad := bytes.Clone(got)
			bad[i] ^= 1
			if c.k.Proves(bad, c.challenge) == nil {
				t.Errorf("byte %d changed proves all the same", i)
			}
		}
		if c.k.Proves(got, append(bytes.Clone(c.challenge), 0)) == nil || c.k.Proves(got[:16], c.challenge) == nil {
			t.Error("another challenge, or a short proof, is taken")
		}
	}
	if server.Proves(un("10000000011A52FE7DD3E72748973C1E28"), stoc) == nil {
		t.Error("a proof of one side is taken for the other's")
	}
	for _, challenge := range [][]byte{nil, make([]byte, 7), make([]byte, 65)} {
		if _, err := client.Prove(1, challenge); err == nil {
			t.Errorf("a challenge of %d bytes is answered", len(challenge))
		}
	}
	q := AssociateGMAC(client.Title, ctos, InitiateRequest{Version: 6, Conformance: Wanted, MaxAPDU: 1200})
	a, err := Decode(Encode(q))
	got, ok := a.(AARQ)
	if err != nil || !ok || got.Mechanism() != GMAC || !bytes.Equal(got.Title(), client.Title) || !bytes.Equal(got.Secret(), ctos) || got.Context() != 1 {
		t.Errorf("AARQ %+v %v", a, err)
	}
	b, err := Decode(Encode(AcceptGMAC(server.Title, stoc, InitiateResponse{Version: 6, MaxAPDU: 500})))
	e, ok := b.(AARE)
	if result, diagnostic := e.Outcome(); err != nil || !ok || result != 0 || diagnostic != diagnosticRequired || !bytes.Equal(e.Title(), server.Title) || !bytes.Equal(e.Challenge(), stoc) {
		t.Errorf("AARE %+v %v", b, err)
	}
}

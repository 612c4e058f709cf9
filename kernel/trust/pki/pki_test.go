package pki

import (
	"bytes"
	"testing"
)

func TestSignAndVerify(t *testing.T) {
	for _, a := range []Algorithm{SM2, ECDSA} {
		t.Run(string(a), func(t *testing.T) {
			k, err := Generate(a)
			if err != nil {
				t.Fatal(err)
			}
			message := []byte("海河 2016")
			sig, err := Sign(k, message)
			if err != nil {
				t.Fatal(err)
			}
			if err := Verify(k.Public(), message, sig); err != nil {
				t.Error(err)
			}
			if err := Verify(k.Public(), []byte("海河 2017"), sig); err == nil {
				t.Error("another message passed")
			}
			other, _ := Generate(a)
			if err := Verify(other.Public(), message, sig); err == nil {
				t.Error("another key passed")
			}
			der, err := MarshalPrivate(k)
			if err != nil {
				t.Fatal(err)
			}
			again, err := ParsePrivate(der)
			if err != nil {
				t.Fatal(err)
			}
			pub, _ := MarshalPublic(k.Public())
			same, _ := MarshalPublic(again.Public())
			if !bytes.Equal(pub, same) {
				t.Error("the key is another after its PKCS #8 form")
			}
			if back, err := ParsePublic(pub); err != nil {
				t.Error(err)
			} else if err := Verify(back, message, sig); err != nil {
				t.Error(err)
			}
		})
	}
}

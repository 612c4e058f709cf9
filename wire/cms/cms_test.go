package cms

import (
	"bytes"
	"math/big"
	"reflect"
	"testing"

	"github.com/haihe-city/haihe/wire/der"
)

var (
	issuer = der.Seq(der.SetOf(der.Set, der.Seq(der.OID("2.5.4.3"), der.Text("津"))))
	named  = Who{Issuer: issuer, Serial: big.NewInt(-300)}
	keyed  = Who{KeyID: []byte{1, 2, 3}}
	sha256 = der.Algorithm("2.16.840.1.101.3.4.2.1", nil)
	signs  = der.Algorithm("1.2.840.10045.4.3.2", nil)
)

func attributes() []Attribute {
	return []Attribute{{AttrContentType, [][]byte{der.OID(Data)}}, {AttrDigest, [][]byte{der.Bytes([]byte("digest"))}}}
}

func signed() []*SignedData {
	one := Signer{Who: named, Digest: sha256, Signed: attributes(), Algorithm: signs, Signature: []byte{9}}
	two := Signer{Who: keyed, Digest: sha256, Algorithm: signs, Signature: []byte{8}, Unsigned: []Attribute{{AttrTimeStamp, [][]byte{der.Seq()}}}}
	return []*SignedData{
		{ContentType: Data, Content: []byte("content"), Signers: []Signer{one}},
		{ContentType: Data, Content: []byte{}, Signers: []Signer{one}},
		{ContentType: Data, Signers: []Signer{two}},
		{GM: true, ContentType: GMData, Content: []byte("内容"), Certificates: [][]byte{der.Seq(der.Int(1)), der.Seq(der.Int(2))}, CRLs: [][]byte{der.Seq(der.Int(3))}, Signers: []Signer{one, two}},
		{ContentType: Data, Certificates: [][]byte{der.Seq(der.Int(1))}}, // certificates alone, as RFC 7030 4.1.3 hands them out
	}
}

func enveloped() []*EnvelopedData {
	transport := KeyRecipient{Who: named, Algorithm: signs, Key: []byte{1}}
	agreement := KeyRecipient{Who: keyed, Algorithm: signs, Key: []byte{2}, Originator: der.Seq(signs, der.BitsOf([]byte{4, 5})), UKM: []byte{6}}
	return []*EnvelopedData{
		{Recipients: []KeyRecipient{transport}, ContentType: Data, Algorithm: signs, Content: []byte("sealed")},
		{Recipients: []KeyRecipient{{Who: keyed, Algorithm: signs, Key: []byte{1}}, agreement}, ContentType: Data, Algorithm: signs, Content: []byte("sealed")},
		{Recipients: []KeyRecipient{{Who: named, Algorithm: signs, Key: []byte{2}, Originator: agreement.Originator}}, Auth: true, ContentType: Data, Algorithm: signs, Content: []byte{}, MAC: []byte("tag")},
		{GM: true, Recipients: []KeyRecipient{transport}, ContentType: GMData, Algorithm: signs, Content: []byte("sealed")},
	}
}

// bare takes away what reading adds.
func bare(s *SignedData) *SignedData {
	for i := range s.Signers {
		s.Signers[i].SignedDER = nil
	}
	return s
}

func TestBackAndForth(t *testing.T) {
	for i, s := range signed() {
		b := s.Marshal()
		back, err := ParseSigned(b)
		if err != nil {
			t.Errorf("%d: %v", i, err)
			continue
		}
		for j := range back.Signers {
			if x := &back.Signers[j]; x.Signed != nil && !bytes.Equal(x.SignedDER, Attributes(der.Set, x.Signed)) {
				t.Errorf("%d: what is signed is not the attributes: %x", i, x.SignedDER)
			}
		}
		if again := bare(back).Marshal(); !bytes.Equal(again, b) || len(back.Signers) != len(s.Signers) || back.GM != s.GM || !bytes.Equal(back.Content, s.Content) || (back.Content == nil) != (s.Content == nil) {
			t.Errorf("%d: %+v came back as %+v", i, s, back)
		}
	}
	for i, e := range enveloped() {
		back, err := ParseEnveloped(e.Marshal())
		if err != nil || !bytes.Equal(back.Marshal(), e.Marshal()) || back.Auth != e.Auth || len(back.Recipients) != len(e.Recipients) || !bytes.Equal(back.MAC, e.MAC) {
			t.Errorf("%d: %+v came back as %+v, %v", i, e, back, err)
		}
	}
}

// TestVersions: RFC 5652 5.1 and 6.1 say which version a message bears; GM/T 0010 has 1.
func TestVersions(t *testing.T) {
	version := func(b []byte) int {
		r := der.New(Standard, b).Enter(der.Sequence, "3")
		r.OID("3")
		return r.Enter(der.Inner(0), "3").Enter(der.Sequence, "5.1").Small(der.Integer, 9, "5.1")
	}
	for i, want := range []int{1, 1, 3, 3, 1} {
		if got := version(signed()[i].Marshal()); got != want {
			t.Errorf("signed %d: version %d, want %d", i, got, want)
		}
	}
	if got := version((&SignedData{ContentType: "1.2.840.113549.1.9.16.1.4", Content: []byte{1}}).Marshal()); got != 3 {
		t.Errorf("another content: version %d, want 3", got)
	}
	for i, want := range []int{0, 2, 0, 1} {
		if got := version(enveloped()[i].Marshal()); got != want {
			t.Errorf("enveloped %d: version %d, want %d", i, got, want)
		}
	}
}

// TestMalformed: every message cut short, and each of the named faults, is refused with its place.
func TestMalformed(t *testing.T) {
	whole := signed()[3].Marshal()
	for n := range whole {
		if _, err := ParseSigned(whole[:n]); err == nil {
			t.Fatalf("cut to %d bytes: taken", n)
		}
	}
	sealed := enveloped()[1].Marshal()
	for n := range sealed {
		if _, err := ParseEnveloped(sealed[:n]); err == nil {
			t.Fatalf("cut to %d bytes: taken", n)
		}
	}
	for name, b := range map[string][]byte{
		"of another type":   sealed,
		"something behind":  append(bytes.Clone(whole), 5, 0),
		"version 6":         wrap(SignedType, der.Seq(der.Int(6), der.SetOf(der.Set), der.Seq(der.OID(Data)), der.SetOf(der.Set))),
		"no signers' set":   wrap(SignedType, der.Seq(der.Int(1), der.SetOf(der.Set), der.Seq(der.OID(Data)))),
		"something inside":  wrap(SignedType, der.Seq(der.Int(1), der.SetOf(der.Set), der.Seq(der.OID(Data)), der.SetOf(der.Set), der.Int(1))),
		"a number for type": der.Seq(der.Int(1), der.Value(der.Inner(0), der.Seq())),
	} {
		_, err := ParseSigned(b)
		if e, ok := err.(*der.Error); !ok || e.Clause == "" || e.Reason.Zh == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ParseEnveloped(whole); err == nil {
		t.Error("a signed message was taken for an encrypted one")
	}
}

// TestAttr: an attribute that stands there twice, or with several values, is none.
func TestAttr(t *testing.T) {
	for _, r := range []struct {
		list []Attribute
		want []byte
	}{
		{attributes(), der.Bytes([]byte("digest"))},
		{append(attributes(), attributes()[1]), nil},
		{[]Attribute{{AttrDigest, [][]byte{{5, 0}, {5, 0}}}}, nil},
		{[]Attribute{{AttrDigest, nil}}, nil},
		{nil, nil},
	} {
		if got := (&Signer{Signed: r.list}).Attr(AttrDigest); !bytes.Equal(got, r.want) {
			t.Errorf("%v: %x, want %x", r.list, got, r.want)
		}
	}
}

// TestStreamed: indefinite lengths and a content in pieces, as streaming programs write, read as the message in DER does.
func TestStreamed(t *testing.T) {
	want := signed()[0]
	inner := want.Marshal()
	r := der.New(Standard, inner).Enter(der.Sequence, "3")
	oid := r.Any("3").Full
	body := r.Enter(der.Inner(0), "3").Enter(der.Sequence, "5.1")
	var version, digests, signers []byte
	version, digests = body.Any("5.1").Full, body.Any("5.1").Full
	body.Any("5.1")
	signers = body.Any("5.1").Full
	end := []byte{0, 0}
	pieces := bytes.Join([][]byte{{0x24, 0x80}, der.Bytes([]byte("con")), der.Bytes([]byte("tent")), end}, nil)
	content := bytes.Join([][]byte{{0x30, 0x80}, der.OID(Data), {0xa0, 0x80}, pieces, end, end}, nil)
	streamed := bytes.Join([][]byte{{0x30, 0x80}, oid, {0xa0, 0x80, 0x30, 0x80}, version, digests, content, signers, end, end, end}, nil)
	got, err := ParseSigned(streamed)
	if err != nil || !reflect.DeepEqual(bare(got).Content, want.Content) || len(got.Signers) != 1 {
		t.Errorf("%+v %v", got, err)
	}
}

// FuzzParse: what is taken is written again as what reads the same.
func FuzzParse(f *testing.F) {
	for _, s := range signed() {
		f.Add(s.Marshal())
	}
	for _, e := range enveloped() {
		f.Add(e.Marshal())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := ParseSigned(b); err == nil {
			again, err := ParseSigned(s.Marshal())
			if err != nil || len(again.Signers) != len(s.Signers) {
				t.Fatalf("%x: %v", b, err)
			}
		}
		if e, err := ParseEnveloped(b); err == nil {
			again, err := ParseEnveloped(e.Marshal())
			if err != nil || len(again.Recipients) != len(e.Recipients) {
				t.Fatalf("%x: %v", b, err)
			}
		}
	})
}

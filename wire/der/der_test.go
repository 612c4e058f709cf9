package der

import (
	"bytes"
	"encoding/hex"
	"math/big"
	"testing"
	"time"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestIntegers(t *testing.T) {
	for _, c := range []struct {
		n    string
		want string
	}{
		{"0", "020100"}, {"127", "02017f"}, {"128", "02020080"}, {"-1", "0201ff"}, {"-128", "020180"}, {"-129", "0202ff7f"},
		{"65536", "0203010000"}, {"-32768", "02028000"},
	} {
		n, _ := new(big.Int).SetString(c.n, 10)
		got := BigInt(n)
		if hex.EncodeToString(got) != c.want {
			t.Errorf("%s: %x, want %s", c.n, got, c.want)
		}
		r := New("X", got)
		if back := r.Big("1"); r.Err() != nil || back.Cmp(n) != 0 {
			t.Errorf("%s came back as %v, %v", c.n, back, r.Err())
		}
	}
}

func TestObjectIdentifiers(t *testing.T) {
	for _, c := range []struct{ oid, want string }{
		{"2.5.29.15", "0603551d0f"}, {"1.2.840.113549.1.1.1", "06092a864886f70d010101"}, {"1.2.156.10197.1.501", "06082a811ccf55018375"},
		{"2.999.1", "0603883701"}, {"0.39", "060127"}, {"2.100.3", "0603813403"},
		{"2.25.340282366920938463463374607431768211455", "061469" + "83ffffffffffffffffffffffffffffffffff7f"},
	} {
		got := OID(c.oid)
		if hex.EncodeToString(got) != c.want {
			t.Errorf("%s: %x, want %s", c.oid, got, c.want)
		}
		r := New("X", got)
		if back := r.OID("1"); back != c.oid || r.Err() != nil {
			t.Errorf("%s came back as %s, %v", c.oid, back, r.Err())
		}
	}
}

// Each of these has one octet in another form than the only one that DER allows.
func TestRefused(t *testing.T) {
	for _, c := range []struct {
		name, in string
		read     func(*Reader)
	}{
		{"indefinite length", "30800000", func(r *Reader) { r.Any("1") }},
		{"long form of a short length", "04810141", func(r *Reader) { r.Any("1") }},
		{"leading zero in a length", "0482008041", func(r *Reader) { r.Any("1") }},
		{"length past the end", "040541", func(r *Reader) { r.Any("1") }},
		{"nothing", "", func(r *Reader) { r.Any("1") }},
		{"high tag", "1f8101", func(r *Reader) { r.Any("1") }},
		{"empty integer", "0200", func(r *Reader) { r.Big("1") }},
		{"padded integer", "02020001", func(r *Reader) { r.Big("1") }},
		{"padded negative", "0202ff80", func(r *Reader) { r.Big("1") }},
		{"boolean of 1", "010101", func(r *Reader) { r.Bool(Boolean, "1") }},
		{"unused bits set", "03020101", func(r *Reader) { r.Bits(BitString, "1") }},
		{"eight unused bits", "03020800", func(r *Reader) { r.Bits(BitString, "1") }},
		{"padded arc", "0603558001", func(r *Reader) { r.OID("1") }},
		{"cut arc", "060255ff", func(r *Reader) { r.OID("1") }},
		{"time without seconds", "170b313630313031303030305a", func(r *Reader) { r.Time("1") }},
		{"31 February", "170d3136303233313030303030305a", func(r *Reader) { r.Time("1") }},
		{"fraction with a trailing zero", "18123230313630313031303030303030 2e305a", func(r *Reader) { r.Moment(GeneralizedTime, "1") }},
		{"trailing", "0500", func(r *Reader) { r.End("1") }},
		{"another type", "0500", func(r *Reader) { r.Enter(Sequence, "1") }},
	} {
		r := New("X", unhex(t, string(bytes.ReplaceAll([]byte(c.in), []byte(" "), nil))))
		c.read(r)
		if r.Err() == nil {
			t.Errorf("%s was taken", c.name)
		}
	}
	deep := []byte{}
	for range 200 {
		deep = Seq(deep)
	}
	r := New("X", deep)
	for in := r; in.More(); {
		in = in.Enter(Sequence, "1")
	}
	if r.Err() == nil {
		t.Error("two hundred levels were taken")
	}
}

func TestTimes(t *testing.T) {
	at := time.Date(2016, 2, 29, 1, 2, 3, 4_000_000, time.UTC)
	r := New("X", Seq(When(at), Moment(GeneralizedTime, at), Instant(at), When(at.AddDate(40, 0, 0)))).Enter(Sequence, "1")
	whole := at.Truncate(time.Second)
	for i, got := range []time.Time{r.Time("1"), r.Time("1"), r.Moment(GeneralizedTime, "1"), r.Time("1")} {
		if want := []time.Time{whole, whole, at, whole.AddDate(40, 0, 0)}[i]; !got.Equal(want) {
			t.Errorf("time %d: %v, want %v (%v)", i, got, want, r.Err())
		}
	}
}

func TestFromBER(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"definite", "30030101ff", "30030101ff"},
		{"indefinite", "30800101ff0000", "30030101ff"},
		{"string in pieces", "248004014104014200" + "00", "04024142"},
		{"long length", "048101aa", "0401aa"},
		{"eContent in pieces", "3080060155a0802480040141040142000000000000", "300906" + "0155a00404024142"},
		{"encryptedContent in pieces", "30800601553000a0800401410401420000" + "0000", "3009060155300080024142"},
	} {
		got, err := FromBER("X", unhex(t, c.in))
		if err != nil || hex.EncodeToString(got) != c.want {
			t.Errorf("%s: %x, %v, want %s", c.name, got, err, c.want)
		}
	}
	for _, bad := range []string{"3080", "30800101", "0480", "30030101", "0500ff", "3f80"} {
		if got, err := FromBER("X", unhex(t, bad)); err == nil {
			t.Errorf("%s was taken as %x", bad, got)
		}
	}
}

// FuzzReader walks whatever comes: no panic, no endless loop, and what FromBER gives is read by the reader.
func FuzzReader(f *testing.F) {
	f.Add([]byte{0x30, 0x80, 1, 1, 255, 0, 0})
	f.Add(Seq(Int(5), OID("2.5.29.15"), Text("海河"), When(time.Unix(0, 0))))
	f.Fuzz(func(t *testing.T, b []byte) {
		walk(New("X", b))
		if out, err := FromBER("X", b); err == nil {
			again, err := FromBER("X", out)
			if err != nil || !bytes.Equal(again, out) {
				t.Fatalf("%x became %x and then %x, %v", b, out, again, err)
			}
		}
	})
}

func walk(r *Reader) {
	for r.More() {
		switch tag := r.Tag(); {
		case tag == Integer:
			r.Big("1")
		case tag == ObjectID:
			r.OID("1")
		case tag == BitString:
			r.Bits(tag, "1")
		case tag == UTCTime:
			r.Time("1")
		case tag == GeneralizedTime:
			r.Moment(tag, "1")
		case tag&0x20 != 0:
			walk(r.Enter(tag, "1"))
		default:
			r.Any("1")
		}
	}
}

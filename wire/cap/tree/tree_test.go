package tree

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"strings"
	"testing"
)

const samples = "../../../../shared/data/warnings/cap/"

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(samples + name)
	if os.IsNotExist(err) {
		t.Skip("the samples of alerts are not at hand")
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func certificate(t *testing.T, name string) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode(read(t, name))
	if block == nil {
		t.Fatalf("%s holds no certificate", name)
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestVerify: two signatures by two parties, one with its key inside; a changed letter breaks each.
func TestVerify(t *testing.T) {
	naads, canada := certificate(t, "naads_x509_cert.pem"), certificate(t, "environment_canada_x509_cert.pem")
	for _, c := range []struct {
		file    string
		trusted []*x509.Certificate
		want    []bool // trusted, by signature
	}{
		{"canada_signed.cap", nil, []bool{false, false}},
		{"canada_signed.cap", []*x509.Certificate{naads}, []bool{true, false}},
		{"canada_signed.cap", []*x509.Certificate{canada}, []bool{false, true}},
		{"earthquake_signed.cap", nil, []bool{false}},
	} {
		d, err := Parse(read(t, c.file))
		if err != nil {
			t.Fatal(err)
		}
		got := d.Verify(c.trusted)
		if len(got) != len(c.want) {
			t.Fatalf("%s: %d signatures", c.file, len(got))
		}
		for i, s := range got {
			t.Logf("%s %d: %+v", c.file, i, s)
			if !s.Valid || s.Trusted != c.want[i] {
				t.Errorf("%s: signature %d: %+v", c.file, i, s)
			}
		}
		changed, err := Parse([]byte(strings.Replace(string(read(t, c.file)), "<status>Actual", "<status>Test", 1)))
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range changed.Verify(c.trusted) {
			if s.Valid {
				t.Errorf("%s: signature %d holds for a changed document", c.file, i)
			}
		}
	}
}

// TestRefuse: what is no document, or one that could do harm.
func TestRefuse(t *testing.T) {
	for _, s := range []string{"", "x", "<a>", "<a></b>", "<a/><b/>", "<a/>x", `<!DOCTYPE a><a/>`, `<a>&x;</a>`, `<a x="1" x="2"/>`, `<p:a/>`, `<a p:x="1"/>`, `<a xmlns:p=""/>`,
		`<?xml version="1.0" encoding="UTF-16"?><a/>`, strings.Repeat("<a>", 40) + strings.Repeat("</a>", 40), "</a>", "<a>\x00</a>", strings.Repeat(" ", MaxSize+1)} {
		if d, err := Parse([]byte(s)); err == nil {
			t.Errorf("%.60q was read: %+v", s, d)
		} else if e, ok := err.(*Error); !ok || e.Said.Zh == "" || e.Said.En == "" {
			t.Errorf("%.60q: %v", s, err)
		}
	}
}

// TestCanonical holds the forms against examples written by the rules of Canonical XML 1.0 and of the exclusive form.
func TestCanonical(t *testing.T) {
	d, err := Parse([]byte("<?xml version='1.0'?>\n<?p i?>\n<a xmlns:z='urn:z' xmlns='urn:a' c='3' b=\"&lt;'&quot;\"><!-- x --><z:b/><c xmlns=''>1 &lt; 2 &gt; &amp;<![CDATA[<>]]></c></a>\n<!-- end -->"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(d.canonical(nil, form{})), "<?p i?>\n<a xmlns=\"urn:a\" xmlns:z=\"urn:z\" b=\"&lt;'&quot;\" c=\"3\"><z:b></z:b><c xmlns=\"\">1 &lt; 2 &gt; &amp;&lt;&gt;</c></a>"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := string(d.canonical(nil, form{exclusive: true, comments: true})), "<?p i?>\n<a xmlns=\"urn:a\" b=\"&lt;'&quot;\" c=\"3\"><!-- x --><z:b xmlns:z=\"urn:z\"></z:b><c xmlns=\"\">1 &lt; 2 &gt; &amp;&lt;&gt;</c></a>\n<!-- end -->"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("<a xmlns='urn:a'><b>1</b></a>"))
	f.Add([]byte("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe1</a>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := Parse(b)
		if err != nil {
			return
		}
		d.Verify(nil)
		again, err := Parse(d.canonical(nil, form{}))
		if err != nil {
			t.Fatalf("the canonical form of %q cannot be read: %v", b, err)
		}
		if x, y := string(d.canonical(nil, form{})), string(again.canonical(nil, form{})); x != y {
			t.Fatalf("%q and %q", x, y)
		}
	})
}

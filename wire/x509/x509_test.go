package x509

import (
	"os"
	"path/filepath"
	"testing"
)

const vectors = "../../../shared/data/trust/"

// damaged are the three whose signature's bits were flipped, unused bits among them.
var damaged = map[string]bool{"BadSignedCACert.crt": true, "InvalidDSASignatureTest6EE.crt": true, "BadCRLSignatureCACRL.crl": true}

// TestVectors reads every certificate and list of the public test set.
func TestVectors(t *testing.T) {
	if _, err := os.Stat(vectors); err != nil {
		t.Skip("no ../shared/data/trust here")
	}
	n := 0
	for _, dir := range []string{"pkits/certs/*.crt", "pkits/crls/*.crl"} {
		files, _ := filepath.Glob(vectors + dir)
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if filepath.Ext(f) == ".crt" {
				_, err = Parse(b)
			} else {
				_, err = ParseCRL(b)
			}
			if (err != nil) != damaged[filepath.Base(f)] {
				t.Errorf("%s: %v", filepath.Base(f), err)
			}
			n++
		}
	}
	if n != 93 {
		t.Errorf("%d files read, want 93", n)
	}
}

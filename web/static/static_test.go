package static

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestVendored holds every file that is not ours to the checksum under which it was taken, and every file below vendor and
// fonts to a line of the list.
func TestVendored(t *testing.T) {
	list, err := os.ReadFile("VENDOR.tsv")
	if err != nil {
		t.Fatal(err)
	}
	licences, err := os.ReadFile("vendor/LICENSES.txt")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{"vendor/LICENSES.txt": true}
	for _, l := range strings.Split(strings.TrimSpace(string(list)), "\n")[1:] {
		c := strings.Split(l, "\t")
		if len(c) != 6 || !strings.HasPrefix(c[3], "https://") || c[2] == "" || c[4] == "" {
			t.Fatalf("a line without its six columns: %q", l)
		}
		b, err := os.ReadFile(filepath.FromSlash(c[0]))
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != c[5] {
			t.Errorf("%s is not the file that was vendored", c[0])
		}
		if !strings.HasPrefix(c[0], "../") && !strings.Contains(string(licences), c[1]) {
			t.Errorf("the licence of %s is not in vendor/LICENSES.txt", c[1])
		}
		listed[c[0]] = true
	}
	for _, dir := range []string{"vendor", "fonts"} {
		_ = fs.WalkDir(embedded, dir, func(p string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && !listed[p] {
				t.Errorf("%s has no line in VENDOR.tsv", p)
			}
			return err
		})
	}
}

// TestSelfContained: no style sheet or module of ours names another machine or a file that is not there, and no module is long.
func TestSelfContained(t *testing.T) {
	refs := regexp.MustCompile(`(?:url\(|import\(|from |import )["']?(\.\.?/[^"')]+)`)
	for _, dir := range []string{"css", "js"} {
		err := fs.WalkDir(embedded, dir, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := embedded.ReadFile(p)
			if err != nil {
				return err
			}
			if strings.Contains(string(b), "http://") || strings.Contains(string(b), "https://") {
				t.Errorf("%s names another machine", p)
			}
			for _, m := range refs.FindAllStringSubmatch(string(b), -1) {
				if _, err := fs.Stat(embedded, path.Join(path.Dir(p), m[1])); err != nil {
					t.Errorf("%s: %v", p, err)
				}
			}
			if n := strings.Count(string(b), "\n"); dir == "js" && n > 300 {
				t.Errorf("%s has %d lines", p, n)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestHash: the prefix is the same for the same files, and bears no slash at its end.
func TestHash(t *testing.T) {
	a, err := New()
	if err != nil {
		t.Fatal(err)
	}
	b, _ := New()
	if a.Prefix() != b.Prefix() || !regexp.MustCompile(`^/assets/[0-9a-f]{12}$`).MatchString(a.Prefix()) {
		t.Errorf("%s, %s", a.Prefix(), b.Prefix())
	}
	for _, n := range []string{"districts", "land", "water", "power-plants", "towns", "points"} {
		if _, err := Geo(n); err != nil {
			t.Error(err)
		}
	}
}

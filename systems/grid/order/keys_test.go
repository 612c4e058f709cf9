package order

import (
	"fmt"
	"strings"
	"testing"

	"github.com/haihe-city/haihe/systems/grid/book"
)

// TestKeys: a concentrator's password goes before its protocol's, what is malformed is refused by its line, and no message holds a password.
func TestKeys(t *testing.T) {
	keys, err := readKeys(strings.NewReader("# of the city\n*,dlt645,02112233,01020304,\n300000000001,dlt645,02445566,,\n*,dlms,opensesame,,\n"))
	if err != nil {
		t.Fatal(err)
	}
	p := &Part{keys: keys}
	for concentrator, want := range map[string]string{"300000000001": "\x02\x44\x55\x66", "300000000002": "\x02\x11\x22\x33"} {
		k := p.key(book.Meter{Concentrator: concentrator, Protocol: book.DLT645})
		if string(k.Secret) != want {
			t.Errorf("%s has another password", concentrator)
		}
		if got := fmt.Sprintf("%v %s", k, k); strings.Contains(got, "17") || strings.Contains(got, "11") {
			t.Errorf("a key prints itself: %s", got)
		}
	}
	for _, text := range []string{"*,dlt645,secretword,,\n", "*,dlt645,02112233\n", "*,dlt645,02112233,0102,\n", "\"\n"} {
		if _, err := readKeys(strings.NewReader(text)); err == nil || strings.Contains(err.Error(), "secretword") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// FuzzKeys: whatever stands in the file, it is read or refused.
func FuzzKeys(f *testing.F) {
	f.Add("*,dlt645,02112233,01020304,\n")
	f.Fuzz(func(_ *testing.T, text string) { _, _ = readKeys(strings.NewReader(text)) })
}

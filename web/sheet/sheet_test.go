package sheet_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/haihe-city/haihe/web/sheet"
)

func TestWriter(t *testing.T) {
	var b bytes.Buffer
	w := sheet.New(&b, true)
	_ = w.Write("名称", "value")
	_ = w.Write(`=HYPERLINK("x")`, "-1.5")
	_ = w.Write("+86 22", "a,b")
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	want := "\ufeff名称,value\r\n\"'=HYPERLINK(\"\"x\"\")\",-1.5\r\n'+86 22,\"a,b\"\r\n"
	if b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestHarmless(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "a": "a", "-": "'-", "-1": "-1", "+1.5e3": "+1.5e3", "-1+1": "'-1+1", "@SUM(A1)": "'@SUM(A1)", "\tx": "'\tx", "\rx": "'\rx", "=1": "'=1", "1=2": "1=2",
	} {
		if got := sheet.Harmless(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

type broken struct{}

var errBroken = errors.New("broken")

func (broken) Write([]byte) (int, error) { return 0, errBroken }

func TestWriterTellsTheFirstError(t *testing.T) {
	w := sheet.New(broken{}, true)
	if err := w.Write("a"); !errors.Is(err, errBroken) {
		t.Errorf("a row after a failed mark: %v", err)
	}
	if err := w.Flush(); !errors.Is(err, errBroken) {
		t.Errorf("the end: %v", err)
	}
}

package store

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/haihe-city/haihe/errs"
)

func zipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.Bytes()
}

// wholeBackup is a small backup with its right sums.
func wholeBackup(tb testing.TB) string {
	var b strings.Builder
	w := newBackupWriter(&b)
	for _, line := range []any{
		backupHead{Format: backupFormat, Version: 1, Engine: "sqlite"},
		backupTable{Table: "store_migration", Columns: []backupColumn{{"owner", "text"}, {"version", "bigint"}}},
		[]any{"grid", 1},
	} {
		if err := w.line(line); err != nil {
			tb.Fatal(err)
		}
	}
	w.sums.Tables, w.sums.Rows = 1, 1
	if err := w.end(); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

func TestScanBackup(t *testing.T) {
	good := wholeBackup(t)
	if info, err := scanBackup(bytes.NewReader(zipped(good)), nothing{}); err != nil || info.Rows != 1 || info.Tables != 1 {
		t.Fatal(info, err)
	}
	for i := range len(good) { // any byte changed is noticed
		b := []byte(good)
		b[i] ^= 1
		if _, err := scanBackup(bytes.NewReader(zipped(string(b))), nothing{}); err == nil {
			t.Errorf("byte %d changed from %q to %q and was not noticed", i, good[i], b[i])
		}
	}
	newer := strings.Replace(good, `"version":1`, `"version":2`, 1)
	_, err := scanBackup(bytes.NewReader(zipped(newer)), nothing{})
	if m, ok := errs.MsgOf(err); !errs.Is(err, errs.Invalid) || !ok || m.En == "" {
		t.Error("a newer format:", err)
	}
}

// FuzzScanBackup: any text in a backup's wrapping is whole, or a fault with its line, never a panic.
func FuzzScanBackup(f *testing.F) {
	good := wholeBackup(f)
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add("{}\n[\n")
	f.Add("\n\n")
	f.Add(`{"format":"haihe-backup"}` + "\n" + `{"table":"a"}` + "\n[]\n[1]\n")
	f.Fuzz(func(t *testing.T, text string) {
		_, err := scanBackup(bytes.NewReader(zipped(text)), nothing{})
		var bad *backupFault
		if err != nil && !errors.As(err, &bad) && !errs.Is(err, errs.Invalid) {
			t.Fatal(err)
		}
	})
}

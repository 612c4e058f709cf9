package main

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/trust"
)

// TestSeal: the seal is made once, even by several processes at the same moment, read again, and refused where others may read it or it
// is no seal.
func TestSeal(t *testing.T) {
	conf := host.Defaults()
	conf.Store.Data = filepath.Join(t.TempDir(), "data")
	var all sync.WaitGroup
	seals := make([][]byte, 8)
	for i := range seals {
		all.Go(func() {
			var err error
			if seals[i], err = openSeal(conf); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, s := range seals {
		if len(s) != trust.SealSize || !bytes.Equal(s, seals[0]) {
			t.Fatalf("seals differ: %x, %x", s, seals[0])
		}
	}
	path := filepath.Join(conf.Store.Data, "seal.key")
	list, err := os.ReadDir(conf.Store.Data)
	if info, _ := os.Stat(path); err != nil || len(list) != 1 || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", list, err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := openSeal(conf); !errs.Is(err, errs.Invalid) {
		t.Errorf("a seal that others may read: %v", err)
	}
	conf.Trust.SealFile = filepath.Join(t.TempDir(), "short")
	if err := os.WriteFile(conf.Trust.SealFile, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openSeal(conf); !errs.Is(err, errs.Invalid) {
		t.Errorf("a short seal: %v", err)
	}
}

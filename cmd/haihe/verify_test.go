package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/haihe-city/haihe/cmd/haihe/cli"
	"github.com/haihe-city/haihe/kernel/merkle"
	"github.com/haihe-city/haihe/wire/note"
)

// evidence checks what the data of TestServe give away: the log as a folder and a proof from it, whole and tampered with.
func evidence(t *testing.T, data, keyText string) {
	t.Helper()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key, out := file("key", keyText), filepath.Join(dir, "log")
	if code, _, said := run(t, "journal", "export", out+"/", "--data", data); code != 0 {
		t.Fatalf("journal export: %d %s", code, said)
	}
	if code, _, said := run(t, "journal", "export", out, "--data", data); code != cli.ExitData || !strings.Contains(said, "not empty") {
		t.Errorf("over an export: %d %s", code, said)
	}
	if code, said, fault := run(t, "verify", "--key", key, out); code != 0 || !strings.Contains(said, "faults=0") || !strings.Contains(said, "at=20") {
		t.Fatalf("verify: %d %s %s", code, said, fault)
	}
	old, err := os.ReadFile(filepath.Join(out, "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	proof := file("5.tlog-proof", proofOf(t, out, old, 4))
	if code, said, fault := run(t, "verify", "--key", key, proof); code != 0 || !strings.Contains(said, "entry=5") || !strings.Contains(said, "actor=") || !strings.Contains(said, "signed by=") {
		t.Errorf("verify a proof: %d %s %s", code, said, fault)
	}
	bundle := filepath.Join(out, bundleIn(t, out))
	b, err := os.ReadFile(bundle)
	if err != nil {
		t.Fatal(err)
	}
	b[200] ^= 1
	if err := os.WriteFile(bundle, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, said, fault := run(t, "verify", "--key", key, "--checkpoint", file("kept", string(old)), out); code != cli.ExitVerify || !strings.Contains(said, `what="changed"`) || !strings.Contains(said, "被改动 / ") || !strings.Contains(fault, "不符") {
		t.Errorf("a byte changed: %d %s %s", code, said, fault)
	}
	for _, c := range []struct {
		name string
		code int
		args []string
	}{
		{"no key", cli.ExitUsage, []string{"verify", out}}, {"no file", cli.ExitUsage, []string{"verify", "--key", key}}, {"a key file that is not there", cli.ExitData, []string{"verify", "--key", "nowhere", out}},
		{"no such proof", cli.ExitData, []string{"verify", "--key", key, "nowhere"}}, {"a key file that is none", cli.ExitUsage, []string{"verify", "--key", proof, out}},
		{"a root that is none", cli.ExitUsage, []string{"verify", "--root", key, out}}, {"a root file that is not there", cli.ExitData, []string{"verify", "--root", "nowhere", out}}, {"no such file along", cli.ExitData, []string{"verify", "--key", key, "--with", "nowhere", out}},
		{"rubbish along", cli.ExitVerify, []string{"verify", "--key", key, "--with", key, proof}},
		{"no proof", cli.ExitVerify, []string{"verify", "--key", key, key}}, {"a witness that did not sign", cli.ExitVerify, []string{"verify", "--key", key, "--need", "1", proof}},
	} {
		if code, said, fault := run(t, c.args...); code != c.code || !strings.Contains(fault, " / ") {
			t.Errorf("%s: %d, want %d: %s%s", c.name, code, c.code, said, fault)
		}
	}
}

func bundleIn(t *testing.T, dir string) string {
	t.Helper()
	for _, pattern := range []string{"tile/entries/000", "tile/entries/000.p/*"} {
		if list, err := filepath.Glob(filepath.Join(dir, pattern)); err == nil && len(list) > 0 {
			if info, err := os.Stat(list[0]); err == nil && !info.IsDir() {
				name, err := filepath.Rel(dir, list[0])
				if err != nil {
					t.Fatal(err)
				}
				return name
			}
		}
	}
	t.Fatal("no bundle was exported")
	return ""
}

// proofOf makes a proof from an exported folder, as anybody can.
func proofOf(t *testing.T, dir string, checkpoint []byte, index uint64) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, bundleIn(t, dir)))
	if err != nil {
		t.Fatal(err)
	}
	entries, err := note.Entries(b)
	if err != nil {
		t.Fatal(err)
	}
	leaves := make([][32]byte, len(entries))
	for i, e := range entries {
		leaves[i] = merkle.LeafHash(e)
	}
	hashes, err := merkle.Proof(leaves, index)
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Parse(checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	return note.Proof{Extra: entries[index], Index: index, Hashes: hashes, Note: n}.String()
}

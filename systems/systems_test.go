package systems

import (
	"os"
	"testing"

	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/host/hosttest"
	"github.com/haihe-city/haihe/plans/tianjin"
)

// TestEveryFolderIsListed: a system that nobody lists would be dead code, and a line without a folder a wrong name.
func TestEveryFolderIsListed(t *testing.T) {
	listed := map[string]bool{}
	for _, s := range All() {
		listed[s.Name] = true
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		if !listed[e.Name()] {
			t.Errorf("systems/%s is not in the list of systems.go, or calls itself otherwise", e.Name())
		}
		delete(listed, e.Name())
	}
	for name := range listed {
		t.Errorf("system %s has no folder", name)
	}
}

// TestTogether: what each declares is sound beside the others.
func TestTogether(t *testing.T) {
	plan, units, err := tianjin.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range host.Check(All(), plan, units) {
		t.Error(fault)
	}
}

// TestContract holds every system to the contract, whoever wrote it.
func TestContract(t *testing.T) {
	for i, s := range All() {
		t.Run(s.Name, func(t *testing.T) {
			hosttest.Check(t, func() host.System { return All()[i] })
		})
	}
}

// TestFreshEachTime: two programs in one process must not share a configuration.
func TestFreshEachTime(t *testing.T) {
	a, b := All(), All()
	for i := range a {
		if a[i].Config != nil && a[i].Config == b[i].Config {
			t.Errorf("system %s gives the same configuration twice", a[i].Name)
		}
	}
}

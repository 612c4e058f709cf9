package haihe

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var guideFile = regexp.MustCompile("(?ms)^\\*\\*`([^`]+)`\\*\\*\n\n```[a-z]*\n(.*?)^```$")

// TestGuide puts the files of docs/guide-a-new-system.md over the tree, with the one line in the list of systems, and holds them
// to everything that other code is held to. Nothing is written into the tree: the go command is told to see the files there.
func TestGuide(t *testing.T) {
	if testing.Short() {
		t.Skip("the guide's system is compiled and tested, which takes a while")
	}
	page, files := guide(t)
	list, err := os.ReadFile("systems/systems.go")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(list), "systems/broadband") {
		t.Fatal("the guide's system exists by now: the guide needs another one")
	}
	line := regexp.MustCompile("(?m)^\t\tbroadband\\.System\\(\\),$").FindString(page)
	listed := strings.Replace(string(list), "\t\tgrid.System(),\n", "\t\tgrid.System(),\n"+line+"\n", 1)
	listed = strings.Replace(listed, "import (\n", "import (\n\t\""+module+"/systems/broadband\"\n", 1)
	files["systems/systems.go"] = listed
	checkGuide(t, files)
	over := overlay(t, files)
	for _, run := range []struct{ pkg, tests string }{
		{"./systems/broadband", "."},
		{"./systems", "^(TestTogether|TestFreshEachTime|TestContract/broadband)$"}, // the folder is there for the compiler only
	} {
		binary := filepath.Join(t.TempDir(), "guide.test")
		for _, args := range [][]string{
			{"go", "test", "-c", "-vet=off", "-overlay", over, "-o", binary, run.pkg},
			{binary, "-test.run", run.tests},
		} {
			if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
				t.Fatalf("the guide's system does not pass: %v: %v\n%s", args, err, out)
			}
		}
	}
}

// guide reads the page and the files that it shows, by name.
func guide(t *testing.T) (page string, files map[string]string) {
	t.Helper()
	b, err := os.ReadFile("docs/guide-a-new-system.md")
	if err != nil {
		t.Fatal(err)
	}
	files = map[string]string{}
	for _, f := range guideFile.FindAllStringSubmatch(string(b), -1) {
		files[f[1]] = f[2]
	}
	if len(files) < 5 {
		t.Fatalf("the guide shows %d files; its form has changed", len(files))
	}
	return string(b), files
}

// checkGuide holds the guide's code to the floors, the budgets, the words and the format.
func checkGuide(t *testing.T, files map[string]string) {
	var parsed []*source
	lines := 0
	for name, text := range files {
		if !strings.HasSuffix(name, ".go") {
			continue
		}
		s, err := parse(name, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, s)
		if !s.test && name != "systems/systems.go" {
			lines += s.lines
		}
		faults, _ := checkWords(s)
		for _, fault := range faults {
			t.Error(fault)
		}
	}
	faults, _ := check(parsed)
	for _, fault := range faults {
		t.Error(fault)
	}
	for _, m := range measure(parsed) {
		if m.size > m.limit {
			t.Errorf("%s %s has %d, the budget is %d", m.kind, m.name, m.size, m.limit)
		}
	}
	t.Logf("the guide's system has %d lines of Go", lines)
	if lines > 250 {
		t.Errorf("the guide's system has %d lines: it is to be a tenth of a system", lines)
	}
}

// overlay writes the files where the go command finds them, and the list that says whose place each takes.
func overlay(t *testing.T, files map[string]string) string {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	replace := map[string]string{}
	for name, text := range files {
		path := filepath.Join(dir, strings.ReplaceAll(name, "/", "_"))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(root, filepath.FromSlash(name))] = path
	}
	b, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

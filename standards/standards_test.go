// Package standards holds index.tsv, the list of every standard that the code speaks, and ties it to the code: a clause that a
// comment names must stand in the list, and a clause that the list calls done must be named by code.
//
// The list has one row a clause, fields parted by tabs: standard, clause, status, note. The clause "-" is the standard itself;
// its note is the title in Chinese, a bar, and the title in English. Status is done, partial or todo; partial needs a note that
// says what is missing.
package standards

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// clause is a number such as 5.2.4, or a part of an annex such as A.3 or "annex A".
const clause = `(?:[A-Z]\.)?\d+(?:\.\d+)*|[A-Z]\.\d+(?:\.\d+)*|annex [A-Z]`

var (
	// standard matches the name of a standard with its year or version, and what follows where it looks like a clause.
	standard = regexp.MustCompile(`\b(DL/T \d+(?:\.\d+)?(?:-\d{4})?|(?:GB|GB/T|GM/T|JT/T|CJ/T|WS/T|HJ|HJ/T|GA/T|DB12/T|Q/GDW) \d+(?:\.\d+)?(?:-\d{4})?|RFC \d+|NEM12|CAP 1\.2|MQTT (?:3\.1\.1|5\.0)|ETSI GS CIM 009(?: V\d+\.\d+\.\d+,?)?|IEEE 1366(?:-\d{4})?|IEC 62682:2014|C2SP (?:signed-note|tlog-[a-z]+)|ISA-18\.2-2016)` +
		`(?:(?:,? (?:clause|section)|) (` + clause + `)((?:(?:,| and| to) (?:` + clause + `))*))?`)
	more    = regexp.MustCompile(clause)
	version = regexp.MustCompile(` V\d+\.\d+\.\d+,?$`)
)

type mention struct{ standard, clause, where string }

// mentions finds the standards that a comment names. One that names no clause has the clause "-".
func mentions(text, where string) (out []mention) {
	text = strings.Join(strings.Fields(text), " ") // a name may break over two lines
	for _, at := range standard.FindAllStringSubmatchIndex(text, -1) {
		sub := func(i int) string {
			if at[2*i] < 0 {
				return ""
			}
			return text[at[2*i]:at[2*i+1]]
		}
		id := version.ReplaceAllString(sub(1), "")
		if c := sub(2); c == "" || glued(text, at[1]) {
			out = append(out, mention{id, "-", where})
			continue
		}
		out = append(out, mention{id, sub(2), where})
		for _, c := range more.FindAllString(sub(3), -1) {
			out = append(out, mention{id, c, where})
		}
	}
	return out
}

// glued tells whether a number goes on as a word or a measure, so that it was no clause: "NEM12 30-minute".
func glued(text string, end int) bool {
	return end < len(text) && (text[end] == '-' || text[end] == '_' || text[end] >= 'a' && text[end] <= 'z')
}

// inCode gathers the mentions of all Go files of the tree that are not tests.
func inCode(t *testing.T) (out []mention) {
	t.Helper()
	err := filepath.WalkDir("..", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && d.Name() != ".." || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, p, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		for _, g := range f.Comments {
			out = append(out, mentions(g.Text(), fmt.Sprintf("%s:%d", strings.TrimPrefix(p, "../"), set.Position(g.Pos()).Line))...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

type row struct{ standard, clause, status, note string }

// index reads index.tsv.
func index(text string) (rows []row, faults []string) {
	seen := map[[2]string]bool{}
	last := ""
	for i, l := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		f := strings.Split(l, "\t")
		fault := func(s string) { faults = append(faults, fmt.Sprintf("index.tsv:%d: %s", i+1, s)) }
		if i == 0 {
			if l != "standard\tclause\tstatus\tnote" {
				fault("the first line must name the columns standard, clause, status, note")
			}
			continue
		}
		if len(f) != 4 {
			fault(fmt.Sprintf("there are %d fields, there should be 4", len(f)))
			continue
		}
		r := row{f[0], f[1], f[2], f[3]}
		switch {
		case !slices.Contains([]string{"done", "partial", "todo"}, r.status):
			fault("the status must be done, partial or todo")
		case r.note == "" || r.note != strings.TrimSpace(r.note):
			fault("the note is empty or has blanks around it")
		case r.clause == "-" && strings.Count(r.note, " | ") != 1:
			fault("the row of a standard needs both titles, parted by a bar")
		case r.clause != "-" && r.standard != last:
			fault("a clause stands below the row of its standard")
		case seen[[2]string{r.standard, r.clause}]:
			fault("this clause stands here twice")
		}
		if r.clause == "-" {
			last = r.standard
		}
		seen[[2]string{r.standard, r.clause}] = true
		rows = append(rows, r)
	}
	return rows, faults
}

// compare holds code and list to each other.
func compare(rows []row, code []mention) (faults []string) {
	listed, named := map[[2]string]bool{}, map[[2]string]bool{}
	for _, r := range rows {
		listed[[2]string{r.standard, r.clause}] = true
	}
	for _, m := range code {
		named[[2]string{m.standard, m.clause}] = true
		named[[2]string{m.standard, "-"}] = true
		if listed[[2]string{m.standard, m.clause}] || m.clause == "-" && family(rows, m.standard) {
			continue
		}
		faults = append(faults, fmt.Sprintf("%s names %s %s: it does not stand in standards/index.tsv", m.where, m.standard, m.clause))
	}
	for _, r := range rows {
		if r.status == "done" && !named[[2]string{r.standard, r.clause}] {
			faults = append(faults, fmt.Sprintf("index.tsv calls %s %s done: no comment in the code names it", r.standard, r.clause))
		}
	}
	slices.Sort(faults)
	return slices.Compact(faults)
}

// family tells whether a name without its year, "DL/T 645", is that of a listed edition.
func family(rows []row, name string) bool {
	return slices.ContainsFunc(rows, func(r row) bool { return strings.HasPrefix(r.standard, name+"-") })
}

func TestIndex(t *testing.T) {
	text, err := os.ReadFile("index.tsv")
	if err != nil {
		t.Fatal(err)
	}
	rows, faults := index(string(text))
	code := inCode(t)
	for _, f := range append(faults, compare(rows, code)...) {
		t.Error(f)
	}
	if len(code) < 50 {
		t.Errorf("only %d comments name a standard: the search is broken", len(code))
	}
	count := map[string]int{}
	for _, r := range rows {
		if r.clause != "-" {
			count[r.status]++
		}
	}
	t.Logf("%d clauses done, %d partial, %d to do; named by %d comments", count["done"], count["partial"], count["todo"], len(code))
}

// TestMentions: what counts as naming a clause, and what does not.
func TestMentions(t *testing.T) {
	for text, want := range map[string]string{
		"DL/T 645-2007 7.1":                                  "DL/T 645-2007|7.1",
		"see DL/T 645-2007 5.2.4: the length":                "DL/T 645-2007|5.2.4",
		"DL/T 645-2007 A.1, A.3 and B.1.":                    "DL/T 645-2007|A.1 DL/T 645-2007|A.3 DL/T 645-2007|B.1",
		"DL/T 698.45-2017 annex A":                           "DL/T 698.45-2017|annex A",
		"broken over\nlines: DL/T\n645-2007\n7.2":            "DL/T 645-2007|7.2",
		"the DL/T 645 feed, port 7":                          "DL/T 645|-",
		"ETSI GS CIM 009 V1.9.1, clause 4":                   "ETSI GS CIM 009|4",
		"ETSI GS CIM 009 V1.9.1, 4.5. The":                   "ETSI GS CIM 009|4.5",
		"(ETSI GS CIM 009 4.6.2)":                            "ETSI GS CIM 009|4.6.2",
		"RFC 3339, China time":                               "RFC 3339|-",
		"RFC 4648 section 4":                                 "RFC 4648|4",
		"RFC 3986 2 and RFC 3987 2.2 leave":                  "RFC 3986|2 RFC 3987|2.2",
		"NEM12 4.1: 100, then 200":                           "NEM12|4.1",
		"a NEM12 30-minute file; NEM12 and NEM13":            "NEM12|- NEM12|-",
		"JT/T 808-2019 8.12, GB 11643-1999, HJ 212-2017 6.2": "JT/T 808-2019|8.12 GB 11643-1999|- HJ 212-2017|6.2",
		"IEEE 1366-2012 3.2 to 3.4":                          "IEEE 1366-2012|3.2 IEEE 1366-2012|3.4",
		"no standard at all 1.2.3":                           "",
	} {
		var got []string
		for _, m := range mentions(text, "") {
			got = append(got, m.standard+"|"+m.clause)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%q: %s, want %s", text, s, want)
		}
	}
}

// TestCheckerFails shows that the checks can fail.
func TestCheckerFails(t *testing.T) {
	const head = "standard\tclause\tstatus\tnote\n"
	for _, c := range []struct{ list, code, want string }{
		{head + "RFC 1\t-\tdone\t甲 | A\nRFC 1\t2\tdone\tx\n", "RFC 1 2", ""},
		{head + "RFC 1\t-\tdone\t甲 | A\n", "RFC 1 2", "does not stand"},
		{head + "RFC 1\t-\tdone\t甲 | A\n", "RFC 2", "does not stand"},
		{head + "RFC 1\t-\tdone\t甲 | A\nRFC 1\t2\tdone\tx\n", "RFC 1", "no comment"},
		{head + "RFC 1\t-\tdone\t甲 | A\nRFC 1\t2\ttodo\tx\n", "RFC 1", ""},
		{head + "RFC 1\t-\tdone\tA\n", "RFC 1", "both titles"},
		{head + "RFC 1\t2\tdone\tx\n", "RFC 1 2", "below the row"},
		{head + "RFC 1\t-\tready\t甲 | A\n", "RFC 1", "status"},
		{head + "RFC 1\t-\tdone\t甲 | A\nRFC 1\t2\tpartial\t\n", "RFC 1 2", "note"},
		{head + "RFC 1\t-\tdone\t甲 | A\nRFC 1\t2\tdone\tx\nRFC 1\t2\tdone\tx\n", "RFC 1 2", "twice"},
		{"RFC 1\t-\tdone\t甲 | A\n", "", "first line"},
	} {
		rows, faults := index(c.list)
		faults = append(faults, compare(rows, mentions(c.code, "x.go:1"))...)
		got := strings.Join(faults, "; ")
		if c.want == "" && got != "" || c.want != "" && !strings.Contains(got, c.want) {
			t.Errorf("list %q, code %q: %q, want %q", c.list, c.code, got, c.want)
		}
	}
}

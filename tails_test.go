package haihe

import (
	"fmt"
	"go/ast"
	"os"
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
)

// The budgets. Medians do not separate fine code from poor; tails do. Tests and generated files are left out.
const (
	functionLines  = 80 // 150 with a reason in long
	longestLines   = 150
	handlerLines   = 40
	fileLines      = 500
	packageLines   = 2500
	interfaceWidth = 7
	structFields   = 20
	directModules  = 40
)

// long gives the reason of each function between 80 and 150 lines, by "folder.Func" or "folder.(Type).Method".
var long = map[string]string{}

// wide gives the reason of each interface or struct above its budget, by "folder.Type".
var wide = map[string]string{
	"web/ui.AlarmList": "a list with its filter, counters, flood, acts and pages, as Table is: each field is drawn",
	"web.Options":      "what a server is made of, each part named once where the program is put together",
	"web/ui.AlarmRow":  "what an operator must see of an alarm in one line",
}

// breach is one thing above its budget; measured is one thing measured, breach or not.
type measured struct {
	kind, name, where string
	size, limit       int
}

func TestTails(t *testing.T) {
	all := measure(sources(t))
	worst := map[string]measured{}
	reasons := map[string]bool{}
	for _, m := range all {
		if w, ok := worst[m.kind]; !ok || m.size > w.size {
			worst[m.kind] = m
		}
		if m.size <= m.limit {
			continue
		}
		if (m.kind == "function" && m.size <= longestLines && long[m.name] != "") || wide[m.name] != "" {
			reasons[m.name] = true
			continue
		}
		t.Errorf("%s %s (%s) has %d, the budget is %d: split it, or give a sentence of reason in tails_test.go", m.kind, m.name, m.where, m.size, m.limit)
	}
	var kinds []string
	for k := range worst {
		kinds = append(kinds, k)
	}
	sort.Strings(kinds)
	for _, k := range kinds {
		t.Logf("worst %-10s %4d of %4d  %s", k, worst[k].size, worst[k].limit, worst[k].name)
	}
	for _, table := range []map[string]string{long, wide} {
		for name := range table {
			if !reasons[name] {
				t.Errorf("%s has a reason in tails_test.go that it does not need", name)
			}
		}
	}
}

// measure sizes every function, file, package, interface and struct.
func measure(files []*source) (all []measured) {
	packages := map[string]int{}
	for _, f := range files {
		if f.test || f.generated {
			continue
		}
		packages[f.dir] += f.lines
		all = append(all, measured{"file", f.path, f.path, f.lines, fileLines})
		for _, d := range f.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				all = append(all, measureFunc(f, d))
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if ts, ok := s.(*ast.TypeSpec); ok {
						all = append(all, measureType(f, ts)...)
					}
				}
			}
		}
	}
	for dir, lines := range packages {
		all = append(all, measured{"package", dir, dir, lines, packageLines})
	}
	sort.Slice(all, func(i, j int) bool { return all[i].kind+all[i].name < all[j].kind+all[j].name })
	return all
}

func measureFunc(f *source, d *ast.FuncDecl) measured {
	name := f.dir + "." + d.Name.Name
	if d.Recv != nil && len(d.Recv.List) > 0 {
		name = fmt.Sprintf("%s.(%s).%s", f.dir, typeName(d.Recv.List[0].Type), d.Name.Name)
	}
	m := measured{kind: "function", name: name, where: f.line(d), limit: functionLines}
	m.size = f.fset.Position(d.End()).Line - f.fset.Position(d.Pos()).Line + 1
	switch {
	case d.Name.Name == "init" && d.Recv == nil:
		m.kind, m.limit = "init", 0
	case isHandler(d.Type):
		m.kind, m.limit = "handler", handlerLines
	}
	return m
}

// isHandler tells whether a function answers a request: it takes a web.Request, or a ResponseWriter and an http.Request.
func isHandler(ft *ast.FuncType) bool {
	var kinds []string
	for _, p := range ft.Params.List {
		kinds = append(kinds, typeName(p.Type))
	}
	return slices.Contains(kinds, "web.Request") || slices.Contains(kinds, "http.ResponseWriter") && slices.Contains(kinds, "http.Request")
}

// typeName writes a type without its pointer and its parameters: "web.Request", "DB".
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.IndexExpr:
		return typeName(e.X)
	case *ast.SelectorExpr:
		return typeName(e.X) + "." + e.Sel.Name
	case *ast.Ident:
		return e.Name
	}
	return ""
}

func measureType(f *source, ts *ast.TypeSpec) (out []measured) {
	name, where := f.dir+"."+ts.Name.Name, f.line(ts)
	switch t := ts.Type.(type) {
	case *ast.InterfaceType:
		out = append(out, measured{"interface", name, where, t.Methods.NumFields(), interfaceWidth})
	case *ast.StructType:
		out = append(out, measured{"struct", name, where, t.Fields.NumFields(), structFields})
	}
	return out
}

// TestTailsFail shows that the budgets can be broken.
func TestTailsFail(t *testing.T) {
	for _, c := range []struct{ src, kind string }{
		{"package p\nfunc F() {\n" + strings.Repeat("\t_ = 1\n", 90) + "}\n", "function"},
		{"package p\nfunc F(r *web.Request) {\n" + strings.Repeat("\t_ = 1\n", 45) + "}\n", "handler"},
		{"package p\nfunc init() {}\n", "init"},
		{"package p\n" + strings.Repeat("// x\n", 501), "file"},
		{"package p\ntype I interface {\n\tA()\n\tB()\n\tC()\n\tD()\n\tE()\n\tF()\n\tG()\n\tH()\n}\n", "interface"},
		{"package p\ntype S struct {\n\ta, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u int\n}\n", "struct"},
	} {
		s, err := parse("p/a.go", []byte(c.src))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, m := range measure([]*source{s}) {
			found = found || m.kind == c.kind && m.size > m.limit
		}
		if !found {
			t.Errorf("a %s above its budget is not found", c.kind)
		}
	}
}

var (
	loose    = regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK)\b`)
	numbered = regexp.MustCompile(`\bTODO\(#\d+\)`)
)

// TestLooseEnds: what is left to do is an issue, and the code names its number.
func TestLooseEnds(t *testing.T) {
	for _, f := range sources(t) {
		if f.dir == "." {
			continue
		}
		for _, g := range f.file.Comments {
			for _, c := range g.List {
				if loose.MatchString(numbered.ReplaceAllString(c.Text, "")) {
					t.Errorf("%s: write TODO(#number) with the issue's number: %s", f.line(c), c.Text)
				}
			}
		}
	}
}

// TestDependencies: every module that our code imports directly is argued for in docs/dependencies.md, and nothing is
// argued for that nobody imports.
func TestDependencies(t *testing.T) {
	mods := modules(t)
	direct := map[string]string{}
	for _, f := range sources(t) {
		for _, imp := range f.imports() {
			if m := moduleOf(mods, imp); m != "" {
				direct[m] = f.path
			}
		}
	}
	t.Logf("%d direct dependencies of %d", len(direct), directModules)
	if len(direct) > directModules {
		t.Errorf("%d direct dependencies, the budget is %d", len(direct), directModules)
	}
	gomod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for m := range direct {
		if regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(m) + ` \S+ // indirect$`).Match(gomod) {
			t.Errorf("%s is imported and stands in go.mod as indirect", m)
		}
	}
	page, err := os.ReadFile("docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	for m, by := range direct {
		if !strings.Contains(string(page), "\n## "+m+"\n") {
			t.Errorf("%s (imported by %s) has no section in docs/dependencies.md", m, by)
		}
	}
	for _, h := range regexp.MustCompile(`(?m)^## (\S+\.\S+/\S+)$`).FindAllStringSubmatch(string(page), -1) {
		if direct[h[1]] == "" {
			t.Errorf("docs/dependencies.md argues for %s, which nothing imports", h[1])
		}
	}
}

// modules reads the paths of go.mod's require lines.
func modules(t *testing.T) (out []string) {
	b, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range regexp.MustCompile(`(?m)^\s*(?:require )?(\S+\.\S+/\S+|\S+\.\S+) v\S+`).FindAllStringSubmatch(string(b), -1) {
		out = append(out, line[1])
	}
	return out
}

// moduleOf finds the module that holds a package; "" for the standard library and our own.
func moduleOf(mods []string, imp string) (best string) {
	if within(imp, module) || !strings.Contains(strings.Split(path.Clean(imp), "/")[0], ".") {
		return ""
	}
	for _, m := range mods {
		if within(imp, m) && len(m) > len(best) {
			best = m
		}
	}
	return best
}

package haihe

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// TestWords holds every text of the tree to both languages: both halves are there, each in its own language, and the two
// halves of a message take the same arguments.
func TestWords(t *testing.T) {
	texts := 0
	for _, f := range sources(t) {
		if f.dir == "." || f.dir == "lang" {
			continue
		}
		faults, n := checkWords(f)
		texts += n
		if f.test { // a test may make half a text in order to see it refused
			continue
		}
		for _, fault := range faults {
			t.Error(fault)
		}
	}
	t.Logf("%d texts", texts)
}

// checkWords finds what is wrong with a file's texts and counts them.
func checkWords(f *source) (faults []string, texts int) {
	langName, errsName := f.name(module+"/lang"), f.name(module+"/errs")
	add := func(n ast.Node, fault string) {
		if fault != "" {
			faults = append(faults, f.line(n)+": "+fault)
		}
	}
	ast.Inspect(f.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			switch called(n) {
			case langName + ".T":
				if len(n.Args) == 2 && langName != "" {
					texts++
					add(n, checkHalves(n.Args[0], n.Args[1]))
				}
			case errsName + ".Say", errsName + ".Because":
				first := 1 // of the two formats
				if called(n) == errsName+".Because" {
					first = 2
				}
				if len(n.Args) >= first+2 && errsName != "" {
					texts++
					add(n, checkHalves(n.Args[first], n.Args[first+1]))
					add(n, checkVerbs(n, first))
				}
			}
		case *ast.CompositeLit:
			if langName == "" {
				return true
			}
			if typeName(n.Type) == langName+".Text" {
				texts++
				add(n, checkLiteral(n))
			}
			for _, inner := range elided(n, langName+".Text") {
				texts++
				add(inner, checkLiteral(inner))
			}
		}
		return true
	})
	return faults, texts
}

// called names the function of a call: "lang.T".
func called(c *ast.CallExpr) string {
	if sel, ok := c.Fun.(*ast.SelectorExpr); ok {
		return typeName(sel)
	}
	return ""
}

// elided finds the literals inside an array, slice or map of texts that do not repeat the type.
func elided(n *ast.CompositeLit, typ string) (out []*ast.CompositeLit) {
	var elem ast.Expr
	switch t := n.Type.(type) {
	case *ast.ArrayType:
		elem = t.Elt
	case *ast.MapType:
		elem = t.Value
	}
	if elem == nil || typeName(elem) != typ {
		return nil
	}
	for _, e := range n.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			e = kv.Value
		}
		if c, ok := e.(*ast.CompositeLit); ok && c.Type == nil {
			out = append(out, c)
		}
	}
	return out
}

// checkLiteral checks a lang.Text{…}; the empty one means "no text".
func checkLiteral(c *ast.CompositeLit) string {
	if len(c.Elts) == 0 {
		return ""
	}
	halves := map[string]ast.Expr{}
	for i, e := range c.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			halves[typeName(kv.Key)] = kv.Value
		} else {
			halves[[]string{"Zh", "En"}[i%2]] = e
		}
	}
	if halves["Zh"] == nil || halves["En"] == nil {
		return "a text with only one half: give both Zh and En"
	}
	return checkHalves(halves["Zh"], halves["En"])
}

var word = regexp.MustCompile(`\b[a-z]{4,}\b`)

// chineseInEnglish are the texts that show Chinese in English on purpose.
var chineseInEnglish = []string{"中文"}

// checkHalves checks the halves that are written as literals; what a program makes at run time is checked by hosttest.
func checkHalves(zh, en ast.Expr) string {
	z, zok := literal(zh)
	e, eok := literal(en)
	switch {
	case zok && strings.TrimSpace(z) == "" && !(eok && e == "") || eok && strings.TrimSpace(e) == "" && !(zok && z == ""):
		return fmt.Sprintf("half of a text is missing: %q, %q", z, e)
	case zok && eok && z == "" && e == "":
		return "a text with two empty halves: write lang.Text{}"
	case zok && !han(z) && word.MatchString(plainWords(z)):
		return fmt.Sprintf("the Chinese half is not Chinese: %q", z)
	case eok && han(e) && !slices.Contains(chineseInEnglish, e):
		return fmt.Sprintf("the English half holds Chinese: %q", e)
	case zok && eok && !sameVerbs(verbs(z), verbs(e), indexed(z) && indexed(e)):
		return fmt.Sprintf("the halves take different arguments: %q, %q", z, e)
	}
	return ""
}

// checkVerbs holds a message's formats to the number of its arguments.
func checkVerbs(c *ast.CallExpr, first int) string {
	z, zok := literal(c.Args[first])
	e, eok := literal(c.Args[first+1])
	if !zok || !eok || c.Ellipsis != token.NoPos {
		return ""
	}
	given := len(c.Args) - first - 2
	if given == 0 { // errs.Say does not format then: "%" is a percent sign
		return ""
	}
	vz, ve := verbs(z), verbs(e)
	if !sameVerbs(vz, ve, false) { // said already, or indexed: then the highest index counts
		vz, ve = highest(vz, ve), highest(vz, ve)
	}
	if len(vz) != given {
		return fmt.Sprintf("%d arguments for %d verbs in the Chinese half and %d in the English one: %q, %q", given, len(vz), len(ve), z, e)
	}
	return ""
}

// sameVerbs tells whether two formats print the same arguments as the same kind of thing: %s and %q and %v do for each other,
// since the languages quote differently. Formats whose every verb has an explicit index may each leave out arguments that are
// made for the other language.
func sameVerbs(a, b map[int]string, indexed bool) bool {
	if len(a) != len(b) && !indexed {
		return false
	}
	for i, v := range a {
		w, ok := b[i]
		if !ok && indexed {
			continue
		}
		if !ok || v != w && !(strings.Contains("sqv", v) && strings.Contains("sqv", w)) {
			return false
		}
	}
	return true
}

// indexed tells whether every verb of a format names its argument.
func indexed(format string) bool {
	for _, m := range verb.FindAllStringSubmatch(format, -1) {
		if m[4] != "%" && m[2] == "" {
			return false
		}
	}
	return true
}

// highest pretends that all arguments up to the highest index are used.
func highest(a, b map[int]string) map[int]string {
	out := map[int]string{}
	for _, m := range []map[int]string{a, b} {
		for i := range m {
			for j := 1; j <= i; j++ {
				out[j] = "v"
			}
		}
	}
	return out
}

var verb = regexp.MustCompile(`%([-+# 0]*)(?:\[(\d+)\])?([0-9.]*)([a-zA-Z%])`)

// verbs gives the verbs of a format by the argument that they print: explicit indexes let the halves order them freely.
func verbs(format string) map[int]string {
	out, next := map[int]string{}, 1
	for _, m := range verb.FindAllStringSubmatch(format, -1) {
		if m[4] == "%" || strings.Contains(m[1], " ") { // "100 % of": a percent sign with a space
			continue
		}
		if m[2] != "" {
			next, _ = strconv.Atoi(m[2])
		}
		out[next] = m[4]
		next++
	}
	return out
}

// literal evaluates a string literal, or literals joined by +.
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			s, err := strconv.Unquote(e.Value)
			return s, err == nil
		}
	case *ast.BinaryExpr:
		a, aok := literal(e.X)
		b, bok := literal(e.Y)
		return a + b, aok && bok && e.Op == token.ADD
	case *ast.ParenExpr:
		return literal(e.X)
	}
	return "", false
}

func han(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// plainWords drops what is no word of a language: addresses, commands, quoted codes.
func plainWords(s string) string {
	return regexp.MustCompile("`[^`]*`|\\S*[/._@:=-]\\S*").ReplaceAllString(s, "")
}

// TestWordsFail shows that each of these is refused, and that the good ones are not.
func TestWordsFail(t *testing.T) {
	const head = "package p\nimport (\"" + module + "/lang\"; \"" + module + "/errs\")\nvar x = "
	for _, c := range []struct{ expr, want string }{
		{`lang.T("电表", "meter")`, ""},
		{`lang.T("电表", "")`, "half of a text is missing"},
		{`lang.T("", "meter")`, "half of a text is missing"},
		{`lang.T("", "")`, "two empty halves"},
		{`lang.T("meters in town", "meters in town")`, "the Chinese half is not Chinese"},
		{`lang.T("GB/T 32960", "GB/T 32960")`, ""},
		{`lang.T("电表", "电表")`, "the English half holds Chinese"},
		{`lang.Text{}`, ""},
		{`lang.Text{Zh: "电表"}`, "only one half"},
		{`lang.Text{"电表", "meter"}`, ""},
		{`[]lang.Text{{"电表", "meter"}, {Zh: "馈线"}}`, "only one half"},
		{`map[string]lang.Text{"a": {"电表", ""}}`, "half of a text is missing"},
		{`errs.Say(errs.Invalid, "第 %d 行：%s", "line %d: %s", 1, "x")`, ""},
		{`errs.Say(errs.Invalid, "%[2]s（第 %[1]d 行）", "line %[1]d: %[2]s", 1, "x")`, ""},
		{`errs.Say(errs.Invalid, "第 %d 行：%s", "line %s: %d", 1, "x")`, "different arguments"},
		{`errs.Say(errs.Invalid, "%[1]s：%[3]d", "%[2]s: %[3]d", "甲", "a", 1)`, ""},
		{`errs.Say(errs.Invalid, "%[1]s：%[3]d", "%[2]s: %[3]s", "甲", "a", 1)`, "different arguments"},
		{`errs.Say(errs.Invalid, "第 %d 行", "line %d", 1, 2)`, "2 arguments for 1 verbs"},
		{`errs.Because(nil, errs.Invalid, "第 %d 行", "line", 1)`, "different arguments"},
		{`errs.Say(errs.Invalid, "超过 100 %", "above 100 %")`, ""},
	} {
		s, err := parse("p/a.go", []byte(head+c.expr+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		faults, _ := checkWords(s)
		if c.want == "" && len(faults) > 0 || c.want != "" && (len(faults) != 1 || !strings.Contains(faults[0], c.want)) {
			t.Errorf("%s: got %q, want %q", c.expr, faults, c.want)
		}
	}
}

// isChange tells whether a literal is a change of a case, whose verb is a line's: kernel/casework journals it under a verb of its own.
func isChange(lit *ast.CompositeLit) bool {
	sel, ok := lit.Type.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	from, ok := sel.X.(*ast.Ident)
	return ok && from.Name == "casework" && sel.Sel.Name == "Change"
}

// TestVerbs holds every verb that is written into the journal to a word in both languages: the page of the journal shows those.
func TestVerbs(t *testing.T) {
	recorded, declared := map[string]string{}, map[string]bool{}
	for _, f := range sources(t) {
		if f.test {
			continue
		}
		ast.Inspect(f.file, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok || isChange(lit) {
				return true
			}
			verb, titled := "", false
			for _, el := range lit.Elts {
				kv, ok := el.(*ast.KeyValueExpr)
				if !ok {
					continue
				}
				key, _ := kv.Key.(*ast.Ident)
				if value, ok := kv.Value.(*ast.BasicLit); ok && key != nil && key.Name == "Verb" {
					verb, _ = strconv.Unquote(value.Value)
				}
				titled = titled || key != nil && key.Name == "Title"
			}
			if verb != "" && titled {
				declared[verb] = true
			} else if verb != "" {
				recorded[verb] = f.line(n)
			}
			return true
		})
	}
	for verb, line := range recorded {
		if !declared[verb] {
			t.Errorf("%s: the journal's verb %q has no word: declare a journal.Word (System.Acts in a system)", line, verb)
		}
	}
	if len(recorded) == 0 || len(declared) == 0 {
		t.Error("no verb was found: the test looks for the wrong thing")
	}
}

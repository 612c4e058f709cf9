package sqltext

import (
	"slices"
	"strings"
	"testing"
)

func TestStatements(t *testing.T) {
	for in, want := range map[string][]string{
		"": nil, ";;": nil, "-- only; a comment": nil,
		"A 1; B 2;":                              {"A 1", "B 2"},
		"INSERT 'a;''b;' ; X":                    {"INSERT 'a;''b;'", "X"},
		`C "na;me" -- x; y` + "\n;D/* ; */E":     {`C "na;me" -- x; y`, "D/* ; */E"},
		"F $$ begin; end; $$; G $b$ ; $$ ; $b$;": {"F $$ begin; end; $$", "G $b$ ; $$ ; $b$"},
		"H 'never closed; I":                     {"H 'never closed; I"},
		"J = $1; K /* never closed ;":            {"J = $1", "K /* never closed ;"},
		"区 = '河;西'; L":                           {"区 = '河;西'", "L"},
	} {
		if got := Statements(in); !slices.Equal(got, want) {
			t.Errorf("%q gave %q, want %q", in, got, want)
		}
	}
}

func TestPlaceholders(t *testing.T) {
	for in, want := range map[string]int{
		"": 0, "SELECT 1": 0, "$1": 1, "a = $2 OR b = $12 OR c = $2": 12, "a = '$3' -- $4": 0, `"$5" = $1`: 1, "$$ $6 $$": 0,
	} {
		if got := Placeholders(in); got != want {
			t.Errorf("%q has %d, want %d", in, got, want)
		}
	}
}

func TestReads(t *testing.T) {
	for in, want := range map[string]bool{
		"SELECT 1": true, " -- a\n with x AS (SELECT 1) SELECT 1": true, "insert into a": false, "": false, "DELETE": false, "(SELECT 1)": true,
	} {
		if Reads(in) != want {
			t.Errorf("%q: %v", in, !want)
		}
	}
}

// FuzzTokens: the pieces put together are the text, and no statement is lost or doubled.
func FuzzTokens(f *testing.F) {
	for _, s := range []string{"CREATE TABLE a (b TEXT); -- x", "'a''b'", "$1 $a$ ; $a$", "/* */ \"q\" `r`", "区;", "$", "'", "--", "/*"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var b strings.Builder
		for tok := range Tokens(s) {
			if tok.Text == "" {
				t.Fatal("an empty piece")
			}
			b.WriteString(tok.Text)
		}
		if b.String() != s {
			t.Fatalf("%q became %q", s, b.String())
		}
		for _, st := range Statements(s) {
			if len(Statements(st)) != 1 {
				t.Fatalf("%q splits again", st)
			}
		}
	})
}

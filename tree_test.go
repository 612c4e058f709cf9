// Package haihe holds no code: its tests hold the tree to its own rules (who may import whom, how long a function may be,
// that every text is there in both languages).
//
// The files are parsed inside the test process, so that the test cache sees every file that was read and is never
// satisfied with an older tree.
package haihe

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/haihe-city/haihe"

// source is one Go file of the tree.
type source struct {
	path      string // slash-separated, below the root
	dir       string
	test      bool
	generated bool
	lines     int
	fset      *token.FileSet
	file      *ast.File
}

// imports lists what the file imports.
func (s *source) imports() []string {
	var out []string
	for _, i := range s.file.Imports {
		if p, err := strconv.Unquote(i.Path.Value); err == nil {
			out = append(out, p)
		}
	}
	return out
}

// name is the name by which the file knows an import; "" where it does not import it.
func (s *source) name(importPath string) string {
	for _, i := range s.file.Imports {
		if p, _ := strconv.Unquote(i.Path.Value); p == importPath {
			if i.Name != nil {
				return i.Name.Name
			}
			return path.Base(p)
		}
	}
	return ""
}

// line is where n begins, as path:line.
func (s *source) line(n ast.Node) string {
	return s.path + ":" + strconv.Itoa(s.fset.Position(n.Pos()).Line)
}

// parse reads one file; src may be nil, then it is read from the tree.
func parse(p string, src []byte) (*source, error) {
	if src == nil {
		b, err := os.ReadFile(filepath.FromSlash(p))
		if err != nil {
			return nil, err
		}
		src = b
	}
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, p, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	return &source{
		path: p, dir: path.Dir(p), test: strings.HasSuffix(p, "_test.go"), generated: ast.IsGenerated(f),
		lines: bytes.Count(src, []byte("\n")), fset: fset, file: f,
	}, nil
}

// walked is what a walk of the tree found.
type walked struct {
	files []*source
	dirs  []string // every folder below the root, Go or not
	err   error
}

// tree parses every Go file of the tree once for all tests of this package.
var tree = sync.OnceValue(func() walked {
	var w walked
	w.err = filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		p = filepath.ToSlash(p)
		if d.IsDir() {
			if skipped(p) {
				return filepath.SkipDir
			}
			w.dirs = append(w.dirs, p)
			return nil
		}
		if !strings.HasSuffix(p, ".go") || strings.HasPrefix(path.Base(p), ".") {
			return nil
		}
		s, err := parse(p, nil)
		if err != nil {
			return err
		}
		w.files = append(w.files, s)
		return nil
	})
	sort.Slice(w.files, func(i, j int) bool { return w.files[i].path < w.files[j].path })
	return w
})

// skipped tells which folders hold no code of ours: what Go itself leaves out.
func skipped(dir string) bool {
	base := path.Base(dir)
	return dir != "." && (base == "testdata" || base == "vendor" || strings.HasPrefix(base, "_") || strings.HasPrefix(base, "."))
}

// sources gives the parsed tree, or ends the test where a file does not parse.
func sources(t *testing.T) []*source {
	t.Helper()
	w := tree()
	if w.err != nil {
		t.Fatal(w.err)
	}
	if len(w.files) == 0 {
		t.Fatal("no Go file was found: the test looks in the wrong folder")
	}
	return w.files
}

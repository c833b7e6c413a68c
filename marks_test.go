package smk_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/smk-go/smk/internal/marks"
)

// TestMarksAreSet expects every mark to be set at one place of the package that its name says, and in no other way.
func TestMarksAreSet(t *testing.T) {
	declared := declaredMarks(t)
	set := make(map[string]string)
	eachGoFile(t, func(name string) {
		if !strings.HasPrefix(name, "engine/") || strings.HasSuffix(name, "_test.go") {
			return
		}
		text, err := os.ReadFile(filepath.FromSlash(name))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\bmarks\.Hit\(marks\.(\w+)\)`).FindAllStringSubmatch(string(text), -1) {
			if set[m[1]] != "" {
				t.Errorf("%s: the mark %s is set in %s too", name, m[1], set[m[1]])
			}
			set[m[1]] = name
		}
	})
	for i, name := range declared {
		if set[name] == "" {
			t.Errorf("the mark %s is not set anywhere", name)
			continue
		}
		dir, _, _ := strings.Cut(marks.Mark(i).String(), ": ")
		if at := filepath.ToSlash(filepath.Dir(set[name])); at != "engine/"+dir && at != "engine/internal/"+dir &&
			at != dir {
			t.Errorf("the mark %s is set in %s and named %q", name, at, marks.Mark(i))
		}
	}
	if len(declared) != int(marks.Count) {
		t.Errorf("%d marks are declared, of %d: the reading is broken", len(declared), marks.Count)
	}
}

// declaredMarks returns the names of the constants, in order.
func declaredMarks(t *testing.T) (names []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "internal/marks/marks.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Decls {
		for _, name := range constants(d) {
			if name != "Count" {
				names = append(names, name)
			}
		}
	}
	return names
}

// TestMarksElsewhere expects the tests to exist that reach the marks that no day of the proof reaches.
func TestMarksElsewhere(t *testing.T) {
	for m, test := range marks.Elsewhere {
		dir, name, ok := strings.Cut(test, ".")
		if !ok {
			t.Errorf("%v: %q is not a folder and a test", m, test)
			continue
		}
		files, err := filepath.Glob(filepath.Join(filepath.FromSlash(dir), "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found = found || strings.Contains(string(text), "\nfunc "+name+"(t *testing.T) {")
		}
		if !found {
			t.Errorf("%v: there is no test %s", m, test)
		}
	}
}

// constants returns the names of the constants that a declaration declares.
func constants(d ast.Decl) (names []string) {
	gen, ok := d.(*ast.GenDecl)
	if !ok || gen.Tok != token.CONST {
		return nil
	}
	for _, s := range gen.Specs {
		for _, n := range s.(*ast.ValueSpec).Names {
			names = append(names, n.Name)
		}
	}
	return names
}

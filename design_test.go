package smk_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestDesignNamesWhatExists expects every file:function that DESIGN.md names to exist.
func TestDesignNamesWhatExists(t *testing.T) {
	text, err := os.ReadFile("DESIGN.md")
	if err != nil {
		t.Fatal(err)
	}
	declared := make(map[string]map[string]bool) // by file
	found := regexp.MustCompile("`([\\w/]+\\.go)(?::([\\w.]+))?`").FindAllStringSubmatch(string(text), -1)
	if len(found) < 40 {
		t.Errorf("only %d names found: the reading is broken", len(found))
	}
	for _, m := range found {
		file, name := m[1], m[2]
		if !strings.Contains(file, "/") && name == "" {
			if _, err := os.Stat(file); err == nil {
				continue
			}
			file = "engine/session/" + file // the table of machines
		}
		if declared[file] == nil {
			declared[file] = functions(t, file)
		}
		if name != "" && !declared[file][name] {
			t.Errorf("%s has no %s", file, name)
		}
	}
}

// functions returns the functions and methods that a file declares, as Type.Method.
func functions(t *testing.T, file string) map[string]bool {
	t.Helper()
	names := make(map[string]bool)
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Error(err)
		return names
	}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		name := fn.Name.Name
		if fn.Recv != nil {
			typ := fn.Recv.List[0].Type
			if star, ok := typ.(*ast.StarExpr); ok {
				typ = star.X
			}
			if ident, ok := typ.(*ast.Ident); ok {
				name = ident.Name + "." + name
			}
		}
		names[name] = true
	}
	return names
}

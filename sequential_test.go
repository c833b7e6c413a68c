package smk_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSequentialPackages holds the packages that scripts/test.sh leaves out of the race run to having nothing that
// could race: no goroutine, no channel, nothing of package sync.
func TestSequentialPackages(t *testing.T) {
	list, err := os.ReadFile("scripts/sequential.txt")
	if err != nil {
		t.Fatal(err)
	}
	for dir := range strings.Lines(string(list)) {
		dir = strings.TrimSpace(dir)
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Errorf("%s: %v, %d files", dir, err, len(files))
		}
		for _, name := range files {
			if !strings.HasSuffix(name, "_test.go") {
				checkSequential(t, name)
			}
		}
	}
}

func checkSequential(t *testing.T, name string) {
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range file.Imports {
		if i.Path.Value == `"sync"` || i.Path.Value == `"sync/atomic"` {
			t.Errorf("%s imports %s: take its package off scripts/sequential.txt", name, i.Path.Value)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.GoStmt, *ast.ChanType:
			t.Errorf("%s has a goroutine or a channel: take its package off scripts/sequential.txt", name)
		}
		return true
	})
}

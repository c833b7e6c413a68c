package smk_test

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// layered are the packages whose files have an order: each calls only functions of files below it.
var layered = []string{
	"engine/session", "engine/risk", "engine/internal/transport", "wire", "ring",
	"internal/envelope", "internal/varint",
}

// TestFilesAreLayered expects no file of a layered package to call a function or method, be it through others,
// of a file that calls one of its own.
func TestFilesAreLayered(t *testing.T) {
	for _, dir := range layered {
		calls := fileCalls(t, dir)
		if len(calls) == 0 {
			t.Errorf("%s: no file calls another: the reading is broken", dir)
		}
		for _, cycle := range cycles(calls) {
			t.Errorf("%s: files call each other: %s", dir, strings.Join(cycle, ", "))
		}
	}
}

// TestCyclesAreFound plants some.
func TestCyclesAreFound(t *testing.T) {
	got := cycles(map[string][]string{"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": {"e"}, "e": {"d"}, "f": {"a"}})
	if len(got) != 2 || !slices.Equal(got[0], []string{"a", "b", "c"}) || !slices.Equal(got[1], []string{"d", "e"}) {
		t.Errorf("found %q", got)
	}
}

// fileCalls returns, by file of a package, which others of its files the functions are declared in that it
// mentions. Files for other systems are left out.
func fileCalls(t *testing.T, dir string) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}", "./"+dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	exports := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		name, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		exports[name] = file
	}
	files, err := exec.Command("go", "list", "-f", `{{join .GoFiles "\n"}}`, "./"+dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	var parsed []*ast.File
	for _, name := range strings.Fields(string(files)) {
		f, err := parser.ParseFile(set, filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, f)
	}
	open := func(name string) (io.ReadCloser, error) { return os.Open(exports[name]) }
	info := &types.Info{Uses: make(map[*ast.Ident]types.Object)}
	config := types.Config{Importer: importer.ForCompiler(set, "gc", open)}
	pkg, err := config.Check(module+"/"+dir, set, parsed, info)
	if err != nil {
		t.Fatal(err)
	}
	base := func(pos token.Pos) string { return filepath.Base(set.Position(pos).Filename) }
	calls := make(map[string][]string)
	for ident, object := range info.Uses {
		f, ok := object.(*types.Func)
		if !ok || f.Pkg() != pkg {
			continue
		}
		from, to := base(ident.Pos()), base(f.Pos())
		if from != to && !slices.Contains(calls[from], to) {
			calls[from] = append(calls[from], to)
		}
	}
	return calls
}

// cycles returns the groups of names each of which reaches all others of its group, sorted.
func cycles(calls map[string][]string) (found [][]string) {
	reached := make(map[string]map[string]bool)
	for from := range calls {
		seen := make(map[string]bool)
		for next := slices.Clone(calls[from]); len(next) > 0; next = next[1:] {
			if !seen[next[0]] {
				seen[next[0]] = true
				next = append(next, calls[next[0]]...)
			}
		}
		reached[from] = seen
	}
	grouped := make(map[string]bool)
	for from := range calls {
		if !reached[from][from] || grouped[from] {
			continue
		}
		var group []string
		for to := range reached[from] {
			if reached[to][from] {
				group = append(group, to)
				grouped[to] = true
			}
		}
		slices.Sort(group)
		found = append(found, group)
	}
	slices.SortFunc(found, slices.Compare)
	return found
}

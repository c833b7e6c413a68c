package smk_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/smk-go/smk"

// anything lets a room import every other room.
const anything = "*"

// arrows says which rooms of ours a room's shipped code may import. A room covers the folders
// below it that have no line of their own.
var arrows = map[string][]string{
	".":                 {},
	"ring":              {},
	"wire":              {"internal/varint", "ring"},
	"internal/varint":   {},
	"internal/envelope": {"internal/varint"},
	"internal/filelock": {},
	"internal/marks":    {},
	"internal/pipe":     {},
	"uuid":              {},
	"odds":              {},
	"journal":           {},
	"gen":               {},
	"gen/eto":           {},
	"gen/seto":          {"gen/eto", "gen/msg"},
	"gen/msg":           {"internal/varint", "odds"},
	"gen/convert":       {"gen/eto", "gen/seto", "gen/msg"},
	"engine/session":    {"internal/envelope", "internal/varint", "internal/marks", "wire", "ring", "gen/msg"},
	"engine/risk":       {"internal/marks", "gen/msg", "odds"},
	"engine": {
		"engine/session", "engine/order", "engine/book", "engine/risk", "engine/quote", "engine/internal/transport",
		"engine/internal/statefile", "engine/internal/ownbook", "engine/latency",
		"internal/envelope", "internal/marks", "journal", "wire", "ring",
		"gen/msg", "odds",
	},
	"engine/latency": {},
	"engine/replica": {
		"engine", "engine/book", "engine/internal/ownbook", "engine/order", "gen/msg", "journal", "odds", "wire",
	},
	"examples": {
		"engine", "engine/session", "engine/order", "engine/book", "engine/risk",
		"engine/quote", "gen/msg", "journal", "odds", "sim",
	},
	"engine/book":               {"internal/marks", "gen/msg", "odds"},
	"engine/order":              {"internal/marks", "gen/msg", "odds"},
	"engine/internal/ownbook":   {"engine/book", "engine/order", "odds"},
	"engine/internal/transport": {},
	"engine/internal/statefile": {"internal/marks"},
	"engine/quote":              {"internal/marks", "odds"},

	"config": {
		"engine", "engine/book", "engine/order", "engine/quote", "engine/risk", "engine/session", "journal", "odds",
	},
	"sim": {
		"gen/msg", "internal/filelock", "ring", "sim/exchange", "sim/fault", "sim/gateway", "sim/internal/agents",
		"sim/internal/codec",
	},
	"proxy": {
		"engine", "engine/book", "engine/order", "engine/risk", "engine/session", "gen/msg", "internal/filelock",
		"odds", "ring", "sim/exchange", "sim/gateway",
	},
	"sim/chaos":           {"wire", "sim/fault"},
	"sim/exchange":        {"gen/msg", "sim/internal/codec"},
	"sim/fault":           {"gen/msg", "wire", "sim/exchange", "sim/gateway"},
	"sim/script":          {"gen/msg", "wire", "sim", "sim/exchange", "sim/fault"},
	"sim/internal/agents": {"gen/msg", "sim/exchange", "sim/internal/codec"},
	"sim/internal/codec":  {},
	"sim/gateway":         {"internal/varint", "gen/msg", "wire", "ring", "sim/exchange", "sim/internal/codec"},
	"backtest": {
		"engine", "gen/msg", "internal/pipe", "journal", "sim", "sim/exchange", "sim/fault", "wire",
	},
	"bench": {anything},
	"prove": {anything},
	"fuzz":  {anything},
}

// outside says which rooms' shipped code may import a module that is not ours.
var outside = map[string][]string{
	"google.golang.org/protobuf":        {"gen/eto", "gen/seto", "gen/convert"},
	"github.com/planetscale/vtprotobuf": {"gen/eto", "gen/seto"},
	"github.com/valyala/bytebufferpool": {"wire"},
	"golang.org/x/sys":                  {"ring", "engine/internal/transport", "journal"},
}

// testsOnly are modules that only tests, and the rooms that are nothing but tests, may import.
var testsOnly = []string{"github.com/leanovate/gopter"}

// TestArrows holds the imports of the root module's packages to the tables above.
func TestArrows(t *testing.T) {
	seen := 0
	eachGoFile(t, func(name string) {
		room := roomOf(path.Dir(name))
		allowed, ok := arrows[room]
		if !ok {
			t.Errorf("%s: folder has no line in the table of arrows", name)
			return
		}
		test := strings.HasSuffix(name, "_test.go")
		for _, dep := range importsOf(t, name) {
			seen++
			switch ours, isOurs := strings.CutPrefix(dep, module+"/"); {
			case isOurs && test:
				checkTestImport(t, name, room, ours)
			case isOurs:
				target := roomOf(ours)
				if target == room || slices.Contains(allowed, anything) || slices.Contains(allowed, target) {
					continue
				}
				t.Errorf("%s: %s must not import %s", name, room, ours)
			case strings.Contains(strings.SplitN(dep, "/", 2)[0], "."):
				checkOutside(t, name, room, dep, test)
			}
		}
	})
	if seen < 100 {
		t.Errorf("read only %d imports: the walk is broken", seen)
	}
}

func checkTestImport(t *testing.T, name, room, dep string) {
	if strings.HasPrefix(room, "sim") && strings.HasPrefix(dep, "engine") {
		t.Errorf("%s: sim and its tests must not import %s: a shared mistake would agree with itself", name, dep)
	}
	if strings.HasPrefix(dep, "tools") {
		t.Errorf("%s: nothing imports %s", name, dep)
	}
}

func checkOutside(t *testing.T, name, room, dep string, test bool) {
	for _, m := range testsOnly {
		if strings.HasPrefix(dep, m) {
			if !test && room != "fuzz" {
				t.Errorf("%s: only tests import %s", name, m)
			}
			return
		}
	}
	for m, rooms := range outside {
		if dep == m || strings.HasPrefix(dep, m+"/") {
			if !test && room != "bench" && room != "fuzz" && !slices.Contains(rooms, room) {
				t.Errorf("%s: %s must not import %s", name, room, m)
			}
			return
		}
	}
	t.Errorf("%s: %s is not among the modules that the root may require", name, dep)
}

// roomOf finds the line of the table that covers a folder.
func roomOf(dir string) string {
	for d := dir; ; d = path.Dir(d) {
		if _, ok := arrows[d]; ok || d == "." {
			if d == "." && dir != "." {
				return dir
			}
			return d
		}
	}
}

// eachGoFile calls f with every Go file of the root module, by its slashed name from the root.
func eachGoFile(t *testing.T, f func(name string)) {
	t.Helper()
	eachGoFileOutside(t, []string{"tools", "docs", "plugin", "bench/compare"}, f)
}

// eachGoFileOutside calls f with every Go file that is not in one of these folders.
func eachGoFileOutside(t *testing.T, folders []string, f func(name string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			switch {
			case slices.Contains(folders, filepath.ToSlash(name)), d.Name() == "testdata":
				return filepath.SkipDir
			case strings.HasPrefix(d.Name(), ".") && name != ".":
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) == ".go" {
			f(filepath.ToSlash(name))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func importsOf(t *testing.T, name string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.FromSlash(name), nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, spec := range file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, p)
	}
	return paths
}

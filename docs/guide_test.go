package docs_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the examples into the guides")

const guide = "python-sdk.md"

// guides have examples: those whose files begin with the guide's name, and of the first the others.
var guides = []string{guide, "bot.md", "money.md"}

// guideOf returns the guide that a file of examples belongs to.
func guideOf(file string) string {
	for _, g := range guides[1:] {
		if strings.HasPrefix(file, strings.TrimSuffix(g, ".md")+"_") {
			return g
		}
	}
	return guide
}

// snippets returns the source of every top-level declaration of a guide's examples by its
// name: of an example function its body, of anything else all of it. What an example prints
// has its name and " prints".
func snippets(t *testing.T, guide string) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*_example_test.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no examples", err)
	}
	found := make(map[string]string)
	for _, name := range files {
		if guideOf(name) != guide {
			continue
		}
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, content, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		text := func(from, to token.Pos) string {
			return string(content[fset.Position(from).Offset:fset.Position(to).Offset])
		}
		for _, decl := range file.Decls {
			start := decl.Pos()
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Doc != nil {
					start = d.Doc.Pos()
				}
				name := d.Name.Name
				if d.Recv != nil {
					name = types.ExprString(d.Recv.List[0].Type) + "." + name
				}
				if strings.HasPrefix(name, "Example") {
					found[name], found[name+" prints"] = body(text(d.Body.Lbrace+1, d.Body.Rbrace))
				} else {
					found[name] = text(start, d.End()) + "\n"
				}
			case *ast.GenDecl:
				if d.Tok == token.IMPORT {
					continue
				}
				if d.Doc != nil {
					start = d.Doc.Pos()
				}
				for _, spec := range d.Specs {
					switch s := spec.(type) {
					case *ast.TypeSpec:
						found[s.Name.Name] = text(start, d.End()) + "\n"
					case *ast.ValueSpec:
						found[s.Names[0].Name+" "+types.ExprString(s.Type)] = text(start, d.End()) + "\n"
					}
				}
			}
		}
	}
	return found
}

// body takes a function's body apart from its indentation and its expected output.
func body(text string) (code, output string) {
	var b, out strings.Builder
	printed := false
	for line := range strings.Lines(text) {
		line = strings.TrimPrefix(line, "\t")
		switch {
		case strings.HasPrefix(line, "// Output:"):
			printed = true
			line = strings.TrimPrefix(line, "// Output:")
			fallthrough
		case printed:
			line = strings.TrimPrefix(strings.TrimPrefix(line, "//"), " ")
			out.WriteString(line)
		default:
			b.WriteString(line)
		}
	}
	return strings.Trim(b.String(), "\n") + "\n", strings.Trim(out.String(), "\n") + "\n"
}

var marked = regexp.MustCompile("(?s)<!-- ([^\n]+) -->\n```(go|text)\n(.*?)```\n")

// TestSnippets holds every line of Go in the guides, and what it prints, to the examples, which run.
func TestSnippets(t *testing.T) {
	for _, guide := range guides {
		t.Run(guide, func(t *testing.T) { testSnippets(t, guide) })
	}
}

func testSnippets(t *testing.T, guide string) {
	content, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	source := snippets(t, guide)
	used := make(map[string]bool)
	updated := marked.ReplaceAllFunc(content, func(block []byte) []byte {
		match := marked.FindSubmatch(block)
		names, language := string(match[1]), string(match[2])
		var parts []string
		for name := range strings.SplitSeq(names, ", ") {
			text, ok := source[name]
			if !ok || strings.HasSuffix(name, " prints") != (language == "text") {
				t.Errorf("the guide shows %s as %s, which no example declares", name, language)
			}
			used[name] = true
			parts = append(parts, text)
		}
		return []byte("<!-- " + names + " -->\n```" + language + "\n" + strings.Join(parts, "\n") + "```\n")
	})
	if *update {
		if err := os.WriteFile(guide, updated, 0o644); err != nil {
			t.Fatal(err)
		}
	} else if !bytes.Equal(updated, content) {
		t.Errorf("%s and the examples differ: go test -run TestSnippets -update", guide)
	}
	fences := bytes.Count(content, []byte("```go")) + bytes.Count(content, []byte("```text"))
	if known := len(marked.FindAll(content, -1)); fences != known {
		t.Errorf("%d blocks, but %d name their example", fences, known)
	}
	for name := range source {
		if strings.HasPrefix(name, "Example") && !strings.HasSuffix(name, " prints") && !used[name] {
			t.Errorf("the guide does not show %s", name)
		}
	}
}

// row is a line of a table of the guide.
type row struct {
	line   int
	module string   // of the heading above
	names  []string // code in the first column
	code   []string // code in the others
}

var (
	codeSpan = regexp.MustCompile("`([^`]+)`")
	heading  = regexp.MustCompile("^##+ `(smarkets[^`]*)`")
)

func rows(t *testing.T) []row {
	t.Helper()
	content, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	var list []row
	module, number := "", 0
	for line := range strings.Lines(string(content)) {
		number++
		if strings.HasPrefix(line, "#") {
			module = ""
		}
		if m := heading.FindStringSubmatch(line); m != nil {
			module = m[1]
		}
		if module == "" || !strings.HasPrefix(line, "| `") {
			continue
		}
		first, rest, _ := strings.Cut(line[2:], " | ")
		r := row{line: number, module: module}
		for _, m := range codeSpan.FindAllStringSubmatch(first, -1) {
			r.names = append(r.names, m[1])
		}
		for _, m := range codeSpan.FindAllStringSubmatch(rest, -1) {
			r.code = append(r.code, m[1])
		}
		if strings.TrimSpace(strings.Trim(rest, "| \n")) == "" {
			t.Errorf("%s:%d: no Go way", guide, number)
		}
		list = append(list, r)
	}
	return list
}

// TestNothingIsLeftOut holds the tables to the list of all public names of the
// Python SDK, both ways.
func TestNothingIsLeftOut(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("testdata", "names.txt"))
	if err != nil {
		t.Fatal(err)
	}
	missing := make(map[string]bool)
	for line := range strings.Lines(string(content)) {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(line, "#") {
			continue
		}
		for _, name := range fields[1:] {
			missing[fields[0]+" "+name] = true
		}
	}
	if len(missing) < 250 {
		t.Errorf("only %d names", len(missing))
	}
	known := len(missing)
	seen := make(map[string]bool)
	for _, r := range rows(t) {
		for _, name := range r.names {
			name = r.module + " " + name
			if seen[name] {
				t.Errorf("%s:%d: %s is there twice", guide, r.line, name)
			}
			if !missing[name] && !seen[name] {
				t.Errorf("%s:%d: %s is no name of the SDK", guide, r.line, name)
			}
			seen[name] = true
			delete(missing, name)
		}
	}
	for name := range missing {
		t.Errorf("not in the guide: %s", name)
	}
	t.Logf("%d names", known)
}

// packages are what the guide's tables may name, by the name that code uses.
var packages = map[string]string{
	"engine":   "github.com/smk-go/smk/engine",
	"order":    "github.com/smk-go/smk/engine/order",
	"risk":     "github.com/smk-go/smk/engine/risk",
	"quote":    "github.com/smk-go/smk/engine/quote",
	"book":     "github.com/smk-go/smk/engine/book",
	"journal":  "github.com/smk-go/smk/journal",
	"session":  "github.com/smk-go/smk/engine/session",
	"config":   "github.com/smk-go/smk/config",
	"uuid":     "github.com/smk-go/smk/uuid",
	"odds":     "github.com/smk-go/smk/odds",
	"wire":     "github.com/smk-go/smk/wire",
	"msg":      "github.com/smk-go/smk/gen/msg",
	"seto":     "github.com/smk-go/smk/gen/seto",
	"eto":      "github.com/smk-go/smk/gen/eto",
	"lru":      "github.com/hashicorp/golang-lru/v2",
	"tls":      "crypto/tls",
	"binary":   "encoding/binary",
	"json":     "encoding/json",
	"template": "html/template",
	"slog":     "log/slog",
	"syslog":   "log/syslog",
	"http":     "net/http",
	"mail":     "net/mail",
	"url":      "net/url",
	"pprof":    "runtime/pprof",
	"errors":   "errors",
	"fmt":      "fmt",
	"maps":     "maps",
	"net":      "net",
	"runtime":  "runtime",
	"slices":   "slices",
	"sync":     "sync",
	"time":     "time",
}

var qualified = regexp.MustCompile(`^([a-z]+)\.([A-Z]\w*)(?:\.([A-Z]\w*))?(?:\.([A-Z]\w*))?`)

// TestGoNamesExist looks up every Go name in the tables.
func TestGoNamesExist(t *testing.T) {
	load := importerOf(t)
	looked := 0
	for _, r := range rows(t) {
		for _, code := range r.code {
			m := qualified.FindStringSubmatch(code)
			if m == nil {
				continue
			}
			looked++
			path, ok := packages[m[1]]
			if !ok {
				t.Errorf("%s:%d: %s: which package?", guide, r.line, code)
				continue
			}
			pkg, err := load.Import(path)
			if err != nil {
				t.Fatal(err)
			}
			obj := pkg.Scope().Lookup(m[2])
			for _, member := range m[3:] {
				if obj == nil || member == "" {
					break
				}
				obj, _, _ = types.LookupFieldOrMethod(obj.Type(), true, pkg, member)
			}
			if obj == nil {
				t.Errorf("%s:%d: there is no %s", guide, r.line, code)
			}
		}
	}
	if looked < 150 {
		t.Errorf("only %d names were looked up", looked)
	}
}

// importerOf reads the packages as the compiler left them.
func importerOf(t *testing.T) types.Importer {
	t.Helper()
	args := []string{"list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}"}
	for _, path := range packages {
		args = append(args, path)
	}
	slices.Sort(args[5:])
	out, err := exec.CommandContext(t.Context(), "go", args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	exports := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		exports[path] = file
	}
	return importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("%s is not compiled", path)
		}
		return os.Open(exports[path])
	})
}

package smk_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

// listed is a package as go list prints it.
type listed struct {
	ImportPath, Dir string
	GoFiles         []string
	ImportMap       map[string]string
	Module          *struct{ GoVersion string }
}

// programTypes checks the types of the program for other systems than this one, which takes seconds where a build from
// nothing takes minutes: the packages that it depends on are read without the bodies of their functions.
type programTypes struct {
	t      *testing.T
	files  *token.FileSet
	parsed map[string]*ast.File
	own    int // packages of this project that were checked
}

// checkRelease checks the program for systems such as "darwin/arm64".
func checkRelease(t *testing.T, systems []string) {
	t.Helper()
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // what is parsed is kept to the end
	c := programTypes{t: t, files: token.NewFileSet(), parsed: map[string]*ast.File{}}
	for _, system := range systems {
		if system != runtime.GOOS+"/"+runtime.GOARCH { // which the tests build
			c.check(system, "tools", "./smk")
		}
	}
	if c.own < 40 {
		t.Errorf("only %d packages of the project were checked", c.own)
	}
}

// TestOtherWords checks the types of the library for a system with words of 32 bits, which is no Unix.
func TestOtherWords(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	c := programTypes{t: t, files: token.NewFileSet(), parsed: map[string]*ast.File{}}
	if c.check("windows/386", ".", "./..."); c.own < 30 {
		t.Errorf("only %d packages of the project were checked", c.own)
	}
}

// check checks the packages that a pattern names in a module.
func (c *programTypes) check(system, module, pattern string) {
	goos, goarch, _ := strings.Cut(system, "/")
	cmd := exec.CommandContext(c.t.Context(), "go", "list", "-C", module, "-deps",
		"-json=ImportPath,Dir,GoFiles,ImportMap,Module", pattern)
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		c.t.Fatalf("%s: %v", system, err)
	}
	done := map[string]*types.Package{"unsafe": types.Unsafe}
	for in := json.NewDecoder(strings.NewReader(string(out))); ; { // a package comes after those that it imports
		var p listed
		if err := in.Decode(&p); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			c.t.Fatal(err)
		}
		if p.ImportPath != "unsafe" {
			done[p.ImportPath] = c.checkPackage(&p, system, done)
		}
	}
}

func (c *programTypes) checkPackage(p *listed, system string, done map[string]*types.Package) *types.Package {
	var files []*ast.File
	for _, name := range p.GoFiles {
		path := filepath.Join(p.Dir, name)
		f := c.parsed[path]
		if f == nil {
			var err error
			if f, err = parser.ParseFile(c.files, path, nil, parser.SkipObjectResolution); err != nil {
				c.t.Fatal(err)
			}
			c.parsed[path] = f
		}
		files = append(files, f)
	}
	own := strings.HasPrefix(p.ImportPath, "github.com/smk-go/smk/")
	_, goarch, _ := strings.Cut(system, "/")
	config := types.Config{
		IgnoreFuncBodies: !own, Sizes: types.SizesFor("gc", goarch), Importer: checkedImports{done, p.ImportMap},
		Error: func(err error) {
			if own {
				c.t.Errorf("%s: %v", system, err)
			}
		},
	}
	if p.Module != nil && p.Module.GoVersion != "" {
		config.GoVersion = "go" + p.Module.GoVersion
	}
	checked, _ := config.Check(p.ImportPath, c.files, files, nil)
	if own {
		c.own++
	}
	return checked
}

// checkedImports finds packages among those that were checked before.
type checkedImports struct {
	done   map[string]*types.Package
	mapped map[string]string
}

// Import returns a package.
func (i checkedImports) Import(path string) (*types.Package, error) {
	if to := i.mapped[path]; to != "" {
		path = to
	}
	if p := i.done[path]; p != nil {
		return p, nil
	}
	return nil, errors.New("no package " + path)
}

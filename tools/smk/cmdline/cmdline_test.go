package cmdline

import (
	"bytes"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

var update = flag.Bool("update", false, "write the golden files")

// sample has a command line with one of everything.
type sample struct {
	Serve serve `cmd:"" help:"Serve, don't stop: it's [quick]."`
	Box   struct {
		Open struct {
			Dir  string `arg:"" type:"existingdir" help:"Folder of the box."`
			To   string `required:"" enum:"csv,jsonl" help:"Format."`
			Name string `arg:"" optional:"" help:"Name."`
		} `cmd:"" help:"Open a box."`
		Shut struct{} `cmd:"" help:"Shut a box."`
	} `cmd:"" help:"Open and shut boxes."`
	Secret struct{} `cmd:"" hidden:"" help:"Not shown."`
}

type serve struct {
	Output  string   `short:"o" placeholder:"FILE" help:"Where to write."`
	Count   int      `default:"3" help:"How many (${default})."`
	Type    []string `placeholder:"TYPE" help:"Several types."`
	Quick   bool     `help:"Without \\ delay."`
	Private bool     `hidden:"" help:"Not shown."`
}

func (serve) Help() string {
	return "Serving goes on until it is interrupted.\n\nExamples:\n\n    try serve --count 5   five times\n    " +
		".hidden 'dot'"
}

func sampleOf(t *testing.T) *Command {
	t.Helper()
	parser, err := kong.New(&sample{}, kong.Name("try"), kong.Description("A program to try."))
	if err != nil {
		t.Fatal(err)
	}
	return Of(parser.Model)
}

// TestGolden holds what is written to the files in testdata; -update writes them.
func TestGolden(t *testing.T) {
	c := sampleOf(t)
	man := func(c *Command) func(io.Writer, *Command) error {
		return func(w io.Writer, _ *Command) error {
			return Man(w, c, "v1.2.3", "Exit status:\n\n    0   well\n    1   failed\n")
		}
	}
	for name, write := range map[string]func(io.Writer, *Command) error{
		"try.bash": Bash, "_try": Zsh, "try.fish": Fish, "try.1": man(c), "try-serve.1": man(c.Commands[0]),
		"try-box-open.1": man(c.Commands[1].Commands[0]),
	} {
		var b bytes.Buffer
		if err := write(&b, c); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), want) {
			t.Errorf("%s differs: go test -update, and read what changed\n%s", name, &b)
		}
		if strings.Contains(b.String(), "Not shown") || strings.Contains(b.String(), "secret") {
			t.Errorf("%s shows what is hidden", name)
		}
	}
}

// TestBash has bash complete command lines.
func TestBash(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"folder", "folder2"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs("testdata/try.bash")
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"try ":                     "serve box",
		"try b":                    "box",
		"try box ":                 "open shut",
		"try box o":                "open",
		"try serve --":             "--help --output --count --type --quick",
		"try serve --q":            "--quick",
		"try serve --output f":     "file folder folder2",
		"try serve --output = f":   "file folder folder2",
		"try serve --output =":     "file folder folder2",
		"try serve -o fi":          "file",
		"try serve --count ":       "",
		"try box open --to ":       "csv jsonl",
		"try box open --to = j":    "jsonl",
		"try box open ":            "folder folder2",
		"try box open --to csv f":  "folder folder2",
		"try serve --quick --type": "--type",
		"try secret ":              "serve box",
	} {
		cmd := exec.CommandContext(t.Context(), "bash", "-c", `set -eu
			source "$1"; shift
			COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
			_try; echo "${COMPREPLY[@]-}"`, "bash", script)
		cmd.Args = append(cmd.Args, strings.Split(line, " ")...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%q: %v\n%s", line, err, out)
		}
		if got := strings.TrimSpace(string(out)); got != want {
			t.Errorf("%q is completed with %q, want %q", line, got, want)
		}
	}
}

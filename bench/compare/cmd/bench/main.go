// Command bench measures this library beside its floors and its peers, in interleaved rounds, and
// says which of its goals are reached. Every peer is first held to the values that gen/msg reads.
//
//	go run ./cmd/bench                          everything, in a few minutes
//	go run ./cmd/bench -strict                  exit status 1 if a goal is missed
//	go run ./cmd/bench -parts codec -feeds create,quotes
//	go run ./cmd/bench -rounds 63               more rounds, for a machine that is not idle
//	go run ./cmd/bench -smoke                   whether it runs at all, in seconds
//	go run ./cmd/bench -json > results.json     for machines
//	go run ./cmd/bench -from results.json       print what was measured before
//	go run ./cmd/bench -page report.html        and write a page with pictures
//	go run ./cmd/bench -docs performance.md     and put the tables into this document, between its marks
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/smk-go/smk/bench/compare/internal/measure"
	"github.com/smk-go/smk/bench/compare/internal/report"
	"github.com/smk-go/smk/bench/compare/internal/suite"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // something could not be measured, or -strict and a goal is missed
	exitUsage  = 2 // the command line was wrong
)

// flags are what the command line says.
type flags struct {
	JSON   bool          `name:"json" help:"Print JSON instead of Markdown."`
	Strict bool          `help:"Exit with status 1 if a goal is missed or was not measured."`
	Smoke  bool          `help:"Run everything once, as short as can be."`
	Rounds int           `default:"27" help:"Rounds of measurement; a third of it for round trips."`
	Slice  time.Duration `default:"10ms" help:"Time of each variant in each round."`
	Parts  []string      `placeholder:"NAME,..." help:"Measure only these parts, of ${parts}."`
	Feeds  []string      `placeholder:"NAME,..." help:"Of the part codec measure only these messages, of ${feeds}."`
	From   string        `type:"existingfile" placeholder:"FILE" help:"Measure nothing; take the results from this file of JSON."`
	Save   string        `placeholder:"FILE" help:"Also write the results as JSON to this file."`
	Page   string        `placeholder:"FILE" help:"Also write a page of HTML with pictures to this file."`
	Docs   []string      `placeholder:"FILE,..." help:"Also put the tables into these documents of Markdown, between their marks."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// exit leaves kong's callback for the exit code.
type exit int

// run executes one command line. Whatever goes wrong is one line on progress, which is also told
// what is going on.
func run(ctx context.Context, args []string, out, progress io.Writer) (code int) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case exit:
			code = int(r)
		default:
			panic(r)
		}
	}()
	var f flags
	parser, err := kong.New(&f,
		kong.Name("bench"),
		kong.Description("Measures this library beside its floors and its peers, and judges its goals."),
		kong.Writers(out, progress),
		kong.Vars{"parts": strings.Join(suite.Parts(), ","), "feeds": strings.Join(suite.Feeds(), ",")},
		kong.Exit(func(code int) { panic(exit(code)) }),
	)
	if err != nil {
		panic("BUG: command line: " + err.Error())
	}
	if _, err = parser.Parse(doubleDashes(args)); err == nil {
		err = f.options().Check()
	}
	if err != nil {
		fmt.Fprintf(progress, "bench: %v (-help lists flags)\n", err)
		return exitUsage
	}
	results, err := f.results(ctx, progress)
	if results != nil {
		err = errors.Join(err, f.write(results, out))
	}
	if err != nil {
		fmt.Fprintf(progress, "bench: %v\n", strings.ReplaceAll(err.Error(), "\n", "; "))
		return exitFailed
	}
	if f.Strict && results.Open() > 0 {
		return exitFailed
	}
	return exitOK
}

func (f *flags) options() suite.Options {
	o := suite.Options{Config: measure.Config{Rounds: f.Rounds, Slice: f.Slice}}
	if f.Smoke {
		o = suite.Smoke()
	}
	o.Parts, o.Feeds = f.Parts, f.Feeds
	return o
}

// results measures or reads what was measured. With an error there may be results nevertheless.
func (f *flags) results(ctx context.Context, progress io.Writer) (*suite.Results, error) {
	if f.From == "" {
		return suite.Run(ctx, f.options(), progress)
	}
	content, err := os.ReadFile(f.From)
	if err != nil {
		return nil, err
	}
	r := new(suite.Results)
	if err := json.Unmarshal(content, r); err != nil {
		return nil, fmt.Errorf("%s: %w", f.From, err)
	}
	return r, nil
}

// write prints the results and puts them where the flags say.
func (f *flags) write(r *suite.Results, out io.Writer) error {
	if f.Save != "" {
		if err := toFile(f.Save, func(w io.Writer) error { return writeJSON(w, r) }); err != nil {
			return err
		}
	}
	if f.Page != "" {
		if err := toFile(f.Page, func(w io.Writer) error { return report.Page(w, r) }); err != nil {
			return err
		}
	}
	for _, name := range f.Docs {
		if err := insert(name, r); err != nil {
			return err
		}
	}
	if f.JSON {
		return writeJSON(out, r)
	}
	return report.Markdown(out, r)
}

// insert puts the results into a document.
func insert(name string, r *suite.Results) error {
	old, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	text, err := report.Insert(old, r)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return os.WriteFile(name, text, 0o644)
}

func writeJSON(w io.Writer, r *suite.Results) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// toFile writes a file, and the folder that it is in if there is none.
func toFile(name string, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}

// doubleDashes lets long flags be written with one dash, as Go programs do.
func doubleDashes(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		if len(a) > 2 && a[0] == '-' && a[1] >= 'a' && a[1] <= 'z' {
			a = "-" + a
		}
		out[i] = a
	}
	return out
}

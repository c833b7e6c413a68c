// Command bench measures this library beside its floors and other libraries, in interleaved rounds, and judges its
// goals. Every library is first checked to read the same values as gen/msg.
//
//	go run ./cmd/bench                          everything, in a few minutes
//	go run ./cmd/bench -strict                  exit status 4 if a goal is missed (of which go run makes 1)
//	go run ./cmd/bench -parts codec,slug
//	go run ./cmd/bench -rounds 63               more rounds, for a machine that is not idle
//	go run ./cmd/bench -smoke                   whether it runs at all, in seconds
//	go run ./cmd/bench -save results.json       and write JSON, for machines
//	go run ./cmd/bench -from results.json       print what was measured before
//	go run ./cmd/bench -page report.html        and write a page with pictures
//	go run ./cmd/bench -docs performance.md     and put the tables into this document, between its marks
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/smk-go/smk/bench/compare/internal/report"
	"github.com/smk-go/smk/bench/compare/internal/suite"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // something could not be measured
	exitUsage  = 2 // the command line was wrong
	exitMissed = 4 // -strict, and a goal is missed or was not measured
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// options are the flags.
type options struct {
	suite.Options
	strict           bool
	from, save, page string
	docs             []string
}

func parse(args []string, out io.Writer) (*options, error) {
	o := new(options)
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	list := func(name, usage string, values *[]string) {
		f.Func(name, usage, func(s string) error { *values = strings.Split(s, ","); return nil })
	}
	f.BoolVar(&o.strict, "strict", false, "exit with status 4 if a goal is missed or was not measured")
	f.BoolVar(&o.Smoke, "smoke", false, "run everything once, as short as can be")
	f.IntVar(&o.Rounds, "rounds", 27, "rounds of measurement; a third of it for round trips")
	f.DurationVar(&o.Slice, "slice", 10*time.Millisecond, "time of each variant in each round")
	list("parts", "measure only these `NAME,...` of "+strings.Join(suite.Parts(), ","), &o.Parts)
	f.StringVar(&o.from, "from", "", "measure nothing; take the results from this `FILE` of JSON")
	f.StringVar(&o.save, "save", "", "also write the results as JSON to this `FILE`")
	f.StringVar(&o.page, "page", "", "also write a page of HTML with pictures to this `FILE`")
	list("docs", "also put the tables into these `FILE,...` of Markdown, between their marks", &o.docs)
	err := f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		f.SetOutput(out)
		f.PrintDefaults()
	}
	if err == nil && f.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %s", f.Arg(0))
	}
	if err == nil && o.Smoke {
		o.Config = suite.Smoke().Config
	}
	if err == nil {
		err = o.Check()
	}
	return o, err
}

// run executes one command line. Progress and errors, one line each, go to progress.
func run(ctx context.Context, args []string, out, progress io.Writer) (code int) {
	o, err := parse(args, out)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		fmt.Fprintf(progress, "bench: %v (-help lists flags)\n", err)
		return exitUsage
	}
	r, err := o.results(ctx, progress)
	if r != nil {
		err = errors.Join(err, o.write(r, out))
	}
	if err != nil {
		fmt.Fprintf(progress, "bench: %v\n", strings.ReplaceAll(err.Error(), "\n", "; "))
		return exitFailed
	}
	if o.strict && r.Open() > 0 {
		return exitMissed
	}
	return exitOK
}

// results measures, or reads the results of a run. Both results and an error are returned if a part failed.
func (o *options) results(ctx context.Context, progress io.Writer) (*suite.Results, error) {
	if o.from == "" {
		return suite.Run(ctx, o.Options, progress)
	}
	content, err := os.ReadFile(o.from)
	if err != nil {
		return nil, err
	}
	r := new(suite.Results)
	if err := json.Unmarshal(content, r); err != nil {
		return nil, fmt.Errorf("%s: %w", o.from, err)
	}
	return r, nil
}

// write prints the results and writes the files.
func (o *options) write(r *suite.Results, out io.Writer) error {
	if _, err := out.Write(report.Markdown(r)); err != nil {
		return err
	}
	files := make(map[string][]byte)
	var err error
	if o.save != "" {
		files[o.save], err = json.MarshalIndent(r, "", "  ")
	}
	if o.page != "" && err == nil {
		files[o.page], err = report.Page(r)
	}
	for _, name := range o.docs {
		content, readErr := os.ReadFile(name)
		if err = errors.Join(err, readErr); err == nil {
			if files[name], err = report.Insert(content, r); err != nil {
				err = fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	for name, content := range files {
		if err == nil {
			err = os.MkdirAll(filepath.Dir(name), 0o755)
		}
		if err == nil {
			err = os.WriteFile(name, content, 0o644)
		}
	}
	return err
}

// Command table measures gen/msg and its peers on the messages of bench, in interleaved rounds of
// one process, and prints the result as a Markdown table. Every peer is first held to the values
// that gen/msg reads.
//
//	go run ./cmd/table                       everything, in less than a minute
//	go run ./cmd/table -what executed,quotes only these messages
//	go run ./cmd/table -rounds 21            more rounds, for a machine that is not idle
//	go run ./cmd/table -json                 for machines
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/smk-go/smk/bench/peers/internal/measure"
)

func main() {
	opts, err := parse(os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		fmt.Fprintln(os.Stderr, "table:", err)
		os.Exit(2)
	}
	if err := run(opts, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "table:", err)
		os.Exit(1)
	}
}

// options are what the command line says.
type options struct {
	measure.Config
	json bool
	what []string // names of messages; empty means all
}

// parse reads the command line. Its error is one line; help goes to w.
func parse(args []string, w io.Writer) (options, error) {
	var o options
	var what string
	flags := flag.NewFlagSet("table", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.BoolVar(&o.json, "json", false, "print JSON instead of Markdown")
	flags.IntVar(&o.Rounds, "rounds", 7, "rounds of measurement")
	flags.DurationVar(&o.Slice, "slice", 30*time.Millisecond, "time of each variant in each round")
	flags.StringVar(&what, "what", "", "measure only these messages, of "+strings.Join(names(), ","))
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(w, "usage: table [flags]")
			flags.SetOutput(w)
			flags.PrintDefaults()
		}
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if err := o.Check(); err != nil {
		return o, err
	}
	if what != "" {
		o.what = strings.Split(what, ",")
	}
	for _, name := range o.what {
		if !slices.Contains(names(), name) {
			return o, fmt.Errorf("unknown message %q, have %s", name, strings.Join(names(), ","))
		}
	}
	return o, nil
}

// run measures and prints to out; progress is what the user sees meanwhile.
func run(o options, out, progress io.Writer) error {
	cases, err := newCases(o.what)
	if err != nil {
		return err
	}
	variants := 0
	for _, c := range cases {
		variants += len(c.variants)
	}
	fmt.Fprintf(progress, "table: %d variants, about %v\n", variants,
		(o.Slice * time.Duration(variants*o.Rounds) * 3 / 2).Round(time.Second))
	r := report{Machine: thisMachine(), Modules: modules(), Rounds: o.Rounds, Slice: o.Slice, Clock: measure.Clock}
	for _, c := range cases {
		results, err := measure.Run(o.Config, c.variants)
		if err != nil {
			return fmt.Errorf("%s %s: %w", c.direction, c.what, err)
		}
		for _, res := range results {
			r.add(c, res)
		}
	}
	if o.json {
		return r.writeJSON(out)
	}
	return r.writeMarkdown(out)
}

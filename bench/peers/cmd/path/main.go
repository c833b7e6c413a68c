// Command path measures the way of a message through the library stage by stage, in interleaved
// rounds of one process, and prints the result as a Markdown table.
//
//	go run ./cmd/path                    every group
//	go run ./cmd/path -only 'in mixed'   groups and stages whose names this matches
//	go run ./cmd/path -rounds 21         more rounds, for a machine that is not idle
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"time"

	"github.com/smk-go/smk/bench/internal/path"
	"github.com/smk-go/smk/bench/peers/internal/measure"
)

func main() {
	err := run(os.Args[1:], os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "path:", err)
		os.Exit(1)
	}
}

// run measures what the command line asks for.
func run(args []string, out, help io.Writer) error {
	var c measure.Config
	flags := flag.NewFlagSet("path", flag.ContinueOnError)
	flags.SetOutput(help)
	flags.IntVar(&c.Rounds, "rounds", 11, "rounds of measurement")
	flags.DurationVar(&c.Slice, "slice", 20*time.Millisecond, "time of each stage in each round")
	only := flags.String("only", "", "measure only groups whose name this regular expression matches")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	match, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	if err := c.Check(); err != nil {
		return err
	}
	fmt.Fprintf(out, "Medians of %d interleaved rounds of %v each; %s.\n", c.Rounds, c.Slice, measure.Clock)
	fmt.Fprintf(out, "x is the time divided by that of the stage in bold in the same round: median (least to most).\n\n")
	fmt.Fprintf(out, "| way | stage | ns | M/s | allocs | x |\n|---|---|---:|---:|---:|---:|\n")
	for _, open := range path.Groups() {
		g, err := open()
		if err != nil {
			return err
		}
		if match.MatchString(g.Name) {
			err = table(c, g, out)
		}
		if err = errors.Join(err, g.Close()); err != nil {
			return fmt.Errorf("%s: %w", g.Name, err)
		}
	}
	return nil
}

// table measures a group and writes its lines.
func table(c measure.Config, g *path.Group, out io.Writer) error {
	variants := make([]measure.Variant, len(g.Stages))
	base := 0
	for i, s := range g.Stages {
		variants[i] = measure.Variant{Name: s.Name, Loop: s.Loop}
		if s.Name == g.Base {
			base = i
		}
	}
	results, err := measure.Run(c, variants)
	if err != nil {
		return err
	}
	for i, r := range results {
		name, ratio := r.Name, "1"
		if x := r.Ratio(results[base]); i == base {
			name = "**" + name + "**"
		} else {
			ratio = fmt.Sprintf("%.2f (%.2f to %.2f)", x.Median, x.Min, x.Max)
		}
		fmt.Fprintf(out, "| %s | %s | %.1f | %.1f | %.4g | %s |\n", g.Name, name, r.Ns, 1e3/r.Ns, r.Allocs, ratio)
	}
	return nil
}

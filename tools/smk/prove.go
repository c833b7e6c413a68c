package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alecthomas/kong"

	"github.com/smk-go/smk/prove"
)

// proveTexts are those of flags and commands whose declarations have no room for them.
var proveTexts = kong.Vars{
	"prove_trace": "Run the first seed alone, shortened if it fails, and write what happens to a file.",
}

type proveCommand struct {
	Seeds   uint64 `default:"1000" help:"How many days to run."`
	From    uint64 `default:"0"    help:"The first seed."`
	Random  bool   `               help:"Begin at a random seed, which is printed."`
	Workers int    `default:"0"    help:"Days that run at a time; 0 is one per CPU."`
	Shrink  int    `default:"2000" help:"Runs to shorten each failing day with; 0 leaves them as they are."`
	Failing int    `default:"5"    help:"Stop after this many failing days."`
	Marks   bool   `               help:"Fail if a mark that days can reach is not reached."`
	Small   bool   `               help:"Try all histories of small worlds first, and print how many there are."`
	Trace   string `               help:"${prove_trace}" placeholder:"FILE" type:"path"`
	JSON    bool   `name:"json"    help:"Print one JSON document in the end."`
}

// Validate is called by the command line's parser.
func (c *proveCommand) Validate() error {
	if c.Marks && !prove.CountsMarks {
		return errors.New("--marks needs a program that was built with the tag smkmarks, as by make prove")
	}
	if c.Seeds == 0 || c.Failing <= 0 || c.Workers < 0 || c.Shrink < 0 {
		return errors.New("--seeds and --failing must be positive, --workers and --shrink not negative")
	}
	return nil
}

// Run trades days of many seeds, each in a goroutine of its own, and prints those that fail, shortened.
func (c *proveCommand) Run(ctx context.Context, std stdio) error {
	if c.Workers == 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if c.Random {
		c.From = uint64(time.Now().UnixNano())
	}
	if c.Trace != "" {
		return c.trace(std)
	}
	report := proveReport{From: c.From, Seeds: c.Seeds, Small: []smallWorld{}, Failures: []failedDay{}}
	printed := &checkedWriter{Writer: std.out}
	if c.JSON {
		printed.Writer = io.Discard
	}
	var text io.Writer = printed
	if c.Small {
		if err := exploreSmall(ctx, text, &report); err != nil {
			return err
		}
	}
	fmt.Fprintf(text, "seeds %d to %d\n", c.From, c.From+c.Seeds-1)
	var totals proveTotals
	reached := prove.NewCoverage()
	working := startProgress(std.err, func() string {
		return fmt.Sprintf("prove: %d of %d days, %d failed", totals.days.Load(), c.Seeds, totals.failed.Load())
	})
	text = working.over(text)
	var next atomic.Uint64
	var printing sync.Mutex
	var workers sync.WaitGroup
	begun := time.Now()
	for range c.Workers {
		workers.Go(func() {
			for {
				n := next.Add(1) - 1
				if n >= c.Seeds || ctx.Err() != nil || int(totals.failed.Load()) >= c.Failing {
					return
				}
				s := prove.New(c.From + n)
				r := prove.Run(s)
				totals.add(&r)
				reached.Add(s.Seed, &r)
				if r.Failure != nil {
					if c.Shrink > 0 {
						s, r = prove.Shrink(s, c.Shrink)
					}
					printing.Lock()
					describe(text, &s, &r)
					report.Failures = append(report.Failures, failedDay{s.Seed, fmt.Sprint(r.Failure), s.String()})
					printing.Unlock()
				}
			}
		})
	}
	workers.Wait()
	working.stop()
	totals.write(text, time.Since(begun))
	reached.Write(text)
	if c.JSON {
		report.fill(&totals, time.Since(begun), reached)
		if err := json.NewEncoder(std.out).Encode(&report); err != nil {
			return err
		}
	}
	if printed.err != nil {
		return printed.err
	}
	switch failed := totals.failed.Load(); {
	case ctx.Err() != nil:
		return ctx.Err()
	case failed > 0:
		return fmt.Errorf("%d of %d days failed", failed, totals.days.Load())
	case c.Marks && len(reached.Missing()) > 0:
		return fmt.Errorf("%w: %d marks were not reached", errMissed, len(reached.Missing()))
	}
	return nil
}

// historiesMax bounds what exploreSmall tries of a world.
const historiesMax = 1 << 20

// exploreSmall tries all histories of the small worlds.
func exploreSmall(ctx context.Context, out io.Writer, report *proveReport) error {
	for _, s := range prove.SmallWorlds {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		runs, complete, failure := prove.Explore(s, historiesMax)
		switch {
		case failure != nil:
			return fmt.Errorf("small world %+v: history %d: %v", s, runs, failure)
		case !complete:
			return fmt.Errorf("small world %+v has more than %d histories", s, runs)
		}
		report.Small = append(report.Small, smallWorld{fmt.Sprint(s.Script), runs})
		fmt.Fprintf(out, "small world: script %v, %d fills, %d cuts, %d losses: %d histories, which are all\n",
			s.Script, s.Fills, s.Cuts, s.Losses, runs)
	}
	return nil
}

// trace runs one day and writes what happens.
func (c *proveCommand) trace(std stdio) error {
	begun := time.Now()
	s := prove.New(c.From)
	r := prove.Run(s)
	if r.Failure != nil && c.Shrink > 0 {
		s, _ = prove.Shrink(s, c.Shrink)
	}
	f, err := os.Create(c.Trace)
	if err != nil {
		return err
	}
	traced := &checkedWriter{Writer: f}
	r = prove.Trace(s, traced)
	if err := errors.Join(traced.err, f.Close()); err != nil {
		return err
	}
	if err := c.printTraced(std.out, &s, &r, time.Since(begun)); err != nil {
		return err
	}
	if r.Failure != nil {
		return errors.New("the day failed")
	}
	return nil
}

// printTraced says what became of the day that was traced.
func (c *proveCommand) printTraced(w io.Writer, s *prove.Schedule, r *prove.Result, took time.Duration) error {
	if !c.JSON {
		printed := &checkedWriter{Writer: w}
		describe(printed, s, r)
		return printed.err
	}
	report := proveReport{From: c.From, Seeds: 1, Small: []smallWorld{}, Failures: []failedDay{}}
	var totals proveTotals
	reached := prove.NewCoverage()
	totals.add(r)
	reached.Add(s.Seed, r)
	if r.Failure != nil {
		report.Failures = append(report.Failures, failedDay{s.Seed, fmt.Sprint(r.Failure), s.String()})
	}
	report.fill(&totals, took, reached)
	return json.NewEncoder(w).Encode(&report)
}

// describe writes what became of a day, and, if it failed, everything that the day consists of.
func describe(w io.Writer, s *prove.Schedule, r *prove.Result) {
	if r.Failure == nil {
		fmt.Fprintf(
			w,
			"seed %d: digest %016x, %v, %d messages, %d requests\n",
			s.Seed,
			r.Digest,
			r.Lasted,
			r.Messages,
			r.Sent,
		)
		return
	}
	fmt.Fprintf(w, "seed %d: %v\n%s", s.Seed, r.Failure, s)
}

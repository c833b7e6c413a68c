package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/smk-go/smk/prove"
)

type proveCommand struct {
	Seeds   uint64 `default:"1000" help:"How many days to run."`
	From    uint64 `default:"0"    help:"The first seed."`
	Random  bool   `               help:"Begin at a random seed, which is printed."`
	Workers int    `default:"0"    help:"Days that run at a time; 0 is one per CPU."`
	Shrink  int    `default:"2000" help:"Runs to shorten each failing day with; 0 leaves them as they are."`
	Failing int    `default:"5"    help:"Stop after this many failing days."`
	Marks   bool   `               help:"Fail if a mark that days can reach is not reached."`
	Small   bool   `               help:"Try all histories of small worlds first, and print how many there are."`
	Trace   string `               help:"Run the first seed alone, shortened if it fails, and write what happens to a file." placeholder:"FILE" type:"path"`
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
	if c.Small {
		if err := exploreSmall(ctx, std.out); err != nil {
			return err
		}
	}
	fmt.Fprintf(std.out, "seeds %d to %d\n", c.From, c.From+c.Seeds-1)
	var totals proveTotals
	reached := prove.NewCoverage()
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
					describe(std.out, &s, &r)
					printing.Unlock()
				}
			}
		})
	}
	workers.Wait()
	totals.write(std.out, time.Since(begun))
	reached.Write(std.out)
	switch failed := totals.failed.Load(); {
	case ctx.Err() != nil:
		return ctx.Err()
	case failed > 0:
		return fmt.Errorf("%d of %d days failed", failed, totals.days.Load())
	case c.Marks && len(reached.Missing()) > 0:
		return fmt.Errorf("%d marks were not reached", len(reached.Missing()))
	}
	return nil
}

// historiesMax bounds what exploreSmall tries of a world.
const historiesMax = 1 << 20

// exploreSmall tries all histories of the small worlds.
func exploreSmall(ctx context.Context, out io.Writer) error {
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
		fmt.Fprintf(out, "small world: script %v, %d fills, %d cuts, %d losses: %d histories, which are all\n",
			s.Script, s.Fills, s.Cuts, s.Losses, runs)
	}
	return nil
}

// trace runs one day and writes what happens.
func (c *proveCommand) trace(std stdio) error {
	s := prove.New(c.From)
	r := prove.Run(s)
	if r.Failure != nil && c.Shrink > 0 {
		s, _ = prove.Shrink(s, c.Shrink)
	}
	f, err := os.Create(c.Trace)
	if err != nil {
		return err
	}
	r = prove.Trace(s, f)
	if err := f.Close(); err != nil {
		return err
	}
	describe(std.out, &s, &r)
	if r.Failure != nil {
		return errors.New("the day failed")
	}
	return nil
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

// proveTotals are sums over days.
type proveTotals struct {
	days, failed, messages, sent, fills, logins, virtual atomic.Uint64
	digests                                              atomic.Uint64
}

func (t *proveTotals) add(r *prove.Result) {
	t.days.Add(1)
	t.messages.Add(r.Messages)
	t.sent.Add(r.Sent)
	t.fills.Add(r.Fills)
	t.logins.Add(r.Logins)
	t.virtual.Add(uint64(r.Lasted))
	t.digests.Add(r.Digest) // the sum of all does not depend on the order
	if r.Failure != nil {
		t.failed.Add(1)
	}
}

func (t *proveTotals) write(w io.Writer, took time.Duration) {
	days := t.days.Load()
	fmt.Fprintf(
		w,
		"%d days, %d failed, %.1f a second; %v of virtual time, %d messages, %d requests, %d fills, %d logins; "+
			"digest %016x\n",
		days,
		t.failed.Load(),
		float64(days)/took.Seconds(),
		time.Duration(t.virtual.Load()).Round(time.Second),
		t.messages.Load(),
		t.sent.Load(),
		t.fills.Load(),
		t.logins.Load(),
		t.digests.Load(),
	)
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/smk-go/smk/tools/smk/inspect"
)

type journalDiff struct {
	A     string `arg:"" type:"existingdir" placeholder:"A" help:"Folder of a journal."`
	B     string `arg:"" type:"existingdir" placeholder:"B" help:"Folder of another."`
	RunA  int    `placeholder:"N" help:"Only this run of A, from 1."`
	RunB  int    `placeholder:"N" help:"Only this run of B, from 1."`
	Exact bool   `help:"Compare references as they are, not as numbers from the first one on."`
	JSON  bool   `name:"json" help:"Print JSON."`
}

// errDiffer is the outcome of a comparison of journals that differ.
var errDiffer = errors.New("the journals differ")

// Validate is called by the command line's parser.
func (c *journalDiff) Validate() error {
	if c.RunA < 0 || c.RunB < 0 {
		return errors.New("--run-a and --run-b: runs are counted from 1")
	}
	return nil
}

// Run prints the first difference. The error is errDiffer if there is one.
func (c *journalDiff) Run(ctx context.Context, std stdio) error {
	d, err := inspect.Diff(ctx, c.A, c.B, inspect.DiffOptions{RunA: c.RunA, RunB: c.RunB, Exact: c.Exact})
	if err != nil {
		return err
	}
	if err := printReport(std.out, c.JSON, d); err != nil {
		return err
	}
	if !d.Equal {
		return errDiffer
	}
	return nil
}

type journalRedact struct {
	journalDir
	Output  string `short:"o" required:"" placeholder:"DIR" help:"Folder of the copy; it must have no journal."`
	Amounts bool   `help:"Mask prices, quantities and money, too."`
}

// Run copies a journal with more of it masked.
func (c *journalRedact) Run(ctx context.Context, std stdio) error {
	r, err := inspect.Redact(ctx, c.Dir, c.Output, inspect.RedactOptions{Amounts: c.Amounts})
	if err != nil && !isDamage(err) {
		return err
	}
	if c.JSON {
		return errors.Join(json.NewEncoder(std.out).Encode(r), err)
	}
	_, said := fmt.Fprintf(std.out, "%d records copied, %d tapes left out\n", r.Records, r.Tapes)
	return errors.Join(said, err)
}

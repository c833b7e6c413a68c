package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/smk-go/smk/tools/smk/betfair"
)

// importTexts are those of flags and commands whose declarations have no room for them.
var importTexts = kong.Vars{
	"import_betfair": "Make a journal of Betfair's streaming files: MarketChangeMessage lines, plain, .bz2 or .gz.",
	"import_file":    "Files, in any order: they are merged by their times.",
}

// importCommand makes journals of others' recordings.
type importCommand struct {
	Betfair importBetfair `cmd:"" help:"${import_betfair}"`
}

type importBetfair struct {
	File         []string `arg:"" type:"path" placeholder:"FILE" help:"${import_file}"`
	Out          string   `type:"path" required:"" placeholder:"DIR" help:"Folder of the journal, which is made."`
	MalformedMax int      `default:"0" placeholder:"N" help:"Fail after more malformed lines than this; 0 is never."`
	JSON         bool     `name:"json" help:"Print JSON."`
}

// Run imports the files and says what came of it.
func (c *importBetfair) Run(ctx context.Context, std stdio) error {
	r, err := betfair.Import(ctx, betfair.Config{Files: c.File, Dir: c.Out, MalformedMax: c.MalformedMax})
	if c.JSON {
		enc := json.NewEncoder(std.out)
		enc.SetIndent("", "  ")
		if e := enc.Encode(r); err == nil {
			err = e
		}
		return err
	}
	for _, name := range r.Named {
		fmt.Fprintln(std.out, "malformed:", name)
	}
	if n := r.Malformed - len(r.Named); n > 0 {
		fmt.Fprintf(std.out, "malformed: %d more lines\n", n)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "%s: %d markets, %d messages, %d trades, of %d lines, %d of them malformed\n",
		c.Out, r.Markets,
		r.Messages, r.Trades, r.Lines, r.Malformed)
	if r.Handicaps > 0 {
		fmt.Fprintf(std.out, "%d changes of runners with a handicap are left out\n", r.Handicaps)
	}
	if r.Ignored > 0 {
		fmt.Fprintf(std.out, "%d changes of markets after their end, or of too many markets, are left out\n", r.Ignored)
	}
	fmt.Fprintln(std.out, "The journal is approximate:")
	for _, text := range r.Approximate {
		fmt.Fprintln(std.out, " -", text)
	}
	return nil
}

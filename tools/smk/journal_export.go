package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/alecthomas/kong"

	"github.com/smk-go/smk/tools/smk/export"
	"github.com/smk-go/smk/tools/smk/inspect"
)

// journalExportTexts are those of flags and commands whose declarations have no room for them.
var journalExportTexts = kong.Vars{
	"journalexport_to": "Format: csv, jsonl, parquet, or pcapng for Wireshark.",
}

type journalExport struct {
	journalDir
	To     string   `required:"" enum:"csv,jsonl,parquet,pcapng" help:"${journalexport_to}"`
	Output string   `short:"o" required:"" placeholder:"FILE" help:"File to write; - is the standard output."`
	From   string   `placeholder:"TIME" help:"Messages from this time on, as in cat."`
	Until  string   `placeholder:"TIME" help:"Messages up to before this time."`
	Type   []string `placeholder:"TYPE" help:"Messages of these types."`
	Market uint32   `placeholder:"ID" help:"Messages about this market."`
}

// Validate is called by the command line's parser.
func (c *journalExport) Validate() error { return (&inspect.Filter{Types: c.Type}).Check() }

// Run writes the messages of a journal to a file.
func (c *journalExport) Run(ctx context.Context, std stdio) error {
	wanted := inspect.Filter{Types: c.Type, Market: c.Market}
	var err error
	if wanted.From, err = journalTime(ctx, c.Dir, "--from", c.From); err != nil {
		return err
	}
	if wanted.To, err = journalTime(ctx, c.Dir, "--until", c.Until); err != nil {
		return err
	}
	if c.Output == "-" {
		_, err := export.Write(ctx, c.Dir, c.To, &wanted, std.out)
		return err
	}
	r, err := writeOutput(c.Output, c.Dir, func(w io.Writer) (export.Result, error) {
		return export.Write(ctx, c.Dir, c.To, &wanted, w)
	})
	if err == nil || isDamage(err) { // what is before the damage is there
		err = errors.Join(c.print(std.out, &r), err)
	}
	return err
}

// print prints what was written.
func (c *journalExport) print(out io.Writer, r *export.Result) error {
	if c.JSON {
		return json.NewEncoder(out).Encode(r)
	}
	text := fmt.Sprintf("%d messages", r.Messages)
	if r.Rows > 0 {
		text += fmt.Sprintf(" in %d rows", r.Rows)
	}
	if r.Cut > 0 {
		text += fmt.Sprintf(", %d of them not whole", r.Cut)
	}
	if r.Lost > 0 {
		text += fmt.Sprintf("; %d records are lost among them", r.Lost)
	}
	_, err := fmt.Fprintln(out, text)
	return err
}

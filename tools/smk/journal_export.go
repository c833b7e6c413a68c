package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

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
	f, err := os.OpenFile(c.Output, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	r, err := export.Write(ctx, c.Dir, c.To, &wanted, f)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(std.out).Encode(r)
	}
	_, err = fmt.Fprintf(std.out, "%d messages", r.Messages)
	if err == nil && r.Rows > 0 {
		_, err = fmt.Fprintf(std.out, " in %d rows", r.Rows)
	}
	if err == nil && r.Cut > 0 {
		_, err = fmt.Fprintf(std.out, ", %d of them not whole", r.Cut)
	}
	if err == nil {
		_, err = fmt.Fprintln(std.out)
	}
	return err
}

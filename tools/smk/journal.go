package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/alecthomas/kong"

	"github.com/smk-go/smk/tools/smk/inspect"
)

// journalTexts are those of flags and commands whose declarations have no room for them.
var journalTexts = kong.Vars{
	"journal_from": "From this time on: 2026-11-30T12:00:00Z, or 12:00:00 of the journal's first day, UTC.",
	"journal_kind": "Records of these kinds: inbound, outbound, refusal, log, digest, gc, lost, start, end, tape, " +
		"segment, seal.",
}

// journalCommand has what is asked of a journal.
type journalCommand struct {
	Cat    journalCat    `cmd:"" help:"Print records, a line each."`
	Verify journalVerify `cmd:"" help:"Check checksums, and that no record and no message is missing."`
	Stat   journalStat   `cmd:"" help:"Count records, bytes and messages."`
	Orders journalOrders `cmd:"" help:"Print what became of each order."`
	Book   journalBook   `cmd:"" help:"Print books as they were known at a moment."`
	Slow   journalSlow   `cmd:"" help:"Explain the slowest round trips."`
	Export journalExport `cmd:"" help:"Write the messages as CSV, JSON lines, Parquet, or pcapng for Wireshark."`
	Diff   journalDiff   `cmd:"" help:"Find the first difference of two journals."`
	Redact journalRedact `cmd:"" help:"Copy a journal with more of it masked."`
	Repair journalRepair `cmd:"" help:"Copy a damaged journal up to the damage."`
	Replay journalReplay `cmd:"" help:"Replay a run of the bot of smk demo."`
}

// journalDir is the folder of a journal.
type journalDir struct {
	Dir  string `arg:"" type:"existingdir" placeholder:"DIR" help:"Folder of the journal (engine.Config.Journal.Dir)."`
	JSON bool   `name:"json" help:"Print JSON."`
}

// journalFilter says which messages are wanted.
type journalFilter struct {
	From       string   `placeholder:"TIME" help:"${journal_from}"`
	To         string   `placeholder:"TIME" aliases:"until" help:"Up to before this time."`
	Type       []string `placeholder:"TYPE" help:"Messages of these types, such as ORDER_CREATE."`
	Kind       []string `placeholder:"KIND" help:"${journal_kind}"`
	Market     uint32   `placeholder:"ID" help:"Messages about this market."`
	Contract   uint32   `placeholder:"ID" help:"Messages about this contract."`
	Order      uint64   `placeholder:"ID" help:"Messages about this order."`
	Reference  uint64   `placeholder:"N" help:"Messages with this reference."`
	AccountSeq uint64   `placeholder:"N" help:"Messages with this account sequence."`
}

// journalTimes are how a time can be written; those without a day are of the journal's first day.
var journalTimes = []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999", "15:04:05.999999999", "15:04"}

// filter returns what is wanted of a journal.
func (f *journalFilter) filter(ctx context.Context, dir string) (inspect.Filter, error) {
	wanted := inspect.Filter{
		Types: f.Type, Kinds: f.Kind, Market: f.Market, Contract: f.Contract, Order: f.Order, Reference: f.Reference,
		AccountSequence: f.AccountSeq,
	}
	var err error
	if wanted.From, err = journalTime(ctx, dir, "--from", f.From); err != nil {
		return wanted, err
	}
	wanted.To, err = journalTime(ctx, dir, "--to", f.To)
	return wanted, err
}

func journalTime(ctx context.Context, dir, flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for i, layout := range journalTimes {
		t, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		if i < 2 {
			return t, nil
		}
		for e, err := range inspect.Read(ctx, dir, inspect.Options{}) {
			if err != nil {
				return t, err
			}
			day := e.Time().Truncate(24 * time.Hour)
			return day.Add(t.Sub(t.Truncate(24 * time.Hour))), nil
		}
		return t, nil
	}
	return time.Time{}, usageError{
		fmt.Errorf("%s: %q is not a time such as 2026-11-30T12:00:00Z or 12:00:00", flag, text),
	}
}

type journalCat struct {
	journalDir
	journalFilter
	Limit  int  `placeholder:"N" help:"At most so many records."`
	Tape   bool `help:"Show what the loop found out: reads, writes, clock readings and so on."`
	Follow bool `short:"f" help:"Go on as the journal is being written, until interrupted."`
}

// Validate is called by the command line's parser.
func (c *journalCat) Validate() error {
	if c.Limit < 0 {
		return fmt.Errorf("--limit: %d is negative", c.Limit)
	}
	return (&inspect.Filter{Types: c.Type, Kinds: c.Kind}).Check()
}

// Run prints records.
func (c *journalCat) Run(ctx context.Context, std stdio) error {
	wanted, err := c.filter(ctx, c.Dir)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(std.out)
	enc := json.NewEncoder(out)
	n := 0
	o := inspect.Options{Tape: c.Tape, Follow: c.Follow, Seek: wanted.From, RunsLater: !c.JSON}
	for e, err := range inspect.Read(ctx, c.Dir, o) {
		if err != nil {
			return joinFlush(out, err)
		}
		if e.Reaches(wanted.To) {
			break
		}
		if !wanted.Match(e) {
			continue
		}
		if c.JSON {
			err = enc.Encode(e.Object())
		} else {
			_, err = fmt.Fprintln(out, e.Text())
		}
		if err == nil && c.Follow {
			err = out.Flush()
		}
		if err != nil {
			return err
		}
		if n++; n == c.Limit {
			break
		}
	}
	return out.Flush()
}

// joinFlush writes what is left before an error is returned.
func joinFlush(out *bufio.Writer, err error) error {
	if flushed := out.Flush(); err == nil { // the first error counts
		err = flushed
	}
	return err
}

type journalVerify struct {
	journalDir
}

// Run checks a journal. The error is errUnhealthy if it is not complete.
func (c *journalVerify) Run(ctx context.Context, std stdio) error {
	v, err := inspect.Verify(ctx, c.Dir)
	if err != nil {
		return err
	}
	if c.JSON {
		err = json.NewEncoder(std.out).Encode(v)
	} else {
		err = v.WriteText(std.out)
	}
	if err == nil && !v.Complete {
		err = fmt.Errorf("%w: the journal is not complete", errUnhealthy)
	}
	return err
}

type journalStat struct {
	journalDir
}

// Run counts what a journal has. The error is errUnhealthy if it is damaged or has lost records.
func (c *journalStat) Run(ctx context.Context, std stdio) error {
	s, err := inspect.Stats(ctx, c.Dir)
	switch {
	case isDamage(err):
		err = fmt.Errorf("%w: %w", errUnhealthy, err)
	case err != nil:
		return err
	case s.Lost > 0:
		err = fmt.Errorf("%w: records are lost", errUnhealthy)
	}
	return errors.Join(printReport(std.out, c.JSON, s), err)
}

// report is what a command found.
type report interface {
	WriteText(w io.Writer) error
}

// printReport prints what was found for machines or for people.
func printReport(w io.Writer, asJSON bool, r report) error {
	if asJSON {
		return json.NewEncoder(w).Encode(r)
	}
	return r.WriteText(w)
}

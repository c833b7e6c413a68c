package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/tools/smk/inspect"
)

// demoJournalName begins the name of a journal of the demo's bot; what follows is all that its decisions depend on
// besides what it is sent.
const demoJournalName = "smk demo"

// journalNameOf returns the name of a journal of the demo's bot.
func journalNameOf(h hello, orders int) string {
	ids := make([]string, 0, len(h.Contracts))
	for _, c := range h.Contracts {
		ids = append(ids, fmt.Sprint(c.ID))
	}
	return fmt.Sprintf("%s %d %d %s", demoJournalName, orders, h.Market, strings.Join(ids, " "))
}

// demoRun is what the name of a journal of the demo's bot says.
func demoRun(name string) (h hello, orders int, ok bool) {
	rest, ok := strings.CutPrefix(name, demoJournalName+" ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 3 {
		return h, 0, false
	}
	numbers := make([]uint32, 0, len(fields))
	for _, f := range fields {
		n, err := strconv.ParseUint(f, 10, 32)
		if err != nil {
			return h, 0, false
		}
		numbers = append(numbers, uint32(n))
	}
	h.Market = numbers[1]
	for _, id := range numbers[2:] {
		h.Contracts = append(h.Contracts, named{ID: id})
	}
	return h, int(numbers[0]), true
}

type journalReplay struct {
	journalDir
	Number int `name:"run" placeholder:"N" help:"Which run of the journal, from 1; the last one without."`
}

// Validate is called by the command line's parser.
func (c *journalReplay) Validate() error {
	if c.Number < 0 {
		return fmt.Errorf("--run: %d is negative", c.Number)
	}
	return nil
}

// replayed is what a replay found.
type replayed struct {
	Rounds     uint64 `json:"rounds"`
	Events     uint64 `json:"events"`
	Sent       uint64 `json:"sent"`
	Digests    uint64 `json:"digests"`
	Digest     string `json:"digest"`
	Ended      bool   `json:"ended"`
	Difference string `json:"difference,omitempty"`
}

// absentExchange does nothing of what a bot asks for: what the exchange did is in the journal.
type absentExchange struct{}

func (absentExchange) kickOff() error { return nil }
func (absentExchange) goal() error    { return nil }
func (absentExchange) cut() error     { return nil }

// Run replays a run of the demo's bot. The error is errUnhealthy if the bot does not do what it did.
func (c *journalReplay) Run(std stdio) error {
	name, err := inspect.Name(c.Dir)
	if err != nil {
		return err
	}
	if name == inspect.RedactedName {
		return fmt.Errorf("%s is a redacted copy, which has no tape: replay the journal itself", c.Dir)
	}
	h, orders, ok := demoRun(name)
	if !ok {
		return fmt.Errorf("journal %q is not of the demo's bot: replay your own in a line of Go, "+
			"engine.Replay(engine.ReplayConfig{Dir: dir}, config, start); see docs/journal.md", name)
	}
	config := demoConfig(h.Market)
	config.Address = "127.0.0.1:1" // nothing is dialled
	start := func(e *engine.Engine) error {
		_, err := newBot(e, h, orders, absentExchange{})
		return err
	}
	r, err := engine.Replay(engine.ReplayConfig{Dir: c.Dir, Run: c.Number}, config, start)
	if err != nil {
		return err
	}
	found := replayed{
		Rounds: r.Rounds, Events: r.Events, Sent: r.Sent, Digests: r.Digests, Digest: fmt.Sprintf("%016x", r.Digest),
		Ended: r.Ended,
	}
	if r.Difference != nil {
		found.Difference = r.Difference.Error()
	}
	if err := printReport(std.out, c.JSON, &found); err != nil {
		return err
	}
	if r.Difference != nil {
		return fmt.Errorf("%w: the replay differs", errUnhealthy)
	}
	return nil
}

// WriteText writes what a replay found for people.
func (r *replayed) WriteText(w io.Writer) error {
	end := "to the end of the run"
	if !r.Ended {
		end = "the run was cut short"
	}
	_, err := fmt.Fprintf(w, "%d rounds, %d events, %d payloads sent again, %d digests, the last %s; %s\n", r.Rounds,
		r.Events,
		r.Sent, r.Digests, r.Digest, end)
	switch {
	case err != nil:
	case r.Difference != "":
		_, err = fmt.Fprintln(w, r.Difference)
	default:
		_, err = fmt.Fprintln(w, "the same: every payload to the last byte, every digest")
	}
	return err
}

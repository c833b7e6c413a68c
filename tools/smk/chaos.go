package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/smk-go/smk/sim/chaos"
	"github.com/smk-go/smk/sim/fault"
)

// chaosTexts are those of flags whose declarations have no room for them.
var chaosTexts = kong.Vars{
	"chaos_json":  "Print where it listens, and in the end what happened, as JSON, in a line each.",
	"listen_help": "Where clients connect to; port 0 takes a free one",
	"chaos_plan":  "split=20%,stall=0.1%,cut=0.1%,half-open=0.02%,refuse=5%",
	"chaos_help": "What goes wrong, in both directions, as of smk sim --faults. Over TLS, which is not opened, " +
		"messages are neither lost nor doubled nor overtaken",
}

// chaosCommand is a proxy that breaks connections.
type chaosCommand struct {
	Listen string        `default:"127.0.0.1:3711" placeholder:"HOST:PORT" help:"${listen_help} (${default})."`
	To     string        `default:"127.0.0.1:3701" placeholder:"HOST:PORT" help:"The exchange (${default})."`
	Plan   string        `default:"${chaos_plan}" placeholder:"PLAN" help:"${chaos_help} (${default})."`
	Seed   uint64        `default:"1" help:"Seed of everything that is left to chance (${default})."`
	For    time.Duration `placeholder:"TIME" help:"End after this long; without it at an interrupt."`
	JSON   bool          `name:"json" help:"${chaos_json}"`
}

// Run passes connections on until ctx ends, and says how often what went wrong.
func (c *chaosCommand) Run(ctx context.Context, std stdio) error {
	plan, err := fault.Parse(c.Plan)
	if err != nil {
		return usageError{fmt.Errorf("--plan: %w", err)}
	}
	p, err := chaos.Listen(chaos.Config{Listen: loopback(c.Listen), To: loopback(c.To), Seed: c.Seed, Plan: plan})
	if err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "chaos: "))
	}
	if c.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.For)
		defer cancel()
	}
	served := make(chan error, 1)
	go func() { served <- p.Serve() }()
	if c.JSON {
		err = json.NewEncoder(std.out).Encode(chaosStart{p.Addr().String(), c.To, c.Seed, c.Plan})
	} else {
		_, err = fmt.Fprintf(std.out, "listening %v, to %s, seed %d\n", p.Addr(), c.To, c.Seed)
	}
	if err != nil {
		return errors.Join(err, p.Close(), <-served)
	}
	select {
	case <-ctx.Done():
	case err = <-served:
		served <- nil
	}
	err = errors.Join(err, p.Close(), <-served)
	if c.JSON {
		return errors.Join(err, json.NewEncoder(std.out).Encode(chaosEnd{faultMap(p.Counts())}))
	}
	fmt.Fprintf(std.out, "happened  %s\n", faultCounts(p.Counts()))
	return err
}

// chaosStart and chaosEnd are what a proxy says for machines, first and last.
type chaosStart struct {
	Listening string `json:"listening"`
	To        string `json:"to"`
	Seed      uint64 `json:"seed"`
	Plan      string `json:"plan"`
}

type chaosEnd struct {
	Happened map[string]uint64 `json:"happened"` // how often, by the fault's name
}

// faultMap returns how often each kind of fault happened, without those that did not.
func faultMap(counts [fault.Kinds]uint64) map[string]uint64 {
	m := make(map[string]uint64)
	for k, n := range counts {
		if n > 0 {
			m[fault.Kind(k).String()] = n
		}
	}
	return m
}

// faultCounts formats how often each kind of fault happened.
func faultCounts(counts [fault.Kinds]uint64) string {
	var parts []string
	for k, n := range counts {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%v %d", fault.Kind(k), n))
		}
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

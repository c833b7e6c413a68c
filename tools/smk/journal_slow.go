package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"

	"github.com/smk-go/smk/tools/smk/inspect"
)

type journalSlow struct {
	journalDir
	Top int `default:"10" placeholder:"N" help:"How many (${default})."`
}

// slowTopMax is how many round trips are asked for at most.
const slowTopMax = 10_000

// Validate is called by the command line's parser.
func (c *journalSlow) Validate() error {
	if c.Top < 1 || c.Top > slowTopMax {
		return fmt.Errorf("--top: %d is not between 1 and %d", c.Top, slowTopMax)
	}
	return nil
}

// Run prints the slowest round trips.
func (c *journalSlow) Run(ctx context.Context, std stdio) error {
	trips, damage := inspect.Slowest(ctx, c.Dir, c.Top)
	if trips == nil && damage != nil {
		return damage
	}
	out := bufio.NewWriter(std.out)
	enc := json.NewEncoder(out)
	for _, r := range trips {
		var err error
		if c.JSON {
			err = enc.Encode(r)
		} else {
			_, err = fmt.Fprintln(out, r.Text())
		}
		if err != nil {
			return err
		}
	}
	return joinFlush(out, damage)
}

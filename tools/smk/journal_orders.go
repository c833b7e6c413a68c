package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/smk-go/smk/tools/smk/inspect"
)

type journalOrders struct {
	journalDir
	Market    uint32 `placeholder:"ID" help:"Orders in this market."`
	Contract  uint32 `placeholder:"ID" help:"Orders for this contract."`
	Order     uint64 `placeholder:"ID" help:"This order, what it replaces and what replaces it."`
	Reference uint64 `placeholder:"N" help:"The order with this reference."`
	Filled    bool   `help:"Orders that were filled, in part or for a while."`
}

// Run prints what became of each order.
func (c *journalOrders) Run(ctx context.Context, std stdio) error {
	all, damage := inspect.Orders(ctx, c.Dir)
	if all == nil {
		return damage
	}
	wanted := inspect.Filter{Market: c.Market, Contract: c.Contract, Order: c.Order, Reference: c.Reference}
	out := bufio.NewWriter(std.out)
	enc, found := json.NewEncoder(out), false
	for l := range all {
		if !l.Match(&wanted) || c.Filled && !l.Traded() {
			continue
		}
		var err error
		if found = true; c.JSON {
			err = enc.Encode(l)
		} else {
			_, err = fmt.Fprintln(out, l.Text())
		}
		if err != nil {
			return err
		}
	}
	if !found && damage == nil && !c.JSON {
		return errors.New("the journal has no such order")
	}
	return joinFlush(out, damage)
}

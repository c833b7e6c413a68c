package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/smk-go/smk/tools/smk/inspect"
)

type journalBook struct {
	journalDir
	Market   uint32 `placeholder:"ID" help:"Books of this market."`
	Contract uint32 `placeholder:"ID" help:"The book of this contract."`
	At       string `placeholder:"TIME" help:"As they were known before this time, as in cat; at the end without."`
	Record   string `placeholder:"N" help:"As they were known with this record, or with a message of it: 82 or 82.3."`
}

// Run prints books.
func (c *journalBook) Run(ctx context.Context, std stdio) error {
	var at inspect.Moment
	var err error
	if c.Record != "" {
		if at.Place, err = inspect.ParsePlace(c.Record); err != nil {
			return fmt.Errorf("--record: %w", err)
		}
	}
	if at.Time, err = journalTime(ctx, c.Dir, "--at", c.At); err != nil {
		return err
	}
	books, damage := inspect.Books(ctx, c.Dir, c.Market, c.Contract, at)
	if len(books) == 0 && damage == nil && !c.JSON {
		return errors.New("the journal has no such book up to then")
	}
	enc := json.NewEncoder(std.out)
	for _, b := range books {
		if c.JSON {
			err = enc.Encode(b)
		} else {
			err = b.WriteText(std.out)
		}
		if err != nil {
			return err
		}
	}
	return damage
}

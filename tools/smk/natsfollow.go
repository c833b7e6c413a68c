package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/alecthomas/kong"

	"github.com/smk-go/smk/plugin/smknats"
)

// natsFollowTexts are those of flags and commands whose declarations have no room for them.
var natsFollowTexts = kong.Vars{
	"natsfollow_once": "End when every book that there is has been printed; with exit code 3 if their publisher " +
		"is silent.",
}

// natsFollowCommand prints what comes.
type natsFollowCommand struct {
	natsFlags
	Account string        `placeholder:"NAME" help:"Print the order events of this account, too."`
	Market  []uint32      `placeholder:"ID" help:"Markets whose books are printed; without it all."`
	Once    bool          `help:"${natsfollow_once}"`
	For     time.Duration `default:"0" placeholder:"TIME" help:"End after this long; 0 when interrupted."`
	JSON    bool          `name:"json" help:"Print a JSON object a line."`
}

// errStale is the outcome of books whose publisher is silent.
var errStale = fmt.Errorf("%w: the publisher is silent or behind, the books may be of the past", errUnhealthy)

// natsFirstBeat is how long --once waits for the first beat of a publisher.
const natsFirstBeat = 3 * time.Second

// Run prints until ctx ends.
func (c *natsFollowCommand) Run(ctx context.Context, std stdio) error {
	if c.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.For)
		defer cancel()
	}
	nc, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer nc.Close()
	f, err := smknats.Follow(ctx, nc, smknats.FollowConfig{
		Environment: c.Environment, Account: c.Account, Markets: c.Market, StaleAfter: natsFirstBeat,
	})
	if err != nil {
		return err
	}
	defer f.Close()
	accounts, complete := map[string]bool{}, false
	for {
		e, err := f.Next(ctx)
		switch {
		case errors.Is(err, context.DeadlineExceeded), interrupted(ctx, err), errors.Is(err, smknats.ErrClosed):
			return nil
		case err != nil:
			return err
		}
		if c.Once && complete && e.Kind == smknats.BookChanged { // only the publisher is waited for
			continue
		}
		if err := c.print(std.out, e); err != nil {
			return err
		}
		switch complete = complete || e.Kind == smknats.BooksComplete; {
		case e.Kind == smknats.BookChanged:
			accounts[e.Account] = true
		case c.Once && e.Kind == smknats.Stale && complete:
			return errStale
		}
		if c.Once && complete && haveBeats(f, accounts) {
			return nil
		}
	}
}

// haveBeats reports whether beats of the publishers of accounts have come.
func haveBeats(f *smknats.Follower, accounts map[string]bool) bool {
	for account := range accounts {
		if f.Stale(account) {
			return false
		}
	}
	return true
}

// print prints an event.
func (c *natsFollowCommand) print(w io.Writer, e smknats.Event) error {
	if c.JSON {
		return json.NewEncoder(w).Encode(map[string]any{
			"kind": e.Kind.String(), "account": e.Account, "book": e.Book, "order": e.Order, "text": e.Text,
		})
	}
	text := ""
	switch {
	case e.Book != nil:
		b := e.Book
		text = fmt.Sprintf("%s  %d/%d  %-8s %18s | %-18s %s", b.Time.UTC().Format("15:04:05.000"), b.Market, b.Contract,
			b.State, bestText(b.Bids), bestText(b.Offers), b.Why)
	case e.Order != nil:
		o := e.Order
		text = fmt.Sprintf("%s  %s order %d: %s", o.Time.UTC().Format("15:04:05.000"), e.Account, o.OrderID, o.Kind)
		if o.Fill.Quantity != 0 {
			text += fmt.Sprintf(" %s at %s", o.Fill.Quantity, o.Fill.Price)
		}
	default:
		text = fmt.Sprintf("%s  %s %s %s", time.Now().UTC().Format("15:04:05.000"), e.Account, e.Kind, e.Text)
	}
	_, err := fmt.Fprintln(w, plain(text))
	return err
}

// plain replaces what is not to be shown to a terminal: whoever may publish has chosen the words.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.C, r) || r == '\u2028' || r == '\u2029' {
			return '.'
		}
		return r
	}, s)
}

// bestText is the best level of a side.
func bestText(levels []smknats.Level) string {
	if len(levels) == 0 {
		return "-"
	}
	return fmt.Sprintf("%s @ %s", levels[0].Quantity, levels[0].Price)
}

package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/smk-go/smk/config"
	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
)

// joinBot is a bot for the scripts: it joins the best bid of the demo's first contract at every n-th change of its
// book, n being its first argument, until it is interrupted. With "fail" it fails at once.
func joinBot() {
	if err := runJoinBot(); err != nil {
		fmt.Fprintln(os.Stderr, "joinbot:", err)
		os.Exit(1)
	}
}

func runJoinBot() error {
	var n int
	if _, err := fmt.Sscan(os.Args[1], &n); err != nil || n < 1 {
		return fmt.Errorf("%q is no number", os.Args[1])
	}
	// Were the journal not in the run's own folder, a second run would not begin.
	settings, err := config.Load("", config.Options{Environ: append(os.Environ(), "SMK_JOURNAL_DIR=journal")})
	if err != nil {
		return err
	}
	settings.Engine.OnStop = engine.StopCancelAll
	e, err := engine.New(settings.Engine)
	if err != nil {
		return err
	}
	changes := 0
	e.OnBook(func(c book.Contract) {
		if changes++; changes%n != 0 || c.ID() != sim.DemoHome {
			return
		}
		if best, ok := c.Best(odds.Buy); ok {
			_, _ = e.Place(order.Limit{
				Market: c.Market(), Contract: c.ID(), Side: odds.Buy, Price: best.Price, Quantity: 20_000,
			})
		}
	})
	if err := e.Subscribe(sim.DemoMarket); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return e.Run(ctx)
}

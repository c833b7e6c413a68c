package smkprom

import (
	"errors"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
)

// Why an engine is not live or not ready.
var (
	ErrEnded       = errors.New("smkprom: engine has ended")
	ErrStale       = errors.New("smkprom: loop does not answer")
	ErrNotLoggedIn = errors.New("smkprom: not logged in")
	ErrRecovering  = errors.New("smkprom: messages are missing")
	ErrNotCaughtUp = errors.New("smkprom: not caught up")
	ErrHalted      = errors.New("smkprom: halted")
)

// Live returns nil unless the engine has ended, for good, and then ErrEnded. A loop that is stuck in a handler is live:
// whoever starts the process anew for that loses what the handler does with live orders.
func (c *Collector) Live() error {
	select {
	case <-c.engine.Done():
		return ErrEnded
	default:
		return nil
	}
}

// Ready returns nil if the bot can trade: the loop answers in Options.Timeout, the session is logged in and misses
// nothing, the account is caught up, and the kill switch is not thrown. Otherwise it is one of this package's errors.
func (c *Collector) Ready() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch err := c.ask(); {
	case errors.Is(err, engine.ErrNoState):
		return stateReady(c.engine.Stats().State)
	case errors.Is(err, engine.ErrClosed):
		return ErrEnded
	case err != nil:
		return ErrStale
	}
	if err := stateReady(c.totals.Session); err != nil {
		return err
	}
	switch {
	case c.totals.Mode.Mode == risk.Halted:
		return ErrHalted
	case !caughtUp(c.totals):
		return ErrNotCaughtUp
	}
	return nil
}

// stateReady returns why messages cannot be exchanged in a state, nil if they can.
func stateReady(s session.State) error {
	switch s {
	case session.Established:
		return nil
	case session.Recovering:
		return ErrRecovering
	}
	return ErrNotLoggedIn
}

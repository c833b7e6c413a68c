package standby

import (
	"log/slog"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/plugin/smknats"
	"github.com/smk-go/smk/plugin/smknats/lease"
)

// Config says whose turn it is and what runs then. All machines have the same one but for Lease.Name.
type Config struct {
	// Lease is the account's lease: servers, environment, account, TTL.
	Lease lease.Config

	// Engine is the engine. Run sets Fence and ReferenceTerm, State.File and State.Files, and where it is empty
	// State.Account; Session.CancelAllOnFailure and RequireCaughtUp are on: the exchange cancels what nobody takes
	// over, and nothing leaves before the account is known. State.DurableIntents is not possible: what left after the
	// newest image and was accepted is known from the exchange, by its reference.
	Engine engine.Config

	// Start registers the handlers of the bot on the engine of a term, as it is done before engine.Engine.Run. What it
	// starts of its own has to end when the engine's Done is closed. An error ends Run.
	Start func(e *engine.Engine, t Term) error

	// Log, if not nil, has the engine's journal in the account's log: it is restored into the folder Engine.Journal.Dir
	// before a term begins and published while it runs. Environment, Account and Dir are set by Run. A folder that has
	// something else than the log, such as what a holder could not publish before its lease ended, is moved aside to
	// the same name with ".term-" and the term appended.
	Log *smknats.Config

	// Observe, if not nil, is called with what happens, one call at a time and in order, by Run, the engine's loop or
	// a goroutine of this package. No lock is held. It must return soon; of what happens meanwhile eventsMax events are
	// kept.
	Observe func(Event)
}

// Term is one holder's time.
type Term struct {
	Number uint64 // grows from holder to holder; references have it: engine.TermOf
	Name   string // of the holder
	State  bool   // a state of an earlier term was found; otherwise the whole history is asked for
}

// complete checks what Run sets and fills in what it has to.
func (c *Config) complete() error {
	e := &c.Engine
	switch {
	case c.Start == nil:
		return &ConfigError{"Start", "is nil: nothing would trade"}
	case e.Fence != nil || e.ReferenceTerm != 0:
		return &ConfigError{"Engine", "has Fence or ReferenceTerm, which Run sets"}
	case e.State.Disable || e.State.File != "" || e.State.Files != nil || e.State.DurableIntents:
		return &ConfigError{"Engine.State", "has Disable, File, Files or DurableIntents, which do not go with a " +
			"standby"}
	case e.Clock != nil:
		return &ConfigError{"Engine.Clock", "is set: a lease has no virtual time"}
	case c.Log != nil && e.Journal.Dir == "":
		return &ConfigError{"Log", "needs Engine.Journal.Dir"}
	}
	if c.Lease.Logger == nil {
		c.Lease.Logger = e.Logger
	}
	if c.Lease.Logger == nil {
		c.Lease.Logger = slog.New(slog.DiscardHandler)
	}
	if e.State.Account == "" {
		e.State.Account = c.Lease.Account
	}
	if c.Observe == nil {
		c.Observe = func(Event) {}
	}
	e.Session.CancelAllOnFailure, e.Session.RequireCaughtUp = true, true
	return nil
}

// ConfigError is a setting that cannot be used.
type ConfigError struct {
	Field string
	Text  string
}

// Error names the setting and why.
func (e *ConfigError) Error() string { return "standby: Config." + e.Field + " " + e.Text }

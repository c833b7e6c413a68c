package engine

import (
	"sync/atomic"

	"github.com/smk-go/smk/engine/internal/statefile"
	"github.com/smk-go/smk/engine/internal/transport"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/wire"
)

// Engine is a bot's connection to the exchange. Make it with New, register
// handlers, then call Run once, or Poll in a loop. It runs once.
//
// The goroutine in Run or Poll is the loop. All methods are for that
// goroutine, that is for handlers, or for any goroutine while the loop does not run,
// unless they say otherwise. Other goroutines use [Submitter].
type Engine struct {
	// Immutable after New.
	config  Config
	clock   transport.Clock  // the loop's
	system  transport.Clock  // any goroutine's
	tape    *tape            // nil without a journal
	journal *journal.Journal // of the tape, immutable
	log     *logs

	// The loop only.
	session       *session.Session
	now           int64 // clock reading of this part of the round
	stats         Stats
	measured      measured
	conn          connection
	life          lifecycle
	gate          restrictions
	fencing       fencing
	shutdown      shutdown
	backoff       backoff
	subscriptions *subscriptions
	pace          pace
	timing        timing
	spin          spin
	timers        timers
	stages        stages
	trading       *trading // nil if no state is kept
	handlers      handlers
	encoded       encodedMessage // what a caller's own message types are encoded into

	// Any goroutine.
	dialer    dialer
	submitted submitQueue
	parking   parking
	published published
	requests  requests
	running   atomic.Bool   // a goroutine is the loop
	ended     chan struct{} // closed when everything is released
}

// New returns an engine that does not run yet, and claims the memory that it needs. The error is a
// *[ConfigError], a *[session.ConfigError], a *[StateFileError], or says why memory could not be claimed. With
// StateConfig.File it reads and writes that, and keeps it locked until the engine has ended: close an engine that does
// not run.
func New(config Config) (*Engine, error) {
	return newEngine(config, nil)
}

// newEngine is New, or with a player a replay.
func newEngine(config Config, replay *player) (_ *Engine, err error) {
	if config, err = config.resolve(); err != nil {
		return nil, err
	}
	e := &Engine{
		system:  transport.NewClock(),
		timing:  timing{group: 1, single: handlersSingle},
		timers:  newTimers(),
		dialer:  dialer{results: make(chan dialResult, 1)},
		parking: parking{idle: make(chan struct{}, 1)},
		ended:   make(chan struct{}),
	}
	e.pace.sendWaitMax = int64(SendWait)
	if config.Clock != nil {
		e.system, e.pace.sendWaitMax = transport.NewVirtualClock(config.Clock), 0
	}
	if err := resolvePersist(&config); err != nil {
		return nil, err
	}
	e.clock = e.system
	if replay != nil {
		e.startPlayer(&config, replay)
	}
	// The state is locked before the journal takes a copy of it: another process may be about to save it.
	store, err := e.openStore(&config)
	if err != nil {
		return nil, err
	}
	made := func() {}
	if replay == nil {
		if made, err = e.openJournal(&config); err != nil {
			closeStore(store)
			return nil, err
		}
	}
	e.openFence(&config)
	if err := e.openParts(&config, store); err != nil {
		_ = e.closeJournal(false)
		return nil, err
	}
	made()
	return e, nil
}

// openParts makes the trading state and the session. store is that of the state, nil if it is not kept.
func (e *Engine) openParts(config *Config, store *statefile.Store) error {
	e.readClock()
	e.backoff.init(config.ReconnectBackoff, e.backoffSeed(config.Session.ReferenceBase))
	if !config.State.Disable {
		if err := e.openState(config, store); err != nil {
			return err
		}
	}
	err := e.openSession(config)
	if err != nil && e.trading != nil && e.trading.persist != nil {
		_ = e.trading.persist.close(nil, 0)
	}
	return err
}

// openState makes the trading state, and reads it if it is kept in a file.
func (e *Engine) openState(config *Config, store *statefile.Store) (err error) {
	if e.trading, err = newTrading(config); err != nil {
		closeStore(store)
		return err
	}
	e.trading.halts.beats.tape = e.tape
	e.gate.set(gateTrading)
	e.stages.set(stageOrders, e.applyOrders)
	e.stages.set(stageBooks, e.applyBooks)
	if store == nil {
		return nil
	}
	return e.openPersist(config, store)
}

// openSession makes the session and what else may fail.
func (e *Engine) openSession(config *Config) error {
	if config.Session.ReferenceBase == 0 && !config.DisableReferences {
		if config.Session.ReferenceBase = config.ReferenceTerm << referenceTermShift; config.ReferenceTerm == 0 {
			config.Session.ReferenceBase = referenceBase()
		}
	}
	if config.Session.Tap != nil {
		e.handlers.payload.tap, config.Session.Tap = config.Session.Tap, e.tap
	}
	if e.tape != nil {
		config.Session.Record = e.tape.record
	}
	e.submitted.timed, e.submitted.clock = config.TimeSubmissions, e.system
	if err := e.submitted.init(config.SubmitSlots, config.SubmitBytes); err != nil {
		return err
	}
	s, err := session.New(config.Session)
	if err != nil {
		return err
	}
	s.SetNextMax(sliceMessages)
	if e.tape != nil {
		e.tape.session = s
	}
	e.encoded.buffer = make([]byte, wire.OutboundBytesMax)
	if e.log, err = newLogs(config.Logger, e.system, config.Clock != nil, e.tape); err != nil {
		_ = s.Close()
		return err
	}
	e.pace.limit = loopDelayLimit(config.LoopDelay)
	e.subscriptions = newSubscriptions(config.SubscriptionsMax, config.DisableRestore)
	e.life.continues = config.Session.AccountSequence != 0 || config.Session.ResumeFrom.ID != "" ||
		e.Recovery().Found
	// The session has the credentials; a dump of the engine must not.
	config.Session.Username, config.Session.Password, config.Session.Token = "", "", ""
	config.Session.ResumeFrom.ID = ""
	e.config, e.session = *config, s
	e.parking.sleepIn(e.parking.wakeIdle)
	if e.trading != nil {
		e.watchHalts()
	}
	return nil
}

// readClock moves the loop's clock reading on.
func (e *Engine) readClock() { e.now = e.clock.Now() }

// Ping asks the exchange for a pong, which comes to OnPong's handlers, and returns the ping's sequence. The
// error is session.ErrNotLoggedIn, ErrFull, ErrPings, ErrSequenceSpent or ErrClosed, or [ErrInTap].
func (e *Engine) Ping() (seq uint64, err error) {
	if err := e.unsafe(); err != nil {
		return 0, err
	}
	seq, err = e.session.Ping(e.now)
	e.continuePanic()
	return seq, err
}

// State returns the session's state.
func (e *Engine) State() session.State { return e.session.State() }

// Tokens returns how many messages the throttle would admit now: creates or replaces, and, in their place or beyond
// them, cancels or reduces. The loop only.
func (e *Engine) Tokens() (creates, cancels int) { return e.session.Tokens(e.now) }

// Resumption returns what a later run needs to resume this session of the exchange, also
// after the engine has ended, unless that was by a logout; see session.Config. Its ID is
// as good as a credential.
func (e *Engine) Resumption() session.Resumption {
	if e.life.phase == phaseEnded {
		return e.life.resumption
	}
	return e.session.Resumption()
}

// Reference returns the reference of a message that was sent in this session of the
// exchange, by its sequence: the bot's own or an automatic one, 0 if it had none. It
// reports false if the message is not kept any more.
func (e *Engine) Reference(seq uint64) (reference uint64, ok bool) { return e.session.Reference(seq) }

// AccountSequence returns the account sequence up to which every message was handled or
// is not requested any more; a later run resumes from it; see session.Config.
func (e *Engine) AccountSequence() uint64 { return e.session.AccountSequence() }

// AccountApplied returns the ranges of account sequences above AccountSequence that were
// handled as well, which a later run needs too; see session.Config. The slice is the
// caller's.
func (e *Engine) AccountApplied() []session.AccountRange { return e.session.AccountApplied() }

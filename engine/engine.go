package engine

import (
	"sync"
	"sync/atomic"

	"github.com/smk-go/smk/engine/internal/transport"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/wire"
)

// Event is what a handler is told of what happened: which connection, which
// sequence and account sequence, live or replayed, and when it was received. It
// is valid until the handler returns.
type Event = session.Event

// TapRecord is one payload of either direction, as OnPayload's handlers are given it; see session.TapRecord.
type TapRecord = session.TapRecord

// Engine is a bot's connection to the exchange. Make it with New, register
// handlers, then either call Run, or call Poll again and again; it lives once.
//
// The goroutine in Run or Poll owns the engine. All methods are for that
// goroutine, that is for handlers, or for any while the loop does not run, unless
// they say otherwise. Other goroutines use [Submitter].
type Engine struct {
	// Immutable after New.
	config Config
	clock  transport.Clock

	// Loop only.
	session       *session.Session
	conn          transport.Conn // nil unless phase is connected
	phase         phase
	now           int64 // the clock at this round
	stats         Stats
	publishedAt   int64
	timing        timing
	stopping      bool // the engine ends: shutdown is under way, or what a panic left is given back
	muted         bool // a handler panicked: none is called any more; stopping too
	ending        bool // what the engine holds is given back
	confirmed     bool // the exchange confirmed the logout that we asked for
	panicked      *PanicError
	shutdown      shutdown
	retryAt       int64
	idleLooks     int    // at the socket, in a row
	polled        bool   // the loop is the bot's
	stalled       int64  // since when the socket takes nothing; 0 if it does
	heard         uint32 // of requests, those that were acted on
	backoff       backoff
	subscriptions *subscriptions
	restoring     bool // what lasts is not sent again yet: the bot waits
	loggedIn      bool // the exchange has let us in at least once
	goesOn        bool // with the account or the session of an earlier run
	broken        broken
	pace          pace
	timers        timers
	lastCause     error              // why the last connection ended, or was not to be had
	outcome       error              // how it ended
	resumption    session.Resumption // once it has ended
	attempt       *attempt           // to open a connection, in phaseDialing
	stages        stages
	handlers      handlers
	watching      watching
	userTap       func(*TapRecord) // session.Config.Tap
	encoded       encodedMessage   // what a bot's own types are encoded to

	// Any goroutine.
	log        *logs
	publishing sync.Mutex // guards published
	published  Stats
	submitted  *ring.MPSC[submitted]
	submitKept int           // slots of it for cancels; immutable
	refusing   sync.Mutex    // whose holder is the consumer of submitted once ended is set
	requests   atomic.Uint32 // what Stop, Close and a context ask for
	parked     atomic.Bool   // the loop sleeps, or is about to
	sleeper    atomic.Pointer[sleeper]
	finished   chan struct{} // closed when everything is given back
	woken      chan struct{} // wakes a loop that sleeps without a connection
	dialed     chan dialed
	abandoned  atomic.Int32 // attempts whose functions do not return
	owned      atomic.Bool  // the loop runs
	ended      atomic.Bool  // nothing is sent any more
}

// phase is where an engine stands between connections.
type phase uint8

const (
	phaseNew       phase = iota // never ran
	phaseResting                // waits for retryAt
	phaseDialing                // waits for dialed
	phaseConnected              // has conn
	phaseLost                   // has lost it, and tells what became of it
	phaseEnded                  // everything is given back
)

// The bits of requests.
const (
	requestStop  = 1 << iota // log out, then end
	requestClose             // end
)

// New claims everything that an engine needs. The error is a *[ConfigError] or
// comes from the session's part of the settings.
func New(config Config) (*Engine, error) {
	config, err := config.resolve()
	if err != nil {
		return nil, err
	}
	e := &Engine{
		clock:    transport.NewClock(),
		timing:   timing{until: 1, singly: handlersSingly},
		timers:   newTimers(),
		finished: make(chan struct{}),
		woken:    make(chan struct{}, 1),
		dialed:   make(chan dialed, 1),
	}
	e.readClock()
	if config.Session.ReferenceBase == 0 && !config.DisableReferences {
		config.Session.ReferenceBase = referenceBase()
	}
	if config.Session.Tap != nil {
		e.userTap, config.Session.Tap = config.Session.Tap, e.tap
	}
	submitted, err := newSubmitQueue(config.SubmitSlots, config.SubmitBytes)
	if err != nil {
		return nil, err
	}
	s, err := session.New(config.Session)
	if err != nil {
		return nil, err
	}
	s.SetNextMax(sliceMessages)
	e.encoded.buffer = make([]byte, wire.OutboundBytesMax)
	if e.log, err = newLogs(config.Logger, e.clock); err != nil {
		_ = s.Close()
		return nil, err
	}
	e.pace.limit = loopDelayLimit(config.LoopDelay)
	e.backoff.pauses = config.ReconnectBackoff
	e.subscriptions = newSubscriptions(config.SubscriptionsMax, config.DisableRestore)
	// The session has the credentials; a dump of the engine must not.
	e.goesOn = config.Session.AccountSequence != 0 || config.Session.ResumeFrom.ID != ""
	config.Session.Username, config.Session.Password, config.Session.Token = "", "", ""
	config.Session.ResumeFrom.ID = ""
	e.config, e.session, e.submitted = config, s, submitted
	e.submitKept = min(submitted.Cap()/submitKeptShare, submitKeptMax)
	e.sleeper.Store(&sleeper{wake: e.wakeIdle})
	return e, nil
}

// readClock starts a part of a round.
func (e *Engine) readClock() { e.now = e.clock.Now() }

// Stop asks the loop to do with the orders what Config.OnStop says, to log out and to
// end; the end of Run's context does the same. It needs no room in the hand-over
// queue. From then on new orders are refused with [ErrStopping]; handlers are called
// until the end. Stopping again changes nothing; [Engine.Close] ends at once. Any
// goroutine, any time.
func (e *Engine) Stop() { e.request(requestStop) }

// request sets a bit of requests and wakes the loop for it.
func (e *Engine) request(bit uint32) {
	e.requests.Or(bit)
	e.wake()
}

// Close ends the engine without a logout, if it has not ended yet, and gives its
// memory back. Orders stay as they are. While the loop runs it asks the loop to end and waits until it has,
// so a handler must not wait for another goroutine that calls Close; called by a handler, or by
// Config.Logger's, it only asks. Any goroutine, any time; closing again does nothing.
func (e *Engine) Close() error {
	e.request(requestClose)
	if e.owned.CompareAndSwap(false, true) {
		defer e.owned.Store(false)
		e.end(ErrClosed)
		return nil
	}
	if !inLoop() {
		<-e.finished
	}
	return nil
}

// Ping asks the exchange for a sign of life and returns the ping's sequence; the
// answer comes to OnPong. The errors are those of Send.
func (e *Engine) Ping() (seq uint64, err error) { return e.session.Ping(e.now) }

// State returns the session's state.
func (e *Engine) State() session.State { return e.session.State() }

// Resumption returns what a later run needs to go on with this session of the
// exchange, also after the engine has ended, unless that was by a logout; see
// session.Config. Its ID is as good as a credential.
func (e *Engine) Resumption() session.Resumption {
	if e.phase == phaseEnded {
		return e.resumption
	}
	return e.session.Resumption()
}

// Reference returns the reference of a message that was sent in this session of the
// exchange, by its sequence, be it the bot's own or one given to it, 0 if it had
// none. It reports false if the message is not kept any more.
func (e *Engine) Reference(seq uint64) (reference uint64, ok bool) { return e.session.Reference(seq) }

// AccountSequence returns the account sequence up to which every message was handled or
// given up, which a later run resumes from; see session.Config.
func (e *Engine) AccountSequence() uint64 { return e.session.AccountSequence() }

// AccountApplied returns the ranges of account sequences above AccountSequence that were
// handled as well, which a later run has to know too; see session.Config.
func (e *Engine) AccountApplied() []session.AccountRange { return e.session.AccountApplied() }

package session

import (
	"fmt"
	"io"
	"math"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/wire"
)

// Session is one login after another of one account. It belongs to one goroutine.
type Session struct {
	config  Config // resolved; immutable
	buffer  *wire.Buffer
	frames  *ring.Frames
	payload msg.Payload // the message being handled; the event borrows it
	control msg.Payload // for encoding session messages with a body
	event   Event       // what Next returned, unless that was message
	message Event       // the last message in its sequence; of no other kind
	queue   eventQueue

	state    State
	epoch    uint32
	now      int64
	away     int64 // of now, time that the driver was not there
	patience int64 // how long it may stay away
	drained  bool  // all that was received was returned by Next
	resting  bool  // the driver waits, rather than handling an event
	overdue  bool  // Tick found that something has waited too long
	err      error // why the connection has to end; sticks until Lost
	barred   error // why no login may be tried again
	closed   bool

	// Inbound.
	in        uint64 // next sequence expected
	handling  bool   // the event that Next returned is message in
	heard     bool   // Filled since the clock was last read
	lastHeard int64  // a byte arrived
	lastFrame int64  // a whole message arrived
	arrived   uint64 // messages of this connection
	gap       gap
	account   accountLog
	catchUp   catchUp

	// Outbound.
	out      uint64 // next sequence to use
	lastSent int64  // something was queued
	probed   int64  // a ping asked for a sign of life
	pings    pings
	pongs    int    // owed to the peer
	settings bool   // likewise
	copied   uint64 // lowest sequence that was sent again
	serving  serving
	throttle throttle
	open     unanswered
	doubts   unanswered // what was in open and is in doubt
	withheld int        // messages in open that are to be told NotDelivered
	held     bool       // new orders wait for CaughtUp
	entered  bool       // order entry was sent
	refs     uint64     // the last automatic reference

	nextMost      int   // as SetNextMax has it
	nextMax       int   // messages that are no events, in one Next
	quiet         int   // messages that were none since Next last returned nil for it
	more          bool  // it did just now
	noAnswer      bool  // fates were reported without an answer, and no answer came since
	noAnswerSince int64 // fair reading of the first of them

	leaves   [classes]room // what a message leaves of the send ring, by its class
	bytesMax int           // of an application message, framed

	// The login.
	token     []byte
	id        []byte // of the session, for resuming; capacity SessionBytesMax
	keep      bool   // the next login resumes it
	resuming  bool   // this login does
	loginSeq  uint64
	asked     bool   // we sent a logout
	announces bool   // each login is followed by settings
	since     int64  // of the state LoginSent or LogoutSent
	early     uint64 // highest sequence of what came before login_response
	refused   refusals
	lost      lost
	throttled ThrottledError
	stats     Stats
	unknown   msg.Unknown
	carefully bool // tests only: every payload is examined, as if none were expected
}

// New claims all the memory of a session. The error is a *[ConfigError], a
// *wire.LimitError or a *ring.LimitError, or says why no memory could be claimed.
func New(config Config) (*Session, error) {
	config, err := config.resolve()
	if err != nil {
		return nil, err
	}
	buffer, err := wire.NewBuffer(config.ReceiveBytes, config.Limits)
	if err != nil {
		return nil, err
	}
	frames, err := ring.NewFrames(config.Send)
	if err != nil {
		_ = buffer.Close()
		return nil, err
	}
	s := &Session{
		config: config, buffer: buffer, frames: frames, now: math.MinInt64,
		in: 1, out: 1, refs: config.ReferenceBase, copied: noCopies,
		id: make([]byte, 0, SessionBytesMax), token: []byte(config.Token), announces: config.CancelAllOnFailure,
	}
	s.SetNextMax(math.MaxInt)
	s.divideRing()
	s.patience = min(awayAfter, int64(config.AnswerTimeout)/4)
	s.account.init(config.AccountSequence, config.AccountApplied)
	s.open.init(config.UnansweredMax)
	s.doubts.init(config.UnansweredMax)
	s.throttle.init(config.ThrottleOff)
	if earlier := config.Earlier; earlier.ID != "" {
		s.id, s.keep = append(s.id, earlier.ID...), true
		s.in, s.out = earlier.In, earlier.Out
		s.frames.Rebase(s.out)
	}
	return s, nil
}

// Close gives the memory back. Whatever a method returned must not be touched any
// more; further calls answer ErrClosed. Closing again does nothing.
func (s *Session) Close() error {
	if s.closed {
		return nil
	}
	s.closed, s.state, s.err, s.handling = true, Disconnected, ErrClosed, false
	s.queue, s.lost = eventQueue{}, lost{}
	err := s.buffer.Close()
	if frames := s.frames.Close(); err == nil {
		err = frames
	}
	return err
}

// String names the state and the counters, never a credential.
func (s *Session) String() string {
	return fmt.Sprintf("session %v, epoch %d, in %d, out %d", s.state, s.epoch, s.in, s.out)
}

// Format is String for every verb.
func (s *Session) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// State returns the session's state.
func (s *Session) State() State { return s.state }

// Epoch returns the number of the connection, 0 before the first Open.
func (s *Session) Epoch() uint32 { return s.epoch }

// Counters returns the next inbound sequence expected and the next outbound to
// use. The message of the event at hand is not counted before the next call of
// Next.
func (s *Session) Counters() (in, out uint64) { return s.in, s.out }

// AccountSequence returns the account sequence up to which every message was received
// or given up, to be kept for [Config], and 0 if there is none. The message of the event
// at hand is not counted before the next call of Next or Lost: whoever stops in the
// middle of handling it asks before that.
func (s *Session) AccountSequence() uint64 {
	if s.handling && s.message.AccountSequence != 0 {
		return s.account.before
	}
	return s.account.resume
}

// AccountApplied returns the ranges of account sequences above AccountSequence whose
// messages were received as well, to be kept for [Config] with it. Usually there are
// none. The slice is the caller's.
func (s *Session) AccountApplied() []AccountRange {
	at := uint64(0)
	if s.handling {
		at = s.message.AccountSequence
	}
	return s.account.applied(nil, at)
}

// Resumption returns what continues this session in a later run, with an empty ID
// if there is nothing to continue.
func (s *Session) Resumption() Resumption {
	if len(s.id) == 0 {
		return Resumption{}
	}
	return Resumption{ID: string(s.id), In: s.in, Out: s.out}
}

// SetTap replaces what Config.Tap said; nil is nobody. Every call costs each message,
// so it is worth setting late.
func (s *Session) SetTap(tap func(now int64, payload []byte)) {
	s.config.Tap = tap
	s.boundNext()
}

// Free returns where to read to from the transport; see wire.Buffer. It ends the
// validity of the last event.
func (s *Session) Free() []byte { return s.buffer.Free() }

// Filled says that n bytes were read into what Free returned.
func (s *Session) Filled(n int) {
	s.buffer.Filled(n)
	if n > 0 {
		s.heard, s.drained = true, false
	}
}

// Pending returns the next run of bytes to write to the transport; see
// ring.Frames. It is empty if there are none, and valid until the next call of
// Written, Lost or Close.
func (s *Session) Pending() []byte { return s.frames.Pending() }

// Written says that the transport took the first n bytes of Pending.
func (s *Session) Written(n int) {
	s.frames.Written(n)
	if s.hasDeferred() {
		s.sendDeferred()
	}
}

// clock takes a reading.
func (s *Session) clock(now int64) {
	if now > s.now || s.heard {
		s.takeReading(now)
	}
}

// takeReading is clock when there is something to do.
func (s *Session) takeReading(now int64) {
	if now > s.now {
		if now-s.now > s.patience {
			s.absent(now)
		}
		s.now = now
	}
	if s.heard {
		s.heard, s.lastHeard = false, s.fair()
	}
}

// absent decides how much of a long time between two readings may be the exchange's silence. A
// driver that waits comes back when Deadline says so. If it comes back much later the
// process was stopped, nobody knows since when; and in a handler it does not listen.
func (s *Session) absent(now int64) {
	if s.now == math.MinInt64 {
		return
	}
	back := s.now // the last reading at which the driver was there for sure
	if deadline := min(s.Deadline(), now); s.resting && now-deadline <= (deadline-s.now)/2 {
		back = deadline
	}
	if gone := now - back - s.patience; gone > 0 {
		s.away += gone
		s.stats.Away += time.Duration(gone)
	}
}

// fair is the clock of all timers that wait for the exchange: it stands still while the
// driver is away.
func (s *Session) fair() int64 { return s.now - s.away }

// fail makes err the reason to end the connection, unless there is one already.
func (s *Session) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// Connecting says that the driver has begun to open a transport. It is optional:
// Open may follow Lost directly.
func (s *Session) Connecting(now int64) error {
	if err := s.mayStart(); err != nil {
		return err
	}
	if s.state != Disconnected {
		return ErrState
	}
	s.clock(now)
	s.move(Connecting, nil)
	return nil
}

// mayStart reports what stands against a new connection.
func (s *Session) mayStart() error {
	switch {
	case s.closed:
		return ErrClosed
	case s.barred != nil:
		return s.barred
	case s.lost.telling || s.state == Disconnected && s.queue.n > 0:
		return ErrUndrained
	}
	return nil
}

// Open says that the transport is up: a new epoch begins, and the login is
// queued. The error is ErrState if there is a connection already, ErrUndrained
// if Next has not returned all events of the last one, ErrClosed, ErrNoCredentials,
// or the refusal after which no login with the same credentials may be tried.
func (s *Session) Open(now int64) error {
	if err := s.mayStart(); err != nil {
		return err
	}
	if s.state != Disconnected && s.state != Connecting {
		return ErrState
	}
	if s.epoch == math.MaxUint32 {
		return ErrSequenceSpent
	}
	if len(s.token) == 0 && s.config.Username == "" {
		return ErrNoCredentials
	}
	s.clock(now)
	s.epoch++
	s.buffer.Reset()
	s.heard, s.arrived, s.asked, s.early, s.pongs, s.settings = false, 0, false, 0, 0, false
	s.lastHeard, s.lastFrame, s.since, s.lastSent = s.fair(), s.fair(), s.fair(), s.now
	s.probed, s.noAnswer, s.drained = math.MinInt64, false, false
	s.gap, s.serving = gap{}, serving{}
	s.catchUp, s.held = catchUp{pending: true}, s.config.RequireCaughtUp
	s.resuming, s.keep = s.keep, false
	if !s.resuming {
		s.forget()
		s.detachDoubts()
		s.in, s.out = 1, 1
		s.frames.Rebase(1)
		s.copied = noCopies
	}
	if err := s.login(); err != nil {
		panic("BUG: session: no room for the login: " + err.Error()) // nothing is unsent
	}
	s.move(LoginSent, nil)
	return nil
}

// forget drops what would resume the session.
func (s *Session) forget() {
	clear(s.id[:cap(s.id)])
	s.id = s.id[:0]
	s.pings = pings{}
}

// Lost says that the transport is gone, or was not to be had, and why: what Next,
// Tick or the transport returned. It drops what was received and not taken, so
// take everything before. The events that follow tell the new state and the fate
// of unanswered messages. Without a connection it does nothing.
func (s *Session) Lost(now int64, cause error) {
	if s.state == Disconnected {
		return
	}
	s.clock(now)
	s.ackLast()
	s.frames.Drop()
	policy := PolicyOf(cause)
	s.keep = s.config.Resume == ResumeSession && policy.KeepSession && len(s.id) > 0 && !s.asked &&
		s.in <= sequenceMax && s.out <= sequenceMax
	if policy.Retry == RetryNever && !s.asked {
		s.barred = cause
	}
	s.err = nil
	s.move(Disconnected, cause)
	s.markLost(cause)
}

// Forget gives up resuming the session that was lost, so that the fates of what
// was sent are told by Next and the next login is a fresh one. It is for a driver
// that gives up, or wants a fresh start; while there is a connection it returns
// ErrState, and ErrClosed after Close.
func (s *Session) Forget() error {
	if s.closed {
		return ErrClosed
	}
	if s.state != Disconnected && s.state != Connecting {
		return ErrState
	}
	if s.keep {
		s.keep = false
		s.markLost(s.lost.cause)
	}
	s.forget()
	return nil
}

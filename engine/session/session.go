package session

import (
	"fmt"
	"io"
	"math"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/wire"
)

// Session is one login after another of one account. It belongs to one goroutine.
//
// It conducts machines, each of which holds the state of one part of the protocol and has no access to the
// others': a method of the session calls one, and acts on what that returns.
type Session struct {
	config Config // resolved; immutable
	state  State
	epoch  uint32
	err    error // why the connection has to end; sticks until Lost
	closed bool

	inbound

	// Machines.
	clock      fairClock
	sequence   sequencer
	outbox     outbox
	resender   resender
	login      login
	liveness   liveness
	throttle   throttle
	requests   requests
	references references
	account    accountLog
	catchUp    catchUp
	fates      fates

	stats   Stats // what the machines do not count
	unknown msg.Unknown
}

// inbound is what arrived and is not handled yet.
type inbound struct {
	buffer   *wire.Buffer
	recorder *recorder // nil without Config.Record
	budget   budget
	arrived  uint64      // messages of this connection
	drained  bool        // all that was received was returned by Next
	payload  msg.Payload // the message being handled; the event borrows it
	message  Event       // the last message in its sequence; of no other kind
	event    Event       // what Next returned, unless that was message
	queue    eventQueue
	overdue  bool // Tick found that something has waited too long
}

// New returns a session with all the memory that it will use. The error is a
// *[ConfigError], a *wire.LimitError, a *ring.LimitError or one of allocating memory.
func New(config Config) (*Session, error) {
	config, err := config.resolve()
	if err != nil {
		return nil, err
	}
	buffer, err := wire.NewBuffer(config.ReceiveBytes, config.Limits)
	if err != nil {
		return nil, err
	}
	frames, err := ring.NewSendRing(config.Send)
	if err != nil {
		_ = buffer.Close()
		return nil, err
	}
	s := &Session{
		config: config, inbound: inbound{buffer: buffer},
		clock:      newFairClock(min(absenceMax, int64(config.AnswerTimeout)/4)),
		sequence:   sequencer{next: 1},
		references: references{last: config.ReferenceBase, off: config.ReferenceBase == 0},
		catchUp:    catchUp{cancel: config.CancelUnresolved},
	}
	s.recorder = newRecorder(&config, buffer)
	s.outbox.init(frames, config.Tap, s.recorder)
	s.resender.init(&config)
	s.login.init(&config)
	s.account.init(config.AccountSequence, config.AccountMark, config.AccountApplied)
	s.requests.init(frames, config.UnansweredMax)
	for i := range config.InDoubt {
		s.requests.doubtEarlier(&config.InDoubt[i])
	}
	s.throttle.init(config.DisableThrottle)
	s.SetNextMax(math.MaxInt)
	if config.ResumeFrom.ID != "" {
		s.sequence.next = config.ResumeFrom.In
		s.outbox.rebase(config.ResumeFrom.Out)
	}
	// The machines have what they need of it.
	s.config.Username, s.config.Password, s.config.Token, s.config.ResumeFrom.ID = "", "", "", ""
	return s, nil
}

// Close frees the memory. What a method returned must not be used any more; further
// calls return ErrClosed. Closing again does nothing.
func (s *Session) Close() error {
	if s.closed {
		return nil
	}
	s.RecordNow()
	s.closed, s.state, s.err, s.sequence.delivered = true, Disconnected, ErrClosed, false
	s.queue, s.fates = eventQueue{}, fates{}
	err := s.buffer.Close()
	if frames := s.outbox.frames.Close(); err == nil {
		err = frames
	}
	return err
}

// String returns the state and the counters, never a credential.
func (s *Session) String() string {
	return fmt.Sprintf("session %v, epoch %d, in %d, out %d", s.state, s.epoch, s.sequence.next, s.outbox.next)
}

// Format is String for every verb.
func (s *Session) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// State returns the session's state.
func (s *Session) State() State { return s.state }

// Epoch returns the number of the connection, 0 before the first Open.
func (s *Session) Epoch() uint32 { return s.epoch }

// Counters returns the next inbound sequence expected and the next outbound to
// use. The message of the last event is not counted before the next call of Next.
func (s *Session) Counters() (in, out uint64) { return s.sequence.next, s.outbox.next }

// AccountSequence returns the account sequence up to which every message was received
// or given up, to be kept for [Config], and 0 if there is none. The message of the last
// event is not counted before the next call of Next or Lost: a driver that stops while it
// handles a message calls AccountSequence before that.
func (s *Session) AccountSequence() uint64 {
	if s.sequence.delivered && s.message.AccountSequence != 0 {
		return s.account.resumeBefore
	}
	return s.account.resume
}

// AccountMark returns what tells the message with the number AccountSequence from another one with the same number, to
// be kept for [Config] with it, and 0 if that is not known.
func (s *Session) AccountMark() uint64 { return s.account.mark(s.AccountSequence()) }

// AccountApplied returns the ranges of account sequences above AccountSequence whose
// messages were received as well, to be kept for [Config] with it. Without holes in the
// numbers there are none. The slice is the caller's.
func (s *Session) AccountApplied() []AccountRange { return s.AppendAccountApplied(nil) }

// AppendAccountApplied is AccountApplied that appends to dst.
func (s *Session) AppendAccountApplied(dst []AccountRange) []AccountRange {
	at := uint64(0)
	if s.sequence.delivered {
		at = s.message.AccountSequence
	}
	return s.account.applied(dst, at)
}

// Resumption returns what continues this session in a later run, with an empty ID
// if there is nothing to continue.
func (s *Session) Resumption() Resumption {
	if len(s.login.id) == 0 {
		return Resumption{}
	}
	return Resumption{ID: string(s.login.id), In: s.sequence.next, Out: s.outbox.next}
}

// SetTap replaces Config.Tap; nil is none. A tap makes every message more expensive.
func (s *Session) SetTap(f func(*TapRecord)) {
	s.outbox.setTap(f)
	s.budget.set(s.budget.most, f != nil)
}

// InFlight reports whether the order-entry message that was sent with a sequence waits
// for its answer.
func (s *Session) InFlight(seq uint64) bool { return s.requests.open.bySequence(seq) != nil }

// NewestRequest returns the sequence of the last order-entry message that was sent of those that wait for their
// answers, 0 if none does.
func (s *Session) NewestRequest() uint64 {
	u := &s.requests.open
	if u.newest == none {
		return 0
	}
	return u.entries[u.newest].seq
}

// OrdersInFlight reports whether a message that can bring an order to the book, an
// order_create or an order_cancel_replace, waits for its answer. It takes time in
// proportion to the messages before the first of these.
func (s *Session) OrdersInFlight() bool { return s.requests.ordersInFlight() }

// Reference returns the reference of a message that was sent in this session, as
// long as it is in the send ring or waits for its answer. It is 0 if the message had
// none, and ok is false if it is not known.
func (s *Session) Reference(seq uint64) (reference uint64, ok bool) {
	if _, rec, ok := s.outbox.frames.Frame(seq); ok {
		return rec.Reference, true
	}
	if e := s.requests.open.bySequence(seq); e != nil {
		return e.reference(), true
	}
	return 0, false
}

// Tokens returns how many messages the throttle would admit now: creates or replaces, and, in their place or
// beyond them, cancels or reduces.
func (s *Session) Tokens(now int64) (creates, cancels int) { return s.throttle.room(now) }

// ThrottledUntil returns the clock reading before which the message that the throttle refused last would be
// refused again, the greatest one if until new limits, and 0 if none was refused yet.
func (s *Session) ThrottledUntil() int64 { return s.throttle.until }

// Free returns where to read to from the transport; see wire.Buffer. It ends the
// validity of the last event. It is empty while Next has events to return that refer to
// what was received: a driver that stops between them must not move that.
func (s *Session) Free() []byte {
	if s.queue.borrow > 0 {
		return nil
	}
	return s.free()
}

func (s *Session) free() []byte {
	if s.recorder != nil {
		return s.recorder.free()
	}
	return s.buffer.Free()
}

// Filled says that n bytes were read into what Free returned.
func (s *Session) Filled(n int) {
	s.buffer.Filled(n)
	if n > 0 {
		s.liveness.unread, s.drained = true, false
	}
}

// Pending returns the next run of bytes to write to the transport; see
// ring.SendRing. It is empty if there are none, and valid until the next call of
// Written, Lost or Close.
func (s *Session) Pending() []byte { return s.outbox.frames.Pending() }

// Written says that the transport took the first n bytes of Pending.
func (s *Session) Written(n int) {
	if s.recorder != nil {
		s.recorder.flush() // the ring may use their room again
	}
	s.outbox.frames.Written(n)
	if s.hasDeferred() {
		s.sendDeferred()
	}
}

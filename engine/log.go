package engine

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/smk-go/smk/engine/internal/transport"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/ring"
)

// logs takes what the loop has to say to a slog.Logger, on a goroutine of its own:
// a log that is stuck must not hold up orders. It says what happens to the
// connection and to sends, gaps, and slow handlers; never what a message holds.
type logs struct {
	logger  *slog.Logger
	clock   transport.Clock
	queue   *ring.SPSC[record]
	more    chan struct{} // there may be something in queue, or closing is set
	closing atomic.Bool
	done    chan struct{} // everything is written
	dropped atomic.Uint64
	slowAt  int64 // when a slow handler was last reported
	delayAt int64 // likewise, a delay of the loop
}

// record is something to say. What does not apply is zero.
type record struct {
	at        int64
	level     slog.Level
	text      string
	epoch     uint32
	seq       uint64
	typ       msg.PayloadType
	reference uint64
	from, to  uint64
	name      string // of a handler
	by        string // what a delay is due to
	took      time.Duration
	pause     time.Duration
	fate      session.Fate
	err       error
}

// newLogs starts the goroutine, or returns nil if there is nobody to talk to. All
// methods work on nil.
func newLogs(logger *slog.Logger, clock transport.Clock) (*logs, error) {
	if logger == nil {
		return nil, nil
	}
	queue, err := ring.NewSPSC[record](logRecords)
	if err != nil {
		return nil, err
	}
	l := &logs{logger: logger, clock: clock, queue: queue, more: make(chan struct{}, 1), done: make(chan struct{})}
	go l.write()
	return l, nil
}

func (l *logs) say(r record) {
	if l == nil {
		return
	}
	if !l.queue.Push(r) {
		l.dropped.Add(1)
		return
	}
	l.nudge()
}

func (l *logs) nudge() {
	select {
	case l.more <- struct{}{}:
	default:
	}
}

// stateTexts are what is said of a change of state.
var stateTexts = [...]string{
	session.Disconnected: "session disconnected",
	session.Connecting:   "session connecting",
	session.LoginSent:    "session login sent",
	session.Established:  "session established",
	session.Recovering:   "session recovering",
	session.LogoutSent:   "session logout sent",
}

// event says what an event means to whoever reads the log.
func (l *logs) event(ev *Event) {
	if l == nil {
		return
	}
	r := record{at: ev.Received, level: slog.LevelInfo, epoch: ev.Epoch, seq: ev.Seq, from: ev.From, to: ev.To, err: ev.Cause}
	switch ev.Kind {
	case session.StateChanged:
		r.text = stateTexts[ev.State]
		if ev.State == session.Disconnected && !clean(ev.Cause) {
			r.level = slog.LevelWarn
		}
	case session.Gap:
		r.text, r.level = "gap in what was received", slog.LevelWarn
	case session.Recovered:
		r.text = "gap recovered"
	case session.CaughtUp:
		if r.text = "account messages caught up"; !ev.Complete {
			r.text, r.level = "account messages caught up, as far as they are known", slog.LevelWarn
		}
	case session.AccountGap:
		r.text, r.level = "account messages may be lost", slog.LevelWarn
	case session.AccountRecovered:
		r.text = "account messages came after all"
	case session.AccountLost:
		r.text, r.level = "account messages are not asked for any more", slog.LevelWarn
	case session.AccountReset:
		r.text, r.level = "account sequence neither follows nor repeats", slog.LevelWarn
	case session.SendUnsettled:
		r.text, r.level, r.fate = "message in doubt will not be settled", slog.LevelError, ev.Fate
	case session.AnswerMismatch:
		r.text, r.level = "a message contradicts the request that it names", slog.LevelWarn
	case session.ThrottleExceeded:
		r.text, r.level = "the exchange dropped a message for its throttle", slog.LevelWarn
	case session.SendResolved:
		r.text, r.level, r.fate = "message without an answer", slog.LevelWarn, ev.Fate
		r.typ, r.reference = ev.Type, ev.Reference
	case session.Unknown:
		r.text, r.level = "session message without a meaning", slog.LevelWarn
	default:
		return
	}
	l.say(r)
}

// clean reports whether a connection ended by a logout that we asked for and the
// exchange confirmed.
func clean(cause error) bool {
	var logout *session.LogoutError
	return errors.As(cause, &logout) && logout.Clean()
}

// endLevel is how bad the end of an engine is: as the bot wanted it, as it wanted but
// for the exchange's word, or against its will.
func endLevel(outcome error) slog.Level {
	var live *CancelError
	switch {
	case errors.As(outcome, &live):
		return slog.LevelError
	case errors.Is(outcome, ErrLoggedOut), errors.Is(outcome, ErrClosed):
		return slog.LevelInfo
	case errors.Is(outcome, ErrNotConfirmed):
		return slog.LevelWarn
	}
	return slog.LevelError
}

// slow warns of a slow handler, now and then.
func (l *logs) slow(now int64, name string, took time.Duration) {
	if l == nil || now-l.slowAt < int64(slowLogEvery) {
		return
	}
	l.slowAt = now
	l.say(record{at: now, level: slog.LevelWarn, text: "slow handler", name: name, took: took})
}

// delay warns that the loop does not come round as it should, now and then.
func (l *logs) delay(now int64, text, cause string, took time.Duration) {
	if l == nil || now-l.delayAt < int64(slowLogEvery) {
		return
	}
	l.delayAt = now
	l.say(record{at: now, level: slog.LevelWarn, text: text, by: cause, took: took})
}

// close waits until everything is written, but not for ever.
func (l *logs) close() {
	if l == nil {
		return
	}
	l.closing.Store(true)
	l.nudge()
	if calledBy([]string{logFunction}) {
		return // the logger has called Close: it would wait for itself
	}
	timer := time.NewTimer(logPatience)
	defer timer.Stop()
	select {
	case <-l.done:
	case <-timer.C:
	}
}

func (l *logs) lost() uint64 {
	if l == nil {
		return 0
	}
	return l.dropped.Load()
}

// write is the goroutine. What was said before closing was set is in the queue by
// then.
func (l *logs) write() {
	defer close(l.done)
	for {
		closing := l.closing.Load()
		r, ok := l.queue.Pop()
		switch {
		case ok:
			l.emit(r)
		case closing:
			return
		default:
			<-l.more
		}
	}
}

func (l *logs) emit(r record) {
	ctx := context.Background()
	if !l.logger.Handler().Enabled(ctx, r.level) {
		return
	}
	out := slog.NewRecord(l.clock.Time(r.at), r.level, r.text, 0)
	if r.epoch != 0 {
		out.AddAttrs(slog.Uint64("epoch", uint64(r.epoch)))
	}
	if r.seq != 0 {
		out.AddAttrs(slog.Uint64("seq", r.seq))
	}
	if r.typ != 0 {
		out.AddAttrs(slog.String("type", r.typ.String()))
	}
	if r.reference != 0 {
		out.AddAttrs(slog.Uint64("reference", r.reference))
	}
	if r.from != 0 {
		out.AddAttrs(slog.Uint64("from", r.from), slog.Uint64("to", r.to))
	}
	if r.fate != 0 {
		out.AddAttrs(slog.String("fate", r.fate.String()))
	}
	if r.name != "" {
		out.AddAttrs(slog.String("handler", r.name))
	}
	if r.by != "" {
		out.AddAttrs(slog.String("by", r.by))
	}
	if r.took != 0 {
		out.AddAttrs(slog.Duration("took", r.took))
	}
	if r.pause != 0 {
		out.AddAttrs(slog.Duration("pause", r.pause))
	}
	if r.err != nil {
		out.AddAttrs(slog.String("cause", r.err.Error()))
	}
	_ = l.logger.Handler().Handle(ctx, out) // there is nobody to tell
}

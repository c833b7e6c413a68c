package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/smk-go/smk/engine/internal/transport"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/ring"
)

// logs passes records of the loop to a slog.Logger, on a goroutine of its own: a log that
// blocks must not delay orders. The records are about the connection, sends, gaps and slow
// handlers; they never have the contents of a message.
type logs struct {
	logger  *slog.Logger
	clock   transport.Clock
	inline  bool  // there is no goroutine: the loop writes
	tape    *tape // has each record, too; nil without a journal
	queue   *ring.SPSC[record]
	more    chan struct{} // queue may have records, or closing is set
	closing atomic.Bool
	done    chan struct{} // everything is written
	dropped atomic.Uint64
	bad     bool  // the logger has panicked, and that was reported
	slowAt  int64 // clock reading of the last record of a slow handler
	delayAt int64 // likewise, of a delay of the loop
}

// record is one line of the log. Fields that do not apply are zero.
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
	cause     string // of a delay
	took      time.Duration
	pause     time.Duration
	fate      session.Fate
	err       error
}

// newLogs starts the goroutine, unless inline is set, or returns nil, on which all methods work, if there is no logger.
func newLogs(logger *slog.Logger, clock transport.Clock, inline bool, t *tape) (*logs, error) {
	if logger == nil && t == nil {
		return nil, nil
	}
	if inline || logger == nil {
		return &logs{logger: logger, clock: clock, inline: true, tape: t}, nil
	}
	queue, err := ring.NewSPSC[record](logRecords)
	if err != nil {
		return nil, err
	}
	l := &logs{
		logger: logger, clock: clock, tape: t, queue: queue, more: make(chan struct{}, 1), done: make(chan struct{}),
	}
	go l.write()
	return l, nil
}

// push queues a record, or counts it as dropped.
func (l *logs) push(r record) {
	if l == nil {
		return
	}
	if l.tape.recording() {
		l.tape.log(&r)
	}
	if l.inline {
		l.emit(r)
		return
	}
	if !l.queue.Push(r) {
		l.dropped.Add(1)
		return
	}
	l.signal()
}

func (l *logs) signal() {
	select {
	case l.more <- struct{}{}:
	default:
	}
}

// stateTexts are the texts of changes of state.
var stateTexts = [...]string{
	session.Disconnected: "session disconnected",
	session.Connecting:   "session connecting",
	session.LoginSent:    "session login sent",
	session.Established:  "session established",
	session.Recovering:   "session recovering",
	session.LogoutSent:   "session logout sent",
}

// event logs an event, if its kind is of interest.
func (l *logs) event(ev *Event) {
	if l == nil {
		return
	}
	r := record{
		at: ev.Received, level: slog.LevelInfo,
		epoch: ev.Epoch, seq: ev.Seq, from: ev.From, to: ev.To, err: ev.Cause,
	}
	switch ev.Kind {
	case session.StateChanged:
		r.text = stateTexts[ev.State]
		if ev.State == session.Disconnected && !clean(ev.Cause) {
			r.level = slog.LevelWarn
		}
	case session.Gap:
		r.text, r.level = "gap", slog.LevelWarn
	case session.Recovered:
		r.text = "gap recovered"
	case session.CaughtUp:
		if r.text = "account messages caught up"; !ev.Complete {
			r.text, r.level = "account messages caught up, perhaps not all", slog.LevelWarn
			if ev.Cause == session.ErrHistory && ev.AccountSequence == 0 {
				r.text = "the exchange has no account messages: the account is new, or its history is gone"
			}
		}
	case session.AccountGap:
		r.text, r.level = "account messages may be lost", slog.LevelWarn
	case session.AccountRecovered:
		r.text = "account messages recovered"
	case session.AccountLost:
		r.text, r.level = "account messages lost", slog.LevelWarn
	case session.AccountReset:
		r.text, r.level = "account sequence reset", slog.LevelWarn
	case session.SendUnresolved:
		r.text, r.level = "message in doubt, and nothing that the exchange repeats resolves it", slog.LevelError
		r.fate, r.typ, r.reference = ev.Fate, ev.Type, ev.Reference
	case session.AnswerMismatch:
		r.text, r.level = "answer contradicts its request", slog.LevelWarn
	case session.ThrottleExceeded:
		r.text, r.level = "throttle of the exchange exceeded", slog.LevelWarn
	case session.SendResolved:
		r.text, r.level, r.fate = "message without an answer", slog.LevelWarn, ev.Fate
		r.typ, r.reference = ev.Type, ev.Reference
	case session.Unknown:
		r.text, r.level = "unknown session message", slog.LevelWarn
	default:
		return
	}
	l.push(r)
}

// clean reports whether a connection ended by a logout that we asked for and the
// exchange confirmed.
func clean(cause error) bool {
	var logout *session.LogoutError
	return errors.As(cause, &logout) && logout.Clean()
}

// endLevel returns the level of the record of an end: info as requested, warn without the confirmation of the
// exchange, else error.
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

// slow logs a slow handler, at most one in slowLogEvery.
func (l *logs) slow(now int64, name string, took time.Duration) {
	if l == nil || now-l.slowAt < int64(slowLogEvery) {
		return
	}
	l.slowAt = now
	l.push(record{at: now, level: slog.LevelWarn, text: "slow handler", name: name, took: took})
}

// delay logs a loop delay or a lag, at most one in slowLogEvery.
func (l *logs) delay(now int64, text, cause string, took time.Duration) {
	if l == nil || now-l.delayAt < int64(slowLogEvery) {
		return
	}
	l.delayAt = now
	l.push(record{at: now, level: slog.LevelWarn, text: text, cause: cause, took: took})
}

// close waits until everything is written, for logPatience at most.
func (l *logs) close() {
	if l == nil || l.inline {
		return
	}
	l.closing.Store(true)
	l.signal()
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

// lost returns how many records were dropped.
func (l *logs) lost() uint64 {
	if l == nil {
		return 0
	}
	return l.dropped.Load()
}

// write is the goroutine. Records that were pushed before closing was set are in the queue by then.
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

// emit passes a record to the logger. What that panics at is lost and counted: on this goroutine a panic would end the
// process, and nobody would cancel orders. The first panic is reported, to the logger, or, if that panics then, too, on
// the standard error.
func (l *logs) emit(r record) {
	err := l.handle(r)
	if err == nil {
		return
	}
	if l.dropped.Add(1); l.bad {
		return
	}
	l.bad = true
	report := record{at: r.at, level: slog.LevelError, text: "the logger panicked: log records are lost", err: err}
	if l.handle(report) != nil {
		_, _ = fmt.Fprintf(os.Stderr, "%v; log records are lost\n%s", err, err.Stack)
	}
}

// handle calls the logger, and returns its panic.
func (l *logs) handle(r record) (err *PanicError) {
	defer func() {
		if v := recover(); v != nil {
			err = newPanicError("Config.Logger", v)
		}
	}()
	l.pass(r)
	return nil
}

func (l *logs) pass(r record) {
	ctx := context.Background()
	if l.logger == nil || !l.logger.Handler().Enabled(ctx, r.level) {
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
	if r.cause != "" {
		out.AddAttrs(slog.String("by", r.cause))
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
	_ = l.logger.Handler().Handle(ctx, out) // there is no log for the errors of the log
}

package engine

import (
	"errors"
	"log/slog"
	"time"

	"github.com/smk-go/smk/engine/internal/statefile"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/marks"
)

// causeIntents names what kept the loop.
const causeIntents = "making intents durable"

// renewEvery is how often the loop asks whether the writer has read the queue that was full.
const renewEvery = 10 * time.Millisecond

// dueAt returns the clock reading at which the state is to be saved.
func (p *persist) dueAt() int64 {
	switch {
	case p == nil:
		return never
	case p.report || p.resultReady():
		return past
	case p.writing || !p.dirty:
		return never // the writer wakes the loop
	}
	return p.due
}

// resultReady reports whether an image was written whose result nobody has asked for.
func (p *persist) resultReady() bool {
	return p != nil && p.writing && p.tape.flag(tapeSaved, p.writer.Free())
}

// saveResultReady is resultReady, which the loop must not sleep before.
func (t *trading) saveResultReady() bool { return t != nil && t.persist.resultReady() }

// tickPersist asks what became of the last image, and makes the next one if it is due.
func (e *Engine) tickPersist() {
	p := e.trading.persist
	if p.report {
		p.report = false
		e.notifySaved(p.failed)
	}
	if p.resultReady() {
		p.writing = false
		if err := p.result(); err != nil {
			e.saveFailed(err)
			marks.Hit(marks.PersistSaveFailed)
		} else {
			p.covered = p.covers
			e.saveWorks()
		}
	}
	if !p.dirty || p.writing || e.now < p.due {
		return
	}
	if p.due = e.now + int64(renewEvery); e.renewAndSave() {
		p.due = e.now + p.every
	}
}

// result returns what became of the last image.
func (p *persist) result() error {
	_, err := p.writer.Result()
	return p.tape.failure(tapeSaveFailed, err)
}

// renewAndSave has an image made as of now, if the writer is able to.
func (e *Engine) renewAndSave() bool {
	p := e.trading.persist
	if p.tape.replaying() {
		if p.tape.flag(tapeNotRenewed, false) {
			return false
		}
		p.writer.Read() // the writer of the run had read what it had to
		return p.renew(e.trading.orders) && e.save()
	}
	saved := p.renew(e.trading.orders) && e.save()
	p.tape.flag(tapeNotRenewed, !saved)
	return saved
}

// save has an image made as of now. It reports false if there was no room for that.
func (e *Engine) save() bool {
	p := e.trading.persist
	e.readCursor(&p.cursor)
	if p.note(noteMark, e.now); p.replica.stale {
		return false
	}
	p.writer.Save(e.now)
	p.dirty, p.writing = false, true
	return true
}

// readCursor reads where the account's messages resume. That may be less than what the orders have applied, never more:
// of what is repeated they know that they have it.
func (e *Engine) readCursor(c *cursor) {
	c.sequence, c.mark = e.session.AccountSequence(), e.session.AccountMark()
	c.applied = e.session.AppendAccountApplied(c.applied[:0])
	c.applied = c.applied[:min(len(c.applied), session.AccountHolesMax)]
	p := e.trading.persist
	if c.covers = p.covered; p.log != nil {
		c.covers = p.log.Next()
	}
}

// saveFailed notes that the state or an intent could not be written.
func (e *Engine) saveFailed(err error) {
	t := e.trading
	p := t.persist
	p.failed, p.refused, p.dirty = err, &UnsavedError{err}, true
	p.due = max(p.due, e.now+int64(saveRetry))
	if p.notified {
		return
	}
	p.notified, p.report = true, true
	e.log.push(record{at: e.now, level: slog.LevelError, text: "the state cannot be saved", err: err})
	e.modeChanged()
}

// saveWorks notes that the state was written.
func (e *Engine) saveWorks() {
	t := e.trading
	p := t.persist
	if p.failed == nil {
		return
	}
	if p.logFailed && !e.reopenLog() {
		return
	}
	p.failed, p.refused = nil, nil
	marks.Hit(marks.PersistSaveWorks)
	p.notified, p.report = false, true
	e.log.push(record{at: e.now, level: slog.LevelInfo, text: "the state is saved again"})
	e.modeChanged()
}

// reopenLog tries whether the log can be written again, once an image covers all of it.
func (e *Engine) reopenLog() bool {
	p := e.trading.persist
	if p.dirty = true; p.covered != p.log.Next() {
		marks.Hit(marks.PersistLogNotCovered)
		return false
	}
	l, err := p.store.NewLog(p.covered)
	if err = p.tape.failure(tapeSyncFailed, err); err != nil {
		e.saveFailed(err)
		marks.Hit(marks.PersistLogNotOpened)
		return false
	}
	_ = p.log.Close()
	p.log, p.logFailed = l, false
	marks.Hit(marks.PersistLogReopened)
	return true
}

func (e *Engine) notifySaved(err error) {
	if !e.gate.has(gateMuted) {
		notifyEach(e, &e.trading.handlers.saved, func(f func(error)) { f(err) })
	}
}

// joinSaved returns the error that an engine ends with whose last state, or journal, could not be saved.
func joinSaved(outcome, err error) error {
	if errors.Is(outcome, ErrLoggedOut) {
		return err
	}
	return errors.Join(outcome, err)
}

// held reports whether quotes wait until the state can be saved.
func (p *persist) held() bool { return p != nil && p.notified && p.policy == HoldOrders }

// noteIntent notes a request that was queued, to be durable before it is written to the socket.
func (e *Engine) noteIntent(k *msg.Keys, seq uint64) {
	p := e.trading.persist
	if p.dirty = true; p.log == nil {
		return
	}
	if p.log.Full() && e.syncIntents() != nil {
		p.lost = true // nothing of what is queued may leave
		marks.Hit(marks.PersistIntentLost)
	}
	if p.log.Full() {
		return
	}
	appendIntent(p.log.Add(), k, seq, e.now)
	p.places = p.places || places(k.Type)
}

// syncIntents makes the intents durable that were noted. After an error nothing that may bring an order to the book
// may leave: the caller ends the connection, and what was queued is not sent. Without such an order the error does not
// keep cancels back.
func (e *Engine) syncIntents() error {
	p := e.trading.persist
	if p.lost {
		return p.failed
	}
	begun := e.clock.Now()
	err := p.tape.failure(tapeSyncFailed, p.log.Sync(p.covered))
	took := time.Duration(e.clock.Now() - begun)
	e.pace.sincePoll.note(took, causeIntents)
	e.pace.sinceLag.note(took, causeIntents)
	if err == nil {
		p.places = false
		return nil
	}
	p.logFailed = true
	marks.Hit(marks.PersistLogFailed)
	e.saveFailed(err)
	if p.policy == HoldOrders && p.places {
		marks.Hit(marks.PersistIntentHolds)
		return err
	}
	p.log.Void()
	marks.Hit(marks.PersistIntentsVoided)
	p.places = false
	return nil
}

// intentsWait reports whether intents were noted that are not durable.
func (t *trading) intentsWait() bool {
	return t != nil && t.persist != nil && t.persist.log != nil && t.persist.log.Waiting()
}

// dropIntents forgets the intents of what was not sent because they could not be written.
func (p *persist) dropIntents() {
	if p != nil && p.log != nil {
		p.log.Void()
		p.places, p.lost = false, false
		marks.Hit(marks.PersistIntentsDropped)
	}
}

// closePersist writes the last image and releases the files.
func (e *Engine) closePersist() error {
	if e.trading == nil || e.trading.persist == nil {
		return nil
	}
	p := e.trading.persist
	if p.skipped {
		marks.Hit(marks.PersistSkipped)
		return p.close(nil, 0)
	}
	var c cursor
	e.readCursor(&c)
	err := p.close(p.append(make([]byte, statefile.HeaderBytes), &c, e.trading.orders), e.now)
	if err != nil {
		e.log.push(record{at: e.now, level: slog.LevelError, text: "the last state was not saved", err: err})
	}
	return err
}

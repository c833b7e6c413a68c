package engine

import (
	"errors"
	"log/slog"
	"time"

	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
)

// What kept the loop.
const (
	causeSave    = "saving the state"
	causeIntents = "making intents durable"
)

// dueAt returns the clock reading at which the state is to be saved.
func (p *persist) dueAt() int64 {
	switch {
	case p == nil:
		return never
	case p.report || p.idle():
		return past
	case p.writing || !p.dirty:
		return never // the writer wakes the loop
	}
	return p.due
}

// idle reports whether an image was written whose result nobody has asked for.
func (p *persist) idle() bool { return p != nil && p.writing && p.writer.Free() }

// saved reports whether there is something that the loop must not sleep before.
func (t *trading) saved() bool { return t != nil && t.persist.idle() }

// tickPersist asks what became of the last image, and makes the next one if it is due.
func (e *Engine) tickPersist() {
	p := e.trading.persist
	if p.report {
		p.report = false
		e.notifySaved(p.failed)
	}
	if p.idle() {
		p.writing = false
		if _, err := p.writer.Result(); err != nil {
			e.saveFailed(err)
		} else {
			p.covered = p.covers
			e.saveWorks()
		}
	}
	if !p.dirty || p.writing || e.now < p.due {
		return
	}
	e.save()
	begun := e.now
	e.readClock()
	took := e.now - begun
	e.pace.sincePoll.note(time.Duration(took), causeSave)
	e.pace.sinceLag.note(time.Duration(took), causeSave)
	p.due = e.now + max(p.every, saveShare*took)
}

// save makes an image and passes it on to be written. What the image says of the account's sequence may be less than
// what its orders have applied, never more: of what is repeated they know that they have it.
func (e *Engine) save() {
	p := e.trading.persist
	p.sequence = e.session.AccountSequence()
	p.applied = e.session.AppendAccountApplied(p.applied[:0])
	p.applied = p.applied[:min(len(p.applied), session.AccountHolesMax)]
	p.covers = p.covered
	if p.log != nil {
		p.covers = p.log.Next()
	}
	p.writer.Put(p.append(p.writer.Buffer(), e.trading.orders), e.now)
	p.dirty, p.writing = false, true
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
	t.modeChanged()
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
	p.notified, p.report = false, true
	e.log.push(record{at: e.now, level: slog.LevelInfo, text: "the state is saved again"})
	t.modeChanged()
}

// reopenLog tries whether the log can be written again, once an image covers all of it.
func (e *Engine) reopenLog() bool {
	p := e.trading.persist
	if p.dirty = true; p.covered != p.log.Next() {
		return false
	}
	l, err := p.store.NewLog(p.covered)
	if err != nil {
		e.saveFailed(err)
		return false
	}
	_ = p.log.Close()
	p.log, p.logFailed = l, false
	return true
}

func (e *Engine) notifySaved(err error) {
	if !e.gate.has(gateMuted) {
		notifyEach(e, &e.trading.handlers.saved, func(f func(error)) { f(err) })
	}
}

// joinSaved returns the error that an engine ends with whose last state could not be saved.
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
	p.dirty = true
	if p.log == nil {
		return
	}
	if p.log.Full() && e.syncIntents() != nil {
		p.lost = true // nothing of what is queued may leave
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
	err := p.log.Sync(p.covered)
	took := time.Duration(e.clock.Now() - begun)
	e.pace.sincePoll.note(took, causeIntents)
	e.pace.sinceLag.note(took, causeIntents)
	if err == nil {
		p.places = false
		return nil
	}
	p.logFailed = true
	e.saveFailed(err)
	if p.policy == HoldOrders && p.places {
		return err
	}
	p.log.Drop()
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
		p.log.Drop()
		p.places, p.lost = false, false
	}
}

// closePersist writes the last image and releases the files.
func (e *Engine) closePersist() (err error) {
	if e.trading == nil || e.trading.persist == nil {
		return nil
	}
	p := e.trading.persist
	defer p.close()
	if p.skipped {
		return nil
	}
	if p.writer.Wait(savePatience) {
		e.save()
	}
	if !p.writer.Wait(savePatience) {
		err = p.timeout()
	} else {
		_, err = p.writer.Result()
	}
	if err != nil {
		e.log.push(record{at: e.now, level: slog.LevelError, text: "the last state was not saved", err: err})
	}
	return err
}

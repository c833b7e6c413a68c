package engine

import (
	"context"
	"sync/atomic"
)

// Submission is the result of a message or function that another goroutine submits.
// The zero value is ready. It belongs to the goroutine that submits with it and must not
// be copied; once it is done it can be used again, so that a goroutine that sends often
// needs few of them and allocates nothing.
type Submission struct {
	state atomic.Uint32

	// Written by the loop before it sets state to done, read by the owner after.
	seq       uint64
	reference uint64
	err       error

	// Made by the owner when it first has to sleep.
	ready chan struct{}
}

// The states of a Submission. The owner moves it from idle or done to queued, and
// between queued and awaited; the loop moves it to done.
const (
	submissionIdle    = iota
	submissionQueued  // submitted
	submissionAwaited // submitted, and the owner sleeps on ready
	submissionDone
)

// start begins a use of the submission, and reports false if the last one is not done.
func (s *Submission) start() bool {
	if s == nil {
		return true
	}
	if state := s.state.Load(); state != submissionIdle && state != submissionDone {
		return false
	}
	s.seq, s.reference, s.err = 0, 0, nil
	s.state.Store(submissionQueued)
	return true
}

// inUse reports whether something was submitted that is not done.
func (s *Submission) inUse() bool {
	state := s.state.Load()
	return state != submissionIdle && state != submissionDone
}

// abandon undoes start: nothing was submitted.
func (s *Submission) abandon() {
	if s != nil {
		s.state.Store(submissionIdle)
	}
}

// Done reports whether the loop has done what was submitted, or refused it.
func (s *Submission) Done() bool { return s != nil && s.state.Load() == submissionDone }

// Result returns the sequence that the message took, or why it was not sent. After
// [Submitter.Do] both are zero. Before the submission is done the error is [ErrPending], and
// if nothing was submitted, so that it will never be done, [ErrNotSubmitted], which is
// ErrPending too.
func (s *Submission) Result() (seq uint64, err error) {
	if s == nil {
		return 0, ErrNotSubmitted
	}
	switch s.state.Load() {
	case submissionDone:
		return s.seq, s.err
	case submissionIdle:
		return 0, ErrNotSubmitted
	}
	return 0, ErrPending
}

// Reference returns the reference that an order-entry message was sent with, its own or an
// automatic one. It is 0 before the submission is done, and if there is none.
func (s *Submission) Reference() uint64 {
	if !s.Done() {
		return 0
	}
	return s.reference
}

// Wait blocks until the submission is done or ctx ends, and returns Result or the
// context's error. If ctx ends first the message stays submitted: it may be sent yet, and
// a later Wait or Result returns the outcome.
//
// A handler, or anything else that an engine's loop calls, must not block, and would wait
// for ever for its own loop. There Wait returns [ErrInHandler] at once unless the
// submission is done; the message stays submitted, too.
func (s *Submission) Wait(ctx context.Context) (seq uint64, err error) {
	if s == nil || s.state.Load() != submissionQueued {
		return s.Result()
	}
	if calledBy(loopFunctions) {
		return 0, ErrInHandler
	}
	if s.ready == nil {
		s.ready = make(chan struct{}, 1)
	}
	if s.state.CompareAndSwap(submissionQueued, submissionAwaited) {
		select {
		case <-s.ready:
		case <-ctx.Done():
			if s.state.CompareAndSwap(submissionAwaited, submissionQueued) {
				return 0, ctx.Err()
			}
			<-s.ready // done just now
		}
	}
	return s.Result()
}

// resolve sets the result. The loop only.
func (s *Submission) resolve(seq, reference uint64, err error) {
	if s == nil {
		return
	}
	s.seq, s.reference, s.err = seq, reference, err
	if s.state.Swap(submissionDone) == submissionAwaited {
		s.ready <- struct{}{}
	}
}

package smknats

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// insist calls f until it succeeds, ctx ends, or it fails in a way that does not pass.
func (p *Publisher) insist(ctx context.Context, f func(context.Context) error) error {
	for failures := 0; ; failures++ {
		err := f(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil || !transient(err):
			return err
		}
		p.fail(err)
		if err := pause(ctx, failures); err != nil {
			return err
		}
	}
}

// Errors of servers that the library has no names for.
const (
	wrongLastID jetstream.ErrorCode = 10070 // a block did not follow on the one that it names
	accountFull jetstream.ErrorCode = 10002 // the account's storage is used up, until somebody makes room
)

// isUnexpected reports whether a server found another message before the one that came, or one that is under way.
func isUnexpected(err error) bool {
	var api *jetstream.APIError
	if !errors.As(err, &api) {
		return false
	}
	switch api.ErrorCode {
	case jetstream.JSErrCodeStreamWrongLastSequence, jetstream.JSErrCodeStreamWrongLastSequenceConstant, wrongLastID:
		return true
	}
	return false
}

// transient reports whether it helps to try again: the server, or the cluster's leader, is away, or did not expect what
// came because something before it was lost. Then the stream's last message says what is so.
func transient(err error) bool {
	for _, fatal := range []error{ErrSecondWriter, ErrMismatch, ErrGap, ErrMessage, ErrLimit} {
		if errors.Is(err, fatal) {
			return false
		}
	}
	var api *jetstream.APIError
	if errors.As(err, &api) {
		return api.Code >= 500 || api.ErrorCode == accountFull || isUnexpected(api)
	}
	for _, is := range []error{
		nats.ErrTimeout, nats.ErrNoResponders, nats.ErrDisconnected, nats.ErrConnectionReconnecting,
		nats.ErrReconnectBufExceeded, nats.ErrStaleConnection, context.DeadlineExceeded, context.Canceled,
		jetstream.ErrNoStreamResponse, jetstream.ErrTooManyStalledMsgs, jetstream.ErrAsyncPublishTimeout,
		jetstream.ErrJetStreamPublisherClosed, jetstream.ErrMsgNotFound,
	} {
		if errors.Is(err, is) {
			return true
		}
	}
	return false
}

// pause waits before something is tried again.
func pause(ctx context.Context, failures int) error {
	wait := retryWaitMax
	if failures < 6 {
		wait = min(retryWait<<failures, retryWaitMax)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

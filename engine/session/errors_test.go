package session

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

func TestSafeToResend(t *testing.T) {
	fate := func(f Fate, cause error) error {
		e := Event{Kind: SendResolved, Seq: 7, Type: msg.PayloadOrderCreate, Reference: 5, Fate: f, Cause: cause}
		return e.Err()
	}
	for _, c := range []struct {
		err  error
		safe bool
	}{
		{nil, false},
		{io.EOF, false},
		{ErrPeerSilent, false},
		{&LogoutError{}, false},
		{&ProtocolError{Err: ErrGapTooLarge}, false},
		{ErrNotLoggedIn, true},
		{ErrFull, true},
		{ErrTooLarge, true},
		{ErrUnanswered, true},
		{ErrPayloadType, true},
		{ErrClosed, true},
		{ErrSequenceSpent, true},
		{&ThrottledError{Wait: 5}, true},
		{&wire.MarshalError{}, true},
		{fmt.Errorf("order 5: %w", ErrFull), true},
		{fate(NotSent, io.EOF), true},
		{fate(NotDelivered, ErrStale), true},
		{fate(InDoubt, io.EOF), false},
		// The cause of a doubt does not take it away.
		{fate(InDoubt, ErrSequenceSpent), false},
		{fmt.Errorf("order 5: %w", fate(InDoubt, ErrClosed)), false},
	} {
		if got := SafeToResend(c.err); got != c.safe {
			t.Errorf("%v: %t, want %t", c.err, got, c.safe)
		}
	}
	if err := (&Event{Kind: Message}).Err(); err != nil {
		t.Errorf("a message has the fate %v", err)
	}
	err := fate(InDoubt, io.EOF)
	if !errors.Is(err, io.EOF) || err.Error() != "session: PAYLOAD_ORDER_CREATE 7 is in doubt: EOF" {
		t.Error(err)
	}
}

func TestErrors(t *testing.T) {
	if !errors.Is(ErrClosed, net.ErrClosed) {
		t.Error("ErrClosed is not net.ErrClosed")
	}
	if !errors.Is(&ThrottledError{}, ErrThrottled) || errors.Is(&ThrottledError{}, ErrFull) {
		t.Error("a ThrottledError is ErrThrottled and nothing else")
	}
	if p := PolicyOf(io.EOF); p != (Policy{RetryBackoff, true}) {
		t.Errorf("policy of a transport's error: %+v", p)
	}
	if p := PolicyOf(fmt.Errorf("wrapped: %w", &LogoutError{policy: Policy{Retry: RetryNow}})); p.Retry != RetryNow {
		t.Errorf("policy of a wrapped error: %+v", p)
	}
	if p := PolicyOf(nil); p != (Policy{RetryBackoff, true}) {
		t.Errorf("policy of nothing: %+v", p)
	}
	e := &ProtocolError{Seq: 5, Expected: 3, Message: 9, Err: ErrGapTooLarge}
	if !errors.Is(e, ErrGapTooLarge) || !strings.Contains(e.Error(), "message 9") {
		t.Error(e)
	}
}

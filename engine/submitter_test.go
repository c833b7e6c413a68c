package engine_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/wire"
)

// TestSubmitterSends wakes a sleeping loop from several goroutines, and each learns
// the sequence its message took.
func TestSubmitterSends(t *testing.T) {
	onEach(t, func(t *testing.T, n *network) {
		const senders, each = 4, 25
		loggedIn := make(chan struct{})
		r := start(t, n.config(), func(e *engine.Engine) {
			e.OnLoggedIn(func(*engine.Event) { close(loggedIn) })
		})
		p := n.accept(t)
		p.login()
		<-loggedIn
		got := make([]uint64, senders*each)
		var sending sync.WaitGroup
		for s := range senders {
			sending.Go(func() {
				var submission engine.Submission
				var m msg.MarketSubscribe
				for i := range each {
					id := s*each + i
					m.SetMarketId(uint32(id))
					if err := r.Submitter().SendMarketSubscribe(&m, &submission); err != nil {
						t.Errorf("submit: %v", err)
						return
					}
					seq, err := submission.Wait(t.Context())
					if err != nil {
						t.Errorf("submission: %v", err)
					}
					got[id] = seq
				}
			})
		}
		for range senders * each {
			m := p.want(seto.PayloadType_PAYLOAD_MARKET_SUBSCRIBE)
			defer func() {
				if id, seq := m.GetMarketSubscribe().GetMarketId(), m.GetEtoPayload().GetSeq(); got[id] != seq {
					t.Errorf("market %d was sent as %d, the submission says %d", id, seq, got[id])
				}
			}()
		}
		sending.Wait()
		r.Stop()
		p.logout()
		if err := r.wait(); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// TestSubmitterRefuses covers what becomes of submissions that cannot be sent.
func TestSubmitterRefuses(t *testing.T) {
	n := networks(t)[0]
	config := n.config()
	config.SubmitSlots, config.SubmitBytes = 2, 64
	noLeaks(t)
	e, err := engine.New(config)
	if err != nil {
		t.Fatal(err)
	}
	submitter := e.Submitter()
	var m msg.MarketSubscribe
	var a, b, c engine.Submission

	if err := submitter.SendMarketSubscribe(&m, &a); !errors.Is(err, msg.ErrRequired) {
		t.Errorf("incomplete message: %v, want ErrRequired", err)
	}
	if _, err := a.Result(); !errors.Is(err, engine.ErrPending) {
		t.Errorf("submission that was not submitted: %v, want ErrPending", err)
	}
	m.SetMarketId(1)
	if err := submitter.Send(raw{msg.PayloadOrderCreate, make([]byte, 65)}, &a); !errors.Is(err,
		engine.ErrSubmitTooLarge) {
		t.Errorf("65 bytes: %v, want ErrSubmitTooLarge", err)
	}
	var wrong *wire.MarshalError
	if err := submitter.Send(liar{}, &a); !errors.As(err, &wrong) {
		t.Errorf("message that lies about its size: %v, want a MarshalError", err)
	}
	err = submitter.Send(negative{}, &a)
	if !errors.As(err, &wrong) || wrong.Size != -1 || !session.SafeToResend(err) {
		t.Errorf("message of an impossible size: %v, want a MarshalError", err)
	}
	// The two that failed to encode hold both slots until the loop has seen them.
	if err := submitter.SendMarketSubscribe(&m, &a); !errors.Is(err, engine.ErrSubmitFull) {
		t.Errorf("full queue: %v, want ErrSubmitFull", err)
	}
	if err := e.Poll(); err != nil {
		t.Fatal(err)
	}
	if err := submitter.SendMarketSubscribe(&m, &a); err != nil {
		t.Errorf("submit: %v", err)
	}
	if err := submitter.SendMarketSubscribe(&m, &a); !errors.Is(err, engine.ErrSubmissionBusy) {
		t.Errorf("submission under way: %v, want ErrSubmissionBusy", err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Wait(cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait: %v, want the context's error", err)
	}
	if err := e.Poll(); err != nil {
		t.Fatal(err)
	}
	if seq, err := a.Wait(t.Context()); seq != 0 || !errors.Is(err, session.ErrNotLoggedIn) {
		t.Errorf("before the login: %d, %v, want ErrNotLoggedIn", seq, err)
	}
	if err := submitter.SendMarketSubscribe(&m, &b); err != nil {
		t.Errorf("submit: %v", err)
	}
	_ = e.Close()
	if _, err := b.Result(); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("submitted before Close: %v, want ErrClosed", err)
	}
	if err := submitter.SendMarketSubscribe(&m, &c); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("after Close: %v, want ErrClosed", err)
	}
	if c.Done() {
		t.Error("submission that was refused is done")
	}
}

// raw is a message that is encoded already.
type raw struct {
	typ  msg.PayloadType
	body []byte
}

func (r raw) PayloadType() msg.PayloadType { return r.typ }
func (r raw) SizeVT() int                  { return len(r.body) }
func (r raw) MarshalToSizedBufferVT(b []byte) (int, error) {
	return copy(b[len(b)-len(r.body):], r.body), nil
}

// liar writes less than its SizeVT returns.
type liar struct{}

func (liar) PayloadType() msg.PayloadType               { return msg.PayloadOrderCreate }
func (liar) SizeVT() int                                { return 2 }
func (liar) MarshalToSizedBufferVT([]byte) (int, error) { return 1, nil }

// negative is of an impossible size.
type negative struct{}

func (negative) PayloadType() msg.PayloadType               { return msg.PayloadOrderCreate }
func (negative) SizeVT() int                                { return -1 }
func (negative) MarshalToSizedBufferVT([]byte) (int, error) { return 0, nil }

// bomb panics while it is encoded.
type bomb struct{}

func (bomb) PayloadType() msg.PayloadType               { return msg.PayloadOrderCreate }
func (bomb) SizeVT() int                                { return 2 }
func (bomb) MarshalToSizedBufferVT([]byte) (int, error) { panic(errExplode) }

// TestSubmittedPanicDoesNotStopTheQueue is a message that panics on the caller's side:
// later ones still reach the loop.
func TestSubmittedPanicDoesNotStopTheQueue(t *testing.T) {
	n := networks(t)[0]
	loggedIn := make(chan struct{})
	r := start(t, n.config(), func(e *engine.Engine) {
		e.OnLoggedIn(func(*engine.Event) { close(loggedIn) })
	})
	p := n.accept(t)
	p.login()
	<-loggedIn
	var s engine.Submission
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = r.Submitter().Send(bomb{}, &s)
	}()
	if err := r.Submitter().SendPriceFeedSubscribe(new(msg.PriceFeedSubscribe), &s); err != nil {
		t.Fatal(err)
	}
	p.want(seto.PayloadType_PAYLOAD_PRICE_FEED_SUBSCRIBE)
	if _, err := s.Wait(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestSubmitterDo runs a function on the loop, which registers a handler; a panic in
// it ends the engine.
func TestSubmitterDo(t *testing.T) {
	n := networks(t)[0]
	r := start(t, n.config(), nil)
	p := n.accept(t)
	p.login()
	var s engine.Submission
	seen := make(chan uint32, 1)
	err := r.Submitter().Do(func() {
		r.OnContractQuotes(func(_ *engine.Event, q *msg.ContractQuotes) { seen <- q.GetContractId() })
	}, &s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.send(quotes(7, 8, 2500))
	if contract := <-seen; contract != 8 {
		t.Errorf("quotes of contract %d, want 8", contract)
	}
	if err := r.Submitter().Do(func() { panic(errExplode) }, &s); err != nil {
		t.Fatal(err)
	}
	p.wantEnd()
	if err := r.wait(); !errors.Is(err, errExplode) {
		t.Errorf("Run: %v, want the panic", err)
	}
	if _, err := s.Result(); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("submission of the function that panicked: %v, want ErrClosed", err)
	}
}

// TestSubmitWhileEnding submits from several goroutines while the engine is
// closed: every submission is refused or resolved.
func TestSubmitWhileEnding(t *testing.T) {
	n := networks(t)[0]
	for round := range 50 {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			r := start(t, n.config(), nil)
			p := n.accept(t)
			p.login()
			var handing sync.WaitGroup
			for range 4 {
				handing.Go(func() {
					var s engine.Submission
					for {
						err := r.Submitter().SendPriceFeedSubscribe(new(msg.PriceFeedSubscribe), &s)
						if errors.Is(err, engine.ErrClosed) {
							return
						}
						if err != nil && !errors.Is(err, engine.ErrSubmitFull) {
							t.Errorf("submit: %v", err)
						}
						if err == nil {
							_, _ = s.Wait(t.Context())
						}
					}
				})
			}
			for range 10 {
				p.want(seto.PayloadType_PAYLOAD_PRICE_FEED_SUBSCRIBE)
			}
			_ = r.Close()
			p.wantEnd()
			if err := r.wait(); !errors.Is(err, engine.ErrClosed) {
				t.Errorf("Run: %v", err)
			}
			handing.Wait()
		})
	}
}

// TestPing measures a round trip.
func TestPing(t *testing.T) {
	n := networks(t)[0]
	var pings, trip uint64
	r := start(t, n.config(), func(e *engine.Engine) {
		e.OnLoggedIn(func(*engine.Event) {
			seq, err := e.Ping()
			if err != nil {
				t.Errorf("Ping: %v", err)
			}
			pings = seq
		})
		e.OnPong(func(ev *engine.Event) {
			trip = ev.Ping
			e.Stop()
		})
	})
	p := n.accept(t)
	p.login()
	p.wantEto(eto.PayloadType_PAYLOAD_PING)
	p.send(etoMessage(&eto.Payload{Type: eto.PayloadType_PAYLOAD_PONG.Enum()}))
	p.logout()
	if err := r.wait(); err != nil || pings == 0 || trip != pings {
		t.Errorf("Run: %v; pinged as %d, answered %d", err, pings, trip)
	}
}

// TestReferenceOfASubmission is given to an order that has none, or is its own.
func TestReferenceOfASubmission(t *testing.T) {
	n := newNetwork(t, "pipe", false, pipe)
	loggedIn := make(chan struct{})
	r := start(t, n.config(), func(e *engine.Engine) {
		e.OnLoggedIn(func(*engine.Event) { close(loggedIn) })
	})
	p := n.accept(t)
	p.login()
	<-loggedIn
	var s engine.Submission
	var given []uint64
	for _, own := range []uint64{0, 0, 5} {
		var m msg.OrderCancel
		m.SetOrderId(1)
		if own != 0 {
			m.SetReference(own)
		}
		if err := r.Submitter().SendOrderCancel(&m, &s); err != nil {
			t.Fatal(err)
		}
		sent := p.want(seto.PayloadType_PAYLOAD_ORDER_CANCEL).GetOrderCancel().GetReference()
		if _, err := s.Wait(t.Context()); err != nil || s.Reference() != sent || own != 0 && sent != own {
			t.Errorf("own reference %d: sent %d, the submission says %d (%v)", own, sent, s.Reference(), err)
		}
		given = append(given, sent)
	}
	if given[0] == 0 || given[1] <= given[0] {
		t.Errorf("references %v, want two of growing size and 5", given)
	}
}

// TestSubmitWithoutAConnection is refused at once, not kept until there is one.
func TestSubmitWithoutAConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		config := n.config()
		config.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, nil }
		var cause error
		r := startInBubble(t, config, func(e *engine.Engine) {
			e.OnState(func(ev *engine.Event) {
				if ev.Cause != nil {
					cause = ev.Cause
				}
			})
		})
		for range 4 {
			advance(time.Second)
			before := time.Now()
			var s engine.Submission
			if err := r.Submitter().SendPriceFeedSubscribe(new(msg.PriceFeedSubscribe), &s); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Wait(t.Context()); !errors.Is(err, session.ErrNotLoggedIn) || !session.SafeToResend(err) {
				t.Errorf("sent without a connection: %v, want ErrNotLoggedIn", err)
			}
			if took := time.Since(before); took != 0 {
				t.Errorf("took %v", took)
			}
		}
		_ = r.Close()
		_ = r.wait()
		var dial *engine.DialError
		if !errors.As(cause, &dial) || !strings.Contains(cause.Error(), "neither") {
			t.Errorf("disconnected because of %v, want a DialError", cause)
		}
	})
}

// TestThrottledSubmission keeps its own copy of the error.
func TestThrottledSubmission(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		loggedIn := make(chan struct{})
		limited := make(chan struct{})
		r := startInBubble(t, n.config(), func(e *engine.Engine) {
			e.OnLoggedIn(func(*engine.Event) { close(loggedIn) })
			e.OnThrottleLimitsChanged(func(*engine.Event, *msg.ThrottleLimitsChanged) { close(limited) })
		})
		p := n.accept(t)
		p.login()
		<-loggedIn
		p.send(&seto.Payload{
			Type: seto.PayloadType_PAYLOAD_THROTTLE_LIMITS_CHANGED.Enum(),
			ThrottleLimitsChanged: &seto.ThrottleLimitsChanged{
				AverageRatePs: proto.Uint32(1), BurstSize: proto.Uint32(1), TickMs: proto.Uint32(1000),
			},
		})
		<-limited
		var first, second engine.Submission
		var until [2]time.Duration
		var m msg.OrderCancel
		m.SetOrderId(1)
		var passed engine.Submission
		if err := r.Submitter().SendOrderCancel(&m, &passed); err != nil {
			t.Fatal(err)
		}
		p.want(seto.PayloadType_PAYLOAD_ORDER_CANCEL)
		for i, s := range []*engine.Submission{&first, &second} {
			if i == 1 {
				advance(900 * time.Millisecond)
			}
			if err := r.Submitter().SendOrderCancel(&m, s); err != nil {
				t.Fatal(err)
			}
			_, err := s.Wait(t.Context())
			var throttled *session.ThrottledError
			if !errors.As(err, &throttled) || !session.SafeToResend(err) {
				t.Fatalf("order %d: %v, want a ThrottledError", i, err)
			}
			until[i] = throttled.Wait
		}
		_, err1 := first.Result()
		_, err2 := second.Result()
		if err1 == err2 || err1.(*session.ThrottledError).Wait != until[0] || until[0] == 0 {
			t.Errorf("first submission has %v, had %v", err1, until[0])
		}
	})
}

// TestSafeToResend answers for the engine's own refusals, and for fates whose cause
// is one of them.
func TestSafeToResend(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{errExplode, false},
		{engine.ErrClosed, true},
		{engine.ErrRestoring, true},
		{engine.ErrSubscriptions, true},
		{engine.ErrSubmitFull, true},
		{engine.ErrSubmitTooLarge, true},
		{engine.ErrSubmissionBusy, true},
		{engine.ErrPending, false},
		{engine.ErrNotSubmitted, true},
		{engine.ErrInHandler, false},
		{engine.ErrSendStalled, false},
		{session.ErrFull, true},
		{&session.SendError{Fate: session.InDoubt, Cause: engine.ErrClosed}, false},
		{&session.SendError{Fate: session.NotSent, Cause: engine.ErrSendStalled}, true},
	} {
		if got := session.SafeToResend(c.err); got != c.want {
			t.Errorf("SafeToResend(%v) = %t", c.err, got)
		}
	}
}

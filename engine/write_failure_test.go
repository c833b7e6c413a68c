package engine_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// oneWay is a connection whose writes fail, or take nothing, once it is broken; what the other
// end has sent can still be read.
type oneWay struct {
	net.Conn
	broken *atomic.Bool
	stalls bool
}

func (c oneWay) Write(b []byte) (int, error) {
	switch {
	case !c.broken.Load():
		return c.Conn.Write(b)
	case c.stalls:
		<-time.After(time.Millisecond)
		return 0, nil
	}
	return 0, syscall.EPIPE
}

// TestReadAfterAWriteFailed: a write fails, or the socket takes nothing any more, when the exchange's
// answer and its reason to hang up have arrived and were not read. They are handled, and the
// reason is what ended the connection: after LOGOUT_UNVERIFIED there is no second login.
func TestReadAfterAWriteFailed(t *testing.T) {
	for _, c := range []struct {
		name   string
		stalls bool
		set    func(*engine.Config)
		send   func(*engine.Engine) // what meets the broken socket, in a handler
	}{
		{name: "write fails", send: func(e *engine.Engine) { _, _ = e.SendOrderCreate(backHome()) }},
		{
			name: "write fails amid a handler",
			set:  func(c *engine.Config) { c.Session.Send.Records = 64 },
			send: func(e *engine.Engine) {
				for range 100 {
					_, _ = e.SendOrderCancel(cancelOf(5))
				}
			},
		},
		{
			name: "socket takes nothing", stalls: true,
			set: func(c *engine.Config) { c.Session.Send.Records, c.SendTimeout = 64, 500*time.Millisecond },
			send: func(e *engine.Engine) {
				for range 100 {
					_, _ = e.SendOrderCancel(cancelOf(5))
				}
			},
		},
	} {
		for _, secure := range []bool{false, true} {
			t.Run(fmt.Sprint(c.name, ", TLS ", secure), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					n := newNetwork(t, "pipe", secure, pipe)
					config := n.config()
					if secure { // a bubble's time is long ago
						config.TLS.Time = func() time.Time { return authority.Leaf.NotBefore }
					}
					if c.set != nil {
						c.set(&config)
					}
					var broken atomic.Bool
					config.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
						conn, err := n.dial(ctx, network, address)
						return oneWay{conn, &broken, c.stalls}, err
					}
					seen := &endLog{}
					r := startInBubble(t, config, func(e *engine.Engine) {
						seen.register(e)
						e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) {
							<-time.After(time.Second) // until everything has arrived
							broken.Store(true)
							c.send(e)
						})
					})
					p := n.accept(t)
					p.login()
					order := p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE)
					p.send(quotes(7, 8, 2500))
					go func() {
						b := p.frame(accepted(order.GetEtoPayload().GetSeq(), order.GetOrderCreate().GetReference(),
							1001, 1))
						_, _ = p.conn.Write(append(b, p.frame(loggedOut(eto.LogoutReason_LOGOUT_UNVERIFIED))...))
					}()
					seen.check(t, 1, r.wait())
					if len(n.accepted) > 0 {
						t.Error("it connected again")
					}
				})
			})
		}
	}
}

// endLog is what a bot is notified of.
type endLog struct {
	log   []string
	cause error
}

func (h *endLog) register(e *engine.Engine) {
	e.OnLoggedIn(func(*engine.Event) { _, _ = e.SendOrderCreate(backHome()) })
	e.OnOrderAccepted(func(*engine.Event, *msg.OrderAccepted) {
		work(2 * time.Millisecond) // longer than a slice
		h.log = append(h.log, "accepted")
	})
	e.OnLoggedOut(func(ev *engine.Event) { h.log = append(h.log, ev.Reason.String()) })
	e.OnState(func(ev *engine.Event) {
		if ev.State == session.Disconnected {
			h.cause = ev.Cause
		}
	})
}

// check looks what the bot seen: so many acceptances, and why it was logged out.
func (h *endLog) check(t *testing.T, acceptances int, outcome error) {
	t.Helper()
	for _, err := range []error{outcome, h.cause} {
		var logout *session.LogoutError
		if !errors.As(err, &logout) || logout.Reason != msg.EtoLogoutUnverified {
			t.Errorf("ended with %v, want LOGOUT_UNVERIFIED", err)
		}
	}
	want := append(slices.Repeat([]string{"accepted"}, acceptances), "LOGOUT_UNVERIFIED")
	if !slices.Equal(h.log, want) {
		t.Errorf("seen %q", h.log)
	}
}

// TestReadAfterASocketFailed is the same over sockets, which the other end resets.
func TestReadAfterASocketFailed(t *testing.T) {
	onEach(t, func(t *testing.T, n *network) {
		if n.name == "pipe" || n.name == "pipe+tls" {
			return // has no resets
		}
		gone := make(chan struct{})
		seen := &endLog{}
		r := start(t, n.config(), func(e *engine.Engine) {
			seen.register(e)
			e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) {
				<-gone
				_, _ = e.SendOrderCancel(cancelOf(5))
			})
		})
		p := n.accept(t)
		p.login()
		order := p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE)
		p.send(quotes(7, 8, 2500))
		var s engine.Submission
		if err := r.Submitter().SendOrderCancel(cancelOf(5), &s); err != nil { // the loop is in the handler
			t.Fatal(err)
		}
		p.send(accepted(order.GetEtoPayload().GetSeq(), order.GetOrderCreate().GetReference(), 1001, 1),
			accepted(20, 20, 1002, 2), accepted(21, 21, 1003, 3), // of another bot
			loggedOut(eto.LogoutReason_LOGOUT_UNVERIFIED))
		p.close()
		close(gone)
		seen.check(t, 3, r.wait())
	})
}

// TestReadAfterAWriteFailedIsBounded: an exchange that takes nothing and never stops talking is left all
// the same.
func TestReadAfterAWriteFailedIsBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		var broken atomic.Bool
		config := n.config()
		config.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := n.dial(ctx, network, address)
			return oneWay{conn, &broken, false}, err
		}
		var cause error
		r := startInBubble(t, config, func(e *engine.Engine) {
			e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) {
				if broken.CompareAndSwap(false, true) {
					_, _ = e.SendOrderCreate(backHome())
				}
			})
			e.OnState(func(ev *engine.Event) {
				if ev.State == session.Disconnected {
					cause = ev.Cause
					_ = e.Close()
				}
			})
		})
		p := n.accept(t)
		p.login()
		said, long := 0, quotes(7, 8, 2500)
		// Messages of a KiB, so that a bound in bytes is reached soon, of an unknown field, which takes no time.
		unknown := protowire.AppendTag(nil, 1000, protowire.BytesType)
		long.ProtoReflect().SetUnknown(protowire.AppendBytes(unknown, make([]byte, 1<<10)))
		for {
			var b []byte
			for range 50 {
				b = append(b, p.frame(long)...)
			}
			k, err := p.conn.Write(b)
			if said += k; err != nil {
				break
			}
			if said > 32<<20 {
				t.Fatalf("%d bytes were read of a connection that takes nothing", said)
			}
		}
		_ = r.wait()
		if !errors.Is(cause, syscall.EPIPE) {
			t.Errorf("lost because of %v, want what the write failed with", cause)
		}
	})
}

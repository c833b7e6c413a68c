package engine_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// TestStopCancelsAll waits for the confirmation before it logs out, however the bot is
// stopped.
func TestStopCancelsAll(t *testing.T) {
	for name, stop := range map[string]func(r *running){
		"Stop":       func(r *running) { r.Stop() },
		"stop twice": func(r *running) { r.Stop(); r.Stop() },
		"context":    func(r *running) { r.cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			stopping(t, nil, func(t *testing.T, _ *network, r *running, p *peer) {
				cancels := 0
				r.OnOrderCancelled(func(*engine.Event, *msg.OrderCancelled) { cancels++ })
				stop(r)
				all := p.cancelAll()
				stop(r)
				p.send(cancelled(all, 2), ended(1001, 3))
				p.confirmLogout()
				if err := r.wait(); err != nil || cancels != 1 {
					t.Errorf("Run: %v, %d cancels reported", err, cancels)
				}
				if _, err := r.SendOrderCreate(backHome()); !errors.Is(err, engine.ErrClosed) &&
					!errors.Is(err, session.ErrClosed) {
					t.Errorf("an order after the end: %v, want ErrClosed", err)
				}
			})
		})
	}
}

// TestStopAction is what each action does for a bot that has placed an order, for one
// that has not, and for one that goes on with an earlier run.
func TestStopAction(t *testing.T) {
	for _, c := range []struct {
		action         engine.StopAction
		places, goesOn bool
		cancels        bool
	}{
		{engine.StopAuto, false, false, false},
		{engine.StopAuto, true, false, true},
		{engine.StopAuto, false, true, true},
		{engine.StopCancelAll, false, false, true},
		{engine.StopCancelAll, true, false, true},
		{engine.StopLeave, false, false, false},
		{engine.StopLeave, true, true, false},
	} {
		t.Run(fmt.Sprintf("%v places %t goes on %t", c.action, c.places, c.goesOn), func(t *testing.T) {
			inBubble(t, func(t *testing.T, n *network) {
				config := n.config()
				config.OnStop = c.action
				if c.goesOn {
					config.Session.AccountSequence = 1
				}
				r := startInBubble(t, config, func(e *engine.Engine) {
					e.OnLoggedIn(func(*engine.Event) {
						if c.places {
							_, _ = e.SendOrderCreate(backHome())
						}
						e.Stop()
					})
				})
				p := n.accept(t)
				p.login()
				if c.places {
					p.accept(p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE), 2)
				}
				if c.cancels {
					p.send(cancelled(p.cancelAll(), 3))
					if c.places { // it was accepted after the first had been sent
						p.send(cancelled(p.cancelAll(), 4))
					}
				}
				p.confirmLogout()
				if err := r.wait(); err != nil {
					t.Errorf("Run: %v", err)
				}
			})
		})
	}
}

// TestStopWaitsForOrders has an order accepted after the first cancellation: it is
// cancelled by another one, and no later one is waited for in vain.
func TestStopWaitsForOrders(t *testing.T) {
	stopping(t, nil, func(t *testing.T, _ *network, r *running, p *peer) {
		var order, replace, cancel error
		var s engine.Submission
		if err := r.Submitter().Do(func() {
			for range 2 {
				if _, err := r.SendOrderCreate(backHome()); err != nil {
					t.Error(err)
				}
			}
			r.Stop()
		}, &s); err != nil {
			t.Fatal(err)
		}
		r.OnOrderCancelAllAccepted(func(*engine.Event, *msg.OrderCancelAllAccepted) {
			_, order = r.SendOrderCreate(backHome())
			var change msg.OrderCancelReplace
			change.SetOrigOrderId(5)
			change.SetPrice(2600)
			change.SetQuantity(10000)
			_, replace = r.SendOrderCancelReplace(&change)
			var m msg.OrderCancel
			m.SetOrderId(5)
			_, cancel = r.SendOrderCancel(&m)
		})
		first, second := p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE), p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE)
		p.send(cancelled(p.cancelAll(), 2))
		p.want(seto.PayloadType_PAYLOAD_ORDER_CANCEL)
		if !errors.Is(replace, engine.ErrStopping) || !errors.Is(order, engine.ErrStopping) ||
			!errors.Is(order, session.ErrNotLoggedIn) || !session.SafeToResend(order) || cancel != nil {
			t.Errorf("an order: %v, a replacement: %v, want ErrStopping; a cancel: %v", order, replace, cancel)
		}
		p.accept(second, 3)
		p.send(cancelled(p.cancelAll(), 4)) // not before the pause: the first is still unanswered
		p.want(seto.PayloadType_PAYLOAD_ORDER_CANCEL)
		synctest.Wait()
		p.send(rejected(first, 5))
		p.confirmLogout()
		if err := r.wait(); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// TestStopCancelsReplacements has a replacement accepted after the first
// cancellation.
func TestStopCancelsReplacements(t *testing.T) {
	stopping(t, nil, func(t *testing.T, _ *network, r *running, p *peer) {
		var m msg.OrderCancelReplace
		m.SetOrigOrderId(1001)
		m.SetPrice(2600)
		m.SetQuantity(10000)
		var s engine.Submission
		if err := r.Submitter().SendOrderCancelReplace(&m, &s); err != nil {
			t.Fatal(err)
		}
		replace := p.want(seto.PayloadType_PAYLOAD_ORDER_CANCEL_REPLACE).GetOrderCancelReplace()
		r.Stop()
		p.send(cancelled(p.cancelAll(), 2))
		synctest.Wait()
		p.send(&seto.Payload{
			Type: seto.PayloadType_PAYLOAD_ORDER_PENDING_REPLACE.Enum(),
			OrderPendingReplace: &seto.OrderPendingReplace{
				Reference: replace.Reference, OrigOrderId: proto.Uint64(1001), OrderId: proto.Uint64(1002),
				AccountSequence_64: proto.Uint64(3),
			},
		}, &seto.Payload{
			Type: seto.PayloadType_PAYLOAD_ORDER_CANCEL_REPLACE_ACCEPTED.Enum(),
			OrderCancelReplaceAccepted: &seto.OrderCancelReplaceAccepted{
				Reference: replace.Reference, OrigOrderId: proto.Uint64(1001), OrderId: proto.Uint64(1002),
				AccountSequence_64: proto.Uint64(4),
			},
		})
		p.send(cancelled(p.cancelAll(), 5))
		p.confirmLogout()
		if err := r.wait(); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// TestStopCancelsWhatIsInDoubt cancels again once an order's answer is overdue: it may have come
// to the book after the first cancellation.
func TestStopCancelsWhatIsInDoubt(t *testing.T) {
	set := func(c *engine.Config) { c.Session.AnswerTimeout = time.Second }
	stopping(t, set, func(t *testing.T, _ *network, r *running, p *peer) {
		var s engine.Submission
		if err := r.Submitter().SendOrderCreate(backHome(), &s); err != nil {
			t.Fatal(err)
		}
		p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE)
		r.Stop()
		p.send(cancelled(p.cancelAll(), 2))
		p.send(cancelled(p.cancelAll(), 3))
		p.confirmLogout()
		wantLive(t, r.wait(), engine.CancelError{Sent: true, Accepted: true, InDoubt: 1})
	})
}

// TestStopReportsOrdersInDoubt returns an error if an order sent before the stop is never
// answered, though everything was cancelled.
func TestStopReportsOrdersInDoubt(t *testing.T) {
	stopping(t, nil, func(t *testing.T, _ *network, r *running, p *peer) {
		var s engine.Submission
		if err := r.Submitter().SendOrderCreate(backHome(), &s); err != nil {
			t.Fatal(err)
		}
		p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE)
		began := time.Now()
		r.Stop()
		p.send(cancelled(p.cancelAll(), 2))
		p.confirmLogout()
		err := r.wait()
		wantLive(t, err, engine.CancelError{Sent: true, Accepted: true, InDoubt: 1, Err: engine.ErrStopTimeout})
		if errors.Is(err, engine.ErrNotConfirmed) {
			t.Errorf("%v, though the logout was confirmed", err)
		}
		wantTook(t, "ended", began, engine.StopTimeout)
	})
}

// TestStopThrottledWithAnOrderUnderWay cancels again soon when the exchange reports that it
// dropped something, though that may have been the order.
func TestStopThrottledWithAnOrderUnderWay(t *testing.T) {
	stopping(t, nil, func(t *testing.T, _ *network, r *running, p *peer) {
		var s engine.Submission
		if err := r.Submitter().SendOrderCreate(backHome(), &s); err != nil {
			t.Fatal(err)
		}
		p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE)
		began := time.Now()
		r.Stop()
		p.cancelAll()
		p.send(etoMessage(&eto.Payload{Type: eto.PayloadType_PAYLOAD_THROTTLE_EXCEEDED.Enum()}))
		p.send(cancelled(p.cancelAll(), 2))
		wantTook(t, "asks again", began, 200*time.Millisecond)
		p.confirmLogout()
		wantLive(t, r.wait(), engine.CancelError{Sent: true, Accepted: true, InDoubt: 1})
	})
}

// wantTook is that something happened want after began: the loop may have begun to idle in the same instant of the
// bubble as what it waited for was sent, and sees it after one pause.
func wantTook(t *testing.T, what string, began time.Time, want time.Duration) {
	t.Helper()
	if took := time.Since(began); took < want || took > want+time.Millisecond {
		t.Errorf("%s after %v, want %v", what, took, want)
	}
}

// TestStopTimeout gives up an exchange that confirms nothing, having asked it more than
// once.
func TestStopTimeout(t *testing.T) {
	for _, logout := range []bool{true, false} {
		set := func(c *engine.Config) { c.StopTimeout = 2 * time.Second }
		stopping(t, set, func(t *testing.T, _ *network, r *running, p *peer) {
			began := time.Now()
			r.Stop()
			for range 4 {
				p.cancelAll()
			}
			p.wantEto(eto.PayloadType_PAYLOAD_LOGOUT)
			wantTook(t, "logs out", began, 2*time.Second)
			if logout {
				p.send(loggedOut(eto.LogoutReason_LOGOUT_CONFIRMATION))
			}
			p.wantEnd()
			err := r.wait()
			wantLive(t, err, engine.CancelError{Sent: true, Err: engine.ErrStopTimeout})
			if errors.Is(err, engine.ErrNotConfirmed) == logout {
				t.Errorf("%v, logout confirmed %t", err, logout)
			}
		})
	}
}

// TestStopCancelsAgain sends the cancellation again after one that was refused, dropped or
// not answered for a while, and takes the answer to any of them.
func TestStopCancelsAgain(t *testing.T) {
	const pause = 200 * time.Millisecond
	for name, play := range map[string]func(t *testing.T, p *peer){
		"rejected": func(t *testing.T, p *peer) {
			began := time.Now()
			p.send(notCancelled(p.cancelAll()))
			p.send(notCancelled(p.cancelAll()))
			p.send(cancelled(p.cancelAll(), 2))
			wantTook(t, "two more", began, 2*pause)
		},
		"throttled": func(t *testing.T, p *peer) {
			began := time.Now()
			p.cancelAll()
			p.send(etoMessage(&eto.Payload{Type: eto.PayloadType_PAYLOAD_THROTTLE_EXCEEDED.Enum()}))
			p.send(cancelled(p.cancelAll(), 2))
			wantTook(t, "once more", began, pause)
		},
		"late": func(t *testing.T, p *peer) {
			began := time.Now()
			first := p.cancelAll()
			p.cancelAll()
			wantTook(t, "once more", began, engine.StopTimeout/4)
			p.send(cancelled(first, 2))
		},
		"of another bot of the account": func(t *testing.T, p *peer) {
			all := p.cancelAll()
			other := proto.Clone(all).(*seto.Payload)
			*other.OrderCancelAll.Reference++
			p.send(cancelled(other, 2))
			p.cancelAll()
			p.send(cancelled(all, 3))
		},
		"without reference": func(_ *testing.T, p *peer) {
			all := p.cancelAll()
			all.OrderCancelAll.Reference = nil
			p.send(cancelled(all, 2))
		},
	} {
		t.Run(name, func(t *testing.T) {
			stopping(t, nil, func(t *testing.T, _ *network, r *running, p *peer) {
				r.Stop()
				play(t, p)
				p.confirmLogout()
				if err := r.wait(); err != nil {
					t.Errorf("Run: %v", err)
				}
			})
		})
	}
}

// TestStopWithoutReferences matches answers by their order, the bot's own before the
// engine's.
func TestStopWithoutReferences(t *testing.T) {
	set := func(c *engine.Config) { c.DisableReferences, c.State.Disable = true, true }
	stopping(t, set, func(t *testing.T, _ *network, r *running, p *peer) {
		var s engine.Submission
		if err := r.Submitter().SendOrderCancelAll(new(msg.OrderCancelAll), &s); err != nil {
			t.Fatal(err)
		}
		all := p.cancelAll()
		r.Stop()
		p.cancelAll()
		p.send(cancelled(all, 2))
		p.cancelAll() // for the answer was to the bot's
		p.send(cancelled(all, 3))
		p.confirmLogout()
		if err := r.wait(); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// TestStopWithManyLateOrders has more orders accepted meanwhile than are known by name.
func TestStopWithManyLateOrders(t *testing.T) {
	const late = 70
	set := func(c *engine.Config) { c.Session.DisableThrottle = true }
	stopping(t, set, func(t *testing.T, _ *network, r *running, p *peer) {
		var s engine.Submission
		if err := r.Submitter().Do(func() {
			for range late {
				if _, err := r.SendOrderCreate(small()); err != nil {
					t.Error(err)
				}
			}
			r.Stop()
		}, &s); err != nil {
			t.Fatal(err)
		}
		var creates []*seto.Payload
		for range late {
			creates = append(creates, p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE))
		}
		all := p.cancelAll()
		for i, create := range creates {
			p.accept(create, uint64(2+i))
		}
		p.send(cancelled(all, 100))
		for i := range late { // their ends are reported, but not all of them were known
			p.send(ended(uint64(1002+i), uint64(101+i)))
		}
		p.send(cancelled(p.cancelAll(), 200))
		p.confirmLogout()
		if err := r.wait(); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// TestStopTakesTheEndsOfLateOrders needs no second cancellation for orders that are reported as
// cancelled.
func TestStopTakesTheEndsOfLateOrders(t *testing.T) {
	stopping(t, nil, func(t *testing.T, _ *network, r *running, p *peer) {
		var s engine.Submission
		if err := r.Submitter().SendOrderCreate(backHome(), &s); err != nil {
			t.Fatal(err)
		}
		create := p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE)
		r.Stop()
		all := p.cancelAll()
		p.accept(create, 2)
		p.send(cancelled(all, 3), ended(1002, 4))
		p.confirmLogout()
		if err := r.wait(); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// TestStopWaitsForEnds has the ends of the orders come later than the acceptance of their cancellation, as through a
// proxy, or not at all: the bot learns of them before it logs out, and waits for them only so long.
func TestStopWaitsForEnds(t *testing.T) {
	for _, after := range []time.Duration{10 * time.Millisecond, time.Second, time.Minute} {
		stopping(t, nil, func(t *testing.T, _ *network, r *running, p *peer) {
			ends := 0
			r.OnOrderCancelled(func(*engine.Event, *msg.OrderCancelled) { ends++ })
			r.Stop()
			p.send(cancelled(p.cancelAll(), 2))
			if after < time.Minute {
				_ = p.conn.SetReadDeadline(time.Now().Add(after))
				if m, err := p.tryReceive(); err == nil {
					t.Fatalf("after %v: %v before the order has ended", after, m)
				}
				_ = p.conn.SetReadDeadline(time.Now().Add(patience))
				p.send(ended(1001, 3))
			}
			p.confirmLogout()
			if err := r.wait(); err != nil {
				t.Errorf("Run: %v", err)
			}
			left := 0
			for range r.Orders() {
				left++
			}
			if want := ends == 1 && left == 0; want != (after < time.Minute) {
				t.Errorf("after %v: %d ends heard of, %d orders seem to be left", after, ends, left)
			}
		})
	}
}

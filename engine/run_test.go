package engine_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// onEach runs a test over every kind of connection.
func onEach(t *testing.T, test func(t *testing.T, n *network)) {
	for _, n := range networks(t) {
		t.Run(n.name, func(t *testing.T) { test(t, n) })
	}
}

// TestRunFromLoginToLogout is a whole life: the login, a subscription sent by a
// handler, quotes, an order sent by a handler, its acceptance, the logout.
func TestRunFromLoginToLogout(t *testing.T) {
	onEach(t, func(t *testing.T, n *network) {
		var log []string
		r := start(t, n.config(), func(e *engine.Engine) {
			e.OnState(func(ev *engine.Event) { log = append(log, ev.State.String()) })
			e.OnLoggedIn(func(*engine.Event) {
				var m msg.MarketSubscribe
				m.SetMarketId(7)
				seq, err := e.SendMarketSubscribe(&m)
				log = append(log, fmt.Sprint("subscribe ", seq, err))
			})
			e.OnContractQuotes(func(ev *engine.Event, q *msg.ContractQuotes) {
				log = append(log, fmt.Sprintf("quotes %d: %d %d", ev.Seq, q.GetContractId(), q.GetBids()[0].GetPrice()))
				var m msg.OrderCreate
				m.SetSide(msg.SideBuy)
				m.SetQuantity(10000)
				m.SetPrice(q.GetBids()[0].GetPrice())
				m.SetMarketId(q.GetMarketId())
				m.SetContractId(q.GetContractId())
				m.SetReference(99)
				seq, err := e.SendOrderCreate(&m)
				log = append(log, fmt.Sprint("order ", seq, err))
			})
			e.OnOrderAccepted(func(ev *engine.Event, m *msg.OrderAccepted) {
				log = append(log, fmt.Sprintf("accepted %d: %d epoch %d account %d %v", ev.Seq, m.GetReference(),
					ev.Epoch,
					ev.AccountSequence, ev.Origin))
				e.Stop()
			})
		})
		p := n.accept(t)
		p.login()
		if m := p.want(seto.PayloadType_PAYLOAD_MARKET_SUBSCRIBE); m.GetMarketSubscribe().GetMarketId() != 7 {
			t.Errorf("subscribes %v", m)
		}
		p.send(heartbeat(), quotes(7, 8, 2500))
		p.wantEto(eto.PayloadType_PAYLOAD_HEARTBEAT)
		create := p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE)
		p.send(accepted(create.GetEtoPayload().GetSeq(), create.GetOrderCreate().GetReference(), 1001, 55))
		p.logout()
		if err := r.wait(); err != nil {
			t.Errorf("Run: %v", err)
		}
		want := []string{
			"connecting", "login sent", "established", "subscribe 2 <nil>",
			"quotes 3: 8 2500", "order 4 <nil>", "accepted 4: 99 epoch 1 account 55 live", "logout sent",
			"disconnected",
		}
		if !slices.Equal(log, want) {
			t.Errorf("handlers saw\n  %s\nwant\n  %s", strings.Join(log, "\n  "), strings.Join(want, "\n  "))
		}
	})
}

// TestRunEndsWithTheContext logs out when the context ends, though the loop sleeps
// in the kernel.
func TestRunEndsWithTheContext(t *testing.T) {
	onEach(t, func(t *testing.T, n *network) {
		loggedIn := make(chan struct{})
		r := start(t, n.config(), func(e *engine.Engine) {
			e.OnLoggedIn(func(*engine.Event) { close(loggedIn) })
		})
		p := n.accept(t)
		p.login()
		<-loggedIn
		r.cancel()
		p.logout()
		if err := r.wait(); err != nil {
			t.Errorf("Run: %v", err)
		}
		if err := r.Run(context.Background()); !errors.Is(err, engine.ErrClosed) {
			t.Errorf("Run after the end: %v, want ErrClosed", err)
		}
		if _, err := r.Send(new(msg.PriceFeedSubscribe)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Send after the end: %v, want net.ErrClosed", err)
		}
	})
}

// TestLogoutNotConfirmed is a connection that ends instead of confirming.
func TestLogoutNotConfirmed(t *testing.T) {
	onEach(t, func(t *testing.T, n *network) {
		r := start(t, n.config(), func(e *engine.Engine) {
			e.OnLoggedIn(func(*engine.Event) { e.Stop() })
		})
		p := n.accept(t)
		p.login()
		p.wantEto(eto.PayloadType_PAYLOAD_LOGOUT)
		p.close()
		if err := r.wait(); !errors.Is(err, engine.ErrNotConfirmed) {
			t.Errorf("Run: %v, want ErrNotConfirmed", err)
		}
	})
}

// TestRefusedLoginEnds is the end of Run without another try.
func TestRefusedLoginEnds(t *testing.T) {
	onEach(t, func(t *testing.T, n *network) {
		r := start(t, n.config(), nil)
		p := n.accept(t)
		p.want(seto.PayloadType_PAYLOAD_LOGIN)
		p.send(loggedOut(eto.LogoutReason_LOGOUT_UNAUTHORISED))
		p.wantEnd()
		err := r.wait()
		var refused *session.LogoutError
		if !errors.As(err, &refused) || refused.Reason != msg.EtoLogoutUnauthorised {
			t.Errorf("Run: %v, want the refusal", err)
		}
	})
}

// TestCloseEndsAtOnce is a Close from another goroutine, without a logout.
func TestCloseEndsAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, n *network) {
		r := start(t, n.config(), nil)
		p := n.accept(t)
		p.login()
		if err := r.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		p.wantEnd()
		if err := r.wait(); !errors.Is(err, engine.ErrClosed) || !errors.Is(err, net.ErrClosed) {
			t.Errorf("Run: %v, want ErrClosed, which is net.ErrClosed", err)
		}
		if err := r.Close(); err != nil {
			t.Errorf("Close again: %v", err)
		}
	})
}

// TestRunAlone refuses a second loop, be it by a handler.
func TestRunAlone(t *testing.T) {
	n := networks(t)[0]
	var nested, polled error
	r := start(t, n.config(), func(e *engine.Engine) {
		e.OnLoggedIn(func(*engine.Event) {
			nested, polled = e.Run(context.Background()), e.Poll()
			_ = e.Close()
		})
	})
	p := n.accept(t)
	p.login()
	if err := r.wait(); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("Run: %v, want ErrClosed", err)
	}
	if !errors.Is(nested, engine.ErrRunning) || !errors.Is(polled, engine.ErrRunning) {
		t.Errorf("Run and Poll by a handler: %v, %v, want ErrRunning", nested, polled)
	}
}

// TestPoll is a whole life of an engine that is polled.
func TestPoll(t *testing.T) {
	onEach(t, func(t *testing.T, n *network) {
		noLeaks(t)
		e, err := engine.New(n.config())
		if err != nil {
			t.Fatal(err)
		}
		prices := 0
		e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) {
			prices++
			e.Stop()
		})
		ended := make(chan error, 1)
		go func() {
			for {
				if err := e.Poll(); err != nil {
					ended <- err
					return
				}
			}
		}()
		p := n.accept(t)
		p.login()
		p.send(quotes(7, 8, 2500))
		p.logout()
		err = <-ended
		if !errors.Is(err, engine.ErrLoggedOut) || prices != 1 {
			t.Errorf("Poll: %v after %d quotes, want ErrLoggedOut after 1", err, prices)
		}
		if again := e.Poll(); !errors.Is(again, engine.ErrLoggedOut) {
			t.Errorf("Poll again: %v", again)
		}
	})
}

// TestHandlerPanics ends Run with the panic, and asks for nothing else.
func TestHandlerPanics(t *testing.T) {
	onEach(t, func(t *testing.T, n *network) {
		later := 0
		r := start(t, n.config(), func(e *engine.Engine) {
			e.OnContractQuotes(explode)
			e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) { later++ })
			e.OnSendResolved(func(*engine.Event) { later++ })
		})
		p := n.accept(t)
		p.login()
		p.send(quotes(7, 8, 2500))
		p.wantEnd()
		checkPanic(t, r.wait())
		if later != 0 {
			t.Errorf("%d handlers were called after the panic", later)
		}
		if p.got != 1 {
			t.Errorf("exchange got %d messages, want the login only", p.got)
		}
	})
}

var errExplode = errors.New("boom")

func explode(*engine.Event, *msg.ContractQuotes) { panic(errExplode) }

func checkPanic(t *testing.T, err error) {
	t.Helper()
	var p *engine.PanicError
	switch {
	case !errors.As(err, &p), !errors.Is(err, errExplode):
		t.Errorf("Run: %v, want the panic", err)
	case !strings.HasSuffix(p.Handler, "engine_test.explode"), !strings.Contains(string(p.Stack),
		"engine_test.explode"):
		t.Errorf("panic in %s, stack\n%s", p.Handler, p.Stack)
	}
}

// TestHandlerPanicsCancelAll cancels all orders and logs out before Run returns
// the panic, without calling a handler again.
func TestHandlerPanicsCancelAll(t *testing.T) {
	onEach(t, func(t *testing.T, n *network) {
		config := n.config()
		config.CancelAllOnPanic = true
		later := 0
		r := start(t, config, func(e *engine.Engine) {
			e.OnContractQuotes(explode)
			e.OnOrderCancelAllAccepted(func(*engine.Event, *msg.OrderCancelAllAccepted) { later++ })
			e.OnMessage(func(*engine.Event) { later++ })
		})
		p := n.accept(t)
		p.login()
		p.send(quotes(7, 8, 2500), quotes(7, 8, 2600))
		all := p.want(seto.PayloadType_PAYLOAD_ORDER_CANCEL_ALL)
		if all.GetOrderCancelAll().MarketId != nil {
			t.Errorf("cancels %v, want all markets", all)
		}
		p.send(&seto.Payload{
			Type:                   seto.PayloadType_PAYLOAD_ORDER_CANCEL_ALL_ACCEPTED.Enum(),
			OrderCancelAllAccepted: &seto.OrderCancelAllAccepted{AccountSequence_64: proto.Uint64(1)},
		})
		p.logout()
		checkPanic(t, r.wait())
		if later != 1 {
			t.Errorf("%d handlers were called, want the one before the panic", later)
		}
	})
}

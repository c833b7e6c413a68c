package engine_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/seto"
)

// stopping runs a bot in a bubble that has placed one order, which was accepted, and
// plays the exchange's end of its connection to a test.
func stopping(t *testing.T, change func(*engine.Config), test func(t *testing.T, n *network, r *running, p *peer)) {
	t.Helper()
	inBubble(t, func(t *testing.T, n *network) {
		config := n.config()
		config.OnStop = engine.StopAuto
		if change != nil {
			change(&config)
		}
		placed := false
		r := startInBubble(t, config, func(e *engine.Engine) {
			e.OnLoggedIn(func(*engine.Event) {
				if !placed {
					placed = true
					if _, err := e.SendOrderCreate(backHome()); err != nil {
						t.Error(err)
					}
				}
			})
			e.OnContractQuotes(explode)
		})
		p := n.accept(t)
		p.login()
		create := p.want(seto.PayloadType_PAYLOAD_ORDER_CREATE)
		p.accept(create, 1)
		synctest.Wait()
		test(t, n, r, p)
	})
}

// accept answers an order_create.
func (p *peer) accept(create *seto.Payload, account uint64) {
	p.send(accepted(create.GetEtoPayload().GetSeq(), create.GetOrderCreate().GetReference(), 1000+account, account))
}

// cancelAll receives an order_cancel_all.
func (p *peer) cancelAll() *seto.Payload {
	p.t.Helper()
	all := p.want(seto.PayloadType_PAYLOAD_ORDER_CANCEL_ALL)
	if all.GetOrderCancelAll().MarketId != nil {
		p.t.Errorf("cancels %v, want all markets", all)
	}
	return all
}

// cancelled answers one.
func cancelled(all *seto.Payload, account uint64) *seto.Payload {
	return &seto.Payload{
		Type: seto.PayloadType_PAYLOAD_ORDER_CANCEL_ALL_ACCEPTED.Enum(),
		OrderCancelAllAccepted: &seto.OrderCancelAllAccepted{
			Reference: all.GetOrderCancelAll().Reference, AccountSequence_64: proto.Uint64(account),
		},
	}
}

// notCancelled refuses one.
func notCancelled(all *seto.Payload) *seto.Payload {
	return &seto.Payload{
		Type: seto.PayloadType_PAYLOAD_ORDER_CANCEL_ALL_REJECTED.Enum(),
		OrderCancelAllRejected: &seto.OrderCancelAllRejected{
			Reference: all.GetOrderCancelAll().Reference,
			Reason:    seto.OrderCancelAllRejectedReason_ORDER_CANCEL_ALL_REJECTED_UNKNOWN_ERROR.Enum(),
		},
	}
}

// ended is the end of an order.
func ended(order, account uint64) *seto.Payload {
	return &seto.Payload{
		Type: seto.PayloadType_PAYLOAD_ORDER_CANCELLED.Enum(),
		OrderCancelled: &seto.OrderCancelled{
			OrderId: proto.Uint64(order), AccountSequence_64: proto.Uint64(account),
			Reason: seto.OrderCancelledReason_ORDER_CANCELLED_MEMBER_REQUESTED.Enum(),
		},
	}
}

// rejected refuses an order_create.
func rejected(create *seto.Payload, account uint64) *seto.Payload {
	return &seto.Payload{
		Type: seto.PayloadType_PAYLOAD_ORDER_REJECTED.Enum(),
		OrderRejected: &seto.OrderRejected{
			Reference: create.GetOrderCreate().Reference, AccountSequence_64: proto.Uint64(account),
			Reason: seto.OrderRejectedReason_ORDER_REJECTED_MARKET_HALTED.Enum(),
		},
	}
}

// confirmLogout receives the logout as the next message but for heartbeats, and
// confirms it.
func (p *peer) confirmLogout() {
	p.t.Helper()
	m := p.receive()
	for m.GetEtoPayload().GetType() == eto.PayloadType_PAYLOAD_HEARTBEAT {
		m = p.receive()
	}
	if m.GetEtoPayload().GetType() != eto.PayloadType_PAYLOAD_LOGOUT {
		p.t.Fatalf("exchange got %v, want the logout", m)
	}
	p.send(loggedOut(eto.LogoutReason_LOGOUT_CONFIRMATION))
	p.close()
}

// wantLive checks that an error says that orders may be live, and why, if that is given.
func wantLive(t *testing.T, err error, want engine.CancelError) {
	t.Helper()
	var got *engine.CancelError
	if !errors.As(err, &got) {
		t.Fatalf("%v, want a CancelError", err)
	}
	if got.Sent != want.Sent || got.Accepted != want.Accepted || got.InDoubt != want.InDoubt ||
		want.Err != nil && !errors.Is(got.Err, want.Err) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if !strings.Contains(err.Error(), "orders may be live") {
		t.Errorf("%q does not say that orders may be live", err)
	}
}

package sim

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
)

// reasonCase prepares an exchange and sends a request that is rejected for a reason.
type reasonCase struct {
	name   string
	reason string
	setUp  func(h *harness, c *client)
	act    func(c *client)
}

func contractOf(market, contract uint32) func(*msg.OrderCreate) {
	return func(o *msg.OrderCreate) { o.SetMarketId(market); o.SetContractId(contract) }
}

// Every reason to reject an order occurs, those that no book can give by ForceReject.
func TestEveryRejection(t *testing.T) {
	create := func(c *client) { c.create(buy, 10000, 3000, 9) }
	state := func(s msg.MarketStateType) func(*harness, *client) {
		return func(h *harness, _ *client) { do(h.t, h.sim.Exchange.SetState(DemoMarket, s, "")) }
	}
	cases := []reasonCase{
		{"funds", "INSUFFICIENT_FUNDS", nil, func(c *client) { c.create(buy, 2147483647, 9000, 9) }},
		{"limit", "LIMIT_EXCEEDED", func(_ *harness, c *client) { create(c) }, create},
		{"not open", "MARKET_NOT_OPEN", nil, func(c *client) { c.create(buy, 10000, 3000, 9, contractOf(7, 1)) }},
		{"settled", "MARKET_SETTLED", func(h *harness,
			_ *client,
		) {
			do(h.t, h.sim.Exchange.Settle(DemoMarket, "", DemoHome))
		}, create},
		{"halted", "MARKET_HALTED", state(msg.MarketStateHalted), create},
		{"self", "CROSSED_SELF", func(h *harness,
			c *client,
		) {
			h.sim.Exchange.Submit(DemoUsername, createRequest(sell, 5000, 3000))
		}, create},
		{"no market", "MARKET_NOT_FOUND", nil, func(c *client) { c.create(buy, 10000, 3000, 9, contractOf(8, 1)) }},
		{
			"down", "SERVICE_TEMPORARILY_UNAVAILABLE", func(h *harness,
				_ *client,
			) {
				h.sim.Exchange.SetUnavailable(true)
			},
			create,
		},
		{
			"no contract", "CONTRACT_NOT_FOUND", nil,
			func(c *client) { c.create(buy, 10000, 3000, 9, contractOf(DemoMarket, 1)) },
		},
		{"suspended", "ACCOUNT_SUSPENDED", func(h *harness,
			_ *client,
		) {
			h.sim.Exchange.SuspendAccount(DemoUsername, true)
		}, create},
		{"capacity", "CAPACITY_REACHED", func(h *harness, _ *client) {
			h.sim.Exchange.ForceReject(msg.PayloadOrderCreate, int32(msg.OrderRejectedCapacityReached), 1)
		}, create},
		{"contract settled", "CONTRACT_SETTLED", func(h *harness, _ *client) {
			do(h.t, h.sim.Exchange.SettleContract(DemoMarket, DemoHome, false, ""))
		}, create},
		{"throttle", "THROTTLE_EXCEEDED", func(h *harness, c *client) {
			h.sim.SetThrottle(Throttle{Rate: 1, Burst: 1, Tick: time.Second})
			c.cancel(1, 1)
		}, create},
		{
			"trading suspended", "TRADING_SUSPENDED", func(h *harness,
				_ *client,
			) {
				h.sim.Exchange.SuspendTrading(true)
			},
			create,
		},
		{"stake", "STAKE_LIMIT_EXCEEDED", func(h *harness,
			_ *client,
		) {
			h.sim.Exchange.SetStakeLimit(DemoUsername, Currency/10)
		}, create},
	}
	checkReasons(t, cases, func(m *msg.Payload) (string, bool) {
		r := m.GetOrderRejected()
		return strings.TrimPrefix(r.GetReason().String(), "ORDER_REJECTED_"), m.HasOrderRejected()
	}, int(msg.OrderRejectedStakeLimitExceeded))
}

// The same for both stages of a replace, and for cancels.
func TestEveryCancelRejection(t *testing.T) {
	rest := func(_ *harness, c *client) { c.create(buy, 10000, 3000, 1) }
	and := func(f func(h *harness, c *client)) func(*harness, *client) {
		return func(h *harness, c *client) { rest(h, c); f(h, c) }
	}
	replace := func(c *client) { c.replace(c.idOf(1), 20000, 3100, 9) }
	cases := []reasonCase{
		{"unknown", "NOT_FOUND", nil, func(c *client) { c.cancel(5, 9) }},
		{
			"dead", "NOT_LIVE", and(func(_ *harness, c *client) { c.cancel(c.idOf(1), 0) }),
			func(c *client) { c.cancel(c.idOf(1), 9) },
		},
		{"capacity", "CAPACITY_REACHED", and(func(h *harness, _ *client) {
			h.sim.Exchange.ForceReject(msg.PayloadOrderCancel, int32(msg.OrderCancelRejectedCapacityReached), 1)
		}), func(c *client) { c.cancel(c.idOf(1), 9) }},
		{"throttle", "THROTTLE_EXCEEDED", func(h *harness, c *client) {
			h.sim.SetThrottle(Throttle{Rate: 1, Burst: 1, Tick: time.Second})
			rest(h, c)
		}, replace},
		{
			"down", "SERVICE_TEMPORARILY_UNAVAILABLE",
			and(func(h *harness, _ *client) { h.sim.Exchange.SetUnavailable(true) }), replace,
		},
		{"limit", "LIMIT_EXCEEDED", and(func(h *harness, _ *client) {
			h.sim.Exchange.ForceReject(msg.PayloadOrderCancelReplace, int32(msg.OrderCancelRejectedLimitExceeded), 1)
		}), replace},
		{
			"funds", "INSUFFICIENT_FUNDS", and(func(*harness, *client) {}),
			func(c *client) { c.replace(c.idOf(1), 2147483647, 9000, 9) },
		},
		{"suspended", "ACCOUNT_SUSPENDED", and(func(h *harness,
			_ *client,
		) {
			h.sim.Exchange.SuspendAccount(DemoUsername, true)
		}), replace},
		{
			"trading suspended", "TRADING_SUSPENDED",
			and(func(h *harness, _ *client) { h.sim.Exchange.SuspendTrading(true) }),
			replace,
		},
		{"no market", "MARKET_NOT_FOUND", and(func(*harness, *client) {}), func(c *client) {
			c.send(func(m *msg.Payload) {
				r := m.MutableOrderCancelReplace()
				r.SetOrigOrderId(c.idOf(1))
				r.SetPrice(1)
				r.SetQuantity(1000)
				r.SetMarketId(8)
			})
		}},
		{
			"quantity", "INVALID_QUANTITY", and(func(*harness, *client) {}),
			func(c *client) { c.replace(c.idOf(1), 1, 3100, 9) },
		},
		{
			"too late", "TOO_LATE", and(func(h *harness,
				_ *client,
			) {
				h.sim.Exchange.Submit("rival", createRequest(sell, 5000, 3000))
			}),
			func(c *client) { c.replace(c.idOf(1), 5000, 3100, 9) },
		},
		{"stake", "STAKE_LIMIT_EXCEEDED", and(func(h *harness,
			_ *client,
		) {
			h.sim.Exchange.SetStakeLimit(DemoUsername, Currency/10)
		}), replace},
	}
	checkReasons(t, cases, func(m *msg.Payload) (string, bool) {
		r := m.GetOrderCancelRejected()
		if m.HasOrderCancelRejected() && r.HasOrderId() == r.HasOrigOrderId() {
			t.Errorf("a cancel_rejected names both orders, or none: %v", r)
		}
		return strings.TrimPrefix(r.GetReason().String(), "ORDER_CANCEL_REJECTED_"), m.HasOrderCancelRejected()
	}, int(msg.OrderCancelRejectedStakeLimitExceeded))
}

func TestEveryReplaceRejection(t *testing.T) {
	provoke := func(r msg.OrderCancelReplaceRejectedReason) func(*harness, *client) {
		return func(h *harness, _ *client) { h.sim.Exchange.ForceReject(msg.PayloadOrderPendingReplace, int32(r), 1) }
	}
	between := func(f func(*harness, *client)) func(*harness, *client) { return f }
	keep := func(x *harness, f func() error) { do(x.t, f()) }
	cases := []reasonCase{
		{"too late", "TOO_LATE", between(func(_ *harness, c *client) { c.cancel(c.idOf(1), 0) }), nil},
		{"self", "CROSSED_SELF", between(func(h *harness,
			_ *client,
		) {
			h.sim.Exchange.Submit(DemoUsername, createRequest(sell, 5000, 3050))
		}), nil},
		{"no contract", "CONTRACT_NOT_FOUND", provoke(msg.OrderCancelReplaceRejectedContractNotFound), nil},
		{"contract settled", "CONTRACT_SETTLED", between(func(h *harness, _ *client) {
			keep(h, func() error { return h.sim.Exchange.SettleContract(DemoMarket, DemoHome, false, "") })
		}), nil},
		{"halted", "MARKET_HALTED", between(func(h *harness, _ *client) {
			keep(h, func() error { return h.sim.Exchange.Halt(DemoMarket, "") })
		}), nil},
		{"no market", "MARKET_NOT_FOUND", provoke(msg.OrderCancelReplaceRejectedMarketNotFound), nil},
		{"not open", "MARKET_NOT_OPEN", provoke(msg.OrderCancelReplaceRejectedMarketNotOpen), nil},
		{"settled", "MARKET_SETTLED", between(func(h *harness, _ *client) {
			keep(h, func() error { return h.sim.Exchange.Settle(DemoMarket, "", DemoHome) })
		}), nil},
		{
			"down", "SERVICE_TEMPORARILY_UNAVAILABLE",
			between(func(h *harness, _ *client) { h.sim.Exchange.SetUnavailable(true) }), nil,
		},
	}
	for i := range cases {
		happens := cases[i].setUp
		cases[i].setUp = func(h *harness, c *client) {
			h.sim.Exchange.SetReplaceDelay(int64(time.Second))
			c.create(buy, 10000, 3000, 1, kind(msg.KeepInPlay))
			c.replace(c.idOf(1), 20000, 3100, 9)
			happens(h, c)
		}
		cases[i].act = func(c *client) { c.harness.wait(time.Second) }
	}
	checkReasons(t, cases, func(m *msg.Payload) (string, bool) {
		r := m.GetOrderCancelReplaceRejected()
		return strings.TrimPrefix(r.GetReason().String(), "ORDER_CANCEL_REPLACE_REJECTED_"),
			m.HasOrderCancelReplaceRejected()
	}, int(msg.OrderCancelReplaceRejectedServiceTemporarilyUnavailable))
}

// checkReasons runs cases, each on an exchange of its own, and checks that they cover all count reasons.
func checkReasons(t *testing.T, cases []reasonCase, reasonOf func(*msg.Payload) (string, bool), count int) {
	t.Helper()
	var seen []string
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) {
			config := testConfig()
			if k.reason == "THROTTLE_EXCEEDED" {
				config.Throttle = Throttle{}
			}
			if k.reason == "LIMIT_EXCEEDED" {
				config.Accounts[0].OrdersMax = 1
			}
			config.Markets = append(config.Markets, Market{
				ID: 7, State: msg.MarketStateNew,
				Contracts: []Contract{{ID: 1}},
			})
			h := newHarness(t, config)
			c := h.login()
			if k.setUp != nil {
				k.setUp(h, c)
			}
			for c.next() != nil {
			}
			k.act(c)
			var got []string
			for m := c.next(); m != nil; m = c.next() {
				if r, ok := reasonOf(m); ok {
					got = append(got, r)
				}
			}
			if !slices.Equal(got, []string{k.reason}) {
				t.Errorf("refused for %v, want %s", got, k.reason)
			}
		})
		if !slices.Contains(seen, k.reason) {
			seen = append(seen, k.reason)
		}
	}
	if len(seen) != count {
		t.Errorf("%d of %d reasons are covered", len(seen), count)
	}
}

// The same for reduces, and for a cancel-all.
func TestEveryReduceRejection(t *testing.T) {
	rest := func(_ *harness, c *client) { c.create(buy, 10000, 3000, 1) }
	reduce := func(c *client) { c.reduce(c.idOf(1), 5000, 9) }
	cases := []reasonCase{
		{"unknown", "NOT_FOUND", nil, func(c *client) { c.reduce(5, 5000, 9) }},
		{"dead", "NOT_LIVE", func(h *harness, c *client) { rest(h, c); c.cancel(c.idOf(1), 0) }, reduce},
		{
			"down", "CAPACITY_REACHED", func(h *harness, c *client) { rest(h, c); h.sim.Exchange.SetUnavailable(true) },
			reduce,
		},
		{"throttle", "THROTTLE_EXCEEDED", func(h *harness, c *client) {
			h.sim.SetThrottle(Throttle{Rate: 1, Burst: 1, Tick: time.Second})
			rest(h, c)
		}, reduce},
		{"quantity", "INVALID_NEW_QUANTITY", rest, func(c *client) { c.reduce(c.idOf(1), 10000, 9) }},
	}
	checkReasons(t, cases, func(m *msg.Payload) (string, bool) {
		r := m.GetOrderQuantityReduceRejected()
		return strings.TrimPrefix(r.GetReason().String(), "ORDER_QUANTITY_REDUCE_REJECTED_"),
			m.HasOrderQuantityReduceRejected()
	}, int(msg.OrderQuantityReduceRejectedInvalidNewQuantity))

	h := newHarness(t, testConfig())
	c := h.login()
	h.sim.Exchange.SetUnavailable(true)
	c.send(func(m *msg.Payload) { m.MutableOrderCancelAll().SetReference(3) })
	if r := c.next().GetOrderCancelAllRejected(); r.GetReason() != msg.OrderCancelAllRejectedUnknownError ||
		r.GetReference() != 3 {
		t.Errorf("sent %v", r)
	}
}

// While the back end is down, a rejection has no sequence.
func TestUnavailableHasNoSequence(t *testing.T) {
	h := newHarness(t, testConfig())
	c := h.login()
	h.sim.Exchange.SetUnavailable(true)
	c.create(buy, 10000, 3000, 5)
	if r := c.next().GetOrderRejected(); r.HasSeq() || r.GetReference() != 5 {
		t.Errorf("sent %v", r)
	}
}

// A resumption of trading cancels the orders that are left.
func TestSuspensionRemovesOrders(t *testing.T) {
	h := newHarness(t, testConfig())
	c := h.login()
	c.create(buy, 10000, 3000, 1, kind(msg.KeepInPlay))
	h.sim.Exchange.SuspendTrading(true)
	h.sim.Exchange.SuspendTrading(false)
	c.create(buy, 10000, 3000, 2)
	if !h.sim.Exchange.AdminCancel(c.idOf(2)) || h.sim.Exchange.AdminCancel(c.idOf(2)) {
		t.Error("a live order is cancelled once")
	}
	c.want("S2 accepted seq=2 ref=1 #1 10000@3000", "S3 cancelled #1 TRADING_SUSPENDED executed=0",
		"S4 accepted seq=3 ref=2 #2 10000@3000", "S5 cancelled #2 ADMIN_REQUESTED executed=0")
}

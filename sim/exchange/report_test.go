package exchange

import (
	"fmt"
	"slices"
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// recorder is a sink that records what it receives.
type recorder struct {
	reports  []Report
	messages []string // formatted
}

func (s *recorder) Report(r *Report, _ bool) { s.reports = append(s.reports, *r) }

func (s *recorder) Publish(m Message) {
	switch m := m.(type) {
	case *msg.ContractQuotes:
		s.messages = append(s.messages, fmt.Sprint("quotes ", m.GetMarketId()))
	case *msg.MarketQuotes:
		s.messages = append(s.messages, fmt.Sprint("snapshot ", m.GetMarketId()))
	case *msg.MarketState:
		s.messages = append(s.messages, fmt.Sprint("state ", m.GetMarketId()))
	case *msg.MarketManagedState:
		s.messages = append(s.messages, fmt.Sprint("managed ", m.GetMarketId()))
	case *msg.RunningballNotification:
		s.messages = append(s.messages, fmt.Sprint("event ", m.GetEventId()))
	}
}

func (s *recorder) take() ([]Report, []string) {
	r, m := s.reports, s.messages
	s.reports, s.messages = nil, nil
	return r, m
}

func newRecorded(t *testing.T) *Exchange {
	t.Helper()
	x, err := New(Config{
		Accounts: []Account{{Username: "a", Balance: 1e12}, {Username: "b", Balance: 1e12}},
		Events:   []Event{{ID: 1}, {ID: 2}},
		Markets: []Market{
			{ID: 1, EventID: 1, State: msg.MarketStateLive, Contracts: []Contract{{ID: 1}}},
			{ID: 2, EventID: 2, State: msg.MarketStateLive, Contracts: []Contract{{ID: 1}}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// Every login of an account receives each of its reports once, with one account sequence; only the login that
// sent the request receives the request's sequence. Reports without an account sequence go to the logins that
// they concern. Other accounts receive none.
func TestReportRecipients(t *testing.T) {
	const seq = 77
	create := Create{Seq: seq, Market: 1, Contract: 1, Side: msg.SideBuy, Price: 3000, Quantity: 1000}
	for name, k := range map[string]struct {
		do    func(*Exchange, *Login)
		want  []msg.PayloadType // for every login of the account
		asked int               // how many of them repeat the sequence
		mine  bool              // only the login that sent the request receives it
	}{
		"accepted": {func(_ *Exchange, l *Login) {
			l.Create(&create)
		}, []msg.PayloadType{msg.PayloadOrderAccepted}, 1, false},
		"rejected": {func(_ *Exchange, l *Login) {
			c := create
			c.Market = 9
			l.Create(&c)
		}, []msg.PayloadType{msg.PayloadOrderRejected}, 1, false},
		"throttled": {func(_ *Exchange, l *Login) {
			l.Reject(&create, msg.OrderRejectedThrottleExceeded)
		}, []msg.PayloadType{msg.PayloadOrderRejected}, 1, false},
		"down": {func(x *Exchange, l *Login) {
			x.SetUnavailable(true)
			l.Create(&create)
		}, []msg.PayloadType{msg.PayloadOrderRejected}, 0, false},
		"invalid": {func(_ *Exchange, l *Login) {
			l.Create(&Create{Seq: seq})
		}, []msg.PayloadType{msg.PayloadOrderInvalid}, 1, true},
		"filled": {func(x *Exchange, l *Login) {
			l.Create(&create)
			x.Submit("b", Create{Market: 1, Contract: 1, Side: msg.SideSell, Price: 3000, Quantity: 1000})
		}, []msg.PayloadType{msg.PayloadOrderAccepted, msg.PayloadOrderExecuted}, 1, false},
		"killed": {func(_ *Exchange, l *Login) {
			c := create
			c.TIF = msg.ImmediateOrCancel
			l.Create(&c)
		}, []msg.PayloadType{msg.PayloadOrderAccepted, msg.PayloadOrderCancelled}, 1, false},
		"cancelled": {func(_ *Exchange, l *Login) {
			id, _ := l.Create(&create)
			l.Cancel(&Cancel{OrderID: id})
			l.Cancel(&Cancel{OrderID: id})
		}, []msg.PayloadType{
			msg.PayloadOrderAccepted, msg.PayloadOrderCancelled, msg.PayloadOrderCancelRejected,
		}, 1, false},
		"balance": {func(x *Exchange, _ *Login) {
			x.Submit("a", create)
			x.Submit("b", Create{Market: 1, Contract: 1, Side: msg.SideSell, Price: 3000, Quantity: 1000})
			_ = x.VoidMarket(1, "over")
		}, []msg.PayloadType{
			msg.PayloadOrderAccepted, msg.PayloadOrderExecuted, msg.PayloadOrderVoided, msg.PayloadBalanceChanged,
		}, 0, false},
	} {
		for asks := range 3 {
			x := newRecorded(t)
			var sinks [3]recorder
			var sessions [3]*Login
			for i := range sinks {
				sessions[i] = x.Login("a", &sinks[i])
			}
			var other recorder
			x.Login("b", &other)
			k.do(x, sessions[asks])
			for i := range sinks {
				reports, _ := sinks[i].take()
				if k.mine && i != asks {
					if len(reports) > 0 {
						t.Errorf("%s: session %d is told what %d asked for", name, i, asks)
					}
					continue
				}
				var types []msg.PayloadType
				next, repeats := uint64(0), 0
				for _, r := range reports {
					types = append(types, r.Type)
					if r.Seq == seq {
						repeats++
					} else if r.Seq != 0 {
						t.Errorf("%s: session %d is told sequence %d", name, i, r.Seq)
					}
					if r.Type == msg.PayloadBalanceChanged || r.Type == msg.PayloadOrderInvalid {
						if r.AccountSequence != 0 {
							t.Errorf("%s: a report without a number has %d", name, r.AccountSequence)
						}
						continue
					}
					if next++; r.AccountSequence != next {
						t.Errorf("%s: session %d is told number %d, want %d", name, i, r.AccountSequence, next)
					}
				}
				asked := k.asked
				if i != asks {
					asked = 0
				}
				if !slices.Equal(types, k.want) || repeats != asked {
					t.Errorf("%s: session %d is told %v with the sequence %d times, want %v and %d",
						name, i, types, repeats, k.want, asked)
				}
			}
			reports, _ := other.take()
			for _, r := range reports {
				if o := x.orders.find(r.OrderID); r.OrderID != 0 && (o == nil || o.account.config.Username != "b") {
					t.Errorf("%s: another account is told of order %d", name, r.OrderID)
				}
			}
			if name != "filled" && name != "balance" && len(reports) > 0 {
				t.Errorf("%s: another account is told %v", name, reports)
			}
		}
	}
}

// However a login subscribes, it receives each message once, and none after the unsubscription.
func TestSubscribersReceiveOnce(t *testing.T) {
	x := newRecorded(t)
	var sink recorder
	l := x.Login("a", &sink)
	for range 3 {
		l.SubscribeEvent(1)
		l.Subscribe(1)
		l.PriceFeed(true)
		l.MarketFeed(true)
	}
	sink.take()
	happen := func() []string {
		for id := uint32(1); id <= 2; id++ {
			if err := x.Runningball(id, Notification{State: msg.RunningballStateSafe}); err != nil {
				t.Fatal(err)
			}
			x.Submit("b", Create{Market: id, Contract: 1, Side: msg.SideBuy, Price: 3000, Quantity: 1000})
			if err := x.SetManaged(id, true, second); err != nil {
				t.Fatal(err)
			}
			if err := x.Halt(id, ""); err != nil {
				t.Fatal(err)
			}
			if err := x.SetState(id, msg.MarketStateLive, ""); err != nil {
				t.Fatal(err)
			}
		}
		_, list := sink.take()
		return list
	}
	market := func(id int) []string {
		return []string{
			fmt.Sprint("quotes ", id), fmt.Sprint("managed ", id),
			fmt.Sprint("state ", id), fmt.Sprint("quotes ", id), fmt.Sprint("state ", id),
		}
	}
	want := append(append([]string{"event 1"}, market(1)...), market(2)...)
	if got := happen(); !slices.Equal(got, want) {
		t.Errorf("received %v, want %v", got, want)
	}
	l.Unsubscribe(1) // the feeds continue
	l.UnsubscribeEvent(1)
	if got := happen(); !slices.Equal(got, want[1:]) {
		t.Errorf("received %v, want %v", got, want[1:])
	}
	l.PriceFeed(false)
	l.MarketFeed(false)
	l.Subscribe(2)
	sink.take()
	if got := happen(); !slices.Equal(got, market(2)) {
		t.Errorf("received %v, want %v", got, market(2))
	}
	l.Subscribe(1)
	l.SubscribeEvent(2)
	l.PriceFeed(true)
	l.MarketFeed(true)
	l.Logout()
	sink.take()
	if got := happen(); got != nil {
		t.Errorf("received %v after the end", got)
	}
}

// A resumption of trading cancels resting orders; without a suspension it does not.
func TestResumptionOfTrading(t *testing.T) {
	x := newRecorded(t)
	c := Create{Market: 1, Contract: 1, Side: msg.SideBuy, Price: 3000, Quantity: 1000}
	live := func() int { a, _ := x.Truth("a"); return a.Live }
	x.Submit("a", c)
	x.SuspendTrading(false)
	if live() != 1 {
		t.Error("an order went without a suspension")
	}
	x.SuspendTrading(true)
	x.SuspendTrading(true)
	if live() != 1 {
		t.Error("an order went with the suspension")
	}
	if _, r := x.Submit("a", c); r.Reason != int32(msg.OrderRejectedTradingSuspended) {
		t.Errorf("an order while trading is suspended: %+v", r)
	}
	x.SuspendTrading(false)
	if live() != 0 {
		t.Error("an order is left when trading resumes")
	}
	if _, r := x.Submit("a", c); !r.OK() {
		t.Errorf("an order afterwards: %+v", r)
	}
}

// The change to in-play cancels orders as a halt does; a halt of a halted market does not.
func TestTurnToInPlay(t *testing.T) {
	x, err := New(Config{
		Accounts: []Account{{Username: "a", Balance: 1e12}},
		Markets:  []Market{{ID: 1, State: msg.MarketStateOpen, Contracts: []Contract{{ID: 1}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var sink recorder
	x.Login("a", &sink)
	c := Create{Market: 1, Contract: 1, Side: msg.SideBuy, Price: 3000, Quantity: 1000}
	for _, k := range []struct {
		to   msg.MarketStateType
		gone int
	}{
		{msg.MarketStateLive, 1},
		{msg.MarketStateHalted, 1},
		{msg.MarketStateLive, 0},
		{msg.MarketStateHalted, 1},
		{msg.MarketStateOpen, 0},
	} {
		c.TIF = msg.GoodTilCancelled
		x.Submit("a", c)
		c.TIF = msg.KeepInPlay
		x.Submit("a", c)
		sink.take()
		if err := x.SetState(1, k.to, ""); err != nil {
			t.Fatal(err)
		}
		reports, _ := sink.take()
		for _, r := range reports {
			if o, _ := x.Order(r.OrderID); r.Type != msg.PayloadOrderCancelled ||
				r.Reason != int32(msg.OrderCancelledMarketHalted) || o.TIF == msg.KeepInPlay {
				t.Errorf("at the turn to %v: %+v", k.to, r)
			}
		}
		if len(reports) != k.gone {
			t.Errorf("at the turn to %v %d orders went, want %d", k.to, len(reports), k.gone)
		}
	}
	if err := x.Halt(1, ""); err != nil {
		t.Error(err)
	}
	if err := x.Halt(1, ""); err != nil {
		t.Errorf("a market is halted that is: %v", err)
	}
}

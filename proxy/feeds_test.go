package proxy

import (
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
)

func (c *tester) priceFeed(on bool) {
	c.send(func(m *msg.Payload) {
		if on {
			m.MutablePriceFeedSubscribe()
		} else {
			m.MutablePriceFeedUnsubscribe()
		}
	})
}

func (c *tester) marketFeed() { c.send(func(m *msg.Payload) { m.MutableMarketFeedSubscribe() }) }

// A client that joins a feed which another one has already gets all that is there before what changes.
func TestJoinFeed(t *testing.T) {
	w := newWorld(t, simConfig(), three())
	rival(w, sell, 1000, 6000)
	anna, ben := w.login("anna"), w.login("ben")
	all := []msg.PayloadType{msg.PayloadMarketQuotes, msg.PayloadMarketState, msg.PayloadMarketManagedState}
	anna.priceFeed(true)
	anna.marketFeed()
	anna.want(all...)
	w.wait(500 * time.Millisecond)
	ben.priceFeed(true)
	ben.marketFeed()
	rival(w, sell, 1000, 5900)
	ben.want() // no change of what it has not seen
	anna.want(msg.PayloadContractQuotes)
	w.wait(time.Second)
	for _, c := range []*tester{anna, ben} {
		q := c.want(all...)[0].GetMarketQuotes().GetContractQuotes()
		if len(q) != 1 || len(q[0].GetOffers()) != 2 {
			t.Errorf("the feed begins with %v", q)
		}
	}
	rival(w, sell, 1000, 5800)
	ben.want(msg.PayloadContractQuotes)
	anna.want(msg.PayloadContractQuotes)

	// A client that turns its feed on and off does not have everybody get everything each time.
	for range 100 {
		anna.priceFeed(false)
		anna.priceFeed(true)
	}
	w.wait(900 * time.Millisecond)
	if n := len(ben.receive()); n > 1 {
		t.Errorf("ben got %d messages", n)
	}
}

// What a client asks for while the exchange is away it gets when the exchange is back.
func TestSubscribeWhileLost(t *testing.T) {
	w := newWorld(t, simConfig(), three())
	rival(w, sell, 1000, 6000)
	anna, ben := w.login("anna"), w.login("ben")
	event := func(c *tester, on bool) {
		c.send(func(m *msg.Payload) {
			if on {
				m.MutableEventSubscribe().SetEventId(50000)
			} else {
				m.MutableEventUnsubscribe().SetEventId(50000)
			}
		})
	}
	event(ben, true)
	w.broken = true
	w.lose()
	w.sim.DropSessions()
	event(ben, false)
	event(anna, true)
	anna.priceFeed(true)
	anna.want()
	w.broken = false
	w.wait(3 * time.Second)
	anna.want(msg.PayloadMarketQuotes)
	if n := w.proxy.stats.SubscriptionsRefused; n != 0 {
		t.Errorf("%d subscriptions were refused", n)
	}
	if err := w.sim.Exchange.Runningball(50000, exchange.Notification{State: msg.RunningballStateDanger}); err != nil {
		t.Fatal(err)
	}
	w.settle()
	anna.want(msg.PayloadRunningballNotification)
	ben.receive()
	event(anna, false)
	anna.priceFeed(false)
	for range 4 {
		w.wait(9 * time.Second)
		anna.eto(msg.EtoPayloadHeartbeat)
		ben.eto(msg.EtoPayloadHeartbeat)
	}
	if len(w.proxy.events) != 0 || w.proxy.prices.on {
		t.Errorf("subscribed to for nobody: %v, prices %v", w.proxy.events, w.proxy.prices.on)
	}
}

// A client that subscribes to ever other markets leaves the engine's subscriptions to the others.
func TestManyMarkets(t *testing.T) {
	config := three()
	config.Clients[0].SubscriptionsMax = 64
	w := newWorld(t, simConfig(), config)
	anna, ben := w.login("anna"), w.login("ben")
	second := w.login("anna")
	for i := range uint32(5000) {
		c := []*tester{anna, second}[i%2]
		c.subscribe(500_000 + i)
		if i%4 < 2 {
			c.send(func(m *msg.Payload) { m.MutableMarketUnsubscribe().SetMarketId(500_000 + i) })
		}
		c.receive()
	}
	if n := len(w.proxy.markets); n != 2*64 {
		t.Errorf("%d markets are subscribed to", n)
	}
	ben.subscribe(sim.DemoMarket)
	ben.want(msg.PayloadMarketQuotes, msg.PayloadMarketState)

	// What was left half a minute ago counts no more.
	for range 4 {
		w.wait(9 * time.Second)
		anna.eto(msg.EtoPayloadHeartbeat)
		second.eto(msg.EtoPayloadHeartbeat)
		ben.eto(msg.EtoPayloadHeartbeat)
	}
	a := w.proxy.byName["anna"]
	if a.lingering != 0 || len(w.proxy.markets) != len(a.subjects)+1 || len(a.subjects) >= 2*64 {
		t.Errorf("%d linger, %d are subscribed to, of which anna's %d",
			a.lingering, len(w.proxy.markets), len(a.subjects))
	}
}

package proxy

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/sim/gateway"
)

// flow is what a client does; it is done once on the exchange and once through the proxy.
type flow struct {
	config func(*sim.Config)
	do     func(c *tester, w *world)
}

func rival(w *world, side msg.Side, quantity uint64, price uint32) {
	w.sim.Exchange.Submit("rival", exchange.Create{
		Market: sim.DemoMarket, Contract: sim.DemoHome, Side: side, Price: price, Quantity: quantity,
	})
	w.settle()
}

func logIn(c *tester) { c.password(sim.DemoUsername, sim.DemoPassword) }

// flows are the transcripts of the protocol's description, T1 to T25, as far as the client sees them.
var flows = map[string]flow{
	"T1 login, ping, logout": {nil, func(c *tester, _ *world) {
		logIn(c)
		c.eto(msg.EtoPayloadPing)
		c.eto(msg.EtoPayloadLogout)
	}},
	"T2 limits and heartbeats": {func(s *sim.Config) { s.Throttle = sim.Throttle{} }, func(c *tester, w *world) {
		c.send(func(m *msg.Payload) {
			m.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
			m.MutableLogin().SetCookie([]byte(sim.DemoToken))
		})
		for range 3 {
			w.wait(10 * time.Second)
			c.eto(msg.EtoPayloadHeartbeat)
		}
	}},
	"T3 unauthorised": {nil, func(c *tester, _ *world) { c.password(sim.DemoUsername, "wrong") }},
	"T5 heartbeat timeout": {nil, func(c *tester, w *world) {
		logIn(c)
		w.wait(61 * time.Second)
	}},
	"T6 replay": {nil, func(c *tester, _ *world) {
		logIn(c)
		c.eto(msg.EtoPayloadPing)
		c.eto(msg.EtoPayloadPing)
		c.replay(2)
		c.eto(msg.EtoPayloadLogout)
	}},
	"T12 create, accept, cancel": {nil, func(c *tester, _ *world) {
		logIn(c)
		id := c.accepted(buy, 100_000, 2500, 1)
		c.cancel(id, 2)
	}},
	"T13 full execution": {nil, func(c *tester, w *world) {
		logIn(c)
		c.create(buy, 50_000, 2500, 7)
		rival(w, sell, 50_000, 2500)
	}},
	"T14 partial fill, cancel, cancel again": {nil, func(c *tester, w *world) {
		logIn(c)
		rival(w, sell, 100_000, 2400)
		id := c.accepted(buy, 400_000, 2500, 9)
		rival(w, sell, 50_000, 2500)
		c.cancel(id, 10)
		c.cancel(id, 11)
	}},
	"T15 invalid and rejected": {nil, func(c *tester, _ *world) {
		logIn(c)
		c.create(buy, 2_147_483_648, 2000, 1)
		c.create(buy, 100_000, 10_000, 2)
		c.create(buy, 2_147_483_648, 10_000, 3)
		c.create(buy, 100_000, 2000, 4, func(o *msg.OrderCreate) { o.SetMarketId(99_999_999) })
		c.create(buy, 100_000, 2000, 5, func(o *msg.OrderCreate) { o.SetContractId(0) })
		c.create(buy, 100_000, 2000, 0, func(o *msg.OrderCreate) { o.SetContractId(0) })
	}},
	"T16 subscription around an own order": {nil, func(c *tester, _ *world) {
		logIn(c)
		c.subscribe(sim.DemoMarket)
		id := c.accepted(buy, 20_000, 5000, 1)
		c.cancel(id, 2)
		c.send(func(m *msg.Payload) { m.MutableMarketUnsubscribe().SetMarketId(sim.DemoMarket) })
		c.create(buy, 20_000, 5000, 3)
		c.eto(msg.EtoPayloadLogout)
	}},
	"T16 unknown market": {nil, func(c *tester, _ *world) {
		logIn(c)
		c.subscribe(99_999_999)
	}},
	"T17 ten creates, ten cancels": {nil, func(c *tester, _ *world) {
		logIn(c)
		var ids []uint64
		for i := range uint32(10) {
			ids = append(ids, c.accepted(buy, 100_000, 3100+i*100, uint64(i+1)))
		}
		for i, id := range ids {
			c.cancel(id, uint64(100+i))
		}
	}},
	"T19 cancel all in one market": {nil, func(c *tester, _ *world) {
		logIn(c)
		c.create(buy, 100_000, 3100, 1)
		c.create(buy, 100_000, 3200, 2)
		c.send(func(m *msg.Payload) {
			m.MutableOrderCancelAll().SetReference(5)
			m.MutableOrderCancelAll().SetMarketId(sim.DemoMarket)
		})
		c.cancelAll(0)
	}},
	"T20 cancel-replace": {nil, func(c *tester, w *world) {
		logIn(c)
		id := c.accepted(buy, 300_000, 2500, 1)
		rival(w, sell, 100_000, 2500)
		replace := func(id, ref uint64, price uint32) {
			c.send(func(m *msg.Payload) {
				b := m.MutableOrderCancelReplace()
				b.SetOrigOrderId(id)
				b.SetPrice(price)
				b.SetQuantity(300_000)
				b.SetReference(ref)
			})
			w.wait(time.Second)
		}
		replace(id, 6, 2600)
		replace(99, 7, 2600)
		replace(id, 8, 2600)
	}},
	"T22 provisional fills": {nil, func(c *tester, w *world) {
		logIn(c)
		if err := w.sim.Exchange.SetManaged(sim.DemoMarket, true, int64(8*time.Second)); err != nil {
			w.t.Fatal(err)
		}
		c.create(buy, 100_000, 4000, 1)
		rival(w, sell, 5000, 4000)
		w.wait(9 * time.Second)
		c.eto(msg.EtoPayloadHeartbeat)
		rival(w, sell, 7000, 4000)
		if err := w.sim.Exchange.Goal(sim.DemoMarket, "goal"); err != nil {
			w.t.Fatal(err)
		}
	}},
	"T23 halt, keep in play, settle": {nil, func(c *tester, w *world) {
		logIn(c)
		c.subscribe(sim.DemoMarket)
		c.create(buy, 100_000, 4000, 1)
		c.create(buy, 100_000, 4100, 2, func(o *msg.OrderCreate) { o.SetTif(msg.KeepInPlay) })
		for _, s := range []msg.MarketStateType{msg.MarketStateHalted, msg.MarketStateLive} {
			if err := w.sim.Exchange.SetState(sim.DemoMarket, s, "whistle"); err != nil {
				w.t.Fatal(err)
			}
			w.settle()
		}
		rival(w, sell, 20_000, 4100)
		if err := w.sim.Exchange.Settle(sim.DemoMarket, "full time", sim.DemoHome); err != nil {
			w.t.Fatal(err)
		}
	}},
	"T25 reduce": {nil, func(c *tester, _ *world) {
		logIn(c)
		id := c.accepted(buy, 80_000, 4000, 1)
		for i, quantity := range []uint64{50_000, 90_000} {
			c.send(func(m *msg.Payload) {
				b := m.MutableOrderQuantityReduce()
				b.SetOrderId(id)
				b.SetNewQuantity(quantity)
				b.SetReference(uint64(8 + i))
			})
		}
	}},
	"immediate or cancel, labels, no reference": {nil, func(c *tester, w *world) {
		logIn(c)
		rival(w, sell, 20_000, 4000)
		c.create(buy, 50_000, 4000, 0, func(o *msg.OrderCreate) {
			o.SetTif(msg.ImmediateOrCancel)
			o.SetLabelString("a/b label")
		})
		c.create(buy, 50_000, 4000, 3, func(o *msg.OrderCreate) { o.SetLabelString("x") })
		c.create(sell, 50_000, 4000, 4) // crosses the own order
	}},
	"settings": {nil, func(c *tester, _ *world) {
		logIn(c)
		c.send(func(m *msg.Payload) { m.MutableSettings().SetCancelAllOnFailure(true) })
		c.send(func(m *msg.Payload) { m.MutableSettings() })
	}},
	"price feed": {nil, func(c *tester, w *world) {
		logIn(c)
		c.send(func(m *msg.Payload) { m.MutablePriceFeedSubscribe() })
		rival(w, sell, 20_000, 4000)
		c.send(func(m *msg.Payload) { m.MutableMarketFeedSubscribe() })
	}},
	"event": {nil, func(c *tester, w *world) {
		logIn(c)
		c.send(func(m *msg.Payload) { m.MutableEventSubscribe().SetEventId(50_000) })
	}},
}

func (c *tester) replay(from uint64) {
	c.send(func(m *msg.Payload) {
		m.MutableEtoPayload().SetType(msg.EtoPayloadReplay)
		m.MutableEtoPayload().MutableReplay().SetSeq(from)
	})
}

// run does a flow, on the exchange or through the proxy, and returns what the client received.
func (f flow) run(t *testing.T, through bool) []string {
	config := simConfig()
	if f.config != nil {
		f.config(&config)
	}
	clients := one()
	a := config.Accounts[0]
	clients.Clients[0].Name, clients.Clients[0].Password, clients.Clients[0].Token = a.Username, a.Password, a.Token
	w := newWorld(t, config, clients)
	var c *tester
	if through {
		if config.Throttle.Off {
			w.proxy.throttleOf = func(*client) gateway.Throttle { return gateway.Throttle{Off: true} }
		}
		c = w.connect()
	} else {
		c = w.direct()
	}
	f.do(c, w)
	c.receive()
	var list []string
	for _, m := range c.all {
		list = append(list, line(m))
	}
	return list
}

// unordered returns messages sorted, without sequences and balances: an order_cancel_all is carried out one by one, so
// that quotes come later and each cancel has the balance after it.
func unordered(list []string) (out []string) {
	sequence, balance := regexp.MustCompile(`^S\d+ `), regexp.MustCompile(` (available_balance|exposure)=[-0-9.]+`)
	for _, s := range list {
		out = append(out, balance.ReplaceAllString(sequence.ReplaceAllString(s, ""), ""))
	}
	slices.Sort(out)
	return out
}

// A client receives through the proxy what it receives from the exchange: sequences, account sequences, references,
// labels and amounts included.
func TestSameAsExchange(t *testing.T) {
	for name, f := range flows {
		t.Run(name, func(t *testing.T) {
			want, got := f.run(t, false), f.run(t, true)
			if strings.Contains(name, "cancel all") {
				want, got = unordered(want), unordered(got)
			}
			if !slices.Equal(want, got) {
				t.Errorf("the exchange sends\n%s\n\nthe proxy\n%s", strings.Join(want, "\n"), strings.Join(got, "\n"))
			}
		})
	}
}

// The recorded bytes of the exchange's own Python client get through the proxy what they get from the exchange.
func TestPythonClientBytes(t *testing.T) {
	for file, change := range map[string]func(*sim.Config){
		"../engine/session/testdata/reference_client.json": func(s *sim.Config) {
			s.Accounts[0].Username, s.Accounts[0].Password, s.Accounts[0].Token = "user", "pass", "abcdef"
			s.Markets[0].ID, s.Markets[0].Contracts[0].ID = 317002, 608008
		},
		"../sim/testdata/python_client.json": func(s *sim.Config) { s.Markets = sim.DefaultConfig().Markets },
	} {
		playPythonClient(t, file, change)
	}
}

func playPythonClient(t *testing.T, file string, change func(*sim.Config)) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var recorded []struct {
		Name  string `json:"name"`
		Steps []struct {
			Call      string `json:"call"`
			Client    string `json:"client"`
			Heartbeat string `json:"client_buffered_then_flushed"`
		} `json:"steps"`
	}
	if err := json.Unmarshal(data, &recorded); err != nil {
		t.Fatal(err)
	}
	steps := 0
	for _, r := range recorded {
		f := flow{change, func(c *tester, _ *world) {
			for _, s := range r.Steps {
				b, err := hex.DecodeString(s.Client + s.Heartbeat)
				if err != nil {
					t.Fatal(err)
				}
				c.bytes(b)
				c.receive()
				steps++
			}
		}}
		t.Run(r.Name, func(t *testing.T) {
			want, got := f.run(t, false), f.run(t, true)
			if strings.Contains(strings.Join(want, ""), "CANCEL_ALL") {
				want, got = unordered(want), unordered(got)
			}
			if len(want) == 0 || !slices.Equal(want, got) {
				t.Errorf("the exchange sends\n%s\n\nthe proxy\n%s", strings.Join(want, "\n"), strings.Join(got, "\n"))
			}
		})
	}
	if steps < 20 {
		t.Errorf("only %d steps of %s", steps, file)
	}
}

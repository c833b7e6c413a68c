package proxy

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/wire"
)

// arrive has the messages about orders that a muted exchange has sent arrive in another order, that in which they were
// sent if permutation is nil. It returns how many there are.
func (w *world) arrive(permutation []int) int {
	w.t.Helper()
	l := w.links[len(w.links)-1]
	raw := bytes.Clone(l.conn.Pending())
	l.conn.Written(len(raw))
	var list []*msg.Payload
	var seqs []uint64
	var reports []int // that are about orders
	for len(raw) > 0 {
		payload, n, err := wire.Scan(raw, wire.Limits{})
		if err != nil || n == 0 {
			w.t.Fatalf("%v, %d bytes", err, len(raw))
		}
		m := new(msg.Payload)
		if err := m.Decode(bytes.Clone(payload), nil); err != nil {
			w.t.Fatal(err)
		}
		if _, ok := reportOf(m); ok {
			reports = append(reports, len(list))
		}
		list, seqs, raw = append(list, m), append(seqs, m.GetEtoPayload().GetSeq()), raw[n:]
	}
	if len(permutation) == len(reports) {
		from := append([]*msg.Payload(nil), list...)
		for i, j := range permutation {
			list[reports[i]] = from[reports[j]]
		}
	}
	for i, m := range list {
		m.MutableEtoPayload().SetSeq(seqs[i])
		b, err := m.MarshalVT()
		if err != nil {
			w.t.Fatal(err)
		}
		l.first = wire.AppendFrame(l.first, b)
	}
	l.mute = false
	w.settle()
	return len(reports)
}

// scenario is what a client and the exchange do while nothing of the exchange's arrives. id is a live order of the
// client's: 8000 bought at 3000, of which 1000 are executed.
type scenario func(w *world, anna *tester, id uint64)

// rivalAt has another account trade.
func rivalAt(w *world, side msg.Side, quantity uint64, price uint32) {
	w.t.Helper()
	if _, r := w.sim.Exchange.Submit("rival", exchange.Create{
		Market: sim.DemoMarket, Contract: sim.DemoHome, Side: side, Price: price, Quantity: quantity,
	}); r.Reason != 0 {
		w.t.Fatal(r)
	}
}

func reduce(c *tester, id, quantity uint64) {
	c.send(func(m *msg.Payload) {
		m.MutableOrderQuantityReduce().SetOrderId(id)
		m.MutableOrderQuantityReduce().SetNewQuantity(quantity)
	})
}

var scenarios = map[string]scenario{
	"created, filled": func(w *world, anna *tester, _ uint64) {
		rivalAt(w, sell, 2000, 3500)
		anna.create(buy, 3000, 3500, 2)
		rivalAt(w, sell, 1000, 3500)
	},
	"created, filled partly": func(w *world, anna *tester, _ uint64) {
		rivalAt(w, sell, 2000, 3500)
		anna.create(buy, 5000, 3500, 2)
		rivalAt(w, sell, 1000, 3500)
	},
	"created, filled partly, cancelled": func(w *world, anna *tester, _ uint64) {
		rivalAt(w, sell, 2000, 3500)
		anna.create(buy, 5000, 3500, 2, func(m *msg.OrderCreate) { m.SetTif(msg.ImmediateOrCancel) })
	},
	"created, cancelled": func(w *world, anna *tester, _ uint64) {
		anna.create(buy, 5000, 3500, 2, func(m *msg.OrderCreate) { m.SetTif(msg.ImmediateOrCancel) })
	},
	"fills": func(w *world, _ *tester, _ uint64) {
		rivalAt(w, sell, 1000, 3000)
		rivalAt(w, sell, 2000, 2900)
		rivalAt(w, sell, 3000, 3000)
	},
	"fills, filled": func(w *world, _ *tester, _ uint64) {
		rivalAt(w, sell, 1000, 3000)
		rivalAt(w, sell, 2000, 2900)
		rivalAt(w, sell, 4000, 3000)
	},
	"reduced, filled partly": func(w *world, anna *tester, id uint64) {
		reduce(anna, id, 4000)
		rivalAt(w, sell, 1000, 3000)
		reduce(anna, id, 2000)
	},
	"reduced, filled": func(w *world, anna *tester, id uint64) {
		rivalAt(w, sell, 1000, 3000)
		reduce(anna, id, 4000)
		rivalAt(w, sell, 4000, 3000)
	},
	"filled, cancelled, again": func(w *world, anna *tester, id uint64) {
		rivalAt(w, sell, 1000, 3000)
		anna.cancel(id, 5)
		anna.cancel(id, 6)
	},
	"replaced, filled": func(w *world, anna *tester, id uint64) {
		rivalAt(w, sell, 2000, 3500)
		anna.replace(id, 4000, 3500, 2)
		rivalAt(w, sell, 1000, 3500)
	},
	"replaced, filled partly": func(w *world, anna *tester, id uint64) {
		rivalAt(w, sell, 2000, 3500)
		anna.replace(id, 8000, 3500, 2)
		rivalAt(w, sell, 1000, 3500)
	},
	"filled, replaced": func(w *world, anna *tester, id uint64) {
		rivalAt(w, sell, 1000, 3000)
		anna.replace(id, 8000, 2500, 2)
	},
	"replaced, rejected": func(w *world, anna *tester, id uint64) {
		w.sim.Exchange.ForceReject(msg.PayloadOrderPendingReplace, int32(msg.OrderCancelReplaceRejectedCrossedSelf), 1)
		anna.replace(id, 8000, 3500, 2)
		rivalAt(w, sell, 1000, 3000)
	},
	"cancelled, replaced": func(w *world, anna *tester, id uint64) {
		anna.cancel(id, 5)
		anna.replace(id, 8000, 3500, 2)
	},
	"replaced, cancelled and reduced between its stages": func(w *world, anna *tester, id uint64) {
		next := w.betweenStages(anna, id)
		anna.cancel(next, 5)
		reduce(anna, next, 1000)
		w.step(2 * time.Second)
		w.sim.Exchange.Advance(w.now)
	},
	"replaced, all cancelled between its stages": func(w *world, anna *tester, id uint64) {
		w.betweenStages(anna, id)
		anna.cancelAll(0)
		w.step(2 * time.Second)
		w.sim.Exchange.Advance(w.now)
	},
	"provisional": func(w *world, anna *tester, id uint64) {
		w.managed(time.Second)
		rivalAt(w, sell, 1000, 3000)
		reduce(anna, id, 3000)
		w.check(w.sim.Exchange.VoidFills(sim.DemoMarket))
		reduce(anna, id, 1000)
	},
	"provisional, filled": func(w *world, _ *tester, _ uint64) {
		w.managed(time.Second)
		rivalAt(w, sell, 1000, 3000)
		rivalAt(w, sell, 6000, 3000)
		w.check(w.sim.Exchange.VoidFills(sim.DemoMarket))
	},
	"confirmed": func(w *world, _ *tester, _ uint64) {
		w.managed(time.Second)
		rivalAt(w, sell, 1000, 3000)
		w.step(2 * time.Second)
		w.sim.Exchange.Advance(w.now)
		rivalAt(w, sell, 1000, 3000)
	},
	"voided": func(w *world, anna *tester, _ uint64) {
		rivalAt(w, sell, 2000, 3500)
		anna.create(buy, 2000, 3500, 2)
		w.check(w.sim.Exchange.VoidMarket(sim.DemoMarket, "void"))
	},
	"runner removed": func(w *world, _ *tester, _ uint64) {
		rivalAt(w, sell, 2000, 3000)
		w.check(w.sim.Exchange.RemoveRunner(sim.DemoMarket, sim.DemoAway, msg.ReduceTypePrice, 2000, "gone"))
	},
}

// betweenStages has a client replace an order, and returns the new one, whose second stage is a second away.
func (w *world) betweenStages(anna *tester, id uint64) (next uint64) {
	w.t.Helper()
	w.links[0].mute = false
	w.sim.Exchange.SetReplaceDelay(int64(time.Second))
	anna.replace(id, 8000, 3500, 2)
	w.settle()
	w.links[0].mute = true
	for _, m := range anna.receive() {
		if m.GetType() == pendingReplace {
			return m.GetOrderPendingReplace().GetOrderId()
		}
	}
	w.t.Fatal("no first stage")
	return 0
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// managed makes the market's fills provisional for a while.
func (w *world) managed(d time.Duration) {
	w.t.Helper()
	w.check(w.sim.Exchange.SetManaged(sim.DemoMarket, true, int64(d)))
}

// permutations returns all orders of n messages, or of many some.
func permutations(n int) (list [][]int) {
	if n > 4 {
		r := rand.New(rand.NewPCG(uint64(n), 1))
		for range 24 {
			list = append(list, r.Perm(n))
		}
		return list
	}
	var extend func(p []int)
	extend = func(p []int) {
		if len(p) == n {
			list = append(list, append([]int(nil), p...))
			return
		}
	next:
		for i := range n {
			for _, j := range p {
				if i == j {
					continue next
				}
			}
			extend(append(p, i))
		}
	}
	extend(nil)
	return list
}

// agree compares the orders of the proxy, of its engine, of a watcher and of the exchange.
func (w *world) agree(v *watcher) {
	w.t.Helper()
	live := 0
	for _, truth := range w.sim.Exchange.Orders(sim.DemoUsername) {
		o := w.proxy.orders.byID[truth.ID]
		if o == nil && truth.Executed == 0 && truth.State == exchange.OrderCancelled {
			continue // a replacement that was refused in its second stage, before a restart
		}
		if o == nil {
			w.t.Errorf("the proxy does not have %+v", truth)
			continue
		}
		state := Ended
		if truth.State == exchange.OrderLive {
			state = Live
			live++
		} else {
			truth.Available = 0
		}
		if o.State != state && (o.State != Refused || o.Original == 0) || // a replacement, in its second stage
			o.Executed != truth.Executed || o.Available != truth.Available ||
			o.Price != truth.Price || o.Average != truth.AveragePrice || o.Quantity != truth.Quantity {
			w.t.Errorf("the proxy has\n%+v, the exchange\n%+v", o.Order, truth)
		}
		if e := w.engine.Order(o.upstream); e == nil || e.State.Terminal() != (state == Ended) ||
			uint64(e.Executed) != o.Executed || uint64(e.Available) != o.Available ||
			uint64(e.Quantity) != o.Quantity || uint32(e.Price) != o.Price {
			w.t.Errorf("the proxy has\n%+v, its engine\n%+v", o.Order, e)
		}
		if have := v.orders[o.ID]; v.named != nil && have != o.Order {
			w.t.Errorf("a watcher has\n%+v, the proxy\n%+v", have, o.Order)
		}
	}
	c := w.proxy.byName["anna"]
	if c.open != live || len(c.orders) != live || c.waiting != 0 || len(w.proxy.orders.early) != 0 {
		w.t.Errorf("%d orders are open, want %d; %d requests wait; %d reports are kept", c.open, live, c.waiting,
			len(w.proxy.orders.early))
	}
}

// counts checks that a client which takes each message for newer than those before has the exchange's figures.
func (w *world) counts(list []*msg.Payload) {
	w.t.Helper()
	total, open := map[uint64]uint64{}, map[uint64]uint64{}
	for _, m := range list {
		r, _ := reportOf(m)
		switch b := r.body.(type) {
		case *msg.OrderExecuted:
			total[r.orderID()] = b.GetTotalExecutedQuantity()
		case *msg.OrderQuantityReduced:
			open[r.orderID()] = b.GetNewQuantity()
		}
		if b, ok := r.body.(executions); ok && b.HasExecutedQuantity() {
			total[r.orderID()] = b.GetExecutedQuantity()
		}
		if b, ok := r.body.(interface {
			HasAvailableQuantity() bool
			GetAvailableQuantity() uint64
		}); ok && b.HasAvailableQuantity() {
			open[r.orderID()] = b.GetAvailableQuantity()
		}
	}
	for _, truth := range w.sim.Exchange.Orders(sim.DemoUsername) {
		if n, ok := total[truth.ID]; ok && n != truth.Executed {
			w.t.Errorf("a client has %d executed, the exchange %+v", n, truth)
		}
		if n, ok := open[truth.ID]; ok && truth.State == exchange.OrderLive && n != truth.Available {
			w.t.Errorf("a client has %d on the book, the exchange %+v", n, truth)
		}
	}
}

// Whatever order the messages about an order come in, the proxy, its clients and its file know of it what the engine
// and the exchange do.
func TestOutOfOrder(t *testing.T) {
	for name, s := range scenarios {
		t.Run(name, func(t *testing.T) {
			n := s.play(t, nil, false)
			list := permutations(n)
			some := effort * effort * (1 + len(list)/100) // of very many orders
			for i, p := range list {
				if i%some != 0 {
					continue
				}
				t.Run(fmt.Sprint(p), func(t *testing.T) { s.play(t, p, i%3 == n%3) })
			}
		})
	}
}

// play has a scenario's messages arrive in an order, and returns how many there are.
func (s scenario) play(t *testing.T, permutation []int, kill bool) int {
	market := simConfig()
	market.Markets[0].NonRunners = true
	config := three()
	folder := t.TempDir()
	config.State = filepath.Join(folder, "clients")
	x, err := sim.New(market)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, sim: x, now: x.Now(), config: config, account: market.Accounts[0]}
	w.state = filepath.Join(folder, "engine")
	w.start()
	t.Cleanup(func() {
		w.stop()
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	anna := w.login("anna")
	v := &watcher{t: t, name: "anna", orders: map[uint64]Order{}, named: map[uint64]Order{}}
	if _, err := w.proxy.Open([]byte("anna-token"), v); err != nil {
		t.Fatal(err)
	}
	id := anna.accepted(buy, 8000, 3000, 1)
	rivalAt(w, sell, 1000, 3000)
	w.settle()
	w.links[0].mute = true
	s(w, anna, id)
	w.settle()
	n := w.arrive(permutation)
	w.agree(v)
	w.counts(anna.receive())
	for restarts := 0; kill && restarts < 2; restarts++ {
		w.stop()
		w.start()
		w.agree(&watcher{})
	}
	return n
}

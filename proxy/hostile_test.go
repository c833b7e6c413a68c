package proxy

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/sim/gateway"
	"github.com/smk-go/smk/wire"
)

var hostileSeeds = flag.Int("hostile", 12, "days of TestHostile")

// villain is a client that knows its password and means harm. Nothing that it does may change what another one sees.
type villain struct {
	w      *world
	random *rand.Rand
	conns  []*evil
	logins []*Login // by Open
}

// evil is one of its connections.
type evil struct {
	conn *gateway.Conn
	seq  uint64
}

func (v *villain) number() uint64 {
	r := v.random
	switch r.IntN(6) {
	case 0:
		return 1<<64 - 1 - r.Uint64N(3)
	case 1:
		return r.Uint64()
	case 2:
		return 1 << r.UintN(64)
	case 3:
		return 0
	case 4:
		return v.foreign()
	}
	return r.Uint64N(20_000)
}

// foreign returns a number that is another client's: of an order, or a reference upstream.
func (v *villain) foreign() uint64 {
	var list []uint64
	for upstream, q := range v.w.proxy.orders.byReference {
		list = append(list, upstream)
		if q.order != nil {
			list = append(list, q.order.ID)
		}
	}
	if len(list) == 0 {
		return 1
	}
	slices.Sort(list)
	return list[v.random.IntN(len(list))]
}

func (v *villain) market() uint32 {
	return []uint32{sim.DemoMarket, 100001, 0, 1<<32 - 1, uint32(v.random.IntN(2000))}[v.random.IntN(5)]
}

// request fills in a request, with numbers that make sense or none.
func (v *villain) request(m *msg.Payload) {
	r := v.random
	id := func() uint64 {
		var list []uint64
		for o := range v.w.proxy.byName["anna"].orders {
			if o.ID != 0 {
				list = append(list, o.ID)
			}
		}
		slices.Sort(list)
		for _, o := range list {
			if r.IntN(2) == 0 {
				return o
			}
		}
		return v.number()
	}
	switch r.IntN(14) {
	default:
		o := m.MutableOrderCreate()
		o.SetSide([]msg.Side{buy, sell, buy, sell, 0, 77}[r.IntN(6)])
		o.SetQuantity(v.number())
		o.SetPrice(uint32(v.number()))
		o.SetMarketId(v.market())
		o.SetContractId(sim.DemoDraw)
		o.SetReference(v.number())
		o.SetLabelString([]string{"", "ben/x", "/", strings.Repeat("x", 70), "\xff"}[r.IntN(5)])
		if r.IntN(2) == 0 { // one that the exchange takes
			o.SetSide(buy)
			o.SetQuantity(1000 + r.Uint64N(9000))
			o.SetPrice(1000 + uint32(r.IntN(1000)))
			o.SetMarketId(sim.DemoMarket)
		}
		if r.IntN(4) == 0 {
			o.SetTif(msg.TimeInForceType(r.IntN(9)))
			o.SetMaq(uint32(v.number()))
		}
	case 0:
		m.MutableOrderCancel().SetOrderId(id())
		m.MutableOrderCancel().SetReference(v.number())
	case 1:
		m.MutableOrderCancelAll().SetMarketId(v.market())
	case 2:
		m.MutableOrderQuantityReduce().SetOrderId(id())
		m.MutableOrderQuantityReduce().SetNewQuantity(v.number())
	case 3:
		x := m.MutableOrderCancelReplace()
		x.SetOrigOrderId(id())
		x.SetPrice(uint32(v.number()))
		x.SetQuantity(v.number())
		x.SetReference(v.number())
		x.SetMarketId(v.market())
	case 4:
		m.MutableMarketSubscribe().SetMarketId(v.market())
	case 5:
		m.MutableMarketUnsubscribe().SetMarketId(v.market())
	case 6:
		m.MutablePriceFeedSubscribe()
	case 7:
		m.MutablePriceFeedUnsubscribe()
	case 8:
		m.MutableEventSubscribe().SetEventId(uint32(v.number()))
	case 9:
		m.MutableSettings().SetCancelAllOnFailure(r.IntN(2) == 0)
	case 10:
		m.MutableEtoPayload().SetType(msg.EtoPayloadType(r.IntN(12)))
		m.MutableEtoPayload().MutableReplay().SetSeq(v.number())
	case 11:
		m.SetType(msg.PayloadType(r.IntN(80)))
	}
}

// frame encodes a message, without a body if that cannot be encoded.
func (v *villain) frame(seq uint64, fill func(*msg.Payload)) []byte {
	var m msg.Payload
	fill(&m)
	if !m.HasType() {
		m.SetType(msg.PayloadEto)
	}
	m.MutableEtoPayload().SetSeq(seq)
	b, err := m.MarshalVT()
	if err != nil {
		return nil
	}
	return wire.AppendFrame(nil, b)
}

func (e *evil) write(w *world, b []byte) {
	for len(b) > 0 && !e.conn.Closing() {
		n := copy(e.conn.Free(), b)
		if n == 0 {
			return
		}
		e.conn.Filled(w.now, n)
		b = b[n:]
	}
}

func (v *villain) connect() {
	g, err := v.w.proxy.gateway.Accept(v.w.now)
	if err != nil {
		return
	}
	e := &evil{g, 2}
	v.conns = append(v.conns, e)
	r := v.random
	name, password := "anna", "anna"
	switch r.IntN(8) {
	case 0:
		name = "ben"
	case 1:
		password = "ben"
	case 2:
		return // says nothing
	case 3:
		e.write(v.w, v.frame(1, v.request)) // no login
		return
	}
	e.write(v.w, v.frame([]uint64{1, 1, 1, 1, 0, v.number()}[r.IntN(6)], func(m *msg.Payload) {
		m.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
		m.MutableLogin().SetUsernameString(name)
		m.MutableLogin().SetPasswordString(password)
		switch r.IntN(6) {
		case 0: // a session of somebody's
			if n := sessions(v.w); len(n) > 0 {
				m.MutableEtoPayload().MutableLogin().SetSessionString(n[r.IntN(len(n))])
			}
		case 1:
			m.MutableLogin().SetAccountSequence_64(v.number())
		}
	}))
	v.w.settle()
	for _, b := range [][]byte{e.conn.Pending()} {
		e.conn.Written(r.IntN(len(b) + 1))
	}
}

// sessions returns the names of the sessions that clients were told, which are in what was sent to them.
func sessions(w *world) (list []string) {
	for _, c := range w.testers {
		for _, m := range c.all {
			if m.GetEtoPayload().GetType() == msg.EtoPayloadLoginResponse {
				list = append(list, string(m.GetEtoPayload().GetLoginResponse().GetSession()))
			}
		}
	}
	return list
}

// act does something.
func (v *villain) act() {
	r := v.random
	if len(v.conns) == 0 || r.IntN(12) == 0 {
		v.connect()
		return
	}
	e := v.conns[r.IntN(len(v.conns))]
	switch r.IntN(16) {
	default:
		e.write(v.w, v.frame(e.seq, v.request))
		e.seq++
	case 0: // repeats, skips
		e.write(v.w, v.frame(v.number(), v.request))
	case 1: // a flood
		var b []byte
		for range 150 {
			b = append(b, v.frame(e.seq, v.request)...)
			e.seq++
		}
		e.write(v.w, b)
	case 2: // half of a frame, and garbage
		b := v.frame(e.seq, v.request)
		e.write(v.w, b[:r.IntN(len(b)+1)])
	case 3:
		b := make([]byte, r.IntN(300))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		e.write(v.w, b)
	case 4: // one bit
		if b := v.frame(e.seq, v.request); len(b) > 0 {
			b[r.IntN(len(b))] ^= 1 << r.IntN(8)
			e.write(v.w, b)
		}
	case 5: // reads a byte, or everything
		b := e.conn.Pending()
		e.conn.Written(min(len(b), []int{1, len(b)}[r.IntN(2)]))
	case 6, 7:
		e.conn.Disconnected(v.w.now)
		v.conns = slices.DeleteFunc(v.conns, func(o *evil) bool { return o == e })
	case 8: // the other way in
		if l, err := v.w.proxy.Open([]byte("anna-token"), &deaf{}); err == nil {
			v.logins = append(v.logins, l)
		}
	case 9:
		if len(v.logins) > 0 {
			v.logins[0].Logout()
			v.logins = v.logins[1:]
		}
	case 10:
		if len(v.logins) > 0 {
			l := v.logins[r.IntN(len(v.logins))]
			l.Create(&exchange.Create{
				Market: v.market(), Contract: sim.DemoDraw, Side: buy, Price: uint32(v.number()), Quantity: v.number(),
			})
			l.Cancel(&exchange.Cancel{OrderID: v.number()})
			l.Replay(v.number())
		}
	}
	v.w.settle()
	v.conns = slices.DeleteFunc(v.conns, func(e *evil) bool {
		if e.conn.Closing() {
			e.conn.Disconnected(v.w.now)
			return true
		}
		return false
	})
}

// deaf is a sink that takes everything.
type deaf struct{ n int }

func (d *deaf) Report(*exchange.Report, bool)                                { d.n++ }
func (d *deaf) Publish(exchange.Message)                                     { d.n++ }
func (d *deaf) Resend(exchange.Message)                                      { d.n++ }
func (d *deaf) Room(int) bool                                                { return true }
func (d *deaf) PublishReport(_ exchange.Message, _ *Order, _ uint64, _ bool) { d.n++ }
func (d *deaf) OrderChanged(*Order)                                          { d.n++ }
func (d *deaf) UpstreamChanged(bool)                                         { d.n++ }

var orderIDs = regexp.MustCompile(`order_id=[0-9]+`)

// honest is a day of ben's: what he does depends on nothing but the seed and what he is told.
func honest(t *testing.T, seed uint64, hostile bool) (reports []string) {
	config := three()
	config.Clients[0].StakeMax = 50 * odds.Money(odds.Whole)
	w := newWorld(t, simConfig(), config)
	var v *villain
	if hostile {
		v = &villain{w: w, random: rand.New(rand.NewPCG(seed, 0xe71))}
	}
	r := rand.New(rand.NewPCG(seed, 0xbe0))
	ben, carl := w.login("ben"), w.login("carl")
	ben.subscribe(sim.DemoMarket)
	var ids []uint64 // of ben's orders, in the order in which they came
	take := func() {
		for _, c := range []*tester{ben, carl} {
			for _, m := range c.receive() {
				rep, ok := reportOf(m)
				if !ok {
					if m.GetType() == msg.PayloadEto && m.GetEtoPayload().GetType() == msg.EtoPayloadLogout {
						t.Fatalf("logged out: %v", line(m))
					}
					continue
				}
				for _, id := range []uint64{rep.orderID(), rep.original()} {
					if id != 0 && !slices.Contains(ids, id) {
						ids = append(ids, id)
					}
				}
				text := orderIDs.ReplaceAllStringFunc(body(m), func(s string) string {
					id, _ := strconv.ParseUint(s[len("order_id="):], 10, 64)
					return fmt.Sprint("order_id=#", slices.Index(ids, id))
				})
				reports = append(reports, text)
			}
		}
	}
	for i := range uint64(120) {
		w.step(time.Duration(1+r.IntN(400)) * time.Millisecond)
		if v != nil {
			for range v.random.IntN(5) {
				v.act()
			}
		}
		take()
		id := uint64(1 << 60)
		if len(ids) > 0 {
			id = ids[r.IntN(len(ids))]
		}
		price := 4500 + uint32(r.IntN(10))*50
		switch c := []*tester{ben, carl}[r.IntN(2)]; r.IntN(8) {
		case 0, 1, 2:
			c.create([]msg.Side{buy, sell}[r.IntN(2)], 1000*(1+r.Uint64N(5)), price, i+1)
		case 3:
			c.cancel(id, i+1)
		case 4:
			c.send(func(m *msg.Payload) {
				x := m.MutableOrderCancelReplace()
				x.SetOrigOrderId(id)
				x.SetPrice(price)
				x.SetQuantity(3000)
				x.SetReference(i + 1)
			})
		case 5:
			rival(w, []msg.Side{buy, sell}[r.IntN(2)], 1000*(1+r.Uint64N(5)), price)
		case 6:
			c.cancelAll([]uint32{0, sim.DemoMarket}[r.IntN(2)])
		case 7:
			ben.eto(msg.EtoPayloadHeartbeat)
			carl.eto(msg.EtoPayloadHeartbeat)
		}
		take()
	}
	w.wait(2 * time.Second)
	take()
	if !w.proxy.up {
		t.Error("the session with the exchange is lost")
	}
	if v != nil {
		v.check()
	}
	return reports
}

// check checks that what the villain has is what the exchange has, and that it is bounded.
func (v *villain) check() {
	t, p, w := v.w.t, v.w.proxy, v.w
	for _, e := range v.conns {
		e.conn.Disconnected(w.now)
	}
	for _, l := range v.logins {
		l.Logout()
	}
	live := 0
	for _, o := range w.sim.Exchange.Orders(sim.DemoUsername) {
		if name, _ := labelParts(o.Label); p.byName[name] == nil {
			t.Errorf("an order of nobody's: %+v", o)
		} else if ours := p.orders.byID[o.ID]; ours == nil || ours.client.Name != name {
			t.Errorf("order %+v is %+v", o, ours)
		} else if name == "anna" && o.State == exchange.OrderLive {
			live++
		}
	}
	a := p.byName["anna"]
	stake := odds.Money(0)
	for o := range a.orders {
		stake += o.stake()
	}
	if a.open != live || a.open != len(a.orders) || a.waiting != 0 || a.stake != stake || a.stake > a.StakeMax {
		t.Errorf("anna has %d orders open, %d in the list, %d on the exchange, %d without an answer, "+
			"a stake of %v, not %v",
			a.open, len(a.orders), live, a.waiting, a.stake, stake)
	}
	if n := len(a.subjects); n > 0 && len(a.logins) == 0 {
		t.Errorf("%d subscriptions without a login", n)
	}
}

// Whatever a client does, two others see what they would see without it: the same answers, fills and ends.
func TestHostile(t *testing.T) {
	for seed := *firstSeed; seed < *firstSeed+uint64(max(1, *hostileSeeds/effort)); seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			alone, beside := honest(t, seed, false), honest(t, seed, true)
			for i := range max(len(alone), len(beside)) {
				if i >= len(alone) || i >= len(beside) || alone[i] != beside[i] {
					t.Fatalf("message %d of %d and %d:\n%s\n%s", i, len(alone), len(beside),
						at(alone, i), at(beside, i))
				}
			}
			if len(alone) < 20 {
				t.Errorf("only %d messages", len(alone))
			}
		})
	}
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return "nothing"
}

package order_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

const second = int64(1e9)

// trader is an account of the exchange and a Manager that follows it by its messages, which may be delayed, lost with
// the connection and replayed.
type trader struct {
	x         *exchange.Exchange
	m         *order.Manager
	both      *order.Manager // sees the same, if it is not nil
	login     *exchange.Login
	other     *exchange.Login // another session of the account
	rand      *rand.Rand
	queue     []delivery
	connected bool
	last      uint64 // account sequence applied
	seq       uint64
	reference uint64
	now       int64
	heard     int64    // the Manager's clock
	compared  [2]int   // times compared, and times that something cannot be known
	doubt     []uint64 // references of creates whose answers were lost
	events    []order.Event
	taken     *int // counts messages that the fast path applied, if it is not nil
	exact     bool // no message of an operator is under way
	foreign   bool
	shuffled  bool // messages overtake each other and come twice
}

type delivery struct {
	p        *msg.Payload
	sequence uint64
	replayed bool
}

func (t *trader) Report(r *exchange.Report, replayed bool) {
	t.queue = append(t.queue, delivery{payload(r), r.AccountSequence, replayed})
}

func (t *trader) Publish(m exchange.Message) {
	if s, ok := m.(*msg.MarketState); ok {
		p := new(msg.Payload)
		d := p.MutableMarketState()
		d.SetMarketId(s.GetMarketId())
		d.SetState(s.GetState())
		for i := range s.GetContracts() {
			*d.AddContracts() = s.GetContracts()[i]
		}
		t.queue = append(t.queue, delivery{p: p})
	}
}

func (t *trader) deliver(n int) {
	for ; n > 0 && len(t.queue) > 0; n-- {
		i := 0
		if t.shuffled { // among what is numbered, and before what is not
			for i < min(len(t.queue)-1, 6) && t.queue[i].sequence != 0 && t.queue[i+1].sequence != 0 &&
				t.rand.IntN(3) > 0 {
				i++
			}
		}
		d := t.queue[i]
		t.queue = slices.Delete(t.queue, i, i+1)
		t.apply(d)
		if t.shuffled && d.sequence != 0 && t.rand.IntN(4) == 0 {
			t.apply(d)
		}
		t.last = max(t.last, d.sequence)
	}
}

func (t *trader) apply(d delivery) {
	if len(t.queue) == 0 {
		t.heard = t.now // what is queued came at once
	}
	in := order.Input{Now: t.heard, Replayed: d.replayed}
	fast := order.TakesFastPath(t.m, func() { t.events = append(t.events, t.m.Apply(d.p, in)...) })
	if t.taken != nil && fast {
		*t.taken++
	}
	t.same(func(m *order.Manager) { m.Apply(d.p, in) })
}

func (t *trader) sent(k msg.Keys) bool {
	t.seq++
	if k.Reference == 0 {
		panic("no reference")
	}
	if err := t.m.Admit(&k); err != nil {
		return false
	}
	if err := t.m.Sent(&k, t.seq, t.heard); err != nil {
		panic(err)
	}
	t.same(func(m *order.Manager) { _ = m.Sent(&k, t.seq, t.heard) })
	return true
}

// same does what was done with the Manager with the other one.
func (t *trader) same(do func(m *order.Manager)) {
	if t.both != nil {
		do(t.both)
	}
}

// ref returns a new reference.
func (t *trader) ref() uint64 {
	t.reference++
	return t.reference
}

func (t *trader) disconnect() {
	t.login.Logout()
	t.connected = false
	for _, d := range t.queue { // what was overtaken is asked for again
		if d.sequence != 0 {
			t.last = min(t.last, d.sequence-1)
		}
	}
	t.queue = nil
	t.m.Disconnected(t.heard)
	t.same(func(m *order.Manager) { m.Disconnected(t.heard) })
	for o := range t.m.Live {
		if o.State == order.PendingNew && o.ID == 0 {
			t.doubt = append(t.doubt, o.Reference)
		}
	}
	for _, ref := range t.doubt {
		t.m.ApplyFate(msg.PayloadOrderCreate, ref, 0, order.FateInDoubt, t.heard)
		t.same(func(m *order.Manager) { m.ApplyFate(msg.PayloadOrderCreate, ref, 0, order.FateInDoubt, t.heard) })
	}
}

func (t *trader) connect() {
	t.login = t.x.Login("me", t)
	t.connected = true
	t.heard = t.now
	t.login.Replay(t.last) // inclusive
	for _, k := range t.x.Markets() {
		t.login.Subscribe(k.ID)
	}
}

const markets = 4

// newTrader returns an exchange with an account and others that trade with it.
func newTrader(t testing.TB, seed uint64, c order.Config) *trader {
	r := rand.New(rand.NewPCG(seed, 7))
	xc := exchange.Config{
		Events: []exchange.Event{{ID: 1}}, Now: second,
		HistoryMax: 1 << 16,
	}
	for _, name := range []string{"me", "you", "they"} {
		xc.Accounts = append(xc.Accounts, exchange.Account{
			Username: name, Balance: exchange.Money(1+r.Int64N(1000)) * exchange.Currency / 10,
		})
	}
	for id := uint32(1); id <= markets; id++ {
		k := exchange.Market{
			ID: id, EventID: 1, State: msg.MarketStateLive, WinnerTakesAll: id != 3,
			NonRunners: id == 4,
		}
		if id == 2 {
			k.PendingTimeout = 8 * second
		}
		for ct := uint32(1); ct <= 3; ct++ {
			k.Contracts = append(k.Contracts, exchange.Contract{ID: ct})
		}
		xc.Markets = append(xc.Markets, k)
	}
	x, err := exchange.New(xc)
	if err != nil {
		t.Fatal(err)
	}
	tr := &trader{x: x, m: must(t, c), rand: r, now: second, heard: second, exact: true, foreign: seed%2 == 0}
	if r.IntN(2) == 0 {
		x.SetReplaceDelay(second)
	}
	if err := tr.m.DefineMarket(3, false); err != nil {
		t.Fatal(err)
	}
	tr.other = x.Login("me", nil)
	tr.connect()
	return tr
}

// target returns the id of one of the account's orders, mostly a live one.
func (t *trader) target() uint64 {
	list := t.x.Orders("me")
	if len(list) == 0 {
		return 99
	}
	live := list[:0:0]
	for _, o := range list {
		if o.State == exchange.OrderLive {
			live = append(live, o)
		}
	}
	if len(live) > 0 && t.rand.IntN(8) > 0 {
		list = live
	}
	return list[t.rand.IntN(len(list))].ID
}

func (t *trader) create(l *exchange.Login, own bool) string {
	r := t.rand
	c := exchange.Create{
		Market: 1 + r.Uint32N(markets), Contract: 1 + r.Uint32N(3), Side: msg.SideBuy + msg.Side(r.IntN(2)),
		Price: 4900 + r.Uint32N(200), Quantity: 1000 + r.Uint64N(20000), TIF: msg.TimeInForceType(1 + r.IntN(4)),
	}
	if r.IntN(40) == 0 {
		c.Quantity = 10
	}
	if own {
		c.Reference, c.HasReference = t.ref(), true
		k := msg.Keys{
			Type: msg.PayloadOrderCreate, Side: c.Side, Market: c.Market, Contract: c.Contract, Price: c.Price,
			Reference: c.Reference, Quantity: c.Quantity,
		}
		if !t.sent(k) {
			return "create refused"
		}
		c.Seq = t.seq
	}
	_, rejection := l.Create(&c)
	return fmt.Sprintf("create %+v %v", c, rejection)
}

// change sends a request of ours about an order.
func (t *trader) change() string {
	r, id, ref := t.rand, t.target(), t.ref()
	switch r.IntN(4) {
	case 0, 1:
		if t.sent(msg.Keys{Type: msg.PayloadOrderCancel, OrderID: id, Reference: ref}) {
			t.login.Cancel(&exchange.Cancel{OrderID: id, Reference: ref, HasReference: true})
		}
		return fmt.Sprintf("cancel %d", id)
	case 2:
		q := 1 + r.Uint64N(10000)
		if t.sent(msg.Keys{Type: msg.PayloadOrderQuantityReduce, OrderID: id, Reference: ref, Quantity: q}) {
			t.login.Reduce(&exchange.Reduce{OrderID: id, NewQuantity: q, Reference: ref, HasReference: true})
		}
		return fmt.Sprintf("reduce %d to %d", id, q)
	}
	c := exchange.Replace{
		OrigOrderID: id, Price: 4900 + r.Uint32N(200), Quantity: 1000 + r.Uint64N(20000), Reference: ref,
		HasReference: true,
	}
	k := msg.Keys{
		Type: msg.PayloadOrderCancelReplace, OrderID: id, Reference: ref, Price: c.Price, Quantity: c.Quantity,
	}
	if t.sent(k) {
		t.login.Replace(&c)
	}
	return fmt.Sprintf("replace %+v", c)
}

// operate carries out a command of the exchange's operator.
func (t *trader) operate() string {
	r, x := t.rand, t.x
	id, ct := 1+r.Uint32N(markets), 1+r.Uint32N(3)
	switch r.IntN(12) {
	case 0, 1, 2, 3:
		_ = x.Goal(id, "goal")
		if r.IntN(2) == 0 {
			_ = x.SetState(id, msg.MarketStateLive, "")
		}
		return fmt.Sprintf("goal in %d", id)
	case 4, 5:
		_ = x.Halt(id, "halt")
		_ = x.SetState(id, msg.MarketStateOpen, "")
		_ = x.SetState(id, msg.MarketStateLive, "")
		return fmt.Sprintf("halt of %d", id)
	case 6:
		x.AdminCancel(t.target())
		return "admin cancel"
	case 7:
		x.SuspendTrading(true)
		x.SuspendTrading(false)
		return "suspension"
	case 8:
		x.ForceReject([]msg.PayloadType{
			msg.PayloadOrderCreate, msg.PayloadOrderCancel, msg.PayloadOrderQuantityReduce,
			msg.PayloadOrderCancelAll, msg.PayloadOrderCancelReplace, msg.PayloadOrderPendingReplace,
		}[r.IntN(6)], 3, 1)
		return "forced reject"
	case 9:
		t.exact = false
		err := x.RemoveRunner(4, ct, msg.ReduceTypeQuantity+msg.ReduceType(r.IntN(2)), 1+r.Uint32N(9999), "non-runner")
		_ = x.SetState(4, msg.MarketStateLive, "")
		return fmt.Sprintf("removal of runner %d %v", ct, err)
	case 10:
		t.exact = false
		if r.IntN(2) == 0 {
			return fmt.Sprintf("void %v", x.VoidContract(id, ct, "void"))
		}
		return fmt.Sprintf("settle contract %d/%d %v", id, ct, x.SettleContract(id, ct, id == 3 && r.IntN(2) == 0,
			"over"))
	}
	if r.IntN(6) > 0 {
		return "nothing"
	}
	t.exact = false
	if r.IntN(3) == 0 {
		return fmt.Sprintf("void of %d %v", id, x.VoidMarket(id, "void"))
	}
	return fmt.Sprintf("settlement of %d %v", id, x.Settle(id, "over", ct))
}

func (t *trader) step() string {
	r := t.rand
	switch k := r.IntN(100); {
	case k < 35:
		if !t.connected {
			return "none"
		}
		return t.create(t.login, true)
	case k < 60:
		return t.create(t.x.Login([]string{"you", "they"}[r.IntN(2)], nil), false)
	case k < 65 && t.foreign:
		return "foreign " + t.create(t.other, false)
	case k < 85:
		if !t.connected {
			return "none"
		}
		return t.change()
	case k < 90:
		t.now += r.Int64N(4 * second)
		t.x.Advance(t.now)
		return "advance"
	case k < 92:
		if t.connected {
			ref := t.ref()
			c := exchange.CancelAll{Market: r.Uint32N(markets + 1), Reference: ref, HasReference: true}
			t.sent(msg.Keys{Type: msg.PayloadOrderCancelAll, Market: c.Market, Reference: ref})
			t.login.CancelAll(&c)
		}
		return "cancel all"
	case k < 96:
		return t.operate()
	case k < 97:
		if t.connected {
			t.disconnect()
			return "disconnect"
		}
		fallthrough
	default:
		if !t.connected {
			t.connect()
			return "connect"
		}
		return "none"
	}
}

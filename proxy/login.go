package proxy

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/sim/gateway"
)

// Sink receives the messages to a [Login]: what the exchange would send to the client. Its methods run on the engine's
// loop, must not block and must not call the proxy. What Publish and Resend are given is valid until they return;
// Report is not called.
type Sink = gateway.Sink

// OrderSink is a [Sink] that is given the order with every message about one, and what changes without a message.
type OrderSink interface {
	Sink

	// PublishReport is called instead of Publish and Resend with messages about orders, and answers to requests. o is
	// the order after it, nil if the message is about none or it is not known; sequence is the client's account
	// sequence.
	PublishReport(m exchange.Message, o *Order, sequence uint64, replayed bool)

	// OrderChanged is called for an order that is in doubt, or not any more, or has ended, if no message about it says
	// so: an order that is replaced has ended with the message about the new one.
	OrderChanged(o *Order)

	// UpstreamChanged is called when the session with the exchange was lost, or is there again.
	UpstreamChanged(up bool)
}

// login is one login of a client.
type login struct {
	proxy  *Proxy
	client *client
	sink   Sink
	closed bool
	opened bool // by Open

	markets    map[uint32]bool // subscribed to; true once the snapshot was sent
	events     map[uint32]struct{}
	pending    []uint32 // markets whose snapshot waits for room, in the order of their requests
	priceFeed  bool
	marketFeed bool
	priced     map[uint32]struct{} // markets whose snapshot the price feed has brought
}

// Login implements gateway.Exchange.
func (p *Proxy) Login(username string, sink gateway.Sink) gateway.Login {
	c := p.byName[username]
	l := p.open(c, sink)
	p.log.Info("logged in", "client", c.Name, "logins", len(c.logins))
	return l
}

func (p *Proxy) open(c *client, sink Sink) *login {
	l := &login{
		proxy: p, client: c, sink: sink, markets: map[uint32]bool{}, events: map[uint32]struct{}{},
	}
	c.logins = append(c.logins, l)
	p.stats.Logins++
	return l
}

// Logout implements gateway.Login.
func (l *login) Logout() {
	if l.closed {
		return
	}
	l.closed = true
	c := l.client
	for i, other := range c.logins {
		if other == l {
			c.logins = append(c.logins[:i], c.logins[i+1:]...)
			break
		}
	}
	for id := range l.markets {
		l.proxy.leaveMarket(l, id)
	}
	for id := range l.events {
		l.proxy.leaveEvent(l, id)
	}
	l.PriceFeed(false)
	l.MarketFeed(false)
	for q := range l.proxy.requestsOf(l) {
		q.login = nil
	}
	if !l.opened {
		l.proxy.log.Info("logged out", "client", c.Name, "logins", len(c.logins))
	}
}

// Replay implements gateway.Login.
func (l *login) Replay(from uint64) {
	l.proxy.syncState() // what is kept may be said
	l.client.history.since(from, func(m message) {
		p := &l.proxy.out
		if err := p.Decode(m.payload, nil); err != nil {
			panic("BUG: proxy: a message of the history: " + err.Error())
		}
		if r, ok := reportOf(p); ok {
			if s, ok := l.sink.(OrderSink); ok {
				s.PublishReport(r.body, l.proxy.orders.byID[r.orderID()].exported(), m.sequence, true)
			} else {
				l.sink.Resend(r.body)
			}
		}
	})
}

// admit returns why a request may not be sent, 0 if it may, as the reason of an order_rejected. What it takes of the
// client's throttle is taken.
func (l *login) admit(raises bool) msg.OrderRejectedReason {
	p, c := l.proxy, l.client
	switch {
	case c.ReadOnly:
		return msg.OrderRejectedAccountSuspended
	case !c.bucket.take(p.now(), c.Rate, c.Burst):
		return msg.OrderRejectedThrottleExceeded
	case !p.up || p.stopping:
		return msg.OrderRejectedServiceTemporarilyUnavailable
	case raises && p.unsaved:
		return msg.OrderRejectedServiceTemporarilyUnavailable
	case c.waiting >= waitingMax:
		return msg.OrderRejectedCapacityReached
	}
	return 0
}

// waitingMax is how many requests of a client may be without an answer.
const waitingMax = requestMax / 16

// Create implements gateway.Login.
func (l *login) Create(c *exchange.Create) (id uint64, r exchange.Rejection) {
	p, owner := l.proxy, l.client
	c.Label = c.Label[:min(len(c.Label), labelKept)]
	reason := l.admit(true)
	switch {
	case reason != 0:
	case c.Quantity > quantityTaken:
		l.invalid(c)
		return 0, exchange.Rejection{}
	case !owner.mayUse(c.Market):
		reason = msg.OrderRejectedMarketNotFound
	case owner.open >= owner.OrdersMax:
		reason = msg.OrderRejectedLimitExceeded
	case owner.QuantityMax != 0 && c.Quantity > owner.QuantityMax,
		owner.StakeMax != 0 && owner.stake+stake(c.Side, c.Price, c.Quantity) > owner.StakeMax:
		reason = msg.OrderRejectedStakeLimitExceeded
	}
	if reason != 0 {
		l.Reject(c, reason)
		return 0, exchange.Rejection{Reason: int32(reason)}
	}
	o := &order{client: owner, Order: Order{
		Reference: c.Reference, HasReference: c.HasReference, Label: string(c.Label), Market: c.Market,
		Contract: c.Contract, Side: c.Side, Price: c.Price, Quantity: c.Quantity,
	}}
	q := p.newRequest(l, msg.PayloadOrderCreate, c.Reference, c.HasReference, c.Seq)
	q.order, o.upstream = o, q.upstream
	p.orders.set(o, Sent, 0)

	var m msg.OrderCreate
	m.SetSide(c.Side)
	m.SetQuantity(c.Quantity)
	m.SetPrice(c.Price)
	if c.Maq != 0 {
		m.SetMaq(c.Maq)
	}
	if c.TIF != msg.GoodTilCancelled {
		m.SetTif(c.TIF)
	}
	m.SetReference(q.upstream)
	m.SetMarketId(c.Market)
	m.SetContractId(c.Contract)
	m.SetLabelString(labelOf(owner.Name, c.Label))
	p.submit(q, &m)
	return 0, exchange.Rejection{}
}

// Limits of an order. Beyond them a client's orders would take memory, or room in what the engine counts, from others.
const (
	quantityTaken = 1 << 32 // the exchange takes less
	labelKept     = 128     // bytes of the client's label; the exchange keeps less
)

// invalid answers an order as the exchange does that takes its quantity for invalid.
func (l *login) invalid(c *exchange.Create) {
	r := l.proxy.answer(func(m *msg.Payload) { m.MutableOrderInvalid().AddReasons(msg.OrderInvalidInvalidQuantity) })
	r.setReference(c.Reference, c.HasReference)
	l.proxy.stats.Rejected++
	l.proxy.deliver(l.client, r, nil, l, c.Seq, 0)
}

// find returns a live order of the client, nil if the client has none with the id.
func (l *login) find(id uint64) *order {
	if o := l.proxy.orders.byID[id]; o != nil && o.client == l.client {
		return o
	}
	return nil
}

// Cancel implements gateway.Login.
func (l *login) Cancel(c *exchange.Cancel) exchange.Rejection {
	reason := cancelReason(l.admit(false))
	o := l.find(c.OrderID)
	if reason == 0 && o == nil {
		reason = msg.OrderCancelRejectedNotFound
	}
	if reason != 0 {
		return l.RejectCancel(c, reason)
	}
	q := l.proxy.newRequest(l, msg.PayloadOrderCancel, c.Reference, c.HasReference, 0)
	q.order, q.orderID = o, c.OrderID
	var m msg.OrderCancel
	m.SetOrderId(c.OrderID)
	m.SetReference(q.upstream)
	l.proxy.submit(q, &m)
	return exchange.Rejection{}
}

// Reduce implements gateway.Login.
func (l *login) Reduce(c *exchange.Reduce) exchange.Rejection {
	reason := reduceReason(l.admit(false))
	o := l.find(c.OrderID)
	if reason == 0 && o == nil {
		reason = msg.OrderQuantityReduceRejectedNotFound
	}
	if reason != 0 {
		return l.RejectReduce(c, reason)
	}
	q := l.proxy.newRequest(l, msg.PayloadOrderQuantityReduce, c.Reference, c.HasReference, 0)
	q.order, q.orderID, q.newQuantity = o, c.OrderID, c.NewQuantity
	var m msg.OrderQuantityReduce
	m.SetOrderId(c.OrderID)
	m.SetNewQuantity(c.NewQuantity)
	m.SetReference(q.upstream)
	l.proxy.submit(q, &m)
	return exchange.Rejection{}
}

// Replace implements gateway.Login.
func (l *login) Replace(c *exchange.Replace) (id uint64, r exchange.Rejection) {
	p, owner := l.proxy, l.client
	c.Label = c.Label[:min(len(c.Label), labelKept)]
	reason := cancelReason(l.admit(true))
	old := l.find(c.OrigOrderID)
	switch {
	case reason != 0:
	case old == nil:
		reason = msg.OrderCancelRejectedNotFound
	case !owner.mayUse(old.Market): // any more
		reason = msg.OrderCancelRejectedMarketNotFound
	case old.wantCancel: // what took its place would stay
		reason = msg.OrderCancelRejectedTooLate
	case c.Quantity > quantityTaken:
		reason = msg.OrderCancelRejectedInvalidQuantity
	case owner.open >= 2*owner.OrdersMax: // the new order takes the place of the old one, unless there is no answer
		reason = msg.OrderCancelRejectedLimitExceeded
	case owner.QuantityMax != 0 && c.Quantity > owner.QuantityMax,
		owner.StakeMax != 0 && owner.stake+stake(old.Side, c.Price, c.Quantity) > owner.StakeMax+old.stake():
		reason = msg.OrderCancelRejectedStakeLimitExceeded
	}
	if reason != 0 {
		return 0, l.RejectReplace(c, reason)
	}
	o := &order{client: owner, Order: Order{
		Original: c.OrigOrderID, Reference: c.Reference, HasReference: c.HasReference, Label: string(c.Label),
		Market: old.Market, Contract: old.Contract, Side: old.Side, Price: c.Price, Quantity: c.Quantity,
	}}
	q := p.newRequest(l, msg.PayloadOrderCancelReplace, c.Reference, c.HasReference, 0)
	q.order, q.orderID, o.upstream = o, c.OrigOrderID, q.upstream
	p.orders.set(o, Sent, 0)
	var m msg.OrderCancelReplace
	m.SetOrigOrderId(c.OrigOrderID)
	m.SetPrice(c.Price)
	m.SetQuantity(c.Quantity)
	m.SetReference(q.upstream)
	m.SetLabelString(labelOf(owner.Name, c.Label))
	if c.Market != 0 {
		m.SetMarketId(c.Market)
	}
	p.submit(q, &m)
	return 0, exchange.Rejection{}
}

// CancelAll implements gateway.Login. It is accepted before the orders end, as on the exchange, and carried out for
// the client's own orders alone, those without an answer included.
func (l *login) CancelAll(c *exchange.CancelAll) exchange.Rejection {
	if l.admit(false) != 0 {
		return l.RejectCancelAll(c, msg.OrderCancelAllRejectedUnknownError)
	}
	p := l.proxy
	r := p.answer(func(m *msg.Payload) { m.MutableOrderCancelAllAccepted() })
	r.setReference(c.Reference, c.HasReference)
	p.deliver(l.client, r, nil, nil, 0, 0)
	p.cancelOrders(l.client, c.Market)
	return exchange.Rejection{}
}

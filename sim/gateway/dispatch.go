package gateway

import (
	"errors"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// ErrMissingField is why a connection ended on a request that lacks a required field or has an
// unknown side.
var ErrMissingField = errors.New("sim: a request lacks a required field")

// requests are reused for every request, which would escape as an argument of an interface's method.
type requests struct {
	create    exchange.Create
	cancel    exchange.Cancel
	cancelAll exchange.CancelAll
	reduce    exchange.Reduce
	replace   exchange.Replace
}

// dispatch carries out a message in sequence.
func (c *Conn) dispatch(m *msg.Payload, seq uint64) {
	switch m.GetType() {
	case msg.PayloadEto:
		c.dispatchEto(m.GetEtoPayload())
	case msg.PayloadOrderCreate:
		c.create(m.GetOrderCreate(), seq)
	case msg.PayloadOrderCancel:
		c.cancel(m.GetOrderCancel())
	case msg.PayloadOrderCancelAll:
		c.cancelAll(m.GetOrderCancelAll())
	case msg.PayloadMarketSubscribe:
		if b := m.GetMarketSubscribe(); c.requireFields(b.HasMarketId()) {
			c.session.login.Subscribe(b.GetMarketId())
		}
	case msg.PayloadMarketUnsubscribe:
		if b := m.GetMarketUnsubscribe(); c.requireFields(b.HasMarketId()) {
			c.session.login.Unsubscribe(b.GetMarketId())
		}
	case msg.PayloadPriceFeedSubscribe:
		c.session.login.PriceFeed(true)
	case msg.PayloadPriceFeedUnsubscribe:
		c.session.login.PriceFeed(false)
	case msg.PayloadMarketFeedSubscribe:
		c.session.login.MarketFeed(true)
	case msg.PayloadMarketFeedUnsubscribe:
		c.session.login.MarketFeed(false)
	case msg.PayloadSettings:
		c.settings(m.GetSettings())
	default:
		c.dispatchRare(m)
	}
}

func (c *Conn) dispatchEto(eto *msg.EtoPayload) {
	switch eto.GetType() {
	case msg.EtoPayloadPing:
		c.session.sendEto(msg.EtoPayloadPong, 0, nil)
	case msg.EtoPayloadReplay:
		c.serveReplay(eto)
	case msg.EtoPayloadLogout:
		c.confirmLogout()
	case msg.EtoPayloadHeartbeat:
		c.stats.Heartbeats++
	case msg.EtoPayloadGapfill, msg.EtoPayloadPong:
	default:
		c.stats.Ignored++
	}
}

// dispatchRare carries out the less frequent requests. Messages that a client does not send, or of an
// unknown type, are counted.
func (c *Conn) dispatchRare(m *msg.Payload) {
	switch m.GetType() {
	case msg.PayloadOrderQuantityReduce:
		c.reduce(m.GetOrderQuantityReduce())
	case msg.PayloadOrderCancelReplace:
		c.replace(m.GetOrderCancelReplace())
	case msg.PayloadEventSubscribe:
		if b := m.GetEventSubscribe(); c.requireFields(b.HasEventId()) {
			c.session.login.SubscribeEvent(b.GetEventId())
		}
	case msg.PayloadEventUnsubscribe:
		if b := m.GetEventUnsubscribe(); c.requireFields(b.HasEventId()) {
			c.session.login.UnsubscribeEvent(b.GetEventId())
		}
	default:
		c.stats.Ignored++
	}
}

// requireFields aborts the connection if a required field is absent, which the reference decoder
// would not have accepted.
func (c *Conn) requireFields(complete bool) bool {
	if !complete {
		c.abort(ErrMissingField)
	}
	return complete
}

func (c *Conn) create(b *msg.OrderCreate, seq uint64) {
	side := b.GetSide()
	if !c.requireFields(b.HasSide() && b.HasQuantity() && b.HasMarketId() && b.HasContractId() &&
		(side == msg.SideBuy || side == msg.SideSell)) {
		return
	}
	tif := b.GetTif()
	if tif < msg.GoodTilCancelled || tif > msg.GoodTillHalted {
		tif = msg.GoodTilCancelled // as a decoder reads an unknown value
	}
	req := &c.gateway.requests.create
	*req = exchange.Create{
		Seq: seq, Reference: b.GetReference(), HasReference: b.HasReference(),
		Quantity: b.GetQuantity(), Price: b.GetPrice(), Maq: b.GetMaq(),
		Market: b.GetMarketId(), Contract: b.GetContractId(),
		Side: side, TIF: tif, Label: b.GetLabel(),
	}
	if !c.takeToken() {
		c.session.login.Reject(req, msg.OrderRejectedThrottleExceeded)
		return
	}
	c.session.login.Create(req)
}

func (c *Conn) cancel(b *msg.OrderCancel) {
	if !c.requireFields(b.HasOrderId()) {
		return
	}
	req := &c.gateway.requests.cancel
	*req = exchange.Cancel{OrderID: b.GetOrderId(), Reference: b.GetReference(), HasReference: b.HasReference()}
	if !c.takeToken() {
		c.session.login.RejectCancel(req, msg.OrderCancelRejectedThrottleExceeded)
		return
	}
	c.session.login.Cancel(req)
}

func (c *Conn) cancelAll(b *msg.OrderCancelAll) {
	req := &c.gateway.requests.cancelAll
	*req = exchange.CancelAll{Market: b.GetMarketId(), Reference: b.GetReference(), HasReference: b.HasReference()}
	if !c.takeToken() {
		c.session.login.RejectCancelAll(req, msg.OrderCancelAllRejectedUnknownError)
		return
	}
	c.session.login.CancelAll(req)
}

func (c *Conn) reduce(b *msg.OrderQuantityReduce) {
	if !c.requireFields(b.HasOrderId() && b.HasNewQuantity()) {
		return
	}
	req := &c.gateway.requests.reduce
	*req = exchange.Reduce{
		OrderID: b.GetOrderId(), NewQuantity: b.GetNewQuantity(),
		Reference: b.GetReference(), HasReference: b.HasReference(),
	}
	if !c.takeToken() {
		c.session.login.RejectReduce(req, msg.OrderQuantityReduceRejectedThrottleExceeded)
		return
	}
	c.session.login.Reduce(req)
}

func (c *Conn) replace(b *msg.OrderCancelReplace) {
	if !c.requireFields(b.HasOrigOrderId() && b.HasPrice() && b.HasQuantity()) {
		return
	}
	req := &c.gateway.requests.replace
	*req = exchange.Replace{
		OrigOrderID: b.GetOrigOrderId(), Price: b.GetPrice(), Quantity: b.GetQuantity(),
		Market: b.GetMarketId(), Reference: b.GetReference(), HasReference: b.HasReference(),
		Label: b.GetLabel(),
	}
	if !c.takeToken() {
		c.session.login.RejectReplace(req, msg.OrderCancelRejectedThrottleExceeded)
		return
	}
	c.session.login.Replace(req)
}

// settings applies the fields that are present and answers with the settings in force.
func (c *Conn) settings(b *msg.Settings) {
	if b.HasCancelAllOnFailure() {
		c.session.cancelOnFailure = b.GetCancelAllOnFailure()
	}
	answer := &c.session.encoder.settings
	answer.Reset()
	answer.SetCancelAllOnFailure(c.session.cancelOnFailure)
	c.session.send(answer, false)
}

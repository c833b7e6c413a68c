package gateway

import (
	"errors"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// ErrMissingField is why a connection ended on a message that lacks a required field
// or has a side that is none.
var ErrMissingField = errors.New("sim: a request lacks a required field")

// dispatch carries out a message that came in its turn.
func (p *Conn) dispatch(m *msg.Payload, seq uint64) {
	switch m.GetType() {
	case msg.PayloadEto:
		p.dispatchEto(m.GetEtoPayload())
	case msg.PayloadOrderCreate:
		p.create(m.GetOrderCreate(), seq)
	case msg.PayloadOrderCancel:
		p.cancel(m.GetOrderCancel())
	case msg.PayloadOrderCancelAll:
		p.cancelAll(m.GetOrderCancelAll())
	case msg.PayloadMarketSubscribe:
		if b := m.GetMarketSubscribe(); p.requireFields(b.HasMarketId()) {
			p.session.login.Subscribe(b.GetMarketId())
		}
	case msg.PayloadMarketUnsubscribe:
		if b := m.GetMarketUnsubscribe(); p.requireFields(b.HasMarketId()) {
			p.session.login.Unsubscribe(b.GetMarketId())
		}
	case msg.PayloadPriceFeedSubscribe:
		p.session.login.PriceFeed(true)
	case msg.PayloadPriceFeedUnsubscribe:
		p.session.login.PriceFeed(false)
	case msg.PayloadMarketFeedSubscribe:
		p.session.login.MarketFeed(true)
	case msg.PayloadMarketFeedUnsubscribe:
		p.session.login.MarketFeed(false)
	case msg.PayloadSettings:
		p.settings(m.GetSettings())
	default:
		p.dispatchRare(m)
	}
}

func (p *Conn) dispatchEto(eto *msg.EtoPayload) {
	switch eto.GetType() {
	case msg.EtoPayloadPing:
		p.session.sendEto(msg.EtoPayloadPong, 0, nil)
	case msg.EtoPayloadReplay:
		p.serveReplay(eto)
	case msg.EtoPayloadLogout:
		p.confirmLogout()
	case msg.EtoPayloadHeartbeat, msg.EtoPayloadGapfill, msg.EtoPayloadPong:
	default:
		p.stats.Ignored++
	}
}

// dispatchRare carries out what is seldom asked for. What a client has no
// business to send, or means nothing to us, is counted.
func (p *Conn) dispatchRare(m *msg.Payload) {
	switch m.GetType() {
	case msg.PayloadOrderQuantityReduce:
		p.reduce(m.GetOrderQuantityReduce())
	case msg.PayloadOrderCancelReplace:
		p.replace(m.GetOrderCancelReplace())
	case msg.PayloadEventSubscribe:
		if b := m.GetEventSubscribe(); p.requireFields(b.HasEventId()) {
			p.session.login.SubscribeEvent(b.GetEventId())
		}
	case msg.PayloadEventUnsubscribe:
		if b := m.GetEventUnsubscribe(); p.requireFields(b.HasEventId()) {
			p.session.login.UnsubscribeEvent(b.GetEventId())
		}
	default:
		p.stats.Ignored++
	}
}

// require ends the connection if a request is not complete: it could not have
// been decoded by the definition.
func (p *Conn) requireFields(complete bool) bool {
	if !complete {
		p.abort(ErrMissingField)
	}
	return complete
}

func (p *Conn) create(b *msg.OrderCreate, seq uint64) {
	side := b.GetSide()
	if !p.requireFields(b.HasSide() && b.HasQuantity() && b.HasMarketId() && b.HasContractId() &&
		(side == msg.SideBuy || side == msg.SideSell)) {
		return
	}
	tif := b.GetTif()
	if tif < msg.GoodTilCancelled || tif > msg.GoodTillHalted {
		tif = msg.GoodTilCancelled // as a decoder reads a value that it does not know
	}
	c := exchange.Create{
		Seq: seq, Reference: b.GetReference(), HasReference: b.HasReference(),
		Quantity: b.GetQuantity(), Price: b.GetPrice(), Maq: b.GetMaq(),
		Market: b.GetMarketId(), Contract: b.GetContractId(),
		Side: side, TIF: tif, Label: b.GetLabel(),
	}
	if !p.takeToken() {
		p.session.login.Reject(&c, msg.OrderRejectedThrottleExceeded)
		return
	}
	p.session.login.Create(&c)
}

func (p *Conn) cancel(b *msg.OrderCancel) {
	if !p.requireFields(b.HasOrderId()) {
		return
	}
	c := exchange.Cancel{OrderID: b.GetOrderId(), Reference: b.GetReference(), HasReference: b.HasReference()}
	if !p.takeToken() {
		p.session.login.RejectCancel(&c, msg.OrderCancelRejectedThrottleExceeded)
		return
	}
	p.session.login.Cancel(&c)
}

func (p *Conn) cancelAll(b *msg.OrderCancelAll) {
	c := exchange.CancelAll{Market: b.GetMarketId(), Reference: b.GetReference(), HasReference: b.HasReference()}
	if !p.takeToken() {
		p.session.login.RejectCancelAll(&c, msg.OrderCancelAllRejectedUnknownError)
		return
	}
	p.session.login.CancelAll(&c)
}

func (p *Conn) reduce(b *msg.OrderQuantityReduce) {
	if !p.requireFields(b.HasOrderId() && b.HasNewQuantity()) {
		return
	}
	c := exchange.Reduce{
		OrderID: b.GetOrderId(), NewQuantity: b.GetNewQuantity(),
		Reference: b.GetReference(), HasReference: b.HasReference(),
	}
	if !p.takeToken() {
		p.session.login.RejectReduce(&c, msg.OrderQuantityReduceRejectedThrottleExceeded)
		return
	}
	p.session.login.Reduce(&c)
}

func (p *Conn) replace(b *msg.OrderCancelReplace) {
	if !p.requireFields(b.HasOrigOrderId() && b.HasPrice() && b.HasQuantity()) {
		return
	}
	c := exchange.Replace{
		OrigOrderID: b.GetOrigOrderId(), Price: b.GetPrice(), Quantity: b.GetQuantity(),
		Market: b.GetMarketId(), Reference: b.GetReference(), HasReference: b.HasReference(),
		Label: b.GetLabel(),
	}
	if !p.takeToken() {
		p.session.login.RejectReplace(&c, msg.OrderCancelRejectedThrottleExceeded)
		return
	}
	p.session.login.Replace(&c)
}

// settings sets what is present and answers what is in force.
func (p *Conn) settings(b *msg.Settings) {
	if b.HasCancelAllOnFailure() {
		p.session.cancelOnFailure = b.GetCancelAllOnFailure()
	}
	answer := &p.session.encoder.settings
	answer.Reset()
	answer.SetCancelAllOnFailure(p.session.cancelOnFailure)
	p.session.send(answer, false)
}

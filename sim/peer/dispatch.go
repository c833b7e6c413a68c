package peer

import (
	"errors"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/core"
)

// ErrRequired is why a connection ended on a message that lacks a required field
// or has a side that is none.
var ErrRequired = errors.New("sim: a request lacks a required field")

// dispatch carries out a message that came in its turn.
func (p *Peer) dispatch(m *msg.Payload, seq uint64) {
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
		if b := m.GetMarketSubscribe(); p.require(b.HasMarketId()) {
			p.s.exchange.Subscribe(b.GetMarketId())
		}
	case msg.PayloadMarketUnsubscribe:
		if b := m.GetMarketUnsubscribe(); p.require(b.HasMarketId()) {
			p.s.exchange.Unsubscribe(b.GetMarketId())
		}
	case msg.PayloadPriceFeedSubscribe:
		p.s.exchange.PriceFeed(true)
	case msg.PayloadPriceFeedUnsubscribe:
		p.s.exchange.PriceFeed(false)
	case msg.PayloadMarketFeedSubscribe:
		p.s.exchange.MarketFeed(true)
	case msg.PayloadMarketFeedUnsubscribe:
		p.s.exchange.MarketFeed(false)
	case msg.PayloadSettings:
		p.settings(m.GetSettings())
	default:
		p.dispatchRare(m)
	}
}

func (p *Peer) dispatchEto(eto *msg.EtoPayload) {
	switch eto.GetType() {
	case msg.EtoPayloadPing:
		p.s.control(msg.EtoPayloadPong, 0, nil)
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
func (p *Peer) dispatchRare(m *msg.Payload) {
	switch m.GetType() {
	case msg.PayloadOrderQuantityReduce:
		p.reduce(m.GetOrderQuantityReduce())
	case msg.PayloadOrderCancelReplace:
		p.replace(m.GetOrderCancelReplace())
	case msg.PayloadEventSubscribe:
		if b := m.GetEventSubscribe(); p.require(b.HasEventId()) {
			p.s.exchange.SubscribeEvent(b.GetEventId())
		}
	case msg.PayloadEventUnsubscribe:
		if b := m.GetEventUnsubscribe(); p.require(b.HasEventId()) {
			p.s.exchange.UnsubscribeEvent(b.GetEventId())
		}
	default:
		p.stats.Ignored++
	}
}

// require ends the connection if a request is not complete: it could not have
// been decoded by the definition.
func (p *Peer) require(complete bool) bool {
	if !complete {
		p.fail(ErrRequired)
	}
	return complete
}

func (p *Peer) create(b *msg.OrderCreate, seq uint64) {
	side := b.GetSide()
	if !p.require(b.HasSide() && b.HasQuantity() && b.HasMarketId() && b.HasContractId() &&
		(side == msg.SideBuy || side == msg.SideSell)) {
		return
	}
	tif := b.GetTif()
	if tif < msg.GoodTilCancelled || tif > msg.GoodTillHalted {
		tif = msg.GoodTilCancelled // as a decoder reads a value that it does not know
	}
	c := core.Create{
		Seq: seq, Reference: b.GetReference(), HasReference: b.HasReference(),
		Quantity: b.GetQuantity(), Price: b.GetPrice(), Maq: b.GetMaq(),
		Market: b.GetMarketId(), Contract: b.GetContractId(),
		Side: side, TIF: tif, Label: b.GetLabel(),
	}
	if !p.afford() {
		p.s.exchange.Reject(&c, msg.OrderRejectedThrottleExceeded)
		return
	}
	p.s.exchange.Create(&c)
}

func (p *Peer) cancel(b *msg.OrderCancel) {
	if !p.require(b.HasOrderId()) {
		return
	}
	c := core.Cancel{OrderID: b.GetOrderId(), Reference: b.GetReference(), HasReference: b.HasReference()}
	if !p.afford() {
		p.s.exchange.RejectCancel(&c, msg.OrderCancelRejectedThrottleExceeded)
		return
	}
	p.s.exchange.Cancel(&c)
}

func (p *Peer) cancelAll(b *msg.OrderCancelAll) {
	c := core.CancelAll{Market: b.GetMarketId(), Reference: b.GetReference(), HasReference: b.HasReference()}
	if !p.afford() {
		p.s.exchange.RejectCancelAll(&c, msg.OrderCancelAllRejectedUnknownError)
		return
	}
	p.s.exchange.CancelAll(&c)
}

func (p *Peer) reduce(b *msg.OrderQuantityReduce) {
	if !p.require(b.HasOrderId() && b.HasNewQuantity()) {
		return
	}
	c := core.Reduce{
		OrderID: b.GetOrderId(), NewQuantity: b.GetNewQuantity(),
		Reference: b.GetReference(), HasReference: b.HasReference(),
	}
	if !p.afford() {
		p.s.exchange.RejectReduce(&c, msg.OrderQuantityReduceRejectedThrottleExceeded)
		return
	}
	p.s.exchange.Reduce(&c)
}

func (p *Peer) replace(b *msg.OrderCancelReplace) {
	if !p.require(b.HasOrigOrderId() && b.HasPrice() && b.HasQuantity()) {
		return
	}
	c := core.Replace{
		OrigOrderID: b.GetOrigOrderId(), Price: b.GetPrice(), Quantity: b.GetQuantity(),
		Market: b.GetMarketId(), Reference: b.GetReference(), HasReference: b.HasReference(),
		Label: b.GetLabel(),
	}
	if !p.afford() {
		p.s.exchange.RejectReplace(&c, msg.OrderCancelRejectedThrottleExceeded)
		return
	}
	p.s.exchange.Replace(&c)
}

// settings sets what is present and answers what is in force.
func (p *Peer) settings(b *msg.Settings) {
	if b.HasCancelAllOnFailure() {
		p.s.cancelOnFailure = b.GetCancelAllOnFailure()
	}
	answer := &p.s.reply.settings
	answer.Reset()
	answer.SetCancelAllOnFailure(p.s.cancelOnFailure)
	p.s.send(answer, false)
}

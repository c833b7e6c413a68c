package prove

import (
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim/exchange"
)

// quoting is what the quotes of a maker are checked by.
type quoting struct {
	mixed   bool            // it trades besides
	patient bool            // it seldom changes its wishes, so that quotes have to follow fills by themselves
	direct  bool            // what leaves now is no request of a quote
	others  map[uint64]bool // references of such creates
	gone    map[uint64]bool // orders that the exchange called not live
	cleared map[uint32]int64
	doubted map[uint64]bool // live orders when messages about orders were lost
	movedAt int64           // clock reading at which a request left, a message about orders came, or a wish changed
}

func (b *bot) newQuoting() quoting {
	others := b.quoting.others // of an earlier process, too
	if others == nil {
		others = make(map[uint64]bool)
	}
	return quoting{
		patient: b.some(drawPatient, 3) == 0,
		mixed:   b.role == Maker && b.some(drawMixed, 2) == 0,
		others:  others,
		gone:    make(map[uint64]bool),
		cleared: make(map[uint32]int64),
		doubted: make(map[uint64]bool),
	}
}

// byItself sends something that is no request of a quote.
func (b *bot) byItself(send func()) {
	b.quoting.direct = true
	send()
	b.quoting.direct = false
}

// quotes reports whether every order of the bot is one of its quotes, and it has room to follow them all.
func (b *bot) quotes() bool {
	return b.role == Maker && (b.starts == 1 || b.disk != nil) && !b.uncertainFile &&
		!b.world.schedule.Settings.has(smallTables|SmallQuotes) && !b.world.schedule.Wild
}

// checkQuoteSent checks a create or a replace of a quote, which leaves: there are no more orders on a side than levels
// are wanted, none while one is in doubt, and none crosses an order of the bot's own.
func (b *bot) checkQuoteSent(p *msg.Payload) {
	q := &b.quoting
	q.movedAt = b.world.now
	var key quoteKey
	var side odds.Side
	var price odds.Price
	switch p.GetType() {
	case msg.PayloadOrderCreate:
		m := p.GetOrderCreate()
		if q.direct || b.world.probing {
			q.others[m.GetReference()] = true
			return
		}
		key, side = quoteKey{m.GetMarketId(), m.GetContractId()}, odds.Side(m.GetSide())
		price = odds.Price(m.GetPrice())
	case msg.PayloadOrderCancelReplace:
		m := p.GetOrderCancelReplace()
		b.checkTrusted(m.GetOrigOrderId())
		b.asks(m)
		for o := range b.engine.Orders() {
			if o.ID == m.GetOrigOrderId() {
				key, side = quoteKey{o.Market, o.Contract}, o.Side
			}
		}
		price = odds.Price(m.GetPrice())
		if q.direct || b.world.probing {
			q.others[m.GetReference()] = true
			return
		}
	case msg.PayloadOrderQuantityReduce:
		b.checkTrusted(p.GetOrderQuantityReduce().GetOrderId())
		return
	case msg.PayloadOrderCancelAll:
		q.cleared[p.GetOrderCancelAll().GetMarketId()] = b.world.now
		return
	default:
		return
	}
	if b.quotes() && key.market != 0 {
		b.checkBeside(p.GetType(), key, side, price)
	}
}

// checkBeside compares a create or replace with the other orders of the contract.
func (b *bot) checkBeside(typ msg.PayloadType, key quoteKey, side odds.Side, price odds.Price) {
	w := b.world
	bids, asks := b.levels(b.wanted[key])
	levels := len(bids)
	if side == odds.Sell {
		levels = len(asks)
	}
	count, last := 0, order.Order{}
	for o := range b.engine.Orders() {
		if o.Market != key.market || o.Contract != key.contract || b.offBook(o) ||
			o.Available == 0 && o.State != order.PendingNew && o.Overlay&order.InDoubt == 0 {
			continue // known by a report of what was left, whatever is still asked for
		}
		if o.Side != side {
			if side == odds.Buy && price >= o.Price || side == odds.Sell && price <= o.Price {
				w.fail("self cross", b, "%v of a quote at %v crosses %+v", typ, price, *o)
			}
			continue
		}
		if o.Foreign || b.quoting.others[o.Reference] {
			continue
		}
		if o.Overlay&order.InDoubt != 0 {
			w.fail("quotes", b, "%v leaves beside an order in doubt: %+v", typ, *o)
		}
		if o.State != order.PendingNew || o.Original == 0 { // a replace counts once
			count++
			last = *o
		}
	}
	// Out of order, what a replace has made may be known before what it has ended.
	if typ == msg.PayloadOrderCreate && count >= levels && !w.schedule.Disorder {
		w.fail("quotes", b, "an order leaves beside %d, %d are wanted on its side of %+v: %+v",
			count, levels, key, last)
	}
}

// offBook reports whether an order may count as off the book although no message has ended it.
func (b *bot) offBook(o *order.Order) bool {
	at, one := b.quoting.cleared[o.Market]
	if all, ok := b.quoting.cleared[0]; ok {
		at, one = max(at, all), true
	}
	return b.quoting.gone[o.ID] && o.ID != 0 || one && o.Sent-b.ahead <= at
}

// steadyFor is in which time quotes follow what happened, if nothing else does.
const steadyFor = int64(2 * time.Second)

// checkSteady checks that quotes are what is wanted some time after the last thing that happened to them.
func (b *bot) checkSteady() {
	w := b.world
	if !b.quoting.patient || b.role != Maker || b.shared() || len(b.checks.doubted) > 0 ||
		w.now-b.quoting.movedAt < steadyFor || w.failed() {
		return
	}
	if why := b.engine.Completeness().Why &^ reported; why != 0 {
		return
	}
	for o := range b.engine.Orders() {
		if o.Overlay != 0 || o.State == order.PendingNew {
			return
		}
	}
	b.checkQuotes()
}

// followOrders follows a message of the exchange.
func (b *bot) followOrders(ev *engine.Event) {
	q := &b.quoting
	if ev.AccountSequence != 0 || ev.Request.Seq != 0 {
		q.movedAt = b.world.now
	}
	switch p := ev.Payload; p.GetType() {
	case msg.PayloadOrderCancelRejected, msg.PayloadOrderCancelReplaceRejected:
		b.failed(ev.Request.Reference, refusedMax)
	}
	switch p := ev.Payload; p.GetType() {
	case msg.PayloadOrderCancelRejected:
		q.gone[max(p.GetOrderCancelRejected().GetOrderId(), p.GetOrderCancelRejected().GetOrigOrderId())] = true
	case msg.PayloadOrderQuantityReduceRejected:
		q.gone[p.GetOrderQuantityReduceRejected().GetOrderId()] = true
	}
}

// barred reports whether an order that is no quote is in the way of a quote.
func (b *bot) barred(key quoteKey, two quote.Two) bool {
	for o := range b.engine.Orders() {
		if o.Market == key.market && o.Contract == key.contract && (b.quoting.others[o.Reference] || o.Foreign) &&
			(o.Side == odds.Sell && o.Price <= two.Bid || o.Side == odds.Buy && two.Ask != 0 && o.Price >= two.Ask) {
			return true
		}
	}
	return false
}

// distrusts notes that messages about orders may be lost: the quotes that are live now are to be placed anew.
func (b *bot) distrusts() {
	if !b.quotes() || b.starts > 1 {
		return
	}
	for o := range b.engine.Orders() {
		if o.ID != 0 && o.State != order.PendingNew && !o.Foreign && !b.quoting.others[o.Reference] {
			b.world.trace(b, "distrusts order %d", o.ID)
			b.quoting.doubted[o.ID] = true
		}
	}
}

// checkTrusted checks that an order whose messages may be lost is cancelled, and not changed.
func (b *bot) checkTrusted(id uint64) {
	if b.quoting.doubted[id] && !b.quoting.direct && !b.world.probing {
		b.world.fail("distrusted", b, "an order is changed although messages were lost: %d", id)
	}
}

// checkDistrusted checks, at rest, that quotes were placed anew whose messages may be lost.
func (b *bot) checkDistrusted() {
	for _, o := range b.world.sim.Exchange.Orders(b.account) {
		if o.State == exchange.OrderLive && b.quoting.doubted[o.ID] {
			b.world.fail("distrusted", b, "an order stays although messages were lost: %+v", o)
		}
	}
}

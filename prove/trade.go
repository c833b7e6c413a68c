package prove

import (
	"errors"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// act is what a bot does now and then, while the day lasts.
func (b *bot) act() {
	b.actedAt = b.world.now
	if !b.world.faulty {
		return
	}
	if b.haltFor > 0 {
		b.halt(b.haltFor)
		market, contract := b.anywhere()
		l := order.Limit{Market: market, Contract: contract, Side: odds.Buy, Price: b.price(), Quantity: b.size()}
		if _, err := b.engine.Place(l); err == nil {
			b.world.fail("kill switch", b, "an order is accepted in the handler that called Halt")
		}
	}
	if b.some(drawPings, 2) == 0 {
		_, _ = b.engine.Ping() // whose pong, if it is lost, is not repeated
	}
	switch b.role {
	case Maker, Second:
		b.make()
		for range 8 {
			if b.quoting.patient {
				b.make()
			}
		}
		if b.quoting.mixed {
			b.byItself(b.hammer)
		}
	case Hammer:
		most := 8
		if b.some(drawBurst, 5) == 0 {
			most = 60
		}
		if b.link != nil && b.link.clogged {
			most = 100
		}
		for range 1 + b.random.IntN(most) {
			b.hammer()
		}
		if b.limits.config.MarketExposureMax != 0 && b.random.IntN(4) == 0 {
			b.fillUp()
		}
	case Submitter:
		b.submit()
	}
}

// anywhere returns a contract of any market.
func (b *bot) anywhere() (market, contract uint32) {
	market = markets[b.random.IntN(len(markets))]
	if n := b.some(drawFocus, 2*len(markets)); n < len(markets) && b.random.IntN(4) > 0 {
		market = markets[n] // most of what the bot does is in one market
	}
	return market, contracts[market][b.random.IntN(len(contracts[market]))]
}

// price returns a price that is often near others.
func (b *bot) price() odds.Price {
	if b.random.IntN(4) == 0 {
		return odds.Price(1 + b.random.IntN(9999))
	}
	return odds.Price(2000 + 50*b.random.IntN(80))
}

func (b *bot) size() odds.Quantity { return odds.Quantity(10_000 * (1 + b.random.IntN(30))) }

// make changes a quote.
func (b *bot) make() {
	market, contract := b.anywhere()
	key := quoteKey{market, contract}
	if b.random.IntN(8) == 0 {
		b.engine.Pull(market, contract)
		b.quoting.movedAt = b.world.now
		delete(b.wanted, key)
		return
	}
	bid := min(b.price(), odds.PriceMax-50)
	two := quote.Two{
		Bid: bid, Ask: min(bid+odds.Price(20+b.random.IntN(500)), odds.PriceMax), Size: b.size(), Tolerance: 10,
	}
	switch b.random.IntN(8) {
	case 0:
		two.Bid = 0
	case 1:
		two.Ask = 0
	}
	if old, ok := b.wanted[key]; ok && b.random.IntN(3) == 0 {
		two = old
		two.Size = b.size()
	}
	if old, ok := b.wanted[key]; ok && old.Bid != 0 && old.Ask != 0 && b.random.IntN(6) == 0 {
		two = shifted(old, b.random.IntN(2) == 0) // to where the other side was
	}
	old, had := b.wanted[key]
	b.wanted[key], b.quoting.movedAt = two, b.world.now
	var err error
	if b.limits.levels == 1 && b.index == 0 {
		err = b.engine.Quote(market, contract, two)
	} else {
		bids, asks := b.levels(two)
		err = b.engine.QuoteLevels(market, contract, bids, asks, quote.Tolerance{Price: two.Tolerance})
	}
	switch s := b.world.schedule.Settings; {
	case err == nil:
	case s.has(SmallQuotes) && errors.Is(err, quote.ErrContractsFull),
		s.has(FewSubscriptions) && errors.Is(err, engine.ErrSubscriptions):
		if b.wanted[key] = old; !had { // it stays as it was
			delete(b.wanted, key)
		}
	default:
		b.world.fail("quote", b, "Quote %+v: %v", two, err)
	}
}

// shifted returns a quote moved by its own spread, so that one of its sides is where the other one was.
func shifted(q quote.Two, up bool) quote.Two {
	spread := q.Ask - q.Bid
	switch {
	case up && (q.Ask + spread).Valid():
		q.Bid, q.Ask = q.Ask, q.Ask+spread
	case !up && q.Bid > spread:
		q.Bid, q.Ask = q.Bid-spread, q.Bid
	}
	return q
}

// levelStep is how far levels of a quote are apart.
const levelStep = 60

// levels returns the levels that the bot makes of a quote.
func (b *bot) levels(two quote.Two) (bids, asks []quote.Level) {
	for i := range b.limits.levels {
		if p := two.Bid - odds.Price(i*levelStep); two.Bid != 0 && p.Valid() && p <= two.Bid {
			bids = append(bids, quote.Level{Price: p, Size: two.Size})
		}
		if p := two.Ask + odds.Price(i*levelStep); two.Ask != 0 && p.Valid() {
			asks = append(asks, quote.Level{Price: p, Size: two.Size})
		}
	}
	return bids, asks
}

// book is called when a book changes: a maker follows it.
func (b *bot) book(c book.Contract) {
	bid, ok := c.Best(odds.Buy)
	b.world.digest.add(uint64(c.ID())<<32 | uint64(bid.Price))
	if !ok || !b.world.faulty || b.role != Maker || b.quoting.patient || b.random.IntN(50) != 0 {
		return
	}
	b.make()
}

// hammer sends a request about an order of its own.
func (b *bot) hammer() {
	var err error
	switch n := b.random.IntN(10); {
	case n < 4 || len(b.placed) == 0:
		market, contract := b.anywhere()
		l := order.Limit{
			Market: market, Contract: contract, Side: odds.Buy + odds.Side(b.random.IntN(2)), Price: b.price(),
			Quantity: b.size(),
		}
		if b.limits.config.DuplicateWindow != 0 && b.random.IntN(3) == 0 && b.limits.last.Market != 0 {
			l = b.limits.last // which is to be refused
		}
		b.limits.last = l
		var p placed
		p, err = b.engine.Place(l)
		if err == nil {
			b.placed = append(b.placed, p)
		}
	case n < 6:
		err = b.placed[b.random.IntN(len(b.placed))].Cancel()
	case n < 7:
		if p := b.placed[b.random.IntN(len(b.placed))]; p.Order() != nil && p.Order().Available > 10_000 {
			err = p.Reduce(p.Order().Available - 10_000)
		}
	default:
		i := b.random.IntN(len(b.placed))
		o := b.placed[i].Order()
		if o == nil {
			b.placed[i] = b.placed[len(b.placed)-1]
			b.placed = b.placed[:len(b.placed)-1]
			return
		}
		var p placed
		if p, err = b.placed[i].Replace(b.price(), o.Executed+b.size()); err == nil {
			b.placed = append(b.placed, p)
		}
	}
	if err != nil && !session.SafeToResend(err) {
		b.world.fail("send", b, "%v", err)
	}
	if len(b.placed) > 300 {
		b.placed = b.placed[100:]
	}
}

// fillUp asks for more in an order of its own, and for as much besides as its limits allow.
func (b *bot) fillUp() {
	market, contract := b.anywhere()
	for i := range b.placed {
		if o := b.placed[i].Order(); o != nil && o.Market == market && o.ID != 0 && o.Overlay == 0 {
			if p, err := b.placed[i].Replace(o.Price, o.Executed+o.Available+b.size()); err == nil {
				b.placed = append(b.placed, p)
			}
			break
		}
	}
	for n := odds.Quantity(320_000); n >= 10_000; {
		l := order.Limit{Market: market, Contract: contract, Side: odds.Sell, Price: 4000, Quantity: n}
		p, err := b.engine.Place(l)
		if err != nil {
			n /= 2
			continue
		}
		b.placed = append(b.placed, p)
	}
}

// submissionTime is how long the loop may take to do what was submitted, if its process runs.
const submissionTime = int64(5 * time.Second)

// submission is the result of something submitted.
type submission struct {
	engine.Submission
	at int64
}

// submit sends from outside of the loop.
func (b *bot) submit() {
	s := b.submissions[b.random.IntN(len(b.submissions))]
	if _, err := s.Result(); err != nil && s.at != 0 && !s.Done() {
		if at := max(s.at, b.stoppedUntil); b.world.now-at > submissionTime {
			b.world.fail("submission", b, "it is not done after %v", time.Duration(b.world.now-at))
		}
		return
	}
	s.at = b.world.now
	market, contract := b.anywhere()
	var m msg.OrderCreate
	m.SetMarketId(market)
	m.SetContractId(contract)
	m.SetSide(msg.SideBuy + msg.Side(b.random.IntN(2)))
	m.SetPrice(uint32(b.price()))
	m.SetQuantity(uint64(b.size()))
	var err error
	if b.random.IntN(6) == 0 {
		err = b.engine.Submitter().SendOrderCancelAll(new(msg.OrderCancelAll), &s.Submission)
	} else {
		err = b.engine.Submitter().SendOrderCreate(&m, &s.Submission)
	}
	if err != nil && !session.SafeToResend(err) {
		b.world.fail("submit", b, "%v", err)
	}
}

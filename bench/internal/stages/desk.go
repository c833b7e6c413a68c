package stages

import (
	"fmt"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/bench/internal/settings"
	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/wire"
)

// Shape of a desk: markets of three contracts as of a match, each with a book of ten levels a side. The bot quotes a
// few of them, which lie apart, with an own bid and an own offer each. One in each of most others is what is left of
// earlier quotes.
const (
	deskContracts = 1_002
	deskInMarket  = 3
	deskQuoted    = 100
	deskApart     = 10
	deskLive      = 1_000 // orders
	deskQuantity  = 500_000
	deskMargin    = 500 // of the own quotes from the best
)

// deskAmounts is little memory for the amounts of money, so that making them leaves the caches to the engine.
var deskAmounts = order.Config{Orders: 2048, Retained: 16, Requests: 256, Contracts: deskContracts, Fills: 256}

// quoted returns which contract is quoted n-th, in turn.
func quoted(n int) int { return n % deskQuoted * deskApart }

// desk is an engine and the exchange that it trades with.
type desk struct {
	*counterparty
	engine   *engine.Engine
	conn     *conn
	frames   []byte // that were not received yet
	p        msg.Payload
	order    msg.OrderCreate
	quantity uint64 // of an order
	sent     int    // orders
	replaces int    // answered
	failed   error
}

// limitDesk turns every risk check on.
func limitDesk(c *engine.Config) { settings.Limit(c, marketBase, deskContracts/deskInMarket) }

// openDesk returns a desk that is subscribed to its markets.
func openDesk(sets ...func(*engine.Config)) *desk {
	d := &desk{counterparty: newCounterparty(deskAmounts), conn: new(conn), quantity: deskQuantity}
	d.engine = openEngine(d.conn, func(c *engine.Config) {
		c.SubscriptionsMax = deskContracts
		for _, set := range sets {
			set(c)
		}
		if !c.State.Disable {
			c.State.Books.Markets, c.State.Books.Contracts = deskContracts/deskInMarket, deskContracts
			c.State.Books.Orders = 2 * deskLive
		}
	})
	d.conn.keep = true
	d.conn.source = func(b []byte) int {
		n := copy(b, d.frames)
		d.frames = d.frames[n:]
		return n
	}
	d.engine.OnSendResolved(func(ev *engine.Event) { d.failed = ev.Err() })
	var m msg.MarketSubscribe
	for i := range uint32(deskContracts / deskInMarket) {
		m.SetMarketId(marketBase + i)
		fixture.Must(d.engine.SendMarketSubscribe(&m))
		fixture.Must(0, d.trade())
	}
	for i, n := 0, 2*deskQuoted; n < deskLive; i++ {
		if i%deskApart != 0 {
			side := msg.SideBuy + msg.Side(i%2)
			fixture.Must(0, d.sendTo(i, side, uint32(4_500+i%2*1_000), msg.GoodTilCancelled))
			fixture.Must(0, d.trade())
			n++
		}
	}
	return d
}

// send sends the next order, in a contract that is quoted.
func (d *desk) send(side msg.Side, price uint32, tif msg.TimeInForceType) error {
	i := quoted(d.sent)
	d.sent++
	return d.sendTo(i, side, price, tif)
}

func (d *desk) sendTo(contract int, side msg.Side, price uint32, tif msg.TimeInForceType) error {
	m := &d.order
	m.SetSide(side)
	m.SetPrice(price)
	m.SetQuantity(d.quantity)
	m.SetTif(tif)
	m.SetMarketId(marketBase + uint32(contract/deskInMarket))
	m.SetContractId(contractOf(contract))
	_, err := d.engine.SendOrderCreate(m)
	return err
}

// trade answers what was sent, and polls, until nobody has anything to say.
func (d *desk) trade() error {
	for idle := 0; idle < 3 && d.failed == nil; idle++ {
		if len(d.conn.sent)+len(d.out)+len(d.frames) > 0 {
			idle = 0
		}
		if err := d.receive(); err != nil {
			return err
		}
		d.load()
		if err := d.engine.Poll(); err != nil {
			return err
		}
	}
	return d.failed
}

// load lets the engine receive what was answered.
func (d *desk) load() {
	for _, b := range d.out {
		d.frames = wire.AppendFrame(d.frames, b)
	}
	d.forget()
}

// receive answers what the engine has sent. An order that does not stay is cancelled at once.
func (d *desk) receive() error {
	limits := fixture.Must(wire.Limits{}.Resolve())
	for rest := d.conn.sent; len(rest) > 0; {
		payload, n, err := wire.Scan(rest, limits)
		if err == nil {
			err = d.p.Decode(payload, nil)
		}
		if err != nil || n == 0 {
			return fmt.Errorf("%w: %w", errMissing, err)
		}
		rest = rest[n:]
		seq := d.p.GetEtoPayload().GetSeq()
		switch typ := d.p.GetType(); typ {
		case msg.PayloadMarketSubscribe:
			d.snapshot(d.p.GetMarketSubscribe().GetMarketId())
		case msg.PayloadOrderCreate:
			k := d.p.GetOrderCreate().Keys()
			if o := d.answer(&k, seq); d.p.GetOrderCreate().GetTif() == msg.ImmediateOrCancel {
				d.cancel(o, 0, 0)
			}
		case msg.PayloadOrderCancelReplace:
			d.replaces++
			k := d.p.GetOrderCancelReplace().Keys()
			d.answer(&k, seq)
		default:
			return fmt.Errorf("%w: %v was sent", errMissing, typ)
		}
	}
	d.conn.sent = d.conn.sent[:0]
	return nil
}

// snapshot sends the books of a market.
func (x *counterparty) snapshot(market uint32) {
	m := x.p.MutableMarketQuotes()
	m.SetMarketId(market)
	for i := range deskInMarket {
		q := m.AddContractQuotes()
		q.SetMarketId(market)
		q.SetContractId(contractOf(int(market-marketBase)*deskInMarket + i))
		for k := range uint32(2 * booksDepth) {
			setLevel(q, k, booksQuantity)
		}
	}
	x.push()
}

// quote sends a change of a book of one to three levels, after which its best bid is another one.
func (x *counterparty) quote(n int) {
	i := quoted(n)
	m := x.p.MutableContractQuotes()
	m.SetMarketId(marketBase + uint32(i/deskInMarket))
	m.SetContractId(contractOf(i))
	for k := range uint32(1 + n%3) {
		setLevel(m, k, uint64(booksQuantity+n%1000*100)*min(uint64(k)+uint64(n/deskQuoted%2), 1))
	}
	x.push()
}

// The engines that are compared, by name.
const (
	withoutState = "without state"
	withState    = "with state"
	withChecks   = "with every risk check"
)

var desks = []struct {
	name string
	set  []func(*engine.Config)
}{
	{withoutState, nil},
	{withState, []func(*engine.Config){settings.EnableState}},
	{withChecks, []func(*engine.Config){settings.EnableState, limitDesk}},
}

// Gate returns the stages of an order on its way out, from the bot to the send ring. An operation is one order, so many
// are sent at once. What is received between is not measured.
func Gate(batch int) Group {
	g := Group{Name: "order out", Base: withoutState}
	for _, s := range desks {
		d := openDesk(s.set...)
		for k := range 2 * deskQuoted { // an own bid and an own offer in each
			side := msg.SideBuy + msg.Side(k/deskQuoted)
			fixture.Must(0, d.send(side, uint32(4_500+k/deskQuoted*1_000), msg.GoodTilCancelled))
			fixture.Must(0, d.trade())
		}
		g.Stages = append(g.Stages, Stage{
			Name: s.name, close: d.engine.Close,
			Prepare: func() (int, error) { return batch, d.trade() },
			Loop: func(n int) error {
				return fixture.Repeat(n, func(i int) error {
					return d.send(msg.SideBuy, uint32(4_700+d.sent%251), msg.ImmediateOrCancel)
				})
			},
		})
	}
	return g
}

// poll lets the engine run until n are handled.
func (d *desk) poll(handled *int, n int) error {
	for *handled < n && d.failed == nil {
		if err := d.engine.Poll(); err != nil {
			return err
		}
	}
	return d.failed
}

// Received returns the stages of what an engine receives: fills of an order that it has sent, or changes of books. An
// operation is one message, so many arrive at once.
func Received(name string, batch int) Group {
	g := Group{Name: name + " received", Base: withoutState}
	for _, s := range desks[:2] {
		d := openDesk(s.set...)
		d.quantity = 1 << 32
		fixture.Must(0, d.send(msg.SideBuy, 4_500, msg.GoodTilCancelled))
		fixture.Must(0, d.trade())
		order, quotes, handled := d.orders[d.id], 0, 0
		d.engine.OnMessage(func(*engine.Event) { handled++ })
		g.Stages = append(g.Stages, Stage{Name: s.name, close: d.engine.Close, Prepare: func() (int, error) {
			for range batch {
				if quotes++; name == "quote" {
					d.quote(quotes)
				} else {
					d.fill(order, 100)
				}
			}
			d.load()
			handled = 0
			return batch, nil
		}, Loop: func(n int) error {
			return d.poll(&handled, n)
		}})
	}
	return g
}

// Quoting returns the stages of a quote that makes a bot quote anew, from the bytes received to the replace in the
// send ring. An operation is one quote and one replace.
func Quoting() Group {
	return Group{Name: "quote to order out", Base: "decode+encode", Stages: []Stage{quotingCodec(), quoting()}}
}

// quotingCodec is the work that no client can avoid.
func quotingCodec() Stage {
	x := newCounterparty(deskAmounts)
	limits := fixture.Must(wire.Limits{}.Resolve())
	region := new([envelope.EncodeFrameBytes]byte)
	var rest []byte
	var p msg.Payload
	var m msg.OrderCancelReplace
	block := make([]byte, 0, wire.BlockBytes+wire.SlackBytes)
	quotes, seq := 0, uint64(sequenceBase)
	return Stage{Name: "decode+encode", Prepare: func() (int, error) {
		rest = block
		for range batch {
			x.quote(quotes)
			rest = wire.AppendFrame(rest, x.out[0])
			x.forget()
			quotes++
		}
		return batch, nil
	}, Loop: func(n int) error {
		return fixture.Repeat(n, func(int) error {
			payload, size, err := wire.Scan(rest, limits)
			if err == nil {
				err = p.Decode(withSlack(rest, payload, size), nil)
			}
			rest = rest[size:]
			m.SetOrigOrderId(x.id)
			m.SetPrice(p.GetContractQuotes().GetBids()[0].GetPrice())
			m.SetQuantity(deskQuantity)
			m.SetMarketId(p.GetContractQuotes().GetMarketId())
			typ := uint32(msg.PayloadOrderCancelReplace)
			if _, end := envelope.EncodeFrame(region, typ, seq, &m, 6<<3, seq); end == 0 {
				return errMissing
			}
			seq++
			return err
		})
	}}
}

// quoting is a bot that follows the best bid, with all of the state and every risk check.
func quoting() Stage {
	d := openDesk(settings.EnableState, limitDesk)
	quotes, handled := deskQuoted, 0
	d.engine.OnBook(func(c book.Contract) {
		bid, _ := c.Best(odds.Buy)
		handled++
		two := quote.Two{Bid: bid.Price - deskMargin, Ask: 5_500, Size: deskQuantity}
		if err := d.engine.Quote(c.Market(), c.ID(), two); err != nil {
			d.failed = err
		}
	})
	for i := range deskQuoted { // a bid and an offer for each
		d.quote(i)
		d.load()
		fixture.Must(0, d.trade())
	}
	return Stage{Name: "engine", close: d.engine.Close, Prepare: func() (int, error) {
		if err := d.trade(); err != nil || d.replaces != quotes-deskQuoted {
			return 0, fmt.Errorf("%w: %d replaces for %d quotes, %w", errMissing, d.replaces, quotes, err)
		}
		for range batch {
			d.quote(quotes)
			quotes++
		}
		d.load()
		handled = 0
		return batch, nil
	}, Loop: func(n int) error {
		return d.poll(&handled, n)
	}}
}

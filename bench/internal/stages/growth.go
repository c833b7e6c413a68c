package stages

import (
	"fmt"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// Curve is what an operation costs as something grows. Every curve should be flat.
type Curve struct {
	Name  string // of the operation
	Over  string // what grows
	Sizes []int
	open  func(size int) Stage
}

// Curves returns every curve.
func Curves() []Curve {
	return []Curve{
		{"quote to its handler", "markets subscribed", []int{1, 10, 100, 1_000, 10_000}, markets},
		{"order out and answer in", "orders awaiting an answer", []int{1, 10, 100, 1_000, 10_000, 100_000}, awaiting},
		{"order filled by the simulator", "orders resting", []int{10, 100, 1_000, 10_000, 100_000}, resting},
		{"engine from nothing to logged in and closed", "engines open", []int{1, 10}, startUp},
	}
}

// Group returns a stage for each size up to a maximum.
func (c Curve) Group(sizeMax int) Group {
	g := Group{Name: c.Name + ", by " + c.Over, Base: fmt.Sprint(c.Sizes[0])}
	for _, size := range c.Sizes {
		if size <= sizeMax {
			s := c.open(size)
			s.Name = fmt.Sprint(size)
			g.Stages = append(g.Stages, s)
		}
	}
	return g
}

// marketBase makes a market's number a varint of four bytes, whichever market it is.
const marketBase = 1 << 21

// markets is quotes of so many markets in turn, all of them subscribed, through an engine.
func markets(size int) Stage {
	p := new(msg.Payload)
	fixture.Must(0, p.Decode(fixture.Mixed().Payloads[0], nil))
	quotes := p.MutableContractQuotes()
	quotes.Reset()
	level := quotes.AddBids()
	level.SetPrice(4_762)
	level.SetQuantity(120_000)
	quotes.SetContractId(1_203_731)
	var payloads [][]byte
	for i := range max(size, 4_096) {
		quotes.SetMarketId(marketBase + uint32(i%size))
		payloads = append(payloads, fixture.Must(p.MarshalVT()))
	}
	return engineIn(newStream(payloads), size, nil)
}

// awaiting is orders and their answers through an engine, with so many orders sent before that still wait for theirs.
func awaiting(size int) Stage {
	return (&ordering{stream: newStream(accepted(4_096)), inFlight: size}).engine()
}

// resting is orders that another fills, in a market of the simulator with so many that rest.
func resting(size int) Stage {
	x := fixture.Must(exchange.New(exchange.Config{
		Accounts: []exchange.Account{
			{Username: "a", Balance: 1e15}, {Username: "b", Balance: 1e15}, {Username: "c", Balance: 1e15},
		},
		Markets:     []exchange.Market{{ID: 1, Contracts: []exchange.Contract{{ID: 1}, {ID: 2}}, WinnerTakesAll: true}},
		QuantityMin: 1,
	}))
	for i := range size {
		order := exchange.Create{Market: 1, Contract: 1, Side: msg.SideBuy, Price: uint32(1 + i%4000), Quantity: 1}
		if i%2 == 1 {
			order.Side, order.Price = msg.SideSell, uint32(5999+i%4000)
		}
		if _, r := x.Submit("c", order); !r.OK() {
			panic(fmt.Sprintf("BUG: stages: an order may not rest: %v", r))
		}
	}
	buyer, seller := x.Login("a", nil), x.Login("b", nil)
	return Stage{Loop: func(n int) error {
		return fixture.Repeat(n, func(int) error {
			order := exchange.Create{Market: 1, Contract: 1, Side: msg.SideBuy, Price: 5_000, Quantity: 1_000}
			_, bought := buyer.Create(&order)
			order.Side = msg.SideSell
			_, sold := seller.Create(&order)
			if !bought.OK() || !sold.OK() {
				return fmt.Errorf("an order is refused: %v, %v", bought, sold)
			}
			return nil
		})
	}}
}

// startUp makes an engine, lets it log in and closes it, beside size-1 others.
func startUp(size int) Stage {
	var others Group
	for range size - 1 {
		others.Stages = append(others.Stages, Stage{close: openEngine(new(conn), nil).Close})
	}
	return Stage{Loop: func(n int) error {
		return fixture.Repeat(n, func(int) error { return openEngine(new(conn), nil).Close() })
	}, close: others.Close}
}

package stages

import (
	"errors"
	"fmt"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/core"
)

// Curve is what an operation costs as something becomes more. Every curve should be flat.
type Curve struct {
	Name  string // of the operation
	Over  string // what becomes more
	Sizes []int

	// Open makes the loop of operations for one size.
	Open func(size int) (loop func(n int) error, end func() error, err error)
}

// Curves is every curve there is.
func Curves() []Curve {
	return []Curve{
		{"quote to its handler", "markets subscribed", []int{1, 10, 100, 1_000, 10_000}, markets},
		{"order out and answer in", "orders awaiting an answer", []int{1, 10, 100, 1_000, 10_000, 100_000}, awaiting},
		{"order filled by the simulator", "orders resting", []int{10, 100, 1_000, 10_000, 100_000}, resting},
		{"engine from nothing to logged in and closed", "engines open", []int{1, 10}, startUp},
	}
}

// marketBase makes a market's number a varint of four bytes, whichever market it is.
const marketBase = 1 << 21

// markets is quotes of so many markets in turn, all of them subscribed, through an engine.
func markets(size int) (loop func(int) error, end func() error, err error) {
	p := new(msg.Payload)
	if err := p.Decode(fixture.Mixed().Payloads[0], nil); err != nil {
		return nil, nil, err
	}
	quotes := p.MutableContractQuotes()
	quotes.Reset()
	level := quotes.AddBids()
	level.SetPrice(4_762)
	level.SetQuantity(120_000)
	quotes.SetContractId(1_203_731)
	var payloads [][]byte
	for i := range max(size, 4_096) {
		quotes.SetMarketId(marketBase + uint32(i%size))
		b, err := p.MarshalVT()
		if err != nil {
			return nil, nil, err
		}
		payloads = append(payloads, b)
	}
	s, err := newStream(payloads)
	if err != nil {
		return nil, nil, err
	}
	handled, want := 0, 0
	c := new(conn)
	config := engine.Config{Session: sessionConfig(), SubscriptionsMax: size}
	e, err := openEngineWith(config, c, func(e *engine.Engine) {
		e.OnContractQuotes(func(_ *engine.Event, m *msg.ContractQuotes) {
			sink += uint64(m.GetMarketId())
			handled++
		})
	})
	if err != nil {
		return nil, nil, err
	}
	var subscribe msg.MarketSubscribe
	for i := range size {
		subscribe.SetMarketId(marketBase + uint32(i))
		if _, err := e.MarketSubscribe(&subscribe); err != nil {
			return nil, nil, errors.Join(err, e.Close())
		}
	}
	c.source = s.read
	return func(n int) error {
		for want += n; handled < want; {
			if err := e.Poll(); err != nil {
				return err
			}
		}
		return nil
	}, e.Close, nil
}

// awaiting is orders and their answers through an engine, with so many orders sent before that
// still wait for theirs.
func awaiting(size int) (loop func(int) error, end func() error, err error) {
	var answers [][]byte
	for range 4_096 {
		answers = append(answers, fixture.Accepted().Payloads[0])
	}
	s, err := newStream(answers)
	if err != nil {
		return nil, nil, err
	}
	o := &ordering{stream: s, unanswered: size}
	return o.engine()
}

// resting is orders that another fills, in a market of the simulator with so many that rest.
func resting(size int) (loop func(int) error, end func() error, err error) {
	x, err := core.New(core.Config{
		Accounts:    []core.Account{{Username: "a", Balance: 1e15}, {Username: "b", Balance: 1e15}, {Username: "c", Balance: 1e15}},
		Markets:     []core.Market{{ID: 1, Contracts: []core.Contract{{ID: 1}, {ID: 2}}, WinnerTakesAll: true}},
		QuantityMin: 1,
	})
	if err != nil {
		return nil, nil, err
	}
	for i := range size {
		side, price := msg.SideBuy, uint32(1+i%4000)
		if i%2 == 1 {
			side, price = msg.SideSell, uint32(5999+i%4000)
		}
		order := core.Create{Market: 1, Contract: 1, Side: side, Price: price, Quantity: 1}
		if _, r := x.Submit("c", order); !r.OK() {
			return nil, nil, fmt.Errorf("an order may not rest: %v", r)
		}
	}
	buyer, seller := x.Attach("a", nil), x.Attach("b", nil)
	return func(n int) error {
		for range n {
			order := core.Create{Market: 1, Contract: 1, Side: msg.SideBuy, Price: 5_000, Quantity: 1_000}
			if _, r := buyer.Create(&order); !r.OK() {
				return fmt.Errorf("an order is refused: %v", r)
			}
			order.Side = msg.SideSell
			if _, r := seller.Create(&order); !r.OK() {
				return fmt.Errorf("an order is refused: %v", r)
			}
		}
		return nil
	}, nil, nil
}

// startUp makes an engine, has it log in and closes it, beside size-1 others.
func startUp(size int) (loop func(int) error, end func() error, err error) {
	var engines []*engine.Engine
	end = func() (err error) {
		for _, e := range engines {
			err = errors.Join(err, e.Close())
		}
		return err
	}
	for range size - 1 {
		e, err := openEngine(new(conn), func(*engine.Engine) {})
		if err != nil {
			return nil, nil, errors.Join(err, end())
		}
		engines = append(engines, e)
	}
	return func(n int) error {
		for range n {
			e, err := openEngine(new(conn), func(*engine.Engine) {})
			if err == nil {
				err = e.Close()
			}
			if err != nil {
				return err
			}
		}
		return nil
	}, end, nil
}

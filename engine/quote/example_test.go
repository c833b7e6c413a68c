package quote_test

import (
	"fmt"

	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/odds"
)

// A bot quotes a contract, moves its quote, and pulls it. What would be sent is printed, and accepted at once.
func Example() {
	q, err := quote.New(quote.Config{Contracts: 10})
	if err != nil {
		panic(err)
	}
	contract := quote.Contract{Market: 1, ID: 2}
	reference := uint64(0)
	step := func(now int64) {
		actions := q.Step(now, quote.Budget{Messages: 10, Adds: 8})
		for i := range actions {
			a := &actions[i]
			fmt.Println(a.Kind, a.Key, a.Side, a.Quantity, "at", a.Price)
			reference++
			q.Sent(a, reference)

			// The exchange's answer, as the order state sees it.
			o := quote.Order{
				Contract: a.Contract, Key: a.Key, Side: a.Side, Price: a.Price, Open: a.Quantity,
				State: quote.Live,
			}
			switch a.Kind {
			case quote.Create:
				o.Key = reference
			case quote.Replace:
				_ = q.Apply(&quote.Order{Contract: a.Contract, Key: a.Key, Side: a.Side, State: quote.Closed})
				o.Key = reference
			case quote.Cancel:
				o.State = quote.Closed
			}
			if err := q.Apply(&o); err != nil {
				panic(err)
			}
		}
	}
	set := func(bid, ask odds.Price, size odds.Quantity) {
		if err := q.Set(contract, quote.Two{Bid: bid, Ask: ask, Size: size, Tolerance: 10}); err != nil {
			panic(err)
		}
	}
	set(4900, 5100, 100_0000)
	step(1)
	set(4905, 5150, 100_0000) // the bid is within the tolerance
	step(2)
	set(4905, 5150, 50_0000)
	step(3)
	q.Hold(quote.Gap, true)
	step(4)
	// Output:
	// create 0 buy 100.00 at 49%
	// create 0 sell 100.00 at 51%
	// replace 2 sell 100.00 at 51.5%
	// reduce 1 buy 50.00 at 49%
	// reduce 3 sell 50.00 at 51.5%
	// cancel 1 buy 0.00 at 49%
	// cancel 3 sell 0.00 at 51.5%
}

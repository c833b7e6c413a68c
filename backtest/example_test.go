package backtest_test

import (
	"fmt"
	"testing"

	"github.com/smk-go/smk/backtest"
	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/odds"
)

// A bot in a test: it joins the best bid if it has no order there, and the test fails if that lost money whatever the
// queue was.
func ExampleRun() {
	test := func(t *testing.T) {
		c := backtest.Config{Dir: "testdata/day", Seed: 1}
		r, err := backtest.Run(c, engine.Config{}, func(e *engine.Engine) error {
			e.OnBook(func(c book.Contract) {
				if best, ok := c.WithoutOwn().Best(odds.Buy); ok && c.At(odds.Buy, best.Price) == best.Quantity {
					_, _ = e.Place(order.Limit{
						Market: c.Market(), Contract: c.ID(), Side: odds.Buy, Price: best.Price, Quantity: 10_000,
					})
				}
			})
			return e.Subscribe(100000)
		})
		if err != nil {
			t.Fatal(err)
		}
		if r.Band.ProfitHigh < 0 {
			t.Errorf("between %v and %v", r.Band.ProfitLow, r.Band.ProfitHigh)
		}
	}
	_, err := backtest.Open("testdata/none")
	fmt.Println(test != nil, err != nil)
	// Output: true true
}

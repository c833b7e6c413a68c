package docs

import (
	"context"
	"fmt"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
)

func Example_botGoal() {
	server := simulator()
	defer server.Close()
	bot, err := engine.New(botConfig(server.Addr().String()))
	check(err)

	bot.OnCaughtUp(once(func() { check(bot.Subscribe(sim.DemoMarket)) }))
	bot.OnMarketState(func(_ *engine.Event, m *msg.MarketState) {
		fmt.Printf("market %d: %v %q\n", m.GetMarketId(), m.GetState(), m.GetReason())
		switch m.GetState() {
		case msg.MarketStateLive: // as it is at first
			server.Do(func(s *sim.Sim) { check(s.Exchange.Goal(sim.DemoMarket, "goal for Home")) })
		case msg.MarketStateHalted:
			check(bot.Halt("the market is halted"))
			bot.Stop()
		}
	})
	check(bot.Run(context.Background()))
	fmt.Println(bot.Mode().Mode)
	// Output:
	// market 100000: MARKET_STATE_LIVE ""
	// market 100000: MARKET_STATE_HALTED "goal for Home"
	// halted
}

func Example_botSettled() {
	server := simulator()
	defer server.Close()
	rival(server, msg.SideSell, 5000, 400_000)
	first, err := engine.New(botConfig(server.Addr().String()))
	check(err)
	first.OnCaughtUp(once(func() {
		_, err := first.Place(backHome(5000)) // taken at once
		check(err)
	}))
	first.OnFill(func(*order.Order, order.Fill) { _ = first.Close() })
	fmt.Println(first.Run(context.Background()))

	server.Do(func(s *sim.Sim) { check(s.Exchange.Settle(sim.DemoMarket, "full time", sim.DemoHome)) })

	second, err := engine.New(botConfig(server.Addr().String()))
	check(err)
	second.OnOrder(func(_ *order.Order, ev *order.Event) {
		switch c := second.Completeness(); {
		case ev.Kind == order.MarketSettled:
			fmt.Println("settled:", ev.Market, "brought", second.Account().Realised)
			second.Stop()
		case ev.Kind == order.CompletenessChanged && c.Why&order.ResultUnknown != 0:
			fmt.Println(c.Why, c.Market, "can be lost:", second.Account().WorstCase)
			check(second.SettleMarket(c.Market, sim.DemoHome)) // as a person has seen on the exchange's site
		}
	})
	check(second.Run(context.Background()))
	// Output:
	// engine: closed
	// result not known 100000 can be lost: 0.00
	// settled: 100000 brought 20.00
}

package sim_test

import (
	"context"
	"fmt"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/sim/script"
)

// A server that clients of the protocol log in to at its address. Here only the test trades, by calling
// the exchange on the goroutine that owns it.
func Example() {
	config := sim.DefaultConfig() // accounts demo and rival, their username is their password
	config.Agents = sim.Agents{}  // no other participants, so that the output is certain
	server, err := sim.Listen("127.0.0.1:0", config)
	if err != nil {
		fmt.Println(err)
		return
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(context.Background()) }()

	order := exchange.Create{
		Market: sim.DemoMarket, Contract: sim.DemoHome,
		Side: msg.SideBuy, Price: 3333, Quantity: 100_000, // 33.33 %, a payoff of 10.00
	}
	server.Do(func(s *sim.Sim) {
		s.Exchange.Submit(sim.DemoUsername, order)
		order.Side, order.Quantity = msg.SideSell, 40_000
		s.Exchange.Submit("rival", order)
	})

	account, _ := server.Truth(sim.DemoUsername)
	fmt.Println("available", account.Available, "of", account.Cash)
	for _, o := range server.Orders(sim.DemoUsername) {
		fmt.Println(o.Side, o.Price, "executed", o.Executed, "available", o.Available)
	}
	if err := server.Close(); err != nil {
		fmt.Println(err)
	}
	fmt.Println("served:", <-served)
	// Output:
	// available 9996.667 of 10000.00
	// SIDE_BUY 3333 executed 40000 available 60000
	// served: <nil>
}

// An exchange in virtual time, with a client that speaks the protocol.
func ExampleNew() {
	config := sim.DefaultConfig()
	config.Agents = sim.Agents{}
	s, err := sim.New(config)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	bot := script.NewBot(s, sim.DemoUsername, sim.DemoPassword)
	bot.Login(0)
	bot.Poll()
	var order msg.OrderCreate
	order.SetMarketId(sim.DemoMarket)
	order.SetContractId(sim.DemoHome)
	order.SetSide(msg.SideBuy)
	order.SetPrice(3333)
	order.SetQuantity(100_000)
	bot.Create(&order)
	bot.Poll()
	fmt.Println("accepted", bot.Count("order_accepted"), "- live", len(bot.LiveIDs()))

	// The clock advances only by Tick, here until the exchange has sent a heartbeat.
	for bot.Count("eto.heartbeat") == 0 {
		s.Tick(s.Tick(s.Now()))
		bot.Poll()
	}
	fmt.Println("heartbeat after", (s.Now()-sim.Beginning)/1e9, "s")
	// Output:
	// accepted 1 - live 1
	// heartbeat after 10 s
}

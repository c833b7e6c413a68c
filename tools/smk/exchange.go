package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
)

// exchangeCommand is the other half of the demo: it says where it listens, serves until its
// standard input ends, and then says what it knows of the demo's account.
type exchangeCommand struct {
	Addr string `default:"127.0.0.1:0"`
	Seed uint64 `default:"1"`
}

// hello is what the exchange says first: how to log in and what to trade.
type hello struct {
	Address  string `json:"address"`
	Username string `json:"username"`
	Password string `json:"password"`
	Market   uint32 `json:"market"`
	Contract uint32 `json:"contract"`
}

// truth is what the exchange says last.
type truth struct {
	Orders int    `json:"orders"` // that it accepted
	Live   int    `json:"live"`
	Bought uint64 `json:"bought"` // payoff of all fills of the orders to buy, 1/10000
	Sold   uint64 `json:"sold"`
	Net    int64  `json:"net"`  // position in the contract, 1/10000
	Cash   int64  `json:"cash"` // received less paid, 1e-8
}

// How lively the demo's exchange is. The rate of the other participants is high so that a demo of a
// few seconds has fills; the throttle is far above what one connection can send.
const (
	demoLife  = 4000
	demoRate  = 1_000_000
	demoBurst = 2000
	demoTick  = time.Millisecond
)

// Run serves until the standard input ends.
func (c *exchangeCommand) Run(ctx context.Context, std stdio) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	config := sim.DefaultConfig()
	config.Seed = c.Seed
	config.Life.Rate = demoLife
	config.Throttle = sim.Throttle{Rate: demoRate, Burst: demoBurst, Tick: demoTick}
	server, err := sim.Listen(c.Addr, config)
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	out := json.NewEncoder(std.out)
	err = out.Encode(hello{server.Addr().String(), sim.DemoUsername, sim.DemoPassword, sim.DemoMarket, sim.DemoHome})
	if err == nil {
		_, err = io.Copy(io.Discard, std.in)
	}
	var t truth
	if err == nil {
		server.Do(func(s *sim.Sim) { t = truthOf(s) })
	}
	cancel()
	err = errors.Join(err, <-served, server.Close())
	if err != nil {
		return err
	}
	return out.Encode(t)
}

// truthOf reads the demo account's orders and position.
func truthOf(s *sim.Sim) (t truth) {
	for _, o := range s.Exchange.Orders(sim.DemoUsername) {
		t.Orders++
		if o.Available > 0 {
			t.Live++
		}
		switch o.Side {
		case msg.SideBuy:
			t.Bought += o.Executed
		case msg.SideSell:
			t.Sold += o.Executed
		}
	}
	account, _ := s.Exchange.Truth(sim.DemoUsername)
	for _, p := range account.Positions {
		if p.Market == sim.DemoMarket && p.Contract == sim.DemoHome {
			t.Net, t.Cash = p.Net, int64(p.Flow)
		}
	}
	return t
}

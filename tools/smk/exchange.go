package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/script"
)

// exchangeCommand is the other half of the demo: it says where it listens, plays the match from the
// first byte on its standard input on, serves until that ends, and then says what it knows of the
// demo's account.
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

// How lively the demo's exchange is. Its clock runs fast and the other participants act often, so
// that a demo of a second has fills, a goal and what follows from it; the throttle is far above what
// one connection can send.
const (
	demoSpeed = 20
	demoLife  = 200 // actions in a second of the exchange's time
	demoRate  = 1_000_000
	demoBurst = 2000
	demoTick  = time.Millisecond
)

// goal is what happens in the demo's market, on the exchange's clock.
//
//go:embed goal.txt
var goal []byte

// Run serves until the standard input ends.
func (c *exchangeCommand) Run(ctx context.Context, std stdio) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	config := sim.DefaultConfig()
	config.Seed = c.Seed
	config.Agents.Rate = demoLife
	config.Throttle = sim.Throttle{Rate: demoRate, Burst: demoBurst, Tick: demoTick}
	config.Speed = demoSpeed
	match, err := script.Parse("goal.txt", goal)
	if err == nil {
		err = errors.Join(match.Apply(&config), match.Check(config))
	}
	if err != nil {
		panic("BUG: smk: the demo's scenario: " + err.Error())
	}
	server, err := sim.Listen(c.Addr, config)
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	out := json.NewEncoder(std.out)
	err = out.Encode(hello{server.Addr().String(), sim.DemoUsername, sim.DemoPassword, sim.DemoMarket, sim.DemoHome})
	if err == nil {
		err = untilEOF(std.in, func() {
			server.Do(func(s *sim.Sim) { match.Start(s, nil, nil) })
		})
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

// untilEOF calls begin when the first byte arrives and returns when the input ends.
func untilEOF(in io.Reader, begin func()) error {
	switch _, err := io.ReadFull(in, make([]byte, 1)); err {
	case nil:
		begin()
	case io.EOF:
		return nil
	default:
		return err
	}
	_, err := io.Copy(io.Discard, in)
	return err
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

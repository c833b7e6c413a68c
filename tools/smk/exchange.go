package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/fault"
	"github.com/smk-go/smk/sim/script"
)

// exchangeCommand is the other half of the demo: it says where it listens, plays the match from the
// first byte on its standard input on, serves until that ends, and then says what it knows of the
// demo's account.
type exchangeCommand struct {
	Addr string `default:"127.0.0.1:0"`
	Seed uint64 `default:"1"`

	Scenario string  `default:"goal"`
	Speed    float64 `default:"20"`
}

// hello is what the exchange says first: how to log in and what to trade.
type hello struct {
	Address  string `json:"address"`
	Username string `json:"username"`
	Password string `json:"password"`
	Market   uint32 `json:"market"`

	Contracts []named        `json:"contracts"` // of the market
	Markets   []listedMarket `json:"markets"`   // all of them
}

// listedMarket is a market with its contracts.
type listedMarket struct {
	ID        uint32  `json:"id"`
	Contracts []named `json:"contracts"`
}

// allNames returns the names of the contracts of all markets.
func (h *hello) allNames() map[uint32]string {
	names := make(map[uint32]string)
	for _, m := range h.Markets {
		for _, c := range m.Contracts {
			names[c.ID] = c.Name
		}
	}
	return names
}

// named is a contract.
type named struct {
	ID   uint32 `json:"id"`
	Name string `json:"name"`
}

// names returns the names of contracts by their ids.
func (h *hello) names() map[uint32]string {
	names := make(map[uint32]string)
	for _, c := range h.Contracts {
		names[c.ID] = c.Name
	}
	return names
}

// truth is what the exchange says last.
type truth struct {
	Orders int    `json:"orders"` // that it accepted
	Live   int    `json:"live"`
	Bought uint64 `json:"bought"` // payoff of all fills of the orders to buy, 1/10000
	Sold   uint64 `json:"sold"`

	Positions []holding `json:"positions"` // in every contract of the market, provisional fills included
	Money     money     `json:"money"`
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

// kickOffText is how the demo's market begins, and goalText what happens in it when the bot asks for it, on the
// exchange's clock.
var (
	//go:embed kickoff.txt
	kickOffText []byte
	//go:embed goal.txt
	goalText []byte
)

// A match is for people to look at: as much happens as they can follow, whatever its speed. The limits are those of an
// account that the exchange lets do a good deal.
const (
	matchLife  = 120 // actions in a second of real time
	matchRate  = 200
	matchBurst = 400
	matchTick  = 200 * time.Millisecond
)

// matchText is what happens in a match.
//
//go:embed match.txt
var matchText []byte

// Run serves until the standard input ends.
func (c *exchangeCommand) Run(ctx context.Context, std stdio) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	config := sim.DefaultConfig()
	config.Seed = c.Seed
	config.Agents.Rate = demoLife
	config.Throttle = sim.Throttle{Rate: demoRate, Burst: demoBurst, Tick: demoTick}
	config.Speed = demoSpeed
	begin, goal := scenarioOf("kickoff.txt", kickOffText), scenarioOf("goal.txt", goalText)
	if c.Scenario == scenarioMatch {
		begin, goal = scenarioOf("match.txt", matchText), new(script.Scenario)
		config.Speed = c.Speed
		config.Agents.Rate = max(int(matchLife/c.Speed), 1)
		config.Throttle = sim.Throttle{Rate: matchRate, Burst: matchBurst, Tick: matchTick}
	}
	err := errors.Join(begin.Apply(&config), goal.Apply(&config))
	if err = errors.Join(err, begin.Check(config), goal.Check(config)); err != nil {
		panic("BUG: smk: the demo's scenario: " + err.Error())
	}
	server, err := sim.Listen(c.Addr, config)
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	out := json.NewEncoder(std.out)
	h := helloOf(server.Addr().String(), &config)
	err = out.Encode(h)
	if err == nil {
		err = untilEOF(std.in, map[byte]func(*sim.Sim){
			askKickOff: func(s *sim.Sim) { begin.Start(s, nil, nil) },
			askGoal:    func(s *sim.Sim) { goal.Start(s, nil, nil) },
			askCut: func(s *sim.Sim) {
				for _, c := range s.Faults.Conns() {
					c.Force(fault.Cut, 1)
				}
			},
		}, func(what byte, f func(*sim.Sim)) error {
			server.Do(f)
			return out.Encode(string(what))
		})
	}
	var t truth
	if err == nil {
		server.Do(func(s *sim.Sim) { t = truthOf(s, &h) })
	}
	cancel()
	err = errors.Join(err, <-served, server.Close())
	if err != nil {
		return err
	}
	return out.Encode(t)
}

// scenarioOf parses a scenario of the demo's.
func scenarioOf(name string, text []byte) *script.Scenario {
	s, err := script.Parse(name, text)
	if err != nil {
		panic("BUG: smk: the demo's scenario: " + err.Error())
	}
	return s
}

// What the bot asks for, by one byte on the standard input. It is answered by the same once it is done.
const (
	askKickOff = 'k' // the match begins
	askGoal    = 'g' // a goal falls soon, unless the whole match is played
	askCut     = 'c' // connections break in the middle of the next message from the exchange
)

// untilEOF does what the bytes of the input ask for and returns when it ends.
func untilEOF(in io.Reader, actions map[byte]func(*sim.Sim), do func(byte, func(*sim.Sim)) error) error {
	var b [1]byte
	for {
		switch _, err := io.ReadFull(in, b[:]); {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case actions[b[0]] == nil:
			return fmt.Errorf("nothing is asked for by %q", b[0])
		}
		if err := do(b[0], actions[b[0]]); err != nil {
			return err
		}
	}
}

// helloOf says what the configured exchange can be traded by.
func helloOf(address string, config *sim.Config) hello {
	h := hello{Address: address, Username: sim.DemoUsername, Password: sim.DemoPassword, Market: sim.DemoMarket}
	for _, m := range config.Markets {
		listed := listedMarket{ID: m.ID}
		for _, c := range m.Contracts {
			listed.Contracts = append(listed.Contracts, named{c.ID, c.Name})
		}
		if h.Markets = append(h.Markets, listed); m.ID == sim.DemoMarket {
			h.Contracts = listed.Contracts
		}
	}
	return h
}

// truthOf reads the demo account's orders, positions and money.
func truthOf(s *sim.Sim, h *hello) (t truth) {
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
	for _, c := range h.Contracts {
		held := holding{Contract: c.ID, Name: c.Name}
		for _, p := range account.Positions {
			if p.Market == h.Market && p.Contract == c.ID {
				held.Net, held.Cash = p.Net+p.PendingNet, int64(p.Flow+p.PendingFlow)
			}
		}
		t.Positions = append(t.Positions, held)
	}
	t.Money = money{
		int64(account.Cash), int64(account.Available), int64(account.Resting + account.Matched + account.Pending),
	}
	return t
}

package sim

import (
	"runtime"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

func createRequest(side msg.Side, quantity uint64, price uint32) exchange.Create {
	return exchange.Create{Market: DemoMarket, Contract: DemoHome, Side: side, Quantity: quantity, Price: price}
}

func danger(s msg.RunningballState) exchange.Notification {
	return exchange.Notification{State: s, Details: "corner", Period: msg.RunningballPeriodFirsthalf, Playtime: 60000}
}

// waitForConns waits until a server has this many connections.
func waitForConns(s *Server, want int) {
	for n := -1; n != want; runtime.Gosched() {
		s.Do(func(*Sim) { n = len(s.conns) })
	}
}

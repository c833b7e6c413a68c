package sim

import (
	"runtime"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/core"
)

func createRequest(side msg.Side, quantity uint64, price uint32) core.Create {
	return core.Create{Market: DemoMarket, Contract: DemoHome, Side: side, Quantity: quantity, Price: price}
}

func danger(s msg.RunningballState) core.Notification {
	return core.Notification{State: s, Details: "corner", Period: msg.RunningballPeriodFirsthalf, Playtime: 60000}
}

// waitForConns waits until a server has so many connections.
func waitForConns(v *Server, want int) {
	for n := -1; n != want; runtime.Gosched() {
		v.Do(func(*Sim) { n = len(v.conns) })
	}
}

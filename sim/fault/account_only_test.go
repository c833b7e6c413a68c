package fault_test

import (
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/fault"
)

// With AccountOnly only messages of the account come late: not those of a book, not what is repeated after a login, and
// none after a balance_changed that it was before.
func TestAccountOnly(t *testing.T) {
	plan := fault.Plan{DelayMax: time.Hour, AccountOnly: true}.With(fault.Million, fault.DelayBefore)
	if parsed, err := fault.Parse(plan.String()); err != nil || parsed != plan {
		t.Errorf("%v is parsed as %v (%v)", plan, parsed, err)
	}
	w := newWorld(t, quiet())
	w.sim.Faults.Set(plan)
	w.login()
	w.Subscribe(sim.DemoMarket)
	w.create(w.Bot, msg.SideBuy, 3000)
	w.Poll()
	w.counts("market_quotes=1 contract_quotes=1 order_accepted=0")

	w.Disconnect() // what is held is lost with the connection
	w.Login(1)
	w.Poll()
	w.counts("eto.login_response=2 order_accepted=1")

	w.sim.Exchange.Submit("rival", sell(5_000, 3000)) // a part is filled
	w.Poll()
	w.counts("order_executed=0")
	if err := w.sim.Exchange.Settle(sim.DemoMarket, "over", sim.DemoHome); err != nil {
		t.Fatal(err)
	}
	w.Poll()
	w.counts("order_executed=1 order_cancelled=1 balance_changed=1")
}

package main

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
)

// An exchange that is killed has forgotten nothing that it said; one that ended has not either.
func TestSimState(t *testing.T) {
	accounts := func(p *simProcess) []accountTruth {
		all, _ := p.get("")
		return all.Accounts
	}
	state := filepath.Join(t.TempDir(), "state")
	args := []string{"--state=" + state, "--state-every=0s", "--life=0", "--truth=127.0.0.1:0"}
	p := startSim(t, args...)
	l := p.dial(nil)
	l.login(sim.DemoUsername, sim.DemoPassword)
	l.send(func(m *msg.Payload) {
		o := m.MutableOrderCreate()
		o.SetSide(msg.SideBuy)
		o.SetQuantity(10_000)
		o.SetPrice(2500)
		o.SetMarketId(sim.DemoMarket)
		o.SetContractId(sim.DemoHome)
	})
	for m := l.next(); !m.HasOrderAccepted(); m = l.next() {
	}
	told := accounts(p)
	if told[0].Live != 1 || told[0].AccountSequence != 1 {
		t.Fatalf("told %+v", told)
	}
	p.cmd.Process.Kill()
	p.cmd.Wait()

	p = startSim(t, args...)
	if now := accounts(p); !reflect.DeepEqual(now, told) {
		t.Errorf("told %+v, now %+v", told, now)
	}
	p.cmd.Process.Signal(os.Interrupt)
	if err := p.cmd.Wait(); err != nil || p.err.Len() > 0 {
		t.Fatalf("%v, said %q", err, p.err.String())
	}
	args[1] = "--state-every=1h" // written in the end
	p = startSim(t, args...)
	if now := accounts(p); !reflect.DeepEqual(now, told) {
		t.Errorf("told %+v, now %+v", told, now)
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/alecthomas/kong"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/sim"
)

// observeTexts are those of flags and commands whose declarations have no room for them.
var observeTexts = kong.Vars{
	"observe_sim": "Watch a running smk sim by a session of its own, which only looks.",
}

// observerFlags say which simulator is watched and as whom.
type observerFlags struct {
	Sim      string   `placeholder:"HOST:PORT" help:"${observe_sim}"`
	User     string   `default:"demo" help:"Account to watch with --sim (${default}): its orders and money are shown."`
	Password string   `default:"demo" env:"SMK_PASSWORD" help:"Its password."`
	Market   []uint32 `placeholder:"ID" help:"Markets to watch with --sim; without it those of the football match."`
}

// observerKeep is how much of what an observer sees is kept.
const observerKeep = 256 << 20

// loginTimeout is how long the first login may take.
const loginTimeout = 10 * time.Second

// observe logs in to the simulator, subscribes and records what it sees in a temporary folder, which stop removes.
func (f *observerFlags) observe(ctx context.Context) (dir string, stop func(), err error) {
	markets := f.Market
	if len(markets) == 0 {
		markets = []uint32{sim.DemoMarket, sim.DemoMarket + 1}
	}
	if dir, err = os.MkdirTemp("", "smk-observer-"); err != nil {
		return "", nil, err
	}
	remove := func() { _ = os.RemoveAll(dir) }
	e, err := engine.New(engine.Config{
		Address: f.Sim, DisableTLS: true,
		Session: session.Config{Username: f.User, Password: f.Password, AccountFromStart: true},
		Journal: journal.Config{
			Dir: dir, Name: "observer of " + f.User + " at " + f.Sim, Durability: journal.SyncNone,
			KeepBytes: observerKeep,
		},
		OnStop: engine.StopLeave,
	})
	if err != nil {
		remove()
		return "", nil, err
	}
	loggedIn, first := make(chan error, 1), true
	e.OnLoggedIn(func(*engine.Event) {
		if first { // later ones restore what was subscribed to
			first = false
			loggedIn <- subscribeAll(e, markets)
		}
	})
	e.OnState(func(ev *engine.Event) {
		if first && ev.State == session.Disconnected { // nobody waits for a simulator that is not there
			first = false
			loggedIn <- fmt.Errorf("--sim: no login at %s: %w", f.Sim, ev.Cause)
		}
	})
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	stop = func() {
		e.Stop()
		<-ended
		remove()
	}
	timer := time.NewTimer(loginTimeout)
	defer timer.Stop()
	select {
	case err = <-loggedIn:
		if err != nil {
			stop()
			return "", nil, err
		}
		return dir, stop, nil
	case err = <-ended:
		if err == nil {
			err = errors.New("the observer ended")
		}
	case <-timer.C:
		err = fmt.Errorf("--sim: no login at %s within %v", f.Sim, loginTimeout)
		e.Stop()
		<-ended
	}
	remove()
	return "", nil, err
}

func subscribeAll(e *engine.Engine, markets []uint32) error {
	for _, id := range markets {
		var m msg.MarketSubscribe
		m.SetMarketId(id)
		if _, err := e.SendMarketSubscribe(&m); err != nil {
			return err
		}
	}
	return nil
}

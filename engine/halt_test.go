package engine_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/fault"
)

// halting runs a bot with a trading state against the simulator, and collects the events of its risk checks.
func halting(t *testing.T, change func(*engine.Config), test func(*tradingDay, *running, *sim.Server)) {
	t.Helper()
	onExchange(t, nil, func(t *testing.T, server *sim.Server, config engine.Config) {
		config.Session.AccountFromStart, config.OnStop = true, engine.StopLeave
		if change != nil {
			change(&config)
		}
		d := &tradingDay{t: t}
		r := startInBubble(t, config, func(e *engine.Engine) {
			d.Engine = e
			e.OnRisk(func(ev risk.Event) {
				d.riskMu.Lock()
				defer d.riskMu.Unlock()
				d.risk = append(d.risk, ev)
			})
		})
		test(d, r, server)
	})
}

// kinds returns what the events of the risk checks are, a mode or a state of the kill switch.
func (d *tradingDay) kinds() (kinds []string) {
	for _, ev := range d.riskEvents() {
		switch ev.Kind {
		case risk.ModeChanged:
			kinds = append(kinds, ev.Mode.String())
		case risk.KillChanged:
			kinds = append(kinds, ev.Kill.String())
		default:
			kinds = append(kinds, ev.Kind.String())
		}
	}
	return kinds
}

// riskEvents returns the events so far.
func (d *tradingDay) riskEvents() []risk.Event {
	d.riskMu.Lock()
	defer d.riskMu.Unlock()
	return slices.Clone(d.risk)
}

func (d *tradingDay) forgetRisk() {
	d.riskMu.Lock()
	defer d.riskMu.Unlock()
	d.risk = nil
}

// TestHaltFromAnyGoroutine halts while a handler goes on to place orders: the next is refused. Then all are cancelled
// without anything else happening, and the events say so.
func TestHaltFromAnyGoroutine(t *testing.T) {
	halting(t, func(c *engine.Config) { c.SubmitSlots = 8 }, func(d *tradingDay, r *running, server *sim.Server) {
		advance(time.Second)
		d.do(r, func() {
			for range 3 {
				if _, err := d.Place(limit(odds.Buy, 1000)); err != nil {
					d.t.Error(err)
				}
			}
			for d.Submitter().Do(func() {}, nil) == nil { // the queue is full
			}
			halted := make(chan error)
			go func() { halted <- d.Halt("a goroutine") }()
			if err := <-halted; err != nil {
				d.t.Error(err)
			}
			if _, err := d.Place(limit(odds.Buy, 1000)); !errors.Is(err, risk.LimitHalted) {
				d.t.Errorf("Place: %v", err)
			}
			if s := d.Mode(); s.Mode != risk.Halted || s.Cause.Reason != "a goroutine" {
				d.t.Errorf("%+v", s)
			}
		})
		advance(10 * time.Millisecond)
		if n := liveOrders(d.t, server); n != 0 {
			d.t.Errorf("%d orders", n)
		}
		if want := []string{"halted", "asking", "waiting", "flat"}; !slices.Equal(d.kinds(), want) {
			d.t.Errorf("events %v, want %v", d.kinds(), want)
		}
		d.do(r, func() {
			if err := d.Resume("test"); err != nil {
				d.t.Error(err)
			}
			if _, err := d.Place(limit(odds.Buy, 1000)); err != nil {
				d.t.Error(err)
			}
		})
		advance(time.Hour) // the loop sleeps
		d.forgetRisk()
		if err := d.Halt("asleep"); err != nil {
			d.t.Error(err)
		}
		advance(10 * time.Millisecond)
		if n := liveOrders(d.t, server); n != 0 {
			d.t.Errorf("%d orders after a halt of a loop that sleeps", n)
		}
		if want := []string{"halted", "asking", "waiting", "flat"}; !slices.Equal(d.kinds(), want) {
			d.t.Errorf("events %v, want %v", d.kinds(), want)
		}
	})
}

// TestHaltBeforeRun halts before the first login, and after the end.
func TestHaltBeforeRun(t *testing.T) {
	onExchange(t, nil, func(t *testing.T, _ *sim.Server, config engine.Config) {
		config.OnStop = engine.StopLeave
		refused := 0
		r := startInBubble(t, config, func(e *engine.Engine) {
			if err := e.Halt("first"); err != nil {
				t.Error(err)
			}
			if err := e.Halt("second"); err != nil {
				t.Error(err)
			}
			e.OnLoggedIn(func(*engine.Event) {
				if _, err := e.Place(limit(odds.Buy, 1000)); errors.Is(err, risk.LimitHalted) {
					refused++
				}
			})
		})
		advance(time.Minute)
		r.Stop()
		if err := r.wait(); err != nil {
			t.Error(err)
		}
		if s := r.Mode(); refused != 1 || s.Mode != risk.Halted || s.Cause.Reason != "first" {
			t.Errorf("%d refused, %+v", refused, s)
		}
		if err := errors.Join(r.Close(), r.Halt("ended")); err != nil {
			t.Error(err)
		}
		config.State.Disable = true
		e, err := engine.New(config)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Halt("no state"); err != engine.ErrNoState {
			t.Errorf("Halt without a state: %v", err)
		}
		e.Beat()
		_ = e.Close()
	})
}

// TestHaltFile halts while a file is there, from New on, and does not resume before it is gone.
func TestHaltFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "halt")
	touch := func() {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	remove := func() {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	touch()
	set := func(c *engine.Config) { c.State.HaltFile = path }
	halting(t, set, func(d *tradingDay, r *running, _ *sim.Server) {
		resume := func(want error) {
			d.t.Helper()
			d.do(r, func() {
				if err := d.Resume("test"); err != want {
					d.t.Errorf("Resume: %v, want %v", err, want)
				}
			})
		}
		advance(time.Second)
		if s := d.riskEvents(); len(s) == 0 || s[0].Mode != risk.Halted || s[0].Cause.Trigger != risk.TriggerFile {
			d.t.Errorf("at start: %+v", s)
		}
		resume(engine.ErrHaltFile)
		remove()
		advance(engine.HaltFilePeriod)
		resume(nil)
		advance(time.Minute)
		d.forgetRisk()
		touch()
		advance(engine.HaltFilePeriod)
		if len(d.riskEvents()) == 0 || d.riskEvents()[0].Cause.Trigger != risk.TriggerFile {
			d.t.Errorf("events %+v", d.riskEvents())
		}
		remove()
		advance(engine.HaltFilePeriod)
		resume(nil)
	})
	// A directory that is not there, or is none, cannot be read.
	for _, bad := range []string{filepath.Join(dir, "none", "halt"), filepath.Join(dir, "file", "halt")} {
		if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		halting(t, func(c *engine.Config) { c.State.HaltFile = bad }, func(d *tradingDay, r *running, _ *sim.Server) {
			advance(time.Second)
			d.do(r, func() {
				if s := d.Mode(); s.Mode != risk.Halted || s.Cause.Trigger != risk.TriggerFile {
					d.t.Errorf("%s: %+v", bad, s)
				}
			})
		})
	}
}

// TestHaltSettings refuses settings that could not work.
func TestHaltSettings(t *testing.T) {
	for _, state := range []engine.StateConfig{
		{Disable: true, HaltFile: "halt"},
		{Disable: true, HaltSignals: []os.Signal{os.Interrupt}},
		{HaltIncomplete: order.NotCaughtUp | order.SequenceReset},
		{HaltSignals: []os.Signal{nil}},
		{HaltSignals: []os.Signal{os.Kill}},
		{HaltFilePeriod: time.Second},
		{HaltFile: "halt", HaltFilePeriod: time.Millisecond},
		{HaltFile: "halt", HaltFilePeriod: -time.Second},
		{HaltFile: "halt", HaltFilePeriod: 25 * time.Hour},
	} {
		config := engine.Config{State: state}
		config.Session.Username, config.Session.Password = "user", "secret"
		var wrong *engine.ConfigError
		if e, err := engine.New(config); !errors.As(err, &wrong) {
			t.Errorf("%+v: %v", state, err)
			_ = e.Close()
		}
	}
}

// TestWatchdog beats, from another goroutine than the loop's, while the loop is busy, and not at all.
func TestWatchdog(t *testing.T) {
	const period = time.Second
	watched := func(c *engine.Config) { c.State.Risk.Watchdog = period }
	halting(t, watched, func(d *tradingDay, r *running, server *sim.Server) {
		for range 100 {
			advance(period / 10)
			d.Beat()
		}
		d.do(r, func() {
			for range 30 { // the loop is busy, and others beat
				wait := make(chan struct{})
				go func() {
					<-time.After(period / 10)
					d.Beat()
					close(wait)
				}()
				<-wait
			}
			if _, err := d.Place(limit(odds.Buy, 1000)); err != nil {
				d.t.Errorf("while others beat: %v", err)
			}
		})
		advance(period / 2)
		if d.riskEvents() != nil {
			d.t.Errorf("events %v", d.kinds())
		}
		d.do(r, func() { // the process is stopped in a handler
			<-time.After(period)
			go d.Beat() // too late
			<-time.After(period / 10)
			if _, err := d.Place(limit(odds.Buy, 1000)); !errors.Is(err, risk.LimitHalted) {
				d.t.Errorf("an order after the stop: %v", err)
			}
		})
		advance(time.Millisecond)
		want := []string{"watchdog expired", "halted", "asking", "waiting", "flat"}
		if !slices.Equal(d.kinds(), want) || liveOrders(d.t, server) != 0 {
			d.t.Errorf("events %v, %d orders", d.kinds(), liveOrders(d.t, server))
		}
		for range 30 {
			advance(period / 10)
			d.Beat() // does not resume
		}
		d.forgetRisk()
		d.do(r, func() {
			if _, err := d.Place(limit(odds.Buy, 1000)); !errors.Is(err, risk.LimitHalted) {
				d.t.Errorf("an order after a late beat: %v", err)
			}
			if err := d.Resume("test"); err != nil {
				d.t.Error(err)
			}
		})
		advance(period * 9 / 10) // its whole time
		if want := []string{"active"}; !slices.Equal(d.kinds(), want) {
			d.t.Errorf("events %v", d.kinds())
		}
		advance(period / 5) // nobody beats, and nothing happens: the loop wakes by itself
		want = []string{"active", "watchdog expired", "halted"}
		if len(d.riskEvents()) < 3 || !slices.Equal(d.kinds()[:3], want) {
			d.t.Errorf("events %v", d.kinds())
		}
	})
}

// TestWatchdogBegins opens no connection for long: the watchdog begins with the login.
func TestWatchdogBegins(t *testing.T) {
	var down atomic.Bool
	down.Store(true)
	halting(t, func(c *engine.Config) {
		c.State.Risk.Watchdog = time.Second
		dial := c.Dial
		c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if down.Load() {
				return nil, errors.New("down, for the test")
			}
			return dial(ctx, network, address)
		}
	}, func(d *tradingDay, r *running, _ *sim.Server) {
		d.Beat()
		advance(time.Hour)
		down.Store(false)
		for loggedIn := false; !loggedIn; {
			advance(time.Millisecond)
			d.do(r, func() { loggedIn = d.State().LoggedIn() })
		}
		advance(time.Second - 100*time.Millisecond)
		d.do(r, func() {
			if len(d.riskEvents()) != 0 {
				d.t.Errorf("events %v", d.kinds())
			}
		})
		advance(200 * time.Millisecond)
		if len(d.riskEvents()) == 0 || d.riskEvents()[0].Kind != risk.WatchdogExpired {
			d.t.Errorf("events %v", d.kinds())
		}
	})
}

// TestHaltRetry has an exchange that does not carry out an order_cancel_all for a while: the switch gives up, and
// begins again by itself.
func TestHaltRetry(t *testing.T) {
	quick := func(c *engine.Config) {
		c.State.Risk.CancelAllTries, c.State.Risk.CancelAllRetry = 2, 100*time.Millisecond
	}
	halting(t, quick, func(d *tradingDay, r *running, server *sim.Server) {
		advance(time.Second)
		d.do(r, func() {
			if _, err := d.Place(limit(odds.Buy, 1000)); err != nil {
				d.t.Error(err)
			}
		})
		advance(time.Second)
		server.Do(func(s *sim.Sim) { s.Faults.Set(fault.Plan{}.With(fault.Million, fault.Unheard)) })
		if err := d.Halt("test"); err != nil {
			d.t.Error(err)
		}
		check := func(want []string, orders int) {
			d.t.Helper()
			d.do(r, func() {
				if !slices.Equal(d.kinds(), want) || liveOrders(d.t, server) != orders {
					d.t.Errorf("events %v, %d orders", d.kinds(), liveOrders(d.t, server))
				}
			})
		}
		advance(engine.HaltRetry + time.Second)
		want := []string{"halted", "asking", "waiting", "gave up", "asking", "waiting", "gave up"}
		check(want, 1)
		server.Do(func(s *sim.Sim) { s.Faults.Set(fault.Plan{}) })
		advance(engine.HaltRetry) // the next pause is twice as long
		check(want, 1)
		advance(engine.HaltRetry)
		want = append(want, "asking", "waiting", "flat")
		check(want, 0)
	})
}

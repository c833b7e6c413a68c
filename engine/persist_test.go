package engine_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/internal/statefile"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
)

// withFile returns settings with a file.
func withFile(file string) engine.Config {
	return engine.Config{
		Address: "exchange.test:3801", DisableTLS: true, OnStop: engine.StopLeave,
		Session: session.Config{Username: sim.DemoUsername, Password: sim.DemoPassword},
		State:   engine.StateConfig{File: file},
	}
}

// TestPersistSettings: settings that contradict a file are refused, and the file is not made.
func TestPersistSettings(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state")
	for field, change := range map[string]func(*engine.Config){
		"State.File": func(c *engine.Config) { c.State.File, c.State.DurableIntents = "", true },
		"State.Account": func(c *engine.Config) {
			c.Session.Username, c.Session.Password, c.Session.Token = "", "", "token"
		},
		"State.SaveEvery":       func(c *engine.Config) { c.State.SaveEvery = -1 },
		"State.OnSaveFailed":    func(c *engine.Config) { c.State.OnSaveFailed = 9 },
		"Session.ReferenceBase": func(c *engine.Config) { c.Session.ReferenceBase = 1 },
		"State.File ":           func(c *engine.Config) { c.Session.AccountSequence = 1 },
		"State.File  ":          func(c *engine.Config) { c.Session.Resume = session.ResumeNone },
		"State.File   ":         func(c *engine.Config) { c.State.Disable = true },
	} {
		c := withFile(file)
		change(&c)
		_, err := engine.New(c)
		var typed *engine.ConfigError
		if !errors.As(err, &typed) || typed.Field != strings.TrimSpace(field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	if names, _ := filepath.Glob(file + "*"); len(names) > 0 {
		t.Errorf("%v were made", names)
	}
}

// TestPersistRefused: New refuses files that it cannot use, says what and where, and leaves them as they are.
func TestPersistRefused(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "state")
	open := func(change func(*engine.Config)) error {
		c := withFile(file)
		if change != nil {
			change(&c)
		}
		e, err := engine.New(c)
		if err == nil {
			err = e.Close()
		}
		return err
	}
	if err := open(nil); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(good, []byte(sim.DemoUsername)) || bytes.Contains(good, []byte(sim.DemoPassword)) {
		t.Error("the file has a credential")
	}
	refused := func(what string, content []byte, want error, change func(*engine.Config)) {
		t.Helper()
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		err := open(change)
		var typed *engine.StateFileError
		if !errors.As(err, &typed) || want != nil && !errors.Is(err, want) || typed.Path != file || typed.Text == "" {
			t.Errorf("%s: %v", what, err)
		}
		if after, err := os.ReadFile(file); err != nil || !bytes.Equal(after, content) {
			t.Errorf("%s: the file was changed", what)
		}
	}
	refused("another account", good, engine.ErrStateForeign, func(c *engine.Config) { c.State.Account = "else" })
	refused("another address", good, engine.ErrStateForeign, func(c *engine.Config) { c.Address = "other.test:3801" })
	refused("empty", nil, engine.ErrStateDamaged, nil)
	for n := 0; n < len(good); n += 1 + len(good)/200 {
		b := bytes.Clone(good)
		b[n] ^= 4
		refused(fmt.Sprint("changed at ", n), b, nil, nil)
		refused(fmt.Sprint("cut at ", n), good[:n], engine.ErrStateDamaged, nil)
	}
	if err := os.WriteFile(file, good, 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(withFile(file))
	if err != nil {
		t.Fatal(err)
	}
	if err := open(nil); !errors.Is(err, engine.ErrStateInUse) {
		t.Errorf("a second engine: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(file), os.WriteFile(file+".log0", []byte("x"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := open(nil); !errors.Is(err, engine.ErrStateDamaged) {
		t.Errorf("a log without its image: %v", err)
	}
	if err := open(func(c *engine.Config) { c.State.File = filepath.Join(dir, "none", "state") }); err == nil {
		t.Error("a folder that is not there")
	}
}

// TestPersistResumes: a first start says that there was nothing; the next knows the orders as its own, by their
// references, what happened meanwhile, and that it is complete. References go on where no run has been.
func TestPersistResumes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state")
	onExchange(t, nil, func(t *testing.T, server *sim.Server, config engine.Config) {
		config.State.File, config.OnStop = file, engine.StopLeave
		config.State.SaveEvery = time.Hour // the last image counts
		var references []uint64
		calls := 0
		r := startInBubble(t, config, func(e *engine.Engine) {
			caughtUp := false
			e.OnRecovery(func(r engine.Recovery) {
				if calls++; r.Found || !r.Done || caughtUp || r.Complete != (r.Cause == nil) {
					t.Errorf("first start: %+v", r)
				}
			})
			e.OnCaughtUp(func(*engine.Event) { caughtUp = true })
		})
		advance(time.Second)
		d := &tradingDay{t: t, Engine: r.Engine}
		d.do(r, func() {
			for _, price := range []odds.Price{2000, 2100, 2200} {
				p, err := d.Place(limit(odds.Buy, price))
				if err != nil {
					t.Error(err)
				}
				references = append(references, p.Reference())
			}
		})
		advance(time.Second)
		r.Stop()
		if err := r.wait(); err != nil {
			t.Error(err)
		}
		server.Do(func(s *sim.Sim) { s.Exchange.SubmitCancel(sim.DemoUsername, r.Order(references[0]).ID) })
		advance(time.Minute)

		var found engine.Recovery
		r = startInBubble(t, config, func(e *engine.Engine) {
			e.OnRecovery(func(r engine.Recovery) { calls, found = calls+1, r })
			r := e.Recovery()
			if !r.Found || r.Done || r.Live != 3 || r.Age < time.Minute || e.Completeness().Complete {
				t.Errorf("second start: %+v, %+v", r, e.Completeness())
			}
		})
		advance(time.Second)
		if found.Ended != 1 || !found.Complete || found.Cause != nil || len(found.Unknown) > 0 || calls != 2 {
			t.Errorf("second start: %+v, %d calls", found, calls)
		}
		d.Engine = r.Engine
		d.do(r, func() {
			if c := d.Completeness(); !c.Complete {
				t.Errorf("%+v", c)
			}
			if o := d.Order(references[0]); o.State != order.Cancelled || o.Foreign {
				t.Errorf("%+v", o)
			}
			if err := d.Placed(references[1]).Cancel(); err != nil {
				t.Error(err)
			}
			p, err := d.Place(limit(odds.Buy, 2300))
			if err != nil || p.Reference() <= references[2] {
				t.Errorf("%d after %d: %v", p.Reference(), references[2], err)
			}
		})
		advance(time.Second)
		if n := liveOrders(t, server); n != 2 {
			t.Errorf("%d live orders", n)
		}
	})
}

// breakingFS is a disk that can be made to fail and to be slow.
type breakingFS struct {
	statefile.OS
	images, intents atomic.Bool // fail
	slow            chan struct{}
}

func (fs *breakingFS) Open(name string, flag int) (statefile.File, error) {
	if fs.images.Load() && strings.HasSuffix(name, ".tmp") {
		return nil, errBroken
	}
	f, err := fs.OS.Open(name, flag)
	if err != nil {
		return nil, err
	}
	return &breakingFile{f, fs, strings.Contains(name, ".log")}, nil
}

var errBroken = errors.New("the disk is full")

type breakingFile struct {
	statefile.File
	fs  *breakingFS
	log bool
}

func (f *breakingFile) Sync() error {
	if f.log && f.fs.intents.Load() {
		return errBroken
	}
	if !f.log && f.fs.slow != nil {
		<-f.fs.slow
	}
	return f.File.Sync()
}

// saving runs a bot with a disk that can be broken, which quotes and has placed an order.
func saving(t *testing.T, change func(*engine.StateConfig), test func(*tradingDay, *running, *breakingFS, *[]error)) {
	file := filepath.Join(t.TempDir(), "state")
	onExchange(t, nil, func(t *testing.T, server *sim.Server, config engine.Config) {
		fs := new(breakingFS)
		config.State.File, config.OnStop = file, engine.StopLeave
		change(&config.State)
		engine.SetStateFS(&config, fs)
		d := &tradingDay{t: t}
		var saved []error
		r := startInBubble(t, config, func(e *engine.Engine) {
			d.Engine = e
			d.subscribe()
			e.OnSaved(func(err error) { saved = append(saved, err) })
		})
		advance(time.Second)
		d.do(r, func() {
			two := quote.Two{Bid: 3000, Ask: 7000, Size: 10_000}
			p, err := d.Place(limit(odds.Buy, 1000))
			if err := errors.Join(err, d.Quote(sim.DemoMarket, sim.DemoHome, two)); err != nil {
				t.Error(err)
			}
			d.placed = append(d.placed, p)
		})
		advance(5 * time.Second)
		if n := liveOrders(t, server); n != 3 || len(saved) > 0 {
			t.Fatalf("%d live orders, saved %v", n, saved)
		}
		test(d, r, fs, &saved)
		fs.images.Store(false)
		fs.intents.Store(false)
		r.Stop()
		if err := r.wait(); err != nil {
			t.Error(err)
		}
	})
}

// TestPersistHoldsOrders: while the state cannot be saved, quotes are pulled and orders refused, cancels are not; then
// all goes on.
func TestPersistHoldsOrders(t *testing.T) {
	saving(t, func(*engine.StateConfig) {}, func(d *tradingDay, r *running, fs *breakingFS, saved *[]error) {
		fs.images.Store(true)
		d.do(r, func() {
			if _, err := d.Place(limit(odds.Buy, 1100)); err != nil { // not known to fail yet
				d.t.Error(err)
			}
		})
		advance(5 * time.Second)
		d.do(r, func() {
			_, err := d.Place(limit(odds.Buy, 1200))
			var refused *engine.UnsavedError
			if !errors.As(err, &refused) || !errors.Is(err, errBroken) || !session.SafeToResend(err) {
				d.t.Errorf("Place: %v", err)
			}
			if err := d.placed[0].Cancel(); err != nil {
				d.t.Error(err)
			}
		})
		advance(5 * time.Second)
		live := func() (n int) {
			d.do(r, func() {
				for range d.Orders() {
					n++
				}
			})
			return n
		}
		if n := live(); n != 1 || len(*saved) != 1 || !errors.Is((*saved)[0], errBroken) {
			d.t.Errorf("%d orders, saved %v", n, *saved)
		}
		fs.images.Store(false)
		advance(10 * time.Second)
		if n := live(); n != 3 || len(*saved) != 2 || (*saved)[1] != nil {
			d.t.Errorf("afterwards %d orders, saved %v", n, *saved)
		}
	})
}

// TestPersistTradesUnsaved: with the other policy nothing is held.
func TestPersistTradesUnsaved(t *testing.T) {
	change := func(c *engine.StateConfig) { c.OnSaveFailed, c.DurableIntents = engine.TradeUnsaved, true }
	saving(t, change, func(d *tradingDay, r *running, fs *breakingFS, saved *[]error) {
		fs.images.Store(true)
		fs.intents.Store(true)
		for range 400 { // more than a group
			d.do(r, func() {
				if _, err := d.Place(limit(odds.Buy, 1100)); err != nil {
					d.t.Error(err)
				}
			})
			advance(20 * time.Millisecond)
		}
		if n := acceptedOrders(d, r); n != 403 || len(*saved) != 1 {
			d.t.Errorf("%d orders, saved %v", n, *saved)
		}
		fs.images.Store(false)
		fs.intents.Store(false)
		advance(10 * time.Second)
		if len(*saved) != 2 || (*saved)[1] != nil {
			d.t.Errorf("saved %v", *saved)
		}
	})
}

func acceptedOrders(d *tradingDay, r *running) (n int) {
	d.do(r, func() {
		for o := range d.Orders() {
			if o.State == order.Live {
				n++
			}
		}
	})
	return n
}

// TestPersistIntentFails: an order whose intent cannot be made durable does not leave, and is known not to have;
// cancels do.
func TestPersistIntentFails(t *testing.T) {
	change := func(c *engine.StateConfig) { c.DurableIntents = true }
	saving(t, change, func(d *tradingDay, r *running, fs *breakingFS, saved *[]error) {
		fs.images.Store(true)
		fs.intents.Store(true)
		var p engine.Placed
		d.do(r, func() {
			var err error
			if p, err = d.Place(limit(odds.Buy, 1100)); err != nil {
				d.t.Error(err)
			}
		})
		advance(5 * time.Second) // it reconnects
		d.do(r, func() {
			if o := p.Order(); o.State != order.NotPlaced {
				d.t.Errorf("%+v", *o)
			}
			if err := d.placed[0].Cancel(); err != nil {
				d.t.Error(err)
			}
		})
		advance(5 * time.Second)
		d.do(r, func() {
			if o := d.placed[0].Order(); o.State != order.Cancelled || len(*saved) != 1 {
				d.t.Errorf("%+v, saved %v", *o, *saved)
			}
		})
		fs.images.Store(false)
		advance(5 * time.Second)
		d.do(r, func() {
			if _, err := d.Place(limit(odds.Buy, 1100)); err == nil {
				d.t.Error("placed while intents cannot be written")
			}
		})
		fs.intents.Store(false)
		advance(10 * time.Second)
		d.do(r, func() {
			if _, err := d.Place(limit(odds.Buy, 1100)); err != nil || len(*saved) != 2 {
				d.t.Errorf("%v, saved %v", err, *saved)
			}
		})
	})
}

// TestPersistSlowDisk: while the disk does not answer the bot trades on; if it notes more than there is room for, the
// state is copied once, and what is written is right.
func TestPersistSlowDisk(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state")
	exchange, err := sim.Listen("127.0.0.1:0", sim.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer exchange.Close()
	go exchange.Serve(context.Background())
	config := withFile(file)
	config.Address, config.State.SaveEvery = exchange.Addr().String(), time.Millisecond
	fs := &breakingFS{slow: make(chan struct{}, 1)}
	fs.slow <- struct{}{} // the first image is not slow
	engine.SetStateFS(&config, fs)
	bot, err := engine.New(config)
	if err != nil {
		t.Fatal(err)
	}
	accepted, places := 0, 0
	place := func() {
		places++
		if _, err := bot.Place(limit(odds.Buy, 1000)); err != nil {
			t.Error(err)
			bot.Stop()
		}
	}
	bot.OnCaughtUp(func(*engine.Event) { place() })
	bot.OnOrder(func(_ *order.Order, ev *order.Event) {
		if ev.Kind != order.OrderAccepted {
			return
		}
		switch accepted++; accepted {
		case 100:
			engine.FillNotes(bot)
		case 150:
			close(fs.slow)
		}
		if accepted < 200 {
			place()
			return
		}
		if engine.Stale(bot) { // a busy machine's writer gets time to catch up, and the throttle has orders left
			if _, err := bot.After(5*time.Millisecond, place); err != nil {
				t.Error(err)
				bot.Stop()
			}
			return
		}
		if !engine.ReplicaAgrees(bot) {
			t.Error("what the writer has is not the state")
		}
		bot.Stop()
	})
	if err := bot.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	bot, err = engine.New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer bot.Close()
	n := 0
	for o := range bot.Orders() {
		if n++; o.Foreign {
			t.Errorf("%+v", *o)
		}
	}
	if n != places {
		t.Errorf("%d orders, %d were placed", n, places)
	}
}

// TestPersistLastImage: an engine that ends and cannot save says so, although all else was confirmed.
func TestPersistLastImage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state")
	fs := new(breakingFS)
	config := withFile(file)
	engine.SetStateFS(&config, fs)
	e, err := engine.New(config)
	if err != nil {
		t.Fatal(err)
	}
	fs.images.Store(true)
	_ = e.Close()
	if err := e.Run(t.Context()); !errors.Is(err, errBroken) {
		t.Errorf("Run: %v", err)
	}
	if e.ResolveOrder(1, order.Outcome{}) { // nothing is noted any more
		t.Error("resolved")
	}
	fs.images.Store(false)
	if e, err = engine.New(config); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	b, err := os.ReadFile(file)
	if run := binary.LittleEndian.Uint64(b[statefile.HeaderBytes+4:]); err != nil || run != 2 {
		t.Errorf("run %d, %v", run, err)
	}
}

package engine_test

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/internal/statefile"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
)

// TestPersistOrdersDamaged: an image whose checksums are right and whose orders make no sense is refused.
func TestPersistOrdersDamaged(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state")
	e, err := engine.New(withFile(file))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head := int(binary.LittleEndian.Uint32(b[statefile.HeaderBytes:]))
	store, err := statefile.Open(statefile.Config{
		FS: statefile.OS{}, Path: file, Owner: statefile.Owner(b[16:48]), Version: binary.LittleEndian.Uint32(b[12:]),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.Write(append(make([]byte, 0, len(b)), b[:statefile.HeaderBytes+head+1]...), 1)
	if err := errors.Join(err, store.Close()); err != nil {
		t.Fatal(err)
	}
	var refused *engine.StateFileError
	if _, err := engine.New(withFile(file)); !errors.As(err, &refused) || refused.Text != "orders" {
		t.Errorf("%v", err)
	}
}

// TestPersistDeadDisk: a disk that never answers keeps New, and the end of an engine, for a limited time.
func TestPersistDeadDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := make(chan struct{}, 8)
		config := withFile(filepath.Join(t.TempDir(), "state"))
		engine.SetStateFS(&config, &breakingFS{slow: slow})
		var refused *engine.StateFileError
		begun := time.Now()
		if _, err := engine.New(config); !errors.As(err, &refused) || time.Since(begun) > time.Minute {
			t.Errorf("New: %v after %v", err, time.Since(begun))
		}
		slow <- struct{}{} // the disk answers late
		synctest.Wait()
		slow <- struct{}{}
		e, err := engine.New(config)
		if err != nil {
			t.Fatal(err)
		}
		begun = time.Now()
		_ = e.Close()
		if err := e.Run(t.Context()); !errors.As(err, &refused) || time.Since(begun) > time.Minute {
			t.Errorf("Run: %v after %v", err, time.Since(begun))
		}
		slow <- struct{}{}
	})
}

// TestPersistSkipsHalfAState: a loop that does not go on, because a handler ended its goroutine, writes no last image:
// what it was doing may be half done.
func TestPersistSkipsHalfAState(t *testing.T) {
	n := newNetwork(t, "tcp", false, loopback(t))
	config := n.config()
	config.State.File = filepath.Join(t.TempDir(), "state")
	fs := new(breakingFS)
	engine.SetStateFS(&config, fs)
	e, err := engine.New(config)
	if err != nil {
		t.Fatal(err)
	}
	e.OnLoggedIn(func(*engine.Event) {
		fs.images.Store(true) // a last image would fail
		runtime.Goexit()
	})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = e.Run(t.Context())
	}()
	p := n.accept(t)
	p.login()
	p.wantEnd()
	<-ended
	if err := e.Poll(); !errors.Is(err, engine.ErrClosed) || errors.Is(err, errBroken) {
		t.Errorf("Poll afterwards: %v", err)
	}
}

// TestPersistLogWaitsForItsImage: a log that failed is written again once an image covers all of it, and not by one
// that was begun before the last request.
func TestPersistLogWaitsForItsImage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state")
	onExchange(t, nil, func(t *testing.T, server *sim.Server, config engine.Config) {
		fs := &breakingFS{slow: make(chan struct{}, 1000)}
		answer := func() { fs.slow <- struct{}{} }
		for range cap(fs.slow) {
			answer()
		}
		config.State.File, config.State.DurableIntents, config.OnStop = file, true, engine.StopLeave
		config.State.OnSaveFailed = engine.TradeUnsaved
		engine.SetStateFS(&config, fs)
		d := &tradingDay{t: t}
		saved := 0
		r := startInBubble(t, config, func(e *engine.Engine) {
			d.Engine = e
			e.OnSaved(func(error) { saved++ })
		})
		advance(5 * time.Second)
		for len(fs.slow) > 0 {
			<-fs.slow
		}
		place := func() {
			d.do(r, func() {
				if _, err := d.Place(limit(odds.Buy, 1000)); err != nil {
					t.Error(err)
				}
			})
		}
		fs.intents.Store(true)
		place()
		advance(5 * time.Second) // the image that covers it is being written
		place()
		advance(time.Second)
		fs.intents.Store(false)
		answer()
		advance(time.Second)
		if saved != 1 {
			t.Errorf("%d reports before an image covers the log", saved)
		}
		for range 100 {
			answer()
		}
		advance(10 * time.Second)
		if n := acceptedOrders(d, r); n != 2 || saved != 2 {
			t.Errorf("%d orders, %d reports", n, saved)
		}
		r.Stop()
		if err := r.wait(); err != nil {
			t.Error(err)
		}
	})
}

// TestPersistManyIntents: more requests than a group of intents has, in one handler and on a broken disk, leave none of
// them behind.
func TestPersistManyIntents(t *testing.T) {
	change := func(c *engine.StateConfig) { c.DurableIntents = true }
	saving(t, change, func(d *tradingDay, r *running, fs *breakingFS, saved *[]error) {
		fs.images.Store(true)
		fs.intents.Store(true)
		d.do(r, func() {
			for range 300 {
				if _, err := d.Place(limit(odds.Buy, 1100)); err != nil {
					break // the throttle, or the disk
				}
			}
		})
		advance(5 * time.Second)
		if n := acceptedOrders(d, r); n > 1 || len(*saved) != 1 {
			d.t.Errorf("%d orders, saved %v", n, *saved)
		}
	})
}

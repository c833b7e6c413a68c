package proxy

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
)

// written returns a state's file of a proxy with traffic, and its configuration.
func written(t *testing.T) (Config, []byte) {
	t.Helper()
	config := three()
	config.State = filepath.Join(t.TempDir(), "clients")
	config.Account = "demo"
	w := newWorld(t, simConfig(), config)
	anna := w.login("anna")
	anna.create(buy, 1000, 3000, 1, func(o *msg.OrderCreate) { o.SetLabelString("x") })
	id := anna.accepted(buy, 1000, 3100, 2)
	anna.cancel(id, 3)
	anna.create(buy, 1000, 20_000, 4)
	anna.receive()
	w.stop()
	b, err := os.ReadFile(config.State)
	if err != nil {
		t.Fatal(err)
	}
	return config, b
}

// reopen makes a proxy on a state's file.
func reopen(t *testing.T, config Config, address string) (*Proxy, error) {
	t.Helper()
	e, err := engine.New(engine.Config{
		Address: address, DisableTLS: true, Clock: func() int64 { return 1 },
		Session: session.Config{Username: sim.DemoUsername, Password: sim.DemoPassword, ReferenceBase: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(e, config)
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if p != nil {
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return p, err
}

const exchangeAddress = "exchange.test:1"

// A file that is cut off anywhere is read up to there, or refused if its header is. What is left is what it says.
func TestStateTorn(t *testing.T) {
	config, whole := written(t)
	last := -1
	for n := len(whole); n >= 0; n -= 41 {
		if err := os.WriteFile(config.State, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := reopen(t, config, exchangeAddress)
		if n < headerBytes {
			var state *StateError
			if !errors.As(err, &state) {
				t.Fatalf("%d bytes: %v", n, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%d of %d bytes: %v", n, len(whole), err)
		}
		have := len(p.byName["anna"].history.ring)
		if last >= 0 && have > last {
			t.Errorf("%d bytes have %d messages, more than %d", n, have, last)
		}
		last = have
		if err := p.file.close(); err != nil {
			t.Fatal(err)
		}
		p.file = nil
	}
	if last != 0 {
		t.Errorf("the beginning has %d messages", last)
	}
}

// A byte that is wrong is noticed, wherever it is, and the file is left as it is.
func TestStateDamaged(t *testing.T) {
	config, whole := written(t)
	for i := 0; i < len(whole)-1; i += 23 {
		b := bytes.Clone(whole)
		b[i] ^= 0x40
		if err := os.WriteFile(config.State, b, 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := reopen(t, config, exchangeAddress)
		var state *StateError
		switch {
		case errors.As(err, &state):
			after, readErr := os.ReadFile(config.State)
			if readErr != nil || !bytes.Equal(after, b) {
				t.Fatalf("byte %d: the file was changed: %v", i, readErr)
			}
		case err != nil:
			t.Fatalf("byte %d: %v", i, err)
		default:
			if i < len(whole)-100 { // the last record may look as if it was not finished
				t.Errorf("byte %d of %d: not noticed", i, len(whole))
			}
			if err := p.file.close(); err != nil {
				t.Fatal(err)
			}
			p.file = nil
		}
	}
}

// A file of another account, another exchange or another process is refused.
func TestStateForeign(t *testing.T) {
	config, _ := written(t)
	other := config
	other.Account = "rival"
	if _, err := reopen(t, other, exchangeAddress); !errors.Is(err, ErrForeign) {
		t.Errorf("another account: %v", err)
	}
	if _, err := reopen(t, config, "elsewhere.test:1"); !errors.Is(err, ErrForeign) {
		t.Errorf("another exchange: %v", err)
	}
	if _, err := reopen(t, config, exchangeAddress); err != nil {
		t.Errorf("its own: %v", err)
	}
	if _, err := reopen(t, config, exchangeAddress); err == nil {
		t.Error("two proxies use one file")
	}
}

// References go on above the greatest that was used, in whatever order the file has the orders.
func TestStateCounter(t *testing.T) {
	config := three()
	config.State = filepath.Join(t.TempDir(), "clients")
	w := newWorld(t, simConfig(), config)
	anna := w.login("anna")
	for n := range uint64(20) {
		anna.accepted(buy, 1000, 3000, n+1)
	}
	counter := w.proxy.byName["anna"].counter
	w.stop()
	for range 5 {
		p, err := reopen(t, config, exchangeAddress)
		if err != nil {
			t.Fatal(err)
		}
		if have := p.byName["anna"].counter; have != counter {
			t.Fatalf("goes on at %d, want %d", have, counter)
		}
		if err := p.file.close(); err != nil {
			t.Fatal(err)
		}
		p.file = nil
	}
}

// A client that is not among the settings any more keeps its orders to itself, and its range of references.
func TestStateRetired(t *testing.T) {
	config, _ := written(t)
	config.Clients = config.Clients[1:] // without anna
	p, err := reopen(t, config, exchangeAddress)
	if err != nil {
		t.Fatal(err)
	}
	anna := p.byName["anna"]
	if anna == nil || !anna.retired || anna.open != 1 {
		t.Fatalf("%+v", anna)
	}
	if _, ok := p.ByPassword([]byte("anna"), []byte("anna")); ok {
		t.Error("anna can log in")
	}
	if _, ok := p.ByPassword([]byte("anna"), nil); ok {
		t.Error("anna can log in without a password")
	}
	for _, c := range p.clients {
		if c != anna && (c.space == anna.space || c.open != 0) {
			t.Errorf("%s has %d orders and the range %d", c.Name, c.open, c.space)
		}
	}
}

// While the file cannot be written orders are refused and cancels pass; then it goes on.
func TestStateFull(t *testing.T) {
	config := three()
	config.State = filepath.Join(t.TempDir(), "clients")
	w := newWorld(t, simConfig(), config)
	anna := w.login("anna")
	id := anna.accepted(buy, 1000, 3000, 1)
	if err := w.proxy.file.file.Close(); err != nil { // writes fail from now on
		t.Fatal(err)
	}
	path := w.proxy.file.path
	w.proxy.file.path = filepath.Join(path, "no", "folder")
	anna.create(buy, 1000, 3000, 2)
	if r := anna.want(rejected)[0].GetOrderRejected(); r.GetReason() !=
		msg.OrderRejectedServiceTemporarilyUnavailable || r.GetReference() != 2 {
		t.Errorf("%v", r)
	}
	anna.cancel(id, 3)
	anna.want(cancelled)
	w.proxy.file.path = path
	w.wait(2e9)
	anna.create(buy, 1000, 3000, 4)
	anna.want(orderAccepted)
	if truth, _ := w.sim.Exchange.Truth(sim.DemoUsername); truth.Live != 1 {
		t.Errorf("%d live orders", truth.Live)
	}
}

// Orders that have ended are in the file as they ended, so that after a restart the oldest are forgotten first.
func TestEndedInOrder(t *testing.T) {
	w := newStateful(t)
	anna := w.login("anna")
	var want []uint64
	for reference := range uint64(20) {
		want = append(want, anna.accepted(buy, 1000, 3000, 1+reference))
	}
	slices.Reverse(want)
	for i, id := range want {
		anna.cancel(id, 100+uint64(i))
	}
	anna.receive()
	if err := w.proxy.compact(); err != nil {
		t.Fatal(err)
	}
	w.stop()
	w.start()
	var have []uint64
	for _, o := range w.proxy.orders.ended {
		have = append(have, o.ID)
	}
	if !slices.Equal(have, want) {
		t.Errorf("ended orders %v, want %v", have, want)
	}
}

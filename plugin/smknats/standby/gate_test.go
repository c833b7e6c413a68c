package standby_test

import (
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/wire"
)

// world is an exchange, and what of it the bots of an account send to it, in the order in which it comes.
type world struct {
	t      *testing.T
	server *sim.Server

	mu         sync.Mutex
	active     string // who logged in last
	term       uint64 // of the newest order
	creates    int
	cancels    int
	references map[uint64]bool
	firstOf    map[uint64]time.Time // when the first order of each term came
	countOf    map[uint64]int
	bad        []string
	changed    chan struct{} // closed and renewed with each order
}

// newWorld opens an exchange without other participants.
func newWorld(t *testing.T) *world {
	t.Helper()
	c := sim.DefaultConfig()
	c.Agents = sim.Agents{}
	c.Limits.History = 512 // a few seconds of what the bots do: who takes over needs the state
	server, err := sim.Listen("127.0.0.1:0", c)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(t.Context()) }()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return &world{
		t: t, server: server, references: make(map[uint64]bool), firstOf: make(map[uint64]time.Time),
		countOf: make(map[uint64]int), changed: make(chan struct{}),
	}
}

// gate returns an address of the exchange for one bot.
func (w *world) gate(name string) string {
	w.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", w.server.Addr().String())
			if err != nil {
				_ = near.Close()
				continue
			}
			go w.in(name, near, far)
			go func() {
				defer func() { _, _ = near.Close(), far.Close() }()
				b := make([]byte, 1<<16)
				for {
					n, err := far.Read(b)
					if _, werr := near.Write(b[:n]); err != nil || werr != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

// in passes on what a bot sends, and checks it.
func (w *world) in(name string, near, far net.Conn) {
	defer func() { _, _ = near.Close(), far.Close() }()
	b, chunk := []byte(nil), make([]byte, 1<<16)
	for {
		n, err := near.Read(chunk)
		b = append(b, chunk[:n]...)
		for {
			payload, size, err := wire.Scan(b, wire.Limits{})
			if err != nil {
				w.mistake("%s sends what is no frame: %v", name, err)
				return
			}
			if size == 0 {
				break
			}
			if !w.message(name, payload, far, b[:size]) {
				return
			}
			b = b[size:]
		}
		if err != nil {
			return
		}
	}
}

// message checks a message and passes it on, one of all bots at a time.
func (w *world) message(name string, payload []byte, far net.Conn, frame []byte) bool {
	var p msg.Payload
	if err := p.Decode(payload, nil); err != nil {
		w.mistake("%s: %v", name, err)
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	reference := uint64(0)
	switch p.GetType() {
	case msg.PayloadLogin:
		w.active = name
	case msg.PayloadOrderCreate:
		reference = p.GetOrderCreate().GetReference()
		if w.references[reference] {
			w.note("%s: reference %x twice", name, reference)
		}
		w.references[reference] = true
		w.creates++
		if term := engine.TermOf(reference); w.countOf[term] == 0 {
			w.firstOf[term] = now
		}
		w.countOf[engine.TermOf(reference)]++
	case msg.PayloadOrderCancel:
		reference = p.GetOrderCancel().GetReference()
		w.cancels++
	default:
	}
	if name != w.active {
		w.note("%s sends a %v after %s has logged in", name, p.GetType(), w.active)
	}
	if reference != 0 {
		if term := engine.TermOf(reference); term < w.term {
			w.note("%s sends a %v of term %d after term %d", name, p.GetType(), term, w.term)
		} else {
			w.term = term
		}
		close(w.changed)
		w.changed = make(chan struct{})
	}
	_, err := far.Write(frame)
	return err == nil
}

func (w *world) mistake(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.note(format, args...)
}

// note notes what must not be. w.mu is held.
func (w *world) note(format string, args ...any) {
	if len(w.bad) < 20 {
		w.bad = append(w.bad, fmt.Sprintf(format, args...))
	}
}

// wait waits until something is true of what the bots have sent.
func (w *world) wait(what string, ok func() bool) {
	w.t.Helper()
	timeout := time.After(patience)
	for {
		w.mu.Lock()
		done, changed := ok(), w.changed
		w.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-timeout:
			w.t.Fatalf("%s: does not come", what)
		}
	}
}

// patience is how long a test waits for what does not come.
const patience = time.Minute

// check compares, in the end, what the exchange has with what came and with what the last bot knows.
func (w *world) check(live []uint64, doubt int) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, b := range w.bad {
		w.t.Error(b)
	}
	if doubt != 0 {
		w.t.Errorf("%d orders in doubt", doubt)
	}
	have := make(map[uint64]bool)
	seen := make(map[uint64]bool)
	for _, o := range w.server.Orders(sim.DemoUsername) {
		if seen[o.Reference] || !w.references[o.Reference] {
			w.t.Errorf("order %d has reference %x, which is another's or was never sent", o.ID, o.Reference)
		}
		seen[o.Reference] = true
		if o.State == 0 {
			have[o.ID] = true
		}
	}
	if len(seen) != w.creates {
		w.t.Errorf("%d orders were sent and the exchange has %d", w.creates, len(seen))
	}
	for _, id := range live {
		if !have[id] {
			w.t.Errorf("order %d is live for the bot only", id)
		}
		delete(have, id)
	}
	for id := range have {
		w.t.Errorf("order %d is live for the exchange only", id)
	}
}

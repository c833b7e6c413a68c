package sim

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
)

// stateConfig is a small exchange with other participants.
func stateConfig() Config {
	c := DefaultConfig()
	c.Limits = Limits{Orders: 1024, History: 64}
	c.Agents = Agents{Rate: 50, Depth: 3, Makers: 2, Takers: 1}
	return c
}

// busy trades for a while with a client of its own, which has every byte that it received.
func (h *harness) busy(seed uint64, d time.Duration) *client {
	r := rand.New(rand.NewPCG(seed, 5))
	c := h.login()
	c.subscribe(DemoMarket)
	for end := h.sim.Now() + int64(d); h.sim.Now() < end; {
		h.wait(time.Duration(r.IntN(int(100 * time.Millisecond))))
		c.create(msg.SideBuy+msg.Side(r.IntN(2)), 1000+r.Uint64N(100000), 3000+r.Uint32N(700), 1)
		c.receiveAll()
		c.beat()
	}
	return c
}

// An exchange that goes on from a state is one whose sessions were dropped, to the byte: account messages are
// repeated and go on in their numbers, ids are not used twice, the participants do the same.
func TestStateIsAnExchangeWithoutItsSessions(t *testing.T) {
	for seed := range uint64(5) {
		config := stateConfig()
		config.Seed = seed
		h := newHarness(t, config)
		first := h.busy(seed, 10*time.Second)
		armed := h.armed("rival")
		before, _ := h.sim.Exchange.Truth(DemoUsername)
		config.State = h.sim.AppendState([]byte("in front"))[len("in front"):]
		other := newHarness(t, config)

		h.sim.DropSessions()
		for _, c := range []*client{first, armed} {
			if !errors.Is(c.conn.Err(), ErrRestart) {
				t.Errorf("closed for %v", c.conn.Err())
			}
			c.conn.Disconnected(h.sim.Now())
		}
		for i, h := range []*harness{h, other} {
			after, _ := h.sim.Exchange.Truth(DemoUsername)
			if before.AccountSequence == 0 || after.AccountSequence != before.AccountSequence ||
				after.Cash != before.Cash {
				t.Fatalf("exchange %d: before %+v, after %+v", i, before, after)
			}
			if _, again := h.from(func(l *msg.Login) { l.SetAccountSequence_64(0) }); len(again) != 64 ||
				again[63] != before.AccountSequence {
				t.Fatalf("exchange %d repeats %d messages, %v", i, len(again), again)
			}
		}
		a, b := h.busy(seed, 10*time.Second).raw, other.busy(seed, 10*time.Second).raw
		if !bytes.Equal(a, b) || len(a) < 10_000 {
			t.Fatalf("seed %d: %d bytes, and %d others", seed, len(a), len(b))
		}
		if a, b := h.sim.AppendState(nil), other.sim.AppendState(nil); !bytes.Equal(a, b) {
			t.Fatalf("seed %d: the states differ afterwards", seed)
		}
	}
}

// A client that is connected when the exchange ends has lost its connection: its orders are cancelled in time.
func TestStateKeepsSwitches(t *testing.T) {
	for _, connected := range []bool{true, false} {
		config := testConfig()
		h := newHarness(t, config)
		c := h.armed(DemoUsername)
		if !connected {
			c.conn.Disconnected(h.sim.Now())
		}
		config.State = h.sim.AppendState(nil)
		other := newHarness(t, config)
		other.wait(50*time.Second - 1)
		other.wantLive(DemoUsername, 1, "before its time")
		other.wait(1)
		other.wantLive(DemoUsername, 0, "at its time")

		config.Now = h.sim.Now() + int64(time.Hour) // the exchange was away
		late := newHarness(t, config)
		late.sim.Tick(config.Now)
		late.wantLive(DemoUsername, 0, "after an hour")
	}
}

// Participants do not catch up with time in which there was no exchange.
func TestStateAfterAWhile(t *testing.T) {
	config := stateConfig()
	h := newHarness(t, config)
	h.busy(1, time.Second)
	config.State = h.sim.AppendState(nil)
	config.Now = h.sim.Now() + int64(30*time.Minute)
	other := newHarness(t, config)
	if other.sim.Now() != config.Now {
		t.Errorf("the first reading is %d, not %d", other.sim.Now(), config.Now)
	}
	before := other.sim.AppendState(nil)
	other.sim.Tick(config.Now)
	volume := func(h *harness) (n uint64) {
		for _, o := range h.sim.Exchange.Orders(DemoUsername) {
			n += o.Executed
		}
		return n
	}
	if volume(h) != volume(other) || len(before) == 0 {
		t.Errorf("the client had executed %d, now %d", volume(h), volume(other))
	}
}

// seal replaces the checksum of a state.
func seal(b []byte) []byte {
	if len(b) >= stateHeader {
		binary.LittleEndian.PutUint32(b[len(stateMagic):], crc32.Checksum(b[stateHeader:], castagnoli))
	}
	return b
}

// tryState goes on from a state, which is refused or gives an exchange that works.
func tryState(t *testing.T, config Config, state []byte) (refused bool) {
	t.Helper()
	config.State = state
	s, err := New(config)
	if err != nil {
		var typed *StateError
		if !errors.As(err, &typed) || typed.Error() == "" {
			t.Fatalf("refused for %v", err)
		}
		return true
	}
	h := &harness{t, s}
	if len(state) > 0 && h.sim.Now() < int64(1)<<62 {
		h.busy(1, time.Second)
		h.wait(time.Minute)
	}
	if d := s.Exchange.Audit(); d != "" {
		t.Fatal(d)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	return false
}

// What is damaged is refused, at every byte and however it is cut.
func TestStateDamaged(t *testing.T) {
	config := stateConfig()
	h := newHarness(t, config)
	h.busy(1, 2*time.Second)
	state := h.sim.AppendState(nil)
	if tryState(t, config, state) {
		t.Fatal("a state is refused")
	}
	for n := 1; n < len(state); n += 1 + n/50 {
		if !tryState(t, config, state[:n]) {
			t.Fatalf("%d of %d bytes are accepted", n, len(state))
		}
		if n >= stateHeader && !tryState(t, config, seal(bytes.Clone(state[:n]))) {
			t.Fatalf("%d of %d bytes are accepted with their checksum", n, len(state))
		}
		damaged := bytes.Clone(state)
		damaged[n] ^= 1 << (n % 8)
		if !tryState(t, config, damaged) {
			t.Fatalf("byte %d is damaged and accepted", n)
		}
	}
	if !tryState(t, config, seal(append(bytes.Clone(state), 0))) {
		t.Error("a byte behind the end is accepted")
	}
}

// FuzzState changes bytes of a state whose checksum is right: it is refused, or the exchange works.
func FuzzState(f *testing.F) {
	config := stateConfig()
	h := newHarness(&testing.T{}, config)
	h.sim.Exchange.SetReplaceDelay(int64(time.Second))
	h.busy(1, 2*time.Second)
	state := h.sim.AppendState(nil)
	f.Add([]byte{})
	f.Add([]byte{0, 20, 255})
	f.Add([]byte{1, 200, 1, 3, 44, 0})
	f.Fuzz(func(t *testing.T, changes []byte) {
		b := bytes.Clone(state)
		for ; len(changes) >= 3; changes = changes[3:] {
			at := stateHeader + (int(changes[0])<<8|int(changes[1]))%(len(b)-stateHeader)
			b[at] = changes[2]
		}
		tryState(t, config, seal(b))
	})
}

// A server goes on from its file; another one cannot use it meanwhile, and what is damaged is refused.
func TestStateFile(t *testing.T) {
	config := stateConfig()
	config.StateFile = StateFile{Path: filepath.Join(t.TempDir(), "state")}
	begin := func() (*Server, chan error) {
		s, err := Listen("127.0.0.1:0", config)
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- s.Serve(context.Background()) }()
		return s, ended
	}
	s, ended := begin()
	if _, err := Listen("127.0.0.1:0", config); err == nil {
		t.Error("two exchanges use one file")
	}
	c := dial(t, s, nil)
	c.login(DemoUsername)
	s.Do(func(s *Sim) { s.Exchange.Submit(DemoUsername, createRequest(buy, 10_000, 1)) })
	end := func() {
		if err := errors.Join(s.Close(), <-ended); err != nil {
			t.Fatal(err)
		}
	}
	end()
	want, _ := s.Truth(DemoUsername)
	s, ended = begin()
	if got, _ := s.Truth(DemoUsername); got.AccountSequence != 1 || got.Live != 1 || got.Resting != want.Resting {
		t.Errorf("got %+v, want %+v", got, want)
	}
	end()

	if err := os.WriteFile(config.StateFile.Path, []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	var typed *StateError
	if _, err := Listen("127.0.0.1:0", config); !errors.As(err, &typed) || typed.Path != config.StateFile.Path {
		t.Errorf("got %v", err)
	}
	if _, err := New(config); err == nil {
		t.Error("a Sim keeps a file")
	}
	config.State, config.StateFile.Path = []byte{1}, config.StateFile.Path+"2"
	if _, err := Listen("127.0.0.1:0", config); err == nil {
		t.Error("a state and a file are accepted")
	}
}

// With Every below zero everything that a client was told is in the file before it is told.
func TestStateBeforeAnswers(t *testing.T) {
	var err error
	config, path := testConfig(), filepath.Join(t.TempDir(), "state")
	config.StateFile = StateFile{Path: path, Every: -1}
	s := serve(t, config)
	c := dial(t, s, nil)
	c.login(DemoUsername)
	c.read()
	s.Do(func(x *Sim) {
		for c := range s.conns {
			for c.writing {
				s.handleAll(s.clock.now())
				runtime.Gosched()
			}
		}
		x.Exchange.Submit(DemoUsername, createRequest(buy, 10_000, 1000))
		for c := range s.conns { // a write of before ends now
			c.writing = true
			s.post(completion{kind: writeDone, conn: c})
			s.handleAll(s.clock.now())
			if c.writing {
				t.Error("what is not in the file is sent")
			}
			if err := s.flush(); err != nil || !c.writing {
				t.Errorf("nothing is sent, %v", err)
			}
		}
	})
	for m := c.read(); m.GetType() != msg.PayloadOrderAccepted; m = c.read() {
	}
	config.StateFile = StateFile{}
	if config.State, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	h := newHarness(t, config)
	if got, _ := h.sim.Exchange.Truth(DemoUsername); got.AccountSequence != 1 || got.Live != 1 {
		t.Fatalf("an order is accepted, the file has %+v", got)
	}
}

// A server whose state cannot be written ends with the error, and says nothing that is not written.
func TestStateCannotBeWritten(t *testing.T) {
	config := testConfig()
	dir := t.TempDir()
	config.StateFile = StateFile{Path: filepath.Join(dir, "state"), Every: -1}
	s, err := Listen("127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(config.StateFile.Path+".new", 0o700); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(context.Background()) }()
	if err := <-ended; err == nil {
		t.Error("Serve ends without an error")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

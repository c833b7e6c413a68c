package roundtrip

import (
	"context"
	"encoding/binary"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/smk-go/smk/bench/compare/internal/measure"
	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/ring"
)

// sleepDelay is how long an idle thread takes to fall asleep, at most.
const sleepDelay = 50 * time.Microsecond

// sleepShare is the number of hand-overs to a loop that spins for each one to a thread that sleeps.
const sleepShare = 10

// line is a word with cache lines of its own.
type line struct {
	_    [128]byte
	word atomic.Int64
	_    [120]byte
}

// handOver is one kind of hand-over to a thread on the client's core, and the state that the two threads share.
type handOver struct {
	before func() error // called before each send, nil for nothing
	send   func() error // hands over
	after  func()       // called when it has arrived, nil for nothing
	end    func() error // ends the thread on the client's core

	start   time.Time
	stop    atomic.Bool // the thread ends
	sent    line        // 1 until the other thread has read it
	arrived line        // the time when it arrived, 0 for not yet
}

func (h *handOver) now() int64 { return int64(time.Since(h.start)) }

func (h *handOver) arrive() { h.arrived.word.Store(h.now()) }

// receive calls poll again and again, on a thread on a core.
func (h *handOver) receive(core int, poll func()) {
	ended := startOnCore(core, func() error {
		for !h.stop.Load() {
			poll()
		}
		return nil
	})
	h.end = func() error { h.stop.Store(true); return <-ended }
}

// overLine hands over a word that the other thread waits for.
func overLine(h *handOver, core int) error {
	h.send = func() error { h.sent.word.Store(1); return nil }
	h.receive(core, func() {
		if h.sent.word.Load() != 0 {
			h.sent.word.Store(0)
			h.arrive()
		}
	})
	return nil
}

// overRing hands over a word by a queue that the other thread polls.
func overRing(h *handOver, core int) error {
	q, err := ring.NewMPSC[int64](1024)
	if err != nil {
		return err
	}
	h.send = func() error { q.Push(1); return nil }
	h.receive(core, func() {
		if q.Peek() != nil {
			h.arrive()
			q.Release()
		}
	})
	return nil
}

// overEventfd wakes a thread that sleeps.
func overEventfd(h *handOver, core int) error {
	event, err1 := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	poll, err2 := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	err3 := unix.EpollCtl(poll, unix.EPOLL_CTL_ADD, event, &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET})
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	one := binary.NativeEndian.AppendUint64(nil, 1)
	events := make([]unix.EpollEvent, 1)
	h.before = waitForSleep
	h.send = func() error {
		_, err := unix.Write(event, one)
		return err
	}
	h.receive(core, func() {
		if n, _ := unix.EpollWait(poll, events, -1); n == 1 {
			h.arrive()
		}
	})
	end := h.end
	h.end = func() error {
		h.stop.Store(true)
		return errors.Join(h.send(), end(), unix.Close(event), unix.Close(poll))
	}
	return nil
}

// waitForSleep waits until the other thread sleeps.
func waitForSleep() error {
	for start := time.Now(); time.Since(start) < sleepDelay; {
	}
	return nil
}

// overEngine hands over a function to an engine with this kind of wait.
func overEngine(wait engine.Wait) func(h *handOver, core int) error {
	return func(h *handOver, core int) error {
		t, err := runTarget(wait, core)
		if err != nil {
			return err
		}
		if wait == engine.WaitBlock {
			h.before = waitForSleep
		}
		var s engine.Submission
		arrive := h.arrive
		h.send = func() error { return t.engine.Submitter().Do(arrive, &s) }
		h.after = func() {
			for !s.Done() {
			}
		}
		h.end = t.close
		return nil
	}
}

// overSend hands over an order to an engine that spins, and waits until it is encoded.
func overSend(h *handOver, core int) error {
	t, err := runTarget(engine.WaitSpin, core)
	if err != nil {
		return err
	}
	var s engine.Submission
	var order msg.OrderCreate
	n := 0
	h.before = func() error {
		n++
		fill(&order, n)
		return t.drain()
	}
	h.send = func() error {
		if err := t.engine.Submitter().SendOrderCreate(&order, &s); err != nil {
			return err
		}
		for !s.Done() {
		}
		h.arrive()
		_, err := s.Result()
		return err
	}
	h.end = t.close
	return nil
}

// measure takes n times on a core and returns their median in microseconds.
func (h *handOver) measure(n, core int) (float64, error) {
	times := newHistogram()
	err := onCore(core, func() error {
		for i := range n {
			// Some hundred nanoseconds, so that the hand-over meets the other thread at any point of its loop.
			for k := range 100 + i*37%400 {
				pausing.Store(int64(k))
			}
			if h.before != nil {
				if err := h.before(); err != nil {
					return err
				}
			}
			at := h.now()
			if err := h.send(); err != nil {
				return err
			}
			for h.arrived.word.Load() == 0 {
			}
			_ = times.RecordValue(max(h.arrived.word.Swap(0)-at, 1)) // never out of range
			if h.after != nil {
				h.after()
			}
		}
		return nil
	})
	return float64(times.ValueAtQuantile(50)) / 1e3, errors.Join(err, h.end())
}

// pausing keeps pauses from being optimized away.
var pausing atomic.Int64

// handOvers measures each kind of hand-over in each round.
func (m *measurement) handOvers(ctx context.Context, r *Report) error {
	kinds := []struct {
		name, fact string
		open       func(h *handOver, core int) error
		n          int
	}{
		{CacheLine, "one cache line from core to core, by the clock", overLine, m.HandOvers},
		{Ring, "hand-over to a loop that polls the ring alone", overRing, m.HandOvers},
		{ToEngine, "hand-over to a spinning engine", overEngine(engine.WaitSpin), m.HandOvers},
		{"", "hand-over of an order to a spinning engine, until it is encoded", overSend, m.HandOvers},
		{"", "hand-over to an engine that sleeps", overEngine(engine.WaitBlock), m.HandOvers / sleepShare},
		{Eventfd, "wake of a thread that sleeps on an eventfd", overEventfd, m.HandOvers / sleepShare},
	}
	rounds := make([][]float64, len(kinds))
	named := make(map[string][]float64)
	for range m.Rounds {
		for i, w := range kinds {
			if err := ctx.Err(); err != nil {
				return err
			}
			h := &handOver{start: time.Now()}
			if err := w.open(h, m.cores[0]); err != nil {
				return err
			}
			p50, err := h.measure(w.n, m.cores[1])
			if err != nil {
				return err
			}
			rounds[i] = append(rounds[i], p50)
			named[w.name] = rounds[i]
		}
	}
	for i, w := range kinds {
		r.Facts = append(r.Facts, measure.NewFact(w.fact, "µs", rounds[i]...))
	}
	for _, pair := range [][2]string{{Ring, CacheLine}, {ToEngine, CacheLine}, {Eventfd, ToEngine}} {
		r.Ratios = append(r.Ratios, Ratio{HandOver, pair[0], pair[1], measure.Divide(named[pair[0]], named[pair[1]])})
	}
	return nil
}

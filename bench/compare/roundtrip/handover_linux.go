package roundtrip

import (
	"context"
	"encoding/binary"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/ring"
)

// pingPongs is how often a cache line goes there and back to be timed.
const pingPongs = 20_000

// asleep is how long a thread is left alone before it is believed to sleep.
const asleep = 50 * time.Microsecond

// sleepShare is how many hand-overs to a loop that spins there are for one to a
// thread that sleeps.
const sleepShare = 10

// line is a word with cache lines of its own.
type line struct {
	_    [128]byte
	word atomic.Int64
	_    [120]byte
}

// pingPong returns how long a cache line takes from one core to the other, in
// microseconds: half of there and back.
func pingPong(cores [2]int, n int) (micros float64, err error) {
	var there, back line
	ended := make(chan error, 1)
	go func() {
		err := settle(cores[1])
		for i := int64(1); i <= int64(n); i++ {
			for there.word.Load() < i {
			}
			back.word.Store(i)
		}
		ended <- err
	}()
	took := make(chan time.Duration)
	go func() {
		_ = settle(cores[0]) // as good as the other one's
		start := time.Now()
		for i := int64(1); i <= int64(n); i++ {
			there.word.Store(i)
			for back.word.Load() < i {
			}
		}
		took <- time.Since(start)
	}()
	elapsed := <-took
	return elapsed.Seconds() * 1e6 / float64(2*n), <-ended
}

// handOver is one way to hand something to a thread on the client's core.
type handOver struct {
	// give hands it over and returns how many nanoseconds it took until it was
	// there.
	give func() (int64, error)

	// between is called before each give.
	between func() error

	// end stops the thread on the client's core.
	end func() error
}

// hands is what the two threads of a hand-over share.
type hands struct {
	start   time.Time
	given   line // when it was given; 0 for nothing, negative for the end
	arrived line // when it arrived; 0 for not yet
}

func (h *hands) now() int64 { return int64(time.Since(h.start)) }

// wait returns when what was given has arrived.
func (h *hands) wait() int64 {
	for {
		if at := h.arrived.word.Load(); at != 0 {
			h.arrived.word.Store(0)
			return at
		}
	}
}

// receive runs a thread on a core until poll, which is called again and again, reports
// false, and returns what waits for its end.
func receive(core int, poll func() bool) (end func() error) {
	ended := make(chan error, 1)
	go func() {
		err := settle(core)
		for poll() {
		}
		ended <- err
	}()
	return func() error { return <-ended }
}

// overLine hands over a word that the other thread waits for.
func overLine(core int) (handOver, error) {
	h := &hands{start: time.Now()}
	ended := receive(core, func() bool {
		given := h.given.word.Load()
		if given > 0 {
			h.given.word.Store(0)
			h.arrived.word.Store(h.now())
		}
		return given >= 0
	})
	return handOver{
		give: func() (int64, error) {
			at := h.now()
			h.given.word.Store(at)
			return h.wait() - at, nil
		},
		end: func() error { h.given.word.Store(-1); return ended() },
	}, nil
}

// overRing hands over a word by a queue that the other thread looks at.
func overRing(core int) (handOver, error) {
	h := &hands{start: time.Now()}
	q, err := ring.NewMPSC[int64](1024)
	if err != nil {
		return handOver{}, err
	}
	ended := receive(core, func() bool {
		given := q.Peek()
		if given == nil {
			return true
		}
		more := *given >= 0
		h.arrived.word.Store(h.now())
		q.Release()
		return more
	})
	return handOver{
		give: func() (int64, error) {
			at := h.now()
			q.Push(at)
			return h.wait() - at, nil
		},
		end: func() error { q.Push(-1); return ended() },
	}, nil
}

// overEventfd wakes a thread that sleeps.
func overEventfd(core int) (handOver, error) {
	h := &hands{start: time.Now()}
	event, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return handOver{}, os.NewSyscallError("eventfd", err)
	}
	poll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err == nil {
		err = unix.EpollCtl(poll, unix.EPOLL_CTL_ADD, event, &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET})
	}
	if err != nil {
		return handOver{}, os.NewSyscallError("epoll", err)
	}
	events := make([]unix.EpollEvent, 1)
	ended := receive(core, func() bool {
		n, err := unix.EpollWait(poll, events, -1)
		if n == 1 {
			h.arrived.word.Store(h.now())
		}
		return h.given.word.Load() >= 0 && (err == nil || err == unix.EINTR)
	})
	one := binary.NativeEndian.AppendUint64(nil, 1)
	return handOver{
		between: letSleep,
		give: func() (int64, error) {
			at := h.now()
			if _, err := unix.Write(event, one); err != nil {
				return 0, os.NewSyscallError("write", err)
			}
			return h.wait() - at, nil
		},
		end: func() error {
			h.given.word.Store(-1)
			_, err := unix.Write(event, one)
			if err == nil {
				err = ended()
			}
			_, _ = unix.Close(event), unix.Close(poll)
			return err
		},
	}, nil
}

// letSleep lets the other thread fall asleep.
func letSleep() error {
	for start := time.Now(); time.Since(start) < asleep; {
	}
	return nil
}

// overEngine hands a function over to an engine that waits so.
func overEngine(core int, w engine.Wait) (handOver, error) {
	t, err := newTarget(func(c *engine.Config) { c.Wait, c.Pin, c.Core = w, true, core })
	if err != nil {
		return handOver{}, err
	}
	h := &hands{start: time.Now()}
	arrived := func() { h.arrived.word.Store(h.now()) }
	var s engine.Submission
	over := handOver{
		give: func() (int64, error) {
			at := h.now()
			if err := t.engine.Remote().Do(arrived, &s); err != nil {
				return 0, err
			}
			took := h.wait() - at
			for !s.Done() {
			}
			return took, nil
		},
		end: t.close,
	}
	if w == engine.WaitBlock {
		over.between = letSleep
	}
	return over, nil
}

// overSend hands an order over to an engine that spins, and waits for its sequence.
func overSend(core int) (handOver, error) {
	t, err := newTarget(func(c *engine.Config) { c.Wait, c.Pin, c.Core = engine.WaitSpin, true, core })
	if err != nil {
		return handOver{}, err
	}
	start := time.Now()
	var s engine.Submission
	var order msg.OrderCreate
	n := 0
	return handOver{
		between: t.drain,
		give: func() (int64, error) {
			n++
			fill(&order, n)
			at := time.Since(start)
			if err := t.engine.Remote().OrderCreate(&order, &s); err != nil {
				return 0, err
			}
			for !s.Done() {
			}
			took := time.Since(start) - at
			_, err := s.Result()
			return int64(took), err
		},
		end: t.close,
	}, nil
}

// measure takes n times on a core and returns their median in microseconds.
func (over handOver) measure(n, core int) (float64, error) {
	times := make([]uint32, 0, n)
	ended := make(chan error)
	go func() {
		err := settle(core)
		for i := 0; i < n && err == nil; i++ {
			// Some hundred nanoseconds, so that the other side is met at any
			// point of what it does.
			for k := range 100 + i*37%400 {
				pausing.Store(int64(k))
			}
			if over.between != nil {
				if err = over.between(); err != nil {
					break
				}
			}
			var took int64
			if took, err = over.give(); err == nil {
				times = append(times, uint32(max(took, 0)))
			}
		}
		ended <- err
	}()
	if err := <-ended; err != nil {
		_ = over.end()
		return 0, err
	}
	return float64(histogram(times).ValueAtQuantile(50)) / 1e3, over.end()
}

// pausing keeps pauses from being optimized away.
var pausing atomic.Int64

// measureHandOvers measures all ways in each round.
func measureHandOvers(ctx context.Context, config Config, cores [2]int) (h HandOver, err error) {
	core := cores[0]
	ways := []struct {
		open   func() (handOver, error)
		n      int
		spread *Spread
	}{
		{func() (handOver, error) { return overLine(core) }, config.HandOvers, &h.CacheLine},
		{func() (handOver, error) { return overRing(core) }, config.HandOvers, &h.Ring},
		{func() (handOver, error) { return overEngine(core, engine.WaitSpin) }, config.HandOvers, &h.Engine},
		{func() (handOver, error) { return overSend(core) }, config.HandOvers, &h.Sent},
		{func() (handOver, error) { return overEventfd(core) }, config.HandOvers / sleepShare, &h.Eventfd},
		{func() (handOver, error) { return overEngine(core, engine.WaitBlock) }, config.HandOvers / sleepShare, &h.EngineBlocks},
	}
	rounds := make([][]float64, len(ways))
	for range config.Rounds {
		for i, w := range ways {
			if err := ctx.Err(); err != nil {
				return h, err
			}
			over, err := w.open()
			if err != nil {
				return h, err
			}
			p50, err := over.measure(w.n, cores[1])
			if err != nil {
				return h, err
			}
			rounds[i] = append(rounds[i], p50)
		}
	}
	for i, w := range ways {
		*w.spread = spread(rounds[i])
	}
	h.RingToCacheLine = spread(divide(rounds[1], rounds[0]))
	h.EngineToCacheLine = spread(divide(rounds[2], rounds[0]))
	h.EventfdToEngine = spread(divide(rounds[4], rounds[2]))
	return h, nil
}

// divide divides round by round.
func divide(a, b []float64) []float64 {
	quotients := make([]float64, len(a))
	for i := range a {
		quotients[i] = a[i] / b[i]
	}
	return quotients
}

package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/smk-go/smk/sim/fault"
)

// Limits of a proxy.
const (
	connsMax    = 1024             // at a time; others are reset
	dialTimeout = 10 * time.Second // to the exchange
	acceptPause = 10 * time.Millisecond
)

// Config configures a proxy.
type Config struct {
	Listen string // where clients connect to, host:port; port 0 means any free one
	To     string // the exchange, host:port
	Seed   uint64
	Plan   fault.Plan // of every connection
}

// PlanError reports a kind of fault that a proxy cannot inject.
type PlanError struct{ Kind fault.Kind }

func (e *PlanError) Error() string {
	return fmt.Sprintf("chaos: %v is a fault of an exchange, not of a connection", e.Kind)
}

// Proxy passes connections on to an exchange, with faults. Its methods may be called from any goroutine.
type Proxy struct {
	config   Config
	listener net.Listener
	plan     atomic.Pointer[fault.Plan]
	counts   [fault.Kinds]atomic.Uint64
	random   *rand.Rand // of Serve: which connections are refused
	accepted uint64

	ctx    context.Context
	cancel context.CancelFunc
	conns  sync.WaitGroup
	mu     sync.Mutex // guards open
	open   map[*conn]struct{}
}

// Listen returns a proxy that listens. The error is a [*PlanError], or the listener's. The caller must call Close.
func Listen(c Config) (*Proxy, error) {
	p := &Proxy{
		config: c, random: rand.New(rand.NewPCG(c.Seed, 0xc4a05)), open: make(map[*conn]struct{}),
	}
	if err := p.SetPlan(c.Plan); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("chaos: %w", err)
	}
	p.listener = l
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p, nil
}

// Addr returns the address that clients connect to.
func (p *Proxy) Addr() net.Addr { return p.listener.Addr() }

// SetPlan changes the plan of every connection, open or future. Connections that are black holes stay so until their
// time is over. The error is a [*PlanError]; then nothing is changed.
func (p *Proxy) SetPlan(plan fault.Plan) error {
	for k, chance := range plan.Chance {
		if k := fault.Kind(k); chance > 0 && k >= fault.DropBefore {
			return &PlanError{k}
		}
	}
	plan = plan.Resolve()
	p.plan.Store(&plan)
	return nil
}

// Counts returns how often each kind happened.
func (p *Proxy) Counts() (counts [fault.Kinds]uint64) {
	for k := range counts {
		counts[k] = p.counts[k].Load()
	}
	return counts
}

// Conns returns the number of open connections.
func (p *Proxy) Conns() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.open)
}

// Serve passes connections on until Close is called. It returns nil then, and the listener's error if that fails.
func (p *Proxy) Serve() error {
	for {
		raw, err := p.listener.Accept()
		switch {
		case err == nil:
			p.serve(raw)
		case errors.Is(err, net.ErrClosed):
			return nil
		default: // too many files are open, for example
			select {
			case <-time.After(acceptPause):
			case <-p.ctx.Done():
				return nil
			}
		}
	}
}

// serve starts a connection.
func (p *Proxy) serve(client net.Conn) {
	p.accepted++
	if p.Conns() >= connsMax || p.inject(p.random, fault.Refuse) {
		reset(client)
		return
	}
	c := &conn{proxy: p, serial: p.accepted, client: client, done: make(chan struct{})}
	p.mu.Lock()
	p.open[c] = struct{}{}
	p.mu.Unlock()
	p.conns.Go(func() {
		c.run()
		p.mu.Lock()
		delete(p.open, c)
		p.mu.Unlock()
	})
}

// inject decides whether a kind happens, and counts it.
func (p *Proxy) inject(random *rand.Rand, k fault.Kind) bool {
	chance := p.plan.Load().Chance[k]
	if chance == 0 || random.Uint32N(fault.Million) >= chance {
		return false
	}
	p.counts[k].Add(1)
	return true
}

// Reset breaks every connection at once.
func (p *Proxy) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		c.end(true)
	}
}

// Close ends Serve and resets every connection, and waits for them. It may be called more than once.
func (p *Proxy) Close() error {
	p.cancel()
	err := p.listener.Close()
	p.Reset()
	p.conns.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// reset closes a socket so that its peer sees a reset, not an end.
func reset(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = c.Close()
}

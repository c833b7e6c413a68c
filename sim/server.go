package sim

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/sim/fault"
	"github.com/smk-go/smk/sim/internal/gateway"
)

const (
	tickMin          = time.Millisecond      // timers due within are done together
	waitMax          = time.Hour             // without anything to do
	agentsCatchUp    = 10 * time.Millisecond // of the participants' time in one round
	lingerTimeout    = time.Second           // how long the client may take to close after our last message
	lastWriteTimeout = 2 * time.Second       // how long the last message may take to be sent
	shutdownTimeout  = 3 * time.Second       // how long all clients together may take to be told
	acceptPause      = 10 * time.Millisecond
	discardBytes     = 4096

	speedMin = 0.001
	speedMax = 1000
)

// Server is an exchange that clients reach by TCP, with or without TLS. One
// goroutine owns the exchange; each connection has one that reads and one that
// writes, which hand over by a ring.
type Server struct {
	sim      *Sim
	listener net.Listener
	local    *localListener // nil if the listener is a socket
	tls      *tls.Config    // nil means plain
	start    time.Time
	base     int64   // clock reading at start
	speed    float64 // seconds of the exchange in one second

	inbox   *ring.MPSC[completion] // has room for all that all connections can have to tell
	wake    chan struct{}
	accepts chan net.Conn
	calls   chan func()

	onClose func(net.Addr, string, error) // may be nil

	stop    context.CancelFunc // ends Serve
	stopped context.Context
	done    chan struct{} // closed when Serve has ended
	mu      sync.Mutex    // guards began and closed: Serve and Close may race
	serving bool
	closed  bool

	// Owned by Serve.
	conns     map[*conn]struct{}
	byGateway map[*gateway.Conn]*conn
	accepted  uint64   // connections so far
	pending   net.Conn // for another to end; nil if none does
	workers   sync.WaitGroup
	freeTimer *time.Timer // nil, or gives memory back

	endedConns atomic.Int64 // connections that ended since memory was given back
}

// notice is what another goroutine tells the owner.
type completion struct {
	kind completionKind
	conn *conn
	n    int
	err  error
}

type completionKind uint8

const (
	handshakeDone completionKind = iota // hands: the TLS handshake ended
	readDone
	writeDone
)

// Listen starts a server on an address such as "127.0.0.1:3701"; port 0 means any
// free one, see Addr. It accepts connections at once, which are served when Serve
// runs. Close must be called in the end.
func Listen(addr string, c Config) (*Server, error) {
	v, err := newServer(c)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			err = fmt.Errorf("sim: %s is taken by another program: choose another port, or 0 for any free one: %w", addr, err)
		} else {
			err = fmt.Errorf("sim: cannot listen on %s: %w", addr, err)
		}
		return nil, errors.Join(err, v.sim.Close())
	}
	v.listener = l
	return v, nil
}

// Local starts a server that is reached by Dial alone, inside of this process:
// no sockets, so that time may be virtual, as under testing/synctest. Close must
// be called in the end.
func Local(c Config) (*Server, error) {
	v, err := newServer(c)
	if err != nil {
		return nil, err
	}
	v.local = newLocalListener()
	v.listener = v.local
	return v, nil
}

// newServer makes all of a server but its listener.
func newServer(c Config) (*Server, error) {
	if c.TLS != nil && len(c.TLS.Certificates) == 0 && c.TLS.GetCertificate == nil && c.TLS.GetConfigForClient == nil {
		return nil, &exchange.ConfigError{Field: "TLS", Text: "has no certificate"}
	}
	if c.Speed == 0 {
		c.Speed = 1
	}
	if !(c.Speed >= speedMin && c.Speed <= speedMax) {
		return nil, &exchange.ConfigError{Field: "Speed", Text: "must be 0.001 to 1000"}
	}
	start := time.Now()
	if c.Now == 0 {
		c.Now = start.UnixNano()
	}
	s, err := New(c)
	if err != nil {
		return nil, err
	}
	inbox, err := ring.NewMPSC[completion](2 * s.gateway.Connections()) // one read, or handshake, and one write each
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	v := &Server{
		sim: s, start: start, base: c.Now, speed: c.Speed, tls: c.TLS, onClose: c.OnClose,
		inbox: inbox, wake: make(chan struct{}, 1),
		accepts: make(chan net.Conn), calls: make(chan func()), done: make(chan struct{}),
		conns: make(map[*conn]struct{}), byGateway: make(map[*gateway.Conn]*conn),
	}
	v.stopped, v.stop = context.WithCancel(context.Background())
	return v, nil
}

// Dial opens a connection to a server that Local made. A server that listens on a
// socket is reached through that.
func (v *Server) Dial(ctx context.Context) (net.Conn, error) {
	if v.local == nil {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", v.Addr().String())
	}
	return v.local.dial(ctx)
}

// Addr returns the address that clients connect to.
func (v *Server) Addr() net.Addr { return v.listener.Addr() }

// Serve runs the exchange until ctx ends or Close is called, tells clients so,
// and returns nil when every connection is closed. It returns an error if the
// listener fails. It may be called once; after Close it returns nil at once.
func (v *Server) Serve(ctx context.Context) error {
	v.mu.Lock()
	switch {
	case v.serving:
		v.mu.Unlock()
		panic("BUG: sim: Serve twice")
	case v.closed:
		v.mu.Unlock()
		return nil
	}
	v.serving = true
	v.mu.Unlock()
	defer close(v.done)

	accepting := make(chan error, 1)
	go func() {
		defer close(accepting)
		accepting <- v.accept()
	}()
	err := v.loop(ctx, accepting)
	v.stop()
	return errors.Join(err, v.shutdown(accepting))
}

// Close ends Serve and waits for it. It is safe to call more than once and from
// any goroutine but the exchange's own.
func (v *Server) Close() error {
	v.mu.Lock()
	first, began := !v.closed, v.serving
	v.closed = true
	v.mu.Unlock()
	v.stop()
	if began {
		<-v.done
		return nil
	}
	if first {
		return errors.Join(ignoreClosed(v.listener.Close()), v.sim.Close())
	}
	return nil
}

// Do runs f on the goroutine that owns the exchange and returns when it has run.
// It reports false, without running f, if Serve has ended. f must not block or
// call Do.
func (v *Server) Do(f func(*Sim)) bool {
	ran := make(chan struct{})
	select {
	case v.calls <- func() { f(v.sim); close(ran) }:
		<-ran
		return true
	case <-v.stopped.Done():
		return false
	}
}

// View is Do for an f that only reads and copies. Once Serve has ended it still runs, on
// the caller's goroutine: that is how everything ended. What it reads of hosts and
// connections is then empty.
func (v *Server) View(f func(*Sim)) {
	if v.Do(f) {
		return
	}
	v.mu.Lock()
	began := v.serving
	v.mu.Unlock()
	if began {
		<-v.done
	}
	f(v.sim)
}

// Truth returns a copy of what the exchange knows of an account, also once Serve has
// ended, and false if there is no such account.
func (v *Server) Truth(username string) (t exchange.AccountTruth, ok bool) {
	v.View(func(s *Sim) { t, ok = s.Exchange.Truth(username) })
	return t, ok
}

// Orders returns a copy of an account's orders, live ones first, also once Serve has ended.
func (v *Server) Orders(username string) (list []exchange.OrderTruth) {
	v.View(func(s *Sim) { list = s.Exchange.Orders(username) })
	return list
}

// now reads the clock: nanoseconds since 1970, never going back.
func (v *Server) now() int64 {
	since := time.Since(v.start)
	if v.speed != 1 {
		since = time.Duration(float64(since) * v.speed)
	}
	return v.base + int64(since)
}

// accept hands connections over until the listener is closed.
func (v *Server) accept() error {
	for {
		raw, err := v.listener.Accept()
		switch {
		case err == nil:
			select {
			case v.accepts <- raw:
			case <-v.stopped.Done():
				return raw.Close()
			}
		case errors.Is(err, net.ErrClosed):
			return nil
		case errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ECONNABORTED):
			select { // passing trouble: try again, not at once
			case <-time.After(acceptPause):
			case <-v.stopped.Done():
				return nil
			}
		default:
			return fmt.Errorf("sim: accept: %w", err)
		}
	}
}

// post hands a notice to the owner and wakes it.
func (v *Server) post(n completion) {
	if !v.inbox.Push(n) {
		panic("BUG: sim: a connection has more to tell than one read and one write")
	}
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

// run is the owner's loop.
func (v *Server) loop(ctx context.Context, accepting <-chan error) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		accepts := v.accepts
		if v.pending != nil {
			accepts = nil
		}
		select {
		case <-v.wake:
		case <-timer.C:
		case socket := <-accepts:
			v.admit(socket)
		case f := <-v.calls:
			f()
		case err := <-accepting:
			return err
		case <-ctx.Done():
			return nil
		case <-v.stopped.Done():
			return nil
		}
		timer.Reset(v.runOnce())
	}
}

// round does everything there is to do now and returns how long there is nothing
// more unless somebody calls.
func (v *Server) runOnce() time.Duration {
	now := v.now()
	for n, ok := v.inbox.Pop(); ok; n, ok = v.inbox.Pop() {
		v.handle(now, n)
	}
	v.admitPending()
	next := v.sim.tick(now, min(now, v.sim.agentsDue+int64(agentsCatchUp)))
	v.flush()
	if v.sim.agentsDue <= now {
		return 0 // there is more to catch up, after what came meanwhile
	}
	next = min(next, v.sim.Faults.Due()) // sending may have held something back
	wait := float64(next-v.now()) / v.speed
	return max(time.Duration(min(wait, float64(waitMax))), tickMin)
}

// handle takes one notice.
func (v *Server) handle(now int64, n completion) {
	switch n.kind {
	case handshakeDone:
		n.conn.reading = false
		n.conn.onHandshake(n.err)
	case readDone:
		n.conn.reading = false
		n.conn.onRead(now, n.n, n.err)
	case writeDone:
		n.conn.writing = false
		n.conn.onWritten(n.n, n.err)
	}
}

// welcome starts a connection.
func (v *Server) startConn(socket net.Conn) {
	v.sim.now = max(v.sim.now, v.now())
	l, err := v.sim.Open()
	switch {
	case errors.Is(err, fault.ErrRefused):
		_ = socket.Close() // as was asked for; the client sees it
		return
	case err != nil:
		v.reject(socket, err)
		return
	}
	c := newConn(v, socket, l)
	v.accepted++
	c.serial = v.accepted
	v.conns[c] = struct{}{}
	v.byGateway[l.Gateway()] = c
	c.readNext()
}

// shutdown tells every client that the exchange goes down, waits for them for a
// bounded time, and closes what is left.
func (v *Server) shutdown(accepting <-chan error) error {
	err := ignoreClosed(v.listener.Close())
	if v.pending != nil {
		_ = v.pending.Close()
		v.pending = nil
	}
	now := v.now()
	v.sim.gateway.LogoutAll(now, msg.EtoLogoutDowntime)
	for c := range v.conns {
		if c.line.HalfOpen() {
			c.closeSocket() // it cannot be told
		}
	}
	v.flush()
	deadline := time.NewTimer(shutdownTimeout)
	defer deadline.Stop()
	for len(v.conns) > 0 {
		select {
		case <-v.wake:
		case <-deadline.C:
			for c := range v.conns {
				c.closeSocket()
			}
		}
		for n, ok := v.inbox.Pop(); ok; n, ok = v.inbox.Pop() {
			v.handle(v.now(), n)
		}
		v.flush()
	}
	v.workers.Wait()
	if v.freeTimer != nil {
		v.freeTimer.Stop()
	}
	err = errors.Join(err, <-accepting) // nil if run had it already
	return errors.Join(err, v.sim.Close())
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

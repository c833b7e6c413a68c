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
	s, err := newServer(c)
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
		return nil, errors.Join(err, s.sim.Close())
	}
	s.listener = l
	return s, nil
}

// Local starts a server that is reached by Dial alone, inside of this process:
// no sockets, so that time may be virtual, as under testing/synctest. Close must
// be called in the end.
func Local(c Config) (*Server, error) {
	s, err := newServer(c)
	if err != nil {
		return nil, err
	}
	s.local = newLocalListener()
	s.listener = s.local
	return s, nil
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
	x, err := New(c)
	if err != nil {
		return nil, err
	}
	inbox, err := ring.NewMPSC[completion](2 * x.gateway.Connections()) // one read, or handshake, and one write each
	if err != nil {
		return nil, errors.Join(err, x.Close())
	}
	s := &Server{
		sim: x, start: start, base: c.Now, speed: c.Speed, tls: c.TLS, onClose: c.OnClose,
		inbox: inbox, wake: make(chan struct{}, 1),
		accepts: make(chan net.Conn), calls: make(chan func()), done: make(chan struct{}),
		conns: make(map[*conn]struct{}), byGateway: make(map[*gateway.Conn]*conn),
	}
	s.stopped, s.stop = context.WithCancel(context.Background())
	return s, nil
}

// Dial opens a connection to a server that Local made. A server that listens on a
// socket is reached through that.
func (s *Server) Dial(ctx context.Context) (net.Conn, error) {
	if s.local == nil {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", s.Addr().String())
	}
	return s.local.dial(ctx)
}

// Addr returns the address that clients connect to.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Serve runs the exchange until ctx ends or Close is called, tells clients so,
// and returns nil when every connection is closed. It returns an error if the
// listener fails. It may be called once; after Close it returns nil at once.
func (s *Server) Serve(ctx context.Context) error {
	s.mu.Lock()
	switch {
	case s.serving:
		s.mu.Unlock()
		panic("BUG: sim: Serve twice")
	case s.closed:
		s.mu.Unlock()
		return nil
	}
	s.serving = true
	s.mu.Unlock()
	defer close(s.done)

	accepting := make(chan error, 1)
	go func() {
		defer close(accepting)
		accepting <- s.accept()
	}()
	err := s.loop(ctx, accepting)
	s.stop()
	return errors.Join(err, s.shutdown(accepting))
}

// Close ends Serve and waits for it. It is safe to call more than once and from
// any goroutine but the exchange's own.
func (s *Server) Close() error {
	s.mu.Lock()
	first, began := !s.closed, s.serving
	s.closed = true
	s.mu.Unlock()
	s.stop()
	if began {
		<-s.done
		return nil
	}
	if first {
		return errors.Join(ignoreClosed(s.listener.Close()), s.sim.Close())
	}
	return nil
}

// Do runs f on the goroutine that owns the exchange and returns when it has run.
// It reports false, without running f, if Serve has ended. f must not block or
// call Do.
func (s *Server) Do(f func(*Sim)) bool {
	ran := make(chan struct{})
	select {
	case s.calls <- func() { f(s.sim); close(ran) }:
		<-ran
		return true
	case <-s.stopped.Done():
		return false
	}
}

// View is Do for an f that only reads and copies. Once Serve has ended it still runs, on
// the caller's goroutine: that is how everything ended. What it reads of hosts and
// connections is then empty.
func (s *Server) View(f func(*Sim)) {
	if s.Do(f) {
		return
	}
	s.mu.Lock()
	began := s.serving
	s.mu.Unlock()
	if began {
		<-s.done
	}
	f(s.sim)
}

// Truth returns a copy of what the exchange knows of an account, also once Serve has
// ended, and false if there is no such account.
func (s *Server) Truth(username string) (t exchange.AccountTruth, ok bool) {
	s.View(func(s *Sim) { t, ok = s.Exchange.Truth(username) })
	return t, ok
}

// Orders returns a copy of an account's orders, live ones first, also once Serve has ended.
func (s *Server) Orders(username string) (list []exchange.OrderTruth) {
	s.View(func(s *Sim) { list = s.Exchange.Orders(username) })
	return list
}

// now reads the clock: nanoseconds since 1970, never going back.
func (s *Server) now() int64 {
	since := time.Since(s.start)
	if s.speed != 1 {
		since = time.Duration(float64(since) * s.speed)
	}
	return s.base + int64(since)
}

// accept hands connections over until the listener is closed.
func (s *Server) accept() error {
	for {
		raw, err := s.listener.Accept()
		switch {
		case err == nil:
			select {
			case s.accepts <- raw:
			case <-s.stopped.Done():
				return raw.Close()
			}
		case errors.Is(err, net.ErrClosed):
			return nil
		case errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ECONNABORTED):
			select { // passing trouble: try again, not at once
			case <-time.After(acceptPause):
			case <-s.stopped.Done():
				return nil
			}
		default:
			return fmt.Errorf("sim: accept: %w", err)
		}
	}
}

// post hands a notice to the owner and wakes it.
func (s *Server) post(n completion) {
	if !s.inbox.Push(n) {
		panic("BUG: sim: a connection has more to tell than one read and one write")
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run is the owner's loop.
func (s *Server) loop(ctx context.Context, accepting <-chan error) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		accepts := s.accepts
		if s.pending != nil {
			accepts = nil
		}
		select {
		case <-s.wake:
		case <-timer.C:
		case socket := <-accepts:
			s.admit(socket)
		case f := <-s.calls:
			f()
		case err := <-accepting:
			return err
		case <-ctx.Done():
			return nil
		case <-s.stopped.Done():
			return nil
		}
		timer.Reset(s.runOnce())
	}
}

// round does everything there is to do now and returns how long there is nothing
// more unless somebody calls.
func (s *Server) runOnce() time.Duration {
	now := s.now()
	for n, ok := s.inbox.Pop(); ok; n, ok = s.inbox.Pop() {
		s.handle(now, n)
	}
	s.admitPending()
	next := s.sim.tick(now, min(now, s.sim.agentsDue+int64(agentsCatchUp)))
	s.flush()
	if s.sim.agentsDue <= now {
		return 0 // there is more to catch up, after what came meanwhile
	}
	next = min(next, s.sim.Faults.Due()) // sending may have held something back
	wait := float64(next-s.now()) / s.speed
	return max(time.Duration(min(wait, float64(waitMax))), tickMin)
}

// handle takes one notice.
func (s *Server) handle(now int64, n completion) {
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
func (s *Server) startConn(socket net.Conn) {
	s.sim.now = max(s.sim.now, s.now())
	l, err := s.sim.Open()
	switch {
	case errors.Is(err, fault.ErrRefused):
		_ = socket.Close() // as was asked for; the client sees it
		return
	case err != nil:
		s.reject(socket, err)
		return
	}
	c := newConn(s, socket, l)
	s.accepted++
	c.serial = s.accepted
	s.conns[c] = struct{}{}
	s.byGateway[l.Gateway()] = c
	c.readNext()
}

// shutdown tells every client that the exchange goes down, waits for them for a
// bounded time, and closes what is left.
func (s *Server) shutdown(accepting <-chan error) error {
	err := ignoreClosed(s.listener.Close())
	if s.pending != nil {
		_ = s.pending.Close()
		s.pending = nil
	}
	now := s.now()
	s.sim.gateway.LogoutAll(now, msg.EtoLogoutDowntime)
	for c := range s.conns {
		if c.line.HalfOpen() {
			c.closeSocket() // it cannot be told
		}
	}
	s.flush()
	deadline := time.NewTimer(shutdownTimeout)
	defer deadline.Stop()
	for len(s.conns) > 0 {
		select {
		case <-s.wake:
		case <-deadline.C:
			for c := range s.conns {
				c.closeSocket()
			}
		}
		for n, ok := s.inbox.Pop(); ok; n, ok = s.inbox.Pop() {
			s.handle(s.now(), n)
		}
		s.flush()
	}
	s.workers.Wait()
	if s.freeTimer != nil {
		s.freeTimer.Stop()
	}
	err = errors.Join(err, <-accepting) // nil if run had it already
	return errors.Join(err, s.sim.Close())
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

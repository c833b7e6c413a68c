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
	"github.com/smk-go/smk/sim/gateway"
)

const (
	tickMin          = time.Millisecond      // timers due within are handled together
	waitMax          = time.Hour             // without anything to do
	agentsCatchUp    = 10 * time.Millisecond // of the participants' time per round
	lingerTimeout    = time.Second           // for the client to close after the last message
	lastWriteTimeout = 2 * time.Second       // for the last message to be sent
	shutdownTimeout  = 3 * time.Second       // for all clients together to be logged out
	acceptPause      = 10 * time.Millisecond
	discardBytes     = 4096

	speedMin = 0.001
	speedMax = 1000
)

// Server is an exchange that clients reach by TCP, with or without TLS. Its methods may be called from any
// goroutine. The goroutine of Serve owns the exchange; each connection has a goroutine that reads and one
// that writes.
type Server struct {
	sim      *Sim
	listener net.Listener
	local    *localListener // nil if the listener is a socket
	tls      *tls.Config    // nil means plain TCP
	clock    clock

	inbox   *ring.MPSC[completion] // holds one read and one write of every connection
	wake    chan struct{}
	accepts chan net.Conn
	calls   chan func()

	onClose func(net.Addr, string, error) // may be nil

	stop    context.CancelFunc // ends Serve
	stopped context.Context
	done    chan struct{} // closed when Serve has ended
	mu      sync.Mutex    // guards serving and closed
	serving bool
	closed  bool

	// Owned by Serve.
	conns     map[*conn]struct{}
	byGateway map[*gateway.Conn]*conn
	accepted  uint64   // connections so far
	pending   net.Conn // waits for an evicted one to end; nil if none does
	workers   sync.WaitGroup
	freeTimer *time.Timer // frees memory; may be nil

	endedConns atomic.Int64 // since memory was last freed

	store *store  // nil if the state is not kept
	held  []*conn // have something to send, once the state is written
	holds bool    // nothing is sent before the state is written
}

// completion reports a finished operation of a reader or writer to the owner.
type completion struct {
	kind completionKind
	conn *conn
	n    int
	err  error
}

type completionKind uint8

const (
	handshakeDone completionKind = iota // the TLS handshake ended
	readDone
	writeDone
)

// Listen returns a server that listens on a TCP address such as "127.0.0.1:3701"; port 0 means any free
// one, see Addr. Connections are accepted by the system at once and served by Serve. The error is that of
// [New], an [*exchange.ConfigError] for TLS or Speed, or that of the listener or of the state's file. The
// caller must call Close.
func Listen(addr string, c Config) (*Server, error) {
	s, err := newServer(c)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			err = fmt.Errorf("sim: %s is taken by another program: choose another port, or 0 for any free one: %w",
				addr, err)
		} else {
			err = fmt.Errorf("sim: cannot listen on %s: %w", addr, err)
		}
		return nil, errors.Join(err, s.sim.Close(), s.store.close())
	}
	s.listener = l
	return s, nil
}

// Local returns a server that is reached only by its Dial, inside of the process and without sockets, so
// that time may be virtual, as in a testing/synctest bubble. The errors are those of [Listen]. The caller
// must call Close.
func Local(c Config) (*Server, error) {
	s, err := newServer(c)
	if err != nil {
		return nil, err
	}
	s.local = newLocalListener()
	s.listener = s.local
	return s, nil
}

// newServer returns a server without its listener.
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
	store, err := openStore(&c)
	if err != nil {
		return nil, err
	}
	x, err := New(c)
	if err != nil {
		return nil, errors.Join(store.explain(err), store.close())
	}
	inbox, err := ring.NewMPSC[completion](2 * x.gateway.Connections()) // one read, or handshake, and one write each
	if err != nil {
		return nil, errors.Join(err, x.Close(), store.close())
	}
	s := &Server{
		sim: x, clock: clock{start, x.Now(), c.Speed}, tls: c.TLS, onClose: c.OnClose, store: store,
		inbox: inbox, wake: make(chan struct{}, 1),
		accepts: make(chan net.Conn), calls: make(chan func()), done: make(chan struct{}),
		conns: make(map[*conn]struct{}), byGateway: make(map[*gateway.Conn]*conn),
	}
	s.stopped, s.stop = context.WithCancel(context.Background())
	return s, nil
}

// Dial connects to the server, in memory if [Local] returned it.
func (s *Server) Dial(ctx context.Context) (net.Conn, error) {
	if s.local == nil {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", s.Addr().String())
	}
	return s.local.dial(ctx)
}

// Addr returns the address that clients connect to.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Serve runs the exchange until ctx is done or Close is called. It then logs out every client, closes the
// connections and returns nil; it returns an error if the listener fails. It must be called at most once;
// after Close it returns nil at once.
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

// Close stops Serve and waits for it. It may be called more than once and from any goroutine except the
// one that owns the exchange.
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
		return errors.Join(ignoreClosed(s.listener.Close()), s.sim.Close(), s.store.close())
	}
	return nil
}

// Do runs f on the goroutine that owns the exchange and returns when f has returned. It waits for Serve to
// start. It reports false, without running f, if Serve has ended. f must not block or call Do, and must not
// keep the Sim.
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

// View is Do for an f that only reads. After Serve has ended, f runs on the caller's goroutine and reads the
// final state, in which no connection is open.
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

// Truth returns a copy of the exchange's state of an account, and false if there is no such account. It also
// works after Serve has ended.
func (s *Server) Truth(username string) (t exchange.AccountTruth, ok bool) {
	s.View(func(s *Sim) { t, ok = s.Exchange.Truth(username) })
	return t, ok
}

// Orders returns a copy of an account's orders, live ones first. It also works after Serve has ended.
func (s *Server) Orders(username string) (list []exchange.OrderTruth) {
	s.View(func(s *Sim) { list = s.Exchange.Orders(username) })
	return list
}

// clock is the exchange's clock.
type clock struct {
	start time.Time
	base  int64   // reading at start
	speed float64 // seconds of the exchange per second
}

// now reads the clock: nanoseconds since 1970, never decreasing.
func (c clock) now() int64 {
	since := time.Since(c.start)
	if c.speed != 1 {
		since = time.Duration(float64(since) * c.speed)
	}
	return c.base + int64(since)
}

// accept passes connections to the owner until the listener is closed.
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
			select { // a temporary error: retry after a pause
			case <-time.After(acceptPause):
			case <-s.stopped.Done():
				return nil
			}
		default:
			return fmt.Errorf("sim: accept: %w", err)
		}
	}
}

// post sends a completion to the owner and wakes it.
func (s *Server) post(n completion) {
	if !s.inbox.Push(n) {
		panic("BUG: sim: a connection has more than one read and one write pending")
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// loop is the owner's loop.
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
		wait, err := s.runOnce()
		if err != nil {
			return err
		}
		timer.Reset(wait)
	}
}

// runOnce does everything that is due and returns how long the owner may wait.
// The error is that of writing the state.
func (s *Server) runOnce() (wait time.Duration, err error) {
	now := s.clock.now()
	s.handleAll(now)
	s.admitPending()
	agentsNow := now
	if due := s.sim.agentsDue; now-due > int64(agentsCatchUp) { // due may be the latest there is
		agentsNow = due + int64(agentsCatchUp)
	}
	next := s.sim.tick(now, agentsNow)
	if err := s.flush(); err != nil {
		return 0, err
	}
	if s.sim.agentsDue <= now {
		return 0, nil // more to catch up, after the pending completions
	}
	next = min(next, s.sim.Faults.Due()) // the flush may have delayed something
	left := float64(next-s.clock.now()) / s.clock.speed
	return max(min(time.Duration(min(left, float64(waitMax))), s.store.due()), tickMin), nil
}

// handleAll handles the completions. What is to be sent for them may have to wait for the state to be written.
func (s *Server) handleAll(now int64) {
	s.holds = s.store.first()
	for n, ok := s.inbox.Pop(); ok; n, ok = s.inbox.Pop() {
		s.handle(now, n)
	}
}

// handle handles one completion.
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

// startConn starts to serve a connection.
func (s *Server) startConn(socket net.Conn) {
	s.sim.now = max(s.sim.now, s.clock.now())
	l, err := s.sim.Open()
	switch {
	case errors.Is(err, fault.ErrRefused):
		_ = socket.Close() // a fault: the client sees the close
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

// shutdown logs out every client, waits a bounded time for them, and closes what is left.
func (s *Server) shutdown(accepting <-chan error) error {
	err := ignoreClosed(s.listener.Close())
	if s.pending != nil {
		_ = s.pending.Close()
		s.pending = nil
	}
	now := s.clock.now()
	s.sim.gateway.LogoutAll(now, msg.EtoLogoutDowntime)
	for c := range s.conns {
		if c.stream.HalfOpen() {
			c.closeSocket() // it cannot be reached
		}
	}
	err = firstOf(err, s.flush())
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
		s.handleAll(s.clock.now())
		if flushErr := s.flush(); flushErr != nil {
			err = firstOf(err, flushErr)
			for c := range s.conns {
				c.closeSocket()
			}
		}
	}
	s.workers.Wait()
	if s.freeTimer != nil {
		s.freeTimer.Stop()
	}
	err = errors.Join(err, <-accepting) // nil if run had it already
	return errors.Join(firstOf(err, s.store.write(s.sim)), s.store.close(), s.sim.Close())
}

func firstOf(err, then error) error {
	if err != nil {
		return err
	}
	return then
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/sim/gateway"
)

// server is the sockets of a proxy. Its goroutines read, write and accept; everything else is the loop's.
type server struct {
	proxy     *Proxy
	listeners []net.Listener
	inbox     *ring.MPSC[completion] // one accept of each listener, one read and one write of each connection
	woken     atomic.Bool
	workers   sync.WaitGroup
	conns     map[*conn]struct{}
	byGateway map[*gateway.Conn]*conn
	waiting   []*acceptedConn // for the places of evicted ones
	serial    uint64
	closed    bool
	ended     atomic.Bool // the loop does not run any more
	idle      chan struct{}
}

// completion is what a goroutine has done.
type completion struct {
	kind   completionKind
	conn   *conn
	socket net.Conn
	n      int
	err    error
}

type completionKind uint8

const (
	accepted completionKind = iota
	readDone
	writeDone
)

const (
	listenersMax     = 8
	acceptPause      = 10 * time.Millisecond
	lastWriteTimeout = 2 * time.Second // for the last message to be sent
	lingerTimeout    = time.Second     // for the client to close after it
)

// Listen listens on a TCP address such as "127.0.0.1:3701" and accepts clients from now on, with Config.TLS if that is
// set; port 0 means any free one. It may be called several times, before the engine runs.
func (p *Proxy) Listen(address string) (net.Addr, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("proxy: cannot listen on %s: %w", address, err)
	}
	if err := p.Serve(l); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l.Addr(), nil
}

// Serve accepts clients of a listener, with Config.TLS if that is set; Close closes it. It returns at once, and must be
// called before the engine runs.
func (p *Proxy) Serve(l net.Listener) error {
	if p.server == nil {
		inbox, err := ring.NewMPSC[completion](2*p.config.Connections + listenersMax)
		if err != nil {
			return err
		}
		p.server = &server{
			proxy: p, inbox: inbox, conns: map[*conn]struct{}{}, byGateway: map[*gateway.Conn]*conn{},
			idle: make(chan struct{}, 1),
		}
	}
	s := p.server
	if len(s.listeners) == listenersMax {
		return fmt.Errorf("proxy: more than %d listeners", listenersMax)
	}
	s.listeners = append(s.listeners, l)
	s.workers.Add(1)
	go s.accept(l)
	return nil
}

// accept gives sockets to the loop, one at a time.
func (s *server) accept(l net.Listener) {
	defer s.workers.Done()
	next := make(chan struct{}, 1)
	for {
		socket, err := l.Accept()
		switch {
		case err == nil:
			s.post(completion{kind: accepted, socket: &acceptedConn{socket, next}})
			<-next
		case errors.Is(err, net.ErrClosed):
			return
		default:
			time.Sleep(acceptPause) // too many open files, for example
		}
	}
}

// acceptedConn is a socket whose listener waits until the loop has it.
type acceptedConn struct {
	net.Conn
	taken chan struct{}
}

// post gives a completion to the loop and wakes it.
func (s *server) post(c completion) {
	if !s.inbox.Push(c) {
		panic("BUG: proxy: more completions than connections")
	}
	s.wake()
}

// wake has the loop call run. While the submit queue is full the loop is busy with it: try again.
func (s *server) wake() {
	defer s.signal()
	if s.ended.Load() || s.woken.Swap(true) {
		return
	}
	for !s.ended.Load() {
		err := s.proxy.engine.Submitter().Do(s.run, nil)
		if !errors.Is(err, engine.ErrSubmitFull) {
			break // done, or the engine has ended and Close takes what there is
		}
		time.Sleep(time.Millisecond)
	}
}

// signal wakes who waits for the connections to end.
func (s *server) signal() {
	select {
	case s.idle <- struct{}{}:
	default:
	}
}

// run handles what the goroutines have done.
func (s *server) run() {
	s.woken.Store(false)
	now := s.proxy.now()
	for range s.inbox.Cap() { // what comes meanwhile wakes again
		c, ok := s.inbox.Pop()
		if !ok {
			break
		}
		s.handle(now, c)
	}
	s.proxy.flush()
}

func (s *server) handle(now int64, c completion) {
	switch c.kind {
	case accepted:
		s.admit(c.socket.(*acceptedConn))
	case readDone:
		c.conn.reading = false
		c.conn.onRead(now, c.n, c.err)
	case writeDone:
		c.conn.writing = false
		c.conn.onWritten(c.n, c.err)
	}
}

// admit admits a connection. At the limit of connections the oldest that is not logged in makes room, so that silent
// ones take no place from a client; if all are logged in the new one is closed. It waits until the place is free, and
// its listener with it.
func (s *server) admit(a *acceptedConn) {
	s.waiting = append(s.waiting, a)
	if len(s.conns) < s.proxy.config.Connections || s.closed || !s.evict() {
		s.admitWaiting()
	}
}

// evict closes the oldest connection that is not logged in. It reports false if there is none.
func (s *server) evict() bool {
	var oldest *conn
	for c := range s.conns {
		if c.gateway.Username() == "" && !c.closed && (oldest == nil || c.serial < oldest.serial) {
			oldest = c
		}
	}
	if oldest == nil {
		return false
	}
	oldest.end(ErrEvicted)
	return true
}

// admitWaiting admits a connection that waits for the place of one that has ended.
func (s *server) admitWaiting() {
	if len(s.waiting) > 0 {
		a := s.waiting[0]
		s.waiting = s.waiting[1:]
		s.start(a)
	}
}

// start starts to serve a connection.
func (s *server) start(a *acceptedConn) {
	a.taken <- struct{}{}
	if s.closed {
		_ = a.Close() // a socket that fails to close cannot be helped
		return
	}
	g, err := s.proxy.gateway.Accept(s.proxy.now())
	if err != nil {
		s.report(a.RemoteAddr(), "", err)
		_ = a.Close()
		return
	}
	s.serial++
	c := newConn(s, a.Conn, g)
	s.conns[c] = struct{}{}
	s.byGateway[g] = c
	c.readNext()
}

// ErrEvicted is why a connection without a login ended: there were too many, and another one came.
var ErrEvicted = errors.New("proxy: evicted without a login for a new connection")

// report logs that the proxy ended a connection because of the client.
func (s *server) report(addr net.Addr, name string, cause error) {
	p := s.proxy
	p.stats.CutOff++
	p.log.Warn("connection ended", "client", name, "address", addr.String(), "cause", cause)
	if p.config.OnClose != nil {
		p.config.OnClose(addr, name, cause)
	}
}

// flush has everything written that the gateway has to send.
func (p *Proxy) flush() {
	if p.server == nil {
		return
	}
	p.gateway.Dirty(func(g *gateway.Conn) {
		if c := p.server.byGateway[g]; c != nil {
			c.writeNext()
		}
	})
}

// Shutdown logs clients out and waits until they are gone, at most until ctx ends. Orders stay; new connections are
// closed. The engine runs on. It may be called by any goroutine but the loop's, while that runs.
func (p *Proxy) Shutdown(ctx context.Context) error {
	var done engine.Submission
	if err := p.engine.Submitter().Do(p.beginShutdown, &done); err != nil {
		return err
	}
	if _, err := done.Wait(ctx); err != nil {
		return err
	}
	for {
		var left int
		var asked engine.Submission
		if err := p.engine.Submitter().Do(func() { left = p.connections() }, &asked); err != nil {
			return err
		}
		if _, err := asked.Wait(ctx); err != nil {
			return err
		}
		if left == 0 {
			return nil
		}
		select {
		case <-p.server.idle:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (p *Proxy) connections() int {
	if p.server == nil {
		return 0
	}
	return len(p.server.conns)
}

func (p *Proxy) beginShutdown() {
	p.stopping = true
	p.gateway.RefuseLogins(msg.EtoLogoutDowntime)
	p.gateway.LogoutAll(p.now(), msg.EtoLogoutDowntime)
	if s := p.server; s != nil {
		s.closed = true
		for _, l := range s.listeners {
			_ = l.Close()
		}
	}
	for l := range p.loginsWith(func(*login) bool { return true }) {
		if s, ok := l.sink.(OrderSink); ok {
			s.UpstreamChanged(false)
		}
	}
	p.flush()
}

// Close ends every connection and releases what the proxy holds. The engine must not run: call it when Run has
// returned. Orders stay.
func (p *Proxy) Close() error {
	p.beginShutdown()
	if s := p.server; s != nil {
		s.ended.Store(true)
		deadline := time.NewTimer(lastWriteTimeout)
		defer deadline.Stop()
		for s.run(); len(s.conns) > 0; s.run() {
			select {
			case <-s.idle:
			case <-deadline.C:
				for c := range s.conns {
					c.closeSocket()
				}
			}
		}
		closed := make(chan struct{})
		go func() { s.workers.Wait(); close(closed) }()
		for waiting := true; waiting; {
			select {
			case <-s.idle:
				s.run()
			case <-closed:
				waiting = false
			}
		}
	}
	return errors.Join(p.gateway.Close(), p.file.close())
}

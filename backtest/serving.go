package backtest

import (
	"context"
	"errors"
	"net"
	"sync"
)

// Close releases everything. A Serve that runs is ended, and Close waits for that. It may be called more than once and
// by any goroutine, but not by the function that Serve calls.
func (s *Server) Close() error {
	return s.serving.close(func() error {
		_ = s.listener.Close() // Serve may have closed it
		return s.release()
	})
}

func (s *Server) release() error { return errors.Join(s.feed.source.close(), s.world.sim.Close()) }

// Serve waits for a client, plays the recording, calls ended, which may be nil, waits for the clients to leave, and
// returns what became of the account. It serves once. The error is that of the journal, [ErrNoClient], [ErrTooSlow],
// [ErrServerClosed] after Close, or the cause of the end of ctx.
func (s *Server) Serve(ctx context.Context, ended func()) (*Model, error) {
	ctx, end, err := s.serving.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	m, err := s.serve(ctx, ended)
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx) // the clients may seem to have left because of it
	}
	return m, err
}

// serving is whether a [Server] serves, for the goroutines of Serve and Close.
type serving struct {
	mu      sync.Mutex
	closed  bool
	cancel  context.CancelCauseFunc // of Serve, nil before
	done    chan struct{}           // closed when Serve has returned
	sockets map[net.Conn]struct{}   // of clients; nil once they are interrupted
}

// begin begins Serve, unless it was called before or the server is closed, and returns the context that it has to end
// with: then nothing waits for a client any more.
func (s *serving) begin(ctx context.Context) (_ context.Context, end func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.cancel != nil {
		return nil, nil, ErrServerClosed
	}
	ctx, s.cancel = context.WithCancelCause(ctx)
	s.done, s.sockets = make(chan struct{}), make(map[net.Conn]struct{})
	stop := context.AfterFunc(ctx, s.interrupt)
	return ctx, func() {
		stop()
		s.cancel(nil)
		close(s.done)
	}, nil
}

// interrupt closes the clients' connections.
func (s *serving) interrupt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for socket := range s.sockets {
		_ = socket.Close()
	}
	s.sockets = nil
}

// add takes note of a client's connection, or closes it if they are interrupted.
func (s *serving) add(socket net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sockets == nil {
		_ = socket.Close()
		return
	}
	s.sockets[socket] = struct{}{}
}

// remove closes a client's connection.
func (s *serving) remove(socket net.Conn) {
	_ = socket.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sockets, socket)
}

// close ends Serve and waits for that, and has release called once, when nothing is used any more.
func (s *serving) close(release func() error) error {
	s.mu.Lock()
	cancel, first := s.cancel, !s.closed
	s.closed = true
	s.mu.Unlock()
	if cancel != nil {
		cancel(ErrServerClosed)
		<-s.done
	}
	if first {
		return release()
	}
	return nil
}

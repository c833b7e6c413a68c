package backtest

import (
	"errors"
	"fmt"
	"net"
	"time"
)

// client is a connection over TCP.
type client struct {
	socket net.Conn
	link   *link
	closed bool
	buf    []byte

	rest  []byte        // of what it sent, that the exchange has not taken yet
	taken chan struct{} // has a value when the next piece may be passed on
	gone  chan struct{} // closed with the connection

	sent, got beatCounter // heartbeats to the client and from it
	stalls    int         // in a row
}

// clientInput is something that the network did.
type clientInput struct {
	client *client // nil of a new connection
	socket net.Conn
	bytes  []byte
	err    error
}

// accept passes on new connections until the listener is closed.
func (s *Server) accept() {
	for {
		socket, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.input <- clientInput{socket: socket}
	}
}

// closeClients closes the connections.
func (s *Server) closeClients() {
	_ = s.listener.Close()
	for _, c := range s.clients {
		s.drop(c)
	}
	go func() { // whoever still wants to pass something on
		for {
			select {
			case in := <-s.input:
				if in.client == nil && in.socket != nil {
					_ = in.socket.Close()
				}
			case <-time.After(time.Second):
				return
			}
		}
	}()
}

// take handles what the network did.
func (s *Server) take(in clientInput) error {
	switch c := in.client; {
	case c == nil:
		conn, err := s.world.connect()
		if err != nil {
			return in.socket.Close()
		}
		c = &client{
			socket: in.socket, link: conn.(*link), buf: make([]byte, inputBytes), taken: make(chan struct{}, 1),
			gone: make(chan struct{}),
		}
		s.clients, s.fresh = append(s.clients, c), true
		s.serving.add(c.socket)
		go s.read(c)
	case in.err != nil:
		s.drop(c)
	default:
		c.got.count(in.bytes)
		c.rest, s.received = in.bytes, true
		if err := s.pass(c); err != nil || len(c.rest) == 0 {
			return err
		}
		s.world.tick() // the exchange has to get on with what it has
		return s.flush()
	}
	return nil
}

// pass passes on what a client has sent, as much as the exchange takes. The next piece is read when it has all: what is
// under way to it is limited.
func (s *Server) pass(c *client) error {
	if len(c.rest) == 0 {
		return nil
	}
	n, err := c.link.Write(c.rest)
	if err != nil {
		return err
	}
	if c.rest = c.rest[n:]; c.link.left {
		c.rest = nil
	}
	if len(c.rest) == 0 {
		c.taken <- struct{}{}
	}
	return nil
}

// drop closes a client's connection.
func (s *Server) drop(c *client) {
	if !c.closed {
		c.closed, c.link.closed, c.rest = true, true, nil
		close(c.gone)
	}
	s.serving.remove(c.socket)
}

// read passes on what a client sends, until it or the server ends.
func (s *Server) read(c *client) {
	for {
		b := make([]byte, inputBytes)
		n, err := c.socket.Read(b)
		if n > 0 {
			s.input <- clientInput{client: c, bytes: b[:n]}
			select {
			case <-c.taken:
			case <-c.gone:
			}
		}
		if err != nil {
			s.input <- clientInput{client: c, err: err}
			return
		}
	}
}

// flush sends what has arrived for the clients at the moment that the clock shows.
func (s *Server) flush() error {
	s.world.move()
	kept := s.clients[:0]
	for _, c := range s.clients {
		if err := s.pass(c); err != nil {
			return err
		}
		for !c.closed {
			n, err := c.link.Read(c.buf)
			if n > 0 {
				c.sent.count(c.buf[:n])
				_ = c.socket.SetWriteDeadline(time.Now().Add(clientWrite))
				if _, werr := c.socket.Write(c.buf[:n]); werr != nil {
					var late net.Error
					if errors.As(werr, &late) && late.Timeout() {
						return fmt.Errorf("%w: for %v", ErrTooSlow, clientWrite)
					}
					err = werr
				}
			}
			if err != nil {
				if cause := c.link.exchange.Err(); cause != nil {
					s.cuts, s.cause = s.cuts+1, cause
				}
				s.drop(c)
			}
			if n == 0 {
				break
			}
		}
		if !c.closed {
			kept = append(kept, c)
		}
	}
	clear(s.clients[len(kept):])
	s.clients = kept
	s.world.move()
	return nil
}

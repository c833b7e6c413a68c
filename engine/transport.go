package engine

import "math"

// A socket is a connection below TLS as the loop sees it. All methods but wake are
// the loop's. One round is
//
//	arm(until, full)   // from now on a wake is not lost
//	...                // the loop looks whether there is work after all
//	recv(b)            // sleeps here, until bytes, the moment or a wake
//	send(b) ...        // never sleeps for long
type socket interface {
	// arm says until when recv may sleep: a clock reading, or past if it must
	// not. full says that bytes wait to be sent, so that it is also worth
	// waking up when the socket takes some.
	arm(until int64, full bool)

	// recv puts what has arrived into b and returns how much that is. 0 without
	// an error means that the moment came, or a wake, or nothing particular:
	// the loop does a round and comes again.
	recv(b []byte) (int, error)

	// send hands bytes to the socket and returns how many it took. Fewer than
	// all without an error means that it takes no more now.
	send(b []byte) (int, error)

	// room sleeps until the socket takes bytes again, or until a clock reading, or
	// has the next send do so. It may return early.
	room(until int64) error

	// wake makes a recv that sleeps, or the next one after arm, return. Any
	// goroutine, also after close.
	wake()

	// spins reports whether a recv that must not sleep costs little enough to
	// be called again and again.
	spins() bool

	// close ends the connection.
	close() error
}

// Special moments for arm.
const (
	past  = math.MinInt64 // do not sleep
	never = math.MaxInt64 // sleep until something happens
)

// A transport is what the loop reads from and writes to: a socket, with TLS or
// without. read and write are as recv and send.
type transport interface {
	arm(until int64, full bool)
	read(b []byte) (int, error)
	write(b []byte) (int, error)
	room(until int64) error
	wake()
	spins() bool
	close() error

	// unsent reports whether bytes that write took wait inside the transport,
	// and flush hands them to the socket as far as that takes them.
	unsent() bool
	flush() error

	// progressed reports whether the socket has taken bytes since it was last called
	// that write did not count.
	progressed() bool

	// buffered reports whether read would return bytes without asking the socket.
	buffered() bool
}

// plain is a transport without TLS.
type plain struct{ socket }

func (p plain) read(b []byte) (int, error)  { return p.recv(b) }
func (p plain) write(b []byte) (int, error) { return p.send(b) }
func (p plain) unsent() bool                { return false }
func (p plain) flush() error                { return nil }
func (p plain) progressed() bool            { return false }
func (p plain) buffered() bool              { return false }

package transport

import (
	"errors"
	"net"
)

// A Conn is a connection as the loop reads and writes it, with TLS or without. All
// methods but Wake are for the loop's goroutine. One round is
//
//	Arm(until, full)   // from now on no wake is lost
//	...                // the loop checks once more that it has no work
//	Read(b)            // sleeps here, until bytes arrive, a wake, or the deadline
//	Write(b) ...       // never sleeps for long
//	Flush()
type Conn interface {
	// Arm sets the clock reading until which the next Read may sleep, or [Past] if
	// it must not. full says that bytes wait to be sent, so that Read also returns
	// when the socket has room for some.
	Arm(until int64, full bool)

	// Read reads what has arrived into b and returns how many bytes that is. 0
	// without an error means that the deadline passed, or a wake, or nothing in
	// particular: the loop does a round and calls it again.
	Read(b []byte) (int, error)

	// Write writes bytes and returns how many were accepted. Fewer than all without
	// an error means that the socket has no room for more now.
	Write(b []byte) (int, error)

	// WaitWritable sleeps until the socket has room again or a clock reading is
	// reached, or has the next Write do so. It may return early.
	WaitWritable(until int64) error

	// Wake makes a sleeping Read, or the next one after Arm, return. It may be
	// called by any goroutine at any time, also after Close.
	Wake()

	// CanSpin reports whether a Read that must not sleep is cheap enough to be
	// called in a loop.
	CanSpin() bool

	// Close closes the connection.
	Close() error

	// Abort closes the connection and drops what was accepted and has not left, as far as the system allows that:
	// nothing is written any more, also not the alert that ends a TLS connection.
	Abort() error

	// Unsent reports whether bytes that Write accepted have not reached the socket.
	Unsent() bool

	// Flush writes those bytes to the socket as far as it has room.
	Flush() error

	// Progressed reports whether the socket has accepted bytes that no Write
	// counted since Progressed was last called.
	Progressed() bool

	// Buffered reports whether Read would return bytes without a system call.
	Buffered() bool
}

// ErrSendStalled means that the socket has no room, and neither has the buffer before
// it. Its text is that of package engine, which shows it to users.
var ErrSendStalled = errors.New("engine: the socket takes no more bytes")

// Open returns a Conn for an open connection without TLS. A *net.TCPConn or
// *net.UnixConn is driven by its descriptor where the system allows that, any other
// through its methods, since it may be there to observe them. Open owns conn, also
// after an error.
func Open(conn net.Conn, clock Clock) (Conn, error) { return open(conn, clock) }

// Unbuffered reports whether a Conn has no buffer between Write and the socket, so that Unsent and Flush say nothing.
func Unbuffered(c Conn) bool {
	_, ok := c.(interface{ unbuffered() })
	return ok
}

// direct is the part of a Conn that has no buffer between Write and the socket.
type direct struct{}

func (direct) unbuffered()      {}
func (direct) Unsent() bool     { return false }
func (direct) Flush() error     { return nil }
func (direct) Progressed() bool { return false }
func (direct) Buffered() bool   { return false }

package engine

import (
	"time"

	"github.com/smk-go/smk/engine/internal/transport"
)

// connection is the connection to the exchange, if there is one.
type connection struct {
	socket       transport.Conn // nil without a connection
	unbuffered   bool           // nothing is between a write and the socket
	stalledSince int64          // clock reading since which the socket accepts no bytes, 0 if it does
	failure      writeFailure
}

// writeFailure is a connection on which nothing can be written any more and which is not closed yet, because
// the exchange may have sent something before: why it closes the connection, for example.
type writeFailure struct {
	cause  error // nil while writes succeed
	unread bool  // the socket may hold bytes
	bytes  int   // how many more of them are read, at most
	until  int64 // clock reading until which they are read
}

// open begins a connection.
func (c *connection) open(socket transport.Conn) {
	*c = connection{socket: socket, unbuffered: transport.Unbuffered(socket)}
}

// close closes the connection, if there is one.
func (c *connection) close() {
	if c.socket != nil {
		_ = c.socket.Close() // the connection is over, whatever Close returns
		c.socket = nil
	}
}

// abort closes the connection, if there is one, and drops what was written and has not left.
func (c *connection) abort() {
	if c.socket != nil {
		_ = c.socket.Abort()
		c.socket = nil
	}
}

// writable reports whether there is a connection on which no write has failed.
func (c *connection) writable() bool { return c.socket != nil && c.failure.cause == nil }

// stalled reports whether the socket accepted no bytes at the last write.
func (c *connection) stalled() bool { return c.stalledSince != 0 }

// stall notes that the socket accepts no bytes, and returns ErrSendStalled if it has not for timeout.
func (c *connection) stall(now int64, timeout time.Duration) error {
	if c.stalledSince == 0 {
		c.stalledSince = now
	} else if now-c.stalledSince >= int64(timeout) {
		return ErrSendStalled
	}
	return nil
}

// fail notes that a write failed. The first failure counts.
func (c *connection) fail(cause error, now int64) {
	if c.writable() {
		c.failure = writeFailure{cause: cause, unread: true, bytes: unreadBytesMax, until: now + int64(unreadTime)}
	}
}

// read notes the result of a read after a write has failed.
func (f *writeFailure) read(n int, err error, now int64) {
	if f.bytes -= n; n == 0 || err != nil || f.bytes <= 0 || now >= f.until {
		f.unread = false
	}
}

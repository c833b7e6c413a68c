package engine

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"net"
)

// secure is a transport with TLS. crypto/tls stays as it is; below it lies a
// connection of ours that never sleeps, so that waiting, waking and spinning
// work as without TLS. crypto/tls allocates 24 bytes for each record that it
// reads; nothing else here allocates.
type secure struct {
	socket
	below *records
	tls   *tls.Conn
	more  bool // TLS may hold plain text that it did not hand out for want of room
	taken bool // the socket has taken bytes since progressed was called
}

// openSecure does the handshake over conn, which it owns, also after an error.
func openSecure(ctx context.Context, conn net.Conn, config *tls.Config, clock clock) (transport, error) {
	below := &records{Conn: conn, opening: true, in: make([]byte, recordBytesMax), out: make([]byte, 0, outboxBytes)}
	t := &secure{below: below, tls: tls.Client(below, config)}
	if err := t.tls.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	s, err := newSocket(conn, clock)
	if err != nil {
		return nil, err
	}
	t.socket, below.opening = s, false
	return t, nil
}

// read hands TLS whole records only, so that it never asks for what has not
// arrived.
func (t *secure) read(b []byte) (int, error) {
	for {
		for t.more || t.below.whole() {
			n, err := t.tls.Read(b)
			t.more = err == nil && n == len(b)
			if n > 0 || err != nil && !errors.Is(err, errNothing) {
				return n, err
			}
		}
		n, err := t.recv(t.below.free())
		if n == 0 || err != nil {
			return 0, err
		}
		t.below.filled(n)
	}
}

// write encrypts, if nothing encrypted waits for the socket.
func (t *secure) write(b []byte) (int, error) {
	if err := t.flush(); err != nil || t.unsent() {
		return 0, err
	}
	n, err := t.tls.Write(b[:min(len(b), secureBytesMax)])
	if err != nil {
		return n, err
	}
	return n, t.flush()
}

func (t *secure) unsent() bool { return t.below.pending() }

func (t *secure) flush() error {
	for t.below.pending() {
		n, err := t.send(t.below.out[t.below.sent:])
		t.below.wrote(n)
		t.taken = t.taken || n > 0
		if n == 0 || err != nil {
			return err
		}
	}
	return nil
}

func (t *secure) progressed() (taken bool) {
	taken, t.taken = t.taken, false
	return taken
}

func (t *secure) buffered() bool { return t.more || t.below.whole() }

// close says goodbye as TLS wants it, if the socket takes that at once.
func (t *secure) close() error {
	if t.tls.CloseWrite() == nil {
		_ = t.flush()
	}
	return t.socket.close()
}

// records is the connection that TLS reads from and writes to. During the
// handshake it passes both to the connection below; afterwards it reads from what
// the transport has put in and writes to a buffer that the transport empties, so
// that neither ever waits: a TLS connection whose write timed out is broken for
// good.
//
// A read never goes beyond the end of a record, so that TLS never holds a record
// that we do not know of, and whole tells truly whether it can go on.
//
//	| read | record | record | part |   free   |
//	       ^from                    ^to
type records struct {
	net.Conn // read and written during the handshake only
	opening  bool

	in       []byte
	from, to int
	left     int // bytes of the record that TLS is in the middle of

	out  []byte // its capacity bounds it
	sent int    // bytes at the front of out that the socket took
}

// whole reports whether TLS can read on to the end of a record.
func (r *records) whole() bool {
	if r.left > 0 {
		return r.to-r.from >= r.left
	}
	return r.to-r.from >= recordHeaderBytes && r.to-r.from >= r.record()
}

// record is the length of the record at from, whose header is there.
func (r *records) record() int {
	return recordHeaderBytes + int(binary.BigEndian.Uint16(r.in[r.from+3:]))
}

// free is where to receive to. It is never empty unless a whole record is there.
func (r *records) free() []byte {
	switch {
	case r.from == r.to:
		r.from, r.to = 0, 0
	case r.from > 0 && len(r.in)-r.to < len(r.in)/4:
		r.to = copy(r.in, r.in[r.from:r.to])
		r.from = 0
	}
	return r.in[r.to:]
}

func (r *records) filled(n int) { r.to += n }

// Read is called by TLS.
func (r *records) Read(b []byte) (int, error) {
	for r.left == 0 && r.to-r.from < recordHeaderBytes || r.to == r.from {
		if !r.opening {
			return 0, errNothing
		}
		n, err := r.Conn.Read(r.free())
		if err != nil {
			return 0, err
		}
		r.to += n
	}
	if r.left == 0 {
		r.left = r.record()
	}
	n := copy(b, r.in[r.from:min(r.to, r.from+r.left)])
	r.from += n
	r.left -= n
	return n, nil
}

// Write is called by TLS.
func (r *records) Write(b []byte) (int, error) {
	if r.opening {
		return r.Conn.Write(b)
	}
	if len(r.out)+len(b) > cap(r.out) {
		return 0, ErrSendStalled
	}
	r.out = append(r.out, b...)
	return len(b), nil
}

func (r *records) pending() bool { return r.sent < len(r.out) }

// wrote says that the socket took n bytes.
func (r *records) wrote(n int) {
	if r.sent += n; !r.pending() {
		r.out, r.sent = r.out[:0], 0
	}
}

// errNothing is what TLS reads when nothing has arrived. TLS goes on after an error
// that says it is temporary.
var errNothing error = nothingError{}

type nothingError struct{}

func (nothingError) Error() string   { return "engine: nothing has arrived" }
func (nothingError) Timeout() bool   { return true }
func (nothingError) Temporary() bool { return true }

package transport

import (
	"encoding/binary"
	"net"
)

// recordConn is the connection that TLS reads from and writes to. During the handshake
// it passes both on to the connection below. After that, TLS reads what tlsConn has
// received and writes to a buffer that tlsConn empties, so that neither waits: a TLS
// connection whose write has timed out cannot be used any more.
//
// A Read never goes beyond the end of a record, so that TLS holds no record that
// recordConn does not know of, and whole is right about whether TLS can go on.
//
//	| read | record | record | part |   free   |
//	       ^from                    ^to
type recordConn struct {
	net.Conn    // read and written during the handshake only
	handshaking bool

	in       []byte
	from, to int
	left     int // unread bytes of the record that TLS has begun to read

	out  []byte // its capacity bounds it
	sent int    // bytes at the front of out that the socket has accepted
}

func newRecordConn(conn net.Conn) *recordConn {
	return &recordConn{
		Conn: conn, handshaking: true, in: make([]byte, recordBytesMax), out: make([]byte, 0, outboxBytes),
	}
}

// whole reports whether TLS can read on to the end of a record.
func (r *recordConn) whole() bool {
	if r.left > 0 {
		return r.to-r.from >= r.left
	}
	return r.to-r.from >= recordHeaderBytes && r.to-r.from >= r.recordBytes()
}

// recordBytes is the length of the record at from, whose header has arrived.
func (r *recordConn) recordBytes() int {
	return recordHeaderBytes + int(binary.BigEndian.Uint16(r.in[r.from+3:]))
}

// free is the memory to receive into. It is never empty unless it holds a whole record.
func (r *recordConn) free() []byte {
	switch {
	case r.from == r.to:
		r.from, r.to = 0, 0
	case r.from > 0 && len(r.in)-r.to < len(r.in)/4:
		r.to = copy(r.in, r.in[r.from:r.to])
		r.from = 0
	}
	return r.in[r.to:]
}

// filled says that n bytes were received into free.
func (r *recordConn) filled(n int) { r.to += n }

// Read is called by TLS.
func (r *recordConn) Read(b []byte) (int, error) {
	for r.left == 0 && r.to-r.from < recordHeaderBytes || r.to == r.from {
		if !r.handshaking {
			return 0, errNoRecord
		}
		n, err := r.Conn.Read(r.free())
		if err != nil {
			return 0, err
		}
		r.to += n
	}
	if r.left == 0 {
		r.left = r.recordBytes()
	}
	n := copy(b, r.in[r.from:min(r.to, r.from+r.left)])
	r.from += n
	r.left -= n
	return n, nil
}

// Write is called by TLS.
func (r *recordConn) Write(b []byte) (int, error) {
	if r.handshaking {
		return r.Conn.Write(b)
	}
	if len(r.out)+len(b) > cap(r.out) {
		return 0, ErrSendStalled
	}
	r.out = append(r.out, b...)
	return len(b), nil
}

// pending reports whether unsent has bytes.
func (r *recordConn) pending() bool { return r.sent < len(r.out) }

// unsent is what the socket has not accepted yet, valid until the next Write.
func (r *recordConn) unsent() []byte { return r.out[r.sent:] }

// wrote says that the socket has accepted n bytes of unsent.
func (r *recordConn) wrote(n int) {
	if r.sent += n; !r.pending() {
		r.out, r.sent = r.out[:0], 0
	}
}

// errNoRecord is what TLS reads when nothing has arrived. TLS can go on after an error
// that says it is temporary.
var errNoRecord error = noRecordError{}

type noRecordError struct{}

func (noRecordError) Error() string   { return "transport: nothing has arrived" }
func (noRecordError) Timeout() bool   { return true }
func (noRecordError) Temporary() bool { return true }

package sim

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"
)

// ErrNotTLS is why a server with TLS ended a connection that did not start with a TLS handshake.
var ErrNotTLS = errors.New("sim: no TLS handshake on a TLS port")

// HandshakeError reports that a TLS handshake failed.
type HandshakeError struct {
	Waited time.Duration // the login timeout, if the handshake took longer; else 0
	Err    error         // why it failed otherwise, or nil
}

// Error returns the cause, or how long the server waited.
func (e *HandshakeError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("sim: no TLS handshake within %v", e.Waited)
	}
	return "sim: TLS handshake: " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *HandshakeError) Unwrap() error { return e.Err }

// handshakeCause returns the cause for [Config].OnClose, nil if the client closed the connection.
func handshakeCause(err error) error {
	switch {
	case errors.Is(err, ErrNotTLS):
		return ErrNotTLS
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return nil
	}
	return &HandshakeError{Err: err}
}

// tlsServer returns the server's end of a TLS connection.
func tlsServer(socket net.Conn, config *tls.Config) *tls.Conn {
	return tls.Server(&helloConn{Conn: socket}, config)
}

// helloConn is a connection whose first bytes must be those of a TLS handshake. The frame of a plain login
// may read as the header of a TLS record of another version, of which crypto/tls would await the rest.
type helloConn struct {
	net.Conn
	seen int // bytes of tlsHello read so far
}

// tlsHello is the start of a ClientHello's record: handshake, major version 3.
var tlsHello = [2]byte{0x16, 0x03}

// Read implements net.Conn.
func (c *helloConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	for i := 0; i < n && c.seen < len(tlsHello); i++ {
		if b[i] != tlsHello[c.seen] {
			return 0, ErrNotTLS
		}
		c.seen++
	}
	return n, err
}

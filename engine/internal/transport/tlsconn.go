package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
)

// tlsConn is a Conn with TLS. crypto/tls reads from and writes to a recordConn, which
// never sleeps, so that sleeping, waking and spinning work as without TLS.
type tlsConn struct {
	Conn       // the socket
	records    *recordConn
	tls        *tls.Conn
	more       bool // TLS may hold plain text that did not fit the last Read
	progressed bool // the socket has accepted bytes since Progressed was called
}

// OpenTLS does the client's TLS handshake over an open connection and returns a Conn
// for it, as [Open] does without TLS. ctx bounds the handshake. OpenTLS owns conn,
// also after an error.
func OpenTLS(ctx context.Context, conn net.Conn, config *tls.Config, clock Clock) (Conn, error) {
	records := newRecordConn(conn)
	c := &tlsConn{records: records, tls: tls.Client(records, config)}
	if err := c.tls.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	socket, err := open(conn, clock)
	if err != nil {
		return nil, err
	}
	c.Conn, records.handshaking = socket, false
	return c, nil
}

// Read gives TLS whole records only, so that TLS never reads what has not arrived.
func (c *tlsConn) Read(b []byte) (int, error) {
	for {
		for c.more || c.records.whole() {
			n, err := c.tls.Read(b)
			c.more = err == nil && n == len(b)
			if n > 0 || err != nil && !errors.Is(err, errNoRecord) {
				return n, err
			}
		}
		n, err := c.Conn.Read(c.records.free())
		if n == 0 || err != nil {
			return 0, err
		}
		c.records.filled(n)
	}
}

// Write encrypts, unless encrypted bytes wait for the socket.
func (c *tlsConn) Write(b []byte) (int, error) {
	if err := c.Flush(); err != nil || c.Unsent() {
		return 0, err
	}
	n, err := c.tls.Write(b[:min(len(b), tlsWriteMax)])
	if err != nil {
		return n, err
	}
	return n, c.Flush()
}

func (c *tlsConn) Unsent() bool { return c.records.pending() }

func (c *tlsConn) Flush() error {
	for c.records.pending() {
		n, err := c.Conn.Write(c.records.unsent())
		c.records.wrote(n)
		c.progressed = c.progressed || n > 0
		if n == 0 || err != nil {
			return err
		}
	}
	return nil
}

func (c *tlsConn) Progressed() (progressed bool) {
	progressed, c.progressed = c.progressed, false
	return progressed
}

func (c *tlsConn) Buffered() bool { return c.more || c.records.whole() }

// Close sends the alert that ends a TLS connection, if the socket has room for it, and
// closes the socket.
func (c *tlsConn) Close() error {
	if c.tls.CloseWrite() == nil {
		_ = c.Flush()
	}
	return c.Conn.Close()
}

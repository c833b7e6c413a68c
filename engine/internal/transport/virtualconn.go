package transport

import "net"

// virtualConn drives a connection of a program in which time is virtual. Its methods do not wait: Read returns 0
// without an error if nothing has arrived, and Write what there is room for.
type virtualConn struct {
	direct
	conn net.Conn
}

// OpenVirtual returns a Conn for a connection whose methods do not wait. It owns conn.
func OpenVirtual(conn net.Conn) Conn { return &virtualConn{conn: conn} }

func (c *virtualConn) Arm(int64, bool)             {}
func (c *virtualConn) Read(b []byte) (int, error)  { return c.conn.Read(b) }
func (c *virtualConn) Write(b []byte) (int, error) { return c.conn.Write(b) }
func (c *virtualConn) WaitWritable(int64) error    { return nil }
func (c *virtualConn) Wake()                       {}
func (c *virtualConn) CanSpin() bool               { return true }
func (c *virtualConn) Close() error                { return c.conn.Close() }
func (c *virtualConn) Abort() error                { return c.conn.Close() }

// Package gateway is the server's half of the protocol: bytes and clock readings in, bytes out. It
// holds no socket, no clock and no goroutine.
//
// [Gateway.Accept] returns a [Conn] for each connection. A driver calls
//
//	n, err := socket.Read(c.Free())
//	c.Filled(now, n)            // carries out every complete message
//	...
//	n, err = socket.Write(c.Pending())
//	c.Written(n)
//
// and [Gateway.Tick] as time passes. A request of one client may produce messages for others:
// [Gateway.Dirty] yields the connections that have something to send.
//
// A session outlives its connection: it keeps the messages that it sent and can be resumed by its
// name while the gateway keeps it.
//
// Clients are not trusted. Every input has a limit; a frame or message that does not decode ends the
// connection, and so does a full send ring, for the client does not read.
package gateway

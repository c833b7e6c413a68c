// Package peer is the exchange's half of a session: bytes and clock readings in,
// bytes out. It holds no socket, no clock and no goroutine.
//
// A [Gateway] is the exchange's front door; [Gateway.Accept] gives each connection a
// [Conn]. One round of a driver is
//
//	n, err := conn.Read(p.Free())
//	p.Filled(now, n)            // everything whole is carried out
//	...
//	n, err = conn.Write(p.Pending())
//	p.Written(n)
//
// and, when time has passed, [Gateway.Tick]. What one client does may give others
// something to send: [Gateway.Dirty] tells whom.
//
// A session outlives its connection: it keeps what it sent and may be resumed by
// its name for as long as the host keeps it.
//
// The peer is not trusted. Input has limits; what breaks the framing or does not
// decode ends the connection, and a client that does not read what it is sent is
// cut off when its ring is full.
package gateway

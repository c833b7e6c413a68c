//go:build !linux

package engine

import "net"

// newSocket drives an open connection. It owns conn, also after an error.
func newSocket(conn net.Conn, clock clock) (socket, error) { return newNetSocket(conn, clock) }

//go:build !linux

package transport

import "net"

func open(conn net.Conn, clock Clock) (Conn, error) { return newNetConn(conn, clock) }

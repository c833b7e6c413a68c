package sim

import (
	"bufio"
	"net"
	"testing"
	"time"
)

// Of several addresses, the one with the most silent connections loses one, so that a slow client of
// another address keeps its connection.
func TestSilentConnectionsOfOneAddressMakeRoom(t *testing.T) {
	const limit = 8
	c := testConfig()
	c.Limits.Connections = limit
	c.LoginTimeout = time.Hour
	s := serve(t, c)
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}} // all of 127/8 is this machine
	conn, err := dialer.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	slow := &tcpClient{t: t, conn: conn, r: bufio.NewReader(conn), out: 1}
	for range 5 * limit {
		dial(t, s, nil)
	}
	waitForConns(s, limit)
	slow.login(DemoUsername)
	slow.want("S1 LOGIN_RESPONSE reset=2")
}

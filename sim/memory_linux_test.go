//go:build !race

package sim

import (
	"bytes"
	"crypto/tls"
	"os"
	"runtime/debug"
	"strconv"
	"testing"
	"time"
)

// residentBytes returns the resident memory of this process, without garbage.
func residentBytes(t *testing.T) int {
	t.Helper()
	debug.FreeOSMemory()
	content, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(string(bytes.Fields(content)[1]))
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// An idle connection, with both of its ends, costs at most 64 KiB, before the login, before the TLS handshake
// and after the login; and that is released.
func TestIdleConnectionsAreSmall(t *testing.T) {
	const (
		conns   = 256
		most    = conns * 64 << 10
		restMax = most / 4 // kept by the test itself and the runtime
	)
	cert, err := Certificate(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []struct {
		name     string
		tls      *tls.Config
		loggedIn bool
	}{
		{"silent", nil, false},
		{"silent at a TLS port", &tls.Config{Certificates: []tls.Certificate{cert}}, false},
		{"logged in", nil, true},
	} {
		t.Run(k.name, func(t *testing.T) {
			c := testConfig()
			c.TLS, c.Limits.Connections, c.LoginTimeout = k.tls, conns, time.Hour
			s := serve(t, c)
			before := residentBytes(t)
			var lines []*tcpClient
			for range conns {
				l := dial(t, s, nil)
				lines = append(lines, l)
				if k.loggedIn {
					l.login(DemoUsername)
					l.want("S1 LOGIN_RESPONSE reset=2")
				}
			}
			waitForConns(s, conns)
			if grown := residentBytes(t) - before; grown > most {
				t.Errorf("%d connections took %d KiB, %d each", conns, grown>>10, grown/conns>>10)
			}
			for _, l := range lines {
				l.conn.Close()
				*l = tcpClient{}
			}
			waitForConns(s, 0)
			if rest := residentBytes(t) - before; rest > restMax {
				t.Errorf("%d KiB are kept of %d closed connections", rest>>10, conns)
			}
		})
	}
}

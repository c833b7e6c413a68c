package engine_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
)

// TestMismatch has one end speak TLS and the other not: the error says so, as far as that
// can be seen, and says nothing of the kind about other ends.
func TestMismatch(t *testing.T) {
	const noTLS, wantsTLS = "does the port speak TLS?", "does the port speak TLS?"
	for _, c := range []struct {
		name   string
		secure bool // the engine
		peer   func(*testing.T, net.Conn)
		want   string // unless a login has succeeded there before
		cause  engine.Cause
	}{
		{"closes during the handshake", true, func(_ *testing.T, conn net.Conn) {
			_, _ = conn.Read(make([]byte, 4096))
		}, noTLS, engine.CauseDial},
		{"answers a handshake in plain", true, func(t *testing.T, conn net.Conn) {
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = conn.Write((&peer{t: t}).frame(loggedOut(0)))
		}, noTLS, engine.CauseDial},
		{"distrusts the certificate", true, func(_ *testing.T, conn net.Conn) {
			_ = tls.Server(conn,
				&tls.Config{Certificates: []tls.Certificate{newCertificate("exchange.test")}}).Handshake()
		}, "", engine.CauseDial},
		{"closes after the handshake", true, func(t *testing.T, conn net.Conn) {
			if err := tls.Server(conn, serverTLS(t)).Handshake(); err != nil {
				t.Error(err)
			}
		}, "", engine.CauseTransport},
		{"wants a handshake", false, func(t *testing.T, conn net.Conn) {
			_ = tls.Server(conn, serverTLS(t)).Handshake()
		}, wantsTLS, engine.CauseTransport},
		{"closes after the login", false, func(t *testing.T, conn net.Conn) {
			newPeer(t, conn).login()
		}, "", engine.CauseTransport},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNetwork(t, "tcp", false, loopback(t))
			config := n.config()
			if c.secure {
				config.DisableTLS, config.TLS = false, clientTLS()
			}
			causes := make(chan error, 16)
			r := start(t, config, func(e *engine.Engine) {
				e.OnState(func(ev *engine.Event) {
					if ev.State == session.Disconnected {
						e.Stop()
						causes <- ev.Cause
					}
				})
			})
			conn := <-n.accepted
			c.peer(t, conn)
			_ = conn.Close()
			err := <-causes
			if c.want == "" && strings.Contains(err.Error(), "TLS?") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("lost because of %q, want %q", err, c.want)
			}
			if got := engine.CauseOf(err); got != c.cause {
				t.Errorf("cause %v, want %v", got, c.cause)
			}
			if c.cause == engine.CauseTransport && !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("%v hides what it was", err)
			}
			_ = r.wait()
		})
	}
}

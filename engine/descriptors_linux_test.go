package engine_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/eto"
)

// TestDescriptorsAreClosed opens connections that end in every way there is, a hundred of
// each, and counts the descriptors that are left over. Garbage is not collected meanwhile: what
// a finalizer would close was forgotten.
func TestDescriptorsAreClosed(t *testing.T) {
	const connections = 100
	drop := func(conn net.Conn) { _ = conn.Close() }
	letIn := func(conn net.Conn) *peer {
		p := &peer{conn: conn}
		if _, err := p.tryReceive(); err == nil {
			_, _ = conn.Write(p.frame(loginResponse(2)))
		}
		return p
	}
	serverTLS := &tls.Config{Certificates: []tls.Certificate{authority}}
	for _, c := range []struct {
		name   string
		secure bool
		set    func(*engine.Config)
		serve  func(net.Conn)
	}{
		{name: "closed at once", serve: drop},
		{name: "closed after the login", serve: func(conn net.Conn) { letIn(conn); drop(conn) }},
		{name: "logged out", serve: func(conn net.Conn) {
			p := letIn(conn)
			_, _ = conn.Write(p.frame(loggedOut(eto.LogoutReason_LOGOUT_DOWNTIME)))
			p.readAll()
			drop(conn)
		}},
		{name: "protocol broken", serve: func(conn net.Conn) {
			p := letIn(conn)
			_, _ = conn.Write([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
			p.readAll()
			drop(conn)
		}},
		{name: "TLS, closed after the login", secure: true, serve: func(conn net.Conn) {
			letIn(tls.Server(conn, serverTLS))
			drop(conn)
		}},
		{name: "TLS, closed during the handshake", secure: true, serve: func(conn net.Conn) {
			_, _ = conn.Read(make([]byte, 10))
			drop(conn)
		}},
		{name: "TLS, no TLS", secure: true, serve: func(conn net.Conn) {
			_, _ = conn.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
			(&peer{conn: conn}).readAll()
			drop(conn)
		}},
		{name: "TLS, unknown authority", secure: true, set: func(c *engine.Config) {
			c.TLS.RootCAs = nil
		}, serve: func(conn net.Conn) {
			_ = tls.Server(conn, serverTLS).Handshake()
			drop(conn)
		}},
		{name: "TLS, silence", secure: true, set: func(c *engine.Config) {
			c.DialTimeout = time.Millisecond
		}, serve: func(conn net.Conn) {
			(&peer{conn: conn}).readAll()
			drop(conn)
		}},
		{name: "no deadlines", set: func(c *engine.Config) {
			dial := c.Dial
			c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := dial(ctx, network, address)
				return timeless{conn}, err
			}
		}, serve: func(conn net.Conn) { (&peer{conn: conn}).readAll(); drop(conn) }},
		{name: "delay stays", set: func(c *engine.Config) {
			dial := c.Dial
			c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := dial(ctx, network, address)
				return stubborn{conn}, err
			}
		}, serve: func(conn net.Conn) { (&peer{conn: conn}).readAll(); drop(conn) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			live := func(connections uint64) {
				listener, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				served := make(chan struct{})
				go func() {
					defer close(served)
					var serving sync.WaitGroup
					defer serving.Wait()
					for {
						conn, err := listener.Accept()
						if err != nil {
							return
						}
						serving.Go(func() { c.serve(conn) })
					}
				}()
				config := engine.Config{
					Session: session.Config{Username: "user", Password: "secret"},
					Address: listener.Addr().String(), DisableTLS: !c.secure,
					Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
						return new(net.Dialer).DialContext(ctx, network, address)
					},
					ReconnectBackoff: []time.Duration{time.Millisecond},
				}
				if c.secure {
					config.TLS = clientTLS()
					config.TLS.ServerName = "exchange.test"
				}
				if c.set != nil {
					c.set(&config)
				}
				e, err := engine.New(config)
				if err != nil {
					t.Fatal(err)
				}
				e.OnState(func(ev *engine.Event) {
					if ev.State == session.Disconnected {
						if connections--; connections == 0 {
							_ = e.Close()
						}
					}
				})
				if err := e.Run(t.Context()); !errors.Is(err, engine.ErrClosed) {
					t.Errorf("Run: %v", err)
				}
				_ = listener.Close()
				<-served
			}
			live(1) // whatever is opened once for all
			defer debug.SetGCPercent(debug.SetGCPercent(-1))
			before := openDescriptors()
			live(connections)
			if after := openDescriptors(); after > before {
				t.Errorf("%d descriptors, %d before", after, before)
			}
		})
	}
}

// timeless is a connection without deadlines.
type timeless struct{ net.Conn }

func (timeless) SetDeadline(time.Time) error { return os.ErrNoDeadline }

// stubborn is a connection whose delay cannot be switched off.
type stubborn struct{ net.Conn }

func (stubborn) SetNoDelay(bool) error { return errExplode }

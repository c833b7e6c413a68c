package engine_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"reflect"
	"strings"
	"testing"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
)

// TestTLS opens connections to exchanges and with settings that fit each other, and
// that do not.
func TestTLS(t *testing.T) {
	unknown := func(t *testing.T, err error) {
		var wrong *tls.CertificateVerificationError
		var authority x509.UnknownAuthorityError
		if !errors.As(err, &wrong) || !errors.As(err, &authority) {
			t.Errorf("ended because of %v, want an unknown authority", err)
		}
	}
	says := func(text string) func(*testing.T, error) {
		return func(t *testing.T, err error) {
			if err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("ended because of %v, want %q", err, text)
			}
		}
	}
	for _, c := range []struct {
		name   string
		server func(*tls.Config)
		client func(*engine.Config)
		check  func(*testing.T, error) // nil if the login goes through
	}{
		{name: "verified"},
		{name: "system's roots", client: func(c *engine.Config) { c.TLS = nil }, check: unknown},
		{name: "no roots of one's own", client: func(c *engine.Config) { c.TLS.RootCAs = nil }, check: unknown},
		{
			name: "another host", client: func(c *engine.Config) { c.Address = "other.test:3801" },
			check: says("not other.test"),
		},
		{
			name: "server name",
			client: func(c *engine.Config) {
				c.Address, c.TLS.ServerName = "10.0.0.1:3801", "exchange.test"
			},
		},
		{
			name:   "TLS 1.1",
			server: func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 },
			client: func(c *engine.Config) { c.TLS.MinVersion = tls.VersionTLS10 },
			check:  says("protocol version"),
		},
		{name: "TLS 1.2", server: func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }},
		{
			name:   "client certificate",
			server: func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert },
			client: func(c *engine.Config) { c.TLS.Certificates = []tls.Certificate{authority} },
		},
		{
			name:   "client certificate missing",
			server: func(c *tls.Config) { c.ClientAuth, c.MaxVersion = tls.RequireAnyClientCert, tls.VersionTLS12 },
			check:  says("handshake failure"),
		},
		{name: "no TLS at the other end", server: func(c *tls.Config) { c.Certificates = nil }, check: says("tls: ")},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := serverTLS(t)
			if c.server != nil {
				c.server(server)
			}
			open := loopback(t)
			ends := make(chan net.Conn, 1)
			config := engine.Config{
				Session: session.Config{Username: "user", Password: "secret"}, Address: "exchange.test:3801",
				TLS: clientTLS(),
				Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
					near, far, err := open(ctx)
					if err == nil {
						select {
						case ends <- tls.Server(far, server):
						default:
							_ = far.Close()
						}
					}
					return near, err
				},
			}
			if c.client != nil {
				c.client(&config)
			}
			ended := make(chan error, 16)
			start(t, config, func(e *engine.Engine) {
				e.OnLoggedIn(func(*engine.Event) { ended <- nil; e.Stop() })
				e.OnState(func(ev *engine.Event) {
					if ev.State == session.Disconnected {
						e.Stop()
						ended <- ev.Cause
					}
				})
			})
			p := newPeer(t, <-ends)
			if c.check == nil {
				p.login()
				p.logout()
				if err := <-ended; err != nil {
					t.Errorf("ended because of %v, want the login", err)
				}
				return
			}
			if m, err := p.tryReceive(); err == nil {
				t.Errorf("the exchange got %v", m)
			}
			p.close()
			err := <-ended
			var dial *engine.DialError
			if !errors.As(err, &dial) {
				t.Errorf("ended because of %v, want a DialError", err)
			}
			c.check(t, err)
		})
	}
}

// TestUsersTLSIsLeftAlone: the settings that a bot submits for TLS, which others may use as
// well, are as they were after a connection was opened with them.
func TestUsersTLSIsLeftAlone(t *testing.T) {
	users := clientTLS()
	users.MinVersion = tls.VersionTLS10
	before := users.Clone()
	n := newNetwork(t, "pipe", true, pipe)
	config := n.config()
	config.TLS = users
	r := start(t, config, nil)
	p := n.accept(t)
	p.login()
	r.Stop()
	p.logout()
	if err := r.wait(); err != nil {
		t.Error(err)
	}
	now, then := reflect.ValueOf(users).Elem(), reflect.ValueOf(before).Elem()
	for i := range now.NumField() {
		field := now.Type().Field(i)
		if field.IsExported() && !reflect.DeepEqual(now.Field(i).Interface(), then.Field(i).Interface()) {
			t.Errorf("%s is %v, was %v", field.Name, now.Field(i), then.Field(i))
		}
	}
}

// TestTLSIsClosed says goodbye as TLS wants it: the exchange can tell the end from a connection
// that was cut.
func TestTLSIsClosed(t *testing.T) {
	onEach(t, func(t *testing.T, n *network) {
		if !n.secure {
			return
		}
		r := start(t, n.config(), nil)
		p := n.accept(t)
		p.login()
		read := make(chan error, 1)
		go func() {
			_, err := p.conn.Read(make([]byte, 1))
			read <- err
		}()
		_ = r.Close()
		if err := <-read; err != io.EOF {
			t.Errorf("the exchange reads %v, want io.EOF", err)
		}
		_ = r.wait()
	})
}

package sim

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// localServer starts a server in the test's virtual time and returns a function that closes it.
func localServer(t *testing.T, c Config) (s *Server, end func()) {
	t.Helper()
	s, err := Local(c)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(context.Background()) }()
	return s, func() {
		t.Helper()
		if err := errors.Join(s.Close(), <-served); err != nil {
			t.Error(err)
		}
	}
}

func dialLocal(t *testing.T, s *Server) net.Conn {
	t.Helper()
	conn, err := s.Dial(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// A client that does not finish the TLS handshake has as long as one that does not log in, from the start of
// the connection, and the cause is reported.
func TestHandshakeTimeout(t *testing.T) {
	for name, first := range map[string][]byte{
		"silent":               nil,
		"silent after a byte":  {0x16},
		"silent in the header": {0x16, 0x03, 0x01},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := testConfig()
				c.LoginTimeout = 7 * time.Second
				c.TLS, _ = serverTLS(t)
				ended := collect(&c)
				s, end := localServer(t, c)
				start := time.Now()
				conn := dialLocal(t, s)
				if len(first) > 0 {
					time.Sleep(3 * time.Second) // bytes of the handshake do not extend the time
					if _, err := conn.Write(first); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := conn.Read(make([]byte, 1)); err != io.EOF {
					t.Errorf("read %v", err)
				}
				if d := time.Since(start); d != c.LoginTimeout {
					t.Errorf("closed after %v, want %v", d, c.LoginTimeout)
				}
				conn.Close()
				synctest.Wait()
				var cause *HandshakeError
				if list := ended.wait(1); len(list) != 1 || !errors.As(list[0], &cause) ||
					cause.Waited != c.LoginTimeout || cause.Error() != "sim: no TLS handshake within 7s" {
					t.Errorf("reported %v", list)
				}
				s.Do(func(*Sim) {
					if len(s.conns) != 0 {
						t.Errorf("%d connections are left", len(s.conns))
					}
				})
				end()
			})
		})
	}
}

// The TLS handshake does not extend the login timeout, and the client gets a logout.
func TestLoginTimeoutWithTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := testConfig()
		server, client := serverTLS(t)
		c.TLS = server
		ended := collect(&c)
		s, end := localServer(t, c)
		start := time.Now()
		conn := tls.Client(dialLocal(t, s), client)
		time.Sleep(4 * time.Second)
		if err := conn.Handshake(); err != nil {
			t.Fatal(err)
		}
		l := &tcpClient{t: t, conn: conn, r: bufio.NewReader(conn), out: 1}
		l.want("S1 LOGOUT LOGIN_TIMEOUT", "the end")
		if d := time.Since(start); d != 10*time.Second {
			t.Errorf("closed after %v", d)
		}
		conn.Close()
		synctest.Wait()
		const want = "sim: logged out: LOGIN_TIMEOUT, no message for 10s"
		if list := ended.wait(1); len(list) != 1 || list[0].Error() != want {
			t.Errorf("reported %v", list)
		}
		end()
	})
}

// A shutdown does not wait for handshakes and does not report them.
func TestShutDownDuringHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := testConfig()
		c.TLS, _ = serverTLS(t)
		ended := collect(&c)
		s, end := localServer(t, c)
		conn := dialLocal(t, s)
		synctest.Wait()
		start := time.Now()
		end()
		if d := time.Since(start); d != 0 || len(ended.list) != 0 {
			t.Errorf("it took %v and reported %v", d, ended.list)
		}
		conn.Close()
	})
}

// Plain TCP at a TLS port and the reverse are closed at once, and the cause is reported.
func TestWrongPort(t *testing.T) {
	login := func(username string) []byte {
		var m msg.Payload
		m.SetType(msg.PayloadLogin)
		m.MutableEtoPayload().SetSeq(1)
		m.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
		m.MutableLogin().SetUsernameString(username)
		m.MutableLogin().SetPasswordString(username)
		b, err := m.MarshalVT()
		if err != nil {
			t.Fatal(err)
		}
		return wire.AppendFrame(nil, b)
	}
	if demo := login(DemoUsername); demo[0] != 0x16 {
		t.Fatalf("a login of %d bytes is none that looks like a TLS record", demo[0])
	}
	for name, first := range map[string][]byte{
		"plain at a TLS port":                         login("somebody"),
		"plain at a TLS port, like the start of one":  login(DemoUsername),
		"plain at a TLS port, less than a TLS header": {0x08},
	} {
		t.Run(name, func(t *testing.T) {
			c := testConfig()
			c.LoginTimeout = time.Hour
			c.TLS, _ = serverTLS(t)
			ended := collect(&c)
			l := dial(t, serve(t, c), nil)
			if _, err := l.conn.Write(first); err != nil {
				t.Fatal(err)
			}
			if b, _ := io.ReadAll(l.conn); len(b) > 0 {
				t.Errorf("it was sent %x", b)
			}
			if list := ended.wait(1); list[0] != ErrNotTLS {
				t.Errorf("reported %v", list)
			}
		})
	}
	t.Run("TLS at a plain port", func(t *testing.T) {
		c := testConfig()
		c.LoginTimeout = time.Hour
		ended := collect(&c)
		s := serve(t, c)
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			config := &tls.Config{InsecureSkipVerify: true, MaxVersion: version}
			if err := dial(t, s, config).conn.(*tls.Conn).Handshake(); err == nil {
				t.Error("a handshake at a plain port")
			}
		}
		for _, err := range ended.wait(2) {
			if !errors.Is(err, ErrTLS) {
				t.Errorf("reported %v", err)
			}
		}
	})
	t.Run("a certificate that is not trusted", func(t *testing.T) {
		c := testConfig()
		c.TLS, _ = serverTLS(t)
		ended := collect(&c)
		if err := dial(t, serve(t, c), &tls.Config{ServerName: "localhost"}).conn.(*tls.Conn).Handshake(); err == nil {
			t.Error("it is trusted")
		}
		var cause *HandshakeError
		if list := ended.wait(1); !errors.As(list[0], &cause) || cause.Err == nil {
			t.Errorf("reported %v", list)
		}
	})
}

// A login whose frame starts like a TLS record is accepted.
func TestLoginThatLooksLikeTLS(t *testing.T) {
	l := dial(t, serve(t, testConfig()), nil)
	l.login(DemoUsername) // 0x16 bytes
	l.want("S1 LOGIN_RESPONSE reset=2")
}

// A TLS client that does not read does not block the exchange when its connection ends.
func TestEndOfTLSDoesNotBlock(t *testing.T) {
	for name, last := range map[string]func(l *tcpClient){
		"logout": func(l *tcpClient) {
			l.send(func(m *msg.Payload) { m.MutableEtoPayload().SetType(msg.EtoPayloadLogout) })
			l.want("S2 LOGOUT CONFIRMATION") // and not TLS's last record
		},
		"cut": func(l *tcpClient) {
			if _, err := l.conn.Write([]byte{4, 0xff, 0xff, 0xff, 0xff}); err != nil {
				l.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := testConfig()
				server, client := serverTLS(t)
				client.MaxVersion = tls.VersionTLS12 // which sends no tickets after the handshake
				c.TLS = server
				s, end := localServer(t, c)
				raw := dialLocal(t, s)
				conn := tls.Client(raw, client)
				l := &tcpClient{t: t, conn: conn, r: bufio.NewReader(conn), out: 1}
				l.login(DemoUsername)
				l.want("S1 LOGIN_RESPONSE reset=2")
				last(l)
				synctest.Wait()
				start := time.Now()
				s.Do(func(*Sim) {})
				if d := time.Since(start); d != 0 {
					t.Errorf("the exchange stood still for %v", d)
				}
				raw.Close()
				end()
			})
		})
	}
}

// A client that closes TLS gets TLS's close in return, so that it knows that it received everything.
func TestEndOfTLSIsAnswered(t *testing.T) {
	const alert = 0x15
	c := testConfig()
	server, client := serverTLS(t)
	client.MaxVersion = tls.VersionTLS12 // where an alert is not encrypted as data
	c.TLS = server
	l := dial(t, serve(t, c), client)
	l.login(DemoUsername)
	l.want("S1 LOGIN_RESPONSE reset=2")
	conn := l.conn.(*tls.Conn)
	if err := conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(conn.NetConn()); len(b) == 0 || b[0] != alert || err != nil {
		t.Errorf("it was sent %x and then %v", b, err)
	}
}

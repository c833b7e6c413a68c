package sim

import (
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
)

// causes collects why a server ended connections.
type causes struct {
	mu   sync.Mutex
	list []error
	more chan struct{}
}

func (c *causes) closed(_ net.Addr, _ string, cause error) {
	c.mu.Lock()
	c.list = append(c.list, cause)
	c.mu.Unlock()
	select {
	case c.more <- struct{}{}:
	default:
	}
}

// collect sets a configuration's OnClose to collect the causes.
func collect(c *Config) *causes {
	list := &causes{more: make(chan struct{}, 1)}
	c.OnClose = list.closed
	return list
}

// wait returns the first n causes.
func (c *causes) wait(n int) []error {
	for {
		c.mu.Lock()
		list := c.list
		c.mu.Unlock()
		if len(list) >= n {
			return list
		}
		<-c.more
	}
}

// serverTLS returns the configurations of a server and its clients.
func serverTLS(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	cert, err := Certificate(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}}, &tls.Config{InsecureSkipVerify: true}
}

// Silent connections, however many, neither keep a client from logging in nor evict one that is logged
// in.
func TestSilentConnectionsMakeRoom(t *testing.T) {
	const limit = 8
	for name, secure := range map[string]bool{"plain": false, "TLS": true} {
		t.Run(name, func(t *testing.T) {
			c := testConfig()
			c.Limits.Connections = limit
			c.LoginTimeout = time.Hour
			ended := collect(&c)
			var client *tls.Config
			if secure {
				c.TLS, client = serverTLS(t)
			}
			s := serve(t, c)
			first := dial(t, s, client)
			first.login(DemoUsername)
			first.want("S1 LOGIN_RESPONSE reset=2")
			silent := make([]*tcpClient, 3*limit)
			for i := range silent {
				silent[i] = dial(t, s, nil)
			}
			second := dial(t, s, client)
			second.login("rival")
			second.want("S1 LOGIN_RESPONSE reset=2")
			first.send(func(m *msg.Payload) { m.MutableEtoPayload().SetType(msg.EtoPayloadPing) })
			first.want("S2 PONG")
			s.Do(func(*Sim) {
				if n := len(s.conns); n != limit {
					t.Errorf("%d connections, want %d", n, limit)
				}
			})
			// Each connection beyond the limit evicted the oldest one.
			went := len(silent) + 2 - limit
			for _, err := range ended.wait(went) {
				if !errors.Is(err, ErrEvicted) {
					t.Errorf("ended for %v", err)
				}
			}
			for _, l := range silent[:went] {
				if l.read() != nil {
					t.Error("a connection that makes room is sent something")
				}
			}
			s.Do(func(*Sim) {
				for c := range s.conns {
					if !c.evictable() {
						continue
					}
					port := c.socket.RemoteAddr().(*net.TCPAddr).Port
					for _, l := range silent[:went] {
						if l.conn.LocalAddr().(*net.TCPAddr).Port == port {
							t.Error("an old connection stayed and a newer one went")
						}
					}
				}
			})
		})
	}
}

// When every connection is logged in, one more is closed at once and reported.
func TestFullServerRejects(t *testing.T) {
	c := testConfig()
	c.Limits.Connections = 1
	ended := collect(&c)
	s := serve(t, c)
	l := dial(t, s, nil)
	l.login(DemoUsername)
	l.want("S1 LOGIN_RESPONSE reset=2")
	if dial(t, s, nil).read() != nil {
		t.Error("one too many is sent something")
	}
	if err := ended.wait(1)[0]; !errors.Is(err, ErrTooManyConnections) {
		t.Errorf("ended for %v", err)
	}
}

// Clients are counted by their IPv4 address or the /64 of their IPv6 address.
func TestSourceOf(t *testing.T) {
	for _, k := range []struct {
		a, b string
		same bool
	}{
		{"127.0.0.1:1", "127.0.0.1:2", true},
		{"127.0.0.1:1", "127.0.0.2:1", false},
		{"127.0.0.1:1", "[::ffff:127.0.0.1]:2", true},
		{"[2001:db8::1]:1", "[2001:db8::2:3]:1", true},
		{"[2001:db8::1]:1", "[2001:db8:0:1::1]:1", false},
		{"[fe80::1%a]:1", "[fe80::2%b]:1", true},
	} {
		addr := func(s string) net.Addr {
			a, err := net.ResolveTCPAddr("tcp", s)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		if got := sourceOf(addr(k.a)) == sourceOf(addr(k.b)); got != k.same {
			t.Errorf("%s and %s: the same %v, want %v", k.a, k.b, got, k.same)
		}
	}
	if sourceOf(localAddr{}).IsValid() {
		t.Error("a local connection has an address")
	}
}

package lease_test

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/smk-go/smk/plugin/smknats/internal/natstest"
	"github.com/smk-go/smk/plugin/smknats/lease"
)

// patience is how long a test waits for what does not come.
const patience = time.Minute

// line is what a client's bytes go through on their way to a server.
type line struct {
	t        *testing.T
	listener net.Listener
	server   string
	delay    atomic.Int64 // of the server's bytes, ns
	mute     atomic.Bool  // the server's bytes do not arrive
	asked    atomic.Int64 // when the client sent last, ns since began
	began    time.Time

	mu    sync.Mutex
	conns []net.Conn
}

// newLine opens a line to a server.
func newLine(t *testing.T, s *natstest.Server) *line {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	x := &line{t: t, listener: l, server: s.URL()[len("nats://"):], began: time.Now()}
	go x.serve()
	t.Cleanup(func() { _ = l.Close(); x.cut() })
	return x
}

func (l *line) serve() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", l.server)
		if err != nil {
			_ = near.Close()
			continue
		}
		l.mu.Lock()
		l.conns = append(l.conns, near, far)
		l.mu.Unlock()
		go l.copy(far, near, func() { l.asked.Store(int64(time.Since(l.began))) })
		go l.copy(near, far, func() {
			<-time.After(time.Duration(l.delay.Load()))
			for l.mute.Load() {
				<-time.After(time.Millisecond)
			}
		})
	}
}

func (l *line) copy(to, from net.Conn, before func()) {
	defer func() { _, _ = to.Close(), from.Close() }()
	b := make([]byte, 1<<16)
	for {
		n, err := from.Read(b)
		if n > 0 {
			before()
			if _, err := to.Write(b[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// cut ends the connections.
func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		_ = c.Close()
	}
	l.conns = nil
}

// connect returns streams through the line.
func (l *line) connect() jetstream.JetStream {
	l.t.Helper()
	return streamsOf(l.t, "nats://"+l.listener.Addr().String())
}

func streamsOf(t *testing.T, url string) jetstream.JetStream {
	t.Helper()
	nc, err := nats.Connect(url, nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// contender returns one for the account of the tests.
func contender(t *testing.T, js jetstream.JetStream, name string, ttl time.Duration) *lease.Contender {
	t.Helper()
	c, err := lease.New(t.Context(), lease.Config{
		JetStream: js, Environment: "test", Account: "demo", Name: name, TTL: ttl,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// acquire waits until a contender has the lease.
func acquire(t *testing.T, c *lease.Contender) *lease.Lease {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	l, err := c.Acquire(ctx)
	if err != nil {
		t.Fatalf("%s: %v", c.Name(), err)
	}
	t.Cleanup(func() { _ = l.Release(context.Background(), "") })
	return l
}

// wait waits for a channel.
func wait[T any](t *testing.T, c <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatalf("%s does not come", what)
	}
	return v
}

package natstest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// patience is how long a server or a cluster may take to be ready, on a machine that is busy.
const patience = time.Minute

// Server is a server in this process. It ends with the test.
type Server struct {
	t       testing.TB
	options *server.Options
	server  *server.Server
}

// Start starts a server with JetStream on a port of its own, whose files are in a temporary folder. change may change
// the options before; nil changes none.
func Start(t testing.TB, change func(*server.Options)) *Server {
	t.Helper()
	o := options(t)
	if change != nil {
		change(o)
	}
	s := &Server{t: t, options: o}
	s.start()
	s.waitReady()
	return s
}

func options(t testing.TB) *server.Options {
	t.Helper()
	// Not t.TempDir: a server that is killed may still write while the folder is removed.
	dir, err := os.MkdirTemp("", "smknats")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return &server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: filepath.Join(dir, "store"),
		NoLog: true, NoSigs: true, NoFastProducerStall: true,
		JetStreamMaxMemory: 256 << 20, JetStreamMaxStore: 4 << 30,
	}
}

func (s *Server) start() {
	s.t.Helper()
	o := *s.options
	ns, err := server.NewServer(&o)
	if err != nil {
		s.t.Fatal(err)
	}
	s.server = ns
	ns.Start()
	s.t.Cleanup(func() {
		ns.Shutdown()
		ns.WaitForShutdown()
	})
}

// waitReady waits until clients can connect, and keeps the port for a later start.
func (s *Server) waitReady() {
	s.t.Helper()
	if !s.server.ReadyForConnections(patience) {
		s.t.Fatal("the server is not ready")
	}
	if p := s.server.Addr(); p != nil {
		var port int
		if _, err := fmt.Sscanf(s.server.ClientURL(), "nats://127.0.0.1:%d", &port); err == nil {
			s.options.Port = port
		}
	}
}

// URL returns where clients connect to.
func (s *Server) URL() string { return s.server.ClientURL() }

// Server returns the server that runs.
func (s *Server) Server() *server.Server { return s.server }

// Stop stops the server and waits for its end. What it stored stays.
func (s *Server) Stop() {
	s.server.Shutdown()
	s.server.WaitForShutdown()
}

// Restart starts the server again, on the same port and with what it stored.
func (s *Server) Restart() {
	s.t.Helper()
	s.Stop()
	s.start()
	s.waitReady()
}

// Connect returns a connection that reconnects for ever and is closed with the test.
func (s *Server) Connect(options ...nats.Option) *nats.Conn { return connect(s.t, s.URL(), options...) }

// JetStream returns a connection's streams.
func (s *Server) JetStream(options ...nats.Option) jetstream.JetStream {
	s.t.Helper()
	return streams(s.t, s.Connect(options...))
}

func connect(t testing.TB, url string, options ...nats.Option) *nats.Conn {
	t.Helper()
	options = append([]nats.Option{nats.MaxReconnects(-1), nats.ReconnectWait(20 * time.Millisecond)}, options...)
	c, err := nats.Connect(url, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func streams(t testing.TB, c *nats.Conn) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// LimitAccount has the account of all users keep so many bytes at most; -1 for no limit.
func (s *Server) LimitAccount(bytes int64) {
	s.t.Helper()
	limits := server.JetStreamAccountLimits{
		MaxMemory: -1, MaxStore: bytes, MaxStreams: -1, MaxConsumers: -1, MaxAckPending: -1,
		MemoryMaxStreamBytes: -1, StoreMaxStreamBytes: -1,
	}
	account := s.server.GlobalAccount()
	if err := account.UpdateJetStreamLimits(map[string]server.JetStreamAccountLimits{"": limits}); err != nil {
		s.t.Fatal(err)
	}
}

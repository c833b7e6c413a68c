// Package natsserver is a NATS server with JetStream in this process, for demonstrations and for trying things out.
// What is to survive a machine belongs on a cluster of three of its own.
package natsserver

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// readyTimeout is how long a server may take until it can be used.
const readyTimeout = 10 * time.Second

// Limits of what a server keeps.
const (
	memoryMax = 256 << 20
	storeMax  = 8 << 30
)

// ErrAddress reports an address that other machines could reach: the server knows no users.
var ErrAddress = errors.New("natsserver: address is not loopback")

// Server is a server that runs.
type Server struct{ server *server.Server }

// Start starts a server on an address of this machine, such as 127.0.0.1:4222 or 127.0.0.1:0, which keeps its streams
// in a folder. It acknowledges a message when the disk has it. The error is ErrAddress or the server's.
func Start(listen, dir string) (*Server, error) {
	host, text, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, fmt.Errorf("natsserver: %w", err)
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, ErrAddress
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return nil, fmt.Errorf("natsserver: %w", err)
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	l, err := net.Listen("tcp", listen) // the server itself ends the process if it cannot
	if err != nil {
		return nil, fmt.Errorf("natsserver: %w", err)
	}
	if err := l.Close(); err != nil {
		return nil, fmt.Errorf("natsserver: %w", err)
	}
	s, err := server.NewServer(&server.Options{
		Host: host, Port: port, JetStream: true, StoreDir: dir, NoLog: true, NoSigs: true, NoFastProducerStall: true,
		JetStreamMaxMemory: memoryMax, JetStreamMaxStore: storeMax, SyncAlways: true,
	})
	if err != nil {
		return nil, fmt.Errorf("natsserver: %w", err)
	}
	s.Start()
	if !s.ReadyForConnections(readyTimeout) {
		s.Shutdown()
		return nil, fmt.Errorf("natsserver: not ready within %v", readyTimeout)
	}
	return &Server{s}, nil
}

// URL returns where clients connect.
func (s *Server) URL() string { return s.server.ClientURL() }

// Close ends the server and waits for its end.
func (s *Server) Close() {
	s.server.Shutdown()
	s.server.WaitForShutdown()
}

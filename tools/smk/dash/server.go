package dash

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/smk-go/smk/tools/smk/screen"
)

// Bounds of the server.
const (
	headerBytes   = 16 << 10
	headerTimeout = 5 * time.Second
	writeTimeout  = 5 * time.Second // of one event
	idleTimeout   = time.Minute
	socketBytes   = 64 << 10               // of a connection, for what is not read yet
	beatEvery     = 250 * time.Millisecond // the page says that nothing comes after three of them
	seeksMax      = 8                      // requests of the past at a time
)

// Config says what is served.
type Config struct {
	Live *screen.Live

	// Hosts are names, with ports, under which the server may be asked for besides its address and localhost.
	Hosts []string

	// Control, if not nil, passes commands to the bot.
	Control *Control
}

// Server serves the dashboard.
type Server struct {
	config   Config
	listener net.Listener
	http     *http.Server
	hub      *hub
	hosts    map[string]bool
	seeks    chan struct{}

	mu     sync.Mutex // guards what follows
	number uint64     // of the last frame
	frame  screen.Frame
}

// Listen returns a server that listens on an address, such as "127.0.0.1:0".
func Listen(address string, c Config) (*Server, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	s := &Server{
		config: c, listener: smallBuffers{listener}, hub: newHub(), seeks: make(chan struct{}, seeksMax),
		hosts: map[string]bool{},
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	s.hosts[listener.Addr().String()] = true
	for _, host := range []string{"127.0.0.1", "localhost", "::1"} {
		s.hosts[net.JoinHostPort(host, port)] = true
	}
	for _, host := range c.Hosts {
		s.hosts[host] = true
	}
	s.http = &http.Server{
		Handler: s.routes(), MaxHeaderBytes: headerBytes, ReadHeaderTimeout: headerTimeout, ReadTimeout: headerTimeout,
		IdleTimeout: idleTimeout,
	}
	return s, nil
}

// URL returns the address of the page.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() + "/" }

// Loopback reports whether only this machine reaches the server.
func (s *Server) Loopback() bool {
	a, ok := s.listener.Addr().(*net.TCPAddr)
	return ok && a.IP.IsLoopback()
}

// Stats counts browsers.
func (s *Server) Stats() Stats { return s.hub.stats() }

// Serve serves, and shows the journal, until ctx ends. The error is that of the listener or of the journal's folder.
func (s *Server) Serve(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	served, read := make(chan error, 1), make(chan error, 1)
	go func() { served <- s.http.Serve(s.listener) }()
	go func() {
		read <- s.config.Live.Run(ctx, s.show)
		cancel()
	}()
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	var err error
loop:
	for {
		select {
		case <-ctx.Done():
			break loop
		case err = <-served:
			break loop
		case <-beat.C:
			s.beat()
		}
	}
	cancel()
	s.hub.close()
	_ = s.http.Close()
	s.config.Live.Timeline.Close()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, <-read)
}

// sent is a frame as the page reads it.
type sent struct {
	Number  uint64          `json:"n"`
	Now     int64           `json:"now"`
	Behind  bool            `json:"behind"`
	Error   string          `json:"error"`
	First   screen.Position `json:"first"`
	Control bool            `json:"control"`
	Picture *screen.Picture `json:"picture,omitempty"`
}

// show sends a frame to all browsers.
func (s *Server) show(f screen.Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.number++
	s.frame = f
	s.hub.send(s.event("frame", f.Picture), true)
}

// beat tells browsers that the server is there.
func (s *Server) beat() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hub.send(s.event("beat", nil), false)
}

// event encodes an event.
func (s *Server) event(name string, p *screen.Picture) []byte {
	b, err := json.Marshal(sent{
		Number: s.number, Now: time.Now().UnixNano(), Behind: s.frame.Behind, Error: s.frame.Error,
		First:   s.frame.First,
		Control: s.config.Control != nil, Picture: p,
	})
	if err != nil {
		panic("BUG: dash: " + err.Error())
	}
	var event bytes.Buffer
	event.Grow(len(b) + len(name) + 24)
	event.WriteString("event: " + name + "\ndata: ")
	event.Write(b)
	event.WriteString("\n\n")
	return event.Bytes()
}

// smallBuffers bounds what the system keeps for a connection that does not read.
type smallBuffers struct{ net.Listener }

// Accept returns the next connection.
func (l smallBuffers) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(socketBytes)
	}
	return c, err
}

// Close ends a server that does not serve.
func (s *Server) Close() error { return s.listener.Close() }

package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/smk-go/smk/sim"
)

// Limits of the address at which the truth can be asked for.
const (
	truthTimeout     = 10 * time.Second // for a request, and again for its answer
	truthHeaderBytes = 8 << 10
	truthConns       = 8 // at one time; others wait to be accepted
)

// truthServer answers GET with what the exchange knows. It tells no credential.
type truthServer struct {
	url    string
	http   http.Server
	served chan error
}

// serveTruth listens on an address.
func serveTruth(addr string, exchange *sim.Server) (*truthServer, error) {
	l, err := net.Listen("tcp", loopback(addr))
	if err != nil {
		return nil, fmt.Errorf("--truth: %w", shorterListen(err))
	}
	_, address := reachable(l.Addr())
	t := &truthServer{url: "http://" + address + "/", served: make(chan error, 1)}
	t.http = http.Server{
		Handler:     truthHandler(exchange),
		ReadTimeout: truthTimeout, WriteTimeout: truthTimeout, MaxHeaderBytes: truthHeaderBytes,
		ErrorLog: log.New(io.Discard, "", 0), // of clients that are no HTTP clients
	}
	t.http.SetKeepAlivesEnabled(false) // a place is taken for one answer
	go func() { t.served <- t.http.Serve(&limitedListener{l, make(chan struct{}, truthConns)}) }()
	return t, nil
}

// close ends it at once.
func (t *truthServer) close() error {
	if t == nil {
		return nil
	}
	err := t.http.Close()
	if served := <-t.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// truthHandler answers / with the truth of all accounts, /?account=NAME with that of one.
func truthHandler(exchange *sim.Server) http.Handler {
	var one sync.Mutex // a copy of everything is made once at a time
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path != "/":
			http.Error(w, "only / is here, and /?account=NAME", http.StatusNotFound)
			return
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "only GET: the truth cannot be changed", http.StatusMethodNotAllowed)
			return
		}
		one.Lock()
		var t simTruth
		var ok bool
		exchange.View(func(s *sim.Sim) { t, ok = simTruthOf(s, r.URL.Query().Get("account")) })
		one.Unlock()
		if !ok {
			http.Error(w, "there is no such account", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = t.writeJSON(w) // whoever asked is gone
	})
}

// limitedListener accepts so many connections at a time.
type limitedListener struct {
	net.Listener
	places chan struct{}
}

// Accept waits for a place, then for a connection.
func (l *limitedListener) Accept() (net.Conn, error) {
	l.places <- struct{}{}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.places
		return nil, err
	}
	return &limitedConn{Conn: conn, places: l.places}, nil
}

// limitedConn gives its place back when it is closed.
type limitedConn struct {
	net.Conn
	places chan struct{}
	once   sync.Once
}

// Close implements net.Conn.
func (c *limitedConn) Close() error {
	c.once.Do(func() { <-c.places })
	return c.Conn.Close()
}

// shorterListen leaves out of a listener's error what the flag says already.
func shorterListen(err error) error {
	if text, ok := strings.CutPrefix(err.Error(), "listen tcp "); ok {
		return errors.New(text)
	}
	return err
}

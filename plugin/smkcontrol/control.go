package smkcontrol

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/smk-go/smk/engine"
)

// Address is the default of Config.Address.
const Address = "127.0.0.1:9465"

// Bounds of the server.
const (
	TokenBytesMin = 16
	reasonBytes   = 200
	bodyBytes     = 4 << 10
	headerBytes   = 8 << 10
	timeout       = 5 * time.Second
	requestsMax   = 4 // at a time
)

var (
	// ErrAddress reports an address that other machines could reach.
	ErrAddress = errors.New("smkcontrol: address is not loopback")

	// ErrToken reports a token that is too short to keep anybody out.
	ErrToken = errors.New("smkcontrol: token is shorter than 16 bytes")
)

// Config are the settings of a Server.
type Config struct {
	// Address is where to listen, on loopback; "" means 127.0.0.1:9465.
	Address string

	// Token is what a request has to have; at least TokenBytesMin bytes.
	Token string
}

// Server takes commands for one engine.
type Server struct {
	engine   *engine.Engine
	token    [sha256.Size]byte
	http     *http.Server
	listener net.Listener
	slots    chan struct{}
	closing  *closing // the last /flatten; the loop only
}

// Listen listens, and serves until Close. The error is ErrAddress, ErrToken, or says why it cannot listen.
func Listen(e *engine.Engine, c Config) (*Server, error) {
	if c.Address == "" {
		c.Address = Address
	}
	if len(c.Token) < TokenBytesMin {
		return nil, ErrToken
	}
	listener, err := net.Listen("tcp", c.Address)
	if err != nil {
		return nil, err
	}
	if a, ok := listener.Addr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
		_ = listener.Close()
		return nil, ErrAddress
	}
	s := &Server{
		engine: e, token: sha256.Sum256([]byte(c.Token)), listener: listener, slots: make(chan struct{}, requestsMax),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /halt", s.halt)
	mux.HandleFunc("POST /flatten", s.flatten)
	mux.HandleFunc("POST /resume", s.resume)
	mux.HandleFunc("GET /mode", s.mode)
	s.http = &http.Server{
		Handler: s.guard(mux), MaxHeaderBytes: headerBytes, ReadTimeout: timeout, WriteTimeout: 2 * timeout,
		IdleTimeout: timeout,
	}
	go func() { _ = s.http.Serve(listener) }()
	return s, nil
}

// URL returns the address of the server.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() }

// Close stops serving.
func (s *Server) Close() error { return s.http.Close() }

// guard refuses requests without the token, and those that a browser makes for a page: no page has to call this.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		sum := sha256.Sum256([]byte(given))
		host, _, err := net.SplitHostPort(r.Host)
		ip := net.ParseIP(host)
		switch {
		case err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()),
			r.Header.Get("Origin") != "", r.Header.Get("Sec-Fetch-Site") != "":
			answer(w, http.StatusForbidden, Answer{Error: "not for browsers, and for this machine alone"})
			return
		case subtle.ConstantTimeCompare(sum[:], s.token[:]) != 1:
			answer(w, http.StatusUnauthorized, Answer{Error: "the token is missing or another one"})
			return
		}
		select {
		case s.slots <- struct{}{}:
			defer func() { <-s.slots }()
		default:
			answer(w, http.StatusServiceUnavailable, Answer{Error: "too many requests at a time"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Answer is what the server answers.
type Answer struct {
	Mode    string `json:"mode,omitempty"`
	Cause   string `json:"cause,omitempty"`
	Kill    string `json:"kill,omitempty"` // how far the kill switch is
	Open    int    `json:"open"`           // orders that are left
	Closing int    `json:"closing"`        // orders that /flatten sent
	Left    int    `json:"left,omitempty"` // positions for which it could send none
	Error   string `json:"error,omitempty"`
}

func answer(w http.ResponseWriter, status int, a Answer) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(a)
}

// reasonOf returns the reason of a request, which becomes part of logs: one line, and not long.
func reasonOf(w http.ResponseWriter, r *http.Request) (string, bool) {
	var body struct{ Reason string }
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyBytes)).Decode(&body)
	if err != nil && !errors.Is(err, io.EOF) {
		answer(w, http.StatusBadRequest, Answer{Error: "the body is not JSON with a reason"})
		return "", false
	}
	reason := strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return ' '
		}
		return c
	}, body.Reason)
	if reason == "" {
		reason = "no reason given"
	}
	return "control: " + reason[:min(len(reason), reasonBytes)], true
}

func (s *Server) halt(w http.ResponseWriter, r *http.Request) {
	reason, ok := reasonOf(w, r)
	if !ok {
		return
	}
	if err := s.engine.Halt(reason); err != nil {
		answer(w, http.StatusConflict, Answer{Error: err.Error()})
		return
	}
	s.mode(w, r)
}

func (s *Server) resume(w http.ResponseWriter, r *http.Request) {
	reason, ok := reasonOf(w, r)
	if !ok {
		return
	}
	var err error
	if !s.do(w, r, func() { err = s.engine.Resume(reason) }) {
		return
	}
	if err != nil {
		answer(w, http.StatusConflict, Answer{Error: err.Error()})
		return
	}
	s.mode(w, r)
}

func (s *Server) flatten(w http.ResponseWriter, r *http.Request) {
	reason, ok := reasonOf(w, r)
	if !ok {
		return
	}
	var held engine.Snapshot
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	if err := s.engine.Submitter().Snapshot(ctx, &held); err != nil {
		answer(w, http.StatusServiceUnavailable, Answer{Error: err.Error()})
		return
	}
	var c *closing
	if !s.do(w, r, func() {
		if s.closing == nil || s.closing.over {
			s.closing = beginClosing(s.engine, held.Positions, reason)
		}
		c = s.closing
	}) {
		return
	}
	select {
	case <-c.done:
	case <-s.engine.Done():
	case <-ctx.Done():
	}
	var a Answer
	status := http.StatusOK
	if !s.do(w, r, func() {
		a.Closing, a.Left = c.sent, len(c.left)
		for at, err := range c.left {
			status = http.StatusConflict
			a.Error = fmt.Sprintf("the bot is halted, but %d positions stay, one of them in contract %d: %v",
				a.Left, at.contract, err)
		}
	}) {
		return
	}
	answer(w, status, a)
}

func (s *Server) mode(w http.ResponseWriter, r *http.Request) {
	var a Answer
	if !s.do(w, r, func() {
		m := s.engine.Mode()
		a = Answer{Mode: m.Mode.String(), Cause: m.Cause.String(), Kill: m.Kill.String(), Open: m.Open}
	}) {
		return
	}
	answer(w, http.StatusOK, a)
}

// do calls a function on the loop and waits for it. It answers, and reports false, if the loop does not come to it.
func (s *Server) do(w http.ResponseWriter, r *http.Request, f func()) bool {
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	done := make(chan struct{})
	err := s.engine.Submitter().Do(func() {
		f()
		close(done)
	}, nil)
	if err == nil {
		select {
		case <-done:
			return true
		case <-s.engine.Done():
			err = errors.New("the engine has ended")
		case <-ctx.Done():
			err = errors.New("the loop did not come to it in time")
		}
	}
	answer(w, http.StatusServiceUnavailable, Answer{Error: err.Error()})
	return false
}

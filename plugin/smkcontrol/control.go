package smkcontrol

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/risk"
)

// Address is the default of Config.Address.
const Address = "127.0.0.1:9465"

// Bounds of the server.
const (
	TokenBytesMin = 16
	reasonBytes   = 200
	bodyBytes     = 4 << 10
	headerBytes   = 8 << 10
	timeout       = 5 * time.Second // for the loop to come to a request
	writeTimeout  = 5 * timeout     // of a request, which may wait for the loop more than once
	requestsMax   = 4               // at a time
	haltsMax      = 16              // of /halt, which has room of its own: nothing else keeps a halt out
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
	halts    chan struct{}
	closing  *closing // the last /flatten; the loop only
	timeout  time.Duration
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
		halts: make(chan struct{}, haltsMax), timeout: timeout,
	}
	mux := http.NewServeMux()
	mux.Handle("POST /halt", atMost(s.halts, s.halt))
	mux.Handle("POST /flatten", atMost(s.slots, s.flatten))
	mux.Handle("POST /resume", atMost(s.slots, s.resume))
	mux.Handle("GET /mode", atMost(s.slots, s.mode))
	s.http = &http.Server{
		Handler: s.guard(mux), MaxHeaderBytes: headerBytes, ReadTimeout: timeout, WriteTimeout: writeTimeout,
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
		next.ServeHTTP(w, r)
	})
}

// atMost refuses requests while there is no slot.
func atMost(slots chan struct{}, next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			next(w, r)
		default:
			answer(w, http.StatusServiceUnavailable, Answer{Error: "too many requests at a time"})
		}
	})
}

// Answer is what the server answers.
type Answer struct {
	Mode    string `json:"mode,omitempty"`
	Cause   string `json:"cause,omitempty"`
	Kill    string `json:"kill,omitempty"`    // how far the kill switch is
	Open    int    `json:"open"`              // orders that are left, those in doubt included
	Closing int    `json:"closing"`           // orders that /flatten sent
	Left    int    `json:"left,omitempty"`    // positions that stay
	Unknown bool   `json:"unknown,omitempty"` // what became of the request: it was begun
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
	var a Answer
	switch err := s.onLoop(r, func() { a = s.state() }); {
	case err == nil:
		answer(w, http.StatusOK, a)
	case errors.Is(err, errEnded), errors.Is(err, engine.ErrClosed):
		answer(w, http.StatusServiceUnavailable, Answer{Error: err.Error()})
	default: // it hangs, or so many wait for it that there is no room for another
		answer(w, http.StatusServiceUnavailable, Answer{
			Mode: risk.Halted.String(),
			Error: "no order leaves any more, but the loop has not come to the halt yet: " +
				"orders may be live until it does",
		})
	}
}

func (s *Server) resume(w http.ResponseWriter, r *http.Request) {
	reason, ok := reasonOf(w, r)
	if !ok {
		return
	}
	var a Answer
	var err error
	switch {
	case !s.do(w, r, func() { err, a = s.engine.Resume(reason), s.state() }): // at once: the loop may hang from now on
	case err != nil:
		answer(w, http.StatusConflict, Answer{Error: err.Error()})
	default:
		answer(w, http.StatusOK, a)
	}
}

func (s *Server) mode(w http.ResponseWriter, r *http.Request) {
	var a Answer
	if s.do(w, r, func() { a = s.state() }) {
		answer(w, http.StatusOK, a)
	}
}

// state returns the mode and how far the kill switch is. The loop calls it.
func (s *Server) state() Answer {
	m := s.engine.Mode()
	return Answer{Mode: m.Mode.String(), Cause: m.Cause.String(), Kill: m.Kill.String(), Open: m.Open + m.InDoubt}
}

// do is onLoop, and answers and reports false if that fails.
func (s *Server) do(w http.ResponseWriter, r *http.Request, f func()) bool {
	err := s.onLoop(r, f)
	if err != nil {
		notDone(w, err)
	}
	return err == nil
}

// notDone answers a request of which nothing was done.
func notDone(w http.ResponseWriter, err error) {
	answer(w, http.StatusServiceUnavailable, Answer{Error: err.Error() + "; nothing was done, nor will be"})
}

var (
	errBusy  = errors.New("the loop did not come to it in time")
	errEnded = errors.New("the engine has ended")
)

// onLoop calls a function on the loop and waits for it. After an error the function was not called and will not be: a
// bot whose loop goes on later does not do then what a person was told that it did not do. The errors are errBusy,
// errEnded, and those of Submitter.Do.
func (s *Server) onLoop(r *http.Request, f func()) error {
	ctx, cancel := context.WithTimeout(r.Context(), s.timeout)
	defer cancel()
	var taken atomic.Bool // by the loop, or by whoever does not wait any more
	done := make(chan struct{})
	if err := s.engine.Submitter().Do(func() {
		if taken.CompareAndSwap(false, true) {
			defer close(done)
			f()
		}
	}, nil); err != nil {
		return err
	}
	err := errBusy
	select {
	case <-done:
		return nil
	case <-s.engine.Done():
		err = errEnded
	case <-ctx.Done():
	}
	if taken.CompareAndSwap(false, true) {
		return err
	}
	<-done // the loop is in it
	return nil
}

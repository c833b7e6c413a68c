package proxyjson

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/proxy"
	"github.com/smk-go/smk/sim"
)

// house is an exchange, a proxy and its JSON server.
type house struct {
	t    *testing.T
	sim  *sim.Server
	http *httptest.Server
	log  *logged

	caughtUp chan struct{} // closed once there is a session with the exchange
	close    func()
}

// logged is a log that is kept.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logged) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func newHouse(t *testing.T) *house {
	t.Helper()
	exchange := sim.DefaultConfig()
	x, err := sim.Listen("127.0.0.1:0", exchange)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- x.Serve(context.Background()) }()
	h := newHouseAt(t, x.Addr().String())
	h.sim = x
	t.Cleanup(func() {
		h.close()
		if err := errors.Join(x.Close(), <-served); err != nil {
			t.Error(err)
		}
	})
	<-h.caughtUp
	return h
}

// newHouseAt returns a proxy of an exchange at an address.
func newHouseAt(t *testing.T, address string) *house {
	t.Helper()
	e, err := engine.New(engine.Config{
		Address: address, DisableTLS: true, OnStop: engine.StopLeave,
		Session: session.Config{Username: sim.DemoUsername, Password: sim.DemoPassword, AccountFromStart: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, log: &logged{}, caughtUp: make(chan struct{})}
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	p, err := proxy.New(e, proxy.Config{Seed: 1, Logger: log, Clients: []proxy.Client{
		{Name: "anna", Token: "anna-secret"},
		{Name: "ben", Token: "ben-secret", Control: true, Connections: 2},
		{Name: "eve", Token: "eve-secret", ReadOnly: true, Markets: []uint32{100001}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	e.OnCaughtUp(func(*engine.Event) { once.Do(func() { close(h.caughtUp) }) })
	ended := make(chan error, 1)
	go func() { ended <- e.Run(context.Background()) }()
	h.http = httptest.NewServer(New(p, e, log).Handler())
	h.close = sync.OnceFunc(func() {
		h.http.CloseClientConnections()
		h.http.Close()
		e.Stop()
		if err := errors.Join(<-ended, p.Close()); err != nil && h.sim != nil {
			t.Error(err)
		}
		for _, secret := range []string{"anna-secret", "ben-secret", "eve-secret", "guessed", "private"} {
			if strings.Contains(h.log.text(), secret) {
				t.Errorf("the log has %q:\n%s", secret, h.log.text())
			}
		}
	})
	t.Cleanup(h.close)
	return h
}

// post sends a body as a command.
func (h *house) post(token, body string) (int, *Result) {
	h.t.Helper()
	r, err := http.NewRequest(http.MethodPost, h.http.URL+"/v1/commands", strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := h.http.Client().Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer answer.Body.Close()
	var m Message
	d := json.NewDecoder(answer.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil || m.Result == nil {
		h.t.Fatalf("%s: %v", body, err)
	}
	return answer.StatusCode, m.Result
}

// socket is a WebSocket's client.
type socket struct {
	h    *house
	conn *websocket.Conn
}

func (h *house) socket(token string) *socket {
	h.t.Helper()
	ctx, stop := context.WithTimeout(h.t.Context(), 30*time.Second)
	defer stop()
	o := &websocket.DialOptions{}
	if token != "" {
		o.HTTPHeader = http.Header{"Authorization": {"Bearer " + token}}
	}
	conn, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(h.http.URL, "http")+"/v1/ws", o)
	if err != nil {
		h.t.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	h.t.Cleanup(func() { _ = conn.CloseNow() })
	return &socket{h, conn}
}

func (s *socket) send(body string) {
	s.h.t.Helper()
	if err := s.conn.Write(s.h.t.Context(), websocket.MessageText, []byte(body)); err != nil {
		s.h.t.Fatal(err)
	}
}

// until returns the next message that f reports true for.
func (s *socket) until(f func(*Message) bool) *Message {
	s.h.t.Helper()
	ctx, stop := context.WithTimeout(s.h.t.Context(), 30*time.Second)
	defer stop()
	for {
		_, b, err := s.conn.Read(ctx)
		if err != nil {
			s.h.t.Fatal(err)
		}
		m := new(Message)
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		if err := d.Decode(m); err != nil {
			s.h.t.Fatal(err)
		}
		if f(m) {
			return m
		}
	}
}

func (s *socket) event(name string) *Report {
	s.h.t.Helper()
	return s.until(func(m *Message) bool { return m.Order != nil && m.Order.Event == name }).Order
}

func (s *socket) result() *Result {
	s.h.t.Helper()
	return s.until(func(m *Message) bool { return m.Result != nil }).Result
}

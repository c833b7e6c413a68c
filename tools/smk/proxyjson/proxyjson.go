package proxyjson

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/proxy"
)

// Limits of a connection.
const (
	loginTimeout = 10 * time.Second
	writeTimeout = 10 * time.Second // for one message to be taken
	pingEvery    = 15 * time.Second // a stream without messages has a comment, a WebSocket a ping
	wrongPause   = 200 * time.Millisecond
	marketsMax   = 1024 // in the query of a stream
	commandRate  = 200  // commands per second that are read of a WebSocket
)

// API serves a proxy's clients as JSON.
type API struct {
	proxy  *proxy.Proxy
	engine *engine.Engine
	log    *slog.Logger
}

// New returns the handlers for a proxy and its engine. The log has no credentials and nothing of what clients send.
func New(p *proxy.Proxy, e *engine.Engine, log *slog.Logger) *API {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &API{p, e, log}
}

// Handler returns the HTTP handler.
func (a *API) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/ws", a.webSocket)
	mux.HandleFunc("GET /v1/stream", a.stream)
	mux.HandleFunc("POST /v1/commands", a.commands)
	mux.HandleFunc("GET /v1/schema", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/schema+json")
		_, _ = w.Write(Schema()) // a client that is gone
	})
	mux.HandleFunc("GET /v1/health", func(w http.ResponseWriter, _ *http.Request) {
		up := a.proxy.Stats().Up
		w.Header().Set("Content-Type", "application/json")
		if !up {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(Status{up})
	})
	return mux
}

// onLoop runs f on the engine's loop and waits for it.
func (a *API) onLoop(ctx context.Context, f func()) *Error {
	for {
		var done engine.Submission
		err := a.engine.Submitter().Do(f, &done)
		if err == nil {
			if _, err = done.Wait(context.WithoutCancel(ctx)); err == nil { // f must not outlive the caller
				return nil
			}
		}
		if !errors.Is(err, engine.ErrSubmitFull) {
			return &Error{"unavailable", "the proxy ends"}
		}
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			return &Error{"unavailable", "the proxy is busy"}
		}
	}
}

// token returns the token of a request's Authorization header, "" if it has none.
func token(r *http.Request) string {
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(value)
}

// open opens a login. after is the account sequence behind which the client wants what it missed, -1 for nothing of it.
func (a *API) open(ctx context.Context, token string, f *feed, after int64) (l *proxy.Login, refused *Error) {
	var err error
	failed := a.onLoop(ctx, func() {
		if l, err = a.proxy.Open([]byte(token), f); err != nil {
			return
		}
		c := l.Client()
		f.begin(&Message{Type: "welcome", Welcome: &Welcome{
			Version, c.Name, c.ReadOnly, c.Control, l.Up(), digits(l.Sequence()),
		}})
		for o := range l.Orders() {
			f.begin(&Message{Type: "order", Order: &Report{Event: o.State.String(), Order: orderOf(o)}})
		}
		if after >= 0 {
			l.Replay(uint64(after) + 1)
		}
	})
	switch {
	case failed != nil:
		return nil, failed
	case errors.Is(err, proxy.ErrUnauthorised):
		time.Sleep(wrongPause) // of this connection alone: who guesses is slow
		return nil, &Error{"unauthorised", "no client has this token"}
	case errors.Is(err, proxy.ErrTooMany):
		return nil, &Error{"too_many", "the client has too many connections"}
	case err != nil:
		return nil, &Error{"unavailable", "the proxy ends"}
	}
	hold(ctx, 1)
	return l, nil
}

// close ends a login of a request.
func (a *API) close(ctx context.Context, l *proxy.Login) {
	_ = a.onLoop(context.WithoutCancel(ctx), l.Logout)
	hold(ctx, -1)
}

var statuses = map[string]int{
	"malformed": http.StatusBadRequest, "invalid": http.StatusBadRequest,
	"too_large": http.StatusRequestEntityTooLarge, "unauthorised": http.StatusUnauthorized,
	"forbidden": http.StatusForbidden, "unavailable": http.StatusServiceUnavailable,
	"too_many": http.StatusTooManyRequests, "slow": http.StatusTooManyRequests,
}

// refuse answers a request with an error, and logs it without what was sent. client is "" if nobody knows who it is.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, client, request string, e *Error) {
	a.log.Warn("request refused", "client", client, "path", r.URL.Path, "address", r.RemoteAddr, "code", e.Code)
	w.Header().Set("Content-Type", "application/json")
	if e.Code == "unauthorised" {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(statuses[e.Code])
	_, _ = w.Write(encode(&Message{Type: "result", Result: &Result{Request: request, Error: e}}))
}

// commands serves POST /v1/commands.
func (a *API) commands(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, commandBytes))
	if err != nil {
		a.refuse(w, r, "", "", &Error{"too_large", "a command has at most 16384 bytes"})
		return
	}
	if token(r) == "" {
		a.refuse(w, r, "", "", &Error{"unauthorised", "the header Authorization: Bearer TOKEN is missing"})
		return
	}
	f := newFeed(a.engine)
	l, refused := a.open(r.Context(), token(r), f, -1)
	if refused != nil {
		a.refuse(w, r, "", "", refused)
		return
	}
	defer a.close(r.Context(), l)
	result, refused := a.carryOut(r.Context(), l, f, body, false)
	if refused != nil {
		a.refuse(w, r, l.Client().Name, result.Request, refused)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(encode(&Message{Type: "result", Result: result}))
}

// carryOut carries a command out. The error is also in the result.
func (a *API) carryOut(ctx context.Context, l *proxy.Login, f *feed, body []byte, stream bool) (*Result, *Error) {
	c, refused := parse(body)
	result := &Result{}
	var q *request
	if refused == nil {
		result.Request = c.Request
		q, refused = c.check()
	}
	if refused == nil {
		refused = a.onLoop(ctx, func() {
			f.answer = nil
			result = q.do(l, a.engine, stream)
			l.Flush()
			result.Report = f.answer
		})
	}
	if refused == nil {
		refused = result.Error
	}
	result.OK, result.Error = refused == nil, refused
	return result, refused
}

// afterOf returns the account sequence behind which a client wants what it missed, -1 if it wants none of it.
func afterOf(r *http.Request) (int64, *Error) {
	last := r.Header.Get("Last-Event-ID")
	if v := r.URL.Query().Get("after"); v != "" {
		last = v
	}
	if last == "" {
		return -1, nil
	}
	n, err := strconv.ParseInt(last, 10, 64)
	if err != nil || n < 0 {
		return 0, &Error{"invalid", "after, or Last-Event-ID, is no account sequence"}
	}
	return n, nil
}

// stream serves GET /v1/stream: server-sent events. Each message about an order has its account sequence as the event's
// id, so that a client which comes again with Last-Event-ID, or after=, gets what it missed.
func (a *API) stream(w http.ResponseWriter, r *http.Request) {
	after, refused := afterOf(r)
	if refused != nil {
		a.refuse(w, r, "", "", refused)
		return
	}
	var markets []uint32
	for _, text := range r.URL.Query()["market"] {
		id, err := strconv.ParseUint(text, 10, 32)
		if err != nil || len(markets) == marketsMax {
			a.refuse(w, r, "", "", &Error{"invalid", "market is no identifier of one, or there are more than 1024"})
			return
		}
		markets = append(markets, uint32(id))
	}
	if token(r) == "" {
		a.refuse(w, r, "", "", &Error{"unauthorised", "the header Authorization: Bearer TOKEN is missing"})
		return
	}
	f := newFeed(a.engine)
	l, refused := a.open(r.Context(), token(r), f, after)
	if refused != nil {
		a.refuse(w, r, "", "", refused)
		return
	}
	defer a.close(r.Context(), l)
	for _, id := range markets {
		if err := a.onLoop(r.Context(), func() { l.Subscribe(id) }); err != nil {
			return
		}
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	control := http.NewResponseController(w)
	send := func(b []byte) error {
		_ = control.SetWriteDeadline(time.Now().Add(writeTimeout))
		if _, err := w.Write(b); err != nil {
			return err
		}
		return control.Flush()
	}
	err := f.run(r.Context(), func(m *Message) error {
		var b []byte
		if m.Order != nil && m.Order.Sequence != "" {
			b = append(append(append(b, "id: "...), m.Order.Sequence...), '\n')
		}
		b = append(append(append(b, "data: "...), encode(m)...), "\n\n"...)
		return send(b)
	}, func() error { return send([]byte(": alive\n\n")) })
	a.ended(r, l, err)
}

// errSlow ends a connection whose client does not read.
var errSlow = errors.New("proxyjson: the client does not read")

// run gives messages to send as they come, until ctx ends or send fails, and calls idle now and then.
func (f *feed) run(ctx context.Context, send func(*Message) error, idle func() error) error {
	alive := time.NewTicker(pingEvery)
	defer alive.Stop()
	for {
		m, slow := f.take()
		var err error
		switch {
		case slow:
			return errSlow
		case m != nil:
			if err = send(m); err == nil && ctx.Err() == nil {
				continue
			}
		}
		if err != nil {
			return err
		}
		select {
		case <-f.wake:
		case <-alive.C:
			if err := idle(); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// ended logs that a connection ended for what the client did.
func (a *API) ended(r *http.Request, l *proxy.Login, err error) {
	if errors.Is(err, errSlow) {
		a.log.Warn("client cut off: it does not read", "client", l.Client().Name, "address", r.RemoteAddr)
	}
}

// webSocket serves GET /v1/ws.
func (a *API) webSocket(w http.ResponseWriter, r *http.Request) {
	first := token(r)
	after, refused := afterOf(r)
	if refused != nil {
		a.refuse(w, r, "", "", refused)
		return
	}
	conn, err := websocket.Accept(w, r, nil) // pages of other sites are refused
	if err != nil {
		a.log.Warn("request refused", "path", r.URL.Path, "address", r.RemoteAddr, "code", "no WebSocket")
		return
	}
	defer conn.CloseNow()
	conn.SetReadLimit(commandBytes + 1)
	ctx, stop := context.WithCancel(r.Context())
	defer stop()
	if first == "" {
		if first, refused = readLogin(ctx, conn); refused != nil {
			a.closeSocket(ctx, conn, r, refused)
			return
		}
	}
	f := newFeed(a.engine)
	l, refused := a.open(ctx, first, f, after)
	if refused != nil {
		a.closeSocket(ctx, conn, r, refused)
		return
	}
	defer a.close(ctx, l)
	go func() {
		defer stop()
		a.readCommands(ctx, conn, r, l, f)
	}()
	err = f.run(ctx, func(m *Message) error { return write(ctx, conn, encode(m)) }, func() error {
		go func() { // messages do not wait for the answer
			ctx, end := context.WithTimeout(ctx, writeTimeout)
			defer end()
			if conn.Ping(ctx) != nil {
				stop()
			}
		}()
		return nil
	})
	a.ended(r, l, err)
	if errors.Is(err, errSlow) {
		_ = conn.Close(websocket.StatusPolicyViolation, "slow: the client does not read")
	}
}

func write(ctx context.Context, conn *websocket.Conn, b []byte) error {
	ctx, stop := context.WithTimeout(ctx, writeTimeout)
	defer stop()
	return conn.Write(ctx, websocket.MessageText, b)
}

// readLogin reads the first message of a client that cannot set a header.
func readLogin(ctx context.Context, conn *websocket.Conn) (token string, refused *Error) {
	ctx, stop := context.WithTimeout(ctx, loginTimeout)
	defer stop()
	_, b, err := conn.Read(ctx)
	if err != nil {
		return "", &Error{"unauthorised", "no login came"}
	}
	c, refused := parse(b)
	switch {
	case refused != nil:
		return "", refused
	case c.Type != "login" || c.Token == "":
		return "", &Error{"unauthorised", "the first message is no login with a token"}
	}
	return c.Token, nil
}

// closeSocket says why a WebSocket is closed, and closes it.
func (a *API) closeSocket(ctx context.Context, conn *websocket.Conn, r *http.Request, e *Error) {
	a.log.Warn("connection refused", "path", r.URL.Path, "address", r.RemoteAddr, "code", e.Code)
	_ = write(ctx, conn, encode(&Message{Type: "result", Result: &Result{Error: e}}))
	_ = conn.Close(websocket.StatusPolicyViolation, e.Code)
}

// readCommands carries out what a WebSocket's client sends, at a bounded rate: the rest waits in its socket.
func (a *API) readCommands(ctx context.Context, conn *websocket.Conn, r *http.Request, l *proxy.Login, f *feed) {
	pace := time.NewTicker(time.Second / commandRate)
	defer pace.Stop()
	for {
		_, b, err := conn.Read(ctx)
		if err != nil {
			if websocket.CloseStatus(err) == -1 && ctx.Err() == nil && isTooBig(err) {
				a.log.Warn("connection ended", "client", l.Client().Name, "address", r.RemoteAddr, "code", "too_large")
			}
			return
		}
		result, refused := a.carryOut(ctx, l, f, b, true)
		if refused != nil {
			a.log.Warn("command refused", "client", l.Client().Name, "address", r.RemoteAddr, "code", refused.Code)
		}
		f.push(&Message{Type: "result", Result: result})
		select {
		case <-pace.C:
		case <-ctx.Done():
			return
		}
	}
}

func isTooBig(err error) bool { return strings.Contains(fmt.Sprint(err), "read limit") }

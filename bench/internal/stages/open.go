package stages

import (
	"context"
	"net"
	"os"
	"runtime"
	"time"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
)

// conn is a connection whose other end is a few lines of code on the same goroutine: it answers the login, and then
// source says what arrives. Nothing of it sleeps.
type conn struct {
	login   []byte             // sent when the first bytes have arrived
	source  func(b []byte) int // what arrives, nil for nothing
	written int                // bytes that the engine has sent
}

// Read never waits: where nothing has arrived, it is as if the deadline had passed.
func (c *conn) Read(b []byte) (n int, err error) {
	if len(c.login) > 0 && c.written > 0 {
		n = copy(b, c.login)
		c.login = c.login[n:]
		return n, nil
	}
	if c.source != nil && len(c.login) == 0 {
		n = c.source(b)
	}
	if n == 0 {
		return 0, os.ErrDeadlineExceeded
	}
	return n, nil
}

func (c *conn) Write(b []byte) (int, error) {
	c.written += len(b)
	return len(b), nil
}

func (c *conn) Close() error                     { return nil }
func (c *conn) LocalAddr() net.Addr              { return new(net.TCPAddr) }
func (c *conn) RemoteAddr() net.Addr             { return new(net.TCPAddr) }
func (c *conn) SetDeadline(time.Time) error      { return nil }
func (c *conn) SetReadDeadline(time.Time) error  { return nil }
func (c *conn) SetWriteDeadline(time.Time) error { return nil }

// sessionID is the session that every stage resumes, for it is past its first 2^28 messages.
const sessionID = "a long session"

// loginAnswer is what the exchange sends first: it knows the session. Its sequences are those before the first of a
// stream.
func loginAnswer() []byte { return fixture.LoginAnswer(sessionID, sequenceBase-2, sequenceBase) }

// sessionConfig is a session with the defaults that resumes with the sequences of a stream.
func sessionConfig() session.Config {
	return session.Config{
		Token: "t", Resume: session.ResumeSession, AccountSequence: sequenceBase - 1,
		ResumeFrom:    session.Resumption{ID: sessionID, In: sequenceBase - 2, Out: sequenceBase - 1},
		ReferenceBase: sequenceBase - 1,
		// What answers orders knows their sequences, so that nothing else may take one.
		HeartbeatAfter: 24 * time.Hour, PeerTimeout: 24 * time.Hour,
	}
}

// The clock of the stages that have no engine, in nanoseconds: where it starts, and how far it advances with each
// read.
const (
	startTime = 1_000_000_000_000
	readTime  = 1000
)

// openSession returns a session that is logged in.
func openSession() *session.Session {
	s := fixture.Must(session.New(sessionConfig()))
	fixture.Must(0, s.Open(startTime))
	s.Filled(copy(s.Free(), loginAnswer()))
	for fixture.Must(s.Next(startTime)) != nil {
	}
	s.Written(len(s.Pending()))
	return s
}

// openEngine returns an engine with the defaults that is logged in over c. set, which may be nil, changes its
// settings.
func openEngine(c *conn, set func(*engine.Config)) *engine.Engine {
	c.login = loginAnswer()
	config := engine.Config{
		Session: sessionConfig(), Address: "exchange.test:3801", DisableTLS: true,
		Dial: func(context.Context, string, string) (net.Conn, error) { return c, nil },
	}
	config.State.Disable = true
	if set != nil {
		set(&config)
	}
	e := fixture.Must(engine.New(config))
	ready := false // the limits follow the login
	handler := e.OnThrottleLimitsChanged(func(*engine.Event, *msg.ThrottleLimitsChanged) { ready = true })
	for !ready {
		runtime.Gosched() // for the goroutine that dials
		fixture.Must(0, e.Poll())
	}
	handler.Remove()
	return e
}

// sink keeps what handlers read.
//
//lint:ignore U1000 it is written so that reading is not left out
var sink uint64

package stages

import (
	"context"
	"net"
	"os"
	"runtime"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// conn is a connection whose other end is a few lines of code on the same goroutine: it answers the
// login and then lets source say what arrives. Nothing of it sleeps.
type conn struct {
	greeting []byte             // sent when the first bytes have arrived
	source   func(b []byte) int // what arrives, nil for nothing
	written  int                // bytes that the engine has sent
}

// Read never waits: where nothing has arrived, it is as if the deadline had passed.
func (c *conn) Read(b []byte) (n int, err error) {
	if len(c.greeting) > 0 && c.written > 0 {
		n = copy(b, c.greeting)
		c.greeting = c.greeting[n:]
		return n, nil
	}
	if c.source != nil && len(c.greeting) == 0 {
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

// sessionID is the session that every stage goes on with, for it is past its first 2^28 messages.
const sessionID = "a session of long standing"

// greeting is what the exchange says first: it knows the session, and hardly limits how fast orders
// may come. Its sequences are those before the first of a stream.
func greeting() ([]byte, error) {
	var login, limits msg.Payload
	login.SetType(msg.PayloadEto)
	eto := login.MutableEtoPayload()
	eto.SetSeq(sequenceBase - 2)
	eto.SetType(msg.EtoPayloadLoginResponse)
	eto.MutableLoginResponse().SetSessionString(sessionID)
	limits.MutableEtoPayload().SetSeq(sequenceBase - 1)
	l := limits.MutableThrottleLimitsChanged()
	l.SetAverageRatePs(1 << 31)
	l.SetBurstSize(1 << 31)
	l.SetTickMs(0)
	var frames []byte
	for _, p := range []*msg.Payload{&login, &limits} {
		b, err := p.MarshalVT()
		if err != nil {
			return nil, err
		}
		frames = wire.AppendFrame(frames, b)
	}
	return frames, nil
}

func (c *conn) dial(context.Context, string, string) (net.Conn, error) { return c, nil }

// yield lets the goroutine run that dials.
func yield() { runtime.Gosched() }

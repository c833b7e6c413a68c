package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/smk-go/smk/engine/internal/transport"
	"github.com/smk-go/smk/engine/session"
)

// dialer runs the attempts to open a connection, one at a time.
type dialer struct {
	attempt   *attempt        // the last one; the loop only
	results   chan dialResult // of the attempt
	abandoned atomic.Int32    // attempts whose functions do not return
}

// dialResult is what an attempt to open a connection led to.
type dialResult struct {
	conn        transport.Conn
	credentials session.Credentials // of Config.Credentials
	err         error               // a *DialError or a *CredentialsError
	panicked    *PanicError         // in Config.Dial or Config.Credentials
}

func (d dialResult) close() {
	if d.conn != nil {
		_ = d.conn.Close() // it was never used
	}
}

// attempt is one attempt to open a connection. Its goroutine sends the result to the
// loop, or closes it if the loop has abandoned the attempt meanwhile.
type attempt struct {
	cancel   context.CancelFunc
	deadline int64 // clock reading at which the loop abandons it
	over     atomic.Bool
}

// dial opens a connection on a goroutine of its own, because TLS handshakes and the
// functions of Config block. The result arrives in e.dialer.results. There is one attempt at a
// time.
func (e *Engine) dial() {
	e.life.phase = phaseDialing
	ctx, cancel := context.WithCancel(context.Background())
	e.dialer.attempt = &attempt{cancel: cancel, deadline: e.now + int64(e.config.DialTimeout+dialPatience)}
	if e.config.Credentials != nil {
		e.dialer.attempt.deadline += int64(e.config.CredentialsTimeout)
	}
	if e.tape.replaying() {
		cancel()
		return // the tape has the result
	}
	if e.dialer.abandoned.Load() >= abandonedMax {
		e.dialer.attempt.over.Store(true)
		e.dialer.results <- dialResult{err: &DialError{Address: e.config.Address, Err: errDialerStuck}}
		return
	}
	if e.config.Clock != nil {
		e.try(ctx, e.dialer.attempt, !e.life.loggedIn)
		return
	}
	go e.try(ctx, e.dialer.attempt, !e.life.loggedIn)
}

// try is the attempt's goroutine. unknown says that no login has succeeded at the address yet.
func (e *Engine) try(ctx context.Context, a *attempt, unknown bool) {
	running := "Config.Credentials"
	d := dialResult{err: &DialError{Address: e.config.Address, Err: errNoReturn}}
	defer func() {
		a.cancel()
		if value := recover(); value != nil {
			d = dialResult{panicked: newPanicError(running, value)}
		}
		e.dialer.finish(a, d)
		e.wake()
	}()
	credentials, err := e.fetchCredentials(ctx)
	if err != nil {
		d = dialResult{err: err}
		return
	}
	running = "Config.Dial"
	conn, err := e.open(ctx, unknown)
	if err != nil {
		err = &DialError{Address: e.config.Address, Err: err}
	}
	d = dialResult{conn: conn, credentials: credentials, err: err}
}

// fetchCredentials calls Config.Credentials. The error is a *CredentialsError.
func (e *Engine) fetchCredentials(ctx context.Context) (c session.Credentials, err error) {
	if e.config.Credentials == nil {
		return c, nil
	}
	ctx, cancel := context.WithTimeout(ctx, e.config.CredentialsTimeout)
	defer cancel()
	if c, err = e.config.Credentials(ctx); err == nil {
		err = c.Check()
	}
	if err != nil {
		return session.Credentials{}, newCredentialsError(c, err)
	}
	return c, nil
}

// abandon ends the current attempt. It waits for patience, which is enough for functions that return when their
// context ends, and not for others. The loop only.
func (d *dialer) abandon(patience time.Duration) {
	d.attempt.cancel()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case result := <-d.results:
		result.close()
		return
	case <-timer.C:
	}
	if d.attempt.over.Swap(true) {
		result := <-d.results // just now
		result.close()
		return
	}
	d.abandoned.Add(1)
}

// abandonDial ends the current attempt; see [dialer.abandon].
func (e *Engine) abandonDial(patience time.Duration) {
	if !e.tape.replaying() {
		e.dialer.abandon(patience)
	}
}

// dialResult returns the result of the attempt, if there is one.
func (e *Engine) dialResult() (d dialResult, ok bool) {
	if e.tape.replaying() {
		return e.tape.dialed(e.tape)
	}
	select {
	case d = <-e.dialer.results:
		ok = true
	default:
	}
	if e.tape != nil {
		d = e.tape.noteDialed(d, ok)
	}
	return d, ok
}

// finish gives the result of an attempt to the loop, or closes it if the loop has abandoned the attempt. The
// attempt's goroutine only.
func (d *dialer) finish(a *attempt, result dialResult) {
	if a.over.Swap(true) {
		result.close()
		d.abandoned.Add(-1)
		return
	}
	d.results <- result
}

// open opens one connection, with the TLS handshake.
func (e *Engine) open(ctx context.Context, unknown bool) (transport.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, e.config.DialTimeout)
	defer cancel()
	conn, err := transport.Dial(ctx, e.config.Dial, e.config.Address)
	if err != nil {
		return nil, err
	}
	switch {
	case e.config.Clock != nil:
		return transport.OpenVirtual(conn), nil
	case e.config.DisableTLS:
		return transport.Open(conn, e.system)
	}
	t, err := transport.OpenTLS(ctx, conn, e.config.TLS, e.system)
	switch {
	case err == nil:
		return t, nil
	case errors.Is(err, context.DeadlineExceeded):
		err = fmt.Errorf("TLS handshake not finished within %v: %w", e.config.DialTimeout, err)
	case unknown:
		err = handshakeFailed(err)
	}
	return nil, err
}

var (
	errNoReturn    = errors.New("the dialer ended its goroutine")
	errDialerStuck = fmt.Errorf("Config.Dial or Config.Credentials does not return: %w", context.DeadlineExceeded)
)

// dialTCP is the default of Config.Dial.
func dialTCP(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{KeepAlive: KeepAlive}
	return d.DialContext(ctx, network, address)
}

// CredentialsError is an error of Config.Credentials, or says that its credentials are
// incomplete. It never contains them: an error that does is replaced.
type CredentialsError struct{ Err error }

func newCredentialsError(c session.Credentials, err error) *CredentialsError {
	for _, secret := range []string{c.Username, c.Password, c.Token} {
		if secret != "" && strings.Contains(err.Error(), secret) {
			return &CredentialsError{errWithheld}
		}
	}
	return &CredentialsError{err}
}

var errWithheld = errors.New("error withheld: it contains a credential")

// Error returns the text of the cause.
func (e *CredentialsError) Error() string {
	return "engine: credentials: " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *CredentialsError) Unwrap() error { return e.Err }

// Policy returns the policy for session.PolicyOf: try again after a pause, and resume the session if there is
// one.
func (e *CredentialsError) Policy() session.Policy {
	return session.Policy{Retry: session.RetryBackoff, KeepSession: true}
}

package engine

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/smk-go/smk/engine/session"
)

// tapeErrors are errors that the loop or the bot's code may compare with: a noted error keeps which of them it is, by
// its place here.
var tapeErrors = [...]error{
	io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, net.ErrClosed, os.ErrDeadlineExceeded, context.DeadlineExceeded,
	context.Canceled, ErrSendStalled,
}

// Bits of a noted error.
const (
	errorPlain       = 1 << iota
	errorDial        // a *DialError
	errorCredentials // a *CredentialsError
	errorPolicy      // with a policy of its own
	errorKeeps       // whose KeepSession is set
	errorErrno       // a system call's
)

// result notes an error that may be nil.
func (t *tape) result(err error) {
	if err == nil {
		t.number(0)
		return
	}
	t.noteError(err)
}

// noteError notes an error: bits, the places in tapeErrors, the error of the system call, and the text.
func (t *tape) noteError(err error) {
	bits, inner := uint64(errorPlain), err
	var dial *DialError
	var credentials *CredentialsError
	switch {
	case errors.As(err, &dial):
		bits, inner = bits|errorDial, dial.Err
	case errors.As(err, &credentials):
		bits, inner = bits|errorCredentials, credentials.Err
	}
	var ours interface{ Policy() session.Policy }
	var policy session.Policy
	if errors.As(inner, &ours) {
		if policy = ours.Policy(); policy.KeepSession {
			bits |= errorKeeps
		}
		bits |= errorPolicy
	}
	var errno syscall.Errno
	if errors.As(inner, &errno) {
		bits |= errorErrno
	}
	places := uint64(0)
	for i, one := range tapeErrors {
		if errors.Is(inner, one) {
			places |= 1 << i
		}
	}
	t.number(bits)
	t.number(uint64(policy.Retry))
	t.number(uint64(errno))
	t.number(places)
	t.text(inner.Error())
}

// notedError is an error of a replay: it has the text of the recorded one and is what that was.
type notedError struct {
	text   string
	places uint64 // in tapeErrors
	errno  syscall.Errno
}

func (e *notedError) Error() string { return e.text }

// Is reports whether the recorded error was target.
func (e *notedError) Is(target error) bool {
	if e.errno != 0 && e.errno.Is(target) || e.errno == target && e.errno != 0 {
		return true
	}
	for i, one := range tapeErrors {
		if e.places>>i&1 != 0 && one == target {
			return true
		}
	}
	return false
}

// notedPolicyError is a notedError with a policy.
type notedPolicyError struct {
	notedError
	policy session.Policy
}

// Policy returns the recorded policy for session.PolicyOf.
func (e *notedPolicyError) Policy() session.Policy { return e.policy }

// result reads an error that may be nil.
func (p *player) result() error {
	bits := p.number()
	if bits == 0 {
		return nil
	}
	return p.errorOf(bits)
}

// failure reads an error.
func (p *player) failure() error { return p.errorOf(p.number()) }

func (p *player) errorOf(bits uint64) (err error) {
	retry := session.Retry(p.number())
	noted := notedError{errno: syscall.Errno(p.number()), places: p.number()}
	noted.text = p.text()
	if err = &noted; bits&errorPolicy != 0 {
		err = &notedPolicyError{noted, session.Policy{Retry: retry, KeepSession: bits&errorKeeps != 0}}
	}
	switch {
	case bits&errorDial != 0:
		return &DialError{Address: p.address, Err: err}
	case bits&errorCredentials != 0:
		return &CredentialsError{err}
	}
	return err
}

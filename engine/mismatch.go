package engine

import (
	"crypto/tls"
	"errors"
	"io"
	"syscall"

	"github.com/smk-go/smk/engine/session"
)

// mismatch is an error that looks as if one end spoke TLS and the other did not. What
// such a connection ends with says nothing of it: an end of file, as a rule.
type mismatch struct {
	err  error
	hint string
}

func (m *mismatch) Error() string { return m.err.Error() + " (" + m.hint + ")" }
func (m *mismatch) Unwrap() error { return m.err }

// handshakeFailed explains what a TLS handshake failed with at an address that nobody
// has ever logged in at.
func handshakeFailed(err error) error {
	var header tls.RecordHeaderError
	if hungUp(err) || errors.As(err, &header) {
		return &mismatch{err, "during the TLS handshake: does the port speak TLS? Config.DisableTLS is for one that does not"}
	}
	return err
}

// unanswered explains what a connection was lost with that never said anything. Once a
// login has succeeded there the port is not what is wrong.
func (e *Engine) unanswered(cause error) error {
	if e.config.DisableTLS && !e.life.loggedIn && e.session.State() == session.LoginSent && hungUp(cause) {
		return &mismatch{cause, "before the login was answered: does the port want TLS? Config.DisableTLS is set"}
	}
	return cause
}

// hungUp reports whether the other end ended the connection without a word.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
}

package engine

import (
	"crypto/tls"
	"errors"
	"io"
	"syscall"

	"github.com/smk-go/smk/engine/session"
)

// mismatch is an error that is typical of one end that speaks TLS and one that does not. Such
// a connection usually ends with nothing but an end of file.
type mismatch struct {
	err  error
	hint string
}

func (m *mismatch) Error() string { return m.err.Error() + " (" + m.hint + ")" }
func (m *mismatch) Unwrap() error { return m.err }

// handshakeFailed adds a hint to the error of a TLS handshake at an address where no login has succeeded yet.
func handshakeFailed(err error) error {
	var header tls.RecordHeaderError
	if closedByPeer(err) || errors.As(err, &header) {
		const hint = "during the TLS handshake: does the port speak TLS? Config.DisableTLS is for one that does not"
		return &mismatch{err, hint}
	}
	return err
}

// explainLoss adds a hint to the error of a connection on which nothing was received. Once a
// login has succeeded at the address the port is not the cause.
func (e *Engine) explainLoss(cause error) error {
	if e.config.DisableTLS && !e.life.loggedIn && e.session.State() == session.LoginSent && closedByPeer(cause) {
		return &mismatch{cause, "before the login was answered: does the port speak TLS? Config.DisableTLS is set"}
	}
	return cause
}

// closedByPeer reports whether the other end closed or reset the connection.
func closedByPeer(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
}

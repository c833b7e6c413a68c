package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/smk-go/smk/engine/session"
)

// secretBytesMax is the longest file with a credential: one with a byte order mark and its
// line's end.
const secretBytesMax = len(byteOrderMark) + session.CredentialBytesMax + len("\r\n")

// readSecret reads a credential from a file of its own: one line. Errors hold the
// file's name and nothing of its text. They are ErrSecret, but for those of the system.
func readSecret(path string) (string, error) {
	wrong := func(err error) error { return fmt.Errorf("%w: %s: %w", ErrSecret, strconv.Quote(path), err) }
	content, err := readText(path, secretBytesMax)
	if errors.Is(err, ErrTooLarge) || errors.Is(err, ErrUTF16) {
		return "", wrong(err)
	}
	if err != nil {
		return "", err
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")
	switch {
	case !utf8.ValidString(text) || strings.Contains(text, "\x00"):
		return "", wrong(ErrText)
	case blank(text):
		return "", wrong(ErrEmpty)
	case len(text) > session.CredentialBytesMax:
		return "", wrong(ErrTooLarge)
	case strings.ContainsAny(text, "\r\n"):
		return "", fmt.Errorf("%w: %s has several lines", ErrSecret, strconv.Quote(path))
	}
	return text, nil
}

// errPair: a client certificate needs its key.
var errPair = fmt.Errorf("%w: certificate_file and key_file need each other", ErrContradiction)

// tlsError is about one key of [tls].
type tlsError struct {
	key string
	err error
}

func (e *tlsError) Error() string { return e.err.Error() }

// errRoots: a file holds no certificate.
var errRoots = &valueError{"a file", "one with PEM certificates"}

// errCertificate: two files are not a certificate and its key.
var errCertificate = &valueError{"a file", "a PEM certificate to the key in key_file"}

func readRoots(path string) (*x509.CertPool, error) {
	content, err := readText(path, FileBytesMax)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(content) {
		return nil, errRoots
	}
	return pool, nil
}

func readPair(certificate, key string) (tls.Certificate, error) {
	certificatePEM, err := readText(certificate, FileBytesMax)
	if err != nil {
		return tls.Certificate{}, err
	}
	keyPEM, err := readText(key, FileBytesMax)
	if err != nil {
		return tls.Certificate{}, err
	}
	pair, err := tls.X509KeyPair(certificatePEM, keyPEM)
	if err != nil {
		return tls.Certificate{}, errCertificate // the cause may quote what it read
	}
	return pair, nil
}

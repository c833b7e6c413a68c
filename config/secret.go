package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/smk-go/smk/engine/session"
)

// secretBytesMax is the longest file with a credential: one with its line's end.
const secretBytesMax = session.CredentialBytesMax + len("\r\n")

// readSecret reads a credential from a file of its own: one line. Errors hold the
// file's name and nothing of its text.
func readSecret(path string) (string, error) {
	content, err := readBounded(path, secretBytesMax)
	if errors.Is(err, ErrTooLarge) {
		return "", ErrSecret
	}
	if err != nil {
		return "", err
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")
	if text == "" || strings.ContainsAny(text, "\r\n\x00") || !utf8.ValidString(text) {
		return "", ErrSecret
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
	content, err := readBounded(path, FileBytesMax)
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
	certificatePEM, err := readBounded(certificate, FileBytesMax)
	if err != nil {
		return tls.Certificate{}, err
	}
	keyPEM, err := readBounded(key, FileBytesMax)
	if err != nil {
		return tls.Certificate{}, err
	}
	pair, err := tls.X509KeyPair(certificatePEM, keyPEM)
	if err != nil {
		return tls.Certificate{}, errCertificate // the cause may quote what it read
	}
	return pair, nil
}

package gateway

import "errors"

// ErrTLS is why a connection ended whose first bytes were the start of a TLS handshake.
var ErrTLS = errors.New("looks like TLS, and this port is plain")

// isClientHello reports whether the first payload of a connection is how a TLS handshake
// reads as a frame: its first byte, 0x16, as the length, and then major version 3, which
// no message begins with.
func isClientHello(payload []byte) bool { return len(payload) == 0x16 && payload[0] == 0x03 }

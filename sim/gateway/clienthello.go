package gateway

import "errors"

// ErrTLS is why a connection ended that started with a TLS handshake.
var ErrTLS = errors.New("TLS handshake on a plain port")

// isClientHello reports whether the first payload of a connection is a TLS handshake read as a
// frame: its first byte, 0x16, is the length, and major version 3 follows, which starts no message.
func isClientHello(payload []byte) bool { return len(payload) == 0x16 && payload[0] == 0x03 }

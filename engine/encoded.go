package engine

import (
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// encodedMessage is an encoded message at the start of a buffer.
type encodedMessage struct {
	buffer []byte
	size   int
}

// encode encodes a message of an unknown type, and reads its keys from the bytes. The error is a
// *wire.MarshalError or session.ErrTooLarge.
func (b *encodedMessage) encode(m Message) (keys msg.Keys, err error) {
	n := m.SizeVT()
	switch {
	case n < 0:
		return keys, &wire.MarshalError{Size: n}
	case n > len(b.buffer):
		return keys, session.ErrTooLarge
	}
	written, err := m.MarshalToSizedBufferVT(b.buffer[:n:n])
	if err == nil && written != n {
		return keys, &wire.MarshalError{Size: n, Wrote: written}
	}
	if err == nil {
		keys, err = msg.DecodeKeys(m.PayloadType(), b.buffer[:n])
	}
	if err != nil {
		return keys, &wire.MarshalError{Size: n, Wrote: written, Err: err}
	}
	b.size = n
	return keys, nil
}

// SizeVT returns the size of the message.
func (b *encodedMessage) SizeVT() int { return b.size }

// MarshalToSizedBufferVT copies it to the end of to.
func (b *encodedMessage) MarshalToSizedBufferVT(to []byte) (int, error) {
	return copy(to[len(to)-b.size:], b.bytes()), nil
}

func (b *encodedMessage) bytes() []byte { return b.buffer[:b.size] }

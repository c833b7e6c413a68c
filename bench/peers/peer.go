package peers

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// A Loop does its work n times. An error ends it.
type Loop func(n int) error

// A Peer is one way to turn payloads into values and back.
type Peer struct {
	Name string

	// Module is the path of the module that does the work, "" for this project and the standard
	// library.
	Module string

	// Decode returns the loop that decodes the feed's payloads in turn, into whatever memory the
	// library can use again.
	Decode func(feed fixture.Feed) (Loop, error)

	// Encode returns the loop that encodes the payload's value into a buffer that is used again, or
	// is nil if the library cannot. After it encoded is the last result.
	Encode func(payload []byte) (loop Loop, encoded func() []byte, err error)

	// Standard returns what the library understands of a payload, as the standard type.
	Standard func(payload []byte) (*seto.Payload, error)
}

// Flat is the name of the peer that all others are compared with.
const Flat = "gen/msg"

// All is every peer, gen/msg first.
func All() []Peer {
	return []Peer{flat(), vtPooled(), vtPlain(), google(), easy(), hyper()}
}

// Check reports whether the peer understands every payload of the feed as gen/msg does, and encodes
// it to the same bytes if it encodes.
func (p Peer) Check(feed fixture.Feed) error {
	var m msg.Payload
	for i, payload := range feed.Payloads {
		if err := m.Decode(payload, nil); err != nil {
			return fmt.Errorf("%s, %s %d: %w", Flat, feed.Name, i, err)
		}
		got, err := p.Standard(payload)
		if err != nil {
			return fmt.Errorf("%s, %s %d: %w", p.Name, feed.Name, i, err)
		}
		if want := m.Proto(); !proto.Equal(got, want) {
			return fmt.Errorf("%s, %s %d: decodes to {%v}, want {%v}", p.Name, feed.Name, i, got, want)
		}
		if p.Encode == nil {
			continue
		}
		loop, encoded, err := p.Encode(payload)
		if err == nil {
			err = loop(2)
		}
		if err != nil {
			return fmt.Errorf("%s, %s %d: encode: %w", p.Name, feed.Name, i, err)
		}
		if string(encoded()) != string(payload) {
			return fmt.Errorf("%s, %s %d: encodes as %x, want %x", p.Name, feed.Name, i, encoded(), payload)
		}
	}
	return nil
}

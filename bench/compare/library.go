package compare

import (
	"bytes"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// A Loop does its work n times. An error ends it.
type Loop func(n int) error

// A Next writes the next message and returns its frame, which is valid until the next call.
type Next func() ([]byte, error)

// Loop writes n messages, each by one call, as a bot sends them: one by one.
func (next Next) Loop(n int) error {
	for range n {
		if _, err := next(); err != nil {
			return err
		}
	}
	return nil
}

// Copy is the least that can be asked of an encoder: it copies the feed's frames.
func Copy(feed fixture.Feed) Next {
	frames, buf, k, mask := feed.Frames(), make([]byte, longest(feed)), uint64(0), uint64(feed.Mask())
	return func() ([]byte, error) {
		frame := frames[k&mask]
		k++
		return buf[:copy(buf, frame)], nil
	}
}

// A Peer is one way to turn payloads into values and back.
type Peer struct {
	Name string

	// Module is the path of the module that does the work, "" for this project and the standard
	// library.
	Module string

	// Decode returns the loop that decodes the feed's payloads in turn, into whatever memory the
	// library can use again.
	Decode func(feed fixture.Feed) (Loop, error)

	// Encode returns what writes the feed's messages as whole frames, as a client that sends them one
	// after the other, over and over, and into a buffer that is used again: call k returns what
	// [fixture.Feed.Sent] says. Encode is nil if the library cannot.
	Encode func(feed fixture.Feed) (Next, error)

	// Standard returns what the library understands of a payload, as the standard type.
	Standard func(payload []byte) (*seto.Payload, error)
}

// Flat is the name of the peer that all others are compared with.
const Flat = "gen/msg"

// All is every peer, gen/msg first.
func All() []Peer {
	return []Peer{flat(), vtPooled(), vtPlain(), google(), easy(), hyper()}
}

// Check reports whether the peer understands every payload of the feed as gen/msg does.
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
	}
	return nil
}

// CheckEncode reports whether the peer, which encodes, writes the frames that a client sends, twice
// round the feed.
func (p Peer) CheckEncode(feed fixture.Feed) error {
	next, err := p.Encode(feed)
	if err != nil {
		return fmt.Errorf("%s, %s: %w", p.Name, feed.Name, err)
	}
	for k := range 2 * len(feed.Payloads) {
		want, err := feed.Sent(k)
		if err != nil {
			return err
		}
		got, err := next()
		if err != nil {
			return fmt.Errorf("%s, %s %d: encode: %w", p.Name, feed.Name, k, err)
		}
		if !bytes.Equal(got, want) {
			return fmt.Errorf("%s, %s %d: encodes as %x, want %x", p.Name, feed.Name, k, got, want)
		}
	}
	return nil
}

// longest is the room for any frame of the feed, and more for those that later numbers make longer.
func longest(feed fixture.Feed) (n int) {
	for _, frame := range feed.Frames() {
		n = max(n, len(frame))
	}
	return n + 64
}

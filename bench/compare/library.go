package compare

import (
	"bytes"
	"fmt"
	"runtime"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/gen/convert"
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

// A Library decodes payloads into values and encodes them.
type Library struct {
	Name string

	// Module is the path of the module that does the work, "" for this project and the standard library.
	Module string

	// Decode returns the loop that decodes the feed's payloads in turn, into whatever memory the library can use
	// again.
	Decode func(feed fixture.Feed) (Loop, error)

	// Encode returns what writes the feed's messages as whole frames, as a client sends them one after the other,
	// over and over, into a buffer that is used again: call k returns what [fixture.Feed.Sent] returns. Encode is nil
	// if the library does not encode.
	Encode func(feed fixture.Feed) (Next, error)

	// Standard returns what the library reads from a payload, as the standard type.
	Standard func(payload []byte) (*seto.Payload, error)
}

// Loop returns what decodes the feed, or encodes it.
func (l Library) Loop(feed fixture.Feed, encode bool) (Loop, error) {
	if !encode {
		return l.Decode(feed)
	}
	next, err := l.Encode(feed)
	return next.Loop, err
}

// Names of libraries that goals refer to.
const (
	Flat     = "gen/msg"
	VTPooled = "vtprotobuf pooled"
	VTPlain  = "vtprotobuf plain"
	Google   = "google.golang.org/protobuf"
	Easy     = "easyproto"
	Hyper    = "hyperpb"
)

// All returns every library, gen/msg first.
func All() []Library {
	return []Library{flat(), vtPooled(), vtPlain(), google(), easy(), hyper()}
}

// Check reports whether the library reads the same values from every payload of the feed as gen/msg, and, with
// encode, whether it writes the frames that a client sends, twice round the feed.
func (l Library) Check(feed fixture.Feed, encode bool) error {
	var m msg.Payload
	for i, payload := range feed.Payloads {
		if err := m.Decode(payload, nil); err != nil {
			return fmt.Errorf("%s, %s %d: %w", Flat, feed.Name, i, err)
		}
		got, err := l.Standard(payload)
		if err != nil {
			return fmt.Errorf("%s, %s %d: %w", l.Name, feed.Name, i, err)
		}
		if want := convert.PayloadToProto(&m); !proto.Equal(got, want) {
			return fmt.Errorf("%s, %s %d: decodes to {%v}, want {%v}", l.Name, feed.Name, i, got, want)
		}
	}
	if !encode {
		return nil
	}
	next, err := l.Encode(feed)
	for k := 0; k < 2*len(feed.Payloads) && err == nil; k++ {
		var got []byte
		if got, err = next(); err == nil && !bytes.Equal(got, feed.Sent(k)) {
			err = fmt.Errorf("message %d: encodes as %x, want %x", k, got, feed.Sent(k))
		}
	}
	if err != nil {
		return fmt.Errorf("%s, %s: %w", l.Name, feed.Name, err)
	}
	return nil
}

// CopyFrames returns the cheapest encoder: it copies the feed's frames.
func CopyFrames(feed fixture.Feed) Next {
	frames, buf, k, mask := feed.Frames(), make([]byte, longest(feed)), uint64(0), uint64(feed.Mask())
	return func() ([]byte, error) {
		frame := frames[k&mask]
		k++
		return buf[:copy(buf, frame)], nil
	}
}

// CopyPayloads returns a loop that copies the payloads.
func CopyPayloads(feed fixture.Feed) Loop {
	payloads, mask := feed.Payloads, feed.Mask()
	buf := make([]byte, len(feed.Stream))
	return func(n int) error {
		for i := range n {
			copy(buf, payloads[i&mask])
		}
		return nil
	}
}

// SumPayloads returns a loop that reads each byte of the payloads.
func SumPayloads(feed fixture.Feed) Loop {
	payloads, mask := feed.Payloads, feed.Mask()
	return func(n int) error {
		for i := range n {
			var s uint64
			for _, c := range payloads[i&mask] {
				s += uint64(c)
			}
			runtime.KeepAlive(s)
		}
		return nil
	}
}

// longest returns the size of a buffer for any frame of the feed, with room for longer numbers.
func longest(feed fixture.Feed) (n int) {
	for _, frame := range feed.Frames() {
		n = max(n, len(frame))
	}
	return n + 64
}

// messages decodes the feed's payloads.
func messages[M any](feed fixture.Feed, decode func(m *M, payload []byte) error) ([]M, error) {
	all := make([]M, len(feed.Payloads))
	for i, payload := range feed.Payloads {
		if err := decode(&all[i], payload); err != nil {
			return nil, err
		}
	}
	return all, nil
}

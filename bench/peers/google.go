package peers

import (
	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/gen/seto"
)

// google is Go's own protobuf library with its generated types. It has no way to use the memory of
// a message again, except for the outermost.
func google() Peer {
	// As gen/msg does, it takes a message without its required fields.
	decode := proto.UnmarshalOptions{AllowPartial: true}
	return Peer{
		Name:   "google.golang.org/protobuf",
		Module: "google.golang.org/protobuf",
		Decode: func(feed fixture.Feed) (Loop, error) {
			m, payloads, mask := new(seto.Payload), feed.Payloads, feed.Mask()
			return func(n int) error {
				for i := range n {
					if err := decode.Unmarshal(payloads[i&mask], m); err != nil {
						return err
					}
				}
				return nil
			}, nil
		},
		Encode: func(payload []byte) (Loop, func() []byte, error) {
			m := new(seto.Payload)
			if err := proto.Unmarshal(payload, m); err != nil {
				return nil, nil, err
			}
			buf := make([]byte, 0, len(payload))
			loop := func(n int) (err error) {
				for range n {
					if buf, err = (proto.MarshalOptions{}).MarshalAppend(buf[:0], m); err != nil {
						return err
					}
				}
				return nil
			}
			return loop, func() []byte { return buf }, nil
		},
		Standard: func(payload []byte) (*seto.Payload, error) {
			m := new(seto.Payload)
			return m, proto.Unmarshal(payload, m)
		},
	}
}

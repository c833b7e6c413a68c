package peers

import (
	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// flat is this project's hot path.
func flat() Peer {
	return Peer{
		Name: Flat,
		Decode: func(feed fixture.Feed) (Loop, error) {
			m, payloads, mask := new(msg.Payload), feed.Payloads, feed.Mask()
			var u msg.Unknown
			return func(n int) error {
				for i := range n {
					if err := m.Decode(payloads[i&mask], &u); err != nil {
						return err
					}
				}
				return nil
			}, nil
		},
		Encode: func(payload []byte) (Loop, func() []byte, error) {
			m, buf := new(msg.Payload), make([]byte, len(payload))
			if err := m.Decode(payload, nil); err != nil {
				return nil, nil, err
			}
			loop := func(n int) error {
				for range n {
					if _, err := m.MarshalToSizedBufferVT(buf[:m.SizeVT()]); err != nil {
						return err
					}
				}
				return nil
			}
			return loop, func() []byte { return buf }, nil
		},
		Standard: func(payload []byte) (*seto.Payload, error) {
			var m msg.Payload
			if err := m.Decode(payload, nil); err != nil {
				return nil, err
			}
			return m.Proto(), nil
		},
	}
}

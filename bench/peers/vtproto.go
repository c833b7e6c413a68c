package peers

import (
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/bench/peers/vtseto"
	"github.com/smk-go/smk/gen/seto"
)

const vtModule = "github.com/planetscale/vtprotobuf"

// vtPooled is vtprotobuf with memory pools: each message comes from its pool and goes back.
func vtPooled() Peer {
	return Peer{
		Name:   "vtprotobuf pooled",
		Module: vtModule,
		Decode: func(feed fixture.Feed) (Loop, error) {
			payloads, mask := feed.Payloads, feed.Mask()
			return func(n int) error {
				for i := range n {
					m := vtseto.PayloadFromVTPool()
					if err := m.UnmarshalVT(payloads[i&mask]); err != nil {
						return err
					}
					m.ReturnToVTPool()
				}
				return nil
			}, nil
		},
		Encode: func(payload []byte) (Loop, func() []byte, error) {
			m, buf := new(vtseto.Payload), make([]byte, len(payload))
			if err := m.UnmarshalVT(payload); err != nil {
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
			m := vtseto.PayloadFromVTPool()
			defer m.ReturnToVTPool()
			if err := m.UnmarshalVT(payload); err != nil {
				return nil, err
			}
			// By names, since the two are types of different definitions. Unknown fields, which
			// would turn up again as bytes, get lost.
			text, err := protojson.Marshal(m)
			if err != nil {
				return nil, err
			}
			p := new(seto.Payload)
			return p, protojson.Unmarshal(text, p)
		},
	}
}

// vtPlain is vtprotobuf without pools, as gen/seto has it.
func vtPlain() Peer {
	return Peer{
		Name:   "vtprotobuf plain",
		Module: vtModule,
		Decode: func(feed fixture.Feed) (Loop, error) {
			m, payloads, mask := new(seto.Payload), feed.Payloads, feed.Mask()
			return func(n int) error {
				for i := range n {
					m.Reset()
					if err := m.UnmarshalVT(payloads[i&mask]); err != nil {
						return err
					}
				}
				return nil
			}, nil
		},
		Encode: func(payload []byte) (Loop, func() []byte, error) {
			m, buf := new(seto.Payload), make([]byte, len(payload))
			if err := m.UnmarshalVT(payload); err != nil {
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
			m := new(seto.Payload)
			return m, m.UnmarshalVT(payload)
		},
	}
}

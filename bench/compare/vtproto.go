package compare

import (
	"encoding/binary"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/bench/compare/vtseto"
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
		Encode: func(feed fixture.Feed) (Next, error) {
			messages := make([]*vtseto.Payload, len(feed.Payloads))
			for i, payload := range feed.Payloads {
				messages[i] = new(vtseto.Payload)
				if err := messages[i].UnmarshalVT(payload); err != nil {
					return nil, err
				}
			}
			buf, k, mask := make([]byte, longest(feed)), uint64(0), uint64(feed.Mask())
			return func() ([]byte, error) {
				m := messages[k&mask]
				vtStamp(m, k)
				k++
				payload := m.SizeVT()
				head := binary.PutUvarint(buf, uint64(payload))
				frame := buf[:head+payload]
				_, err := m.MarshalToSizedBufferVT(frame[head:])
				return frame, err
			}, nil
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
		Encode: func(feed fixture.Feed) (Next, error) {
			messages := make([]*seto.Payload, len(feed.Payloads))
			for i, payload := range feed.Payloads {
				messages[i] = new(seto.Payload)
				if err := messages[i].UnmarshalVT(payload); err != nil {
					return nil, err
				}
			}
			buf, k, mask := make([]byte, longest(feed)), uint64(0), uint64(feed.Mask())
			return func() ([]byte, error) {
				m := messages[k&mask]
				stamp(m, k)
				k++
				payload := m.SizeVT()
				head := binary.PutUvarint(buf, uint64(payload))
				frame := buf[:head+payload]
				_, err := m.MarshalToSizedBufferVT(frame[head:])
				return frame, err
			}, nil
		},
		Standard: func(payload []byte) (*seto.Payload, error) {
			m := new(seto.Payload)
			return m, m.UnmarshalVT(payload)
		},
	}
}

// vtStamp is stamp for vtprotobuf's own types.
func vtStamp(m *vtseto.Payload, k uint64) {
	*m.EtoPayload.Seq = fixture.FirstSeq + k
	switch {
	case m.OrderCreate != nil:
		*m.OrderCreate.Reference = fixture.FirstReference + k
	case m.OrderCancel != nil:
		*m.OrderCancel.Reference = fixture.FirstReference + k
	}
}

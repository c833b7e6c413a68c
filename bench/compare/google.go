package compare

import (
	"encoding/binary"

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
		Encode: func(feed fixture.Feed) (Next, error) {
			messages := make([]*seto.Payload, len(feed.Payloads))
			for i, payload := range feed.Payloads {
				messages[i] = new(seto.Payload)
				if err := proto.Unmarshal(payload, messages[i]); err != nil {
					return nil, err
				}
			}
			buf, k, mask := make([]byte, 0, longest(feed)), uint64(0), uint64(feed.Mask())
			cached := proto.MarshalOptions{UseCachedSize: true}
			return func() ([]byte, error) {
				m := messages[k&mask]
				stamp(m, k)
				k++
				return cached.MarshalAppend(binary.AppendUvarint(buf, uint64(proto.Size(m))), m)
			}, nil
		},
		Standard: func(payload []byte) (*seto.Payload, error) {
			m := new(seto.Payload)
			return m, proto.Unmarshal(payload, m)
		},
	}
}

// stamp gives a message the numbers of the message k that is sent.
func stamp(m *seto.Payload, k uint64) {
	*m.EtoPayload.Seq = fixture.FirstSeq + k
	switch {
	case m.OrderCreate != nil:
		*m.OrderCreate.Reference = fixture.FirstReference + k
	case m.OrderCancel != nil:
		*m.OrderCancel.Reference = fixture.FirstReference + k
	}
}

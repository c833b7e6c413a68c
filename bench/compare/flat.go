package compare

import (
	"fmt"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/gen/convert"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/internal/envelope"
)

// flat is this project's hot path.
func flat() Library {
	return Library{
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
		Encode: flatEncode,
		Standard: func(payload []byte) (*seto.Payload, error) {
			var m msg.Payload
			err := m.Decode(payload, nil)
			return convert.PayloadToProto(&m), err
		},
	}
}

// flatEncode writes frames as the session does that sends them.
func flatEncode(feed fixture.Feed) (Next, error) {
	all, err := messages(feed, func(m *msg.Payload, payload []byte) error { return m.Decode(payload, nil) })
	if err != nil {
		return nil, err
	}
	region, k, mask := new([envelope.EncodeFrameBytes]byte), uint64(0), uint64(feed.Mask())
	switch typ := all[0].GetType(); typ {
	case msg.PayloadOrderCreate:
		return func() ([]byte, error) {
			m := all[k&mask].GetOrderCreate()
			m.SetReference(fixture.FirstReference + k)
			_, size := envelope.EncodeFrame(region, uint32(typ), fixture.FirstSeq+k, m, 0, 0)
			k++
			return region[:size], nil
		}, nil
	case msg.PayloadOrderCancel:
		return func() ([]byte, error) {
			m := all[k&mask].GetOrderCancel()
			m.SetReference(fixture.FirstReference + k)
			_, size := envelope.EncodeFrame(region, uint32(typ), fixture.FirstSeq+k, m, 0, 0)
			k++
			return region[:size], nil
		}, nil
	case msg.PayloadEto:
		etoType := uint32(all[0].GetEtoPayload().GetType())
		return func() ([]byte, error) {
			head := envelope.Header{Type: uint32(typ), Seq: fixture.FirstSeq + k, EtoType: etoType}
			k++
			payload := head.Size()
			size := envelope.FrameSize(payload)
			head.Put(envelope.PutFrameHeader(region[:size], payload))
			return region[:size], nil
		}, nil
	}
	return nil, fmt.Errorf("%s is not sent", feed.Name)
}

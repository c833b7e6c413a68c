package peers

import (
	"errors"
	"fmt"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/wire"
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
		Encode: flatEncode,
		Standard: func(payload []byte) (*seto.Payload, error) {
			var m msg.Payload
			if err := m.Decode(payload, nil); err != nil {
				return nil, err
			}
			return m.Proto(), nil
		},
	}
}

// flatEncode writes frames as the session does that sends them.
func flatEncode(feed fixture.Feed) (Loop, func() []byte, error) {
	payloads := make([]msg.Payload, len(feed.Payloads))
	for i, payload := range feed.Payloads {
		if err := payloads[i].Decode(payload, nil); err != nil {
			return nil, nil, err
		}
	}
	region, size, k, mask := new([wire.ForwardBytes]byte), 0, uint64(0), uint64(feed.Mask())
	var loop Loop
	switch typ := payloads[0].GetType(); typ {
	case msg.PayloadOrderCreate:
		loop = func(n int) error {
			for range n {
				m := payloads[k&mask].GetOrderCreate()
				m.SetReference(fixture.FirstReference + k)
				if _, size = wire.Forward(region, uint32(typ), fixture.FirstSeq+k, m, 0, 0); size == 0 {
					return errForward
				}
				k++
			}
			return nil
		}
	case msg.PayloadOrderCancel:
		loop = func(n int) error {
			for range n {
				m := payloads[k&mask].GetOrderCancel()
				m.SetReference(fixture.FirstReference + k)
				if _, size = wire.Forward(region, uint32(typ), fixture.FirstSeq+k, m, 0, 0); size == 0 {
					return errForward
				}
				k++
			}
			return nil
		}
	case msg.PayloadEto:
		etoType := uint32(payloads[0].GetEtoPayload().GetType())
		loop = func(n int) error {
			for range n {
				head := wire.Head{Type: uint32(typ), Seq: fixture.FirstSeq + k, EtoType: etoType}
				payload := head.Size()
				size = wire.FrameSize(payload)
				head.Put(wire.Enclose(region[:size], payload))
				k++
			}
			return nil
		}
	default:
		return nil, nil, fmt.Errorf("%s: %w", typ, errForward)
	}
	return loop, func() []byte { return region[:size] }, nil
}

// errForward says that a feed holds what is not sent in one pass.
var errForward = errors.New("not a message that is written forwards")

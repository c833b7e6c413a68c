package compare

import (
	"sync"

	"buf.build/go/hyperpb"
	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/gen/seto"
)

// hyperType is the parser for payloads before anything is known of them.
var hyperType = sync.OnceValue(func() *hyperpb.MessageType {
	return hyperpb.CompileMessageDescriptor((*seto.Payload)(nil).ProtoReflect().Descriptor())
})

// hyper is hyperpb with everything that it offers: memory that is used again, a parser recompiled
// with a profile of the very feed, and text that aliases the input. Its values can only be read by
// reflection, which is not in the measurement, and it does not encode.
func hyper() Peer {
	return Peer{
		Name:   "hyperpb",
		Module: "buf.build/go/hyperpb",
		Decode: func(feed fixture.Feed) (Loop, error) {
			shared, payloads, mask := new(hyperpb.Shared), feed.Payloads, feed.Mask()
			typ := hyperType()
			profile := typ.NewProfile()
			for _, payload := range payloads {
				err := shared.NewMessage(typ).Unmarshal(payload, hyperpb.WithRecordProfile(profile, 1))
				if err != nil {
					return nil, err
				}
				shared.Free()
			}
			typ = typ.Recompile(profile)
			alias := hyperpb.WithAllowAlias(true)
			return func(n int) error {
				for i := range n {
					if err := shared.NewMessage(typ).Unmarshal(payloads[i&mask], alias); err != nil {
						return err
					}
					shared.Free()
				}
				return nil
			}, nil
		},
		Standard: func(payload []byte) (*seto.Payload, error) {
			m := hyperpb.NewMessage(hyperType())
			if err := m.Unmarshal(payload); err != nil {
				return nil, err
			}
			// Clone by reflection: no bytes are in between.
			p := new(seto.Payload)
			proto.Merge(p, proto.Message(m))
			return p, nil
		},
	}
}

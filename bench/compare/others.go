package compare

import (
	"encoding/binary"
	"sync"

	"buf.build/go/hyperpb"
	"github.com/VictoriaMetrics/easyproto"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/bench/compare/easyseto"
	"github.com/smk-go/smk/bench/compare/vtseto"
	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/gen/seto"
)

const vtModule = "github.com/planetscale/vtprotobuf"

// decodeInto decodes into one value that is used again. The call through a function value costs about a nanosecond.
func decodeInto[M any](decode func(m *M, payload []byte) error) func(feed fixture.Feed) (Loop, error) {
	return func(feed fixture.Feed) (Loop, error) {
		m, payloads, mask := new(M), feed.Payloads, feed.Mask()
		return func(n int) error {
			return fixture.Repeat(n, func(i int) error { return decode(m, payloads[i&mask]) })
		}, nil
	}
}

// vtPooled is vtprotobuf with memory pools: each message comes from its pool and goes back. Its encoding is that
// without pools.
func vtPooled() Library {
	return Library{
		Name: VTPooled, Module: vtModule,
		Decode: func(feed fixture.Feed) (Loop, error) {
			payloads, mask := feed.Payloads, feed.Mask()
			return func(n int) error {
				return fixture.Repeat(n, func(i int) error {
					m := vtseto.PayloadFromVTPool()
					err := m.UnmarshalVT(payloads[i&mask])
					m.ReturnToVTPool()
					return err
				})
			}, nil
		},
		Standard: func(payload []byte) (*seto.Payload, error) {
			m := vtseto.PayloadFromVTPool()
			defer m.ReturnToVTPool()
			if err := m.UnmarshalVT(payload); err != nil {
				return nil, err
			}
			// By names, since the two types have different definitions. Unknown fields are dropped: their bytes
			// would be decoded again.
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
func vtPlain() Library {
	return Library{
		Name: VTPlain, Module: vtModule,
		Decode: decodeInto(func(m *seto.Payload, payload []byte) error { m.Reset(); return m.UnmarshalVT(payload) }),
		Encode: func(feed fixture.Feed) (Next, error) {
			all, err := messages(feed, (*seto.Payload).UnmarshalVT)
			buf, k, mask := make([]byte, longest(feed)), uint64(0), uint64(feed.Mask())
			return func() ([]byte, error) {
				m := &all[k&mask]
				stamp(m, k)
				k++
				payload := m.SizeVT()
				head := binary.PutUvarint(buf, uint64(payload))
				frame := buf[:head+payload]
				_, err := m.MarshalToSizedBufferVT(frame[head:])
				return frame, err
			}, err
		},
		Standard: func(payload []byte) (*seto.Payload, error) {
			m := new(seto.Payload)
			return m, m.UnmarshalVT(payload)
		},
	}
}

// google is Go's own protobuf library with its generated types. It cannot reuse the memory of a message, except
// the outermost.
func google() Library {
	// As gen/msg does, it accepts a message without its required fields.
	decode := proto.UnmarshalOptions{AllowPartial: true}
	return Library{
		Name: Google, Module: Google,
		Decode: decodeInto(func(m *seto.Payload, payload []byte) error { return decode.Unmarshal(payload, m) }),
		Encode: func(feed fixture.Feed) (Next, error) {
			all, err := messages(feed, (*seto.Payload).UnmarshalVT)
			buf, k, mask := make([]byte, 0, longest(feed)), uint64(0), uint64(feed.Mask())
			cached := proto.MarshalOptions{UseCachedSize: true}
			return func() ([]byte, error) {
				m := &all[k&mask]
				stamp(m, k)
				k++
				return cached.MarshalAppend(binary.AppendUvarint(buf, uint64(proto.Size(m))), m)
			}, err
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

// easy is easyproto, with structs that are used again.
func easy() Library {
	return Library{
		Name: Easy, Module: "github.com/VictoriaMetrics/easyproto",
		Decode: decodeInto((*easyseto.Payload).Decode),
		Encode: func(feed fixture.Feed) (Next, error) {
			all, err := messages(feed, (*easyseto.Payload).Decode)
			buf, k, mask := make([]byte, 1, longest(feed)), uint64(0), uint64(feed.Mask())
			var pool easyproto.MarshalerPool
			return func() ([]byte, error) {
				m := &all[k&mask]
				m.EtoPayload.Seq = fixture.FirstSeq + k
				m.OrderCreate.Reference = fixture.FirstReference + k
				m.OrderCancel.Reference = fixture.FirstReference + k
				k++
				w := pool.Get()
				m.Encode(w.MessageMarshaler())
				// Its length is known afterwards. The feeds have no payload of 128 bytes.
				frame := w.Marshal(buf)
				frame[0] = byte(len(frame) - 1)
				pool.Put(w)
				return frame, nil
			}, err
		},
		Standard: func(payload []byte) (*seto.Payload, error) {
			var m easyseto.Payload
			if err := m.Decode(payload); err != nil {
				return nil, err
			}
			// Its bytes hold what it has read, under the numbers of the definitions.
			var w easyproto.Marshaler
			m.Encode(w.MessageMarshaler())
			p := new(seto.Payload)
			return p, proto.Unmarshal(w.Marshal(nil), p)
		},
	}
}

// hyperType is the parser for payloads before anything is known of them.
var hyperType = sync.OnceValue(func() *hyperpb.MessageType {
	return hyperpb.CompileMessageDescriptor((*seto.Payload)(nil).ProtoReflect().Descriptor())
})

// hyper is hyperpb with everything that it offers: memory that is used again, a parser recompiled with a profile of
// the very feed, and text that aliases the input. Its values can only be read by reflection, which is not in the
// measurement, and it does not encode.
func hyper() Library {
	return Library{
		Name: Hyper, Module: "buf.build/go/hyperpb",
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
				return fixture.Repeat(n, func(i int) error {
					err := shared.NewMessage(typ).Unmarshal(payloads[i&mask], alias)
					shared.Free()
					return err
				})
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

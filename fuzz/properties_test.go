package fuzz

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/smk-go/smk/fuzz/internal/oracle"
	"github.com/smk-go/smk/gen/convert"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/wire"
)

// properties are those of one test. The same cases are tried in every run.
func properties(cases int) *gopter.Properties {
	parameters := gopter.DefaultTestParametersWithSeed(seed)
	parameters.MinSuccessfulTests = cases
	return gopter.NewProperties(parameters)
}

// draw is a generator for one value, repeatable from the number that gopter chose and shrinks.
func draw(from uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, from)) }

var payloadType = oracle.ByName("smarkets.seto.Payload")

// drawPayload returns a random payload whose frame a client may send.
func drawPayload(from uint64) *seto.Payload {
	r := draw(from)
	for {
		if p := oracle.Random(r, payloadType).(*seto.Payload); p.SizeVT() <= streamLimits.PayloadBytesMax {
			return p
		}
	}
}

// What one codec of the three writes, each of the three reads as the same message.
func TestCodecProperties(t *testing.T) {
	all := properties(2000)
	all.Property("every codec reads what every other writes", prop.ForAll(func(index int, from uint64) (bool, error) {
		typ := oracle.Types[index%len(oracle.Types)]
		p := oracle.Random(draw(from), typ)
		m := typ.NewFlat()
		typ.FromProto(m, p)
		for _, write := range []func() ([]byte, error){m.MarshalVT, p.MarshalVT, func() ([]byte,
			error,
		) {
			return proto.Marshal(p)
		}} {
			b, err := write()
			if err != nil {
				return false, err
			}
			flat, vt, google := typ.NewFlat(), typ.NewStandard(), typ.NewStandard()
			if err := errors.Join(flat.Decode(b, nil), vt.UnmarshalVT(b), proto.Unmarshal(b, google)); err != nil {
				return false, err
			}
			if read := typ.ToProto(flat); !proto.Equal(read, p) || !proto.Equal(vt, p) || !proto.Equal(google, p) {
				return false, fmt.Errorf("%v is read as %v, %v, %v", p, read, vt, google)
			}
		}
		return true, nil
	}, gen.IntRange(0, len(oracle.Types)-1), gen.UInt64()))
	all.TestingRun(t)
}

// Payloads that were framed, sent in any pieces and cut out again are the payloads that were framed.
func TestStreamProperties(t *testing.T) {
	small, large := newBuffer(t, wire.BlockBytesMin), newBuffer(t, 1<<12)
	all := properties(400)
	all.Property("any split of the stream gives the same payloads", prop.ForAll(func(froms []uint64, cuts []byte) (bool,
		error,
	) {
		var stream []byte
		var want []*seto.Payload
		for _, from := range froms {
			p := drawPayload(from)
			var m msg.Payload
			convert.PayloadFromProto(&m, p)
			size, frame, err := wire.Measure(&m)
			if err != nil {
				return false, err
			}
			at := len(stream)
			stream = append(stream, bytes.Repeat([]byte{0xa5}, frame)...)
			if err := wire.PutFrame(stream[at:], &m, size); err != nil {
				return false, err
			}
			want = append(want, p)
		}
		for _, b := range []*wire.Buffer{small, large} {
			if err := checkStream(b, stream, cuts); err != nil {
				return false, err
			}
			got, err := readStream(b, stream, cuts)
			if err != nil || got.err != nil || len(got.payloads) != len(want) {
				return false, fmt.Errorf("%d payloads, want %d, %w", len(got.payloads), len(want), errors.Join(err,
					got.err))
			}
			var m msg.Payload
			for i, payload := range got.payloads {
				if err := m.Decode(payload, nil); err != nil {
					return false, err
				}
				if read := convert.PayloadToProto(&m); !proto.Equal(read, want[i]) {
					return false, fmt.Errorf("payload %d is %v, want %v", i, read, want[i])
				}
			}
		}
		return true, nil
	}, gen.SliceOf(gen.UInt64()), gen.SliceOf(gen.UInt8Range(0, 200))))
	all.TestingRun(t)
}

// A payload that is put together in place, head and body, is the payload that is encoded whole.
func TestHeadProperties(t *testing.T) {
	fields := new(seto.Payload).ProtoReflect().Descriptor().Fields()
	all := properties(2000)
	all.Property("head and body are the payload", prop.ForAll(func(number int, seq uint64, etoType uint32, replay bool,
		from uint64,
	) (bool, error) {
		field := fields.ByNumber(protoreflect.FieldNumber(number))
		if field == nil {
			return true, nil // retired
		}
		var whole msg.Payload
		whole.SetType(msg.PayloadType(number - 1))
		whole.MutableEtoPayload().SetSeq(seq)
		if etoType != 0 {
			whole.MutableEtoPayload().SetType(msg.EtoPayloadType(etoType))
		}
		if replay {
			whole.MutableEtoPayload().SetIsReplay(true)
		}
		head := envelope.Header{Type: uint32(number - 1), Seq: seq, EtoType: etoType, Replay: replay}
		if n := whole.SizeVT(); head.Size() != n {
			return false, fmt.Errorf("head of %d bytes, want %d", head.Size(), n)
		}

		typ := oracle.ByName(field.Message().FullName())
		standard := oracle.Random(draw(from), typ)
		body := typ.NewFlat()
		typ.FromProto(body, standard)
		p := convert.PayloadToProto(&whole)
		p.ProtoReflect().Set(field, protoreflect.ValueOfMessage(standard.ProtoReflect()))
		want, err := p.MarshalVT()
		if err != nil {
			return false, err
		}
		n := body.SizeVT()
		payload := bytes.Repeat([]byte{0xa5}, head.SizeWithBody(n))
		if _, err := body.MarshalToSizedBufferVT(head.PutWithBody(payload, n)); err != nil {
			return false, err
		}
		return bytes.Equal(payload, want), nil
	}, gen.IntRange(3, 45), gen.UInt64(), gen.UInt32Range(0, 12), gen.Bool(), gen.UInt64()))
	all.TestingRun(t)
}

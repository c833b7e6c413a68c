package session

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/wire"
)

// embedding is a message of a user's that embeds one of ours and adds a field to it. It has our MarshalFast
// too, which does not know of that field.
type embedding struct{ *msg.OrderCancel }

const embeddingField = "\xc0\x0c\x01"

func (a embedding) SizeVT() int { return a.OrderCancel.SizeVT() + len(embeddingField) }

func (a embedding) MarshalToSizedBufferVT(b []byte) (int, error) {
	at := len(b) - len(embeddingField)
	copy(b[at:], embeddingField)
	n, err := a.OrderCancel.MarshalToSizedBufferVT(b[:at])
	return n + len(embeddingField), err
}

// TestFastMarshalOfOwnTypesOnly sends a user's message that embeds one of ours, and expects all of it.
func TestFastMarshalOfOwnTypesOnly(t *testing.T) {
	k := newEstablished(t, Config{})
	m := new(msg.OrderCancel)
	m.SetOrderId(9)
	if _, err := send(k.s, k.now, msg.PayloadOrderCancel, embedding{m}); err != nil {
		t.Fatal(err)
	}
	if sent := k.sent(); !bytes.Contains(sent, []byte(embeddingField)) {
		t.Errorf("sent %x without %x", sent, embeddingField)
	}
}

// sizedOnly hides that a message has a fast encoder.
type sizedOnly struct{ wire.Marshaler }

func (m sizedOnly) GetReference() uint64 {
	return m.Marshaler.(interface{ GetReference() uint64 }).GetReference()
}

// TestFastMarshalEqualsSized sends the same messages to two sessions, to one by messages that cannot write
// be encoded fast, and expects the same bytes.
func TestFastMarshalEqualsSized(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, base := range []uint64{0, 40, 1<<56 - 30, 1 << 60} {
		a := newEstablished(t, Config{ReferenceBase: base, DisableThrottle: true})
		b := newEstablished(t, Config{ReferenceBase: base, DisableThrottle: true})
		for range 400 {
			typ, m := drawOrderEntry(r)
			seqA, errA := send(a.s, a.now, typ, m)
			seqB, errB := send(b.s, b.now, typ, sizedOnly{m})
			if seqA != seqB || errA != nil || errB != nil {
				t.Fatalf("%v: %d, %v, sized %d, %v", m, seqA, errA, seqB, errB)
			}
			entryA, entryB := a.s.requests.open.bySequence(seqA), b.s.requests.open.bySequence(seqB)
			if entryA.kind != entryB.kind || entryA.key != entryB.key || described(entryA) != described(entryB) {
				t.Fatalf("%v: waits as %+v, sized as %+v", m, entryA, entryB)
			}
			gotA, gotB := a.sent(), b.sent()
			if !bytes.Equal(gotA, gotB) {
				t.Fatalf("%v:\nsent      %x\nsized %x", m, gotA, gotB)
			}
			a.s.requests.release(entryA)
			b.s.requests.release(entryB)
		}
	}
}

// drawOrderEntry draws an order-entry message, now and then one that is left to the sized encoder.
func drawOrderEntry(r *rand.Rand) (msg.PayloadType, wire.Marshaler) {
	number := func() uint64 { return r.Uint64() >> r.IntN(64) }
	reference := func(set func(uint64)) {
		if r.IntN(2) == 0 {
			set(number() | 1)
		}
	}
	switch r.IntN(5) {
	case 0:
		m := new(msg.OrderCancel)
		m.SetOrderId(number())
		reference(m.SetReference)
		return msg.PayloadOrderCancel, m
	case 1:
		m := new(msg.OrderCancelAll)
		m.SetMarketId(uint32(number()))
		reference(m.SetReference)
		return msg.PayloadOrderCancelAll, m
	case 2:
		m := new(msg.OrderQuantityReduce)
		m.SetOrderId(number())
		m.SetNewQuantity(number())
		reference(m.SetReference)
		return msg.PayloadOrderQuantityReduce, m
	case 3:
		m := new(msg.OrderCancelReplace)
		m.SetOrigOrderId(number())
		m.SetPrice(uint32(number()))
		m.SetQuantity(number())
		m.SetLabelString(strings.Repeat("r", r.IntN(140)))
		reference(m.SetReference)
		return msg.PayloadOrderCancelReplace, m
	}
	m := orderCreate()
	m.SetQuantity(number())
	m.SetContractId(uint32(number()))
	if r.IntN(2) == 0 {
		m.SetLabelString(strings.Repeat("c", r.IntN(140)))
	}
	reference(m.SetReference)
	return msg.PayloadOrderCreate, m
}

// TestFastMarshalIsUsed expects short order entry to be written in one pass: into a room that is larger
// than what it needs.
func TestFastMarshalIsUsed(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, base := range []uint64{0, 1 << 60} {
		k := newEstablished(t, Config{ReferenceBase: base, DisableThrottle: true})
		seen := make(map[msg.PayloadType]int)
		for range 500 {
			typ, m := drawOrderEntry(r)
			if m.SizeVT() > 90 {
				continue
			}
			seen[typ]++
			f := fastMarshaler(m)
			region, err := k.s.outbox.reserveFast(classOf(typ))
			if f == nil || err != nil {
				t.Fatalf("%v: not written in one pass: %v", m, err)
			}
			to := (*[envelope.EncodeFrameBytes]byte)(region)
			if _, size := envelope.EncodeFrame(to, uint32(typ), 9, f, referenceTag(typ), base); size == 0 {
				t.Fatalf("%v: not written in one pass", m)
			}
		}
		if len(seen) != 5 {
			t.Errorf("drew only %v", seen)
		}
	}
}

// TestSizedMarshalInAFullRing sends into the last bytes of the ring, where the frame has room and what
// the fast encoder asks for has none: no send is refused for that.
func TestSizedMarshalInAFullRing(t *testing.T) {
	fill := func(wrap func(*msg.OrderCreate) wire.Marshaler) (roomy, tight int, sent []byte) {
		config := Config{DisableThrottle: true}
		config.Send.Bytes, config.Send.Records = ringBytesMin, 4096
		k := newEstablished(t, config)
		// What is unsent will go round the end of the block.
		for range 100 {
			if _, err := send(k.s, k.now, msg.PayloadOrderCreate, wrap(orderCreate())); err != nil {
				t.Fatal(err)
			}
			k.sent()
		}
		for {
			_, full := k.s.outbox.reserveFast(classCreate)
			_, err := send(k.s, k.now, msg.PayloadOrderCreate, wrap(orderCreate()))
			if err != nil {
				wantErr(t, err, ErrFull)
				return roomy, tight, k.sent()
			}
			if full != nil {
				tight++
			} else {
				roomy++
			}
		}
	}
	roomy, tight, sent := fill(func(m *msg.OrderCreate) wire.Marshaler { return m })
	wantRoomy, wantTight, wantSent := fill(func(m *msg.OrderCreate) wire.Marshaler { return sizedOnly{m} })
	if roomy != wantRoomy || tight != wantTight || !bytes.Equal(sent, wantSent) {
		t.Errorf("%d and %d frames of %d bytes had room, exactly written %d and %d of %d",
			roomy, tight, len(sent), wantRoomy, wantTight, len(wantSent))
	}
	if roomy == 0 || tight < 5 {
		t.Errorf("%d frames had more room than they needed, %d had not", roomy, tight)
	}
}

package session

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/wire"
)

// newOutbox returns an outbox with a ring of its own.
func newOutbox(t testing.TB, bytes, records int) *outbox {
	t.Helper()
	frames, err := ring.NewSendRing(ring.SendRingConfig{Bytes: bytes, Records: records})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := frames.Close(); err != nil {
			t.Error(err)
		}
	})
	o := new(outbox)
	o.init(frames, nil, nil)
	return o
}

// pending takes everything that waits for the socket, frame by frame.
func (o *outbox) pending(t testing.TB) (payloads [][]byte) {
	t.Helper()
	var all []byte
	for b := o.frames.Pending(); len(b) > 0; b = o.frames.Pending() {
		all = append(all, b...)
		o.frames.Written(len(b))
	}
	for len(all) > 0 {
		payload, n, err := wire.Scan(all, wire.Limits{})
		if err != nil || n == 0 {
			t.Fatal(n, err)
		}
		payloads, all = append(payloads, payload), all[n:]
	}
	return payloads
}

// TestOutboxNumbers has the three kinds of messages take one sequence after another, with all that the ring
// remembers of them, and copies take none.
func TestOutboxNumbers(t *testing.T) {
	o := newOutbox(t, 0, 0)
	o.open(1000, 3)
	o.rebase(70)
	if o.lastSent != 1000 || o.tap.epoch != 3 || o.next != 70 {
		t.Errorf("%+v", o)
	}
	if err := o.sendBare(1001, envelope.EtoPing); err != nil { // 70
		t.Fatal(err)
	}
	o.control.Reset()
	o.control.SetType(msg.PayloadEto)
	o.control.MutableEtoPayload().MutableReplay().SetSeq(5)
	if err := o.sendControl(1002, envelope.EtoReplay); err != nil { // 71
		t.Fatal(err)
	}
	size, err := o.encodeSized(msg.PayloadOrderCancel, orderCancel(9), classCancel, 44)
	if err != nil {
		t.Fatal(err)
	}
	o.commit(1003, size, uint32(msg.PayloadOrderCancel), 44) // 72
	region, err := o.reserveControl(gapfillBytesMax)
	if err != nil {
		t.Fatal(err)
	}
	o.commitAgain(1004, gapfill(region, 70))
	if o.next != 73 || o.sent != 3 || o.lastSent != 1004 {
		t.Errorf("next %d, %d sent, last at %d", o.next, o.sent, o.lastSent)
	}
	var records []ring.Record
	for rec := range o.frames.All() {
		records = append(records, rec)
	}
	if want := []ring.Record{
		{Seq: 70, Stamp: 1001, Kind: kindSession | envelope.EtoPing},
		{Seq: 71, Stamp: 1002, Kind: kindSession | envelope.EtoReplay},
		{Seq: 72, Stamp: 1003, Kind: uint32(msg.PayloadOrderCancel), Reference: 44},
	}; !slices.Equal(records, want) {
		t.Errorf("%+v", records)
	}
	for i, payload := range o.pending(t) {
		var p msg.Payload
		if err := p.Decode(payload, nil); err != nil {
			t.Fatal(err)
		}
		eto := p.GetEtoPayload()
		ok := [...]bool{
			eto.GetSeq() == 70 && eto.GetType() == msg.EtoPayloadPing && !eto.GetIsReplay(),
			eto.GetSeq() == 71 && eto.GetType() == msg.EtoPayloadReplay && eto.GetReplay().GetSeq() == 5,
			eto.GetSeq() == 72 && p.GetOrderCancel().GetOrderId() == 9 && p.GetOrderCancel().GetReference() == 44,
			eto.GetSeq() == 70 && eto.GetType() == msg.EtoPayloadGapfill && eto.GetIsReplay(),
		}[i]
		if !ok {
			t.Errorf("frame %d: %v", i, &p)
		}
	}
	o.rebase(500)
	if o.next != 500 || o.frames.Oldest() != 0 {
		t.Errorf("next %d, oldest %d", o.next, o.frames.Oldest())
	}
}

// TestOutboxSpent refuses what would take a sequence that cannot be counted.
func TestOutboxSpent(t *testing.T) {
	o := newOutbox(t, 0, 0)
	o.rebase(sequenceMax)
	if o.spent() {
		t.Error("the last sequence is spent")
	}
	if err := o.sendBare(1, envelope.EtoPing); err != nil {
		t.Error(err)
	}
	o.control.Reset()
	o.control.SetType(msg.PayloadEto)
	for _, err := range []error{o.sendBare(1, envelope.EtoPing), o.sendControl(1, envelope.EtoReplay)} {
		wantErr(t, err, ErrSequenceSpent)
	}
	if !o.spent() || o.next != sequenceMax+1 || o.sent != 1 {
		t.Errorf("next %d, %d sent", o.next, o.sent)
	}
}

// TestOutboxRoom fills the ring class by class. Each leaves what the more urgent ones need, in bytes and in
// records, whichever is used up first.
func TestOutboxRoom(t *testing.T) {
	for _, c := range []struct {
		bytes, records, body int
	}{{ringBytesMin, 4096, 100}, {ringBytesMin, 16, 0}, {1 << 16, 1 << 14, 5}, {1 << 20, 64, 0}} {
		o := newOutbox(t, c.bytes, c.records)
		free := func() (bytes, records int) {
			return c.bytes - o.frames.PendingBytes(), c.records - o.frames.Waiting()
		}
		step := envelope.FrameSize(envelope.Header{Type: 100, Seq: 1 << 20}.SizeWithBody(c.body))
		for _, of := range []struct {
			name   string
			send   func() error
			leaves room
		}{
			{"application", func() error {
				size, err := o.encodeSized(100, &rawMessage{make([]byte, c.body)}, classFree, 0)
				if err == nil {
					o.commit(1, size, 100, 0)
				}
				return err
			}, room{
				cancelAllBytes + controlBytes + min(c.bytes/16, 4096),
				cancelAllRecords + controlRecords + c.records/16,
			}},
			{"cancels", func() error {
				size, err := o.encodeSized(msg.PayloadOrderCancel, &rawMessage{make([]byte, c.body)}, classCancel, 0)
				if err == nil {
					o.commit(1, size, uint32(msg.PayloadOrderCancel), 0)
				}
				return err
			}, room{cancelAllBytes + controlBytes, cancelAllRecords + controlRecords}},
			{"session", func() error {
				return o.sendBare(1, envelope.EtoPing)
			}, room{cancelAllBytes, cancelAllRecords}},
			{"cancel all", func() error {
				size, err := o.encodeSized(msg.PayloadOrderCancelAll, new(msg.OrderCancelAll), classCancelAll, 0)
				if err == nil {
					o.commit(1, size, uint32(msg.PayloadOrderCancelAll), 0)
				}
				return err
			}, room{}},
		} {
			var err error
			for err == nil {
				err = of.send()
			}
			wantErr(t, err, ErrFull)
			bytes, records := free()
			if bytes < of.leaves.bytes || records < of.leaves.records {
				t.Errorf("%+v: %s leave %d bytes and %d records, want %+v", c, of.name, bytes, records, of.leaves)
			}
			if bytes > of.leaves.bytes+2*step+2*cancelAllBytes && records > of.leaves.records {
				t.Errorf("%+v: %s stop at %d bytes and %d records, want %+v", c, of.name, bytes, records, of.leaves)
			}
		}
	}
}

// TestOutboxTooLarge expects another error for what never fits than for what does not fit now.
func TestOutboxTooLarge(t *testing.T) {
	o := newOutbox(t, ringBytesMin, 64)
	head := envelope.Header{Type: 100, Seq: 1}
	fits := 0 // the longest body
	for fits = o.bytesMax; envelope.FrameSize(head.SizeWithBody(fits)) > o.bytesMax; {
		fits--
	}
	for body, want := range map[int]error{
		fits: nil, fits + 1: ErrTooLarge, wire.OutboundBytesMax: ErrTooLarge, wire.OutboundBytesMax + 1: ErrTooLarge,
	} {
		size, err := o.encodeSized(100, &rawMessage{make([]byte, body)}, classFree, 0)
		if !errors.Is(err, want) || err == nil && size > o.bytesMax {
			t.Errorf("%d bytes: %v, want %v", body, err, want)
		}
	}
	size, err := o.encodeSized(100, &rawMessage{make([]byte, fits)}, classFree, 0)
	if err != nil {
		t.Fatal(err)
	}
	o.commit(1, size, 100, 0)
	_, err = o.encodeSized(100, &rawMessage{make([]byte, fits)}, classFree, 0)
	wantErr(t, err, ErrFull)
	o.pending(t)
	var marshal *wire.MarshalError
	for _, m := range []liar{{-1, 0}, {5, 4}, {5, 6}} {
		if _, err := o.encodeSized(100, m, classFree, 0); !errors.As(err, &marshal) || marshal.Size != m.size {
			t.Errorf("%+v: %v", m, err)
		}
	}
}

// TestOutboxFastAndSized has both encoders write the same frame.
func TestOutboxFastAndSized(t *testing.T) {
	o := newOutbox(t, 0, 0)
	for _, reference := range []uint64{0, 1, 300, 1 << 63} {
		m := orderCreate()
		region, err := o.reserveFast(classCreate)
		if err != nil {
			t.Fatal(err)
		}
		tag := byte(0)
		if reference != 0 {
			tag = referenceTag(msg.PayloadOrderCreate)
		}
		to := (*[envelope.EncodeFrameBytes]byte)(region)
		_, size := envelope.EncodeFrame(to, uint32(msg.PayloadOrderCreate), o.next, m, tag, reference)
		fast := bytes.Clone(region[:size])
		size, err = o.encodeSized(msg.PayloadOrderCreate, m, classCreate, reference)
		if err != nil {
			t.Fatal(err)
		}
		o.commit(1, size, uint32(msg.PayloadOrderCreate), reference)
		if sized, _, _ := o.frames.Frame(o.next - 1); !bytes.Equal(fast, sized) {
			t.Errorf("reference %d:\nfast  %x\nsized %x", reference, fast, sized)
		}
	}
}

func TestKinds(t *testing.T) {
	for kind, want := range map[uint32]struct {
		typ         msg.PayloadType
		application bool
	}{
		kindSession | envelope.EtoPing: {msg.PayloadEto, false},
		kindSession:                    {msg.PayloadEto, false},
		uint32(msg.PayloadOrderCreate): {msg.PayloadOrderCreate, true},
		typeMax:                        {typeMax, true},
	} {
		if typ, application := ofKind(kind); typ != want.typ || application != want.application {
			t.Errorf("%x: %v, %t", kind, typ, application)
		}
	}
}

package fuzz

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/smk-go/smk/gen/convert"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// streamLimits keep the streams of a fuzzer in reach of them.
var streamLimits = wire.Limits{PayloadBytesMax: 1 << 12}

// reading is what a reader makes of a stream.
type reading struct {
	payloads [][]byte
	empty    int
	err      error // of the frame that ended it
	left     int   // bytes of the part at the end
}

// scanStream reads a whole stream, frame by frame.
func scanStream(stream []byte) reading {
	var r reading
	at := 0
	for {
		payload, n, err := wire.Scan(stream[at:], streamLimits)
		var frame *wire.FrameError
		if errors.As(err, &frame) {
			frame.Offset += int64(at)
			r.err = frame
			return r
		}
		if n == 0 {
			r.left = len(stream) - at
			return r
		}
		if at += n; len(payload) == 0 {
			r.empty++
			continue
		}
		r.payloads = append(r.payloads, bytes.Clone(payload))
	}
}

// readStream reads a stream through a Buffer that gets no more than the next of cuts at once. The
// cuts go round; 0 is as much as fits.
func readStream(b *wire.Buffer, stream, cuts []byte) (reading, error) {
	var r reading
	b.Reset()
	before := b.Stats()
	for turn := 0; ; turn++ {
		n := len(stream)
		if len(cuts) > 0 && cuts[turn%len(cuts)] > 0 {
			n = min(n, int(cuts[turn%len(cuts)]))
		}
		free := b.Free()
		if len(free) == 0 && r.err == nil {
			return r, errors.New("no room to read to")
		}
		n = copy(free, stream[:n])
		b.Filled(n)
		stream = stream[n:]
		for {
			payload, err := b.Next()
			if err != nil {
				if r.err = err; payload != nil {
					return r, errors.New("an error came with a payload")
				}
				break
			}
			if payload == nil {
				break
			}
			if cap(payload) < len(payload)+wire.SlackBytes {
				return r, errors.New("a payload without slack")
			}
			r.payloads = append(r.payloads, bytes.Clone(payload))
		}
		if len(stream) == 0 || r.err != nil {
			break
		}
	}
	after := b.Stats()
	r.empty = int(after.Empty - before.Empty)
	if got := int(after.Frames - before.Frames); got != len(r.payloads) {
		return r, fmt.Errorf("%d frames counted, %d handed out", got, len(r.payloads))
	}
	return r, nil
}

// checkStream reads a stream in one piece and in the pieces that cuts say, and holds every reading
// to the same payloads and the same end.
func checkStream(b *wire.Buffer, stream, cuts []byte) error {
	want := scanStream(stream)
	got, err := readStream(b, stream, cuts)
	if err != nil {
		return fmt.Errorf("in pieces of %v: %w", cuts, err)
	}
	if !slices.EqualFunc(got.payloads, want.payloads, bytes.Equal) {
		return fmt.Errorf("in pieces of %v the payloads are %x, want %x", cuts, got.payloads, want.payloads)
	}
	if got.empty != want.empty {
		return fmt.Errorf("in pieces of %v there are %d empty frames, want %d", cuts, got.empty, want.empty)
	}
	if !sameFrameError(got.err, want.err) {
		return fmt.Errorf("in pieces of %v the error is %v, want %v", cuts, got.err, want.err)
	}
	var m msg.Payload
	for _, payload := range got.payloads {
		if err := checkParse(&m, payload); err != nil {
			return fmt.Errorf("payload %x: %w", payload, err)
		}
	}
	return nil
}

func sameFrameError(a, b error) bool {
	var x, y *wire.FrameError
	if a == nil || b == nil {
		return a == b
	}
	return errors.As(a, &x) && errors.As(b, &y) && *x == *y
}

func newBuffer(t testing.TB, blockBytes int) *wire.Buffer {
	t.Helper()
	b, err := wire.NewBuffer(blockBytes, streamLimits)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// FuzzStream reads any stream in any pieces, through a block that most frames fit and one that is
// as small as can be.
func FuzzStream(f *testing.F) {
	vectors := readVectors(f)
	for i := 0; i < len(vectors); i += 4 {
		var stream []byte
		for _, v := range vectors[i:min(i+4, len(vectors))] {
			stream = append(stream, v.Frame...)
		}
		f.Add(stream, []byte{byte(1 + i%9), 3, 0, byte(i)})
	}
	f.Add([]byte{0, 0, 0, 0, 1, 'a', 0, 0, 2, 'a', 'b', 0, 3, 'a', 'b', 'c', 0x80, 0x80, 0x80, 0x00}, []byte{1})
	f.Add(append([]byte{0x81, 0x20}, make([]byte, 5000)...), []byte{200}) // too long by one
	// a header without an end
	f.Add([]byte{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80}, []byte{4, 1})
	f.Add(append([]byte{0x80, 0x20}, make([]byte, 4096+3)...), []byte{100, 1, 0})
	f.Fuzz(func(t *testing.T, stream, cuts []byte) {
		if len(stream) > 1<<14 {
			return // more of the same
		}
		for _, size := range []int{wire.BlockBytesMin, 1 << 10} {
			b, err := wire.NewBuffer(size, streamLimits)
			if err != nil {
				t.Fatal(err)
			}
			err = checkStream(b, stream, cuts)
			if err := errors.Join(err, b.Close()); err != nil {
				t.Fatalf("block of %d: %v\nstream %x", size, err, stream)
			}
		}
	})
}

// All vectors in one stream, in pieces of every size up to the longest frame.
func TestVectorStream(t *testing.T) {
	var stream []byte
	var want [][]byte
	for _, v := range readVectors(t) {
		if frame := wire.AppendFrame(nil, v.Payload); !bytes.Equal(frame, v.Frame) {
			t.Fatalf("framed as %x, want %x", frame, v.Frame)
		}
		stream = append(stream, v.Frame...)
		want = append(want, v.Payload)
	}
	if got := scanStream(stream); !slices.EqualFunc(got.payloads, want, bytes.Equal) || got.left != 0 {
		t.Fatal("the vectors' frames are not their payloads")
	}
	for _, size := range []int{wire.BlockBytesMin, 1 << 10, 1 << 16} {
		b := newBuffer(t, size)
		for cut := range 128 {
			if err := checkStream(b, stream, []byte{byte(cut)}); err != nil {
				t.Fatalf("block of %d: %v", size, err)
			}
		}
	}
}

// Every vector is measured and framed in place as the reference frames it.
func TestVectorFrames(t *testing.T) {
	var m msg.Payload
	for _, v := range readVectors(t) {
		if err := m.Decode(v.Payload, nil); err != nil {
			t.Fatal(err)
		}
		for name, marshaler := range map[string]wire.Marshaler{"gen/msg": &m, "gen/seto": convert.PayloadToProto(&m)} {
			payload, frame, err := wire.Measure(marshaler)
			if err != nil || payload != len(v.Payload) || frame != len(v.Frame) {
				t.Fatalf("%s measures %d in %d, %v, want %d in %d", name, payload, frame, err, len(v.Payload),
					len(v.Frame))
			}
			region := make([]byte, frame)
			if err := wire.PutFrame(region, marshaler, payload); err != nil || !bytes.Equal(region, v.Frame) {
				t.Errorf("%s is framed as %x, %v, want %x", name, region, err, v.Frame)
			}
		}
	}
}

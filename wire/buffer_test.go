package wire

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/valyala/bytebufferpool"
)

// spell writes a frame for each number: low bits choose the payload's size, high
// bits how the header and the padding are written.
func spell(numbers []uint32, sizeMax int) (stream []byte, payloads [][]byte) {
	for i, v := range numbers {
		size := int(v&0xffff) % (sizeMax + 1)
		if v>>16&3 == 0 {
			size %= 4 // padded and empty ones
		}
		payload := make([]byte, size)
		for j := range payload {
			payload[j] = byte(i*31 + j + 1)
		}
		if size > 0 {
			payloads = append(payloads, payload)
		}
		header := make([]byte, headerSize(size))
		putHeader(header, size)
		if v>>18&3 == 0 {
			header = overlong(header, int(v>>20)%(HeaderBytesMax+1-len(header)))
		}
		start := len(stream)
		stream = append(append(stream, header...), payload...)
		for len(stream)-start < FrameBytesMin {
			stream = append(stream, byte(v>>24))
		}
	}
	return stream, payloads
}

func equal(a, b [][]byte) bool {
	return len(a) == len(b) && bytes.Equal(bytes.Join(a, []byte{0}), bytes.Join(b, []byte{0}))
}

// However a stream is cut, the payloads are the same and every byte is accounted
// for.
func TestBufferProperties(t *testing.T) {
	properties := gopter.NewProperties(nil)
	properties.Property("at every chunking", prop.ForAll(
		func(numbers []uint32, block int, sizeMax int, seed uint64) bool {
			stream, want := spell(numbers, sizeMax)
			random := rand.New(rand.NewPCG(seed, 0))
			top := 1 + int(seed%700)
			b := newBuffer(t, block, Limits{PayloadBytesMax: max(1, sizeMax)})
			got, err := feed(t, b, stream, func() int { return random.IntN(top + 1) })
			s := b.Stats()
			return err == nil && equal(got, want) &&
				s.Bytes == uint64(len(stream)) && b.base+int64(b.read) == int64(len(stream)) && b.read == b.filled &&
				s.Frames == uint64(len(want)) && s.Frames+s.Empty == uint64(len(numbers))
		},
		gen.SliceOf(gen.UInt32()), gen.IntRange(BlockBytesMin, 1024), gen.OneConstOf(3, 60, 300, 5000), gen.UInt64(),
	))
	properties.Property("at every split in two, and byte by byte", prop.ForAll(
		func(numbers []uint32) bool {
			stream, want := spell(numbers, 150)
			b := newBuffer(t, BlockBytesMin, Limits{})
			for i := range stream {
				b.Reset()
				first := i // feed takes as much as there is room for
				got, err := feed(t, b, stream, func() int {
					n := first
					first = len(stream)
					return n
				})
				if err != nil || !equal(got, want) {
					return false
				}
			}
			b.Reset()
			got, err := feed(t, b, stream, func() int { return 1 })
			return err == nil && equal(got, want)
		},
		gen.SliceOfN(8, gen.UInt32()),
	))
	properties.TestingRun(t)
}

func TestBufferMovesOnlyWhenOutOfRoom(t *testing.T) {
	const block, frames = 4096, 5000
	var stream []byte
	for range frames {
		stream = AppendFrame(stream, make([]byte, 81))
	}
	b := newBuffer(t, block, Limits{})
	if _, err := feed(t, b, stream, func() int { return 122 }); err != nil {
		t.Fatal(err)
	}
	// Each move follows at least 7/8 of a block that was read since the last.
	if s := b.Stats(); s.Moves == 0 || s.Moves > uint64(len(stream)/(block-block/8)) || s.Large != 0 {
		t.Errorf("%+v for %d bytes", s, len(stream))
	}
	// A drained block starts over and is not moved at all.
	b = newBuffer(t, block, Limits{})
	if _, err := feed(t, b, stream, func() int { return 82 * 40 }); err != nil {
		t.Fatal(err)
	}
	if s := b.Stats(); s.Moves != 0 {
		t.Errorf("%+v", s)
	}
}

// After a drain Free offers the reserve, unless a split frame that fits the block
// is all but complete; then it offers what is left of the block. That holds
// wherever in the block the split frame starts.
func TestBufferFreeOffersRoom(t *testing.T) {
	const block = 512
	b := newBuffer(t, block, Limits{})
	for _, before := range []int{0, 20, 440, 460, 508} {
		for size := 1; size <= 3*block; size += 1 + size/8 {
			frame := AppendFrame(nil, make([]byte, size))
			for arrived := 1; arrived < len(frame); arrived += 1 + arrived/8 {
				b.Reset()
				largePool = bytebufferpool.Pool{} // an earlier frame's buffer would offer more
				var sent []byte
				if before > 0 {
					sent = AppendFrame(sent, make([]byte, before-headerSize(before)))
				}
				sent = append(sent, frame[:arrived]...)
				if _, err := feed(t, b, sent, func() int { return block }); err != nil {
					t.Fatal(err)
				}
				free := len(b.Free())
				check(t, b)
				if least := min(block/8, len(frame)-arrived); free < least {
					t.Fatalf("%d of a frame of %d arrived behind %d: Free offers %d, want %d", arrived, len(frame),
						before, free, least)
				}
			}
		}
	}
}

// Only a frame that does not fit the block leaves it.
func TestBufferLargeOnlyBeyondBlock(t *testing.T) {
	for frameBytes := 62; frameBytes <= 66; frameBytes++ {
		b := newBuffer(t, 64, Limits{})
		frame := AppendFrame(nil, make([]byte, frameBytes-1))
		got, err := feed(t, b, bytes.Repeat(frame, 3), func() int { return 5 })
		want := uint64(0)
		if frameBytes > 64 {
			want = 3
		}
		if err != nil || len(got) != 3 || b.Stats().Large != want {
			t.Errorf("frames of %d bytes: %d payloads, %v, %+v", frameBytes, len(got), err, b.Stats())
		}
	}
}

// A header is a claim: memory follows what arrives.
func TestBufferLargeGrowsWithArrivals(t *testing.T) {
	largePool = bytebufferpool.Pool{} // nothing that earlier frames paid for
	const block, size = 4096, InboundBytesMax
	b := newBuffer(t, block, Limits{})
	frame := AppendFrame(nil, bytes.Repeat([]byte{7}, size))
	next := AppendFrame(nil, []byte("next"))
	grown := 0
	for arrived := 0; arrived < len(frame); {
		free := b.Free()
		check(t, b)
		if b.large.buf == nil {
			if arrived > block {
				t.Fatalf("%d bytes in a block of %d", arrived, block)
			}
		} else if room := cap(b.large.buf.B) - SlackBytes; room != grown {
			if room > 2*arrived {
				t.Fatalf("room for %d bytes when %d have arrived", room, arrived)
			}
			grown = room
		}
		n := copy(free, frame[arrived:])
		b.Filled(n)
		arrived += n
		if arrived < len(frame) {
			if payload, err := b.Next(); payload != nil || err != nil {
				t.Fatalf("%d of %d bytes: a payload of %d, %v", arrived, len(frame), len(payload), err)
			}
		}
	}
	if free := b.Free(); len(free) != 0 {
		t.Errorf("Free offers %d bytes while a large frame waits", len(free))
	}
	b.Filled(0)
	payload, err := b.Next()
	if err != nil || !bytes.Equal(payload, frame[len(frame)-size:]) || cap(payload) < size+SlackBytes {
		t.Fatalf("payload of %d bytes, %v", len(payload), err)
	}
	if again, err := b.Next(); again != nil || err != nil {
		t.Fatalf("%d bytes, %v after the large frame", len(again), err)
	}
	if payload[0] != 7 || payload[size-1] != 7 {
		t.Error("Next ended the validity of the payload")
	}
	got, err := feed(t, b, next, func() int { return 3 })
	if err != nil || len(got) != 1 || string(got[0]) != "next" || b.large.buf != nil {
		t.Errorf("%q, %v", got, err)
	}
	if s := b.Stats(); s.Large != 1 || s.Frames != 2 || s.Bytes != uint64(len(frame)+len(next)) {
		t.Errorf("%+v", s)
	}
}

// Errors say where the stream broke, and stick until Reset.
func TestBufferErrors(t *testing.T) {
	good, _ := spell([]uint32{0x0f0f0064, 0, 0x000f0300, 0x0f0f0001}, 1000)
	bad := unhex(t, "81 80 80 80 80 80 80 80 80 80 00 00 00")
	for chunk := 1; chunk < 200; chunk += 7 {
		b := newBuffer(t, 128, Limits{})
		for range 2 {
			_, err := feed(t, b, append(bytes.Clone(good), bad...), func() int { return chunk })
			want := FrameError{ErrHeaderTooLong, int64(len(good)), 1, 10}
			var got *FrameError
			if !errors.As(err, &got) || *got != want {
				t.Fatalf("chunks of %d: %v, want %v", chunk, err, &want)
			}
			if free := b.Free(); free != nil {
				t.Errorf("Free offers %d bytes after an error", len(free))
			}
			if payload, again := b.Next(); payload != nil || again != err {
				t.Errorf("after the error: %x, %v", payload, again)
			}
			b.Reset()
			if got, err := feed(t, b, AppendFrame(nil, []byte("new")), func() int { return chunk }); err != nil ||
				len(got) != 1 {
				t.Errorf("after Reset: %q, %v", got, err)
			}
			b.Reset()
		}
	}
}

// A whole frame is refused for its length as a partial one is.
func TestBufferRefusesWholeFrames(t *testing.T) {
	for _, limit := range []int{1, 50, 200} {
		b := newBuffer(t, 1024, Limits{PayloadBytesMax: limit})
		good := AppendFrame(nil, make([]byte, limit))
		_, err := feed(t, b, append(good, AppendFrame(nil, make([]byte, limit+1))...), func() int { return 1024 })
		want := FrameError{ErrFrameTooLong, int64(len(good)), uint64(limit + 1), limit}
		var got *FrameError
		if !errors.As(err, &got) || *got != want {
			t.Errorf("%v, want %v", err, &want)
		}
	}
}

// Bytes that were under way when Next found an error are dropped.
func TestBufferFilledAfterError(t *testing.T) {
	b := newBuffer(t, 64, Limits{PayloadBytesMax: 5})
	b.Filled(copy(b.Free(), []byte{6, 0, 0, 0}))
	free := b.Free()
	if _, err := b.Next(); !errors.Is(err, ErrFrameTooLong) {
		t.Fatal(err)
	}
	b.Filled(copy(free, AppendFrame(nil, []byte("late"))))
	check(t, b)
	if payload, err := b.Next(); payload != nil || !errors.Is(err, ErrFrameTooLong) {
		t.Errorf("%q, %v", payload, err)
	}
}

// A driver that does not drain loses nothing and is told that there is no room.
func TestBufferUndrained(t *testing.T) {
	b := newBuffer(t, 64, Limits{})
	frame := AppendFrame(nil, []byte("15 bytes payload"[:15]))
	for range 4 {
		b.Filled(copy(b.Free(), frame))
	}
	if free := b.Free(); len(free) != 0 {
		t.Fatalf("%d bytes free in a full block", len(free))
	}
	for range 4 {
		if payload, err := b.Next(); err != nil || len(payload) != 15 {
			t.Fatalf("%q, %v", payload, err)
		}
	}
	if free := b.Free(); len(free) != 64 {
		t.Errorf("%d bytes free in an empty block", len(free))
	}
}

func TestBufferMisusePanics(t *testing.T) {
	b := newBuffer(t, 64, Limits{})
	wantBug(t, "Filled before Free", func() { b.Filled(1) })
	b.Free()
	wantBug(t, "Filled with too much", func() { b.Filled(65) })
	wantBug(t, "Filled with less than nothing", func() { b.Filled(-1) })
	b.Filled(60)
	wantBug(t, "Filled twice with too much", func() { b.Filled(5) })
}

func TestBufferClose(t *testing.T) {
	b := newBuffer(t, 64, Limits{})
	feedHalf := func() {
		if _, err := feed(t, b, AppendFrame(nil, make([]byte, 500))[:300], func() int { return 64 }); err != nil {
			t.Fatal(err)
		}
		if b.large.buf == nil {
			t.Fatal("no large frame under way")
		}
	}
	feedHalf()
	b.Reset()
	check(t, b)
	feedHalf()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	check(t, b)
	if b.large.buf != nil {
		t.Error("Close keeps a buffer of the pool")
	}
	if payload, err := b.Next(); payload != nil || err != ErrClosed {
		t.Errorf("Next of a closed Buffer: %x, %v", payload, err)
	}
	if free := b.Free(); free != nil {
		t.Errorf("Free of a closed Buffer: %d bytes", len(free))
	}
	if err := b.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	wantBug(t, "Reset of a closed Buffer", b.Reset)
	if s := b.Stats(); s.Bytes != 600 {
		t.Errorf("%+v", s)
	}
}

// FuzzScan feeds any bytes in any chunks and compares with the slow twin.
func FuzzScan(f *testing.F) {
	whole, _ := spell([]uint32{0x0f0f0064, 0, 0x000f0300, 0x0f0f0001, 0x0f0f1000, 0x0100_0003}, 5000)
	f.Add(whole, []byte{1, 200, 3}, uint16(4999), byte(6), uint16(0))
	f.Add(unhex(f, "04 61 62 63 64 80 80 80 80 80 80 80 80 80 80 00"), []byte{}, uint16(10), byte(6), uint16(1))
	f.Add(unhex(f, "83 80 00 61 62 63 00 00 00 00 01 61 00 00 ff 7f"), []byte{2}, uint16(100), byte(0), uint16(9))
	for _, c := range captured(f) {
		f.Add(c.frame, []byte{5, 1}, uint16(300), byte(1), uint16(64))
	}
	f.Fuzz(func(t *testing.T, stream, chunks []byte, payloadMax uint16, headerMax byte, block uint16) {
		limits := Limits{1 + int(payloadMax), headerBytesFloor + int(headerMax%7)}
		want := twinScan(stream, limits)
		b := newBuffer(t, BlockBytesMin+int(block%2048), limits)
		i := 0
		payloads, err := feed(t, b, stream, func() int {
			if len(chunks) == 0 {
				return len(stream)
			}
			i++
			return 1 + int(chunks[i%len(chunks)])
		})
		if !equal(payloads, want.payloads) || b.Stats().Empty != uint64(want.empty) {
			t.Fatalf("%d payloads and %d empty, want %d and %d", len(payloads), b.Stats().Empty, len(want.payloads),
				want.empty)
		}
		if !errors.Is(err, want.kind) {
			t.Fatalf("error %v, want %v", err, want.kind)
		}
		var frameErr *FrameError
		if errors.As(err, &frameErr) && frameErr.Offset != int64(want.consumed) {
			t.Fatalf("error at %d, want %d", frameErr.Offset, want.consumed)
		}
	})
}

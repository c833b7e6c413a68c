package ring

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func newFrames(t *testing.T, bytes, records int) *SendRing {
	t.Helper()
	f, err := NewSendRing(SendRingConfig{Bytes: bytes, Records: records})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// put commits a frame of n bytes, each the low byte of its sequence.
func put(t *testing.T, f *SendRing, seq uint64, n int) {
	t.Helper()
	buf, err := f.Reserve(n)
	if err != nil {
		t.Fatal(err)
	}
	for i := range buf {
		buf[i] = byte(seq)
	}
	f.Commit(n, Record{Seq: seq})
	if err := f.invariants(); err != nil {
		t.Fatal(err)
	}
}

// states is All as text: "1:sent 2:partial".
func states(f *SendRing) string {
	var s []string
	for rec, state := range f.All() {
		s = append(s, fmt.Sprintf("%d:%v", rec.Seq, state))
	}
	return strings.Join(s, " ")
}

// A partial write goes on where it stopped, over frame borders and the end of
// the block, and the states follow every byte.
func TestFramesPartialWrites(t *testing.T) {
	f := newFrames(t, 64, 8)
	put(t, f, 1, 30)
	f.Written(30)
	put(t, f, 2, 10)
	put(t, f, 3, 10)
	put(t, f, 4, 20) // 14 bytes are left: skipped, and frame 1 makes room
	if n := f.PendingBytes(); n != 40 {
		t.Fatalf("PendingBytes() = %d", n)
	}
	for _, step := range []struct {
		pending string // what Pending gives
		write   int
		states  string // afterwards
	}{
		{"22222222223333333333", 0, "2:not sent 3:not sent 4:not sent"},
		{"22222222223333333333", 1, "2:partial 3:not sent 4:not sent"},
		{"2222222223333333333", 8, "2:partial 3:not sent 4:not sent"},
		{"23333333333", 1, "2:sent 3:not sent 4:not sent"},
		{"3333333333", 5, "2:sent 3:partial 4:not sent"},
		{"33333", 5, "2:sent 3:sent 4:not sent"},
		{"44444444444444444444", 19, "2:sent 3:sent 4:partial"},
		{"4", 1, "2:sent 3:sent 4:sent"},
		{"", 0, "2:sent 3:sent 4:sent"},
	} {
		got := slices.Clone(f.Pending())
		for i := range got {
			got[i] += '0'
		}
		if string(got) != step.pending {
			t.Fatalf("Pending() = %s, want %s", got, step.pending)
		}
		f.Written(step.write)
		if err := f.invariants(); err != nil {
			t.Fatal(err)
		}
		if got := states(f); got != step.states {
			t.Fatalf("after %s and %d: %s, want %s", step.pending, step.write, got, step.states)
		}
	}
}

// A connection that ends in the middle of a frame leaves each frame's truth,
// which outlives the next connection's writes.
func TestFramesDropKeepsStates(t *testing.T) {
	f := newFrames(t, 256, 8)
	for seq := range uint64(4) {
		put(t, f, seq+1, 10)
	}
	f.Written(15)
	f.Drop()
	const first = "1:sent 2:partial 3:not sent 4:not sent"
	if got := states(f); got != first {
		t.Fatalf("after Drop: %s, want %s", got, first)
	}
	if len(f.Pending()) != 0 || f.PendingBytes() != 0 {
		t.Fatal("unsent bytes after Drop")
	}

	// The session is resumed: sequences go on, old frames are replayed.
	put(t, f, 5, 10)
	f.Written(3)
	if got, want := states(f), first+" 5:partial"; got != want {
		t.Fatalf("resumed: %s, want %s", got, want)
	}
	f.Drop()
	f.Drop()
	put(t, f, 6, 10)
	f.Written(10)
	if got, want := states(f), first+" 5:partial 6:sent"; got != want {
		t.Fatalf("resumed again: %s, want %s", got, want)
	}
	if frame, _, ok := f.Frame(3); !ok || len(frame) != 10 || frame[9] != 3 {
		t.Fatalf("Frame(3) = %x, %t", frame, ok)
	}

	f.Rebase(1)
	if got := states(f); got != "" || f.Oldest() != 0 || f.Newest() != 0 {
		t.Fatalf("after Rebase: %s, %d, %d", got, f.Oldest(), f.Newest())
	}
	put(t, f, 1, 10)
	if got := states(f); got != "1:not sent" {
		t.Fatalf("new session: %s", got)
	}
}

// Unsent bytes survive a refusal, and so does what could have made room: a
// refusal changes nothing.
func TestFramesRefusal(t *testing.T) {
	f := newFrames(t, 64, 8)
	put(t, f, 1, 20)
	put(t, f, 2, 20)
	f.Written(20)
	// Frame 1 can go; frame 2 cannot: 24 bytes behind it, 20 before it.
	_, err := f.Reserve(30)
	var full *FullError
	if !errors.As(err, &full) || !errors.Is(err, ErrFull) || errors.Is(err, ErrTooLarge) {
		t.Fatalf("got %v, want a *FullError", err)
	}
	if want := (FullError{Need: 30, Free: 24, Unsent: 20, Waiting: 1, Records: 8}); *full != want {
		t.Fatalf("got %+v, want %+v", *full, want)
	}
	const text = "ring: full: need 30 bytes, free 24, unsent 20 in 1 of 8 records"
	if err.Error() != text {
		t.Fatalf("text %q, want %q", err, text)
	}
	if got := states(f); got != "1:sent 2:not sent" {
		t.Fatalf("after the refusal: %s", got)
	}
	if _, err := f.Reserve(full.Free); err != nil {
		t.Fatalf("Free was %d, but: %v", full.Free, err)
	}

	_, err = f.Reserve(65)
	var large *TooLargeError
	if !errors.As(err, &large) || !errors.Is(err, ErrTooLarge) || errors.Is(err, ErrFull) {
		t.Fatalf("got %v, want a *TooLargeError", err)
	}
	if *large != (TooLargeError{Need: 65, Limit: 64}) || err.Error() != "ring: frame of 65 bytes, the ring has 64" {
		t.Fatalf("got %+v, %q", *large, err)
	}

	// With nothing of use in it, the ring takes a frame as large as itself,
	// wherever the last one ended.
	f.Written(20)
	put(t, f, 3, 64)
	if got := states(f); got != "3:not sent" {
		t.Fatalf("after the largest frame: %s", got)
	}
}

// The index is a limit by itself: as many frames wait as it has records.
func TestFramesRecordsFull(t *testing.T) {
	f := newFrames(t, 1024, 4)
	for seq := range uint64(4) {
		put(t, f, seq+1, 4)
	}
	_, err := f.Reserve(4)
	var full *FullError
	if !errors.As(err, &full) || full.Waiting != 4 || full.Records != 4 || full.Free != 1008 {
		t.Fatalf("got %v, want a full index", err)
	}
	f.Written(3)
	if _, err := f.Reserve(4); err == nil {
		t.Fatal("a frame written in part made room")
	}
	f.Written(1)
	put(t, f, 5, 4)
	if got := states(f); got != "2:not sent 3:not sent 4:not sent 5:not sent" {
		t.Fatal(got)
	}
}

// Retention is by count when frames are small, by bytes when they are large.
func TestFramesRetention(t *testing.T) {
	for _, test := range []struct{ size, kept int }{{4, 16}, {64, 16}, {128, 8}, {100, 10}, {512, 2}, {600, 1}} {
		f := newFrames(t, 1024, 16)
		for seq := range uint64(100) {
			put(t, f, seq+1, test.size)
			f.Written(test.size)
		}
		if f.Newest() != 100 || f.Oldest() != uint64(101-test.kept) {
			t.Errorf("frames of %d bytes: kept %d..%d, want %d of them", test.size, f.Oldest(), f.Newest(), test.kept)
		}
	}
}

func TestFramesReservationReplaced(t *testing.T) {
	f := newFrames(t, 64, 4)
	a, _ := f.Reserve(10)
	b, err := f.Reserve(20)
	if err != nil || &a[0] != &b[0] {
		t.Fatalf("the second reservation is elsewhere: %v", err)
	}
	f.Commit(20, Record{Seq: 1})
	mustPanic(t, "Commit of a replaced reservation", func() { f.Commit(10, Record{Seq: 2}) })
	if len(f.Pending()) != 20 {
		t.Fatalf("%d bytes pending", len(f.Pending()))
	}

	// A refusal voids it as well.
	if _, err := f.Reserve(10); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Reserve(60); !errors.Is(err, ErrFull) {
		t.Fatalf("got %v, want ErrFull", err)
	}
	mustPanic(t, "Commit after a refusal", func() { f.Commit(10, Record{Seq: 2}) })
}

func TestFramesRange(t *testing.T) {
	f := newFrames(t, 1024, 4)
	walk := func(from uint64, most int) (got []uint64) {
		f.Range(from, func(rec Record, _ SentState) bool {
			got = append(got, rec.Seq)
			return len(got) < most
		})
		return got
	}
	if got := walk(0, 9); got != nil {
		t.Errorf("an empty ring gives %v", got)
	}
	for seq := range uint64(10) {
		put(t, f, seq+1, 8)
		f.Written(8)
	}
	for _, test := range []struct {
		from uint64
		most int
		want []uint64
	}{
		{0, 9, []uint64{7, 8, 9, 10}},
		{7, 9, []uint64{7, 8, 9, 10}},
		{9, 9, []uint64{9, 10}},
		{11, 9, nil},
		{math.MaxUint64, 9, nil},
		{0, 2, []uint64{7, 8}},
	} {
		if got := walk(test.from, test.most); !slices.Equal(got, test.want) {
			t.Errorf("Range(%d) gives %v, want %v", test.from, got, test.want)
		}
	}
}

// The last sequence there is does not upset the index.
func TestFramesLastSequence(t *testing.T) {
	f := newFrames(t, 64, 4)
	f.Rebase(math.MaxUint64 - 1)
	put(t, f, math.MaxUint64-1, 8)
	put(t, f, math.MaxUint64, 8)
	if f.Oldest() != math.MaxUint64-1 || f.Newest() != math.MaxUint64 {
		t.Errorf("kept %d..%d", f.Oldest(), f.Newest())
	}
	if got := states(f); got != "18446744073709551614:not sent 18446744073709551615:not sent" {
		t.Error(got)
	}
	if _, _, ok := f.Frame(math.MaxUint64); !ok {
		t.Error("the last frame is gone")
	}
	put(t, f, 0, 8) // a copy, not kept
	if f.PendingBytes() != 24 {
		t.Errorf("PendingBytes() = %d", f.PendingBytes())
	}
}

func TestFramesClose(t *testing.T) {
	f, err := NewSendRing(SendRingConfig{Bytes: 64, Records: 4})
	if err != nil {
		t.Fatal(err)
	}
	put(t, f, 1, 40)
	f.Written(20)
	if _, err := f.Reserve(1); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if _, _, ok := f.Frame(1); ok || len(f.Pending()) != 0 || f.PendingBytes() != 0 || states(f) != "" {
			t.Error("something is left after Close")
		}
		mustPanic(t, "Reserve after Close", func() { _, _ = f.Reserve(1) })
		mustPanic(t, "Commit after Close", func() { f.Commit(1, Record{Seq: 2}) })
		mustPanic(t, "Written after Close", func() { f.Written(1) })
	}
}

// A broken contract panics, and leaves the ring as it was.
func TestFramesPanics(t *testing.T) {
	f := newFrames(t, 64, 4)
	put(t, f, 1, 8)
	reserve := func() {
		if _, err := f.Reserve(8); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name string
		f    func()
	}{
		{"Reserve(0)", func() { _, _ = f.Reserve(0) }},
		{"Reserve(-1)", func() { _, _ = f.Reserve(-1) }},
		{"Reserve(least)", func() { _, _ = f.Reserve(math.MinInt) }},
		{"Commit without Reserve", func() { f.Commit(1, Record{Seq: 2}) }},
		{"Commit after Drop", func() { reserve(); f.Drop(); f.Commit(1, Record{Seq: 2}) }},
		{"Commit(0)", func() { reserve(); f.Commit(0, Record{Seq: 2}) }},
		{"Commit(-1)", func() { reserve(); f.Commit(-1, Record{Seq: 2}) }},
		{"Commit of too much", func() { reserve(); f.Commit(9, Record{Seq: 2}) }},
		{"the same sequence", func() { reserve(); f.Commit(8, Record{Seq: 1}) }},
		{"a skipped sequence", func() { reserve(); f.Commit(8, Record{Seq: 3}) }},
		{"Written(-1)", func() { f.Written(-1) }},
		{"Written of too much", func() { f.Written(9) }},
		{"Rebase(0)", func() { f.Rebase(0) }},
	} {
		mustPanic(t, test.name, test.f)
		if err := f.invariants(); err != nil {
			t.Errorf("after %s: %v", test.name, err)
		}
	}
	if got := states(f); got != "1:not sent" {
		t.Errorf("after all: %s", got)
	}
	put(t, f, 2, 8)
}

func TestSentStateString(t *testing.T) {
	for state, want := range map[SentState]string{
		NotSent: "not sent", Partial: "partial", Sent: "sent", 3: "unknown state",
	} {
		if got := state.String(); got != want {
			t.Errorf("SentState(%d) is %q, want %q", state, got, want)
		}
	}
}

// TestReserveLeaving fills rings with frames of all sizes that leave room, behind a
// socket that takes a part of a frame: what was left is there, wherever the block ends.
func TestReserveLeaving(t *testing.T) {
	const left, records = 40, 2
	for _, written := range []int{0, 1, 9} {
		for start := range 256 {
			for n := 10; n <= 80; n += 7 {
				f := newFrames(t, 256, 16)
				if start > 0 {
					fill(t, f, start, 1)
					f.Written(start)
				}
				seq := uint64(2)
				if start == 0 {
					seq = 1
				}
				fill(t, f, 10, seq) // the first of what waits, of which a part is written
				f.Written(written)
				for {
					buf, err := f.ReserveLeaving(n, left, records)
					if err != nil {
						if !errors.Is(err, ErrFull) {
							t.Fatal(err)
						}
						break
					}
					seq++
					f.Commit(len(buf), Record{Seq: seq})
				}
				for i := range records {
					if _, err := f.Reserve(left / 2 / records); err != nil {
						t.Fatalf("start %d, %d bytes each, frame %d of those left room for: %v", start, n, i+1, err)
					}
					seq++
					f.Commit(left/2/records, Record{Seq: seq})
				}
			}
		}
	}
}

// fill commits a frame of n bytes.
func fill(t *testing.T, f *SendRing, n int, seq uint64) {
	t.Helper()
	if _, err := f.Reserve(n); err != nil {
		t.Fatal(err)
	}
	f.Commit(n, Record{Seq: seq})
}

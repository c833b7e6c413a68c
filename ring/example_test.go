package ring_test

import (
	"errors"
	"fmt"
	"sync"

	"github.com/smk-go/smk/ring"
)

// A frame is built where it is sent from. The socket takes what it likes.
func ExampleSendRing() {
	f, err := ring.NewSendRing(ring.SendRingConfig{Bytes: 64})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()

	for i, text := range []string{"login", "order"} {
		buf, err := f.Reserve(len(text))
		if err != nil {
			fmt.Println(err)
			return
		}
		copy(buf, text)
		f.Commit(len(text), ring.Record{Seq: uint64(i + 1)})
	}
	fmt.Printf("%s\n", f.Pending())
	f.Written(7) // then the connection ends
	f.Drop()
	for rec, state := range f.All() {
		fmt.Println(rec.Seq, state)
	}
	// Output:
	// loginorder
	// 1 sent
	// 2 partial
}

// A replay copies a kept frame to the end of the stream. It reserves first, for
// making room may evict the very frame.
func ExampleSendRing_Frame() {
	f, err := ring.NewSendRing(ring.SendRingConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	buf, _ := f.Reserve(5)
	copy(buf, "order")
	f.Commit(5, ring.Record{Seq: 1})
	f.Written(len(f.Pending()))

	replay := func(seq uint64) error {
		frame, _, ok := f.Frame(seq)
		if !ok {
			return errors.New("not kept: send a gapfill")
		}
		buf, err := f.Reserve(len(frame))
		if err != nil {
			return err
		}
		if frame, _, ok = f.Frame(seq); !ok {
			return errors.New("evicted: send a gapfill")
		}
		f.Commit(copy(buf, frame), ring.Record{}) // sent, not kept again
		return nil
	}
	fmt.Println(replay(1), replay(2))
	fmt.Printf("%s\n", f.Pending())
	// Output:
	// <nil> not kept: send a gapfill
	// order
}

// A ring that is full of unsent bytes says so; nothing unsent is overwritten.
func ExampleFullError() {
	f, err := ring.NewSendRing(ring.SendRingConfig{Bytes: 64})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	if _, err := f.Reserve(50); err != nil {
		fmt.Println(err)
		return
	}
	f.Commit(50, ring.Record{Seq: 1})
	_, err = f.Reserve(20)
	fmt.Println(errors.Is(err, ring.ErrFull))
	fmt.Println(err)
	// Output:
	// true
	// ring: full: need 20 bytes, free 14, unsent 50 in 1 of 1024 records
}

// Memory has readable bytes behind its end, out of an append's reach.
func ExampleMemory() {
	m, err := ring.NewMemory(1000, 256)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer m.Close()
	fmt.Println(len(m.Bytes()), cap(m.Bytes()), m.Slack(), cap(m.Overread()))
	// Output: 1000 1000 256 1256
}

// The producer writes into the slot that the consumer will read.
func ExampleSPSC() {
	type quote struct{ bid, offer int }
	q, err := ring.NewSPSC[quote](8)
	if err != nil {
		fmt.Println(err)
		return
	}
	if slot := q.Claim(); slot != nil {
		*slot = quote{bid: 4900, offer: 5000}
		q.Publish()
	}
	if v := q.Peek(); v != nil {
		fmt.Println(v.bid, v.offer)
		q.Release()
	}
	// Output: 4900 5000
}

// Several goroutines hand over; one receives.
func ExampleMPSC() {
	q, err := ring.NewMPSC[int](8)
	if err != nil {
		fmt.Println(err)
		return
	}
	var gone sync.WaitGroup
	for i := range 3 {
		gone.Go(func() {
			if t, ok := q.Claim(); ok {
				*t.Value() = i + 1
				t.Publish()
			}
		})
	}
	gone.Wait()
	sum := 0
	for v, ok := q.Pop(); ok; v, ok = q.Pop() {
		sum += v
	}
	fmt.Println(sum)
	// Output: 6
}

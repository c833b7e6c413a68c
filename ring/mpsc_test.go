package ring

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
)

func TestMPSCCacheLines(t *testing.T) {
	var q MPSC[uint64]
	size := unsafe.Sizeof(q.mask)
	apart(t, "the neighbour", 0, "slots", unsafe.Offsetof(q.slots))
	apart(t, "mask", unsafe.Offsetof(q.mask)+size, "tail", unsafe.Offsetof(q.tail))
	apart(t, "tail", unsafe.Offsetof(q.tail)+size, "head", unsafe.Offsetof(q.head))
	apart(t, "peeked", unsafe.Offsetof(q.peeked)+1, "the neighbour", unsafe.Sizeof(q))
	// The decision not to pad: a turn and a small value share a line.
	var s mpscSlot[uint64]
	if unsafe.Offsetof(s.turn) != 0 || unsafe.Offsetof(s.value) != 8 || unsafe.Sizeof(s) != 16 {
		t.Errorf("a slot of 8 bytes takes %d", unsafe.Sizeof(s))
	}
}

// mpscAgainstModel applies operations to a queue and to a slice of positions,
// with several tickets open at a time that are published in any order.
func mpscAgainstModel(slots int, ops []uint16) error {
	type entry struct {
		value     uint64
		published bool
		ticket    Ticket[uint64]
	}
	q, err := NewMPSC[uint64](slots)
	if err != nil {
		return err
	}
	var model []*entry // taken slots, by position
	var peeked bool
	value := uint64(0)
	for i, op := range ops {
		value++
		full, ready := len(model) == q.Cap(), len(model) > 0 && model[0].published
		switch arg := int(op >> 8); op % 6 {
		case 0:
			if ok := q.Push(value); ok == full {
				return fmt.Errorf("step %d: Push = %t with %d of %d", i, ok, len(model), q.Cap())
			}
			if !full {
				model = append(model, &entry{value: value, published: true})
			}
		case 1:
			v, ok := q.Pop()
			if ok != ready || ok && v != model[0].value || !ok && v != 0 {
				return fmt.Errorf("step %d: Pop = %d, %t", i, v, ok)
			}
			if ok {
				model, peeked = model[1:], false
			}
		case 2:
			left := arg % q.Cap()
			claim := func() (Ticket[uint64], bool) { return q.ClaimLeaving(left) }
			if left == 0 {
				claim = q.Claim
			}
			ticket, ok := claim()
			if ok != (len(model)+left < q.Cap()) {
				return fmt.Errorf("step %d: ClaimLeaving(%d) = %t with %d of %d", i, left, ok, len(model), q.Cap())
			}
			if ok {
				*ticket.Value() = value
				model = append(model, &entry{value: value, ticket: ticket})
			}
		case 3:
			for k := range model { // the first open ticket from arg on
				if e := model[(arg+k)%len(model)]; !e.published {
					e.ticket.Publish()
					e.published = true
					break
				}
			}
		case 4:
			v := q.Peek()
			if (v != nil) != ready || v != nil && (*v != model[0].value || v != q.Peek()) {
				return fmt.Errorf("step %d: Peek = %v", i, v)
			}
			peeked = v != nil
		case 5:
			if peeked {
				q.Release()
				model, peeked = model[1:], false
			}
		}
		if q.Len() != len(model) {
			return fmt.Errorf("step %d: Len = %d, want %d", i, q.Len(), len(model))
		}
	}
	return nil
}

func TestMPSCAgainstModel(t *testing.T) {
	parameters := gopter.DefaultTestParameters()
	parameters.MinSuccessfulTests = 300
	parameters.MaxSize = 300
	properties := gopter.NewProperties(parameters)
	properties.Property("queue and slice agree after every operation", prop.ForAll(
		func(slots int, ops []uint16) (string, error) { return "", mpscAgainstModel(slots, ops) },
		gen.IntRange(1, 9), gen.SliceOf(gen.UInt16()),
	))
	properties.TestingRun(t)
}

// A producer that is paused between Claim and Publish holds back the others'
// values, loses none, and is what the documentation says about a full queue.
func TestMPSCPausedProducer(t *testing.T) {
	q, _ := NewMPSC[int](4)
	q.Push(1)
	paused, _ := q.Claim()
	*paused.Value() = 2
	q.Push(3)
	q.Push(4)
	if q.Push(5) {
		t.Fatal("Push into a full queue")
	}
	if v, ok := q.Pop(); v != 1 || !ok {
		t.Fatalf("Pop = %d, %t", v, ok)
	}
	if q.Peek() != nil || q.Len() != 3 {
		t.Fatal("a later value overtook the paused one")
	}
	if !q.Push(5) || q.Push(6) {
		t.Fatal("one slot is free")
	}
	paused.Publish()
	for want := 2; want <= 5; want++ {
		if v, ok := q.Pop(); v != want || !ok {
			t.Fatalf("Pop = %d, %t, want %d", v, ok, want)
		}
	}
}

func TestMPSCPanics(t *testing.T) {
	q, _ := NewMPSC[int](2)
	mustPanic(t, "Release without Peek", q.Release)
	ticket, _ := q.Claim()
	ticket.Publish()
	mustPanic(t, "Publish twice", ticket.Publish)
	q.Pop()
	mustPanic(t, "Publish after the slot was released", ticket.Publish)
	mustPanic(t, "Release after Pop", q.Release)
	q.Push(1)
	q.Push(2) // the ticket's slot, on the next lap
	mustPanic(t, "Publish on the next lap", ticket.Publish)
	for want := 1; want <= 2; want++ {
		if v, ok := q.Pop(); v != want || !ok {
			t.Errorf("Pop = %d, %t, want %d", v, ok, want)
		}
	}
}

// Pop lets go of what the value points to; Release keeps the slot as it is.
func TestMPSCSlots(t *testing.T) {
	q, _ := NewMPSC[[]byte](2)
	q.Push([]byte("ab"))
	q.Pop()
	if q.slots[0].value != nil {
		t.Error("Pop left the value in its slot")
	}
	q.Push([]byte("ab"))
	q.Peek()
	q.Release()
	if q.slots[1].value == nil {
		t.Error("Release cleared the slot")
	}
}

func TestMPSCStress(t *testing.T) {
	const producers = 4
	for _, slots := range []int{2, 8, 1024} {
		q, err := NewMPSC[parcel](slots)
		if err != nil {
			t.Fatal(err)
		}
		var gone sync.WaitGroup
		for producer := range uint64(producers) {
			gone.Go(func() {
				var v parcel
				for n := uint64(0); n < stressCount/producers; {
					if n%2 == 0 {
						if v.fill(producer, n); q.Push(v) {
							n++
							continue
						}
					} else if ticket, ok := q.Claim(); ok {
						if n%64 == 1 {
							runtime.Gosched() // paused with a slot in hand
						}
						ticket.Value().fill(producer, n)
						ticket.Publish()
						n++
						continue
					}
					runtime.Gosched()
				}
			})
		}
		collect(t, producers, stressCount/producers, q.Peek, q.Release, q.Pop)
		gone.Wait()
		if q.Len() != 0 {
			t.Errorf("%d slots taken in the end", q.Len())
		}
	}
}

// Producers alone, all at once, until the queue is full: every position goes to
// one of them, and the refusals come at exactly the queue's size.
func TestMPSCContention(t *testing.T) {
	const producers, slots = 2, 1 << 15
	type small struct{ producer, n uint64 }
	for range 8 {
		q, err := NewMPSC[small](slots)
		if err != nil {
			t.Fatal(err)
		}
		var gone sync.WaitGroup
		var pushed [producers]uint64
		var ready atomic.Int32
		for producer := range uint64(producers) {
			gone.Go(func() {
				// Meet first, or one would be done before the other runs.
				for ready.Add(1); ready.Load() < producers; {
					runtime.Gosched()
				}
				n := uint64(0)
				for {
					ticket, ok := q.Claim()
					if !ok {
						if taken := q.tail.Load(); taken != slots {
							t.Errorf("refused with %d of %d taken", taken, slots)
						}
						break
					}
					*ticket.Value() = small{producer, n}
					ticket.Publish()
					n++
				}
				pushed[producer] = n
			})
		}
		gone.Wait()
		var next [producers]uint64
		for i := range slots {
			v, ok := q.Pop()
			if !ok || v.n != next[v.producer] {
				t.Fatalf("value %d: %+v, %t, want the next of %v", i, v, ok, next)
			}
			next[v.producer]++
		}
		if next != pushed {
			t.Fatalf("got %v, pushed %v", next, pushed)
		}
	}
}

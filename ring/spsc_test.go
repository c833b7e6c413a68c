package ring

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"unsafe"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
)

// apart fails unless two fields lie on different cache lines wherever the
// struct begins.
func apart(t *testing.T, first string, firstEnd uintptr, second string, at uintptr) {
	t.Helper()
	if at < firstEnd+lineBytes {
		t.Errorf("%s ends at %d, %s begins at %d: want %d bytes between", first, firstEnd, second, at, lineBytes)
	}
}

func TestSPSCCacheLines(t *testing.T) {
	var q SPSC[uint64]
	size := unsafe.Sizeof(q.mask)
	apart(t, "the neighbour", 0, "slots", unsafe.Offsetof(q.slots))
	apart(t, "mask", unsafe.Offsetof(q.mask)+size, "claim", unsafe.Offsetof(q.claim))
	apart(t, "claimed", unsafe.Offsetof(q.claimed)+1, "tail", unsafe.Offsetof(q.tail))
	apart(t, "tail", unsafe.Offsetof(q.tail)+size, "take", unsafe.Offsetof(q.take))
	apart(t, "peeked", unsafe.Offsetof(q.peeked)+1, "head", unsafe.Offsetof(q.head))
	apart(t, "head", unsafe.Offsetof(q.head)+size, "the neighbour", unsafe.Sizeof(q))
	// What one side uses together stays together.
	if end := unsafe.Offsetof(q.claimed) + 1 - unsafe.Offsetof(q.claim); end > 64 {
		t.Errorf("the producer's own fields take %d bytes", end)
	}
	if end := unsafe.Offsetof(q.peeked) + 1 - unsafe.Offsetof(q.take); end > 64 {
		t.Errorf("the consumer's own fields take %d bytes", end)
	}
}

// spscAgainstModel applies operations to a queue and to a slice.
func spscAgainstModel(slots int, ops []byte) error {
	q, err := NewSPSC[uint64](slots)
	if err != nil {
		return err
	}
	var model []uint64
	var claimed, peeked bool
	value := uint64(0)
	for i, op := range ops {
		value++
		full, empty := len(model) == q.Cap(), len(model) == 0
		switch op % 6 {
		case 0:
			if ok := q.Push(value); ok == full {
				return fmt.Errorf("step %d: Push = %t with %d of %d", i, ok, len(model), q.Cap())
			}
			if !full {
				model, claimed = append(model, value), false
			}
		case 1:
			v, ok := q.Pop()
			if ok == empty || ok && v != model[0] || !ok && v != 0 {
				return fmt.Errorf("step %d: Pop = %d, %t, want of %v", i, v, ok, model)
			}
			if ok {
				model, peeked = model[1:], false
			}
		case 2:
			v := q.Claim()
			if (v == nil) != full || v != nil && v != q.Claim() {
				return fmt.Errorf("step %d: Claim = %v with %d of %d", i, v, len(model), q.Cap())
			}
			if v != nil {
				*v, claimed = value, true
			}
		case 3:
			if claimed {
				model, claimed = append(model, *q.Claim()), false
				q.Publish()
			}
		case 4:
			v := q.Peek()
			if (v == nil) != empty || v != nil && (*v != model[0] || v != q.Peek()) {
				return fmt.Errorf("step %d: Peek = %v, want of %v", i, v, model)
			}
			peeked = v != nil
		case 5:
			if peeked {
				model, peeked = model[1:], false
				q.Release()
			}
		}
		if q.Len() != len(model) {
			return fmt.Errorf("step %d: Len = %d, want %d", i, q.Len(), len(model))
		}
	}
	return nil
}

func TestSPSCAgainstModel(t *testing.T) {
	parameters := gopter.DefaultTestParameters()
	parameters.MinSuccessfulTests = 300
	parameters.MaxSize = 300
	properties := gopter.NewProperties(parameters)
	properties.Property("queue and slice agree after every operation", prop.ForAll(
		func(slots int, ops []byte) (string, error) { return "", spscAgainstModel(slots, ops) },
		gen.IntRange(1, 9), gen.SliceOf(gen.UInt8()),
	))
	properties.TestingRun(t)
}

func TestSPSCPanics(t *testing.T) {
	q, _ := NewSPSC[int](2)
	mustPanic(t, "Publish without Claim", q.Publish)
	mustPanic(t, "Release without Peek", q.Release)
	q.Push(1)
	mustPanic(t, "Publish after Push", q.Publish)
	q.Push(2)
	if q.Claim() != nil {
		t.Error("Claim of a full queue")
	}
	mustPanic(t, "Publish when full", q.Publish)
	q.Pop()
	mustPanic(t, "Release after Pop", q.Release)
	if v, ok := q.Pop(); v != 2 || !ok || q.Len() != 0 {
		t.Errorf("Pop = %d, %t, %d left", v, ok, q.Len())
	}
}

// Pop lets go of what the value points to; Release keeps the slot as it is.
func TestSPSCSlots(t *testing.T) {
	q, _ := NewSPSC[[]byte](2)
	q.Push([]byte("ab"))
	q.Pop()
	if q.slots[0] != nil {
		t.Error("Pop left the value in its slot")
	}
	for range 2 {
		v := q.Claim()
		*v = append((*v)[:0], "abc"...)
		q.Publish()
		q.Peek()
		q.Release()
	}
	if cap(q.slots[0]) < 3 || cap(q.slots[1]) < 3 {
		t.Error("Release cleared the slot")
	}
}

// Between Len's two loads both sides may have gone round: the answer stays
// within the queue.
func TestSPSCLenIsBounded(t *testing.T) {
	q, _ := NewSPSC[int](4)
	q.tail.Store(9) // as if published after Len looked at head
	if got := q.Len(); got != 4 {
		t.Errorf("Len() = %d, want 4", got)
	}
}

// parcel is a value that shows if it was seen half written.
type parcel struct {
	producer, n uint64
	words       [9]uint64
}

func (p *parcel) fill(producer, n uint64) {
	p.producer, p.n = producer, n
	for i := range p.words {
		p.words[i] = n*31 + producer*7 + uint64(i)
	}
}

func (p *parcel) whole() bool {
	for i, w := range p.words {
		if w != p.n*31+p.producer*7+uint64(i) {
			return false
		}
	}
	return true
}

// stressCount is how many values go through a queue in a stress test; enough
// to go round thousands of times.
const stressCount = 60_000

// collect takes producers times count values and fails unless each is whole
// and each producer's come in order without holes. Every third is popped, the
// others are read in place.
func collect(t *testing.T, producers int, count uint64, peek func() *parcel, release func(), pop func() (parcel,
	bool),
) {
	next := make([]uint64, producers)
	for i := 0; i < producers*int(count); {
		var v parcel
		if i%3 == 0 {
			var ok bool
			if v, ok = pop(); !ok {
				runtime.Gosched()
				continue
			}
		} else {
			p := peek()
			if p == nil {
				runtime.Gosched()
				continue
			}
			v = *p
			release()
		}
		if !v.whole() || v.producer >= uint64(producers) || v.n != next[v.producer] {
			t.Fatalf("value %d: %+v, want the next of %v", i, v, next)
		}
		next[v.producer]++
		i++
	}
	if slices.Max(next) != count || slices.Min(next) != count {
		t.Fatalf("got %v, want %d of each", next, count)
	}
	if peek() != nil {
		t.Fatal("there is one more")
	}
}

func TestSPSCStress(t *testing.T) {
	for _, slots := range []int{2, 8, 1024} {
		q, err := NewSPSC[parcel](slots)
		if err != nil {
			t.Fatal(err)
		}
		var gone sync.WaitGroup
		gone.Go(func() {
			var v parcel
			for n := uint64(0); n < stressCount; {
				if n%2 == 0 {
					if v.fill(0, n); q.Push(v) {
						n++
						continue
					}
				} else if p := q.Claim(); p != nil {
					p.fill(0, n)
					q.Publish()
					n++
					continue
				}
				if l := q.Len(); l < 0 || l > q.Cap() {
					t.Errorf("Len() = %d of %d", l, q.Cap())
				}
				runtime.Gosched()
			}
		})
		collect(t, 1, stressCount, q.Peek, q.Release, q.Pop)
		gone.Wait()
	}
}

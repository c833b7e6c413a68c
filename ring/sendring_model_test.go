package ring

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
)

// frameModel says what a Frames does, slowly and in other terms: it knows
// no positions, only where in the block each frame lies, and it keeps a copy of
// every frame.
type frameModel struct {
	size, records int

	frames  []*modelFrame // of use: kept, or unsent, or both; oldest first
	offset  int           // in the block, where the next frame would go
	next    uint64
	reserve int // offset of the reservation; -1 means none
	length  int // of the reservation
}

type modelFrame struct {
	rec     Record
	offset  int
	data    []byte
	written int
	dropped bool
	kept    bool
}

func (m *modelFrame) unsent() bool { return !m.dropped && m.written < len(m.data) }

func (m *modelFrame) state() SentState {
	switch m.written {
	case 0:
		return NotSent
	case len(m.data):
		return Sent
	}
	return Partial
}

// overlaps reports whether a range of the block holds bytes of use.
func (m *modelFrame) overlaps(from, to int) bool {
	first := m.offset
	if !m.kept {
		first += m.written
	}
	return first < to && from < m.offset+len(m.data)
}

func (m *frameModel) kept() (kept []*modelFrame) {
	for _, f := range m.frames {
		if f.kept {
			kept = append(kept, f)
		}
	}
	return kept
}

func (m *frameModel) waiting() (n int) {
	for _, f := range m.kept() {
		if f.unsent() {
			n++
		}
	}
	return n
}

func (m *frameModel) unsent() (n int) {
	for _, f := range m.frames {
		if f.unsent() {
			n += len(f.data) - f.written
		}
	}
	return n
}

// room returns where n bytes would go and how many of the oldest frames they, and
// more bytes behind them, would cost, or false if one of those is unsent.
func (m *frameModel) room(n, more int) (offset, cost int, ok bool) {
	offset = m.offset
	if offset+n > m.size {
		offset = 0
	}
	for i, f := range m.frames {
		hit := f.overlaps(offset, offset+n+more) || f.overlaps(0, offset+n+more-m.size)
		if offset < m.offset { // the skipped end of the block is taken as well
			hit = hit || f.overlaps(m.offset, m.size)
		}
		if hit {
			cost = i + 1
		}
	}
	for _, f := range m.frames[:cost] {
		if f.unsent() {
			return 0, 0, false
		}
	}
	return offset, cost, true
}

// want returns what ReserveLeaving must return: nil, *FullError or *TooLargeError.
func (m *frameModel) want(n, more, records int) error {
	m.reserve = -1
	if n > m.size {
		return &TooLargeError{Need: n, Limit: m.size}
	}
	offset, cost, ok := m.room(n, more)
	if !ok || n+more > m.size || m.waiting()+records >= m.records {
		free := 0
		for i := m.size; i > 0 && free == 0; i-- {
			if _, _, ok := m.room(i, 0); ok {
				free = i
			}
		}
		return &FullError{Need: n, Free: free, Unsent: m.unsent(), Waiting: m.waiting(), Records: m.records}
	}
	m.frames = slices.Clone(m.frames[cost:])
	m.reserve, m.length = offset, n
	return nil
}

func (m *frameModel) commit(data []byte, rec Record) {
	m.frames = append(m.frames, &modelFrame{rec: rec, offset: m.reserve, data: data, kept: rec.Seq != 0})
	m.offset = m.reserve + len(data)
	m.reserve = -1
	if rec.Seq == 0 {
		return
	}
	m.next = rec.Seq + 1
	if kept := m.kept(); len(kept) > m.records {
		kept[0].kept = false
		m.tidy()
	}
}

// pending returns the unsent bytes of all runs, and the length of the first.
func (m *frameModel) pending() (all []byte, run int) {
	end := -1
	for _, f := range m.frames {
		if !f.unsent() {
			continue
		}
		if end < 0 || end == f.offset {
			end = f.offset + len(f.data)
			run += len(f.data) - f.written
		} else {
			end = m.size + 1 // no frame begins here
		}
		all = append(all, f.data[f.written:]...)
	}
	return all, run
}

func (m *frameModel) wrote(n int) {
	for _, f := range m.frames {
		if f.unsent() {
			k := min(n, len(f.data)-f.written)
			f.written += k
			n -= k
		}
	}
	m.tidy()
}

func (m *frameModel) drop() {
	for _, f := range m.frames {
		f.dropped = true
	}
	m.reserve = -1
	m.tidy()
}

func (m *frameModel) rebase(next uint64) {
	for _, f := range m.frames {
		f.kept = false
	}
	m.next = next
	m.tidy()
}

// tidy removes what is of no use any more.
func (m *frameModel) tidy() {
	m.frames = slices.DeleteFunc(m.frames, func(f *modelFrame) bool { return !f.kept && !f.unsent() })
}

// framesDriver applies the same operations to a ring and to its model.
type framesDriver struct {
	f     *SendRing
	m     *frameModel
	buf   []byte // the open reservation
	clock int64
	fill  byte

	more, records int // what the next reservation leaves

	seen map[string]int // how often each kind of thing happened
}

func newFramesDriver(config SendRingConfig) (*framesDriver, error) {
	f, err := NewSendRing(config)
	if err != nil {
		return nil, err
	}
	c := f.Config()
	if config.OnDemand {
		f.index = f.index[:2] // so that short runs grow
	}
	return &framesDriver{
		f:    f,
		m:    &frameModel{size: c.Bytes, records: c.Records, next: 1, reserve: -1},
		seen: map[string]int{},
	}, nil
}

// step applies one operation, drawn from op and sized by arg, and compares all
// that can be seen.
func (d *framesDriver) step(op, arg byte) error {
	switch op % 16 {
	case 0, 1, 2: // a small frame, the common case
		d.more, d.records = int(op)>>6*d.m.size/8, int(op)>>4&1
		err := d.reserve(1 + int(arg)%(d.m.size/8))
		d.more, d.records = 0, 0
		if err != nil {
			return err
		}
		return d.commit(int(arg), true)
	case 3: // a frame of any size, also beyond the largest
		if err := d.reserve(1 + int(arg)*(d.m.size+4)/255); err != nil {
			return err
		}
		return d.commit(0, true)
	case 4: // a copy that is not kept
		if err := d.reserve(1 + int(arg)%(d.m.size/4)); err != nil {
			return err
		}
		return d.commit(0, false)
	case 5: // a reservation left open, or given up for the next
		if err := d.reserve(1 + int(arg)%d.m.size); err != nil {
			return err
		}
	case 6:
		return d.commit(int(arg), arg%3 != 0)
	case 7, 8, 9: // a partial write
		return d.write(int(arg) % (1 + len(d.f.Pending())))
	case 10, 11: // a write of all that Pending gives
		return d.write(len(d.f.Pending()))
	case 12: // replay one frame by copy, as a session does
		return d.replay(uint64(arg))
	case 13:
		if arg%4 == 0 {
			d.f.Drop()
			d.m.drop()
			d.seen["drop"]++
		}
	case 14:
		if arg%8 == 0 {
			next := uint64(arg)*uint64(arg)*1e12 + 1
			d.f.Rebase(next)
			d.m.rebase(next)
			d.seen["rebase"]++
		}
	case 15:
		return d.write(0)
	}
	return d.check()
}

func (d *framesDriver) reserve(n int) error {
	want := d.m.want(n, d.more, d.records)
	buf, err := d.f.ReserveLeaving(n, d.more, d.records)
	if want == nil && d.more > 0 {
		d.seen["leaves room"]++
	} else if want != nil && d.more > 0 {
		if _, _, ok := d.m.room(n, 0); ok && d.m.waiting() < d.m.records {
			d.seen["would leave too little"]++
		}
	}
	d.buf = nil
	if want != nil {
		if err == nil || err.Error() != want.Error() {
			return fmt.Errorf("Reserve(%d) = %v, want %v", n, err, want)
		}
		full := fmt.Sprintf("%T", want) == "*ring.FullError"
		if buf != nil || errors.Is(err, ErrFull) != full || errors.Is(err, ErrTooLarge) == full {
			return fmt.Errorf("Reserve(%d) = %d bytes and %T", n, len(buf), err)
		}
		d.seen[fmt.Sprintf("%T", want)]++
		return d.check()
	}
	if err != nil || len(buf) != n || cap(buf) != n {
		return fmt.Errorf("Reserve(%d) = length %d, capacity %d, %v", n, len(buf), cap(buf), err)
	}
	if &buf[0] != &d.f.block[d.m.reserve] {
		return fmt.Errorf("Reserve(%d) is not at offset %d", n, d.m.reserve)
	}
	if d.m.reserve < d.m.offset {
		d.seen["wrap"]++
	}
	for i := range buf {
		d.fill = d.fill*5 + 1
		buf[i] = d.fill
	}
	d.buf = buf
	return d.check()
}

// commit keeps all of the open reservation but cut bytes, if there is one.
func (d *framesDriver) commit(cut int, keep bool) error {
	if d.m.reserve < 0 {
		return d.check()
	}
	d.clock += 7
	n := d.m.length - cut%d.m.length
	rec := Record{Stamp: d.clock, Reference: uint64(d.clock) * 3, Kind: uint32(n)}
	if keep {
		rec.Seq = d.m.next
	}
	data := bytes.Clone(d.buf[:n])
	d.buf = nil
	d.m.commit(data, rec)
	d.f.Commit(n, rec)
	d.seen["commit"]++
	return d.check()
}

func (d *framesDriver) write(n int) error {
	d.f.Written(n)
	d.m.wrote(n)
	return d.check()
}

func (d *framesDriver) replay(pick uint64) error {
	kept := d.m.kept()
	if len(kept) == 0 {
		return nil
	}
	seq := kept[0].rec.Seq + pick%uint64(len(kept))
	frame, _, ok := d.f.Frame(seq)
	if !ok {
		return fmt.Errorf("Frame(%d) is gone", seq)
	}
	if err := d.reserve(len(frame)); err != nil || d.buf == nil {
		return err
	}
	frame, _, ok = d.f.Frame(seq)
	if !ok {
		d.seen["evicted by its own replay"]++
		return d.check()
	}
	copy(d.buf, frame)
	d.seen["replay"]++
	return d.commit(0, false)
}

// check compares all that can be seen.
func (d *framesDriver) check() error {
	if err := d.f.invariants(); err != nil {
		return err
	}
	all, run := d.m.pending()
	if got := d.f.Pending(); !bytes.Equal(got, all[:run]) || cap(got) != run {
		return fmt.Errorf("Pending() = %x, want %x", got, all[:run])
	}
	if got := d.f.PendingBytes(); got != len(all) {
		return fmt.Errorf("PendingBytes() = %d, want %d", got, len(all))
	}
	if run < len(all) {
		d.seen["two runs"]++
	}

	kept := d.m.kept()
	oldest, newest := uint64(0), uint64(0)
	if len(kept) > 0 {
		oldest, newest = kept[0].rec.Seq, kept[len(kept)-1].rec.Seq
	}
	if d.f.Oldest() != oldest || d.f.Newest() != newest {
		return fmt.Errorf("kept %d..%d, want %d..%d", d.f.Oldest(), d.f.Newest(), oldest, newest)
	}
	for _, seq := range []uint64{0, oldest - 1, newest + 1, newest + uint64(d.m.records)} {
		if _, _, ok := d.f.Frame(seq); ok && (seq < oldest || seq > newest) {
			return fmt.Errorf("Frame(%d) is there, kept are %d..%d", seq, oldest, newest)
		}
	}
	for _, want := range kept {
		frame, rec, ok := d.f.Frame(want.rec.Seq)
		if !ok || rec != want.rec || !bytes.Equal(frame, want.data) || cap(frame) != len(frame) {
			return fmt.Errorf("Frame(%d) = %x, %+v, %t, want %x, %+v", want.rec.Seq, frame, rec, ok, want.data,
				want.rec)
		}
	}
	i := 0
	for rec, state := range d.f.All() {
		if i == len(kept) || rec != kept[i].rec || state != kept[i].state() {
			return fmt.Errorf("All() gives %+v, %v as number %d of %d", rec, state, i, len(kept))
		}
		d.seen[state.String()]++
		i++
	}
	if i != len(kept) {
		return fmt.Errorf("All() gives %d frames, want %d", i, len(kept))
	}
	return nil
}

// sizes are small, so that a short run goes round often; the last one has more
// records than frames fit, the second fewer. Two grow.
var framesModelSizes = []SendRingConfig{
	{Bytes: 64, Records: 2},
	{Bytes: 64, Records: 4},
	{Bytes: 128, Records: 8},
	{Bytes: 256, Records: 4},
	{Bytes: 64, Records: 64},
	{Bytes: 256, Records: 8, OnDemand: true},
	{Bytes: 64, Records: 64, OnDemand: true},
}

func TestFramesAgainstModel(t *testing.T) {
	seen := map[string]int{}
	run := func(ops []uint16) error {
		for _, config := range framesModelSizes {
			d, err := newFramesDriver(config)
			if err != nil {
				return err
			}
			for i, op := range ops {
				if err := d.step(byte(op>>8), byte(op)); err != nil {
					return fmt.Errorf("%+v, step %d: %w", config, i, err)
				}
			}
			for k, n := range d.seen {
				seen[k] += n
			}
			if err := d.f.Close(); err != nil {
				return err
			}
		}
		return nil
	}

	parameters := gopter.DefaultTestParameters()
	parameters.MinSuccessfulTests = 500
	parameters.MaxSize = 500
	properties := gopter.NewProperties(parameters)
	properties.Property("ring and model agree after every operation", prop.ForAll(
		func(ops []uint16) (string, error) { return "", run(ops) },
		gen.SliceOf(gen.UInt16()),
	))
	properties.TestingRun(t)

	// A property that never reaches a case proves nothing about it.
	for _, what := range []string{
		"commit", "wrap", "two runs", "replay", "evicted by its own replay", "drop", "rebase",
		"*ring.FullError", "*ring.TooLargeError", "leaves room", "would leave too little", "not sent", "partial",
		"sent",
	} {
		if seen[what] == 0 {
			t.Errorf("no run saw %q: %v", what, seen)
		}
	}
}

// FuzzFrames takes two bytes an operation, after one for the size. Run it with
// -fuzzminimizetime 5x: by default most of the time goes into shortening scripts
// that are merely new.
func FuzzFrames(f *testing.F) {
	f.Add([]byte{0})
	f.Add([]byte{1, 3, 255, 10, 0, 3, 100, 7, 9, 3, 200, 13, 0, 12, 1})
	f.Add([]byte{2, 0, 30, 0, 40, 10, 0, 0, 50, 4, 60, 12, 2, 11, 0, 14, 8, 5, 90, 6, 7})
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) == 0 || len(script) > 4000 {
			return
		}
		d, err := newFramesDriver(framesModelSizes[int(script[0])%len(framesModelSizes)])
		if err != nil {
			t.Fatal(err)
		}
		defer d.f.Close()
		for i := 1; i+1 < len(script); i += 2 {
			if err := d.step(script[i], script[i+1]); err != nil {
				t.Fatalf("%+v, step %d: %v", d.f.Config(), i/2, err)
			}
		}
	})
}

package screen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
	"sync"

	"github.com/smk-go/smk/journal"
)

// Limits of a timeline.
const (
	// checkpointEvery is how many records there are between checkpoints at first, and twice as many each time there are
	// too many of them. A checkpoint takes as long as applying some thousands of records.
	checkpointEvery = 1 << 16
	checkpointsMax  = 48
	marksMax        = 1 << 16 // of a kind; of more only the first are found
)

// ErrNoMark reports that nothing of a kind follows, or comes before.
var ErrNoMark = errors.New("there is none")

// Timeline returns pictures of the past of a journal. A [Live] fills it while it reads; any goroutine may ask.
type Timeline struct {
	dir     string
	options Options

	mu          sync.Mutex // guards what follows
	checkpoints []*checkpoint
	every       uint64
	marks       map[Kind][]Mark
	first, last Position

	travel  sync.Mutex // guards what follows
	model   *Model
	reader  *journal.Reader
	pending *journal.Record // read, and not applied yet
}

// clear forgets everything: there is another journal.
func (t *Timeline) clear() {
	t.travel.Lock()
	t.forget()
	t.travel.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.checkpoints, t.every, t.marks = nil, checkpointEvery, map[Kind][]Mark{}
	t.first, t.last = Position{}, Position{}
}

// Position is a record with its time.
type Position struct {
	Record uint64 `json:"record"`
	At     int64  `json:"at"` // latest wall clock up to it
}

func newTimeline(dir string, o Options) *Timeline {
	return &Timeline{dir: dir, options: o, every: checkpointEvery, marks: map[Kind][]Mark{}}
}

// note follows the model that reads the journal: after each record, or at least after those with marks and after the
// one that the call before returned.
func (t *Timeline) note(m *Model) (next uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reached(m)
	for _, mark := range m.facts.marks {
		if list := t.marks[mark.Kind]; len(list) < marksMax {
			t.marks[mark.Kind] = append(list, mark)
		}
	}
	if n := len(t.checkpoints); n == 0 || m.facts.record >= t.checkpoints[n-1].facts.record+t.every {
		t.checkpoints = append(t.checkpoints, m.save())
	}
	if len(t.checkpoints) > checkpointsMax {
		t.every *= 2
		kept := t.checkpoints[:0]
		for i, c := range t.checkpoints {
			if i%2 == 0 {
				kept = append(kept, c)
			}
		}
		clear(t.checkpoints[len(kept):])
		t.checkpoints = kept
	}
	return t.checkpoints[len(t.checkpoints)-1].facts.record + t.every
}

// reach follows how far the model has read.
func (t *Timeline) reach(m *Model) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reached(m)
}

func (t *Timeline) reached(m *Model) {
	if m.facts.record == 0 {
		return
	}
	if t.last = (Position{m.facts.record, m.facts.latest}); t.first.Record == 0 {
		t.first = t.last
	}
}

// Range returns the first and the last record that were read.
func (t *Timeline) Range() (first, last Position) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.first, t.last
}

// AtTime returns the picture as of a time: of the last record before the first one that is later. Before the first
// record it is that of the first.
func (t *Timeline) AtTime(ctx context.Context, at int64) (*Picture, error) {
	first, last := t.Range()
	at = min(max(at, first.At), last.At)
	return t.goTo(ctx, func(f *facts) bool { return f.latest <= at }, func(_ *facts, r *journal.Record) bool {
		return r.Wall <= at
	}, last.Record)
}

// AtRecord returns the picture as of a record, or the last one before it.
func (t *Timeline) AtRecord(ctx context.Context, record uint64) (*Picture, error) {
	first, last := t.Range()
	record = min(max(record, first.Record), last.Record)
	return t.goTo(ctx, func(f *facts) bool { return f.record <= record }, func(_ *facts, r *journal.Record) bool {
		return r.Seq <= record
	}, last.Record)
}

// Find returns the next mark of a kind behind a record, or the last one before it. The error is ErrNoMark.
func (t *Timeline) Find(kind Kind, record uint64, back bool) (Mark, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := t.marks[kind]
	i := sort.Search(len(list), func(i int) bool { return list[i].Record > record })
	if back {
		for i--; i >= 0 && list[i].Record >= record; i-- {
		}
	}
	if i < 0 || i >= len(list) {
		return Mark{}, ErrNoMark
	}
	return list[i], nil
}

// Marks returns the marks of a kind, or as many of them spread over all as there is room for.
func (t *Timeline) Marks(kind Kind, room int) []Mark {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := t.marks[kind]
	if len(list) <= room {
		return slices.Clone(list)
	}
	some := make([]Mark, 0, room)
	for i := range room {
		some = append(some, list[i*len(list)/room])
	}
	return some
}

// goTo moves the model to the last record for which both functions hold, and not beyond one that was read.
func (t *Timeline) goTo(
	ctx context.Context, before func(*facts) bool, wanted func(*facts, *journal.Record) bool, last uint64,
) (*Picture, error) {
	t.travel.Lock()
	defer t.travel.Unlock()
	if err := t.start(before); err != nil {
		t.forget()
		return nil, err
	}
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		r, err := t.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.forget()
			return nil, err
		}
		if !r.Own && (r.Seq > last || !wanted(&t.model.facts, r)) {
			t.keep(r)
			break
		}
		t.model.Apply(r)
	}
	return t.model.Picture(), nil
}

// start makes the model one of a record before the one that is wanted: the one it has, or that of a checkpoint.
func (t *Timeline) start(before func(*facts) bool) error {
	t.mu.Lock()
	var from *checkpoint
	for _, c := range t.checkpoints {
		if before(&c.facts) {
			from = c
		}
	}
	t.mu.Unlock()
	if from == nil {
		return errors.New("nothing has been read yet")
	}
	if t.model != nil && before(&t.model.facts) && t.model.facts.record >= from.facts.record {
		return nil
	}
	t.forget()
	reader, err := journal.OpenDir(t.dir, journal.ReaderConfig{Follow: true})
	if err != nil {
		return err
	}
	t.reader = reader
	if err := reader.SeekSeq(from.facts.record + 1); err != nil {
		return fmt.Errorf("what was recorded then is not there any more: %w", err)
	}
	t.model = New(t.options)
	t.model.restore(from)
	return nil
}

// next returns the next record.
func (t *Timeline) next() (*journal.Record, error) {
	if r := t.pending; r != nil {
		t.pending = nil
		return r, nil
	}
	return t.reader.Next()
}

// keep keeps a record for the next call of next.
func (t *Timeline) keep(r *journal.Record) {
	c := *r
	c.Payload = append(make([]byte, 0, len(r.Payload)+payloadSlack), r.Payload...)
	t.pending = &c
}

// payloadSlack is room behind a payload that a decoder may read, and never uses.
const payloadSlack = 64

// forget begins anew with the next call.
func (t *Timeline) forget() {
	if t.reader != nil {
		_ = t.reader.Close()
	}
	t.model, t.reader, t.pending = nil, nil, nil
}

// Close closes the files.
func (t *Timeline) Close() {
	t.travel.Lock()
	defer t.travel.Unlock()
	t.forget()
}

package smknats

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/plugin/smknats/internal/natstest"
)

// patience is how long a test waits for what does not come.
const patience = time.Minute

const ms = time.Millisecond

// writer writes a journal of random records.
type writer struct {
	t   *testing.T
	dir string
	r   *rand.Rand
	j   *journal.Journal
	c   journal.Config
	at  int64
}

func newWriter(t *testing.T, seed uint64) *writer {
	t.Helper()
	w := &writer{t: t, dir: t.TempDir(), r: rand.New(rand.NewPCG(seed, 1))}
	w.c = journal.Config{
		Dir: w.dir, Name: "test", SegmentBytes: 32 << 10, RingBytes: 64 << 10,
		OnFull: journal.FullWait,
	}
	w.open()
	t.Cleanup(func() { _ = w.j.Close() })
	return w
}

func (w *writer) open() {
	w.t.Helper()
	var err error
	if w.j, err = journal.Open(w.c); err != nil {
		w.t.Fatal(err)
	}
}

// add appends records and waits until they are written.
func (w *writer) add(n, sizeMax int) {
	w.t.Helper()
	rec := w.j.Recorder()
	payload := make([]byte, sizeMax)
	for range n {
		b := payload[:w.r.IntN(sizeMax)]
		for i := range b {
			b[i] = byte(w.r.Uint32())
		}
		w.at++
		rec.Append(journal.KindTape, 0, 1, w.at, b)
		rec.Commit()
	}
	if err := w.j.Sync(); err != nil {
		w.t.Fatal(err)
	}
}

func (w *writer) close() {
	w.t.Helper()
	if err := w.j.Close(); err != nil {
		w.t.Fatal(err)
	}
}

// last is the number of the last record.
func (w *writer) last() uint64 { return w.j.Recorder().Seq() }

// running is a publisher that runs.
type running struct {
	*Publisher
	t    *testing.T
	stop context.CancelFunc
	err  chan error
}

func run(t *testing.T, s interface {
	JetStream(...nats.Option) jetstream.JetStream
}, c Config, hook func(string),
) *running {
	t.Helper()
	p, err := New(s.JetStream().Conn(), c)
	if err != nil {
		t.Fatal(err)
	}
	if hook != nil {
		p.hook = hook
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{p, t, cancel, make(chan error, 1)}
	go func() { r.err <- p.Run(ctx) }()
	t.Cleanup(func() { r.end() })
	return r
}

// end ends the publisher, and returns what Run returned.
func (r *running) end() error {
	r.stop()
	err := <-r.err
	r.err <- err
	return err
}

// until waits until a condition holds of the publisher's figures.
func (r *running) until(what string, holds func(s Stats) bool) {
	r.t.Helper()
	eventually(r.t, func() bool {
		select {
		case err := <-r.err:
			r.err <- err
			r.t.Fatalf("%s: the publisher ended: %v; %+v", what, err, r.Stats())
		default:
		}
		return holds(r.Stats())
	}, func() { r.t.Fatalf("%s: %+v", what, r.Stats()) })
}

// eventually waits until a condition holds.
func eventually(t *testing.T, holds func() bool, fail func()) {
	t.Helper()
	for began := time.Now(); !holds(); time.Sleep(time.Millisecond) {
		if time.Since(began) > patience {
			fail()
		}
	}
}

// config is a publisher's of the log alone.
func config(dir string) Config {
	return Config{
		Environment: "test", Account: "an.account", Dir: dir, BlockBytes: 4 << 10, Poll: time.Millisecond,
		DisableBooks: true, DisableOrders: true,
	}
}

// restore restores the log into a folder, and expects it to be the journal up to what the stream has.
func restore(t *testing.T, s *natstest.Server, from, to string) Restored {
	t.Helper()
	r, err := Restore(t.Context(), s.JetStream(), "test", "an.account", to)
	if err != nil {
		t.Fatal(err)
	}
	same(t, from, to, r)
	return r
}

func same(t *testing.T, from, to string, r Restored) {
	t.Helper()
	first, last, err := segments(to)
	if err != nil || last != r.Segment {
		t.Fatal(first, last, r, err)
	}
	for n := first; n <= last && n != 0; n++ {
		want, err := os.ReadFile(segmentPath(from, n))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(segmentPath(to, n))
		if err != nil {
			t.Fatal(err)
		}
		if n == last {
			if int64(len(got)) != r.Offset {
				t.Fatalf("segment %d has %d bytes, want %d", n, len(got), r.Offset)
			}
			want = want[:len(got)]
		}
		if !bytes.Equal(want, got) {
			t.Fatalf("segment %d differs", n)
		}
	}
}

// verify expects a journal without damage that ends with a record.
func verify(t *testing.T, dir string, last uint64) {
	t.Helper()
	report, err := journal.Verify(dir, journal.ReaderConfig{})
	if err != nil || report.LastSeq != last || report.TornBytes != 0 {
		t.Fatalf("%+v, %v; want records up to %d", report, err, last)
	}
}

func wantError(t *testing.T, err error, is error) {
	t.Helper()
	if !errors.Is(err, is) {
		t.Fatalf("%v, want %v", err, is)
	}
}

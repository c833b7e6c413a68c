package smknats

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/smk-go/smk/plugin/smknats/internal/natstest"
)

// TestThroughput publishes and restores a journal beside a plain loop of nats.go over the same bytes in as many
// messages, in interleaved rounds that begin with one and the other in turn. Both have the same bytes in the end; the
// figures are printed. NATS_LONG, the number of rounds, makes the journal long enough for them to mean something.
func TestThroughput(t *testing.T) {
	rounds, records := 1, 5_000
	if n, err := strconv.Atoi(os.Getenv("NATS_LONG")); err == nil {
		rounds, records = max(n, 5), 800_000
	}
	m := newMany(t, 1000)
	for range records {
		m.change()
	}
	m.flush()
	if err := m.j.Close(); err != nil {
		t.Fatal(err)
	}
	_, last, err := segments(m.dir)
	if err != nil {
		t.Fatal(err)
	}
	x := throughput{t: t, s: natstest.Start(t, nil), dir: m.dir, end: place{last, sizeOf(t, m.dir, last)}}
	var publish, restores, kept, work []float64
	for round := range rounds {
		var p, plain, r, read, keep time.Duration
		if round%2 == 0 {
			p = x.publish()
			plain = x.plain()
			r, read, keep = x.restore(), x.read(false), x.read(true)
		} else {
			plain = x.plain()
			p = x.publish()
			keep, read, r = x.read(true), x.read(false), x.restore()
		}
		publish, restores = append(publish, float64(plain)/float64(p)), append(restores, float64(read)/float64(r))
		kept = append(kept, float64(keep)/float64(r))
		work = append(work, float64(x.used[1])/float64(x.used[0]))
		rate := func(d time.Duration) float64 { return float64(x.bytes) / 1e6 / d.Seconds() }
		t.Logf("%.1f MB in %d blocks: publisher %.0f MB/s, plain %.0f; restore %.0f MB/s, plain %.0f, to a file %.0f",
			float64(x.bytes)/1e6, len(x.blocks), rate(p), rate(plain), rate(r), rate(read), rate(keep))
		x.remove()
	}
	began := time.Now()
	c := Config{Environment: "test", Account: "fold", Dir: m.dir, DisableLog: true}
	p := run(t, x.s, c, nil)
	p.until("fold", func(s Stats) bool { return s.Read == m.j.Recorder().Seq() && s.Books >= 1000 })
	t.Logf("books and orders of %d records after %v", p.Stats().Read, time.Since(began))
	t.Logf("medians of %d rounds, in brackets the least and the most", rounds)
	for _, f := range []struct {
		name string
		list []float64
	}{
		{"throughput of the publisher / plain", publish},
		{"processor time of plain / publisher, servers included", work},
		{"throughput of restore / plain consumer", restores},
		{"throughput of restore / plain consumer that writes a file and syncs it", kept},
	} {
		slices.Sort(f.list)
		t.Logf("%s: %.2f (%.2f to %.2f)", f.name, f.list[rounds/2], f.list[0], f.list[rounds-1])
	}
}

// throughput is what TestThroughput compares.
type throughput struct {
	t      *testing.T
	s      *natstest.Server
	dir    string
	end    place
	used   [2]time.Duration // processor time of the last publish and plain, server included
	bytes  uint64
	blocks [][]byte // of the journal, as the publisher cut it
}

const plainStream = "PLAIN"

// publish publishes the journal and returns how long that took. The stream is there already.
func (x *throughput) publish() time.Duration {
	x.t.Helper()
	c := config(x.dir)
	c.BlockBytes = 0
	p, err := New(x.s.JetStream().Conn(), c)
	if err == nil {
		_, err = openStream(x.t.Context(), p.js, p.logStream(), p.names.Log(c.Account))
	}
	if err != nil {
		x.t.Fatal(err)
	}
	runtime.GC()
	began, before := time.Now(), processorTime(x.t)
	r := run(x.t, x.s, c, nil)
	r.until("log", func(s Stats) bool { return s.Segment == x.end.segment && s.Offset == x.end.offset })
	took := time.Since(began)
	x.used[0] = processorTime(x.t) - before
	_ = r.end()
	stats := r.Stats()
	x.bytes, x.blocks = stats.Bytes, blocksOf(x.t, x.s.JetStream(), p.names.LogStream(c.Account), stats.Blocks)
	return took
}

// plain publishes the same blocks as a plain loop does.
func (x *throughput) plain() time.Duration {
	x.t.Helper()
	js := x.s.JetStream()
	if _, err := js.CreateStream(x.t.Context(), jetstream.StreamConfig{
		Name: plainStream, Subjects: []string{plainStream}, Storage: jetstream.FileStorage,
	}); err != nil {
		x.t.Fatal(err)
	}
	runtime.GC()
	began, before := time.Now(), processorTime(x.t)
	for _, b := range x.blocks {
		if _, err := js.PublishAsync(plainStream, b); err != nil {
			x.t.Fatal(err)
		}
	}
	<-js.PublishAsyncComplete()
	took := time.Since(began)
	x.used[1] = processorTime(x.t) - before
	return took
}

// restore restores the log.
func (x *throughput) restore() time.Duration {
	x.t.Helper()
	runtime.GC()
	began := time.Now()
	r, err := Restore(x.t.Context(), x.s.JetStream(), "test", "an.account", x.t.TempDir())
	if err != nil || uint64(r.Bytes) != x.bytes {
		x.t.Fatalf("%+v, %v", r, err)
	}
	return time.Since(began)
}

// read reads the plain stream, and keeps it in a file if that is wanted, as restore does.
func (x *throughput) read(keep bool) time.Duration {
	x.t.Helper()
	file, err := os.Create(filepath.Join(x.t.TempDir(), "plain"))
	if err != nil {
		x.t.Fatal(err)
	}
	runtime.GC()
	began, size := time.Now(), 0
	eachBlock(x.t, x.s.JetStream(), plainStream, uint64(len(x.blocks)), func(b []byte) {
		if size += len(b); keep {
			if _, err := file.Write(b); err != nil {
				x.t.Fatal(err)
			}
		}
	})
	if keep {
		err = file.Sync()
	}
	took := time.Since(began)
	if err := errors.Join(err, file.Close()); err != nil || size != int(x.bytes) {
		x.t.Fatalf("the plain stream has %d bytes, %v", size, err)
	}
	return took
}

// remove removes both streams, so that no round finds a fuller disk than another.
func (x *throughput) remove() {
	x.t.Helper()
	names, err := NewNames("test")
	if err != nil {
		x.t.Fatal(err)
	}
	js := x.s.JetStream()
	for _, name := range []string{plainStream, names.LogStream("an.account")} {
		if err := js.DeleteStream(x.t.Context(), name); err != nil {
			x.t.Fatal(err)
		}
	}
}

// blocksOf returns the data of a stream's messages.
func blocksOf(t *testing.T, js jetstream.JetStream, stream string, n uint64) (blocks [][]byte) {
	t.Helper()
	eachBlock(t, js, stream, n, func(b []byte) { blocks = append(blocks, b) })
	return blocks
}

// eachBlock reads the data of a stream's messages by a plain consumer.
func eachBlock(t *testing.T, js jetstream.JetStream, stream string, n uint64, f func(b []byte)) {
	t.Helper()
	c, err := js.OrderedConsumer(t.Context(), stream, jetstream.OrderedConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	messages, err := c.Messages(jetstream.PullMaxMessages(restoreAhead))
	if err != nil {
		t.Fatal(err)
	}
	defer messages.Stop()
	for range n {
		m, err := messages.Next(jetstream.NextContext(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		f(m.Data())
	}
}

// TestFanOut has consumers follow the books of a journal that grows. Each has the right books in the end; the processor
// time of server and consumers for each message that a consumer gets is printed. NATS_LONG makes them up to 1,000.
func TestFanOut(t *testing.T) {
	counts, changes := []int{5}, 300
	if os.Getenv("NATS_LONG") != "" {
		counts, changes = []int{1, 10, 100, 1000}, 2_000
	}
	s := natstest.Start(t, func(o *server.Options) { o.MaxConn = 4096 })
	m := newMany(t, 100)
	m.flush()
	p := run(t, s, Config{
		Environment: "test", Account: "demo", Dir: m.dir, DisableLog: true, DisableOrders: true,
		Conflate: 50 * time.Millisecond,
	}, nil)
	p.until("books", func(s Stats) bool { return s.Books >= 100 })
	for _, count := range counts {
		var followers []*Follower
		for range count {
			nc, err := nats.Connect(s.URL())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(nc.Close)
			f, err := Follow(t.Context(), nc, FollowConfig{Environment: "test", StaleAfter: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			until(t, f, "picture", func(e Event) bool { return e.Kind == BooksComplete })
			followers = append(followers, f)
		}
		var got atomic.Int64
		var delays delays
		target := make(chan struct{})
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		var wait sync.WaitGroup
		errs := make(chan error, count)
		for _, f := range followers {
			wait.Go(func() {
				for {
					e, err := f.Next(ctx)
					if err != nil {
						errs <- err
						return
					}
					if e.Kind != BookChanged {
						continue
					}
					got.Add(1)
					delays.add(time.Since(e.Book.Published))
					select {
					case <-target:
						if m.differs(f) == "" {
							return
						}
					default:
					}
				}
			})
		}
		before, began, books := processorTime(t), time.Now(), p.Stats().Books
		for i := range changes {
			m.change()
			if i%20 == 19 {
				m.flush()
				time.Sleep(10 * time.Millisecond)
			}
		}
		close(target)
		m.change() // after which everybody looks
		m.flush()
		wait.Wait()
		cancel()
		select {
		case err := <-errs:
			t.Fatal(err)
		default:
		}
		used, took := processorTime(t)-before, time.Since(began)
		t.Logf("%d consumers: %d messages published, %d delivered in %v (%.0f a second), %.1f us of processor each; "+
			"from publisher to consumer %s",
			count, p.Stats().Books-books, got.Load(), took.Round(time.Millisecond), float64(got.Load())/took.Seconds(),
			float64(used.Microseconds())/float64(got.Load()), delays.text())
		for _, f := range followers {
			f.Close()
		}
	}
}

// delays are how long messages took.
type delays struct {
	mu  sync.Mutex
	all []time.Duration
}

func (d *delays) add(v time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = append(d.all, v)
}

func (d *delays) text() string {
	slices.Sort(d.all)
	at := func(q float64) time.Duration { return d.all[int(q*float64(len(d.all)-1))].Round(10 * time.Microsecond) }
	return fmt.Sprintf("p50 %v, p99 %v", at(0.5), at(0.99))
}

// processorTime is what this process has used.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		t.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

package smknats

import (
	"context"
	"fmt"
	"os"
	"slices"
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
// messages, in interleaved rounds. Both have the same bytes in the end; the figures are printed. NATS_LONG makes the
// journal long enough for them to mean something.
func TestThroughput(t *testing.T) {
	rounds, records := 1, 5_000
	if os.Getenv("NATS_LONG") != "" {
		rounds, records = 5, 800_000
	}
	s := natstest.Start(t, nil)
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
	size := sizeOf(t, m.dir, last)
	var publish, restores []float64
	for round := range rounds {
		c := config(m.dir)
		c.Account, c.BlockBytes = fmt.Sprint("a", round), 0
		began := time.Now()
		p := run(t, s, c, nil)
		p.until("log", func(s Stats) bool { return s.Segment == last && s.Offset == size })
		ours := time.Since(began)
		p.end()
		stats := p.Stats()

		js := s.JetStream()
		blocks := blocksOf(t, js, p.names.LogStream(c.Account), stats.Blocks)
		plain := fmt.Sprint("PLAIN", round)
		if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{
			Name: plain, Subjects: []string{plain}, Storage: jetstream.FileStorage,
		}); err != nil {
			t.Fatal(err)
		}
		began = time.Now()
		for _, b := range blocks {
			if _, err := js.PublishAsync(plain, b); err != nil {
				t.Fatal(err)
			}
		}
		<-js.PublishAsyncComplete()
		theirs := time.Since(began)
		publish = append(publish, float64(theirs)/float64(ours))

		began = time.Now()
		r, err := Restore(t.Context(), js, "test", c.Account, t.TempDir())
		ours = time.Since(began)
		if err != nil || uint64(r.Bytes) != stats.Bytes {
			t.Fatalf("%+v of %+v, %v", r, stats, err)
		}
		began = time.Now()
		if read := blocksOf(t, js, plain, uint64(len(blocks))); len(slices.Concat(read...)) != int(stats.Bytes) {
			t.Fatal("the plain stream has other bytes")
		}
		theirs2 := time.Since(began)
		restores = append(restores, float64(theirs2)/float64(ours))
		t.Logf("%.1f MB in %d blocks: publisher %.0f MB/s, plain %.0f; restore %.0f MB/s, plain %.0f",
			float64(stats.Bytes)/1e6, stats.Blocks, float64(stats.Bytes)/1e3/float64(max(1, time.Duration(float64(theirs)/publish[round]).Milliseconds())),
			float64(stats.Bytes)/1e3/float64(max(1, theirs.Milliseconds())),
			float64(stats.Bytes)/1e3/float64(max(1, ours.Milliseconds())),
			float64(stats.Bytes)/1e3/float64(max(1, theirs2.Milliseconds())))
	}
	began := time.Now()
	c := Config{Environment: "test", Account: "fold", Dir: m.dir, DisableLog: true}
	p := run(t, s, c, nil)
	p.until("fold", func(s Stats) bool { return s.Read == m.j.Recorder().Seq() && s.Books >= 1000 })
	t.Logf("books and orders of %d records after %v", p.Stats().Read, time.Since(began))
	slices.Sort(publish)
	slices.Sort(restores)
	t.Logf("throughput / plain, median: publisher %.2f, restore %.2f", publish[rounds/2], restores[rounds/2])
}

// blocksOf reads the data of a stream's messages by a plain consumer.
func blocksOf(t *testing.T, js jetstream.JetStream, stream string, n uint64) (blocks [][]byte) {
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
		blocks = append(blocks, m.Data())
	}
	return blocks
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
		t.Logf("%d consumers: %d messages published, %d delivered in %v (%.0f a second), %.1f us of processor each; from publisher to consumer %s",
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

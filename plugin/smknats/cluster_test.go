package smknats

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/smk-go/smk/plugin/smknats/internal/natstest"
)

// Environment of a publisher that is a process of its own.
const (
	envPublishTo  = "NATS_TEST_PUBLISH_TO"
	envPublishDir = "NATS_TEST_PUBLISH_DIR"
)

// TestMain is a publisher, if a test started it as one.
func TestMain(m *testing.M) {
	if url := os.Getenv(envPublishTo); url != "" {
		nc, err := nats.Connect(url, nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond))
		if err != nil {
			os.Exit(3)
		}
		err = Publish(context.Background(), nc, Config{
			Environment: "test", Account: "demo", Dir: os.Getenv(envPublishDir), Poll: time.Millisecond,
			Conflate: 5 * time.Millisecond, Beat: 50 * time.Millisecond,
		})
		if errors.Is(err, ErrSecondWriter) {
			os.Exit(4)
		}
		os.Exit(5)
	}
	os.Exit(m.Run())
}

// process is a publisher in a process of its own.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

func publishProcess(t *testing.T, url, dir string) *process {
	t.Helper()
	p := &process{exec.Command(os.Args[0]), make(chan struct{})}
	p.cmd.Env = append(os.Environ(), envPublishTo+"="+url, envPublishDir+"="+dir)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(p.kill)
	return p
}

// kill kills the process and waits for its end.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

func jetStream(t *testing.T, nc *nats.Conn) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// TestKilled kills publishers, each a process, with SIGKILL at random moments, on one server; with NATS_LONG, the
// number of rounds, on a cluster whose servers are stopped and started, too, or with NATS_SERVERS=1 on one. In the
// end the log is the journal to the byte, books and orders are the exchange's, and a consumer that goes on from its
// state has had each event once.
func TestKilled(t *testing.T) {
	rounds, _ := strconv.Atoi(os.Getenv("NATS_LONG"))
	var url string
	var cluster *natstest.Cluster
	if os.Getenv("NATS_SERVERS") == "1" {
		url = natstest.Start(t, nil).URL()
	} else if rounds > 0 {
		cluster = natstest.StartCluster(t, nil)
		url = cluster.URL()
	} else {
		rounds, url = 3, natstest.Start(t, nil).URL()
	}
	d := newDay(t)
	d.agents(200)
	r := rand.New(rand.NewPCG(uint64(rounds), 1))
	connect := func() *nats.Conn {
		nc, err := nats.Connect(url, nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(nc.Close)
		return nc
	}
	var state *State
	var numbers []uint64
	take := func(f *Follower, e Event) {
		switch e.Kind {
		case OrderChanged:
			numbers = append(numbers, e.Order.Number)
		case OrdersPicture:
			if state != nil {
				t.Fatalf("a picture after %d events", len(numbers))
			}
		case Gap:
			t.Fatalf("%+v", e)
		default:
			return
		}
		now := f.State()
		state = &now
	}
	for round := range rounds {
		p := publishProcess(t, url, d.dir)
		f, err := Follow(t.Context(), connect(), FollowConfig{
			Environment: "test", Account: "demo", NoBooks: true,
			From: state,
		})
		if err != nil {
			t.Fatal(err)
		}
		d.trade(2)
		if cluster != nil && round%3 == 0 {
			s := cluster.Servers[r.IntN(len(cluster.Servers))]
			s.Stop()
			d.trade(1)
			s.Restart()
			cluster.WaitReady()
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(r.IntN(300))*time.Millisecond)
		for {
			e, err := f.Next(ctx)
			if err != nil {
				break
			}
			take(f, e)
		}
		cancel()
		p.kill()
		f.Close()
	}
	d.still()
	d.end()
	p := publishProcess(t, url, d.dir)
	defer p.kill()
	f, err := Follow(t.Context(), connect(), FollowConfig{Environment: "test", Account: "demo", From: state})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	until(t, f, "the end", func(e Event) bool {
		take(f, e)
		// the engine has cancelled all, and left
		return len(f.Orders()) == 0 && len(f.Books()) == 3 && !f.Books()[0].Live
	})
	for i, n := range numbers {
		if n != numbers[0]+uint64(i) {
			t.Fatalf("event %d after %d", n, numbers[i-1])
		}
	}
	_, last, err := segments(d.dir)
	if err != nil {
		t.Fatal(err)
	}
	to := t.TempDir()
	var restored Restored
	eventually(t, func() bool {
		nc := connect()
		defer nc.Close()
		restored, err = Restore(t.Context(), jetStream(t, nc), "test", "demo", to)
		return err == nil && restored.Segment == last && restored.Offset == sizeOf(t, d.dir, last)
	}, func() { t.Fatalf("%+v, %v", restored, err) })
	same(t, d.dir, to, restored)
	if len(numbers) < 20 || slices.Max(numbers) < 20 {
		t.Fatalf("only %d events", len(numbers))
	}
	const text = "%d rounds: %d events, each once; the log is the journal: %d segments, %d bytes in the last"
	t.Logf(text, rounds, len(numbers),
		last, restored.Offset)
}

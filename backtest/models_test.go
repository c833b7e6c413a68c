package backtest

import (
	"errors"
	"io"
	"math"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/sim/exchange"
)

// TestTurns: a run of all assumptions in one pass gives what a run of each gives.
func TestTurns(t *testing.T) {
	d := record(t, dayConfig{
		seed: 3, duration: 20 * time.Second, rate: 500, turn: 50 * time.Millisecond, most: 100_000, goals: true,
	})
	c := Config{Dir: d.dir, Seed: 3, Latency: Latencies{Entry: Latency{Samples: []time.Duration{1e6, 5e6, 3e7}}}}
	all, err := Run(c, botConfig(d.seed), d.again(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	fills := uint64(0)
	for i := range all.Models {
		q := exchange.Queue(i)
		c.Queues = []exchange.Queue{q}
		one, err := Run(c, botConfig(d.seed), d.again(50*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(one.Models[0], all.Models[i]) {
			t.Errorf("%v: alone %+v, in one pass %+v", q, one.Models[0].Figures, all.Models[i].Figures)
		}
		fills += one.Models[0].Figures.Fills
	}
	if fills == 0 {
		t.Error("nothing was filled")
	}
}

// TestLiveJournal refuses a bot's configuration whose journal is there: a run would go on with it.
func TestLiveJournal(t *testing.T) {
	d := record(t, dayConfig{seed: 3, duration: time.Second, rate: 50, turn: proofTurn, most: 30_000})
	before, err := os.ReadDir(d.dir)
	if err != nil {
		t.Fatal(err)
	}
	bot := botConfig(3)
	bot.Journal.Dir = d.dir
	var wrong *ConfigError
	if _, err := Run(Config{Dir: d.dir, Seed: 3}, bot, d.again(proofTurn)); !errors.As(err, &wrong) {
		t.Error(err)
	}
	if after, err := os.ReadDir(d.dir); err != nil || len(after) != len(before) {
		t.Errorf("the folder has %d files, had %d", len(after), len(before))
	}
}

// TestShared: a bot of which all runs share one is refused.
func TestShared(t *testing.T) {
	d := record(t, dayConfig{seed: 1, duration: 5 * time.Second, rate: 300, turn: time.Second, most: 2000})
	m := &maker{skew: 30}
	if _, err := Run(Config{Dir: d.dir}, makerConfig(), m.start); !errors.Is(err, ErrShared) {
		t.Errorf("a shared bot: %v", err)
	}
	c := Config{Dir: d.dir, Queues: []exchange.Queue{exchange.QueueOptimistic}}
	if _, err := Run(c, makerConfig(), m.start); err != nil {
		t.Errorf("one run: %v", err)
	}
	start := func(e *engine.Engine) error { return (&maker{skew: 30}).start(e) }
	if _, err := Run(Config{Dir: d.dir}, makerConfig(), start); err != nil {
		t.Errorf("a bot for each run: %v", err)
	}
}

// TestPiece: pieces have the events that Next returns, in the same order, and end between moments.
func TestPiece(t *testing.T) {
	d := record(t, dayConfig{seed: 2, duration: 5 * time.Second, rate: 500, turn: 100 * time.Millisecond, most: 2000})
	rec, err := Open(d.dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := rec.Reader()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var want []int64
	moment, most := 0, 0
	for e, err := r.Next(); err == nil; e, err = r.Next() {
		if moment++; len(want) > 0 && want[len(want)-1] != e.At {
			moment = 1
		}
		most = max(most, moment)
		want = append(want, e.At)
	}
	if most < 3 || len(want) < 1000 {
		t.Fatalf("%d events, at most %d of a moment", len(want), most)
	}
	for _, c := range []struct{ size, limit int }{{2, most + 1}, {9, most + 9}, {2, 2}} {
		r, err := rec.Reader()
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		cut := 0
		for {
			events, nextAt, err := r.piece(c.size, c.limit)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil || len(events) == 0 {
				t.Fatal(len(events), err)
			}
			for i := range events {
				got = append(got, events[i].At)
			}
			if nextAt <= got[len(got)-1] {
				cut++
			}
			if len(got) < len(want) && nextAt != want[len(got)] || len(got) == len(want) && nextAt != math.MaxInt64 {
				t.Fatalf("after %d of %d events the next is at %d", len(got), len(want), nextAt)
			}
		}
		if !reflect.DeepEqual(got, want) || (cut > 0) != (c.limit < most) {
			t.Errorf("%+v: %d events, want %d; %d moments were cut", c, len(got), len(want), cut)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTimersWithoutEnd: a bot whose timer is due again at once holds virtual time up, which is an error.
func TestTimersWithoutEnd(t *testing.T) {
	d := record(t, dayConfig{seed: 1, duration: time.Second, rate: 100, turn: proofTurn, most: 2000})
	_, err := Run(Config{Dir: d.dir, Queues: []exchange.Queue{exchange.QueueProportional}}, makerConfig(),
		func(e *engine.Engine) error {
			var again func()
			again = func() {
				if _, err := e.After(0, again); err != nil {
					t.Error(err)
				}
			}
			again()
			return nil
		})
	if !errors.Is(err, ErrStuck) {
		t.Errorf("%v", err)
	}
}

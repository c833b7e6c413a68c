package backtest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/wire"
)

// maker quotes both sides of each contract around the price of the others, as examples/maker does.
type maker struct {
	*engine.Engine
	skew int
}

const makerSize odds.Quantity = 250_000

func (m *maker) start(e *engine.Engine) error {
	m.Engine = e
	e.OnBook(m.book)
	e.OnFill(func(o *order.Order, _ order.Fill) {
		if c, ok := e.Book(o.Market, o.Contract); ok {
			m.book(c)
		}
	})
	return e.Subscribe(winMarket)
}

func (m *maker) book(c book.Contract) {
	fair, ok := c.WithoutOwn().MidPrice()
	if !ok {
		m.Pull(c.Market(), c.ID())
		return
	}
	p := m.Position(c.Market(), c.ID())
	held := p.Final + p.Provisional
	middle := int(fair) - int(held/makerSize)*m.skew
	var bids, asks [2]quote.Level
	for i := range 2 {
		away, n := 60+i*100, makerSize*odds.Quantity(i+1)
		bids[i] = quote.Level{Price: odds.Price(middle - away), Size: n}
		asks[i] = quote.Level{Price: odds.Price(middle + away), Size: n}
	}
	_ = m.QuoteLevels(c.Market(), c.ID(), bids[:], asks[:], quote.Tolerance{Price: 15})
}

func makerConfig() engine.Config {
	c := botConfig(1)
	c.State.Quotes = quote.Config{Levels: 2}
	return c
}

// decodeOnly reads a journal and decodes what the exchange sent, and returns how many messages that were.
func decodeOnly(t testing.TB, dir string) (n int) {
	r, err := journal.OpenDir(dir, journal.ReaderConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var m msg.Payload
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
		if rec.Kind == journal.KindInbound {
			for rest := rec.Payload; len(rest) > 0; n++ {
				payload, size, err := wire.Scan(rest, wire.Limits{PayloadBytesMax: payloadMax})
				if err != nil || size == 0 {
					t.Fatal(err, size)
				}
				if err := m.Decode(payload, nil); err != nil {
					t.Fatal(err)
				}
				rest = rest[size:]
			}
		}
	}
}

// BenchmarkRun plays a day with a maker, under one assumption and under all three, and prints what a message costs in
// each run beside decoding it alone. The day has 40 s, or BACKTEST_SECONDS: 1700 make ten million messages.
func BenchmarkRun(b *testing.B) {
	seconds := 40
	if text := os.Getenv("BACKTEST_SECONDS"); text != "" {
		var err error
		if seconds, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	d := recordBench(b, seconds)
	rec, err := Open(d.dir)
	if err != nil {
		b.Fatal(err)
	}
	n := decodeOnly(b, d.dir)
	for _, queues := range [][]exchange.Queue{{exchange.QueueProportional}, nil} {
		c, err := Config{Recording: rec, Queues: queues, Seed: 1, Commission: -1}.resolve()
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("assumptions=%d", len(c.Queues)), func(b *testing.B) { benchmarkRun(b, c, n) })
	}
}

// recordBench records the benchmark's day. Every two seconds all levels of a contract's side are taken, which is how a
// maker is filled that follows the others at once.
func recordBench(t testing.TB, seconds int) *day {
	return record(t, dayConfig{
		seed: 1, duration: time.Duration(seconds) * time.Second, rate: 5000, turn: 10 * time.Second, most: 2000,
		sweeps: 10_000,
	})
}

func benchmarkRun(b *testing.B, c Config, n int) {
	decoding, running := time.Hour, time.Hour // the least of all rounds: the machine may have other work
	var figures Figures
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range b.N {
		for range 3 {
			begun := cpuTime()
			decodeOnly(b, c.Recording.Dir)
			decoding = min(decoding, cpuTime()-begun)
		}
		begun := cpuTime()
		r, err := Run(c, makerConfig(), func(e *engine.Engine) error { return (&maker{skew: 30}).start(e) })
		if err != nil {
			b.Fatal(err)
		}
		running = min(running, cpuTime()-begun)
		figures = r.Models[0].Figures
	}
	runtime.ReadMemStats(&after)
	played := float64(n) * float64(len(c.Queues))
	message, decoded := float64(running.Nanoseconds())/played, float64(decoding.Nanoseconds())/float64(n)
	b.ReportMetric(message, "ns/message")
	b.ReportMetric(decoded, "ns/decoding")
	b.ReportMetric(message/decoded, "ratio")
	b.ReportMetric(1e9/message, "messages/s")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/played/float64(b.N), "mallocs/message")
	b.ReportMetric(float64(n), "messages")
	b.ReportMetric(float64(figures.Orders), "orders")
	b.ReportMetric(float64(figures.Fills), "fills")
}

// TestMemoryFlat plays a day of many messages: what the process holds does not grow with what was played.
func TestMemoryFlat(t *testing.T) {
	d := record(t, dayConfig{seed: 1, duration: 20 * time.Second, rate: 3000, turn: 10 * time.Second, most: 2000})
	rec, err := Open(d.dir)
	if err != nil {
		t.Fatal(err)
	}
	var held []uint64
	c := Config{
		Recording: rec, Queues: []exchange.Queue{exchange.QueueProportional}, Commission: -1,
		Progress: func(_ int, part float64) {
			if part == 0.25 || part == 0.5 || part == 1 {
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				held = append(held, m.HeapAlloc)
			}
		},
	}
	r, err := Run(c, botConfig(1), func(e *engine.Engine) error { return e.Subscribe(winMarket) })
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d messages, held %v bytes", r.Models[0].Figures.Messages, held)
	if len(held) != 3 || held[2] > held[0]+512<<10 || r.Models[0].Figures.Messages < 30_000 {
		t.Errorf("%d messages, held %v bytes", r.Models[0].Figures.Messages, held)
	}
}

package backtest

import (
	"errors"
	"io"
	"runtime"
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
			if err := m.Decode(rec.Payload, nil); err != nil {
				t.Fatal(err)
			}
			n++
		}
	}
}

// BenchmarkRun plays a day with a maker, and prints what a message costs beside decoding it alone.
func BenchmarkRun(b *testing.B) {
	d := record(b, dayConfig{seed: 1, duration: 40 * time.Second, rate: 5000, turn: 10 * time.Second, most: 2000})
	rec, err := Open(d.dir)
	if err != nil {
		b.Fatal(err)
	}
	c := Config{Recording: rec, Queues: []exchange.Queue{exchange.QueueProportional}, Seed: 1, Commission: -1}
	n := decodeOnly(b, d.dir)
	b.ResetTimer()
	var decoding, running time.Duration
	var figures Figures
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range b.N {
		begun := time.Now()
		decodeOnly(b, d.dir)
		decoding += time.Since(begun)
		begun = time.Now()
		r, err := Run(c, makerConfig(), (&maker{skew: 30}).start)
		if err != nil {
			b.Fatal(err)
		}
		running += time.Since(begun)
		figures = r.Models[0].Figures
	}
	runtime.ReadMemStats(&after)
	messages := float64(b.N) * float64(n)
	b.ReportMetric(float64(running.Nanoseconds())/messages, "ns/message")
	b.ReportMetric(float64(decoding.Nanoseconds())/messages, "ns/decoding")
	b.ReportMetric(float64(running)/float64(decoding), "ratio")
	b.ReportMetric(messages/running.Seconds(), "messages/s")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/messages, "mallocs/message")
	b.ReportMetric(float64(figures.Orders), "orders")
	b.ReportMetric(float64(figures.Fills), "fills")
}

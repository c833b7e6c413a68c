package smknats

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/smk-go/smk/plugin/smknats/natspb"
)

// Publisher publishes what a journal says, of one account. It reads the journal's files, old or growing, and nothing
// else of the engine.
type Publisher struct {
	c      Config
	names  Names
	js     jetstream.JetStream
	link   *link
	http   *http.Client // of the engine's control server
	guard  guard
	number string            // of this run, random
	hook   func(what string) // called before each message; tests cut here

	// claimed is closed when the log's stream is known to be this journal's and, as far as that can be known, this
	// publisher's: books and orders are not published before. Of two publishers that begin at the same moment the one
	// that the log refuses is then not the one that has the orders.
	claimed chan struct{}
	claim   func()

	mu         sync.Mutex
	stats      Stats
	cursor     *natspb.Cursor // how far books and orders are
	current    time.Time      // when the streams had last what the journal says of books and orders
	lastRecord time.Time      // when the engine wrote the last record, as far as is known
	silent     time.Duration  // silentAfter
	feeds      bool           // books or orders are published
	failures   uint64         // that beats have reported
}

// Stats is what a Publisher has done so far.
type Stats struct {
	Publisher string `json:"publisher"` // number of the run

	Segment  uint64 `json:"segment"` // up to where the stream has the log, as far as servers have acknowledged it
	Offset   int64  `json:"offset"`
	Record   uint64 `json:"record"`
	Sequence uint64 `json:"sequence"` // the stream's
	Blocks   uint64 `json:"blocks"`   // of this run
	Bytes    uint64 `json:"bytes"`

	Read    uint64 `json:"read"`    // last record that books and orders follow from
	Behind  bool   `json:"behind"`  // what the streams have of books and orders is of the past
	Books   uint64 `json:"books"`   // messages about books, of this run
	Taken   uint64 `json:"taken"`   // books that the publisher of another account has, and this one leaves to it
	Events  uint64 `json:"events"`  // of orders, of this run
	Number  uint64 `json:"number"`  // of the last event in the stream
	Session string `json:"session"` // of the engine: "established", ...; "" if it is not known
	Mode    string `json:"mode"`    // of trading: "active", ...

	Failures uint64 `json:"failures"` // what was tried again
	Failure  string `json:"failure"`  // the last one

	Refused uint64 `json:"refused"` // commands, such as those that are not signed
	Refusal string `json:"refusal"` // the last one, and why
}

// New returns a publisher that uses a connection, which stays the caller's. The error is a *ConfigError or ErrName.
func New(nc *nats.Conn, c Config) (*Publisher, error) {
	names, err := c.complete()
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncTimeout(requestTimeout))
	if err != nil {
		return nil, fmt.Errorf("smknats: %w", err)
	}
	p := &Publisher{
		c: c, names: names, js: js, link: newLink(), http: newControlClient(), number: newPublisherNumber(),
		hook: func(string) {}, silent: silentAfter, feeds: !c.DisableBooks || !c.DisableOrders,
		claimed: make(chan struct{}),
	}
	p.stats.Publisher, p.guard.began = p.number, c.Wall()
	p.claim = sync.OnceFunc(func() { close(p.claimed) })
	if c.DisableLog {
		p.claim()
	}
	return p, nil
}

// Publish is New and Run.
func Publish(ctx context.Context, nc *nats.Conn, c Config) error {
	p, err := New(nc, c)
	if err != nil {
		return err
	}
	return p.Run(ctx)
}

// Run publishes until ctx ends, and returns its error then. Servers that are away are waited for. It returns earlier
// with a *SecondWriterError, *MismatchError or *GapError, with an error of the journal, or with one of the server that
// does not pass, such as a missing right.
func (p *Publisher) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wait sync.WaitGroup
	part := func(run func(context.Context) error) {
		wait.Go(func() {
			if err := run(ctx); err != nil {
				cancel(err)
			}
		})
	}
	wait.Go(func() { p.link.watch(ctx, p.js.Conn()) })
	if !p.c.DisableLog {
		part(p.newLog().run)
	}
	if p.feeds {
		part(p.feed)
	}
	part(p.beat)
	part(p.control)
	wait.Wait()
	<-ctx.Done()
	err := context.Cause(ctx)
	if errors.Is(err, context.Canceled) {
		return ctx.Err()
	}
	return err
}

// Stats returns what was done so far. Any goroutine may ask.
func (p *Publisher) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stats
	s.Behind, _ = p.behind()
	return s
}

// behind reports whether what the streams have of books and orders is of the past, and why.
func (p *Publisher) behind() (bool, string) {
	switch {
	case !p.feeds:
		return false, ""
	case time.Since(p.current) > behindAfter+2*p.c.Conflate:
		return true, "the streams do not have what the journal says"
	case time.Since(p.lastRecord) > p.silent && p.stats.Session != "" &&
		!slices.Contains(sessionsOver, p.stats.Session):
		return true, "the engine writes nothing, and its run has not ended"
	}
	return false, ""
}

// sessionsOver are states of a session in which the books say themselves that they are of the past, and an engine may
// write nothing for long.
var sessionsOver = []string{"disconnected", sessionEnded}

// sessionEnded is the state of the session when the run has ended.
const sessionEnded = "ended"

// fail notes something that is tried again.
func (p *Publisher) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Failures++
	p.stats.Failure = err.Error()
}

// landed notes a block that the stream has.
func (p *Publisher) landed(b block, end place, sequence uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Blocks++
	p.stats.Bytes += uint64(end.offset - b.offset)
	p.at(end, b.record, sequence)
}

// resumed notes where the stream ends.
func (p *Publisher) resumed(end place, record, sequence uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at(end, record, sequence)
}

func (p *Publisher) at(end place, record, sequence uint64) {
	p.stats.Segment, p.stats.Offset, p.stats.Record, p.stats.Sequence = end.segment, end.offset, record, sequence
}

// follows notes how far books and orders are. A record that was there before is as old as its wall clock says, which is
// that of its segment's beginning: whoever waited for a record need not believe it.
func (p *Publisher) follows(f *feed, waited bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stats.Read != f.last.Seq {
		if p.lastRecord = time.Now(); !waited {
			p.lastRecord = p.lastRecord.Add(-max(time.Duration(p.c.Wall()-f.last.Wall), 0))
		}
	}
	p.stats.Read, p.cursor = f.last.Seq, cursorOf(&f.last)
}

// caughtUp notes that the streams have what the journal says.
func (p *Publisher) caughtUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.current = time.Now()
}

func (p *Publisher) landedBook() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Books++
}

func (p *Publisher) takenBook() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Taken++
}

func (p *Publisher) landedOrders(events int, number uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Events += uint64(events)
	p.stats.Number = number
}

// engine notes what the log says of the engine; "" leaves it as it is.
func (p *Publisher) engine(session, mode string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if session != "" {
		p.stats.Session = session
	}
	if mode != "" {
		p.stats.Mode = mode
	}
}

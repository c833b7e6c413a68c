package screen

import (
	"fmt"
	"unicode"

	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/replica"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/odds"
)

// Options say what a journal does not.
type Options struct {
	Names      map[uint32]string // of contracts, before those of the journal, if it has any
	Commission odds.Rate         // on a market's net winnings

	// Past has a Live keep a Timeline. It costs a bot beside it more than the present does.
	Past bool
}

// Limits of what a model keeps. What exceeds them is left out, and the strip says that the picture is not complete.
const (
	ordersMax    = 4096
	endedMax     = 4096
	fillsMax     = 8192
	contractsMax = 2048
	marketsMax   = 512

	contractsShown = 64 // of a picture
	ordersShown    = 32 // of a contract
	fillLines      = 60
	otherLines     = 160
	secondsMax     = 240
)

// Model is the state of a bot as its journal says, up to a record. It belongs to one goroutine.
type Model struct {
	options Options
	replica *replica.Replica // orders and books
	facts   facts
	scratch []book.Level
}

// facts is everything of a model but its replica. It is copied as a value; clone copies what it refers to.
type facts struct {
	record      uint64
	at          int64 // wall clock
	latest      int64 // the latest wall clock so far: it may be set back
	started     int64
	offset      int64 // wall clock less the loop's clock, of the last record
	name        string
	strip       Strip
	bucket      bucket
	drift       [2]int64 // of cash, of exposure
	drifting    bool
	lacking     string // what the last catch-up found missing
	realised    int64
	latency     latencies
	second      Second
	seconds     []Second
	fills       []Line
	others      []Line
	traded      map[place]int64
	marks       []Mark            // found by the last record
	lastInbound int64             // clock reading
	names       map[uint32]string // of contracts, by the journal
}

// place is a price of a contract.
type place struct {
	contract uint32
	price    uint32
}

// tradedMax is of how many prices the traded volume is kept.
const tradedMax = 1 << 14

// What Strip.Session and Strip.Mode are besides what the engine's log says: before the first record, and until the log
// says something, of a journal whose oldest segments were removed, with the beginning of the run.
const (
	notStarted = "not started"
	unknown    = "unknown"
)

// New returns a model without records.
func New(o Options) *Model {
	m := &Model{options: o}
	var err error
	m.replica, err = replica.New(replica.Config{
		Orders: order.Config{
			Orders: ordersMax, Retained: endedMax, Fills: fillsMax, Contracts: contractsMax, Commission: o.Commission,
		},
		Books:    book.Config{Markets: marketsMax, Contracts: contractsMax, Orders: ordersMax},
		Observer: observer{m},
	})
	if err != nil {
		panic("BUG: screen: " + err.Error())
	}
	m.facts.traded = map[place]int64{}
	m.facts.strip.Mode, m.facts.strip.Session, m.facts.strip.Tokens = "active", notStarted, -1
	return m
}

// Record returns the number of the last record that was applied, 0 before the first.
func (m *Model) Record() uint64 { return m.facts.record }

// At returns the wall clock of the last record that was applied.
func (m *Model) At() int64 { return m.facts.at }

// Apply applies the next record of a journal. What is in it that cannot be understood is said in the event log: a model
// shows what there is, and never fails.
func (m *Model) Apply(r *journal.Record) {
	f := &m.facts
	f.marks = f.marks[:0]
	if r.Own { // such records have no number of their own, so that nothing may depend on them but what never changes
		if i, err := journal.DecodeSegment(r.Payload); r.Kind == journal.KindSegment && err == nil {
			f.name = i.Name
		}
		return
	}
	f.record, f.offset = r.Seq, r.Wall-r.At
	m.beginSecond(r.Wall)
	f.at, f.latest = r.Wall, max(f.latest, r.Wall)
	if f.started == 0 {
		f.started = r.Wall
	}
	if r.Epoch > 0 {
		f.strip.Epoch = r.Epoch
	}
	if f.strip.Session == notStarted && r.Kind != journal.KindStart { // of a run whose beginning was removed
		f.strip.Session, f.strip.Mode = unknown, unknown
	}
	switch r.Kind {
	case journal.KindEnd:
		f.strip.Ended, f.strip.Connected = "run ended", false
		m.line(KindSession, "", "the run ended")
	case journal.KindLost:
		m.lost(r)
	case journal.KindTape:
		m.tape(r)
	case journal.KindRefusal:
		f.strip.Refused++
		m.line(KindOrder, levelWarn, "not sent: "+printable(string(r.Payload)))
	}
	m.replica.Apply(r)
	f.bucket.fill(r.At)
}

// start begins a run.
func (m *Model) start(r *journal.Record, again bool) {
	f := &m.facts
	f.strip = Strip{
		Run: f.strip.Run + 1, Mode: "active", Session: "starting", Since: r.Wall, Tokens: -1, Lost: f.strip.Lost,
		Gaps: f.strip.Gaps, Refused: f.strip.Refused, In: f.strip.In, Out: f.strip.Out, Fills: f.strip.Fills,
	}
	f.bucket = bucket{}
	f.latency.begin()
	if again {
		f.traded, f.drift, f.drifting, f.realised = map[place]int64{}, [2]int64{}, false, 0
	}
	m.line(KindSession, "", fmt.Sprintf("run %d began", f.strip.Run))
}

// lost follows that the journal lacks records.
func (m *Model) lost(r *journal.Record) {
	i, err := journal.DecodeLost(r.Payload)
	if err != nil {
		return
	}
	m.facts.strip.Lost += int64(i.Records)
	m.mark(KindGap)
	m.line(KindGap, levelBad, fmt.Sprintf("the journal lacks %d records: %v", i.Records, i.Cause))
}

// Levels of lines.
const (
	levelWarn = "warn"
	levelBad  = "bad"
)

// line adds a line to the event log.
func (m *Model) line(kind Kind, level, text string) {
	f := &m.facts
	l := Line{Record: f.record, At: f.at, Kind: kind, Level: level, Text: text}
	if kind == KindFill {
		f.fills = appendRing(f.fills, l, fillLines)
		return
	}
	f.others = appendRing(f.others, l, otherLines)
}

// appendRing appends to a list and drops its oldest entries now and then, so that at least the newest limit stay.
func appendRing[T any](list []T, v T, limit int) []T {
	if len(list) >= 2*limit {
		n := copy(list, list[len(list)-limit:])
		list = list[:n]
	}
	return append(list, v)
}

// newest returns the newest entries of a list.
func newest[T any](list []T, limit int) []T { return list[max(len(list)-limit, 0):] }

// Mark is a record at which something happened that one wants to go to.
type Mark struct {
	Kind   Kind   `json:"kind"` // fill, gap or halt
	Record uint64 `json:"record"`
	At     int64  `json:"at"`
}

// mark notes that the record is one to go to.
func (m *Model) mark(k Kind) {
	f := &m.facts
	for i := range f.marks {
		if f.marks[i].Kind == k {
			return
		}
	}
	f.marks = append(f.marks, Mark{k, f.record, f.at})
}

// Marks returns what the last record is to be found by. It is valid until the next call of Apply.
func (m *Model) Marks() []Mark { return m.facts.marks }

// printable replaces what is not to be shown to a terminal or a page, and cuts what is long.
func printable(s string) string {
	const textMax = 240
	b := make([]rune, 0, min(len(s), textMax))
	for _, r := range s {
		if len(b) == textMax {
			return string(b) + "..."
		}
		if unicode.Is(unicode.C, r) || r == '\u2028' || r == '\u2029' {
			r = '.'
		}
		b = append(b, r)
	}
	return string(b)
}

package inspect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/smk-go/smk/journal"
)

// Stat is what a journal has, counted.
type Stat struct {
	Name        string  `json:"name"` // Config.Name of the journal
	Segments    int     `json:"segments"`
	Records     uint64  `json:"records"`
	Bytes       uint64  `json:"bytes"` // of payloads of records
	First       string  `json:"first"`
	Last        string  `json:"last"`
	Seconds     float64 `json:"seconds"` // that passed, also if the wall clock was set
	Runs        int     `json:"runs"`
	CleanEnds   int     `json:"clean_ends"`
	Connections int     `json:"connections"`
	Lost        uint64  `json:"lost"`
	Refusals    uint64  `json:"refusals"`

	Collections uint64 `json:"garbage_collections"`
	PauseMax    int64  `json:"gc_pause_max_ns"`

	MessagesPerSecond float64 `json:"messages_per_second"`
	BusiestSecond     uint64  `json:"busiest_second"` // messages
	BusiestAt         string  `json:"busiest_at"`
	Digests           uint64  `json:"digests"`
	LastDigest        string  `json:"last_digest"`

	Kinds []Count `json:"kinds"`
	Types []Count `json:"types"` // of messages

	tally
}

// tally is what is counted on the way.
type tally struct {
	firstWall, lastWall int64
	run                 int
	at, elapsed         int64 // the loop's clock, and ns so far
	second              int64
	inSecond, messages  uint64
}

// Count is how many there are of a kind or type.
type Count struct {
	Name  string `json:"name"`
	Count uint64 `json:"count"`
	Bytes uint64 `json:"bytes"` // of payloads
}

// counts are by name.
type counts map[string]*Count

func (c counts) add(name string, bytes int) {
	if c[name] == nil {
		c[name] = &Count{Name: name}
	}
	c[name].Count++
	c[name].Bytes += uint64(bytes)
}

// sorted returns the largest number of bytes first.
func (c counts) sorted() (all []Count) {
	all = []Count{}
	for _, one := range c {
		all = append(all, *one)
	}
	slices.SortFunc(all, func(a, b Count) int {
		if a.Bytes != b.Bytes {
			return int(min(max(int64(b.Bytes)-int64(a.Bytes), -1), 1))
		}
		return strings.Compare(a.Name, b.Name)
	})
	return all
}

// Stats counts what a journal has, up to damage, which is the error then.
func Stats(ctx context.Context, dir string) (*Stat, error) {
	s := &Stat{}
	kinds, types := counts{}, counts{}
	connections := make(map[[2]int]bool)
	segment := uint64(0)
	var damage *journal.DamageError
	for e, err := range Read(ctx, dir, Options{Tape: true}) {
		if errors.As(err, &damage) {
			break
		}
		if err != nil {
			return nil, err
		}
		kinds.add(e.Kind.String(), len(e.Payload))
		if e.Part > 1 {
			kinds[e.Kind.String()].Count--
		}
		s.Bytes += uint64(len(e.Payload))
		if e.Segment != segment {
			segment = e.Segment
			s.Segments++
		}
		if s.firstWall == 0 && !e.Own {
			s.firstWall = e.Wall
		}
		s.Runs = e.Run
		if !e.Own { // those of the writer's own have the time of their writing
			s.pass(e)
		}
		if !e.Own && e.Part <= 1 {
			s.Records++
		}
		if e.Message != nil {
			direction := "< "
			if e.Outbound() {
				direction = "> "
			}
			types.add(direction+e.Message.Type, len(e.Payload))
			connections[[2]int{e.Run, int(e.Epoch)}] = true
			s.message(e)
			continue
		}
		s.other(e)
	}
	s.endSecond()
	s.Connections = len(connections)
	s.Kinds, s.Types = kinds.sorted(), types.sorted()
	s.Seconds = float64(s.elapsed) / 1e9
	if s.Seconds > 0 {
		s.MessagesPerSecond = float64(s.messages) / s.Seconds
	}
	if s.firstWall != 0 {
		first, last := Entry{Record: journal.Record{Wall: s.firstWall}}, Entry{Record: journal.Record{Wall: s.lastWall}}
		s.First, s.Last = first.Time().Format(timeLayout), last.Time().Format(timeLayout)
	}
	if damage != nil {
		return s, damage
	}
	return s, nil
}

// pass counts the time up to a record: by the loop's clock, and between two runs, which have clocks of their own, by
// the wall clock, if that was not set back.
func (s *Stat) pass(e *Entry) {
	switch {
	case s.lastWall == 0:
	case e.Run == s.run:
		s.elapsed += max(e.At-s.at, 0)
		s.at = max(s.at, e.At)
		s.lastWall = e.Wall
		return
	default:
		s.elapsed += max(e.Wall-s.lastWall, 0)
	}
	s.run, s.at, s.lastWall = e.Run, e.At, e.Wall
}

func (s *Stat) message(e *Entry) {
	s.messages++
	if second := e.Wall / 1e9; second != s.second {
		s.endSecond()
		s.second = second
	}
	s.inSecond++
}

// endSecond compares the second that ends with the busiest one.
func (s *Stat) endSecond() {
	if s.inSecond > s.BusiestSecond {
		at := Entry{Record: journal.Record{Wall: s.second * 1e9}}
		s.BusiestSecond, s.BusiestAt = s.inSecond, at.Time().Format(timeLayout)
	}
	s.inSecond = 0
}

func (s *Stat) other(e *Entry) {
	switch e.Kind {
	case journal.KindSegment:
		if i, err := journal.DecodeSegment(e.Payload); err == nil {
			s.Name = i.Name
		}
	case journal.KindLost:
		if i, err := journal.DecodeLost(e.Payload); err == nil {
			s.Lost += i.Records
		}
	case journal.KindGC:
		if i, err := journal.DecodeGC(e.Payload); err == nil {
			s.Collections += i.Collections
			s.PauseMax = max(s.PauseMax, i.PauseMax)
		}
	case journal.KindRefusal:
		s.Refusals++
	case journal.KindDigest:
		if digest, _, err := journal.DecodeWords(e.Payload); err == nil {
			s.Digests++
			s.LastDigest = fmt.Sprintf("%016x", digest)
		}
	case journal.KindEnd:
		s.CleanEnds++
	}
}

// WriteText writes the counts for people.
func (s *Stat) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) { fmt.Fprintf(t, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	line("journal", "%q, %d segments, %d records, %d bytes of payloads", s.Name, s.Segments, s.Records, s.Bytes)
	line("time", "%s to %s UTC, %.3f s", s.First, s.Last, s.Seconds)
	line("runs", "%d, of which %d ended as they should; %d connections", s.Runs, s.CleanEnds, s.Connections)
	line("lost", "%d records", s.Lost)
	line("messages", "%.0f a second, %d in the second from %s", s.MessagesPerSecond, s.BusiestSecond, s.BusiestAt)
	line("refusals", "%d", s.Refusals)
	line("garbage", "%d collections, longest pause %s", s.Collections, micros(s.PauseMax))
	line("digests", "%d, the last %s", s.Digests, s.LastDigest)
	for _, c := range s.Kinds {
		line("kind "+c.Name, "%d\t%d bytes", c.Count, c.Bytes)
	}
	for _, c := range s.Types {
		line(c.Name, "%d\t%d bytes", c.Count, c.Bytes)
	}
	return t.Flush()
}

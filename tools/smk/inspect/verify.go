package inspect

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/smk-go/smk/journal"
)

// Finding is something about a journal that is not as it should be, or that explains what a reader may wonder about.
type Finding struct {
	Place
	Time  string `json:"time,omitempty"`
	Bad   bool   `json:"bad"` // the recording is not complete
	What  string `json:"what"`
	Count uint64 `json:"count"`
	Text  string `json:"text"`
}

// Verification is what a check of a journal found.
type Verification struct {
	Complete bool   `json:"complete"` // not damaged, nothing lost, and no message is missing
	Damage   string `json:"damage,omitempty"`

	Segments   int    `json:"segments"`
	Sealed     int    `json:"sealed"`
	Records    uint64 `json:"records"`
	FirstSeq   uint64 `json:"first_seq"`
	LastSeq    uint64 `json:"last_seq"`
	Lost       uint64 `json:"lost"`
	LostIn     int    `json:"lost_in"` // places
	TornBytes  int64  `json:"torn_bytes"`
	Runs       int    `json:"runs"`
	CleanEnds  int    `json:"clean_ends"`
	Sessions   int    `json:"sessions"`
	Inbound    uint64 `json:"inbound"`
	Outbound   uint64 `json:"outbound"`
	Duplicates uint64 `json:"duplicates"` // inbound messages that were there before, but not replayed
	Replayed   uint64 `json:"replayed"`   // inbound messages that the exchange sent again
	SentAgain  uint64 `json:"sent_again"` // outbound messages
	Filled     uint64 `json:"gaps_filled"`
	Missing    uint64 `json:"missing"` // messages of either direction

	Findings []Finding `json:"findings"`
	More     int       `json:"more_findings,omitempty"` // than findingsMax
}

// findingsMax is how many findings are kept.
const findingsMax = 1000

// Verify checks a journal: checksums, sequence numbers of records, lost records, and the sequence of the messages of
// both directions in each session. A journal that is damaged is no error; one that cannot be read is.
func Verify(ctx context.Context, dir string) (*Verification, error) {
	v := &Verification{Findings: []Finding{}}
	report, err := journal.Verify(dir, journal.ReaderConfig{})
	var damage *journal.DamageError
	switch {
	case errors.As(err, &damage) && damage.Err != journal.ErrRemoved:
		v.Damage = damage.Error()
	case err != nil:
		return nil, err
	}
	v.Segments, v.Sealed, v.Records, v.TornBytes = report.Segments, report.Sealed, report.Records, report.TornBytes
	v.FirstSeq, v.LastSeq, v.Lost, v.LostIn = report.FirstSeq, report.LastSeq, report.Lost, report.Gaps
	s := sequences{v: v}
	for e, err := range Read(ctx, dir, Options{}) {
		if err != nil {
			if errors.As(err, &damage) && damage.Err != journal.ErrRemoved {
				break
			}
			return nil, err
		}
		s.add(e)
	}
	s.end("the end of the journal")
	v.Complete = v.Damage == "" && v.Lost == 0 && v.Missing == 0
	return v, nil
}

// find adds a finding about an entry.
func (v *Verification) find(e *Entry, bad bool, what string, count uint64, format string, args ...any) {
	if len(v.Findings) >= findingsMax {
		v.More++
		return
	}
	f := Finding{Bad: bad, What: what, Count: count, Text: fmt.Sprintf(format, args...)}
	if e != nil {
		f.Place, f.Time = e.Place(), e.Time().Format(timeLayout)
	}
	v.Findings = append(v.Findings, f)
}

// sequences follows the sequence numbers of both directions.
type sequences struct {
	v    *Verification
	run  int
	in   sequence
	out  sequence
	sent bool // the last message was outbound
}

// sequence is one direction of a session.
type sequence struct {
	next  uint64 // that is expected; 0 if it is not known
	high  uint64 // highest that arrived too early, 0 if no gap is open
	asked Place  // record at which the gap was found
}

func (s *sequences) add(e *Entry) {
	switch e.Kind {
	case journal.KindStart:
		if e.Run != s.run {
			s.end("the end of the run")
			s.run = e.Run
			s.v.Runs++
			s.in, s.out = sequence{}, sequence{}
		}
	case journal.KindEnd:
		s.v.CleanEnds++
	case journal.KindLost:
		if i, err := journal.DecodeLost(e.Payload); err == nil {
			s.v.find(e, true, "lost", i.Records, "%d records were lost: %s", i.Records, i.Cause)
		}
		s.in, s.out = sequence{}, sequence{} // nothing is known about what was lost
	case journal.KindOutbound:
		s.v.Outbound++
		s.outbound(e)
	case journal.KindInbound:
		s.v.Inbound++
		s.inbound(e)
	}
}

func (s *sequences) outbound(e *Entry) {
	m, q := e.Message, &s.out
	if m.Type == typeLogin && m.Seq == 1 && m.Payload.GetEtoPayload().GetLogin() == nil {
		s.end("a new session")
		s.v.Sessions++
		s.in, *q = sequence{next: 1}, sequence{next: 2}
		return
	}
	switch {
	case q.next == 0 || m.Seq == q.next:
		q.next = m.Seq + 1
	case m.Seq < q.next:
		s.v.SentAgain++
		if m.Replay && !s.sent {
			s.v.find(e, false, "sent again", 1, "the exchange asked for messages from %d on again", m.Seq)
		}
	default:
		s.v.Missing += m.Seq - q.next
		s.v.find(e, true, "missing", m.Seq-q.next, "outbound messages %d to %d are not in the journal", q.next, m.Seq-1)
		q.next = m.Seq + 1
	}
	s.sent = true
}

func (s *sequences) inbound(e *Entry) {
	s.sent = false
	m, q := e.Message, &s.in
	if r := m.Payload.GetEtoPayload().GetLoginResponse(); r != nil && r.GetReset_() > s.out.next && s.out.next > 0 {
		s.out.next = r.GetReset_()
	}
	switch {
	case m.Seq == 0 && e.Err != nil:
		s.v.find(e, false, "malformed", 1, "a payload could not be decoded: %v", e.Err)
	case q.next == 0:
		q.next = m.Seq + 1
	case m.Seq == q.next:
		if q.next++; m.Replay {
			s.v.Replayed++
		}
		if q.high != 0 && q.next > q.high {
			s.v.Filled++
			s.v.find(e, false, "gap filled", 1, "the gap that record %s showed is filled up to message %d",
				q.asked.Number(),
				m.Seq)
			q.high = 0
		}
	case m.Seq < q.next && m.Replay:
		s.v.Replayed++
	case m.Seq < q.next:
		s.v.Duplicates++
		s.v.find(e, false, "duplicate", 1, "inbound message %d was there before, and is not replayed", m.Seq)
	default:
		if q.high == 0 {
			q.asked = e.Place()
			s.v.find(e, false, "gap", m.Seq-q.next, "inbound messages %d to %d are missing when %d arrives",
				q.next, m.Seq-1, m.Seq)
		}
		q.high = max(q.high, m.Seq)
	}
}

// end reports a gap that is still open when a session ends.
func (s *sequences) end(when string) {
	q := &s.in
	if q.high == 0 {
		return
	}
	n := q.high - q.next
	s.v.Missing += n
	s.v.find(nil, true, "missing", n, "inbound messages %d to %d, missing since record %s, did not arrive up to %s",
		q.next, q.high-1, q.asked.Number(), when)
	q.high = 0
}

// WriteText writes what was found for people.
func (v *Verification) WriteText(w io.Writer) error {
	t := bufio.NewWriter(w)
	fmt.Fprintf(t, "records   %d, numbers %d to %d, in %d segments, %d of them sealed\n", v.Records, v.FirstSeq,
		v.LastSeq, v.Segments, v.Sealed)
	fmt.Fprintf(t, "runs      %d, of which %d ended as they should; %d sessions\n", v.Runs, v.CleanEnds, v.Sessions)
	fmt.Fprintf(t, "inbound   %d messages, %d duplicates, %d replayed, %d gaps filled\n", v.Inbound, v.Duplicates,
		v.Replayed, v.Filled)
	fmt.Fprintf(t, "outbound  %d messages, %d sent again\n", v.Outbound, v.SentAgain)
	fmt.Fprintf(t, "lost      %d records in %d places, %d messages missing, %d bytes torn at the end\n", v.Lost,
		v.LostIn, v.Missing, v.TornBytes)
	for _, f := range v.Findings {
		mark := " "
		if f.Bad {
			mark = "!"
		}
		fmt.Fprintf(t, "%s %s record %s: %s: %s\n", mark, f.Time, f.Number(), f.What, f.Text)
	}
	if v.More > 0 {
		fmt.Fprintf(t, "  and %d more\n", v.More)
	}
	if v.Damage != "" {
		fmt.Fprintf(t, "! %s\n", v.Damage)
	}
	verdict := "complete"
	if !v.Complete {
		verdict = "not complete"
	}
	fmt.Fprintln(t, verdict)
	return t.Flush()
}

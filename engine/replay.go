package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/journal"
)

// ReplayConfig says which run of a journal is replayed and how.
type ReplayConfig struct {
	// Dir is the journal's folder.
	Dir string

	// FS is the file system of Dir, nil for the system's.
	FS journal.FS

	// Run is the number of the run in the journal, from 1; 0 is the last one.
	Run int

	// Do does what the bot gave to Engine.Do or Submitter.Do, a function that no journal can have, as number n from 0.
	// If it is nil a run that has one is replayed up to it.
	Do func(n int)

	// Wait, if not nil, is called before each round with the clock reading at which it began, to replay at the
	// recorded pace or to stop at a moment. An error ends the replay.
	Wait func(at int64) error
}

// ReplayResult is what a replay found.
type ReplayResult struct {
	Rounds     uint64
	Events     uint64      // dispatched
	Sent       uint64      // payloads that were sent again
	Digests    uint64      // that were compared
	Digest     uint64      // of the run at its end
	Ended      bool        // the engine ended, as in the recorded run
	Difference *Difference // the first one, nil if there is none
}

// Replay runs a bot on what a journal has recorded: the same bytes, clock readings and requests, in the same order and
// in the same rounds, without a socket or a disk. config is the configuration of the recorded run; of Session the
// credentials may be left out, and ReferenceTerm, Fence, Address, Dial, Credentials, Clock, Journal, State.Files and
// what names threads and signals are not used. start registers the bot's handlers on the engine, as it is done before
// Run.
//
// A bot whose decisions follow from what its handlers are given, and from nothing else such as the system's time or a
// goroutine of its own, does what it did: the payloads that it sends are the recorded ones to the last byte, and so are
// the digests. The first difference is in the result and ends the replay. So a decision can be debugged a day later,
// and a new version of a bot compared with the old one. What a bot does between calls of Poll is replayed if it is done
// by Engine.Do.
//
// An error is a *[ReplayError] or an error of the journal or of start; the result is as far as it came.
func Replay(r ReplayConfig, config Config, start func(*Engine) error) (ReplayResult, error) {
	p, begin, err := openPlayer(r)
	if err != nil {
		return ReplayResult{}, err
	}
	defer p.close()
	e, err := newEngine(replayConfig(config, begin), p)
	if err != nil {
		return ReplayResult{}, err
	}
	if err := start(e); err != nil {
		return ReplayResult{}, errors.Join(err, e.Close())
	}
	var result ReplayResult
	e.running.Store(true)
	for {
		if e.replayCalls(p); e.life.phase == phaseEnded || !p.beginRound(e.tape) {
			break
		}
		if r.Wait != nil {
			if err = r.Wait(e.tape.clock); err != nil {
				break
			}
		}
		result.Rounds++
		e.spin.byPoll, e.spin.idlePolls = p.polled, p.idlePolls
		e.guarded(p.blocks)
	}
	result.Ended = e.life.phase == phaseEnded
	result.Events, result.Digests, result.Sent = e.tape.events, p.digests, p.sent
	result.Digest, result.Difference = uint64(e.tape.digest), p.difference
	err = errors.Join(err, p.err)
	p.ended = true
	e.running.Store(false)
	_ = e.Close() // what it says of a run that is cut short is no news
	return result, err
}

// replayConfig returns the settings of a replay.
func replayConfig(c Config, begin *runStart) Config {
	s := &c.Session
	s.Username, s.Password = maskOf(uint64(begin.Credentials[0])), maskOf(uint64(begin.Credentials[1]))
	s.Token = maskOf(uint64(begin.Credentials[2]))
	if begin.Credentials != [3]int{} {
		c.Credentials = nil
	}
	c.Journal = journal.Config{}
	c.LockThread, c.Pin, c.Core = false, false, 0
	c.State.HaltFile, c.State.HaltSignals = "", nil
	if c.State.File != "" {
		c.State.Files = newMemoryFS(begin.Files)
	}
	return c
}

// startPlayer has the loop ask a player.
func (e *Engine) startPlayer(c *Config, p *player) {
	p.address, c.Session.ReferenceBase = c.Address, p.begin.ReferenceBase
	c.ReferenceTerm = p.begin.ReferenceTerm
	t := &tape{player: p, seed: p.begin.Seed, clock: p.begun}
	e.useTape(t)
}

// openPlayer opens a journal for a replay, at the start of a run.
func openPlayer(r ReplayConfig) (*player, *runStart, error) {
	seq, err := findRun(r)
	if err != nil {
		return nil, nil, err
	}
	p := &player{function: r.Do}
	for _, to := range [...]*journalReader{&p.entries, &p.inbound, &p.outbound} {
		reader, err := journal.OpenDir(r.Dir, journal.ReaderConfig{FS: r.FS})
		if err == nil {
			p.closers = append(p.closers, reader)
			err = reader.SeekSeq(seq)
		}
		if err != nil {
			p.close()
			return nil, nil, err
		}
		*to = reader
	}
	if err := p.readStart(); err != nil {
		p.close()
		return nil, nil, err
	}
	return p, &p.begin, nil
}

// findRun returns the number of the first record of a run.
func findRun(r ReplayConfig) (seq uint64, err error) {
	reader, err := journal.OpenDir(r.Dir, journal.ReaderConfig{FS: r.FS})
	if err != nil {
		return 0, err
	}
	defer func() { _ = reader.Close() }()
	runs := 0
	for {
		rec, err := reader.Next()
		switch {
		case errors.Is(err, io.EOF):
			if runs == 0 || runs < r.Run {
				return 0, &ReplayError{Reason: fmt.Sprintf("the journal has %d runs", runs)}
			}
			return seq, nil
		case err != nil:
			return 0, err
		}
		if rec.Kind != journal.KindStart || rec.Flags&StartContinues != 0 {
			continue
		}
		if runs++; r.Run == 0 || runs <= r.Run {
			seq = rec.Seq
		}
	}
}

// readStart reads what the run began with.
func (p *player) readStart() error {
	var b []byte
	for {
		r, err := p.entries.Next()
		if errors.Is(err, io.EOF) {
			return &ReplayError{Reason: "the start of the run is not whole"}
		}
		if err != nil {
			return err
		}
		if r.Own {
			continue
		}
		if r.Kind != journal.KindStart || len(b) > 0 != (r.Flags&StartContinues != 0) {
			return &ReplayError{Record: r.Seq, Reason: "the start of the run is not whole"}
		}
		p.begun = r.At
		if b = append(b, r.Payload...); r.Flags&StartGoesOn == 0 {
			break
		}
	}
	if err := json.Unmarshal(b, &p.begin); err != nil {
		return &ReplayError{Reason: "the start of the run is not understood: " + err.Error()}
	}
	if p.begin.Redacted {
		return &ReplayError{Reason: "the journal is a redacted copy, without the tape; replay the journal itself"}
	}
	if p.begin.Version != runStartVersion {
		return &ReplayError{Reason: fmt.Sprintf("the tape has version %d", p.begin.Version)}
	}
	for _, n := range p.begin.Credentials {
		if n < 0 || n > session.CredentialBytesMax {
			return &ReplayError{Reason: "the start of the run has impossible lengths"}
		}
	}
	return nil
}

// beginRound reads the next round, and reports false if there is none.
func (p *player) beginRound(t *tape) bool {
	if !p.expect(t, tapeRound) || p.over() {
		return false
	}
	flags := p.number()
	p.blocks, p.polled, p.idlePolls = flags&roundBlocks != 0, flags&roundPolled != 0, int(p.number())
	return p.err == nil
}

func (p *player) close() {
	for _, c := range p.closers {
		_ = c.Close()
	}
}

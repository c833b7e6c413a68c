package engine_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/wire"
)

// TestReplayOfFrames records what a peer sends that does not write frames as others do: longer headers than needed,
// frames without a payload, one that no buffer holds, more at once than a record has, half of one at the end of a
// connection, and a header that is refused. The replay reads all of it again in the same pieces.
func TestReplayOfFrames(t *testing.T) {
	for name, c := range map[string]struct{ receive, ring, filler int }{
		"small buffer":  {8 << 10, 64 << 10, 1100},
		"small records": {64 << 10, 16 << 10, 200},
	} {
		t.Run(name, func(t *testing.T) { replayFrames(t, c.receive, c.ring, c.filler) })
	}
}

func replayFrames(t *testing.T, receive, ring, filler int) {
	inBubble(t, func(t *testing.T, n *network) {
		dir := t.TempDir()
		config := n.config()
		config.ReconnectBackoff = []time.Duration{time.Second}
		config.Session.ReceiveBytes = receive
		config.Journal = journal.Config{Dir: dir, OnFull: journal.FullWait, RingBytes: ring}
		var heard []string
		handled, refused := 0, false
		register := func(e *engine.Engine) error {
			heard, handled = nil, 0
			e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) {
				if handled++; handled%100 == 50 {
					if _, err := e.Ping(); err != nil {
						t.Error(err)
					}
				}
			})
			e.OnState(func(ev *engine.Event) {
				text := ev.State.String()
				if ev.Cause != nil {
					text += ": " + ev.Cause.Error()
				}
				heard = append(heard, text)
			})
			return nil
		}
		r := startInBubble(t, config, func(e *engine.Engine) { _ = register(e) })
		quote := func(p *peer) (payload []byte) {
			payload, _, err := wire.Scan(p.frame(quotes(7, 8, 2500)), wire.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			return payload
		}
		p := n.accept(t)
		p.login()
		go p.readAll()
		var all []byte
		for i := range 300 {
			b := quote(p)
			switch i % 5 {
			case 0:
				b = append([]byte{byte(len(b)) | 0x80, 0x80, 0x80, 0}, b...)
			case 1:
				b = append([]byte{0, 1, 2, 3}, wire.AppendFrame(nil, b)...)
			case 2:
				if i%50 == 2 { // unknown fields
					b = append(b, bytes.Repeat([]byte("\xfa\x7f\x06abcdef"), filler)...)
				}
				fallthrough
			default:
				b = wire.AppendFrame(nil, b)
			}
			if all = append(all, b...); i%150 == 149 {
				p.write(all)
				all = nil
				advance(time.Millisecond)
			}
		}
		last := wire.AppendFrame(nil, quote(p))
		p.write(last[:len(last)/2])
		advance(time.Millisecond)
		p.close()
		advance(2 * time.Second)
		p = n.accept(t)
		p.login()
		p.write([]byte("\xff\xff\xff\xff\x7f and what follows"))
		advance(2 * time.Second)
		_ = r.Close()
		_ = r.wait()
		seen, before := handled, heard
		for _, text := range before {
			refused = refused || strings.Contains(text, "frame too long")
		}
		if seen != 300 || !refused {
			t.Fatalf("%d handled, %q", seen, before)
		}
		begun, ended := int64(0), int64(0) // clock readings
		reader, err := journal.OpenDir(dir, journal.ReaderConfig{})
		if err != nil {
			t.Fatal(err)
		}
		for record, err := reader.Next(); err == nil; record, err = reader.Next() {
			if record.Kind == journal.KindStart {
				begun = record.At
			}
			ended = max(ended, record.At)
		}
		_ = reader.Close()
		wait := func(at int64) error {
			if at < begun || at > ended {
				t.Errorf("a round at %d, the run was from %d to %d", at, begun, ended)
			}
			return nil
		}
		result, err := engine.Replay(engine.ReplayConfig{Dir: dir, Wait: wait}, config, register)
		if err != nil || result.Difference != nil || !result.Ended || handled != seen || !slices.Equal(heard, before) {
			t.Errorf("%v, %v, %+v, %d of %d handled, heard\n%q, want\n%q",
				err, result.Difference, result, handled, seen,
				heard, before)
		}
	})
}

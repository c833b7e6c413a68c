package engine_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
)

// TestJournalHangs has the disk hang in the middle of a day without an error, while the loop is to wait for it: it
// waits for Journal.WaitMax once, then trading is halted and the orders are cancelled, and the journal goes on with the
// disk.
func TestJournalHangs(t *testing.T) {
	onExchange(t, nil, func(t *testing.T, server *sim.Server, config engine.Config) {
		var gate atomic.Pointer[chan struct{}]
		config.Journal = journal.Config{
			Dir: t.TempDir(), RingBytes: 4 << 10, OnFull: journal.FullWait, WaitMax: 3 * time.Second,
			FS: writesThrough{ask: func() error {
				if wait := gate.Load(); wait != nil {
					<-*wait
				}
				return nil
			}},
		}
		d := &tradingDay{t: t}
		r := startInBubble(t, config, func(e *engine.Engine) { d.Engine = e })
		advance(time.Second)
		place := func() (err error) {
			d.do(r, func() { _, err = d.Place(limit(odds.Buy, 500)) })
			return err
		}
		if err := place(); err != nil {
			t.Fatal(err)
		}
		closed := make(chan struct{})
		gate.Store(&closed)
		begun := time.Now()
		for place() == nil { // until the ring is full, and trading halted
			advance(time.Millisecond)
		}
		if waited := time.Since(begun); waited < config.Journal.WaitMax || waited > 2*config.Journal.WaitMax {
			t.Errorf("the loop waited for %v", waited)
		}
		advance(time.Second)
		var mode risk.Status
		d.do(r, func() { mode = d.Mode() })
		if mode.Mode != risk.Halted || !strings.Contains(mode.Cause.String(), journal.ErrHangs.Error()) ||
			liveOrders(t, server) != 0 {
			t.Errorf("%+v, %d live orders", mode, liveOrders(t, server))
		}
		if s, _ := r.JournalStats(); !errors.Is(s.Failed, journal.ErrHangs) {
			t.Errorf("%+v", s)
		}
		gate.Store(nil)
		close(closed)
		advance(time.Second)
		if s, _ := r.JournalStats(); s.Failed != nil || s.LagRecords > 10 {
			t.Errorf("%+v", s)
		}
		r.Stop()
		if err := r.wait(); err != nil {
			t.Error(err)
		}
		verified, err := journal.Verify(config.Journal.Dir, journal.ReaderConfig{})
		if err != nil || verified.Lost == 0 {
			t.Errorf("%+v, %v", verified, err)
		}
	})
}

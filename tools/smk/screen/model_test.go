package screen

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
)

// TestTruth compares the screen with the exchange at three moments, after a cut connection among them, then in a halt
// and in the end; and the pictures of the past with those of the time when they were the present.
func TestTruth(t *testing.T) {
	d := newDay(t)
	r, err := journal.OpenDir(d.dir, journal.ReaderConfig{Follow: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	var moments []*Picture
	for range 3 {
		d.trade()
		truth := d.truth()
		p := d.read(r, agrees(truth))
		moments = append(moments, p)
		if len(truth) < 20 || !slices.ContainsFunc(p.Contracts, func(c Contract) bool { return len(c.Orders) > 0 }) {
			t.Fatalf("the truth is %v, nothing to compare", truth)
		}
		d.compareMoney(p)
		if !p.Strip.CaughtUp || !p.Strip.Connected || p.Strip.Session != "established" {
			t.Errorf("strip %+v of a bot that is connected and caught up", p.Strip)
		}
		if len(moments) == 2 {
			d.cut()
			d.read(r, func(p *Picture) bool { return p.Strip.Epoch == 2 && p.Strip.CaughtUp })
		}
	}
	d.exchange(func(x *exchange.Exchange) {
		if err := x.Halt(sim.DemoMarket, "goal"); err != nil {
			t.Error(err)
		}
	})
	halted := d.read(r, func(p *Picture) bool {
		return len(p.Contracts) == 3 && p.Contracts[0].Exchange == "halted" && p.Strip.Orders == 0
	})
	d.do(func(e *engine.Engine) {
		if err := e.Halt("test"); err != nil {
			t.Error(err)
		}
	})
	d.read(r, func(p *Picture) bool { return p.Strip.Mode == "halted" && strings.Contains(p.Strip.Cause, "test") })
	d.end()
	last := d.read(r, func(p *Picture) bool { return p.Strip.Ended != "" })
	if last.Strip.Fills == 0 || last.Strip.Run != 1 || len(last.Stages) != stages ||
		last.Stages[stageRoundTrip].Count == 0 {
		t.Errorf("in the end %+v, stages %+v", last.Strip, last.Stages)
	}
	d.past(append(moments, halted, last))
	d.find(last.Record)
}

// compareMoney compares money and positions with the exchange's.
func (d *day) compareMoney(p *Picture) {
	d.t.Helper()
	truth, ok := d.server.Truth(sim.DemoUsername)
	if !ok || !p.Money.Known {
		d.t.Fatalf("no truth, or no money in %+v", p.Money)
	}
	if p.Money.Cash != int64(truth.Cash) || p.Money.Available != int64(truth.Available) || p.Money.Drifting {
		d.t.Errorf("money %+v, the exchange has %+v", p.Money, truth)
	}
	held := 0
	for _, is := range truth.Positions {
		for i := range p.Contracts {
			if c := &p.Contracts[i]; c.ID == is.Contract && c.Market == is.Market {
				held++
				if c.Net != is.Net || c.Provisional != is.PendingNet {
					d.t.Errorf("position %+v, the exchange has %+v", c, is)
				}
			}
		}
	}
	if held == 0 {
		d.t.Error("no position to compare")
	}
}

// past goes to records in random order, by record and by time, and compares with what was shown then.
func (d *day) past(moments []*Picture) {
	d.t.Helper()
	timeline := d.live.Timeline
	ctx := d.t.Context()
	rnd := rand.New(rand.NewPCG(1, 2))
	_, end := timeline.Range()
	known := map[uint64][]byte{}
	for range 40 {
		record := 1 + rnd.Uint64N(end.Record)
		p, err := timeline.AtRecord(ctx, record)
		if err != nil {
			d.t.Fatal(err)
		}
		known[p.Record] = p.JSON()
	}
	for _, m := range moments {
		known[m.Record] = m.JSON()
	}
	for record, want := range known { // in another order, and from other places
		p, err := timeline.AtRecord(ctx, record)
		if err != nil {
			d.t.Fatal(err)
		}
		if !bytes.Equal(p.JSON(), want) {
			d.t.Fatalf("record %d:\n%s\nwas\n%s", record, p.JSON(), want)
		}
		byTime, err := timeline.AtTime(ctx, p.At)
		if err != nil {
			d.t.Fatal(err)
		}
		again, err := timeline.AtRecord(ctx, byTime.Record)
		if err != nil || byTime.Record < record || !bytes.Equal(again.JSON(), byTime.JSON()) {
			d.t.Fatalf("at the time of record %d: record %d, %v", record, byTime.Record, err)
		}
	}
	if n := len(timeline.checkpoints); n < checkpointsMax/2 {
		d.t.Errorf("only %d checkpoints were gone on from", n)
	}
	fresh := newTimeline(d.dir, Options{}) // one that has nothing but the beginning
	fresh.checkpoints, fresh.first, fresh.last = timeline.checkpoints[:1], timeline.first, timeline.last
	defer fresh.Close()
	for _, m := range moments {
		p, err := fresh.AtRecord(ctx, m.Record)
		if err != nil || !bytes.Equal(p.JSON(), m.JSON()) {
			d.t.Fatalf("record %d from the beginning: %v\n%s\nwas\n%s", m.Record, err, p.JSON(), m.JSON())
		}
	}
}

// find goes from mark to mark.
func (d *day) find(last uint64) {
	d.t.Helper()
	for _, kind := range []Kind{KindFill, KindGap, KindHalt} {
		var found []uint64
		for at := uint64(0); ; {
			m, err := d.live.Timeline.Find(kind, at, false)
			if err != nil {
				break
			}
			found = append(found, m.Record)
			at = m.Record
		}
		if kind == KindGap {
			d.atCut(found)
		}
		var back []uint64
		for at := last + 1; ; {
			m, err := d.live.Timeline.Find(kind, at, true)
			if err != nil {
				break
			}
			back = append([]uint64{m.Record}, back...)
			at = m.Record
		}
		if len(found) == 0 || !slices.Equal(found, back) {
			d.t.Errorf("%s: forwards %v, backwards %v", kind, found, back)
		}
	}
}

// atCut looks at the moment at which the connection broke.
func (d *day) atCut(records []uint64) {
	d.t.Helper()
	for _, record := range records {
		p, err := d.live.Timeline.AtRecord(d.t.Context(), record)
		if err != nil {
			d.t.Fatal(err)
		}
		if s := p.Strip; s.Connected || s.CaughtUp || s.Session != "disconnected" || s.Tokens != -1 ||
			!strings.Contains(s.Lacks, "not caught up") {
			d.t.Errorf("at the cut: %+v", s)
		}
		for _, c := range p.Contracts {
			if c.Book != "suspect" || c.Closable && c.Net != 0 {
				d.t.Errorf("at the cut: book of %d is %s, closable %v", c.ID, c.Book, c.Closable)
			}
		}
	}
}

package inspect

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/journal"
)

// TestRedactTexts: what lines of the log and refusals have from outside is not in a copy, nor, if they are masked, the
// amounts in them.
func TestRedactTexts(t *testing.T) {
	for text, want := range map[string][2]string{
		`level=WARN msg="mode is halted" by="api: Bob loses 50.25, by bob@desk"`: {
			`level=WARN msg="mode is halted" by="api: *"`, `level=WARN msg="mode is halted" by="api: *"`,
		},
		`level=WARN msg="mode is halted" by="signal, by bob cause=\"" cause="dial 10.0.0.1"`: {
			`level=WARN msg="mode is halted" by="signal: *" cause="*"`,
			`level=WARN msg="mode is halted" by="signal: *" cause="*"`,
		},
		`level=WARN msg="drift, expected 12.50, reported -3.00" epoch=2`: {
			`level=WARN msg="drift, expected 12.50, reported -3.00" epoch=2`,
			`level=WARN msg="drift, expected *, reported *" epoch=2`,
		},
		`level=WARN msg="missed fill, order 7, market 100000, 2.00 at 33.1%"`: {
			`level=WARN msg="missed fill, order 7, market 100000, 2.00 at 33.1%"`,
			`level=WARN msg="missed fill, order 7, market 100000, * at *"`,
		},
		`level=DEBUG msg="decision about orders" by="resolve 12 true 7 false"`: {
			`level=DEBUG msg="decision about orders" by="resolve 12 true 7 false"`,
			`level=DEBUG msg="decision about orders" by="resolve 12 true 7 false"`,
		},
		`level=WARN msg="slow handler" handler="maker.(*bot).book-fm" took_ns=5000`: {
			`level=WARN msg="slow handler" handler="maker.(*bot).book-fm" took_ns=5000`,
			`level=WARN msg="slow handler" handler="maker.(*bot).book-fm" took_ns=5000`,
		},
	} {
		for i, o := range []RedactOptions{{}, {Amounts: true}} {
			if got := string(maskLog(text, o)); got != want[i] {
				t.Errorf("%s, %+v:\n got %s\nwant %s", text, o, got, want[i])
			}
		}
	}
	for text, want := range map[string][2]string{
		"ORDER_CREATE: risk: refused by loss: limit 200.00, request 250.00": {
			"ORDER_CREATE: risk: refused by loss: limit 200.00, request 250.00",
			"ORDER_CREATE: risk: refused by loss: *",
		},
		"ORDER_CREATE: engine: no orders while the state cannot be saved: open /home/bob/state: no": {
			"ORDER_CREATE: engine: no orders while the state cannot be saved: *",
			"ORDER_CREATE: engine: no orders while the state cannot be saved: *",
		},
		"ORDER_CREATE: throttled": {"ORDER_CREATE: throttled", "ORDER_CREATE: throttled"},
	} {
		for i, o := range []RedactOptions{{}, {Amounts: true}} {
			if got := string(maskRefusal(text, o)); got != want[i] {
				t.Errorf("%s, %+v: %s, want %s", text, o, got, want[i])
			}
		}
	}
}

// TestRedactRefusal: refusals of a copy are masked.
func TestRedactRefusal(t *testing.T) {
	p := newPen(t)
	p.text(journal.KindRefusal, "ORDER_CREATE: risk: refused by loss: limit 200.00, request 250.00")
	from, to := p.close(), t.TempDir()
	if _, err := Redact(t.Context(), from, to, RedactOptions{Amounts: true}); err != nil {
		t.Fatal(err)
	}
	n := 0
	for e, err := range Read(t.Context(), to, Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == journal.KindRefusal {
			if n++; strings.Contains(string(e.Payload), "00") {
				t.Errorf("%s", e.Payload)
			}
		}
	}
	if n != 1 {
		t.Errorf("%d refusals", n)
	}
}

// TestRedactEnds interrupts the copying in the middle: the part must not be there to be taken for the whole.
func TestRedactEnds(t *testing.T) {
	from, to := writeOrders(t, 1000, nil), t.TempDir()
	ctx := &endingContext{Context: t.Context(), left: 5}
	if r, err := Redact(ctx, from, to, RedactOptions{}); !errors.Is(err, context.Canceled) || r.Records == 0 {
		t.Errorf("%v: %+v", err, r)
	}
	files, err := os.ReadDir(to)
	for _, f := range files {
		if ofJournal(f) {
			t.Errorf("%s is left", f.Name())
		}
	}
	if _, again := Redact(t.Context(), from, to, RedactOptions{}); err != nil || again != nil {
		t.Error(err, again)
	}
}

// endingContext ends once it was asked a number of times.
type endingContext struct {
	context.Context
	left int
}

// Err implements context.Context.
func (c *endingContext) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestSeekRun: entries have the number of their run, wherever the reading begins.
func TestSeekRun(t *testing.T) {
	p := newPen(t)
	for range 2 {
		p.text(journal.KindRefusal, "before")
		p.text(journal.KindStart, "{}")
	}
	p.text(journal.KindRefusal, "last")
	dir := p.close()
	var all []int
	var last, between time.Time
	for e, err := range Read(t.Context(), dir, Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == journal.KindRefusal {
			all, between, last = append(all, e.Run), last, e.Time()
		}
	}
	if len(all) != 3 || all[2] != 3 {
		t.Fatalf("runs %v", all)
	}
	for e, err := range Read(t.Context(), dir, Options{Seek: last}) {
		if err != nil || e.Run != 3 {
			t.Fatalf("%v: run %d of %s", err, e.Run, e.Text())
		}
	}
	var later []int
	for e, err := range Read(t.Context(), dir, Options{Seek: between, RunsLater: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if !e.Own && !e.Time().Before(between) {
			later = append(later, e.Run)
		}
	}
	if want := []int{0, 3, 3}; !slices.Equal(later, want) {
		t.Errorf("runs %v, want %v", later, want)
	}
}

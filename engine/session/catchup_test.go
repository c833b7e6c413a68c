package session

import (
	"math"
	"testing"
)

// TestCatchUpBegin needs a ping for a login that asked for something, and waits for the gap of a session that
// was resumed.
func TestCatchUpBegin(t *testing.T) {
	for name, c := range map[string]struct {
		resumed, requested, gap bool
		ping, waiting           bool
	}{
		"first login":            {false, false, false, false, false},
		"first login with a gap": {false, false, true, false, false},
		"asked":                  {false, true, false, true, true},
		"asked, with a gap":      {false, true, true, true, true},
		"resumed":                {true, false, false, false, false},
		"resumed, with a gap":    {true, false, true, false, true},
	} {
		k := catchUp{cancel: true}
		if k.open(true, false); c.requested {
			k.request(40)
		}
		if !k.pending || !k.required || !k.cancel || k.ended || k.waiting {
			t.Errorf("%s: opened as %+v", name, k)
		}
		if ping := k.begin(c.resumed, c.gap, 500); ping != c.ping || k.pingDeferred != c.ping {
			t.Errorf("%s: a ping %t", name, ping)
		}
		if k.waiting != c.waiting || k.ended == c.waiting || k.resumed != c.resumed || !k.pending || !k.required {
			t.Errorf("%s: %+v", name, k)
		}
		want := int64(math.MaxInt64)
		if c.waiting {
			want = 500
		}
		if got := k.due(false); got != want {
			t.Errorf("%s: due at %d", name, got)
		}
		if got := k.due(true); got != math.MaxInt64 {
			t.Errorf("%s: due at %d while there is a gap", name, got)
		}
	}
}

// newCatchUp returns one whose login asked for what follows 40, with its ping sent with sequence 7.
func newCatchUp() *catchUp {
	c := new(catchUp)
	c.open(true, false)
	c.request(40)
	c.begin(false, false, 500)
	c.pinged(7)
	return c
}

// TestCatchUpPong ends the wait with the pong of its own ping.
func TestCatchUpPong(t *testing.T) {
	c := newCatchUp()
	if c.pingDeferred || c.ponged(6) || c.ponged(8) || c.ponged(0) || !c.waiting || c.provesLoss() {
		t.Errorf("%+v", c)
	}
	if !c.ponged(7) || c.waiting || !c.ended || !c.provesLoss() {
		t.Errorf("%+v", c)
	}
	if c.ponged(7) {
		t.Error("two pongs of one ping")
	}
	c = new(catchUp)
	c.open(false, false)
	c.request(40)
	c.begin(false, false, 500)
	if c.ponged(0) || !c.waiting {
		t.Error("a pong of no ping ends the wait")
	}
}

// TestCatchUpOverdue ends the wait at its deadline, unless the pong may be behind a gap.
func TestCatchUpOverdue(t *testing.T) {
	c := newCatchUp()
	c.overdue(499, false)
	c.overdue(900, true)
	if !c.waiting || c.ended {
		t.Errorf("%+v", c)
	}
	if c.overdue(500, false); c.waiting || !c.ended || c.pong || c.provesLoss() {
		t.Errorf("%+v", c)
	}
	if c.due(false) != math.MaxInt64 || c.ponged(7) {
		t.Error("it waits after its end")
	}
	wantErr(t, c.finish(false), ErrNoPong)
	c.overdue(900, false)
	if c.ended {
		t.Error("it ends twice")
	}
}

// TestCatchUpRecovered ends the wait of a session that was resumed with its gap, and of no other.
func TestCatchUpRecovered(t *testing.T) {
	c := newCatchUp()
	if c.recovered(); !c.waiting {
		t.Error("a gap of a fresh session ends the wait")
	}
	c = new(catchUp)
	c.open(true, false)
	c.begin(true, true, 500)
	if c.recovered(); c.waiting || !c.ended {
		t.Errorf("%+v", c)
	}
	if err := c.finish(false); err != nil || c.ended || c.pending || c.required {
		t.Errorf("%v, %+v", err, c)
	}
	if c.recovered(); c.ended {
		t.Error("it ends twice")
	}
}

// TestCatchUpRepeats takes for a repetition what is marked as one, or what the login asked for until CaughtUp.
func TestCatchUpRepeats(t *testing.T) {
	c := newCatchUp()
	for number, want := range map[uint64]bool{0: false, 39: false, 40: true, 41: true} {
		if got := c.repeats(Live, number); got != want || !c.repeats(Replayed, number) {
			t.Errorf("%d: %t", number, got)
		}
	}
	c.ponged(7)
	if !c.repeats(Live, 41) {
		t.Error("nothing is repeated before CaughtUp")
	}
	c.finish(false) //nolint:errcheck // tested below
	if c.repeats(Live, 41) || !c.repeats(Replayed, 41) {
		t.Error("something is repeated after CaughtUp")
	}
	fresh := new(catchUp)
	fresh.open(false, false)
	if fresh.repeats(Live, 1) {
		t.Error("something is repeated that was not asked for")
	}
}

// TestCatchUpFinish names the first reason for which the account's messages may be incomplete.
func TestCatchUpFinish(t *testing.T) {
	for name, c := range map[string]struct {
		end   func(c *catchUp)
		holes bool
		want  error
	}{
		"complete":     {func(c *catchUp) { c.received(40); c.ponged(7) }, false, nil},
		"an older one": {func(c *catchUp) { c.received(3); c.ponged(7) }, false, nil},
		"no history":   {func(c *catchUp) { c.received(41); c.ponged(7) }, true, ErrHistory},
		"nothing came": {func(c *catchUp) { c.ponged(7) }, false, ErrHistory},
		"no pong":      {func(c *catchUp) { c.received(40); c.overdue(500, false) }, true, ErrNoPong},
		"holes":        {func(c *catchUp) { c.received(40); c.ponged(7) }, true, ErrAccountHoles},
		"holes given up": {func(c *catchUp) {
			c.received(40)
			c.ponged(7)
			c.incomplete, c.doubts = true, 1
		}, false, ErrAccountHoles},
		"doubts": {func(c *catchUp) { c.received(40); c.ponged(7); c.doubts = 2 }, false, ErrUnresolved},
	} {
		for _, cancel := range []bool{false, true} {
			k := newCatchUp()
			k.cancel = cancel
			c.end(k)
			doubts := k.doubts > 0
			if err := k.finish(c.holes); err != c.want { //nolint:errorlint // a sentinel, as it is
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
			if k.ended || k.pending || k.required || k.cancelDeferred != (doubts && cancel) {
				t.Errorf("%s: %+v", name, k)
			}
		}
	}
	k := new(catchUp)
	k.open(true, false)
	k.begin(false, false, 500)
	wantErr(t, k.finish(true), ErrNotResumed)
	k.received(1)
	if k.repeated {
		t.Error("a message repeats what nothing asked for")
	}
	k = newCatchUp()
	k.ponged(7)
	_ = k.finish(false)
	if k.received(1); k.repeated {
		t.Error("a message after CaughtUp counts")
	}
}

// TestCatchUpGoesOn loses the connection while the exchange repeats the account's messages, and resumes the session:
// the catch-up asks for the end of them again, so that what is in doubt since before the session is given up, and what
// is missing is lost.
func TestCatchUpGoesOn(t *testing.T) {
	var c catchUp
	c.open(true, false)
	c.request(7)
	c.begin(false, false, 100)
	c.pinged(3)
	c.received(7)
	c.open(true, true)
	if !c.begin(true, true, 200) || !c.waiting || c.resumed {
		t.Fatalf("%+v", c)
	}
	c.pinged(9)
	if c.ponged(3) || !c.ponged(9) || !c.provesLoss() || c.finish(false) != nil {
		t.Errorf("%+v", c)
	}
	c.open(true, true) // it has come to its end
	if c.begin(true, false, 300) || !c.resumed || !c.ended {
		t.Errorf("%+v", c)
	}
}

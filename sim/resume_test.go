package sim

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/fault"
)

// from logs in to the demo account with the account sequence that fill sets. It returns the connection and
// the account sequences of the reports that are resent.
func (h *harness) from(fill func(*msg.Login)) (*client, []uint64) {
	h.t.Helper()
	c := h.connect()
	c.send(func(m *msg.Payload) {
		m.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
		m.MutableLogin().SetCookie([]byte(DemoToken))
		fill(m.MutableLogin())
	})
	var numbers []uint64
	for m := c.next(); m != nil; m = c.next() {
		if n := numberOf(m); n != 0 {
			if !m.GetEtoPayload().GetIsReplay() {
				h.t.Errorf("report %d is not marked as replayed", n)
			}
			numbers = append(numbers, n)
		}
	}
	return c, numbers
}

// numberOf returns a report's account sequence, 0 if it has none.
func numberOf(m *msg.Payload) uint64 {
	switch m.GetType() {
	case msg.PayloadOrderAccepted:
		return m.GetOrderAccepted().GetAccountSequence_64()
	case msg.PayloadOrderExecuted:
		return m.GetOrderExecuted().GetAccountSequence_64()
	case msg.PayloadOrderCancelled:
		return m.GetOrderCancelled().GetAccountSequence_64()
	case msg.PayloadOrderRejected:
		return m.GetOrderRejected().GetAccountSequence_64()
	case msg.PayloadOrderCancelRejected:
		return m.GetOrderCancelRejected().GetAccountSequence_64()
	}
	return 0
}

func numbers(first, last uint64) (list []uint64) {
	for n := first; n <= last; n++ {
		list = append(list, n)
	}
	return list
}

// An account sequence of 0 or 1 in a login means from the beginning; no account sequence means no resume.
func TestAccountSequenceOfALogin(t *testing.T) {
	config := testConfig()
	config.Limits.History = 16
	for name, k := range map[string]struct {
		fill func(*msg.Login)
		want []uint64
	}{
		"the new one decides": {func(l *msg.Login) {
			l.SetAccountSequence_64(13)
			l.SetAccountSequence(7)
		}, numbers(13, 20)},
		"the new one decides, if 0 too": {func(l *msg.Login) {
			l.SetAccountSequence_64(0)
			l.SetAccountSequence(7)
		}, numbers(5, 20)},
		"13": {func(l *msg.Login) {
			l.SetAccountSequence_64(13)
			l.SetAccountSequence(0)
		}, numbers(13, 20)},
		"0, and the old 0": {func(l *msg.Login) {
			l.SetAccountSequence_64(0)
			l.SetAccountSequence(0)
		}, numbers(5, 20)},
		"absent":          {func(*msg.Login) {}, nil},
		"0":               {func(l *msg.Login) { l.SetAccountSequence_64(0) }, numbers(5, 20)},
		"1":               {func(l *msg.Login) { l.SetAccountSequence_64(1) }, numbers(5, 20)},
		"older than kept": {func(l *msg.Login) { l.SetAccountSequence_64(4) }, numbers(5, 20)},
		"the oldest":      {func(l *msg.Login) { l.SetAccountSequence_64(5) }, numbers(5, 20)},
		"the second":      {func(l *msg.Login) { l.SetAccountSequence_64(6) }, numbers(6, 20)},
		"the newest":      {func(l *msg.Login) { l.SetAccountSequence_64(20) }, numbers(20, 20)},
		"to come":         {func(l *msg.Login) { l.SetAccountSequence_64(21) }, nil},
		"nonsense":        {func(l *msg.Login) { l.SetAccountSequence_64(math.MaxUint64) }, nil},
		"the old 7":       {func(l *msg.Login) { l.SetAccountSequence(7) }, numbers(7, 20)},
		"the old 0":       {func(l *msg.Login) { l.SetAccountSequence(0) }, numbers(5, 20)},
	} {
		h := newHarness(t, config)
		c := h.login()
		for ref := range uint64(20) {
			c.create(buy, 10000, 3000, ref)
		}
		c.disconnect()
		if _, got := h.from(k.fill); !slices.Equal(got, k.want) {
			t.Errorf("%s: re-sent %v, want %v", name, got, k.want)
		}
	}
}

// Whatever happens to reports before they get a sequence, a resume from the lowest account sequence that a
// client lacks resends all of them from there on, once each and in order.
func TestResumeFromTheLowestHole(t *testing.T) {
	for _, kind := range []fault.Kind{
		fault.DropBefore, fault.DuplicateBefore, fault.DelayBefore, fault.ReorderBefore, fault.Swap, fault.Unconfirmed,
	} {
		t.Run(kind.String(), func(t *testing.T) {
			config := testConfig()
			config.Faults = fault.Plan{}.With(fault.Million/5, kind)
			h := newHarness(t, config)
			other := h.login()
			l, err := h.sim.Open()
			if err != nil {
				t.Fatal(err)
			}
			c := &client{t: t, harness: h, conn: l.Gateway(), out: 1}
			c.password(DemoUsername, DemoPassword)
			seen := map[uint64]bool{}
			read := func() {
				for m := c.next(); m != nil; m = c.next() {
					seen[numberOf(m)] = true
				}
			}
			for ref := range uint64(100) {
				c.create(buy, 10000, 3000, ref)
				h.sim.Exchange.Submit("rival", createRequest(sell, 1000, 3000))
				read()
			}
			// Disconnected with what is held back.
			l.Disconnected(h.sim.Now())
			truth, _ := h.sim.Exchange.Truth(DemoUsername)
			lowest := uint64(1)
			for seen[lowest] {
				lowest++
			}
			if lossy := kind == fault.DropBefore || kind == fault.Unconfirmed; lossy && lowest > truth.AccountSequence {
				t.Fatal("nothing was lost")
			}
			_, got := h.from(func(l *msg.Login) { l.SetAccountSequence_64(lowest) })
			if want := numbers(lowest, truth.AccountSequence); !slices.Equal(got, want) {
				t.Errorf("from %d: re-sent %v, want %v", lowest, got, want)
			}
			for line := range slices.Values(other.receiveAll()) {
				if strings.Contains(line, "replayed") {
					t.Fatalf("another session of the account received %q", line)
				}
			}
		})
	}
}

// All the reports that may be kept are resent at once, however long each is.
func TestWholeHistoryFits(t *testing.T) {
	config := testConfig()
	config.Limits = Limits{OutBytes: 1 << 16, OutFrames: 512, History: 256}
	config.Accounts[0].Balance = 1 << 59
	config.QuantityMax = 1 << 47
	h := newHarness(t, config)
	for range 300 {
		o := createRequest(buy, 1<<46, 1)
		o.Label, o.Seq = []byte(strings.Repeat("x", 64)), math.MaxUint64
		o.Reference, o.HasReference = math.MaxUint64, true
		if _, r := h.sim.Exchange.Submit(DemoUsername, o); !r.OK() {
			t.Fatal(r)
		}
	}
	c, got := h.from(func(l *msg.Login) { l.SetAccountSequence_64(0) })
	if want := numbers(45, 300); !slices.Equal(got, want) || c.conn.Closing() {
		t.Errorf("re-sent %v, closing for %v", got, c.conn.Err())
	}
}

// After a restart sessions are gone, reports count from 1, and orders, money and positions are unchanged.
func TestRestart(t *testing.T) {
	h := newHarness(t, testConfig())
	lost, name := h.sessionOf()
	lost.disconnect()
	c, session := h.sessionOf()
	half := h.connect() // not logged in yet
	c.create(buy, 10000, 3000, 1)
	c.create(buy, 10000, 2900, 2)
	h.sim.Exchange.Submit("rival", createRequest(sell, 4000, 3000))
	c.receiveAll()
	before, _ := h.sim.Exchange.Truth(DemoUsername)
	orders := h.sim.Exchange.Orders(DemoUsername)

	h.sim.Restart()
	for _, c := range []*client{c, half} {
		c.want()
		c.wantClosed()
		if !errors.Is(c.conn.Err(), ErrRestart) {
			t.Errorf("closed for %v", c.conn.Err())
		}
	}
	after, _ := h.sim.Exchange.Truth(DemoUsername)
	before.AccountSequence = 0
	if fmt.Sprint(after) != fmt.Sprint(before) || !slices.Equal(orders, h.sim.Exchange.Orders(DemoUsername)) {
		t.Errorf("before %+v, after %+v", before, after)
	}
	for _, name := range []string{name, session} {
		c = h.connect()
		c.resume(name, 4)
		c.want("S1 LOGOUT UNKNOWN_SESSION")
	}
	if _, got := h.from(func(l *msg.Login) { l.SetAccountSequence_64(0) }); got != nil {
		t.Errorf("reports of before are re-sent: %v", got)
	}
	c = h.login()
	c.create(buy, 10000, 2800, 3)
	h.sim.Exchange.Submit("rival", createRequest(sell, 2000, 3000))
	var fresh []uint64
	for m := c.next(); m != nil; m = c.next() {
		fresh = append(fresh, numberOf(m))
	}
	_, again := h.from(func(l *msg.Login) { l.SetAccountSequence_64(0) })
	if want := numbers(1, 2); !slices.Equal(fresh, want) || !slices.Equal(again, want) {
		t.Errorf("after the restart reports have numbers %v, and %v when re-sent", fresh, again)
	}
	if d := h.sim.Exchange.Audit(); d != "" {
		t.Error(d)
	}
}

// A restart disconnects clients, so it arms dead man's switches.
func TestRestartArms(t *testing.T) {
	h := newHarness(t, testConfig())
	c := h.armed(DemoUsername)
	h.sim.Restart()
	c.conn.Disconnected(h.sim.Now())
	h.wait(50*time.Second - 1)
	h.wantLive(DemoUsername, 1, "before its time")
	h.wait(1)
	h.wantLive(DemoUsername, 0, "at its time")
}

// Account sequences may restart or skip while a client is connected.
func TestNumbersChange(t *testing.T) {
	h := newHarness(t, testConfig())
	c := h.login()
	next := func() uint64 {
		c.create(buy, 10000, 3000, 1)
		return numberOf(c.next())
	}
	x := h.sim.Exchange
	var got []uint64
	got = append(got, next(), next())
	if !x.SkipSequences(DemoUsername, 1<<40) || x.SkipSequences("nobody", 1) ||
		x.SkipSequences(DemoUsername, math.MaxUint64) {
		t.Error("numbers are skipped of nobody, or beyond the last, or not at all")
	}
	got = append(got, next())
	x.RestartSequences()
	got = append(got, next())
	if want := []uint64{1, 2, 1<<40 + 3, 1}; !slices.Equal(got, want) {
		t.Errorf("numbers %v, want %v", got, want)
	}
	if _, again := h.from(func(l *msg.Login) { l.SetAccountSequence_64(0) }); !slices.Equal(again, numbers(1, 1)) {
		t.Errorf("re-sent %v", again)
	}
}

package sim

import (
	"errors"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
)

// A gap that is not closed within a minute ends the connection, whatever arrives meanwhile: a client and an
// exchange that replay to each other for ever carry nothing out.
func TestGapHasAnEnd(t *testing.T) {
	config := testConfig()
	config.HeartbeatInterval = 7 * time.Second // so that no heartbeat is due when the minute ends
	h := newHarness(t, config)
	c := h.login()
	ping := func(seq uint64) {
		c.sendAt(seq, func(m *msg.Payload) { m.MutableEtoPayload().SetType(msg.EtoPayloadPing) })
	}
	start := h.sim.Now()
	ping(1000)
	for seq := uint64(2); h.sim.Now() < start+int64(time.Minute)-1; seq++ {
		ping(seq)
		ping(1000 + seq) // and more arrives all the time
		h.wait(time.Second)
		c.receiveAll()
		if h.sim.Now() == start+int64(59*time.Second) {
			h.wait(time.Second - 1)
		}
	}
	if c.conn.Closing() {
		t.Fatalf("ended within the minute for %v", c.conn.Err())
	}
	if next := h.sim.Tick(h.sim.Now()); next != start+int64(time.Minute) {
		t.Errorf("the exchange is to be called %v after the gap opened", time.Duration(next-start))
	}
	h.wait(1)
	c.wantClosed()
	if !errors.Is(c.conn.Err(), ErrGap) {
		t.Errorf("closed for %v", c.conn.Err())
	}
}

// After a gap is closed, the next one has a minute of its own.
func TestGapsEachHaveTheirTime(t *testing.T) {
	h := newHarness(t, testConfig())
	c := h.login()
	for range 10 {
		c.out++
		c.ping()
		h.wait(14 * time.Second)
		for seq := c.out - 2; seq < c.out; seq++ {
			c.sendAt(seq, func(m *msg.Payload) { m.MutableEtoPayload().SetType(msg.EtoPayloadPing) })
		}
		h.wait(30 * time.Second)
		c.ping()
		c.receiveAll()
	}
	if c.conn.Closing() {
		t.Errorf("ended for %v", c.conn.Err())
	}
}

// The same messages are replayed at most 64 times. A client that shows that it received them may request
// again.
func TestReplaysAreLimited(t *testing.T) {
	h := newHarness(t, testConfig())
	c := h.login()
	for range 3 {
		c.ping() // so that there is more than the last run covered
		c.receiveAll()
		newest := c.seq
		for range 64 {
			c.replay(newest)
			c.receiveAll()
		}
		if c.conn.Closing() {
			t.Fatalf("ended within the limit for %v", c.conn.Err())
		}
	}
	c.replay(1)
	c.wantClosed()
	if !errors.Is(c.conn.Err(), ErrReplays) {
		t.Errorf("closed for %v", c.conn.Err())
	}
}

// Nor are they replayed for longer than a minute.
func TestReplaysHaveAnEnd(t *testing.T) {
	h := newHarness(t, testConfig())
	c := h.login()
	c.replay(1)
	for range 2 {
		h.wait(30 * time.Second)
		c.receiveAll()
		if c.conn.Closing() {
			t.Fatalf("ended for %v", c.conn.Err())
		}
		c.replay(1)
	}
	c.receiveAll()
	c.wantClosed()
	if !errors.Is(c.conn.Err(), ErrReplays) {
		t.Errorf("closed for %v", c.conn.Err())
	}

	// A client that requests now and then is served without limit.
	c = h.login()
	for range 10 {
		c.replay(1)
		for range 2 {
			h.wait(30 * time.Second)
			c.beat()
			c.receiveAll()
		}
	}
	if c.conn.Closing() {
		t.Errorf("ended for %v", c.conn.Err())
	}
}

// Requests without progress are forgotten when the next message arrives: only 15 s without any end the
// connection.
func TestGapWithProgress(t *testing.T) {
	h := newHarness(t, testConfig())
	c := h.login()
	ping := func(seq uint64) {
		c.sendAt(seq, func(m *msg.Payload) { m.MutableEtoPayload().SetType(msg.EtoPayloadPing) })
	}
	ping(100)
	for seq := uint64(2); seq < 5; seq++ {
		h.wait(15*time.Second - 1)
		c.receiveAll()
		if c.conn.Closing() {
			t.Fatalf("ended before message %d for %v", seq, c.conn.Err())
		}
		ping(seq)
	}
	h.wait(15 * time.Second)
	c.wantClosed()
	if !errors.Is(c.conn.Err(), ErrGap) {
		t.Errorf("closed for %v", c.conn.Err())
	}
}

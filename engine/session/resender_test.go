package session

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/wire"
)

// newResender returns a resender whose limits are 100 for the window, 1000 until a peer is stuck, and 10 until
// order entry is stale.
func newResender() *resender {
	r := new(resender)
	r.init(&Config{ReplayTimeout: 100, PeerTimeout: 1000, StaleAfter: 10})
	r.open(false)
	return r
}

// TestResenderOpen keeps the counts, the limits and, of a session that is resumed, what was sent again.
func TestResenderOpen(t *testing.T) {
	for _, resuming := range []bool{false, true} {
		r := newResender()
		if r.copied != noCopies {
			t.Errorf("copied %d", r.copied)
		}
		r.requestEarly(9)
		for range 20 {
			r.request(5, 30, 2, 2000)
		}
		want := resender{
			copied: noCopies, limits: r.limits,
			counts: resendCounts{served: replaysMax, refused: 20 - replaysMax},
		}
		if resuming {
			want.copied = 5
		}
		if r.open(resuming); *r != want {
			t.Errorf("resuming %t: %+v, want %+v", resuming, *r, want)
		}
	}
}

func TestResenderRequestEarly(t *testing.T) {
	r := newResender()
	for _, s := range []struct{ from, next uint64 }{{7, 7}, {9, 7}, {7, 7}, {3, 3}, {5, 3}} {
		if r.requestEarly(s.from); !r.early || r.next != s.next || r.active {
			t.Errorf("%d: %+v", s.from, r)
		}
	}
}

// TestResenderRequest judges a first request by what was sent and what is kept.
func TestResenderRequest(t *testing.T) {
	const far = 1 << 40
	for _, c := range []struct {
		from, next, oldest uint64
		want               replayVerdict
		kept               uint64
	}{
		{5, 9, 2, replayServed, 2},
		{8, 9, 2, replayServed, 2},
		{9, 9, 2, replayNothing, 0},
		{10, 9, 2, replayNothing, 0},
		{5, 9, 0, replayServed, 9},
		{5, 9, 7, replayServed, 7},
		{math.MaxUint64, 9, 2, replayNothing, 0},
		{far - GapfillsMax, far + 9, far, replayServed, far},
		{far - GapfillsMax - 1, far + 9, far, replayBeyondKept, 0},
		{far - GapfillsMax, far, 0, replayServed, far},
		{far - GapfillsMax - 1, far, 0, replayBeyondKept, 0},
	} {
		for _, before := range []bool{false, true} { // another one is being served
			r := newResender()
			r.early = true
			if r.active = before; before {
				r.next, r.last, r.kept = 3, 4, 1
			}
			got := r.request(c.from, c.next, c.oldest, 2000)
			if got != c.want || r.early || r.active != (c.want == replayServed) {
				t.Errorf("%+v: %d, %+v", c, got, r)
			}
			if c.want != replayServed {
				if r.counts != (resendCounts{}) || r.copied != noCopies {
					t.Errorf("%+v: %+v", c, r)
				}
				continue
			}
			if r.next != c.from || r.last != c.next-1 || r.kept != c.kept ||
				r.copied != c.from || r.counts.served != 1 {
				t.Errorf("%+v: %+v", c, r)
			}
		}
	}
	r := newResender()
	r.request(5, 9, 2, 2000)
	r.request(7, 9, 2, 2000)
	if r.copied != 5 || r.next != 7 {
		t.Errorf("%+v", r)
	}
}

// TestResenderAdmits counts the requests without progress in a window, and gives up the exchange whose requests
// make none for too long.
func TestResenderAdmits(t *testing.T) {
	type step struct {
		fair int64
		from uint64
		n    int // requests
		want replayVerdict
	}
	for name, steps := range map[string][]step{
		"a window": {
			{2000, 5, replaysMax, replayServed},
			{2099, 5, 9, replayRefused},
			{2100, 5, replaysMax, replayServed},
		},
		"progress": {
			{2000, 5, replaysMax, replayServed},
			{2001, 6, replaysMax, replayServed},
			{2002, 7, 1, replayServed},
		},
		"no progress": {
			{2000, 5, replaysMax, replayServed},
			{2001, 4, 5, replayRefused},
			{2001, 5, 5, replayRefused},
		},
		"back and back": {{2000, 5, 1, replayServed}, {2001, 4, 7, replayServed}, {2002, 3, 1, replayRefused}},
		"stuck": {
			{2000, 5, 1, replayServed},
			{2200, 5, 1, replayServed},
			{2400, 5, 1, replayServed},
			{2600, 4, 1, replayServed},
			{2800, 5, 1, replayServed},
			{2999, 5, 1, replayServed},
			{3000, 5, 1, replayStuck},
		},
		"stuck and refused": {
			{2000, 5, 1, replayServed},
			{2200, 5, 1, replayServed},
			{2400, 5, 1, replayServed},
			{2600, 4, 1, replayServed},
			{2800, 5, 1, replayServed},
			{2950, 5, replaysMax, replayServed},
			{2960, 5, 1, replayRefused},
			{3000, 5, 1, replayStuck},
		},
		"a pause": {
			{2000, 5, 1, replayServed},
			{2200, 5, 1, replayServed},
			{2401, 5, 1, replayServed},
			{2600, 5, 1, replayServed},
			{2800, 5, 1, replayServed},
			{3000, 5, 1, replayServed},
			{3200, 5, 1, replayServed},
			{3400, 5, 1, replayServed},
			{3401, 5, 1, replayStuck},
		},
	} {
		r := newResender()
		for _, s := range steps {
			for range s.n {
				if got := r.request(s.from, 30, 2, s.fair); got != s.want {
					t.Errorf("%s, %+v: %d", name, s, got)
				}
			}
		}
	}
}

// resent is what the exchange gets in place of a message.
type resent struct {
	seq uint64
	typ msg.PayloadType
	eto uint32
}

// resent takes everything that waits for the socket: each is marked as a replay.
func (k *requestKit) resent() (all []resent) {
	k.t.Helper()
	for _, payload := range k.o.pending(k.t) {
		env, err := envelope.Parse(payload)
		if err != nil || !env.IsReplay {
			k.t.Errorf("%x: not a replay: %v", payload, err)
		}
		all = append(all, resent{env.Seq, msg.PayloadType(env.Type), env.EtoType})
	}
	return all
}

// TestResenderCopies sends again what is worth it, fills the rest, and notes of each order which it was.
func TestResenderCopies(t *testing.T) {
	k := newRequestKit(t, 0)
	r := newResender()
	_ = k.o.sendBare(k.now, envelope.EtoLogin)           // 1
	k.send(msg.PayloadOrderCreate, byReference, 12)      // 2: stale
	k.now += 5                                           // from here on nothing is
	k.send(msg.PayloadOrderCreate, byReference, 13)      // 3
	k.send(msg.PayloadOrderCancelAll, byReference, 14)   // 4: answered
	k.send(msg.PayloadOrderCancelReplace, byOrder, 7)    // 5: pending
	k.send(msg.PayloadMarketSubscribe, 0, 0)             // 6
	_ = k.o.sendBare(k.now, envelope.EtoPing)            // 7
	_ = k.o.sendBare(k.now, envelope.EtoPong)            // 8
	_ = k.o.sendBare(k.now, envelope.EtoHeartbeat)       // 9
	_ = k.o.sendBare(k.now, envelope.EtoLogout)          // 10
	k.send(msg.PayloadOrderCreate, bySequence, k.o.next) // 11
	k.send(msg.PayloadOrderCancel, byReference, 20)      // 12: suppressed before
	k.o.pending(t)
	k.q.release(k.entry(4))
	k.entry(5).flags = flagPending
	k.q.suppress(k.entry(12))
	if got := r.request(1, k.o.next, k.o.frames.Oldest(), 2000); got != replayServed {
		t.Fatal(got)
	}
	r.resume(k.o, k.q, k.now+10)
	fill := func(seq uint64) resent { return resent{seq, msg.PayloadEto, envelope.EtoGapfill} }
	want := []resent{
		fill(1), fill(2),
		{3, msg.PayloadOrderCreate, envelope.EtoNone},
		fill(4), fill(5),
		{6, msg.PayloadMarketSubscribe, envelope.EtoNone},
		{7, msg.PayloadEto, envelope.EtoPing},
		{8, msg.PayloadEto, envelope.EtoPong},
		fill(9), fill(10),
		{11, msg.PayloadOrderCreate, envelope.EtoNone},
		fill(12),
	}
	if got := k.resent(); !slices.Equal(got, want) {
		t.Errorf("sent again\n%v, want\n%v", got, want)
	}
	if r.active || r.counts.copies != 5 || r.counts.gapfills != 7 || k.o.next != 13 || k.o.sent != 12 {
		t.Errorf("%+v, next %d", r, k.o.next)
	}
	if k.o.lastSent != k.now+10 {
		t.Errorf("last sent at %d", k.o.lastSent)
	}
	for seq, flags := range map[uint64]entryFlags{
		2: flagSuppressed, 3: flagResent, 5: flagPending, 11: flagResent, 12: flagSuppressed,
	} {
		if got := k.entry(seq).flags; got != flags {
			t.Errorf("%d has flags %b, want %b", seq, got, flags)
		}
	}
}

// TestResenderWaiting sends again what is stale if it still waits for the socket: it goes out in any case.
func TestResenderWaiting(t *testing.T) {
	k := newRequestKit(t, 0)
	r := newResender()
	k.send(msg.PayloadOrderCreate, byReference, 11)
	k.send(msg.PayloadOrderCreate, byReference, 12)
	k.o.pending(t)
	k.send(msg.PayloadOrderCreate, byReference, 13)
	k.send(msg.PayloadOrderCreate, byReference, 14)
	first := len(k.o.frames.Pending()) // 3 and 4, which leave before their copies
	r.request(1, k.o.next, k.o.frames.Oldest(), 2000)
	r.resume(k.o, k.q, k.now+11)
	k.o.frames.Written(first)
	want := []resent{
		{1, msg.PayloadEto, envelope.EtoGapfill},
		{2, msg.PayloadEto, envelope.EtoGapfill},
		{3, msg.PayloadOrderCreate, envelope.EtoNone},
		{4, msg.PayloadOrderCreate, envelope.EtoNone},
	}
	if got := k.resent(); !slices.Equal(got, want) {
		t.Errorf("sent again %v, want %v", got, want)
	}
}

// TestResenderRoom stops where there is no room, and goes on from there. What the ring did not keep when the
// request came has been suppressed by then, and is not found by an accident of its sequence.
func TestResenderRoom(t *testing.T) {
	k := newRequestKit(t, 0)
	k.o = newOutbox(t, ringBytesMin, ringRecordsMin)
	k.q.frames = k.o.frames
	r := newResender()
	k.o.rebase(1000)
	for range 8 {
		k.send(msg.PayloadMarketSubscribe, 0, 0)
		k.o.pending(t)
	}
	k.q.open.add(bySequence, 990).seq = 990
	r.request(500, k.o.next, k.o.frames.Oldest(), 2000)
	var got []resent
	for n := 0; r.active; n++ {
		next := r.next
		r.resume(k.o, k.q, k.now)
		if r.next == next || n > 20 {
			t.Fatalf("stays at %d", next)
		}
		if r.active != (r.next <= 1007) {
			t.Errorf("active %t at %d", r.active, r.next)
		}
		got = append(got, k.resent()...)
	}
	if len(got) != 508 || r.counts.gapfills != 500 || r.counts.copies != 8 {
		t.Fatalf("%d sent again, %+v", len(got), r.counts)
	}
	for i, g := range got {
		if g.seq != uint64(500+i) || (g.eto == envelope.EtoGapfill) != (i < 500) {
			t.Errorf("%d: %+v", i, g)
		}
	}
	if k.q.suppressed != 0 {
		t.Error("a request from before what was kept was suppressed by its frame")
	}
}

// TestCopyFrame copies frames of either kind and every length of the sequence, with nothing changed but the
// mark.
func TestCopyFrame(t *testing.T) {
	for _, seq := range []uint64{1, 127, 128, 1 << 20, 1 << 62} {
		o := newOutbox(t, 0, 0)
		o.rebase(seq)
		order := orderCreate()
		order.SetLabelString(strings.Repeat("x", 100))
		for range 2 {
			size, err := o.encodeSized(msg.PayloadOrderCreate, order, classCreate, 77)
			if err != nil {
				t.Fatal(err)
			}
			o.commit(1, size, uint32(msg.PayloadOrderCreate), 77)
			if err := o.sendBare(1, envelope.EtoPing); err != nil {
				t.Fatal(err)
			}
		}
		for at := seq; at < seq+4; at++ {
			frame, rec, _ := o.frames.Frame(at)
			region := make([]byte, len(frame)+replayGrowth)
			again := copyFrame(region, frame, rec)
			var was, is msg.Payload
			for p, b := range map[*msg.Payload][]byte{&was: frame, &is: again} {
				payload, n, err := wire.Scan(b, wire.Limits{})
				if err != nil || n != len(b) {
					t.Fatal(n, err)
				}
				if err := p.Decode(bytes.Clone(payload), nil); err != nil {
					t.Fatal(err)
				}
			}
			if !is.GetEtoPayload().GetIsReplay() || was.GetEtoPayload().GetIsReplay() {
				t.Errorf("%d: not marked: %v", at, &is)
			}
			was.MutableEtoPayload().SetIsReplay(true)
			a, errA := was.MarshalVT()
			b, errB := is.MarshalVT()
			if errA != nil || errB != nil || !bytes.Equal(a, b) {
				t.Errorf("%d: %v, was %v", at, &is, &was)
			}
		}
	}
}

// TestGapfill has every length of the sequence fit the room that is reserved.
func TestGapfill(t *testing.T) {
	for _, seq := range []uint64{1, 127, 128, 1 << 31, sequenceMax} {
		frame := gapfill(make([]byte, gapfillBytesMax), seq)
		payload, n, err := wire.Scan(frame, wire.Limits{})
		if err != nil || n != len(frame) {
			t.Fatal(n, err)
		}
		env, err := envelope.Parse(payload)
		if err != nil || env.Seq != seq || env.EtoType != envelope.EtoGapfill || !env.IsReplay || env.Type != 1 {
			t.Errorf("%d: %+v, %v", seq, env, err)
		}
	}
}

// TestResenderFate trusts what the ring says of a frame unless a copy of it was sent.
func TestResenderFate(t *testing.T) {
	r := resender{copied: 5}
	for _, c := range []struct {
		seq   uint64
		state ring.SentState
		want  Fate
	}{
		{4, ring.NotSent, NotSent},
		{5, ring.NotSent, InDoubt},
		{6, ring.NotSent, InDoubt},
		{4, ring.Partial, InDoubt},
		{4, ring.Sent, InDoubt},
	} {
		if got := r.fate(c.seq, c.state); got != c.want {
			t.Errorf("%d, %v: %v, want %v", c.seq, c.state, got, c.want)
		}
	}
}

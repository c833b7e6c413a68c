package session

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
)

// TestReplaceStages follows a replace from stage to stage.
func TestReplaceStages(t *testing.T) {
	const pending = "order_pending_replace order_id=9 orig_order_id=8 reference=5 market_id=1"
	const carried = "order_cancel_replace_accepted order_id=9 orig_order_id=8 reference=5"
	begin := func(t *testing.T, config Config) *kit {
		k := newEstablished(t, config)
		k.sendText("order_cancel_replace orig_order_id=8 price=2600 quantity=5000 reference=5")
		k.sent()
		return k
	}
	t.Run("nothing comes after the first", func(t *testing.T) {
		k := begin(t, Config{})
		k.feed(frameOf(t, "2", pending))
		k.wantKinds(k.events(), Message)
		events, err := k.waitUntil(k.now + int64(AnswerTimeout) - 1)
		if err != nil || len(events) != 0 {
			t.Fatal(events, err)
		}
		events, err = k.waitUntil(k.now + 1)
		if err != nil {
			t.Fatal(err)
		}
		k.wantKinds(events, SendResolved)
		e := events[0]
		if !errors.Is(e.Cause, ErrReplacePending) || !errors.Is(e.Cause, ErrNoAnswer) || e.Fate != InDoubt ||
			e.Type != msg.PayloadOrderCancelReplace || e.Reference != 5 || SafeToResend(e.Err()) {
			t.Errorf("%+v", e)
		}
		// The exchange answered something: it is not given up for this.
		if k.s.liveness.unanswered {
			t.Error("a pending replace counts as one without an answer")
		}
		k.feed(frameOf(t, "3", carried))
		k.wantKinds(k.events(), Message)
		if k.s.requests.doubts.n != 0 {
			t.Error("it stays in doubt after its second answer")
		}
	})
	t.Run("nothing comes at all", func(t *testing.T) {
		k := begin(t, Config{})
		events, err := k.waitUntil(k.now + int64(AnswerTimeout))
		if err != nil {
			t.Fatal(err)
		}
		k.wantKinds(events, SendResolved)
		if e := events[0]; errors.Is(e.Cause, ErrReplacePending) || !errors.Is(e.Cause, ErrNoAnswer) {
			t.Errorf("%+v", e)
		}
		// The first stage comes late, and then the second.
		k.feed(frameOf(t, "2", pending))
		k.feed(frameOf(t, "3", carried))
		k.wantKinds(k.events(), Message, Message)
		if k.s.requests.doubts.n != 0 {
			t.Error("it stays in doubt")
		}
	})
	t.Run("in any order and twice", func(t *testing.T) {
		k := begin(t, Config{})
		for i, text := range []string{carried, pending, carried} {
			k.feed(frameOf(t, fmt.Sprint(2+i), fmt.Sprint(text, " account_sequence_64=", 7+i%2)))
		}
		k.wantKinds(k.events(), Message, Message)
		if k.s.requests.open.n != 0 || k.s.Stats().AnswerMismatches != 0 {
			t.Errorf("%d wait, %+v", k.s.requests.open.n, k.s.Stats())
		}
	})
	t.Run("the first twice", func(t *testing.T) {
		k := begin(t, Config{})
		for i := range 3 {
			k.feed(frameOf(t, fmt.Sprint(2+i), pending+" account_sequence_64=7"))
		}
		k.wantKinds(k.events(), Message)
		if dup := k.s.Stats().AccountDuplicates; dup != 2 || k.s.requests.open.n != 1 {
			t.Errorf("%d duplicates, %d wait", dup, k.s.requests.open.n)
		}
	})
	for _, doubt := range []bool{false, true} {
		t.Run(fmt.Sprintf("the first twice, with a number of long ago, in doubt %t", doubt), func(t *testing.T) {
			k := newEstablished(t, Config{AccountSequence: 2 * accountRecent})
			k.sendText("order_cancel_replace orig_order_id=8 price=2600 quantity=5000 reference=5")
			k.receiveText(pending + " account_sequence_64=7 is_replay")
			k.wantKinds(k.events(), AccountReset, Message)
			k.receiveText(fmt.Sprint("order_voided order_id=1 account_sequence_64=", 2*accountRecent+1))
			k.wantKinds(k.events(), Message)
			if doubt {
				if _, err := k.waitUntil(k.now + int64(AnswerTimeout)); err != nil || k.s.requests.doubts.n != 1 {
					t.Fatal(err)
				}
			}
			k.receiveText(pending + " account_sequence_64=7 is_replay")
			k.wantKinds(k.events())
			if dup := k.s.Stats().AccountDuplicates; dup != 1 {
				t.Errorf("%d duplicates, want 1", dup)
			}
		})
	}
	t.Run("lost", func(t *testing.T) {
		k := begin(t, Config{})
		k.s.outbox.frames.Rebase(9) // the ring holds nothing of it
		k.feed(frameOf(t, "2", pending))
		k.events()
		k.s.Lost(k.now, io.EOF)
		events := k.events()
		k.wantKinds(events, StateChanged, SendResolved)
		if events[1].Fate != InDoubt || !errors.Is(events[1].Cause, io.EOF) {
			t.Errorf("%+v", events[1])
		}
	})
	t.Run("answered and never sent", func(t *testing.T) {
		// A copy may have left, in a session that was resumed: what was answered is not unsent.
		k := newEstablished(t, Config{})
		k.sendText("order_cancel_replace orig_order_id=8 price=2600 quantity=5000 reference=5")
		k.feed(frameOf(t, "2", pending))
		k.events()
		k.s.Lost(k.now, io.EOF)
		events := k.events()
		k.wantKinds(events, StateChanged, SendResolved)
		if events[1].Fate != InDoubt {
			t.Errorf("it is %v", events[1].Fate)
		}
	})
	t.Run("asked for again", func(t *testing.T) {
		k := begin(t, Config{})
		k.feed(frameOf(t, "2", pending))
		k.events()
		k.feed(frameOf(t, "3", "REPLAY seq=2"))
		k.wantKinds(k.events())
		frames := k.frames()
		if len(frames) != 1 || frames[0].eto != envelope.EtoGapfill || k.s.requests.open.n != 1 {
			t.Errorf("%+v, %d wait", frames, k.s.requests.open.n)
		}
	})
	t.Run("asked for again, then pending", func(t *testing.T) {
		k := begin(t, Config{})
		k.now += int64(StaleAfter) + 1
		k.feed(frameOf(t, "3", "REPLAY seq=2")) // behind a gap, so that it is served first
		if e, err := k.s.Next(k.now); err != nil || e.Kind != Gap || k.s.requests.suppressed != 1 {
			t.Fatal(e, err, k.s.requests.suppressed)
		}
		m := k.s.requests.match(new(msg.Payload), msg.PayloadOrderPendingReplace, byReference, 5, 5, Live, false)
		k.s.requests.answer(m, msg.PayloadOrderPendingReplace)
		if k.s.requests.suppressed != 0 || k.s.requests.open.first().is(flagSuppressed) {
			t.Error("the exchange has it, and it is reported as not delivered")
		}
	})
	t.Run("the exchange drops something", func(t *testing.T) {
		k := begin(t, Config{})
		k.mustSend(msg.PayloadOrderCreate, orderCreate())
		k.mustSend(msg.PayloadOrderCreate, orderCreate())
		k.feed(frameOf(t, "2", pending))
		k.feed(frameOf(t, "3", "THROTTLE_EXCEEDED"))
		k.feed(frameOf(t, "4", "THROTTLE_EXCEEDED"))
		k.feed(frameOf(t, "5", "THROTTLE_EXCEEDED"))
		events := k.events()
		k.wantKinds(events, Message, ThrottleExceeded, SendResolved, ThrottleExceeded, SendResolved, ThrottleExceeded)
		if events[2].Seq != 3 || events[4].Seq != 4 {
			t.Errorf("%d and %d were dropped, want 3 and 4", events[2].Seq, events[4].Seq)
		}
	})
	t.Run("a new one in the same place", func(t *testing.T) {
		k := begin(t, Config{UnansweredMax: 1})
		k.feed(frameOf(t, "2", pending))
		k.feed(frameOf(t, "3", carried))
		k.events()
		k.sendText("order_cancel_replace orig_order_id=8 price=2600 quantity=5000 reference=6")
		if k.s.requests.open.first().is(flagPending) {
			t.Error("a new replace is pending from the start")
		}
	})
}

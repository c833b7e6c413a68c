package session

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// The answers that there are, with the request that each belongs to and all that it can say. Each is sent
// to a session that waits for the answers to one request of every kind, all with the same fields.
const (
	matchCreate  = "order_create side=SELL quantity=100000 price=2500 market_id=1 contract_id=2"
	matchCancel  = "order_cancel order_id=8"
	matchReduce  = "order_quantity_reduce order_id=8 new_quantity=5"
	matchAll     = "order_cancel_all market_id=1"
	matchReplace = "order_cancel_replace orig_order_id=8 price=2600 quantity=5000"
)

// matchRequests are sent as C2 to C6, with references 11 to 15.
var matchRequests = []string{matchCreate, matchCancel, matchReduce, matchAll, matchReplace}

// matchAnswer is one of them.
type matchAnswer struct {
	name    string
	request int // of matchRequests
	also    int // likewise, another that it answers; -1 for none
	fields  string
	wrong   []string // each contradicts the request
	right   []string // each does not, though it differs
	stays   bool     // the request waits for another answer
}

var matchAnswers = []matchAnswer{
	{
		name: "order_accepted", request: 0, also: -1,
		fields: "seq=2 order_id=7 side=SELL quantity=100000 price=2500 market_id=1 contract_id=2",
		wrong: []string{
			"seq=0", "seq=3", "seq=1", "side=BUY", "side=0", "quantity=100001", "price=2499",
			"market_id=2", "market_id=0", "contract_id=1",
		},
		right: []string{"quantity=99999", "quantity=0", "price=2501", "price=9999", "order_id=99"},
	},
	{
		name: "order_rejected", request: 0, also: -1,
		fields: "seq=2 reason=MARKET_HALTED", wrong: []string{"seq=3", "seq=0"},
	},
	{
		name: "order_invalid", request: 0, also: -1,
		fields: "seq=2 reasons=INVALID_PRICE", wrong: []string{"seq=3", "seq=0"},
	},
	{
		name: "order_cancelled", request: 1, also: -1,
		fields: "order_id=8 reason=MEMBER_REQUESTED side=BUY", wrong: []string{"order_id=7", "order_id=0"},
	},
	{
		name: "order_cancel_rejected", request: 1, also: 4,
		fields: "order_id=8 reason=NOT_LIVE", wrong: []string{"order_id=7", "order_id=7 orig_order_id=8"},
		right: []string{"order_id=8 orig_order_id=9"},
	},
	{
		name: "order_cancel_rejected", request: 4, also: 1,
		fields: "orig_order_id=8 reason=NOT_FOUND", wrong: []string{"orig_order_id=9"},
	},
	{
		name: "order_quantity_reduced", request: 2, also: -1,
		fields: "order_id=8 new_quantity=5 reason=MEMBER_REQUESTED", wrong: []string{"order_id=9"},
		right: []string{"new_quantity=6"},
	},
	{
		name: "order_quantity_reduce_rejected", request: 2, also: -1,
		fields: "order_id=8 new_quantity=5 reason=NOT_LIVE", wrong: []string{"order_id=9"},
	},
	{name: "order_cancel_all_accepted", request: 3, also: -1},
	{name: "order_cancel_all_rejected", request: 3, also: -1, fields: "reason=UNKNOWN_ERROR"},
	{
		name: "order_pending_replace", request: 4, also: -1, stays: true,
		fields: "order_id=9 orig_order_id=8 price=2600 quantity=5000 market_id=1", wrong: []string{"orig_order_id=9"},
	},
	{
		name: "order_cancel_replace_accepted", request: 4, also: -1,
		fields: "order_id=9 orig_order_id=8 price=2600 quantity=5000 quantity_left=1",
		wrong:  []string{"orig_order_id=9"},
	},
	{
		name: "order_cancel_replace_rejected", request: 4, also: -1,
		fields: "order_id=9 orig_order_id=8 reason=TOO_LATE", wrong: []string{"orig_order_id=9"},
	},
}

// matchKit waits for the answers to all requests. With doubts they are reported as in doubt already.
func matchKit(t *testing.T, doubts bool) *kit {
	t.Helper()
	config := Config{UnansweredMax: 16, ReceiveBytes: 4096}
	config.Send.Bytes = ringBytesMin
	k := newEstablished(t, config)
	for i, request := range matchRequests {
		k.sendText(fmt.Sprint(request, " reference=", 11+i))
	}
	k.sent()
	k.receiveText("order_voided order_id=1 account_sequence_64=1")
	k.events()
	if doubts {
		if _, err := k.waitUntil(k.now + int64(AnswerTimeout)); err != nil {
			t.Fatal(err)
		}
	}
	return k
}

// receiveText has the server receiveText its next message, in the form that scripts have.
func (k *kit) receiveText(text string) {
	k.t.Helper()
	k.feed(frameOf(k.t, fmt.Sprint(k.server), text))
	k.server++
}

// sendText sends a message of the form that scripts have.
func (k *kit) sendText(text string) {
	k.t.Helper()
	name, fields, _ := strings.Cut(text, " ")
	typ, m := messageOf(k.t, name, fields)
	k.mustSend(typ, m)
}

// inFlight lists the sequences of the requests that wait for an answer, or are in doubt.
func (k *kit) inFlight() (seqs []uint64) {
	for _, u := range []*inFlight{&k.s.requests.open, &k.s.requests.doubts} {
		for e := u.first(); e != nil; e = u.after(e) {
			seqs = append(seqs, e.seq)
		}
	}
	return seqs
}

// with is fields with those that other names in place of its own.
func with(fields, other string) (text string) {
	for _, field := range strings.Fields(fields) {
		if name, _, _ := strings.Cut(field, "="); !strings.Contains(" "+other, " "+name+"=") {
			text += " " + field
		}
	}
	if other != "" {
		text += " " + other
	}
	return text
}

// TestAnswersMatch sends every answer: as it should be, with each field left out, with each that
// differs, and with the reference of each request that it does not belong to; without an account
// sequence, and with the expected one, which some messages have a faster path for.
func TestAnswersMatch(t *testing.T) {
	for _, doubts := range []bool{false, true} {
		for i := range matchAnswers {
			a := &matchAnswers[i]
			check := func(reference int, fields string, answers bool) {
				t.Helper()
				a.check(t, doubts, reference, fields, answers)
				if a.name != "order_invalid" {
					a.check(t, doubts, reference, fields+" account_sequence_64=2", answers)
				}
			}
			check(11+a.request, with(a.fields, ""), true)
			check(11+a.request, "", true)
			for name := range pairs(a.fields) {
				left := ""
				for _, field := range strings.Fields(a.fields) {
					if !strings.HasPrefix(field, name+"=") {
						left += " " + field
					}
				}
				check(11+a.request, left, true)
			}
			for _, field := range a.wrong {
				check(11+a.request, with(a.fields, field), false)
				check(11+a.request, with("", field), false)
			}
			for _, field := range a.right {
				check(11+a.request, with(a.fields, field), true)
			}
			if a.name == "order_accepted" { // what all but a create have nothing of
				for other, fields := range []string{1: " quantity=8", 2: " quantity=8", 3: "", 4: " quantity=8"} {
					if other > 0 {
						check(11+other, fmt.Sprintf(" seq=%d side=0%s", 2+other, fields), false)
					}
				}
			}
			for other := range matchRequests {
				if other != a.request && other != a.also {
					check(11+other, with(a.fields, ""), false)
					check(11+other, "", false)
				}
			}
		}
	}
}

// check has a session receive an answer, and checks what comes of it.
func (a *matchAnswer) check(t *testing.T, doubts bool, reference int, fields string, answers bool) {
	t.Helper()
	k := matchKit(t, doubts)
	k.receiveText(fmt.Sprintf("%s reference=%d%s", a.name, reference, fields))
	events := k.events()
	left := len(matchRequests)
	if answers && !a.stays {
		left--
	}
	if waiting := k.inFlight(); len(waiting) != left {
		t.Errorf("%v wait", waiting)
	}
	if a.stays && answers && !k.pending(uint64(reference-9)) {
		t.Error("it is not pending")
	}
	benign := a.name == "order_cancelled" && reference == 14 // it follows from the cancel-all
	mismatches := k.s.Stats().AnswerMismatches
	if answers || benign {
		k.wantKinds(events, Message)
		if mismatches != 0 {
			t.Error("a mismatch")
		}
	} else {
		k.wantKinds(events, AnswerMismatch, Message)
		typ, _, _ := strings.Cut(matchRequests[reference-11], " ")
		if e := events[0]; mismatches != 1 || e.Reference != uint64(reference) || e.Seq != uint64(reference-9) ||
			typeText(e.Type) != typ || e.Epoch != 1 || e.Received != k.now {
			t.Errorf("%+v", e)
		}
	}
	if t.Failed() {
		t.Fatalf("%s of %d with%s, in doubt %t", a.name, reference, fields, doubts)
	}
}

// pending reports whether the request with a sequence, or the doubt about it, is pending.
func (k *kit) pending(seq uint64) bool {
	for _, u := range []*inFlight{&k.s.requests.open, &k.s.requests.doubts} {
		for e := u.first(); e != nil; e = u.after(e) {
			if e.seq == seq {
				return e.is(flagPending)
			}
		}
	}
	return false
}

// TestAcceptedPrice: a price is contradicted by a worse one for the order's side, and an order without a
// price by none.
func TestAcceptedPrice(t *testing.T) {
	for _, c := range []struct {
		side, asked, accepted string
		answers               bool
	}{
		{"BUY", " price=2500", "2500", true},
		{"BUY", " price=2500", "2499", true},
		{"BUY", " price=2500", "2501", false},
		{"SELL", " price=2500", "2500", true},
		{"SELL", " price=2500", "2501", true},
		{"SELL", " price=2500", "2499", false},
		{"BUY", "", "9999", true},
		{"SELL", "", "1", true},
	} {
		k := newEstablished(t, Config{ReferenceBase: 6})
		k.sendText("order_create side=" + c.side + " quantity=5 market_id=1 contract_id=2" + c.asked)
		k.feed(frameOf(t, "2", "order_accepted reference=7 seq=2 side="+c.side+" price="+c.accepted))
		k.events()
		if answered := k.s.requests.open.n == 0; answered != c.answers {
			t.Errorf("%+v: answered %t", c, answered)
		}
	}
}

// TestForeignAnswer has another session of the account use a reference of ours. Its order's acceptance
// answers nothing of ours, and ours does.
func TestForeignAnswer(t *testing.T) {
	k := newEstablished(t, Config{ReferenceBase: 1000})
	k.mustSend(msg.PayloadOrderCreate, orderCreate())
	k.feed(frameOf(t, "2", "order_accepted seq=0 reference=1001 order_id=5005 account_sequence_64=1"))
	k.wantKinds(k.events(), AnswerMismatch, Message)
	k.feed(frameOf(t, "3", "order_accepted seq=2 reference=1001 order_id=5006 account_sequence_64=2"))
	k.wantKinds(k.events(), Message)
	k.s.Lost(k.now, io.EOF)
	k.wantKinds(k.events(), StateChanged)
}

// TestReferenceUsedTwice sends an order and its cancel with one reference, and another order with it:
// each answer finds the oldest request that it fits.
func TestReferenceUsedTwice(t *testing.T) {
	k := newEstablished(t, Config{})
	for _, request := range []string{
		"order_cancel order_id=8 reference=5", // C2
		"order_create side=BUY quantity=100 price=2500 market_id=1 contract_id=2 reference=5",
		"order_create side=BUY quantity=100 price=2500 market_id=1 contract_id=2 reference=5",
		"order_cancel order_id=8 reference=5",
		"order_create side=SELL quantity=100 price=2500 market_id=1 contract_id=2 reference=5",
	} {
		k.sendText(request)
	}
	for seq := uint64(2); seq < 7; seq++ {
		if e := k.s.requests.bySequence(seq); e == nil || e.seq != seq {
			t.Errorf("request %d is %+v", seq, e)
		}
	}
	for _, c := range []struct {
		answer   string
		left     []uint64
		mismatch uint64
	}{
		{"order_rejected reference=5 reason=MARKET_HALTED", []uint64{2, 4, 5, 6}, 0},
		{"order_cancelled order_id=8 reference=5", []uint64{4, 5, 6}, 0},
		{"order_quantity_reduced order_id=8 reference=5", []uint64{4, 5, 6}, 4},
		{"order_accepted reference=5 seq=6", []uint64{4, 5}, 0},
		{"order_accepted reference=5 side=SELL", []uint64{4, 5}, 4},
		{"order_cancel_rejected reference=5 order_id=8 reason=NOT_LIVE", []uint64{4}, 0},
		{"order_invalid reference=5 seq=4", nil, 0},
	} {
		k.receiveText(c.answer)
		events := k.events()
		if got := k.inFlight(); fmt.Sprint(got) != fmt.Sprint(c.left) {
			t.Errorf("after %s: %v wait, want %v", c.answer, got, c.left)
		}
		if got := events[0]; (got.Kind == AnswerMismatch) != (c.mismatch != 0) ||
			c.mismatch != 0 && got.Seq != c.mismatch {
			t.Errorf("after %s: %+v, want a mismatch of %d", c.answer, got, c.mismatch)
		}
	}
}

// TestRepeatedAnswer has the sequences of an earlier session in what is sent again: they mean nothing,
// whatever else is in it does.
func TestRepeatedAnswer(t *testing.T) {
	for answer, answers := range map[string]bool{
		"order_accepted seq=99 is_replay":                       true,
		"order_rejected seq=99 reason=LIMIT_EXCEEDED is_replay": true,
		"order_invalid seq=99 is_replay":                        true,
		"order_accepted seq=99":                                 false,
		"order_accepted seq=99 side=SELL is_replay":             false,
	} {
		k := newEstablished(t, Config{ReferenceBase: 6})
		k.mustSend(msg.PayloadOrderCreate, orderCreate())
		k.receiveText(answer + " reference=7")
		k.events()
		if answered := k.s.requests.open.n == 0; answered != answers {
			t.Errorf("%s: answered %t", answer, answered)
		}
	}
}

// TestAnswerOfAnEarlierSession has the exchange serve a request after the connection was lost and the next session has
// begun. Its answer is the first one, so that it is not marked as sent again, and has no sequence of this session.
func TestAnswerOfAnEarlierSession(t *testing.T) {
	for answer, answers := range map[string]bool{
		"order_accepted seq=0":                        true,
		"order_accepted seq=99":                       true,
		"order_rejected seq=99 reason=LIMIT_EXCEEDED": true,
		"order_invalid seq=0":                         true,
		"order_accepted seq=0 side=SELL":              false,
	} {
		k := newEstablished(t, Config{ReferenceBase: 6})
		k.receiveText("order_voided order_id=1 account_sequence_64=1")
		k.mustSend(msg.PayloadOrderCreate, orderCreate())
		k.sent() // it has left
		k.reconnect(false)
		if k.s.requests.doubts.n != 1 {
			t.Fatalf("%s: nothing is in doubt", answer)
		}
		k.receiveText(answer + " reference=7")
		k.events()
		if answered := k.s.requests.doubts.n == 0; answered != answers {
			t.Errorf("%s: answered %t", answer, answered)
		}
	}
}

// TestRepeatedAnswerOfOneOfTwo has two orders with one reference: what is sent again within the session
// finds the one that it was an answer to, on the faster path as on the other.
func TestRepeatedAnswerOfOneOfTwo(t *testing.T) {
	for _, fields := range []string{"", " side=BUY quantity=400000 price=2500 market_id=317002 contract_id=608008"} {
		k := newEstablished(t, Config{})
		k.receiveText("order_voided order_id=1 account_sequence_64=1")
		k.create(5)
		k.create(5)
		k.receiveText("order_accepted reference=5 seq=3 is_replay account_sequence_64=2" + fields)
		k.events()
		if waiting := k.inFlight(); len(waiting) != 1 || waiting[0] != 2 {
			t.Errorf("%q: %v wait", fields, waiting)
		}
	}
}

// TestReferenceThatIsASequence answers a create that has no reference by one whose reference happens to
// be its sequence: it is another one.
func TestReferenceThatIsASequence(t *testing.T) {
	k := newEstablished(t, Config{})
	k.receiveText("order_voided order_id=1 account_sequence_64=1")
	k.mustSend(msg.PayloadOrderCreate, orderCreate())
	k.receiveText("order_accepted reference=2 seq=2 side=BUY quantity=400000 price=2500 " +
		"market_id=317002 contract_id=608008 " +
		"account_sequence_64=2")
	k.events()
	if k.s.requests.open.n != 1 {
		t.Error("it was answered")
	}
}

// TestMatchByOrder has several requests about one order, without references: what comes
// about it answers the one that it can.
func TestMatchByOrder(t *testing.T) {
	k := newEstablished(t, Config{})
	for _, request := range []string{
		"order_quantity_reduce order_id=8 new_quantity=5",
		"order_cancel_replace orig_order_id=8 price=2600 quantity=5000",
		"order_cancel order_id=8", "order_cancel_all",
	} {
		k.sendText(request)
	}
	for i, c := range []struct {
		answer string
		left   []uint64
	}{
		{"order_cancelled order_id=7", []uint64{2, 3, 4, 5}},
		{"order_cancelled order_id=8", []uint64{2, 3, 5}},
		{"order_cancelled order_id=8", []uint64{2, 3, 5}},
		{"order_pending_replace order_id=9 orig_order_id=8", []uint64{2, 3, 5}},
		{"order_cancel_replace_rejected order_id=9 orig_order_id=8", []uint64{2, 5}},
		{"order_quantity_reduce_rejected order_id=8", []uint64{5}},
		{"order_cancel_all_rejected", nil},
	} {
		k.feed(frameOf(t, fmt.Sprint(2+i), c.answer))
		k.wantKinds(k.events(), Message)
		if got := k.inFlight(); fmt.Sprint(got) != fmt.Sprint(c.left) {
			t.Errorf("after %s: %v wait, want %v", c.answer, got, c.left)
		}
	}
	if n := k.s.Stats().AnswerMismatches; n != 0 {
		t.Errorf("%d mismatches of messages that name no request", n)
	}
}

package order

import (
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// TestReduceTinyFill reduces a fill for which there is no whole price any more: it stays as it was.
func TestReduceTinyFill(t *testing.T) {
	if q, p := reduceFill(3, 9000, msg.ReduceTypePrice, 9999); q != 3 || p != 9000 {
		t.Errorf("%d at %d", q, p)
	}
}

// TestGoneQueueIsBounded has more orders that may be gone than there is room for: the oldest is not followed any more.
func TestGoneQueueIsBounded(t *testing.T) {
	var q goneQueue
	q.init(2)
	for id := range uint64(3) {
		q.push(&entry{Order: Order{ID: id + 1}})
	}
	if q.n != 2 || q.list[q.head].id != 2 {
		t.Errorf("%+v", q)
	}
}

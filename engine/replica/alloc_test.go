//go:build !race

package replica_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/engine/replica"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/journal"
)

// TestSentAllocates: what follows a bot beside it does not allocate for each request.
func TestSentAllocates(t *testing.T) {
	sent := 0
	r, err := replica.New(replica.Config{Observer: counter{sent: &sent}})
	if err != nil {
		t.Fatal(err)
	}
	r.Apply(&journal.Record{Kind: journal.KindStart, Seq: 1})
	const requests = 200
	records := make([]*journal.Record, requests)
	for i := range records {
		payload, err := proto.Marshal(&seto.Payload{
			EtoPayload:  &eto.Payload{Seq: proto.Uint64(uint64(i) + 1)},
			Type:        seto.PayloadType_PAYLOAD_ORDER_CANCEL.Enum(),
			OrderCancel: &seto.OrderCancel{OrderId: proto.Uint64(uint64(i) + 1)},
		})
		if err != nil {
			t.Fatal(err)
		}
		records[i] = &journal.Record{Kind: journal.KindOutbound, Seq: uint64(i) + 2, At: int64(i), Payload: payload}
	}
	next := 0
	n := testing.AllocsPerRun(requests/2, func() {
		r.Apply(records[next])
		next++
	})
	if n != 0 || sent != next {
		t.Errorf("%v allocations a request, %d of %d were observed", n, sent, next)
	}
}

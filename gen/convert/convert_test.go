package convert_test

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/gen/convert"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// Print a message as JSON.
func ExampleToProto() {
	var cancel msg.OrderCancel
	cancel.SetOrderId(42)
	text, err := protojson.Marshal(convert.ToProto(&cancel))
	fmt.Printf("%s %v\n", text, err)
	// Output:
	// {"orderId":"42"} <nil>
}

// What belongs to neither family, or to two messages, is refused and nothing is changed. That all
// others convert is tested with the messages, in package msg.
func TestOtherTypesAreRefused(t *testing.T) {
	for _, m := range []any{nil, 1, msg.OrderCancel{}, new(seto.OrderCancel), (*seto.OrderCancel)(nil)} {
		if p := convert.ToProto(m); p != nil {
			t.Errorf("ToProto(%T) is %T", m, p)
		}
		if convert.FromProto(m, new(seto.OrderCancel)) {
			t.Errorf("FromProto took a %T", m)
		}
	}
	var cancel msg.OrderCancel
	cancel.SetOrderId(42)
	for _, p := range []proto.Message{nil, new(seto.OrderCancelled), new(seto.Payload)} {
		if convert.FromProto(&cancel, p) || cancel.GetOrderId() != 42 {
			t.Errorf("FromProto took a %T for an OrderCancel, which is %v", p, &cancel)
		}
	}
	if !convert.FromProto(&cancel, (*seto.OrderCancel)(nil)) || cancel.HasOrderId() {
		t.Errorf("a nil message made it %v", &cancel)
	}
}

package fuzz

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/smk-go/smk/fuzz/internal/oracle"
	"github.com/smk-go/smk/gen/seto"
)

// vector is a payload as the reference implementation encodes and frames it.
type vector struct {
	Type    string
	Payload hexBytes
	Frame   hexBytes
}

type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.AppendDecode(nil, text)
	return err
}

func readVectors(t testing.TB) []vector {
	t.Helper()
	b, err := os.ReadFile("../gen/msg/testdata/payloads.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(b, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) < 200 {
		t.Fatalf("only %d vectors", len(vectors))
	}
	return vectors
}

// eachMessage calls f with the encoding of each message in the vectors, parts included, once.
func eachMessage(t testing.TB, f func(index int, b []byte)) {
	t.Helper()
	index := map[protoreflect.FullName]int{}
	for i, typ := range oracle.Types {
		index[typ.Name] = i
	}
	type seed struct {
		index int
		bytes string
	}
	seen := map[seed]bool{}
	var visit func(m protoreflect.Message)
	visit = func(m protoreflect.Message) {
		b, err := proto.MarshalOptions{AllowPartial: true, Deterministic: true}.Marshal(m.Interface())
		if err != nil {
			t.Fatal(err)
		}
		if s := (seed{index[m.Descriptor().FullName()], string(b)}); !seen[s] {
			seen[s] = true
			f(s.index, b)
		}
		oracle.EachPart(m, func(part protoreflect.Message) bool {
			visit(part)
			return true
		})
	}
	for _, v := range readVectors(t) {
		var p seto.Payload
		if err := proto.Unmarshal(v.Payload, &p); err != nil {
			t.Fatal(err)
		}
		visit(p.ProtoReflect())
	}
}

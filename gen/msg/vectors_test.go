package msg_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/gen/convert"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// vector is a payload as the reference implementation encodes it.
type vector struct {
	Type    string
	JSON    json.RawMessage
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
	b, err := os.ReadFile("testdata/payloads.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(b, &vectors); err != nil {
		t.Fatal(err)
	}
	return vectors
}

func TestVectorsCoverEveryType(t *testing.T) {
	count := map[string]int{}
	for _, v := range readVectors(t) {
		count[v.Type]++
	}
	for _, typ := range payloadTypes() {
		if count[typ.String()] == 0 {
			t.Errorf("no vector of type %v", typ)
		}
	}
}

func TestVectorsDecode(t *testing.T) {
	var m msg.Payload // reused, as in production
	for _, v := range readVectors(t) {
		var want any
		if err := json.Unmarshal(v.JSON, &want); err != nil {
			t.Fatal(err)
		}
		var u msg.Unknown
		if err := m.Decode(v.Payload, &u); err != nil {
			t.Fatalf("%x: %v", v.Payload, err)
		}
		if u != (msg.Unknown{}) {
			t.Errorf("%x: counted %+v, want nothing unknown", v.Payload, u)
		}
		if got := jsonOf(t, convert.PayloadToProto(&m)); !reflect.DeepEqual(got, want) {
			t.Errorf("%x: gen/msg reads\n%v, want\n%v", v.Payload, got, want)
		}
		if got := m.GetType().String(); got != v.Type {
			t.Errorf("%x: type %s, want %s", v.Payload, got, v.Type)
		}

		var standard, vt seto.Payload
		if err := proto.Unmarshal(v.Payload, &standard); err != nil {
			t.Fatal(err)
		}
		if got := jsonOf(t, &standard); !reflect.DeepEqual(got, want) {
			t.Errorf("%x: google reads\n%v, want\n%v", v.Payload, got, want)
		}
		if err := vt.UnmarshalVT(v.Payload); err != nil {
			t.Fatal(err)
		}
		if !proto.Equal(&vt, &standard) {
			t.Errorf("%x: vtprotobuf reads\n%v, want\n%v", v.Payload, &vt, &standard)
		}
	}
}

// jsonOf is what a standard message says, without regard to how JSON is laid out.
func jsonOf(t *testing.T, p proto.Message) any {
	t.Helper()
	b, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var says any
	if err := json.Unmarshal(b, &says); err != nil {
		t.Fatal(err)
	}
	return says
}

func TestVectorsEncode(t *testing.T) {
	for _, v := range readVectors(t) {
		var m msg.Payload
		if err := m.Decode(v.Payload, nil); err != nil {
			t.Fatal(err)
		}
		if n := m.SizeVT(); n != len(v.Payload) {
			t.Errorf("%x: SizeVT is %d, want %d", v.Payload, n, len(v.Payload))
		}
		standard := convert.PayloadToProto(&m)
		var again msg.Payload
		convert.PayloadFromProto(&again, standard)
		for name, encode := range map[string]func() ([]byte, error){
			"gen/msg":                        m.MarshalVT,
			"gen/msg after PayloadFromProto": again.MarshalVT,
			"vtprotobuf":                     standard.MarshalVT,
			"google": func() ([]byte, error) {
				return proto.MarshalOptions{Deterministic: true}.Marshal(standard)
			},
		} {
			b, err := encode()
			if err != nil {
				t.Fatalf("%x: %s: %v", v.Payload, name, err)
			}
			if !bytes.Equal(b, v.Payload) {
				t.Errorf("%s encodes\n%x, want\n%x", name, b, v.Payload)
			}
		}
		if got := convert.PayloadToProto(&again); !proto.Equal(got, standard) {
			t.Errorf("%x: PayloadToProto after PayloadFromProto is\n%v, want\n%v", v.Payload, got, standard)
		}
	}
}

// The encoder writes the end of the buffer that it is given and nothing else of it.
func TestVectorsEncodeInPlace(t *testing.T) {
	for _, v := range readVectors(t) {
		var m msg.Payload
		if err := m.Decode(v.Payload, nil); err != nil {
			t.Fatal(err)
		}
		b := bytes.Repeat([]byte{0xa5}, 16+len(v.Payload))
		n, err := m.MarshalToSizedBufferVT(b)
		if err != nil || n != len(v.Payload) {
			t.Fatalf("%x: %d bytes, %v, want %d", v.Payload, n, err, len(v.Payload))
		}
		if want := append(bytes.Repeat([]byte{0xa5}, 16), v.Payload...); !bytes.Equal(b, want) {
			t.Errorf("buffer is\n%x, want\n%x", b, want)
		}
	}
}

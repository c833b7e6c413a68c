package msg_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/smk-go/smk/gen/convert"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// message is what every flat message can do.
type message interface {
	Decode(b []byte, u *msg.Unknown) error
	Reset()
	SizeVT() int
	MarshalToSizedBufferVT(b []byte) (int, error)
	MarshalVT() ([]byte, error)
	String() string
}

// kind is a message of the protocol in both families.
type kind struct {
	name   string       // full protobuf name
	flat   reflect.Type // the struct
	fields protoreflect.FieldDescriptors
}

func (k kind) new() message { return reflect.New(k.flat).Interface().(message) }

// newProto returns an empty standard message.
func (k kind) newProto() proto.Message {
	return convert.ToProto(k.new())
}

// isUnion reports whether the message is the payload, of whose bodies only one can be present.
func (k kind) isUnion() bool { return k.flat == reflect.TypeFor[msg.Payload]() }

func protoOf(m message) proto.Message {
	return convert.ToProto(m)
}

func setProto(m message, p proto.Message) {
	if !convert.FromProto(m, p) {
		panic(fmt.Sprintf("BUG: %T is not the standard type of %T", p, m))
	}
}

// kinds are all messages, found by following the methods of Payload that make part messages.
var kinds = func() []kind {
	found := map[reflect.Type]bool{}
	next := []reflect.Type{reflect.TypeFor[msg.Payload]()}
	var all []kind
	for len(next) > 0 {
		t := next[0]
		next = next[1:]
		if found[t] {
			continue
		}
		found[t] = true
		k := kind{flat: t}
		descriptor := k.newProto().ProtoReflect().Descriptor()
		k.name, k.fields = string(descriptor.FullName()), descriptor.Fields()
		all = append(all, k)
		for i := range reflect.PointerTo(t).NumMethod() {
			method := reflect.PointerTo(t).Method(i)
			made := strings.HasPrefix(method.Name, "Mutable") || strings.HasPrefix(method.Name, "Add")
			if made && method.Type.NumOut() == 1 {
				next = append(next, method.Type.Out(0).Elem())
			}
		}
	}
	slices.SortFunc(all, func(a, b kind) int { return strings.Compare(a.name, b.name) })
	return all
}()

// A message that the other tests did not reach would escape them.
func TestEveryMessageHasAFlatType(t *testing.T) {
	var want, got []string
	for _, file := range []protoreflect.FileDescriptor{eto.File_eto_proto, seto.File_seto_proto} {
		for i := range file.Messages().Len() {
			want = append(want, string(file.Messages().Get(i).FullName()))
		}
	}
	slices.Sort(want)
	for _, k := range kinds {
		got = append(got, k.name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("flat types are\n%q, want\n%q", got, want)
	}
}

// goNames are the names that accessors have for a message's fields.
func (k kind) goNames() map[protoreflect.Name]string {
	names := map[protoreflect.Name]string{}
	standard := reflect.TypeOf(k.newProto()).Elem()
	for i := range standard.NumField() {
		for part := range strings.SplitSeq(standard.Field(i).Tag.Get("protobuf"), ",") {
			if name, ok := strings.CutPrefix(part, "name="); ok {
				names[protoreflect.Name(name)] = strings.TrimSuffix(standard.Field(i).Name, "_")
			}
		}
	}
	return names
}

// canonical is the encoding of a standard message. Two messages are equal if theirs are: every
// field that is present is in it, and floats are in it by their bits.
func canonical(t *testing.T, p proto.Message) []byte {
	t.Helper()
	b, err := proto.MarshalOptions{AllowPartial: true, Deterministic: true}.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// full returns a message with all fields present, no value twice. What repeats has three elements.
// A payload is of the given type.
func (k kind) full(typ seto.PayloadType) proto.Message {
	p := k.newProto()
	n := uint64(1000)
	if k.isUnion() {
		fillPayload(p.(*seto.Payload), typ, &n)
	} else {
		fillAll(p.ProtoReflect(), &n)
	}
	return p
}

// fillPayload fills the envelope and the body that the type names.
func fillPayload(p *seto.Payload, typ seto.PayloadType, n *uint64) {
	p.Type = typ.Enum()
	p.EtoPayload = new(eto.Payload)
	fillAll(p.EtoPayload.ProtoReflect(), n)
	if body := bodyField(typ); body != nil {
		fillAll(p.ProtoReflect().Mutable(body).Message(), n)
	}
}

// bodyField is the field of a payload that holds the body of the type, nil if there is none.
func bodyField(typ seto.PayloadType) protoreflect.FieldDescriptor {
	if typ < seto.PayloadType_PAYLOAD_LOGIN {
		return nil
	}
	return new(seto.Payload).ProtoReflect().Descriptor().Fields().ByNumber(protoreflect.FieldNumber(typ) + 1)
}

// payloadTypes are all types of a payload.
func payloadTypes() []seto.PayloadType {
	var types []seto.PayloadType
	values := seto.PayloadType(0).Descriptor().Values()
	for i := range values.Len() {
		types = append(types, seto.PayloadType(values.Get(i).Number()))
	}
	return types
}

func fillAll(m protoreflect.Message, n *uint64) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		switch {
		case f.IsList():
			for range 3 {
				if list := m.Mutable(f).List(); f.Kind() == protoreflect.MessageKind {
					fillAll(list.AppendMutable().Message(), n)
				} else {
					list.Append(distinct(f, n))
				}
			}
		case f.Kind() == protoreflect.MessageKind:
			fillAll(m.Mutable(f).Message(), n)
		default:
			m.Set(f, distinct(f, n))
		}
	}
}

// distinct returns a value that no field got before and that is not the field's default.
func distinct(f protoreflect.FieldDescriptor, n *uint64) protoreflect.Value {
	*n++
	switch f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(true)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(*n))
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(uint32(*n))
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(1<<40 + *n)
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(float64(*n) + 0.25)
	case protoreflect.StringKind:
		return protoreflect.ValueOfString("text-" + string(rune('a'+*n%26)) + "-" + string(rune('a'+*n/26%26)))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte{0, 0xff, byte(*n), byte(*n >> 8)})
	}
	panic("BUG: kind " + f.Kind().String() + " is not in the protocol")
}

package msg_test

import (
	"bytes"
	"fmt"
	"reflect"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/smk-go/smk/gen/convert"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// call calls a method by its name.
func call(m any, method string, args ...reflect.Value) []reflect.Value {
	v := reflect.ValueOf(m).MethodByName(method)
	if !v.IsValid() {
		panic(fmt.Sprintf("%T has no method %s", m, method))
	}
	return v.Call(args)
}

// standardGet calls the standard type's getter. It has an underscore where the bare name is a method.
func standardGet(p proto.Message, name string) reflect.Value {
	if _, taken := reflect.TypeOf(p).MethodByName(name); taken {
		name += "_"
	}
	return call(p, "Get"+name)[0]
}

func has(m message, name string) bool { return call(m, "Has"+name)[0].Bool() }

// plain makes values of the two families comparable: text is a string, an enum a number.
func plain(v reflect.Value) any {
	switch {
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		return string(v.Bytes())
	case v.CanInt():
		return v.Int()
	}
	return v.Interface()
}

// argument makes what the setter of a scalar field takes.
func argument(m message, setter string, v protoreflect.Value) reflect.Value {
	in := reflect.ValueOf(m).MethodByName(setter).Type().In(0)
	switch v := v.Interface().(type) {
	case protoreflect.EnumNumber:
		return reflect.ValueOf(int32(v)).Convert(in)
	case string:
		return reflect.ValueOf([]byte(v)).Convert(in)
	default:
		return reflect.ValueOf(v).Convert(in)
	}
}

// eachField calls f with each field of each message that is not the union, and with its Go name.
func eachField(t *testing.T, f func(t *testing.T, k kind, field protoreflect.FieldDescriptor, name string)) {
	for _, k := range kinds {
		if k.isUnion() {
			continue
		}
		names := k.goNames()
		for i := range k.fields.Len() {
			field := k.fields.Get(i)
			t.Run(string(field.FullName()), func(t *testing.T) { f(t, k, field, names[field.Name()]) })
		}
	}
}

func isScalar(f protoreflect.FieldDescriptor) bool {
	return !f.IsList() && f.Kind() != protoreflect.MessageKind
}

// An absent field reads as the standard type reads it.
func TestDefaults(t *testing.T) {
	eachField(t, func(t *testing.T, k kind, f protoreflect.FieldDescriptor, name string) {
		m, standard := k.new(), k.newProto()
		got := call(m, "Get"+name)[0]
		switch {
		case f.IsList():
			if got.Len() != 0 {
				t.Errorf("%d elements, want none", got.Len())
			}
			return
		case isScalar(f):
			if got, want := plain(got), plain(standardGet(standard, name)); got != want {
				t.Errorf("absent reads as %v, want %v", got, want)
			}
		default:
			if b := canonical(t, protoOf(got.Interface().(message))); len(b) != 0 {
				t.Errorf("absent reads as %x, want an empty message", b)
			}
		}
		if has(m, name) {
			t.Error("is present in an empty message")
		}
	})
}

// A field that is set is present, alone, with its value, until it is cleared.
func TestSetHasClear(t *testing.T) {
	eachField(t, func(t *testing.T, k kind, f protoreflect.FieldDescriptor, name string) {
		if !isScalar(f) {
			return
		}
		n := uint64(1000)
		for _, v := range []protoreflect.Value{distinct(f, &n), zero(f), f.Default()} {
			m, want := k.new(), k.newProto()
			want.ProtoReflect().Set(f, v)
			arg := argument(m, "Set"+name, v)
			call(m, "Set"+name, arg)
			if !has(m, name) {
				t.Errorf("set to %v, is absent", v)
			}
			if got := call(m, "Get"+name)[0]; plain(got) != plain(arg) {
				t.Errorf("set to %v, reads as %v", v, got)
			}
			if got := protoOf(m); !bytes.Equal(canonical(t, got), canonical(t, want)) {
				t.Errorf("set to %v, the message is %v", v, got)
			}
			call(m, "Clear"+name)
			if has(m, name) || plain(call(m, "Get"+name)[0]) != plain(standardGet(k.newProto(), name)) {
				t.Errorf("cleared, is present or reads as %v", call(m, "Get"+name)[0])
			}
			if got := canonical(t, protoOf(m)); len(got) != 0 {
				t.Errorf("cleared, the message has %x", got)
			}
		}
		if f.Kind() != protoreflect.StringKind {
			return
		}
		m := k.new()
		call(m, "Set"+name+"String", reflect.ValueOf("søkt"))
		if got := plain(call(m, "Get"+name)[0]); got != "søkt" || !has(m, name) {
			t.Errorf("set as a string, reads as %q", got)
		}
	})
}

// zero is the value whose bits are all 0, which for an enum is not its default.
func zero(f protoreflect.FieldDescriptor) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(0)
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte{})
	default:
		return f.Default()
	}
}

// A message field comes into being by Mutable, empty even if it was filled and cleared before.
func TestMutable(t *testing.T) {
	eachField(t, func(t *testing.T, k kind, f protoreflect.FieldDescriptor, name string) {
		if isScalar(f) || f.IsList() {
			return
		}
		m := k.new()
		part := call(m, "Mutable"+name)[0].Interface().(message)
		if !has(m, name) {
			t.Error("made, is absent")
		}
		checkEmpty(t, part)
		setProto(part, filled(part))
		if got := call(m, "Get"+name)[0].Interface(); got != any(part) {
			t.Error("Get and Mutable return different messages")
		}
		if got := call(m, "Mutable"+name)[0].Interface().(message); len(canonical(t, protoOf(got))) == 0 {
			t.Error("Mutable emptied a message that is present")
		}
		call(m, "Clear"+name)
		if has(m, name) {
			t.Error("cleared, is present")
		}
		if got := canonical(t, protoOf(m)); len(got) != 0 {
			t.Errorf("cleared, the message has %x", got)
		}
		checkEmpty(t, call(m, "Get"+name)[0].Interface().(message))
		setProto(part, filled(part))
		checkEmpty(t, call(m, "Mutable"+name)[0].Interface().(message))
	})
}

func filled(m message) proto.Message {
	for _, k := range kinds {
		if k.flat == reflect.TypeOf(m).Elem() {
			return k.full(0)
		}
	}
	panic("BUG: no such kind")
}

func checkEmpty(t *testing.T, m message) {
	t.Helper()
	if got := protoOf(m); len(canonical(t, got)) != 0 {
		t.Errorf("a new message has %v", got)
	}
}

// A repeated field grows by Add, by elements that are empty whatever their memory held.
func TestRepeated(t *testing.T) {
	eachField(t, func(t *testing.T, k kind, f protoreflect.FieldDescriptor, name string) {
		if !f.IsList() {
			return
		}
		m := k.new()
		for round := range 2 {
			n := uint64(1000)
			want := k.newProto()
			list := want.ProtoReflect().Mutable(f).List()
			for i := range 5 {
				if f.Kind() == protoreflect.MessageKind {
					e := call(m, "Add"+name)[0].Interface().(message)
					checkEmpty(t, e)
					fillAll(list.AppendMutable().Message(), &n)
					setProto(e, list.Get(i).Message().Interface())
				} else {
					v := distinct(f, &n)
					list.Append(v)
					call(m, "Add"+name, argument(m, "Add"+name, v))
				}
				got := call(m, "Get"+name)[0]
				if got.Len() != i+1 || got.Cap() != i+1 {
					t.Fatalf("round %d: %d elements of %d, want %d, and no room for a caller's append", round,
						got.Len(), got.Cap(), i+1)
				}
			}
			if got := protoOf(m); !bytes.Equal(canonical(t, got), canonical(t, want)) {
				t.Errorf("round %d: message is %v, want %v", round, got, want)
			}
			call(m, "Clear"+name)
			if got := call(m, "Get"+name)[0].Len(); got != 0 {
				t.Errorf("round %d: cleared, has %d elements", round, got)
			}
			checkEmpty(t, m)
		}
	})
}

// Reset leaves nothing that any method would show.
func TestReset(t *testing.T) {
	for _, k := range kinds {
		types := []seto.PayloadType{0}
		if k.isUnion() {
			types = payloadTypes()
		}
		for _, typ := range types {
			m := k.new()
			setProto(m, k.full(typ))
			if k.fields.Len() > 0 && len(canonical(t, protoOf(m))) == 0 {
				t.Fatalf("%s: nothing to reset", k.name)
			}
			m.Reset()
			checkEmpty(t, m)
			if got, want := m.String(), k.new().String(); got != want {
				t.Errorf("%s: text after Reset is %s, want %s", k.name, got, want)
			}
			if n := m.SizeVT(); n != 0 {
				t.Errorf("%s: size after Reset is %d", k.name, n)
			}
			names := k.goNames()
			for i := range k.fields.Len() {
				f := k.fields.Get(i)
				if !f.IsList() && has(m, names[f.Name()]) {
					t.Errorf("%s is present after Reset", f.FullName())
				}
				if !isScalar(f) && !f.IsList() {
					checkEmpty(t, call(m, "Mutable"+names[f.Name()])[0].Interface().(message))
					m.Reset()
				}
			}
		}
	}
}

// A payload has the body that its type names, and setting the one sets the other.
func TestUnion(t *testing.T) {
	names := kindOf(t, "smarkets.seto.Payload").goNames()
	bodies := 0
	for _, typ := range payloadTypes() {
		field := bodyField(typ)
		if field == nil {
			continue
		}
		bodies++
		name := names[field.Name()]
		var m msg.Payload
		body := call(&m, "Mutable"+name)[0].Interface().(message)
		checkEmpty(t, body)
		if m.GetType() != msg.PayloadType(typ) || !m.HasType() || !m.HasBody() || !has(&m, name) {
			t.Errorf("%v: made a body, the payload is %v", typ, &m)
		}
		if got := body.(interface{ PayloadType() msg.PayloadType }).PayloadType(); got != msg.PayloadType(typ) {
			t.Errorf("%v: the body says its type is %v", typ, got)
		}
		setProto(body, filled(body))

		m.SetType(msg.PayloadType(typ)) // as it was
		if !has(&m, name) || len(canonical(t, protoOf(&m))) != len(canonical(t,
			protoOf(body)))+m.SizeVT()-body.SizeVT() {
			t.Errorf("%v: setting the same type lost the body", typ)
		}
		for _, other := range payloadTypes() {
			if f := bodyField(other); f != nil && other != typ && (has(&m, names[f.Name()]) ||
				call(&m, "Get"+names[f.Name()])[0].Interface().(message).SizeVT() != 0) {
				t.Errorf("%v: has a body of %v", typ, other)
			}
		}

		m.SetType(msg.PayloadEto)
		if m.HasBody() || has(&m, name) || m.GetType() != msg.PayloadEto {
			t.Errorf("%v: another type was set, the payload is %v", typ, &m)
		}
		checkEmpty(t, call(&m, "Get"+name)[0].Interface().(message))
		m.SetType(msg.PayloadType(typ))
		if m.HasBody() {
			t.Errorf("%v: the type came back and brought a body", typ)
		}
		checkEmpty(t, call(&m, "Mutable"+name)[0].Interface().(message))
	}
	if bodies != 41-1 {
		t.Errorf("%d bodies, want 40", bodies)
	}
}

// The envelope of a payload is a message field like those of other messages, and goes with any body.
func TestEnvelope(t *testing.T) {
	var m msg.Payload
	m.MutableSettings().SetCancelAllOnFailure(true)
	checkEmpty(t, m.GetEtoPayload())
	envelope := m.MutableEtoPayload()
	envelope.SetSeq(7)
	if !m.HasEtoPayload() || m.GetEtoPayload() != envelope || m.MutableEtoPayload().GetSeq() != 7 {
		t.Errorf("made an envelope, the payload is %v", &m)
	}
	m.SetType(msg.PayloadEto)
	if !m.HasEtoPayload() || m.GetEtoPayload().GetSeq() != 7 {
		t.Errorf("another type was set, the payload is %v", &m)
	}
	m.ClearEtoPayload()
	if m.HasEtoPayload() || convert.PayloadToProto(&m).EtoPayload != nil {
		t.Errorf("cleared, the payload is %v", &m)
	}
	checkEmpty(t, m.MutableEtoPayload())
}

func kindOf(t *testing.T, name string) kind {
	t.Helper()
	for _, k := range kinds {
		if k.name == name {
			return k
		}
	}
	t.Fatalf("no message %s", name)
	return kind{}
}

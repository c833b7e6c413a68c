package session

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/wire"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Messages of scripts are built and encoded with the standard library, so that
// nothing that is tested makes them.

func protoNumber(typ msg.PayloadType) protoreflect.FieldNumber {
	return protoreflect.FieldNumber(typ) + 1
}

// frameOf encodes a message of the form
//
//	NAME key=value ... [is_replay | is_replay=false]
//
// as a frame. NAME is a session message's type in capitals, or the name of an
// application message's field in the payload. The session's fields seq, type and
// is_replay aside, keys are fields of the body.
func frameOf(t testing.TB, seq, text string) []byte {
	t.Helper()
	name, fields, _ := strings.Cut(text, " ")
	p := &seto.Payload{EtoPayload: &eto.Payload{}}
	if seq != "-" { // a message without a sequence
		p.EtoPayload.Seq = proto.Uint64(number(t, seq))
	}
	values := pairs(fields)
	if v, ok := values["is_replay"]; ok {
		p.EtoPayload.IsReplay = proto.Bool(v != "false")
		delete(values, "is_replay")
	}
	value, isEto := eto.PayloadType_value["PAYLOAD_"+name]
	switch {
	case name == "LOGIN":
		p.Type = seto.PayloadType_PAYLOAD_LOGIN.Enum()
		p.EtoPayload.Type = eto.PayloadType(value).Enum()
		if id, ok := values["session"]; ok {
			p.EtoPayload.Login = &eto.Login{Session: &id}
			delete(values, "session")
		}
		p.Login = &seto.Login{}
		fill(t, p.Login, values)
	case isEto:
		p.Type = seto.PayloadType_PAYLOAD_ETO.Enum()
		p.EtoPayload.Type = eto.PayloadType(value).Enum()
		fillEto(t, p.EtoPayload, name, values)
	case name == "eto": // a session message by its number, without a body
		p.Type = seto.PayloadType_PAYLOAD_ETO.Enum()
		if v, ok := values["type"]; ok {
			p.EtoPayload.Type = eto.PayloadType(number(t, v)).Enum()
		}
	case name == "seto": // an application message by its number, without a body
		p.Type = seto.PayloadType(number(t, values["type"])).Enum()
	default:
		field := p.ProtoReflect().Descriptor().Fields().ByName(protoreflect.Name(name))
		if field == nil {
			t.Fatalf("no message %q", name)
		}
		p.Type = seto.PayloadType(field.Number() - 1).Enum()
		body := p.ProtoReflect().Mutable(field).Message()
		if v, ok := values["automatic"]; ok {
			// A reference that the session put behind the message's own fields.
			delete(values, "automatic")
			field := body.Descriptor().Fields().ByName("reference")
			raw := protowire.AppendTag(nil, field.Number(), protowire.VarintType)
			body.SetUnknown(protowire.AppendVarint(raw, number(t, v)))
		}
		fill(t, body.Interface(), values)
	}
	b, err := proto.MarshalOptions{AllowPartial: true, Deterministic: true}.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return wire.AppendFrame(nil, b)
}

// fillEto sets the body of a session message.
func fillEto(t testing.TB, p *eto.Payload, name string, values map[string]string) {
	t.Helper()
	switch name {
	case "REPLAY":
		if len(values) > 0 {
			p.Replay = new(eto.Replay)
			fill(t, p.Replay, values)
		}
	case "LOGIN_RESPONSE":
		p.LoginResponse = new(eto.LoginResponse)
		fill(t, p.LoginResponse, values)
	case "LOGOUT":
		p.Logout = new(eto.Logout)
		for reason := range values { // LOGOUT CONFIRMATION, or LOGOUT 42
			v, ok := eto.LogoutReason_value["LOGOUT_"+reason]
			if !ok {
				v = int32(number(t, reason))
			}
			p.Logout.Reason = eto.LogoutReason(v).Enum()
		}
	default:
		if len(values) > 0 {
			t.Fatalf("%s has no body", name)
		}
	}
}

// messageOf is an application message as a bot sends it. With the key encoded it is
// one whose fields cannot be asked.
func messageOf(t testing.TB, name, fields string) (msg.PayloadType, wire.Marshaler) {
	t.Helper()
	field := new(seto.Payload).ProtoReflect().Descriptor().Fields().ByName(protoreflect.Name(name))
	if field == nil {
		t.Fatalf("no message %q", name)
	}
	values := pairs(fields)
	_, encoded := values["encoded"]
	delete(values, "encoded")
	m := new(seto.Payload).ProtoReflect().NewField(field).Message().Interface()
	fill(t, m, values)
	typ := msg.PayloadType(field.Number() - 1)
	if !encoded {
		return typ, m.(standard)
	}
	b, err := proto.MarshalOptions{AllowPartial: true}.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return typ, &rawMessage{b}
}

// fill sets fields by name.
func fill(t testing.TB, m proto.Message, values map[string]string) {
	t.Helper()
	r := m.ProtoReflect()
	for name, value := range values {
		field := r.Descriptor().Fields().ByName(protoreflect.Name(name))
		if field == nil {
			t.Fatalf("%s has no field %q", r.Descriptor().Name(), name)
		}
		v := valueOf(t, field, value)
		if field.IsList() {
			r.Mutable(field).List().Append(v)
		} else {
			r.Set(field, v)
		}
	}
}

func valueOf(t testing.TB, field protoreflect.FieldDescriptor, value string) protoreflect.Value {
	t.Helper()
	switch field.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(value)
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(value))
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(value == "true")
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(uint32(number(t, value)))
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(number(t, value))
	case protoreflect.DoubleKind:
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			t.Fatal(err)
		}
		return protoreflect.ValueOfFloat64(v)
	case protoreflect.EnumKind:
		for i := range field.Enum().Values().Len() {
			v := field.Enum().Values().Get(i)
			if name := string(v.Name()); strings.HasSuffix(name, "_"+value) || name == value {
				return protoreflect.ValueOfEnum(v.Number())
			}
		}
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(number(t, value)))
	}
	t.Fatalf("a script cannot set %s", field.FullName())
	return protoreflect.Value{}
}

// pairs splits "a=1 b c=2" into its names and values; b has an empty one.
func pairs(text string) map[string]string {
	m := make(map[string]string)
	for _, word := range strings.Fields(text) {
		name, value, _ := strings.Cut(word, "=")
		m[name] = value
	}
	return m
}

// number reads a number, or one counted back from 2^64 as in max-3.
func number(t testing.TB, text string) uint64 {
	t.Helper()
	rest, fromMax := strings.CutPrefix(text, "max")
	if fromMax && rest == "" {
		return 1<<64 - 1
	}
	v, err := strconv.ParseUint(strings.TrimPrefix(rest, "-"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	if fromMax {
		return 1<<64 - 1 - v
	}
	return v
}

func duration(t testing.TB, text string) int64 {
	t.Helper()
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return int64(d)
}

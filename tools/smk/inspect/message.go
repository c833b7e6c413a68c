package inspect

import (
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/seto"
)

// Message is a decoded payload with the fields that most messages have. A field that the message does not have, or
// that is absent, is zero.
type Message struct {
	Type   string // name in the schema without PAYLOAD_, of the session's type for a session message
	Seq    uint64 // of the session
	Replay bool   // sent again

	Market          uint32
	Contract        uint32
	Order           uint64 // the order that the message is about; of a replace the new one
	Original        uint64 // of a replace: the order that is replaced
	Reference       uint64
	Side            string // "buy" or "sell"
	Price           uint32 // hundredths of a percent of the payoff
	Quantity        uint64 // payoff, 1/10000 of the currency
	AccountSequence uint64
	Reason          string // name in the schema without what it begins with

	Payload *seto.Payload // all of it, nil if nothing could be decoded
	body    protoreflect.Message
}

// Names of types of messages.
const (
	typeUnknown       = "UNKNOWN"
	typeLogin         = "LOGIN"
	typeLoginResponse = "LOGIN_RESPONSE"
	typeLogout        = "LOGOUT"
	typePing          = "PING"
	typePong          = "PONG"
	typeReplay        = "REPLAY"

	typeCreate          = "ORDER_CREATE"
	typeAccepted        = "ORDER_ACCEPTED"
	typeRejected        = "ORDER_REJECTED"
	typeInvalid         = "ORDER_INVALID"
	typeExecuted        = "ORDER_EXECUTED"
	typeConfirmed       = "ORDER_EXECUTE_CONFIRMED"
	typeExecutionVoided = "ORDER_EXECUTE_VOIDED"
	typeVoided          = "ORDER_VOIDED"

	typeCancel         = "ORDER_CANCEL"
	typeCancelled      = "ORDER_CANCELLED"
	typeCancelRejected = "ORDER_CANCEL_REJECTED"

	typeCancelAll         = "ORDER_CANCEL_ALL"
	typeCancelAllAccepted = "ORDER_CANCEL_ALL_ACCEPTED"
	typeCancelAllRejected = "ORDER_CANCEL_ALL_REJECTED"

	typeReduce         = "ORDER_QUANTITY_REDUCE"
	typeReduced        = "ORDER_QUANTITY_REDUCED"
	typeReduceRejected = "ORDER_QUANTITY_REDUCE_REJECTED"
	typeOrderReduced   = "ORDER_REDUCED"

	typeReplace         = "ORDER_CANCEL_REPLACE"
	typePendingReplace  = "ORDER_PENDING_REPLACE"
	typeReplaceAccepted = "ORDER_CANCEL_REPLACE_ACCEPTED"
	typeReplaceRejected = "ORDER_CANCEL_REPLACE_REJECTED"
)

const typePrefix = "PAYLOAD_"

// Decode reads a payload, one that a journal has cut included, as far as it goes. The error is that of the
// protocol's decoder; the message then has what was understood.
func Decode(payload []byte) (*Message, error) {
	m := &Message{Payload: new(seto.Payload)}
	err := proto.UnmarshalOptions{AllowPartial: true}.Unmarshal(payload, m.Payload)
	e := m.Payload.GetEtoPayload()
	m.Seq, m.Replay = e.GetSeq(), e.GetIsReplay()
	m.Type = strings.TrimPrefix(m.Payload.GetType().String(), typePrefix)
	if e.GetType() != eto.PayloadType_PAYLOAD_NONE && e.Type != nil {
		m.Type = strings.TrimPrefix(e.GetType().String(), typePrefix)
	}
	if m.Payload.Type == nil && e == nil {
		m.Type = typeUnknown
	}
	m.findBody()
	return m, err
}

// findBody finds the body that the type names: its field's number is the type's plus one.
func (m *Message) findBody() {
	p := m.Payload.ProtoReflect()
	field := p.Descriptor().Fields().ByNumber(protoreflect.FieldNumber(m.Payload.GetType()) + 1)
	if m.Payload.GetType() <= seto.PayloadType_PAYLOAD_ETO || field == nil || !p.Has(field) {
		m.body = m.sessionBody()
		return
	}
	m.body = p.Get(field).Message()
	m.Market = uint32(m.number("market_id"))
	m.Contract = uint32(m.number("contract_id"))
	m.Order = m.number("order_id")
	m.Original = m.number("orig_order_id")
	m.Reference = m.number("reference")
	m.Price = uint32(m.number("price"))
	if m.Price == 0 {
		m.Price = uint32(m.number("orig_price"))
	}
	m.Quantity = max(m.number("quantity"), m.number("new_quantity"))
	m.AccountSequence = max(m.number("account_sequence_64"), m.number("account_sequence"))
	if side := m.enum("side"); side != "" {
		m.Side = strings.ToLower(side)
	}
	m.Reason = m.enum("reason")
}

// sessionBody returns the session's body, nil if it has none.
func (m *Message) sessionBody() protoreflect.Message {
	e := m.Payload.GetEtoPayload()
	switch {
	case e.GetReplay() != nil:
		return e.GetReplay().ProtoReflect()
	case e.GetLogin() != nil:
		return e.GetLogin().ProtoReflect()
	case e.GetLoginResponse() != nil:
		return e.GetLoginResponse().ProtoReflect()
	case e.GetLogout() != nil:
		m.Reason = strings.TrimPrefix(e.GetLogout().GetReason().String(), "LOGOUT_")
		return e.GetLogout().ProtoReflect()
	}
	return nil
}

// field returns a field of the body that is present.
func (m *Message) field(name protoreflect.Name) (protoreflect.FieldDescriptor, protoreflect.Value, bool) {
	if m.body == nil {
		return nil, protoreflect.Value{}, false
	}
	f := m.body.Descriptor().Fields().ByName(name)
	if f == nil || !m.body.Has(f) {
		return nil, protoreflect.Value{}, false
	}
	return f, m.body.Get(f), true
}

// number returns an unsigned field of the body, 0 if there is none.
func (m *Message) number(name protoreflect.Name) uint64 {
	f, v, ok := m.field(name)
	if !ok || f.Kind() != protoreflect.Uint32Kind && f.Kind() != protoreflect.Uint64Kind || f.IsList() {
		return 0
	}
	return v.Uint()
}

// enum returns the name of an enum's value, "" if there is none.
func (m *Message) enum(name protoreflect.Name) string {
	f, v, ok := m.field(name)
	if !ok || f.Kind() != protoreflect.EnumKind || f.IsList() {
		return ""
	}
	return enumName(f, v.Enum())
}

// enumName returns the name of a value without what all names of its enum begin with.
func enumName(f protoreflect.FieldDescriptor, n protoreflect.EnumNumber) string {
	values := f.Enum().Values()
	v := values.ByNumber(n)
	if v == nil {
		return "unknown"
	}
	prefix := string(values.Get(0).Name())
	for i := range values.Len() {
		for !strings.HasPrefix(string(values.Get(i).Name()), prefix) || !strings.HasSuffix(prefix, "_") {
			cut := strings.LastIndexByte(strings.TrimSuffix(prefix, "_"), '_')
			if prefix = prefix[:cut+1]; prefix == "" {
				break
			}
		}
	}
	return strings.TrimPrefix(string(v.Name()), prefix)
}

// secret reports whether the schema marks a field as a credential.
func secret(f protoreflect.FieldDescriptor) bool {
	o, ok := f.Options().(*descriptorpb.FieldOptions)
	return ok && o.GetDebugRedact()
}

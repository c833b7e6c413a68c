package session

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"

	"github.com/smk-go/smk/gen/msg"
)

// String describes the event in one line. It shows no credential: the payload's own text
// leaves them out, and of Raw there is only the length.
func (e Event) String() string {
	b := fmt.Appendf(nil, "event{%v", e.Kind)
	number := func(name string, v uint64) {
		if v != 0 {
			b = fmt.Appendf(b, ", %s %d", name, v)
		}
	}
	number("epoch", uint64(e.Epoch))
	number("sequence", e.Seq)
	number("account sequence", e.AccountSequence)
	if e.From != 0 || e.To != 0 {
		b = fmt.Appendf(b, ", from %d to %d", e.From, e.To)
	}
	number("ping", e.Ping)
	number("reference", e.Reference)
	switch e.Kind {
	case Message, Unknown, Pong, ThrottleExceeded:
		b = fmt.Appendf(b, ", %v", e.Origin)
	case LoggedIn:
		b = fmt.Appendf(b, ", resumed %v", e.Resumed)
	case LoggedOut:
		b = fmt.Appendf(b, ", %v", e.Reason)
	case StateChanged:
		b = fmt.Appendf(b, ", %v", e.State)
	case SendResolved:
		b = fmt.Appendf(b, ", %v %v", e.Type, e.Fate)
	}
	if e.Cause != nil {
		b = fmt.Appendf(b, ", cause: %v", e.Cause)
	}
	if e.Payload != nil {
		b = fmt.Appendf(b, ", payload {%v}", e.Payload)
	}
	if e.Raw != nil {
		b = fmt.Appendf(b, ", %d bytes", len(e.Raw))
	}
	return string(append(b, '}'))
}

// GoString is String.
func (e Event) GoString() string { return e.String() }

// Format is String for every verb, so that none shows a credential.
func (e Event) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.String()) }

// LogValue is String for package slog.
func (e Event) LogValue() slog.Value { return slog.StringValue(e.String()) }

// MarshalJSON writes the fields, without Raw if that holds a login or its answer.
func (e Event) MarshalJSON() ([]byte, error) {
	type fields Event // without its methods
	if e.secret() {
		e.Raw = nil
	}
	return json.Marshal(fields(e))
}

// secret reports whether Raw holds a credential, or may.
func (e *Event) secret() bool {
	if e.Payload == nil {
		return true
	}
	eto := e.Payload.GetEtoPayload()
	return e.Payload.HasLogin() || eto.HasLogin() || eto.HasLoginResponse() ||
		e.Payload.GetType() == msg.PayloadLogin ||
		eto.GetType() == msg.EtoPayloadLogin || eto.GetType() == msg.EtoPayloadLoginResponse
}

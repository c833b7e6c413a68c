package session

import (
	"github.com/smk-go/smk/internal/varint"
	"github.com/smk-go/smk/wire"
)

// Direction is the direction of a payload.
type Direction uint8

// The directions.
const (
	Inbound  Direction = iota + 1 // from the exchange
	Outbound                      // to the exchange
)

var directionNames = [...]string{"unknown direction", "inbound", "outbound"}

// String returns the direction's name.
func (d Direction) String() string {
	if int(d) < len(directionNames) {
		return directionNames[d]
	}
	return directionNames[0]
}

// TapRecord is one payload as [Config].Tap sees it, or what [Config].Record sees. It is one value, reused, and valid
// with its Payload during the call.
type TapRecord struct {
	Direction Direction
	Epoch     uint32 // connections opened, from 1
	At        int64  // clock reading: of the call that took the payload out of the receive buffer, or queued it

	// Payload is what a frame holds, as it is on the wire but for credentials: username, password, token,
	// the session's identifier and the account's mail address are overwritten with asterisks of the same
	// length. Of a payload that is malformed where they could be, everything from there on is overwritten.
	// It is the session's own memory, not to be written to.
	Payload []byte

	// Truncated reports that Payload is the beginning of a payload with credentials, or of a malformed one,
	// that is longer than TapMaskBytesMax.
	Truncated bool
}

// tap shows payloads of both directions to Config.Tap.
type tap struct {
	f       func(*TapRecord) // nil if there is none
	calling bool             // f runs, or panicked: it is not called from within itself, nor after a panic
	epoch   uint32
	record  TapRecord
	scratch []byte // for masked payloads
}

// set replaces the function.
func (t *tap) set(f func(*TapRecord)) {
	if t.f = f; f != nil && t.scratch == nil {
		t.scratch = make([]byte, TapMaskBytesMax)
	}
}

// payload shows a payload to the function, which must not be nil.
func (t *tap) payload(d Direction, now int64, payload []byte) {
	if t.calling {
		return
	}
	t.record = maskedRecord(d, t.epoch, now, payload, t.scratch)
	t.calling = true
	t.f(&t.record)
	t.calling = false
	t.record.Payload = nil
}

// maskedRecord returns a record of a payload, credentials masked in a copy that lies in scratch.
func maskedRecord(d Direction, epoch uint32, now int64, payload, scratch []byte) TapRecord {
	r := TapRecord{Direction: d, Epoch: epoch, At: now, Payload: payload[:len(payload):len(payload)]}
	if !hasNoCredentials(payload) && maskPayload(payload, false) {
		n := copy(scratch, payload)
		r.Payload = scratch[:n:n]
		r.Truncated = n < len(payload)
		maskPayload(r.Payload, true)
	}
	return r
}

// frame shows the payload of an outbound frame to the function.
func (t *tap) frame(now int64, frame []byte) {
	payload, _, err := wire.Scan(frame, wire.Limits{})
	if err != nil {
		panic("BUG: session: the send ring holds no frame: " + err.Error())
	}
	t.payload(Outbound, now, payload)
}

// fields are the kinds of the fields of a message, by their numbers: one of the messages below, or secret.
type fields [8]uint8

const (
	_ = iota
	secret
	inEtoPayload
	inEtoLogin
	inLogin
)

// masked are the messages that lead to credentials.
var masked = [...]fields{
	0:            {2: inEtoPayload, 3: inLogin},
	inEtoPayload: {5: inEtoLogin, 6: inEtoLogin},
	inEtoLogin:   {1: secret, 3: secret}, // the session's identifier; the mail address of a login_response
	inLogin:      {1: secret, 2: secret, 3: secret},
}

// hasNoCredentials reports whether a payload has the shape of most: a type, an eto_payload without a message, and one
// body that is no login.
//
//	08 tt  12 ll  08 ss..  [10 ee]  [18 rr]  body tag, length, body
func hasNoCredentials(p []byte) bool {
	const etoMax = 14 // a sequence of less than 2^63, a type, and whether it is a replay
	if len(p) < 8 || p[0] != 0x08 || p[1] >= 0x80 || p[2] != 0x12 || p[3] < 2 || p[3] > etoMax || p[4] != 0x08 {
		return false
	}
	end, at := 4+int(p[3]), 5
	if end+4 > len(p) {
		return false
	}
	for at < min(end, 13) && p[at] >= 0x80 {
		at++
	}
	if p[at] >= 0x80 {
		return false
	}
	at++
	for tag := byte(0x10); tag <= 0x18 && at+1 < end; tag += 8 {
		if p[at] == tag && p[at+1] < 0x80 {
			at += 2
		}
	}
	if at != end {
		return false
	}
	p = p[end:]
	const login = 3
	number := int(p[0]) >> 3
	at = 1
	if p[0] >= 0x80 {
		number, at = number&0xf|int(p[1])<<4, 2
	}
	if p[0]&7 != varint.TypeBytes || number <= login || number >= 1<<11 {
		return false
	}
	length := int(p[at])
	if length >= 0x80 {
		at++
		length = length&0x7f | int(p[at])<<7
	}
	return length < 1<<14 && at+1+length == len(p)
}

// maskPayload reports whether a payload holds anything to be masked, and with write masks it.
func maskPayload(payload []byte, write bool) bool {
	found, bad := maskMessage(payload, 0, len(payload), &masked[0], write)
	if bad < 0 {
		return found
	}
	if write {
		for i := bad; i < len(payload); i++ {
			payload[i] = '*'
		}
	}
	return true
}

// maskMessage is maskPayload for the message at b[i:end]. bad is where the message is malformed, or could hide a
// credential in a field of another wire type, and negative if it is well formed. Without write it may stop at
// the first credential.
func maskMessage(b []byte, i, end int, known *fields, write bool) (found bool, bad int) {
	for i < end {
		tag, next := varint.Read(b[:end], i)
		if next < 0 || tag>>3 == 0 || tag>>3 > varint.NumberMax {
			return found, i
		}
		what := uint8(0)
		if number := tag >> 3; number < uint64(len(known)) {
			what = known[number]
		}
		if what == 0 {
			if next = varint.Skip(b[:end], next, tag); next < 0 {
				return found, i
			}
			i = next
			continue
		}
		from, to := varint.ReadSpan(b[:end], next)
		if tag&7 != varint.TypeBytes || to < 0 {
			return found, i
		}
		if what == secret {
			found = found || from < to
			for ; write && from < to; from++ {
				b[from] = '*'
			}
		} else {
			inner, bad := maskMessage(b, from, to, &masked[what], write)
			if found = found || inner; bad >= 0 {
				return found, bad
			}
		}
		if found && !write {
			return true, -1
		}
		i = to
	}
	return found, -1
}

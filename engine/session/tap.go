package session

import (
	"github.com/smk-go/smk/internal/varint"
	"github.com/smk-go/smk/wire"
)

// Direction says which way a payload goes.
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

// TapRecord is one payload as [Config].Tap sees it. It is one value, reused, and valid with its Payload
// during the call.
type TapRecord struct {
	Direction Direction
	Epoch     uint32 // connections opened, from 1
	At        int64  // clock reading: of the call that took the payload out of the receive buffer, or queued it

	// Payload is what a frame holds, as it is on the wire but for credentials: username, password, token
	// and the session's identifier are overwritten with asterisks of the same length. Of a payload that
	// is malformed where they could be, everything from there on is overwritten.
	Payload []byte

	// Truncated says that Payload is the beginning of a payload with credentials, or of a malformed one,
	// that is longer than TapMaskBytesMax.
	Truncated bool
}

// tap hands payloads of both directions to Config.Tap.
type tap struct {
	f       func(*TapRecord) // nil if nobody wants them
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

// payload hands out a payload. The caller has asked for f.
func (t *tap) payload(d Direction, now int64, payload []byte) {
	t.record = TapRecord{Direction: d, Epoch: t.epoch, At: now, Payload: payload[:len(payload):len(payload)]}
	if maskPayload(payload, false) {
		n := copy(t.scratch, payload)
		t.record.Payload = t.scratch[:n:n]
		t.record.Truncated = n < len(payload)
		maskPayload(t.record.Payload, true)
	}
	t.f(&t.record)
	t.record.Payload = nil
}

// frame hands out the payload of an outbound frame.
func (t *tap) frame(now int64, frame []byte) {
	payload, _, err := wire.Scan(frame, wire.Limits{})
	if err != nil {
		panic("BUG: session: the send ring holds no frame: " + err.Error())
	}
	t.payload(Outbound, now, payload)
}

// fields say by its number what a field of a message is: one of the messages below, or secret.
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
	inEtoLogin:   {1: secret, 3: secret}, // login_response has an email
	inLogin:      {1: secret, 2: secret, 3: secret},
}

// maskPayload reports whether a payload holds anything to be masked, and with write masks it.
func maskPayload(payload []byte, write bool) (found bool) { return mask(payload, &masked[0], write) }

func mask(b []byte, known *fields, write bool) (found bool) {
	for i := 0; i < len(b); {
		tag, next := varint.Read(b, i)
		number := tag >> 3
		if next <= i || tag&7 != 2 || number >= uint64(len(known)) || known[number] == 0 {
			if next > i {
				next = varint.Skip(b, next, tag)
			}
			if next <= i || next > len(b) {
				return cover(b[i:], write)
			}
			i = next
			continue
		}
		from, end := varint.ReadSpan(b, next)
		switch what := known[number]; {
		case end < from || end > len(b) || from <= next:
			return cover(b[i:], write)
		case what == secret:
			found = cover(b[from:end], write) || found
		default:
			found = mask(b[from:end], &masked[what], write) || found
		}
		if found && !write {
			return true
		}
		i = end
	}
	return found
}

// cover overwrites b and reports whether there is anything to overwrite.
func cover(b []byte, write bool) bool {
	if write {
		for i := range b {
			b[i] = '*'
		}
	}
	return len(b) > 0
}

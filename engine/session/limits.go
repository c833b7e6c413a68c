package session

import (
	"math"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/wire"
)

// The slack of payloads is enough for the fast decoders.
const _ = uint(wire.SlackBytes - msg.SlackBytes)

// Limits of what a session holds, waits for and believes.
const (
	// GapMax is the most messages that may be missing in one gap. A peer
	// that announces more has lost count, or lies.
	GapMax = 1 << 20

	// GapfillsMax is the most messages older than the send ring that one
	// replay request of the peer may have filled.
	GapfillsMax = 1 << 16

	// PingsMax is the most pings that may wait for their pongs.
	PingsMax = 64

	// SessionBytesMax is the longest session identifier that is kept for
	// resuming. A session with a longer one works but is not resumed.
	SessionBytesMax = 1024

	// AccountLeapMax is the most that an account sequence may be above the highest
	// one so far. One that is further away belongs to another numbering, or is wrong.
	AccountLeapMax = 1 << 20

	// AccountHolesMax is the most ranges of account sequences that may be missing at
	// a time. With more the lowest is given up.
	AccountHolesMax = 1024

	// TapMaskBytesMax is as much of a payload with credentials, or of a malformed one, as a tap is shown.
	TapMaskBytesMax = 16 << 10

	// CredentialBytesMax is the longest username, password or token.
	CredentialBytesMax = 4096
)

const (
	replayFailuresMax = 2                  // replay requests without progress before the connection is given up
	replaysMax        = 8                  // replays served in ReplayTimeout to a peer that gets no further
	loginTriesMax     = 5                  // logins in a row that the exchange called too slow
	pongsMax          = PingsMax           // pongs that wait for room
	queueMax          = 16                 // events that wait for Next besides the messages
	controlBytes      = 1 << 10            // of the send ring that application messages leave to session messages
	controlRecords    = 4                  // likewise, of its records
	cancelAllBytes    = 1 << 10            // of the send ring that everything leaves to order_cancel_all
	cancelAllRecords  = 2                  // likewise, of its records
	cancelShare       = 16                 // that part of the ring others leave to cancels and reductions,
	cancelBytesMax    = 4 << 10            // at most so much
	cancelsKept       = 64                 // cancels and reductions that may wait for answers beyond UnansweredMax
	cancelAllsKept    = 16                 // order_cancel_all beyond these
	sequenceMax       = math.MaxUint64 - 1 // the last sequence in use: one more must be countable
	ringBytesMin      = 16 << 10
	ringRecordsMin    = 16
	unansweredMax     = 1 << 20
	accountLate       = 64      // account messages that may come after the first one although they are older
	accountRecent     = 1 << 12 // account messages of which a repetition is told from another one
	timeMax           = 24 * time.Hour
)

// Defaults of [Config].
const (
	LoginTimeout   = 10 * time.Second // from the transport being up to login_response
	LogoutTimeout  = 5 * time.Second  // from logout to its confirmation
	HeartbeatAfter = 5 * time.Second  // without sending anything
	PeerTimeout    = 30 * time.Second // without receiving a byte
	ReplayTimeout  = 5 * time.Second  // without progress while a gap is filled; after the second the connection ends
	StaleAfter     = 2 * time.Second  // age from which order entry is not sent again
	AnswerTimeout  = 10 * time.Second // from an order-entry message to its answer, the last if it has several
	UnansweredMax  = 4096             // order-entry messages without an answer; some are kept for cancels beyond it
)

// AccountGapAfter is how long account messages may be missing before that is reported.
const AccountGapAfter = 5 * time.Second

const (
	// absenceMax is how long a driver may be away, in a handler or stopped, until the time
	// is not counted any more by timers that wait for the exchange.
	absenceMax = int64(100 * time.Millisecond)

	alarmWithin     = int64(5 * time.Minute) // two heartbeat timeouts in this time raise an alarm
	partialTimeouts = 2                      // a frame may stay incomplete for so many PeerTimeouts
	pingShare       = 2                      // after PeerTimeout*2/3 of silence a ping asks for a sign of life
	pingShareOf     = 3
)

// Relations that do not compile when they are broken.
const (
	// Every login fits the ring, and may be sent.
	_ = uint(ringBytesMin - 2*CredentialBytesMax - SessionBytesMax - cancelAllBytes - 256)
	_ = uint(wire.OutboundBytesMax - 2*CredentialBytesMax - SessionBytesMax - 256)
	// Wherever the block ends, half of a part is in one piece.
	_ = uint(controlBytes - 2*envelope.EncodeFrameBytes)
	_ = uint(cancelAllBytes - 2*envelope.EncodeFrameBytes)
	// The fast encoder has room for every message.
	_ = uint(envelope.MarshalFastBytes - msg.MarshalFastBytes)
	// Something is left for application messages.
	_ = uint(ringRecordsMin - 2*(controlRecords+cancelAllRecords))
)

package session

import (
	"time"

	"github.com/smk-go/smk/gen/msg"
)

// Stats counts what has happened to a session since New.
type Stats struct {
	MessageStats
	ReplayStats
	AccountStats
	OrderStats

	// Away is for how long the driver called no method, in handlers or stopped, beyond what
	// timers count as silence of the exchange.
	Away time.Duration

	Unknown msg.Unknown // fields and values that the schema does not name
}

// MessageStats counts messages of both layers.
type MessageStats struct {
	MessagesIn    uint64 // payloads received, whatever became of them
	MessagesOut   uint64 // messages queued, without those sent again
	Logins        uint64 // logins answered
	Duplicates    uint64 // messages below the next sequence, discarded
	Discarded     uint64 // messages above it, discarded: a replay is requested
	HeartbeatsIn  uint64
	HeartbeatsOut uint64
	UnknownTypes  uint64 // messages of an unknown type, of either layer
	Unasked       uint64 // pongs without a ping
	Ignored       uint64 // session messages that mean nothing in their state
}

// ReplayStats counts gaps and replays in both directions.
type ReplayStats struct {
	Gaps           uint64
	ReplaysAsked   uint64 // replay requests sent
	Replayed       uint64 // application messages that are marked as sent again
	GapfillsIn     uint64
	ReplaysServed  uint64 // replay requests of the peer
	ReplaysRefused uint64 // likewise, beyond what is served without progress
	MessagesAgain  uint64 // messages sent again for them
	GapfillsOut    uint64 // gapfills sent for them
}

// AccountStats counts what account sequences show.
type AccountStats struct {
	AccountDuplicates uint64 // messages whose account sequence was received before, discarded
	AccountGaps       uint64 // ranges of account sequences that were missing for AccountGapAfter
	AccountLost       uint64 // account sequences that are not requested any more
	AccountResets     uint64 // account sequences that neither follow nor repeat
}

// OrderStats counts refusals and fates of order entry.
type OrderStats struct {
	Throttled        uint64 // sends refused by the bucket
	ThrottleExceeded uint64 // session messages of that type
	ThrottleRejected uint64 // order entry that the exchange rejected for it
	ThrottleRate     uint64 // the limits in force: tokens a second, those of the exchange once it has sent them
	ThrottleBurst    uint64 // likewise: tokens in a full bucket
	AnswerMismatches uint64 // messages that contradict the request that they name
	Unanswered       uint64 // order entry whose fate was reported
	UnansweredPeak   uint64 // the most that waited at a time
	Resolved         uint64 // of what was in doubt, answered after all
	Unresolved       uint64 // of what was in doubt, given up
}

// Stats returns the counts.
func (s *Session) Stats() Stats {
	stats := s.stats
	stats.MessagesOut = s.outbox.sent
	stats.ReplaysServed, stats.ReplaysRefused = s.resender.counts.served, s.resender.counts.refused
	stats.MessagesAgain, stats.GapfillsOut = s.resender.counts.copies, s.resender.counts.gapfills
	stats.Throttled = s.throttle.refused
	stats.ThrottleRate, stats.ThrottleBurst = s.throttle.rate, s.throttle.limit/token
	stats.Unanswered, stats.UnansweredPeak = s.requests.unanswered, s.requests.peak
	stats.Resolved = s.requests.resolvedDoubts
	stats.Unknown = s.unknown
	return stats
}

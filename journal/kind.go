package journal

import "strconv"

// Kind says what a record is about. Readers accept kinds that they do not know: a later version may have more.
type Kind uint8

// The kinds of records. Those marked (writer) are made by the journal itself and take no sequence number of their own.
const (
	KindSegment  Kind = iota + 1 // (writer) first record of a segment, see [DecodeSegment]
	KindSeal                     // (writer) last record of a segment that is whole, see [DecodeSeal]
	KindLost                     // stands in for records that were not kept, see [DecodeLost]
	KindInbound                  // payload from the exchange, masked
	KindOutbound                 // payload to the exchange, masked
	KindClock                    // clock readings of the loop
	KindRead                     // result of a socket read: bytes, or class of the error
	KindWrite                    // result of a socket write
	KindDial                     // result of opening a connection
	KindCommand                  // message or function submitted by another goroutine
	KindRequest                  // request to halt, stop or close
	KindRefusal                  // a send that was refused: text of the error
	KindLog                      // log record of the engine: level, text, cause
	KindDigest                   // digest of the trading state
	KindGC                       // (writer) garbage collections since the last such record, see [DecodeGC]
	KindStart                    // start of a run: what a replay needs to know, in the engine's encoding
	KindEnd                      // clean end of a run
)

var kindNames = [...]string{
	KindSegment: "segment", KindSeal: "seal", KindLost: "lost", KindInbound: "inbound", KindOutbound: "outbound",
	KindClock: "clock", KindRead: "read", KindWrite: "write", KindDial: "dial", KindCommand: "command",
	KindRequest: "request", KindRefusal: "refusal", KindLog: "log", KindDigest: "digest", KindGC: "gc",
	KindStart: "start", KindEnd: "end",
}

// String returns the kind's name, or "kind N" of one that is unknown.
func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return "kind " + strconv.Itoa(int(k))
}

// FlagTruncated is the flag of a record whose payload is the beginning of one that was longer than the journal
// keeps. The other flags belong to the caller of [Recorder.Append].
const FlagTruncated uint8 = 1 << 7

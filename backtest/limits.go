package backtest

import "time"

// Limits.
const (
	pendingMax     = 64        // books that wait for the reports behind them
	foundBooks     = 64        // that are found without a map
	depthLeast     = 5         // visible levels of a side, unless a message shows more
	depthMost      = 64        // likewise, at most
	payloadMax     = 1 << 30   // of a message in a journal, whatever the client's limit was
	marketsMax     = 1 << 12   // of a recording
	contractsMax   = 1024      // of a market, as the exchange's
	createsMax     = 1 << 14   // sent orders whose acceptance is not read yet
	ownOrdersMax   = 1 << 17   // live at a time, of the recording account
	samplesMax     = 1 << 16   // of a measured latency
	equityMax      = 2000      // points of a path
	fillsMax       = 1 << 20   // kept of a run
	pieceEvents    = 256       // that an exchange plays in one go
	pieceMost      = 1 << 16   // of one moment
	endPatience    = time.Hour // virtual time that a bot has to end after the recording
	roundPolls     = 20_000    // of an engine at one moment
	burstPolls     = 1_000_000 // of an engine within burstTime
	burstTime      = 10 * time.Millisecond
	rateUsual      = 500     // requests a second that the exchange takes, unless the recording says otherwise
	windowBytes    = 1 << 20 // on the way in one direction
	connectionsMax = 16      // of a bot
)

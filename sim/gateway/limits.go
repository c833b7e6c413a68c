package gateway

import "time"

// Defaults and limits of a [Config].
const (
	heartbeatIntervalDefault = 10 * time.Second
	heartbeatsDefault        = 5
	loginTimeoutDefault      = 10 * time.Second
	resumeWindowDefault      = 24 * time.Hour
	sessionsKeptDefault      = 16
	inBytesDefault           = 64 << 10
	payloadBytesDefault      = 64 << 10

	rateDefault  = 500
	burstDefault = 1000
	tickDefault  = 200 * time.Millisecond

	connectionsDefault = 1024

	replayRetry      = 5 * time.Second // after which a replay request without progress is repeated
	replayRetriesMax = 2               // repetitions; then the connection ends
	gapMax           = time.Minute     // how long a client's gap may stay open, with progress or without
	replaysMax       = 64              // replay requests for the same messages
	replaysTimeout   = time.Minute     // for which they may go on
	usernameMax      = 256             // bytes of a username, password or token
	sessionNameBytes = 18
)

// The default limits of what a session may have unsent or kept for replay.
const (
	OutBytes  = 512 << 10
	OutFrames = 4096
)

package gateway

import "time"

// Defaults and bounds of a [Config].
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

	replayRetry      = 5 * time.Second // a replay request without progress is repeated
	replayRetriesMax = 2               // so many times; then the connection ends
	gapMax           = time.Minute     // how long a client's gap may be open, with progress or without
	replaysMax       = 64              // requests for a replay of the same messages
	replaysTimeout   = time.Minute     // and how long they may go on
	usernameMax      = 256             // bytes of a username, password or token that are looked at
	sessionNameBytes = 18
)

// What a session may have unsent or kept for replay unless [Config] says
// otherwise.
const (
	OutBytes  = 512 << 10
	OutFrames = 4096
)

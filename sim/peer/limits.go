package peer

import "time"

// Defaults and bounds of a [Config].
const (
	heartbeatIntervalDefault = 10 * time.Second
	heartbeatsDefault        = 5
	loginTimeoutDefault      = 10 * time.Second
	resumeWindowDefault      = 24 * time.Hour
	sessionsKeptDefault      = 64
	inBytesDefault           = 64 << 10
	payloadBytesDefault      = 64 << 10
	outBytesDefault          = 512 << 10
	outFramesDefault         = 4096

	rateDefault  = 500
	burstDefault = 1000
	tickDefault  = 200 * time.Millisecond

	connectionsDefault = 1024

	replayRetry      = 5 * time.Second // a replay request without progress is repeated
	replayRetriesMax = 2               // so many times; then the connection ends
	usernameMax      = 256             // bytes of a username, password or token that are looked at
	sessionNameBytes = 18
)

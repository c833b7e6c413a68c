package engine

import "time"

// Defaults of [Config].
const (
	// Address is the exchange's address.
	Address = "stream.smarkets.com:3801"

	// DialTimeout bounds the opening of a connection, TLS handshake included.
	DialTimeout = 10 * time.Second

	// CredentialsTimeout bounds Config.Credentials.
	CredentialsTimeout = 10 * time.Second

	// StopTimeout bounds the cancellation of the orders at the end.
	StopTimeout = 5 * time.Second

	// SendTimeout is how long the socket may accept nothing.
	SendTimeout = 5 * time.Second

	// SendWait is how long the sends of handlers wait, in all between two polls of
	// the socket, for a socket that accepts nothing while the send ring is full, before
	// they return session.ErrFull. Nothing is read meanwhile.
	SendWait = time.Second

	// KeepAlive is the period of TCP keepalive probes.
	KeepAlive = 15 * time.Second

	// SlowHandler is how long a handler may take without a warning.
	SlowHandler = 10 * time.Millisecond

	// LoopDelay is how long the loop may not poll the socket and its timers, or lag
	// behind what it received, without a warning.
	LoopDelay = 100 * time.Millisecond

	// HaltRetry is the pause after which a kill switch that gave up begins again; it doubles up to 5 minutes.
	HaltRetry = 10 * time.Second

	// HaltFilePeriod is the time between two checks of StateConfig.HaltFile.
	HaltFilePeriod = 500 * time.Millisecond

	// TimersMax is how many timers may be set at the same time.
	TimersMax = 1 << 16

	// SubmitSlots is the length of the submit queue.
	SubmitSlots = 1024

	// SubmitBytes is the size of the largest message that fits a slot of it, encoded.
	SubmitBytes = 512

	// SpinRounds is how many polls of the socket in a row WaitSpinBlock spins without finding anything.
	SpinRounds = 1000

	// SubscriptionsMax is how many subscriptions to markets, and how many to events, are kept.
	SubscriptionsMax = 4096
)

// Bounds of [Config].
const (
	submitBytesMax   = 64 << 10 // the largest message of a client
	pausesMax        = 32
	submitSlotsMax   = 64 << 10
	coresMax         = 1024 // what a set of CPUs can hold
	subscriptionsMax = 64 << 10
	durationMax      = 24 * time.Hour

	haltRetryMax      = 5 * time.Minute
	haltFilePeriodMin = 10 * time.Millisecond
	haltFileTimeout   = 5 * time.Second // for a check: a file system that hangs cannot be read
)

const (
	// finalPoll is how long the last poll of a connection waits, so that it finds what has
	// arrived even on a busy machine: before the exchange counts as silent, or a connection
	// is closed.
	finalPoll = 10 * time.Millisecond

	// sliceMessages and sliceTime bound the slices in which a backlog is handled; see
	// pace. pushBytes bounds what is written at a time.
	sliceMessages = 64
	sliceTime     = time.Millisecond
	pushBytes     = 64 << 10

	// unreadBytesMax and unreadTime bound what is read from a connection after a write has failed.
	unreadBytesMax = 16 << 20
	unreadTime     = 2 * time.Second

	// spinPollsMax is how often a loop that spins polls the socket before it does a whole
	// round.
	spinPollsMax = 64

	// At the end of an engine cancelsMax order_cancel_all may be without an answer, and
	// cancelTries at least are sent in StopTimeout if none is answered, the second after
	// twice cancelLost at the latest and then after twice as long each. The next one follows
	// cancelPause after a rejected one, or after one that does not cover orders that were
	// accepted later, of which openedMax are kept, and cancelRetry after one that could
	// not be sent. For the ends of orders that are known to be open the engine waits
	// until cancelEnds after the newest was sent.
	cancelsMax  = 8
	cancelTries = 4
	cancelLost  = 2500 * time.Millisecond
	cancelPause = 200 * time.Millisecond
	cancelRetry = 20 * time.Millisecond
	cancelEnds  = 2 * time.Second
	openedMax   = 64

	// One in submitReservedShare of the slots of the submit queue, at most
	// submitReservedMax, are for messages that can only lower the risk.
	submitReservedShare = 8
	submitReservedMax   = 16

	// dialPatience is how long Config.Dial and Config.Credentials may run after their
	// context has ended; then they are abandoned. While abandonedMax have not returned
	// none are called.
	dialPatience = time.Second
	abandonedMax = 4

	// tapeRoundBytes is how much of the tape is collected before it goes to the journal, tapeEntryBytes the room that
	// an entry needs at most, of which tapeTextMax are a text. A replay that differs moves its clock on by tapeStep
	// with each reading until the round ends. A digest is noted after digestEvery events.
	tapeRoundBytes = submitBytesMax + 8<<10
	tapeEntryBytes = 2 << 10
	tapeTextMax    = 1 << 10
	tapeStep       = int64(time.Millisecond)
	digestEvery    = 256

	// The digest of the whole state, which takes long, is in it after stateDigestEvery events, and after those of
	// connections.
	stateDigestEvery = 1 << 16

	// publishEvery is how often a loop that does not sleep publishes its counts.
	publishEvery = 100 * time.Millisecond

	// logRecords is how many records wait for the logger; more are dropped and
	// counted. logPatience is how long the end waits for it. At most one slow handler
	// is logged in slowLogEvery.
	logRecords   = 1024
	logPatience  = 2 * time.Second
	slowLogEvery = time.Second

	// stackFrames is how many frames of a stack are read at a time.
	stackFrames = 64

	// panicFrames is how many frames are searched for the place of a panic: those above
	// it are the runtime's, and of functions that the handler deferred.
	panicFrames = 64
)

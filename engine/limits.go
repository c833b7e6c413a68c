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

	// StopTimeout is how long the end waits for the cancellation of the orders.
	StopTimeout = 5 * time.Second

	// SendTimeout is how long the socket may take nothing.
	SendTimeout = 5 * time.Second

	// SendWait is how long the sends of handlers wait, in all between two polls of
	// the socket, for a socket that takes nothing while the send ring is full, before
	// they are refused with session.ErrFull. Nothing is read meanwhile.
	SendWait = time.Second

	// KeepAlive is the period of TCP keepalive probes.
	KeepAlive = 15 * time.Second

	// SlowHandler is how long a handler may take without a warning.
	SlowHandler = 10 * time.Millisecond

	// LoopDelay is how long the loop may be away from the socket and its timers, or
	// behind what it received, without a warning.
	LoopDelay = 100 * time.Millisecond

	// TimersMax is how many timers may be set at a time.
	TimersMax = 1 << 16

	// SubmitSlots is the length of the hand-over queue.
	SubmitSlots = 1024

	// SubmitBytes is the largest message that fits a slot of it.
	SubmitBytes = 512

	// SpinRounds is how many rounds in a row WaitSpinBlock spins in vain.
	SpinRounds = 1000

	// SubscriptionsMax is how many markets, and how many events, are remembered.
	SubscriptionsMax = 4096
)

// What [Config] may say.
const (
	submitBytesMax   = 64 << 10 // what a client may send in one message
	pausesMax        = 32
	submitSlotsMax   = 64 << 10
	coresMax         = 1024 // what a set of CPUs can hold
	subscriptionsMax = 64 << 10
	durationMax      = 24 * time.Hour
)

const (
	// finalPoll is how long the last poll of a connection waits, so that it finds what is
	// there even on a busy machine: before the exchange is judged silent, or a connection
	// is given up.
	finalPoll = 10 * time.Millisecond

	// sliceMessages and sliceTime are what a backlog of any kind is handled in; see
	// pace. pushBytes is how much is written in one go.
	sliceMessages = 64
	sliceTime     = time.Millisecond
	pushBytes     = 64 << 10

	// unreadBytesMax and unreadTime bound what is read of a connection after a write failed.
	unreadBytesMax = 16 << 20
	unreadTime     = 2 * time.Second

	// looksMax is how often a loop that spins looks at the socket in vain before it
	// looks at the clock.
	looksMax = 64

	// Of order_cancel_all at the end of an engine cancelsMax may wait for answers.
	// cancelTries are sent in StopTimeout if none is answered, one cancelPause after
	// one that was refused and before one for orders that came meanwhile, of which
	// openedMax are known by name, and one cancelRetry after one that had no room.
	cancelsMax  = 8
	cancelTries = 4
	cancelPause = 200 * time.Millisecond
	cancelRetry = 20 * time.Millisecond
	openedMax   = 64

	// Of the slots of the hand-over queue one in submitReservedShare, at most submitReservedMax,
	// are for messages that can only lower the risk.
	submitReservedShare = 8
	submitReservedMax   = 16

	// dialPatience is how long Config.Dial and Config.Credentials may go on after
	// their context has ended; then they are abandoned. While abandonedMax have not
	// returned no further ones are called.
	dialPatience = time.Second
	abandonedMax = 4

	// publishEvery is how often a loop that does not sleep publishes its counts.
	publishEvery = 100 * time.Millisecond

	// logRecords is how many records wait for the logger; more are dropped and
	// counted. logPatience is how long the end waits for it. Of slow handlers
	// one is reported in slowLogEvery.
	logRecords   = 1024
	logPatience  = 2 * time.Second
	slowLogEvery = time.Second

	// stackFrames is how much of a stack is looked at in one go.
	stackFrames = 64

	// panicFrames is how deep under a panic its place is looked for: what is above it
	// is the runtime's and what defers of the handler's called.
	panicFrames = 64
)

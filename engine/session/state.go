package session

// State is the state of a session's connection.
type State uint8

// The states.
const (
	Disconnected State = iota // no transport
	Connecting                // the driver opens a transport
	LoginSent                 // the login is queued or sent; nothing else may be sent
	Established               // logged in
	Recovering                // logged in, and a replay of missing messages was requested
	LogoutSent                // logged in until the exchange confirms the logout
	stateCount
)

var stateNames = [stateCount]string{
	"disconnected", "connecting", "login sent", "established", "recovering", "logout sent",
}

// String returns the state's name.
func (s State) String() string {
	if s < stateCount {
		return stateNames[s]
	}
	return "unknown state"
}

// LoggedIn reports whether application messages can arrive in this state.
func (s State) LoggedIn() bool { return s == Established || s == Recovering || s == LogoutSent }

// transitions says which state may follow which.
var transitions = [stateCount][stateCount]bool{
	Disconnected: {Connecting: true, LoginSent: true},
	Connecting:   {LoginSent: true, Disconnected: true},
	LoginSent:    {Established: true, Disconnected: true},
	Established:  {Recovering: true, LogoutSent: true, Disconnected: true},
	Recovering:   {Established: true, LogoutSent: true, Disconnected: true},
	LogoutSent:   {Disconnected: true},
}

// setState changes the state, which nothing else does, and queues an event about it.
func (s *Session) setState(next State, cause error) {
	if !transitions[s.state][next] {
		panic("BUG: session: " + s.state.String() + " -> " + next.String())
	}
	s.state = next
	s.queue.push(Event{Kind: StateChanged, Epoch: s.epoch, Received: s.clock.now, State: next, Cause: cause})
}

// canSend reports whether messages may be sent.
func (s *Session) canSend() bool {
	return (s.state == Established || s.state == Recovering) && s.err == nil
}

// fail makes err the reason to end the connection, unless there is one already.
func (s *Session) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// violation makes a breach of the protocol the reason to end the connection.
func (s *Session) violation(seq uint64, err error) {
	s.fail(&ProtocolError{Seq: seq, Expected: s.sequence.next, Message: s.arrived, Err: err})
}

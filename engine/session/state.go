package session

// State is where a session is in its life.
type State uint8

// The states.
const (
	Disconnected State = iota // no transport
	Connecting                // the driver opens one
	LoginSent                 // the login is queued or sent; nothing else may be
	Established               // logged in
	Recovering                // logged in, and messages that were lost are on their way again
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

// legal says which state may follow which.
var legal = [stateCount][stateCount]bool{
	Disconnected: {Connecting: true, LoginSent: true},
	Connecting:   {LoginSent: true, Disconnected: true},
	LoginSent:    {Established: true, Disconnected: true},
	Established:  {Recovering: true, LogoutSent: true, Disconnected: true},
	Recovering:   {Established: true, LogoutSent: true, Disconnected: true},
	LogoutSent:   {Disconnected: true},
}

// move is the one door between states, and tells of each move by an event.
func (s *Session) move(next State, cause error) {
	if !legal[s.state][next] {
		panic("BUG: session: " + s.state.String() + " -> " + next.String())
	}
	s.state = next
	s.queue.push(Event{Kind: StateChanged, Epoch: s.epoch, Received: s.now, State: next, Cause: cause})
}

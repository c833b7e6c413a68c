package exchange

import (
	"crypto/sha256"
	"crypto/subtle"
)

// Login is one party's line to the exchange: it sends for an account and is
// told what concerns the account and what it subscribed to. An account may have
// several.
type Login struct {
	exchange *Exchange
	account  *account
	sink     Sink
	pacer    Pacer // the sink, if it is one

	markets    []*market
	events     []*event
	priceFeed  bool
	marketFeed bool

	pendingSnapshots   []*market // whose snapshot is still to be sent, in the order in which it was asked for
	priceSnapshotsSent int       // of the price feed: so many markets' snapshots are sent
	stateSnapshotsSent int       // of the market feed likewise
}

// Identity is what a login learns about an account.
type Identity struct {
	Username   string
	Email      string
	ID         uint64
	Unverified bool
}

// ByPassword finds the account of a username and password.
func (x *Exchange) ByPassword(username, password []byte) (Identity, bool) {
	a := x.byName[string(username)]
	if a == nil || a.config.House || a.config.Password == "" || !equalConstantTime(password, a.config.Password) {
		return Identity{}, false
	}
	return a.identity(), true
}

// ByToken finds the account of a token.
func (x *Exchange) ByToken(token []byte) (Identity, bool) {
	a := x.byToken[string(token)]
	if a == nil || !equalConstantTime(token, a.config.Token) {
		return Identity{}, false
	}
	return a.identity(), true
}

func (a *account) identity() Identity {
	return Identity{Username: a.config.Username, Email: a.config.Email, ID: a.config.ID, Unverified: a.config.Unverified}
}

// same compares without telling by its time how much is right.
func equalConstantTime(got []byte, want string) bool {
	g, w := sha256.Sum256(got), sha256.Sum256([]byte(want))
	return subtle.ConstantTimeCompare(g[:], w[:]) == 1
}

// Login opens a session for an account. A nil sink hears nothing. It returns
// nil if there is no such account.
func (x *Exchange) Login(username string, sink Sink) *Login {
	a := x.byName[username]
	if a == nil {
		return nil
	}
	s := &Login{exchange: x, account: a, sink: sink}
	s.pacer, _ = sink.(Pacer)
	a.logins = append(a.logins, s)
	return s
}

// Logout ends a session: it is told nothing more. Orders stay. Ending it again
// does nothing.
func (s *Login) Logout() {
	s.account.logins = remove(s.account.logins, s)
	for _, m := range s.markets {
		m.subscribers = remove(m.subscribers, s)
	}
	for _, e := range s.events {
		e.subscribers = remove(e.subscribers, s)
	}
	s.exchange.feeds.remove(s)
	s.markets, s.events, s.pendingSnapshots, s.sink, s.pacer = nil, nil, nil, nil, nil
	s.priceFeed, s.marketFeed = false, false
}

// without removes s from list, keeping the order of the others.
func remove[T comparable](list []T, s T) []T {
	for i, other := range list {
		if other == s {
			return append(list[:i], list[i+1:]...)
		}
	}
	return list
}

// Replay tells the session, as replayed, every kept report of its account from
// an account sequence on, that number included, in the order of their numbers; 0 and 1
// mean from the beginning. Older ones than are kept are not told, and nothing says so but
// the first number.
func (s *Login) Replay(from uint64) {
	if s.sink == nil {
		return
	}
	s.account.history.since(from, func(r *Report) {
		s.exchange.scratch = *r
		s.sink.Report(&s.exchange.scratch, true)
	})
}

// ForgetReports drops every report that is kept for an account, as if they were too old:
// nobody can resume from before now. It reports false if there is no such account.
func (x *Exchange) ForgetReports(username string) bool {
	a := x.byName[username]
	if a == nil {
		return false
	}
	a.history.forget()
	return true
}

// RestartSequences begins the account sequences of all accounts anew, as an exchange does that lost
// them: the next report of each is number 1, and the reports before are not kept any more. Orders,
// positions and money stay as they are.
func (x *Exchange) RestartSequences() {
	for _, a := range x.accounts {
		a.sequence = 0
		a.history.forget()
	}
}

// SkipSequences leaves out n numbers of an account's sequence, as for deposits and other events that
// have no message. It reports false if there is no such account or the numbers would run out.
func (x *Exchange) SkipSequences(username string, n uint64) bool {
	a := x.byName[username]
	if a == nil || a.sequence+n < a.sequence {
		return false
	}
	a.sequence += n
	return true
}

// Username returns the name of the session's account.
func (s *Login) Username() string { return s.account.config.Username }

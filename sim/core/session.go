package core

import (
	"crypto/sha256"
	"crypto/subtle"
)

// Session is one party's line to the exchange: it sends for an account and is
// told what concerns the account and what it subscribed to. An account may have
// several.
type Session struct {
	x       *Exchange
	account *account
	sink    Sink
	pacer   Pacer // the sink, if it is one

	markets    []*market
	events     []*event
	priceFeed  bool
	marketFeed bool

	owed       []*market // whose snapshot is still to be sent, in the order in which it was asked for
	pricesSent int       // of the price feed: so many markets' snapshots are sent
	statesSent int       // of the market feed likewise
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
	if a == nil || a.is.House || a.is.Password == "" || !same(password, a.is.Password) {
		return Identity{}, false
	}
	return a.identity(), true
}

// ByToken finds the account of a token.
func (x *Exchange) ByToken(token []byte) (Identity, bool) {
	a := x.byToken[string(token)]
	if a == nil || !same(token, a.is.Token) {
		return Identity{}, false
	}
	return a.identity(), true
}

func (a *account) identity() Identity {
	return Identity{Username: a.is.Username, Email: a.is.Email, ID: a.is.ID, Unverified: a.is.Unverified}
}

// same compares without telling by its time how much is right.
func same(got []byte, want string) bool {
	g, w := sha256.Sum256(got), sha256.Sum256([]byte(want))
	return subtle.ConstantTimeCompare(g[:], w[:]) == 1
}

// Attach opens a session for an account. A nil sink hears nothing. It returns
// nil if there is no such account.
func (x *Exchange) Attach(username string, sink Sink) *Session {
	a := x.byName[username]
	if a == nil {
		return nil
	}
	s := &Session{x: x, account: a, sink: sink}
	s.pacer, _ = sink.(Pacer)
	a.sessions = append(a.sessions, s)
	return s
}

// Detach ends a session: it is told nothing more. Orders stay. Ending it again
// does nothing.
func (s *Session) Detach() {
	s.account.sessions = without(s.account.sessions, s)
	for _, m := range s.markets {
		m.subscribers = without(m.subscribers, s)
	}
	for _, e := range s.events {
		e.subscribers = without(e.subscribers, s)
	}
	s.x.feeds.drop(s)
	s.markets, s.events, s.owed, s.sink, s.pacer = nil, nil, nil, nil, nil
	s.priceFeed, s.marketFeed = false, false
}

// without removes s from list, keeping the order of the others.
func without[T comparable](list []T, s T) []T {
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
func (s *Session) Replay(from uint64) {
	if s.sink == nil {
		return
	}
	s.account.history.from(from, func(r *Report) {
		s.x.scratch = *r
		s.sink.Report(&s.x.scratch, true)
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
func (s *Session) Username() string { return s.account.is.Username }

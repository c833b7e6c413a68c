package exchange

import (
	"crypto/sha256"
	"crypto/subtle"
)

// Login is a login of an account: it sends the account's requests and receives its reports and the market
// data that it subscribed to. An account may have several.
type Login struct {
	exchange *Exchange
	account  *account
	sink     Sink
	pacer    Pacer // the sink, if it is a Pacer

	markets    []*market
	events     []*event
	priceFeed  bool
	marketFeed bool

	pendingSnapshots   []*market // markets whose snapshot is still to be sent, in the order of their requests
	priceSnapshotsSent int       // markets whose snapshot the price feed has sent
	stateSnapshotsSent int       // the same of the market feed
}

// Identity is what a login learns about its account.
type Identity struct {
	Username   string
	Email      string
	ID         uint64
	Unverified bool
}

// ByPassword returns the account of a username and password, and false if they match none.
func (x *Exchange) ByPassword(username, password []byte) (Identity, bool) {
	a := x.byName[string(username)]
	if a == nil || a.config.House || a.config.Password == "" || !equalConstantTime(password, a.config.Password) {
		return Identity{}, false
	}
	return a.identity(), true
}

// ByToken returns the account of a token, and false if it matches none.
func (x *Exchange) ByToken(token []byte) (Identity, bool) {
	a := x.byToken[string(token)]
	if a == nil || !equalConstantTime(token, a.config.Token) {
		return Identity{}, false
	}
	return a.identity(), true
}

func (a *account) identity() Identity {
	return Identity{
		Username: a.config.Username, Email: a.config.Email, ID: a.config.ID,
		Unverified: a.config.Unverified,
	}
}

// equalConstantTime compares without revealing by its duration how much of got is right.
func equalConstantTime(got []byte, want string) bool {
	g, w := sha256.Sum256(got), sha256.Sum256([]byte(want))
	return subtle.ConstantTimeCompare(g[:], w[:]) == 1
}

// Login opens a login of an account. sink may be nil. It returns nil if there is no such account.
func (x *Exchange) Login(username string, sink Sink) *Login {
	a := x.byName[username]
	if a == nil {
		return nil
	}
	l := &Login{exchange: x, account: a, sink: sink}
	l.pacer, _ = sink.(Pacer)
	a.logins = append(a.logins, l)
	return l
}

// Logout ends the login: its sink receives nothing more. Orders stay. It may be called again.
func (l *Login) Logout() {
	l.account.logins = remove(l.account.logins, l)
	for _, m := range l.markets {
		m.subscribers = remove(m.subscribers, l)
	}
	for _, e := range l.events {
		e.subscribers = remove(e.subscribers, l)
	}
	l.exchange.feeds.remove(l)
	l.markets, l.events, l.pendingSnapshots, l.sink, l.pacer = nil, nil, nil, nil, nil
	l.priceFeed, l.marketFeed = false, false
}

// remove removes s from list and keeps the order of the others.
func remove[T comparable](list []T, s T) []T {
	for i, other := range list {
		if other == s {
			return append(list[:i], list[i+1:]...)
		}
	}
	return list
}

// Replay resends, marked as replayed, every kept report of the account from an account sequence on, that one
// included, in order; 0 and 1 mean from the beginning. Older reports that are not kept are left out without
// notice.
func (l *Login) Replay(from uint64) {
	if l.sink == nil {
		return
	}
	l.account.history.since(from, func(r *Report) {
		l.exchange.buf.report = *r
		l.sink.Report(&l.exchange.buf.report, true)
	})
}

// ForgetReports drops every report that is kept for an account, so that no client can resume from before
// now. It reports false if there is no such account.
func (x *Exchange) ForgetReports(username string) bool {
	a := x.byName[username]
	if a == nil {
		return false
	}
	a.history.clear()
	return true
}

// RestartSequences restarts the account sequences of all accounts, as an exchange that lost them: the next
// report of each is number 1, and earlier reports are dropped. Orders, positions and money stay.
func (x *Exchange) RestartSequences() {
	for _, a := range x.accounts {
		a.sequence = 0
		a.history.clear()
	}
}

// SkipSequences skips n numbers of an account's sequence, as deposits do, which have no message. It reports
// false if there is no such account or the numbers would overflow.
func (x *Exchange) SkipSequences(username string, n uint64) bool {
	a := x.byName[username]
	if a == nil || a.sequence+n < a.sequence {
		return false
	}
	a.sequence += n
	return true
}

// Username returns the username of the login's account.
func (l *Login) Username() string { return l.account.config.Username }

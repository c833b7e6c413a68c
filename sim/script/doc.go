// Package script drives an exchange from files and with a plain client.
//
//   - A [Scenario] is a text file of timed events: a goal, a settlement, an evening of faults.
//     [Parse] reads one, [Builtin] returns those that come with the package.
//   - [ParseAccounts] and [ParseMarkets] read an exchange's accounts and markets from JSON.
//   - A [Bot] is a client without a strategy that records what the exchange reports.
//
// An error in a file is an [*Error] with the file's name and the line.
//
// # Scenarios
//
// A scenario has one statement per line; # starts a comment. The first statements describe it
// and change the exchange's configuration:
//
//	about    A goal: the market is halted, fills are voided, trading goes on.
//	config   life 20
//
// The others are events and expectations in order of their time since the start:
//
//	10s      goal 100000 goal for Home
//	10s      expect market 100000 HALTED
//
// Words are separated by spaces. An order is QUANTITY@PRICE in the protocol's units, for the
// demo market's first contract, or QUANTITY@PRICE/CONTRACT. Config:
//
//	life N                     actions of the other participants per second
//	history N                  reports kept for a resume
//	heartbeat SPAN             interval of heartbeats
//	failure-delay SPAN         from a lost connection to cancel-on-failure
//	non-runners MARKET         contracts of the market may be removed
//	markets-open               all markets start OPEN instead of LIVE
//
// Events:
//
//	state MARKET STATE [REASON]            OPEN, LIVE or HALTED
//	goal MARKET [REASON]                   halt and void provisional fills
//	managed MARKET SPAN|off                fills are provisional for SPAN
//	ball EVENT STATE [DETAILS]             SAFE, DANGER, ALERT or FINISHED
//	settle MARKET CONTRACT [REASON]        the contract wins
//	void MARKET [REASON]
//	remove-runner MARKET CONTRACT quantity|price FACTOR [REASON]
//	suspend-trading on|off
//	suspend-account USER on|off
//	stake-limit USER AMOUNT|off
//	unavailable on|off                     the back end is down
//	throttle RATE BURST SPAN               of every session
//	logout REASON                          every session: DOWNTIME, NONE, ...
//	refuse-logins REASON|off
//	forget USER                            drop the reports kept for a resume
//	restart                                end all connections, account sequences start at 1
//	restart-numbers                        only the account sequences start at 1
//	skip-numbers USER N                    leave out N account sequences
//	life N                                 if the exchange has participants
//	faults PLAN|swarm                      see package fault
//	force KIND N                           on every connection
//	place USER NAME buy|sell ORDER         an order of an account that is not connected
//	burst USER N buy|sell ORDER            N such orders
//	withdraw USER NAME                     cancel an order that was placed
//	note TEXT                              is only reported
//
// [Scenario.Run] also runs bots, one per username, and checks expectations. A server leaves out
// both, because its clients are others:
//
//	bot USER login | resume | reconnect | drop | logout | ping | mute | cancel-all
//	bot USER subscribe MARKET
//	bot USER event EVENT
//	bot USER cancel-on-failure
//	bot USER create NAME buy|sell ORDER [TIF]     TIF: keep (in play), ioc
//	bot USER many N buy|sell ORDER
//	bot USER cancel NAME
//	expect market MARKET STATE
//	expect order NAME FIELD VALUE ...             executed, available
//	expect account USER FIELD VALUE ...           cash, available, matched, pending, resting, live
//	expect bot USER COUNT N|>=N                   see Bot.Count: order_executed, eto.pong, ...
//	expect bot USER agrees                        its orders equal the exchange's
//	expect bot USER lacks                         it misses reports that are no longer kept
//
// resume continues the session, reconnect is a new login that resumes by account sequence.
// Every expectation also audits the exchange's books.
//
// # Accounts and markets
//
// An accounts file:
//
//	{
//	  "accounts": [
//	    {
//	      "username": "demo",        // unique
//	      "password": "secret",      // absent: no login by password
//	      "token": "demo-token",     // absent: no login by token
//	      "email": "demo@example.com",
//	      "id": 13872755517445011,   // absent: derived from the position in the list
//	      "balance": "10000.00",     // currency units, at most eight decimals
//	      "suspended": false,        // orders are rejected
//	      "unverified": false,       // logins are refused
//	      "stake_limit": "500.00",   // the most that one order may risk
//	      "orders_max": 1000         // the most live orders
//	    }
//	  ]
//	}
//
// A markets file:
//
//	{
//	  "events": [{"id": 50000, "name": "Home v Away"}],
//	  "markets": [
//	    {
//	      "id": 100000,
//	      "event": 50000,            // absent: no event
//	      "name": "Winner",
//	      "state": "LIVE",           // NEW, OPEN, LIVE or HALTED; absent: OPEN
//	      "winner_takes_all": true,  // exactly one contract wins
//	      "pending_timeout": "8s",   // how long fills are provisional while the market is live
//	      "non_runners": false,      // contracts may be removed
//	      "contracts": [{"id": 200000, "name": "Home"}]
//	    }
//	  ]
//	}
//
// The comments are not part of the format. Only usernames, ids and contracts are required. An
// unknown field, a duplicate field or a value of another type is an error. A UTF-8 byte order
// mark at the start is skipped.
//
// # Limits
//
// A scenario has at most 1 MiB, 10,000 statements and 24 h; a JSON file at most 16 MiB.
package script

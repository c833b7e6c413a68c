// Package scenario runs what happens on an exchange from a text file, on the exchange's own
// clock: a goal, a settlement, an evening on which everything goes wrong.
//
// A file has one statement a line; # starts a remark. First comes what it is about, and what
// it needs of the exchange:
//
//	about    A goal: the market is halted, fills are voided, trading goes on.
//	config   life 20
//
// then, in order of time since the start, what is done and what is then true:
//
//	10s      goal 100000 goal for Home
//	10s      expect market 100000 HALTED
//
// Words are separated by spaces. Orders are written QUANTITY@PRICE in the protocol's units
// and are for the demo market's first contract, unless /CONTRACT follows. Config:
//
//	life N                     actions of other participants a second
//	history N                  reports kept for a resume
//	heartbeat SPAN             interval of heartbeats
//	failure-delay SPAN         from a lost connection to cancel-on-failure
//	non-runners MARKET         contracts of the market may be taken out
//	markets-open               all markets start OPEN instead of LIVE
//
// What is done:
//
//	state MARKET STATE [REASON]            OPEN, LIVE or HALTED
//	goal MARKET [REASON]                   halt and void provisional fills
//	managed MARKET SPAN|off                fills are provisional for so long
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
//	forget USER                            no resume from before now
//	restart                                all are cut off, account numbers begin again at 1
//	restart-numbers                        only the numbers begin again
//	skip-numbers USER N                    numbers of an account that have no message
//	life N                                 if the exchange has participants
//	faults PLAN|swarm                      see sim/fault
//	force KIND N                           on every connection
//	place USER NAME buy|sell ORDER         an order of somebody who is not connected
//	burst USER N buy|sell ORDER            many of them
//	withdraw USER NAME
//	note TEXT                              is only told
//
// When a scenario is played, by [Play], there are bots too, one for each username, and what
// is expected is checked; a server leaves both out, for the clients are others:
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
//	expect bot USER COUNT N|>=N                   see bot.Count: order_executed, eto.pong, ...
//	expect bot USER agrees                        it knows what the exchange knows
//	expect bot USER lacks                         reports are missing that nobody can send any more
//
// reconnect is a fresh login that resumes by account sequence, resume continues the session.
// At every expectation the exchange's books are audited. What a file has wrong is told with
// its name and the line.
package scenario

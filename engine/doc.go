// Package engine is what a bot embeds: it keeps a session with the exchange
// alive, calls the bot's handlers with what the exchange sends, and sends the
// bot's messages.
//
//	e, err := engine.New(engine.Config{Session: session.Config{Username: ..., Password: ...}})
//	e.OnContractQuotes(func(ev *engine.Event, quotes *msg.ContractQuotes) { ... })
//	e.OnLoggedIn(func(ev *engine.Event) { ... _, err := e.SendMarketSubscribe(&subscribe) ... })
//	err = e.Run(ctx)
//
// # One goroutine
//
// The goroutine in [Engine.Run], or the one that calls [Engine.Poll], is the loop: it
// reads the socket, decodes, calls the handlers, encodes what they send and writes
// the socket. A handler may therefore send, register and remove handlers without
// locks, and must not block, because nothing else happens meanwhile. The arguments of
// a handler are valid until it returns. Other goroutines send by [Engine.Submitter];
// [Engine.After] and [Engine.Every] call a function by the clock.
//
// # Backlogs
//
// However much waits to be handled (messages, submissions of other goroutines, the
// fates of what was sent on a lost connection), the loop returns to the socket and to
// its timers after a millisecond, or after the one handler that takes longer, and
// writes what was sent after 64 messages at the latest. While handlers take next to no
// time the clock is read once for up to 32 of them, so that the loop may notice slow
// handlers among quick ones after as many calls. [Stats] has the delays of the loop,
// how far it lagged behind, and the causes.
//
// A handler that fills the send ring waits until the socket accepts some of it, for
// [SendWait] at most in all until the loop reads again; then sends return
// session.ErrFull.
//
// # Connections
//
// Run and Poll connect, log in, and reconnect after lost connections, after pauses that
// grow with the failures in a row, unless the exchange's reason forbids it.
// Subscriptions and settings that the bot sent are sent again before OnLoggedIn's
// handlers are called; cancels need not wait for that. So a bot subscribes once, and
// must not place its orders again because of a second login.
//
// What happened to the account meanwhile is delivered after the login, and when all
// that the exchange repeats of it has arrived OnCaughtUp's handlers are called: from
// then on a bot knows its orders and fills, as far as they can be known, and may quote.
// With session.Config.RequireCaughtUp new orders are refused until then.
//
// After a write has failed, what the exchange sent before, for example the reason of its
// logout, is read and handled before the connection is closed. A connection is closed
// for silence only when everything that had arrived was read; time that the loop spent
// in handlers, or for which the process was stopped, does not count as silence.
//
// # The next run
//
// With StateConfig.File the trading state is kept on disk, so that the next run goes on from there, whatever ends this
// one; [Recovery] says what was found and what changed meanwhile.
//
// # The end
//
// [Engine.Stop], or the end of Run's context, first does with the account's orders
// what Config.OnStop says: by default it cancels all orders of a bot that has traded.
// New orders are refused from then on; the engine waits for the answers of those in
// flight, cancels what is accepted late, and reconnects for that if it must. All of
// that takes Config.StopTimeout at most; then the engine logs out. Run returns nil only
// if the exchange has confirmed everything, and otherwise an error that says what is
// not confirmed. The same follows a panic in a handler, with Config.CancelAllOnPanic.
// Against the sudden end of the process or of its network there is only the exchange's
// own switch, session.Config.CancelAllOnFailure, which takes most of a minute.
//
// # Kill switch
//
// [Engine.Halt] refuses new orders from the moment it returns and cancels all orders; any goroutine may call it. So do
// a signal, a file, a loss, a drift and a bot that does not call [Engine.Beat] any more, by the settings of
// [StateConfig]. It stays until [Engine.Resume].
//
// # Waiting
//
// By default the loop sleeps in the kernel while nothing happens. It can spin
// instead, or spin for a while and then sleep; see [Wait]. On Linux reads and
// writes use the descriptor directly and nothing on the loop allocates. On other
// systems, and over a connection that is not package net's own, the loop uses the
// deadlines of a net.Conn, and always sleeps.
//
// # Guarantees
//
// An event has the number of its connection (its epoch), its sequence there, its
// account sequence, and whether it was replayed. Missing messages are reported by a gap
// before anything that follows them. A send returns the sequence that it took, or an
// error that means it was not sent. When a connection ends, each message that the
// exchange did not acknowledge is reported as not sent or in doubt: a missing answer is
// never taken for a rejection.
package engine

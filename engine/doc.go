// Package engine is what a bot embeds: it keeps a session with the exchange
// alive, hands what the exchange sends to the bot's handlers, and sends what the
// bot has to say.
//
//	e, err := engine.New(engine.Config{Session: session.Config{Username: ..., Password: ...}})
//	e.OnContractQuotes(func(ev *engine.Event, quotes *msg.ContractQuotes) { ... })
//	e.OnLoggedIn(func(ev *engine.Event) { ... _, err := e.SendMarketSubscribe(&subscribe) ... })
//	err = e.Run(ctx)
//
// # One goroutine
//
// The goroutine in [Engine.Run], or the one that calls [Engine.Poll], does
// everything: it reads the socket, decodes, calls the handlers, encodes what they
// send and writes the socket. A handler may therefore send, register and remove
// as it likes, without locks, and must not sleep, for nothing else happens
// meanwhile. What a handler is given is valid until it returns. Other goroutines
// hand work over by [Engine.Remote], and [Engine.After] and [Engine.Every] call a
// function by the clock.
//
// # Backlogs
//
// However much waits to be handled (messages, functions of other goroutines, the fates
// of what was sent on a lost connection), the loop comes back to the socket and to its
// timers after a millisecond, or after the one handler that takes longer; and what was
// sent leaves after 64 messages at the latest. While handlers take next to no time the
// clock is read once for up to 32 of them, so that handlers which begin to work amid
// quick ones are noticed after as many. [Stats] says how long the loop was kept from the
// socket, how far it fell behind, and what kept it.
//
// A handler that fills the send ring waits until the socket takes some of it, at most
// [SendWait] in all until the loop reads again; then sends are refused with
// session.ErrFull.
//
// # Connections
//
// Run and Poll connect, log in, and come back from lost connections by
// themselves, after pauses that grow with the failures in a row, unless the
// exchange's reason says that there is no use in it. Subscriptions and settings that
// the bot sent are sent again before OnLoggedIn's handlers are called; cancels need not
// wait for that. So a bot subscribes once, and takes a second login as no reason to
// place its orders again.
//
// What happened to the account meanwhile is delivered after the login, and when all
// that the exchange repeats of it has come OnCaughtUp's handlers are called: then a bot
// knows its orders and fills, as far as they can be known, and may quote. With
// session.Config.RequireCaughtUp new orders are refused until then.
//
// When nothing can be written any more, what the exchange had said before is read and
// handled, why it hangs up among it, before the connection is given up. And it is given
// up for silence only when everything that had arrived was read; time that the loop spent
// in handlers, or for which the process was stopped, is nobody's silence.
//
// # The end
//
// [Engine.Stop], or the end of Run's context, first does with the account's orders
// what Config.OnStop says: for a bot that has traded it cancels them all, unless it
// says otherwise. New orders are refused from then on; those under way are waited
// for, and what is accepted late is cancelled too; a lost connection is opened again
// for it. All of that takes Config.StopTimeout at most, and then the engine logs out.
// Run returns nil only if the exchange has confirmed everything, and otherwise says
// what is not known. The same follows a panic in a handler, with
// Config.CancelAllOnPanic. Against the sudden end of the process or of its network
// there is only the exchange's own switch, session.Config.CancelAllOnFailure, which
// takes it the better part of a minute; it is good to have.
//
// # Waiting
//
// By default the loop sleeps in the kernel while nothing happens. It can spin
// instead, or spin for a while and then sleep; see [Wait]. On Linux reads and
// writes go to the descriptor directly and nothing on the loop allocates. On other
// systems, and over a connection that is not package net's own, the loop uses the
// deadlines of a net.Conn, and always sleeps.
//
// # What is true
//
// An event says which connection it came by (its epoch), its sequence there, its
// account sequence, and whether it was replayed. A hole in what was received is
// announced by a gap before anything that follows it. A send returns the
// sequence it took, or an error that means it was not sent. When a connection
// ends, each message that the exchange did not acknowledge is named, as not sent
// or in doubt: no answer is never taken for a refusal.
package engine
